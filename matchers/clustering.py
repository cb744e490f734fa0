"""From links to people and organisations, without chains that nobody would draw by hand.

Links are taken strongest first. A link that would put two different registered numbers into one cluster, or make it
larger than a person can have records, is left out and counted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl
from rapidfuzz.distance import OSA

LARGEST_CLUSTER = 60  # records; above it, it is a default value and not a person


@dataclass(frozen=True)
class Clustered:
    """Members and what was refused.

    Attributes:
        members: `record, cluster_id`; every record, most of them alone.
        conflicts: links left out because two different numbers would have met.
        oversized: links left out because the cluster would have grown too large.
    """

    members: pl.DataFrame
    conflicts: int
    oversized: int


def cluster(records: pl.Series, links: pl.DataFrame, numbers: pl.DataFrame, references: pl.Series) -> Clustered:
    """Group linked records.

    Args:
        records: numbers of the records to group.
        links: `record_l, record_r, match_weight`.
        numbers: `record, number`; a registered number, for the records that hold one. Two in one
            cluster may not differ by more than one wrong or exchanged character.
        references: position i is the stable reference of record i; a cluster's id comes from its smallest one.
    """
    parent: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    held: dict[int, set[str]] = {record: {number} for record, number in numbers.iter_rows()}
    conflicts = oversized = 0

    def root(record: int) -> int:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    # A loop over links, not a join: each decision depends on the clusters that the stronger links have made.
    ordered = links.sort(["match_weight", "record_l", "record_r"], descending=[True, False, False])
    for left, right in ordered.select("record_l", "record_r").iter_rows():
        a, b = root(left), root(right)
        if a == b:
            continue
        small, large = sorted((a, b), key=lambda r: len(members.get(r, (r,))))
        # every number against every number: one slip after another would lead from one person to the next
        ours, theirs = held.get(large, set()), held.get(small, set())
        if any(OSA.distance(one, other, score_cutoff=1) > 1 for one in ours for other in theirs):
            conflicts += 1
            continue
        joined = members.get(large, [large]) + members.get(small, [small])
        if len(joined) > LARGEST_CLUSTER:
            oversized += 1
            continue
        parent[small] = large
        members[large] = joined
        members.pop(small, None)
        if theirs:
            held[large] = ours | theirs
    return Clustered(_named(records, members, references), conflicts, oversized)


def _named(records: pl.Series, members: dict[int, list[int]], references: pl.Series) -> pl.DataFrame:
    grouped = [(record, min(group)) for group in members.values() for record in group]
    first = pl.DataFrame(grouped, schema={"record": pl.Int64(), "first": pl.Int64()}, orient="row")
    named = records.alias("record").to_frame().join(first, on="record", how="left").with_columns(pl.col("first").fill_null(pl.col("record")))
    # Records are numbered in the order of their references, so the smallest number has the smallest reference.
    texts = references.gather(named["first"])
    ids = pl.Series("cluster_id", ["c" + hashlib.sha256(text.encode()).hexdigest()[:15] for text in texts], pl.String)
    return named.select("record", ids).sort("record")
