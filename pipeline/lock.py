"""One at a time: a lock that the operating system lets go of when its holder dies, also by a cut of the power."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from schemas.errors import LockHeld


@contextmanager
def one_at_a_time(home: Path, what: str, *, now: datetime) -> Iterator[None]:
    """Hold a home's lock for one kind of work; a second one is told who holds it.

    The note beside the lock is for people. A note without a lock, left by somebody who died, is no hindrance.

    Args:
        what: the work, in one word: run, submission.

    Raises:
        LockHeld: it is under way already.
    """
    note = home / f"{what}.lock.json"
    lock = FileLock(str(home / f"{what}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeld(f"another {what} is under way", file=str(home), found=_holder(note), mend="wait for it to end; if that process is gone, try again") from None
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "boot": _boot(), "since": now.isoformat()}) + "\n", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _boot() -> str:
    """Return what tells one start of this machine from another, where the system says it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _holder(note: Path) -> str:
    try:
        held = json.loads(note.read_text(encoding="utf-8"))
        before = " before this machine was started again" if held.get("boot") and held["boot"] != _boot() and held["host"] == socket.gethostname() else ""
        return f"process {held['pid']} on {held['host']} since {held['since']}{before}"
    except (OSError, ValueError, KeyError):
        return "a process that left no note"
