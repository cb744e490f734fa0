"""A report on its way to its partner: files sealed to it, then the signature, and the manifest last, as a submission in the other direction."""

from __future__ import annotations

import hashlib
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from pipeline.sealing import SEALED, SIGNATURE, canonical, sealed, signature
from pipeline.store.area import Area
from pipeline.store.fetched import read
from pipeline.store.files import MANIFEST, safe_name
from pipeline.store.tables import parquet_bytes
from schemas.errors import IntegrityError
from schemas.keys import Card, fingerprint
from schemas.manifest import FORMAT, ReportFile, ReportManifest
from schemas.relations import Report

MOST_MANIFEST_BYTES = 1024 * 1024
TABLE, LIST, PAGE = "exceptions.parquet", "exceptions.csv", "summary.md"


def deliver(area: Area, report: Report, card: Card, key: Ed25519PrivateKey, *, run_id: str, as_of: date) -> str:
    """Put one partner's report into its folder of the shared area, and return that folder's name.

    Doing it again with the same content changes nothing, whichever keys were in force then.

    Args:
        card: of the partner; nobody else can open what is sealed to it.
        key: the unit's signing key.

    Raises:
        IntegrityError: a report of this run stands there with another content.
    """
    folder = f"outbox/{safe_name(report.partner, what='partner')}/runs/{run_id}"
    files = {TABLE: parquet_bytes(report.table), LIST: report.csv, PAGE: report.summary.encode("utf-8")}
    content = hashlib.sha256("\n".join(hashlib.sha256(files[name]).hexdigest() for name in sorted(files)).encode()).hexdigest()
    if area.exists(f"{folder}/{MANIFEST}"):
        return _same_or_refuse(area, folder, content)
    listed = []
    for name, body in sorted(files.items()):
        hidden = sealed(body, card.receiving)
        area.put(f"{folder}/{name}{SEALED}", hidden)
        listed.append(ReportFile(name=name, bytes=len(hidden), sha256=hashlib.sha256(hidden).hexdigest()))
    manifest = ReportManifest(
        format=FORMAT, run_id=run_id, partner=report.partner, recipient=fingerprint(card.receiving), as_of=as_of, exceptions=report.table.height, content=content,
        files=tuple(listed),
    )  # fmt: skip
    document = canonical(manifest.model_dump(mode="json"))
    area.put(f"{folder}/{MANIFEST}{SIGNATURE}", signature(document, key))
    return folder if area.create(f"{folder}/{MANIFEST}", document) else _same_or_refuse(area, folder, content)


def _same_or_refuse(area: Area, folder: str, content: str) -> str:
    try:
        there = ReportManifest.model_validate_json(read(area, f"{folder}/{MANIFEST}", cap=MOST_MANIFEST_BYTES)).content
    except (IntegrityError, ValidationError):
        there = ""
    if there == content:
        return folder
    raise IntegrityError(
        "this run was published before with another content, and a published run never changes", file=f"{area.where}/{folder}",
        mend="keep the folder for the audit, move it aside, and run again",
    )
