"""A submission on its way out: a folder of files with hashes, the manifest last, moved into place at once.

Until the folder has its own name and its manifest, there is no submission, and nobody reads it. A folder that has
them never changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.store.files import MANIFEST, PARTIAL, fsync_folder, is_link, make_folder, safe_name, storage_errors, write_new
from pipeline.store.tables import parquet_bytes, submission_digest
from schemas.errors import IntegrityError, StorageError
from schemas.manifest import ENCODINGS, FORMAT, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, ManifestFile
from schemas.partnership import PartnerHome
from schemas.records import REJECT
from schemas.relations import Checked, Outgoing


def seal(
    rows: Outgoing,
    checked: Checked,
    partner: PartnerHome,
    *,
    period: str,
    now: datetime,
    tool_version: str,
    supersedes: str = "",
    dry_run: bool = False,
) -> Manifest:
    """Write one submission into `inbox/<partner>/` of the shared area and return its manifest.

    The same rows sealed at the same second are the same submission: it is returned as it stands.

    Args:
        now: when the submission is made; with a time zone.
        dry_run: write everything, to see that it can be written, and leave nothing behind.

    Raises:
        IntegrityError: the id is taken by other content.
        StorageError: the shared area is missing, full or not writable.
    """
    files = _files(rows, checked)
    manifest = _manifest(rows, checked, partner, files, period=period, now=now, tool_version=tool_version, supersedes=supersedes)  # fmt: skip
    inbox = _own_inbox(partner)
    target = inbox / manifest.submission_id
    if target.exists() or is_link(target):
        return _same_or_refuse(target, manifest)
    partial = inbox / f"{PARTIAL}{manifest.submission_id}"
    try:
        _write(partial, files, manifest)
        if not dry_run and not _commit(partial, target):
            return _same_or_refuse(target, manifest)
    finally:
        if partial.exists():
            shutil.rmtree(partial, ignore_errors=True)
    return manifest


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is written: JSON, UTF-8, one key a line."""
    return (manifest.model_dump_json(indent=2) + "\n").encode()


def outgoing(content: bytes) -> bytes:
    """Return the bytes of one file as they leave. The one place where encryption to the unit goes; none is made yet."""
    return content


def _files(rows: Outgoing, checked: Checked) -> dict[str, tuple[bytes, int]]:
    tables = {
        "records.parquet": rows.records,
        "payload.parquet": rows.payload,
        "rejects.parquet": REJECT.conform(checked.rejects.unique()),
        **{name: table for name, table in ((ENCODINGS, rows.encodings), (HOUSEHOLDS, rows.households), (HOUSEHOLD_ROWS, rows.household_rows)) if table is not None},
    }
    return {name: (outgoing(parquet_bytes(frame)), frame.height) for name, frame in tables.items()}


def _manifest(
    rows: Outgoing,
    checked: Checked,
    partner: PartnerHome,
    files: Mapping[str, tuple[bytes, int]],
    *,
    period: str,
    now: datetime,
    tool_version: str,
    supersedes: str,
) -> Manifest:
    digest = submission_digest(rows.records, rows.payload, rows.encodings, rows.households, rows.household_rows)
    moment = now.astimezone(UTC).replace(microsecond=0)
    codes = checked.rejects.unique().group_by("code").len().sort("code")
    return Manifest.model_validate(
        {
            "format": FORMAT,
            "submission_id": f"{checked.contract.id.lower()}-{moment:%Y%m%dt%H%M%Sz}-{digest[:12]}",
            "partner": partner.id,
            "dataset": checked.contract.id,
            "spec_version": checked.contract.version,
            "period": period,
            "as_of": checked.as_of,
            "created_at": moment,
            "supersedes": supersedes,
            "tool_version": tool_version,
            "mapping_digest": checked.mapping_digest,
            "disclosure": "clear" if rows.note is None else "pseudonymised",
            "encoding": rows.note,
            "rows_received": checked.received,
            "rows_accepted": checked.accepted,
            "rows_rejected": checked.rejected,
            "rejects_by_code": dict(codes.iter_rows()),
            "row_digest": digest,
            "files": [
                ManifestFile(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), rows=count).model_dump()
                for name, (content, count) in files.items()
            ],
        }
    )


def _own_inbox(partner: PartnerHome) -> Path:
    if not partner.shared.is_dir():
        raise StorageError(
            "the shared folder is not there", file=str(partner.shared), mend="connect the shared drive, or correct shared in partner.toml"
        )
    inbox = partner.shared / "inbox" / safe_name(partner.id, what="partner")
    make_folder(inbox)
    return inbox


def _write(partial: Path, files: Mapping[str, tuple[bytes, int]], manifest: Manifest) -> None:
    with storage_errors(partial):
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir()
    for name, (content, _) in files.items():
        write_new(partial / name, content)
    write_new(partial / MANIFEST, manifest_bytes(manifest))
    with storage_errors(partial):
        fsync_folder(partial)


def _commit(partial: Path, target: Path) -> bool:
    """Give the folder its name; return False where another process took the name since we looked."""
    with storage_errors(target):
        try:
            os.rename(partial, target)
        except OSError:
            if target.exists():
                return False
            raise
        fsync_folder(target.parent)
    return True


def _same_or_refuse(target: Path, manifest: Manifest) -> Manifest:
    path = target / MANIFEST
    try:
        there = None if is_link(target) or is_link(path) else Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        there = None
    if there == manifest:
        return there
    raise IntegrityError(
        "a submission with this id exists and has other content", file=str(target), found="its manifest differs from the one just made",
        mend="nothing was overwritten; wait a second and submit again, and tell the unit if it happens twice",
    )
