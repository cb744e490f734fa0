"""A pair's weight is Bayes' rule, and its explanation is the weight's arithmetic."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import exp, inf, log, log2

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matchers.compare_numbers import contact, number
from matchers.comparison import UNRESOLVED, Comparison, compare
from matchers.entities import ORGANISATION, PERSON
from matchers.estimation import Model, beliefs
from matchers.frequencies import chance
from matchers.scoring import (
    CENTIBITS,
    FEWEST_OTHERS,
    LARGEST_WEIGHT,
    Ceiling,
    Evidence,
    Scale,
    explain,
    probability,
    scale,
    surpluses,
    weigh,
)
from matchers.situations import Situation

NINO, PHONE = number("nino"), contact("phone")
NO_NAMES = np.empty(0, np.float32)


def levels_of(*pairs: tuple[int, ...]) -> np.ndarray:
    """Comparisons x pairs, from the levels of each pair."""
    return np.array(pairs, np.int8).T


def nothing(levels: np.ndarray) -> np.ndarray:
    return np.zeros(levels.shape, np.float32)


def hand_made(same: tuple[list[float], list[float]], other: tuple[list[float], list[float]], *, pairs: tuple[float, float] = (1.0, 4.0)) -> Scale:
    """Two situations, a match and strangers, and two fields, NINO and telephone."""
    told = Situation("same", True, 0.1), Situation("strangers", False, 0, by_chance=("nino", "phone"))
    model = Model(told, (NINO, PHONE), np.array([0.1, 0]), {"nino": np.array([same[0], other[0]]), "phone": np.array([same[1], other[1]])})
    return Scale(model, np.array(pairs), {}, NO_NAMES)


# start 1 to 4, two bits against; NINO 0.8 to 0.1, three bits for; telephone 0.5 to 0.125, two bits for
PLAIN = hand_made(([0.8, 0.1, 0.1], [0.5, 0.5]), ([0.1, 0.1, 0.8], [0.125, 0.875]))


def parts(found: Evidence) -> list[list[int]]:
    return np.vstack([found.start, found.contributions]).T.tolist()


def test_weight_of_a_pair_by_hand() -> None:
    levels = levels_of((0, 0))
    found = explain(levels, nothing(levels), PLAIN)
    assert parts(found) == [[-200, 300, 200]]
    assert found.weights.tolist() == weigh(levels, nothing(levels), PLAIN).tolist() == [300]
    assert found.situation.tolist() == [0]
    assert probability(found.weights).tolist() == [0.888889]  # 8 to 1


def test_what_is_missing_contributes_nothing() -> None:
    levels = levels_of((-1, -1))
    found = explain(levels, nothing(levels), PLAIN)
    assert parts(found) == [[-200, 0, 0]]
    assert probability(found.weights).tolist() == [0.2]
    assert found.situation.tolist() == [1]


def test_a_silent_level_contributes_nothing() -> None:
    silent = replace(PLAIN.model, comparisons=(NINO, replace(PHONE, silent="differs")))
    levels = levels_of((0, 1), (0, 0))
    assert parts(explain(levels, nothing(levels), replace(PLAIN, model=silent))) == [[-200, 300, 0], [-200, 300, 200]]


def test_a_value_that_strangers_share_twice_as_often_weighs_one_bit_less() -> None:
    levels = levels_of((0, 0), (0, 0), (-1, 0))
    more = np.array([[log(2), -log(4), 0], [0, 0, log(2)]], np.float32)
    assert parts(explain(levels, more, PLAIN)) == [[-200, 200, 200], [-200, 500, 200], [-200, 0, 100]]


def test_a_surplus_weighs_only_against_situations_that_share_the_value_by_chance() -> None:
    shares = replace(PLAIN.model, situations=(PLAIN.model.situations[0], Situation("household", False, 0.1, by_chance=("phone",))))
    levels = levels_of((0, 0))
    assert parts(explain(levels, np.array([[log(2)], [log(2)]], np.float32), replace(PLAIN, model=shares))) == [[-200, 300, 100]]


def test_two_fields_in_which_strangers_agree_together_weigh_less_and_still_add_up() -> None:
    together = replace(PLAIN.model, together={("nino", "phone"): 4.0})
    levels = levels_of((0, 0), (0, 1))
    found = explain(levels, nothing(levels), replace(PLAIN, model=together))
    assert found.weights[0] == 100
    assert found.weights[1] == round(-200 + 300 + 100 * log2(0.5 / 0.875))
    assert [sum(row) for row in parts(found)] == found.weights.tolist()


def test_evidence_beyond_a_billion_to_one_is_cut_and_still_adds_up() -> None:
    sure = hand_made(([1 - 2e-9, 1e-9, 1e-9], [1 - 1e-9, 1e-9]), ([1e-9, 1e-9, 1 - 2e-9], [1e-9, 1 - 1e-9]))
    levels = levels_of((0, 0), (2, 1))
    found = explain(levels, nothing(levels), sure)
    assert found.weights.tolist() == [LARGEST_WEIGHT, -LARGEST_WEIGHT]
    assert [sum(row) for row in parts(found)] == found.weights.tolist()
    assert probability(found.weights).tolist() == [1.0, 0.0]


def test_rows_keep_their_order_and_equal_patterns_their_weight() -> None:
    levels = levels_of((2, 1), (0, 0), (2, 1), (-1, 0))
    weights = weigh(levels, nothing(levels), PLAIN).tolist()
    assert weights[0] == weights[2]
    assert weights == [weigh(levels[:, [i]], nothing(levels[:, [i]]), PLAIN).item() for i in range(4)]


def test_no_pairs_have_no_weights() -> None:
    none = np.empty((2, 0), np.int8)
    assert weigh(none, nothing(none), PLAIN).shape == (0,)
    found = explain(none, nothing(none), PLAIN)
    assert (found.weights.shape, found.contributions.shape, found.start.shape, found.situation.shape) == ((0,), (2, 0), (0,), (0,))


@dataclass(frozen=True)
class Made:
    """A random model, random pairs, and what is open of each before text is looked at."""

    scale: Scale
    levels: np.ndarray
    surpluses: np.ndarray
    open: np.ndarray


FIELDS = ("a", "b", "c")
SIZES = (2, 3, 4)
p = st.floats(1e-6, 1.0)


@st.composite
def made(draw: st.DrawFn) -> Made:
    comparisons = []
    for name, size in zip(FIELDS, SIZES, strict=True):
        names = tuple(f"level {n}" for n in range(size))
        comparisons.append(replace(NINO, name=name, levels=names, strangers=(0.1,) * (size - 1), silent=draw(st.sampled_from(["", "", "", names[-1]]))))
    told = [Situation("same", True, 0.1), Situation("strangers", False, 0, by_chance=tuple(draw(st.sets(st.sampled_from(FIELDS)))))]
    for n in range(draw(st.integers(0, 3))):
        told.append(Situation(f"more {n}", draw(st.booleans()), 0.1, by_chance=tuple(draw(st.sets(st.sampled_from(FIELDS))))))
    tables = {}
    for c in comparisons:
        table = np.array([[draw(p) for _ in c.levels] for _ in told])
        tables[c.name] = table / table.sum(axis=1, keepdims=True)
    together = draw(st.dictionaries(st.sampled_from([("a", "b"), ("b", "c")]), st.floats(1.0, 20.0), max_size=2))
    model = Model(tuple(told), tuple(comparisons), np.array([s.rate for s in told]), tables, together)
    expected = np.array([draw(st.floats(1e-3, 1e9)) for _ in told])
    rows = draw(st.lists(st.tuples(*(st.integers(-1, size - 1) for size in SIZES)), min_size=1, max_size=8))
    levels = levels_of(*rows)
    nats = np.array([[draw(st.floats(-8, 8, width=32)) for _ in rows] for _ in FIELDS], np.float32)
    hidden = np.array([[draw(st.booleans()) for _ in rows] for _ in FIELDS])
    return Made(Scale(model, expected, {}, NO_NAMES), levels, np.where(levels == 0, nats, np.float32(0)), hidden & (levels > 0))


def naive(one: Made, pair: int) -> float:
    """The log of the odds, situation by situation and field by field."""
    model = one.scale.model
    odds = {True: 0.0, False: 0.0}
    logs = []
    for i, situation in enumerate(model.situations):
        total = log(one.scale.expected[i])
        shown = {}
        for row, c in enumerate(model.comparisons):
            shown[c.name] = level = int(one.levels[row, pair])
            if level >= 0 and c.levels[level] != c.silent:
                total += log(model.levels[c.name][i, level])
            if not situation.match and c.name in situation.by_chance:
                total += float(one.surpluses[row, pair])
        for (a, b), times in model.together.items():
            if situation.rate == 0 and shown[a] == shown[b] == 0:
                total += log(times)
        logs.append((situation.match, total))
    top = max(total for _, total in logs)
    for match, total in logs:
        odds[match] += exp(total - top)
    return log(odds[True]) - log(odds[False]) if min(odds.values()) > 0 else inf * (1 if odds[True] else -1)


@settings(max_examples=120)
@given(one=made())
def test_weight_is_the_posterior_worked_out_naively_and_contributions_add_up_to_it(one: Made) -> None:
    found = explain(one.levels, one.surpluses, one.scale)
    assert found.weights.tolist() == weigh(one.levels, one.surpluses, one.scale).tolist()
    assert (found.start + found.contributions.sum(axis=0)).tolist() == found.weights.tolist()
    for pair, weight in enumerate(found.weights.tolist()):
        expected = min(max(naive(one, pair) * CENTIBITS, -LARGEST_WEIGHT), LARGEST_WEIGHT)
        assert weight == pytest.approx(expected, abs=0.51)


@settings(max_examples=150)
@given(one=made())
def test_the_ceiling_is_never_below_the_weight_that_the_texts_then_give(one: Made) -> None:
    states = np.where(one.open, UNRESOLVED, one.levels).astype(np.int8)
    most = Ceiling(one.scale)(states, one.surpluses)
    for pair, ceiling in enumerate(most.tolist()):
        assert ceiling >= naive(one, pair) - 1e-3


@settings(max_examples=60)
@given(one=made())
def test_with_two_situations_and_nothing_open_the_ceiling_is_the_weight(one: Made) -> None:
    assume(len(one.scale.model.situations) == 2)
    alone = replace(one, scale=replace(one.scale, model=replace(one.scale.model, together={})))
    most = Ceiling(alone.scale)(alone.levels, alone.surpluses)
    np.testing.assert_allclose(most, [naive(alone, pair) for pair in range(len(most))], atol=1e-3)


def test_an_open_field_counts_as_the_best_that_it_can_still_show() -> None:
    # of the NINO's levels but the first the best weighs nought (0.1 to 0.1); the telephone's only one is against
    open_nino, none = levels_of((UNRESOLVED, 0)), levels_of((UNRESOLVED, UNRESOLVED))
    ceiling = Ceiling(PLAIN)
    np.testing.assert_allclose(ceiling(open_nino, nothing(open_nino)), [log(2) * (-2 + 0 + 2)], atol=1e-5)
    np.testing.assert_allclose(ceiling(none, nothing(none)), [log(2) * (-2 + 0 + log2(0.5 / 0.875))], atol=1e-5)


def believed(entity, features, comparisons: tuple[Comparison, ...]) -> Scale:
    by_chance = chance(features, comparisons)
    return scale(beliefs(comparisons, tuple(s for s in entity.situations if not s.lacks), by_chance), features, by_chance)


@pytest.fixture(scope="module")
def person(encoded) -> Scale:
    row = {"forename": "BRYN", "middle_names": "G", "surname": "LEWIS", "date_of_birth": "1984-03-27", "nino": "QQ112233C", "postcode": "ZZ1 1AA",
           "address": "14 MILL LANE", "phone": "07700900123", "email": "a@b.example", "account": "1"}  # fmt: skip
    return believed(PERSON, encoded([row, row])[0], PERSON.comparisons)


def test_better_agreement_on_a_number_never_lowers_the_weight(person: Scale) -> None:
    at = [c.name for c in PERSON.comparisons].index("nino")
    rest = [[-1, 0, len(c.levels) - 1] if c.name in ("surname", "date_of_birth", "address") else [-1] for c in PERSON.comparisons]
    for shown in product(*rest):
        levels = levels_of(*[(*shown[:at], level, *shown[at + 1 :]) for level in (0, 1, 2)])
        weights = weigh(levels, nothing(levels), person).tolist()
        assert weights == sorted(weights, reverse=True), shown


def test_a_member_of_the_household_is_not_the_same_person(person: Scale) -> None:
    shown = {"forename": "differs", "surname": "exact", "date_of_birth": "differs", "address": "same-house"}
    levels = levels_of(tuple(c.levels.index(shown[c.name]) if c.name in shown else -1 for c in PERSON.comparisons))
    found = explain(levels, nothing(levels), person)
    assert found.weights.item() < -1000
    assert person.model.situations[found.situation.item()].name == "same household"


def test_the_situations_of_organisations_fit_their_comparisons(encoded) -> None:
    row = {"name": "HOLLIN BANK", "company_number": "00000019", "vat_number": "1", "charity_number": "1", "account": "1", "postcode": "ZZ1 1AA", "phone": "1"}
    made = believed(ORGANISATION, encoded([row, row])[0], ORGANISATION.comparisons)
    best = levels_of((0,) * len(ORGANISATION.comparisons))
    assert weigh(best, nothing(best), made).item() == LARGEST_WEIGHT


SURNAMES = ["LEWIS"] * 4 + ["NOWAK"] * 2 + ["OKAFOR"]


def names_scale(encoded, rows: list[dict[str, object]], *, own: dict[str, float] | None = None) -> tuple[Scale, object, np.ndarray]:
    features, at = encoded(rows)
    comparisons = tuple(c for c in PERSON.comparisons if features.has(c.name))
    by_chance = chance(features, comparisons)
    told = Situation("same", True, 0.1), Situation("strangers", False, 0, by_chance=("forename", "surname"))
    tables = {c.name: np.full((2, len(c.levels)), 1 / len(c.levels)) for c in comparisons}
    return scale(Model(told, comparisons, np.array([0.1, 0]), tables, {}, own or {}), features, by_chance), features, at


def test_the_surplus_of_a_value_is_the_log_of_its_other_holders_over_their_mean(encoded) -> None:
    made, features, at = names_scale(encoded, [{"surname": s} for s in SURNAMES])
    # other holders: three of LEWIS, one of NOWAK; for a holder of a shared value (4 * 3 + 2 * 1) / 6 on average
    by_code = dict(zip(features.columns["surname"].texts, made.surplus["surname"].tolist(), strict=True))
    mean = 14 / 6
    assert by_code == pytest.approx({"LEWIS": log(3 / mean), "NOWAK": log(1 / mean), "OKAFOR": log(FEWEST_OTHERS / mean)}, rel=1e-5)


def test_records_of_the_same_party_are_no_strangers_to_a_value(encoded) -> None:
    made, features, _ = names_scale(encoded, [{"surname": s} for s in SURNAMES], own={"surname": 0.5})
    by_code = dict(zip(features.columns["surname"].texts, made.surplus["surname"].tolist(), strict=True))
    mean = (4 * 2.5 + 2 * 0.5) / 6
    assert by_code == pytest.approx({"LEWIS": log(2.5 / mean), "NOWAK": log(0.5 / mean), "OKAFOR": log(FEWEST_OTHERS / mean)}, rel=1e-5)


def test_surpluses_average_out_over_the_pairs_of_strangers_that_share_a_value(encoded) -> None:
    """A brute-force witness: how much more often strangers share a value is its pairs over those that its holders' number expects."""
    made, features, _ = names_scale(encoded, [{"surname": s} for s in SURNAMES])
    held = Counter(SURNAMES)
    pairs = Counter(a for a, b in combinations(SURNAMES, 2) if a == b)
    per_holder = {name: pairs[name] / held[name] for name in pairs}
    mean = sum(pairs.values()) / sum(held[name] for name in pairs)
    by_code = dict(zip(features.columns["surname"].texts, made.surplus["surname"].tolist(), strict=True))
    assert {name: by_code[name] for name in pairs} == pytest.approx({name: log(share / mean) for name, share in per_holder.items()}, rel=1e-5)


def test_only_a_shared_value_has_a_surplus(encoded) -> None:
    made, features, at = names_scale(encoded, [{"surname": s} for s in SURNAMES])
    levels = compare(features, at[[0, 0, 4]], at[[1, 4, 6]], made.model.comparisons)
    found = surpluses(levels, features, at[[0, 0, 4]], made)
    assert found[0].tolist() == pytest.approx([log(3 / (14 / 6)), 0, 0], rel=1e-5)


def test_a_full_name_that_is_borne_more_often_than_its_parts_say_weighs_less(encoded) -> None:
    """Every ALI of these is a KHAN; BRYN and LEWIS are as common, and meet once."""
    rows = [{"forename": "ALI", "surname": "KHAN"}] * 4
    rows += [{"forename": "BRYN", "surname": s} for s in ("LEWIS", "LEWIS", "NOWAK", "OWEN")]
    rows += [{"forename": f, "surname": "LEWIS"} for f in ("ADA", "EVA")]
    made, features, at = names_scale(encoded, rows)
    left, right = at[[0, 4]], at[[1, 5]]
    levels = compare(features, left, right, made.model.comparisons)
    assert (levels == 0).all()
    by_name = dict(zip([c.name for c in made.model.comparisons], surpluses(levels, features, left, made), strict=True))
    assert by_name["forename"][0] == by_name["forename"][1]  # both forenames are borne by four
    assert by_name["surname"][0] > by_name["surname"][1] + 0.5
    # by hand: three others of ten bear the whole name, against 3/10 * 3/10 by its parts
    alone = made.surplus["surname"][features.codes("surname")[left[0]]]
    assert by_name["surname"][0] - alone == pytest.approx(log(0.3 / 0.09), rel=1e-4)
