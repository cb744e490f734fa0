"""How many true pairs the blocking rules may have missed, without labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Completeness:
    """Estimated pairs completeness with its 95 % interval. A rule set whose rules all need the same field misses more than this says."""

    estimate: float
    low: float
    high: float


def pairs_completeness(rules: npt.NDArray[np.uint32], probability: npt.NDArray[np.float64], *, used: int) -> Completeness | None:
    """Estimate the part of the true pairs that some blocking rule found, from how many rules found each.

    Pairs found by one rule only, beside those found by two, tell how many none found: about (t - 1) / t * f1(f1 - 1) / 2(f2 + 1)
    of t rules, and more where the rules find the same pairs.

    Args:
        rules: bitmask of the rules that found each pair.
        probability: that the pair is a match; pairs count as much as that.
        used: how many rules there were.

    Returns:
        None where no pair is likely to be a match.

    Source: Chao (1987), Biometrics 43, 783-791, with her interval for the number unseen.
    """
    found = float(probability.sum())
    if found <= 0 or not used:
        return None
    times = np.bitwise_count(rules)
    once, twice = float(probability[times == 1].sum()), float(probability[times == 2].sum())
    sampling = (used - 1) / used  # rules are few
    missed = sampling * once * max(once - 1, 0) / (2 * (twice + 1))
    if missed <= 0:
        return Completeness(1.0, 1.0, 1.0)
    ratio = once / max(twice, 1.0)
    variance = max(twice, 1.0) * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    spread = float(np.exp(1.96 * np.sqrt(np.log(1 + variance / missed**2))))
    return Completeness(*(found / (found + m) for m in (missed, missed * spread, missed / spread)))
