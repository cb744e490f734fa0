"""A1 names what can be compared across a file, and only that."""

from __future__ import annotations

import numpy as np
from scipy.optimize import quadratic_assignment

from matchers.attacks.alignment import NAMED, QUICK, Values, _decorrelated, assignment, file_wide, guess, in_blocks, named
from matchers.attacks.columns import Column, Filters


def _column(ids: list[int], blocks: list[int], filters: Filters | None = None) -> Column:
    return Column("p1", "forename filter", np.arange(len(ids)), np.array(ids, np.uint64), np.array(blocks, np.uint64), filters)


def _random_filters(many: int, seed: int) -> Filters:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (many, 32), dtype=np.uint8)


def test_values_are_counted_and_the_commonest_comes_first():
    values = Values.of(np.array([7, 3, 7, 0, 7, 3, 9], np.uint64))
    assert values.ids.tolist() == [7, 3, 9]
    assert values.counts.tolist() == [3, 2, 1]
    assert guess(values) == 0.5


def test_values_without_likeness_are_named_by_rank():
    observed = Values(np.array([41, 42, 43], np.uint64), np.array([5, 3, 1]))
    public = Values(np.array([1, 2], np.uint64), np.array([90, 10]))
    assert named(observed, public, QUICK).tolist() == [1, 2, 0]


def test_the_share_of_records_named_is_counted_by_record():
    # three records of the commonest value and one of the next are named rightly, the fifth is a value that nobody knows
    column = _column([50, 50, 50, 60, 70], [1, 2, 3, 4, 5])
    public = Values(np.array([1, 2], np.uint64), np.array([90, 10]))
    share, gate = file_wide(column, np.array([1, 1, 1, 2, 9], np.uint64), public, QUICK)
    assert share == 0.8
    assert gate == 1.0  # who says the commonest nine times in ten may be right five times in five


def test_each_block_is_named_by_itself():
    # in both blocks the commoner value is taken for the commonest: 2 of 3 records of the first block are, 0 of the second
    column = _column([50, 50, 60, 70, 70], [1, 1, 1, 2, 2])
    public = Values(np.array([1, 2], np.uint64), np.array([6, 4]))
    share, _ = in_blocks(column, np.array([1, 1, 3, 2, 2], np.uint64), public, QUICK)
    assert share == 0.4


def test_equal_likeness_is_found_again_under_another_order():
    rng = np.random.Generator(np.random.PCG64(1))
    a = rng.random((30, 30)).astype(np.float32)
    a = a + a.T
    order = rng.permutation(30)
    b = a[np.ix_(order, order)]
    taken = assignment(a, b, np.abs(np.subtract.outer(np.diag(a), np.diag(b))).astype(np.float32))
    assert (order[taken] == np.arange(30)).all()


def test_an_assignment_is_as_good_as_that_of_scipy():
    rng = np.random.Generator(np.random.PCG64(2))
    a = rng.random((40, 40)).astype(np.float32)
    a = a + a.T
    noisy = rng.random((40, 40)).astype(np.float32) * 0.05
    b = a + noisy + noisy.T
    none = np.zeros((40, 40), np.float32)
    ours = assignment(a, b, none)
    theirs = quadratic_assignment(a, b, method="faq", options={"maximize": True, "rng": np.random.default_rng(1)}).col_ind
    assert (a * b[np.ix_(ours, ours)]).sum() >= 0.99 * (a * b[np.ix_(theirs, theirs)]).sum()


def test_bits_that_always_come_together_count_as_one():
    # twenty bits are one and the same, twenty others are unrelated; the second value shares the former with the first, the third the latter
    values = np.random.Generator(np.random.PCG64(1)).integers(0, 2, (400, 40)).astype(np.float32)
    values[:, :20] = values[:, :1]
    values[1, :20], values[1, 20:] = values[0, :20], 1 - values[0, 20:]
    values[2, :20], values[2, 20:] = 1 - values[0, :20], values[0, 20:]
    after = _decorrelated(values)
    assert np.isclose(np.abs(values[0] - values[1]).sum(), np.abs(values[0] - values[2]).sum())
    assert after[0] @ after[1] < 0
    assert after[0] @ after[2] > 0.5


def test_filters_alike_on_both_sides_are_named_and_unrelated_ones_are_not():
    filters = _random_filters(60, 1)
    filters[30:] = filters[:30]
    filters[30:, :4] ^= 0x3C  # each of thirty values has one that is like it
    counts = np.arange(120, 60, -1)
    public = Values(np.arange(1, 61).astype(np.uint64), counts, filters)
    observed = Values(np.arange(101, 161).astype(np.uint64), counts, filters)
    assert (named(observed, public, QUICK) == public.ids).mean() > 0.9
    shuffled = np.random.Generator(np.random.PCG64(3)).permutation(60)
    unrelated = Values(observed.ids, np.full(60, 1), _random_filters(60, 2))
    assert (named(unrelated, Values(public.ids[shuffled], np.full(60, 1), filters[shuffled]), QUICK) == public.ids).mean() < 0.2


def test_a_gate_is_never_below_the_commonest_name():
    column = _column(list(range(1, 3001)), list(range(3000)))
    public = Values(np.arange(1, 5001).astype(np.uint64), np.ones(5000, np.int64))
    share, gate = file_wide(column, np.zeros(3000, np.uint64), public, QUICK)
    assert share == 0
    assert NAMED < gate < 2 * NAMED
