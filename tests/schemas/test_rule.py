"""The rule book as settings: what a rule may say, and what its words may show."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.contract import Visibility
from schemas.errors import ConfigurationError
from schemas.rule import Rule, RuleFile, load_rules, load_values, visibility
from schemas.settings import parse_toml

WANTED = {
    "CT01", "CT03", "CT04", "CR01", "CR02", "CR04", "CR06", "HT01", "WL01", "WL03", "PY01", "TC02", "TC07", "TC08", "BR01", "BR02", "ID01", "PS01", "PS02",
}  # fmt: skip

RULE = """
[[rule]]
id = "HT01"
version = 1
title = "Two tenancies"
plain = "One tenant, two homes."
left = "TEN"
right = "TEN"
entity = "person"
scope = "across"
minimum_tier = "T2"
when = "true"
reason = "Since {l.tenancy_start}."
show = ["tenancy_start"]
[rule.value]
code = "V6"
[[rule.suppressor]]
code = "TEMPORARY"
because = "A decant."
when = "l.tenancy_type = 'TEMP'"
[[rule.example]]
says = "fires"
why = "Two homes."
l = { tenancy_start = 2020-01-01 }
"""


def read(text: str) -> Rule:
    return parse_toml(text, RuleFile, file="mine.toml").rule[0]


def test_the_book_holds_the_rules_that_were_agreed():
    assert {rule.id for rule in load_rules()} == WANTED


def test_every_table_has_a_key_of_its_own_and_the_book_is_in_order():
    keys = [rule.key for rule in load_rules()]
    assert keys == sorted(set(keys))


def test_every_code_a_rule_names_has_a_value_tonight():
    for rule in load_rules():
        assert load_values().on(rule.value.code, date(2026, 11, 1)).source


def test_the_value_table_has_all_twenty_codes():
    assert {entry.code for entry in load_values().value} == {f"V{n}" for n in range(1, 21)}


def test_the_newest_value_that_has_begun_holds():
    values = load_values()
    assert values.on("V8", date(2022, 3, 31)).pence == 324_000
    assert values.on("V8", date(2022, 4, 1)).pence == 428_300


def test_a_value_before_the_table_begins_says_how_to_mend_it():
    with pytest.raises(ConfigurationError, match="no entry V6 for 2001-01-01"):
        load_values().on("V6", date(2001, 1, 1))


def test_a_plain_rule_can_be_read():
    rule = read(RULE)
    assert (rule.key, rule.tiers, rule.shown("l")) == ("HT01 TEN-TEN", ("T1", "T2"), ("tenancy_start",))


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ('left = "TEN"', 'left = "TNE"', "there is no dataset 'TNE'; did you mean TEN"),
    ("minimum_tier", "minimal_tier", "minimal_tier is not a key that is known here; did you mean minimum_tier"),
    ('"T2"', '"T6"', "minimum_tier"),
    ("{l.tenancy_start}", "{l.surname}", "names l.surname, which is not a shared field of TEN"),
    ("{l.tenancy_start}", "{l.tenancy_ref}", "names l.tenancy_ref, which is not a shared field of TEN"),
    ('["tenancy_start"]', '["phone"]', "shows phone, which is compared only and never shown"),
    ('["tenancy_start"]', '["account"]', "shows account, which is compared only and never shown"),
    ('code = "V6"', 'code = "V6"\npence = "l.gross_amount"', "names l.gross_amount, which is not a shared field of TEN"),
    ('code = "V6"', 'code = "6"', "code"),
    ('says = "fires"', 'says = "maybe"', "it can say fires, silent or TEMPORARY"),
    ('right = "TEN"', 'right = "CTR"\nsymmetric = true', "is symmetric, but its sides are TEN and CTR"),
    ('entity = "person"', 'entity = "row"', "needs `same`, left equal to right, and scope within"),
    ('left = "TEN"', 'left = "ANY"', "needs grain"),
    ('id = "HT01"', 'id = "ht1"', "id"),
])  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(old, new, complaint):
    assert old in RULE
    with pytest.raises(ConfigurationError) as raised:
        read(RULE.replace(old, new, 1))
    assert complaint in str(raised.value)
    assert "mine.toml, line" in str(raised.value)


@pytest.mark.parametrize(("dataset", "name", "who"), [
    ("TEN", "tenancy_start", Visibility.SHARED), ("TEN", "tenancy_ref", Visibility.OWN_SIDE), ("TEN", "surname", Visibility.OWN_SIDE),
    ("TEN", "phone", Visibility.MATCH_ONLY), ("CRS", "account", Visibility.MATCH_ONLY), ("CRS", "previous_account", Visibility.MATCH_ONLY),
    ("CRS", "name_as_sent", Visibility.SHARED), ("CRP", "name_as_sent", Visibility.SHARED), ("CRP", "creditor_type", Visibility.SHARED),
    ("TEN", "name_as_sent", Visibility.OWN_SIDE), ("TEN", "partner", Visibility.SHARED), ("ANY", "surname", Visibility.OWN_SIDE),
    ("PSP", "supplier_ref", Visibility.OWN_SIDE), ("TEN", "record_ref", Visibility.OWN_SIDE),
])  # fmt: skip
def test_who_may_see_a_column(dataset, name, who):
    assert visibility(dataset, name) is who


def test_a_total_is_as_visible_as_the_most_private_field_in_it():
    [rule] = [rule for rule in load_rules() if rule.id == "PS02"]
    private = rule.model_copy(update={"totals": {"total": "sum(net_amount)", "refs": "max(supplier_ref)"}})
    assert private.visibility("l", "total") is Visibility.SHARED
    assert private.visibility("l", "refs") is Visibility.OWN_SIDE


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.key)
def test_every_suppressor_is_shown_by_an_example_or_a_test_of_its_own(rule):
    shown = {example.says for example in rule.example} | {"PAYMENT-RUN"}  # twenty lines are too many for an example
    assert {suppressor.code for suppressor in rule.suppressor} <= shown
