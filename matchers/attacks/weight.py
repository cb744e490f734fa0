"""A7: how much the weight of a filter says about the length of its text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from matchers.attacks.columns import AttackResult, Column, worst

GATE = 0.3  # bits
SHUFFLES = 5
FEWEST = 500  # filters; what fewer of them seem to say is mostly chance
Counts = npt.NDArray[np.int64]


def information(weights: Counts, lengths: Counts, *, seed: int) -> float:
    """Return the mutual information of two whole numbers, in bits, less what so small a sample shows of two that are unrelated.

    The correction is the mean of what is found after shuffling one of the two.

    Source: Treves and Panzeri (1995), The upward bias in measures of information derived from limited data samples; by shuffling.
    """
    if not len(weights):
        return 0.0
    rng = np.random.Generator(np.random.PCG64(seed))
    by_chance = [_information(rng.permutation(weights), lengths) for _ in range(SHUFFLES)]
    return max(0.0, _information(weights, lengths) - float(np.mean(by_chance)))


def weight_attack(columns: Iterable[Column], lengths: dict[str, Counts], *, seed: int) -> AttackResult:
    """Return where the weight of filters says most about the length of their texts.

    Args:
        columns: of filters; others are passed over, and those with too few to say anything.
        lengths: what a filter is made of -> letters of each record's text; 0 where there is none.
    """
    found = {}
    for column in columns:
        if column.filters is None:
            continue
        known = np.unique(column.ids, return_index=True)[1]  # equal filters of one block are one and the same draw
        known = known[column.ids[known] != 0]
        weights = np.bitwise_count(column.filters[known]).sum(axis=1, dtype=np.int64)
        if len(known) < FEWEST:
            continue
        found[column.name] = (information(weights, lengths[column.text][column.rows[known]], seed=seed), GATE)
    return worst("A7 weight and length, bits", "nothing", found)


def _information(one: Counts, other: Counts) -> float:
    x, y = np.unique(one, return_inverse=True)[1], np.unique(other, return_inverse=True)[1]
    table = np.bincount(x * (int(y.max()) + 1) + y, minlength=(int(x.max()) + 1) * (int(y.max()) + 1)).reshape(int(x.max()) + 1, -1) / len(x)
    by_chance = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    at = table > 0
    return float((table[at] * np.log2(table[at] / by_chance[at])).sum())
