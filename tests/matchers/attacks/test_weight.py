"""A7 measures information, and takes a small sample's chance for nothing."""

from __future__ import annotations

import numpy as np
import pytest

from matchers.attacks.columns import Column
from matchers.attacks.weight import information, weight_attack


def test_a_weight_that_is_the_length_tells_all_of_it():
    lengths = np.tile([3, 4, 5, 6], 500)
    assert information(lengths * 8, lengths, seed=1) == pytest.approx(2.0, abs=0.02)  # four lengths, equally often


def test_unrelated_numbers_tell_nothing_however_few():
    rng = np.random.Generator(np.random.PCG64(1))
    for many in (50, 300, 5000):
        assert information(rng.integers(70, 90, many), rng.integers(3, 12, many), seed=1) < 0.2
    assert information(np.empty(0, np.int64), np.empty(0, np.int64), seed=1) == 0


def test_equal_filters_count_once_and_empty_ones_not_at_all():
    # four hundred records share one filter; of the other six hundred each length has its weight
    filters = np.zeros((1100, 32), np.uint8)
    filters[:400, 0] = 1
    many = np.arange(600)
    filters[400:1000, 1:3] = many.astype(np.uint16)[:, None].view(np.uint8)
    filters[400:1000, 3] = np.where(many % 2, 255, 0)
    filters[400:1000, 4] = 1
    lengths = np.concatenate((np.full(400, 5), np.where(many % 2, 9, 3), np.zeros(100))).astype(np.int64)
    ids = np.concatenate((np.full(400, 7), many + 8, np.zeros(100))).astype(np.uint64)
    column = Column("p1", "forename filter", np.arange(1100), ids, ids, filters)
    result = weight_attack([column], {"forename": lengths}, seed=1)
    assert result.column == "p1 forename filter"
    assert result.metric > 0.8
    assert not result.passed


def test_too_few_filters_say_nothing():
    filters = np.zeros((40, 32), np.uint8)
    filters[:, 0] = np.where(np.arange(40) % 2, 255, 1)
    column = Column("p1", "forename filter", np.arange(40), np.arange(1, 41, dtype=np.uint64), np.arange(1, 41, dtype=np.uint64), filters)
    assert weight_attack([column], {"forename": np.where(np.arange(40) % 2, 9, 3)}, seed=1).column == "none"
