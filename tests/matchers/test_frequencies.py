"""What chance can do, in closed form, against a count over all pairs."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.comparison import compare, usable
from matchers.entities import PERSON
from matchers.frequencies import CORRELATED, FEW_PAIRS, LEAST_UNEXPLAINED, SMALL_TOWN, Agreement, any_two, chance, counted

FEW = st.sampled_from([None, "ADAEZE", "BRYN", "CERYS", "LEWIS", "NOWAK"])
PEOPLE = st.fixed_dictionaries({
    "forename": FEW, "surname": FEW, "date_of_birth": st.sampled_from([None, "1984-03-27", "1984-07-05", "1961-05-20"]),
    "nino": st.sampled_from([None, "QQ112233A", "QQ112233B", "QQ998877C"]), "phone": st.sampled_from([None, "07700900123", "07700900124"]),
})  # fmt: skip
BY_NAME = {c.name: c for c in PERSON.comparisons}


def every_two(size: int) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.triu_indices(size, 1)
    return left.astype(np.int32), right.astype(np.int32)


@settings(max_examples=40)
@given(rows=st.lists(PEOPLE, min_size=1, max_size=12))
def test_pairs_that_share_a_value_are_those_of_a_count_over_all_pairs(rows: list[dict[str, object]], encoded) -> None:
    features, _ = encoded(rows)
    comparisons = usable(features, PERSON.comparisons)
    found = chance(features, comparisons)
    levels = compare(features, *every_two(len(rows)), comparisons)
    for c, row in zip(comparisons, levels, strict=True):
        assert found.fields[c.name].equal_pairs == int((row == 0).sum()), c.name
        assert found.fields[c.name].known == sum(r[c.name] is not None for r in rows), c.name


@settings(max_examples=40)
@given(rows=st.lists(PEOPLE, min_size=2, max_size=12))
def test_pairs_that_share_two_values_are_those_of_a_count_over_all_pairs(rows: list[dict[str, object]], encoded) -> None:
    features, _ = encoded(rows)
    found = chance(features, usable(features, PERSON.comparisons)).together
    for a, b in found:
        both = sum(all(x[n] is not None and x[n] == y[n] for n in (a, b)) for x, y in combinations(rows, 2))
        assert found[a, b] == both, (a, b)
    held = {c for c in CORRELATED if all(any(r.get(n) is not None for r in rows) for n in c)}
    assert set(found) == held


def test_birth_dates_with_an_unknown_part_are_no_shared_values(encoded) -> None:
    features, _ = encoded([{"date_of_birth": "1984-XX-XX"}] * 4 + [{"date_of_birth": "1984-03-27"}] * 2)
    found = chance(features, [BY_NAME["date_of_birth"]])
    levels = compare(features, *every_two(6), [BY_NAME["date_of_birth"]])
    assert found.fields["date_of_birth"].equal_pairs == int((levels == 0).sum()) == 1


def test_initials_are_no_shared_forenames(encoded) -> None:
    features, _ = encoded([{"forename": "J"}] * 4 + [{"forename": "JOAN"}] * 2)
    assert chance(features, [BY_NAME["forename"]]).fields["forename"].equal_pairs == 1


def test_likeness_without_equality_is_counted_from_the_pairs_themselves(encoded) -> None:
    """Six pairs: LEWIS and LEWYS close in one, all others apart; a level that nobody showed keeps its believed share."""
    features, _ = encoded([{"surname": s} for s in ("LEWIS", "LEWYS", "OKAFOR", "NOWAK")])
    surname = BY_NAME["surname"]
    levels = dict(zip(surname.levels[1:], chance(features, [surname]).fields["surname"].levels, strict=True))
    believed = dict(zip(surname.levels, surname.strangers, strict=False))
    assert levels["close"] == pytest.approx(2 / (6 + 1 / believed["close"]), rel=1e-3)  # one seen and one to come
    assert levels["alike"] == pytest.approx(1 / (6 + 1 / believed["alike"]), rel=1e-3)
    assert sum(levels.values()) == pytest.approx(1)


def test_likeness_follows_the_data_where_there_are_many(encoded) -> None:
    """Half bear LEWIS, half LEWYS: each spelling is a name of its own, and every unequal pair is alike."""
    features, _ = encoded([{"surname": s} for s in ("LEWIS", "LEWYS") * 60])
    surname = BY_NAME["surname"]
    found = chance(features, [surname]).fields["surname"]
    assert found.equal_pairs == 2 * 60 * 59 / 2
    assert found.levels[surname.levels.index("alike") - 1] == pytest.approx(60 * 60 / (60 * 60 + 1), rel=0.1)


def test_strangers_whose_names_changed_places_are_counted_in_closed_form(encoded) -> None:
    """Three THOMAS FRANK and two FRANK THOMAS: six pairs are exchanged, four are the same way round."""
    rows = [{"forename": "THOMAS", "surname": "FRANK"}] * 3 + [{"forename": "FRANK", "surname": "THOMAS"}] * 2
    features, _ = encoded(rows)
    names = BY_NAME["forename"], BY_NAME["surname"]
    at = names[0].levels.index("swapped") - 1
    found = chance(features, names)
    alone = chance(features, names[:1])
    added = 6 / (5 * 4 / 2 + FEW_PAIRS)
    assert found.fields["forename"].levels[at] == pytest.approx((alone.fields["forename"].levels[at] + added) / (1 + added), rel=1e-9)


# ---- what strangers show


def agreement(equal_pairs: float, *, known: float = 1000, believed: float = 0.001, registered: bool = False) -> Agreement:
    return Agreement(np.array([believed, 0.1, 0.9 - believed]), np.array([0.25, 0.75]), equal_pairs, known, np.zeros(0, np.int64), known * (known - 1) / 2, registered)


def test_what_links_do_not_explain_is_put_down_to_strangers() -> None:
    """By hand: (900 - 400 + 20,000 * 0.001) / (1000 * 999 / 2 + 20,000)."""
    equal = (900 - 400 + FEW_PAIRS * 0.001) / (1000 * 999 / 2 + FEW_PAIRS)
    assert agreement(900).among_strangers(400) == pytest.approx([equal, 0.25 * (1 - equal), 0.75 * (1 - equal)])


def test_some_pairs_are_strangers_whatever_the_links_explain() -> None:
    equal = (900 * LEAST_UNEXPLAINED + FEW_PAIRS * 0.001) / (1000 * 999 / 2 + FEW_PAIRS)
    assert agreement(900).among_strangers(5000)[0] == agreement(900).among_strangers(900)[0] == pytest.approx(equal)


def test_a_registered_number_is_shared_by_mistake_only() -> None:
    assert agreement(900, registered=True).among_strangers(0)[0] == agreement(900).among_strangers(900)[0]


@pytest.mark.parametrize("known", [0, 1, 2])
def test_next_to_no_records_leave_the_belief(known: float) -> None:
    assert agreement(0, known=known).among_strangers(0)[0] == pytest.approx(0.001, rel=1e-3)


def test_one_value_everywhere_is_no_certainty() -> None:
    shown = agreement(1000 * 999 / 2).among_strangers(0)
    assert shown[0] == 0.9
    assert shown.sum() == pytest.approx(1)


# ---- pairs of any two records


@pytest.mark.parametrize("records", [0, 1, 2, 9])
def test_of_few_records_every_pair_is_taken_once(records: int) -> None:
    left, right = any_two(records)
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == list(combinations(range(records), 2))


@settings(max_examples=40)
@given(records=st.integers(12, 2000), most=st.integers(10, 60))
def test_pairs_of_any_two_are_pairs_and_as_many_as_asked(records: int, most: int) -> None:
    left, right = any_two(records, most)
    assert len(left) == len(right) == (most if records * (records - 1) // 2 > most else records * (records - 1) // 2)
    assert (left != right).all()
    assert 0 <= min(left.min(), right.min()) <= max(left.max(), right.max()) < records


@pytest.mark.parametrize("records", [588, 1000, 3522])  # one less than 588 and 3522 divides or shares factors with the step
def test_pairs_of_any_two_are_spread_evenly(records: int) -> None:
    left, right = any_two(records, 40 * records)
    assert set(Counter(left.tolist()).values()) == {40}
    assert max(Counter(right.tolist()).values()) <= 2 * 40
    assert len(set(zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), strict=True))) > 0.75 * len(left)


def test_a_sample_of_pairs_estimates_likeness_as_all_pairs_do(encoded) -> None:
    random = np.random.default_rng(20261101)
    letters = list("ABEKLOR")
    features, _ = encoded([{"surname": "".join(random.choice(letters, 5))} for _ in range(500)])
    surname = BY_NAME["surname"]
    (every,) = compare(features, *every_two(500), [surname])
    shares = np.bincount(every[every > 0], minlength=len(surname.levels))[1:] / (every > 0).sum()
    np.testing.assert_allclose(chance(features, [surname]).fields["surname"].levels, shares, atol=0.005)


# ---- records, towns, and models fitted elsewhere


def test_a_small_file_stands_for_a_small_town(encoded) -> None:
    features, _ = encoded([{"surname": "LEWIS"}] * 10)
    found = chance(features, [BY_NAME["surname"]])
    assert (found.records, found.pairs) == (10, SMALL_TOWN * (SMALL_TOWN - 1) / 4)


def test_of_two_files_only_the_pairs_between_them_count(encoded) -> None:
    """Ten of one surname and ten of another in each file: 200 of 400 pairs between them share it, and the 180 inside a file do not count."""
    features, _ = encoded([{"surname": "LEWIS"}, {"surname": "NOWAK"}] * 20)
    side = np.array([int(row) // 20 for row in features.order], np.int32)
    found = chance(features, [BY_NAME["surname"]], part=side).fields["surname"]
    assert (found.equal_pairs, found.possible) == (200, 400)


def test_a_fitted_model_s_frequencies_stand_for_those_of_these_data(encoded) -> None:
    """LEWIS is borne by a tenth where the model was fitted, and by half of these ten; NOWAK is not in the model."""
    features, _ = encoded([{"surname": "LEWIS"}] * 5 + [{"surname": "NOWAK"}] * 5)
    found = counted(features, [BY_NAME["surname"]], {"surname": {"LEWIS": 0.1}}).fields["surname"]
    by_text = dict(zip(features.columns["surname"].texts, found.counts.tolist(), strict=True))
    assert by_text == {"LEWIS": 1, "NOWAK": 5}
    assert found.known == 10
