"""The gate before a Parquet file from outside: its footer is judged before a page of it is read.

Caps first, then exactly the columns and flat types that were agreed, then the values that steer the run: keys whole
and unique, and a sender that is who it says. A file that passes holds nothing our own writer could not have made.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import IntegrityError
from schemas.records import Shape

MOST_ROW_GROUPS = 10_000
MOST_UNCOMPRESSED = 8 * 1024**3  # bytes, over all columns
CELL = 16  # bytes that a value takes in memory even if the file holds next to nothing of it
MOST_RATIO = 500  # bytes out for a byte in, above a floor; a million real rows come to about 40
RATIO_FLOOR = 128 * 1024**2
MOST_FOOTER = 16 * 1024**2

_PHYSICAL: dict[pl.DataType, tuple[str, str]] = {
    pl.String(): ("BYTE_ARRAY", "STRING"),
    pl.Date(): ("INT32", "DATE"),
    pl.Int64(): ("INT64", "NONE"),
    pl.Boolean(): ("BOOLEAN", "NONE"),
    pl.Float64(): ("DOUBLE", "NONE"),
    pl.Binary(): ("BYTE_ARRAY", "NONE"),
}


def open_table(path: Path, shape: Shape) -> pl.DataFrame:
    """Return the table in a file that has passed the gate.

    Raises:
        IntegrityError: the file is no Parquet, damaged, too large once unpacked, or of another shape.
    """
    try:
        with pq.ParquetFile(path, thrift_string_size_limit=MOST_FOOTER, thrift_container_size_limit=MOST_FOOTER) as file:
            _judge(file.metadata, path, shape)
        frame = pl.read_parquet(path, use_statistics=False, glob=False)
    except IntegrityError:
        raise
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError):
        raise IntegrityError("the Parquet file is incomplete or damaged", file=path.name, mend="send the submission again") from None
    if frame.schema != shape.schema:
        raise _other_shape(path, shape)
    text = frame.select(pl.sum_horizontal(pl.col(pl.String).str.len_bytes().cast(pl.Int64).sum())).item()
    if text > MOST_UNCOMPRESSED:  # one long text, named by many rows, costs the file nothing and us everything
        raise _too_large(path, frame.height, text)
    _judge_key(frame, path, shape)
    return frame


def _judge(footer: pq.FileMetaData, path: Path, shape: Shape) -> None:
    unpacked = sum(footer.row_group(i).total_byte_size for i in range(min(footer.num_row_groups, MOST_ROW_GROUPS)))
    unpacked = max(unpacked, footer.num_rows * footer.num_columns * CELL)
    allowed = min(MOST_UNCOMPRESSED, max(RATIO_FLOOR, MOST_RATIO * path.stat().st_size))
    if footer.num_row_groups > MOST_ROW_GROUPS or unpacked > allowed:
        raise _too_large(path, footer.num_rows, unpacked)
    columns = [footer.schema.column(i) for i in range(min(footer.num_columns, len(shape.columns) + 1))]
    found = [(c.path, c.physical_type, c.logical_type.type, c.max_repetition_level, c.max_definition_level <= 1) for c in columns]
    wanted = [(name, *_PHYSICAL[dtype], 0, True) for name, (dtype, _) in shape.columns.items()]
    if found != wanted:
        raise _other_shape(path, shape)


def _judge_key(frame: pl.DataFrame, path: Path, shape: Shape) -> None:
    keys = frame.select(shape.key)
    if any(keys.null_count().row(0)) or keys.is_duplicated().any():
        raise IntegrityError(f"two rows of the table {shape.name} have one key, or a row has none", file=path.name, mend="send the submission again")


def _too_large(path: Path, rows: int, unpacked: int) -> IntegrityError:
    return IntegrityError("the Parquet file is too large once unpacked", file=path.name, found=f"{rows:,} rows, {unpacked:,} bytes", mend="send it in parts")


def _other_shape(path: Path, shape: Shape) -> IntegrityError:
    return IntegrityError(
        f"the file does not have the columns of the table {shape.name}", file=path.name,
        mend="update Counterfoil to the version the unit runs, and submit again",
    )


def only_from(frame: pl.DataFrame, *, file: str, allowed: dict[str, Collection[str]]) -> None:
    """Raise IntegrityError where a column holds anything but the values it may."""
    for column, values in allowed.items():
        if not frame.get_column(column).is_in(list(values)).all():
            raise IntegrityError(f"the column {column} holds what this submission cannot hold", file=file, mend="send the submission again")
