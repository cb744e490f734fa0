"""How often values occur, and so how likely two records agree by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matchers.comparison import Comparison, compare
from matchers.features import Codes, Features

Array = npt.NDArray[np.float64]
RANDOM_PAIRS = 60_000  # pairs of any two records, for how often values are alike without being equal
FEW_PAIRS = 20_000.0  # pairs that the belief about equal values counts as; as many as 200 records have
LEAST_UNEXPLAINED = 0.002  # of the pairs that share a value; so many are held to be strangers' whatever the links explain
FROZEN = ("forename", "surname")  # fields whose frequencies a model keeps
SMALL_TOWN = 1000  # records
# Names go with the year and the place of birth, and every HIGH STREET has a number 14: two fields of strangers that agree together more
# often than by their own frequencies.
CORRELATED = (("forename", "surname"), ("forename", "date_of_birth"), ("surname", "date_of_birth"), ("house", "street"))


@dataclass(frozen=True)
class Agreement:
    """How often strangers agree in one field.

    Attributes:
        believed: probability of each level, before any data.
        levels: probability of each level but the first, given that it is not the first, from pairs of any two records.
        equal_pairs: pairs of records that share a value, whoever they are.
        known: records whose value is known.
        counts: code -> records that hold the value.
        possible: pairs of records that may be linked and both hold a value.
        registered: the value is given out once, so that two strangers who hold it are a mistake, whatever else may explain it.
    """

    believed: Array
    levels: Array
    equal_pairs: float
    known: float
    counts: npt.NDArray[np.int64]
    possible: float
    registered: bool = False

    def among_strangers(self, explained: float) -> Array:
        """Return the probability of each level, when so many of the pairs that share a value are links or housemates."""
        unexplained = max(0.0 if self.registered else self.equal_pairs - explained, LEAST_UNEXPLAINED * self.equal_pairs)
        equal = min(0.9, (unexplained + FEW_PAIRS * float(self.believed[0])) / (self.possible + FEW_PAIRS))
        return np.concatenate(([equal], self.levels * (1 - equal)))


@dataclass(frozen=True)
class Chance:
    """What two records that have nothing to do with each other show.

    Attributes:
        fields: field -> agreement.
        together: two fields -> pairs of records that share both values.
        pairs: pairs of records that may be linked at all.
        records: how many records.
    """

    fields: Mapping[str, Agreement]
    together: Mapping[tuple[str, str], float]
    pairs: float
    records: int


def counted(features: Features, comparisons: Sequence[Comparison], frequencies: Mapping[str, Mapping[str, float]], *, part: Codes | None = None) -> Chance:
    """Count the values that a fitted model weighs by their frequency.

    Args:
        frequencies: field -> value -> share of records, as the model has them; they stand for what these data hold.
    """
    fields = {}
    for comparison in comparisons:
        counts = _counts(features, comparison)
        known = float(counts.sum())
        shares = frequencies.get(comparison.name)
        if shares:
            texts = features.columns[comparison.name].texts
            frozen = np.array([shares.get(text, -1.0) for text in texts], np.float64)  # a dictionary of distinct values, looked up once each
            counts = np.where(frozen >= 0, np.round(frozen * known), counts).astype(np.int64)
        fields[comparison.name] = Agreement(np.empty(0), np.empty(0), 0.0, known, counts, 0.0)
    return _chance(features, fields, {}, part)


def _codes(features: Features, comparison: Comparison) -> Codes:
    column = comparison.frequency or comparison.needs[0]
    return features.codes(column) if features.has(column) else np.full(features.size, -1, np.int32)


def _counts(features: Features, comparison: Comparison) -> npt.NDArray[np.int64]:
    column = comparison.frequency or comparison.needs[0]
    return features.columns[column].counts if features.has(column) else np.zeros(0, np.int64)


def chance(features: Features, comparisons: Sequence[Comparison], part: Codes | None = None, *, sampled: bool = True) -> Chance:
    """Count what chance can do: equal values in closed form from counts, likeness from pairs of any two records.

    Args:
        part: a code of each record; two records of equal code are never linked, and their agreement is no chance that was missed.
        sampled: look at pairs of any two records; not where values are equal or not, and nothing between.

    Source: the number of pairs that share a value is the sum over values of n(n - 1) / 2; Fellegi and Sunter (1969), section 3.3.
    """
    left, right = any_two(features.size) if sampled else (np.empty(0, np.int32), np.empty(0, np.int32))
    seen_levels = compare(features, left, right, comparisons)
    fields = {}
    for row, comparison in enumerate(comparisons):
        levels = seen_levels[row][seen_levels[row] > 0]
        seen = np.bincount(levels, minlength=len(comparison.levels)).astype(np.float64)[1:]
        counts = _counts(features, comparison)
        codes = _codes(features, comparison)
        whole = codes if comparison.whole is None or not len(counts) else np.where(comparison.whole(features, np.arange(len(counts), dtype=np.int32))[codes], codes, -1)
        equal = _sharing([np.where(codes >= 0, whole, -1)], part)
        possible = _sharing([np.where(codes >= 0, 0, -1)], part)
        believed = np.append(comparison.strangers, 1 - sum(comparison.strangers))
        # a level that nobody has been seen in weighs as one that will be seen in the next pair, or as believed if that is rarer
        share = (seen + 1) / (len(levels) + 1 / np.maximum(believed[1:], 1e-9))
        share[-1] = max(1 - share[:-1].sum(), 1e-9)
        fields[comparison.name] = Agreement(believed, share / share.sum(), equal, float(counts.sum()), counts, possible, comparison.registered)
    if {"forename", "surname"} <= set(fields):
        fields["forename"] = _with_swapped(features, fields["forename"], comparisons, part)
    together = {pair: _sharing([features.codes(name) for name in pair], part) for pair in CORRELATED if set(pair) <= set(fields)}
    return _chance(features, fields, together, part)


def _chance(features: Features, fields: dict[str, Agreement], together: dict[tuple[str, str], float], part: Codes | None) -> Chance:
    """Complete what was counted; a small file stands for a small town: two records are not likely one person for being the only ones."""
    every = _sharing([np.zeros(features.size, np.int32)], part)
    return Chance(fields, together, max(every, SMALL_TOWN * (SMALL_TOWN - 1) / 4), features.size)


def _with_swapped(features: Features, forename: Agreement, comparisons: Sequence[Comparison], part: Codes | None) -> Agreement:
    """Add the strangers whose given and family names changed places, in closed form: THOMAS FRANK and FRANK THOMAS are two people."""
    at = next(c.levels.index("swapped") for c in comparisons if c.name == "forename") - 1
    names = features.codes("names")
    either_way, possible = _sharing([names], part), _sharing([np.minimum(names, 0)], part) + FEW_PAIRS
    levels = forename.levels.copy()
    levels[at] += max(0.0, either_way - _sharing([features.codes("forename"), features.codes("surname")], part)) / possible
    return replace(forename, levels=levels / levels.sum())


def _sharing(values: Sequence[Codes], part: Codes | None) -> float:
    """Count the pairs of records that share all these values and may be linked."""
    shared = _pairs_of(values)
    return shared if part is None else shared - _pairs_of([*values, part])


def _pairs_of(values: Sequence[Codes]) -> float:
    """Count the pairs of records that share all these values; an unknown value is shared with nobody."""
    known = np.ones(len(values[0]), np.bool_)
    for codes in values:
        known &= codes >= 0
    packed = np.zeros(int(known.sum()), np.int64)
    for codes in values:
        packed = packed * (int(codes.max(initial=0)) + 1) + codes[known]
    if len(values) == 1:
        sizes = np.bincount(packed)
    else:
        packed.sort()
        first = np.flatnonzero(np.concatenate(([True], packed[1:] != packed[:-1]))) if len(packed) else np.empty(0, np.int64)
        sizes = np.diff(np.append(first, len(packed)))
    return float((sizes.astype(np.int64) * (sizes.astype(np.int64) - 1) // 2).sum())


def any_two(records: int, most: int = RANDOM_PAIRS) -> tuple[Codes, Codes]:
    """Return every pair of few records, and of many so many pairs, spread evenly."""
    if records * (records - 1) // 2 <= most:
        left, right = np.triu_indices(records, 1)
        return left.astype(np.int32), right.astype(np.int32)
    number = np.arange(most, dtype=np.uint64)
    mixed = (number + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)  # the finaliser of splitmix64: a fixed, even scatter
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    left = (number % np.uint64(records)).astype(np.int64)
    distance = 1 + ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(records - 1)).astype(np.int64)
    return left.astype(np.int32), ((left + distance) % records).astype(np.int32)
