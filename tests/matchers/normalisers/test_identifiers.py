"""Numbers of people, properties and accounts; the numbers are invented (NINO prefix QQ)."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers import identifiers
from matchers.normalisers.identifiers import (
    nino_key,
    parse_account_number,
    parse_nino,
    parse_passport,
    parse_sort_code,
    parse_uprn,
)

# Any issued-looking digits that no junk list holds.
DIGITS = st.integers(200_001, 999_998).filter(lambda n: len(set(str(n))) > 1).map(str)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("QQ123457C", "QQ123457C"),
        ("QQ 12 34 57 C", "QQ123457C"),
        ("qq123457c", "QQ123457C"),
        ("QQ-12-34-57-C", "QQ123457C"),
        ("QQ123457", "QQ123457"),
        ("AB123457D", "AB123457D"),
        ("QQ654321A", "QQ654321A"),
        ("", None),
        (None, None),
    ],
)
def test_ninos_are_read(raw, value, read):
    assert read(parse_nino, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    "raw",
    [
        "QQ123456C", "QQ123456", "qq 12 34 56 a", "AB123456C", "QQ111111A", "QQ000000", "XX999999X",
        "OO123457A", "CR123457A", "FY123457A", "MW123457A", "NC123457M", "PP123457P", "PY123457", "PZ123457A", "PO123457A",
        "TN010190M", "TN311299F", "12A34567", "000000000", "999999999", "123456789",
    ],
)  # fmt: skip
def test_ninos_that_name_nobody_are_placeholders(raw, read):
    assert read(parse_nino, [raw]) == [(None, "nino-placeholder")]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("BG123457A", "nino-unreadable"),
        ("GB123457A", "nino-unreadable"),
        ("NK123457A", "nino-unreadable"),
        ("KN123457A", "nino-unreadable"),
        ("NT123457A", "nino-unreadable"),
        ("ZZ123457A", "nino-unreadable"),
        ("DA123457A", "nino-unreadable"),
        ("AO123457A", "nino-unreadable"),
        ("QA123457A", "nino-unreadable"),
        ("QQ123457E", "nino-unreadable"),
        ("QQ12345C", "nino-unreadable"),
        ("QQ1234578", "nino-unreadable"),
        ("NIL", "text-placeholder"),
        ("1.23E+11", "number-mangled"),
    ],
)
def test_what_is_no_nino_is_named(raw, problem, read):
    assert read(parse_nino, [raw]) == [(None, problem)]


@given(digits=DIGITS, suffix=st.sampled_from(["", "A", "B", "C", "D"]))
@settings(max_examples=50, deadline=None)
def test_spacing_and_case_of_a_nino_do_not_matter(digits, suffix, read):
    plain = f"QQ{digits}{suffix}"
    spaced = f" qq {digits[:2]} {digits[2:4]} {digits[4:]} {suffix.lower()}"
    assert read(parse_nino, [plain, spaced]) == [(plain, None), (plain, None)]


def test_ninos_compare_without_their_suffix():
    frame = pl.DataFrame({"nino": ["QQ123457C", "QQ123457", None]})
    assert frame.select(nino_key(pl.col("nino"))).to_series().to_list() == ["QQ123457", "QQ123457", None]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("100012345678", (100012345678, None)),
        ("000100012345", (100012345, None)),
        ("1", (1, None)),
        ("100012345.0", (100012345, None)),
        (" 100 012 345 ", (100012345, None)),
        ("0", (None, "text-placeholder")),
        ("000000000000", (None, "text-placeholder")),
        ("999999999999", (None, "text-placeholder")),
        ("1000123456789", (None, "uprn-unreadable")),
        ("-5", (None, "uprn-unreadable")),
        ("10001234.5", (None, "uprn-unreadable")),
        ("U100012345", (None, "uprn-unreadable")),
        ("1.00012E+11", (None, "number-mangled")),
        ("", (None, None)),
    ],
)
def test_uprns(raw, outcome, read):
    assert read(parse_uprn, [raw]) == [outcome]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("401234", ("401234", None)),
        ("40-12-34", ("401234", None)),
        ("40 12 34", ("401234", None)),
        ("401234.0", ("401234", None)),
        ("04-00-04", ("040004", None)),
        ("40/12/34", (None, "sort-code-unreadable")),
        ("20-Apr-56", (None, "sort-code-unreadable")),
        ("2056-04-20", (None, "sort-code-unreadable")),
        ("20/04/2056", (None, "sort-code-unreadable")),
        ("40004", (None, "sort-code-unreadable")),
        ("4-01-234", (None, "sort-code-unreadable")),
        ("4.00E+05", (None, "number-mangled")),
        ("00-00-00", (None, "bank-placeholder")),
        ("999999", (None, "bank-placeholder")),
        ("12-34-56", (None, "bank-placeholder")),
        ("654321", (None, "bank-placeholder")),
        ("012345", (None, "bank-placeholder")),
        ("n/a", (None, "text-placeholder")),
        (None, (None, None)),
    ],
)
def test_sort_codes(raw, outcome, read):
    assert read(parse_sort_code, [raw]) == [outcome]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("31926819", ("31926819", None)),
        ("3192 6819", ("31926819", None)),
        ("1926819", ("01926819", None)),
        ("926819", ("00926819", None)),
        ("00926819", ("00926819", None)),
        ("926819.0", ("00926819", None)),
        ("26819", (None, "account-number-unreadable")),
        ("319268190", (None, "account-number-unreadable")),
        ("3192681X", (None, "account-number-unreadable")),
        ("3.19E+07", (None, "number-mangled")),
        ("00000000", (None, "bank-placeholder")),
        ("11111111", (None, "bank-placeholder")),
        ("12345678", (None, "bank-placeholder")),
        ("01234567", (None, "bank-placeholder")),
        ("87654321", (None, "bank-placeholder")),
        ("123456", (None, "bank-placeholder")),
        ("00123456", (None, "bank-placeholder")),
        ("UNKNOWN", (None, "text-placeholder")),
        ("", (None, None)),
    ],
)
def test_account_numbers(raw, outcome, read):
    assert read(parse_account_number, [raw]) == [outcome]


@given(number=st.integers(100_000, 99_999_999))
@settings(max_examples=60, deadline=None)
def test_a_bank_number_does_not_depend_on_its_leading_noughts(number, read):
    bare, padded = read(parse_account_number, [str(number), f"{number:08d}"])
    assert bare == padded


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("537268190", ("537268190", None)),
        ("53 726 8190", ("537268190", None)),
        ("ab1234567", ("AB1234567", None)),
        ("C01X00T47", ("C01X00T47", None)),
        ("E12345678", ("E12345678", None)),
        ("123456789", (None, "text-placeholder")),
        ("999999999", (None, "text-placeholder")),
        ("000000000", (None, "text-placeholder")),
        ("BRITISH", (None, "passport-unreadable")),
        ("12345", (None, "passport-unreadable")),
        ("5372681901", (None, "passport-unreadable")),
        ("5.37E+08", (None, "number-mangled")),
        ("NONE", (None, "text-placeholder")),
        (None, (None, None)),
    ],
)
def test_passport_numbers(raw, outcome, read):
    assert read(parse_passport, [raw]) == [outcome]


def test_every_identifier_is_offered_in_one_place():
    assert all(callable(getattr(identifiers, name)) for name in identifiers.__all__)
