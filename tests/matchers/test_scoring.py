"""A pair's weight is Bayes' rule, and its explanation is the weight's arithmetic."""

from __future__ import annotations

from itertools import product
from math import log2, prod

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import comparison, situations
from matchers.comparison import Comparison
from matchers.estimation import Model, estimate, patterns
from matchers.scoring import LARGEST_WEIGHT, score
from matchers.situations import Situation

TWO = tuple(c for c in comparison.PERSON if c.name in ("phone", "nino"))


def empty(comparisons: tuple[Comparison, ...]) -> pl.DataFrame:
    return pl.DataFrame(schema={f"gamma_{c.name}": pl.Int8 for c in comparisons})


def believed(comparisons: tuple[Comparison, ...], of: tuple[Situation, ...]) -> Model:
    """The model before any data."""
    return estimate(patterns(empty(comparisons), comparisons), comparisons, of)


def compared(comparisons: tuple[Comparison, ...], rows: list[tuple[int, ...]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=empty(comparisons).schema, orient="row")
    return frame.with_columns(record_l=pl.int_range(pl.len(), dtype=pl.Int64), record_r=pl.int_range(pl.len(), dtype=pl.Int64) + 1000)


def made_model(shares: list[float], nino: list[list[float]], phone: list[list[float]]) -> Model:
    """Two situations, match first, and two fields."""
    same, other = Situation("same", True, shares[0], {}), Situation("other", False, shares[1], {})
    return Model((same, other), TWO, np.array(shares), {"nino": np.array(nino), "phone": np.array(phone)}, 1, 1)


def posterior(model: Model, levels: dict[str, int]) -> float:
    """P(match | levels) by summing over situations, one at a time."""
    joint = [
        float(model.shares[i]) * prod(float(model.levels[name][i, level]) for name, level in levels.items() if level >= 0)
        for i in range(len(model.situations))
    ]
    return sum(p for p, s in zip(joint, model.situations, strict=True) if s.match) / sum(joint)


def test_weight_of_a_pair_by_hand() -> None:
    # start 0.2 / 0.8 = 2 bits against; NINO 0.8 / 0.1 = 3 bits for; telephone 0.5 / 0.125 = 2 bits for
    model = made_model([0.2, 0.8], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], [[0.5, 0.5], [0.125, 0.875]])
    (row,) = score(compared(TWO, [(0, 0)]), model).iter_rows(named=True)
    assert [row[f"contribution_{name}"] for name in ("start", "nino", "phone")] == [-200, 300, 200]
    assert (row["match_weight"], row["match_probability"], row["situation"]) == (300, 0.888889, "same")  # 8 to 1


def test_what_is_missing_contributes_nothing() -> None:
    model = made_model([0.2, 0.8], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], [[0.5, 0.5], [0.125, 0.875]])
    (row,) = score(compared(TWO, [(-1, -1)]), model).iter_rows(named=True)
    assert [row[f"contribution_{name}"] for name in ("start", "nino", "phone")] == [-200, 0, 0]
    assert (row["match_weight"], row["match_probability"], row["situation"]) == (-200, 0.2, "other")


def test_evidence_beyond_a_billion_to_one_is_cut_and_still_adds_up() -> None:
    model = made_model([0.5, 0.5], [[1 - 2e-9, 1e-9, 1e-9], [1e-9, 1e-9, 1 - 2e-9]], [[1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9]])
    for levels, weight in (((0, 0), LARGEST_WEIGHT), ((2, 1), -LARGEST_WEIGHT)):
        (row,) = score(compared(TWO, [levels]), model).iter_rows(named=True)
        assert row["match_weight"] == weight
        assert sum(row[f"contribution_{name}"] for name in ("start", "nino", "phone")) == weight


@pytest.mark.parametrize(
    ("comparisons", "of"), [(comparison.PERSON, situations.PERSON), (comparison.ORGANISATION, situations.ORGANISATION)], ids=["person", "organisation"]
)
@settings(max_examples=30)
@given(data=st.data())
def test_weight_and_probability_are_the_posterior_worked_out_naively(
    comparisons: tuple[Comparison, ...], of: tuple[Situation, ...], data: st.DataObject
) -> None:
    model = believed(comparisons, of)
    row = st.tuples(*(st.integers(-1, len(c.levels) - 1) for c in comparisons))
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    scored = score(compared(comparisons, rows), model)
    for levels, out in zip(rows, scored.iter_rows(named=True), strict=True):
        p = posterior(model, dict(zip((c.name for c in comparisons), levels, strict=True)))
        weight = min(max(100 * log2(p / (1 - p)), -LARGEST_WEIGHT), LARGEST_WEIGHT) if 0 < p < 1 else LARGEST_WEIGHT
        # half a centibit of rounding, and what 1 - p loses when p is close to one
        assert out["match_weight"] == pytest.approx(weight, abs=0.51 + (1e-13 / (1 - p) if p < 1 else 1))
        assert out["match_probability"] == pytest.approx(p, abs=0.0013)  # half a centibit moves even odds by 0.0009
        assert out["match_weight"] == out["contribution_start"] + sum(out[f"contribution_{c.name}"] for c in comparisons)


def test_rows_keep_their_order_and_equal_patterns_their_score() -> None:
    model = made_model([0.2, 0.8], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], [[0.5, 0.5], [0.125, 0.875]])
    rows = [(2, 1), (0, 0), (2, 1), (-1, 0)]
    scored = score(compared(TWO, rows), model)
    assert scored["record_l"].to_list() == [0, 1, 2, 3]
    assert scored.select("gamma_nino", "gamma_phone").rows() == rows
    assert scored["match_weight"][0] == scored["match_weight"][2]


def test_no_pairs_give_no_scores_in_the_same_columns() -> None:
    model = believed(TWO, situations.PERSON)
    none, some = score(compared(TWO, []), model), score(compared(TWO, [(0, 0)]), model)
    assert none.height == 0
    assert none.schema == some.schema


def test_better_agreement_on_a_number_never_lowers_the_weight() -> None:
    model = believed(comparison.PERSON, situations.PERSON)
    nino = next(i for i, c in enumerate(comparison.PERSON) if c.name == "nino")
    rest = [[-1, 0, len(c.levels) - 1] if c.name in ("surname", "date_of_birth", "address") else [-1] for c in comparison.PERSON]
    for levels in product(*rest):
        rows = [(*levels[:nino], level, *levels[nino + 1 :]) for level in (0, 1, 2)]
        weights = score(compared(comparison.PERSON, rows), model)["match_weight"].to_list()
        assert weights == sorted(weights, reverse=True), levels
