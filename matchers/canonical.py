"""Canonical columns as somebody else wrote them, brought to the common form: the door for data without a contract.

A value that does not read as what its column means is used as it is written where most of its column does not either (a
register of another country), and is otherwise unknown, and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from matchers.normalisers.addresses import normalise_address
from matchers.normalisers.business_numbers import parse_charity_number, parse_company_number, parse_vat_number
from matchers.normalisers.contacts import parse_email, parse_phone
from matchers.normalisers.dates import date_forms, parse_date
from matchers.normalisers.identifiers import parse_nino, parse_uprn
from matchers.normalisers.names import normalise_people
from matchers.normalisers.organisations import normalise_organisation
from matchers.normalisers.postcodes import parse_postcode
from matchers.normalisers.text import fold, normalise_text

PERSON_COLUMNS = ("forename", "middle_names", "surname", "date_of_birth", "address", "postcode", "uprn", "nino", "phone", "email", "account")
ORGANISATION_COLUMNS = ("name", "company_number", "vat_number", "charity_number", "account", "address", "postcode", "uprn", "phone", "email")
COLUMNS = tuple(dict.fromkeys((*PERSON_COLUMNS, *ORGANISATION_COLUMNS)))
LONGEST = 500  # characters of a value that are read; no name or address is longer
MOSTLY = 0.5  # of a column's values; if fewer read as UK values, the column is somebody else's and is used as written
_PARSERS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "nino": parse_nino, "postcode": parse_postcode, "phone": parse_phone, "email": parse_email, "company_number": parse_company_number,
    "vat_number": parse_vat_number, "charity_number": parse_charity_number,
}
_EMPTY_DATES = ("1900-01-01", "1901-01-01", "0001-01-01", "9999-12-31", "9999-09-09", "1111-11-11")  # what systems write for no date


@dataclass(frozen=True)
class Canonical:
    """Records in common form, in the order they came in.

    Attributes:
        records: the other columns of the input as they are; the canonical ones as text, `uprn` as a whole number, and `saon`, `paon`.
        notes: what was not used, and what was used in another way than its name says.
    """

    records: pl.DataFrame
    notes: tuple[str, ...]


def as_text(table: pl.DataFrame, notes: list[str] | None = None) -> pl.DataFrame:
    """Return the table with its canonical columns as text, whatever type they were kept in."""
    said = [] if notes is None else notes
    return table.with_columns(_as_text(table, name, said) for name in COLUMNS if name in table.columns)


def canonical(table: pl.DataFrame) -> Canonical:
    """Bring the canonical columns of a table to their common form; columns that are absent stay absent."""
    notes: list[str] = []
    texts = as_text(table, notes)
    out = texts
    if any(name in table.columns for name in ("forename", "middle_names", "surname")):
        out = out.with_columns(_names(texts, notes))
    if "date_of_birth" in table.columns:
        out = out.with_columns(_dates(texts["date_of_birth"], notes))
    for name, parse in _PARSERS.items():
        if name in table.columns:
            out = out.with_columns(_parsed(texts[name], parse, notes))
    if "name" in table.columns:
        out = out.with_columns(texts.select(normalise_organisation(pl.col("name")).struct.field("value").alias("name")))
    if "account" in table.columns:
        account = fold(normalise_text(pl.col("account")).struct.field("value"))
        out = out.with_columns(texts.select(account.str.replace_all(" ", "", literal=True).replace("", None).alias("account")))
    if "uprn" in table.columns:
        out = out.with_columns(texts.select(parse_uprn(pl.col("uprn")).struct.field("value").alias("uprn")))
    if "address" in table.columns:
        out = out.with_columns(_addresses(texts))
    return Canonical(out, tuple(notes))


def _as_text(table: pl.DataFrame, name: str, notes: list[str]) -> pl.Series:
    values = table[name]
    if values.dtype in (pl.Date, pl.Datetime):
        return values.dt.strftime("%Y-%m-%d")
    if values.dtype.is_float():
        values = values.cast(pl.Int64, strict=False)
    if values.dtype.is_nested() or values.dtype.is_temporal() or values.dtype in (pl.Binary, pl.Object):
        notes.append(f"{name}: holds {values.dtype}, not text, and was not used")
        return pl.Series(name, [None] * table.height, pl.String)
    text = values.cast(pl.String)
    if text.null_count() == len(text):
        return text
    long = int((text.str.len_chars() > LONGEST).sum() or 0)
    if long:
        notes.append(f"{name}: {long:,} values are longer than {LONGEST} characters; only their beginning was read")
        text = text.str.slice(0, LONGEST)
    return text


def _names(texts: pl.DataFrame, notes: list[str]) -> list[pl.Series]:
    wanted = ("title", "forename", "middle_names", "surname")
    frame = texts.select(pl.col(n) if n in texts.columns else pl.lit(None, pl.String).alias(n) for n in wanted).with_row_index("row")
    people = normalise_people(frame)
    several = people.filter(pl.col("person") > 1).height
    if several:
        notes.append(f"names: {several:,} rows name two people; only the first of them was used")
    first = frame.select("row").join(people.filter(pl.col("person") == 1), on="row", how="left", maintain_order="left")
    return [first[name].replace("", None) for name in ("forename", "middle_names", "surname")]


def _dates(values: pl.Series, notes: list[str]) -> pl.Series:
    """Return ISO dates, unknown parts as X; the form is the one that most values fit, as they stand."""
    text = values.str.strip_chars().str.to_uppercase().alias("d")
    iso = text.str.contains(r"^[0-9X]{4}-[0-9X]{2}-[0-9X]{2}$").fill_null(value=False)
    known = int(text.is_not_null().sum())
    shown = text
    if known and int(iso.sum()) < MOSTLY * known:
        forms = date_forms(text)
        form = next((f for f in forms if f not in ("MM/DD/YYYY", "DD/MM/YY")), None)
        if form is not None:
            shown = text.to_frame().select(parse_date(pl.col("d"), form=form).struct.field("value").dt.strftime("%Y-%m-%d")).to_series()
            notes.append(f"date_of_birth: read as {form}")
    real = shown.str.contains(r"^(?:[0-9]{4}|[0-9]{3}X|[0-9]{2}XX|XXXX)-(?:0[1-9]|1[0-2]|XX)-(?:0[1-9]|[12][0-9]|3[01]|XX)$").fill_null(value=False)
    whole = shown.str.contains("^[0-9]{4}-[0-9]{2}-[0-9]{2}$").fill_null(value=False)
    real &= ~whole | shown.str.to_date("%Y-%m-%d", strict=False).is_not_null()  # there is no 31 February
    told = real & ~shown.is_in(_EMPTY_DATES) & (shown != "XXXX-XX-XX")
    left_out = known - int(told.fill_null(value=False).sum())
    if left_out:
        notes.append(f"date_of_birth: {left_out:,} values are no dates, or what systems write for none, and were not used")
    return pl.DataFrame({"d": shown, "told": told}).select(pl.when("told").then("d").alias("date_of_birth")).to_series()


def _parsed(values: pl.Series, parse: Callable[[pl.Expr], pl.Expr], notes: list[str]) -> pl.Series:
    name = values.name
    read = values.to_frame().select(parse(pl.col(name)).struct.field("value").alias(name)).to_series()
    known, good = len(values) - values.null_count(), len(read) - read.null_count()
    if known == good:
        return read
    if good >= MOSTLY * known:
        notes.append(f"{name}: {known - good:,} of {known:,} values do not read as one and were not used")
        return read
    as_written = values.to_frame().select(normalise_text(pl.col(name)).struct.field("value").alias(name)).select(fold(pl.col(name)).replace("", None)).to_series()
    notes.append(f"{name}: most values are of another kind than expected here; they are compared as written")
    return as_written


def _addresses(texts: pl.DataFrame) -> list[pl.Series]:
    frame = texts.select(pl.col("address").alias("addr1")).with_row_index("row")
    parts = normalise_address(frame)
    return [parts[name] for name in ("address", "saon", "paon")]
