"""Where the records of a delimited file begin and end, and how many fields each has.

Engines that read CSV number records, not lines, and some fill a short row up or let an open quote swallow the
rows after it. So structure is settled here first, on bytes, with the physical line of every record; what is
left is regular and any engine reads it alike.

A file whose quotes all stand as RFC 4180 says is scanned in blocks with numpy. Any other file is walked line by
line: a record that does not parse costs its own first line and nothing after it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCK = 16 * 1024 * 1024
QUOTE, NEWLINE, RETURN = 34, 10, 13
MOST_LINES_IN_RECORD = 50  # a longer record is an open quote, not an address


@dataclass(frozen=True)
class Structure:
    """The records of a file, header included.

    Attributes:
        start, end: byte offsets of each record, line end excluded.
        line: physical line of its first byte, from 1.
        fields: its number of fields; 0 for a record whose quotes do not close.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]


def scan(data: bytes, delimiter: str) -> Structure:
    """Return the structure of UTF-8 bytes whose lines end in LF or CRLF; blank lines are no records."""
    quoted = b'"' in data
    found = _scan_blocks(data, ord(delimiter), quoted=quoted)
    if found is None or (quoted and _swallows(data, found, delimiter)):
        found = _walk(data, delimiter)
    filled = found.end > found.start
    return Structure(found.start[filled], found.end[filled], found.line[filled], found.fields[filled])


def _scan_blocks(data: bytes, delimiter: int, *, quoted: bool) -> Structure | None:
    """Return the structure, or None where a quote stands where RFC 4180 has none."""
    ends, lines, delimiters = [], [], []
    parity, newlines_before, delimiters_before = 0, 0, 0
    for offset in range(0, len(data), BLOCK):
        block = np.frombuffer(data, np.uint8, min(BLOCK, len(data) - offset), offset)
        line_ends = np.flatnonzero(block == NEWLINE)
        marks = np.flatnonzero(block == delimiter)
        inside = None
        if quoted:
            quotes = block == QUOTE
            inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)) ^ parity
            if not _well_quoted(data, offset, np.flatnonzero(quotes), parity, delimiter):
                return None
        if inside is not None and inside.size:
            parity = int(inside[-1])
            outside = inside == 0
            record_ends, marks = line_ends[outside[line_ends]], marks[outside[marks]]
        else:
            record_ends = line_ends
        ends.append(record_ends + offset)
        lines.append(np.searchsorted(line_ends, record_ends) + 1 + newlines_before)
        delimiters.append(np.searchsorted(marks, record_ends) + delimiters_before)
        newlines_before += line_ends.size
        delimiters_before += marks.size
    if parity:
        return None
    end = np.concatenate([*ends, np.empty(0, np.int64)]).astype(np.int64)
    after_line = np.concatenate([*lines, np.empty(0, np.int64)]).astype(np.int64)
    upto = np.concatenate([*delimiters, np.empty(0, np.int64)]).astype(np.int64)
    if not end.size or end[-1] != len(data) - 1:  # the last line has no line end
        end, upto = np.append(end, len(data)), np.append(upto, delimiters_before)
        after_line = np.append(after_line, newlines_before + 1)
    start = np.concatenate([[0], end[:-1] + 1]).astype(np.int64)
    line = np.concatenate([[1], after_line[:-1] + 1]).astype(np.int64)
    fields = np.diff(upto, prepend=0) + 1
    return Structure(start, _without_return(data, start, end), line, fields)


def _well_quoted(data: bytes, offset: int, quotes: npt.NDArray[np.int64], parity: int, delimiter: int) -> bool:
    """Return whether every opening quote starts a field and every closing quote ends one."""
    if not quotes.size:
        return True
    whole = np.frombuffer(data, np.uint8)
    at = quotes + offset
    opening = at[parity::2]
    closing = at[1 - parity :: 2]
    before = whole[opening[opening > 0] - 1]
    after = whole[closing[closing < len(data) - 1] + 1]
    fits_before = (before == delimiter) | (before == NEWLINE) | (before == QUOTE)
    fits_after = (after == delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
    return bool(fits_before.all() and fits_after.all())


def _without_return(data: bytes, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if not data:
        return end
    last = np.frombuffer(data, np.uint8)[np.maximum(end - 1, 0)]
    return np.asarray(end - ((last == RETURN) & (end > start)), np.int64)


def _swallows(data: bytes, found: Structure, delimiter: str) -> bool:
    """Return whether a record of several lines holds a line that looks like a whole record itself."""
    if found.fields.size < 2:
        return False
    width = int(found.fields[0])
    next_line = np.append(found.line[1:], data.count(b"\n") + 2)
    spans = np.flatnonzero(next_line - found.line > 1)
    mark = delimiter.encode()
    return any(_holds_a_record(data[found.start[i] : found.end[i]], mark, width) for i in spans)


def _holds_a_record(record: bytes, mark: bytes, width: int) -> bool:
    return width >= 4 and any(line.count(mark) >= width - 1 for line in record.split(b"\n")[1:])


def _walk(data: bytes, delimiter: str) -> Structure:
    lines = data.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    starts = np.concatenate([[0], np.cumsum([len(line) + 1 for line in lines])]).astype(np.int64)
    rows = list(_walk_records(lines, delimiter))
    first = np.array([r[0] for r in rows], np.int64)
    last = np.array([r[1] for r in rows], np.int64)
    start, end = starts[first], starts[last + 1] - 1
    end = _without_return(data, start, np.minimum(end, len(data)))
    return Structure(start, end, first + 1, np.array([r[2] for r in rows], np.int64))


def _walk_records(lines: list[bytes], delimiter: str) -> Iterator[tuple[int, int, int]]:
    """Yield (first line, last line, number of fields); 0 fields where a quote does not close."""
    mark, width, at = delimiter.encode(), 0, 0
    while at < len(lines):
        if b'"' not in lines[at]:
            last, fields = at, lines[at].count(mark) + 1
        else:
            last, fields = _quoted_record(lines, at, delimiter, width)
        width = width or fields
        yield at, last, fields
        at = last + 1


def _quoted_record(lines: list[bytes], at: int, delimiter: str, width: int) -> tuple[int, int]:
    record = b""
    for last in range(at, min(at + MOST_LINES_IN_RECORD, len(lines))):
        record = lines[at] if last == at else record + b"\n" + lines[last]
        try:
            fields = len(next(csv.reader(io.StringIO(record.decode("utf-8", "replace"), newline=""), delimiter=delimiter, strict=True)))
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            return at, 0
        if last > at and (fields != width or _holds_a_record(record, delimiter.encode(), width)):
            return at, 0
        return last, fields
    return at, 0
