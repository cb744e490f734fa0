"""A copy of ours of a file that comes over a line: capped, hashed on its way, and either whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.store.files import storage_errors
from schemas.errors import IntegrityError


def copied(chunks: Iterable[bytes], target: Path, *, file: str, size: int, cap: int) -> tuple[int, str]:
    """Write what comes and return its size and SHA-256.

    Args:
        file: last part of the name, for messages.
        size: what the area says; where that is above `cap`, nothing is asked for.
        cap: most bytes to take, whatever the area says.

    Raises:
        IntegrityError: above the cap.
        StorageError: our own folder is full or not writable.
    """
    digest, written = hashlib.sha256(), 0
    if size > cap:
        raise _too_large(file, cap)
    try:
        with storage_errors(target):
            copy = target.open("wb")
        with copy:
            for chunk in chunks:
                written += len(chunk)
                if written > cap:
                    raise _too_large(file, cap)
                digest.update(chunk)
                with storage_errors(target):
                    copy.write(chunk)
            with storage_errors(target):
                copy.flush()
                os.fsync(copy.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return written, digest.hexdigest()


def missing(file: str) -> IntegrityError:
    """Return the error for a file that is not there."""
    return IntegrityError("the file is missing", file=file, mend="send the submission again")


def _too_large(file: str, cap: int) -> IntegrityError:
    return IntegrityError(f"the file is larger than {cap:,} bytes", file=file, mend="send it in parts")
