"""Make the night visible, all of it or nothing: the workbench, the partners' folders, then one pointer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from matchers.explanation import evidence_lines
from matchers.sql import LOCKED
from pipeline.store.files import MANIFEST, PARTIAL, fsync_folder, make_folder, storage_errors, write_atomic, write_new
from pipeline.store.tables import parquet_bytes, row_digest
from pipeline.version import tool_version
from schemas.errors import IntegrityError
from schemas.partnership import Partnership
from schemas.records import COVERAGE, SUPPRESSED
from schemas.relations import Assembled, Linked
from schemas.rule import Rule
from schemas.views import EVIDENCE_LINE, PARTNER_TABLE, RULE_TABLE, RUN, TABLES, VIEWS

CURRENT = "CURRENT"
WORKBENCH = "workbench.duckdb"
STORAGE = "v1.5.0"  # investigators upgrade later than we do; DuckDB 1.5 opens it


def publish(
    home: Path, partnership: Partnership, assembled: Assembled, linked: Linked, exceptions: pl.DataFrame, *,
    rules: Sequence[Rule], outcomes: pl.DataFrame, run_id: str, as_of: date, notes: Sequence[str] = (), covered: pl.DataFrame | None = None,
    hand_out: Callable[[], None] = lambda: None,
) -> Path:
    """Publish a run and return its folder. Doing it again with the same content changes nothing; a reader sees the old run or the new one.

    Args:
        home: the unit's home.
        outcomes: shape `OUTCOME`.
        run_id: names the run; one name is one content.
        notes: what the run had to say.
        covered: shape `COVERAGE`.
        hand_out: brings the partners their reports; it comes when the run stands, and before CURRENT names it.

    Raises:
        IntegrityError: this name was published before with another content.
        StorageError: no room, or no right to write; CURRENT still names the run before.
    """
    folder = home / "published" / run_id
    runs = _runs(home, assembled, linked, exceptions, run_id=run_id, as_of=as_of, notes=notes)
    tables = workbench_tables(partnership, assembled, linked, exceptions, rules, outcomes, runs, covered)
    content = {"run_id": run_id, "as_of": as_of.isoformat(), "tool_version": tool_version(), "exceptions": row_digest(exceptions)}
    if not _stands(folder, content):
        part = _fresh(folder)
        write_workbench(part / WORKBENCH, tables)
        write_new(part / "runs.parquet", parquet_bytes(runs))
        write_new(part / MANIFEST, _json({"format": 1, **content}))
        _into_place(part, folder)
    hand_out()
    write_atomic(home / "published" / CURRENT, f"{run_id}\n".encode())
    return folder


def _stands(folder: Path, content: Mapping[str, object]) -> bool:
    """Return whether the folder was published before with this content; IntegrityError with another one."""
    with storage_errors(folder):
        try:
            before = json.loads((folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            return False
        except ValueError:
            before = {}
    if {name: before.get(name) for name in content} == dict(content):
        return True
    raise IntegrityError(
        "this run was published before with another content, and a published run never changes", file=str(folder),
        mend="keep the folder for the audit, move it aside, and run again",
    )


def _fresh(folder: Path) -> Path:
    part = folder.with_name(f"{PARTIAL}{folder.name}")
    with storage_errors(part):
        shutil.rmtree(part, ignore_errors=True)  # what an interrupted run left
    make_folder(part)
    return part


def _into_place(part: Path, folder: Path) -> None:
    with storage_errors(folder):
        fsync_folder(part)
        os.rename(part, folder)
        fsync_folder(folder.parent)


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _runs(
    home: Path, assembled: Assembled, linked: Linked, exceptions: pl.DataFrame, *, run_id: str, as_of: date, notes: Sequence[str]
) -> pl.DataFrame:
    """Return the runs published so far and this one, shape `RUN`."""
    status = dict(exceptions.group_by("status").len().iter_rows())
    rows = {name: int(assembled.submissions.get_column(name).sum()) for name in ("rows_received", "rows_accepted", "rows_rejected", "rows_superseded")}
    this = pl.DataFrame(
        [{
            "run_id": run_id, "as_of": as_of, "tool_version": tool_version(), "records": assembled.records.height, "links": linked.links.height,
            "exceptions_new": status.get("new", 0), "exceptions_continuing": status.get("continuing", 0),
            "exceptions_suppressed": status.get(SUPPRESSED, 0), **rows, "notes": "\n".join(notes),
        }],
        schema=RUN.schema,
    )  # fmt: skip
    current = home / "published" / CURRENT
    earlier = home / "published" / current.read_text(encoding="utf-8").strip() / "runs.parquet" if current.exists() else None
    before = pl.read_parquet(earlier, glob=False).filter(pl.col("run_id") != run_id) if earlier and earlier.exists() else RUN.empty()
    return RUN.conform(pl.concat([RUN.conform(before), this]))


def workbench_tables(
    partnership: Partnership, assembled: Assembled, linked: Linked, exceptions: pl.DataFrame, rules: Sequence[Rule], outcomes: pl.DataFrame, runs: pl.DataFrame,
    covered: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """Return the tables below the workbench's views, by the names of `schemas.views.TABLES`, each in its shape."""
    frames = {
        "exception": exceptions, "evidence_line": evidence_lines(exceptions, linked.evidence).select(*EVIDENCE_LINE.columns),
        "link": linked.links, "cluster_member": linked.clusters, "record": assembled.records, "rule": _rule_table(rules),
        "partner": _partner_table(partnership), "submission": assembled.submissions, "outcome": outcomes, "run": runs,
        "coverage": COVERAGE.empty() if covered is None else covered,
        # a line may have one problem in two delivered files of one name; the workbench lists it once
        "reject": assembled.rejects.unique(list(TABLES["reject"].key), maintain_order=True),
    }
    return {name: shape.conform(frames[name]) for name, shape in TABLES.items()}


def _rule_table(rules: Sequence[Rule]) -> pl.DataFrame:
    rows = [
        (
            rule.key, rule.id, rule.version, rule.title, rule.plain, rule.left, rule.right, rule.entity, rule.scope, rule.minimum_tier,
            rule.grace_days, rule.when.strip(), "\n".join(f"{s.code}: {s.because}" for s in rule.suppressor), rule.value.code, rule.nfi_alias,
        )
        for rule in rules
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RULE_TABLE.schema, orient="row")


def _partner_table(partnership: Partnership) -> pl.DataFrame:
    rows = [(p.id, p.name, p.gss, p.kind, " ".join(p.datasets)) for p in partnership.partner]
    return pl.DataFrame(rows, schema=PARTNER_TABLE.schema, orient="row")


def write_workbench(path: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write the tables and the documented views over them into a new DuckDB file."""
    place, folder = (str(one).replace("'", "''") for one in (path, path.parent))
    with storage_errors(path), duckdb.connect(config=LOCKED) as con:
        con.execute(f"set allowed_directories = ['{folder}']")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        con.execute(f"attach '{place}' as workbench (storage_version '{STORAGE}')")
        con.execute("create schema workbench.data")
        con.execute("use workbench")
        for name, shape in TABLES.items():
            con.register("incoming", tables[name])
            columns = ", ".join(f'"{column}"' for column in shape.columns)
            con.execute(f"create table data.{name} as select {columns} from incoming")
            con.unregister("incoming")
        for view in VIEWS.values():
            con.execute(view.sql)
            for comment in view.comments:
                con.execute(comment)
        con.execute("checkpoint workbench")
        con.execute("use memory")
        con.execute("detach workbench")
    with storage_errors(path), path.open("rb+") as file:
        os.fsync(file.fileno())
