"""A household that moved speaks for each of its members; a stranger at one of its homes does not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.population import population
from matchers.canonical import canonical
from matchers.engine import link
from matchers.entities import PERSON
from matchers.features import Features, encode
from matchers.households import FEWEST, MOST, STRONG, in_company, lift, moved, tellable

OLD = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}
NEW = {"postcode": "ZZ7 3BB", "paon": "2", "address": "2 MILL LANE"}
ELSEWHERE = {"postcode": "ZZ9 9CC", "paon": "5", "address": "5 HOLLIN BANK"}


def town(*rows: tuple[str, dict[str, str] | None]) -> tuple[Features, np.ndarray]:
    """Records from forename and home; and the number of each row."""
    table = pl.DataFrame([{"record_ref": f"R{i}", "forename": name, "postcode": None, "paon": None, "address": None, **(home or {})} for i, (name, home) in enumerate(rows)])
    features = encode(table)
    number = np.empty(features.size, np.int32)
    number[features.order] = np.arange(features.size)
    return features, number


def company(rows: list[tuple[str, dict[str, str] | None]], *links: tuple[int, int, int]) -> list[bool]:
    """Return which links, (row, row, weight), are in company."""
    features, number = town(*rows)
    ends = number[np.array([link[:2] for link in links])]
    return in_company(features, ends.min(axis=1), ends.max(axis=1), np.array([link[2] for link in links], np.int32)).tolist()


FAMILY = [("ADAEZE", OLD), ("BRYN", OLD), ("ADAEZE", NEW), ("BRYN", NEW)]


def test_who_moved_with_others_is_in_company() -> None:
    assert company(FAMILY, (0, 2, 50), (1, 3, STRONG)) == [True, False]  # BRYN's link leans on nobody: ADAEZE's is weak


def test_who_moved_alone_is_not() -> None:
    assert company(FAMILY, (0, 2, STRONG)) == [False]


def test_a_record_of_the_same_name_is_no_company() -> None:
    assert company([*FAMILY, ("BRYN", NEW)], (1, 3, STRONG), (1, 4, 50)) == [False, False]


def test_one_whose_own_record_is_at_the_other_home_already_is_not_in_company() -> None:
    # 0 has a strong link to 2; 0 and 3 would be two people of one family
    assert company([*FAMILY, ("CARYS", OLD), ("CARYS", NEW)], (0, 2, STRONG), (0, 3, -200), (4, 5, STRONG))[1] is False


def test_links_to_a_third_home_are_no_company() -> None:
    assert company([*FAMILY[:3], ("BRYN", ELSEWHERE)], (0, 2, 50), (1, 3, STRONG)) == [False, False]


def test_an_unknown_home_is_no_home() -> None:
    rows: list[tuple[str, dict[str, str] | None]] = [("ADAEZE", None), ("BRYN", OLD), ("ADAEZE", NEW), ("BRYN", NEW)]
    assert company(rows, (0, 2, 50), (1, 3, STRONG)) == [False, False]
    features, number = town(*rows)
    assert moved(features, number[[0, 1]], number[[2, 3]]).tolist() == [False, True]


def test_without_homes_or_forenames_nothing_is_told() -> None:
    assert tellable(town(*FAMILY)[0])
    assert not tellable(encode(pl.DataFrame({"record_ref": ["1"], "forename": ["BRYN"]})))
    assert not tellable(encode(pl.DataFrame({"record_ref": ["1"], **{name: [value] for name, value in OLD.items()}})))


def drawn(among_matches: float, among_others: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    weights = np.repeat(np.array([1500, -900], np.int32), [4000, 40_000])
    return weights, rng.random(44_000) < np.repeat([among_matches, among_others], [4000, 40_000])


def test_company_adds_what_it_is_worth() -> None:
    assert lift(*drawn(0.08, 0.01)) == pytest.approx(300, abs=25)


def test_company_that_says_nothing_adds_nothing() -> None:
    assert lift(*drawn(0.05, 0.05)) < 30
    assert lift(*drawn(0.01, 0.08)) == 0


def test_company_never_adds_more_than_its_most() -> None:
    assert lift(*drawn(0.5, 0.0)) == MOST


def test_with_few_people_who_moved_company_adds_nothing() -> None:
    weights = np.full(int(FEWEST) - 1, 3000, np.int32)
    assert lift(weights, np.ones(len(weights), np.bool_)) == 0


def test_a_lower_floor_changes_no_weight_where_households_moved() -> None:
    people = population(25000, seed=3).drop("person", "home", "partner")
    features = encode(canonical(people).records)
    high, low = (link(features, PERSON, floor=floor) for floor in (0.5, 0.001))
    assert high.model.company == low.model.company
    assert high.company.sum() > 5
    weights = dict(zip(zip(low.left.tolist(), low.right.tolist(), strict=True), low.weights.tolist(), strict=True))
    assert [weights[pair] for pair in zip(high.left.tolist(), high.right.tolist(), strict=True)] == high.weights.tolist()
    assert sum(weight >= 0 for weight in weights.values()) == len(high.left)
