"""What a rule is: one TOML table in `schemas/rules/`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.contract import Visibility
from schemas.datasets import CONTRACTS
from schemas.partnership import known_dataset
from schemas.records import RECORD
from schemas.settings import Settings, parse_toml

TIERS = ("T1", "T2", "T3", "T4", "T5")
Entity = Literal["person", "organisation", "address", "account", "nino", "row"]

# What a reason may name beside shared fields; nothing here tells who a person is.
ALWAYS_SHARED = ("partner", "dataset")


class Suppressor(Settings):
    """A known innocent cause: when it holds, the exception is counted and not issued."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{2,19}$")]
    because: str
    when: str


class Value(Settings):
    """What the exception may be worth.

    Attributes:
        code: row of values.toml.
        pence: DuckDB expression over `l`, `r`; empty means the table's fixed amount.
    """

    code: str
    pence: str = ""


class Example(Settings):
    """A pair of rows and what the rule must say about it. It is run by the tests.

    Attributes:
        says: fires, silent, or the code of the suppressor that holds it back.
        l, r: payload and record columns; what is left out is null.
        link: tier, and other columns of the link.
    """

    says: str
    why: str
    l: dict[str, Any]  # noqa: E741 - the rules' own name for the left side
    r: dict[str, Any] = {}
    link: dict[str, Any] = {}


class Rule(Settings):
    """A contradiction between two linked rows, or inside one council's rows.

    Attributes:
        entity: kind of link between both sides; `row` pairs rows of one dataset on equal `same` columns.
        same: for `row` rules, the columns that must be equal in both rows.
        scope: across authorities, within one, or both.
        minimum_tier: weakest identity that may issue.
        when: DuckDB expression over `l`, `r`, `k` (the link), `grace_days` and `run_date`.
        symmetric: left and right may change places, so a pair counts once.
        collapse: `rows` makes one exception of each pair of rows, whatever parties link them;
            `cluster` makes one of each pair of partners within a cluster.
        reason: sentence; `{l.field}` and `{r.field}` may name shared fields, the partner and the dataset.
        show: fields listed beside the exception, each to those who may see it.
        owner: side that acts first.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    plain: str
    left: str
    right: str
    entity: Entity
    scope: Literal["across", "within", "both"]
    minimum_tier: Literal["T1", "T2", "T3", "T4", "T5"]
    when: str
    grace_days: Annotated[int, Field(ge=0)] = 0
    same: tuple[str, ...] = ()
    symmetric: bool = False
    collapse: Literal["rows", "cluster"] = "rows"
    reason: str
    show: tuple[str, ...]
    owner: Literal["left", "right"] = "left"
    value: Value
    nfi_alias: str = ""
    suppressor: tuple[Suppressor, ...] = ()
    example: Annotated[tuple[Example, ...], Field(min_length=1)]

    _datasets = field_validator("left", "right")(known_dataset)

    @property
    def key(self) -> str:
        """Rule and datasets, which together are unique."""
        return f"{self.id} {self.left}-{self.right}"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.symmetric and self.left != self.right:
            raise ValueError(f"{self.id} is symmetric, but its sides are {self.left} and {self.right}")
        for side, name in re.findall(r"\{([lr])\.(\w+)\}", self.reason):
            dataset = self.left if side == "l" else self.right
            if not is_shared(dataset, name):
                raise ValueError(f"the reason of {self.id} names {side}.{name}, which is not a shared field of {dataset}")
        codes = [s.code for s in self.suppressor]
        for example in self.example:
            if example.says not in ("fires", "silent", *codes):
                raise ValueError(f"an example of {self.id} says {example.says!r}; it can say fires, silent or {', '.join(codes) or '(no suppressor)'}")
        return self


def is_shared(dataset: str, name: str) -> bool:
    """Return whether both sides of an exception may see this column of the dataset."""
    return name in ALWAYS_SHARED or (
        name in CONTRACTS[dataset].names and CONTRACTS[dataset].field(name).visibility is Visibility.SHARED
    ) or (name == "name" and _has_organisation(dataset)) or (name == "name_as_sent" and _has_organisation(dataset))


def _has_organisation(dataset: str) -> bool:
    contract = CONTRACTS[dataset]
    source = CONTRACTS[contract.party_from[0]] if contract.party_from else contract
    return any(party.kind == "organisation" for party in source.parties)


class RuleFile(Settings):
    rule: tuple[Rule, ...]


class ValueEntry(Settings):
    """One row of the value table: what an outcome is worth, how sure, since when, and who says so."""

    code: str
    outcome: str
    kind: Literal["actual", "forward", "notional", "none"]
    pence: int | None = None
    source: str
    valid_from: str


class ValueTable(Settings):
    version: str
    value: tuple[ValueEntry, ...]


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return the rule book, sorted by key; ConfigurationError names every mistake in it."""
    folder = files("schemas") / "rules"
    rules: list[Rule] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml") and entry.name != "values.toml":
            rules += parse_toml(entry.read_text(encoding="utf-8"), RuleFile, file=entry.name).rule
    return tuple(sorted(rules, key=lambda rule: rule.key))


@cache
def load_values() -> ValueTable:
    """Return the value table."""
    text = (files("schemas") / "rules" / "values.toml").read_text(encoding="utf-8")
    return parse_toml(text, ValueTable, file="values.toml")


RECORD_COLUMNS = tuple(RECORD.columns)
