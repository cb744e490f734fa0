"""Take what arrived: on our own copy, hash and signature first, opened and read last, and a signed receipt for every submission.

The shared area is read once, byte by byte, into our landing folder; whatever is judged, is judged there. A bad
submission goes to quarantine and stops nobody else.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipeline.arrivals import INBOX, complete, refuse_no_inbox
from pipeline.audit import append, head
from pipeline.encoded_intake import IDENTIFYING, judge_disclosure, rekeyed_tables
from pipeline.judge import Place, judge_agreed, judge_list, judge_turn, judge_writer, parse_manifest
from pipeline.key_files import UnitKeys, load_exercise, load_unit_keys
from pipeline.landing import LANDING, QUARANTINE, keep_tables, note_of
from pipeline.reader import READ_ANEW, Reader
from pipeline.receipts import hand_out, keep, load_receipts
from pipeline.sealing import MOST_SIGNATURE_BYTES, SEALED, SIGNATURE, opened
from pipeline.store.area import Area
from pipeline.store.files import MANIFEST, PARTIAL, fsync_folder, make_folder, storage_errors
from pipeline.store.tables import parquet_bytes
from pipeline.tombstones import load_tombstones
from schemas.audit import Verb
from schemas.errors import ConfigurationError, CounterfoilError, IntegrityError, StorageError
from schemas.keys import fingerprint
from schemas.manifest import FORMAT, Manifest, Receipt
from schemas.partnership import Partnership

MOST_MANIFEST_BYTES = 1024 * 1024
MOST_FILE_BYTES = 8 * 1024**3


@dataclass(frozen=True)
class _Arrival:
    """A submission as far as it was fetched: its folder of ours, and its manifest with signature, as bytes."""

    name: str
    copy: Path
    document: bytes
    signature: bytes
    turn: int  # the number that it says it has; not believed yet, only sorted by


def intake(partnership: Partnership, area: Area, home: Path, *, now: datetime) -> list[Receipt]:
    """Take every complete submission that has no receipt yet, and return the new receipts in order of arrival.

    Safe to repeat and to interrupt: a submission is decided when its receipt stands in the unit's home.

    Args:
        home: the unit's home, with `landing/`, `quarantine/` and `receipts/`.

    Raises:
        StorageError: the shared area is not there, or our own folders are full or not writable.
        ConfigurationError: the unit has no keys.
    """
    keys = load_unit_keys(home)
    refuse_no_inbox(area)
    receipts = load_receipts(home)
    partners = sorted(entry.id for entry in partnership.partner)
    new = []
    with Reader(memory_gb=partnership.run.memory_gb) as reader:
        for partner in partners:
            known = {r.submission_id for r in receipts if r.partner == partner}
            arrivals = [_fetched(area, partner, name, home) for name in complete(area, partner, known)]
            for arrival in sorted(arrivals, key=lambda one: one.turn):
                receipt = _logged(_take(arrival, area, partner, partnership, home, keys, receipts, reader, now=now), home, now=now)
                keep(receipt, home)
                receipts.append(receipt)
                new.append(receipt)
    hand_out([r for r in receipts if r.partner in partners], area, keys.signing)
    return new


def _logged(receipt: Receipt, home: Path, *, now: datetime) -> Receipt:
    """Write a decision into the audit log, and the log's head into its receipt, which leaves our hands."""
    append(
        home, verb=Verb.COLLECTION, action=f"submission {receipt.state}", subject=f"{receipt.partner}/{receipt.submission_id}", reason=receipt.reason or "received as agreed",
        now=now, detail={"rows": receipt.manifest.rows_received if receipt.manifest else 0},
    )  # fmt: skip
    return receipt.model_copy(update={"audit_head": head(home)})


def _fetched(area: Area, partner: str, name: str, home: Path) -> _Arrival:
    """Fetch manifest and signature of one submission into a new folder of ours; what cannot be fetched is empty, and judged so."""
    copy = home / LANDING / partner / f"{PARTIAL}{name}"
    with storage_errors(copy):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True, mode=0o700)
    found = {}
    for file, cap in ((MANIFEST, MOST_MANIFEST_BYTES), (f"{MANIFEST}{SIGNATURE}", MOST_SIGNATURE_BYTES)):
        with suppress(IntegrityError):
            area.fetch(f"{INBOX}/{partner}/{name}/{file}", copy / file, cap=cap)
            found[file] = (copy / file).read_bytes()
    document = found.get(MANIFEST, b"")
    try:
        turn = parse_manifest(document).sequence
    except IntegrityError:
        turn = 0
    return _Arrival(name, copy, document, found.get(f"{MANIFEST}{SIGNATURE}", b""), turn)


def _take(
    arrival: _Arrival, area: Area, partner: str, partnership: Partnership, home: Path, keys: UnitKeys, receipts: Sequence[Receipt], reader: Reader, *,
    now: datetime,
) -> Receipt:
    """Judge one submission on our copy and put it where it belongs."""
    place = Place(partner, arrival.name, home, fingerprint(keys.receiving.public_key().public_bytes_raw().hex()))
    manifest, reason, mend, notes = None, "", "", []
    try:
        said = parse_manifest(arrival.document)
        judge_writer(arrival.document, arrival.signature, said, place)
        manifest = said
        notes = judge_turn(manifest, receipts, now=now)
        judge_agreed(manifest, partnership, on=now.date())
        judge_disclosure(manifest, partnership, home, on=now.date())
        judge_list(manifest)
        _copy_files(area, f"{INBOX}/{partner}/{arrival.name}", arrival.copy, manifest, keys)
        _keep(arrival, manifest, reader.read(arrival.copy, manifest), home)
    except (StorageError, ConfigurationError):
        raise  # ours to mend; the submission stays where it is
    except CounterfoilError as error:
        reason, mend = _one_line(error), error.mend
    finally:
        _remove_opened(arrival.copy)
    twin = None if reason or not manifest else _in_force(manifest, receipts, home)
    state = "quarantined" if reason else "duplicate" if twin else "accepted"
    _put_away(arrival.copy, home / (QUARANTINE if reason else LANDING) / partner / arrival.name)
    return Receipt.model_validate(
        {
            "format": FORMAT, "submission_id": arrival.name, "partner": partner, "dataset": manifest.dataset if manifest else "",
            "state": state, "reason": reason or (f"the same rows as {twin}" if twin else ""), "mend": mend, "duplicate_of": twin or "",
            "sequence": max((r.sequence for r in receipts), default=0) + 1, "received_at": now, "manifest": manifest, "notes": notes,
        }
    )  # fmt: skip


def _one_line(error: CounterfoilError) -> str:
    found = f" ({error.found})" if error.found else ""
    return f"{error.file + ': ' if error.file else ''}{error.what}{found}"


def _copy_files(area: Area, folder: str, copy: Path, manifest: Manifest, keys: UnitKeys) -> None:
    """Fetch the files, hold them against their digests, and open them beside."""
    for listed in manifest.files:
        name = f"{listed.name}{SEALED}"
        size, digest = area.fetch(f"{folder}/{name}", copy / name, cap=min(listed.bytes, MOST_FILE_BYTES) + 1)
        if (size, digest) != (listed.bytes, listed.sha256):
            raise IntegrityError(
                "the bytes are not those the manifest lists", file=listed.name, found=f"{size:,} bytes, listed {listed.bytes:,}",
                mend="the file changed or was cut off on its way; submit again",
            )
    for listed in manifest.files:
        content = opened((copy / f"{listed.name}{SEALED}").read_bytes(), keys.receiving, file=listed.name)
        with storage_errors(copy):
            (copy / listed.name).write_bytes(content)


def _keep(arrival: _Arrival, manifest: Manifest, contents: dict[str, bytes], home: Path) -> None:
    """Seal the tables for ourselves, identity under the unit's own key, in the place of the files as they came."""
    exercise = ""
    if manifest.encoding is not None:
        card = load_exercise(home, manifest.encoding.agreement)
        tables = {name: pl.read_parquet(io.BytesIO(contents[name])) for name in IDENTIFYING if name in contents}
        exercise, contents = card.exercise, {**contents, **{name: parquet_bytes(table) for name, table in rekeyed_tables(tables, card, home).items()}}
    keep_tables(home, arrival.copy, manifest.partner, manifest.submission_id, contents, exercise=exercise)
    with storage_errors(arrival.copy):
        fsync_folder(arrival.copy)


def _in_force(manifest: Manifest, receipts: Sequence[Receipt], home: Path) -> str | None:
    """Return the submission that these rows repeat: the newest accepted one of the same partner, dataset and period.

    Only the newest counts. Rows that were sent, corrected and sent again as at first are news; so is what was destroyed here, or had
    rows erased from it.
    """
    same = [
        r for r in receipts
        if r.state == "accepted" and r.manifest
        and (r.partner, r.dataset, r.manifest.period) == (manifest.partner, manifest.dataset, manifest.period)
    ]  # fmt: skip
    last = same[-1] if same else None
    if last is None or last.manifest is None or last.manifest.row_digest != manifest.row_digest:
        return None
    gone = (last.partner, last.submission_id) in load_tombstones(home) or note_of(home, last.partner, last.submission_id).generation > 0
    return None if gone else last.submission_id


def _remove_opened(copy: Path) -> None:
    """Remove what was opened for judging; nothing of a submission lies unsealed."""
    with storage_errors(copy):
        for path in (*copy.glob("*.parquet"), *copy.glob(f"*.parquet{READ_ANEW}")):
            path.unlink()


def _put_away(copy: Path, target: Path) -> None:
    make_folder(target.parent)
    with storage_errors(target):
        if target.exists():  # copied before, but the machine stopped before the receipt was written
            shutil.rmtree(target)
        os.rename(copy, target)
        fsync_folder(target.parent)
