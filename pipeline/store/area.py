"""The area that partners and the unit share, wherever it lies: a folder, an SFTP server, a bucket.

A name is parts with a slash between, such as `inbox/northmere/ctx-20261101t180000z-0123456789ab/manifest.json`. What is put there is
whole or absent. Nothing in it is trusted: whoever reads, copies first (`fetch`) and judges the copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from schemas.errors import IntegrityError

LASTING_LEVELS = 2  # `inbox/northmere` was set up by somebody, with rights of its own: it stays, also empty
_PART = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_PARTIAL = re.compile(r"\.partial-[a-z0-9._-]{1,120}")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9])(?:\..*)?")  # Windows opens a device, whatever comes after the dot


@dataclass(frozen=True)
class Entry:
    """Something in a folder of the area.

    Attributes:
        kind: `other` is a link, a device or the like, which nobody follows.
        changed: when it last was, by the area's own clock, in UTC; None where the area does not say.
    """

    name: str
    kind: str  # folder, file or other
    size: int = 0
    changed: datetime | None = None


class Area(Protocol):
    """Files under names, for several who do not trust each other.

    Every call raises StorageError where the area cannot be reached, is full or forbids it, and IntegrityError for a name that is none, or that
    leads through a link or a file.
    """

    where: str  # for messages; holds no secret

    def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder, by name, without looking deeper; nothing where there is no such folder. Names are as they are found.

        An empty name is the area itself. Uploads under way are listed too, under names that begin with `.partial-` and that nobody can fetch.
        """
        ...

    def exists(self, name: str) -> bool:
        """Return whether a file of this name is there, whole."""
        ...

    def fetch(self, name: str, target: Path, *, cap: int) -> tuple[int, str]:
        """Copy a file into a folder of ours; return size and SHA-256 of the copy. IntegrityError: missing, no plain file, or above `cap` bytes."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that is there is replaced."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Write a file, whole or not at all, unless the name is taken; return whether it was written. Of two at once, one is."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, or an upload that was given up; and folders that it leaves empty, but for the upper two levels. Nothing where there is none."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


@runtime_checkable
class Frank(Protocol):
    """An area that knows what its server cannot do."""

    def lacks(self) -> dict[str, str]:
        """Return what is missing: a short name, and a sentence on what follows from it."""
        ...


def parts_of(name: str, *, partial: bool = False) -> list[str]:
    """Return the parts of a name; IntegrityError where one of them could lead elsewhere, without repeating it in full.

    Args:
        partial: whether the last part may be that of an upload under way.
    """
    parts = name.split("/")
    upload = partial and _PARTIAL.fullmatch(parts[-1]) is not None
    if not all(_is_plain(part) for part in (parts[:-1] if upload else parts)):
        raise IntegrityError("a name in the shared area is not allowed", found=ascii(name[:60]), mend="use a to z, 0 to 9, hyphen and dot")
    return parts


def _is_plain(part: str) -> bool:
    return _PART.fullmatch(part) is not None and ".." not in part and not part.endswith(".") and _DEVICE.fullmatch(part) is None


def in_the_way(place: str, kind: str) -> IntegrityError:
    """Return the error for a link, a device or a file that stands where a folder should."""
    what = "a file" if kind == "file" else "a link, or something else that is no folder,"
    return IntegrityError(f"{what} stands where a folder should be", file=place, mend="remove it: nothing in the shared area is reached through it")
