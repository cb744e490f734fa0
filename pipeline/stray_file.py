"""A file that somebody names on the command line: opened, told apart and read, or refused with a plain reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from schemas.errors import DataRejected, StorageError

PARQUET = b"PAR1"  # first bytes of such a file
_HEAD = 4096  # bytes


def head(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        DataRejected: there is no such file.
        StorageError: it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError:
        raise DataRejected("the file does not exist", file=str(path), mend="check the name and the folder") from None
    except IsADirectoryError:
        raise DataRejected("this is a folder, not a file", file=str(path), mend="name the file in it") from None
    except OSError:
        raise StorageError("the file may not be read", file=str(path), mend="close the program that holds it, or ask for the right to read it") from None


def scan_links(path: Path) -> pl.LazyFrame:
    """Return a file of links; only that it is Parquet has been looked at."""
    if not head(path).startswith(PARQUET):
        raise DataRejected("this is no Parquet file", file=path.name, mend="name the Parquet file with the links")
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def columns(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    """Return those of the columns that a Parquet or CSV file has; all of a CSV file's are text."""
    start = head(path)
    if start.startswith(PARQUET):
        lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    elif not start.strip() or b"\0" in start:
        raise DataRejected("this is neither a Parquet nor a CSV file", file=path.name, mend="export it as Parquet, or as CSV with commas and in UTF-8")
    else:
        lazy = pl.scan_csv(path, infer_schema=False, glob=False)
    return selected(lazy, wanted, path)


def selected(lazy: pl.LazyFrame, wanted: Sequence[str], path: Path) -> pl.DataFrame:
    """Return those of the columns that are there."""
    try:
        there = lazy.collect_schema().names()
        return lazy.select(name for name in dict.fromkeys(wanted) if name in there).collect()
    except pl.exceptions.PolarsError:
        raise DataRejected("the file is damaged, or its lines are not all alike", file=path.name, mend="export it again, as Parquet or as CSV with commas and in UTF-8") from None


def complete(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return the table; refuse one without rows or with missing values."""
    if frame.is_empty():
        raise DataRejected("the file has columns and no rows", file=path.name, mend="export it again")
    if any(counts := frame.null_count().row(0)):
        found = ", ".join(f"{n:,} rows without {name}" for name, n in zip(frame.columns, counts, strict=True) if n)
        raise DataRejected("values are missing", file=path.name, found=found, mend="fill them in, or leave the rows out")
    return frame


def membership(frame: pl.DataFrame, path: Path, who: Sequence[str]) -> pl.DataFrame:
    """Return `record_ref, entity` and, where the file says it, `file`, as text and without gaps.

    Args:
        who: columns of which one says who or what a record belongs to.
    """
    named = [name for name in who if name in frame.columns]
    if "record_ref" not in frame.columns or not named:
        raise lacking(path, [name for name, is_there in (("record_ref", "record_ref" in frame.columns), (" or ".join(who), named)) if not is_there], frame)
    if len(named) > 1:
        raise DataRejected("more than one column says who a record is", file=path.name, found=f"columns {', '.join(named)}", mend="leave one of them in")
    file = ["file"] if "file" in frame.columns else []
    return complete(frame.select("record_ref", pl.col(named[0]).alias("entity"), *file).cast(pl.String), path)


def lacking(path: Path, missing: Sequence[str], frame: pl.DataFrame) -> DataRejected:
    """Return the error for a file without some columns; it names only columns of ours."""
    # the first line of a file without a header is somebody's record
    return DataRejected(
        f"the file lacks the {'columns' if len(missing) > 1 else 'column'} {', '.join(missing)}", file=path.name,
        found=f"of the columns it could have: {', '.join(frame.columns) or 'none'}", mend="rename its columns, or name the right file",
    )  # fmt: skip
