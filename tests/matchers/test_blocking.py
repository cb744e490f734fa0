"""Which records meet, each pair once, and what a default value costs."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.blocking import MOST_IN_BLOCK, BlockingRule, block
from schemas.errors import ExitCode, SafetyStop

SAME_SURNAME = BlockingRule("same surname", "surname")
SAME_POSTCODE = BlockingRule("same postcode", "postcode")
SAME_BOTH = BlockingRule("same surname and postcode", "surname || '|' || postcode")
RULES = (SAME_SURNAME, SAME_POSTCODE, SAME_BOTH)
MANY = 1_000_000


def records(*rows: tuple[str | None, str | None], refs: list[str] | None = None) -> pl.DataFrame:
    """Records 0, 1, 2 ... from (surname, postcode), each in a row of its own unless `refs` says otherwise."""
    table = pl.DataFrame(rows, schema={"surname": pl.String, "postcode": pl.String}, orient="row")
    return table.with_columns(
        record=pl.int_range(pl.len(), dtype=pl.Int64), partner=pl.lit("northmere"), dataset=pl.lit("CTX"),
        record_ref=pl.Series(refs or [f"R{i}" for i in range(len(rows))], dtype=pl.String),
    )  # fmt: skip


def test_missing_surname_still_pairs_on_postcode() -> None:
    table = records((None, "ZZ1 1AA"), ("OKAFOR", "ZZ1 1AA"))
    assert block(table, [SAME_SURNAME, SAME_POSTCODE], max_pairs=MANY).pairs.rows() == [(0, 1, 0b10)]


def test_a_pair_found_by_three_rules_comes_once_with_all_three_bits() -> None:
    table = records(("OKAFOR", "ZZ1 1AA"), ("OKAFOR", "ZZ1 1AA"))
    assert block(table, RULES, max_pairs=MANY).pairs.rows() == [(0, 1, 0b111)]


def test_null_keys_never_meet() -> None:
    assert block(records((None, None), (None, None), ("OKAFOR", None)), RULES, max_pairs=MANY).pairs.height == 0


def test_a_key_with_a_null_part_is_null() -> None:
    table = records(("OKAFOR", None), ("OKAFOR", None))
    assert block(table, [SAME_BOTH], max_pairs=MANY).pairs.height == 0


def test_two_parties_of_one_row_are_never_paired_and_both_meet_a_third() -> None:
    table = records(("OKAFOR", None), ("OKAFOR", None), ("OKAFOR", None), refs=["A", "A", "B"])
    assert block(table, [SAME_SURNAME], max_pairs=MANY).pairs.rows() == [(0, 2, 1), (1, 2, 1)]


def test_one_reference_in_two_datasets_is_two_rows() -> None:
    table = records(("OKAFOR", None), ("OKAFOR", None), refs=["A", "A"]).with_columns(dataset=pl.Series(["CTX", "ELR"]))
    assert block(table, [SAME_SURNAME], max_pairs=MANY).pairs.rows() == [(0, 1, 1)]


def test_counts_say_what_each_rule_makes_alone() -> None:
    table = records(("OKAFOR", "ZZ1 1AA"), ("OKAFOR", "ZZ1 1AA"), ("OKAFOR", "ZZ7 3BB"))
    assert block(table, RULES, max_pairs=MANY).counts == {"same surname": 3, "same postcode": 1, "same surname and postcode": 1}


def test_a_key_shared_by_too_many_is_passed_over_and_counted() -> None:
    crowd = [("SMITH", None)] * (MOST_IN_BLOCK + 1) + [("OKAFOR", None)] * 2
    found = block(records(*crowd), [SAME_SURNAME], max_pairs=MANY)
    assert found.dropped == {"same surname": (1, MOST_IN_BLOCK + 1)}
    assert found.counts == {"same surname": 1}
    assert found.pairs.rows() == [(MOST_IN_BLOCK + 1, MOST_IN_BLOCK + 2, 1)]


def test_a_key_shared_by_just_few_enough_is_used() -> None:
    found = block(records(*[("SMITH", None)] * MOST_IN_BLOCK), [SAME_SURNAME], max_pairs=MANY)
    assert found.dropped == {}
    assert found.pairs.height == MOST_IN_BLOCK * (MOST_IN_BLOCK - 1) // 2


def test_too_many_pairs_stop_and_name_the_rule_that_makes_most() -> None:
    table = records(*[("SMITH", f"ZZ1 {i // 2}AA") for i in range(20)])  # 190 pairs by surname, 10 by postcode
    with pytest.raises(SafetyStop, match="200 candidate pairs, more than the 199 allowed") as stopped:
        block(table, [SAME_SURNAME, SAME_POSTCODE], max_pairs=199)
    assert "190, from the rule same surname" in stopped.value.found
    assert stopped.value.exit_code is ExitCode.SAFETY_STOP
    assert block(table, [SAME_SURNAME, SAME_POSTCODE], max_pairs=200).pairs.height == 190


def test_no_records_make_no_pairs() -> None:
    found = block(records(), RULES, max_pairs=MANY)
    assert (found.pairs.height, found.counts, found.dropped) == (0, {}, {})
    assert found.pairs.columns == ["record_l", "record_r", "rules"]


def test_a_value_that_looks_like_sql_is_a_value() -> None:
    nasty = "O'NEIL'; drop table records; --"
    assert block(records((nasty, None), (nasty, None)), [SAME_SURNAME], max_pairs=MANY).pairs.rows() == [(0, 1, 1)]


few = st.sampled_from([None, "A", "B", "C"])


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(few, few, st.sampled_from("PQRST")), max_size=12))
def test_pairs_are_those_of_a_loop_over_all_records(rows: list[tuple[str | None, str | None, str]]) -> None:
    table = records(*[(surname, postcode) for surname, postcode, _ in rows], refs=[ref for *_, ref in rows])
    expected = []
    for (i, one), (j, other) in combinations(enumerate(rows), 2):
        agree = [one[k] is not None and one[k] == other[k] for k in (0, 1)]
        bits = agree[0] | agree[1] << 1 | (agree[0] and agree[1]) << 2
        if bits and one[2] != other[2]:
            expected.append((i, j, bits))
    found = block(table, RULES, max_pairs=MANY)
    assert found.pairs.rows() == expected
    by_surname = Counter(surname for surname, *_ in rows if surname)
    assert found.counts.get("same surname", 0) == sum(n * (n - 1) // 2 for n in by_surname.values())


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(few, few), min_size=2, max_size=10), data=st.data())
def test_the_order_of_rows_in_the_table_changes_nothing(rows: list[tuple[str | None, str | None]], data: st.DataObject) -> None:
    table = records(*rows)
    shuffled = table[data.draw(st.permutations(range(len(rows))))]
    assert block(shuffled, RULES, max_pairs=MANY).pairs.equals(block(table, RULES, max_pairs=MANY).pairs)
