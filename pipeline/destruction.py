"""Destroying for good: a submission's keys first, then the folders that only they could open."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from pipeline.landing import KEYS
from pipeline.store.files import PARTIAL, fsync_folder, storage_errors


def keys_of(home: Path, partner: str, submission_id: str) -> list[Path]:
    """Return every key file of a submission: the one in force, those of earlier generations, and one that was half written."""
    folder = home / KEYS / partner
    return sorted(path for path in folder.glob("*.key") if submission_of(path) == submission_id)


def submission_of(key: Path) -> str:
    """Return whose key a file is, by its name.

    >>> submission_of(Path("tax-1.key")), submission_of(Path("tax-1.2.key")), submission_of(Path(".partial-tax-1.key"))
    ('tax-1', 'tax-1', 'tax-1')
    """
    return key.name.removeprefix(PARTIAL).partition(".")[0]


def destroy_key(path: Path) -> None:
    """Overwrite a key file, remove it, and wait until both are durable; one that is gone is no fault.

    On disks that write elsewhere instead of in place, the overwritten bytes may live on until the disk clears them: so the home lies
    on an encrypted disk, and `landing-keys/` in no backup that outlives a purge.
    """
    with storage_errors(path):
        if not path.exists():
            return
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        fsync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder: from one moment to the next it has its name no more, and whoever has a file of it open reads on.

    What an interruption leaves has a name that begins with `PARTIAL`; it goes when the same folder is removed again.
    """
    part = path if path.name.startswith(PARTIAL) else path.with_name(f"{PARTIAL}{path.name}")
    with storage_errors(path):
        if part.exists():
            shutil.rmtree(part)
        if path.exists():
            os.rename(path, part)
            fsync_folder(path.parent)
            shutil.rmtree(part)
        if path.parent.exists():
            fsync_folder(path.parent)
