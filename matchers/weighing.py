"""Pairs to weights: the fit on a sample, its calibration, every candidate pair weighed, and what other pairs add or take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from matchers.blocking import Blocked
from matchers.calibration import LOWEST as LOWEST_CALIBRATED
from matchers.calibration import knots, least_before
from matchers.compare_numbers import one_slip
from matchers.comparison import Comparison, compare, resolve_into, usable
from matchers.entities import Entity
from matchers.estimation import Model, beliefs, checked, estimate, patterns
from matchers.features import Codes, Features
from matchers.frequencies import Chance, chance, counted
from matchers.households import REACH, in_company, lift, moved
from matchers.model_file import frozen
from matchers.rivals import against_rivals, holds_once
from matchers.scoring import LARGEST_WEIGHT, Ceiling, Scale, probability, surpluses, weigh
from matchers.situations import tellable

T = TypeVar("T")
FIT_ON = 200_000  # candidate pairs the fit looks at; more change its third digit
CALIBRATE_ON = 1_000_000  # candidate pairs with two registered numbers that weights are held against
CHUNK = 400_000  # pairs weighed at a time


@dataclass(frozen=True)
class Weighed:
    """Pairs at or above a floor.

    Attributes:
        left, right: record numbers.
        rules: bitmask of the blocking rules that brought the pair together.
        levels, surpluses: comparisons x pairs.
        weights: centibits.
        company: others are linked between the pair's two homes.
    """

    left: Codes
    right: Codes
    rules: npt.NDArray[np.uint32]
    levels: npt.NDArray[np.int8]
    surpluses: npt.NDArray[np.float32]
    weights: npt.NDArray[np.int32]
    company: npt.NDArray[np.bool_]


def fitted(features: Features, blocked: Blocked, entity: Entity, part: Codes | None, threads: int) -> tuple[Model, Chance]:
    """Return a model fitted to the candidate pairs, and what chance brings about in these data."""
    by_chance = (features.by_chance or chance)(features, usable(features, entity.comparisons), part)
    return frozen(fit(features, blocked, entity, by_chance, threads=threads), features, by_chance), by_chance


def applied(features: Features, model: Model, part: Codes | None) -> tuple[Model, Chance]:
    """Return the model as far as the data allow it to be applied."""
    comparisons = usable(features, model.comparisons)
    fields = frozenset(c.name for c in comparisons)
    kept = [i for i, s in enumerate(model.situations) if s.match or set(s.needs) <= fields]
    reduced = replace(
        model, comparisons=comparisons, situations=tuple(model.situations[i] for i in kept), rates=model.rates[kept],
        levels={name: table[kept] for name, table in model.levels.items() if name in fields},
        missing={name: shares[kept] for name, shares in model.missing.items() if name in fields},
        together={pair: times for pair, times in model.together.items() if set(pair) <= fields},
    )
    return reduced, counted(features, comparisons, model.frequencies, part=part)


def fit(features: Features, blocked: Blocked, entity: Entity, by_chance: Chance, *, threads: int = 2) -> Model:
    """Fit the model to an even sample of the candidate pairs; a fit that makes no sense is refused, and the beliefs stand."""
    comparisons = usable(features, entity.comparisons)
    step = max(1, blocked.size // FIT_ON)
    left, right = blocked.left[::step], blocked.right[::step]
    parts = in_chunks(len(left), threads, lambda at: compare(features, left[at], right[at], comparisons))
    seen = patterns(np.concatenate(parts, axis=1), comparisons)
    told = tellable(entity.situations, frozenset(c.name for c in comparisons))
    start = beliefs(comparisons, told, by_chance)
    return checked(estimate(seen, start, by_chance, sampled=len(left) / max(1, blocked.size)), start, by_chance)


def calibrated(features: Features, blocked: Blocked, scaled: Scale, entity: Entity, *, threads: int = 2) -> Scale:
    """Correct the model by what the registered numbers say of pairs that are weighed without them."""
    model, number = scaled.model, entity.number
    kept = tuple(c for c in model.comparisons if c.name != number)
    if len(kept) == len(model.comparisons) or not kept or not model.fitted_on:
        return scaled
    codes = features.codes(number)
    by_number = np.uint32(sum(1 << bit for bit, rule in enumerate(blocked.used) if rule.key == (number,)))
    # what only the number brought together says nothing about pairs without one
    both = np.flatnonzero((codes[blocked.left] >= 0) & (codes[blocked.right] >= 0) & ((blocked.rules & ~by_number) != 0))
    both = both[:: len(both) // CALIBRATE_ON + 1]
    pairs = replace(blocked, left=blocked.left[both], right=blocked.right[both], rules=blocked.rules[both])
    without = replace(model, comparisons=kept, together={pair: times for pair, times in model.together.items() if number not in pair})
    silent = replace(scaled, model=without, surplus={name: by_code for name, by_code in scaled.surplus.items() if name != number})
    found = weigh_pairs(features, pairs, silent, floor=LOWEST_CALIBRATED, threads=threads)
    a, b = codes[found.left], codes[found.right]
    same = (a == b) | ~two_numbers(features, entity, a, b)
    wrong = wrongly_noted(model, number, entity)
    return replace(scaled, model=replace(model, witness=number, calibration=knots(found.weights, same, wrong)))


def weigh_pairs(features: Features, blocked: Blocked, scaled: Scale, *, floor: int, threads: int = 2) -> Weighed:
    """Weigh every candidate pair; text is compared only where a pair can still reach the floor.

    Args:
        floor: centibits; pairs below it are not returned.
    """
    comparisons = scaled.model.comparisons
    ceiling = Ceiling(scaled)
    reached = min(floor, least_before(floor, scaled.model.calibration)) if scaled.model.calibration else floor
    nats = reached * np.log(2) / 100 - 1e-3

    def one(at: slice) -> Weighed:
        left, right = blocked.left[at], blocked.right[at]
        states = features.together(left, right, comparisons) if features.together else _first_look(features, left, right, comparisons)
        keep = np.flatnonzero(ceiling(states, surpluses(states, features, left, scaled)) >= nats)
        left, right, states = left[keep], right[keep], states[:, keep]
        for row, comparison in enumerate(comparisons):
            resolve_into(states[row], comparison, features, left, right)
        surplus = surpluses(states, features, left, scaled)
        weights = weigh(states, surplus, scaled)
        linked = np.flatnonzero(weights >= floor)
        return Weighed(left[linked], right[linked], blocked.rules[at][keep][linked], states[:, linked], surplus[:, linked], weights[linked], np.zeros(len(linked), np.bool_))

    parts = in_chunks(blocked.size, threads, one)
    names = ("left", "right", "rules", "levels", "surpluses", "weights", "company")
    return Weighed(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names))


def _first_look(features: Features, left: Codes, right: Codes, comparisons: Sequence[Comparison]) -> npt.NDArray[np.int8]:
    """Return the levels that whole numbers alone can say."""
    states = np.stack([c.quick(features, left, right) for c in comparisons])
    for row, comparison in enumerate(comparisons):
        if comparison.by_numbers:
            resolve_into(states[row], comparison, features, left, right)
    return states


def two_numbers(features: Features, entity: Entity, a: Codes, b: Codes) -> npt.NDArray[np.bool_]:
    """Return whether two different registered numbers are two, and not one misspelt."""
    return ~one_slip(features.columns[entity.number], a, b) if entity.misspelt else np.asarray(a != b)


def wrongly_noted(model: Model, number: str, entity: Entity) -> float:
    """Return how often two records of one party bear what looks like two parties' numbers."""
    table = model.levels[number][np.flatnonzero(model.is_match)]
    return float((table[:, -1] if entity.misspelt else 1 - table[:, 0]).max())


def with_company(features: Features, weighed: Weighed, scaled: Scale) -> tuple[Weighed, Scale]:
    """Add what it says that others are linked between the two homes of a pair, as the model knows it or as the pairs show it."""
    near = weighed.weights >= -REACH  # whatever the floor, so that a lower one changes no weight
    company = in_company(features, weighed.left, weighed.right, weighed.weights) & near
    adds = scaled.model.company
    if adds is None:
        at = moved(features, weighed.left, weighed.right) & near
        adds = lift(weighed.weights[at], company[at])
        scaled = replace(scaled, model=replace(scaled.model, company=adds))
    weights = np.minimum(weighed.weights + np.where(company, adds, 0), LARGEST_WEIGHT).astype(np.int32)
    return replace(weighed, weights=weights, company=company & (adds > 0)), scaled


def with_rivals(weighed: Weighed, side: Codes | None, size: int) -> tuple[Weighed, tuple[bool, bool]]:
    """Weigh the pairs against each other where a file holds each party once.

    Returns:
        The pairs with their weights after that, and which files were found to hold a party once.
    """
    if side is None:
        return weighed, (False, False)
    others = np.zeros(len(weighed.weights), np.int32)
    chances = probability(weighed.weights)
    on_first = np.where(side[weighed.left] == 0, weighed.left, weighed.right)
    on_second = np.where(side[weighed.left] == 0, weighed.right, weighed.left)
    once = holds_once(on_second, chances, size), holds_once(on_first, chances, size)
    # a record of the second file has one partner in a first file that holds everybody once
    for near, holds in zip((on_second, on_first), once, strict=True):
        if holds:
            others += against_rivals(near, weighed.weights, size)
    return replace(weighed, weights=weighed.weights + others), once


def in_chunks(size: int, threads: int, work: Callable[[slice], T]) -> list[T]:
    """Return what the work gives for each stretch of so many pairs, in order."""
    at = [slice(start, min(size, start + CHUNK)) for start in range(0, max(size, 1), CHUNK)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, at))
