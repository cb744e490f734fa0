"""Fit the model to the candidate pairs: expectation-maximisation on counts of agreement patterns.

A pattern is one combination of levels; a few thousand of them stand for any number of pairs, so the fit costs the same
whatever the volume. It starts from recordlinkage's binary `ECMClassifier` on the identity fields (address left out, so
that the household cannot pass for the person), whose matches and non-matches are then parted by address into situations.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.comparison import Comparison
from matchers.situations import NEARLY_NEVER, STRENGTH, Situation

Array = npt.NDArray[np.float64]
FEWEST_PAIRS = 500  # with fewer, the binary start has nothing to go by, and the prior beliefs stand
PLACE = "address"  # the comparison that parts the situations, and that the binary start does not see
FEWEST_FIELDS = 2  # a mixture cannot be told apart by one field; then its levels stay as believed and only shares are fitted
KNOWN_ENOUGH = 0.05  # part of pairs in which a field must be known on both sides to help in telling
# A number that blocks is shared by far more of the pairs it brought together than by two random records; fitted on those pairs,
# sharing it would look common. Among parties that are not the same, its levels therefore stay as believed.
IDENTIFIERS = ("nino", "phone", "email", "company_number", "vat_number", "charity_number", "account")
MOST_ROUNDS = 200
SETTLED = 1e-6  # largest change of a responsibility in the last round


@dataclass(frozen=True)
class Model:
    """Fitted parameters.

    Attributes:
        shares: part of candidate pairs in each situation.
        levels: field -> situations x levels, probability of each level in each situation.
        fitted_on: candidate pairs seen; 0 where the prior beliefs stand as they are.
        levels_fitted: False where too few fields were known to fit more than the shares.
    """

    situations: tuple[Situation, ...]
    comparisons: tuple[Comparison, ...]
    shares: Array
    levels: dict[str, Array]
    fitted_on: int
    rounds: int
    levels_fitted: bool = True

    def to_json(self) -> str:
        """Return the parameters as JSON, rounded to nine places, keys sorted."""
        content = {
            "situations": [s.name for s in self.situations],
            "shares": [round(float(x), 9) for x in self.shares],
            "levels": {
                name: {s.name: [round(float(p), 9) for p in table[i]] for i, s in enumerate(self.situations)} for name, table in self.levels.items()
            },
            "fitted_on": self.fitted_on,
            "rounds": self.rounds,
            "levels_fitted": self.levels_fitted,
        }
        return json.dumps(content, indent=1, sort_keys=True)


def patterns(compared: pl.DataFrame, comparisons: Sequence[Comparison]) -> pl.DataFrame:
    """Count each combination of levels: `gamma_<field>...`, `pairs`; sorted, so that sums come out alike every time."""
    names = [f"gamma_{c.name}" for c in comparisons]
    return compared.group_by(names).agg(pl.len().cast(pl.Int64).alias("pairs")).sort(names)


def estimate(counted: pl.DataFrame, comparisons: tuple[Comparison, ...], situations: tuple[Situation, ...]) -> Model:
    """Fit shares and level probabilities to counted patterns.

    Source: Fellegi and Sunter (1969), JASA 64; EM for latent classes as in Dempster, Laird and Rubin (1977).
    """
    prior = Model(situations, comparisons, np.array([s.share for s in situations]), _beliefs(comparisons, situations), 0, 0)
    total = int(counted["pairs"].sum()) if counted.height else 0
    if total < FEWEST_PAIRS:
        return prior
    gammas = {c.name: counted[f"gamma_{c.name}"].to_numpy() for c in comparisons}
    weights = counted["pairs"].to_numpy().astype(np.float64)
    known = [weights[gamma >= 0].sum() / weights.sum() for gamma in gammas.values()]
    levels_fitted = sum(bool(share >= KNOWN_ENOUGH) for share in known) >= FEWEST_FIELDS
    held = _start(gammas, weights, prior) if levels_fitted else responsibilities(gammas, prior)
    rounds, change = 0, 1.0
    while change >= SETTLED and rounds < MOST_ROUNDS:
        rounds += 1
        model = _maximise(gammas, weights, held, prior)
        if not levels_fitted:
            model = replace(model, levels=prior.levels)
        following = responsibilities(gammas, model)
        change = float(np.abs(following - held).max())
        held = following
    return Model(situations, comparisons, model.shares, model.levels, total, rounds, levels_fitted)


def _beliefs(comparisons: Sequence[Comparison], situations: Sequence[Situation]) -> dict[str, Array]:
    tables = {}
    for c in comparisons:
        even = tuple(1.0 / len(c.levels) for _ in c.levels)
        tables[c.name] = _as_defined(c.name, np.array([s.levels.get(c.name, even) for s in situations], np.float64), situations)
    return tables


def _as_defined(name: str, table: Array, situations: Sequence[Situation]) -> Array:
    """Return level probabilities that add up to one, with what contradicts a situation's name held at nearly never."""
    table = np.maximum(table / table.sum(axis=1, keepdims=True), 1e-9)
    for i, situation in enumerate(situations):
        table[i, list(situation.never.get(name, ()))] = NEARLY_NEVER
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float64)


def log_likelihoods(gammas: dict[str, npt.NDArray[np.int8]], model: Model) -> Array:
    """Return log P(pattern | situation) + log share: patterns x situations. A missing level adds nothing."""
    size = len(next(iter(gammas.values())))
    logs = np.tile(np.log(model.shares), (size, 1))
    for name, gamma in gammas.items():
        known = gamma >= 0
        logs[known] += np.log(model.levels[name][:, gamma[known]]).T
    return logs


def responsibilities(gammas: dict[str, npt.NDArray[np.int8]], model: Model) -> Array:
    """Return P(situation | pattern): patterns x situations."""
    logs = log_likelihoods(gammas, model)
    logs -= logs.max(axis=1, keepdims=True)
    shares = np.exp(logs)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def _maximise(gammas: dict[str, npt.NDArray[np.int8]], weights: Array, held: Array, prior: Model) -> Model:
    weighted = held * weights[:, None]
    shares = weighted.sum(axis=0) + STRENGTH * prior.shares
    is_match = np.array([s.match for s in prior.situations])
    levels = {}
    for name, gamma in gammas.items():
        table = STRENGTH * prior.levels[name]
        for level in range(table.shape[1]):
            table[:, level] += weighted[gamma == level].sum(axis=0)
        if name != PLACE:
            table[is_match] = table[is_match].sum(axis=0)
        if name in IDENTIFIERS:
            table[~is_match] = prior.levels[name][~is_match]
        levels[name] = _as_defined(name, table, prior.situations)
    return Model(prior.situations, prior.comparisons, shares / shares.sum(), levels, 0, 0)


def _start(gammas: dict[str, npt.NDArray[np.int8]], weights: Array, prior: Model) -> Array:
    """Return first responsibilities: the binary classifier's verdict, parted by whether the address agrees."""
    match = _binary_match(gammas, weights, prior)
    beliefs = responsibilities(gammas, prior)
    is_match = np.array([s.match for s in prior.situations])
    held = np.empty_like(beliefs)
    for part, share in ((is_match, match), (~is_match, 1 - match)):
        inside = beliefs[:, part]
        held[:, part] = share[:, None] * inside / inside.sum(axis=1, keepdims=True)
    return held


def _binary_match(gammas: dict[str, npt.NDArray[np.int8]], weights: Array, prior: Model) -> Array:
    """Return P(match) of each pattern by recordlinkage's ECM on agree / do not agree, address left out.

    The classifier sees at most `most` rows: each pattern in proportion to its pairs, at least once.
    """
    import pandas as pd
    import recordlinkage

    fields = [c for c in prior.comparisons if c.name != PLACE]
    binary = np.column_stack([(gammas[c.name] >= 0) & (gammas[c.name] < c.identity) for c in fields]).astype(np.int64)
    used = [i for i in range(len(fields)) if binary[:, i].min() != binary[:, i].max()]
    if not used:
        return np.asarray(responsibilities(gammas, prior)[:, [s.match for s in prior.situations]].sum(axis=1), np.float64)
    most = 20_000
    times = np.maximum(1, np.round(weights * min(1.0, most / weights.sum()))).astype(np.int64)
    repeated = np.repeat(np.arange(len(times)), times)
    frame = pd.DataFrame(binary[repeated][:, used], columns=[fields[i].name for i in used])
    classifier = recordlinkage.ECMClassifier(init="jaro", binarize=None, max_iter=100, atol=1e-4, use_col_names=True)
    classifier.fit(frame)
    probability = np.asarray(classifier.prob(pd.DataFrame(binary[:, used], columns=frame.columns)), np.float64)
    return np.clip(np.nan_to_num(probability, nan=0.0), 1e-6, 1 - 1e-6)
