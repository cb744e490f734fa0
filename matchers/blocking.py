"""Which pairs of records are compared at all, and what that costs, known before any pair is made.

A key is one or more coded columns. Keys are mixed into one whole number beside the record's number and sorted; records with
one key then lie side by side. Two keys out of a million million may be mixed into the same number: such a pair is compared
like any other, and costs nothing but the comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matchers.features import Codes, Features
from schemas.errors import SafetyStop

MOST_IN_BLOCK = 300  # records that may share a key; above it the key says nothing about who somebody is
MOST_RULES = 32  # bits of a mask
Numbers = npt.NDArray[np.uint64]
_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)  # odd constants of a 64-bit mixing function


@dataclass(frozen=True)
class BlockingRule:
    """A condition two records meet to be compared: equal values in some columns. An unknown value meets nothing.

    Args:
        key: coded columns.
        most: records that may share a key.
        refine: columns added to a key that more records share; what is then still shared by more is passed over.
        pairs_per_record: pairs the rule may make for each record of the data; where it would make more, its most shared keys are refined.
        least_pairs: a rule may always make this many.
        up_to: records of the largest data the rule is for; a broad rule finds what the narrow ones miss while everyone can still
            be compared with many.
    """

    name: str
    key: tuple[str, ...]
    most: int = MOST_IN_BLOCK
    refine: tuple[str, ...] = ()
    pairs_per_record: float = 1.0
    least_pairs: int = 300_000
    up_to: int | None = None


@dataclass(frozen=True)
class RuleCost:
    """What one rule did: keys and records it passed over, and the pairs that it would make alone."""

    name: str
    pairs: int
    refined_keys: int
    refined_records: int
    dropped_keys: int
    dropped_records: int


@dataclass(frozen=True)
class Blocked:
    """Candidate pairs, sorted, each once.

    Attributes:
        left, right: record numbers, left < right.
        rules: bitmask; bit i is set where rule i brought the pair together.
    """

    left: Codes
    right: Codes
    rules: npt.NDArray[np.uint32]
    used: tuple[BlockingRule, ...]
    costs: tuple[RuleCost, ...] = field(default=())

    @property
    def size(self) -> int:
        return len(self.left)


def places(
    left: Codes, right: Codes, among: tuple[Codes, Codes], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where pairs stand among other pairs, and which of them do.

    Args:
        left, right: the pairs that are looked for, in any order.
        among: the pairs that are looked through, left and right; sorted as blocking leaves them is quickest.
        size: of the records.

    Returns:
        The place of each pair that is there, in the pairs' order; and for each pair whether it is there.
    """
    known, wanted = (a.astype(np.int64) * size + b for a, b in (among, (left, right)))
    order = np.argsort(known) if (known[1:] < known[:-1]).any() else None
    at = np.minimum(np.searchsorted(known, wanted, sorter=order), max(0, len(known) - 1))
    at = at if order is None else order[at]
    found = known[at] == wanted if len(known) else np.zeros(len(wanted), np.bool_)
    return at[found], found


def block(features: Features, rules: Sequence[BlockingRule], *, apart: Sequence[Codes] = (), max_pairs: int = 2**31, threads: int = 2) -> Blocked:
    """Pair every two records that at least one rule brings together.

    Args:
        rules: those whose columns the data lack are left out.
        apart: codes, one for each record; two records of equal code are never paired (two parties of one row, one
            source that holds nobody twice).

    Raises:
        SafetyStop: more than `max_pairs` pairs; nothing has been compared yet.
    """
    used = tuple(rule for rule in rules if all(features.has(name) for name in rule.key) and features.size <= (rule.up_to or features.size))
    if len(used) > MOST_RULES:
        raise ValueError(f"{len(used)} blocking rules; a bitmask holds {MOST_RULES}")
    width = max(1, int(features.size - 1).bit_length())
    with ThreadPoolExecutor(threads) as pool:
        sorted_keys = list(pool.map(lambda rule: _blocks(features, rule, width), used))
        costs = tuple(cost for _, cost in sorted_keys)
        _refuse_too_many(costs, max_pairs)
        found = list(pool.map(lambda item: _pairs(item[1][0], item[0], width, apart), enumerate(sorted_keys)))
    return _distinct(found, width, used, costs)


@dataclass(frozen=True)
class _Runs:
    """Records of one key side by side: `records`, and the start and size of each run of two or more."""

    records: Codes
    starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def _blocks(features: Features, rule: BlockingRule, width: int) -> tuple[list[_Runs], RuleCost]:
    everyone = np.arange(features.size, dtype=np.int32)
    runs = _runs(features, rule.key, everyone, width)
    most = _most_affordable(runs.sizes, rule, features.size)
    hot = runs.sizes > most
    kept = [_Runs(runs.records, runs.starts[~hot], runs.sizes[~hot])]
    refined = dropped = (0, 0)
    if hot.any():
        members = runs.records[_spread(runs.starts[hot], runs.sizes[hot])]
        dropped = int(hot.sum()), len(members)
        if rule.refine and all(features.has(name) for name in rule.refine):
            again = _runs(features, (*rule.key, *rule.refine), members, width)
            fits = again.sizes <= max(2, _most_affordable(again.sizes, rule, features.size))
            kept.append(_Runs(again.records, again.starts[fits], again.sizes[fits]))
            refined, dropped = dropped, (int((~fits).sum()), int(again.sizes[~fits].sum()))
    pairs = sum(int((r.sizes * (r.sizes - 1) // 2).sum()) for r in kept)
    return kept, RuleCost(rule.name, pairs, *refined, *dropped)


def _runs(features: Features, names: Sequence[str], members: Codes, width: int) -> _Runs:
    """Sort the members by their key and find the runs of one key."""
    known = np.ones(len(members), np.bool_)
    key = np.zeros(len(members), np.uint64)
    for number, name in enumerate(names):
        codes = features.codes(name)[members]
        known &= codes >= 0
        key = (key ^ codes.astype(np.uint32)) * np.uint64(_MIX[number % len(_MIX)])
        key ^= key >> np.uint64(29)
    packed = np.sort((key[known] << np.uint64(width)) | members[known].astype(np.uint64))
    head = packed >> np.uint64(width)
    first = np.flatnonzero(np.concatenate(([True], head[1:] != head[:-1]))) if len(head) else np.empty(0, np.int64)
    sizes = np.diff(np.append(first, len(head)))
    several = sizes > 1
    return _Runs((packed & np.uint64((1 << width) - 1)).astype(np.int32), first[several], sizes[several])


def _most_affordable(sizes: npt.NDArray[np.int64], rule: BlockingRule, records: int) -> int:
    """Return the largest run that may be used, so that the rule stays within its pairs."""
    allowed = max(rule.least_pairs, int(rule.pairs_per_record * records))
    counts = np.bincount(np.minimum(sizes, rule.most + 1), minlength=rule.most + 2)[: rule.most + 1].astype(np.int64)
    size = np.arange(rule.most + 1, dtype=np.int64)
    within = np.flatnonzero(np.cumsum(counts * (size * (size - 1) // 2)) <= allowed)
    return int(within[-1]) if len(within) else 1


def _spread(starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the positions of all members of the runs."""
    offsets = np.cumsum(sizes) - sizes
    return np.repeat(starts - offsets, sizes) + np.arange(int(sizes.sum()), dtype=np.int64)


def _pairs(blocks: list[_Runs], rule: int, width: int, apart: Sequence[Codes]) -> Numbers:
    """Return the pairs of the runs, packed as left, right, rule."""
    out = []
    for runs in blocks:
        positions = _spread(runs.starts, runs.sizes)
        after = np.repeat(runs.starts + runs.sizes, runs.sizes) - positions - 1
        left = np.repeat(runs.records[positions], after)
        right = runs.records[_spread(positions + 1, after)]
        for codes in apart:
            keep = codes[left] != codes[right]
            left, right = left[keep], right[keep]
        low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
        out.append((((low << np.uint64(width)) | high) << np.uint64(5)) | np.uint64(rule))
    return np.concatenate(out) if out else np.empty(0, np.uint64)


def _distinct(found: list[Numbers], width: int, used: tuple[BlockingRule, ...], costs: tuple[RuleCost, ...]) -> Blocked:
    packed = np.concatenate(found) if found else np.empty(0, np.uint64)
    found.clear()
    packed.sort()
    pair = packed >> np.uint64(5)
    bits = (np.uint32(1) << (packed & np.uint64(31)).astype(np.uint32)).astype(np.uint32)
    del packed
    first = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1]))) if len(pair) else np.empty(0, np.int64)
    rules = np.bitwise_or.reduceat(bits, first) if len(first) else bits
    pair = pair[first]
    mask = np.uint64((1 << width) - 1)
    return Blocked((pair >> np.uint64(width)).astype(np.int32), (pair & mask).astype(np.int32), rules, used, costs)


def _refuse_too_many(costs: Sequence[RuleCost], max_pairs: int) -> None:
    total = sum(cost.pairs for cost in costs)
    if total > max_pairs:
        worst = max(costs, key=lambda cost: cost.pairs)
        raise SafetyStop(
            f"blocking would make {total:,} candidate pairs, more than the {max_pairs:,} allowed",
            found=f"most of them, {worst.pairs:,}, from the rule {worst.name}",
            mend="look for a default value in that column, or raise max_pairs under [run]",
        )
