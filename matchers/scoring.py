"""From levels to evidence: the weight of each pair, its probability, and what each field contributed.

Weights are whole centibits (100 centibits double the odds). The contributions of a pair's fields and its starting odds add
up to its match weight exactly, so the explanation of a link is the link's arithmetic. What calibration takes or adds is part of
the starting odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.calibration import corrected
from matchers.comparison import UNRESOLVED, Levels
from matchers.estimation import Model, log_likelihoods, patterns
from matchers.features import Codes, Features
from matchers.frequencies import Chance

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
FEWEST_OTHERS = 0.5  # strangers who hold a value, where nobody else was seen with it
LARGEST_WEIGHT = 3000  # centibits; beyond a billion to one, more evidence changes nothing
CENTIBITS = 100 / np.log(2)  # in a nat


@dataclass(frozen=True)
class Evidence:
    """Scored pairs.

    Attributes:
        weights: centibits of each pair.
        contributions: comparisons x pairs, centibits; with `start` they add up to `weights`.
        situation: number of the likeliest situation.
    """

    weights: npt.NDArray[np.int32]
    contributions: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    situation: npt.NDArray[np.int8]


def probability(weights: npt.NDArray[np.int32]) -> Array:
    """Return the probability that a weight in centibits stands for, to six places."""
    return np.asarray(np.round(1 / (1 + np.exp2(-weights / 100)), 6), np.float64)


@dataclass(frozen=True)
class Scale:
    """A model on the data it is applied to.

    Attributes:
        expected: pairs expected in each situation.
        surplus: field -> by code, how much more often than average two strangers share this value, in nats.
        both_names: by code of the full name, the same beyond what its two parts have, in nats; empty where names are not compared.
    """

    model: Model
    expected: Array
    surplus: Mapping[str, Floats]
    both_names: Floats


def scale(model: Model, features: Features, by_chance: Chance) -> Scale:
    """Work out how each value of the data weighs."""
    surplus = {}
    for c in model.comparisons:
        if c.frequency and features.has(c.frequency):
            surplus[c.name] = _surplus(by_chance.fields[c.name].counts, model.own.get(c.name, 0.0))
    return Scale(model, model.expected(by_chance.records, by_chance.pairs), surplus, _both_names(model, features, surplus, by_chance))


def _surplus(counts: npt.NDArray[np.int64], own: float) -> Floats:
    """Return by value how many strangers share it with one of its holders, as the log of their number over its mean for a holder.

    Two records of one party share a value as often as it is held, two strangers as often as it is held by others again: that is the
    ratio of the two.
    """
    others = np.maximum(counts - 1 - own, FEWEST_OTHERS)
    shared = counts > 1
    mean = float((counts * others)[shared].sum()) / max(1.0, float(counts[shared].sum())) if shared.any() else 1.0
    return np.asarray(np.log(others / mean), np.float32)


def _both_names(model: Model, features: Features, surplus: Mapping[str, Floats], by_chance: Chance) -> Floats:
    """Return by full name how much more often strangers bear both parts than the parts' own frequencies and the average say."""
    if not {"forename", "surname"} <= set(surplus) or not features.has("names"):
        return np.empty(0, np.float32)
    names = features.columns["names"]
    first = np.zeros(len(names.counts), np.int64)
    held = np.flatnonzero(names.codes >= 0)
    first[names.codes[held]] = held  # any record that bears the name
    apart = np.ones(len(first))
    for field in ("forename", "surname"):
        known = max(1.0, by_chance.fields[field].known)
        others = np.maximum(by_chance.fields[field].counts - 1 - model.own.get(field, 0.0), FEWEST_OTHERS)
        apart *= others[features.codes(field)[first]] / known
    together = np.maximum(names.counts - 1 - 2 * model.own.get("surname", 0.0), 0.0) / max(1, len(held))
    usual = model.together.get(("forename", "surname"), 1.0)
    return np.asarray(np.log(np.maximum(together, apart)) - np.log(apart) - np.log(usual), np.float32)


def weigh(levels: npt.NDArray[np.int8], surpluses: Floats, scale: Scale) -> npt.NDArray[np.int32]:
    """Return the match weight of each pair in centibits.

    Args:
        levels: comparisons x pairs.
        surpluses: comparisons x pairs; how much more often than average two strangers share the value, nats.
    """
    logs = _logs(levels, surpluses, scale)
    return _calibrated(levels, _odds(logs, scale.model.is_match), scale.model)


def explain(levels: npt.NDArray[np.int8], surpluses: Floats, scale: Scale) -> Evidence:
    """Weigh pairs and part the weight by field: between the likeliest match and the likeliest other situation."""
    logs, model = _logs(levels, surpluses, scale), scale.model
    is_match = model.is_match
    weights = _calibrated(levels, _odds(logs, is_match), model)
    match_best, other_best = _best(logs, is_match), _best(logs, ~is_match)
    affected = _by_chance(model)
    parts = np.empty(levels.shape, np.int32)
    for row, comparison in enumerate(model.comparisons):
        table = model.log_levels(comparison)
        flat, at = table.ravel(), np.where(levels[row] < 0, len(table) - 1, levels[row]) * table.shape[1]
        nats = flat.take(at + match_best) - flat.take(at + other_best) - surpluses[row] * affected[row].take(other_best)
        parts[row] = np.round(nats * CENTIBITS)
    start = weights - parts.sum(axis=0, dtype=np.int32)
    best = logs.argmax(axis=1).astype(np.int8) if len(logs) else np.empty(0, np.int8)
    return Evidence(weights, parts, start.astype(np.int32), best)


def surpluses(levels: npt.NDArray[np.int8], features: Features, left: Codes, scale: Scale) -> Floats:
    """Return comparisons x pairs: the surplus of the value that both records share, nought where they share none."""
    out = np.zeros(levels.shape, np.float32)
    place = {c.name: row for row, c in enumerate(scale.model.comparisons)}
    for name, by_code in scale.surplus.items():
        row = place[name]
        at = np.flatnonzero(levels[row] == 0)
        shared = features.codes(scale.model.comparisons[row].frequency)[left[at]]
        out[row, at] = np.where(shared >= 0, by_code[shared], np.float32(0))
    if len(scale.both_names):
        at = np.flatnonzero((levels[place["forename"]] == 0) & (levels[place["surname"]] == 0))
        out[place["surname"], at] += scale.both_names[features.codes("names")[left[at]]]
    return out


def _odds(logs: Array, is_match: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    return _centibits(_log_sum(logs[:, is_match]) - _log_sum(logs[:, ~is_match]))


def _calibrated(levels: npt.NDArray[np.int8], weights: npt.NDArray[np.int32], model: Model) -> npt.NDArray[np.int32]:
    """Correct the weights of the pairs on which the witness is silent."""
    if not model.calibration:
        return weights
    row = next((i for i, c in enumerate(model.comparisons) if c.name == model.witness), None)
    silent = np.ones(len(weights), np.bool_) if row is None else levels[row] < 0
    return np.where(silent, corrected(weights, model.calibration), weights)


def _by_chance(model: Model) -> Array:
    """Return comparisons x situations: 1 where a shared value is shared by chance."""
    return np.array([[float(not s.match and c.name in s.by_chance) for s in model.situations] for c in model.comparisons])


def _logs(levels: npt.NDArray[np.int8], surpluses: Floats, scale: Scale) -> Array:
    model = scale.model
    counted = patterns(levels, model.comparisons)
    logs = log_likelihoods(counted.levels, model, scale.expected)[counted.of_pair]
    affected = _by_chance(model)
    for kind in {tuple(column) for column in affected.T}:
        if any(kind):
            added = np.zeros(levels.shape[1])
            for row, counts in enumerate(kind):
                if counts:
                    added += surpluses[row]
            same = np.flatnonzero((np.array(kind) == affected.T).all(axis=1))
            logs[:, same] += added[:, None]
    return logs


def _best(logs: Array, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    numbers = np.flatnonzero(among)
    return numbers[logs[:, among].argmax(axis=1)] if len(logs) else np.empty(0, np.int64)


def _centibits(nats: Array) -> npt.NDArray[np.int32]:
    return np.asarray(np.clip(np.round(nats * CENTIBITS), -LARGEST_WEIGHT, LARGEST_WEIGHT), np.int32)


def _log_sum(logs: Array) -> Array:
    if not logs.size:
        return np.zeros(len(logs))
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logs - top).sum(axis=1)), np.float64)


class Ceiling:
    """The most a pair can still weigh, from what whole numbers alone say of it; never less than it will weigh.

    For every other situation n, odds(match) <= sum over matches m of odds(m against n), and each open field adds at most the best of
    its open levels; the least of these bounds over n holds.
    """

    def __init__(self, scale: Scale) -> None:
        self.model, self.expected = scale.model, scale.expected
        model = scale.model
        affected = _by_chance(model)
        others = np.flatnonzero(~model.is_match)
        self.kinds = sorted({tuple(affected[:, n]) for n in others})
        self.members = [[n for n in others if tuple(affected[:, n]) == kind] for kind in self.kinds]

    def __call__(self, states: npt.NDArray[np.int8], surpluses: Floats) -> Floats:
        """Return nats for each pair; `states` are levels, with `UNRESOLVED` where text has not been looked at."""
        counted = patterns(np.where(states == UNRESOLVED, _radix(self.model, states), states).astype(np.int8), _Wider.of(self.model))
        bounds = self._of_patterns(counted.levels)[counted.of_pair]
        least = np.full(states.shape[1], np.inf, np.float32)
        for column, kind in enumerate(self.kinds):
            added = np.zeros(states.shape[1], np.float32)
            for row, counts in enumerate(kind):
                if counts:
                    added += surpluses[row]
            np.minimum(least, bounds[:, column] - added, out=least)
        return least

    def _of_patterns(self, levels: npt.NDArray[np.int8]) -> Floats:
        model = self.model
        matches = np.flatnonzero(model.is_match)
        out = np.empty((len(levels), len(self.kinds)), np.float32)
        for column, others in enumerate(self.members):
            least = np.full(len(levels), np.inf)
            for n in others:
                against = np.empty((len(levels), len(matches)))
                for i, m in enumerate(matches):
                    against[:, i] = np.log(self.expected[m] / self.expected[n]) + self._fields(levels, int(m), int(n))
                least = np.minimum(least, _log_sum(against))
            out[:, column] = least
        return out

    def _fields(self, levels: npt.NDArray[np.int8], m: int, n: int) -> Array:
        total = np.zeros(len(levels))
        for row, comparison in enumerate(self.model.comparisons):
            table = self.model.log_levels(comparison)
            nats = table[:, m] - table[:, n]
            best = nats[1:-1].max()
            total += np.concatenate([nats[:-1], [best], nats[-1:]])[levels[:, row]]  # open: one past the levels; unknown: the last
        return total


def _radix(model: Model, states: Levels) -> npt.NDArray[np.int8]:
    return np.array([len(c.levels) for c in model.comparisons], np.int8)[:, None]


@dataclass(frozen=True)
class _Wider:
    """A comparison with one more level, *open*, for counting patterns."""

    levels: tuple[str, ...]

    @staticmethod
    def of(model: Model) -> list[_Wider]:
        return [_Wider((*c.levels, "open")) for c in model.comparisons]
