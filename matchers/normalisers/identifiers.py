"""Numbers that name one person, property or bank account; `__all__` offers all other identifiers too.

A number stands for its owner only if it was really issued, so numbers that systems and clerks make up
are emptied with a reason. No number is repaired: a guess would link two people.

Sources, in our own words: HM Revenue and Customs' National Insurance manual for the form and the prefixes
that are not issued; the national land and property gazetteer for UPRNs; the banks' clearing rules for
sort codes and account numbers; ICAO 9303 for passports.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.business_numbers import parse_charity_number, parse_company_number, parse_vat_number
from matchers.normalisers.contacts import parse_email, parse_phone, phone_key
from matchers.normalisers.postcodes import parse_postcode, postcode_district, postcode_sector
from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import patched, staged, without

__all__ = [
    "nino_key",
    "parse_account_number",
    "parse_charity_number",
    "parse_company_number",
    "parse_email",
    "parse_nino",
    "parse_passport",
    "parse_phone",
    "parse_postcode",
    "parse_sort_code",
    "parse_uprn",
    "parse_vat_number",
    "phone_key",
    "postcode_district",
    "postcode_sector",
]

_NOT_ALLOCATED = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
_ADMINISTRATIVE = {"OO", "CR", "FY", "MW", "NC", "PP", "PY", "PZ", "PO"}
# QQ is not issued either: the official rule leaves Q out. We read it all the same, because
# the invented people of tests and samples carry it, and nobody real can be hurt by it.
_PREFIXES = sorted(
    {first + second for first in "ABCEGHJKLMNOPRSTWXYZ" for second in "ABCEGHJKLMNPRSTWXYZ"}
    - _NOT_ALLOCATED
    - _ADMINISTRATIVE
    | {"QQ"}
)
_NINO = f"^(?:{'|'.join(_PREFIXES)})[0-9]{{6}}[A-D]?$"
_REPEATED = "|".join(f"{digit}{{6}}" for digit in "0123456789")
_NINO_JUNK = (
    rf"^(?:{'|'.join(sorted(_ADMINISTRATIVE))})[0-9]{{6}}[A-Z]?$|"  # used inside departments only
    r"^TN[0-9]{6}[A-Z]?$|"  # temporary: TN, day, month and year of birth, M or F
    r"^[0-9]{2}[A-Z][0-9]{5}$|"  # temporary reference of a tax office
    r"^(?:QQ|AB)123456[A-D]?$|"  # the number that leaflets and forms show
    rf"^[A-Z]{{2}}(?:{_REPEATED})[A-Z]?$|^(?:0{{6,}}|9{{6,}}|123456789?)$"
)
# Tails that send a number of the right form to the thorough reading: all one digit, or the leaflets'.
_DOUBTFUL_DIGITS = pl.Series([digit * 6 for digit in "0123456789"] + ["123456"]).implode()

_UPRN = "^[1-9][0-9]{0,11}$"
_SORT_CODE = "^[0-9]{6}$"
_USUAL_SORT_CODE = "^(?:[0-9]{6}|[0-9]{2}-[0-9]{2}-[0-9]{2})$"
_ACCOUNT = "^[0-9]{8}$"
_PASSPORT = "^[A-Z0-9]{6,9}$"
_PASSPORT_DIGITS = 4  # the fewest digits that a passport number we know of has


def _junk_digits(length: int) -> list[str]:
    """Return the numbers of that length that are all one digit or count up or down."""
    up, down = "01234567890", "09876543210"
    runs = {text[start : start + length] for text in (up, down) for start in range(len(up) - length + 1)}
    return sorted(runs | {digit * length for digit in "0123456789"})


_SORT_CODE_JUNK = pl.Series(_junk_digits(6)).implode()
_ACCOUNT_JUNK = pl.Series(
    sorted({number.zfill(8) for length in (6, 7, 8) for number in _junk_digits(length)})
).implode()
_PASSPORT_JUNK = pl.Series(_junk_digits(9)).implode()


def _compact(frame: pl.DataFrame, dropped: str) -> pl.DataFrame:
    """Add `cleaned`, and `bare`: without the characters `dropped` and a spreadsheet's `.0` after digits."""
    bare = pl.col("cleaned").str.replace(r"^([0-9]+)\.0+$", "${1}").str.replace_all(dropped, "")
    return cleaned_capitals(frame).with_columns(bare=bare)


def parse_nino(raw: pl.Expr) -> pl.Expr:
    """Read a National Insurance number: two letters, six digits, and the suffix if it was sent.

    Numbers that are administrative, temporary or made up are `nino-placeholder`. Compare by `nino_key`,
    since many systems keep no suffix.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`; the value has 8 or 9 characters.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        bare = patched(
            text,
            is_odd=lambda e: e.str.contains("[ a-z]"),
            mend=lambda e: e.str.to_uppercase().str.replace_all(" ", "", literal=True),
        )
        return pl.when(bare.str.contains(_NINO) & ~bare.str.slice(2, 6).is_in(_DOUBTFUL_DIGITS)).then(bare)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame, r"[ .\-/]")
        bare = pl.col("bare")
        junk = bare.str.contains(_NINO_JUNK)
        frame = frame.with_columns(value=pl.when(bare.str.contains(_NINO) & ~junk).then(bare))
        return judge(frame, (junk, "nino-placeholder"), unreadable="nino-unreadable")

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def nino_key(nino: pl.Expr) -> pl.Expr:
    """Return the first eight characters of a normalised number; the suffix after them is often missing."""
    return nino.str.head(8)


def parse_uprn(raw: pl.Expr) -> pl.Expr:
    """Read a unique property reference number, 1 to 12 digits; leading noughts do not count.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: Int64, problem: String}`; nothing but noughts, or twelve nines, is
        `text-placeholder`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        real = text.str.contains(_UPRN) & (text != "999999999999")
        return pl.when(real).then(text.cast(pl.Int64, strict=False))

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame, "[ ]")
        number = pl.col("bare").str.strip_chars_start("0")
        nothing = pl.col("bare").str.contains("^0+$|^0*9{11,12}$")
        value = pl.when(number.str.contains(_UPRN) & ~nothing).then(number).cast(pl.Int64, strict=False)
        return judge(
            frame.with_columns(value=value), (nothing, "text-placeholder"), unreadable="uprn-unreadable"
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.Int64)


def parse_sort_code(raw: pl.Expr) -> pl.Expr:
    """Read a sort code: six digits, or three pairs with hyphens or spaces between.

    What a spreadsheet made of it, a date or five digits, is not read: it cannot be told back.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`; the value is six digits.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        bare = without(text, "-")
        return pl.when(text.str.contains(_USUAL_SORT_CODE) & ~bare.is_in(_SORT_CODE_JUNK)).then(bare)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame, "^$")
        bare = pl.col("bare").str.replace("^([0-9]{2})([- ])([0-9]{2})[- ]([0-9]{2})$", "${1}${3}${4}")
        frame = frame.with_columns(bare=bare)
        bare = pl.col("bare")
        junk = bare.is_in(_SORT_CODE_JUNK)
        frame = frame.with_columns(value=pl.when(bare.str.contains(_SORT_CODE) & ~junk).then(bare))
        return judge(frame, (junk, "bank-placeholder"), unreadable="sort-code-unreadable")

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def parse_account_number(raw: pl.Expr) -> pl.Expr:
    """Read a bank account number: eight digits; six or seven get leading noughts, as banks write them.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`; all one digit or a counting sequence is
        `bank-placeholder`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains(_ACCOUNT) & ~text.is_in(_ACCOUNT_JUNK)).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame, r"[ \-]")
        padded = pl.when(pl.col("bare").str.contains("^[0-9]{6,8}$")).then(pl.col("bare").str.zfill(8))
        frame = frame.with_columns(padded=padded)
        junk = pl.col("padded").is_in(_ACCOUNT_JUNK)
        frame = frame.with_columns(value=pl.when(~junk).then("padded"))
        return judge(frame, (junk, "bank-placeholder"), unreadable="account-number-unreadable")

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def parse_passport(raw: pl.Expr) -> pl.Expr:
    """Read a passport number of any country: six to nine letters and digits, most often nine digits.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`; all one digit or a counting sequence is
        `text-placeholder`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains("^[0-9]{9}$") & ~text.is_in(_PASSPORT_JUNK)).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame, r"[ .\-/<]")
        bare = pl.col("bare")
        junk = bare.is_in(_PASSPORT_JUNK) | bare.str.contains("^(?:0{6,}|9{6,})$")
        real = bare.str.contains(_PASSPORT) & (bare.str.count_matches("[0-9]") >= _PASSPORT_DIGITS) & ~junk
        frame = frame.with_columns(value=pl.when(real & ~pl.col("cleaned").str.contains("E[-+]")).then(bare))
        return judge(frame, (junk, "text-placeholder"), unreadable="passport-unreadable")

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)
