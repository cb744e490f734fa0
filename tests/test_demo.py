"""The demonstration at full size: what it promises, held against the truth it was made with."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from sample_data.demo import Demo, demo, issued_by
from sample_data.score import judge
from schemas.errors import ExitCode, UsageProblem
from schemas.rule import load_rules

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
RECALL_BOTH_NINO, RECALL_OTHERWISE = 0.95, 0.85
PRECISION_TOP, PRECISION = 0.80, 0.60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return demo(tmp_path_factory.mktemp("demo") / "demo")


def test_every_planted_rule_reaches_its_recall(made):
    low = made.table.filter((pl.col("recall_both_nino") < RECALL_BOTH_NINO) | (pl.col("recall_without_nino") < RECALL_OTHERWISE))
    assert low.select("rule", "recall_both_nino", "recall_without_nino").rows() == []
    assert made.table["planted"].min() >= 25


def test_what_is_issued_is_mostly_what_was_planted(made):
    low = made.table.filter((pl.col("precision") < PRECISION) | (pl.col("precision_top") < PRECISION_TOP))
    assert low.select("rule", "precision", "precision_top").rows() == []


def test_the_look_alikes_are_there_to_be_mistaken(made):
    difficulty = pl.read_csv(made.folder / "truth" / "difficulty.csv", infer_schema=False)
    assert difficulty["kind"].n_unique() >= 15
    assert difficulty.height >= 300


def test_names_alone_issue_nothing_in_any_rule(made):
    exceptions = issued_by(made.folder, made.folder, made.run)
    verdicts = judge(exceptions, made.folder / "truth")
    assert verdicts.filter(pl.col("verdict").str.contains("name-only")).height == 0
    people = exceptions.filter((pl.col("entity") == "person") & (pl.col("status") != "suppressed"))
    assert set(people["tier"]) <= {"T1", "T2", "T3"}


def test_rules_of_the_sample_are_the_rule_book(made):
    assert set(made.table["rule"]) == {rule.id for rule in load_rules()} - {"CR04"}


def test_the_readme_shows_this_table(made):
    shown = {m[1]: (int(m[2]), int(m[3]), int(m[4]), int(m[5]), m[6], m[7]) for m in re.finditer(r"^([A-Z]{2}\d\d)  .*?(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d\.\d\d)\s+(\d\.\d\d)$", README, re.M)}
    found = {r["rule"]: (r["planted"], r["found"], r["issued"], r["clear"], f"{r['precision']:.2f}", f"{r['recall']:.2f}") for r in made.table.iter_rows(named=True)}
    assert shown == found


def test_without_names_nearly_all_is_found_that_names_would_find(made):
    assert made.same >= 0.98 * made.of


def test_no_row_is_lost_and_nobody_is_late(made):
    balance = made.run.conservation
    assert (balance["received"] == balance["accepted"] + balance["rejected"] + balance["superseded"]).all()
    assert made.run.exit_code is ExitCode.OK


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageProblem, match="something else"):
        demo(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
