"""One run at a time: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from schemas.errors import LockHeld


@contextmanager
def run_lock(home: Path, *, now: datetime) -> Iterator[None]:
    """Hold the unit's lock; a second run is told who holds it.

    The note beside the lock is for people. A note without a lock, left by a run that died, is no hindrance.

    Raises:
        LockHeld: another run is under way.
    """
    from filelock import FileLock, Timeout  # the unit's side only

    note = home / "run.lock.json"
    lock = FileLock(str(home / "run.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeld("another run is under way", file=str(home), found=_holder(note), mend="wait for it to end; if that process is gone, run again") from None
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat()}) + "\n", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    try:
        held = json.loads(note.read_text(encoding="utf-8"))
        return f"process {held['pid']} on {held['host']} since {held['since']}"
    except (OSError, ValueError, KeyError):
        return "a process that left no note"
