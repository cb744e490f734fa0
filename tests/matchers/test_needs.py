"""What of a row rules need, and how little of it leaves with a home."""

from __future__ import annotations

from matchers.needs import AT_HOME, household_needs, needs
from schemas.datasets import CONTRACTS
from schemas.rule import Rule, load_rules

CTX = CONTRACTS["CTX"]
CT01 = next(rule for rule in load_rules() if rule.id == "CT01")


def rule(**changes: object) -> Rule:
    return CT01.model_copy(update=changes)


def test_a_day_of_which_a_condition_asks_the_year_leaves_as_its_year() -> None:
    found = household_needs([rule(when="year(l.liability_start) < 2020", suppressor=(), owner="left")], CTX)
    assert found is not None
    assert found.years == ("liability_start",)
    assert "liability_start" not in (*found.whole, *found.coarse)


def test_a_day_that_is_asked_for_in_another_way_too_leaves_as_its_month() -> None:
    found = household_needs([rule(when="year(l.liability_start) < 2020 and l.liability_start < run_date", suppressor=())], CTX)
    assert found is not None
    assert found.years == ()
    assert "liability_start" in found.coarse


def test_what_is_shown_only_stays_at_home() -> None:
    found = household_needs([rule(when="l.discount_code = 'SPD'", suppressor=(), show=("l.band", "l.discount_start", "l.account_ref"))], CTX)
    assert found is not None
    assert (found.whole, found.references, found.years) == (("protected_flag", "discount_code"), (), ())
    assert found.coarse == ("discount_amount",)  # of the value


def test_a_dataset_that_no_rule_on_homes_reads_sends_none() -> None:
    assert household_needs(load_rules(), CONTRACTS["PAY"]) is None
    assert household_needs([one for one in load_rules() if one.entity != AT_HOME], CTX) is None


def test_what_is_neither_needed_nor_coarse_is_withheld() -> None:
    found = needs([CT01], CTX)
    sent = {*found.whole, *found.coarse, *found.references, *found.words, *found.years}
    assert sent.isdisjoint(found.withheld(CTX))
    assert sent | set(found.withheld(CTX)) == {field.name for field in CTX.payload_fields}
