"""Rejects as people get them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.rejects import rejects_csv, write_rejects
from schemas.records import REJECT
from schemas.relations import Received
from tests.conftest import checked_for, delivery


def rejects(file: str) -> pl.DataFrame:
    return pl.DataFrame([(file, 3, "dob", "date-unreadable", "must fix")], schema=REJECT.schema, orient="row")


def test_a_reject_says_where_what_and_how_to_mend_it() -> None:
    content = rejects_csv(rejects("a.csv"))
    assert content.startswith(b"\xef\xbb\xbffile,line,column,code,severity,what,mend\r\n")
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (row["file"], row["line"], row["column"], row["code"], row["severity"]) == ("a.csv", "3", "dob", "date-unreadable", "must fix")
    assert row["what"] == "the value is not a date in the declared form"
    assert row["mend"].startswith("use YYYY-MM-DD")


@pytest.mark.parametrize("text", ["=1+1.csv", "+1", "-1", "@x", "\tx"])
def test_a_file_s_name_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(rejects_csv(rejects(text)).decode("utf-8-sig"), newline=""))
    assert row["file"] == f"'{text}"


def test_each_file_has_its_list_and_a_mended_file_loses_the_old_one(tmp_path: Path) -> None:
    files = tuple(Received(name, pl.DataFrame(), REJECT.empty(), 1, 1, "", "utf-8", "") for name in ("a.csv", "b.csv"))
    base = checked_for(delivery("northmere", "TAX", ["R1"]), "TAX")
    first = replace(base, files=files, rejects=rejects("a.csv"))
    assert write_rejects(first, tmp_path) == [tmp_path / "rejects" / "a.csv.rejects.csv"]
    second = replace(base, files=files, rejects=rejects("b.csv"))
    assert write_rejects(second, tmp_path) == [tmp_path / "rejects" / "b.csv.rejects.csv"]
    assert [p.name for p in (tmp_path / "rejects").iterdir()] == ["b.csv.rejects.csv"]


def test_a_file_with_a_very_long_name_has_its_list_too(tmp_path: Path) -> None:
    """Fault F47."""
    name = "é" * 120 + ".csv"
    base = checked_for(delivery("northmere", "TAX", ["R1"]), "TAX")
    checked = replace(base, files=(Received(name, pl.DataFrame(), REJECT.empty(), 1, 1, "", "utf-8", ""),), rejects=rejects(name))
    (path,) = write_rejects(checked, tmp_path)
    assert path.exists()
