"""Addresses as councils write them, brought to one spelling, with the two parts that tell doors apart.

The parts have the names of the national gazetteer: the *primary* object is the building (its number, or its
name where it has none), the *secondary* object the flat or unit in it.

Source: BS 7666 for the parts and their names; the abbreviations are ours, from council extracts.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.address_words import (
    ABBREVIATIONS,
    FLOORS,
    HOUSES,
    NO_ABODE,
    NOT_AN_ADDRESS,
    STREETS,
    UNITS,
)
from matchers.normalisers.text import clean, fold_letters, normalise_text
from matchers.normalisers.values import patched

LINES = ("addr1", "addr2", "addr3", "addr4")
ADDRESS = pl.Schema({"row": pl.UInt32, "address": pl.String, "saon": pl.String, "paon": pl.String})

_NUMBER = "[0-9]+[A-Z]?(?:[-/][0-9]+[A-Z]?)?"
_POSTCODE = r" [A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2} \|"
_NOT_SPELT = r"[^A-Z0-9 |]|  |[^ ]\||\|[^ ]|\| \|"  # a bar sent in a line stands for a new part too
_RARE = rf"/| NO [0-9]| NUMBER |CARE OF|FLOOR |[0-9] [A-Z] |ANNEX|{NO_ABODE}|{NOT_AN_ADDRESS}"

_UNIT = rf" (?:{UNITS}) (?:{_NUMBER}|[A-Z][0-9]{{0,3}}) "
_FLOOR_AND_FLAT = (
    r"^\| ([0-9]{1,3}/[0-9]{1,3}) (?:\| )?([0-9])"  # 2/1, 12 HIGH STREET: Scotland's second floor, flat 1
)
_MAY_BE_FLAT = rf" (?:{UNITS}|ANNEXE) |^\| [0-9]+/[0-9]+ "
_HOUSE_NUMBER = rf"\| ({_NUMBER}) "
_FLOOR_FLAT = rf" (?:(?:UPPER|LOWER) )?(?:{FLOORS})(?: (?:FRONT|REAR|LEFT|RIGHT))? FLAT "


def normalise_address(frame: pl.DataFrame) -> pl.DataFrame:
    """Return each address in one spelling, its flat or unit, and its house number or name.

    The flat comes first, wherever it was written. Lines with 'care of', countries, repeated localities and
    the postcode are left out, as are lines that are placeholders; an address of no fixed abode is null. A
    street without number has no `paon`. A lone 3/12 before a street stays as it is: in Scotland it is flat
    12 of number 3, in England the other way about.

    Args:
        frame: columns `row` (unique) and `addr1` to `addr4`, or the first of them; text as sent, any of
            it null. A postcode column is not needed: a postcode in a line is known by its form.

    Returns:
        One row for each row, shape `ADDRESS`, in the same order; `address` is words parted by single
        spaces, null where nothing is left.
    """
    lines = [normalise_text(pl.col(line)).struct.field("value") for line in LINES if line in frame.columns]
    joined = frame.select(
        pl.col("row").cast(pl.UInt32),
        pl.concat_str(
            pl.lit("| "), pl.concat_str(lines, separator=" | ", ignore_nulls=True), pl.lit(" |")
        ).alias("text"),
    )
    spelt = joined.with_columns(_spell(pl.col("text")).str.replace_all(_POSTCODE, " |"))
    spelt = spelt.with_columns(_without_empty_parts(pl.col("text")))
    spelt = spelt.with_columns(_without_repeats(_write_out(pl.col("text"))).alias("text"))
    spelt = spelt.with_columns(
        patched(pl.col("text"), is_odd=lambda e: e.str.contains(_RARE), mend=_settle_rare)
    )
    return _with_parts(spelt).select(ADDRESS.names())


def _spell(text: pl.Expr) -> pl.Expr:
    """Return the lines in plain capitals; a comma starts a new part, slashes and hyphens of numbers stay."""
    return patched(text, is_odd=lambda e: e.str.contains(_NOT_SPELT), mend=_spell_case)


def _spell_case(text: pl.Expr) -> pl.Expr:
    return patched(text.str.to_uppercase(), is_odd=lambda e: e.str.contains(_NOT_SPELT), mend=_spell_marks)


def _spell_marks(text: pl.Expr) -> pl.Expr:
    plain = (
        fold_letters(clean(text))
        .str.replace_all(r"([0-9])\.([0-9])", "${1}/${2}")
        .str.replace_all(r"['`.]", "")
    )
    plain = plain.str.replace_all("&", " AND ", literal=True).str.replace_all("[,;]", " | ")
    plain = plain.str.replace_all(r"[^\p{L}\p{N}\p{M}|/-]+", " ")
    # A hyphen joins a range of house numbers, a slash a flat's number; elsewhere both part words.
    plain = plain.str.replace_all("([0-9][A-Z]?) ?([-/]) ?([0-9])", "${1}<${2}>${3}").str.replace_all(
        "C/O ", "CARE OF "
    )
    plain = plain.str.replace_all("([^<])[-/]", "${1} ").str.replace_all("<([-/])>", "${1}")
    return (
        plain.str.replace_all(r"[| ]*\|[| ]*", " | ")
        .str.replace_all("  +", " ")
        .str.strip_chars_start(" ")
        .str.replace(" $", "")
    )


def _write_out(text: pl.Expr) -> pl.Expr:
    """Return the text with abbreviations in full.

    Spaces are doubled meanwhile: each word then has its own space at either end, and two abbreviations side
    by side do not hide each other from a search that cannot look at one character twice.
    """
    doubled = text.str.replace_all(" ", "  ", literal=True)
    full = doubled.str.replace_many(list(ABBREVIATIONS), list(ABBREVIATIONS.values()))
    return full.str.replace_all("  ", " ", literal=True)


def _without_empty_parts(text: pl.Expr) -> pl.Expr:
    return patched(
        text,
        is_odd=lambda e: e.str.contains("| |", literal=True),
        mend=lambda e: e.str.replace_all(r"\|(?: \|)+", "|"),
    )


def _without_repeats(text: pl.Expr) -> pl.Expr:
    parts = text.str.strip_chars("| ").str.split(" | ").list.unique(maintain_order=True)
    return pl.lit("| ") + parts.list.join(" | ") + pl.lit(" |")


def _settle_rare(text: pl.Expr) -> pl.Expr:
    """Return the text without 'care of' and countries, and with split numbers and floors made alike."""
    for _ in range(2):  # parts share their bars, and a search sees each bar once
        text = text.str.replace_all(NOT_AN_ADDRESS, "|")
    text = text.str.replace_all(" (?:NO|NUMBER) ([0-9])", " ${1}")
    text = text.str.replace_all(rf"(\||{UNITS}) ([0-9]+) ([A-Z]) ", "${1} ${2}${3} ")
    text = text.str.replace_all(rf" ({FLOORS}) FLOOR FLAT ", " ${1} FLAT ")
    text = text.str.replace(r" (?:THE )?ANNEXE?(?: (?:AT|OF|TO))? ", " ANNEXE ")
    text = text.str.replace(" FLAT ([0-9]+[A-Z]?)/([0-9]+[A-Z]?) ([A-Z]{2,})", " FLAT ${1} | ${2} ${3}")
    return pl.when(text.str.contains(NO_ABODE)).then(pl.lit("| |")).otherwise(text)


def _with_parts(spelt: pl.DataFrame) -> pl.DataFrame:
    """Add `saon`, `paon` and `address`, in the order of the rows."""
    placed = spelt.with_row_index("place")
    has_flat = pl.col("text").str.contains(_MAY_BE_FLAT)
    whole = placed.filter(~has_flat).select("place", "row", "text", pl.lit(None, pl.String).alias("saon"))
    parted = pl.concat([whole, _with_saon(placed.filter(has_flat))]).sort("place")
    rest = pl.col("text")
    words = rest.str.replace_all(" | ", " ", literal=True).str.strip_chars("| ")
    address = pl.concat_str("saon", pl.when(words != "").then(words), separator=" ", ignore_nulls=True)
    parted = parted.with_columns(
        address=pl.when(address != "").then(address), paon=rest.str.extract(_HOUSE_NUMBER)
    )
    nameless = parted.get_column("paon").is_null()
    named = parted.filter(nameless).select("place", name=_house_name(rest))
    return parted.join(named, on="place", how="left", maintain_order="left").with_columns(
        paon=pl.coalesce("paon", "name")
    )


def _with_saon(flats: pl.DataFrame) -> pl.DataFrame:
    """Add `saon` and take it out of `text`."""
    text = pl.col("text")
    flats = flats.with_columns(
        unit=text.str.extract(_UNIT, 0).str.strip_chars(" "),
        floor=text.str.extract(_FLOOR_FLAT, 0).str.strip_chars(" "),
        numbered=text.str.extract(_FLOOR_AND_FLAT),
    )
    unit, floor, numbered = (pl.col(name).is_not_null() for name in ("unit", "floor", "numbered"))
    annexe = pl.when(text.str.contains(" ANNEXE ", literal=True)).then(pl.lit("ANNEXE"))
    rest = (
        pl.when(floor)
        .then(text.str.replace(_FLOOR_FLAT, " "))
        .when(unit)
        .then(text.str.replace(_UNIT, " "))
        .when(numbered)
        .then(text.str.replace(_FLOOR_AND_FLAT, "| ${2}"))
        .otherwise(text.str.replace(" ANNEXE ", " ", literal=True))
    )
    return flats.select(
        "place",
        "row",
        rest.str.replace_all(r"\|(?: \|)+", "|").alias("text"),
        pl.coalesce("floor", "unit", pl.lit("FLAT ") + pl.col("numbered"), annexe).alias("saon"),
    )


def _house_name(text: pl.Expr) -> pl.Expr:
    """Return the name of a house without a number: a number later in a line, else the first line up to HOUSE
    or the like, else the whole first line, unless it is a street."""
    inner = text.str.extract(rf" ({_NUMBER}) [A-Z]{{2,}}")
    first = text.str.extract(r"^\| ([^|]+) \|")
    house = first.str.extract(rf"^((?:[^ ]+ ){{1,3}}?(?:{HOUSES}))(?: [^ ]+){{2,}}$")
    street = first.str.contains(rf"(?:^| )(?:{STREETS})$")
    return pl.coalesce(inner, house, pl.when(~street).then(first))
