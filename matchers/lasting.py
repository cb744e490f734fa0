"""Names of clusters that outlast a night: records come and go, and a case an officer has open keeps its number.

A cluster keeps the name under which most of its records went before, if no other cluster holds more of that name's records. Where two
clusters became one, the larger part's name stays; where one was parted, it goes to the larger part. Each record keeps beside its
cluster's name the one it had before, so every joining and parting can be read off.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Changes:
    """How clusters differ from before.

    Attributes:
        kept: clusters that go by a name of before.
        new: clusters under a new name, all of whose records are new.
        joined: names of before that are gone, because their records went to a cluster with another name.
        parted: clusters under a new name, some of whose records had one before.
    """

    kept: int
    new: int
    joined: int
    parted: int


def named_as_before(members: pl.DataFrame, before: pl.DataFrame) -> tuple[pl.DataFrame, Changes]:
    """Give clusters the names they went by before.

    Args:
        members: `reference` (unique), `cluster_id` as a new cluster would be named.
        before: the same columns of an earlier time.

    Returns:
        `reference, cluster_id, cluster_before`, sorted; `cluster_before` is null where the record is new. A name that was ever
        before is not given to another cluster.
    """
    both = members.join(before.rename({"cluster_id": "cluster_before"}), on="reference", how="left")
    shared = both.drop_nulls("cluster_before").group_by("cluster_id", "cluster_before").agg(pl.len().alias("records"))
    now_best = _first(shared, "cluster_id", then="cluster_before")
    before_best = _first(shared, "cluster_before", then="cluster_id")
    kept = now_best.join(before_best, on=["cluster_id", "cluster_before"], how="semi").select("cluster_id", pl.col("cluster_before").alias("name"))
    others = members.select("cluster_id").unique().join(kept, on="cluster_id", how="anti")
    names = pl.concat([kept, others.with_columns(_unused(others["cluster_id"], taken=before["cluster_id"].unique()))])
    named = both.join(names, on="cluster_id", how="left").select("reference", pl.col("name").alias("cluster_id"), "cluster_before").sort("reference")
    had_one = shared.select("cluster_id").unique().join(kept, on="cluster_id", how="anti").height
    joined = shared.select("cluster_before").unique().join(kept.select(pl.col("name").alias("cluster_before")), on="cluster_before", how="anti").height
    return named, Changes(kept=kept.height, new=others.height - had_one, joined=joined, parted=had_one)


def _first(shared: pl.DataFrame, of: str, *, then: str) -> pl.DataFrame:
    """Return for each `of` the partner it shares most records with; of equal ones the first by name."""
    return shared.sort([of, "records", then], descending=[False, True, False]).unique(of, keep="first", maintain_order=True)


def _unused(names: pl.Series, taken: pl.Series) -> pl.Series:
    """Return the names; those that stood for another cluster before get a mark, one that makes them nobody's name."""
    old = names.is_in(taken.implode())
    every, mark = pl.concat([names, taken]).implode(), "~"
    while (names.filter(old) + mark).is_in(every).any():
        mark += "~"
    return pl.select(pl.when(old).then(names + mark).otherwise(names).alias("name")).to_series()
