"""From levels to evidence: the weight of each pair, its probability, and what each field contributed.

Weights are whole centibits (100 centibits double the odds). The contributions of a pair's fields and its starting odds add
up to its match weight exactly, so the explanation of a link is the link's arithmetic.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.estimation import Model, log_likelihoods, patterns

LARGEST_WEIGHT = 3000  # centibits; beyond a billion to one, more evidence changes nothing


def score(compared: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Weigh every compared pair.

    Args:
        compared: pairs with `gamma_<field>` for each comparison of the model.

    Returns:
        The same rows and order, with `match_weight` (Int64 centibits), `match_probability` (rounded to 6 places),
        `situation` (the likeliest), `contribution_<field>` and `contribution_start` (Int64 centibits).
    """
    counted = patterns(compared, model.comparisons)
    weighed = _weigh_patterns(counted, model)
    names = [f"gamma_{c.name}" for c in model.comparisons]
    return compared.join(weighed.drop("pairs"), on=names, how="left", maintain_order="left")


def _weigh_patterns(counted: pl.DataFrame, model: Model) -> pl.DataFrame:
    gammas = {c.name: counted[f"gamma_{c.name}"].to_numpy() for c in model.comparisons}
    is_match = np.array([s.match for s in model.situations])
    logs = log_likelihoods(gammas, model) if counted.height else np.empty((0, len(is_match)))
    weight = _log_sum(logs[:, is_match]) - _log_sum(logs[:, ~is_match])
    match_best = np.flatnonzero(is_match)[logs[:, is_match].argmax(axis=1)] if counted.height else np.empty(0, np.int64)
    other_best = np.flatnonzero(~is_match)[logs[:, ~is_match].argmax(axis=1)] if counted.height else np.empty(0, np.int64)
    centibits = np.clip(np.round(100 * weight / np.log(2)), -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int64)
    columns = {f"contribution_{name}": _contribution(gamma, model.levels[name], match_best, other_best) for name, gamma in gammas.items()}
    start = centibits - sum(columns.values(), np.zeros(len(centibits), np.int64))
    names = np.array([s.name for s in model.situations])
    return counted.with_columns(
        pl.Series("match_weight", centibits, pl.Int64),
        pl.Series("match_probability", np.round(1 / (1 + np.exp2(-centibits / 100)), 6), pl.Float64),
        pl.Series("situation", names[logs.argmax(axis=1)].tolist() if counted.height else [], pl.String),
        pl.Series("contribution_start", start, pl.Int64),
        *(pl.Series(name, values, pl.Int64) for name, values in columns.items()),
    )


def _contribution(
    gamma: npt.NDArray[np.int8], table: npt.NDArray[np.float64], match: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return log2(m / u) of each pattern's level, between its likeliest match and its likeliest non-match situation."""
    known = np.flatnonzero(gamma >= 0)
    bits = np.zeros(len(gamma))
    bits[known] = np.log2(table[match[known], gamma[known]] / table[other[known], gamma[known]])
    return np.round(100 * bits).astype(np.int64)


def _log_sum(logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if not logs.size:
        return np.zeros(len(logs))
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logs - top).sum(axis=1)), np.float64)
