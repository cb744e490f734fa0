"""The fit held against the parameters that invented pairs were drawn with."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import situations
from matchers.compare_numbers import contact
from matchers.comparison import Comparison
from matchers.entities import PERSON
from matchers.estimation import (
    ABOUT,
    DEVIATIONS,
    FEWEST_PAIRS,
    MOST_CORRELATED,
    Model,
    Patterns,
    beliefs,
    checked,
    estimate,
    log_likelihoods,
    patterns,
)
from matchers.frequencies import SMALL_TOWN, Agreement, Chance
from matchers.situations import NEARLY_NEVER, STRENGTH, Situation, tellable

BY_NAME = {c.name: c for c in PERSON.comparisons}
FIELDS = ("forename", "surname", "date_of_birth", "address")
COMPARISONS = tuple(BY_NAME[name] for name in FIELDS)
SITUATIONS = tellable(situations.PERSON, frozenset(FIELDS))
NAMES = [s.name for s in SITUATIONS]
IS_MATCH = np.array([s.match for s in SITUATIONS])
RECORDS = 20_000
POSSIBLE = RECORDS * (RECORDS - 1) / 2
# pairs in each situation for each record, far from the beliefs the fit starts with
PLANTED_RATES = {"same person, same home": 0.22, "same person, moved": 0.18, "same household": 0.35, "twins": 0.01, "namesake at home": 0.01, "strangers": 0.0}
# what strangers show, level by level but the last
STRANGERS = {
    "forename": (0.005, 0.001, 0.002, 0.0003, 0.001, 0.005, 0.0001, 0.003), "surname": (0.003, 0.0005, 0.001, 0.003, 0.0005, 0.0001),
    "date_of_birth": (0.00006, 0.0001, 0.001, 0.0005, 0.003, 0.012), "address": (0.0001, 0.0001, 0.0005, 0.003, 0.03, 0.3),
}  # fmt: skip
# what records of one person show; the beliefs say 0.86, 0.90 and 0.93 of exact agreement
PLANTED = {
    "forename": (0.70, 0.08, 0.06, 0.10, 0.02, 0.01, 0.02, 0.005, 0.005), "surname": (0.78, 0.12, 0.02, 0.01, 0.03, 0.01, 0.03),
    "date_of_birth": (0.83, 0.02, 0.08, 0.02, 0.03, 0.015, 0.005),  # seldom another date: without numbers, that is what a namesake at home shows
}  # fmt: skip
AT_HOME = (0.80, 0.14, 0.06, 0, 0, 0, 0)  # how an address is misspelt does not depend on who lives there
MOVED = (0, 0, 0, 0.10, 0.15, 0.20, 0.55)  # another postcode; within one it counts as at home


def strangers(name: str) -> np.ndarray:
    return np.append(STRANGERS[name], 1 - sum(STRANGERS[name]))


def agreement(name: str, equal_pairs: float, *, known: float = RECORDS, registered: bool = False) -> Agreement:
    """How strangers agree in a field, when so many pairs share a value."""
    shown = strangers(name)
    return Agreement(shown, shown[1:] / shown[1:].sum(), equal_pairs, known, np.zeros(0, np.int64), known * (known - 1) / 2, registered)


ONLY_STRANGERS = Chance({name: agreement(name, strangers(name)[0] * POSSIBLE) for name in FIELDS}, {}, POSSIBLE, RECORDS)
BELIEVED = beliefs(COMPARISONS, SITUATIONS, ONLY_STRANGERS)


def planted_levels(name: str) -> np.ndarray:
    """Situations x levels: what an invented pair's level is drawn from."""
    table = BELIEVED.levels[name].copy()
    for i, situation in enumerate(SITUATIONS):
        if name in PLANTED and situation.match:
            table[i] = PLANTED[name]
        elif name == "address" and (situation.at_home or situation.match):
            table[i] = AT_HOME if situation.at_home else MOVED
        elif situation.chance:
            table[i] = strangers(name)
    return table / table.sum(axis=1, keepdims=True)


TABLES = {name: planted_levels(name) for name in FIELDS}
RATES = np.array([PLANTED_RATES[name] for name in NAMES])
DRAWN_IN = np.where([s.chance for s in SITUATIONS], POSSIBLE, RATES * RECORDS)


def by_chance() -> Chance:
    """How often values are shared, by strangers and by all others, as it would be counted over the whole data."""
    equal = {name: float((DRAWN_IN * TABLES[name][:, 0]).sum()) for name in FIELDS}
    return Chance({name: agreement(name, equal[name]) for name in FIELDS}, {}, POSSIBLE, RECORDS)


def draw(seed: int) -> tuple[Patterns, np.ndarray]:
    """Counted patterns of all pairs that agree in some field, and patterns x situations, how many pairs were drawn in each."""
    random = np.random.default_rng(seed)
    every = np.array(list(product(*(range(len(c.levels)) for c in COMPARISONS))), np.int8)
    pairs = np.empty((len(every), len(SITUATIONS)), np.int64)
    for i in range(len(SITUATIONS)):
        likely = np.prod([TABLES[name][i][every[:, column]] for column, name in enumerate(FIELDS)], axis=0)
        pairs[:, i] = random.poisson(likely * DRAWN_IN[i])
    kept = (every == 0).any(axis=1) & (pairs.sum(axis=1) > 0)  # blocking brings together what agrees in some field
    return Patterns(every[kept], pairs[kept].sum(axis=1), np.arange(int(kept.sum()))), pairs[kept]


@pytest.fixture(scope="module")
def drawn() -> tuple[Patterns, np.ndarray]:
    return draw(seed=20261101)


@pytest.fixture(scope="module")
def fitted(drawn: tuple[Patterns, np.ndarray]) -> Model:
    chance = by_chance()
    return estimate(drawn[0], beliefs(COMPARISONS, SITUATIONS, chance), chance, sampled=1.0)


def test_planted_rates_of_matches_are_recovered_within_a_twentieth(fitted: Model) -> None:
    for name in ("same person, same home", "same person, moved"):
        assert fitted.rates[NAMES.index(name)] == pytest.approx(PLANTED_RATES[name], rel=0.05), name
    assert fitted.rates[NAMES.index("strangers")] == 0


@pytest.mark.parametrize("name", ["forename", "surname", "date_of_birth"])
def test_planted_m_probabilities_are_recovered_within_two_hundredths(fitted: Model, name: str) -> None:
    np.testing.assert_allclose(fitted.levels[name][0], PLANTED[name], atol=0.02)


def test_planted_levels_of_addresses_are_recovered_within_four_hundredths(fitted: Model) -> None:
    """Less closely: who lives where, at home or moved within a postcode, is known of nobody."""
    for name, planted in (("same person, same home", AT_HOME), ("same person, moved", MOVED)):
        np.testing.assert_allclose(fitted.levels["address"][NAMES.index(name)], planted, atol=0.04)


@pytest.mark.parametrize("name", FIELDS)
def test_planted_u_probabilities_are_recovered_within_a_tenth(fitted: Model, name: str) -> None:
    np.testing.assert_allclose(fitted.levels[name][NAMES.index("strangers")], strangers(name), rtol=0.1)


def test_the_fit_parts_matches_from_others_as_recordlinkage_measures_it(drawn: tuple[Patterns, np.ndarray], fitted: Model) -> None:
    counted, pairs = drawn
    logs = log_likelihoods(counted.levels, fitted, fitted.expected(RECORDS, POSSIBLE))
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    said = (likely / likely.sum(axis=1, keepdims=True))[:, IS_MATCH].sum(axis=1) >= 0.5
    true = pairs[:, IS_MATCH].sum(axis=1)
    numbers = np.arange(int(counted.pairs.sum()))
    is_true = np.concatenate([np.arange(n) < t for n, t in zip(counted.pairs, true, strict=True)])
    is_found = np.repeat(said, counted.pairs)
    matches, found = (pd.MultiIndex.from_arrays([numbers[where], numbers[where]]) for where in (is_true, is_found))
    assert recordlinkage.precision(matches, found) > 0.97
    assert recordlinkage.recall(matches, found) > 0.95


def test_match_situations_share_all_levels_but_the_address(fitted: Model) -> None:
    home, moved = NAMES.index("same person, same home"), NAMES.index("same person, moved")
    for name, table in fitted.levels.items():
        alike = np.allclose(table[home], table[moved], atol=1e-12)
        assert alike == (name != "address"), name


def test_what_contradicts_a_situation_s_name_is_nearly_never_whatever_the_data_say(fitted: Model) -> None:
    for i, situation in enumerate(SITUATIONS):
        for name, held in situation.never.items():
            if name in fitted.levels:
                assert (fitted.levels[name][i, list(held)] <= NEARLY_NEVER * 1.05).all(), (situation.name, name)


def test_a_household_agrees_in_the_forename_no_more_than_a_few_times_as_often_as_strangers(fitted: Model) -> None:
    household = fitted.levels["forename"][NAMES.index("same household")]
    assert (household[:-1] <= 3.05 * strangers("forename")[:-1]).all()


def test_no_situation_has_more_pairs_than_there_can_be(drawn: tuple[Patterns, np.ndarray]) -> None:
    twins = NAMES.index("twins")
    few = tuple(replace(s, most=0.002) if s.name == "twins" else s for s in SITUATIONS)
    chance = by_chance()
    model = estimate(drawn[0], beliefs(COMPARISONS, few, chance), chance, sampled=1.0)
    assert model.rates[twins] == 0.002


def test_all_probabilities_are_positive_and_add_up_to_one(fitted: Model) -> None:
    for table in (*fitted.levels.values(), *BELIEVED.levels.values()):
        assert (table > 0).all()
        np.testing.assert_allclose(table.sum(axis=1), 1.0)


def test_half_of_the_pairs_that_stand_for_all_give_the_same_model(drawn: tuple[Patterns, np.ndarray], fitted: Model) -> None:
    chance, counted = by_chance(), drawn[0]
    doubled = replace(counted, pairs=counted.pairs * 2)
    model = estimate(doubled, beliefs(COMPARISONS, SITUATIONS, chance), chance, sampled=2.0)
    np.testing.assert_allclose(model.rates, fitted.rates, rtol=1e-9)


def test_patterns_in_another_order_give_the_same_model(drawn: tuple[Patterns, np.ndarray], fitted: Model) -> None:
    counted = drawn[0]
    order = np.random.default_rng(7).permutation(len(counted.pairs))
    chance = by_chance()
    again = estimate(Patterns(counted.levels[order], counted.pairs[order], order), beliefs(COMPARISONS, SITUATIONS, chance), chance, sampled=1.0)
    np.testing.assert_allclose(again.rates, fitted.rates, rtol=1e-9)
    for name in FIELDS:
        np.testing.assert_allclose(again.levels[name], fitted.levels[name], rtol=1e-7)


def test_that_all_candidate_pairs_share_a_value_is_no_evidence(drawn: tuple[Patterns, np.ndarray], fitted: Model) -> None:
    """A rule on the birth date alone brings together only pairs that share it; what strangers show stays what it was."""
    counted = drawn[0]
    only = counted.levels[:, FIELDS.index("date_of_birth")] == 0
    chance = by_chance()
    model = estimate(Patterns(counted.levels[only], counted.pairs[only], np.arange(int(only.sum()))), beliefs(COMPARISONS, SITUATIONS, chance), chance, sampled=1.0)
    u = model.levels["date_of_birth"][NAMES.index("strangers"), 0]
    assert u == pytest.approx(strangers("date_of_birth")[0], rel=0.25)


# ---- few pairs, senseless data


def few_pairs(size: int, level: int = 0) -> Patterns:
    return patterns(np.full((len(COMPARISONS), size), level, np.int8), COMPARISONS)


def test_too_few_pairs_leave_the_beliefs_as_they_are_and_say_so() -> None:
    few = estimate(few_pairs(FEWEST_PAIRS - 1), BELIEVED, ONLY_STRANGERS, sampled=1.0)
    assert (few.fitted_on, few.rounds, few.remarks) == (0, 0, (f"{FEWEST_PAIRS - 1} candidate pairs are too few to fit a model",))
    np.testing.assert_array_equal(few.rates, BELIEVED.rates)
    assert all(np.array_equal(few.levels[name], BELIEVED.levels[name]) for name in FIELDS)
    assert checked(few, BELIEVED, ONLY_STRANGERS) is few
    assert estimate(few_pairs(FEWEST_PAIRS), BELIEVED, ONLY_STRANGERS, sampled=1.0).fitted_on == FEWEST_PAIRS


def test_no_pairs_at_all_leave_the_beliefs_as_they_are() -> None:
    assert estimate(few_pairs(0), BELIEVED, ONLY_STRANGERS, sampled=1.0).fitted_on == 0


def test_a_fit_that_makes_sense_is_kept(fitted: Model) -> None:
    assert checked(fitted, BELIEVED, by_chance()) is fitted
    assert fitted.remarks == ()


def test_a_fit_without_matches_is_refused_and_says_so() -> None:
    start = replace(BELIEVED, rates=np.where(BELIEVED.is_chance, 0, 1e-9))
    none = replace(start, fitted_on=5000, rates=np.where(BELIEVED.is_chance, 0, 2e-5))
    model = checked(none, start, ONLY_STRANGERS)
    assert model.fitted_on == 0
    assert model.rates is start.rates
    assert "it saw 0.8 matches among 20,000 records" in model.remarks[-1]  # 2e-5 of 20,000 records, in two situations
    assert "the stated default parameters were used" in model.remarks[-1]


def test_a_fit_that_takes_most_pairs_for_matches_is_refused_and_says_so() -> None:
    town = replace(ONLY_STRANGERS, records=2000, pairs=1_999_000.0)
    model = checked(replace(BELIEVED, fitted_on=4950, rates=np.where(IS_MATCH, 300.0, 0.1)), BELIEVED, town)
    assert "it takes 1,200,000 of 1,999,000 possible pairs for matches" in model.remarks[-1]  # 300 for each of 2,000 records, in two situations
    assert model.rates is BELIEVED.rates


def test_a_fit_in_which_another_value_speaks_for_a_match_is_refused_and_names_the_field(fitted: Model) -> None:
    alike = fitted.levels["surname"].copy()
    alike[IS_MATCH] = alike[NAMES.index("strangers")]
    model = checked(replace(fitted, levels={**fitted.levels, "surname": alike}), BELIEVED, by_chance())
    assert "in surname, 'differs' would speak for a match as much as 'exact'" in model.remarks[-1]
    assert model.levels is BELIEVED.levels


@pytest.mark.parametrize("level", [0, -1])
def test_data_in_which_every_pair_looks_alike_give_a_model_that_is_positive_and_finite(level: int) -> None:
    model = checked(estimate(few_pairs(5000, level), BELIEVED, ONLY_STRANGERS, sampled=1.0), BELIEVED, ONLY_STRANGERS)
    for table in (model.rates[None, :], *model.levels.values()):
        assert np.isfinite(table).all()
        assert (table >= 0).all()


# ---- what strangers show, and what the others explain


def test_what_strangers_share_is_what_the_links_do_not_explain() -> None:
    """One field, one match situation of 100 pairs of which 0.9 agree: of 500 equal pairs 380.6 are left, because 90 may be 0.9 and three roots of 90 more."""
    told = Situation("same", True, 0.1, {"surname": (0.9, 0, 0, 0, 0, 0, 0.1)}), Situation("strangers", False, 0)
    chance = Chance({"surname": agreement("surname", 500.0, known=1000)}, {}, 1000 * 999 / 2, 1000)
    model = beliefs((BY_NAME["surname"],), told, chance)
    links = 100 * model.levels["surname"][0, 0]
    left = 500 - links * (1 + ABOUT) - DEVIATIONS * links**0.5
    assert model.levels["surname"][0, 0] == pytest.approx(0.9, abs=1e-6)
    assert left == pytest.approx(500 - 90.9 - 3 * 90**0.5, abs=0.01)
    np.testing.assert_allclose(model.levels["surname"][1, 0], chance.fields["surname"].among_strangers(500 - left)[0])
    # each of the 90 pairs is one more holder to both of its records
    assert model.own["surname"] == pytest.approx(2 * 90 / 1000, rel=1e-5)


def test_fields_of_strangers_agree_together_as_often_as_counted_and_never_less_than_apart() -> None:
    told = Situation("same", True, 1e-9), Situation("strangers", False, 0)
    two = BY_NAME["forename"], BY_NAME["surname"]
    apart = strangers("forename")[0] * strangers("surname")[0] * RECORDS**2 / 2

    def times(pairs: float) -> float:
        chance = replace(ONLY_STRANGERS, together={("forename", "surname"): pairs})
        return beliefs(two, told, chance).together["forename", "surname"]

    assert times(3 * apart) == pytest.approx(3, rel=0.02)
    assert times(0.1 * apart) == 1
    assert times(1000 * apart) == MOST_CORRELATED


def test_prior_beliefs_count_as_so_many_pairs() -> None:
    """A hundred pairs, each surely a match that agrees: the belief of 0.6 counts as `STRENGTH` more."""
    phone = contact("phone")
    told = Situation("same", True, 0.5, {"phone": (0.6, 0.4)}), Situation("strangers", False, 0, {"phone": (1e-9, 1 - 1e-9)})
    shown = Agreement(np.array([1e-9, 1 - 1e-9]), np.array([1.0]), 0.0, 1000, np.zeros(0, np.int64), 1000 * 999 / 2)
    chance = Chance({"phone": shown}, {}, 100.0, 1000)
    model = estimate(patterns(np.zeros((1, 100), np.int8), [phone]), beliefs((phone,), told, chance), chance, sampled=1.0)
    assert model.levels["phone"][0, 0] == pytest.approx((100 + 0.6 * STRENGTH) / (100 + STRENGTH), abs=1e-6)
    assert model.rates[0] == pytest.approx((100 + 0.5 * STRENGTH) / (1000 + STRENGTH), abs=1e-6)


# ---- patterns and likelihoods

TWO = contact("phone"), contact("email")


def test_patterns_count_every_pair_once() -> None:
    levels = np.array([[0, -1, 0, 1], [1, 1, 1, 0]], np.int8)
    counted = patterns(levels, TWO)
    assert [(*row, n) for row, n in zip(counted.levels.tolist(), counted.pairs.tolist(), strict=True)] == [(-1, 1, 1), (0, 1, 2), (1, 0, 1)]
    assert (levels == counted.levels[counted.of_pair].T).all()


def test_no_pairs_have_no_patterns() -> None:
    counted = patterns(np.empty((2, 0), np.int8), TWO)
    assert (counted.levels.shape, counted.pairs.tolist()) == ((0, 2), [])


shown = st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), max_size=20)


@settings(max_examples=40)
@given(rows=shown)
def test_patterns_are_the_distinct_combinations_with_their_counts(rows: list[tuple[int, int]]) -> None:
    counted = patterns(np.array(rows, np.int8).reshape(-1, 2).T, TWO)
    expected = {row: rows.count(row) for row in rows}
    assert {tuple(row): n for row, n in zip(counted.levels.tolist(), counted.pairs.tolist(), strict=True)} == expected
    assert [tuple(row) for row in counted.levels[counted.of_pair].tolist()] == rows


def small_model(phone: list[list[float]], email: list[list[float]], comparisons: tuple[Comparison, ...] = TWO, **more) -> Model:
    told = Situation("same", True, 0.1), Situation("strangers", False, 0)
    return Model(told, comparisons, np.array([0.1, 0]), {"phone": np.array(phone), "email": np.array(email)}, **more)


def test_a_pattern_s_likelihood_is_the_product_over_what_is_known() -> None:
    model = small_model([[0.8, 0.2], [0.1, 0.9]], [[0.5, 0.5], [0.01, 0.99]])
    levels = np.array([[0, 1], [0, -1], [-1, -1]], np.int8)
    expected = [[0.25 * 0.8 * 0.5, 0.75 * 0.1 * 0.99], [0.25 * 0.8, 0.75 * 0.1], [0.25, 0.75]]
    np.testing.assert_allclose(np.exp(log_likelihoods(levels, model, np.array([0.25, 0.75]))), expected)


def test_a_silent_level_is_no_part_of_the_product() -> None:
    model = small_model([[0.8, 0.2], [0.1, 0.9]], [[0.5, 0.5], [0.01, 0.99]], (replace(TWO[0], silent="differs"), TWO[1]))
    logs = log_likelihoods(np.array([[1, -1], [0, -1]], np.int8), model, np.array([1.0, 1.0]))
    np.testing.assert_allclose(np.exp(logs), [[1, 1], [0.8, 0.1]])


def test_strangers_who_agree_in_two_fields_do_so_more_often_than_in_each() -> None:
    model = small_model([[0.8, 0.2], [0.1, 0.9]], [[0.5, 0.5], [0.01, 0.99]], together={("phone", "email"): 5.0})
    logs = log_likelihoods(np.array([[0, 0], [0, 1]], np.int8), model, np.array([1.0, 1.0]))
    np.testing.assert_allclose(np.exp(logs), [[0.8 * 0.5, 0.1 * 0.01 * 5], [0.8 * 0.5, 0.1 * 0.99]])


def test_a_model_expects_as_many_pairs_as_its_rates_say_and_of_strangers_all() -> None:
    model = small_model([[0.8, 0.2], [0.1, 0.9]], [[0.5, 0.5], [0.01, 0.99]])
    assert model.expected(2000, 1_999_000).tolist() == [200, 1_999_000]
    assert model.expected(10, 249_750).tolist() == [0.1 * SMALL_TOWN, 249_750]  # a small file stands for a small town
