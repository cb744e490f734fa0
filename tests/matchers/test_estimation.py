"""The fit held against the parameters that invented pairs were drawn with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import comparison, situations
from matchers.estimation import FEWEST_PAIRS, IDENTIFIERS, Model, estimate, log_likelihoods, patterns, responsibilities
from matchers.situations import NEARLY_NEVER

COMPARISONS, SITUATIONS = comparison.PERSON, situations.PERSON
IS_MATCH = np.array([s.match for s in SITUATIONS])
PLANTED_SHARES = np.array([0.28, 0.12, 0.22, 0.38])
# forename, surname, birth date and address as the pairs are drawn, far from the beliefs the fit starts with
PLANTED = {
    "forename": ([0.70, 0.10, 0.05, 0.10, 0.03, 0.02], [0.02, 0.01, 0.10, 0.02, 0.01, 0.84], [0.30, 0.02, 0.05, 0.03, 0.01, 0.59]),
    "surname": ([0.80, 0.10, 0.05, 0.02, 0.03], [0.85, 0.05, 0.04, 0.01, 0.05], [0.20, 0.02, 0.02, 0.01, 0.75]),
    "date_of_birth": ([0.85, 0.05, 0.06, 0.02, 0.02], [0.01, 0.01, 0.02, 0.02, 0.94], [0.10, 0.01, 0.02, 0.02, 0.85]),
}
PLANTED_PLACES = [[0.80, 0.12, 0.08, 0.0, 0.0], [0.0, 0.0, 0.05, 0.15, 0.80], [0.82, 0.10, 0.08, 0.0, 0.0], [0.01, 0.01, 0.20, 0.10, 0.68]]
MISSING = {"middle_names": 0.7, "nino": 0.5, "phone": 0.6, "email": 0.7, "date_of_birth": 0.1}
PAIRS = 40_000


def planted_levels(name: str) -> np.ndarray:
    """Situations x levels: what an invented pair's level is drawn from."""
    if name == "address":
        return np.array(PLANTED_PLACES)
    if name in PLANTED:
        same, household, chance = PLANTED[name]
        return np.array([same, same, household, chance])
    size = len(next(c for c in COMPARISONS if c.name == name).levels)
    table = np.array([s.levels.get(name, (1 / size,) * size) for s in SITUATIONS])
    return table / table.sum(axis=1, keepdims=True)


def draw(seed: int, pairs: int = PAIRS) -> tuple[pl.DataFrame, np.ndarray]:
    """Pairs with their levels, and the situation each was drawn in."""
    random = np.random.default_rng(seed)
    situation = random.choice(len(SITUATIONS), size=pairs, p=PLANTED_SHARES)
    columns = {}
    for c in COMPARISONS:
        edges = np.cumsum(planted_levels(c.name), axis=1)[situation]
        gamma = (random.random(pairs)[:, None] > edges).sum(axis=1).clip(max=len(c.levels) - 1)
        columns[f"gamma_{c.name}"] = np.where(random.random(pairs) < MISSING.get(c.name, 0.0), -1, gamma)
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int8)), situation


@pytest.fixture(scope="module")
def drawn() -> tuple[pl.DataFrame, np.ndarray]:
    return draw(seed=20261101)


@pytest.fixture(scope="module")
def fitted(drawn: tuple[pl.DataFrame, np.ndarray]) -> Model:
    return estimate(patterns(drawn[0], COMPARISONS), COMPARISONS, SITUATIONS)


def test_planted_shares_are_recovered_within_two_hundredths(fitted: Model) -> None:
    np.testing.assert_allclose(fitted.shares, PLANTED_SHARES, atol=0.02)
    assert (fitted.fitted_on, fitted.levels_fitted) == (PAIRS, True)


@pytest.mark.parametrize("name", ["forename", "surname", "date_of_birth", "address"])
def test_planted_levels_are_recovered_within_three_hundredths(fitted: Model, name: str) -> None:
    np.testing.assert_allclose(fitted.levels[name], planted_levels(name), atol=0.03)


def test_the_fit_parts_matches_from_others_as_recordlinkage_measures_it(drawn: tuple[pl.DataFrame, np.ndarray], fitted: Model) -> None:
    frame, situation = drawn
    gammas = {c.name: frame[f"gamma_{c.name}"].to_numpy() for c in COMPARISONS}
    said = responsibilities(gammas, fitted)[:, IS_MATCH].sum(axis=1) >= 0.5
    true, found = (pd.MultiIndex.from_arrays([np.flatnonzero(where), np.flatnonzero(where)]) for where in (IS_MATCH[situation], said))
    assert recordlinkage.precision(true, found) > 0.97
    assert recordlinkage.recall(true, found) > 0.97


def test_match_situations_share_all_levels_but_the_address(fitted: Model) -> None:
    for name, table in fitted.levels.items():
        alike = np.allclose(table[0], table[1], atol=1e-12)
        assert alike == (name != "address"), name


def test_levels_of_numbers_that_block_stay_as_believed_among_strangers(drawn: tuple[pl.DataFrame, np.ndarray]) -> None:
    # every pair shares its telephone, as pairs do that the telephone brought together
    shared = drawn[0].with_columns(gamma_phone=pl.lit(0, pl.Int8))
    model = estimate(patterns(shared, COMPARISONS), COMPARISONS, SITUATIONS)
    assert "phone" in IDENTIFIERS
    np.testing.assert_allclose(model.levels["phone"][~IS_MATCH], [[0.2, 0.8], [0.01, 0.99]])
    assert model.levels["phone"][0, 0] > 0.99


def test_what_contradicts_a_situation_s_name_is_nearly_never_whatever_the_data_say(fitted: Model) -> None:
    at_home, moved, household, _ = fitted.levels["address"]
    np.testing.assert_allclose(at_home[[3, 4]], NEARLY_NEVER, rtol=0.01)
    np.testing.assert_allclose(moved[[0, 1]], NEARLY_NEVER, rtol=0.01)
    np.testing.assert_allclose(household[[3, 4]], NEARLY_NEVER, rtol=0.01)


def test_all_probabilities_are_positive_and_add_up_to_one(fitted: Model) -> None:
    for table in (fitted.shares[None, :], *fitted.levels.values()):
        assert (table > 0).all()
        np.testing.assert_allclose(table.sum(axis=1), 1.0)


def test_too_few_pairs_leave_the_beliefs_as_they_are(drawn: tuple[pl.DataFrame, np.ndarray]) -> None:
    few = estimate(patterns(drawn[0].head(FEWEST_PAIRS - 1), COMPARISONS), COMPARISONS, SITUATIONS)
    assert (few.fitted_on, few.rounds) == (0, 0)
    np.testing.assert_allclose(few.shares, [s.share for s in SITUATIONS])
    np.testing.assert_allclose(few.levels["nino"][0], [0.975, 0.02, 0.005])
    assert estimate(patterns(drawn[0].head(FEWEST_PAIRS), COMPARISONS), COMPARISONS, SITUATIONS).fitted_on == FEWEST_PAIRS


def test_no_pairs_at_all_leave_the_beliefs_as_they_are(drawn: tuple[pl.DataFrame, np.ndarray]) -> None:
    assert estimate(patterns(drawn[0].clear(), COMPARISONS), COMPARISONS, SITUATIONS).fitted_on == 0


def test_where_one_field_alone_is_known_only_the_shares_are_fitted(drawn: tuple[pl.DataFrame, np.ndarray]) -> None:
    unknown = [f"gamma_{c.name}" for c in COMPARISONS if c.name != "surname"]
    model = estimate(patterns(drawn[0].with_columns(pl.lit(-1, pl.Int8).alias(n) for n in unknown), COMPARISONS), COMPARISONS, SITUATIONS)
    assert model.levels_fitted is False
    np.testing.assert_allclose(model.levels["surname"][0], [0.90, 0.04, 0.03, 0.02, 0.01])
    assert not np.allclose(model.shares, [s.share for s in SITUATIONS], atol=0.01)


def test_shuffled_pairs_give_the_same_model_to_the_last_bit(drawn: tuple[pl.DataFrame, np.ndarray], fitted: Model) -> None:
    again = estimate(patterns(drawn[0].sample(fraction=1.0, shuffle=True, seed=7), COMPARISONS), COMPARISONS, SITUATIONS)
    assert again.to_json() == fitted.to_json()
    assert all(np.array_equal(again.levels[name], fitted.levels[name]) for name in fitted.levels)


def test_patterns_count_every_pair_once() -> None:
    frame = pl.DataFrame({"gamma_phone": [0, -1, 0, 1], "gamma_email": [1, 1, 1, 0]}, schema={"gamma_phone": pl.Int8, "gamma_email": pl.Int8})
    two = [c for c in COMPARISONS if c.name in ("phone", "email")]
    assert patterns(frame, two).rows() == [(-1, 1, 1), (0, 1, 2), (1, 0, 1)]


def test_the_model_on_paper_names_every_situation_and_rounds_to_nine_places(fitted: Model) -> None:
    content = json.loads(fitted.to_json())
    assert content["situations"] == ["same person, same home", "same person, moved", "same household", "chance agreement"]
    assert content["shares"] == [round(float(x), 9) for x in fitted.shares]
    assert content["levels"]["nino"]["chance agreement"] == [round(float(x), 9) for x in fitted.levels["nino"][3]]
    assert content["fitted_on"] == PAIRS


def small_model(shares: list[float], phone: list[list[float]], email: list[list[float]]) -> Model:
    pairs = tuple(c for c in COMPARISONS if c.name in ("phone", "email"))
    same, other = (replace(SITUATIONS[i], never={}) for i in (0, 3))
    return Model((same, other), pairs, np.array(shares), {"phone": np.array(phone), "email": np.array(email)}, 0, 0)


def test_a_pattern_s_likelihood_is_the_product_over_what_is_known() -> None:
    model = small_model([0.25, 0.75], [[0.8, 0.2], [0.1, 0.9]], [[0.5, 0.5], [0.01, 0.99]])
    gammas = {"phone": np.array([0, 0, -1], np.int8), "email": np.array([1, -1, -1], np.int8)}
    expected = [[0.25 * 0.8 * 0.5, 0.75 * 0.1 * 0.99], [0.25 * 0.8, 0.75 * 0.1], [0.25, 0.75]]
    np.testing.assert_allclose(np.exp(log_likelihoods(gammas, model)), expected)
    np.testing.assert_allclose(responsibilities(gammas, model)[1], [0.2 / 0.275, 0.075 / 0.275])


share = st.floats(0.01, 0.99)


@settings(max_examples=40)
@given(shares=share, levels=st.lists(share, min_size=4, max_size=4), gammas=st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=1, max_size=9))
def test_responsibilities_add_up_to_one(shares: float, levels: list[float], gammas: list[tuple[int, int]]) -> None:
    a, b, c, d = levels
    model = small_model([shares, 1 - shares], [[a, 1 - a], [b, 1 - b]], [[c, 1 - c], [d, 1 - d]])
    held = responsibilities({name: np.array([g[i] for g in gammas], np.int8) for i, name in enumerate(("phone", "email"))}, model)
    np.testing.assert_allclose(held.sum(axis=1), 1.0)
