"""Amounts of money, whole numbers and yes-or-no flags, without floating point.

Money is pence in our tables. A credit is negative, whichever way a ledger writes that: a minus before or
after the digits, or brackets. Blank is not nought: an empty amount stays null.

Source: the spellings that published council spending and ledger exports use, in our own words.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import staged, without

LARGEST_PENCE = 100_000_000_000  # one billion pounds; no council pays or owes more in one line

_GROUPED = r"[0-9]{1,3}(?:,[0-9]{3})+"
_USUAL_PENCE = "^-?[0-9]{1,11}$"
_USUAL_POUNDS = r"^ *£?-?(?:[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,2})? *$"
_AMOUNT = rf"^([-+]?)({_GROUPED}|[0-9]*)(?:\.([0-9]*))?$"
_WHOLE = rf"^([-+]?)({_GROUPED}|[0-9]+)(?:\.0+)?$"
_MANGLED_BARE = r"^[-+]?[0-9]+(?:\.[0-9]+)?E[0-9]+$"  # other tools leave out the plus of 1E+05
_MINUS_SIGNS = "[\u2212\u2013\uff0d]"
_SURE_DIGITS = 15  # pounds of so many digits fit 64 bits as pence

_YES = ("Y", "YES", "TRUE", "T", "1")
_NO = ("N", "NO", "FALSE", "F", "0")


def parse_money(raw: pl.Expr, *, unit: Literal["pence", "pounds"]) -> pl.Expr:
    """Read an amount of money as whole pence.

    A pound sign, thousands commas and a sign before, after or as brackets are read. Decimals of a penny
    are rounded half up, away from nought for credits too, so that a payment and its reversal cancel.

    Args:
        raw: text, may be null.
        unit: what the column counts. In pence a fraction other than nought is
            `money-not-whole-pence`, since the column then most likely holds pounds.

    Returns:
        Struct `{value: Int64, problem: String}`; the value in pence, within plus or minus
        `LARGEST_PENCE`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        if unit == "pence":
            return pl.when(text.str.contains(_USUAL_PENCE)).then(text.cast(pl.Int64, strict=False))
        # A decimal of two places holds its pence as a whole number.
        pence = without(text, "[£, ]").cast(pl.Decimal(18, 2), strict=False).to_physical().cast(pl.Int64)
        return pl.when(text.str.contains(_USUAL_POUNDS)).then(pence)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame)
        parts = _unsigned(pl.col("cleaned")).str.extract_groups(_AMOUNT).alias("parts")
        frame = frame.with_columns(parts.struct.rename_fields(["sign", "whole", "fraction"])).unnest("parts")
        frame = frame.with_columns(digits=_digits(pl.col("whole")), fraction=pl.col("fraction").fill_null(""))
        pence = (
            _pence(pl.col("digits"), pl.col("fraction")) if unit == "pounds" else _number(pl.col("digits"))
        )
        value = pl.when(pl.col("sign") == "-").then(-pence).otherwise(pence)
        readable = (pl.col("whole") != "") | (pl.col("fraction") != "")
        frame = frame.with_columns(value=pl.when(readable).then(value))
        too_long = pl.col("digits").str.len_bytes() > _SURE_DIGITS
        return judge(
            frame,
            (pl.col("cleaned").str.contains(_MANGLED_BARE), "number-mangled"),
            (pl.lit(unit == "pence") & pl.col("fraction").str.contains("[1-9]"), "money-not-whole-pence"),
            (too_long | (pl.col("value").abs() > LARGEST_PENCE), "money-too-large"),
            unreadable="money-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.Int64)


def _unsigned(cleaned: pl.Expr) -> pl.Expr:
    """Return the amount with its sign in front and its currency taken away."""
    bare = cleaned.str.replace_all(_MINUS_SIGNS, "-").str.replace_all(r" *(£|GBP|[-+()]) *", "${1}")
    bare = bare.str.replace(r"£|GBP", "")
    return bare.str.replace(r"^\(([0-9.,]+)\)$", "-${1}").str.replace(r"^([0-9.,]+)-$", "-${1}")


def _pence(pounds: pl.Expr, fraction: pl.Expr) -> pl.Expr:
    """Return whole pence, from digits only: pounds, and a fraction of any length rounded half up."""
    three = fraction.str.pad_end(3, "0")
    hundredths = _number(three.str.slice(0, 2))
    return _number(pounds) * 100 + hundredths + (three.str.slice(2, 1) >= "5").cast(pl.Int64)


def _number(digits: pl.Expr) -> pl.Expr:
    """Return digits as a number, no digits as nought; of very many digits only the first."""
    return pl.when(digits == "").then(0).otherwise(digits.str.slice(0, _SURE_DIGITS + 1).cast(pl.Int64))


def _digits(whole: pl.Expr) -> pl.Expr:
    return whole.str.replace_all(",", "", literal=True).str.strip_chars_start("0")


def parse_integer(raw: pl.Expr) -> pl.Expr:
    """Read a whole number; thousands commas and a point followed by noughts only are allowed.

    Returns:
        Struct `{value: Int64, problem: String}`; a number that does not fit 64 bits is
        `number-out-of-range`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains("^-?[0-9]{1,18}$")).then(text.cast(pl.Int64, strict=False))

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame)
        parts = pl.col("cleaned").str.replace_all(_MINUS_SIGNS, "-").str.extract_groups(_WHOLE).alias("parts")
        frame = frame.with_columns(parts.struct.rename_fields(["sign", "whole"])).unnest("parts")
        digits = pl.col("whole").str.replace_all(",", "", literal=True)
        number = pl.col("sign").str.replace("+", "", literal=True) + digits
        return judge(
            frame.with_columns(value=number.cast(pl.Int64, strict=False)),
            (pl.col("cleaned").str.contains(_MANGLED_BARE), "number-mangled"),
            (pl.col("whole").is_not_null() & pl.col("value").is_null(), "number-out-of-range"),
            unreadable="number-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.Int64)


def parse_flag(raw: pl.Expr) -> pl.Expr:
    """Read yes or no: Y, YES, TRUE, T, 1 and N, NO, FALSE, F, 0, in either case.

    Returns:
        Struct `{value: Boolean, problem: String}`.
    """

    def read(text: pl.Expr) -> pl.Expr:
        return pl.when(text.is_in(_YES)).then(True).when(text.is_in(_NO)).then(False)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame).with_columns(value=read(pl.col("cleaned")))
        return judge(frame, unreadable="flag-unreadable")

    return staged(raw, usual=read, thorough=thorough, value_type=pl.Boolean)
