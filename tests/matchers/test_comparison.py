"""How alike two values are, level by level, with rapidfuzz's scalar functions as the second witness."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matchers.comparison import (
    CLOSE_FORENAME,
    CLOSE_ORGANISATION,
    CLOSE_SURNAME,
    ORGANISATION,
    PERSON,
    Comparison,
    compare,
    distinct_scores,
)

TEXTS = ("forename", "middle_names", "surname", "date_of_birth", "nino", "phone", "email", "name", "company_number", "vat_number",
         "charity_number", "account", "address", "saon", "paon", "postcode")  # fmt: skip
SCHEMA = {**dict.fromkeys(TEXTS, pl.String()), "uprn": pl.Int64()}
EVERY = {f"person {c.name}": c for c in PERSON} | {f"organisation {c.name}": c for c in ORGANISATION}


def record(**known: object) -> dict[str, object]:
    return {**dict.fromkeys(SCHEMA), **known}


def level(comparison: Comparison, left: dict[str, object], right: dict[str, object]) -> str:
    """The level's name that a comparison gives to two records; `missing` for -1."""
    sides = [pl.DataFrame([side], schema=SCHEMA).to_dict() for side in (left, right)]
    (number,) = comparison.compare(sides[0], sides[1])
    return "missing" if number == -1 else comparison.levels[number]


def of(name: str, left: object, right: object, *, kind: str = "person") -> str:
    """The level of two records that differ in the compared column alone."""
    return level(EVERY[f"{kind} {name}"], record(**{name: left}), record(**{name: right}))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("ADAEZE", "ADAEZE", "exact"), ("WILLIAM", "BILL", "nickname"), ("PATRICIA", "PAT", "nickname"), ("PAT", "PATRICK", "nickname"),
     ("A", "ADAEZE", "initial"), ("A", "BRYN", "differs"), ("CATHRINE", "CATHERINE", "close"), ("ADAEZE", "ADEAZE", "close"),
     ("HARRY", "BARRY", "differs"), ("ADAEZE", "BRYN", "differs"), ("PA", "PATRICIA", "differs")],
)  # fmt: skip
def test_forenames_agree_in_degrees(left: str, right: str, expected: str) -> None:
    assert of("forename", left, right) == expected


@pytest.mark.parametrize(("left", "right"), [("FRANCES", "FRANCIS"), ("DONALD", "RONALD"), ("STEPHANIE", "STEPHEN")])
def test_two_common_names_that_are_spelt_alike_are_two_names(left: str, right: str) -> None:
    assert JaroWinkler.normalized_similarity(left, right) >= CLOSE_FORENAME
    assert of("forename", left, right) == "differs"


@pytest.mark.xfail(strict=True, reason="names without a short form are not in the table of common names")
def test_sisters_maria_and_marie_are_two_names() -> None:
    assert of("forename", "MARIA", "MARIE") == "differs"


def test_a_forename_that_stands_in_the_other_s_middle_names_has_changed_places() -> None:
    left, right = record(forename="GRACE", surname="OKAFOR"), record(forename="ADAEZE", middle_names="GRACE", surname="OKAFOR")
    assert level(EVERY["person forename"], left, right) == "swapped"


def test_names_that_changed_places_say_so_in_both_fields() -> None:
    left, right = record(forename="BRYN", surname="LEWIS"), record(forename="LEWIS", surname="BRYN")
    assert [level(EVERY[f"person {name}"], left, right) for name in ("forename", "surname")] == ["swapped", "swapped"]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("OKAFOR", "OKAFOR", "exact"), ("OKAFOR", "OKAFRO", "close"), ("LEWIS", "LEWYS", "close"), ("OKAFOR", "OKAFOR LEWIS", "close"),
     ("HUGHES OKAFOR", "OKAFOR", "part"), ("JONES OKAFOR", "OKAFOR LEWIS", "part"), ("LEE", "LEA", "differs"), ("OKAFOR", "NOWAK", "differs"),
     ("DE LEWIS", "DE NOWAK", "differs")],
)  # fmt: skip
def test_surnames_agree_in_degrees(left: str, right: str, expected: str) -> None:
    assert of("surname", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("GRACE", "GRACE", "exact"), ("G", "GRACE", "initial"), ("GRACE", "GWEN", "initial"), ("GRACE", "ANN", "differs"), (None, "ANN", "missing")],
)
def test_middle_names_agree_in_degrees(left: str | None, right: str, expected: str) -> None:
    assert of("middle_names", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("1984-03-27", "1984-03-27", "exact"), ("1984-03-07", "1984-07-03", "day-month-swap"), ("1984-03-27", "1984-03-28", "typo"),
     ("1984-03-27", "1984-03-72", "typo"), ("1984-03-27", "1994-03-27", "typo"), ("1984-03-31", "1984-03-29", "typo"),
     ("1984-09-30", "1984-10-30", "typo"), ("1999-03-27", "2000-03-27", "typo"), ("1984-03-XX", "1984-03-27", "part"),
     ("1984-03-XX", "1984-03-XX", "part"), ("XXXX-03-27", "1984-XX-27", "part"), ("1984-03-XX", "1984-04-27", "differs"),
     ("1984-03-27", "1961-05-20", "differs"), ("1984-03-31", "1984-03-28", "differs"), ("1984-03-27", "1985-04-27", "differs"),
     (None, "1984-03-27", "missing")],
)  # fmt: skip
def test_birth_dates_agree_in_degrees(left: str | None, right: str, expected: str) -> None:
    assert of("date_of_birth", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("QQ112233C", "QQ112233C", "exact"), ("QQ112233C", "QQ112233", "exact"), ("QQ112233C", "QQ112233A", "exact"),
     ("QQ112233C", "QQ112234C", "typo"), ("QQ112233C", "QQ121233C", "typo"), ("QQ112233C", "QQ998877A", "differs"), (None, "QQ112233C", "missing")],
)  # fmt: skip
def test_ninos_agree_in_degrees_and_the_last_letter_does_not_count(left: str | None, right: str, expected: str) -> None:
    assert of("nino", left, right) == expected


HOUSE = record(postcode="ZZ1 1AA", paon="14", address="14 WEAVER STREET")


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, "same-house"), ({"address": "14 WEAVER ST NORTHMERE"}, "same-house"), ({"saon": "FLAT 2"}, "part"),
     ({"paon": "16", "address": "16 WEAVER STREET"}, "same-postcode"), ({"postcode": "ZZ1 1BB"}, "same-sector"),
     ({"postcode": "ZZ1 2AA"}, "differs"), ({"postcode": None}, "missing")],
)  # fmt: skip
def test_addresses_agree_in_degrees(change: dict[str, object], expected: str) -> None:
    assert level(EVERY["person address"], HOUSE, {**HOUSE, **change}) == expected


def test_two_flats_of_one_house_are_two_homes_even_under_one_uprn() -> None:
    flats = [{**HOUSE, "uprn": 990000000123, "saon": f"FLAT {n}"} for n in (1, 2)]
    assert level(EVERY["person address"], flats[0], flats[1]) == "same-postcode"


def test_flat_and_house_in_the_other_order_are_one_home() -> None:
    left, right = ({**HOUSE, "saon": saon, "paon": paon} for saon, paon in (("FLAT 7", "18"), ("18", "7")))
    assert level(EVERY["person address"], left, right) == "same-house"


def test_one_uprn_is_one_home_without_a_postcode() -> None:
    assert level(EVERY["person address"], record(uprn=990000000123), record(uprn=990000000123)) == "same-house"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("HOLLIN BANK JOINERY", "HOLLIN BANK JOINERY", "exact"), ("HOLLIN BANK JOINERY", "HOLLINBANK JOINERY", "exact"),
     ("HOLLIN BANK JOINERY", "JOINERY HOLLIN BANK", "exact"), ("HOLLIN BANK JOINERY", "HOLLIN BANK JOINERS", "close"),
     ("HOLLIN BANK", "HOLLIN BANK JOINERY SERVICES", "part"), ("HOLLIN", "HOLLIN BANK JOINERY SERVICES", "differs"),
     ("SCHOOL NUMBER 12 TRUST", "SCHOOL NUMBER 13 TRUST", "differs"), ("HOLLIN BANK JOINERY", "RIVER GARAGE", "differs")],
)  # fmt: skip
def test_organisations_names_agree_in_degrees(left: str, right: str, expected: str) -> None:
    assert of("name", left, right, kind="organisation") == expected


@pytest.mark.parametrize("name", ["company_number", "vat_number", "charity_number"])
def test_registration_numbers_are_the_same_one_slip_apart_or_others(name: str) -> None:
    levels = [of(name, "00000019", other, kind="organisation") for other in ("00000019", "00000091", "00000018", "00000027")]
    assert levels == ["exact", "typo", "typo", "differs"]


@pytest.mark.parametrize(("name", "kind"), [("phone", "person"), ("email", "person"), ("account", "organisation")])
def test_numbers_to_reach_or_pay_somebody_are_the_same_or_not(name: str, kind: str) -> None:
    assert [of(name, "a", other, kind=kind) for other in ("a", "b", None)] == ["exact", "differs", "missing"]


# letters from a small alphabet, so that values of two records are often near each other
word = st.text("ABEKLOR", min_size=1, max_size=7)
names = st.one_of(st.sampled_from(["MARIA", "MARIE", "BILL", "WILLIAM", "PAT", "PATRICIA", "A"]), word, st.builds("{} {}".format, word, word))
digits = st.text("0123", min_size=8, max_size=8)
births = st.builds(
    "{}-{}-{}".format, st.sampled_from(["1984", "1985", "198X", "XXXX"]), st.sampled_from(["03", "04", "XX"]), st.sampled_from(["03", "04", "27", "XX"])
)
numbers = st.sampled_from(["1", "2", "14", "FLAT 1", "FLAT 2", "ROSE COTTAGE"])
VALUES: dict[str, st.SearchStrategy[object]] = {
    "forename": names, "middle_names": names, "surname": names, "date_of_birth": births, "nino": st.builds("QQ{}".format, st.text("12", min_size=6, max_size=7)),
    "phone": digits, "email": word, "name": st.builds("{} {}".format, names, names), "company_number": digits, "vat_number": digits, "charity_number": digits,
    "account": digits, "address": st.builds("{} {} STREET".format, numbers, word), "saon": numbers, "paon": numbers,
    "postcode": st.sampled_from(["ZZ1 1AA", "ZZ1 1AB", "ZZ1 2AA", "ZZ7 3BB"]), "uprn": st.sampled_from([1, 2]),
}  # fmt: skip
some_record = st.fixed_dictionaries({name: st.none() | value for name, value in VALUES.items()})
NEEDS = {"address": ("postcode", "uprn")}  # a place is known by either


@settings(max_examples=25)
@given(pairs=st.lists(st.tuples(some_record, some_record), min_size=1, max_size=6))
def test_every_comparison_is_symmetric_and_says_missing_exactly_where_a_side_is_null(pairs: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    left, right = (pl.DataFrame([pair[side] for pair in pairs], schema=SCHEMA).to_dict() for side in (0, 1))
    for c in (*PERSON, *ORGANISATION):
        one, other = c.compare(left, right), c.compare(right, left)
        assert one.tolist() == other.tolist(), c.name
        known = [any(a[n] is not None and b[n] is not None for n in NEEDS.get(c.name, (c.name,))) for a, b in pairs]
        assert [x >= 0 for x in one] == known, c.name
        assert one.max() < len(c.levels)


@settings(max_examples=15)
@given(known=some_record)
def test_a_record_agrees_with_itself_as_well_as_can_be(known: dict[str, object]) -> None:
    # an unknown part of a birth date only fits, and a place without a house is only its postcode
    known |= {"date_of_birth": "1984-03-27", "paon": known["paon"] or "14"}
    for c in (*PERSON, *ORGANISATION):
        assert level(c, known, known) in ("missing", c.levels[0]), c.name


maybe = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8) | names


@pytest.mark.parametrize("scorer", [JaroWinkler.normalized_similarity, OSA.distance, fuzz.token_sort_ratio, fuzz.token_set_ratio])
@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(maybe, maybe), max_size=15))
def test_distinct_scores_are_rapidfuzz_s_pair_by_pair(scorer, pairs: list[tuple[str | None, str | None]]) -> None:
    left, right = (pl.Series([pair[side] for pair in pairs], dtype=pl.String) for side in (0, 1))
    expected = [scorer(a, b) if a is not None and b is not None else 0 for a, b in pairs]
    np.testing.assert_allclose(distinct_scores(left, right, scorer), expected, rtol=1e-6)


def test_distinct_scores_calls_the_scorer_once_for_equal_pairs_in_either_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def cpdist(left: list[str], right: list[str], **_: object) -> np.ndarray:
        asked.extend(zip(left, right, strict=True))
        return np.ones(len(left), np.float32)

    monkeypatch.setattr("matchers.comparison.process.cpdist", cpdist)
    distinct_scores(pl.Series(["A", "B", "A", "A"]), pl.Series(["B", "A", "B", "C"]), OSA.distance)
    assert asked == [("A", "B"), ("A", "C")]


@settings(max_examples=40)
@given(a=names, b=names)
def test_close_surnames_are_those_that_rapidfuzz_scores_high_or_one_edit_apart(a: str, b: str) -> None:
    near = JaroWinkler.normalized_similarity(a, b) >= CLOSE_SURNAME or (OSA.distance(a, b) == 1 and min(len(a), len(b)) >= 4 and a[0] == b[0])
    assert (of("surname", a, b) in ("exact", "close")) == (a == b or near)


@settings(max_examples=40)
@given(a=names, b=names)
def test_close_organisations_are_those_that_rapidfuzz_scores_high(a: str, b: str) -> None:
    same = sorted(a.split()) == sorted(b.split()) or a.replace(" ", "") == b.replace(" ", "")
    assert (of("name", a, b, kind="organisation") in ("exact", "close")) == (same or fuzz.token_sort_ratio(a, b) >= CLOSE_ORGANISATION)


def test_compare_gives_each_pair_the_levels_of_its_own_two_records() -> None:
    table = pl.DataFrame([record(surname="OKAFOR"), record(surname="NOWAK"), record(surname="OKAFOR", phone="1")], schema=SCHEMA)
    pairs = pl.DataFrame({"record_l": [0, 0, 1], "record_r": [1, 2, 2]})
    out = compare(table, pairs, PERSON)
    assert out.columns == ["record_l", "record_r", *(f"gamma_{c.name}" for c in PERSON)]
    assert out["gamma_surname"].to_list() == [4, 0, 4]
    assert out["gamma_phone"].to_list() == [-1, -1, -1]
    assert compare(table, pairs.clear(), PERSON).height == 0
