"""The first rows of a file as they stand, for proposing a mapping."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl

from pipeline.decode import decode
from pipeline.read import clean_header, read_header

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 20_000


def sample(path: Path, *, encoding: str = "", delimiter: str = "") -> tuple[list[str], list[list[str]]]:
    """Return the header and the first rows as text; rows of another width than the header are left out.

    Raises:
        DataRejected: the file is empty, no table, or separated otherwise.
    """
    header = read_header(path, encoding=encoding, delimiter=delimiter)
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES)
    if raw.startswith(b"PAR1"):
        rows = pl.read_parquet(path, n_rows=MOST_ROWS).cast(pl.String, strict=False).fill_null("").rows()
        return header, [list(row) for row in rows]
    text = decode(_whole_lines(raw) if len(raw) == MOST_BYTES else raw, encoding, file=path.name).data.decode("utf-8", "replace")
    mark = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "tilde": "~"}.get(delimiter, delimiter) or ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    first = next(reader, [])
    if [clean_header(name) for name in first] != header:
        return header, []
    return header, [row for row in islice(_tolerant(reader), MOST_ROWS) if len(row) == len(header)]


def _whole_lines(raw: bytes) -> bytes:
    cut = raw.rfind(b"\n") + 1
    return raw[: cut + (raw[cut : cut + 1] == b"\0")] if cut else raw


def _tolerant(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:  # a line that `check` will reject; proposals do without it
            continue
