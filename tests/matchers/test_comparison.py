"""What every comparison has in common, with rapidfuzz's scalar functions as the second witness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matchers.compare_numbers import contact, number
from matchers.comparison import UNRESOLVED, always, by_distinct, compare, in_order, quick_equal, resolve_into, similarity, usable
from matchers.entities import ORGANISATION, PERSON
from matchers.features import Column, Features

PHONE, NINO = contact("phone"), number("nino")


def coded(texts: list[str], **columns: list[int]) -> Features:
    """Records 0, 1, 2 ... from the codes of their columns, which share one dictionary."""
    words = pl.Series(texts, dtype=pl.String)
    return Features(np.arange(len(next(iter(columns.values())))), {name: Column(np.array(codes, np.int32), words) for name, codes in columns.items()})


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_equal_codes_are_exact_an_unknown_one_is_missing_and_the_rest_is_open() -> None:
    features = coded(["a", "b"], phone=[0, 0, 1, -1, -1])
    level = quick_equal("phone")(features, whole(0, 0, 0, 3), whole(1, 2, 3, 4))
    assert level.tolist() == [0, UNRESOLVED, -1, -1]


def test_equal_codes_that_are_no_whole_value_stay_open() -> None:
    features = coded(["J", "JOAN"], forename=[0, 0, 1, 1])
    quick = quick_equal("forename", whole=lambda _, codes: codes == 1)
    assert quick(features, whole(0, 2), whole(1, 3)).tolist() == [UNRESOLVED, 0]


def test_the_first_case_that_holds_is_the_level_and_none_is_the_level_after_the_last() -> None:
    first, second = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert in_order(4, first, second).tolist() == [1, 1, 2, 3]
    assert in_order(2).tolist() == [1, 1]


def test_only_what_was_left_open_is_looked_at_again() -> None:
    asked = []

    def resolve(_: Features, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        asked.append((left.tolist(), right.tolist()))
        return np.full(len(left), 1, np.int8)

    level = np.array([0, UNRESOLVED, -1, UNRESOLVED], np.int8)
    resolve_into(level, replace(PHONE, resolve=resolve), coded(["a"], phone=[0]), whole(0, 1, 2, 3), whole(4, 5, 6, 7))
    assert level.tolist() == [0, 1, -1, 1]
    assert asked == [([1, 3], [5, 7])]
    resolve_into(np.zeros(2, np.int8), replace(PHONE, resolve=resolve), coded(["a"], phone=[0]), whole(0, 1), whole(2, 3))
    assert len(asked) == 1


def test_a_level_that_is_always_the_same() -> None:
    assert always(1)(coded([], phone=[]), whole(0, 1), whole(2, 3)).tolist() == [1, 1]


def test_a_comparison_is_usable_where_the_data_have_one_of_its_columns() -> None:
    place = next(c for c in PERSON.comparisons if c.name == "address")
    assert usable(coded([], uprn=[0]), [PHONE, place, NINO]) == (place,)
    assert usable(coded([], surname=[0]), [PHONE, place]) == ()


def test_compare_gives_each_pair_the_levels_of_its_own_two_records() -> None:
    features = coded(["07700900111", "07700900222"], phone=[0, 1, 0], email=[-1, 0, 0])
    out = compare(features, whole(0, 0, 1), whole(1, 2, 2), [PHONE, contact("email")])
    assert out.tolist() == [[1, 0, 1], [-1, -1, 0]]
    assert compare(features, whole(), whole(), [PHONE]).shape == (1, 0)


codes = st.integers(0, 6)


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(codes, codes), max_size=30))
def test_by_distinct_is_symmetric_and_asks_once_for_each_pair_in_either_order(pairs: list[tuple[int, int]]) -> None:
    asked: list[tuple[int, int]] = []

    def judge(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        asked.extend(zip(a.tolist(), b.tolist(), strict=True))
        return (10 * a + b).astype(np.int8)

    left, right = whole(*(a for a, _ in pairs)), whole(*(b for _, b in pairs))
    level = by_distinct(left, right, judge).tolist()
    assert sorted(asked) == sorted({(min(pair), max(pair)) for pair in pairs})
    assert level == [10 * min(pair) + max(pair) for pair in pairs]
    assert by_distinct(right, left, judge).tolist() == level


def test_by_distinct_keeps_large_codes_apart() -> None:
    most = 2**31 - 1
    level = by_distinct(whole(most, 0, most - 1), whole(0, most, most), lambda a, b: ((a == 0) & (b == most)).astype(np.int8))
    assert level.tolist() == [1, 1, 0]


maybe = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8) | st.sampled_from(["ADAEZE", "ADEAZE", "OKAFOR LEWIS", "LEWIS"])


@pytest.mark.parametrize("scorer", [JaroWinkler.normalized_similarity, fuzz.token_sort_ratio, fuzz.token_set_ratio, OSA.distance])
@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(maybe, maybe), max_size=12))
def test_similarity_is_rapidfuzz_s_pair_by_pair(scorer: Callable[..., float], pairs: list[tuple[str, str]]) -> None:
    texts = np.array([*(text for pair in pairs for text in pair), None], object)[:-1]
    at = np.arange(len(pairs), dtype=np.int32)
    np.testing.assert_allclose(similarity(texts, 2 * at, 2 * at + 1, scorer), [scorer(a, b) for a, b in pairs], rtol=1e-6)


@pytest.mark.parametrize("entity", [PERSON, ORGANISATION], ids=lambda entity: entity.name)
def test_every_comparison_says_how_often_strangers_show_each_level_but_the_last(entity) -> None:
    for c in entity.comparisons:
        assert len(c.strangers) == len(c.levels) - 1, c.name
        assert 0 < sum(c.strangers) < 1, c.name
        assert len(set(c.levels)) == len(c.levels), c.name
        assert c.silent in ("", *c.levels[1:]), c.name


# letters from a small alphabet, so that values of two records are often near each other
word = st.text("ABEKLOR", min_size=1, max_size=7)
names = st.one_of(st.sampled_from(["MARIA", "MARIE", "BILL", "WILLIAM", "PAT", "PATRICIA", "A"]), word, st.builds("{} {}".format, word, word))
digits = st.text("0123", min_size=8, max_size=8)
births = st.builds(
    "{}-{}-{}".format, st.sampled_from(["1984", "1985", "198X", "XXXX"]), st.sampled_from(["03", "04", "XX"]), st.sampled_from(["03", "04", "27", "XX"])
)
houses = st.sampled_from([(None, "1"), (None, "14"), ("FLAT 1", "14"), ("FLAT 2", "14"), ("FLAT 2", "2"), (None, "ROSE COTTAGE"), (None, None)])
VALUES: dict[str, st.SearchStrategy[object]] = {
    "forename": names, "middle_names": names, "surname": names, "date_of_birth": births, "nino": st.builds("QQ{}".format, st.text("12", min_size=6, max_size=7)),
    "phone": digits, "email": word, "name": st.builds("{} {}".format, names, names), "company_number": digits, "vat_number": digits, "charity_number": digits,
    "account": digits, "postcode": st.sampled_from(["ZZ1 1AA", "ZZ1 1AB", "ZZ1 2AA", "ZZ7 3BB"]), "uprn": st.sampled_from([1, 2]),
}  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, object]:
    """A record that knows some things; a house is known only as a part of an address line."""
    known = {name: draw(st.none() | value) for name, value in VALUES.items()}
    saon, paon = draw(houses)
    street = draw(st.sampled_from([None, "WEAVER STREET", "WEAVER STRET", "MILL LANE"]))
    line = " ".join(part for part in (saon, paon, street) if part)
    return {**known, "address": line or None, "saon": saon if line else None, "paon": paon if line else None}


EVERY = tuple({c.name: c for c in (*PERSON.comparisons, *ORGANISATION.comparisons)}.values())
NEEDS = {"address": ("postcode", "uprn", "address")}  # a place is known by any of them


@settings(max_examples=60)
@given(rows=st.lists(records(), min_size=2, max_size=5))
def test_every_comparison_is_symmetric_and_says_missing_exactly_where_a_side_is_unknown(rows, encoded) -> None:
    features, at = encoded(rows)
    a, b = np.triu_indices(len(rows), 1)
    for c in usable(features, EVERY):
        one, other = compare(features, at[a], at[b], [c])[0], compare(features, at[b], at[a], [c])[0]
        assert one.tolist() == other.tolist(), c.name
        known = [any(rows[i].get(n) is not None and rows[j].get(n) is not None for n in NEEDS.get(c.name, (c.name,))) for i, j in zip(a, b, strict=True)]
        assert [level >= 0 for level in one.tolist()] == known, c.name
        assert one.max() < len(c.levels), c.name


@settings(max_examples=40)
@given(known=records())
def test_a_record_agrees_with_another_like_it_as_well_as_can_be(known, encoded) -> None:
    # an initial and an unknown part of a birth date only fit, and a place without a house is only its postcode
    whole_names = {name: known[name] if len(known[name] or "") > 1 else None for name in ("forename", "surname", "middle_names")}
    full = {**known, **whole_names, "date_of_birth": "1984-03-27", "address": known["address"] or "14 MILL LANE"}
    features, at = encoded([full, full])
    for c in usable(features, EVERY):
        assert compare(features, at[[0]], at[[1]], [c]).item() == 0, c.name
