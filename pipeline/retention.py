"""What the unit has kept for long enough: which submissions, refused submissions and runs are due to be destroyed, and why.

Only the plan is made here, from receipts, tombstones and the names of runs; `purge` carries it out. A purge that was broken off
is in every later plan until it is done, whatever the schedule says by then.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pipeline.audit import entries
from pipeline.destruction import keys_of
from pipeline.drift import load_confirmed
from pipeline.fates import HELD, Fate, compared_with, decide
from pipeline.key_files import exercise_path, load_exercise
from pipeline.landing import LANDING, QUARANTINE, landed_folder
from pipeline.receipts import load_receipts
from pipeline.store.files import PARTIAL
from pipeline.tombstones import Purged, load_tombstones
from pipeline.trust import trusted
from schemas.audit import Verb
from schemas.errors import ConfigurationError, unknown_name
from schemas.manifest import Receipt
from schemas.partnership import Partnership

RUNS, PUBLISHED, CURRENT = "runs", "published", "CURRENT"
BEGUN, COMPLETED = "purge begun", "purge completed"
BROKEN_OFF = "its destruction was begun and broken off"
Kind = Literal["submission", "quarantined", "run", "leftover"]


@dataclass(frozen=True)
class Item:
    """One thing to be destroyed, in counts.

    Attributes:
        subject: `partner/submission`, the run's name, or the place of a leftover in the home.
        state: what runs make of it: used, superseded, too old ...
        rows: lines that it holds, good and bad; of a run, rows that were in it.
        held: the hold that keeps it all the same; empty where nothing does.
    """

    kind: Kind
    subject: str
    why: str
    dataset: str = ""
    state: str = ""
    rows: int = 0
    files: int = 0
    bytes: int = 0
    held: str = ""


@dataclass(frozen=True)
class Plan:
    """What is due on a day; `held` would be, if nothing held it."""

    on: date
    items: tuple[Item, ...]
    held: tuple[Item, ...]


def plan(home: Path, partnership: Partnership, on: date) -> Plan:
    """Return what is due to be destroyed on a day. Looks, and changes nothing.

    Raises:
        IntegrityError: a receipt, a tombstone or the audit log is damaged; nothing can be decided without them.
        ConfigurationError: a hold names a submission that the unit never received.
    """
    receipts, purged = load_receipts(home), load_tombstones(home)
    refuse_unknown_holds(partnership, receipts)
    begun = begun_and_not_completed(home)
    fates = decide(receipts, without_removed(partnership, home), on, _exercises(partnership, home), purged, load_confirmed(home))
    due = [*_submissions(home, partnership, fates, purged, begun, on), *_runs(home, partnership, on), *_leftovers(home, partnership)]
    known = {item.subject for item in due} | {subject_of(receipt) for receipt in receipts}
    due += [Item("leftover" if PARTIAL in subject else "run", subject, BROKEN_OFF) for subject in sorted(begun - known)]
    return Plan(on, tuple(item for item in due if not item.held), tuple(item for item in due if item.held))


def subject_of(receipt: Receipt) -> str:
    """Return how plan and audit log name a submission."""
    return f"{receipt.partner}/{receipt.submission_id}"


def refuse_unknown_holds(partnership: Partnership, receipts: Sequence[Receipt]) -> None:
    """Refuse a hold on a submission that the unit never received: a slip of the pen would let through what it should keep."""
    known = {receipt.submission_id for receipt in receipts}
    for hold in partnership.hold:
        if hold.submission and hold.submission not in known:
            raise unknown_name("submission", hold.submission, known, error=ConfigurationError, file=f"partnership.toml, hold {hold.id}")


def begun_and_not_completed(home: Path) -> set[str]:
    """Return what the audit log says was begun to be destroyed, and not that it was done."""
    found: set[str] = set()
    for entry in entries(home):
        if entry.verb is Verb.ERASURE and entry.action == BEGUN:
            found.add(entry.subject)
        elif entry.verb is Verb.ERASURE and entry.action == COMPLETED:
            found.discard(entry.subject)
    return found


def without_removed(partnership: Partnership, home: Path) -> Partnership:
    """Return the partnership without partners that were removed."""
    return partnership.model_copy(update={"partner": tuple(entry for entry in partnership.partner if _removed_on(home, entry.id) is None)})


def _removed_on(home: Path, partner: str) -> date | None:
    known = trusted(home, partner)
    return known.since.date() if known is not None and known.card is None else None


def _exercises(partnership: Partnership, home: Path) -> dict[str, str]:
    there = [a.id for a in partnership.agreement if a.disclosure != "clear" and exercise_path(home, a.id).exists()]
    return {agreement: load_exercise(home, agreement).exercise for agreement in there}


def _submissions(
    home: Path, partnership: Partnership, fates: Sequence[Fate], purged: Purged, begun: Collection[str], on: date
) -> Iterator[Item]:
    receipts = [fate.receipt for fate in fates]
    compared = {subject_of(before) for fate in fates if fate.state == "used" and (before := compared_with(fate.receipt, receipts)) is not None}
    for fate in fates:
        receipt, subject = fate.receipt, subject_of(fate.receipt)
        folder = place_of(home, receipt)
        stone = purged.get((receipt.partner, receipt.submission_id))
        if subject in begun:
            why = BROKEN_OFF
        elif stone is not None:
            continue
        else:
            why = _why(fate, fates, partnership, home, on, compared=subject in compared)
        if why:
            files, size = measured(folder)
            yield Item(
                "quarantined" if receipt.state == "quarantined" else "submission", subject, why, receipt.dataset, fate.state,
                receipt.manifest.rows_received if receipt.manifest else 0, files, size, submission_hold(home, partnership, receipt),
            )  # fmt: skip


def submission_hold(home: Path, partnership: Partnership, receipt: Receipt) -> str:
    """Return the hold on a submission; empty also where its key is gone already, because then nothing is left to be held."""
    gone = receipt.state != "quarantined" and not keys_of(home, receipt.partner, receipt.submission_id)
    return "" if gone else partnership.held(receipt.partner, receipt.dataset, receipt.submission_id)


def place_of(home: Path, receipt: Receipt) -> Path:
    """Return where a submission lies."""
    return home / QUARANTINE / receipt.partner / receipt.submission_id if receipt.state == "quarantined" else landed_folder(home, receipt.partner, receipt.submission_id)


def _why(fate: Fate, fates: Sequence[Fate], partnership: Partnership, home: Path, on: date, *, compared: bool) -> str:
    """Return why a submission is due on a day; empty where it is not."""
    receipt, schedule = fate.receipt, partnership.retention
    if receipt.state == "quarantined" or receipt.manifest is None:
        late = _is_past(receipt.received_at.date(), schedule.quarantine, on)
        return f"in quarantine since {receipt.received_at:%Y-%m-%d}, kept for {schedule.quarantine:,} days" if late else ""
    days, taken = schedule.days(receipt.dataset), receipt.manifest.as_of
    if _is_past(taken, days, on):
        return f"taken on {taken}, kept for {days:,} days"
    since = None if compared else _unused_since(fate, fates, partnership, home)
    if since is not None and _is_past(since, schedule.unused, on):
        return f"{fate.state} since {since}, kept for {schedule.unused:,} days"
    return ""


def _is_past(since: date, days: int, on: date) -> bool:
    return since + timedelta(days=days) < on


def _unused_since(fate: Fate, fates: Sequence[Fate], partnership: Partnership, home: Path) -> date | None:
    """Return the day from which no run uses a submission any more; None where one may, or where nothing says the day."""
    receipt = fate.receipt
    if fate.state == "duplicate":
        return receipt.received_at.date()
    if fate.state == "superseded":
        return min(other.receipt.received_at.date() for other in fates if other.state != HELD and _replaces(other.receipt, receipt))
    if fate.state == "not agreed":
        ends = [a.expires for a in partnership.agreement if receipt.partner in a.partners and receipt.dataset in a.datasets]
        ended = max((end for end in ends if end is not None), default=None) if None not in ends else None
        return _removed_on(home, receipt.partner) or ended
    if fate.state == "other exercise" and receipt.manifest and receipt.manifest.encoding:
        return load_exercise(home, receipt.manifest.encoding.agreement).made_at.date()
    return None


def _replaces(later: Receipt, earlier: Receipt) -> bool:
    if later.state != "accepted" or later.manifest is None or earlier.manifest is None or later.sequence <= earlier.sequence:
        return False
    same = (later.partner, later.dataset) == (earlier.partner, earlier.dataset)
    return same and (later.manifest.period == earlier.manifest.period or later.manifest.supersedes == earlier.submission_id)


def protected_runs(home: Path) -> set[str]:
    """Return the runs that stay whatever their age: the one CURRENT names, and the newest that was finished."""
    pointer = home / PUBLISHED / CURRENT
    current = {pointer.read_text(encoding="utf-8").strip()} if pointer.is_file() else set()
    finished = [note for path in (home / RUNS).glob("*/run.json") if (note := closing_note(path.parent))]
    newest = max(finished, key=lambda note: (note["as_of"], note["finished_at"]), default=None)
    return current | ({str(newest["run_id"])} if newest else set())


def closing_note(folder: Path) -> dict[str, Any] | None:
    """Return a run's closing note; None where it has none that can be read."""
    try:
        note = json.loads((folder / "run.json").read_bytes())
        return note if note.keys() >= {"run_id", "as_of", "finished_at", "inputs", "conservation"} else None
    except (FileNotFoundError, ValueError, AttributeError):
        return None


def _runs(home: Path, partnership: Partnership, on: date) -> Iterator[Item]:
    stay, days = protected_runs(home), partnership.retention.runs
    for name in sorted({path.name for place in (RUNS, PUBLISHED) for path in _folders(home / place)}):
        night = _night(name)
        if name.startswith(PARTIAL) or name in stay or night is None or not _is_past(night, days, on):
            continue
        note = closing_note(home / RUNS / name)
        sizes = [measured(home / place / name) for place in (RUNS, PUBLISHED)]
        yield Item(
            "run", name, f"of the night of {night}, kept for {days:,} days", rows=_rows_in(note), files=sum(files for files, _ in sizes),
            bytes=sum(size for _, size in sizes), held=run_hold(home, partnership, name),
        )  # fmt: skip


def _rows_in(note: Mapping[str, Any] | None) -> int:
    return sum(int(line["accepted"]) for line in note["conservation"]) if note else 0


def run_hold(home: Path, partnership: Partnership, name: str) -> str:
    """Return the hold on a run: one that covers a submission in it. Where nothing says what is in it, any hold is one."""
    note = closing_note(home / RUNS / name.removeprefix(PARTIAL))
    if note is None:
        return next((hold.id for hold in partnership.hold), "")
    return next((held for partner, dataset, submission, *_ in note["inputs"] if (held := partnership.held(partner, dataset, submission))), "")


def _night(run: str) -> date | None:
    try:
        return datetime.strptime(run[:10], "%Y-%m-%d").date()
    except ValueError:
        return None


def _leftovers(home: Path, partnership: Partnership) -> Iterator[Item]:
    """Yield what interruptions left behind, of arrivals, of runs and of earlier purges."""
    for top, depth in ((LANDING, "*/"), (QUARANTINE, "*/"), (RUNS, ""), (PUBLISHED, "")):
        for path in sorted(path for path in (home / top).glob(f"{depth}{PARTIAL}*") if path.is_dir()):
            name = path.name.removeprefix(PARTIAL)
            held = run_hold(home, partnership, name) if not depth else partnership.held(path.parent.name, name.partition("-")[0].upper(), name)
            files, size = measured(path)
            yield Item("leftover", path.relative_to(home).as_posix(), "left behind by an interruption", files=files, bytes=size, held=held)


def _folders(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def measured(folder: Path) -> tuple[int, int]:
    """Return how many files are in a folder, and their bytes; none where there is no folder."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return len(sizes), sum(sizes)
