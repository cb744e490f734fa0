"""Pairs of names with their answer: what our name comparisons alone say of them.

A task without blocking, dates or homes, so no engine runs it. Each name is normalised as in any register, a person's whole name taken
apart, and each pair compared by itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matchers.canonical import canonical
from matchers.comparison import compare, usable
from matchers.entities import ORGANISATION, PERSON
from matchers.features import encode

SAME_PERSON = {
    "forename": ("exact", "nickname", "initial", "close", "near", "swapped", "middle"), "surname": ("exact", "close", "near", "part", "swapped"),
}  # fmt: skip
SAME_BODY = {"name": ("exact", "typo", "close", "part")}


def names_table(cases: pl.DataFrame) -> str:
    """Return precision, recall and F1 by kind and group of cases, as Markdown.

    Args:
        cases: `case_group, schema, name1, name2, is_match`.
    """
    person = (cases["schema"] == "Person").to_numpy()
    said = np.zeros(cases.height, np.bool_)
    said[person] = _same(cases.filter(pl.Series(person)), "surname", PERSON.comparisons, SAME_PERSON)
    said[~person] = _same(cases.filter(pl.Series(~person)), "name", ORGANISATION.comparisons, SAME_BODY)
    told = cases.with_columns(pl.Series("said", said), pl.when(pl.col("schema") == "Person").then(pl.lit("people")).otherwise(pl.lit("organisations")).alias("kind"))
    hit = (pl.col("said") & pl.col("is_match")).sum()
    counted = told.group_by("kind", "case_group").agg(pl.len().alias("pairs"), hit.alias("hit"), pl.col("said").sum(), pl.col("is_match").sum().alias("true")).sort("kind", "case_group")
    lines = ["| kind | group | pairs | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    every = counted.group_by("kind").agg(pl.lit("all").alias("case_group"), pl.col("pairs", "hit", "said", "true").sum()).sort("kind")
    for kind, group, pairs, right, claimed, true in (*counted.rows(), *every.select(counted.columns).rows()):
        precision, recall = right / max(1, claimed), right / max(1, true)
        lines.append(f"| {kind} | {group} | {pairs} | {precision:.3f} | {recall:.3f} | {2 * right / max(1, claimed + true):.3f} |")
    return "\n".join(lines)


def _same(cases: pl.DataFrame, column: str, comparisons: tuple, alike: dict[str, tuple[str, ...]]) -> np.ndarray:
    """Return which pairs the comparisons hold to be one name."""
    refs = [f"{side}{i:06}" for side in ("a", "b") for i in range(cases.height)]
    table = pl.DataFrame({"record_ref": refs, column: pl.concat([cases["name1"], cases["name2"]])})
    features = encode(canonical(table).records)
    number = np.empty(features.size, np.int64)
    number[features.order] = np.arange(features.size)
    left, right = (number[:cases.height].astype(np.int32), number[cases.height:].astype(np.int32))
    used = usable(features, comparisons)
    same = np.ones(cases.height, np.bool_)
    for comparison, levels in zip(used, compare(features, left, right, used), strict=True):
        if comparison.name in alike:
            good = [comparison.levels.index(level) for level in alike[comparison.name]]
            same &= np.isin(levels, good) | ((levels < 0) & (comparison.name == "forename"))
    return same
