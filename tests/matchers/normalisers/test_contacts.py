"""Telephone numbers and e-mail addresses; the numbers are those kept for fiction."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.contacts import parse_email, parse_phone, phone_key


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("07700900123", "+447700900123"),
        ("07700 900123", "+447700900123"),
        ("07700-900-123", "+447700900123"),
        ("(07700) 900123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("+4407700900123", "+447700900123"),
        ("00447700900123", "+447700900123"),
        ("447700900123", "+447700900123"),
        ("7700900123", "+447700900123"),
        ("07700900123.0", "+447700900123"),
        ("07700 900123 ext 12", "+447700900123"),
        ("07700 900123 x12", "+447700900123"),
        ("0169772345", "+44169772345"),
        ("+353 1 234 5678", "+35312345678"),
        ("0033 1 23 45 67 89", "+33123456789"),
        ("", None),
        (None, None),
    ],
)
def test_phone_numbers_are_read(raw, value, read):
    assert read(parse_phone, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("0000000000", "text-placeholder"),
        ("07777777777", "text-placeholder"),
        ("01234567890", "text-placeholder"),
        ("07000000000", "text-placeholder"),
        ("+441234567890", "text-placeholder"),
        ("none", "text-placeholder"),
        ("7.7E+09", "number-mangled"),
        ("900123", "phone-unreadable"),
        ("04700900123", "phone-unreadable"),
        ("077009001234", "phone-unreadable"),
        ("07700 900123 / 07700 900124", "phone-unreadable"),
        ("call after 6", "phone-unreadable"),
        ("+44 7700", "phone-unreadable"),
    ],
)
def test_what_is_no_phone_number_is_named(raw, problem, read):
    assert read(parse_phone, [raw]) == [(None, problem)]


@given(number=st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_every_spelling_of_a_number_has_the_same_key(number, read):
    end = f"{number:03d}"
    raw = [
        f"07700900{end}",
        f"07700 900 {end}",
        f"+44 7700 900{end}",
        f"7700900{end}",
        f"0044 (0) 7700 900{end}",
    ]
    phones = pl.DataFrame({"phone": [value for value, _ in read(parse_phone, raw)]})
    assert set(phones.select(phone_key(pl.col("phone"))).to_series()) == {f"7700900{end}"}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a.okafor@example.org", "a.okafor@example.org"),
        (" A.Okafor@Example.ORG ", "a.okafor@example.org"),
        ("mailto:a.okafor@example.org", "a.okafor@example.org"),
        ("<a.okafor@example.org>", "a.okafor@example.org"),
        ("o'neil+post@mail.example.co.uk", "o'neil+post@mail.example.co.uk"),
        ("information.ada@example.org", "information.ada@example.org"),
        ("", None),
        (None, None),
    ],
)
def test_email_addresses_are_read(raw, value, read):
    assert read(parse_email, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("info@example.org", "email-unreadable"),
        ("NoReply@example.org", "email-unreadable"),
        ("no-reply@example.org", "email-unreadable"),
        ("accounts.payable@example.org", "email-unreadable"),
        ("enquiries@example.org", "email-unreadable"),
        ("a.okafor@example", "email-unreadable"),
        ("a okafor@example.org", "email-unreadable"),
        ("a.okafor(at)example.org", "email-unreadable"),
        ("a@b@example.org", "email-unreadable"),
        ("a@example.org; b@example.org", "email-unreadable"),
        ("none@none.com", "text-placeholder"),
        ("noemail@example.org", "text-placeholder"),
        ("test@example.org", "text-placeholder"),
        ("n/a", "text-placeholder"),
    ],
)
def test_what_is_no_address_of_one_person_is_named(raw, problem, read):
    assert read(parse_email, [raw]) == [(None, problem)]
