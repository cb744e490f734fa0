"""Money to the penny, whole numbers and flags."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.numbers import LARGEST_PENCE, parse_flag, parse_integer, parse_money

pounds = partial(parse_money, unit="pounds")
pence = partial(parse_money, unit="pence")
AMOUNTS = st.integers(-LARGEST_PENCE, LARGEST_PENCE)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12.34", 1234),
        ("1570.8", 157080),
        ("12", 1200),
        ("12.", 1200),
        (".5", 50),
        ("007", 700),
        ("£1,234.56", 123456),
        ("1,234,567", 123456700),
        ("-12.34", -1234),
        ("12.34-", -1234),
        ("(12.34)", -1234),
        ("(£1,234.50)", -123450),
        ("-£5", -500),
        ("£-5", -500),
        ("\u22125.00", -500),
        ("+5", 500),
        ("£ 5.00 ", 500),
        ("5 GBP", 500),
        ("-0.00", 0),
        ("12.3456", 1235),
        ("12.344999", 1234),
        ("12.345", 1235),  # half up
        ("12.335", 1234),  # half to even would give 1234 here and
        ("12.325", 1233),  # 1232 there
        ("-12.345", -1235),  # and away from nought, so that a reversal cancels
        ("0.004", 0),
        ("0.005", 1),
        ("12.3000", 1230),
        ("1000000000", 100_000_000_000),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_pounds_are_read_as_pence(raw, value, read):
    assert read(pounds, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("1,23", "money-unreadable"),
        ("1.234,56", "money-unreadable"),
        ("12,34,567", "money-unreadable"),
        ("1 234", "money-unreadable"),
        ("--5", "money-unreadable"),
        ("(-5)", "money-unreadable"),
        ("-5-", "money-unreadable"),
        ("5 pounds", "money-unreadable"),
        ("£", "money-unreadable"),
        ("1.2.3", "money-unreadable"),
        ("\uff11\uff12", "money-unreadable"),
        ("1000000000.01", "money-too-large"),
        ("-1000000000.01", "money-too-large"),
        ("9" * 40, "money-too-large"),
        ("1.23E+11", "number-mangled"),
        ("1e5", "number-mangled"),
        ("-", "text-placeholder"),
        (".", "text-placeholder"),
        ("N/A", "text-placeholder"),
    ],
)
def test_what_is_no_amount_is_named(raw, problem, read):
    assert read(pounds, [raw]) == [(None, problem)]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("1234", (1234, None)),
        ("1,234", (1234, None)),
        ("1234.00", (1234, None)),
        ("-1234", (-1234, None)),
        ("(1,234)", (-1234, None)),
        ("12.34", (None, "money-not-whole-pence")),
        ("12.001", (None, "money-not-whole-pence")),
        ("100000000000", (100_000_000_000, None)),
        ("100000000001", (None, "money-too-large")),
    ],
)
def test_pence_are_whole(raw, outcome, read):
    assert read(pence, [raw]) == [outcome]


@given(amounts=st.lists(AMOUNTS, max_size=40))
@settings(max_examples=60, deadline=None)
def test_every_amount_comes_back_from_each_spelling(amounts, read):
    spelt = [f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}" for amount in amounts]
    grouped = [
        f"{'-' if amount < 0 else ''}£{abs(amount) // 100:,}.{abs(amount) % 100:02d}" for amount in amounts
    ]
    bracketed = [f"({text.removeprefix('-')})" if text.startswith("-") else text for text in grouped]
    trailing = [text.removeprefix("-") + "-" if text.startswith("-") else text for text in spelt]
    expected = [(amount, None) for amount in amounts]
    for spelling in (spelt, grouped, bracketed, trailing):
        assert read(pounds, spelling) == expected
    assert read(pence, [str(amount) for amount in amounts]) == expected


@given(amounts=st.lists(st.decimals("-1000000", "1000000", places=5), max_size=40))
@settings(max_examples=60, deadline=None)
def test_decimals_round_as_the_decimal_module_rounds(amounts, read):
    rounded = [int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP)) for amount in amounts]
    assert read(pounds, [f"{amount:f}" for amount in amounts]) == [(value, None) for value in rounded]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("12", (12, None)),
        ("-12", (-12, None)),
        ("+12", (12, None)),
        ("012", (12, None)),
        ("1,234", (1234, None)),
        ("12.0", (12, None)),
        (" 12 ", (12, None)),
        ("9223372036854775807", (9223372036854775807, None)),
        ("9223372036854775808", (None, "number-out-of-range")),
        ("12.5", (None, "number-unreadable")),
        ("1,23", (None, "number-unreadable")),
        ("twelve", (None, "number-unreadable")),
        ("1.2E+01", (None, "number-mangled")),
        ("1E5", (None, "number-mangled")),
        ("NONE", (None, "text-placeholder")),
        ("", (None, None)),
    ],
)
def test_whole_numbers(raw, outcome, read):
    assert read(parse_integer, [raw]) == [outcome]


@pytest.mark.parametrize("raw", ["Y", "y", "YES", "Yes ", "TRUE", "true", "T", "1"])
def test_yes_is_true(raw, read):
    assert read(parse_flag, [raw]) == [(True, None)]


@pytest.mark.parametrize("raw", ["N", "n", "NO", " no", "FALSE", "F", "0"])
def test_no_is_false(raw, read):
    assert read(parse_flag, [raw]) == [(False, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("maybe", "flag-unreadable"),
        ("2", "flag-unreadable"),
        ("YN", "flag-unreadable"),
        ("n/a", "text-placeholder"),
        ("", None),
    ],
)
def test_neither_yes_nor_no_is_named(raw, problem, read):
    assert read(parse_flag, [raw]) == [(None, problem)]
