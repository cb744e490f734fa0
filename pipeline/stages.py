"""Stages of a run that is broken off are not done twice: what a stage made is written, and a note of it last.

A stage without its note does not exist. The run's name stands for everything that decides its result, so what lies under that name
is what would be made again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.store.files import make_folder, sha256_file, storage_errors, write_atomic
from pipeline.store.tables import parquet_bytes
from schemas.errors import StorageError

ROOM = 6  # bytes that a night writes, at most, for each byte of tables that it reads
LEAST_ROOM = 100 * 1024**2


def finish(folder: Path, stage: str, tables: Mapping[str, pl.DataFrame], said: Mapping[str, Any] | None = None) -> None:
    """Write what a stage made into the run's folder, and its note last.

    Args:
        tables: name -> table, sorted on its key.
        said: what else it made, as JSON can hold it.
    """
    make_folder(folder)
    digests = {}
    for name, table in tables.items():
        content = parquet_bytes(table)
        write_atomic(folder / f"{name}.parquet", content)
        digests[f"{name}.parquet"] = hashlib.sha256(content).hexdigest()
    note = {"stage": stage, "files": digests, "said": dict(said or {})}
    write_atomic(_note(folder, stage), (json.dumps(note, sort_keys=True) + "\n").encode())


def finished(folder: Path, stage: str) -> dict[str, Any] | None:
    """Return what else a stage said, if it was finished and its files are as it left them; None where it is to be done."""
    try:
        note = json.loads(_note(folder, stage).read_bytes())
        whole = all(sha256_file(folder / name) == digest for name, digest in note["files"].items())
    except (FileNotFoundError, ValueError, KeyError):
        return None
    said: dict[str, Any] = note["said"]
    return said if whole else None


def table(folder: Path, name: str) -> pl.DataFrame:
    """Return a table that a finished stage left."""
    return pl.read_parquet(folder / f"{name}.parquet", glob=False)


def refuse_no_room(home: Path, reads: int) -> None:
    """Stop before a night that would run out of room on its way.

    Args:
        reads: bytes of the tables that it reads.

    Raises:
        StorageError: less is free than it may need.
    """
    needed = max(LEAST_ROOM, reads * ROOM)
    with storage_errors(home):
        free = shutil.disk_usage(home).free
    if free < needed:
        raise StorageError(
            "there may not be room enough for this run", file=str(home), found=f"{free // 1024**2:,} MB free, up to {needed // 1024**2:,} MB needed",
            mend="make room (counterfoil purge --dry-run shows what may go), then run the same command again",
        )


def _note(folder: Path, stage: str) -> Path:
    return folder / f"{stage}.stage.json"
