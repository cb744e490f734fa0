"""Exceptions held against a truth that is small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from sample_data.score import judge, published_references, score
from sample_data.truth import DIFFICULTY, PLANTED

A, B = ("northmere", "CTX"), ("tarnlow", "CTX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four cases of CT03, half of them with a NINO, one of HT01, an innocent pair and a protected one."""
    cases = [
        ("CT03", "CT03-001", *A, "L1", *B, "R1", "Y", "", "", ""), ("CT03", "CT03-002", *A, "L2", *B, "R2", "Y", "", "", ""),
        ("CT03", "CT03-003", *A, "L3", *B, "R3", "N", "", "", ""), ("CT03", "CT03-004", *A, "L4", *B, "R4", "N", "", "", ""),
        ("HT01", "HT01-001", "northmere", "TEN", "T1", "westerfold", "TEN", "T2", "N", "", "", ""),
    ]  # fmt: skip
    innocent = [("twins", "CT03", *A, "L5", *B, "R5", "two people", "", ""), ("protected person", "CT03", *A, "L6", *B, "R6", "told nothing", "", "")]
    (tmp_path / "truth").mkdir()
    pl.DataFrame(cases, schema=list(PLANTED), orient="row").write_csv(tmp_path / "truth" / "planted.csv")
    pl.DataFrame(innocent, schema=list(DIFFICULTY), orient="row").write_csv(tmp_path / "truth" / "difficulty.csv")
    (tmp_path / "partnership.json").write_text(json.dumps({"as_of": "2026-11-01", "files": []}), encoding="utf-8")
    return tmp_path / "truth"


def exceptions(*rows: tuple[str, str, str, str, str]) -> pl.DataFrame:
    """Exceptions from (rule, left reference, right reference, band, status), between northmere and tarnlow."""
    made = [(rule, *A, left, *B, right, band, status) for rule, left, right, band, status in rows]
    names = ["rule", "partner_l", "dataset_l", "record_ref_l", "partner_r", "dataset_r", "record_ref_r", "band", "status"]
    return pl.DataFrame(made, schema=dict.fromkeys(names, pl.String), orient="row")


def test_recall_counts_cases_and_precision_counts_exceptions(folder: Path) -> None:
    found = exceptions(
        ("CT03", "L1", "R1", "top", "new"), ("CT03", "L2", "R2", "top", "continuing"), ("CT03", "L3", "R3", "middle", "new"),
        ("CT03", "L5", "R5", "top", "new"), ("CT03", "L9", "R9", "middle", "new"),
    )  # fmt: skip
    row = score(found, folder).row(0, named=True)
    assert row == {
        "rule": "CT03", "planted": 4, "found": 3, "issued": 5, "precision": 0.6, "precision_top": 0.6667, "recall": 0.75,
        "recall_both_nino": 1.0, "recall_without_nino": 0.5, "difficulty_issued": 1,
    }  # fmt: skip


def test_sides_may_have_changed_places(folder: Path) -> None:
    swapped = exceptions(("CT03", "L1", "R1", "top", "new")).rename(
        {f"{name}_{side}": f"{name}_{other}" for name in ("partner", "dataset", "record_ref") for side, other in ("lr", "rl")}
    )
    assert score(swapped, folder)["found"].to_list() == [1, 0]


def test_suppressed_exceptions_are_not_issued(folder: Path) -> None:
    row = score(exceptions(("CT03", "L1", "R1", "top", "suppressed")), folder).row(0, named=True)
    assert (row["found"], row["issued"], row["precision"]) == (0, 0, None)


def test_the_right_pair_under_another_rule_is_not_found(folder: Path) -> None:
    table = score(exceptions(("CT04", "L1", "R1", "top", "new")), folder)
    assert table.select("rule", "planted", "found", "issued").rows() == [("CT03", 4, 0, 0), ("CT04", 0, 0, 1), ("HT01", 1, 0, 0)]


def test_protected_people_count_neither_way(folder: Path) -> None:
    row = score(exceptions(("CT03", "L6", "R6", "top", "new"), ("CT03", "L1", "R1", "top", "new")), folder).row(0, named=True)
    assert (row["issued"], row["precision"], row["difficulty_issued"]) == (1, 1.0, 0)


def test_every_issued_exception_gets_a_verdict(folder: Path) -> None:
    found = exceptions(("CT03", "L1", "R1", "top", "new"), ("CT03", "L5", "R5", "top", "new"), ("CT03", "L1", "R2", "low", "new"))
    assert judge(found, folder)["verdict"].to_list() == ["planted", "twins", "unexplained"]


def test_published_lines_have_their_own_reference_and_their_suppliers(sample: Path) -> None:
    lines = published_references(sample)
    planted = pl.read_csv(sample / "truth" / "planted.csv", infer_schema=False).filter(pl.col("rule") == "PS01")
    assert planted.height >= 4
    for row in planted.iter_rows(named=True):
        left, right = (lines[row[f"partner_{s}"], row[f"record_ref_{s}"]] for s in "lr")
        whole_line = row["note"] == "the whole line twice"
        assert sorted(ref[0] for ref in left) == (["l", "l", "s", "s"] if whole_line else ["l", "s"])
        assert (set(left) == set(right)) == whole_line


def test_a_perfect_night_scores_one_everywhere(sample: Path) -> None:
    lines = published_references(sample)
    planted = pl.read_csv(sample / "truth" / "planted.csv", infer_schema=False).fill_null("")
    rows = []
    for case in planted.iter_rows(named=True):
        refs = {s: case[f"record_ref_{s}"] for s in "lr"}
        if case["dataset_l"] == "PSP":  # for PS02 the supplier's reference, for PS01 those of two lines
            found = {s: sorted(set(lines[case[f"partner_{s}"], refs[s]])) for s in "lr"}
            place = -1 if case["rule"] == "PS02" else 0
            refs = {"l": found["l"][place], "r": found["r"][place if found["l"][place] != found["r"][place] or case["rule"] == "PS02" else 1]}
        rows.append({**{k: case[k] for k in case if k[:-2] in ("partner", "dataset")}, "rule": case["rule"], "band": "top", "status": "new",
                     "record_ref_l": refs["l"], "record_ref_r": refs["r"]})  # fmt: skip
    table = score(pl.DataFrame(rows), sample / "truth")
    assert set(table["precision"]) == {1.0}
    assert set(table["recall"]) == {1.0}
