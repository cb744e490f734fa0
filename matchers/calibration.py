"""Probabilities held against a witness: where both records bear a registered number, the number says whether they are one party.

Such pairs are weighed once more without the number. How many of those that then weigh so much do bear the same number shows what
the weight is worth where no number speaks, and the model's weights are corrected by that. No label is needed, only numbers that
some records bear and that are seldom wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

Knots = tuple[tuple[int, int], ...]
LOWEST, HIGHEST = -600, 700  # centibits; beyond them nearly every pair agrees with its weight, and a wrong number counts for more than a wrong weight
BIN = 50  # centibits
FEWEST = 200  # pairs that say what a weight is worth
STRENGTH = 25.0  # pairs that the model's own word counts for, in each bin
WHOLE = 3000  # centibits; where the correction has ended at the latest


def knots(weights: npt.NDArray[np.int32], same: npt.NDArray[np.bool_], wrong: float) -> Knots:
    """Return the correction: (weight by the model, weight as observed) in centibits, rising; nothing where too few pairs say anything.

    Args:
        weights: of pairs whose records both bear a number, weighed without it.
        same: both bear the same number.
        wrong: share of matches whose numbers differ all the same.
    """
    inside = (weights >= LOWEST) & (weights < HIGHEST)
    if int(inside.sum()) < FEWEST:
        return ()
    bins = (weights[inside] - LOWEST) // BIN
    size = (HIGHEST - LOWEST) // BIN
    counts, agreed, stated = (np.bincount(bins, values, size) for values in (None, same[inside], weights[inside]))
    groups = _enough(counts)
    counts, agreed, stated = (np.bincount(groups, values) for values in (counts, agreed, stated))
    middle = np.round(stated / counts).astype(int)
    believed = 1 / (1 + np.exp2(-middle / 100))
    observed = (np.minimum(agreed / (1 - wrong), counts) + STRENGTH * believed) / (counts + STRENGTH)
    rising = isotonic_regression(observed, weights=counts + STRENGTH).x
    corrected = np.round(100 * np.log2(rising / (1 - rising))).astype(int)
    found = [(int(a), int(b)) for a, b in zip(middle, corrected, strict=True)]
    above = max(HIGHEST + 300, found[-1][1])
    return ((-WHOLE, min(-WHOLE, found[0][1])), *found, (above, above), (WHOLE, WHOLE))


def corrected(weights: npt.NDArray[np.int32], correction: Knots) -> npt.NDArray[np.int32]:
    """Return the weights as observed; between two knots on a straight line."""
    stated, observed = zip(*correction, strict=True)
    return np.asarray(np.round(np.interp(weights, stated, observed)), np.int32)


def least_before(weight: int, correction: Knots) -> int:
    """Return the smallest weight by the model that comes to at least so much."""
    every = np.arange(-WHOLE, WHOLE + 1, dtype=np.int32)
    return int(every[np.searchsorted(corrected(every, correction), weight)]) if weight <= WHOLE else weight


def _enough(counts: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Number neighbouring bins so that each number has enough pairs; the last takes what is left over."""
    numbers, number, held = np.empty(len(counts), np.int64), 0, 0.0
    for at, pairs in enumerate(counts):  # a few dozen
        numbers[at] = number
        held += float(pairs)
        if held >= FEWEST:
            number, held = number + 1, 0.0
    numbers[numbers == number] = max(0, number - 1)
    return numbers
