"""Links as tables: levels by name, contributions by field, in the words and types of the interface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.comparison import Comparison, compare
from matchers.engine import REVIEW, Linkage
from matchers.features import Codes, Features
from matchers.scoring import probability

OTHERS = "others"  # what other records add to a pair's own weight or take from it


def link_table(linkage: Linkage, rows: npt.NDArray[np.int64], fields: Sequence[Comparison]) -> pl.DataFrame:
    """Return one row per link.

    Args:
        rows: record number -> row of the table that was linked.
        fields: comparisons to show; what the data did not allow is `missing` and contributes nothing.

    Returns:
        `row_l, row_r` (Int64), `match_weight` (Int64 centibits), `match_probability`, `situation`, `rules` (bitmask), `review`,
        and `level_<field>` and `contribution_<field>` (Int64) for each field, `start` and `others`; contributions add up to the weight.
    """
    made = {c.name: row for row, c in enumerate(linkage.model.comparisons)}
    situations = pl.Series([s.name for s in linkage.model.situations], dtype=pl.String)
    columns = [
        pl.Series("row_l", rows[linkage.left], pl.Int64), pl.Series("row_r", rows[linkage.right], pl.Int64),
        pl.Series("match_weight", linkage.weights, pl.Int64), pl.Series("match_probability", probability(linkage.weights), pl.Float64),
        situations.gather(linkage.evidence.situation).alias("situation"), pl.Series("rules", linkage.rules.astype(np.int64), pl.Int64),
    ]
    for field in fields:
        row = made.get(field.name)
        level = linkage.levels[row] if row is not None else np.full(len(linkage.left), -1, np.int8)
        parts = linkage.evidence.contributions[row] if row is not None else np.zeros(len(linkage.left), np.int32)
        columns += [level_names(field, level), pl.Series(f"contribution_{field.name}", parts, pl.Int64)]
    less = np.where(linkage.review > 0, "parted", "rivals")
    more = np.where(linkage.company, "household", "joined-through")
    joined = np.where(linkage.others > 0, more, np.where(linkage.others < 0, less, "none"))
    reviews = pl.Series(REVIEW, dtype=pl.String).gather(linkage.review)
    columns += [
        reviews.alias("review"), pl.Series("contribution_start", linkage.evidence.start, pl.Int64),
        pl.Series(f"level_{OTHERS}", joined.tolist(), pl.String), pl.Series(f"contribution_{OTHERS}", linkage.others, pl.Int64),
    ]
    return pl.DataFrame(columns)


def level_names(field: Comparison, levels: npt.NDArray[np.int8]) -> pl.Series:
    """Return the names of levels as `level_<field>`; -1 is `missing`."""
    names = pl.Series([*field.levels, "missing"], dtype=pl.String)
    return names.gather(np.where(levels < 0, len(field.levels), levels)).alias(f"level_{field.name}")


def level_table(features: Features, left: Codes, right: Codes, compared: Sequence[Comparison], fields: Sequence[Comparison]) -> pl.DataFrame:
    """Return `level_<field>` of any pairs of records; what the data did not allow to compare is `missing`."""
    found = dict(zip([c.name for c in compared], compare(features, left, right, compared), strict=True))
    nothing = np.full(len(left), -1, np.int8)
    return pl.DataFrame([level_names(field, found.get(field.name, nothing)) for field in fields])


def cluster_table(linkage: Linkage, order: npt.NDArray[np.int64], references: pl.Series) -> pl.DataFrame:
    """Return `row, cluster_id` for every row of the table that was linked; the id is the smallest reference of the cluster.

    Args:
        order: record number -> row.
        references: of each row; unique.
    """
    numbered = pl.DataFrame({"row": order, "number": linkage.clusters}, schema={"row": pl.Int64, "number": pl.Int32})
    named = numbered.with_columns(references.gather(numbered["row"]).alias("reference"))
    first = named.group_by("number").agg(pl.col("reference").min().alias("cluster_id"))
    return named.join(first, on="number", how="left").select("row", "cluster_id").sort("row")
