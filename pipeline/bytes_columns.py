"""Encodings as table columns of bytes, and as the arrays that they are worked out in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from matchers.encoding.encoder import Encoded

Bytes = npt.NDArray[np.uint8]


def column_of(name: str, size: int, rows: npt.NDArray[np.int64], table: Bytes) -> pl.Series:
    """Return a column of `size` values: the table's rows, as bytes, in the places of `rows`, and null elsewhere."""
    if not len(rows):
        return pl.Series(name, [None] * size, pl.Binary)
    width = table.shape[1]
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(rows), [None, pa.py_buffer(np.ascontiguousarray(table).data)])
    place = np.full(size, -1, np.int64)
    place[rows] = np.arange(len(rows))
    return pl.Series(name, fixed.cast(pa.large_binary())).gather(pl.Series(place).replace(-1, None)).alias(name)


def table_of(column: pl.Series) -> tuple[npt.NDArray[np.int64], Bytes]:
    """Return in which rows a column of bytes of one length holds something, and what."""
    rows = np.flatnonzero(column.is_not_null().to_numpy())
    held = column.drop_nulls().to_list()
    width = len(held[0]) if held else 0
    return rows, np.frombuffer(b"".join(held), np.uint8).reshape(len(held), width)


def encoded_of(encodings: pl.DataFrame) -> Encoded:
    """Return the tokens and codes of a table of shape `ENCODING` or `HOUSEHOLD`, numbered as its rows stand."""
    out = Encoded(encodings.height)
    for name in (column.removeprefix("token_") for column in encodings.columns if column.startswith("token_")):
        out.rows[name], out.tokens[name] = table_of(encodings[f"token_{name}"])
        out.codes[name] = table_of(encodings[f"code_{name}"])[1]
    return out
