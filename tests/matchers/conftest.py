"""Invented records, encoded, and the level that a comparison gives to two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
import pytest

from matchers.comparison import Comparison, compare
from matchers.features import Features, encode

Row = Mapping[str, object]
Encoded = tuple[Features, np.ndarray]


def _encoded(rows: Sequence[Row]) -> Encoded:
    """Return records as features, and the number that each row was given."""
    names = sorted({name for row in rows for name in row} - {"record_ref"})
    schema = {"record_ref": pl.String, **{name: pl.Int64 if name == "uprn" else pl.String for name in names}}
    full = [{**dict.fromkeys(schema), "record_ref": f"R{i}", **row} for i, row in enumerate(rows)]
    features = encode(pl.DataFrame(full, schema=schema))
    return features, np.argsort(features.order).astype(np.int32)


def _level_of(comparison: Comparison, left: Row, right: Row, *, crowd: Sequence[Row] = ()) -> str:
    """Return the level's name that a comparison gives to two records, among others; `missing` for -1."""
    features, number = _encoded([left, right, *crowd])
    ((level,),) = compare(features, number[[0]], number[[1]], [comparison]).tolist()
    return "missing" if level == -1 else comparison.levels[level]


@pytest.fixture(scope="session")
def encoded() -> Callable[[Sequence[Row]], Encoded]:
    return _encoded


@pytest.fixture(scope="session")
def level_of() -> Callable[..., str]:
    return _level_of
