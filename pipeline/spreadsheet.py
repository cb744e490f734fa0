"""CSV that a spreadsheet opens as it was meant: right characters, right lines, and no cell that is a formula."""

from __future__ import annotations

import csv
import io

import polars as pl

BYTE_ORDER_MARK = "\ufeff"  # tells a spreadsheet that the file is UTF-8
# What a spreadsheet may take for the beginning of a formula or a command; a NUL hides what follows it.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_text(value: str) -> str:
    """Return the text as a cell that no spreadsheet runs: an apostrophe before whatever could begin a formula.

    >>> safe_text("=HYPERLINK(1)"), safe_text("Okafor")
    ("'=HYPERLINK(1)", 'Okafor')
    """
    return f"'{value}" if value.lstrip(" \n").startswith(_DANGEROUS) else value


def csv_bytes(table: pl.DataFrame) -> bytes:
    """Return the table as CSV (RFC 4180): UTF-8 with a byte order mark, CRLF, texts made safe.

    Numbers and dates come from typed columns and stay as they are; a null is an empty cell.
    """
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    safe = table.with_columns(
        pl.Series(name, [None if value is None else safe_text(value) for value in table.get_column(name)], dtype=pl.String) for name in texts
    )
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(safe.columns)
    for row in safe.iter_rows():
        writer.writerow(["" if value is None else _cell(value) for value in row])
    return (BYTE_ORDER_MARK + buffer.getvalue()).encode("utf-8")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
