"""A submission on its way out: tables sealed to the unit, then the signature, and the manifest last.

Until the manifest stands there is no submission, and nobody reads it. What stands never changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from pipeline.sealing import SEALED, SIGNATURE, canonical, sealed, signature
from pipeline.sent import Sent, keep_sent, load_sent
from pipeline.store.area import Area
from pipeline.store.fetched import read
from pipeline.store.files import MANIFEST, safe_name
from pipeline.store.tables import parquet_bytes, submission_digest
from schemas.errors import CounterfoilError, IntegrityError
from schemas.keys import fingerprint
from schemas.manifest import ENCODINGS, FORMAT, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, ManifestFile
from schemas.partnership import PartnerHome
from schemas.records import REJECT
from schemas.relations import Checked, Outgoing

VALID = timedelta(days=30)  # the unit takes a submission no later; its night is the next one
MOST_MANIFEST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Parties:
    """Who seals and for whom.

    Attributes:
        home: the partner's, where it counts what it sent.
        reader: the unit's public receiving key, hex.
    """

    home: Path
    reader: str
    signing: Ed25519PrivateKey = field(repr=False)


def seal(
    rows: Outgoing, checked: Checked, partner: PartnerHome, area: Area, parties: Parties, *, period: str, now: datetime, tool_version: str,
    supersedes: str = "", dry_run: bool = False,
) -> Manifest:  # fmt: skip
    """Write one submission into `inbox/<partner>/` of the shared area and return its manifest.

    The same rows sealed at the same second are the same submission: it is returned as it stands.

    Args:
        now: when the submission is made; with a time zone.
        dry_run: write everything, to see that it can be written, and leave nothing behind.

    Raises:
        IntegrityError: the id is taken by other content.
        StorageError: the shared area is missing, full or not writable.
    """
    tables = _tables(rows, checked)
    digest = submission_digest(rows.records, rows.payload, rows.encodings, rows.households, rows.household_rows)
    moment = now.astimezone(UTC).replace(microsecond=0)
    folder = f"inbox/{safe_name(partner.id, what='partner')}/{checked.contract.id.lower()}-{moment:%Y%m%dt%H%M%Sz}-{digest[:12]}"
    if area.exists(f"{folder}/{MANIFEST}"):
        return _same_or_refuse(area, folder, digest)
    files = {f"{name}{SEALED}": sealed(content, parties.reader) for name, (content, _) in tables.items()}
    before = load_sent(parties.home)
    said = _said(rows, checked, partner, period=period, moment=moment, tool_version=tool_version, supersedes=supersedes)
    manifest = Manifest.model_validate({
        **said, "submission_id": folder.rpartition("/")[2], "row_digest": digest, "sequence": before.sequence + 1, "previous": before.manifest,
        "recipient": fingerprint(parties.reader), "signer": fingerprint(parties.signing.public_key().public_bytes_raw().hex()), "expires_at": moment + VALID,
        "files": [_listed(name, files[f"{name}{SEALED}"], count) for name, (_, count) in tables.items()],
    })  # fmt: skip
    document = manifest_bytes(manifest)
    files[f"{MANIFEST}{SIGNATURE}"] = signature(document, parties.signing)
    return _sent(area, folder, files, manifest, document, before, parties, dry_run=dry_run)


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is written and signed."""
    return canonical(manifest.model_dump(mode="json"))


def _tables(rows: Outgoing, checked: Checked) -> dict[str, tuple[bytes, int]]:
    tables = {
        "records.parquet": rows.records,
        "payload.parquet": rows.payload,
        "rejects.parquet": REJECT.conform(checked.rejects.unique()),
        **{name: table for name, table in ((ENCODINGS, rows.encodings), (HOUSEHOLDS, rows.households), (HOUSEHOLD_ROWS, rows.household_rows)) if table is not None},
    }
    return {name: (parquet_bytes(frame), frame.height) for name, frame in tables.items()}


def _listed(name: str, content: bytes, rows: int) -> dict[str, object]:
    return ManifestFile.model_validate({"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}).model_dump()


def _said(
    rows: Outgoing, checked: Checked, partner: PartnerHome, *, period: str, moment: datetime, tool_version: str, supersedes: str
) -> dict[str, object]:
    codes = checked.rejects.unique().group_by("code").len().sort("code")
    return {
        "format": FORMAT,
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
    }


def _sent(
    area: Area, folder: str, files: Mapping[str, bytes], manifest: Manifest, document: bytes, before: Sent, parties: Parties, *, dry_run: bool
) -> Manifest:
    """Upload the files, and then the manifest; its number is taken first, so that no two submissions ever share one."""
    try:
        for name, content in files.items():
            area.put(f"{folder}/{name}", content)
        if dry_run:
            _tidy(area, folder, files)
            return manifest
        keep_sent(parties.home, Sent(sequence=manifest.sequence, manifest=hashlib.sha256(document).hexdigest()))
        if area.create(f"{folder}/{MANIFEST}", document):
            return manifest
    except CounterfoilError:
        keep_sent(parties.home, before)
        raise
    return _same_or_refuse(area, folder, manifest.row_digest)


def _tidy(area: Area, folder: str, files: Mapping[str, bytes]) -> None:
    for name in files:
        area.remove(f"{folder}/{name}")


def _same_or_refuse(area: Area, folder: str, digest: str) -> Manifest:
    try:
        there = Manifest.model_validate_json(read(area, f"{folder}/{MANIFEST}", cap=MOST_MANIFEST_BYTES))
    except (IntegrityError, ValidationError):
        there = None
    if there is not None and there.row_digest == digest:
        return there
    raise IntegrityError(
        "a submission with this id exists and has other content", file=f"{area.where}/{folder}", found="its manifest differs from the one just made",
        mend="nothing was overwritten; wait a second and submit again, and tell the unit if it happens twice",
    )
