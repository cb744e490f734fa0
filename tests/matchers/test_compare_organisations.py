"""Two organisations' names: the same words, a slip, nearly the same words, one name within the other, or two names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matchers.compare_organisations import CLOSE_ORGANISATION, LONG, PART_ORGANISATION, organisation_name

NAME = organisation_name()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("HOLLIN BANK JOINERY", "HOLLIN BANK JOINERY", "exact"), ("HOLLIN BANK JOINERY", "HOLLINBANK JOINERY", "exact"),
     ("HOLLIN BANK JOINERY", "JOINERY HOLLIN BANK", "exact"), ("HOLLIN BANK JOINERY", "HOLLIN BANK JOINERS", "typo"), ("HOLLIN BANK JOINERY", "HOLIN BANK JOINERS", "typo"), ("RIVER CARE", "RIVFR CORE", "differs"),
     ("HOLLIN BANK JOINERY", "JOINERS HOLLIN BANK", "close"),
     ("HOLLIN BANK", "HOLLIN BANK JOINERY SERVICES", "part"), ("HOLLIN", "HOLLIN BANK JOINERY SERVICES", "differs"),
     ("SCHOOL NUMBER 12 TRUST", "SCHOOL NUMBER 13 TRUST", "differs"), ("HOLLIN BANK JOINERY", "RIVER GARAGE", "differs"),
     (None, "RIVER GARAGE", "missing")],
)  # fmt: skip
def test_organisations_names_agree_in_degrees(level_of, left: str | None, right: str, expected: str) -> None:
    assert level_of(NAME, {"name": left}, {"name": right}) == level_of(NAME, {"name": right}, {"name": left}) == expected


@pytest.mark.parametrize("short", ["BT", "QED", "ZZ9", "AA", "KLM"])
def test_one_short_word_within_another_name_says_nothing_whichever_comes_first(level_of, short: str) -> None:
    assert {level_of(NAME, {"name": short}, {"name": f"{short} {more}"}) for more in ("HOLDINGS", "SERVICES", "GARAGE")} == {"differs"}


def test_a_name_with_a_number_is_not_part_of_a_name_without_it(level_of) -> None:
    assert level_of(NAME, {"name": "HOLLIN BANK"}, {"name": "HOLLIN BANK JOINERY 2"}) == "differs"


words = st.lists(st.sampled_from(["HOLLIN", "BANK", "JOINERY", "JOINERS", "RIVER", "GARAGE", "OF", "THE"]), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=80)
@given(a=words, b=words)
def test_slips_close_and_part_are_what_rapidfuzz_says(level_of, a: str, b: str) -> None:
    said = level_of(NAME, {"name": a}, {"name": b})
    if sorted(a.split()) == sorted(b.split()) or a.replace(" ", "") == b.replace(" ", ""):
        assert said == "exact"
    elif OSA.distance(a, b) <= (2 if min(len(a), len(b)) >= LONG else 1):
        assert said == "typo"
    elif fuzz.token_sort_ratio(a, b) >= CLOSE_ORGANISATION:
        assert said == "close"
    elif fuzz.token_set_ratio(a, b) >= PART_ORGANISATION and " " in a and " " in b:
        assert said == "part"
    else:
        assert said == "differs"
