"""Records in, links and clusters out: blocking, the fit, comparison, scoring, clustering, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.blocking import Blocked, block, places
from matchers.clustering import Clustered, cluster, numbers_apart
from matchers.comparison import compare, usable
from matchers.completeness import Completeness, pairs_completeness
from matchers.entities import Entity
from matchers.estimation import Model
from matchers.features import Codes, Features
from matchers.households import REACH
from matchers.households import tellable as tellable_households
from matchers.scoring import Evidence, Scale, explain, probability, scale, surpluses, weigh
from matchers.weighing import (
    Weighed,
    applied,
    calibrated,
    fitted,
    in_chunks,
    two_numbers,
    weigh_pairs,
    with_company,
    with_rivals,
    wrongly_noted,
)

Stage = Callable[[str], AbstractContextManager[object]]
SELDOM = 0.01  # of a party's pairs of records may bear two different registered numbers before these prove nothing
REVIEW = ("none", "apart", "tie")  # apart: stronger links speak against it; tie: one of its records fits two parties alike
LOWEST = -1000  # centibits; pairs below are not kept as rivals of others
NEVER_COMPARED = 100  # centibits of two members of a group that cannot be compared; both are linked to a third, and nothing speaks against it
MOST_PAIRS = 2**31


@dataclass(frozen=True)
class Linkage:
    """What was found.

    Attributes:
        left, right: record numbers of each link, left < right.
        levels: comparisons x links.
        evidence: weights by field.
        others: centibits that other records add to or take from a link's own weight.
        weights: own weight and `others` together.
        company: links that weigh more because others are linked between the two homes.
        review: by link, a number into `REVIEW`: why a link does not join its records, so that a person has to look.
        clusters: record number -> cluster number.
        notes: keys passed over, groups taken apart, and the like.
    """

    left: Codes
    right: Codes
    rules: npt.NDArray[np.uint32]
    levels: npt.NDArray[np.int8]
    evidence: Evidence
    others: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int32]
    review: npt.NDArray[np.int8]
    company: npt.NDArray[np.bool_]
    clusters: npt.NDArray[np.int32]
    model: Model
    blocked: Blocked
    clustered: Clustered
    completeness: Completeness | None
    once: tuple[bool, bool]
    notes: tuple[str, ...] = ()

    def taken(self, order: npt.NDArray[np.integer[Any]]) -> Linkage:
        """Return the linkage with its links in another order."""
        evidence = self.evidence
        return replace(
            self, left=self.left[order], right=self.right[order], rules=self.rules[order], levels=self.levels[:, order], others=self.others[order],
            weights=self.weights[order], review=self.review[order], company=self.company[order],
            evidence=Evidence(evidence.weights[order], evidence.contributions[:, order], evidence.start[order], evidence.situation[order]),
        )


def link(
    features: Features, entity: Entity, *, model: Model | None = None, apart: Sequence[Codes] = (), side: Codes | None = None,
    floor: float = 0.5, threshold: float = 0.5, threads: int = 2, max_pairs: int = MOST_PAIRS, stage: Stage = nullcontext,
) -> Linkage:
    """Find the records of one party.

    Args:
        model: applied as it is; without one, the model is fitted to the data.
        apart: codes of each record; two records of equal code are never paired.
        side: of two files, 0 or 1 for each record; records of one file are never paired.
        floor: least probability of a link that is returned.
        threshold: least probability of a link that joins records to a cluster.
        threads: results do not depend on it.
        stage: called with the name of each stage, gives what surrounds it: a stopwatch.
    """
    apart = (*apart, side) if side is not None else tuple(apart)
    if features.size < 2 or not usable(features, model.comparisons if model else entity.comparisons):
        return _nothing(features)
    with stage("block"):
        blocked = block(features, entity.rules, apart=apart, threads=threads, max_pairs=max_pairs)
    with stage("train"):
        part = _parts(apart, features.size)
        model_used, by_chance = fitted(features, blocked, entity, part, threads) if model is None else applied(features, model, part)
        scaled = scale(model_used, features, by_chance)
        if model is None:
            scaled = calibrated(features, blocked, scaled, entity, threads=threads)
    with stage("compare and score"):
        told = tellable_households(features) and model_used.company != 0
        lowest = min(_centibits(floor), LOWEST if side is not None else -REACH if told else 0)
        weighed = weigh_pairs(features, blocked, scaled, floor=lowest, threads=threads)
        if told:
            weighed, scaled = with_company(features, weighed, scaled)
    with stage("cluster"):
        weighed, once = with_rivals(weighed, side, features.size)
        clustered = group(features, weighed, scaled, entity, threshold=_centibits(threshold))
    with stage("explain"):
        found = _linked(features, blocked, scaled, weighed, clustered, apart, _centibits(floor), _centibits(threshold), threads)
    complete = pairs_completeness(weighed.rules, probability(weighed.weights), used=len(blocked.used))
    notes = (*_notes(blocked, clustered, found.review, once, side), *model_used.remarks)
    return replace(found, blocked=blocked, completeness=complete, once=once, notes=notes)


def _nothing(features: Features) -> Linkage:
    """Return the linkage of records that cannot be compared: everyone alone."""
    none, zero = np.empty(0, np.int32), np.empty((0, 0), np.int32)
    alone = np.arange(features.size, dtype=np.int32)
    blocked = Blocked(none, none, none.astype(np.uint32), ())
    return Linkage(
        none, none, none.astype(np.uint32), zero.astype(np.int8), Evidence(none, zero, none, none.astype(np.int8)), none, none, none.astype(np.int8), none.astype(np.bool_), alone,
        Model((), (), np.empty(0), {}), blocked, Clustered(alone, none, none, none, none, none, 0, 0), None, (False, False),
    )


def group(features: Features, weighed: Weighed, scaled: Scale, entity: Entity, *, threshold: int) -> Clustered:
    """Cluster the pairs that weigh as much as the threshold, in centibits."""
    links = weighed.weights >= max(1, threshold)
    numbers = features.columns[entity.number] if features.has(entity.number) and trusted(scaled.model, entity) else None

    def two_parties(a: Codes, b: Codes) -> npt.NDArray[np.bool_]:
        return two_numbers(features, entity, a, b)

    if numbers is not None:
        links &= ~numbers_apart(weighed.left, weighed.right, numbers.codes, two_parties)

    def weigh_two(left: Codes, right: Codes) -> npt.NDArray[np.int32]:
        levels = compare(features, left, right, scaled.model.comparisons)
        weights = weigh(levels, surpluses(levels, features, left, scaled), scaled)
        return np.where((levels < 0).all(axis=0), np.int32(NEVER_COMPARED), weights)

    return cluster(
        features.size, weighed.left[links], weighed.right[links], weighed.weights[links], weigh=weigh_two,
        numbers=None if numbers is None else numbers.codes, two_parties=two_parties,
    )


def trusted(model: Model, entity: Entity) -> bool:
    """Return whether two different registered numbers mean two parties: not where a party's own numbers often differ."""
    return entity.number in model.levels and wrongly_noted(model, entity.number, entity) < SELDOM


def _parts(apart: Sequence[Codes], size: int) -> Codes | None:
    """Return a code of each record that says which records it is never linked with; of several such columns, the one with the largest parts."""
    return max(apart, key=lambda codes: float((np.bincount(codes) ** 2.0).sum()), default=None) if size else None


def _centibits(probability: float) -> int:
    clipped = min(max(probability, 1e-9), 1 - 1e-9)
    return int(np.ceil(100 * np.log2(clipped / (1 - clipped)) - 1e-6))


def _linked(
    features: Features, blocked: Blocked, scaled: Scale, weighed: Weighed, clustered: Clustered, apart: Sequence[Codes], floor: int, threshold: int, threads: int
) -> Linkage:
    """Explain the links: those that reach the floor with what other records say of them, and the pairs that only their cluster joins."""
    weights = weighed.weights.copy()
    place, changed = places(clustered.left, clustered.right, (weighed.left, weighed.right), features.size)
    weights[place] = clustered.weights[changed]
    kept = np.flatnonzero(weights >= floor)
    new = ~changed & (clustered.weights >= floor)
    for codes in apart:
        new &= codes[clustered.left] != codes[clustered.right]
    joined = np.flatnonzero(new)
    left = np.concatenate([weighed.left[kept], clustered.left[joined]])
    right = np.concatenate([weighed.right[kept], clustered.right[joined]])
    more = compare(features, clustered.left[joined], clustered.right[joined], scaled.model.comparisons)
    levels = np.concatenate([weighed.levels[:, kept], more], axis=1)
    surplus = np.concatenate([weighed.surpluses[:, kept], surpluses(more, features, clustered.left[joined], scaled)], axis=1)
    parts = in_chunks(len(left), threads, lambda at: explain(levels[:, at], surplus[:, at], scaled))
    evidence = Evidence(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in ("weights", "contributions", "start", "situation")))
    weights = np.concatenate([weights[kept], clustered.weights[joined]]).astype(np.int32)
    compared, found = places(clustered.left[joined], clustered.right[joined], (blocked.left, blocked.right), features.size)
    brought = np.zeros(len(joined), np.uint32)
    brought[found] = blocked.rules[compared]
    rules = np.concatenate([weighed.rules[kept], brought])
    company = np.concatenate([weighed.company[kept], np.zeros(len(joined), np.bool_)])
    return Linkage(
        left, right, rules, levels, evidence, weights - evidence.weights, weights, _review(left, right, weights >= threshold, clustered), company,
        clustered.clusters, scaled.model, Blocked(left, right, rules, ()), clustered, None, (False, False),
    )


def _review(left: Codes, right: Codes, linked: npt.NDArray[np.bool_], clustered: Clustered) -> npt.NDArray[np.int8]:
    """Return which links do not join their records, and why."""
    size = len(clustered.clusters)
    apart = linked & (clustered.clusters[left] != clustered.clusters[right])
    tied = np.isin(left.astype(np.int64) * size + right, clustered.tied_left.astype(np.int64) * size + clustered.tied_right)
    return np.where(apart, np.where(tied, 2, 1), 0).astype(np.int8)


def _notes(
    blocked: Blocked, clustered: Clustered, review: npt.NDArray[np.int8], once: tuple[bool, bool], side: Codes | None
) -> tuple[str, ...]:
    notes = []
    for cost in blocked.costs:
        if cost.refined_keys:
            notes.append(f"blocking rule '{cost.name}': {cost.refined_keys:,} values shared by {cost.refined_records:,} records are too common, and were refined")
        if cost.dropped_keys:
            notes.append(f"blocking rule '{cost.name}': {cost.dropped_keys:,} values shared by {cost.dropped_records:,} records are too common to compare all of these, and were passed over")
    if clustered.split:
        notes.append(f"{clustered.split:,} groups of linked records contradicted themselves and were taken apart")
    if clustered.oversized:
        notes.append(f"{clustered.oversized:,} groups of linked records were too large for one party and were taken apart at their weakest links")
    if side is not None and any(once):
        files = " and ".join(name for name, holds in zip(("LEFT", "RIGHT"), once, strict=True) if holds)
        notes.append(f"{files}: holds hardly anybody twice, so of a record's possible partners there one at most is right")
    apart, tied = (int((review == number).sum()) for number in (1, 2))
    if apart:
        notes.append(f"{apart:,} links do not join their records, because stronger links speak against it")
    if tied:
        notes.append(f"{tied:,} links do not join their records, because one of the two fits two parties alike; a person has to look")
    return tuple(notes)
