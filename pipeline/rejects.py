"""Rejects as a CSV that a person opens in a spreadsheet: where, what is wrong, how to mend it. No values."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from pipeline.store import make_folder, write_atomic
from schemas.problems import PROBLEMS
from schemas.relations import Checked

FOLDER = "rejects"
COLUMNS = ("file", "line", "column", "code", "severity", "what", "mend")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def write_rejects(checked: Checked, home: Path) -> list[Path]:
    """Write `rejects/<file>.rejects.csv` in the partner's home for each file checked, and return their paths.

    A file without a reject loses the list of an earlier check, so that an old one is not taken for today's.
    """
    written = []
    for received in checked.files:
        path = home / FOLDER / f"{received.file}.rejects.csv"
        own = checked.rejects.filter(pl.col("file") == received.file)
        if own.height:
            make_folder(path.parent)
            write_atomic(path, rejects_csv(own))
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def rejects_csv(rejects: pl.DataFrame) -> bytes:
    """Return rejects (shape `REJECT`) as CSV in UTF-8 with a byte order mark, as spreadsheets want it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for file, line, column, code, severity in rejects.select("file", "line", "column", "code", "severity").iter_rows():
        problem = PROBLEMS[code]
        writer.writerow([harmless(file), line, harmless(column), code, severity, problem.what, problem.mend])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows and does not run: one apostrophe before what looks like a formula.

    Source: OWASP Application Security Verification Standard 5, 1.2.10.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
