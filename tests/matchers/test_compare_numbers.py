"""Numbers that are the same, one slip apart, or two numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.compare_numbers import contact, number


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("QQ112233C", "QQ112233C", "exact"), ("QQ112233C", "QQ112233", "exact"), ("QQ112233C", "QQ112233A", "exact"),
     ("QQ112233C", "QQ112234C", "typo"), ("QQ112233C", "QQ121233C", "typo"), ("QQ112233C", "QQ11223", "typo"), ("QQ112233C", "QQ998877A", "differs"),
     ("QQ112233C", "QQ112244C", "differs"), (None, "QQ112233C", "missing")],
)  # fmt: skip
def test_ninos_agree_in_degrees_and_the_last_letter_does_not_count(level_of, left: str | None, right: str, expected: str) -> None:
    assert level_of(number("nino"), {"nino": left}, {"nino": right}) == level_of(number("nino"), {"nino": right}, {"nino": left}) == expected


@pytest.mark.parametrize("name", ["company_number", "vat_number", "charity_number", "passport_number"])
def test_registration_numbers_are_the_same_one_slip_apart_or_others(level_of, name: str) -> None:
    levels = [level_of(number(name), {name: "00000019"}, {name: other}) for other in ("00000019", "00000091", "00000018", "00000027")]
    assert levels == ["exact", "typo", "typo", "differs"]
    assert number(name).registered


@pytest.mark.parametrize("name", ["phone", "email", "account"])
def test_numbers_to_reach_or_pay_somebody_are_the_same_or_not(level_of, name: str) -> None:
    assert [level_of(contact(name), {name: "07700900123"}, {name: other}) for other in ("07700900123", "07700900124", None)] == ["exact", "differs", "missing"]
    assert not contact(name).registered


figures = st.text("019", min_size=8, max_size=8)


@settings(max_examples=60)
@given(a=figures, b=figures)
def test_a_slip_is_one_edit_as_rapidfuzz_counts_them(level_of, a: str, b: str) -> None:
    said = level_of(number("vat_number"), {"vat_number": a}, {"vat_number": b})
    assert said == {0: "exact", 1: "typo"}.get(OSA.distance(a, b), "differs")
