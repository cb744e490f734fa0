"""Records as whole numbers: each distinct value of a column gets a code, once, and pairs are compared by code.

A code is an int32 from 0 up; -1 stands for an unknown value. Codes follow the values' content and never the order of
rows, and records are numbered by their content too, so that shuffled rows or exchanged files change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.feature_addresses import ADDRESS_COLUMNS, address_parts
from matchers.keys import home_key
from matchers.normalisers.identifiers import nino_key, postcode_sector
from matchers.normalisers.names import known_forenames, nickname_root
from matchers.sound import sound

Codes = npt.NDArray[np.int32]
UNKNOWN = -1
NO_TEXT = pl.Series(dtype=pl.String)
NAMES = ("forename", "surname", "middle_names")
_WORDS = ("date_of_birth", "postcode")  # few distinct values for many rows
NUMBERS = ("nino", "phone", "email", "account", "company_number", "vat_number", "charity_number", "passport_number")
STAND_IN = 10 / 365  # of all birth dates; no day of the year has ten times its share of births
FEWEST_STAND_INS = 20
LONGEST_NUMBER = 16  # characters of a value that is compared as bytes


@dataclass(frozen=True)
class Column:
    """One column, dictionary-encoded.

    Attributes:
        codes: record -> code.
        values: code -> value, as text; empty where nothing needs it.
    """

    codes: Codes
    values: pl.Series

    @cached_property
    def texts(self) -> npt.NDArray[np.object_]:
        """Code -> value as an array of str; dear in memory where nearly every record has a value of its own."""
        out = np.empty(len(self.values), object)
        out[:] = self.values.to_list()
        return out

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Code -> records that hold the value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=max(len(self.values), int(self.codes.max(initial=-1)) + 1)).astype(np.int64)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """Code -> characters of the value."""
        return self.values.str.len_chars().cast(pl.Int32).to_numpy()

    @cached_property
    def bytes(self) -> npt.NDArray[np.uint8] | None:
        """Code -> the value's characters, one a byte, filled up with zeros; None where they are not all plain or a value is long."""
        if not len(self.values) or not 0 < int(self.lengths.max()) <= LONGEST_NUMBER or self.values.str.len_bytes().sum() != self.lengths.sum():
            return None
        width = int(self.lengths.max())
        filled = self.values.str.pad_end(width, "\0").cast(pl.Binary).to_numpy().astype(f"S{width}")
        return filled.view(np.uint8).reshape(len(filled), width)


@dataclass(frozen=True)
class Features:
    """All that is compared or blocked on.

    Attributes:
        order: number of the record -> row of the table it was made from.
        columns: name -> column, records in number order.
        tables: name -> array by code of some column: what is worked out once for each distinct value.
        together: (left, right, comparisons) -> comparisons x pairs, of records that can only be compared in all fields at once.
        by_chance: (features, comparisons, part) -> what strangers show, of records in which it cannot be counted.
    """

    order: npt.NDArray[np.int64]
    columns: Mapping[str, Column]
    tables: Mapping[str, Any] = field(default_factory=dict)
    together: Callable[[Codes, Codes, Sequence[Any]], npt.NDArray[np.int8]] | None = None
    by_chance: Callable[[Features, Sequence[Any], Codes | None], Any] | None = None

    @property
    def size(self) -> int:
        return len(self.order)

    def has(self, name: str) -> bool:
        return name in self.columns

    def codes(self, name: str) -> Codes:
        return self.columns[name].codes


def encode(records: pl.DataFrame, *, reference: tuple[str, ...] = ("record_ref",), threads: int = 2) -> Features:
    """Number the records and encode their columns.

    Args:
        records: normalised canonical columns, any of them absent; columns that hold nothing are left out.
        reference: columns that name a record; with the rest of its content they say which number it gets.
    """
    held = [name for name in records.columns if name not in reference and records[name].null_count() < records.height]
    order = np.argsort(_content_hash(records, (*reference, *sorted(held))))
    columns: dict[str, Column] = {}
    tables: dict[str, Any] = {}
    parts: tuple[Callable[[], None], ...] = (
        lambda: _encode_names(records, held, order, columns, tables),
        lambda: _encode_place(records, held, order, columns, tables),
        lambda: _encode_dates(records, held, order, columns, tables),
        lambda: _encode_numbers(records, held, order, columns),
    )
    with ThreadPoolExecutor(threads) as pool:  # each part writes columns and tables of its own names
        for part in [pool.submit(part) for part in parts]:
            part.result()
    if held and set(held) <= set(ADDRESS_COLUMNS):  # nobody is named, so the addresses themselves are linked
        columns.pop("uprn", None)
        columns.update({part.name: keyed(part, order) for part in address_parts(records.select(held))})
    return Features(order, columns, tables)


def _encode_numbers(records: pl.DataFrame, held: list[str], order: npt.NDArray[np.int64], columns: dict[str, Column]) -> None:
    """Encode numbers, contacts and names of organisations."""
    for name in NUMBERS:
        if name in held:
            shown = records.select(nino_key(pl.col(name))).to_series() if name == "nino" else records[name]
            columns[name] = keyed(shown, order)
    if "name" in held:
        _encode_organisations(records["name"], order, columns)


def _content_hash(records: pl.DataFrame, names: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    """Return a number for each row that its content decides."""
    return records.select(names).hash_rows(seed=1).to_numpy()


def _dictionary(values: pl.Series, order: npt.NDArray[np.int64]) -> Column:
    """Encode text with few distinct values; codes are in the order of the text."""
    distinct = values.drop_nulls().unique().sort()
    codes = values.cast(pl.Enum(distinct)).to_physical().cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
    return Column(codes[order], distinct)


def keyed(values: pl.Series, order: npt.NDArray[np.int64]) -> Column:
    """Encode text with about as many distinct values as rows; codes are in the order of the text's hash."""
    known = values.is_not_null().to_numpy()
    at = np.flatnonzero(known)
    hashes = values.hash(seed=5).to_numpy()[at]
    sort = np.argsort(hashes)
    ranked = hashes[sort]
    new = np.ones(len(ranked), np.bool_)
    new[1:] = ranked[1:] != ranked[:-1]
    codes = np.full(len(values), UNKNOWN, np.int32)
    codes[at[sort]] = np.cumsum(new, dtype=np.int32) - 1
    return Column(codes[order], values.gather(at[sort][new]))


def keyed_bytes(tokens: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64], size: int) -> Column:
    """Encode tokens of 16 bytes by their first eight; two of a thousand million differ there but once in forty."""
    shown = np.ascontiguousarray(tokens).view(np.uint64)[:, 0]
    codes = np.full(size, UNKNOWN, np.int32)
    sort = np.argsort(shown)
    ranked = shown[sort]
    codes[rows[sort]] = np.cumsum(np.concatenate(([False], ranked[1:] != ranked[:-1])), dtype=np.int32) if len(ranked) else 0
    return Column(codes, NO_TEXT)


def _encode_names(
    records: pl.DataFrame, held: list[str], order: npt.NDArray[np.int64], columns: dict[str, Column], tables: dict[str, Any]
) -> None:
    """Encode given and family names with one dictionary, so that a name is known again in another column."""
    names = [name for name in NAMES if name in held]
    if not names:
        return
    distinct = pl.concat([records[name].rename("name").drop_nulls().unique() for name in names]).unique().sort()
    kind = pl.Enum(distinct)
    for name in names:
        codes = records[name].cast(kind).to_physical().cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
        columns[name] = Column(codes[order], distinct)
    by_name = distinct.rename("name").to_frame()
    for label, value in {"initial": pl.col("name").str.slice(0, 1), "sound": sound(pl.col("name")), "root": nickname_root(pl.col("name"))}.items():
        shown = by_name.select(value).to_series()
        tables[f"name_{label}"] = shown.rank("dense").cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
    tables["name_letters"] = distinct.str.len_chars().cast(pl.Int32).to_numpy()
    tables["name_words"] = (distinct.str.count_matches(" ", literal=True) + 1).cast(pl.Int32).to_numpy()
    texts = columns[names[0]].texts
    tables["name_texts"] = texts
    tables["name_known"] = distinct.is_in(list(known_forenames())).to_numpy()
    for name in names:
        codes = columns[name].codes
        tables[f"count_{name}"] = columns[name].counts
        for label in ("initial", "sound"):
            columns[f"{name}_{label}"] = _looked_up(tables[f"name_{label}"], codes)
    if "forename" in columns and "surname" in columns:
        first, last = columns["forename"].codes, columns["surname"].codes
        known = (first >= 0) & (last >= 0)
        packed = np.minimum(first, last).astype(np.int64) * len(texts) + np.maximum(first, last)
        columns["names"] = _coded(np.where(known, packed, -1))


def _looked_up(table: npt.NDArray[np.int32], codes: Codes) -> Column:
    out = np.where(codes >= 0, table[codes], np.int32(UNKNOWN)).astype(np.int32)
    return Column(out, NO_TEXT)


def _coded(numbers: npt.NDArray[np.int64]) -> Column:
    """Encode whole numbers; below zero is unknown."""
    at = np.flatnonzero(numbers >= 0)
    sort = np.argsort(numbers[at])
    ranked = numbers[at][sort]
    new = np.ones(len(ranked), np.bool_)
    new[1:] = ranked[1:] != ranked[:-1]
    codes = np.full(len(numbers), UNKNOWN, np.int32)
    codes[at[sort]] = np.cumsum(new, dtype=np.int32) - 1
    return Column(codes, NO_TEXT)


def _encode_organisations(names: pl.Series, order: npt.NDArray[np.int64], columns: dict[str, Column]) -> None:
    """Encode names of organisations, and forms of them that misspellings and other spacings share."""
    columns["name"] = _dictionary(names, order)
    name = pl.col("name")
    words = name.str.split(" ")
    squeezed = name.str.replace_all(" ", "", literal=True)
    forms = {
        "name_squeezed": squeezed,
        "name_words": words.list.sort().list.join(" "),
        "name_start": words.list.head(2).list.join(" "),
        "name_ends": pl.concat_str(squeezed.str.slice(0, 6), words.list.last(), separator="|"),
        "name_consonants": name.str.replace_all("[AEIOU ]", "").str.slice(0, 7).replace("", None),
        "name_letter": name.str.slice(0, 1),
    }
    distinct = columns["name"].values.rename("name").to_frame()
    for form, value in forms.items():
        codes = distinct.select(value).to_series().rank("dense").cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
        columns[form] = _looked_up(codes, columns["name"].codes)


def _encode_dates(
    records: pl.DataFrame, held: list[str], order: npt.NDArray[np.int64], columns: dict[str, Column], tables: dict[str, Any]
) -> None:
    """Encode birth dates; a date with an unknown part has a code, a year if that is known, and no day to block on."""
    if "date_of_birth" not in held:
        return
    dates = _dictionary(records["date_of_birth"], order)
    columns["date_of_birth"] = dates
    texts = dates.values
    parts = [texts.str.slice(at, size).cast(pl.Int32, strict=False).fill_null(UNKNOWN).to_numpy().copy() for at, size in ((0, 4), (5, 2), (8, 2))]
    _forget_stand_ins(dates, parts)
    for name, part in zip(("birth_year", "birth_month", "birth_day"), parts, strict=True):
        tables[name] = part
    tables["birth_whole"] = (parts[0] >= 0) & (parts[1] >= 0) & (parts[2] >= 0)
    columns["birth_year"] = _looked_up(parts[0], dates.codes)
    columns["birthday"] = _looked_up(np.where((parts[1] >= 0) & (parts[2] >= 0), parts[1] * 32 + parts[2], UNKNOWN).astype(np.int32), dates.codes)
    every = np.arange(len(dates.values), dtype=np.int32)
    columns["birth_date"] = _looked_up(np.where(tables["birth_whole"], every, UNKNOWN).astype(np.int32), dates.codes)


def _forget_stand_ins(dates: Column, parts: list[npt.NDArray[np.int32]]) -> None:
    """Take a day of the year that far too many people share, the first of January, for what is written where only the year is known."""
    day_of_year = np.where((parts[1] >= 0) & (parts[2] >= 0), parts[1] * 32 + parts[2], 0)
    counted = np.bincount(day_of_year, weights=dates.counts, minlength=1)
    counted[0] = 0
    far_too_many = np.flatnonzero(counted > max(FEWEST_STAND_INS, STAND_IN * dates.counts.sum()))
    stand_in = np.isin(day_of_year, far_too_many)
    for part in parts[1:]:
        part[stand_in] = UNKNOWN


def _encode_place(
    records: pl.DataFrame, held: list[str], order: npt.NDArray[np.int64], columns: dict[str, Column], tables: dict[str, Any]
) -> None:
    """Encode postcode, sector, house, flat, home and the address line."""
    if "postcode" in held:
        columns["postcode"] = _dictionary(records["postcode"], order)
        texts = columns["postcode"].values.rename("p")
        sectors = texts.to_frame().select(postcode_sector(pl.col("p"))).to_series().rank("dense").cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
        columns["sector"] = _looked_up(sectors, columns["postcode"].codes)
        tables["sector"] = sectors
        for name, pattern in {"district": r"^([^ ]+) ", "postcode_area": r"^([A-Z]{1,2})[0-9]"}.items():
            wider = texts.str.extract(pattern).rank("dense").cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
            tables[name] = wider
    for name in ("address", "saon", "paon"):
        if name in held:
            columns[name] = keyed(records[name], order)
    if "uprn" in held:
        columns["uprn"] = _coded(records["uprn"].cast(pl.Int64).fill_null(-1).to_numpy()[order])
    if "address" in held:
        columns["home"] = _home(records, held, order, columns)


def _home(records: pl.DataFrame, held: list[str], order: npt.NDArray[np.int64], columns: dict[str, Column]) -> Column:
    """Encode what names a home: its postcode with house and flat, or the whole line where either is unknown."""
    parts = [records[name] if name in held else pl.Series(name, [None] * records.height, pl.String) for name in ("saon", "paon")]
    number = pl.DataFrame(parts)
    distinct = number.unique().with_row_index("number")
    keys = distinct.with_columns(address=pl.lit(None, pl.String)).select(home_key()).to_series().rank("dense").cast(pl.Int64).fill_null(UNKNOWN)
    found = number.join(distinct.with_columns(key=keys), on=["saon", "paon"], how="left", nulls_equal=True, maintain_order="left")
    within = found["key"].to_numpy()[order]
    line = columns["address"].codes.astype(np.int64)
    place = columns["postcode"].codes.astype(np.int64) if "postcode" in columns else np.full(len(order), UNKNOWN, np.int64)
    houses = int(within.max(initial=0)) + 2
    # two ranges of numbers, so that no house is taken for a line: even ones name a house in a postcode, odd ones a line
    numbered = np.where((place >= 0) & (within >= 0), 2 * (place * houses + within), np.where(line >= 0, 2 * line + 1, UNKNOWN))
    return _coded(numbered)
