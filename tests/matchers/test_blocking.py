"""Which records meet, each pair once, and what a default value costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.blocking import MOST_IN_BLOCK, Blocked, BlockingRule, block
from matchers.features import NO_TEXT, Column, Features
from schemas.errors import ExitCode, SafetyStop

SURNAME = BlockingRule("surname", ("surname",))
POSTCODE = BlockingRule("postcode", ("postcode",))
BOTH = BlockingRule("surname and postcode", ("surname", "postcode"))
RULES = (SURNAME, POSTCODE, BOTH)
NONE = -1


def coded(**columns: Sequence[int]) -> Features:
    """Records 0, 1, 2 ... from the codes of their columns; nothing here looks at texts."""
    size = len(next(iter(columns.values())))
    return Features(np.arange(size), {name: Column(np.array(codes, np.int32), NO_TEXT) for name, codes in columns.items()})


def rows(found: Blocked) -> list[tuple[int, int, int]]:
    return list(zip(found.left.tolist(), found.right.tolist(), found.rules.tolist(), strict=True))


def test_an_unknown_surname_still_meets_on_the_postcode() -> None:
    assert rows(block(coded(surname=[NONE, 4], postcode=[7, 7]), [SURNAME, POSTCODE])) == [(0, 1, 0b10)]


def test_a_pair_found_by_three_rules_comes_once_with_all_three_bits() -> None:
    assert rows(block(coded(surname=[4, 4], postcode=[7, 7]), RULES)) == [(0, 1, 0b111)]


def test_unknown_values_never_meet() -> None:
    assert rows(block(coded(surname=[NONE, NONE, 4], postcode=[NONE, NONE, NONE]), RULES)) == []


def test_a_key_with_an_unknown_part_is_unknown() -> None:
    assert rows(block(coded(surname=[4, 4], postcode=[NONE, NONE]), [BOTH])) == []


def test_the_parts_of_a_key_keep_their_places() -> None:
    # 1 and 2 stand in both columns, but not in the same one
    assert rows(block(coded(surname=[1, 2], postcode=[2, 1]), [BOTH])) == []


def test_a_rule_whose_columns_the_data_lack_is_left_out() -> None:
    found = block(coded(surname=[4, 4]), RULES)
    assert found.used == (SURNAME,)
    assert rows(found) == [(0, 1, 0b1)]


def test_a_broad_rule_is_left_out_of_data_that_are_too_large_for_it() -> None:
    broad = BlockingRule("broad", ("surname",), up_to=2)
    assert block(coded(surname=[4, 4]), [broad]).size == 1
    assert block(coded(surname=[4, 4, 4]), [broad]).used == ()


def test_two_parties_of_one_row_are_never_paired_and_both_meet_a_third() -> None:
    of_row = np.array([0, 0, 1], np.int32)
    assert rows(block(coded(surname=[4, 4, 4]), [SURNAME], apart=[of_row])) == [(0, 2, 1), (1, 2, 1)]


def test_records_are_apart_where_any_of_several_codes_is_equal() -> None:
    one, other = np.array([0, 0, 1], np.int32), np.array([5, 6, 6], np.int32)
    assert rows(block(coded(surname=[4, 4, 4]), [SURNAME], apart=[one, other])) == [(0, 2, 1)]


def test_costs_say_what_each_rule_makes_alone() -> None:
    found = block(coded(surname=[4, 4, 4], postcode=[7, 7, 8]), RULES)
    assert [(cost.name, cost.pairs) for cost in found.costs] == [("surname", 3), ("postcode", 1), ("surname and postcode", 1)]


def test_a_key_shared_by_too_many_is_passed_over_and_counted() -> None:
    found = block(coded(surname=[4] * (MOST_IN_BLOCK + 1) + [5, 5]), [SURNAME])
    (cost,) = found.costs
    assert (cost.dropped_keys, cost.dropped_records, cost.refined_keys, cost.pairs) == (1, MOST_IN_BLOCK + 1, 0, 1)
    assert rows(found) == [(MOST_IN_BLOCK + 1, MOST_IN_BLOCK + 2, 1)]


def test_a_key_shared_by_just_few_enough_is_used() -> None:
    found = block(coded(surname=[4] * MOST_IN_BLOCK), [SURNAME])
    assert found.costs[0].dropped_keys == 0
    assert found.size == MOST_IN_BLOCK * (MOST_IN_BLOCK - 1) // 2


def test_a_key_shared_by_too_many_is_refined_by_another_column() -> None:
    """Fault F44."""
    rule = BlockingRule("surname", ("surname",), most=3, refine=("postcode",))
    found = block(coded(surname=[4, 4, 4, 4, 5, 5], postcode=[7, 7, 8, NONE, 9, NONE]), [rule])
    (cost,) = found.costs
    # of the four only the two of one postcode meet; the two of a rare surname need no postcode
    assert rows(found) == [(0, 1, 1), (4, 5, 1)]
    assert (cost.refined_keys, cost.refined_records, cost.dropped_keys, cost.dropped_records, cost.pairs) == (1, 4, 0, 0, 2)


def test_what_is_still_shared_by_too_many_after_refining_is_passed_over_and_counted() -> None:
    rule = BlockingRule("surname", ("surname",), most=3, refine=("postcode",))
    found = block(coded(surname=[4] * 6, postcode=[7, 7, 7, 7, 8, 8]), [rule])
    (cost,) = found.costs
    assert rows(found) == [(4, 5, 1)]
    assert (cost.refined_keys, cost.refined_records, cost.dropped_keys, cost.dropped_records) == (1, 6, 1, 4)


def test_a_rule_gives_up_its_most_shared_keys_to_stay_within_its_pairs() -> None:
    # runs of 4, 3 and 2 records make 6 + 3 + 1 = 10 pairs; 9 are allowed, so the run of 4 goes
    rule = BlockingRule("surname", ("surname",), pairs_per_record=1.0, least_pairs=0)
    found = block(coded(surname=[1, 1, 1, 1, 2, 2, 2, 3, 3]), [rule])
    assert rows(found) == [(4, 5, 1), (4, 6, 1), (5, 6, 1), (7, 8, 1)]
    assert (found.costs[0].dropped_keys, found.costs[0].dropped_records) == (1, 4)
    enough = BlockingRule("surname", ("surname",), pairs_per_record=0, least_pairs=10)
    assert block(coded(surname=[1, 1, 1, 1, 2, 2, 2, 3, 3]), [enough]).size == 10


def test_too_many_pairs_stop_and_name_the_rule_that_makes_most() -> None:
    """Fault F43."""
    features = coded(surname=[4] * 20, postcode=[i // 2 for i in range(20)])  # 190 pairs by surname, 10 by postcode
    with pytest.raises(SafetyStop, match="200 candidate pairs, more than the 199 allowed") as stopped:
        block(features, [SURNAME, POSTCODE], max_pairs=199)
    assert "190, from the rule surname" in stopped.value.found
    assert stopped.value.exit_code is ExitCode.SAFETY_STOP
    assert block(features, [SURNAME, POSTCODE], max_pairs=200).size == 190


def test_no_records_make_no_pairs() -> None:
    found = block(coded(surname=[], postcode=[]), RULES)
    assert (found.size, [cost.pairs for cost in found.costs]) == (0, [0, 0, 0])


def test_one_record_and_no_rules_make_no_pairs() -> None:
    assert block(coded(surname=[4]), [SURNAME]).size == 0
    assert block(coded(surname=[4, 4]), []).size == 0


def test_more_rules_than_the_bitmask_has_bits_make_no_wrong_pair() -> None:
    rules = [BlockingRule(f"rule {n}", ("surname",)) for n in range(33)]
    try:
        found = block(coded(surname=[4, NONE, 4]), rules)
    except (ValueError, SafetyStop):
        return  # to refuse is as good
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == {(0, 2)}


few = st.integers(-1, 2)
tables = st.lists(st.tuples(few, few, st.integers(0, 4)), min_size=1, max_size=14)


def features_of(table: Sequence[tuple[int, int, int]]) -> tuple[Features, np.ndarray]:
    return coded(surname=[row[0] for row in table], postcode=[row[1] for row in table]), np.array([row[2] for row in table], np.int32)


@settings(max_examples=60)
@given(table=tables)
def test_pairs_are_those_of_a_loop_over_all_records(table: list[tuple[int, int, int]]) -> None:
    expected = []
    for (i, one), (j, other) in combinations(enumerate(table), 2):
        agree = [one[k] != NONE and one[k] == other[k] for k in (0, 1)]
        bits = agree[0] | agree[1] << 1 | (agree[0] and agree[1]) << 2
        if bits and one[2] != other[2]:
            expected.append((i, j, bits))
    features, apart = features_of(table)
    found = block(features, RULES, apart=[apart])
    assert rows(found) == expected
    by_surname = Counter(surname for surname, *_ in table if surname != NONE)
    assert found.costs[0].pairs == sum(n * (n - 1) // 2 for n in by_surname.values())


@settings(max_examples=60)
@given(table=tables, most=st.integers(2, 4))
def test_refined_pairs_are_those_of_a_loop_over_all_records(table: list[tuple[int, int, int]], most: int) -> None:
    features, _ = features_of(table)
    holders = Counter(surname for surname, *_ in table)
    holders_refined = Counter((surname, postcode) for surname, postcode, _ in table)
    expected = []
    for (i, one), (j, other) in combinations(enumerate(table), 2):
        if one[0] == NONE or one[0] != other[0]:
            continue
        fits = one[1] != NONE and one[1] == other[1] and holders_refined[one[:2]] <= most
        if holders[one[0]] <= most or fits:
            expected.append((i, j, 1))
    assert rows(block(features, [BlockingRule("surname", ("surname",), most=most, refine=("postcode",))])) == expected


@settings(max_examples=25)
@given(table=tables, data=st.data())
def test_records_in_another_order_meet_the_same_records(table: list[tuple[int, int, int]], data: st.DataObject) -> None:
    moved = data.draw(st.permutations(range(len(table))))  # new number -> old one
    features, apart = features_of(table)
    shuffled, shuffled_apart = features_of([table[i] for i in moved])
    there = {(min(moved[a], moved[b]), max(moved[a], moved[b]), bits) for a, b, bits in rows(block(shuffled, RULES, apart=[shuffled_apart]))}
    assert there == set(rows(block(features, RULES, apart=[apart])))


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    """Fault F59."""
    random = np.random.default_rng(20261101)
    features = coded(surname=random.integers(-1, 40, 500).tolist(), postcode=random.integers(-1, 90, 500).tolist())
    one, other = block(features, RULES, threads=2), block(features, RULES, threads=threads)
    assert rows(one) == rows(other)
    assert one.size > 1000
    assert one.costs == other.costs


def test_pairs_are_sorted_each_once_and_the_smaller_number_first() -> None:
    random = np.random.default_rng(7)
    found = block(coded(surname=random.integers(-1, 20, 300).tolist(), postcode=random.integers(-1, 20, 300).tolist()), RULES)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert (found.left < found.right).all()
