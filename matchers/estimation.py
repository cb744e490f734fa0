"""Fit the model to candidate pairs: expectation-maximisation on counts of agreement patterns.

A pattern is one combination of levels; a few thousand of them stand for any number of pairs, so the fit costs the same
whatever the volume. Strangers are not fitted: how many pairs of them show a pattern is worked out from how often values occur, less
what the links explain. Blocking therefore cannot deceive the fit: that all its pairs agree in something is no evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matchers.comparison import Comparison
from matchers.frequencies import SMALL_TOWN, Chance
from matchers.situations import NEARLY_NEVER, STRENGTH, Situation

Array = npt.NDArray[np.float64]
FEWEST_PAIRS = 100  # with fewer, the data say too little and the prior beliefs stand
PLACE = "address"  # the comparison that parts the match situations
MOST_CORRELATED = 20.0  # times as often as by their frequencies may two fields of strangers agree together
LOOSELY = 3.0  # times as often as among strangers may a field agree in a household that does not share it by nature
LEAST_MISSING = 0.001  # probability of a gap, and of none
ABOUT = 0.01  # of what the links explain may be wrong because a model is a model
DEVIATIONS = 3.0  # standard deviations that it may be off because pairs are counted
FEWEST_MATCHES = 1.0  # pairs; a fit that expects fewer has found nothing to go by
MOST_MATCHES = 0.5  # of all possible pairs
LARGEST_TABLE = 2**24  # numbers; above it, distinct ones are found by sorting
MOST_ROUNDS = 200
SETTLED = 1e-3  # largest relative change of a rate, and largest change of a level probability, in the last round


class _Levelled(Protocol):
    @property
    def levels(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Model:
    """Fitted parameters.

    Attributes:
        rates: pairs in each situation for each record; nought for strangers.
        levels: field -> situations x levels, probability of each level in each situation.
        together: two fields -> how many times as often as by their frequencies strangers agree in both.
        missing: field -> by situation, how often the value of one record or of both is unknown; fields that are not named are unknown as
            often in one situation as in another.
        own: field -> records of the same party that share a record's value, besides it, on average.
        frequencies: field -> value -> share of records that bore it where the model was fitted.
        witness: registered number whose word the weights without it were held against, or empty.
        calibration: what a weight without the witness is worth, as `calibration.knots` gives it.
        company: centibits for a pair at two homes between which others are linked.
        fitted_on: candidate pairs seen; 0 where the prior beliefs stand as they are.
        remarks: why a fit was refused, or what else was noticed.
    """

    situations: tuple[Situation, ...]
    comparisons: tuple[Comparison, ...]
    rates: Array
    levels: Mapping[str, Array]
    together: Mapping[tuple[str, str], float] = field(default_factory=dict)
    own: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, Array] = field(default_factory=dict)
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    witness: str = ""
    calibration: tuple[tuple[int, int], ...] = ()
    company: int | None = None
    fitted_on: int = 0
    rounds: int = 0
    remarks: tuple[str, ...] = field(default=())

    @property
    def is_match(self) -> npt.NDArray[np.bool_]:
        return np.array([s.match for s in self.situations])

    @property
    def is_chance(self) -> npt.NDArray[np.bool_]:
        return np.array([s.chance for s in self.situations])

    def log_levels(self, comparison: Comparison) -> Array:
        """Return levels x situations, the log of each level's probability, and one row more for a missing value."""
        logs = np.vstack([np.log(self.levels[comparison.name]).T, np.zeros(len(self.situations))])
        if comparison.name in self.missing:
            missing = self.missing[comparison.name]
            logs[:-1] += np.log(1 - missing)
            logs[-1] = np.log(missing)
        if comparison.silent_level is not None:
            logs[comparison.silent_level] = 0.0
        return np.asarray(logs, np.float64)

    def expected(self, records: int, pairs: float) -> Array:
        """Return how many pairs are expected in each situation among so many records and possible pairs."""
        return np.asarray(np.where(self.is_chance, pairs, np.maximum(self.rates * max(records, SMALL_TOWN), 1e-12)), np.float64)


@dataclass(frozen=True)
class Patterns:
    """Distinct combinations of levels: `levels` is patterns x comparisons (Int8), `pairs` how many pairs show each."""

    levels: npt.NDArray[np.int8]
    pairs: npt.NDArray[np.int64]
    of_pair: npt.NDArray[np.int64]


def patterns(levels: npt.NDArray[np.int8], comparisons: Sequence[_Levelled]) -> Patterns:
    """Count each combination of levels.

    Args:
        levels: comparisons x pairs.
    """
    packed = np.zeros(levels.shape[1], np.int64)
    possible = 1
    for row, comparison in enumerate(comparisons):
        radix = len(comparison.levels) + 1
        packed *= radix
        packed += levels[row]
        packed += 1
        possible *= radix
    present, of_pair = _distinct(packed, possible)
    first = np.empty(len(present), np.int64)
    first[of_pair[::-1]] = np.arange(len(packed) - 1, -1, -1)
    return Patterns(np.ascontiguousarray(levels[:, first].T), np.bincount(of_pair, minlength=len(present)), of_pair)


def _distinct(numbers: npt.NDArray[np.int64], possible: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the distinct numbers, sorted, and the place of each number among them; all are below `possible`."""
    if possible > LARGEST_TABLE:
        present, of_number = np.unique(numbers, return_inverse=True)
        return present, of_number
    seen = np.zeros(possible, np.bool_)
    seen[numbers] = True
    present = np.flatnonzero(seen)
    place = np.zeros(possible, np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    return present, place[numbers].astype(np.int64)


def beliefs(comparisons: tuple[Comparison, ...], situations: tuple[Situation, ...], by_chance: Chance) -> Model:
    """Return the parameters that stand before any pair is seen."""
    start = Model(situations, comparisons, np.array([s.rate for s in situations], np.float64), {})
    strangers = {c.name: by_chance.fields[c.name].among_strangers(0.0) for c in comparisons}
    tables = {}
    for c in comparisons:
        rows = [s.levels.get(c.name, tuple(strangers[c.name])) for s in situations]
        tables[c.name] = _as_defined(c.name, np.array(rows, np.float64), situations, strangers[c.name])
    missing = {c.name: np.full(len(situations), _unknown(by_chance, c.name)) for c in comparisons if c.telling_gaps}
    return _with_chance(replace(start, levels=tables, missing=missing), by_chance)


def _unknown(by_chance: Chance, name: str) -> float:
    """Return how often the value of one of two records, or of both, is unknown."""
    known = by_chance.fields[name].known / max(1, by_chance.records)
    return float(np.clip(1 - known**2, LEAST_MISSING, 1 - LEAST_MISSING))


def _with_chance(model: Model, by_chance: Chance) -> Model:
    """Work out what strangers show, given what the other situations explain."""
    expected = model.rates * by_chance.records
    sizes = model.is_chance
    levels, own = dict(model.levels), {}
    for c in model.comparisons:
        table = levels[c.name].copy()
        share_known = (by_chance.fields[c.name].known / max(1, by_chance.records)) ** 2
        explained = float((expected * table[:, 0])[~sizes].sum()) * share_known
        table[sizes] = by_chance.fields[c.name].among_strangers(_at_most_explained(explained))
        levels[c.name] = table
        own[c.name] = 2 * float((expected * table[:, 0])[model.is_match].sum()) * share_known / max(1.0, by_chance.fields[c.name].known)
    together = {}
    for (a, b), pairs in by_chance.together.items():
        known = by_chance.fields[a].known * by_chance.fields[b].known / max(1, by_chance.records) ** 2
        both = float((expected * levels[a][:, 0] * levels[b][:, 0])[~sizes].sum()) * known**2
        among_strangers = float(levels[a][sizes][0, 0] * levels[b][sizes][0, 0]) * by_chance.records**2 / 2 * known**2
        together[a, b] = float(np.clip((pairs - _at_most_explained(both)) / max(among_strangers, 1e-9), 1.0, MOST_CORRELATED))
    return replace(model, levels=levels, own=own, together=together)


def _at_most_explained(explained: float) -> float:
    """Return how many pairs the links may explain at most; only what exceeds that is put down to strangers."""
    return float(explained * (1 + ABOUT) + DEVIATIONS * np.sqrt(explained))


def _as_defined(name: str, table: Array, situations: Sequence[Situation], strangers: Array) -> Array:
    """Return level probabilities that add up to one, with what contradicts a situation's name held at nearly never, and agreement
    by chance held near chance."""
    table = np.maximum(table / table.sum(axis=1, keepdims=True), 1e-9)
    for i, situation in enumerate(situations):
        if not (situation.match or situation.chance) and name not in situation.agrees:
            table[i] = _at_most(table[i], np.minimum(0.9, LOOSELY * strangers))
        held = list(situation.never.get(name, ()))
        table[i, held] = np.minimum(table[i, held], NEARLY_NEVER)
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float64)


def _at_most(row: Array, most: Array) -> Array:
    """Return the level probabilities with those of agreement held down; what they lose goes to the last level."""
    held = np.append(np.minimum(row[:-1], most[:-1]), 0.0)
    return np.append(held[:-1], max(1 - held.sum(), 1e-9))


def log_likelihoods(levels: npt.NDArray[np.int8], model: Model, expected: Array) -> Array:
    """Return the log of how many pairs of each situation are expected to show each pattern: patterns x situations.

    A missing level adds nothing.

    Args:
        levels: patterns x comparisons.
        expected: pairs expected in each situation.
    """
    logs = np.tile(np.log(expected), (len(levels), 1))
    for column, comparison in enumerate(model.comparisons):
        logs += model.log_levels(comparison)[levels[:, column]]  # level -1 takes the last row
    place = {c.name: i for i, c in enumerate(model.comparisons)}
    for (a, b), times in model.together.items():
        both = (levels[:, place[a]] == 0) & (levels[:, place[b]] == 0)
        logs[np.ix_(both, model.is_chance)] += np.log(times)
    return logs


def estimate(counted: Patterns, model: Model, by_chance: Chance, *, sampled: float) -> Model:
    """Fit rates and level probabilities to counted patterns.

    Args:
        model: beliefs, where the fit starts.
        sampled: part of the candidate pairs that were counted.

    Source: Fellegi and Sunter (1969), JASA 64; EM for latent classes as in Dempster, Laird and Rubin (1977).
    """
    total = int(counted.pairs.sum())
    if total < FEWEST_PAIRS:
        return replace(model, remarks=(f"{total:,} candidate pairs are too few to fit a model",))
    prior, weights = model, counted.pairs / sampled
    rounds, settled = 0, False
    while not settled and rounds < MOST_ROUNDS:
        rounds += 1
        logs = log_likelihoods(counted.levels, model, model.expected(by_chance.records, by_chance.pairs))
        logs -= logs.max(axis=1, keepdims=True)
        held = np.exp(logs)
        held /= held.sum(axis=1, keepdims=True)
        following = _maximise(counted.levels, weights, held, prior, by_chance)
        settled = _is_settled(model, following)
        model = following
    return replace(model, fitted_on=total, rounds=rounds)


def _is_settled(one: Model, other: Model) -> bool:
    levels = max(float(np.abs(one.levels[name] - other.levels[name]).max()) for name in one.levels)
    rates = float((np.abs(one.rates - other.rates) / np.maximum(1e-4, one.rates)).max())
    return max(levels, rates) < SETTLED


def _maximise(levels: npt.NDArray[np.int8], weights: Array, held: Array, prior: Model, by_chance: Chance) -> Model:
    weighted = held * weights[:, None]
    rates = (weighted.sum(axis=0) + STRENGTH * prior.rates) / (by_chance.records + STRENGTH)
    rates = np.minimum(rates, [s.most for s in prior.situations])
    is_match, sizes = prior.is_match, prior.is_chance
    at_home = np.array([s.at_home for s in prior.situations])
    tables, missing = {}, dict(prior.missing)
    for column, comparison in enumerate(prior.comparisons):
        if comparison.telling_gaps:
            gaps = weighted[levels[:, column] < 0].sum(axis=0) + STRENGTH * prior.missing[comparison.name]
            seen = weighted.sum(axis=0) + STRENGTH
            gaps[is_match], seen[is_match] = gaps[is_match].sum(), seen[is_match].sum()
            missing[comparison.name] = np.where(sizes, prior.missing[comparison.name], np.clip(gaps / seen, LEAST_MISSING, 1 - LEAST_MISSING))
        name, size = comparison.name, len(comparison.levels)
        table = STRENGTH * prior.levels[name]
        for s in np.flatnonzero(~sizes):
            table[s] += np.bincount(levels[:, column] + 1, weights=weighted[:, s], minlength=size + 1)[1:]
        # how a value is misspelt depends neither on where its holder lives nor on who else is at home
        alike = at_home if name == PLACE else is_match
        table[alike] = table[alike].sum(axis=0)
        table[sizes] = prior.levels[name][sizes]
        tables[name] = _as_defined(name, table, prior.situations, table[sizes][0])
    return _with_chance(replace(prior, rates=np.where(sizes, 0.0, rates), levels=tables, missing=missing), by_chance)


def checked(model: Model, start: Model, by_chance: Chance) -> Model:
    """Return the fitted model, or the beliefs it started from where the fit makes no sense, with what was seen.

    Sensible means: among some records there is a match, not nearly every two records match, and in every field the same value
    speaks more for a match than another value.
    """
    if not model.fitted_on:
        return model
    seen = []
    matches = float(model.rates[model.is_match].sum()) * by_chance.records
    # what the fit has seen, without what it believed before
    found = float((model.rates * (by_chance.records + STRENGTH) - STRENGTH * start.rates)[model.is_match].sum())
    if found < FEWEST_MATCHES:
        seen.append(f"it saw {found:.1f} matches among {by_chance.records:,} records")
    if matches > MOST_MATCHES * by_chance.pairs:
        seen.append(f"it takes {matches:,.0f} of {by_chance.pairs:,.0f} possible pairs for matches")
    sizes = np.flatnonzero(model.is_chance)[0]
    match = np.flatnonzero(model.is_match)[0]
    for c in model.comparisons:
        nats = np.log(model.levels[c.name][match]) - np.log(model.levels[c.name][sizes])
        if c.name != PLACE and nats[0] <= nats[-1]:
            seen.append(f"in {c.name}, '{c.levels[-1]}' would speak for a match as much as '{c.levels[0]}'")
    if not seen:
        return model
    return replace(start, remarks=(*model.remarks, f"the fit was refused ({'; '.join(seen)}); the stated default parameters were used"))
