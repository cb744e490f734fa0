"""A file in canonical columns, from anybody: Parquet or CSV, read without a contract."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from matchers.canonical import COLUMNS
from pipeline.decode import decode
from schemas.errors import DataRejected, StorageError

REFERENCE = "record_ref"
MOST_NAMED = 12  # columns named in a message


def read_canonical(path: Path, *, also: str = "") -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return `record_ref` (text, unique), the canonical columns that the file has, and the column `also`; and what to know about it.

    Raises:
        DataRejected: it is no table, has no records, or its references do not name them.
        StorageError: it may not be read.
    """
    table = _table(path)
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
    return table.select(REFERENCE, *used, *([also] if also and also not in used else [])), notes


def _named(columns: list[str]) -> str:
    """Name the canonical columns among these and count the others: the first line of a file without a header may be a person's."""
    known = [name for name in columns if name in COLUMNS]
    others = len(columns) - len(known)
    return f"the columns {', '.join(known[:MOST_NAMED]) or 'none known here'}" + (f", and {others:,} others" if others else "")


def _reference(values: pl.Series, path: Path) -> pl.Series:
    text = values.cast(pl.String) if not values.dtype.is_nested() else pl.Series(REFERENCE, [None] * len(values), pl.String)
    if missing := text.null_count():
        raise DataRejected("records have no reference", file=path.name, column=REFERENCE, found=f"{missing:,} of {len(text):,} records", mend="give each record one of its own")
    if again := len(text) - text.n_unique():
        raise DataRejected("records share a reference", file=path.name, column=REFERENCE, found=f"{again:,} records too many", mend="give each record one of its own; two files may use the same ones")
    return text


def _table(path: Path) -> pl.DataFrame:
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        if parquet:
            return pl.read_parquet(path, glob=False, hive_partitioning=False)
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataRejected("the file does not exist", file=str(path), mend="check the name and the folder") from None
    except IsADirectoryError:
        raise DataRejected("this is a folder, not a file", file=str(path), mend="name the file in it") from None
    except pl.exceptions.PolarsError:
        raise DataRejected("the Parquet file is incomplete or damaged", file=path.name, mend="write it again") from None
    except OSError:
        raise StorageError("the file may not be read", file=str(path), mend="close the program that holds it, or ask for the right to read it") from None
    if not raw.strip():
        raise DataRejected("the file is empty", file=path.name, mend="export it again")
    decoded = decode(raw, "", file=path.name)
    if b"\0" in decoded.data:
        raise DataRejected("this is neither a Parquet nor a CSV file", file=path.name, mend="export it as Parquet, or as CSV with commas")
    try:
        return pl.read_csv(decoded.data, infer_schema=False)
    except pl.exceptions.PolarsError:
        raise DataRejected("the lines are not all alike", file=path.name, found="one of them has more fields than the header", mend="export it again, as CSV with commas and quotes, or as Parquet") from None
