"""Two names as people bear and misspell them: one name, one spelling, or two names that look alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from matchers.compare_names import CLOSE, NEAR, forename, middle_names, surname
from matchers.entities import PERSON

FORENAME, SURNAME, MIDDLE = (next(c for c in PERSON.comparisons if c.name == name) for name in ("forename", "surname", "middle_names"))


def often(name: str, times: int, *, field: str = "forename") -> list[dict[str, object]]:
    return [{field: name}] * times


def test_the_comparisons_of_people_are_these() -> None:
    assert [c.levels for c in (FORENAME, SURNAME, MIDDLE)] == [c.levels for c in (forename(), surname(), middle_names())]
    assert FORENAME.levels == ("exact", "nickname", "initial", "close", "near", "alike", "swapped", "middle", "differs")
    assert SURNAME.levels == ("exact", "close", "near", "alike", "part", "swapped", "differs")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("ADAEZE", "ADAEZE", "exact"), ("WILLIAM", "BILL", "nickname"), ("PATRICIA", "PAT", "nickname"), ("PAT", "PATRICK", "nickname"),
     ("JON PAUL", "PAUL", "nickname"), ("ANNE MARIE", "ANNEMARIE", "nickname"), ("A", "ADAEZE", "initial"), ("A", "A", "initial"),
     ("A", "BRYN", "differs"), ("A", "B", "differs"), ("CATHRINE", "CATHERINE", "close"), ("ADAEZE", "ADEAZE", "close"), ("ADAEZE", "ADOEZI", "near"),
     ("ADAEZE", "BRYN", "differs"), ("PA", "PATRICIA", "differs"), (None, "BRYN", "missing"), (None, None, "missing")],
)  # fmt: skip
def test_forenames_agree_in_degrees(level_of, left: str, right: str, expected: str) -> None:
    known = {"forename": "ZOFIA"}  # without one, a column that holds nothing is left out
    if (left, right) != (None, None):
        assert level_of(FORENAME, {"forename": left}, {"forename": right}, crowd=[known]) == expected
    assert level_of(FORENAME, {"forename": right}, {"forename": left}, crowd=[known]) == expected


@pytest.mark.parametrize(("left", "right"), [("FRANCES", "FRANCIS"), ("DONALD", "RONALD"), ("STEPHANIE", "STEPHEN")])
def test_two_names_of_the_table_that_are_spelt_alike_are_two_names_however_rare(level_of, left: str, right: str) -> None:
    assert JaroWinkler.normalized_similarity(left, right) >= NEAR
    assert level_of(FORENAME, {"forename": left}, {"forename": right}) == "alike"


@pytest.mark.parametrize(("left", "right"), [("MARIA", "MARIE"), ("HARRY", "BARRY")])
def test_two_spellings_that_are_both_common_are_two_names(level_of, left: str, right: str) -> None:
    crowd = often(left, 4) + often(right, 4)
    assert level_of(FORENAME, {"forename": left}, {"forename": right}, crowd=crowd) == "alike"


def test_a_rare_spelling_beside_a_common_one_is_a_slip(level_of) -> None:
    # two in all bear MARIE: too few for a name of its own
    assert level_of(FORENAME, {"forename": "MARIA"}, {"forename": "MARIE"}, crowd=often("MARIA", 40) + often("MARIE", 1)) == "close"


def test_a_spelling_of_more_than_two_is_still_a_slip_below_a_hundredth_of_the_common_one(level_of) -> None:
    three_marie = often("MARIE", 2)
    assert level_of(FORENAME, {"forename": "MARIA"}, {"forename": "MARIE"}, crowd=often("MARIA", 299) + three_marie) == "close"  # 3 of 300
    assert level_of(FORENAME, {"forename": "MARIA"}, {"forename": "MARIE"}, crowd=often("MARIA", 298) + three_marie) == "alike"  # 3 of 299


def test_how_often_a_forename_is_borne_as_a_surname_does_not_count(level_of) -> None:
    crowd = often("MARIA", 4) + often("MARIE", 9, field="surname")
    assert level_of(FORENAME, {"forename": "MARIA"}, {"forename": "MARIE"}, crowd=crowd) == "close"


def test_a_forename_that_stands_in_the_other_s_middle_names_is_the_other_s_middle_name(level_of) -> None:
    left, right = {"forename": "GRACE", "surname": "OKAFOR"}, {"forename": "ADAEZE", "middle_names": "GRACE", "surname": "OKAFOR"}
    assert level_of(FORENAME, left, right) == level_of(FORENAME, right, left) == "middle"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(("BRYN", "LEWIS"), ("LEWIS", "BRYN"), "swapped"), (("BRYN", "LEWIS"), ("LEWYS", "BRYN"), "swapped"), (("BRYN", "LEWIS"), ("LEWIS", "NOWAK"), "differs"),
     (("BRYN", "LEWIS"), ("LEWIS", None), "swapped"), (("BRYN", "LEWIS"), ("NOWAK", None), "differs")],
)  # fmt: skip
def test_names_that_changed_places_say_so(level_of, left, right, expected: str) -> None:
    a, b = ({"forename": first, "surname": last} for first, last in (left, right))
    assert level_of(FORENAME, a, b) == level_of(FORENAME, b, a) == expected
    if right[1]:
        assert level_of(SURNAME, a, b) == level_of(SURNAME, b, a) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("OKAFOR", "OKAFOR", "exact"), ("OKAFOR", "OKAFRO", "close"), ("LEWIS", "LEWYS", "close"), ("VAN DER BERG", "VANDERBERG", "close"),
     ("OKAFOR", "OKEFUR", "near"), ("HUGHES OKAFOR", "OKAFOR", "part"), ("JONES OKAFOR", "OKAFOR LEWIS", "part"), ("OWENS", "OWENSBOROUGH", "part"),
     ("NG", "NO", "differs"), ("OKAFOR", "NOWAK", "differs"), ("DE LEWIS", "DE NOWAK", "differs"), (None, "LEWIS", "missing")],
)  # fmt: skip
def test_surnames_agree_in_degrees(level_of, left: str | None, right: str, expected: str) -> None:
    assert level_of(SURNAME, {"surname": left}, {"surname": right}) == level_of(SURNAME, {"surname": right}, {"surname": left}) == expected


def test_two_common_surnames_that_are_spelt_alike_are_two_surnames(level_of) -> None:
    crowd = often("LEWIS", 3, field="surname") + often("LEWYS", 3, field="surname")
    assert level_of(SURNAME, {"surname": "LEWIS"}, {"surname": "LEWYS"}, crowd=crowd) == "alike"


def test_one_other_letter_makes_another_name_of_three_letters(level_of) -> None:
    assert level_of(SURNAME, {"surname": "LEE"}, {"surname": "LEA"}) == "differs"


def test_the_same_initial_of_a_surname_does_not_speak_against_a_match(level_of) -> None:
    assert level_of(SURNAME, {"surname": "L"}, {"surname": "L"}) != "differs"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("GRACE", "GRACE", "exact"), ("G", "G", "exact"), ("G", "GRACE", "part"), ("GRACE", "GWEN", "part"), ("ANN GRACE", "GRACE", "part"),
     ("GRACE", "ANN", "differs"), (None, "ANN", "missing")],
)  # fmt: skip
def test_middle_names_agree_in_degrees(level_of, left: str | None, right: str, expected: str) -> None:
    assert level_of(MIDDLE, {"middle_names": left}, {"middle_names": right}) == expected


names = st.text("ABEKLOR", min_size=4, max_size=8)  # one word, long enough for a slip


@settings(max_examples=80)
@given(a=names, b=names)
def test_close_and_near_surnames_are_those_that_rapidfuzz_says(a: str, b: str, level_of) -> None:
    said = level_of(SURNAME, {"surname": a}, {"surname": b})
    alike, edits = JaroWinkler.normalized_similarity(a, b), OSA.distance(a, b)
    begins = min(len(a), len(b)) > 4 and (a.startswith(b) or b.startswith(a))
    if a == b:
        assert said == "exact"
    elif alike >= CLOSE + 1e-6 or edits <= 1:
        assert said == "close"
    elif alike < CLOSE - 1e-6 and begins:
        assert said == "part"
    elif NEAR + 1e-6 <= alike < CLOSE - 1e-6 or (edits == 2 and min(len(a), len(b)) > 4 and alike < CLOSE - 1e-6):
        assert said == "near"
    elif alike < NEAR - 1e-6:
        assert said == "differs"
