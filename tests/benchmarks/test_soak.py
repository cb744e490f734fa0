"""A few nights of the long soak; thirty and more are the benchmark's."""

from __future__ import annotations

from pathlib import Path

from benchmarks.soak import Soak


def test_a_few_nights_in_a_row_are_in_order_every_morning(tmp_path: Path) -> None:
    soak = Soak(tmp_path, seed=4)
    assert sum(soak.go(3).values()) >= 3
    assert len(soak.published) == 3
