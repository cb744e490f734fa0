"""Tombstones: which submissions were destroyed, in `tombstones/<partner>/<submission_id>.json` of the unit's home."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.seal import manifest_bytes
from pipeline.sealing import canonical
from pipeline.store.files import PARTIAL, make_folder, write_atomic
from schemas.errors import IntegrityError
from schemas.manifest import Receipt
from schemas.tombstone import Tombstone

FOLDER = "tombstones"
Purged = dict[tuple[str, str], Tombstone]


def tombstone_path(home: Path, partner: str, submission_id: str) -> Path:
    """Return where the tombstone of a submission stands."""
    return home / FOLDER / partner / f"{submission_id}.json"


def load_tombstones(home: Path) -> Purged:
    """Return the tombstone of every submission that was destroyed, by partner and submission.

    Raises:
        IntegrityError: one of them is damaged; without it, what was destroyed would pass for lost.
    """
    found: Purged = {}
    for path in sorted((home / FOLDER).glob("*/*.json")):
        if not path.name.startswith(PARTIAL):  # what a writer that died left was never there
            stone = read_tombstone(path)
            found[stone.partner, stone.submission_id] = stone
    return found


def read_tombstone(path: Path) -> Tombstone:
    """Return one tombstone; IntegrityError where it is none, or stands in another's place."""
    try:
        stone = Tombstone.model_validate_json(path.read_bytes())
    except ValidationError:
        raise IntegrityError("a tombstone is damaged", file=str(path), mend="restore it from the backup") from None
    if (stone.partner, stone.submission_id) != (path.parent.name, path.stem):
        raise IntegrityError("a tombstone stands in another's place", file=str(path), mend="restore the folder from the backup")
    return stone


def keep_tombstone(home: Path, receipt: Receipt, *, now: datetime, reason: str) -> Tombstone:
    """Write what is left of a submission, and return it; one that stands already is left as it is."""
    path = tombstone_path(home, receipt.partner, receipt.submission_id)
    if path.exists():
        return read_tombstone(path)
    manifest = receipt.manifest
    stone = Tombstone(
        format=1, partner=receipt.partner, dataset=receipt.dataset, submission_id=receipt.submission_id, state=receipt.state,
        rows=manifest.rows_received if manifest else 0, received_at=receipt.received_at, purged_at=now, reason=reason,
        manifest=hashlib.sha256(manifest_bytes(manifest)).hexdigest() if manifest else None,
    )  # fmt: skip
    make_folder(path.parent)
    write_atomic(path, canonical(stone.model_dump(mode="json")))
    return stone
