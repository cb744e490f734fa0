"""Weights held against a witness: corrected where the numbers contradict them, and left alone where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.calibration import FEWEST, HIGHEST, LOWEST, WHOLE, corrected, knots, least_before


def odds(probability: float) -> float:
    return 100 * np.log2(probability / (1 - probability))


def pairs(stated: list[int], share: list[float], each: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """So many pairs of each stated weight, of which a share bears the same number."""
    weights = np.repeat(np.array(stated, np.int32), each)
    same = np.concatenate([np.arange(each) < round(s * each) for s in share])
    return weights, same


STATED = list(range(-500, 700, 100))


def test_weights_that_hold_are_left_alone() -> None:
    found = knots(*pairs(STATED, [1 / (1 + 2 ** (-w / 100)) for w in STATED]), wrong=0.0)
    assert corrected(np.array(STATED, np.int32), found) == pytest.approx(STATED, abs=2)


def test_weights_that_say_too_much_say_what_was_seen() -> None:
    share = [1 / (1 + 2 ** (-(w - 150) / 100)) for w in STATED]  # each a bit and a half too high
    found = knots(*pairs(STATED, share), wrong=0.0)
    assert corrected(np.array([0, 200, 400], np.int32), found) == pytest.approx([-150, 50, 250], abs=5)


def test_matches_whose_numbers_are_wrong_do_not_count_against_a_weight() -> None:
    share = [0.98 / (1 + 2 ** (-w / 100)) for w in STATED]
    found = knots(*pairs(STATED, share), wrong=0.02)
    assert corrected(np.array(STATED, np.int32), found) == pytest.approx(STATED, abs=10)


def test_a_strong_weight_stays_as_it_is() -> None:
    found = knots(*pairs(STATED, [0.0] * len(STATED)), wrong=0.0)
    assert corrected(np.array([HIGHEST + 300, 2000, WHOLE], np.int32), found).tolist() == [HIGHEST + 300, 2000, WHOLE]


@pytest.mark.parametrize(("weight", "known"), [(0, FEWEST - 1), (HIGHEST, 5000), (LOWEST - 1, 5000), (0, 0)])
def test_too_few_pairs_say_nothing(weight: int, known: int) -> None:
    assert knots(np.full(known, weight, np.int32), np.ones(known, np.bool_), wrong=0.0) == ()


seen = st.lists(st.tuples(st.integers(LOWEST - 200, HIGHEST + 200), st.floats(0, 1), st.integers(1, 900)), min_size=1, max_size=12)


@given(rows=seen, wrong=st.floats(0, 0.2))
def test_a_correction_rises_and_keeps_the_ends(rows: list[tuple[int, float, int]], wrong: float) -> None:
    weights = np.concatenate([np.full(n, w, np.int32) for w, _, n in rows])
    same = np.concatenate([np.arange(n) < share * n for _, share, n in rows])
    found = knots(weights, same, wrong)
    if found:
        stated, observed = zip(*found, strict=True)
        assert list(stated) == sorted(set(stated))
        assert list(observed) == sorted(observed)
        every = np.arange(-WHOLE, WHOLE + 1, dtype=np.int32)
        after = corrected(every, found)
        assert (np.diff(after) >= 0).all()
        assert after[-1] == WHOLE


@given(rows=seen, floor=st.integers(-1200, 1200))
def test_the_smallest_weight_that_reaches_a_floor_is_the_smallest(rows: list[tuple[int, float, int]], floor: int) -> None:
    weights = np.concatenate([np.full(n, w, np.int32) for w, _, n in rows])
    same = np.concatenate([np.arange(n) < share * n for _, share, n in rows])
    if found := knots(weights, same, 0.0):
        least = least_before(floor, found)
        assert corrected(np.array([least], np.int32), found)[0] >= floor
        assert least == -WHOLE or corrected(np.array([least - 1], np.int32), found)[0] < floor
