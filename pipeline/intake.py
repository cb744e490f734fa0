"""Take what arrived: on our own copy, hash first and read later, and answer every submission with a receipt.

The shared area is read once, byte by byte, into our landing folder; whatever is judged, is judged there. A bad
submission goes to quarantine and stops nobody else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from pipeline.encoded_intake import judge_disclosure, judge_encodings, judge_households, rekey
from pipeline.gate import only_from, open_table
from pipeline.key_files import load_exercise
from pipeline.receipts import hand_out, keep, load_receipts
from pipeline.store.files import (
    MANIFEST,
    PARTIAL,
    Incomplete,
    copy_hashed,
    fsync_folder,
    is_link,
    is_plain_folder,
    is_safe_name,
    make_folder,
    storage_errors,
)
from pipeline.store.tables import submission_digest
from schemas.datasets import CONTRACTS
from schemas.errors import ConfigurationError, CounterfoilError, IntegrityError, StorageError
from schemas.manifest import ENCODINGS, FILE_NAMES, FORMAT, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, ManifestFile, Receipt
from schemas.partnership import Partnership
from schemas.problems import PROBLEMS, Severity
from schemas.records import ENCODING, HOUSEHOLD, RECORD, REJECT, payload_shape

MOST_MANIFEST_BYTES = 1024 * 1024
MOST_FILE_BYTES = 8 * 1024**3
MOST_ROWS = 1_000_000_000  # more than any council has of anything; a count above it is no count
LANDING, QUARANTINE = "landing", "quarantine"


def intake(partnership: Partnership, home: Path, *, now: datetime) -> list[Receipt]:
    """Take every complete submission that has no receipt yet, and return the new receipts in order of arrival.

    Safe to repeat and to interrupt: a submission is decided when its receipt stands in the unit's home.

    Args:
        partnership: with an absolute `shared`.
        home: the unit's home, with `landing/`, `quarantine/` and `receipts/`.

    Raises:
        StorageError: the shared area is not there, or our own folders are full or not writable.
    """
    _refuse_no_inbox(partnership.shared)
    receipts = load_receipts(home)
    known = {(r.partner, r.submission_id) for r in receipts}
    new = []
    for partner, folder in waiting(partnership, known):
        receipt = _take(folder, partner, partnership, home, receipts, now=now)
        keep(receipt, home)
        receipts.append(receipt)
        new.append(receipt)
    hand_out([r for r in receipts if r.partner in _ids(partnership)], partnership.shared)
    return new


def incomplete(partnership: Partnership, *, now: datetime) -> list[Incomplete]:
    """Return the uploads that were begun and have no manifest, with their age."""
    found = []
    for partner in sorted(_ids(partnership)):
        folders = {folder.name: folder for folder in _folders(partnership.shared / "inbox" / partner)}
        for name, folder in folders.items():
            own_name = name.removeprefix(PARTIAL)
            begun = is_safe_name(own_name) and (name != own_name or not (folder / MANIFEST).exists())
            if begun and (name == own_name or own_name not in folders):
                dataset = own_name.split("-")[0].upper()
                found.append(Incomplete(partner, own_name, dataset if dataset in CONTRACTS else "", _age_hours(folder, now)))
    return found


def refused(partnership: Partnership) -> list[str]:
    """Return a sentence for everything in the inbox that is nobody's or badly named, and was therefore not touched."""
    inbox = partnership.shared / "inbox"
    ids = _ids(partnership)
    found = [f"inbox/{ascii(entry.name[:60])[1:-1]}: no partner has this folder" for entry in _entries(inbox) if entry.name not in ids]
    for partner in sorted(ids):
        if is_link(inbox / partner):
            found.append(f"inbox/{partner}: is a link, and is not followed")
            continue
        for entry in _entries(inbox / partner):
            name = ascii(entry.name[:60])[1:-1]
            if is_link(entry):
                found.append(f"inbox/{partner}/{name}: is a link, and is not followed")
            elif is_plain_folder(entry) and not is_safe_name(entry.name.removeprefix(PARTIAL)):
                found.append(f"inbox/{partner}/{name}: the name is not allowed")
    return found


def _ids(partnership: Partnership) -> set[str]:
    return {entry.id for entry in partnership.partner}


def _refuse_no_inbox(shared: Path) -> None:
    if not (shared / "inbox").is_dir():
        raise StorageError("the shared area is not there", file=str(shared / "inbox"), mend="connect the shared drive, or correct shared in partnership.toml")


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError:
        return []


def _folders(folder: Path) -> list[Path]:
    return [] if is_link(folder) else [entry for entry in _entries(folder) if is_plain_folder(entry)]


def waiting(partnership: Partnership, known: set[tuple[str, str]]) -> Iterator[tuple[str, Path]]:
    """Yield each complete submission without a receipt: partners by name, submissions by their time and name."""
    for partner in sorted(_ids(partnership)):
        folders = [f for f in _folders(partnership.shared / "inbox" / partner) if is_safe_name(f.name) and (partner, f.name) not in known]
        complete = [folder for folder in folders if os.path.lexists(folder / MANIFEST)]
        for folder in sorted(complete, key=lambda f: (f.name.partition("-")[2], f.name)):
            yield partner, folder


def _age_hours(folder: Path, now: datetime) -> int:
    times = []
    for path in (folder, *_entries(folder)):
        with suppress(OSError):  # an upload in progress may rename its files while we look
            times.append(path.lstat().st_mtime)
    last = datetime.fromtimestamp(max(times), UTC) if times else now
    return max(0, int((now - last).total_seconds() // 3600))


def _take(folder: Path, partner: str, partnership: Partnership, home: Path, receipts: list[Receipt], *, now: datetime) -> Receipt:
    """Copy one submission, judge the copy and put it where it belongs."""
    copy = home / LANDING / partner / f"{PARTIAL}{folder.name}"
    with storage_errors(copy):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True)
    manifest, reason, mend = None, "", ""
    try:
        manifest = _copy_manifest(folder, copy)
        _judge_sender(manifest, folder.name, partner, partnership, on=now.date())
        judge_disclosure(manifest, partnership, home, on=now.date())
        _copy_files(folder, copy, manifest)
        tables = _judge_content(copy, manifest)
        if manifest.encoding is not None:
            rekey(copy, tables, load_exercise(home, manifest.encoding.agreement), home)
    except (StorageError, ConfigurationError):
        raise  # ours to mend; the submission stays where it is
    except CounterfoilError as error:
        reason, mend = _one_line(error), error.mend
    twin = None if reason or not manifest else _in_force(manifest, receipts)
    state = "quarantined" if reason else "duplicate" if twin else "accepted"
    _put_away(copy, home / (QUARANTINE if reason else LANDING) / partner / folder.name)
    return Receipt.model_validate(
        {
            "format": FORMAT, "submission_id": folder.name, "partner": partner, "dataset": manifest.dataset if manifest else "",
            "state": state, "reason": reason or (f"the same rows as {twin}" if twin else ""), "mend": mend, "duplicate_of": twin or "",
            "sequence": max((r.sequence for r in receipts), default=0) + 1, "received_at": now, "manifest": manifest,
        }
    )  # fmt: skip


def _one_line(error: CounterfoilError) -> str:
    found = f" ({error.found})" if error.found else ""
    return f"{error.file + ': ' if error.file else ''}{error.what}{found}"


def _copy_manifest(folder: Path, copy: Path) -> Manifest:
    copy_hashed(folder / MANIFEST, copy / MANIFEST, cap=MOST_MANIFEST_BYTES)
    try:
        manifest = Manifest.model_validate_json((copy / MANIFEST).read_bytes())
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False, include_url=False)})
        raise IntegrityError(
            "the manifest is not one we can read", file=MANIFEST, found=f"at {', '.join(ascii(p[:40])[1:-1] for p in places[:5])}",
            mend="update Counterfoil to the version the unit runs, and submit again",
        ) from None
    counts = (manifest.rows_received, manifest.rows_accepted, manifest.rows_rejected, *manifest.rejects_by_code.values(),
              *(f.rows for f in manifest.files))  # fmt: skip
    if any(not 0 <= count <= MOST_ROWS for count in counts):
        raise IntegrityError("the manifest counts more rows than there can be", file=MANIFEST, mend="submit again")
    return manifest


def _judge_sender(manifest: Manifest, submission_id: str, partner: str, partnership: Partnership, *, on: date) -> None:
    if (manifest.submission_id, manifest.partner) != (submission_id, partner):
        raise IntegrityError("the manifest belongs to another folder", file=MANIFEST, mend="submit again; a submission cannot be copied or renamed")
    contract = CONTRACTS.get(manifest.dataset)
    if contract is None:
        raise IntegrityError("the manifest names a dataset that nobody knows", file=MANIFEST, mend=f"known are {', '.join(CONTRACTS)}")
    if manifest.dataset not in partnership.find(partner).datasets or not partnership.agreed(partner, manifest.dataset, on=on):
        raise IntegrityError(f"no agreement lets {partner} send {manifest.dataset}", file=MANIFEST, mend="ask the unit to add it to the agreement")
    if manifest.spec_version.split(".")[0] != contract.version.split(".")[0]:
        raise IntegrityError(
            f"the submission was made for another version of {contract.id}", file=MANIFEST,
            found=f"version {ascii(manifest.spec_version[:20])[1:-1]}, the unit has {contract.version}", mend="update Counterfoil, and submit again",
        )
    if contract.history == (manifest.period == "current"):
        raise IntegrityError(f"{contract.id} is sent {'by period' if contract.history else 'as a snapshot'}", file=MANIFEST, mend="submit again")


def _copy_files(folder: Path, copy: Path, manifest: Manifest) -> None:
    note = manifest.encoding
    wanted = (*FILE_NAMES, *([ENCODINGS] if note else []), *([HOUSEHOLDS, HOUSEHOLD_ROWS] if note and note.at_home is not None else []))
    if sorted(f.name for f in manifest.files) != sorted(wanted):
        raise IntegrityError("the manifest does not list the files of a submission", file=MANIFEST, found=f"wanted are {', '.join(wanted)}", mend="submit again")
    for listed in manifest.files:
        size, digest = copy_hashed(folder / listed.name, copy / listed.name, cap=min(listed.bytes, MOST_FILE_BYTES) + 1)
        if (size, digest) != (listed.bytes, listed.sha256):
            raise IntegrityError(
                "the bytes are not those the manifest lists", file=listed.name, found=f"{size:,} bytes, listed {listed.bytes:,}",
                mend="the file changed or was cut off on its way; submit again",
            )
    with storage_errors(copy):
        fsync_folder(copy)


def _judge_content(copy: Path, manifest: Manifest) -> dict[str, pl.DataFrame]:
    contract = CONTRACTS[manifest.dataset]
    listed: dict[str, ManifestFile] = {f.name: f for f in manifest.files}
    shapes = {
        "records.parquet": RECORD, "payload.parquet": payload_shape(contract), "rejects.parquet": REJECT, ENCODINGS: ENCODING, HOUSEHOLDS: HOUSEHOLD,
        HOUSEHOLD_ROWS: payload_shape(contract),
    }  # fmt: skip
    tables = {name: open_table(copy / name, shape) for name, shape in shapes.items() if name in listed}
    for name, frame in tables.items():
        if frame.height != listed[name].rows:
            raise _wrong_count(f"{name} holds {frame.height:,} rows, the manifest lists {listed[name].rows:,}")
    records, payload, rejects = (tables[name] for name in FILE_NAMES)
    if manifest.rows_received != manifest.rows_accepted + manifest.rows_rejected or payload.height != manifest.rows_accepted:
        raise _wrong_count(
            f"received {manifest.rows_received:,}, accepted {manifest.rows_accepted:,}, rejected {manifest.rows_rejected:,}, "
            f"rows sent {payload.height:,}"
        )
    if dict(rejects.group_by("code").len().iter_rows()) != manifest.rejects_by_code:
        raise _wrong_count("the rejects by code are others than the manifest's")
    own: dict[str, Collection[str]] = {"partner": (manifest.partner,), "dataset": (manifest.dataset,)}
    parties = {name for party in contract.parties for name in (party.name, f"{party.name} 2")}
    only_from(records, file="records.parquet", allowed={**own, "party": parties, "kind": {str(p.kind) for p in contract.parties}})
    only_from(payload, file="payload.parquet", allowed=own)
    only_from(rejects, file="rejects.parquet", allowed={"code": PROBLEMS, "severity": {str(s) for s in Severity}})
    if manifest.encoding is not None:
        judge_encodings(records, tables[ENCODINGS], manifest.encoding.profile)
    if HOUSEHOLDS in tables and manifest.encoding is not None:
        judge_households(tables, manifest.encoding.profile)
        only_from(tables[HOUSEHOLDS], file=HOUSEHOLDS, allowed={"party": parties})
        only_from(tables[HOUSEHOLD_ROWS], file=HOUSEHOLD_ROWS, allowed=own)
    if submission_digest(records, payload, *(tables.get(name) for name in (ENCODINGS, HOUSEHOLDS, HOUSEHOLD_ROWS))) != manifest.row_digest:
        raise IntegrityError("the rows are not those the manifest was made for", mend="submit again")
    return tables


def _wrong_count(found: str) -> IntegrityError:
    return IntegrityError("the counts do not add up", file=MANIFEST, found=found, mend="submit again")


def _in_force(manifest: Manifest, receipts: list[Receipt]) -> str | None:
    """Return the submission that these rows repeat: the newest accepted one of the same partner, dataset and period.

    Only the newest counts. Rows that were sent, corrected and sent again as at first are news.
    """
    same = [
        r for r in receipts
        if r.state == "accepted" and r.manifest
        and (r.partner, r.dataset, r.manifest.period) == (manifest.partner, manifest.dataset, manifest.period)
    ]  # fmt: skip
    last = same[-1] if same else None
    return last.submission_id if last and last.manifest and last.manifest.row_digest == manifest.row_digest else None


def _put_away(copy: Path, target: Path) -> None:
    make_folder(target.parent)
    with storage_errors(target):
        if target.exists():  # copied before, but the machine stopped before the receipt was written
            shutil.rmtree(target)
        os.rename(copy, target)
        fsync_folder(target.parent)
