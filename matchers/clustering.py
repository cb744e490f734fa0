"""From links to parties: who belongs together when every pair of a group is looked at, not only those that link.

Linked records form groups. A group of two is a link. In a larger group every two records are weighed, so that a chain from one
person over an unclear record to another shows: where two members contradict each other, or bear different registered numbers,
the group is built up again from its strongest link, and two parts join only while the pairs between them speak for it on average.

What the others of a group say then bears on each pair of it. Where a chain of links joins two records, the chain counts as much as
the pair's own evidence; where a link's records came into two clusters, what all pairs between the two say does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matchers.blocking import places
from matchers.features import Codes

Weights = npt.NDArray[np.int32]
LARGEST_CLUSTER = 60  # records; above it, it is a default value and not a person
CONTRADICTION = -1000  # centibits; two members that far from a match do not sit in one cluster unexamined
REGISTERED_APART = -3100  # centibits; below every weight: two different registered numbers
NEVER = -1_000_000_000  # centibits; no number of links outweighs it
MOST_SAY = 800  # centibits that one pair adds or takes when parts are joined; evidence of one cluster repeats itself
STEP = 200  # centibits by which the weakest links of a group that is too large are let go


@dataclass(frozen=True)
class Clustered:
    """Clusters, and pairs on which other members bear.

    Attributes:
        clusters: record -> number of its cluster; every record has one.
        left, right: pairs whose weight other members change, and pairs of one cluster that are no link by themselves.
        weights: what they weigh with what the others say, centibits.
        tied_left, tied_right: links left out because one of their records fits two parties alike: a person has to look.
        split: groups that were taken apart.
        oversized: groups above `LARGEST_CLUSTER` records, taken apart.
    """

    clusters: npt.NDArray[np.int32]
    left: Codes
    right: Codes
    weights: Weights
    tied_left: Codes
    tied_right: Codes
    split: int
    oversized: int


def cluster(
    size: int, left: Codes, right: Codes, weights: Weights, *, weigh: Callable[[Codes, Codes], Weights], numbers: Codes | None,
    two_parties: Callable[[Codes, Codes], npt.NDArray[np.bool_]],
) -> Clustered:
    """Group linked records.

    Args:
        left, right, weights: links, weights in centibits, all of them above nought.
        weigh: weighs any two records.
        numbers: record -> registered number, or -1.
        two_parties: whether two registered numbers are two, and not one misspelt.
    """
    group, oversized = _groups(size, left, right, weights)
    count = int(group.max(initial=-1)) + 1
    members = np.bincount(group, minlength=count)
    order = np.argsort(group, kind="stable").astype(np.int32)
    starts = np.cumsum(members) - members
    large = np.flatnonzero((members > 2) & (members <= LARGEST_CLUSTER))
    inside = _every_two(order, starts[large], members[large], large)
    own, linked = _weights_of(inside.left, inside.right, left, right, weights, size, weigh)
    apart = numbers_apart(inside.left, inside.right, numbers, two_parties)
    own = np.where(apart, np.int32(REGISTERED_APART), own)
    doubtful = np.unique(inside.group[own < CONTRADICTION])
    clusters, ties = _taken_apart(group.astype(np.int32), doubtful, inside, own)
    together = clusters[inside.left] == clusters[inside.right]
    said = own.copy()
    said[together] = _with_chain(own, _through(inside, own, together))[together]
    parted = ~together & linked & ~ties
    said[parted] = _alike(own[parted], _between(clusters, inside, own)[parted])
    changed = (said != own) | (together & ~linked)
    return Clustered(
        _renumbered(clusters), inside.left[changed], inside.right[changed], said[changed], inside.left[ties], inside.right[ties], len(doubtful), oversized
    )


def _groups(size: int, left: Codes, right: Codes, weights: Weights) -> tuple[npt.NDArray[np.int32], int]:
    """Return the group of each record, and how many groups were too large and came apart at their weakest links."""
    used, oversized, least = np.ones(len(left), np.bool_), 0, 0
    while True:
        graph = coo_array((np.ones(int(used.sum()), np.int8), (left[used], right[used])), shape=(size, size))
        count, group = connected_components(graph, directed=False)
        large = np.bincount(group, minlength=count) > LARGEST_CLUSTER
        if not large.any():
            return group.astype(np.int32), oversized
        oversized = oversized or int(large.sum())
        least += STEP
        used &= ~large[group[left]] | (weights >= least)


@dataclass(frozen=True)
class _Pairs:
    """Every two members of groups, smaller record first; `tables` are (first pair, groups, members of each) of the groups of one size."""

    left: Codes
    right: Codes
    group: npt.NDArray[np.int64]
    tables: tuple[tuple[int, int, int], ...]


def _every_two(order: Codes, starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> _Pairs:
    lefts, rights, of = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0, np.int64)]
    tables, first = [], 0
    for many in np.unique(sizes):
        which = np.flatnonzero(sizes == many)
        table = order[starts[which][:, None] + np.arange(many)]
        a, b = np.triu_indices(many, 1)
        lefts.append(table[:, a].ravel())
        rights.append(table[:, b].ravel())
        of.append(np.repeat(groups[which], len(a)))
        tables.append((first, len(which), int(many)))
        first += len(which) * len(a)
    left, right = np.concatenate(lefts), np.concatenate(rights)
    return _Pairs(np.minimum(left, right), np.maximum(left, right), np.concatenate(of), tuple(tables))


def _weights_of(
    inside_l: Codes, inside_r: Codes, left: Codes, right: Codes, weights: Weights, size: int, weigh: Callable[[Codes, Codes], Weights]
) -> tuple[Weights, npt.NDArray[np.bool_]]:
    """Return the weight of each pair inside a group, and which are links; the others are weighed now."""
    at, found = places(inside_l, inside_r, (left, right), size)
    own = np.empty(len(inside_l), np.int32)
    own[found] = weights[at]
    own[~found] = weigh(inside_l[~found], inside_r[~found])
    return own, found


def numbers_apart(
    left: Codes, right: Codes, numbers: Codes | None, two_parties: Callable[[Codes, Codes], npt.NDArray[np.bool_]]
) -> npt.NDArray[np.bool_]:
    """Return which pairs of records bear registered numbers of two parties."""
    apart = np.zeros(len(left), np.bool_)
    if numbers is None:
        return apart
    a, b = numbers[left], numbers[right]
    at = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
    apart[at] = two_parties(a[at], b[at])
    return apart


def _taken_apart(
    clusters: npt.NDArray[np.int32], doubtful: npt.NDArray[np.int64], inside: _Pairs, own: Weights
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Build the doubtful groups up again; a loop, because each join depends on the joins before it.

    Returns:
        The clusters, and which pairs were left apart because one record fits two parties alike.
    """
    out, ties = clusters.copy(), np.zeros(len(own), np.bool_)
    following = len(clusters)
    order = np.argsort(inside.group, kind="stable")
    bounds = np.searchsorted(inside.group[order], np.stack([doubtful, doubtful + 1]))
    for start, end in bounds.T:
        at = order[start:end]
        parts, tied = joined(inside.left[at], inside.right[at], own[at])
        ties[at] = tied
        for part in parts[1:]:
            out[part] = following
            following += 1
    return out, ties


def joined(left: Codes, right: Codes, weights: Weights) -> tuple[list[list[int]], npt.NDArray[np.bool_]]:
    """Join members of one group, strongest average first, while the average weight between two parts is above nought.

    Of equal averages, counted as far as `MOST_SAY`, the one that makes the larger part comes first, then the one of the larger weights.
    A part that fits two others alike, which speak against being one, is left with neither: nothing but the order of records would
    decide.

    Args:
        left, right: every pair of members.
        weights: centibits.

    Returns:
        The parts, each sorted, in order of their first member; and which pairs were left apart because of such a tie.
    """
    pairs = [(min(pair), max(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)]
    parts = {record: [record] for pair in pairs for record in pair}
    # most groups have three members: plain numbers are faster than arrays. Two sums: what decides, and what parts equals
    total = {pair: (NEVER if w <= REGISTERED_APART else max(-MOST_SAY, min(MOST_SAY, w)), w) for pair, w in zip(pairs, weights.tolist(), strict=True)}
    rank = {pair: _rank(pair, total, parts) for pair in pairs}
    tied: set[tuple[int, int]] = set()
    while rank and (best := max(rank.values()))[0] > 0:
        strongest = sorted(pair for pair, said in rank.items() if said == best)
        free = [pair for pair in strongest if not _torn(pair, strongest, total, parts)] if len(strongest) > 1 else strongest
        if not free:
            tied.update((min(a, b), max(a, b)) for x, y in strongest for a in parts[x] for b in parts[y])
            for pair in strongest:
                total[pair] = rank[pair] = (-np.inf, -np.inf)
            continue
        one, other = free[0]
        del total[one, other], rank[one, other]
        parts[one] += parts.pop(other)
        for x in parts:
            if x != one:
                kept, gone = (min(one, x), max(one, x)), (min(other, x), max(other, x))
                total[kept] = (total[kept][0] + total[gone][0], total[kept][1] + total[gone][1])
                rank[kept] = _rank(kept, total, parts)
                del total[gone], rank[gone]
    left_apart = [weight > 0 and pair in tied for pair, weight in zip(pairs, weights.tolist(), strict=True)]
    return sorted(sorted(part) for part in parts.values()), np.array(left_apart, np.bool_)


_Total = dict[tuple[int, int], tuple[float, float]]


def _rank(pair: tuple[int, int], total: _Total, parts: dict[int, list[int]]) -> tuple[float, ...]:
    """Return what decides which parts are joined first: average, size, average before weights are cut."""
    one, other = (len(parts[part]) for part in pair)
    return total[pair][0] / (one * other), one + other, total[pair][1] / (one * other)


def _torn(pair: tuple[int, int], strongest: list[tuple[int, int]], total: _Total, parts: dict[int, list[int]]) -> bool:
    """Return whether one part of the pair fits another part alike, and with either of the two it would not fit the other."""
    for part, other in (pair, pair[::-1]):
        for near in strongest:
            if near != pair and part in near:
                third = near[0] if near[1] == part else near[1]
                between = total[min(part, third), max(part, third)][0] + total[min(other, third), max(other, third)][0]
                if between <= 0:
                    return True
    return False


def _through(inside: _Pairs, own: Weights, together: npt.NDArray[np.bool_]) -> Weights:
    """Return what each pair weighs through other members of its cluster, in centibits: the best chain's links all being right."""
    out = np.empty(len(own), np.int32)
    chances = np.where(together, 1 / (1 + np.exp2(-own / 100)), 0.0)
    for first, groups, many in inside.tables:
        a, b = np.triu_indices(many, 1)
        at = slice(first, first + groups * len(a))
        chain = np.zeros((groups, many, many))
        chain[:, a, b] = chain[:, b, a] = chances[at].reshape(groups, len(a))
        for middle in range(many):
            np.maximum(chain, chain[:, :, middle, None] * chain[:, middle, None, :], out=chain)
        best = np.clip(chain[:, a, b].ravel(), 1e-9, 1 - 1e-9)
        out[at] = np.round(100 * np.log2(best / (1 - best)))
    return out


def _with_chain(own: Weights, through: Weights) -> Weights:
    """Return the pairs' weights where a chain may speak for them better than they do."""
    return np.maximum(own, _alike(np.clip(own, -MOST_SAY, MOST_SAY), np.clip(through, -MOST_SAY, MOST_SAY)))


def _alike(own: Weights, others: Weights) -> Weights:
    return np.asarray((own + others) // 2, np.int32)


def _between(clusters: npt.NDArray[np.int32], inside: _Pairs, own: Weights) -> Weights:
    """Return what all pairs between the clusters of each pair's two records weigh on average."""
    one, other = clusters[inside.left].astype(np.int64), clusters[inside.right]
    _, which = np.unique(np.minimum(one, other) * (int(clusters.max(initial=0)) + 1) + np.maximum(one, other), return_inverse=True)
    mean = np.bincount(which, np.clip(own, -MOST_SAY, MOST_SAY)) / np.bincount(which)
    return np.asarray(np.round(mean[which]), np.int32)


def _renumbered(clusters: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Number the clusters in the order of their first record."""
    _, first, number = np.unique(clusters, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[number]
