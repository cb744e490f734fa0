"""What a partner's own program could do, had it none of our checks: change what lies in the inbox, and seal and sign it rightly."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.key_files import load_partner_keys, load_unit_keys
from pipeline.landing import note_of, table_bytes
from pipeline.sealing import canonical, opened, sealed, signature
from pipeline.store.tables import parquet_bytes, submission_digest
from pipeline.trust import unit_card
from schemas.manifest import ENCODINGS, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest


def inbox(folder: Path, manifest: Manifest) -> Path:
    """Where a submission lies in the shared area beside these homes."""
    return folder / "shared" / "inbox" / manifest.partner / manifest.submission_id


def sent_table(folder: Path, manifest: Manifest, name: str) -> pl.DataFrame:
    """Return a table of a submission as it was sent, opened with the unit's key."""
    return pl.read_parquet(opened((inbox(folder, manifest) / f"{name}.age").read_bytes(), load_unit_keys(folder / "unit").receiving, file=name))


def kept_table(folder: Path, manifest: Manifest, name: str) -> pl.DataFrame:
    """Return a table of a submission as the unit keeps it."""
    home = folder / "unit"
    return pl.read_parquet(table_bytes(home, manifest.partner, manifest.submission_id, name, note_of(home, manifest.partner, manifest.submission_id)))


def resigned(folder: Path, manifest: Manifest, document: dict[str, Any]) -> None:
    """Write another manifest, signed by its partner."""
    place, content = inbox(folder, manifest), canonical(document)
    (place / "manifest.json").write_bytes(content)
    (place / "manifest.json.sig").write_bytes(signature(content, load_partner_keys(folder / manifest.partner).signing))


def said(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as it lies there."""
    document: dict[str, Any] = json.loads((inbox(folder, manifest) / "manifest.json").read_bytes())
    return document


def replaced(folder: Path, manifest: Manifest, name: str, frame: pl.DataFrame) -> None:
    """Put another table in the place of one, sealed to the unit, listed and signed."""
    content = sealed(parquet_bytes(frame), unit_card(folder / manifest.partner).receiving)
    (inbox(folder, manifest) / f"{name}.age").write_bytes(content)
    document = said(folder, manifest)
    for listed in document["files"]:
        if listed["name"] == name:
            listed |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "rows": frame.height}
    tables = {listed["name"]: sent_table(folder, manifest, listed["name"]) for listed in document["files"]}
    wanted = ("records.parquet", "payload.parquet", ENCODINGS, HOUSEHOLDS, HOUSEHOLD_ROWS)
    document["row_digest"] = submission_digest(*(tables.get(one) for one in wanted))  # type: ignore[arg-type]
    resigned(folder, manifest, document)
