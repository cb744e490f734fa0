"""What makes one run the same as another, and what earlier runs issued."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.store.files import make_folder, write_atomic
from pipeline.version import tool_version
from schemas.partnership import Partnership
from schemas.records import EXCEPTION, RECORD_REFERENCE, reference
from schemas.relations import Assembled
from schemas.rule import Rule, ValueTable

_LIBRARIES = ("polars", "duckdb", "rapidfuzz", "recordlinkage")


def run_id(
    assembled: Assembled, partnership: Partnership, rules: Sequence[Rule], values: ValueTable, earlier: str, outcomes: pl.DataFrame, *, as_of: date,
    models: Sequence[str] = (),
) -> str:
    """Return the run's name: its night, and a digest of all that decides its result.

    `earlier` is the name of the run before it, `models` are the digests of the models it applies.

    Same submissions, settings, rules, run before and versions give the same name; so a run that is repeated finds itself done.
    """
    decisive = {
        "inputs": assembled.inputs,
        "states": assembled.submissions.select("submission_id", "partner", "state").rows(),
        "settings": partnership.model_dump(mode="json", exclude={"shared": True, "storage": True, "retention": True, "hold": True, "run": {"threads", "memory_gb"}}),
        "models": list(models),
        "rules": [rule.model_dump(mode="json") for rule in rules],
        "values": values.model_dump(mode="json"),
        "outcomes": outcomes.rows(),
        "earlier": earlier,
        "versions": {name: version(name) for name in _LIBRARIES} | {"counterfoil": tool_version()},
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()
    return f"{as_of.isoformat()}-{digest[:10]}"


def folder(home: Path, run: str) -> Path:
    """Return where the run's own tables are kept."""
    return home / "runs" / run


def close(home: Path, run: str, content: dict[str, Any]) -> None:
    """Write the run's closing note; a run without one does not exist."""
    make_folder(folder(home, run))
    write_atomic(folder(home, run) / "run.json", (json.dumps(content, indent=1, sort_keys=True, default=str) + "\n").encode())


def closed(home: Path, run: str) -> dict[str, Any] | None:
    """Return the closing note of a finished run, or None."""
    path = folder(home, run) / "run.json"
    return json.loads(path.read_bytes()) if path.is_file() else None


def newest(home: Path, *, as_of: date) -> str:
    """Return the name of the newest finished run of an earlier night, or nothing before the first.

    Of several runs of one night the last to finish counts. Runs of this same night are left out, so that repeating a
    night repeats its result.
    """
    notes = [json.loads(path.read_bytes()) for path in sorted((home / "runs").glob("*/run.json"))]
    earlier = [note for note in notes if note["as_of"] < as_of.isoformat()]
    return str(max(earlier, key=lambda note: (note["as_of"], note["finished_at"]))["run_id"]) if earlier else ""


def history(home: Path, run: str) -> pl.DataFrame:
    """Return the exceptions of an earlier run; none where there is no run."""
    return pl.read_parquet(folder(home, run) / "exceptions.parquet") if run else EXCEPTION.empty()


def clusters(home: Path, run: str) -> pl.DataFrame:
    """Return `entity, cluster_id, reference` of an earlier run's records; none where there is no run."""
    if not run:
        return pl.DataFrame(schema={"entity": pl.String, "cluster_id": pl.String, "reference": pl.String})
    members = pl.read_parquet(folder(home, run) / "clusters.parquet", columns=["entity", "cluster_id", "record"])
    records = pl.read_parquet(folder(home, run) / "records.parquet", columns=["record", *RECORD_REFERENCE])
    return members.join(records.select("record", reference()), on="record", how="inner").select("entity", "cluster_id", "reference")
