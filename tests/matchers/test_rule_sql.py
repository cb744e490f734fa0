"""The SQL of a rule is text that can be read without a database."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from matchers.rule_sql import MACROS, rule_sql
from schemas.rule import load_rules

GOLDEN = Path(__file__).parent.parent / "golden"
RULES = {rule.key: rule for rule in load_rules()}


@pytest.mark.parametrize(("key", "name"), [("HT01 TEN-TEN", "rule_ht01.sql"), ("PS01 PSP-PSP", "rule_ps01.sql"), ("PS02 PSP-PSP", "rule_ps02.sql")])
def test_the_sql_is_the_one_that_was_reviewed(key, name):
    assert rule_sql(RULES[key]) + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.key)
def test_sides_meet_through_a_link_and_never_all_with_all(rule):
    sql = rule_sql(rule)
    assert "cross join" not in sql
    assert sql.count("join left_side l on l.record = k.record_a") == 1
    assert sql.count("join right_side r on r.record = k.record_b") == 1


@pytest.fixture(scope="module")
def macros():
    with duckdb.connect() as con:
        for macro in MACROS:
            con.execute(macro)
        yield con


def answer(macros, expression):
    return macros.sql(f"select {expression}").fetchall()[0][0]


@pytest.mark.parametrize(("periods", "days"), [
    ("'2025-05-01', '2025-05-10', '2025-05-10', null", 1),  # both days count
    ("'2025-05-01', '2025-05-10', '2025-05-11', null", 0),
    ("'2025-05-01', null, '2025-05-31', null", 1),  # up to the night
    ("'2025-05-01', null, '2025-06-30', null", 0),  # begins after the night
    ("null, null, '2025-05-01', null", None),  # an unknown first day is unknown
    ("'2025-05-20', '2025-05-01', '2025-05-01', null", 0),  # an end before the start is no period
])  # fmt: skip
def test_overlap_counts_the_days_on_which_both_periods_ran(macros, periods, days):
    dated = ", ".join(f"cast({part.strip()} as date)" for part in periods.split(","))
    assert answer(macros, f"overlap_days({dated}, date '2025-05-31')") == days


@pytest.mark.parametrize(("first", "last", "live"), [
    ("date '2025-05-01'", "null", True), ("date '2025-05-31'", "date '2025-05-31'", True), ("date '2025-06-01'", "null", False),
    ("date '2025-01-01'", "date '2025-05-30'", False), ("null", "null", None),
])  # fmt: skip
def test_live_on_includes_the_first_and_the_last_day(macros, first, last, live):
    assert answer(macros, f"live_on({first}, {last}, date '2025-05-31')") is live


@pytest.mark.parametrize(("pence", "text"), [(0, "£0.00"), (5, "£0.05"), (123456789, "£1,234,567.89"), (-1050, "-£10.50")])
def test_pounds_are_written_as_people_write_them(macros, pence, text):
    assert answer(macros, f"pounds({pence}::bigint)") == text


def test_capitals_spaces_and_punctuation_are_no_other_spelling(macros):
    assert answer(macros, "same_text('Hollin Bank Ltd.', 'HOLLINBANK LTD')")
    assert not answer(macros, "same_text('Hollin Bank Ltd', 'Hollin Bank Limited')")
