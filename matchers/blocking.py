"""Which pairs of records are compared at all, and what that costs, known before any pair is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from matchers.sql import connection
from schemas.errors import SafetyStop

MOST_IN_BLOCK = 300  # records that may share a key; above it the key says nothing about who somebody is


@dataclass(frozen=True)
class BlockingRule:
    """A condition two records meet to be compared: an equal key. A null key meets nothing.

    Args:
        key: SQL expression over the record's columns.
        most: records that may share a key; a key that more of them share is passed over.
    """

    name: str
    key: str
    most: int = MOST_IN_BLOCK


@dataclass(frozen=True)
class Blocked:
    """Candidate pairs, and what was left out.

    Attributes:
        pairs: `record_l < record_r`, and `rules`, a bitmask: bit i is set where rule i brought the pair together.
        counts: rule -> pairs it would make alone.
        dropped: rule -> (number of keys, number of records) shared by too many records to be used.
    """

    pairs: pl.DataFrame
    counts: dict[str, int]
    dropped: dict[str, tuple[int, int]]


def block(records: pl.DataFrame, rules: Sequence[BlockingRule], *, max_pairs: int, threads: int = 2, memory_gb: int = 4) -> Blocked:
    """Pair every two records that at least one rule brings together; two parties of one row are never paired.

    Args:
        records: `record` (Int64, unique), `partner, dataset, record_ref`, and the columns the keys name.

    Raises:
        SafetyStop: the rules would make more than `max_pairs` pairs; nothing has been compared yet.
    """
    with connection({"records": records}, threads=threads, memory_gb=memory_gb) as con:
        con.execute(keyed_sql(rules))
        con.execute(sizes_sql())
        con.execute(usable_sql(rules))
        sizes = con.sql(counts_sql(rules)).fetchall()
        counts = {rules[i].name: int(pairs) for i, pairs, _, _ in sizes}
        dropped = {rules[i].name: (int(keys), int(members)) for i, _, keys, members in sizes if keys}
        _refuse_too_many(counts, max_pairs)
        pairs = con.sql(pairs_sql()).pl()
    return Blocked(pairs.sort("record_l", "record_r"), counts, dropped)


def keyed_sql(rules: Sequence[BlockingRule]) -> str:
    """Return the SQL that gives each record its key under each rule."""
    selects = [
        f"select {i} as rule, record, hash(partner, dataset, record_ref) as row_hash, {rule.key} as key from records"
        for i, rule in enumerate(rules)
    ]
    return f"create temp table keyed as select * from ({' union all '.join(selects)}) where key is not null"


def sizes_sql() -> str:
    return "create temp table key_sizes as select rule, key, count(*) as members from keyed group by rule, key having count(*) > 1"


def _most_sql(rules: Sequence[BlockingRule]) -> str:
    return f"[{', '.join(str(rule.most) for rule in rules)}][rule + 1]"


def usable_sql(rules: Sequence[BlockingRule]) -> str:
    return f"""create temp table usable as
        select k.rule, k.key, k.record, k.row_hash
        from keyed k join (select rule, key from key_sizes where members <= {_most_sql(rules)}) s on s.rule = k.rule and s.key = k.key"""


def counts_sql(rules: Sequence[BlockingRule]) -> str:
    fits = f"members <= {_most_sql(rules)}"
    return f"""select rule,
            coalesce(sum(members * (members - 1) // 2) filter (where {fits}), 0) as pairs,
            count(*) filter (where not {fits}) as dropped_keys,
            coalesce(sum(members) filter (where not {fits}), 0) as dropped_members
        from key_sizes group by rule order by rule"""


def pairs_sql() -> str:
    """Return the SQL that joins records on equal keys, each pair once with the bitmask of its rules."""
    return """select l.record as record_l, r.record as record_r, bit_or(1::bigint << l.rule) as rules
        from usable l join usable r on l.rule = r.rule and l.key = r.key and l.record < r.record
        where l.row_hash <> r.row_hash
        group by l.record, r.record"""


def _refuse_too_many(counts: dict[str, int], max_pairs: int) -> None:
    total = sum(counts.values())
    if total > max_pairs:
        worst = max(counts, key=lambda name: counts[name])
        raise SafetyStop(
            f"blocking would make {total:,} candidate pairs, more than the {max_pairs:,} allowed",
            found=f"most of them, {counts[worst]:,}, from the rule {worst}", mend="look for a default value in that column, or raise max_pairs under [run]",
        )
