"""Decisions are added, never changed, and each has a reason and a name."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.outcomes import FILE, load_outcomes, record_outcome
from schemas.errors import IntegrityError, UsageProblem
from schemas.records import OUTCOME

PLAIN = {"exception_id": "HT01-2SF6CTJ9RH", "verdict": "error", "reason_code": "MOVED", "officer": "R. Hale", "decided_on": date(2026, 11, 3)}


def test_without_a_file_there_are_no_decisions(tmp_path):
    assert load_outcomes(tmp_path).equals(OUTCOME.empty())


def test_a_decision_comes_back_as_it_was_given(tmp_path):
    record_outcome(tmp_path, **PLAIN, value_pence=12_345, note="letter of 2 November\u2028second line")
    [row] = load_outcomes(tmp_path).to_dicts()
    assert row == {**PLAIN, "value_pence": 12_345, "note": "letter of 2 November\u2028second line"}


def test_the_same_decision_twice_stands_once_and_another_is_added(tmp_path):
    for officer in ("R. Hale", "R. Hale", "S. Onyango"):
        record_outcome(tmp_path, **{**PLAIN, "officer": officer})
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
    assert load_outcomes(tmp_path)["officer"].to_list() == ["R. Hale", "S. Onyango"]


def test_a_later_line_supersedes_an_earlier_one_and_both_stay(tmp_path):
    record_outcome(tmp_path, **PLAIN, value_pence=100)
    record_outcome(tmp_path, **PLAIN, value_pence=250)
    assert load_outcomes(tmp_path)["value_pence"].to_list() == [250]
    assert len((tmp_path / FILE).read_text().splitlines()) == 2


@pytest.mark.parametrize(("changed", "complaint"), [
    ({"reason_code": ""}, "a decision needs a reason code"), ({"reason_code": "moved away"}, "a decision needs a reason code"),
    ({"verdict": "no isue"}, "did you mean no issue"), ({"officer": "  "}, "name of the officer"), ({"value_pence": -1}, "cannot be negative"),
    ({"exception_id": "HT01"}, "is not the id of an exception"), ({"exception_id": "HT01-2SF6CTJ9RH\n{}"}, "is not the id of an exception"),
])  # fmt: skip
def test_a_decision_that_lacks_something_is_refused_and_nothing_written(tmp_path, changed, complaint):
    with pytest.raises(UsageProblem, match=complaint):
        record_outcome(tmp_path, **{**PLAIN, **changed})
    assert not (tmp_path / FILE).exists()


def test_a_line_cut_off_by_a_power_failure_is_named_and_not_lost(tmp_path):
    record_outcome(tmp_path, **PLAIN)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + whole[:40])
    record_outcome(tmp_path, **{**PLAIN, "officer": "S. Onyango"})
    with pytest.raises(IntegrityError, match=r"outcomes.jsonl, line 2"):
        load_outcomes(tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(whole + whole[:40] + b"\n")


@pytest.mark.parametrize("line", ["{}", "[]", "null", '{"exception_id": 1}', "not json"])
def test_a_line_that_is_no_decision_is_an_error_with_its_number(tmp_path, line):
    (tmp_path / FILE).write_text(f"\n{line}\n")
    with pytest.raises(IntegrityError, match=r"line 2"):
        load_outcomes(tmp_path)
