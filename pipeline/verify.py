"""Everything that the unit stores, checked again: submissions against their receipts, what lies where nothing should, runs, and the audit log.

Nothing is changed. Each finding says what is wrong, where, and what to do; a store without findings can be trusted for the next night.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline import audit
from pipeline.destruction import submission_of
from pipeline.landing import KEYS, LANDING, QUARANTINE, key_path, landed_folder, note_of
from pipeline.lock import one_at_a_time
from pipeline.receipts import FOLDER as RECEIPTS
from pipeline.retention import place_of
from pipeline.sealing import canonical
from pipeline.store.files import PARTIAL
from pipeline.tombstones import FOLDER as TOMBSTONES
from pipeline.tombstones import read_tombstone
from pipeline.verify_runs import Finding, run_findings
from pipeline.verify_submissions import submission_findings
from schemas.errors import CounterfoilError, IntegrityError
from schemas.manifest import Receipt
from schemas.partnership import Partnership
from schemas.tombstone import Tombstone

BACKUP = "restore it from the backup, or from the partner's outbox"


@dataclass(frozen=True)
class Verified:
    """What was checked, in counts, and what is wrong.

    Attributes:
        submissions: whose tables were opened. tombstones: of those that were destroyed.
        entries: of the audit log, which is whole where no finding speaks of it.
    """

    submissions: int
    tombstones: int
    runs: int
    entries: int
    findings: tuple[Finding, ...]


def verify(home: Path, partnership: Partnership, *, now: datetime) -> Verified:
    """Check everything stored, and return all that is wrong with it.

    Args:
        now: for the note beside the lock.

    Raises:
        LockHeld: a run is under way, and what it writes is not whole yet.
    """
    with one_at_a_time(home, "run", now=now):
        findings: list[Finding] = []
        receipts, damaged = _receipts(home)
        stones, broken = _tombstones(home)
        findings += [*damaged, *broken]
        kept = [r for r in receipts if r.state != "quarantined" and (r.partner, r.submission_id) not in stones]
        for receipt in kept:
            findings += submission_findings(home, receipt)
        findings += _missing(home, receipts, stones)
        findings += _strangers(home, {(r.partner, r.submission_id) for r in receipts}, stones)
        findings += _stray_keys(home)
        findings += _against_holds(partnership, stones)
        runs, wrong = run_findings(home)
        entries, log = _log(home)
        return Verified(len(kept), len(stones), runs, entries, (*findings, *wrong, *log))


def refuse_findings(found: Verified) -> None:
    """Raise one IntegrityError for all findings; nothing happens where there is none."""
    if found.findings:
        first = found.findings[0]
        more = "" if len(found.findings) == 1 else f"{len(found.findings):,} findings; this is the first"
        raise IntegrityError(first.what, file=first.place, found=more, mend=first.mend)


def _receipts(home: Path) -> tuple[list[Receipt], list[Finding]]:
    good, wrong = [], []
    for path in _whole(home / RECEIPTS):
        place = path.relative_to(home).as_posix()
        try:
            receipt = Receipt.model_validate_json(path.read_bytes())
        except ValidationError:
            wrong.append(Finding("a receipt of ours is damaged", place, BACKUP))
            continue
        if (receipt.partner, receipt.submission_id) != (path.parent.name, path.stem):
            wrong.append(Finding("a receipt of ours stands in another's place", place, BACKUP))
        elif canonical(receipt.model_dump(mode="json")) != path.read_bytes():
            wrong.append(Finding("a receipt of ours is not spelt as we spell receipts; somebody edited it", place, BACKUP))
        else:
            good.append(receipt)
    return good, wrong


def _whole(folder: Path) -> list[Path]:
    """Return the documents in a folder, without what a writer that died left of one; it was never there."""
    return sorted(path for path in folder.glob("*/*.json") if not path.name.startswith(PARTIAL))


def _tombstones(home: Path) -> tuple[dict[tuple[str, str], Tombstone], list[Finding]]:
    good, wrong = {}, []
    for path in _whole(home / TOMBSTONES):
        try:
            stone = read_tombstone(path)
            good[stone.partner, stone.submission_id] = stone
        except IntegrityError as error:
            wrong.append(Finding(error.what, path.relative_to(home).as_posix(), error.mend))
    return good, wrong


def _missing(home: Path, receipts: list[Receipt], stones: dict[tuple[str, str], Tombstone]) -> Iterator[Finding]:
    """Yield refused submissions whose folder is gone, and destroyed ones whose folder or key is not."""
    for receipt in receipts:
        there, stone = place_of(home, receipt).exists(), stones.get((receipt.partner, receipt.submission_id))
        place = place_of(home, receipt).relative_to(home).as_posix()
        if receipt.state == "quarantined" and not there and stone is None:
            yield Finding("a submission in quarantine is gone, and nothing says that it was destroyed", place, "restore it from the backup")
        if stone is not None and there:
            yield Finding("a submission that was destroyed is there again", place, "remove the folder: it came back from a backup, or the purge was broken off")


def _strangers(home: Path, known: set[tuple[str, str]], stones: dict[tuple[str, str], Tombstone]) -> Iterator[Finding]:
    """Yield what lies in our folders without a receipt."""
    for top in (LANDING, QUARANTINE):
        for path in sorted((home / top).glob("*/*")):
            place = path.relative_to(home).as_posix()
            if path.name.startswith(PARTIAL):
                yield Finding("an interruption left a part of a submission behind", place, "run the night again, or remove it with: counterfoil purge --confirm")
            elif (path.parent.name, path.name) not in known:
                yield Finding("a submission has no receipt", place, "run the night again; where it stays so, remove the folder by hand")
    for stone in stones.values():
        if (stone.partner, stone.submission_id) not in known:
            yield Finding("a tombstone has no receipt", f"{TOMBSTONES}/{stone.partner}/{stone.submission_id}.json", "restore the receipt from the backup")


def _stray_keys(home: Path) -> Iterator[Finding]:
    """Yield keys that open nothing which lies there."""
    for path in sorted((home / KEYS).glob("*/*")):
        partner, name = path.parent.name, submission_of(path)
        if path != _own_key(home, partner, name):
            mend = "remove it; where rows are being erased, finish that first: counterfoil subject erase, as before"
            yield Finding("a key opens nothing that lies here", path.relative_to(home).as_posix(), mend)


def _own_key(home: Path, partner: str, name: str) -> Path | None:
    """Return the key in force of a submission that lies there; None where there is none."""
    if not landed_folder(home, partner, name).is_dir():
        return None
    try:
        return key_path(home, partner, name, note_of(home, partner, name).generation)
    except (OSError, ValidationError):  # the note is damaged, which is a finding of its own
        return key_path(home, partner, name)


def _against_holds(partnership: Partnership, stones: dict[tuple[str, str], Tombstone]) -> Iterator[Finding]:
    for stone in stones.values():
        for hold in partnership.hold:
            if hold.covers(stone.partner, stone.dataset, stone.submission_id) and hold.since < stone.purged_at.date():
                place = f"{TOMBSTONES}/{stone.partner}/{stone.submission_id}.json"
                yield Finding(f"a submission was destroyed while hold {hold.id} was on it", place, "tell whoever asked for the hold, and the data protection officer")


def _log(home: Path) -> tuple[int, list[Finding]]:
    """Return how many entries the audit log has, and what is wrong with it, held against our own receipts."""
    try:
        return audit.verify(home, audit.witnessed_heads(home / RECEIPTS)).entries, []
    except CounterfoilError as error:
        return 0, [Finding(error.what, error.file, error.mend)]
