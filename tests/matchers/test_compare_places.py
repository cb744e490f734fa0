"""Two addresses: one home, one house, one postcode, one neighbourhood, or two places."""

from __future__ import annotations

import pytest
from rapidfuzz import fuzz

from matchers.compare_places import CLOSE_LINE, LEVELS, NEAR_LINE, address

PLACE = address()
HOUSE = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}
ELSEWHERE = {"postcode": "ZZ7 3BB", "paon": "2", "address": "2 MILL LANE"}
ABROAD = {"postcode": "75001", "paon": "3", "address": "3 RUE SANS NOM"}


def test_every_level_has_its_place() -> None:
    assert LEVELS == PLACE.levels == ("same-house", "part", "same-postcode", "same-sector", "same-district", "same-area", "differs")


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, "same-house"),
     ({"address": "14 WEAVER ST NORTHMERE"}, "same-house"),
     ({"saon": "FLAT 2"}, "part"),
     ({"postcode": "ZZ1 2AA"}, "part"),  # one wrong character beside the same house and line
     ({"postcode": None}, "part"),
     ({"paon": None, "address": "WEAVER STREET 14"}, "part"),
     ({"paon": "16", "address": "16 WEAVER STREET"}, "same-postcode"),
     ({"paon": None, "address": None}, "same-postcode"),
     ({"postcode": "ZZ1 1BB"}, "same-sector"),
     ({"postcode": "ZZ7 3BB"}, "same-sector"),  # the same house and line in another town, whose postcode cannot be trusted
     ({"postcode": "ZZ1 1BB", "paon": "2", "address": "2 MILL LANE"}, "same-sector"),
     ({"postcode": "ZZ1 9BB", "paon": "2", "address": "2 MILL LANE"}, "same-district"),
     (ELSEWHERE, "same-area"), (ABROAD, "differs"),
     ({"postcode": None, "paon": "2", "address": "2 MILL LANE"}, "differs"),
     ({"postcode": None, "paon": None, "address": None}, "missing")],
)  # fmt: skip
def test_addresses_agree_in_degrees(level_of, change: dict[str, object], expected: str) -> None:
    changed = {**HOUSE, **change}
    assert level_of(PLACE, HOUSE, changed) == level_of(PLACE, changed, HOUSE) == expected


def test_a_uprn_beside_nothing_on_the_other_side_is_missing(level_of) -> None:
    assert level_of(PLACE, {"uprn": 990000000123}, HOUSE) == "missing"


def test_one_uprn_is_one_home_without_a_postcode(level_of) -> None:
    assert level_of(PLACE, {"uprn": 990000000123}, {"uprn": 990000000123}) == "same-house"


def test_two_uprns_are_not_one_home(level_of) -> None:
    assert level_of(PLACE, {"uprn": 990000000123}, {"uprn": 990000000124}) == "differs"


def test_two_flats_of_one_house_are_two_homes_even_under_one_uprn(level_of) -> None:
    one, other = ({**HOUSE, "uprn": 990000000123, "saon": f"FLAT {n}", "address": f"FLAT {n} 14 WEAVER STREET"} for n in (1, 2))
    assert level_of(PLACE, one, other) == "same-postcode"


def test_flat_and_house_in_the_other_order_are_one_home(level_of) -> None:
    left, right = ({**HOUSE, "saon": saon, "paon": paon} for saon, paon in (("FLAT 7", "18"), ("18", "7")))
    assert level_of(PLACE, left, right) == "same-house"


def test_one_house_number_in_two_postcodes_is_two_homes(level_of) -> None:
    left, right = {**HOUSE, "postcode": "ZZ1 1AA"}, {**ELSEWHERE, "paon": "14", "address": "14 MILL LANE"}
    assert level_of(PLACE, left, right) == "same-area"


def test_a_line_without_a_postcode_is_read_as_closely_as_rapidfuzz_says(level_of) -> None:
    base = "ROSE COTTAGE WEAVER STREET"
    expected = {"ROSE COTTAGE WEAVER STRET": "part", "WEAVER STREET ROSE COTTAGE": "part", "ROSE COTTAGE WEAVER LANE": "same-sector", "MILL LANE": "differs"}
    degrees = {line: fuzz.token_sort_ratio(base, line) for line in expected}
    assert [degree >= CLOSE_LINE for degree in degrees.values()] == [True, True, False, False]
    assert [degree >= NEAR_LINE for degree in degrees.values()] == [True, True, True, False]
    assert {line: level_of(PLACE, {"address": base}, {"address": line}) for line in expected} == expected
