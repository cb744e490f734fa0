"""The shared area in a folder of this machine, or of a drive that is connected to it.

A file is written under a name of its own that begins with `.partial-`, and gets its name when every byte of it is durable. Links and
devices below the root are never followed: whoever else may write here could have laid them.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline.store.area import LASTING_LEVELS, Entry, in_the_way, parts_of
from pipeline.store.copies import missing
from pipeline.store.files import PARTIAL, copy_hashed, fsync_folder, is_link, storage_errors, write_new
from pipeline.store.retries import Lost, Retries
from schemas.errors import IntegrityError, StorageError

# what a drive says that has gone away: the file may be sound, so that nothing is held against whoever sent it
_AWAY = {getattr(errno, name) for name in ("EIO", "ESTALE", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH") if hasattr(errno, name)}
_CLAIM_SECONDS = 5.0  # how long a writer waits for another's claim to the same name; naming a file takes milliseconds
_CLAIM_STEP = 0.05
_TURNS = 20  # how often a folder is made again that somebody removes, being empty, before a file is in it


class Folder:
    """An area under one root, which must exist."""

    def __init__(self, root: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.root, self.where, self._sleep = root, str(root), sleep

    def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder, by name; an empty name is the root."""
        place = self._folder(parts_of(folder) if folder else [])
        if place is None:
            return []
        with storage_errors(place):
            try:
                found = [_entry(Path(item.path)) for item in os.scandir(place)]
            except FileNotFoundError:  # removed since we looked
                return []
        return sorted((entry for entry in found if entry), key=lambda entry: entry.name)

    def exists(self, name: str) -> bool:
        """Return whether a plain file of this name is there."""
        *folder, last = parts_of(name)
        place = self._folder(folder)
        if place is None:
            return False
        with storage_errors(place):
            entry = _entry(place / last)
        return entry is not None and entry.kind == "file"

    def fetch(self, name: str, target: Path, *, cap: int) -> tuple[int, str]:
        """Copy a file into a folder of ours; return size and SHA-256 of the copy."""
        *folder, last = parts_of(name)

        def copy() -> tuple[int, str]:
            place = self._folder(folder)
            if place is None:
                raise missing(last)
            try:
                return copy_hashed(place / last, target, cap=cap)
            except BaseException as error:
                target.unlink(missing_ok=True)
                if isinstance(error, IntegrityError) and getattr(error.__context__, "errno", None) in _AWAY:
                    raise Lost("the drive failed while a file was read") from None
                raise

        try:
            return Retries(sleep=self._sleep).run(copy)
        except Lost as lost:
            raise StorageError(lost.why, file=self.where, mend="see that the drive is connected, then run the same command again") from None

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that is there is replaced."""
        with self._written(name, content) as (temporary, path):
            os.replace(temporary, path)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file, whole or not at all, unless the name is taken; return whether it was written."""
        if self._taken(name):  # spares the writing; what decides is below
            return False
        with self._written(name, content) as (temporary, path):
            try:
                self._name_anew(temporary, path)
            except FileExistsError:
                return False
        return True

    def remove(self, name: str) -> None:
        """Remove a file, and folders below the lasting levels that it leaves empty."""
        *folder, last = parts_of(name, partial=True)
        place = self._folder(folder)
        if place is None:
            return
        with storage_errors(place):
            (place / last).unlink(missing_ok=True)
            _sync(place)
        for depth in range(len(folder), LASTING_LEVELS, -1):
            try:
                self.root.joinpath(*folder[:depth]).rmdir()
            except OSError:  # something is in it, or it may not be removed: it stays
                return

    def close(self) -> None:
        """Hold nothing, let go of nothing."""

    def _taken(self, name: str) -> bool:
        *folder, last = parts_of(name)
        place = self._folder(folder)
        return place is not None and os.path.lexists(place / last)

    def _folder(self, parts: list[str], *, make: bool = False) -> Path | None:
        """Return the folder that the parts lead to, no link on the way; None where it is missing and is not made."""
        place = self.root
        with storage_errors(place):
            if not place.is_dir():
                raise StorageError("the shared area is missing", file=self.where, mend="connect the shared drive, or correct the path in the settings")
        for part in parts:
            above, place = place, place / part
            with storage_errors(place):
                if make and not os.path.lexists(place):
                    with suppress(FileExistsError):
                        place.mkdir()
                    _sync(above)
                entry = _entry(place)
            if entry is None:
                return None
            if entry.kind != "folder":
                raise in_the_way(place.relative_to(self.root).as_posix(), entry.kind)
        return place

    @contextmanager
    def _written(self, name: str, content: bytes) -> Iterator[tuple[Path, Path]]:
        """Write the bytes beside the name; whoever asked gives them the name, which is then made durable. Nothing is left where that fails."""
        *folder, last = parts_of(name)
        temporary = self._partial(folder, last, content)
        try:
            with storage_errors(temporary.with_name(last)):
                yield temporary, temporary.with_name(last)
                _sync(temporary.parent)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _partial(self, folder: list[str], last: str, content: bytes) -> Path:
        for turn in range(1, _TURNS + 1):
            temporary = self.root.joinpath(*folder, f"{PARTIAL}{last}.{secrets.token_hex(6)}")
            try:
                self._folder(folder, make=True)
                write_new(temporary, content)
                return temporary
            except BaseException as error:
                vanished = isinstance(error, StorageError) and isinstance(error.__context__, FileNotFoundError)
                if not vanished or turn == _TURNS:
                    with suppress(OSError):
                        temporary.unlink()
                    raise
        raise AssertionError("the last turn returns or raises")

    def _name_anew(self, temporary: Path, path: Path) -> None:
        """Give the bytes their name; FileExistsError where it is taken, also by somebody who is quicker by a hair."""
        if os.name == "nt":
            temporary.rename(path)  # Windows does not replace
            return
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a drive that knows no second names for a file
            self._name_by_claim(temporary, path)

    def _name_by_claim(self, temporary: Path, path: Path) -> None:
        """Name the bytes while holding a claim that only one writer can make. A claim is never broken: its maker may be slow, and not dead."""
        claim = path.with_name(f"{PARTIAL}{path.name}.claim")
        for _ in range(int(_CLAIM_SECONDS / _CLAIM_STEP)):
            if os.path.lexists(path):
                raise FileExistsError
            try:
                os.close(os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                self._sleep(_CLAIM_STEP)
                continue
            try:
                if os.path.lexists(path):
                    raise FileExistsError
                temporary.rename(path)
                return
            finally:
                claim.unlink(missing_ok=True)
        raise StorageError(
            "somebody else is writing the same file, or stopped while doing so", file=str(path),
            mend=f"wait and run the same command again; if nobody is writing, remove {claim.name} beside it",
        )


def _entry(path: Path) -> Entry | None:
    """Return what stands at a path, without following it; None where there is nothing."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if is_link(path) or not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        return Entry(path.name, "other")
    kind = "folder" if stat.S_ISDIR(found.st_mode) else "file"
    return Entry(path.name, kind, found.st_size if kind == "file" else 0, _moment(found.st_mtime))


def _sync(folder: Path) -> None:
    with suppress(FileNotFoundError):  # somebody removed it, being empty: what was in it is gone by their will
        fsync_folder(folder)


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):  # no year that a calendar has
        return None


