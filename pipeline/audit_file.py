"""The audit log's file as bytes: its lines, its end, and adding to it so that a crash leaves whole lines and at most one torn one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.store.files import fsync_folder, storage_errors

LONGEST_LINE = 1024 * 1024  # bytes; an entry of the greatest lengths is shorter by half
BLOCK = 4096  # bytes read from the end first; holds a few entries


def lines(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield each line with its line end, and the line that follows it; nothing follows the last. No file, no lines."""
    with storage_errors(path):
        if not path.exists():
            return
        with path.open("rb") as file:
            line = file.readline(LONGEST_LINE)
            while line:
                following = file.readline(LONGEST_LINE)
                yield line, following
                line = following


def is_torn(line: bytes, following: bytes) -> bool:
    """Return whether a line is the last and was cut off: it has no end, or holes where the disk never wrote.

    >>> is_torn(b'{"at"', b""), is_torn(b"{}\\n", b""), is_torn(b"{\\0\\n", b"")
    (True, False, True)
    """
    return not following and (not line.endswith(b"\n") or b"\0" in line)


def last_line(path: Path) -> tuple[bytes | None, bytes]:
    """Return the last whole line, without its line end, and what a power failure left after it.

    The first is None where there is no whole line, the second is empty where nothing was cut off.
    """
    with storage_errors(path):
        if not path.exists():
            return None, b""
        with path.open("rb") as file:
            size, block = file.seek(0, os.SEEK_END), BLOCK
            while True:
                start = max(0, size - block)
                file.seek(start)
                *whole, torn = file.read(size - start).split(b"\n")
                if start == 0 or len(whole) > 2:  # the first of them may be the end of a longer line, and the last a hole
                    break
                block *= 2
    if whole and not torn and b"\0" in whole[-1]:
        torn = whole.pop() + b"\n"
    return (whole[-1] if whole else None), torn


def add_line(path: Path, line: bytes) -> None:
    """Add a line and wait until it is durable; a line that cannot be written whole is taken back."""
    with storage_errors(path):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o640)
        try:
            size = os.fstat(handle).st_size
            try:
                _write_all(handle, line + b"\n")
            except OSError:
                with suppress(OSError):  # what stays is a torn line, and the next writer finds it
                    os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
        if not size:
            fsync_folder(path.parent)


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
    os.fsync(handle)


def cut(path: Path, size: int) -> None:
    """Take that many bytes off the end, and wait until that is durable."""
    with storage_errors(path), path.open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - size)
        os.fsync(file.fileno())
