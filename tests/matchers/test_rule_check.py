"""A rule that cannot work is refused before any data is touched, with its place and the nearest name."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.flag import check_rules
from schemas.errors import ConfigurationError, ExitCode
from schemas.rule import Rule, Suppressor, Value, load_rules, load_values

HT01 = next(rule for rule in load_rules() if rule.id == "HT01")
PS01 = next(rule for rule in load_rules() if rule.id == "PS01")
PS02 = next(rule for rule in load_rules() if rule.id == "PS02")


def refusal(rule: Rule, **changed: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        check_rules([rule.model_copy(update=changed)], load_values(), as_of=date(2026, 11, 1))
    assert raised.value.exit_code is ExitCode.CONFIGURATION
    return str(raised.value)


def test_every_rule_of_the_book_can_work():
    check_rules(load_rules(), load_values(), as_of=date(2026, 11, 1))
    assert len(load_rules()) == 21


@pytest.mark.parametrize(("when", "complaint"), [
    ("l.tenancy_strat is not null", "there is no column 'l.tenancy_strat'\n  Found    l.tenancy_strat is not null\n  To mend  did you mean l.tenancy_start"),
    ("r.weekly_award > 0", "there is no column 'r.weekly_award'"),
    ("x.tenancy_start is null", "put l. or r. or k. before a column"),
    ("tenancy_start is null", "only grace_days and run_date stand alone"),
    ("k.surname is null", "there is no column 'k.surname'"),
    ("overlap_dys(l.tenancy_start, null, r.tenancy_start, null, run_date) > 3", "did you mean overlap_days"),
    ("l.tenancy_start in (select tenancy_start from side_ten)", "a subquery is not allowed in a rule"),
    ("exists (from records)", "a subquery is not allowed in a rule"),
    ("true; drop table party", "the text is not one complete expression"),
    ("true) or (true", "the text is not one complete expression"),
    ("true from party", "the text is not one complete expression"),
    ("true -- and that is all", "the text is not one complete expression"),
    ("l.tenancy_type = 'SEC", "the text is not one complete expression"),
    ("true, true", "does not answer with true or false"),
    ("", "the text is not one complete expression"),
    ("random() > 0.5", "random is not allowed in a rule"),
    ("l.tenancy_start < today()", "today is not allowed in a rule"),
    ("l.tenancy_start < current_date", "there is no column 'current_date'"),
    ("row_number() over () = 1", "a window is not allowed in a rule"),
    ("l.tenancy_start + r.tenancy_start > 3", "does not fit the types of its columns"),
    ("l.tenancy_start", "does not answer with true or false"),
    ("l.tenancy_type = $1", "a parameter is not allowed in a rule"),
])  # fmt: skip
def test_a_condition_that_cannot_work_is_refused(when, complaint):
    message = refusal(HT01, when=when)
    assert "rule HT01 TEN-TEN, when:" in message
    assert complaint in message
    assert "Binder" not in message


def test_a_semicolon_inside_a_quoted_text_is_only_a_text():
    check_rules([HT01.model_copy(update={"when": "l.landlord_id = 'a;b'"})], load_values(), as_of=date(2026, 11, 1))
    assert "complete" in refusal(HT01, when="l.landlord_id = 'a' ; ")


def test_the_other_expressions_of_a_rule_are_looked_at_too():
    assert "suppressor LATER: there is no column" in refusal(HT01, suppressor=(Suppressor(code="LATER", because="x", when="l.nothing"),))
    assert "value: the expression does not answer with whole pence" in refusal(HT01, value=Value(code="V6", pence="'much'"))
    assert "value: there is no column 'k.tier'" in refusal(HT01, value=Value(code="V6", pence="k.tier"))
    assert "owner: the expression does not answer with left or right" in refusal(HT01, owner="l.tenancy_start > r.tenancy_start")
    assert "there is no column 'l.tenancy_rf'" in refusal(HT01, show=("tenancy_rf",))
    assert "same: there is no column 'net_amont'" in refusal(PS01, same=("net_amont",))
    assert "totals total: there is no column 'net_amont'" in refusal(PS02, totals={**PS02.totals, "total": "sum(net_amont)"})
    assert "totals total: the expression does not fit" in refusal(PS02, totals={**PS02.totals, "total": "sum(category)"})
