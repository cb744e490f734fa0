"""What every test of a normaliser needs: raw texts in, pairs of value and problem out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

Normaliser = Callable[[pl.Expr], pl.Expr]
Read = Callable[[Normaliser, Sequence[str | None]], list[tuple[Any, str | None]]]


def _read(normaliser: Normaliser, raw: Sequence[str | None]) -> list[tuple[Any, str | None]]:
    frame = pl.DataFrame({"raw": raw}, schema={"raw": pl.String})
    return frame.select(normaliser(pl.col("raw")).alias("read")).unnest("read").rows()


@pytest.fixture(scope="session")
def read() -> Read:
    return _read
