"""What an extract says of chance, worked out by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from matchers.collisions import FEWEST, FIELDS, Collisions, assumed, chance_of, collisions, merged
from matchers.encoded import ENCODED_PERSON
from matchers.entities import PERSON
from matchers.frequencies import Agreement, Chance

PEOPLE = tuple(c for c in ENCODED_PERSON.comparisons if c.name in FIELDS)
SIZES = {c.name: len(c.levels) for c in PERSON.comparisons}


def nothing_alike(left, right):
    """Every two records have the last level of every field."""
    return {name: np.full(len(left), SIZES[name] - 1, np.int8) for name in FIELDS}


def people(**columns):
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_of_a_small_extract_nothing_is_said():
    assert collisions(people(forename=["ANN"] * (FEWEST - 1)), nothing_alike, SIZES) is None
    assert collisions(people(forename=["ANN"] * FEWEST), nothing_alike, SIZES) is not None


def test_the_chance_that_two_share_a_name_counts_pairs_of_those_whose_name_is_known():
    # 10 x ANN, 5 x BO, 35 others apart, 50 unknown: (10*9 + 5*4) of 50*49 ordered pairs, two digits
    names = ["ANN"] * 10 + ["BO"] * 5 + [f"N{i}" for i in range(35)] + [None] * 50
    said = collisions(people(forename=names), nothing_alike, SIZES)
    assert said.records == 100
    assert said.known["forename"] == 0.5
    assert said.equal["forename"] == pytest.approx(0.045)  # 110 / 2450 = 0.0449
    assert said.known["surname"] == said.equal["surname"] == 0.0


def test_two_fields_together_are_counted_where_both_are_known():
    # 4 pairs of names are shared by 2 people each, among 50 who have both: 4*2 of 50*49
    forenames = ["ANN", "ANN", "BO", "BO", "CY", "CY", "DI", "DI"] + ["ANN"] * 42 + ["ANN"] * 10
    surnames = ["A", "A", "B", "B", "C", "C", "D", "D"] + [f"S{i}" for i in range(42)] + [None] * 10
    said = collisions(people(forename=forenames, surname=surnames), nothing_alike, SIZES)
    assert said.together["forename surname"] == pytest.approx(0.0033)  # 8 / 2450 = 0.00327
    assert said.together["forename date_of_birth"] == 0.0


def test_by_step_is_how_many_others_share_the_name_of_one_who_has_such_a_name():
    # MARY is in the first step of the public table; ZQX is in none. 20 MARY: 20*19/20 others of 60 known; 2 of each ZQX..: 1 of 60
    rare = [f"ZQX{chr(65 + i)}" for i in range(20)]
    said = collisions(people(forename=["MARY"] * 20 + rare + rare), nothing_alike, SIZES)
    assert said.steps["forename"][0] == pytest.approx(0.32)  # 19 / 60
    assert said.steps["forename"][3] == pytest.approx(0.017)  # 1 / 60
    assert said.steps["forename"][1:3] == (0.0, 0.0)
    assert said.steps["surname"] == (0.0,) * 4


def test_levels_of_unlike_pairs_are_shares_of_those_not_equal():
    def half_near(left, right):
        levels = nothing_alike(left, right)
        levels["surname"] = np.where(np.arange(len(left)) % 4 == 0, 2, np.where(np.arange(len(left)) % 4 == 1, 0, 6)).astype(np.int8)
        return levels

    said = collisions(people(surname=[f"S{i}" for i in range(65)]), half_near, SIZES)  # 2,080 pairs: 520 near, 520 equal, 1,040 not alike
    assert said.unlike["surname"] == pytest.approx((0.0, 0.33, 0.0, 0.0, 0.0, 0.67))
    assert said.unlike["nino"] == (0.0, 1.0)


def test_a_level_that_is_not_known_is_no_level():
    def unknown(left, right):
        return {name: np.full(len(left), -1, np.int8) for name in FIELDS}

    assert set(collisions(people(forename=["ANN"] * 50), unknown, SIZES).unlike["forename"]) == {0.0}


def test_nothing_is_said_to_more_than_two_digits():
    names = [f"N{i % 37}" for i in range(1013)]
    said = collisions(people(forename=names, surname=names), nothing_alike, SIZES)
    told = [said.known["forename"], said.equal["forename"], *said.steps["forename"], *said.together.values()]
    assert all(value == float(f"{value:.1e}") for value in told)


def test_homes_are_equal_however_flat_and_house_are_written():
    places = people(postcode=["ZZ1 1AA"] * 50, saon=["FLAT 2", *[None] * 49], paon=["14", "2 14", *[str(i) for i in range(100, 148)]], address=[None] * 50)
    assert collisions(places, nothing_alike, SIZES).equal["address"] == pytest.approx(0.00082)  # 2 of 50*49


def said_of(records, equal):
    row = dict.fromkeys(FIELDS, equal)
    return Collisions(records, row, row, {**dict.fromkeys(FIELDS, (equal, 1 - equal)), "address": (equal, 0, 0, 0, 0, 1 - equal)}, {"forename": (equal,) * 4}, {"forename surname": equal})


def test_several_extracts_weigh_as_many_people_as_they_have():
    both = merged([("northmere", said_of(300, 0.1)), ("northmere", said_of(100, 0.5))])
    assert both.records == 400
    assert both.known["nino"] == both.equal["forename"] == both.together["forename surname"] == pytest.approx(0.2)
    assert both.unlike["surname"] == pytest.approx((0.2, 0.8))
    assert both.steps["forename"] == pytest.approx((0.2,) * 4)


def test_one_extract_alone_says_what_it_says():
    assert merged([("northmere", said_of(300, 0.1))]) == said_of(300, 0.1)


def test_how_near_people_of_two_partners_live_is_believed_and_not_what_each_says_of_its_own():
    six = (0.1, 0.1, 0.1, 0.1, 0.1, 0.5)
    one = replace(said_of(100, 0.1), unlike={**said_of(100, 0.1).unlike, "address": six})
    both = merged([("northmere", one), ("eastholt", one)])
    believed = assumed().unlike["address"]
    assert both.unlike["address"] == pytest.approx([(a + b) / 2 for a, b in zip(six, believed, strict=True)])
    assert both.unlike["surname"] == pytest.approx((0.1, 0.9))


def test_what_is_assumed_is_what_is_believed_of_strangers():
    believed = assumed()
    for comparison in PERSON.comparisons:
        if comparison.name in FIELDS:
            assert believed.equal[comparison.name] == comparison.strangers[0]
            assert sum(believed.unlike[comparison.name]) == pytest.approx(1)
            assert len(believed.unlike[comparison.name]) == len(comparison.levels) - 1


def natively(pairs, records):
    registered = Agreement(np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.9]), 7.0, 1.0, np.zeros(0, np.int64), 1.0, True)
    return Chance({"nino": registered}, {}, pairs, records)


def test_chance_scales_what_is_said_to_the_pairs_that_may_be_linked():
    believed = assumed()
    known = dict.fromkeys(FIELDS, 500.0)
    chance = chance_of(believed, PEOPLE, natively(400_000.0, 1000), known, 400_000.0)
    # half of the records have the value, and so a quarter of the pairs: 100,000
    forename = chance.fields["forename"]
    assert forename.possible == 100_000.0
    assert forename.equal_pairs == pytest.approx(believed.equal["forename"] * 100_000)
    assert forename.levels.sum() == pytest.approx(1)
    assert forename.counts.tolist() == [round(believed.equal["forename"] * 500) + 1] * 4
    assert chance.together[("forename", "surname")] == pytest.approx(believed.together["forename surname"] * 100_000)
    assert (chance.pairs, chance.records) == (400_000.0, 1000)


def test_what_has_a_token_of_its_own_is_counted_and_not_believed():
    chance = chance_of(assumed(), PEOPLE, natively(400_000.0, 1000), dict.fromkeys(FIELDS, 500.0), 400_000.0)
    assert chance.fields["nino"].equal_pairs == 7.0
    assert chance.fields["nino"].registered
