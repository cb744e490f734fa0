"""A night small enough to draw: a few rows, the links between them, and what the rules make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipeline.flag import PREVIOUS_ACCOUNT, flag
from schemas.datasets import CONTRACTS
from schemas.records import CLUSTER_MEMBER, EVIDENCE, EXCEPTION, LINK, RECORD, REJECT, SUBMISSION, Shape, payload_shape
from schemas.relations import Assembled, Linked
from schemas.rule import Rule, load_rules, load_values

NIGHT = date(2026, 11, 1)


@dataclass
class Scene:
    """Rows and links by hand. `row` returns the record number of the row's party."""

    records: list[dict[str, Any]] = field(default_factory=list)
    payloads: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    clusters: list[dict[str, Any]] = field(default_factory=list)
    previous: list[dict[str, Any]] = field(default_factory=list)

    def row(self, partner: str, dataset: str, ref: str, *, party: str = "", supplier: int | None = None, person: str = "",
            home: str = "", **values: Any) -> int:  # fmt: skip
        """Add an extract row with its party, or one more row of a supplier that is there already.

        Args:
            person: cluster of the party; alone where none is given.
            home: cluster of the party's address.
        """
        contract = CONTRACTS[dataset]
        source = CONTRACTS[contract.party_from[0]] if contract.party_from else contract
        number = len(self.records) if supplier is None else supplier
        party_ref = ref if supplier is None else self.records[supplier]["record_ref"]
        kind, party = str(source.parties[0].kind), party or source.parties[0].name
        key = {"partner": partner, "dataset": dataset, "record_ref": ref}
        if supplier is None:
            own = {name: values[name] for name in RECORD.columns if name in values}
            self.records.append({**dict.fromkeys(RECORD.columns), "protected": False, "as_of": NIGHT, **own, **key,
                                 "dataset": source.id, "party": party, "kind": kind, "record": number})  # fmt: skip
            self.clusters.append({"entity": kind, "cluster_id": person or f"{partner}-{dataset}-{ref}-{party}", "record": number})
            if home:
                self.clusters.append({"entity": "address", "cluster_id": home, "record": number})
        known = {name: values.get(name) for name in payload_shape(contract).columns}
        if not any(all(old[k] == v for k, v in key.items()) for old in self.payloads.get(dataset, [])):
            self.payloads.setdefault(dataset, []).append({**known, **key, "party_ref": party_ref})
        if "previous_account" in values:
            self.previous.append({**key, "party": party, "previous_account": values["previous_account"], "previous_as_of": date(2026, 10, 1)})
        return number

    def link(self, one: int, other: int, *, entity: str = "person", tier: str = "T1", probability: float = 0.999, weight: int = 2000,
             said: dict[str, tuple[str, int]] | None = None) -> None:  # fmt: skip
        """Link two parties; `said` is field -> (level, centibits)."""
        pair = {"entity": entity, "record_l": min(one, other), "record_r": max(one, other)}
        self.links.append({**pair, "tier": tier, "rules": 1, "match_weight": weight, "match_probability": probability})
        for name, (level, contribution) in (said or {}).items():
            self.evidence.append({**pair, "field": name, "level": level, "contribution": contribution})

    def tables(self) -> tuple[Assembled, Linked]:
        """Return the night's input as the stages hand it on."""
        assembled = Assembled(
            records=pl.DataFrame(self.records, schema={**RECORD.schema, "record": pl.Int64}, orient="row"),
            payloads={name: framed(payload_shape(CONTRACTS[name]), rows) for name, rows in self.payloads.items()},
            previous_accounts=pl.DataFrame(self.previous, schema=PREVIOUS_ACCOUNT, orient="row"),
            submissions=SUBMISSION.empty(),
            rejects=pl.DataFrame(schema={"partner": pl.String, "dataset": pl.String, "submission_id": pl.String, **REJECT.schema}),
            inputs=(),
        )  # fmt: skip
        return assembled, Linked(framed(LINK, self.links), framed(EVIDENCE, self.evidence), framed(CLUSTER_MEMBER, self.clusters), model="{}")

    def flag(self, *rules: str, as_of: date = NIGHT, history: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the exceptions of some rules, or of all."""
        assembled, linked = self.tables()
        before = EXCEPTION.empty() if history is None else history
        return flag(assembled, linked, rules_of(*rules), load_values(), as_of=as_of, history=before)


def framed(shape: Shape, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return a table of a shape in the order given."""
    return pl.DataFrame(rows, schema=shape.schema, orient="row")


def rules_of(*ids: str) -> list[Rule]:
    """Return the tables of some rules, or the whole book."""
    return [rule for rule in load_rules() if not ids or rule.id in ids]


@pytest.fixture(scope="session")
def new_scene() -> type[Scene]:
    """Return what makes an empty scene."""
    return Scene


@pytest.fixture
def scene() -> Scene:
    """Return an empty scene."""
    return Scene()


def tenancy(**more: Any) -> dict[str, Any]:
    """Return the fields of a plain sole tenancy since 2020."""
    return {"tenancy_start": date(2020, 1, 6), "tenancy_type": "SEC", "tenant_flag": "F", **more}


@pytest.fixture
def two_tenancies(scene: Scene) -> Scene:
    """Return one person with two tenancies in two councils: one exception of HT01."""
    one = scene.row("northmere", "TEN", "N1", person="ada", **tenancy(tenancy_ref="T1", landlord_id="NORTHMERE HOMES"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **tenancy(tenancy_ref="T2", tenancy_start=date(2024, 3, 4), landlord_id="RIVER HOUSING"))
    said = {"nino": ("exact", 770), "surname": ("exact", 420), "forename": ("nickname", 130), "address": ("differs", -430), "email": ("missing", 0)}
    scene.link(one, other, said=said)
    return scene
