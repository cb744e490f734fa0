"""From links to parties: who belongs together when every pair of a group is looked at, not only those that link.

Linked records form groups. A group of two is a link. In a larger group every two records are weighed, so that a chain from one
person over an unclear record to another shows: where two members contradict each other, or bear different registered numbers,
the group is built up again from its strongest link, and two parts join only while the pairs between them speak for it on average.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

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
    """Clusters, and pairs that only their cluster joins.

    Attributes:
        clusters: record -> number of its cluster; every record has one.
        left, right: pairs of one cluster that are no link by themselves.
        weights: what they weigh by themselves, centibits.
        through: what they weigh through the members between them, centibits.
        split: groups that were taken apart.
        oversized: groups above `LARGEST_CLUSTER` records, taken apart.
    """

    clusters: npt.NDArray[np.int32]
    left: Codes
    right: Codes
    weights: Weights
    through: Weights
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
    inside_l, inside_r, of_group = _every_two(order, starts[large], members[large], large)
    own, linked = _weights_of(inside_l, inside_r, left, right, weights, size, weigh)
    apart = numbers_apart(inside_l, inside_r, numbers, two_parties)
    own = np.where(apart, np.int32(REGISTERED_APART), own)
    doubtful = np.unique(of_group[(own < CONTRADICTION)])
    clusters = group.astype(np.int32)
    clusters = _taken_apart(clusters, doubtful, of_group, inside_l, inside_r, own)
    within = (clusters[inside_l] == clusters[inside_r]) & ~linked
    through = _through(of_group, inside_l, inside_r, own, within)
    return Clustered(_renumbered(clusters), inside_l[within], inside_r[within], own[within], through, len(doubtful), oversized)


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


def _every_two(order: Codes, starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> tuple[Codes, Codes, npt.NDArray[np.int64]]:
    """Return every pair of members of the groups, smaller record first, and the group of each."""
    lefts, rights, of = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0, np.int64)]
    for many in np.unique(sizes):
        which = np.flatnonzero(sizes == many)
        table = order[starts[which][:, None] + np.arange(many)]
        a, b = np.triu_indices(many, 1)
        lefts.append(table[:, a].ravel())
        rights.append(table[:, b].ravel())
        of.append(np.repeat(groups[which], len(a)))
    left, right = np.concatenate(lefts), np.concatenate(rights)
    return np.minimum(left, right), np.maximum(left, right), np.concatenate(of)


def _weights_of(
    inside_l: Codes, inside_r: Codes, left: Codes, right: Codes, weights: Weights, size: int, weigh: Callable[[Codes, Codes], Weights]
) -> tuple[Weights, npt.NDArray[np.bool_]]:
    """Return the weight of each pair inside a group, and which are links; the others are weighed now."""
    known = left.astype(np.int64) * size + right
    if (known[1:] < known[:-1]).any():
        order = np.argsort(known)
        known, weights = known[order], weights[order]
    wanted = inside_l.astype(np.int64) * size + inside_r
    at = np.minimum(np.searchsorted(known, wanted), max(0, len(known) - 1))
    found = known[at] == wanted if len(known) else np.zeros(len(wanted), np.bool_)
    own = np.empty(len(wanted), np.int32)
    own[found] = weights[at[found]]
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
    clusters: npt.NDArray[np.int32], doubtful: npt.NDArray[np.int64], of_group: npt.NDArray[np.int64], left: Codes, right: Codes, own: Weights
) -> npt.NDArray[np.int32]:
    """Build the doubtful groups up again; a loop, because each join depends on the joins before it."""
    out = clusters.copy()
    following = len(clusters)
    order = np.argsort(of_group, kind="stable")
    bounds = np.searchsorted(of_group[order], np.stack([doubtful, doubtful + 1]))
    for start, end in bounds.T:
        at = order[start:end]
        said = np.where(own[at] <= REGISTERED_APART, NEVER, np.clip(own[at], -MOST_SAY, MOST_SAY))
        for part in joined(left[at], right[at], said)[1:]:
            out[part] = following
            following += 1
    return out


def joined(left: Codes, right: Codes, weights: Weights) -> list[list[int]]:
    """Join members of one group, strongest average first, while the average weight between two parts is above nought.

    Of equal averages the one that makes the larger part comes first. A part that fits two others alike, which can never be
    one, is left with neither: nothing but the order of records would decide.

    Args:
        left, right: every pair of members.

    Returns:
        The parts, each sorted, in order of their first member.
    """
    members = np.unique(np.concatenate([left, right]))
    a, b = np.searchsorted(members, left), np.searchsorted(members, right)
    total = np.zeros((len(members), len(members)))
    total[a, b] = total[b, a] = weights
    sizes, parts = np.ones(len(members)), [[int(record)] for record in members]
    np.fill_diagonal(total, -np.inf)
    mean = total.copy()
    while (best := mean.max()) > 0:
        flat = np.flatnonzero(mean.ravel() >= best - 1e-6)
        found = np.stack(np.divmod(flat, len(members)), axis=1)
        found = found[found[:, 0] < found[:, 1]]
        together = sizes[found].sum(axis=1)
        found = found[together == together.max()]
        one, other = found[0]
        torn = _torn(found, mean) if len(found) > 1 else None
        if torn is not None:
            part, rivals = torn
            for table in (total, mean):
                table[part, rivals] = table[rivals, part] = -np.inf
            continue
        total[one] += total[other]
        total[:, one] = total[one]
        sizes[one] += sizes[other]
        parts[one] += parts[other]
        parts[other] = []
        for table in (total, mean):
            table[other] = table[:, other] = -np.inf
            table[one, one] = -np.inf
        mean[one] = mean[:, one] = total[one] / (sizes * sizes[one])
    return sorted(sorted(part) for part in parts if part)


def _torn(best: npt.NDArray[np.int64], mean: npt.NDArray[np.float64]) -> tuple[int, list[int]] | None:
    """Return a part that fits several others equally well, two of which can never be one, and those others."""
    for part in np.unique(best):
        rivals = [int(x) for x in np.unique(best[(best == part).any(axis=1)]) if x != part]
        if any(mean[x, y] < NEVER / LARGEST_CLUSTER**2 for x in rivals for y in rivals if x < y):
            return int(part), rivals
    return None


def _through(of_group: npt.NDArray[np.int64], left: Codes, right: Codes, own: Weights, within: npt.NDArray[np.bool_]) -> Weights:
    """Return what the pairs weigh through other members: the best chain's links all being right, in centibits."""
    wanted = np.flatnonzero(within)
    out = np.zeros(len(left), np.int32)
    order = np.argsort(of_group, kind="stable")
    groups = np.unique(of_group[wanted])  # only groups with such pairs
    bounds = np.searchsorted(of_group[order], np.stack([groups, groups + 1]))
    for start, end in bounds.T:
        at = order[start:end]
        members = np.unique(np.concatenate([left[at], right[at]]))
        a, b = np.searchsorted(members, left[at]), np.searchsorted(members, right[at])
        chain = np.zeros((len(members), len(members)))
        chain[a, b] = chain[b, a] = 1 / (1 + np.exp2(-own[at] / 100))
        for middle in range(len(members)):
            chain = np.maximum(chain, np.outer(chain[:, middle], chain[middle]))
        best = np.clip(chain[a, b], 1e-9, 1 - 1e-9)
        out[at] = np.clip(np.round(100 * np.log2(best / (1 - best))), -3000, 3000)
    return out[wanted]


def _renumbered(clusters: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Number the clusters in the order of their first record."""
    _, first, number = np.unique(clusters, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[number]
