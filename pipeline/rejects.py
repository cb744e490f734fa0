"""Rejects as a CSV that a person opens in a spreadsheet: where, what is wrong, how to mend it. No values."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.spreadsheet import csv_bytes
from pipeline.store.files import make_folder, write_atomic
from schemas.problems import PROBLEMS
from schemas.relations import Checked

FOLDER = "rejects"
LONGEST_NAME = 60  # characters; four bytes each at most, and file systems take 255 bytes with the ending


def write_rejects(checked: Checked, home: Path) -> list[Path]:
    """Write `rejects/<file>.rejects.csv` in the partner's home for each file checked, and return their paths.

    A file without a reject loses the list of an earlier check, so that an old one is not taken for today's.
    """
    written = []
    for received in checked.files:
        path = home / FOLDER / f"{received.file[:LONGEST_NAME]}.rejects.csv"
        own = checked.rejects.filter(pl.col("file") == received.file)
        if own.height:
            make_folder(path.parent)
            write_atomic(path, rejects_csv(own))
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def rejects_csv(rejects: pl.DataFrame) -> bytes:
    """Return rejects (shape `REJECT`) as CSV: file, line, column, code, severity, what is wrong, how to mend it."""
    codes = list(PROBLEMS)
    words = pl.DataFrame({"code": codes, "what": [PROBLEMS[c].what for c in codes], "mend": [PROBLEMS[c].mend for c in codes]})
    return csv_bytes(rejects.select("file", "line", "column", "code", "severity").join(words, on="code", how="left", maintain_order="left"))
