"""A rule's worked examples, run through the real `flag`: the rule book proves itself."""

from __future__ import annotations

from collections.abc import Mapping
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
_WORDS = ("side", "partner", "dataset", "record_ref", "party", "address_id", "cluster_id", "previous_account", "previous_as_of")


def verdict(rule: Rule, example: Example, values: ValueTable) -> str:
    """Return what the rule says about a worked example: fires, silent, or the code of a suppressor."""
    found = exceptions_of(rule, example, values)
    if not found.height:
        return "silent"
    issued = found.filter(pl.col("status") != SUPPRESSED)
    return "fires" if issued.height else str(found.get_column("suppressor")[0])


def exceptions_of(rule: Rule, example: Example, values: ValueTable, *, tier: str | None = None) -> pl.DataFrame:
    """Return the exceptions (shape `EXCEPTION`) that the rule makes of a worked example.

    Args:
        tier: take this tier instead of the example's own.
    """
    assembled, linked = tables_of(rule, example, tier=tier)
    return flag(assembled, linked, [rule], values, as_of=EXAMPLE_NIGHT, history=EXCEPTION.empty())


def tables_of(rule: Rule, example: Example, *, tier: str | None = None) -> tuple[Assembled, Linked]:
    """Return the night's input that a worked example describes: its rows, their parties and the link between them."""
    rows = [("l", example.l)] + ([("r", example.r)] if example.r else [])
    rows += [(str(row.get("side", "l")), row) for row in example.also]
    written = [_Row(rule, side, values, place) for place, (side, values) in enumerate(rows)]
    payloads: dict[str, list[dict[str, Any]]] = {}
    for row in written:
        for dataset, payload in row.payloads():
            payloads.setdefault(dataset, []).append(payload)
    records = _unique([row.record() for row in written])
    assembled = Assembled(
        records=pl.DataFrame(records, schema={**RECORD.schema, "record": pl.Int64}, orient="row"),
        payloads={dataset: _frame(payload_shape(CONTRACTS[dataset]), _unique(some)) for dataset, some in payloads.items()},
        previous_accounts=pl.DataFrame(_unique([p for row in written for p in row.previous()]), schema=PREVIOUS_ACCOUNT, orient="row"),
        submissions=SUBMISSION.empty(), rejects=REJECT.empty(), inputs=(),
    )
    linked = Linked(
        links=_frame(LINK, _link(rule, example, records, tier)), evidence=EVIDENCE.empty(),
        clusters=_frame(CLUSTER_MEMBER, _unique([c for row in written for c in row.clusters(rule)])), model="",
    )
    return assembled, linked


class _Row:
    """One row of an example: the payload and the party it stands for."""

    def __init__(self, rule: Rule, side: str, given: Mapping[str, Any], place: int) -> None:
        self.dataset = str(given.get("dataset", rule.dataset(side)))
        contract = CONTRACTS[self.dataset]
        self.source = CONTRACTS[contract.party_from[0]] if contract.party_from else contract
        self.partner = str(given.get("partner", PARTNERS["l" if rule.scope == "within" else side]))
        self.given, self.side = given, side
        self.row_ref = str(given.get("record_ref", f"{side.upper()}{place}"))
        # Payments share their supplier's record; another row that an example adds has a party of its own.
        shares_party = contract.party_from is not None or any(party.once_per_value for party in contract.parties)
        self.party_ref = f"{self.partner}-supplier" if shares_party else self.row_ref
        self.number = {"l": 0, "r": 1}[side] if place < 2 or shares_party else place
        if shares_party and rule.scope == "within":
            self.number = 0
        self.party = str(given.get("party", self.source.parties[0].name))
        self.kind = str(self.source.parties[0].kind)

    def record(self) -> dict[str, Any]:
        """Return the party's row of the records."""
        columns = {name: self.given.get(name) for name in RECORD.columns if name not in _WORDS and name in self.given}
        return {
            **dict.fromkeys(RECORD.columns), "as_of": EXAMPLE_NIGHT, "protected": False, **columns, "kind": self.kind,
            "partner": self.partner, "dataset": self.source.id, "record_ref": self.party_ref, "party": self.party, "record": self.number,
        }

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
        together = rule.entity in ("person", "organisation")
        default = "together" if together and self.number < 2 else f"alone-{self.number}"
        found = [{"entity": self.kind, "cluster_id": str(self.given.get("cluster_id", default)), "record": self.number}]
        if "address_id" in self.given:
            found.append({"entity": "address", "cluster_id": str(self.given["address_id"]), "record": self.number})
        return found


def _link(rule: Rule, example: Example, records: list[dict[str, Any]], tier: str | None) -> list[dict[str, Any]]:
    if rule.entity == "row" or len(records) < 2:
        return []
    return [{
        "entity": rule.entity, "record_l": 0, "record_r": 1, "tier": rule.minimum_tier if tier is None else tier, "rules": 1,
        "match_weight": 2000, "match_probability": 0.999, **({} if tier is not None else example.link),
    }]


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without repeats; an example's further rows may share a party, whose first description counts."""
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in ("partner", "dataset", "record_ref", "party") if name in row) or tuple(row.values())
        seen.setdefault(key, row)
    return list(seen.values())


def _frame(shape: Shape, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=shape.schema, orient="row")


