"""Numbers of organisations: VAT registrations, companies and charities.

Sources, in our own words: HM Revenue and Customs for the form and the two check-digit rules of VAT
numbers; Companies House for the prefixes of company numbers; the charity regulators of England and
Wales, of Scotland and of Northern Ireland for charity numbers.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import staged

_VAT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)
_VAT_MODULUS = 97
_VAT_SECOND_METHOD = 55  # added to the sum since numbers of the first method ran out
_VAT_FORM = "^(?:[0-9]{9}(?:[0-9]{3})?|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})$"

# The registers: SC, SO, SL, SF and the like are Scotland's; NI, NC, NL, NF Northern Ireland's, R its older
# one; OC partnerships, OE and FC overseas bodies; IP, SP, NP, RS societies; CE, CS charitable organisations.
_PREFIXES = (
    "AC|BR|CE|CN|CS|FC|FE|GE|GN|GS|IC|IP|LP|NA|NC|NF|NI|NL|NO|NP|NR|NV|NZ|OC|OE|PC|RC|RS|SA|SC|SE|"
    "SF|SG|SI|SL|SO|"
    "SP|SR|SZ|ZC"
)
_SOCIETY = "(?:IP|SP|NP)(?:[0-9]{5}R|[0-9]{4}RS)"
_COMPANY = rf"^(?:[0-9]{{8}}|(?:{_PREFIXES})[0-9]{{6}}|R[0-9]{{7}}|{_SOCIETY})$"
_NO_COMPANY = pl.Series(["00000000", "99999999"]).implode()

_CHARITY = "^(?:[0-9]{6,7}(?:-[1-9][0-9]{0,2})?|SC0[0-9]{5}|NIC1[0-9]{5})$"
_ONE_DIGIT = "^(?:" + "|".join(f"{digit}+" for digit in "0123456789") + ")$"


def _compact(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `cleaned`, and `bare`: without spaces, points and the `.0` that spreadsheets put after a number."""
    bare = pl.col("cleaned").str.replace(r"^([0-9]+)\.0+$", "${1}").str.replace_all(r"[ .]", "")
    return cleaned_capitals(frame).with_columns(bare=bare)


def _nothing_usual(_: pl.Expr) -> pl.Expr:
    # Few suppliers stand in many rows: reading each distinct number thoroughly is already cheap.
    return pl.lit(None, pl.String)


def parse_vat_number(raw: pl.Expr) -> pl.Expr:
    """Read a VAT registration number and check its digits.

    The country is dropped (GB, or XI for trade in goods from Northern Ireland: the registration is the same
    one), so a number compares equal with and without it. Twelve digits name a branch and are kept; the
    first nine are the registration. Government departments (GD) and health authorities (HA) have no
    check digits.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame)
        bare = pl.col("bare").str.replace_all("-", "", literal=True).str.replace("^(?:GB|XI)", "")
        frame = frame.with_columns(bare=pl.when(bare.str.contains(_VAT_FORM)).then(bare), digits=bare)
        right = pl.col("bare").str.contains("^[GH]") | _vat_digits_agree(pl.col("bare"))
        frame = frame.with_columns(value=pl.when(right).then("bare"))
        return judge(
            frame.with_columns(value=pl.when(~pl.col("digits").str.contains(_ONE_DIGIT)).then("value")),
            (pl.col("digits").str.contains(_ONE_DIGIT), "text-placeholder"),
            unreadable="vat-number-unreadable",
        )

    return staged(raw, usual=_nothing_usual, thorough=thorough, value_type=pl.String)


def _vat_digits_agree(number: pl.Expr) -> pl.Expr:
    """Return whether the last two of nine digits fit the first seven, by either method."""
    nine = number.str.slice(0, 9).cast(pl.Int64, strict=False)
    digits = [nine // 10 ** (8 - place) % 10 for place in range(7)]
    weighed = pl.sum_horizontal(digit * weight for digit, weight in zip(digits, _VAT_WEIGHTS, strict=True))
    total = weighed + nine % 100
    return (total % _VAT_MODULUS == 0) | ((total + _VAT_SECOND_METHOD) % _VAT_MODULUS == 0)


def parse_company_number(raw: pl.Expr) -> pl.Expr:
    """Read a company number: eight characters, with the leading noughts that spreadsheets drop.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`; nothing but noughts is `text-placeholder`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains(_COMPANY) & ~text.is_in(_NO_COMPANY)).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame)
        bare = pl.col("bare").str.replace_all("[-/]", "")
        figures = bare.str.replace("^[A-Z]{2}", "")
        padded = (
            pl.when(bare.str.contains("^[0-9]{1,8}$"))
            .then(bare.str.zfill(8))
            .when(bare.str.contains(rf"^(?:{_PREFIXES})[0-9]{{1,6}}$"))
            .then(bare.str.head(2) + figures.str.zfill(6))
            .otherwise(bare)
        )
        frame = frame.with_columns(padded=padded)
        padded = pl.col("padded")
        fine = padded.str.contains(_COMPANY) & ~padded.is_in(_NO_COMPANY)
        return judge(
            frame.with_columns(value=pl.when(fine).then(padded)),
            (padded.is_in(_NO_COMPANY) | bare.str.contains("^0+$"), "text-placeholder"),
            unreadable="company-number-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def parse_charity_number(raw: pl.Expr) -> pl.Expr:
    """Read a charity number of England and Wales, Scotland (SC0nnnnn) or Northern Ireland (NIC1nnnnn).

    A subsidiary's number keeps its ending (-1); -0 is the main charity and is dropped.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains("^[0-9]{6,7}$") & ~text.str.contains(_ONE_DIGIT)).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _compact(frame)
        bare = (
            pl.col("bare").str.replace(r"^([0-9]{6,7})[-/]0+([0-9]*)$", "${1}-${2}").str.strip_chars_end("-")
        )
        bare = bare.str.replace("^([0-9]{6,7})/([0-9]{1,3})$", "${1}-${2}")
        bare = bare.str.replace("^SC([0-9]{5})$", "SC0${1}").str.replace("^NI-?C?(1[0-9]{5})$", "NIC${1}")
        frame = frame.with_columns(bare=bare)
        bare = pl.col("bare")
        one_digit = bare.str.contains(_ONE_DIGIT)
        return judge(
            frame.with_columns(value=pl.when(bare.str.contains(_CHARITY) & ~one_digit).then(bare)),
            (one_digit, "text-placeholder"),
            unreadable="charity-number-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)
