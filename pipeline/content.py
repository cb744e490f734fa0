"""What is in a submission's tables: read from files that nobody trusts, and held against what the manifest says of them.

It runs in a process of its own (`pipeline.reader`), because a crafted file may bring a reader down.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from pipeline.encoded_intake import judge_encodings, judge_households
from pipeline.gate import only_from, open_table
from pipeline.store.files import MANIFEST
from pipeline.store.tables import submission_digest
from schemas.contract import Contract
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError
from schemas.manifest import ENCODINGS, FILE_NAMES, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, ManifestFile
from schemas.problems import PROBLEMS, Severity
from schemas.records import ENCODING, HOUSEHOLD, RECORD, REJECT, Shape, payload_shape


def shapes_of(contract: Contract) -> dict[str, Shape]:
    """Return the shape of every table that a submission of this dataset may have, by its file's name."""
    return {
        "records.parquet": RECORD, "payload.parquet": payload_shape(contract), "rejects.parquet": REJECT, ENCODINGS: ENCODING, HOUSEHOLDS: HOUSEHOLD,
        HOUSEHOLD_ROWS: payload_shape(contract),
    }  # fmt: skip


def judged_tables(folder: Path, manifest: Manifest) -> dict[str, pl.DataFrame]:
    """Return the tables in a folder, if they are what their manifest says.

    Raises:
        IntegrityError: a file is no Parquet of the shape agreed, or holds what it may not, or counts and digests do not fit.
    """
    contract = CONTRACTS[manifest.dataset]
    listed: dict[str, ManifestFile] = {f.name: f for f in manifest.files}
    tables = {name: open_table(folder / name, shape) for name, shape in shapes_of(contract).items() if name in listed}
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
