"""A file in canonical columns, from anybody: Parquet or CSV, read without a contract."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from matchers.canonical import COLUMNS
from pipeline.decode import decode
from pipeline.stray_file import PARQUET, head
from pipeline.structure import scan
from schemas.errors import DataRejected

REFERENCE = "record_ref"
ACROSS = "across_value"  # the column named with --across, whatever it is called
MOST_NAMED = 12  # columns named in a message


def read_canonical(path: Path, *, also: str = "") -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return `record_ref` (text, unique), the canonical columns that the file has, and the column `also`; and what to know about it.

    Raises:
        DataRejected: it is no table, has no records, or its references do not name them.
        StorageError: it may not be read.
    """
    table, said = _table(path)
    if len(table.columns) == 1 and any(mark in table.columns[0] for mark in ";\t|"):
        raise DataRejected("the columns are not parted by commas", file=path.name, mend="export it again, as CSV with commas, or as Parquet")
    if REFERENCE not in table.columns:
        raise DataRejected("the records have no reference", file=path.name, column=REFERENCE, found=_named(table.columns), mend="give each record one of its own, in a column record_ref")
    if also and also not in table.columns:
        raise DataRejected("this column, named with --across, is not there", file=path.name, column=also, found=_named(table.columns), mend="name a column that every file has")
    if not table.height:
        raise DataRejected("the file has no records", file=path.name, found="a header and nothing below it", mend="export it again")
    table = table.with_columns(_reference(table[REFERENCE], path))
    used = [name for name in COLUMNS if name in table.columns]
    unused = [name for name in table.columns if name not in (*used, REFERENCE, also)]
    notes = (f"{path.name}: not used: {len(unused):,} columns that are not among the canonical ones",) if unused else ()
    across = [_plain(table[also], path).alias(ACROSS)] if also else []
    return table.select(REFERENCE, *used, *across), (*said, *notes)


def _plain(values: pl.Series, path: Path) -> pl.Series:
    """Return the values of any column as text."""
    try:
        if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Duration, pl.Object):
            raise pl.exceptions.InvalidOperationError
        return values.cast(pl.String)
    except pl.exceptions.PolarsError:
        raise DataRejected("this column cannot be read as text", file=path.name, column=values.name, found=str(values.dtype), mend="write it as text or whole numbers") from None


def _named(columns: list[str]) -> str:
    """Name the canonical columns among these and count the others: the first line of a file without a header may be a person's."""
    known = [name for name in columns if name in COLUMNS]
    others = len(columns) - len(known)
    return f"the columns {', '.join(known[:MOST_NAMED]) or 'none known here'}" + (f", and {others:,} others" if others else "")


def _reference(values: pl.Series, path: Path) -> pl.Series:
    text = _plain(values, path)
    text = text.set(text.str.strip_chars() == "", None)
    if missing := text.null_count():
        raise DataRejected("records have no reference", file=path.name, column=REFERENCE, found=f"{missing:,} of {len(text):,} records", mend="give each record one of its own")
    if again := len(text) - text.n_unique():
        raise DataRejected("records share a reference", file=path.name, column=REFERENCE, found=f"{again:,} records too many", mend="give each record one of its own; two files may use the same ones")
    return text


def _table(path: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if head(path).startswith(PARQUET):
        try:
            return pl.read_parquet(path, glob=False, hive_partitioning=False), ()
        except pl.exceptions.PolarsError:
            raise DataRejected("the Parquet file is incomplete or damaged", file=path.name, mend="write it again") from None
    raw = path.read_bytes()
    if not raw.strip():
        raise DataRejected("the file is empty", file=path.name, mend="export it again")
    decoded = decode(raw, "", file=path.name)
    if b"\0" in decoded.data:
        raise DataRejected("this is neither a Parquet nor a CSV file", file=path.name, mend="export it as Parquet, or as CSV with commas")
    structure = scan(decoded.data, ",")
    notes = [f"{path.name}: {note}" for note in decoded.notes]
    if decoded.bad_lines:
        notes.append(f"{path.name}: {len(decoded.bad_lines):,} lines hold bytes that are no letters; these were replaced")
    try:
        table = pl.read_csv(decoded.data, infer_schema=False)
    except pl.exceptions.PolarsError:
        raise _uneven(path, "one of them has more fields than the header") from None
    open_quotes = int((structure.fields == 0).sum())
    short = int(((structure.fields > 0) & (structure.fields < len(table.columns))).sum())
    if open_quotes or short:
        raise _uneven(path, f"{open_quotes:,} records with a quote that does not close" if open_quotes else f"{short:,} records with too few fields")
    return table.filter(pl.any_horizontal(pl.all().is_not_null())), tuple(notes)  # blank lines are no records


def _uneven(path: Path, found: str) -> DataRejected:
    return DataRejected("the lines are not all alike", file=path.name, found=found, mend="export it again, as CSV with commas and quotes, or as Parquet")
