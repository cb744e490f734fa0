"""A run is published whole or not at all, and never changes afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.publish import publish
from schemas.errors import IntegrityError, StorageError
from schemas.partnership import Agreement, PartnerEntry, Partnership
from schemas.records import OUTCOME
from schemas.rule import load_rules
from schemas.views import TABLES, VIEWS

NIGHT = date(2026, 11, 1)
NAMES = ("northmere", "southmere")


@pytest.fixture
def partnership(tmp_path):
    entries = tuple(PartnerEntry(id=name, name=name.title(), gss=f"E0799990{n}", datasets=("TEN", "CRS")) for n, name in enumerate(NAMES))
    agreement = Agreement(id="both", partners=NAMES, datasets=("TEN", "CRS"), legal_basis="invented")
    return Partnership(name="Two", shared=str(tmp_path / "shared"), partner=entries, agreement=(agreement,), as_of={})


@pytest.fixture
def night(two_tenancies, partnership, tmp_path):
    """Return what publishes the scene, with changes if there are any."""

    def _publish(run_id: str = "2026-11-01-aaaa", exceptions: pl.DataFrame | None = None, hand_out: Callable[[], None] = lambda: None) -> Path:
        assembled, linked = two_tenancies.tables()
        found = two_tenancies.flag("HT01") if exceptions is None else exceptions
        return publish(
            tmp_path / "unit", partnership, assembled, linked, found, rules=load_rules(), outcomes=OUTCOME.empty(), run_id=run_id, as_of=NIGHT,
            notes=["one thing", "another"], hand_out=hand_out,
        )  # fmt: skip

    return _publish


def test_nothing_half_done_is_left_lying_about(night, tmp_path):
    night()
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".partial-") or path.suffix in (".tmp", ".wal")]


def test_publishing_again_changes_no_byte(night, tmp_path):
    night()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    night()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_one_name_with_another_content_is_refused_and_what_was_published_stands(night, two_tenancies, tmp_path):
    done = night()
    before = (done / "workbench.duckdb").read_bytes()
    with pytest.raises(IntegrityError, match="published before with another content"):
        night(exceptions=two_tenancies.flag("HT01").clear())
    assert (done / "workbench.duckdb").read_bytes() == before


def test_a_run_that_breaks_off_leaves_the_run_before_in_force(night, tmp_path):
    def full():
        raise StorageError("there is no room left to write")

    night()
    with pytest.raises(StorageError):
        night("2026-11-02-bbbb", hand_out=full)
    assert (tmp_path / "unit" / "published" / "CURRENT").read_text() == "2026-11-01-aaaa\n"
    night("2026-11-02-bbbb")
    assert (tmp_path / "unit" / "published" / "CURRENT").read_text() == "2026-11-02-bbbb\n"


def test_partners_hear_of_a_run_before_anybody_reads_it(night, tmp_path):
    """Fault F55."""
    current = tmp_path / "unit" / "published" / "CURRENT"
    night(hand_out=lambda: tmp_path.joinpath("seen").write_text(str(current.exists())))
    assert tmp_path.joinpath("seen").read_text() == "False"
    assert current.exists()


def test_what_an_interrupted_run_left_is_swept_away(night, tmp_path):
    left = tmp_path / "unit" / "published" / ".partial-2026-11-01-aaaa"
    left.mkdir(parents=True)
    (left / "workbench.duckdb").write_bytes(b"half")
    night()
    assert not left.exists()


def test_the_runs_before_are_remembered(night):
    night()
    done = night("2026-11-02-bbbb")
    with duckdb.connect(str(done / "workbench.duckdb"), read_only=True) as con:
        assert con.sql("select run_id, exceptions_new, notes from runs order by run_id").fetchall() == [
            ("2026-11-01-aaaa", 1, "one thing\nanother"), ("2026-11-02-bbbb", 1, "one thing\nanother"),
        ]  # fmt: skip


def test_every_view_and_every_column_is_described(night):
    done = night()
    with duckdb.connect(str(done / "workbench.duckdb"), read_only=True) as con:
        views = dict(con.sql("select view_name, comment from duckdb_views() where not internal").fetchall())
        columns = con.sql("select table_name, column_name, comment from duckdb_columns() where schema_name = 'main' and not internal").fetchall()
    assert set(views) == set(VIEWS) == {
        "exceptions", "evidence", "links", "clusters", "records", "rules", "partners", "submissions", "rejects", "outcomes", "runs", "coverage",
    }  # fmt: skip
    assert all(views.values())
    assert {(view, column) for view, column, _ in columns} == {(view.name, column) for view in VIEWS.values() for column in view.columns}
    assert [(view, column) for view, column, comment in columns if not comment] == []


def test_the_workbench_is_in_the_older_storage_format(night):
    done = night()
    with duckdb.connect() as con:
        con.execute(f"attach '{done / 'workbench.duckdb'}' as w (read_only)")
        [(tags,)] = con.sql("select tags from duckdb_databases() where database_name = 'w'").fetchall()
    assert tags["storage_version"].startswith("v1.5")


def test_the_workbench_holds_nothing_that_is_only_compared(new_scene, partnership, tmp_path):
    scene = new_scene()
    hidden = {"phone": "HIDDEN1", "email": "HIDDEN2", "account": "HIDDEN3", "passport_number": "HIDDEN4", "previous_account": "HIDDEN5"}
    one = scene.row("northmere", "CRS", "C1", name="HOLLIN", name_as_sent="Hollin", status="LIVE", creditor_type="TRADE", creditor_ref="1", **hidden)
    other = scene.row("southmere", "CRS", "C2", name="QUARRY", name_as_sent="Quarry", status="LIVE", creditor_type="TRADE", creditor_ref="2", **hidden)
    scene.link(one, other, entity="account", tier="T5", said={"account": ("exact", 0)})
    assembled, linked = scene.tables()
    done = publish(
        tmp_path / "unit", partnership, assembled, linked, scene.flag(), rules=load_rules(), outcomes=OUTCOME.empty(), run_id="r", as_of=NIGHT,
    )  # fmt: skip
    with duckdb.connect(str(done / "workbench.duckdb"), read_only=True) as con:
        for name in TABLES:
            assert "HIDDEN" not in str(con.sql(f"select * from data.{name}").fetchall())
        assert con.sql("select count(*) from exceptions").fetchall() == [(1,)]
