"""Every worked example of the rule book, run through the real stage."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipeline.rule_examples import exceptions_of, verdict
from schemas.rule import Example, Rule, load_rules, load_values

RULES = load_rules()
EXAMPLES = [pytest.param(rule, example, id=f"{rule.key}: {example.why}") for rule in RULES for example in rule.example]
LINKED = [pytest.param(rule, id=rule.key) for rule in RULES if rule.entity != "row"]


def firing(rule: Rule) -> Example:
    return next(example for example in rule.example if example.says == "fires")


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_rule_says_what_its_example_says(rule: Rule, example: Example):
    assert verdict(rule, example, load_values()) == example.says


@pytest.mark.parametrize("rule", LINKED)
def test_a_link_that_rests_on_names_alone_issues_nothing(rule: Rule):
    assert exceptions_of(rule, firing(rule), load_values()).height == 1
    assert exceptions_of(rule, firing(rule), load_values(), tier="").height == 0


@pytest.mark.parametrize("rule", [p for p in LINKED if p.values[0].minimum_tier != "T5"])  # type: ignore[union-attr]
def test_a_link_weaker_than_the_rule_asks_issues_nothing(rule: Rule):
    weaker = f"T{int(rule.minimum_tier[1]) + 1}"
    assert exceptions_of(rule, firing(rule), load_values(), tier=weaker).height == 0


@pytest.mark.parametrize("rule", [pytest.param(r, id=r.key) for r in RULES if r.symmetric])
def test_a_symmetric_rule_says_the_same_with_its_sides_swapped(rule: Rule):
    for example in rule.example:
        also = tuple({**row, "side": "r" if row.get("side") == "l" else "l"} for row in example.also)
        swapped = example.model_copy(update={"l": example.r, "r": example.l, "also": also})
        assert verdict(rule, swapped, load_values()) == example.says, example.why


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_rule_has_an_example_that_fires_and_one_that_does_not(rule: Rule):
    said = {example.says for example in rule.example}
    assert "fires" in said
    assert said - {"fires"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_the_reason_is_a_whole_sentence_about_the_example(rule: Rule):
    [reason] = exceptions_of(rule, firing(rule), load_values())["reason"]
    assert reason.endswith(".")
    assert "{" not in reason
    for word in ("suspect", "fraudster", "fraudulent", "guilty", "offender", "criminal"):
        assert word not in " ".join([reason, rule.title, rule.plain]).lower()


def test_two_equal_lines_of_a_payment_run_are_held_back(new_scene):
    scene = new_scene()
    supplier = scene.row("northmere", "PSP", "sup", name_as_sent="Hollin Bank Joinery Ltd", **line(100_000))
    scene.row("northmere", "PSP", "again", supplier=supplier, **line(100_000))
    for place in range(19):
        scene.row("northmere", "PSP", f"other{place}", supplier=supplier, **line(200_000 + place))
    found = scene.flag("PS01")
    assert found.filter(pl.col("value_pence") == 100_000)["suppressor"].to_list() == ["PAYMENT-RUN"]


def line(pence: int) -> dict[str, object]:
    return {"net_amount": pence, "payment_date": date(2026, 9, 29), "transaction_no": "RUN7", "department": "Housing", "category": "Repairs"}
