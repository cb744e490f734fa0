"""What tests of retention, verification and erasure share: a unit that took in and ran, and a search through all it stores."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from pipeline.audit import entries
from pipeline.intake import intake
from pipeline.key_files import load_unit_keys
from pipeline.sealing import opened
from schemas.audit import Verb
from schemas.errors import IntegrityError
from schemas.manifest import Receipt
from schemas.partnership import Partnership, Retention
from tests.conftest import Area


def take(area: Area, *, now: datetime) -> list[Receipt]:
    return intake(area.partnership, area.store, area.home, now=now)


def kept_for(area: Area, **days: Any) -> Partnership:
    """The partnership with another schedule."""
    return area.partnership.model_copy(update={"retention": Retention(**days)})


def erasures(home: Path) -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry in entries(home) if entry.verb is Verb.ERASURE]


def everything(home: Path, *elsewhere: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text in every store: raw bytes, tables, workbenches, and whatever any key in the home still opens."""
    keys = [load_unit_keys(home).receiving]
    keys += [X25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip())) for path in (home / "landing-keys").glob("*/*")]
    for path in sorted(one for folder in (home, *elsewhere) for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes()
        yield path, content.decode("latin-1")
        if path.suffix == ".duckdb":
            yield from ((path, text) for text in _in_workbench(path))
        contents = [content] if path.suffix == ".parquet" else []
        for key in keys if path.suffix == ".age" else ():
            with suppress(IntegrityError):
                contents.append(opened(content, key, file=path.name))
        yield from ((path, str(pl.read_parquet(io.BytesIO(one)).rows())) for one in contents)


def _in_workbench(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        for (name,) in con.sql("select table_name from duckdb_tables() where schema_name = 'data'").fetchall():
            yield str(con.sql(f"select * from data.{name}").fetchall())


def where(value: str, home: Path, *elsewhere: Path) -> set[str]:
    """The files that hold a value, from the home."""
    return {path.name for path, text in everything(home, *elsewhere) if value in text}


def backup(area: Area, folder: Path) -> Path:
    """A copy of the landing folder, as a backup would have it: without the keys."""
    return Path(shutil.copytree(area.home / "landing", folder))


def days_after(day: date, count: int) -> date:
    return date.fromordinal(day.toordinal() + count)
