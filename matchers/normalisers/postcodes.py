"""Postcodes in one spelling, and the parts of them that records are blocked on.

Form: an outward code (one or two letters of the area, then the district: a digit, perhaps a second one or a
letter), a space, an inward code (the digit of the sector, two letters of the unit). Some letters are never
used in some places, which is what lets a letter O be told from a nought by position.

Area ZZ is read although no such area exists: the people of tests and samples live there. Its
districts 99 are not: health and social care systems write them for 'no fixed abode' and 'not known'.
XX, which some write for the same, fails the form.

Source: the form of British postcodes as the Post Office publishes it, in our own words.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import staged

# A district starts with 0 only where that is all of it (ZZ0), so in S02 the nought is a letter.
_OUTWARD = "(?:[A-PR-UWYZ][A-HK-Y]?|ZZ)(?:[1-9][0-9A-HJKMNPR-Y]?|0)"
_INWARD = "[0-9][ABD-HJLNP-UW-Z]{2}"
_FORM = f"^(?:{_OUTWARD} {_INWARD}|GIR 0AA)$"
_NO_PLACE = r"^ZZ99 "
# Areas of one letter, or of one letter twice, that do exist: there 'all letters the same' is a real postcode.
_EVEN_AREAS = {"B", "E", "G", "L", "M", "N", "S", "W", "BB", "DD", "LL", "SS"}


def _all_the_same() -> list[str]:
    """Return the postcodes of one letter and one digit that stand in no real area: AA1 1AA, XX99 9XX."""
    letters = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
    areas = [area for letter in letters for area in (letter, letter * 2) if area not in _EVEN_AREAS]
    return [
        f"{area}{digit * times} {digit}{area[0] * 2}"
        for area in areas
        for digit in "0123456789"
        for times in (1, 2)
    ]


_PLACEHOLDERS = pl.Series(_all_the_same()).implode()


def parse_postcode(raw: pl.Expr) -> pl.Expr:
    """Read a full postcode: upper case, one space.

    O and 0, I and 1 are exchanged where only the other can stand; no other character is ever changed.
    An outward code alone is not read.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        real = text.str.contains(_FORM) & ~text.str.starts_with("ZZ99") & ~text.is_in(_PLACEHOLDERS)
        return pl.when(real).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame).with_columns(bare=pl.col("cleaned").str.replace_all(r"[ .,\-_]", ""))
        inward, outward = pl.col("bare").str.tail(3), pl.col("bare").str.head(-3)
        repaired = _outward(outward) + pl.lit(" ") + _inward(inward)
        girobank = pl.col("bare") == "GIR0AA"  # one of a kind: a letter where all others have a digit
        frame = frame.with_columns(spaced=pl.when(girobank).then(pl.lit("GIR 0AA")).otherwise(repaired))
        spaced = pl.col("spaced")
        frame = frame.with_columns(value=pl.when(spaced.str.contains(_FORM)).then(spaced))
        stands_for_none = spaced.is_in(_PLACEHOLDERS) | spaced.str.contains(_NO_PLACE)
        one_character = pl.col("bare").str.contains(_ONE_CHARACTER)
        return judge(
            frame, (stands_for_none | one_character, "text-placeholder"), unreadable="postcode-unreadable"
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


# The engine's regular expressions cannot refer back, so each character is named.
_ONE_CHARACTER = "^(?:" + "|".join(f"{c}{{4,}}" for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") + ")$"


def _outward(outward: pl.Expr) -> pl.Expr:
    """Exchange O and 0, I and 1 in an outward code: letter; letter or digit; digit, and so on."""
    first, second, rest = _letter(outward.str.slice(0, 1)), outward.str.slice(1, 1), outward.str.slice(2)
    # I is never the second letter of an area, and a district starts with 0 only where that is all of it.
    nought_or_o = pl.when(rest == "").then(pl.lit("0")).otherwise(pl.lit("O"))
    second = (
        pl.when(second == "I")
        .then(pl.lit("1"))
        .when((second == "0") | ((second == "O") & (rest == "")))
        .then(nought_or_o)
        .otherwise(second)
    )
    return first + second + _digit(rest)


def _inward(inward: pl.Expr) -> pl.Expr:
    return _digit(inward.str.slice(0, 1)) + inward.str.slice(1)


def _letter(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(["0", "1"], ["O", "I"])


def _digit(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(["O", "I"], ["0", "1"])


def postcode_sector(postcode: pl.Expr) -> pl.Expr:
    """Return the sector of a normalised postcode, about 3,000 addresses: ZZ1 1AA gives ZZ1 1."""
    return postcode.str.head(-2)


def postcode_district(postcode: pl.Expr) -> pl.Expr:
    """Return the outward code of a normalised postcode: ZZ1 1AA gives ZZ1."""
    return postcode.str.head(-4)
