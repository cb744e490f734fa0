"""A rule's worked examples, run through the real `flag`: the rule book proves itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipeline.flag import PREVIOUS_ACCOUNT, flag
from schemas.datasets import CONTRACTS
from schemas.records import (
    CLUSTER_MEMBER,
    EVIDENCE,
    EXCEPTION,
    LINK,
    RECORD,
    REJECT,
    SUBMISSION,
    SUPPRESSED,
    Shape,
    payload_shape,
)
from schemas.relations import Assembled, Linked
from schemas.rule import Example, Rule, ValueTable

EXAMPLE_NIGHT = date(2026, 11, 1)
PARTNERS = {"l": "northmere", "r": "southmere"}
ROOM = 1_000  # record numbers set aside for each example
_KEYS = ("side", "partner", "dataset", "record_ref", "party", "address_id", "cluster_id", "previous_account", "previous_as_of")


def verdicts(rule: Rule, examples: Sequence[Example], values: ValueTable, *, tier: str | None = None) -> list[str]:
    """Return what the rule says about each worked example: fires, silent, or the code of a suppressor.

    All examples are one night, each between partners of its own, so that none meets another.

    Args:
        tier: take this tier instead of the examples' own.
    """
    found = exceptions_of(rule, examples, values, tier=tier)
    return [_verdict(found.filter(pl.col("partner_l").str.ends_with(f"-{place}"))) for place in range(len(examples))]


def _verdict(found: pl.DataFrame) -> str:
    if not found.height:
        return "silent"
    issued = found.filter(pl.col("status") != SUPPRESSED)
    return "fires" if issued.height else str(found.get_column("suppressor")[0])


def exceptions_of(rule: Rule, examples: Sequence[Example], values: ValueTable, *, tier: str | None = None) -> pl.DataFrame:
    """Return the exceptions (shape `EXCEPTION`) that the rule makes of some worked examples."""
    assembled, linked = tables_of(rule, examples, tier=tier)
    return flag(assembled, linked, [rule], values, as_of=EXAMPLE_NIGHT, history=EXCEPTION.empty())


def tables_of(rule: Rule, examples: Sequence[Example], *, tier: str | None = None) -> tuple[Assembled, Linked]:
    """Return the night's input that worked examples describe: their rows, the parties, and the links between them."""
    rows = [row for place, example in enumerate(examples) for row in _rows_of(rule, example, place)]
    payloads: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for dataset, payload in row.payloads():
            payloads.setdefault(dataset, []).append(payload)
    records = pl.DataFrame(_unique([row.record() for row in rows]), schema={**RECORD.schema, "record": pl.Int64}, orient="row")
    assembled = Assembled(
        records=records,
        payloads={dataset: _frame(payload_shape(CONTRACTS[dataset]), _unique(some)) for dataset, some in payloads.items()},
        previous_accounts=pl.DataFrame(_unique([p for row in rows for p in row.previous()]), schema=PREVIOUS_ACCOUNT, orient="row"),
        submissions=SUBMISSION.empty(), rejects=REJECT.empty(), inputs=(),
    )  # fmt: skip
    links = [_link(rule, example, place, tier) for place, example in enumerate(examples) if rule.entity != "row" and example.r]
    clusters = _unique([member for row in rows for member in row.clusters(rule)])
    return assembled, Linked(links=_frame(LINK, links), evidence=EVIDENCE.empty(), clusters=_frame(CLUSTER_MEMBER, clusters), model="")


def _rows_of(rule: Rule, example: Example, place: int) -> list[_Row]:
    given = [("l", example.l)] + ([("r", example.r)] if example.r else [])
    given += [(str(row.get("side", "l")), row) for row in example.also]
    return [_Row(rule, side, values, place, number) for number, (side, values) in enumerate(given)]


class _Row:
    """One row of an example: the payload and the party it stands for."""

    def __init__(self, rule: Rule, side: str, given: Mapping[str, Any], place: int, number: int) -> None:
        self.dataset = str(given.get("dataset", rule.dataset(side)))
        contract = CONTRACTS[self.dataset]
        self.source = CONTRACTS[contract.party_from[0]] if contract.party_from else contract
        partner = str(given.get("partner", PARTNERS["l" if rule.scope == "within" else side]))
        self.given, self.place, self.partner = given, place, f"{partner}-{place}"
        self.row_ref = str(given.get("record_ref", f"{side.upper()}{number}"))
        # Payments of one side share their supplier's record; in other datasets a further row has a party of its own.
        shared = contract.party_from is not None or any(party.once_per_value for party in contract.parties)
        self.party_ref = f"{self.partner}-supplier" if shared else self.row_ref
        own = {"l": 0, "r": 0 if rule.scope == "within" else 1}[side] if shared else number
        self.is_side, self.number = own < 2, place * ROOM + own
        self.party = str(given.get("party", self.source.parties[0].name))
        self.kind = str(self.source.parties[0].kind)

    def record(self) -> dict[str, Any]:
        """Return the party's row of the records."""
        columns = {name: self.given[name] for name in RECORD.columns if name not in _KEYS and name in self.given}
        key = {"partner": self.partner, "dataset": self.source.id, "record_ref": self.party_ref, "party": self.party}
        fixed = {**dict.fromkeys(RECORD.columns), "as_of": EXAMPLE_NIGHT, "protected": False}
        return {**fixed, **columns, **key, "kind": self.kind, "record": self.number}

    def payloads(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the row's own payload, and its supplier's where the party stands in another dataset."""
        keys = {"partner": self.partner, "dataset": self.dataset, "record_ref": self.row_ref, "party_ref": self.party_ref}
        own = [(self.dataset, {**self._known(self.dataset), **keys})]
        if self.source.id == self.dataset:
            return own
        standing = {"dataset": self.source.id, "record_ref": self.party_ref, "party_ref": self.party_ref, "partner": self.partner}
        return [*own, (self.source.id, {**self._known(self.source.id), **standing})]

    def _known(self, dataset: str) -> dict[str, Any]:
        return {name: self.given.get(name) for name in payload_shape(CONTRACTS[dataset]).columns}

    def previous(self) -> list[dict[str, Any]]:
        """Return the account the party had before, where the example says so."""
        if "previous_account" not in self.given:
            return []
        key = {"partner": self.partner, "dataset": self.source.id, "record_ref": self.party_ref, "party": self.party}
        return [{**key, "previous_account": self.given["previous_account"], "previous_as_of": self.given.get("previous_as_of")}]

    def clusters(self, rule: Rule) -> list[dict[str, Any]]:
        """Return the clusters of the party; both sides of a person or organisation rule are in one."""
        together = rule.entity in ("person", "organisation") and self.is_side
        named = str(self.given.get("cluster_id", "together" if together else f"alone-{self.number}"))
        found = [{"entity": self.kind, "cluster_id": f"{named}-{self.place}", "record": self.number}]
        if "address_id" in self.given:
            found.append({"entity": "address", "cluster_id": f"{self.given['address_id']}-{self.place}", "record": self.number})
        return found


def _link(rule: Rule, example: Example, place: int, tier: str | None) -> dict[str, Any]:
    plain = {
        "entity": rule.entity, "record_l": place * ROOM, "record_r": place * ROOM + 1, "tier": rule.minimum_tier, "rules": 1,
        "match_weight": 2000, "match_probability": 0.999,
    }  # fmt: skip
    return {**plain, **example.link} if tier is None else {**plain, "tier": tier}


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without repeats; an example's further rows may share a party, whose first description counts."""
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in ("partner", "dataset", "record_ref", "party") if name in row) or tuple(row.values())
        seen.setdefault(key, row)
    return list(seen.values())


def _frame(shape: Shape, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=shape.schema, orient="row")
