"""Where a file holds everybody once, two possible partners take from each other."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.rivals import FEWEST, STRONG, against_rivals, holds_once


def test_two_partners_take_from_each_other_by_hand() -> None:
    # record 7 has partners at 4 to 1 and 1 to 1: the first's odds fall to 4 / 2, the second's to 1 / 5; record 8 has one partner
    lost = against_rivals(np.array([7, 7, 8]), np.array([200, 0, 500], np.int32), 9)
    assert lost.tolist() == [-100, round(-100 * log2(5)), 0]


def test_a_sure_partner_leaves_the_others_next_to_nothing_and_a_sure_rival_everything() -> None:
    lost = against_rivals(np.array([0, 0]), np.array([3000, -3000], np.int32), 1)
    assert lost.tolist() == [0, -3000]


def test_no_pairs_lose_nothing() -> None:
    assert against_rivals(np.empty(0, np.int32), np.empty(0, np.int32), 5).tolist() == []


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(-2500, 2500)), max_size=12))
def test_losses_are_those_of_a_loop_over_rivals(pairs: list[tuple[int, int]]) -> None:
    near, weights = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    found = against_rivals(near, weights, 4).tolist()
    for i, (record, _) in enumerate(pairs):
        others = sum(2 ** (w / 100) for j, (r, w) in enumerate(pairs) if r == record and j != i)
        # the difference of two sums as large as the strongest partner's odds keeps sixteen figures of them
        slack = 2 ** (max(w for _, w in pairs) / 100 - 48)
        assert -100 * log2(1 + others + slack) - 0.6 <= found[i] <= -100 * log2(1 + max(others - slack, 0)) + 0.6


@settings(max_examples=40)
@given(weights=st.lists(st.integers(-900, 900), min_size=1, max_size=8))
def test_of_the_partners_one_at_most_is_right(weights: list[int]) -> None:
    table = np.array(weights, np.int32)
    after = table + against_rivals(np.zeros(len(table), np.int32), table, 1)
    assert (1 / (1 + np.exp2(-after / 100))).sum() <= 1 + 0.01 * len(weights)  # whole centibits


def strong(*links_of: int) -> tuple[np.ndarray, np.ndarray]:
    """So many strong links of each record."""
    own = np.repeat(np.arange(len(links_of)), links_of)
    return own, np.full(len(own), STRONG)


@pytest.mark.parametrize(
    ("links_of", "once"),
    [([1] * FEWEST, True), ([1] * (FEWEST - 1), False), ([1] * 99 + [2], True), ([1] * 98 + [2, 2], False), ([1] * 198 + [2, 3], True), ([], False), ([2] * 100, False)],
    ids=["just enough", "too few to say", "one of a hundred twice", "two of a hundred twice", "two of two hundred", "none", "all twice"],
)  # fmt: skip
def test_a_file_holds_everybody_once_where_hardly_anybody_has_two_strong_links_into_it(links_of: list[int], once: bool) -> None:
    own, probability = strong(*links_of)
    assert holds_once(own, probability, max(1, len(links_of))) is once


def test_weak_links_say_nothing_about_a_file() -> None:
    own, probability = strong(*[1] * 60)
    weak = np.full(60, STRONG - 0.01)
    assert holds_once(np.concatenate([own, own]), np.concatenate([probability, weak]), 60) is True
    assert holds_once(own, weak, 60) is False
