"""Stored runs, checked again: their own tables, what was published of them, and the pointer to the newest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from matchers.sql import LOCKED
from pipeline.retention import CURRENT, PUBLISHED, RUNS, closing_note
from pipeline.store.files import MANIFEST, PARTIAL, sha256_file
from pipeline.store.tables import row_digest

TABLES = ("records", "submissions", "rejects", "links", "evidence", "clusters", "exceptions", "coverage")
WORKBENCH, HISTORY = "workbench.duckdb", "runs.parquet"
LOST = "restore the folder from the backup; a later night does not need it, an auditor may"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was stored: what, where in the unit's home, and what to do."""

    what: str
    place: str
    mend: str


def run_findings(home: Path) -> tuple[int, list[Finding]]:
    """Return how many runs are kept, and all that is wrong with them."""
    runs = {path.name for place in (RUNS, PUBLISHED) for path in (home / place).glob("*") if path.is_dir()}
    found: list[Finding] = []
    for name in sorted(runs):
        if name.startswith(PARTIAL):
            found += [
                Finding("an interruption left a part of a run behind", f"{place}/{name}", "remove it with: counterfoil purge --confirm")
                for place in (RUNS, PUBLISHED) if (home / place / name).exists()
            ]  # fmt: skip
        else:
            found += _of_one(home, name)
    found += _pointer(home)
    return sum(not name.startswith(PARTIAL) for name in runs), found


def _of_one(home: Path, name: str) -> Iterator[Finding]:
    own, published = home / RUNS / name, home / PUBLISHED / name
    if closing_note(own) is None:
        yield Finding("a run has no closing note", f"{RUNS}/{name}", "if that night was broken off, run it again; otherwise restore the folder from the backup")
        return
    for table in TABLES:
        try:
            pl.read_parquet(own / f"{table}.parquet", glob=False)
        except (OSError, pl.exceptions.PolarsError):
            yield Finding("a table of a run is missing or damaged", f"{RUNS}/{name}/{table}.parquet", LOST)
    yield from _stages(home, own)
    if not published.is_dir():
        yield Finding("a run that was finished is not published any more", f"{PUBLISHED}/{name}", LOST)
        return
    wanted = _manifest(published)
    if wanted is None:
        yield Finding("the manifest of a published run is missing or damaged", f"{PUBLISHED}/{name}/{MANIFEST}", LOST)
    elif wanted != (name, _digest_of(own)):
        yield Finding("the exceptions of a run are not those that were published", f"{RUNS}/{name}/exceptions.parquet", LOST)
    if wanted is not None and wanted[1] != _digest_in(published / WORKBENCH):
        yield Finding("the workbench of a run is missing, or does not hold what was published", f"{PUBLISHED}/{name}/{WORKBENCH}", LOST)
    if not (published / HISTORY).is_file():
        yield Finding("the list of runs is missing", f"{PUBLISHED}/{name}/{HISTORY}", LOST)


def _stages(home: Path, folder: Path) -> Iterator[Finding]:
    """Yield tables whose bytes are not those that the stage which made them noted."""
    for path in sorted(folder.glob("*.stage.json")):
        try:
            noted: dict[str, str] = dict(json.loads(path.read_bytes())["files"])
        except (ValueError, KeyError, TypeError):
            yield Finding("the note of a stage is damaged", path.relative_to(home).as_posix(), LOST)
            continue
        for name, digest in sorted(noted.items()):
            if (folder / name).is_file() and sha256_file(folder / name) != digest:
                yield Finding("a table of a run is not as its stage left it", (folder / name).relative_to(home).as_posix(), LOST)


def _manifest(folder: Path) -> tuple[str, str] | None:
    """Return the run and the digest of its exceptions that a published folder names; None where it names none."""
    try:
        said: Any = json.loads((folder / MANIFEST).read_bytes())
        return str(said["run_id"]), str(said["exceptions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest_of(folder: Path) -> str:
    try:
        return row_digest(pl.read_parquet(folder / "exceptions.parquet", glob=False))
    except (OSError, pl.exceptions.PolarsError):
        return ""


def _digest_in(workbench: Path) -> str:
    """Return the digest of the exceptions in a workbench; nothing where it cannot be read."""
    try:
        with duckdb.connect(str(workbench), read_only=True, config={**LOCKED, "enable_external_access": "false"}) as con:
            return row_digest(con.sql("select * from data.exception").pl())
    except duckdb.Error:
        return ""


def _pointer(home: Path) -> Iterator[Finding]:
    pointer = home / PUBLISHED / CURRENT
    name = pointer.read_text(encoding="utf-8", errors="replace").strip() if pointer.is_file() else ""
    if pointer.is_file() and not (name and (home / PUBLISHED / name / WORKBENCH).is_file()):
        yield Finding("CURRENT names a run that is not there", f"{PUBLISHED}/{CURRENT}", "run the night again")
