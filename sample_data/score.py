"""Exceptions held against the truth: of what was planted, how much was found, and of what was issued, how much was planted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import polars as pl

from pipeline.check import check
from pipeline.mapping import load_all
from pipeline.normalise import normalise
from schemas.datasets import contract

Reference = tuple[str, str, str]  # partner, dataset, record_ref
Pair = tuple[str, Reference, Reference]  # rule and both sides, the smaller first
Lines = dict[tuple[str, str], list[str]]  # (partner, line:N) -> references under which the line came out
PROTECTED = "protected person"
_SIDE = ("partner", "dataset", "record_ref")


def score(exceptions: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Return one row per rule: how much of what was planted was found, and how much of what was issued was planted.

    An exception on a protected person is a true one that only one council may see, so it counts neither way.

    Args:
        exceptions: at least `rule`, `partner_l`, `dataset_l`, `record_ref_l`, the same of the right side, `band`
            and `status`; sides may have changed places, and suppressed ones are not issued.
        truth: the sample's folder `truth`; the extracts lie beside it.

    Returns:
        `rule, planted, found, issued, precision, precision_top, recall, recall_both_nino, recall_without_nino,
        difficulty_issued`, sorted by rule. A share of nothing is null. Precision is of exceptions, recall of cases.
    """
    verdicts, cases = judge(exceptions, truth), planted_cases(exceptions, truth)
    counted = verdicts.filter(pl.col("verdict") != PROTECTED)
    hit, top = pl.col("verdict") == "planted", pl.col("band") == "top"
    issued = counted.group_by("rule").agg(
        issued=pl.len(), precision=hit.mean(), precision_top=hit.filter(top).mean(),
        difficulty_issued=(~pl.col("verdict").is_in(["planted", "unexplained"])).sum(),
    )  # fmt: skip
    both = pl.col("both_nino") == "Y"
    found = cases.group_by("rule").agg(
        planted=pl.len(), found=pl.col("found").sum(), recall=pl.col("found").mean(),
        recall_both_nino=pl.col("found").filter(both).mean(), recall_without_nino=pl.col("found").filter(~both).mean(),
    )  # fmt: skip
    table = found.join(issued, on="rule", how="full", coalesce=True)
    counts = ("planted", "found", "issued", "difficulty_issued")
    shares = ("precision", "precision_top", "recall", "recall_both_nino", "recall_without_nino")
    table = table.with_columns(*(pl.col(name).fill_null(0).cast(pl.Int64) for name in counts), *(pl.col(name).round(4) for name in shares))
    return table.select("rule", "planted", "found", "issued", *shares, "difficulty_issued").sort("rule")


def judge(exceptions: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Return the issued exceptions with a `verdict`: planted, the kind of the innocent look-alike, or unexplained."""
    lines = published_references(truth.parent)
    known = {pair: row["kind"] for row, pair in _pairs(truth / "difficulty.csv", lines)}
    known |= {pair: "planted" for _, pair in _pairs(truth / "planted.csv", lines)}
    issued = exceptions.filter(pl.col("status") != "suppressed")
    verdicts = [known.get(_pair_of(row), "unexplained") for row in issued.iter_rows(named=True)]
    return issued.with_columns(pl.Series("verdict", verdicts, pl.String))


def planted_cases(exceptions: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Return planted.csv with a column `found`: whether an issued exception shows the case."""
    issued = {_pair_of(row) for row in exceptions.filter(pl.col("status") != "suppressed").iter_rows(named=True)}
    found = {row["case"] for row, pair in _pairs(truth / "planted.csv", published_references(truth.parent)) if pair in issued}
    return _read(truth / "planted.csv").with_columns(pl.col("case").is_in(sorted(found)).alias("found"))


def _pairs(file: Path, lines: Lines) -> Iterator[tuple[dict[str, str], Pair]]:
    """Return every row of the file with each pair of references that would show it.

    A published line stands for two: its own, and that of the supplier it names.
    """
    for row in _read(file).iter_rows(named=True):
        left, right = ([(row[f"partner_{s}"], row[f"dataset_{s}"], ref) for ref in _refs(row, s, lines)] for s in "lr")
        for one, other in product(left, right):
            yield row, _pair(row["rule"], one, other)


def _refs(row: dict[str, str], side: str, lines: Lines) -> list[str]:
    ref = row[f"record_ref_{side}"]
    return lines.get((row[f"partner_{side}"], ref), []) if row[f"dataset_{side}"] == "PSP" else [ref]


def published_references(sample: Path) -> Lines:
    """Return (partner, `line:N`) -> references under which that published line, and its supplier, come out of the check.

    Lines that are equal in everything have each other's references too, because nobody can tell them apart.
    """
    told = json.loads((sample / "partnership.json").read_text(encoding="utf-8"))
    found: Lines = {}
    for entry in told["files"]:
        if entry["dataset"] == "PSP":
            for line, refs in _references(sample, entry, date.fromisoformat(told["as_of"])):
                found.setdefault((entry["partner"], f"line:{line}"), []).extend(refs)
    return found


def _references(sample: Path, entry: dict[str, str], as_of: date) -> Iterator[tuple[int, tuple[str, str]]]:
    psp = contract("PSP")
    rows = check([sample / entry["file"]], psp, load_all(sample / entry["partner"], "PSP"), as_of=as_of).rows
    done = normalise(rows, psp, partner=entry["partner"], as_of=as_of)
    named = done.payload.join(done.records.select(pl.col("record_ref").alias("party_ref"), "name_as_sent"), on="party_ref")
    fields = [name for name in psp.names if name in named.columns]
    lines = rows.rename({"supplier_name": "name_as_sent"}).select("line", "name_as_sent", *fields)
    both = lines.join(named.select("record_ref", "party_ref", "name_as_sent", *fields), on=["name_as_sent", *fields], nulls_equal=True)
    yield from ((line, (ref, party)) for line, ref, party in both.select("line", "record_ref", "party_ref").iter_rows())


def _pair_of(row: dict[str, str]) -> Pair:
    left, right = (tuple(row[f"{name}_{side}"] for name in _SIDE) for side in "lr")
    return _pair(row["rule"], (left[0], left[1], left[2]), (right[0], right[1], right[2]))


def _pair(rule: str, one: Reference, other: Reference) -> Pair:
    return rule, min(one, other), max(one, other)


def _read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False).fill_null("")
