"""How many true pairs no rule found, by Chao's estimator worked out by hand."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from matchers.completeness import pairs_completeness


def masks(*rules: int) -> np.ndarray:
    return np.array(rules, np.uint32)


def test_pairs_found_once_beside_those_found_twice_by_hand() -> None:
    """Of five rules, three found once, one twice, one three times: 4/5 * 3 * 2 / (2 * (1 + 1)) = 1.2 are missing beside the five."""
    found = pairs_completeness(masks(0b1, 0b10, 0b10000, 0b11, 0b111), np.ones(5), used=5)
    assert found.estimate == pytest.approx(5 / 6.2)
    # Chao's interval: f1 / f2 = 3, variance 81/4 + 27 + 9/2, spread exp(1.96 sqrt(log(1 + variance / 1.2^2)))
    spread = exp(1.96 * sqrt(log(1 + (81 / 4 + 27 + 9 / 2) / 1.2**2)))
    assert (found.low, found.high) == pytest.approx((5 / (5 + 1.2 * spread), 5 / (5 + 1.2 / spread)))


def test_pairs_count_as_much_as_they_are_likely() -> None:
    """f1 = 0.9 * 3 = 2.7 and f2 = 0.5, of four rules: 3/4 * 2.7 * 1.7 / (2 * 1.5) are missing beside 3.2."""
    found = pairs_completeness(masks(0b1, 0b10, 0b100, 0b11), np.array([0.9, 0.9, 0.9, 0.5]), used=4)
    assert found.estimate == pytest.approx(3.2 / (3.2 + 0.75 * 2.7 * 1.7 / 3))


def test_where_all_are_found_twice_none_is_missing() -> None:
    found = pairs_completeness(masks(0b11, 0b101, 0b111), np.ones(3), used=3)
    assert (found.estimate, found.low, found.high) == (1.0, 1.0, 1.0)


def test_without_any_likely_pair_or_rule_nothing_can_be_said() -> None:
    assert pairs_completeness(masks(), np.empty(0), used=5) is None
    assert pairs_completeness(masks(0b1), np.zeros(1), used=5) is None
    assert pairs_completeness(masks(), np.empty(0), used=0) is None
    assert pairs_completeness(masks(0), np.ones(1), used=0) is None


def drawn(chances: np.ndarray) -> tuple[np.ndarray, float]:
    """Masks of the pairs that some rule found, from the chance (pairs x rules) of each, and the part of the pairs that they are."""
    hits = np.random.default_rng(20261101).random(chances.shape) < chances
    bits = (hits << np.arange(chances.shape[1])).sum(axis=1).astype(np.uint32)
    return bits[bits > 0], float((bits > 0).mean())


@pytest.mark.parametrize(("rules", "chance"), [(24, 0.08), (5, 0.3)])
def test_rules_that_find_pairs_independently_tell_how_many_none_found(rules: int, chance: float) -> None:
    """Of 24 rules that find a pair with probability 0.08, and of 5 with 0.3, none finds one in seven, or in six."""
    bits, part = drawn(np.full((20_000, rules), chance))
    found = pairs_completeness(bits, np.ones(len(bits)), used=rules)
    assert part == pytest.approx(1 - (1 - chance) ** rules, abs=0.01)
    assert found.estimate == pytest.approx(part, abs=0.015)
    assert found.low < found.estimate < found.high


def test_few_rules_are_not_taken_for_many() -> None:
    """Of 5 rules at 0.3, f1 = 5 * 0.3 * 0.7**4 = 0.36 and f2 = 10 * 0.09 * 0.7**3 = 0.31 of all pairs: 4/5 f1^2 / 2 f2 = 0.7**5."""
    bits, part = drawn(np.full((20_000, 5), 0.3))
    as_if_many = pairs_completeness(bits, np.ones(len(bits)), used=10**9)
    assert as_if_many.estimate < part - 0.02
    assert pairs_completeness(bits, np.ones(len(bits)), used=5).estimate == pytest.approx(1 - 0.7**5, abs=0.015)


def test_where_some_pairs_are_hard_to_find_more_are_missing_than_the_estimate_says() -> None:
    bits, part = drawn(np.where(np.arange(20_000) % 2, 0.2, 0.01)[:, None] * np.ones(24))
    assert pairs_completeness(bits, np.ones(len(bits)), used=24).estimate > part + 0.05


def test_the_highest_rule_of_the_mask_counts() -> None:
    found = pairs_completeness(masks(1 << 31, 1), np.ones(2), used=32)
    assert found.estimate == pytest.approx(2 / (2 + 31 / 32))  # 31/32 * 2 * 1 / 2 missing
