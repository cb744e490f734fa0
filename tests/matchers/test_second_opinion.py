"""Another program's model beside ours: they agree on clear pairs, and every pair is counted once."""

from __future__ import annotations

import numpy as np

from matchers.second_opinion import FEWEST, SecondOpinion, second_opinion


def drawn(matches: int, others: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of four fields: matches agree in each nine times of ten, others one time of ten; level 3 is a difference."""
    rng = np.random.default_rng(5)
    agree = np.vstack([rng.random((matches, 4)) < 0.9, rng.random((others, 4)) < 0.1])
    return np.where(agree, 0, 3).T.astype(np.int8), np.arange(matches + others) < matches


def test_two_models_agree_on_what_is_clear():
    levels, true = drawn(400, 4000)
    found = second_opinion(levels, true)
    assert found is not None
    assert found.pairs == 4400 == found.both + found.ours + found.theirs + found.neither
    assert found.both > 350
    assert found.agreed > 0.97


def test_who_takes_a_pair_for_a_match_is_told_apart():
    levels, true = drawn(400, 4000)
    theirs, ours = second_opinion(levels, np.zeros(4400, np.bool_)), second_opinion(levels, np.ones(4400, np.bool_))
    assert theirs is not None and ours is not None  # noqa: PT018 - for the type checker
    assert (theirs.both, theirs.ours) == (0, 0)
    assert (ours.theirs, ours.neither) == (0, 0)
    assert ours.both == theirs.theirs > 300


def test_a_missing_value_is_no_agreement():
    levels, true = drawn(400, 4000)
    assert second_opinion(np.where(levels == 3, -1, levels).astype(np.int8), true) == second_opinion(levels, true)


def test_too_few_pairs_and_pairs_that_are_all_alike_get_no_opinion():
    levels, true = drawn(400, 4000)
    assert second_opinion(levels[:, : FEWEST - 1], true[: FEWEST - 1]) is None
    assert second_opinion(np.zeros((4, 500), np.int8), np.ones(500, np.bool_)) is None


def test_shares_are_of_all_pairs():
    assert SecondOpinion(10, 3, 1, 0, 6).agreed == 0.9
