"""What the unit holds under a partner's references, for whoever asks about one person; and erasing it.

The unit knows references and nobody's name. Which references stand for a person, the partner finds in its own crosswalk
(`counterfoil subject tokens`), and hands them over; where records travel in clear, they are the partner's own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipeline.audit import append
from pipeline.content import shapes_of
from pipeline.destruction import destroy_key, keys_of
from pipeline.landing import keep_tables, key_path, landed_folder, note_of, table_bytes
from pipeline.lock import one_at_a_time
from pipeline.receipts import load_receipts
from pipeline.retention import RUNS, subject_of
from pipeline.sealing import SIGNATURE
from pipeline.store.files import MANIFEST, fsync_folder, storage_errors
from pipeline.store.tables import parquet_bytes, submission_digest
from pipeline.tombstones import load_tombstones
from schemas.audit import Verb
from schemas.datasets import CONTRACTS
from schemas.errors import unknown_name
from schemas.manifest import ENCODINGS, FILE_NAMES, HOUSEHOLD_ROWS, HOUSEHOLDS, MANIFEST_KEPT, Kept, Receipt
from schemas.partnership import Partnership

BEGUN, COMPLETED = "erasure of rows begun", "rows erased"
HELD = pl.Schema({"dataset": pl.String(), "submission_id": pl.String(), "held_in": pl.String(), "record_ref": pl.String(), "columns": pl.String()})
VALUES = pl.Schema({**{name: dtype for name, dtype in HELD.items() if name != "columns"}, "column": pl.String(), "value": pl.String()})
RESTING = pl.Schema({"run_id": pl.String(), "exception_id": pl.String(), "rule": pl.String(), "status": pl.String()})


@dataclass(frozen=True)
class Found:
    """What is held under some references, without a value.

    Attributes:
        held: shape `HELD`, a row of a stored table each; `columns` names those that are not empty.
        exceptions: shape `RESTING`, exceptions of stored runs with one of the references on either side.
        runs: stored runs whose records hold one of them.
        not_searched: submissions of this partner in quarantine, which nobody read.
    """

    held: pl.DataFrame
    exceptions: pl.DataFrame
    runs: tuple[str, ...]
    not_searched: int


@dataclass(frozen=True)
class Erased:
    """What was erased: (submission, rows of its tables) each; `held` names what a hold kept: (submission, hold)."""

    submissions: tuple[tuple[str, int], ...]
    held: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]


def find(home: Path, partner: str, record_refs: Sequence[str], *, now: datetime, reason: str) -> Found:
    """Return what the unit holds under a partner's references; that somebody asked is in the audit log, the references are not.

    Raises:
        UsageProblem: the partner never sent anything.
        IntegrityError: a submission cannot be read; `verify` says more.
    """
    rows = [
        (receipt.dataset, receipt.submission_id, name, row["record_ref"], " ".join(column for column, value in row.items() if value is not None))
        for receipt, name, frame in _matching(home, partner, record_refs) for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    runs, exceptions = _in_runs(home, partner, record_refs)
    refused = sum(r.state == "quarantined" for r in load_receipts(home) if r.partner == partner)
    _log_look(home, partner, len(record_refs), len(rows), "references looked up", now=now, reason=reason)
    return Found(pl.DataFrame(rows, schema=HELD, orient="row"), exceptions, runs, refused - _destroyed(home, partner))


def values(home: Path, partner: str, record_refs: Sequence[str], *, now: datetime, reason: str) -> pl.DataFrame:
    """Return every value that is held under a partner's references, shape `VALUES`; bytes of encodings in hex."""
    rows = [
        (receipt.dataset, receipt.submission_id, name, row["record_ref"], column, value.hex() if isinstance(value, bytes) else str(value))
        for receipt, name, frame in _matching(home, partner, record_refs)
        for row in frame.iter_rows(named=True) for column, value in row.items() if value is not None and column != "record_ref"
    ]  # fmt: skip
    _log_look(home, partner, len(record_refs), len(rows), "values handed out", now=now, reason=reason)
    return pl.DataFrame(rows, schema=VALUES, orient="row")


def erase(home: Path, partnership: Partnership, partner: str, record_refs: Sequence[str], *, now: datetime, reason: str) -> Erased:
    """Erase what is held under a partner's references from every submission: what is left gets a new key, and the old one is destroyed.

    Safe to repeat and to interrupt. The next run is without them; runs that stand hold them until they are purged, and are named.

    Raises:
        LockHeld: a run is under way.
    """
    done, held = [], []
    with one_at_a_time(home, "run", now=now):
        for receipt in _stored(home, partner):
            tidied = _destroy_other_generations(home, receipt)
            count = sum(frame.height for _, _, frame in _matching_in(home, receipt, record_refs))
            hold = partnership.held(partner, receipt.dataset, receipt.submission_id) if count else ""
            if hold:
                held.append((receipt.submission_id, hold))
            elif count:
                _log_erasure(home, receipt, BEGUN, count, now=now, reason=reason)
                _rewrite(home, receipt, record_refs)
                done.append((receipt.submission_id, count))
            if tidied or (count and not hold):
                _log_erasure(home, receipt, COMPLETED, count, now=now, reason=reason)
        return Erased(tuple(done), tuple(held), _in_runs(home, partner, record_refs)[0])


def _stored(home: Path, partner: str) -> list[Receipt]:
    receipts, purged = load_receipts(home), load_tombstones(home)
    if partner not in {r.partner for r in receipts}:
        raise unknown_name("partner with submissions here", partner, {r.partner for r in receipts})
    return [r for r in receipts if r.partner == partner and r.state != "quarantined" and (partner, r.submission_id) not in purged]


def _destroyed(home: Path, partner: str) -> int:
    return sum(stone.state == "quarantined" for (own, _), stone in load_tombstones(home).items() if own == partner)


def _matching(home: Path, partner: str, record_refs: Sequence[str]) -> Iterator[tuple[Receipt, str, pl.DataFrame]]:
    for receipt in _stored(home, partner):
        yield from _matching_in(home, receipt, record_refs)


def _matching_in(home: Path, receipt: Receipt, record_refs: Sequence[str]) -> Iterator[tuple[Receipt, str, pl.DataFrame]]:
    for name, frame in _tables(home, receipt).items():
        rows = frame.filter(_names(frame, record_refs))
        if rows.height:
            yield receipt, name, rows


def _tables(home: Path, receipt: Receipt) -> dict[str, pl.DataFrame]:
    assert receipt.manifest is not None
    known, shapes = note_of(home, receipt.partner, receipt.submission_id), shapes_of(CONTRACTS[receipt.dataset])
    return {
        listed.name: shapes[listed.name].conform(pl.read_parquet(io.BytesIO(table_bytes(home, receipt.partner, receipt.submission_id, listed.name, known))))
        for listed in receipt.manifest.files
    }  # fmt: skip


def _names(frame: pl.DataFrame, record_refs: Sequence[str]) -> pl.Expr:
    """Return whether a row stands under one of the references, or belongs to a party that does."""
    columns = [name for name in ("record_ref", "party_ref") if name in frame.columns]
    return pl.any_horizontal(pl.lit(False), *(pl.col(name).is_in(list(record_refs)).fill_null(False) for name in columns))


def _rewrite(home: Path, receipt: Receipt, record_refs: Sequence[str]) -> None:
    """Write the tables without these rows under a new key, the note of them last; then destroy the old key."""
    known = note_of(home, receipt.partner, receipt.submission_id)
    tables = {name: frame.filter(~_names(frame, record_refs)) for name, frame in _tables(home, receipt).items()}
    records, payload, _ = (tables[name] for name in FILE_NAMES)
    digest = submission_digest(records, payload, *(tables.get(name) for name in (ENCODINGS, HOUSEHOLDS, HOUSEHOLD_ROWS)))
    folder = landed_folder(home, receipt.partner, receipt.submission_id)
    keep_tables(
        home, folder, receipt.partner, receipt.submission_id, {name: parquet_bytes(table) for name, table in tables.items()}, exercise=known.exercise,
        generation=known.generation + 1, rows={name: table.height for name, table in tables.items()}, row_digest=digest,
    )  # fmt: skip
    _destroy_other_generations(home, receipt)


def _destroy_other_generations(home: Path, receipt: Receipt) -> bool:
    """Destroy keys and files that the note of a submission does not name; return whether there were any."""
    known: Kept = note_of(home, receipt.partner, receipt.submission_id)
    folder = landed_folder(home, receipt.partner, receipt.submission_id)
    own = key_path(home, receipt.partner, receipt.submission_id, known.generation)
    keys = [key for key in keys_of(home, receipt.partner, receipt.submission_id) if key != own]
    files = [path for path in folder.iterdir() if path.name not in {*known.files, MANIFEST, f"{MANIFEST}{SIGNATURE}", MANIFEST_KEPT}]
    for key in keys:
        destroy_key(key)
    with storage_errors(folder):
        for path in files:
            path.unlink()
        fsync_folder(folder)
    return bool(keys or files)


def _in_runs(home: Path, partner: str, record_refs: Sequence[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Return which stored runs hold one of the references, and their exceptions that rest on it."""
    runs, found = [], [RESTING.to_frame()]
    for path in sorted((home / RUNS).glob("*/records.parquet")):
        records = pl.read_parquet(path, columns=["partner", "record_ref"], glob=False)
        if records.filter(pl.col("partner") == partner, pl.col("record_ref").is_in(list(record_refs))).height:
            runs.append(path.parent.name)
    for path in sorted((home / RUNS).glob("*/exceptions.parquet")):
        either = pl.any_horizontal(*((pl.col(f"partner_{side}") == partner) & pl.col(f"record_ref_{side}").is_in(list(record_refs)) for side in ("l", "r")))
        exceptions = pl.read_parquet(path, glob=False).filter(either.fill_null(False))
        found.append(exceptions.select(pl.lit(path.parent.name).alias("run_id"), "exception_id", "rule", "status"))
    return tuple(runs), pl.concat(found)


def _log_look(home: Path, partner: str, references: int, found: int, action: str, *, now: datetime, reason: str) -> None:
    verb = Verb.DISCLOSURE if action == "values handed out" else Verb.CONSULTATION
    append(home, verb=verb, action=action, subject=partner, reason=reason, now=now, detail={"references": references, "found": found})


def _log_erasure(home: Path, receipt: Receipt, action: str, rows: int, *, now: datetime, reason: str) -> None:
    detail: Mapping[str, str | int] = {"rows": rows, "dataset": receipt.dataset}
    append(home, verb=Verb.ERASURE, action=action, subject=subject_of(receipt), reason=reason, now=now, detail=detail)
