"""Which rules can run on what was sent: a rule that reads a name cannot judge people whose names stayed at home, and says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from matchers.rule_sides import party_dataset
from schemas.contract import PartyKind
from schemas.datasets import CONTRACTS
from schemas.records import COVERAGE, IDENTITY
from schemas.rule import ANY, Rule

_LITERAL = re.compile(r"'(?:[^']|'')*'")
INSTEAD = "two_people"  # column of the link that says of encoded people what names and birth dates would


def coverage(rules: Sequence[Rule], disclosures: Mapping[tuple[str, str], str]) -> pl.DataFrame:
    """Return for each rule whether it runs, and what it cannot tell where identity was encoded.

    Args:
        disclosures: (partner, dataset) -> how its identity travelled tonight.

    Returns:
        Shape `COVERAGE`.
    """
    return COVERAGE.conform(pl.DataFrame([_line(rule, disclosures) for rule in rules], schema=COVERAGE.schema, orient="row"))


def _line(rule: Rule, disclosures: Mapping[tuple[str, str], str]) -> tuple[str, str, str, str, str]:
    ways = {way for (_, dataset), way in disclosures.items() if _is_side(rule, dataset)}
    identity = "both" if len(ways) > 1 else next(iter(ways), "not sent")
    if "pseudonymised" not in ways:
        return rule.key, identity, "runs" if ways else "nothing was sent", "", ""
    when = _read(rule.when)
    if when and INSTEAD not in rule.when:
        who = "people" if _has_people(rule) else "people who trade"
        return rule.key, identity, f"cannot judge {who}", ", ".join(when), ""
    blind = {s.code: _read(s.when) for s in rule.suppressor if _read(s.when)}
    reads = sorted({name for names in blind.values() for name in names})
    state = "runs, and holds back less" if blind else "runs"
    return rule.key, identity, state, ", ".join(reads), ", ".join(blind)


def _is_side(rule: Rule, dataset: str) -> bool:
    return ANY in (rule.left, rule.right) or dataset in {party_dataset(CONTRACTS[side]) for side in (rule.left, rule.right)} | {rule.left, rule.right}


def _has_people(rule: Rule) -> bool:
    sides = CONTRACTS if ANY in (rule.left, rule.right) else {party_dataset(CONTRACTS[side]) for side in (rule.left, rule.right)}
    return any(party.kind is PartyKind.PERSON for name in sides for party in CONTRACTS[name].parties)


def _read(expression: str) -> list[str]:
    """Return the identity columns that an expression reads of either side; that a number is equal can still be told."""
    plain = _LITERAL.sub("", expression)
    return sorted({name for name in re.findall(r"\b[lr]\.(\w+)", plain) if name in IDENTITY})
