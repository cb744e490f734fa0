"""The SFTP protocol, with what its library lacks: the server's extensions, names that are no text, requests sent ahead, an end to silence."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import paramiko
from paramiko import sftp as protocol

BLOCK = 32 * 1024  # what every server takes in one request
AHEAD = 64  # requests under way at a time: 2 MiB, so that a distant server costs one wait for each 2 MiB and not for each block


class Watch:
    """Cuts a line on which nothing has come for too long, wherever the thread that uses it hangs."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.fired = seconds, False
        self._done, self._last = threading.Event(), time.monotonic()
        self.socket: socket.socket | None = None

    def moved(self) -> None:
        """Note that something came."""
        self._last = time.monotonic()

    @contextmanager
    def over(self) -> Iterator[None]:
        """Watch while the block runs."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _look(self) -> None:
        while not self._done.wait(max(0.0, self._last + self.seconds - time.monotonic())):
            if time.monotonic() - self._last >= self.seconds:
                self.fired = True
                if self.socket is not None:
                    with suppress(OSError):
                        self.socket.shutdown(socket.SHUT_RDWR)
                return


class Client(paramiko.SFTPClient):  # type: ignore[misc]  # its library has no types
    """A session over a line."""

    line: socket.socket
    watch: Watch | None = None
    extensions: frozenset[str] = frozenset()

    def _send_version(self) -> int:
        greeting = paramiko.Message()
        greeting.add_int(3)
        self._send_packet(protocol.CMD_INIT, greeting)
        kind, data = self._read_packet()
        if kind != protocol.CMD_VERSION:
            raise paramiko.SSHException("no SFTP server")
        answer, found = paramiko.Message(data), set()
        version = answer.get_int()
        while answer.get_remainder():
            found.add(answer.get_string().decode("ascii", "replace"))
            answer.get_string()
        self.extensions = frozenset(found)
        return int(version)

    def _read_packet(self) -> Any:
        packet = super()._read_packet()
        if self.watch is not None:
            self.watch.moved()
        return packet

    def ask(self, extension: str, *arguments: bytes | str) -> None:
        """Make a request of an extension; OSError where it is refused."""
        self._request(protocol.CMD_EXTENDED, extension, *arguments)

    def listed(self, path: str) -> list[tuple[str, Any]]:
        """Return names and attributes of what is in a folder; a name that is no text has its bytes escaped."""
        handle = self._request(protocol.CMD_OPENDIR, path)[1].get_binary()
        found: list[tuple[str, Any]] = []
        try:
            while True:
                try:
                    answer = self._request(protocol.CMD_READDIR, handle)[1]
                except EOFError:
                    return [(name, attributes) for name, attributes in found if name not in (".", "..")]
                for _ in range(answer.get_int()):
                    name = answer.get_string().decode("utf-8", "backslashreplace")
                    answer.get_string()
                    found.append((name, paramiko.SFTPAttributes._from_msg(answer)))
        finally:
            with suppress(OSError):
                self._request(protocol.CMD_CLOSE, handle)

    def write(self, path: str, content: bytes) -> None:
        """Write a file anew, and wait until the server says that every byte of it is durable, where it can say so."""
        with self.open(path, "wb") as file:
            answers, waiting = _Answers(self), deque[int]()
            for start in range(0, len(content), BLOCK):
                if len(waiting) == AHEAD:
                    answers.take(waiting.popleft())
                waiting.append(answers.request(protocol.CMD_WRITE, file.handle, protocol.int64(start), content[start : start + BLOCK]))
            for number in waiting:
                answers.take(number)
            if "fsync@openssh.com" in self.extensions:
                self.ask("fsync@openssh.com", file.handle)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        """Yield the bytes of a file, `size` of them at most."""
        with self.open(path, "rb") as file:
            start = 0
            while start < size:
                short = False
                for chunk, asked in self._run(file.handle, start, size):
                    if not chunk:
                        return
                    yield chunk
                    start, short = start + len(chunk), len(chunk) < asked
                    if short:
                        break
                if not short:
                    return

    def _run(self, handle: bytes, start: int, size: int) -> Iterator[tuple[bytes, int]]:
        """Yield blocks and what was asked for, until the end of the file; after a short one whoever asks begins again behind it."""
        answers, waiting = _Answers(self), deque[tuple[int, int]]()
        while start < size or waiting:
            while start < size and len(waiting) < AHEAD:
                asked = min(BLOCK, size - start)
                waiting.append((answers.request(protocol.CMD_READ, handle, protocol.int64(start), asked), asked))
                start += asked
            number, asked = waiting.popleft()
            try:
                yield answers.take(number).get_string(), asked
            except EOFError:
                return


class _Answers:
    """Answers to requests that were sent ahead, kept by number until somebody takes them."""

    def __init__(self, client: Client) -> None:
        self._client, self._here = client, dict[int, tuple[int, paramiko.Message]]()

    def request(self, kind: int, *arguments: object) -> int:
        return int(self._client._async_request(self, kind, *arguments))

    def take(self, number: int) -> paramiko.Message:
        while number not in self._here:
            self._client._read_response()
        kind, answer = self._here.pop(number)
        if kind == protocol.CMD_STATUS:
            self._client._convert_status(answer)
        return answer

    def _async_response(self, kind: int, answer: paramiko.Message, number: int) -> None:  # called by the library
        self._here[number] = (kind, answer)
