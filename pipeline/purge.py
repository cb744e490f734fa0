"""Destroying what is due: the key first, then what it opened, then a tombstone in its place; the audit log says before and after.

Every step may be the last one that is done. What was begun stands in the audit log, is in every later plan, and is completed then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.audit import append
from pipeline.destruction import destroy_key, keys_of, remove_folder
from pipeline.landing import LANDING, landed_folder
from pipeline.lock import one_at_a_time
from pipeline.receipts import load_receipts
from pipeline.retention import (
    BEGUN,
    COMPLETED,
    PUBLISHED,
    RUNS,
    Item,
    Plan,
    place_of,
    protected_runs,
    run_hold,
    subject_of,
    submission_hold,
)
from pipeline.store.files import PARTIAL
from pipeline.tombstones import keep_tombstone
from schemas.audit import Verb
from schemas.manifest import Receipt
from schemas.partnership import Partnership

SCHEDULE = "the retention schedule"


@dataclass(frozen=True)
class Purged:
    """What was destroyed.

    Attributes:
        kept: what was planned and is held by now: (subject, by what).
    """

    done: tuple[Item, ...]
    kept: tuple[tuple[str, str], ...]


def purge(home: Path, partnership: Partnership, plan: Plan, *, now: datetime, reason: str = SCHEDULE) -> Purged:
    """Destroy what a plan lists. Safe to repeat and to interrupt; what is gone already is no fault.

    A reader who has a published run open reads on to its end.

    Args:
        reason: why, for the audit log and the tombstones.

    Raises:
        LockHeld: a run is under way.
        StorageError: a file cannot be removed; what was destroyed before it stays so, and the rest is done by the next purge.
        IntegrityError: a receipt or the audit log is damaged.
    """
    done, kept = [], []
    with one_at_a_time(home, "run", now=now):
        receipts = {subject_of(receipt): receipt for receipt in load_receipts(home)}
        for item in plan.items:
            if held := _held_by_now(home, partnership, item, receipts):
                kept.append((item.subject, held))
            else:
                _destroy(home, item, receipts, now=now, reason=reason)
                done.append(item)
    return Purged(tuple(done), tuple(kept))


def _held_by_now(home: Path, partnership: Partnership, item: Item, receipts: Mapping[str, Receipt]) -> str:
    """Return what keeps an item that nothing kept when it was planned."""
    if item.kind in ("submission", "quarantined"):
        return submission_hold(home, partnership, receipts[item.subject])
    if item.kind == "run":
        return "the newest run" if item.subject in protected_runs(home) else run_hold(home, partnership, item.subject)
    return ""


def _destroy(home: Path, item: Item, receipts: Mapping[str, Receipt], *, now: datetime, reason: str) -> None:
    receipt = receipts.get(item.subject)
    append(
        home, verb=Verb.ERASURE, action=BEGUN, subject=item.subject, reason=reason, now=now,
        detail={"kind": item.kind, "rows": item.rows, "files": item.files, "bytes": item.bytes, "why": item.why},
    )  # fmt: skip
    detail: dict[str, str | int] = {"kind": item.kind, "rows": item.rows}
    if receipt is not None:
        detail |= _destroy_submission(home, receipt, now=now, reason=reason)
    elif item.kind == "run":
        for place in (PUBLISHED, RUNS):  # what says what is in a run goes last
            remove_folder(home / place / item.subject)
    else:
        _destroy_leftover(home, home / item.subject)
    append(home, verb=Verb.ERASURE, action=COMPLETED, subject=item.subject, reason=reason, now=now, detail=detail)


def _destroy_submission(home: Path, receipt: Receipt, *, now: datetime, reason: str) -> dict[str, str | int]:
    """Destroy a submission's keys, its folder, and leave a tombstone; return what the audit log is told."""
    keys = keys_of(home, receipt.partner, receipt.submission_id)
    for key in keys:
        destroy_key(key)
    remove_folder(place_of(home, receipt))
    stone = keep_tombstone(home, receipt, now=now, reason=reason)
    return {"rows": stone.rows, "keys": len(keys), **({"manifest": stone.manifest} if stone.manifest else {})}


def _destroy_leftover(home: Path, path: Path) -> None:
    """Remove what an interruption left; a key that was made for it, and for nothing else, goes first."""
    partner, name = path.parent.name, path.name.removeprefix(PARTIAL)
    if path.parent.parent == home / LANDING and not landed_folder(home, partner, name).exists():
        for key in keys_of(home, partner, name):
            destroy_key(key)
    remove_folder(path)
