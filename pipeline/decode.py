"""Bytes to UTF-8, saying what was done; a byte is never guessed away in silence."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

from schemas.errors import DataRejected, nearest

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OFFERED = ("utf-8", "cp1252", "utf-16", "iso-8859-1", "iso-8859-15", "cp850", "mac-roman")


@dataclass(frozen=True)
class Decoded:
    """UTF-8 bytes without a byte order mark.

    Attributes:
        bad_lines: physical lines that hold undecodable bytes; those bytes stand as U+FFFD.
    """

    data: bytes
    encoding: str
    notes: tuple[str, ...] = ()
    bad_lines: frozenset[int] = frozenset()


def decode(raw: bytes, declared: str, *, file: str) -> Decoded:
    """Return the file as UTF-8.

    Declared encodings are believed unless the bytes contradict them. Undeclared ones are UTF-8, or what a byte
    order mark says, or UTF-16 without a mark, or cp1252 where no line is valid UTF-8 beyond ASCII.

    Raises:
        DataRejected: the declared encoding is unknown, or the bytes contradict it throughout.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _transcode(raw[len(mark) :], encoding, "byte order mark", file)
    if declared:
        return _declared(raw, declared, file)
    if _looks_utf16(raw):
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return _transcode(raw, encoding, "detected; it has no byte order mark", file)
    try:
        if not raw.isascii():
            raw.decode("utf-8")
        return Decoded(raw, "utf-8")
    except UnicodeDecodeError:
        return _mixed_or_cp1252(raw, file)


def _transcode(raw: bytes, encoding: str, how: str, file: str) -> Decoded:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return _mixed_or_cp1252(raw, file)
        raise DataRejected(
            f"the file starts like {encoding} ({how}) but is not valid {encoding}", file=file,
            mend="the file is damaged or cut off; export it again as UTF-8",
        ) from None
    if encoding == "utf-8":
        return Decoded(raw, "utf-8")
    return Decoded(text.encode(), encoding, (f"transcoded from {encoding} to UTF-8 ({how})",))


def _declared(raw: bytes, declared: str, file: str) -> Decoded:
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        close = nearest(declared, _OFFERED)
        raise DataRejected(
            f"there is no encoding called {declared!r}", file=file,
            mend=f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(_OFFERED)}",
        ) from None
    if raw.isascii() and not codec.startswith(("utf-16", "utf-32")):
        return Decoded(raw, codec)
    good, bad = _beyond_ascii(raw)
    if codec == "utf-8":
        return Decoded(raw, "utf-8") if not bad else _replace_bad(raw, bad, "utf-8")
    if good and not bad:
        raise DataRejected(
            f"the file is declared {codec}, but it is UTF-8", file=file,
            found=f"valid UTF-8 beyond ASCII in all {len(good):,} lines that go beyond ASCII", mend="take the encoding out of the mapping or the command",
        )
    try:
        return Decoded(raw.decode(codec).encode(), codec, (f"transcoded from {codec} to UTF-8 (declared)",))
    except UnicodeDecodeError:
        return _by_line(raw, codec, "declared")


def _looks_utf16(raw: bytes) -> bool:
    head = np.frombuffer(raw[:4096], np.uint8)
    if head.size < 8 or head.size % 2:
        head = head[: head.size - head.size % 2]
    if head.size < 8:
        return False
    even, odd = (head[::2] == 0).mean(), (head[1::2] == 0).mean()
    return bool((even > 0.6 and odd < 0.1) or (odd > 0.6 and even < 0.1))


def _beyond_ascii(raw: bytes) -> tuple[list[int], list[int]]:
    """Return the lines beyond ASCII that are valid UTF-8, and those that are not."""
    good, bad = [], []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good.append(number)
        except UnicodeDecodeError:
            bad.append(number)
    return good, bad


def _mixed_or_cp1252(raw: bytes, file: str) -> Decoded:
    good, bad = _beyond_ascii(raw)
    if good:
        return _replace_bad(raw, bad, f"utf-8, but {len(bad):,} lines are in another encoding")
    return _by_line(raw, "cp1252", f"detected: {len(bad):,} lines are not UTF-8")


def _replace_bad(raw: bytes, bad: list[int], encoding: str) -> Decoded:
    return Decoded(raw.decode("utf-8", "replace").encode(), encoding, (), frozenset(bad))


def _by_line(raw: bytes, codec: str, how: str) -> Decoded:
    lines, bad = [], []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        try:
            lines.append(line.decode(codec))
        except UnicodeDecodeError:
            lines.append(line.decode(codec, "replace"))
            bad.append(number)
    return Decoded("\n".join(lines).encode(), codec, (f"transcoded from {codec} to UTF-8 ({how})",), frozenset(bad))
