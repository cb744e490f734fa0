"""How good links are, held against a known truth: pairs, clusters, and whether a stated probability means what it says.

Records are known by numbers or by texts, each of which stands for one record, also in a link of two files. A *truth* is one of

- membership: `record, entity`, each record once; of two files also `file` (left or right), because only pairs across
  the files count then. A record that is not in it is unknown: its links are left out, and counted.
- pairs: `record_l, record_r`, in either order. A pair that is not in it is no match.

No function lists the pairs of a membership: they are counted from the sizes of the entities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.sql import query

DECISION = 0.5  # probability; from here on a pair is more likely a match than not
BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)  # probability; narrower where links are many and errors dear
Z_95 = 1.959964  # two-sided 95 % of the standard normal distribution
PAIR = ("record_l", "record_r")


@dataclass(frozen=True)
class PairQuality:
    """Links at or above a threshold, against the true pairs. A share of nothing is None.

    Attributes:
        threshold: in the unit of the column it was taken from: a probability, or centibits.
        links: pairs at or above it whose truth is known.
        correct: those of them that are matches.
        true_pairs: all matches, found or not.
        unjudged: pairs at or above it that touch a record without truth; they count nowhere else.
    """

    threshold: float
    links: int
    correct: int
    true_pairs: int
    unjudged: int = 0

    @property
    def precision(self) -> float | None:
        """The part of the links that are matches."""
        return self.correct / self.links if self.links else None

    @property
    def recall(self) -> float | None:
        """The part of the matches that are linked."""
        return self.correct / self.true_pairs if self.true_pairs else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        both = self.links + self.true_pairs
        return 2 * self.correct / both if both else None


@dataclass(frozen=True)
class BCubed:
    """How pure and how whole clusters are, as the average record sees it. None where no record is in both.

    Attributes:
        precision: mean over records of the part of its cluster that belongs to its entity.
        recall: mean over records of the part of its entity that is in its cluster.
        records: records that have a cluster and a truth; the others are left out of cluster and entity alike.
        without_truth, without_cluster: how many those are.
    """

    precision: float | None
    recall: float | None
    records: int
    without_truth: int
    without_cluster: int

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        if self.precision is None or self.recall is None:
            return None
        return 2 * self.precision * self.recall / (self.precision + self.recall)  # a record shares both with itself: never 0


def is_pairs(truth: pl.DataFrame) -> bool:
    """Return whether a truth lists pairs; otherwise it says who is whom."""
    return set(PAIR) <= set(truth.columns)


def judge(links: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Add `is_match` to pairs: true, false, or null where the truth of a record is unknown. The order is kept.

    Args:
        links: `record_l, record_r`, each pair once; what has been judged before comes back as it is.
    """
    if "is_match" in links.columns:
        return links
    if is_pairs(truth):
        listed = _in_order(truth).select("low", "high").unique().with_columns(is_match=pl.lit(True))
        judged = _in_order(links).join(listed, on=["low", "high"], how="left", maintain_order="left").drop("low", "high")
        return judged.with_columns(pl.col("is_match").fill_null(False))
    judged = links
    for side in ("l", "r"):
        entities = truth.select(pl.col("record").alias(f"record_{side}"), pl.col("entity").alias(f"entity_{side}"))
        judged = judged.join(entities, on=f"record_{side}", how="left", maintain_order="left")
    return judged.with_columns(is_match=pl.col("entity_l") == pl.col("entity_r")).drop("entity_l", "entity_r")


def _in_order(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(low=pl.min_horizontal(PAIR), high=pl.max_horizontal(PAIR))


def count_true_pairs(truth: pl.DataFrame) -> int:
    """Return how many pairs are matches: n(n-1)/2 of each entity, or across two files its n_left times its n_right."""
    if is_pairs(truth):
        return _in_order(truth).select(pl.struct("low", "high").n_unique()).item() if truth.height else 0
    if "file" in truth.columns:
        left = (pl.col("file") == "left").sum().cast(pl.Int64)
        pairs = truth.group_by("entity").agg(pairs=left * (pl.len().cast(pl.Int64) - left))
    else:
        size = pl.len().cast(pl.Int64)
        pairs = truth.group_by("entity").agg(pairs=size * (size - 1) // 2)
    return int(pairs["pairs"].sum())


def pair_quality(links: pl.DataFrame, truth: pl.DataFrame, *, threshold: float = DECISION, by: str = "match_probability") -> PairQuality:
    """Return precision, recall and F1 of the pairs at or above a threshold.

    Args:
        links: `record_l, record_r` and the column `by`, each pair once; `is_match` is used where `judge` has added it.
    """
    chosen = judge(links.filter(pl.col(by) >= threshold), truth)["is_match"]
    unknown = chosen.null_count()
    return PairQuality(threshold, len(chosen) - unknown, int(chosen.sum()), count_true_pairs(truth), unknown)


def best_threshold(links: pl.DataFrame, truth: pl.DataFrame, *, by: str = "match_probability") -> PairQuality | None:
    """Return the quality at the threshold where F1 is best; the higher of two that are equal, None without a judged pair.

    It takes the truth to find it, so no linkage can be run at it: an upper bound, for telling a misplaced threshold from
    evidence that does not tell matches apart.
    """
    judged, true_pairs = judge(links, truth), count_true_pairs(truth)
    known = judged.drop_nulls("is_match")
    if known.is_empty():
        return None
    steps = known.group_by(by).agg(links=pl.len().cast(pl.Int64), correct=pl.col("is_match").sum().cast(pl.Int64)).sort(by, descending=True)
    sums = steps.with_columns(pl.col("links", "correct").cum_sum())
    best = sums.with_columns(f1=2 * pl.col("correct") / (pl.col("links") + true_pairs)).sort(["f1", by], descending=True).row(0, named=True)
    unjudged = judged.filter(pl.col("is_match").is_null() & (pl.col(by) >= best[by])).height
    return PairQuality(best[by], best["links"], best["correct"], true_pairs, unjudged)


def pairs_completeness(candidates: pl.DataFrame, truth: pl.DataFrame) -> float | None:
    """Return the part of the matches that are among these pairs; of candidates above a floor, a lower bound for all of them."""
    true_pairs = count_true_pairs(truth)
    return int(judge(candidates, truth)["is_match"].sum()) / true_pairs if true_pairs else None


def possible_pairs(records: int, others: int | None = None) -> int:
    """Return how many pairs there are within one file, or between a file and the others.

    >>> possible_pairs(5), possible_pairs(5, 3)
    (10, 15)
    """
    return records * (records - 1) // 2 if others is None else records * others


def reduction_ratio(candidate_pairs: int, possible: int) -> float | None:
    """Return the part of all possible pairs that nobody had to compare.

    >>> reduction_ratio(1, 10)
    0.9
    """
    return 1 - candidate_pairs / possible if possible else None


def b_cubed(clusters: pl.DataFrame, truth: pl.DataFrame) -> BCubed:
    """Return B-cubed precision and recall of clusters.

    Args:
        clusters: `record, cluster_id`, each record once.
        truth: `record, entity`, each record once; `entities_of` makes it from pairs.

    Source: Bagga and Baldwin (1998), Algorithms for scoring coreference chains, LREC workshop.
    """
    both = clusters.select("record", "cluster_id").join(truth.select("record", "entity"), on="record", how="inner")
    alone = (clusters.height - both.height, truth.height - both.height)
    if both.is_empty():
        return BCubed(None, None, 0, *alone)
    # n records of an entity in a cluster each see the same share, so that n * n / size adds up what they see
    cells = both.group_by("cluster_id", "entity").agg(n=pl.len().cast(pl.Int64))
    seen = pl.col("n") * pl.col("n")
    shares = [cells.group_by(whole).agg(seen=seen.sum() / pl.col("n").sum())["seen"].sort().sum() / both.height for whole in ("cluster_id", "entity")]
    return BCubed(float(shares[0]), float(shares[1]), both.height, *alone)


def components(pairs: pl.DataFrame, records: pl.Series) -> pl.DataFrame:
    """Return `record, cluster_id` of everything that pairs connect; whoever has no pair stands alone.

    Args:
        pairs: `record_l, record_r`.
        records: more records, with a pair or without.

    Returns:
        Each record once, in order; a cluster is called by its smallest record.
    """
    ends = [pairs[side].cast(records.dtype) for side in PAIR]
    known = pl.concat([series.alias("record") for series in (records, *ends)]).unique().sort()
    left, right = (known.search_sorted(end).to_numpy().astype(np.int64) for end in ends)
    return pl.DataFrame({"record": known, "cluster_id": known.gather(_lowest(left, right, len(known)))})


def _lowest(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Return the smallest position that each position is connected with."""
    parent = np.arange(size, dtype=np.int64)
    while True:
        one, other = parent[left], parent[right]
        open_ = one != other
        if not open_.any():
            return parent
        left, right = one[open_], other[open_]
        np.minimum.at(parent, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(parent, above := parent[parent]):
            parent = above


def entities_of(pairs: pl.DataFrame, records: pl.Series) -> pl.DataFrame:
    """Return the membership `record, entity` that true pairs amount to: whoever is matched with one is matched with all."""
    return components(pairs, records).rename({"cluster_id": "entity"})


def calibration(judged: pl.DataFrame, *, bands: Sequence[float] = BANDS) -> pl.DataFrame:
    """Hold stated probabilities against what was true, band by band.

    Args:
        judged: `match_probability, is_match`; pairs below the first band or without truth are left out.
        bands: limits; a band holds its lower one, the last also its upper one.

    Returns:
        Every band: `lower, upper, pairs, mean_probability, matches, precision, precision_low, precision_high`. The last two
        are Wilson's 95 % interval; shares are null in an empty band.
    """
    stated = judged.select("match_probability", "is_match").drop_nulls().with_columns(band=_band(pl.col("match_probability"), bands))
    counted = stated.group_by("band").agg(
        pairs=pl.len().cast(pl.Int64), mean_probability=pl.col("match_probability").sort().mean(), matches=pl.col("is_match").sum().cast(pl.Int64)
    )
    every = pl.DataFrame({"band": range(1, len(bands)), "lower": bands[:-1], "upper": bands[1:]}, schema_overrides={"band": pl.Int64})
    table = every.join(counted, on="band", how="left", maintain_order="left").with_columns(pl.col("pairs", "matches").fill_null(0))
    low, high = wilson(pl.col("matches"), pl.col("pairs"))
    some = pl.when(pl.col("pairs") > 0)
    return table.select(
        "lower", "upper", "pairs", "mean_probability", "matches", some.then(pl.col("matches") / pl.col("pairs")).alias("precision"),
        some.then(low).alias("precision_low"), some.then(high).alias("precision_high"),
    )  # fmt: skip


def _band(probability: pl.Expr, bands: Sequence[float]) -> pl.Expr:
    """Return the number of the band: 1 for the first, 0 below it."""
    return pl.sum_horizontal(*((probability >= lower).cast(pl.Int64) for lower in bands[:-1]))


def wilson(hits: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the limits of the 95 % interval of a share. Unlike the plain one it holds for few trials, and for none or all hits.

    Source: Wilson (1927), JASA 22, 209-212.
    """
    squared = Z_95 * Z_95
    centre = (hits + squared / 2) / (trials + squared)
    half = Z_95 / (trials + squared) * (hits * (trials - hits) / trials + squared / 4).sqrt()
    return (centre - half).clip(0, 1), (centre + half).clip(0, 1)


def by_situation(judged: pl.DataFrame, *, threshold: float = DECISION) -> pl.DataFrame:
    """Count right and wrong by the situation that was thought likeliest.

    Args:
        judged: `match_probability, situation, is_match`.

    Returns:
        `situation, links, false_links, missed`, by name; missed are matches among these pairs below the threshold.
    """
    linked, match = pl.col("match_probability") >= threshold, pl.col("is_match")
    return (
        judged.drop_nulls("is_match").group_by("situation")
        .agg(links=linked.sum().cast(pl.Int64), false_links=(linked & ~match).sum().cast(pl.Int64), missed=(~linked & match).sum().cast(pl.Int64))
        .sort("situation")
    )  # fmt: skip


def sample_errors(judged: pl.DataFrame, size: int, *, threshold: float = DECISION, key: tuple[str, str] = PAIR) -> pl.DataFrame:
    """Draw false links and missed matches to look at, the same ones every time.

    Each kind is drawn evenly from its bands (of probability; of its complement for missed ones), because the most and
    the least certain errors have different causes, and a band's pairs come in the order of a hash of their keys.

    Args:
        judged: `match_probability, is_match` and the key.
        size: most pairs of each kind.
        key: columns that name the pair, and that stay the same from run to run; it does not matter which is left.

    Returns:
        Rows of `judged` with `error` (false link, missed), false links first, the most probable first.
    """
    linked = pl.col("match_probability") >= threshold
    certainty = pl.max_horizontal(pl.col("match_probability"), 1 - pl.col("match_probability"))
    wrong = judged.with_row_index("row").filter(linked != pl.col("is_match")).with_columns(
        error=pl.when(linked).then(pl.lit("false link")).otherwise(pl.lit("missed")), band=_band(certainty, BANDS)
    )  # fmt: skip
    keys = wrong.select(pl.col("row").cast(pl.Int64), "error", "band", pl.col(key[0]).cast(pl.String).alias("a"), pl.col(key[1]).cast(pl.String).alias("b"))
    drawn = query(_DRAWN, [size], keys=keys)
    chosen = wrong.join(drawn.with_columns(pl.col("row").cast(wrong.schema["row"])), on="row", how="semi")
    return chosen.sort(["error", "match_probability", *key], descending=[False, True, False, False]).drop("row", "band")


_DRAWN = """
with hashed_errors as (
    select row, error, band, md5(least(a, b) || chr(31) || greatest(a, b)) as hash, a, b from keys
), ranked_errors as (
    select row, error, band, hash, a, b, row_number() over (partition by error, band order by hash, a, b) as place from hashed_errors
), drawn_errors as (
    select row, row_number() over (partition by error order by place, band desc, hash, a, b) as draw from ranked_errors
)
select row from drawn_errors where draw <= ? order by row
"""
