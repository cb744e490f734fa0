"""Every worked example of the rule book, run through the real stage."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
import pytest

from pipeline.rule_examples import exceptions_of, verdicts
from schemas.rule import Example, Rule, load_rules, load_values

RULES = {rule.key: rule for rule in load_rules()}
LINKED = [key for key, rule in RULES.items() if rule.entity != "row"]
EXAMPLES = [
    pytest.param(key, place, id=f"{key}: {example.why}") for key, rule in RULES.items() for place, example in enumerate(rule.example)
]  # fmt: skip


@cache
def said(key: str) -> list[str]:
    """What the rule says about its examples, in order."""
    return verdicts(RULES[key], RULES[key].example, load_values())


def firing(rule: Rule) -> list[Example]:
    return [example for example in rule.example if example.says == "fires"]


@pytest.mark.parametrize(("key", "place"), EXAMPLES)
def test_the_rule_says_what_its_example_says(key: str, place: int):
    assert said(key)[place] == RULES[key].example[place].says


@pytest.mark.parametrize("key", LINKED)
def test_a_link_that_rests_on_names_alone_issues_nothing(key: str):
    assert exceptions_of(RULES[key], RULES[key].example, load_values(), tier="").height == 0


@pytest.mark.parametrize("key", [key for key in LINKED if RULES[key].minimum_tier != "T5"])
def test_a_link_weaker_than_the_rule_asks_issues_nothing(key: str):
    weaker = f"T{int(RULES[key].minimum_tier[1]) + 1}"
    assert exceptions_of(RULES[key], RULES[key].example, load_values(), tier=weaker).height == 0


@pytest.mark.parametrize("key", [key for key, rule in RULES.items() if rule.symmetric])
def test_a_symmetric_rule_says_the_same_with_its_sides_swapped(key: str):
    swapped = [
        example.model_copy(update={
            "l": example.r, "r": example.l, "also": tuple({**row, "side": "r" if row.get("side") == "l" else "l"} for row in example.also),
        })
        for example in RULES[key].example
    ]  # fmt: skip
    assert verdicts(RULES[key], swapped, load_values()) == [example.says for example in swapped]


@pytest.mark.parametrize("key", RULES)
def test_every_rule_has_an_example_that_fires_and_one_that_does_not(key: str):
    says = {example.says for example in RULES[key].example}
    assert "fires" in says
    assert says - {"fires"}


@pytest.mark.parametrize("key", RULES)
def test_the_reason_is_a_whole_sentence_and_accuses_nobody(key: str):
    rule = RULES[key]
    for reason in exceptions_of(rule, firing(rule), load_values())["reason"]:
        assert reason.endswith(".")
        assert "{" not in reason
        for word in ("suspect", "fraudster", "fraudulent", "guilty", "offender", "criminal", "cheat"):
            assert word not in " ".join([reason, rule.title, rule.plain, *(s.because for s in rule.suppressor)]).lower()


def test_two_equal_lines_of_a_payment_run_are_held_back(scene):
    supplier = scene.row("northmere", "PSP", "sup", name_as_sent="Hollin Bank Joinery Ltd", **line(100_000))
    scene.row("northmere", "PSP", "again", supplier=supplier, **line(100_000))
    for place in range(19):
        scene.row("northmere", "PSP", f"other{place}", supplier=supplier, **line(200_000 + place))
    found = scene.flag("PS01")
    assert found.filter(pl.col("value_pence") == 100_000)["suppressor"].to_list() == ["PAYMENT-RUN"]


def line(pence: int) -> dict[str, object]:
    """Return a published line under the number of a payment run."""
    return {"net_amount": pence, "payment_date": date(2026, 9, 29), "transaction_no": "RUN7", "department": "Housing", "category": "Repairs"}
