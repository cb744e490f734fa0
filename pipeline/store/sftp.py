"""The shared area on an SFTP server: `sftp://user@host:port/path`.

Written under a name that begins with `.partial-`, made durable where the server can say so, then named. Links and devices below the root
are not followed: every folder on the way is looked at first. What is not told apart by the server's answer is found out afterwards.
"""

from __future__ import annotations

import secrets
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pipeline.store.area import LASTING_LEVELS, Entry, in_the_way, parts_of
from pipeline.store.copies import copied, missing
from pipeline.store.files import PARTIAL
from pipeline.store.retries import Lost, Retries
from pipeline.store.sftp_client import Client
from pipeline.store.ssh import Host, Line
from schemas.errors import IntegrityError, StorageError

Result = TypeVar("Result")
_TURNS = 5  # how often a folder is made again that somebody removes, being empty, before a file is in it
_EXTENSIONS = {
    "posix-rename@openssh.com": (
        "replaced at once", "The server cannot replace a file at once: for a moment, or after a break just then, a file that was to be replaced is missing. It is never half written.",
    ),
    "hardlink@openssh.com": ("named once by links", "The server cannot name a file by a link. That a name is taken only once rests on how it renames."),
    "fsync@openssh.com": ("durable", "The server does not say when bytes are durable: after a power cut there, what was sent just before may be lost."),
}  # fmt: skip


class Sftp:
    """An area under one root on a server; several threads may use it, one after the other."""

    def __init__(self, host: Host, root: str, *, retries: Retries | None = None) -> None:
        self.where = f"sftp://{host.user}@{host.name}:{host.port}{root}"
        self._root, self._line, self._retries = root.rstrip("/"), Line(host, self.where), retries or Retries()
        self._turn = threading.Lock()

    def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder, by name; an empty name is the root."""
        parts = parts_of(folder) if folder else []

        def look(client: Client) -> list[Entry]:
            path = self._folder(client, parts)
            if path is None:
                return []
            try:
                return sorted((_entry(name, found) for name, found in client.listed(path)), key=lambda entry: entry.name)
            except FileNotFoundError:  # removed since we looked
                return []

        return self._do(look)

    def exists(self, name: str) -> bool:
        """Return whether a plain file of this name is there."""
        *folder, last = parts_of(name)

        def look(client: Client) -> bool:
            path = self._folder(client, folder)
            found = _at(client, f"{path}/{last}") if path is not None else None
            return found is not None and found.kind == "file"

        return self._do(look)

    def fetch(self, name: str, target: Path, *, cap: int) -> tuple[int, str]:
        """Copy a file into a folder of ours; return size and SHA-256 of the copy."""
        *folder, last = parts_of(name)

        def copy(client: Client) -> tuple[int, str]:
            path = self._folder(client, folder)
            found = _at(client, f"{path}/{last}") if path is not None else None
            if found is None:
                raise missing(last)
            if found.kind != "file":
                raise IntegrityError("this is no plain file", file=last, mend="send the file itself, not a link to it")
            try:
                return copied(client.read(f"{path}/{last}", min(found.size, cap) + 1), target, file=last, cap=cap, size=found.size)
            except FileNotFoundError:
                raise missing(last) from None
            except PermissionError:
                raise IntegrityError("the file cannot be read", file=last, mend="give the unit the right to read it, and send the submission again") from None

        return self._do(copy)

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that is there is replaced."""

        def name_it(client: Client, temporary: str, path: str) -> bool:
            _replace(client, temporary, path)
            return True

        self._write(name, content, name_it)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file, whole or not at all, unless the name is taken; return whether it was written."""
        in_doubt = False

        def name_it(client: Client, temporary: str, path: str) -> bool:
            nonlocal in_doubt
            in_doubt = True
            named = _name_anew(client, temporary, path)
            in_doubt = False
            return named

        def settled(client: Client, path: str) -> bool | None:
            if _at(client, path) is None:
                return None
            # where the line broke before the server answered, the file may be ours
            return in_doubt and b"".join(client.read(path, len(content) + 1)) == content

        return self._write(name, content, name_it, settled)

    def remove(self, name: str) -> None:
        """Remove a file, and folders below the lasting levels that it leaves empty."""
        *folder, last = parts_of(name, partial=True)

        def take_away(client: Client) -> None:
            path = self._folder(client, folder)
            if path is None:
                return
            with suppress(FileNotFoundError):
                client.remove(f"{path}/{last}")
            for depth in range(len(folder), LASTING_LEVELS, -1):
                try:
                    client.rmdir("/".join([self._root, *folder[:depth]]))
                except OSError as error:  # something is in it, or it may not be removed: it stays
                    if isinstance(error, (TimeoutError, ConnectionError)):
                        raise
                    return

        self._do(take_away)

    def lacks(self) -> dict[str, str]:
        """Return which extensions the server is without, and what follows from it."""
        offered = self._do(lambda client: client.extensions)
        return {name: sentence for extension, (name, sentence) in _EXTENSIONS.items() if extension not in offered}

    def close(self) -> None:
        """Let go of the connection."""
        with self._turn:
            self._line.close()

    def _write(
        self, name: str, content: bytes, name_it: Callable[[Client, str, str], bool], settled: Callable[[Client, str], bool | None] = lambda *_: None
    ) -> bool:
        *folder, last = parts_of(name)
        part = f"{PARTIAL}{last}.{secrets.token_hex(6)}"

        def write(client: Client) -> bool:
            above = self._folder(client, folder, make=True)
            path, temporary = f"{above}/{last}", f"{above}/{part}"
            known = settled(client, path)
            try:
                if known is not None:
                    return known
                client.write(temporary, content)
                if (found := _at(client, temporary)) is None or found.size != len(content):
                    raise OSError("not all of it was written")
                return name_it(client, temporary, path)
            finally:
                with suppress(Exception):  # on a broken line it stays, for whoever clears up
                    client.remove(temporary)

        def write_again(client: Client) -> bool:
            try:
                return write(client)
            except FileNotFoundError:  # somebody removed the folder, which was empty still
                raise Lost("a folder was removed while a file was written to it") from None

        return self._do(write_again)

    def _folder(self, client: Client, parts: list[str], *, make: bool = False) -> str | None:
        """Return the path of a folder, no link on the way; None where it is missing and is not made."""
        try:
            if not stat.S_ISDIR(client.stat(self._root or "/").st_mode or 0):
                raise FileNotFoundError
        except FileNotFoundError:
            raise StorageError("the shared area is missing", file=self.where, mend="correct the path in the settings, or have the folder made on the server") from None
        for depth in range(1, len(parts) + 1):
            path = "/".join([self._root, *parts[:depth]])
            found = _made(client, path) if make else _at(client, path)
            if found is None:
                return None
            if found.kind != "folder":
                raise in_the_way("/".join(parts[:depth]), found.kind)
        return "/".join([self._root, *parts]) or "/"

    def _do(self, call: Callable[[Client], Result]) -> Result:
        with self._turn:
            try:
                return self._retries.run(lambda: self._line.use(call))
            except Lost as lost:
                mend = "see that the server runs and that this machine may reach it, then run the same command again"
                raise StorageError(lost.why, file=self.where, mend=mend) from None
            except PermissionError:
                raise StorageError("the server does not allow it", file=self.where, mend="ask whoever keeps the server for the right to do so") from None
            except OSError:
                mend = "see that there is room on the server, then run the same command again"
                raise StorageError("the server could not carry it out", file=self.where, mend=mend) from None


def _at(client: Client, path: str) -> Entry | None:
    """Return what stands at a path, without following it; None where there is nothing."""
    try:
        return _entry(path.rpartition("/")[2], client.lstat(path))
    except FileNotFoundError:
        return None


def _made(client: Client, path: str) -> Entry | None:
    """Return what stands at a path, where a folder is made if there is nothing."""
    for turn in range(1, _TURNS + 1):
        found = _at(client, path)
        if found is not None:
            return found
        try:
            client.mkdir(path)
        except PermissionError:
            raise
        except OSError:  # somebody else made it, and perhaps removed it again, being empty
            if turn == _TURNS:
                raise
    return _at(client, path)


def _entry(name: str, found: Any) -> Entry:
    mode = found.st_mode or 0
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        return Entry(name, "other")
    changed = datetime.fromtimestamp(found.st_mtime, UTC) if found.st_mtime is not None else None
    return Entry(name, "folder", 0, changed) if stat.S_ISDIR(mode) else Entry(name, "file", found.st_size or 0, changed)


def _replace(client: Client, temporary: str, path: str) -> None:
    """Give the bytes their name, at once where the server can; where it cannot, the name is nobody's for a moment, and never half written."""
    if "posix-rename@openssh.com" in client.extensions:
        client.posix_rename(temporary, path)
        return
    found = _at(client, path)
    if found is not None and found.kind != "folder":
        client.remove(path)
    client.rename(temporary, path)


def _name_anew(client: Client, temporary: str, path: str) -> bool:
    """Give the bytes their name unless it is taken; return whether they got it."""
    ways: list[Callable[[], Any]] = [lambda: client.rename(temporary, path)]  # in version 3 of the protocol it does not replace
    if "hardlink@openssh.com" in client.extensions:
        ways.insert(0, lambda: client.ask("hardlink@openssh.com", temporary, path))
    for way in ways:
        try:
            way()
            return True
        except (TimeoutError, ConnectionError):
            raise
        except OSError:
            if _at(client, path) is not None:
                return False
            if way is ways[-1]:
                raise
    raise AssertionError("the last way returns or raises")
