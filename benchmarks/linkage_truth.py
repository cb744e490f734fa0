"""What the truth says of an engine's answer: scored pairs and clusters against who is who.

Whatever is called best here is hindsight: the threshold that turned out best, which nobody knows without the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

LINKED = 0.5  # match probability from which a pair counts as linked
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)  # where clusters are also made in hindsight; 0.95 is that of Splink's published example


@dataclass(frozen=True)
class Judgement:
    """How good an answer is.

    Attributes:
        pairs: scored pairs at or above `LINKED`; `precision`, `recall` and `f1` are theirs.
        completeness: share of the true pairs among all pairs handed over, whatever their probability.
        cluster_f1: of the pairs that the clusters imply, scored or not; `b_cubed` is of the same clusters.
        best_cluster_f1, best_b_cubed: each at its own best of `THRESHOLDS`, of plain connected components.
    """

    pairs: int
    precision: float
    recall: float
    f1: float
    best_f1: float
    best_threshold: float
    completeness: float
    cluster_f1: float
    b_cubed_precision: float
    b_cubed_recall: float
    b_cubed: float
    best_cluster_f1: float
    best_b_cubed: float


def judge(pairs: pl.LazyFrame, clusters: pl.LazyFrame, truth: pl.LazyFrame) -> Judgement:
    """Measure scored pairs and clusters against the truth.

    Args:
        pairs: `record_ref_l, record_ref_r, match_probability`, each pair once.
        clusters: `record_ref, cluster_id`; a record that is missing is a cluster of its own.
        truth: `record_ref, person`, and `file` (left, right) where only pairs across files count.
    """
    pairs = pairs.with_columns(pl.col("record_ref_l", "record_ref_r").cast(pl.String))  # an engine that found nothing has no type for it
    matches, steps = true_pairs(truth), by_probability(pairs, truth)
    count, right = steps.filter(pl.col("match_probability") >= LINKED).select(pl.col("pairs", "right").sum()).row(0)
    curve = steps.sort("match_probability", descending=True).select(
        (2 * pl.col("right").cum_sum() / (pl.col("pairs").cum_sum() + matches)).alias("f1"), "match_probability"
    )
    best = curve.sort("f1", "match_probability", descending=True).row(0) if curve.height else (0.0, LINKED)
    precision, recall = b_cubed(clusters, truth)
    hindsight = [components(pairs.filter(pl.col("match_probability") >= threshold), truth) for threshold in THRESHOLDS]
    return Judgement(
        count, _share(right, count), _share(right, matches), _share(2 * right, count + matches), *best, _share(steps["right"].sum(), matches),
        cluster_f1(clusters, truth), precision, recall, _harmonic(precision, recall),
        max(cluster_f1(made, truth) for made in hindsight), max(_harmonic(*b_cubed(made, truth)) for made in hindsight),
    )


def true_pairs(truth: pl.LazyFrame) -> int:
    """Count the pairs of records that are one person, across the files where there are two."""
    return _pairs_within(truth, "person")


def _pairs_within(records: pl.LazyFrame, *group: str) -> int:
    count = pl.len().cast(pl.Int64)
    if "file" in records.collect_schema():
        left, right = ((pl.col("file") == side).sum().cast(pl.Int64) for side in ("left", "right"))
        sizes = records.group_by(group).agg((left * right).alias("pairs"))
    else:
        sizes = records.group_by(group).agg((count * (count - 1) // 2).alias("pairs"))
    return int(sizes.select(pl.col("pairs").sum()).collect().item())


def by_probability(pairs: pl.LazyFrame, truth: pl.LazyFrame) -> pl.DataFrame:
    """Return how many pairs have each probability, and how many of them are right: `match_probability, pairs, right`."""
    for side in ("l", "r"):
        who = truth.select(pl.col("record_ref").alias(f"record_ref_{side}"), pl.col("person").alias(f"person_{side}"))
        pairs = pairs.join(who, on=f"record_ref_{side}")
    counts = pl.len().cast(pl.Int64).alias("pairs"), (pl.col("person_l") == pl.col("person_r")).sum().cast(pl.Int64).alias("right")
    return pairs.group_by("match_probability").agg(counts).collect(engine="streaming")


def cluster_f1(clusters: pl.LazyFrame, truth: pl.LazyFrame) -> float:
    """Return the F1 of every pair that shares a cluster, whether anybody scored it or not."""
    records = _clustered(clusters, truth)
    right = _pairs_within(records, "cluster_id", "person")
    return _share(2 * right, _pairs_within(records, "cluster_id") + true_pairs(truth))


def b_cubed(clusters: pl.LazyFrame, truth: pl.LazyFrame) -> tuple[float, float]:
    """Return B-cubed precision and recall: of a record's cluster the share that is the person, of the person the share in the cluster.

    Source: Bagga and Baldwin (1998), Entity-based cross-document coreferencing, COLING-ACL, 79-85.
    """
    cells = _clustered(clusters, truth).group_by("cluster_id", "person").agg(pl.len().cast(pl.Float64).alias("both"))
    both = pl.col("both")
    shares = cells.with_columns(cluster=both.sum().over("cluster_id"), one=both.sum().over("person")).select(
        precision=(both * both / pl.col("cluster")).sum() / both.sum(), recall=(both * both / pl.col("one")).sum() / both.sum()
    )
    precision, recall = shares.collect().row(0)
    return float(precision), float(recall)


def components(links: pl.LazyFrame, truth: pl.LazyFrame) -> pl.LazyFrame:
    """Return the connected components of the links: `record_ref, cluster_id`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    numbered = truth.select("record_ref").with_row_index("number").collect()
    for side in ("l", "r"):
        links = links.join(numbered.lazy().rename({"record_ref": f"record_ref_{side}", "number": side}), on=f"record_ref_{side}")
    ends = links.select("l", "r").collect()
    graph = coo_array(([True] * ends.height, (ends["l"].to_numpy(), ends["r"].to_numpy())), shape=(numbered.height, numbered.height))
    _, component = connected_components(graph, directed=False)
    return numbered.lazy().select("record_ref").with_columns(pl.Series("cluster_id", component))


def _clustered(clusters: pl.LazyFrame, truth: pl.LazyFrame) -> pl.LazyFrame:
    told = truth.join(clusters.select("record_ref", pl.col("cluster_id").cast(pl.String)), on="record_ref", how="left")
    return told.with_columns(pl.coalesce("cluster_id", pl.format("alone {}", "record_ref")).alias("cluster_id"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
