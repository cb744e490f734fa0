"""One-to-one registers: where each of two files holds a party once, a record with two possible partners has at most one.

Whether a file is such a register shows in the links themselves: hardly any record has two strong ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.features import Codes

Weights = npt.NDArray[np.int32]
STRONG = 0.95  # probability of a link that counts when asking whether a file holds parties once
SELDOM_TWICE = 0.01  # of the records with a strong link may have two in a register without duplicates
FEWEST = 50  # records with a strong link; with fewer, nothing can be said


def holds_once(own: Codes, probability: npt.NDArray[np.float64], size: int) -> bool:
    """Return whether records of the other side hardly ever have two strong links into this file.

    Args:
        own: of each link, the record of the other side.
    """
    strong = np.bincount(own[probability >= STRONG], minlength=size)
    linked = int((strong > 0).sum())
    return linked >= FEWEST and int((strong > 1).sum()) <= SELDOM_TWICE * linked


def against_rivals(near: Codes, weights: Weights, size: int) -> Weights:
    """Return what each pair loses to the others that one of its records has, in centibits.

    Of a record's possible partners one at most is right, so odds o become o / (1 + the others' odds).

    Args:
        near: of each pair, the record whose partners exclude each other.
    """
    odds = np.exp2(np.clip(weights, -3000, 3000) / 100)
    others = np.maximum(np.bincount(near, weights=odds, minlength=size)[near] - odds, 0.0)
    return np.asarray(-np.round(100 * np.log2(1 + others)), np.int32)
