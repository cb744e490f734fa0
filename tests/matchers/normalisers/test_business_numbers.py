"""Numbers of organisations. The check digits are worked out here by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.business_numbers import parse_charity_number, parse_company_number, parse_vat_number


def check_digits(seven: str, extra: int) -> str:
    """Count up from the weighed sum to the next multiple of 97, as the rule is told."""
    total = sum(int(digit) * weight for digit, weight in zip(seven, range(8, 1, -1), strict=True)) + extra
    return f"{-total % 97:02d}"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        # 8*1 + 7*2 + 6*3 + 5*4 + 4*5 + 3*6 + 2*7 = 112; 112 + 82 = 194 = 2 * 97
        ("123456782", "123456782"),
        # by the second rule 112 + 55 + 27 = 194
        ("123456727", "123456727"),
        ("GB123456782", "123456782"),
        ("gb 123 4567 82", "123456782"),
        ("XI123456782", "123456782"),
        ("GB-123456782", "123456782"),
        ("123456782.0", "123456782"),
        ("123456782001", "123456782001"),
        ("GD001", "GD001"),
        ("GBHA599", "HA599"),
        ("", None),
        (None, None),
    ],
)
def test_vat_numbers_are_read(raw, value, read):
    assert read(parse_vat_number, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("123456783", "vat-number-unreadable"),
        ("123456789", "vat-number-unreadable"),
        ("12345678", "vat-number-unreadable"),
        ("GD599", "vat-number-unreadable"),
        ("HA001", "vat-number-unreadable"),
        ("FR123456782", "vat-number-unreadable"),
        ("000000000", "text-placeholder"),
        ("GB999999999", "text-placeholder"),
        ("NOT REGISTERED", "vat-number-unreadable"),
        ("N/A", "text-placeholder"),
        ("1.23E+08", "number-mangled"),
    ],
)
def test_what_is_no_vat_number_is_named(raw, problem, read):
    assert read(parse_vat_number, [raw]) == [(None, problem)]


@given(seven=st.integers(1_000_001, 9_999_998).map(str), wrong=st.integers(1, 96))
@settings(max_examples=60, deadline=None)
def test_only_the_two_rules_check_digits_are_accepted(seven, wrong, read):
    right = {check_digits(seven, 0), check_digits(seven, 55)}
    spoilt = f"{(int(check_digits(seven, 0)) + wrong) % 97:02d}"
    numbers = [seven + digits for digits in sorted(right | {spoilt})]
    accepted = {value for value, _ in read(parse_vat_number, numbers)} - {None}
    # A check of 00 and of 97 are the same to the rule; the sum decides.
    expected = {number for number in numbers if number[7:] in right}
    assert accepted == {number for number in expected if len(set(number)) > 1}


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("01234567", ("01234567", None)),
        ("1234567", ("01234567", None)),
        ("6", ("00000006", None)),
        ("01234567.0", ("01234567", None)),
        ("SC012345", ("SC012345", None)),
        ("sc12345", ("SC012345", None)),
        ("NI 012345", ("NI012345", None)),
        ("R0012345", ("R0012345", None)),
        ("IP12345R", ("IP12345R", None)),
        ("SP1234RS", ("SP1234RS", None)),
        ("0", (None, "text-placeholder")),
        ("00000000", (None, "text-placeholder")),
        ("99999999", (None, "text-placeholder")),
        ("none", (None, "text-placeholder")),
        ("123456789", (None, "company-number-unreadable")),
        ("QQ123457", (None, "company-number-unreadable")),
        ("SC1234567", (None, "company-number-unreadable")),
        ("ACME LTD", (None, "company-number-unreadable")),
        ("1.23E+07", (None, "number-mangled")),
        ("", (None, None)),
    ],
)
def test_company_numbers(raw, outcome, read):
    assert read(parse_company_number, [raw]) == [outcome]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("1234567", ("1234567", None)),
        ("234567", ("234567", None)),
        ("234567-1", ("234567-1", None)),
        ("234567-01", ("234567-1", None)),
        ("234567/2", ("234567-2", None)),
        ("234567-0", ("234567", None)),
        ("SC012345", ("SC012345", None)),
        ("SC12345", ("SC012345", None)),
        ("nic100123", ("NIC100123", None)),
        ("NI100123", ("NIC100123", None)),
        ("234567.0", ("234567", None)),
        ("12345", (None, "charity-number-unreadable")),
        ("12345678", (None, "charity-number-unreadable")),
        ("SC112345", (None, "charity-number-unreadable")),
        ("000000", (None, "text-placeholder")),
        ("1.23E+06", (None, "number-mangled")),
        (None, (None, None)),
    ],
)
def test_charity_numbers(raw, outcome, read):
    assert read(parse_charity_number, [raw]) == [outcome]
