"""Our own folders, and those of a shared drive: safe names, hashing copies, writes that are whole or absent.

Everything here works alike on Windows, macOS and Linux. A name that another party chose is never used to build a
path before `safe_name` has seen it, and a link is never followed out of the folder it stands in.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import IntegrityError, StorageError

PARTIAL = ".partial-"
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
_SAFE = re.compile(r"[a-z0-9-]{1,40}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


@dataclass(frozen=True)
class Incomplete:
    """An upload that was begun and has no manifest: it does not exist yet, and somebody may be waiting for it.

    Attributes:
        dataset: as the folder's name says; empty where it does not.
        age_hours: whole hours since something in it last changed.
    """

    partner: str
    submission_id: str
    dataset: str
    age_hours: int


def is_safe_name(name: str) -> bool:
    """Return whether a name that came from outside may become part of a path of ours.

    An allow-list: a to z, 0 to 9 and the hyphen, at most 40. That leaves out dots, separators, drive letters,
    control characters and right-to-left marks; device names of Windows are refused besides.
    """
    return _SAFE.fullmatch(name) is not None and name not in _RESERVED


def safe_name(name: str, *, what: str) -> str:
    """Return the name, or raise IntegrityError without repeating a name that could harm a screen or a path."""
    if not is_safe_name(name):
        raise IntegrityError(
            f"the {what} has a name that is not allowed", found=ascii(name[:60]),
            mend="use a to z, 0 to 9 and the hyphen, at most 40 characters",
        )
    return name


def is_link(path: Path) -> bool:
    """Return whether the path itself is a symbolic link, or a junction of Windows."""
    junction = getattr(os.path, "isjunction", lambda _: False)
    return path.is_symlink() or bool(junction(path))


def is_plain_folder(path: Path) -> bool:
    """Return whether the path is a folder of its own, and not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode) and not is_link(path)
    except OSError:
        return False


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the engine's complaint about a folder into ours, with the place and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError("there is no room left to write", file=str(path), mend="make room, then run the same command again") from None
        if error.errno == errno.EROFS or isinstance(error, PermissionError):
            raise StorageError("the place may not be written to", file=str(path), mend="ask for the right to write there, or name another folder") from None
        if isinstance(error, FileNotFoundError):
            raise StorageError("the folder is missing", file=str(path), mend="connect the shared drive, or correct the path in the settings") from None
        raise StorageError(f"the storage failed: {error.strerror or type(error).__name__}", file=str(path), mend="run the same command again") from None


def fsync_folder(path: Path) -> None:
    """Make the names in a folder durable, where the system can (Windows keeps them by itself)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network folders cannot; the files in them were synced
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes) -> None:
    """Write a file and wait until the bytes are durable."""
    with storage_errors(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never a part."""
    temporary = path.with_name(f"{PARTIAL}{path.name}")
    try:
        write_new(temporary, content)
        with storage_errors(path):
            os.replace(temporary, path)
            fsync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it."""
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file of ours, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def copy_hashed(source: Path, target: Path, *, cap: int) -> tuple[int, str]:
    """Copy a file from the shared area and return its size and SHA-256, both of the copy as it was written.

    Args:
        cap: most bytes to take; the copy stops there, however long the file says it is.

    Raises:
        IntegrityError: the file is missing, a link, no plain file, too large, or cannot be read.
        StorageError: our own folder is full or not writable.
    """
    digest, size = hashlib.sha256(), 0
    with _open_plain(source) as incoming, storage_errors(target), target.open("wb") as copy:
        for chunk in _chunks(incoming, source):
            size += len(chunk)
            if size > cap:
                raise IntegrityError(f"the file is larger than {cap:,} bytes", file=source.name, mend="send it in parts")
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return size, digest.hexdigest()


def _open_plain(path: Path) -> io.BufferedReader:
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode) or is_link(path):
            raise IntegrityError("this is no plain file", file=path.name, mend="send the file itself, not a link to it")
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # changed places since we looked
            os.close(handle)
            raise _unreadable(path)
        return os.fdopen(handle, "rb")
    except FileNotFoundError:
        raise IntegrityError("the file is missing", file=path.name, mend="send the submission again") from None
    except OSError:
        raise _unreadable(path) from None


def _chunks(incoming: io.BufferedReader, source: Path) -> Iterator[bytes]:
    while True:
        try:
            chunk = incoming.read(CHUNK)
        except OSError:
            raise _unreadable(source) from None
        if not chunk:
            return
        yield chunk


def _unreadable(path: Path) -> IntegrityError:
    return IntegrityError("the file cannot be read", file=path.name, mend="give the unit the right to read it, and send the submission again")
