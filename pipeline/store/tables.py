"""Tables as bytes and as digests: the same rows give the same bytes, and content is told from its file."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl

from pipeline.store.files import write_atomic
from schemas.records import ENCODING, HOUSEHOLD

ROW_GROUP = 131_072  # rows; fixed, so that the same rows give the same bytes
ZSTD_LEVEL = 3


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return the frame as Parquet; the same frame gives the same bytes, however it is chunked in memory."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(
        buffer, compression="zstd", compression_level=ZSTD_LEVEL, statistics=True, row_group_size=ROW_GROUP
    )
    return buffer.getvalue()


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write the frame as Parquet, whole or not at all."""
    write_atomic(path, parquet_bytes(frame))


def row_digest(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's content, whatever the order of its rows or the bytes of its file.

    Each row becomes one text: its values in order, with a unit separator between, a null as `\\N`; backslash and
    separators inside a value are escaped, so that no two rows can look alike. The texts are sorted and hashed
    after the names and types of the columns.
    """
    digest = hashlib.sha256("\x1f".join(f"{name} {dtype}" for name, dtype in frame.schema.items()).encode())
    if frame.width and frame.height:
        values = [_escaped(frame, name) for name in frame.columns]
        rows = frame.select(pl.concat_str(values, separator="\x1f").alias("row")).sort("row")
        for part in rows.iter_slices(65_536):
            digest.update("\x1e".join(["", *part.get_column("row").to_list()]).encode())
    return digest.hexdigest()


def _escaped(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if frame.schema[name] != pl.String:
        return column.cast(pl.String).fill_null("\\N")
    if frame.get_column(name).str.contains(r"[\\\x1e\x1f]").any():
        for mark, written in (("\\", "\\\\"), ("\x1e", "\\r"), ("\x1f", "\\u")):
            column = column.str.replace_all(mark, written, literal=True)
    return column.fill_null("\\N")


def submission_digest(
    records: pl.DataFrame, payload: pl.DataFrame, encodings: pl.DataFrame | None = None, households: pl.DataFrame | None = None,
    household_rows: pl.DataFrame | None = None,
) -> str:
    """Return the `row_digest` of a submission: its parties, its rows, its encodings and its households, in one."""
    digests = [row_digest(records), row_digest(payload)]
    digests += [_encodings_digest(shape.conform(table)) for shape, table in ((ENCODING, encodings), (HOUSEHOLD, households)) if table is not None]
    digests += [] if household_rows is None else [row_digest(household_rows)]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _encodings_digest(ordered: pl.DataFrame) -> str:
    """Return the SHA-256 of encodings, row by row in the order of their key: the texts first, then each column of bytes with its lengths."""
    digest = hashlib.sha256(row_digest(ordered.select(pl.exclude(pl.Binary))).encode())
    for column in ordered.select(pl.col(pl.Binary)).iter_columns():
        digest.update(column.name.encode() + column.bin.size().fill_null(-1).cast(pl.Int64).to_numpy().tobytes())
        digest.update(b"".join(column.drop_nulls().to_list()))
    return digest.hexdigest()
