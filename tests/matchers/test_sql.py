"""A query sees the tables it is handed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from matchers.sql import connection, query

TOWNS = pl.DataFrame({"town": ["NORTHMERE", "EASTHOLT", None], "n": [1, 2, 3]})


def test_a_query_reads_the_tables_it_is_handed() -> None:
    assert query("select town from towns where n < 3 order by town", towns=TOWNS).rows() == [("EASTHOLT",), ("NORTHMERE",)]


def test_values_travel_as_parameters() -> None:
    assert query("select n from towns where town = ?", ["EASTHOLT"], towns=TOWNS).rows() == [(2,)]
    assert query("select n from towns where town = ?", ["' or true --"], towns=TOWNS).rows() == []


def test_a_stray_variable_is_no_table() -> None:
    stray = TOWNS
    assert stray.height
    with pytest.raises(duckdb.CatalogException, match="stray"):
        query("select * from stray", towns=TOWNS)


def test_a_file_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(duckdb.PermissionException):
        query(f"select * from read_csv('{(tmp_path / 'a.csv').as_posix()}')", towns=TOWNS)
    with pytest.raises(duckdb.PermissionException), connection({"towns": TOWNS}) as con:
        con.execute(f"copy towns to '{(tmp_path / 'b.csv').as_posix()}'")
    assert not (tmp_path / "b.csv").exists()


def test_the_lock_on_files_cannot_be_taken_off_again() -> None:
    with connection({}) as con, pytest.raises(duckdb.Error, match="(?i)lock"):
        con.execute("set enable_external_access = true")


def test_types_come_back_as_they_went_in() -> None:
    frame = pl.DataFrame(
        {"i": [1, None], "d": [None, "2026-11-01"], "f": [True, None]}, schema={"i": pl.Int64, "d": pl.String, "f": pl.Boolean}
    ).with_columns(pl.col("d").str.to_date())
    out = query("select i, d, f from t order by i nulls last", t=frame)
    assert out.schema == frame.schema
    assert out.rows() == frame.rows()


def test_a_connection_is_closed_when_the_block_ends() -> None:
    with connection({"towns": TOWNS}) as con:
        pass
    with pytest.raises(duckdb.ConnectionException):
        con.execute("select 1")


def test_settings_of_threads_and_memory_reach_the_engine() -> None:
    with connection({}, threads=1, memory_gb=1) as con:
        assert con.sql("select current_setting('threads')").fetchall() == [(1,)]
        assert con.sql("select current_setting('memory_limit')").fetchall()[0][0].startswith("953")  # 1 GB in MiB
