"""Damage that shows only in a whole column: values swapped, cut off or rounded. Said out loud, never mended."""

from __future__ import annotations

import polars as pl

from matchers.normalisers.names import nickname_roots
from schemas.contract import Contract, FieldType

CUT_LENGTHS = (255, 32_767)  # longest text of old spreadsheet cells and of today's
FEWEST_ROWS = 20  # below this, a share says nothing
ROUNDED_DIGITS = 15  # digits a spreadsheet keeps of a number


def damage_in_text(text: pl.DataFrame, contract: Contract) -> list[str]:
    """Return what is cut off or rounded in a file's fields as text, in words that name columns and counts only."""
    return [*_cut(text), *_rounded(text, contract)]


def damage_in_rows(rows: pl.DataFrame, contract: Contract) -> list[str]:
    """Return which columns seem to have changed places in typed rows, in words that name columns and counts only."""
    return [*_names_swapped(rows, contract), *_dates_swapped(rows, contract)] if rows.height >= FEWEST_ROWS else []


def _cut(text: pl.DataFrame) -> list[str]:
    notes = []
    for name in (n for n, dtype in text.schema.items() if dtype == pl.String):
        lengths = text[name].str.len_chars()
        longest = lengths.max()
        if longest in CUT_LENGTHS and (n := int((lengths == longest).sum())) > 1:
            notes.append(f"{name}: {n:,} values are exactly {longest:,} characters long, the limit of a spreadsheet cell; they may be cut off")
    return notes


def _rounded(text: pl.DataFrame, contract: Contract) -> list[str]:
    notes = []
    for field in contract.fields:
        if field.name not in text.columns or field.type not in (FieldType.TEXT, FieldType.UPRN):
            continue
        long = text[field.name].drop_nulls().str.strip_chars()
        long = long.filter(long.str.contains(rf"^\d{{{ROUNDED_DIGITS},}}$"))
        ending = int(long.str.ends_with("000").sum())
        if long.len() >= FEWEST_ROWS and ending > long.len() / 2:
            notes.append(f"{field.name}: {ending:,} of {long.len():,} long numbers end in 000; a spreadsheet keeps {ROUNDED_DIGITS} digits only, so they may be rounded")
    return notes


def _names_swapped(rows: pl.DataFrame, contract: Contract) -> list[str]:
    roots = nickname_roots()
    common = sorted({*roots, *roots.values()})
    notes = []
    for party in contract.parties:
        if party.kind != "person":
            continue
        forename, surname = party.columns["forename"][0], party.columns["surname"][0]
        known = [rows[name].str.to_uppercase().is_in(common).sum() for name in (forename, surname)]
        if known[1] > FEWEST_ROWS and known[1] > 2 * known[0]:
            notes.append(f"{forename} and {surname} may have changed places: {known[1]:,} rows have a common forename as surname, {known[0]:,} as forename")
    return notes


def _dates_swapped(rows: pl.DataFrame, contract: Contract) -> list[str]:
    if "dob" not in rows.columns or not contract.ordered:
        return []
    first = contract.ordered[0][0]
    both = rows.select(born=pl.col("dob").str.to_date("%Y-%m-%d", strict=False), first=pl.col(first)).drop_nulls()
    later = int((both["born"] > both["first"]).sum())
    if both.height >= FEWEST_ROWS and later > both.height / 2:
        return [f"dob and {first} may have changed places: {later:,} of {both.height:,} people were born after it"]
    return []
