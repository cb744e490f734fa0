"""What a rule is: one TOML table in `schemas/rules/`, and the table of what its exceptions may be worth."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.contract import Field as ContractField
from schemas.contract import Visibility
from schemas.datasets import CONTRACTS
from schemas.errors import ConfigurationError
from schemas.partnership import known_dataset
from schemas.settings import Settings, parse_toml

TIERS = ("T1", "T2", "T3", "T4", "T5")
GAP = re.compile(r"\{(?P<side>[lr])\.(?P<name>\w+)(?:\|(?P<empty>[^{}]*))?\}")  # a place in a sentence that a field fills
ANY = "ANY"  # a side that may be a party of any dataset
Entity = Literal["person", "organisation", "address", "account", "nino", "row"]
Tier = Literal["T1", "T2", "T3", "T4", "T5"]

# What a reason may name beside shared fields; nothing here tells who a person is.
ALWAYS_SHARED = ("partner", "dataset", "as_of", "previous_as_of")
# Compared, and then forgotten: the canonical columns that no report, details line or workbench ever holds.
MATCH_ONLY_COLUMNS = ("phone", "email", "passport_number", "account", "previous_account")
_ORGANISATION_COLUMNS = ("name", "name_as_sent", "company_number", "vat_number", "charity_number")


class Suppressor(Settings):
    """A known innocent cause: when it holds, the exception is counted and not issued."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{2,19}$")]
    because: str
    when: str


class Value(Settings):
    """What the exception may be worth.

    Attributes:
        code: row of values.toml.
        pence: DuckDB expression over `l`, `r` (fields both may see) and `o`, the row of the side that acts first;
            empty means the table's fixed amount. Where it reads what only that side may see, only that side sees it.
    """

    code: Annotated[str, Field(pattern=r"^V[0-9]{1,2}$")]
    pence: str = ""


class Example(Settings):
    """A pair of rows and what the rule must say about it. It is run by the tests.

    Attributes:
        says: fires, silent, or the code of the suppressor that holds it back.
        l, r: payload and record columns; what is left out is null.
        also: further rows of the same two datasets, for columns that count or compare with other rows.
        link: tier and other columns of the link; the tier is the weakest allowed one unless said.
    """

    says: str
    why: str
    l: dict[str, Any]  # noqa: E741 - the rules' own name for the left side
    r: dict[str, Any] = {}
    also: tuple[dict[str, Any], ...] = ()
    link: dict[str, Any] = {}


class Rule(Settings):
    """A contradiction between two linked rows, or inside one council's rows.

    Attributes:
        left, right: datasets; ANY stands for every dataset, and then only columns of the party can be used.
        entity: kind of link between both sides; `row` looks at rows of one dataset whose `same` values are equal.
        grain: what one side is. `row`: an extract row with its party; `party`: the party alone, with `totals`.
        totals: column -> DuckDB aggregate over the party's rows, for grain `party`.
        same: DuckDB expressions over the columns of one row; their values must be known and equal on both sides.
        scope: across authorities, within one, or both.
        minimum_tier: weakest identity that may issue.
        when: DuckDB expression over `l`, `r`, `k` (the link), `grace_days` and `run_date`.
        symmetric: left and right may change places, so a pair counts once.
        collapse: `rows` makes one exception of each pair of rows, whatever parties link them;
            `cluster` makes one of each pair of partners within a cluster, whether its records were compared with each
            other or belong together through a third one; `left` makes one of each left row, whatever stands against it in the other dataset.
        reason: sentence; `{l.field}` and `{r.field}` may name shared fields, the partner and the dataset; what follows a
            bar, as in `{l.award_end|today}`, stands where the field is empty.
        show: fields listed beside the exception, each to those who may see it; `l.field` for one side only.
        owner: side that acts first: left, right, or a DuckDB expression that says which.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    plain: str
    left: str
    right: str
    entity: Entity
    grain: Literal["row", "party"] = "row"
    totals: dict[str, str] = {}
    scope: Literal["across", "within", "both"]
    minimum_tier: Tier = "T5"
    when: str
    grace_days: Annotated[int, Field(ge=0)] = 0
    same: tuple[str, ...] = ()
    symmetric: bool = False
    collapse: Literal["rows", "cluster", "left"] = "rows"
    reason: str
    show: tuple[str, ...]
    owner: str = "left"
    value: Value
    nfi_alias: str = ""
    suppressor: tuple[Suppressor, ...] = ()
    example: Annotated[tuple[Example, ...], Field(min_length=1)]

    @field_validator("left", "right")
    @classmethod
    def _dataset(cls, name: str) -> str:
        return ANY if name == ANY else known_dataset(name)

    @property
    def key(self) -> str:
        """Rule and datasets, which together are unique."""
        return f"{self.id} {self.left}-{self.right}"

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that may issue, best first."""
        return TIERS[: TIERS.index(self.minimum_tier) + 1]

    def dataset(self, side: str) -> str:
        """Return the dataset of the side `l` or `r`."""
        return self.left if side == "l" else self.right

    def shown(self, side: str) -> tuple[str, ...]:
        """Return the fields of `show` that a side lists: those meant for it, or for both."""
        return tuple(name.split(".")[-1] for name in self.show if "." not in name or name.startswith(f"{side}."))

    def visibility(self, side: str, name: str) -> Visibility:
        """Return who may see a column of one side; a total is as visible as the fields it is made from."""
        if name in self.totals:
            words = re.findall(r"\w+", self.totals[name])
            made_from = [visibility(self.dataset(side), word) for word in words if word in _field_names(self.dataset(side))]
            return max(made_from, key=_SECRECY.index, default=Visibility.SHARED)
        return visibility(self.dataset(side), name)

    @property
    def value_is_shared(self) -> bool:
        """Whether both sides may see the estimate: true unless it reads a field that only the acting side may see."""
        names = re.findall(r"\bo\.(\w+)", self.value.pence)
        return all(self.visibility(side, name) is Visibility.SHARED for side in "lr" for name in names)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.symmetric and self.left != self.right:
            raise ValueError(f"{self.id} is symmetric, but its sides are {self.left} and {self.right}")
        if self.collapse == "left" and self.left == self.right:
            raise ValueError(f"{self.id} makes one exception of each left row, so its sides need to be two datasets")
        if self.entity == "row" and (self.left != self.right or not self.same or self.scope != "within"):
            raise ValueError(f"{self.id} compares rows of one dataset, so it needs `same`, left equal to right, and scope within")
        if self.entity == "row" and len(CONTRACTS[self.left].parties) > 1:
            raise ValueError(f"{self.id} counts rows, and a row of {self.left} may name several people")
        if self.grain == "row" and (self.totals or ANY in (self.left, self.right)):
            raise ValueError(f"{self.id} needs grain = \"party\" to use totals or {ANY}")
        self._shows_no_more_than_it_may()
        codes = [s.code for s in self.suppressor]
        for example in self.example:
            if example.says not in ("fires", "silent", *codes):
                known = ", ".join(codes) or "(no suppressor)"
                raise ValueError(f"an example of {self.id} says {example.says!r}; it can say fires, silent or {known}")
        return self

    def _shows_no_more_than_it_may(self) -> None:
        """Raise ValueError where the rule's own words would tell a side what it may not see."""
        spoken = [("reason", side, name) for side, name, _ in GAP.findall(self.reason)]
        valued = [("value", side, name) for side, name in re.findall(r"\b([lr])\.(\w+)", self.value.pence)]
        for where, side, name in (*spoken, *valued):
            if self.visibility(side, name) is not Visibility.SHARED:
                raise ValueError(f"the {where} of {self.id} names {side}.{name}, which is not a shared field of {self.dataset(side)}")
        for side in "lr":
            for name in (*self.shown(side), *re.findall(r"\bo\.(\w+)", self.value.pence)):
                if self.visibility(side, name) is Visibility.MATCH_ONLY:
                    raise ValueError(f"{self.id} shows {name}, which is compared only and never shown")


_SECRECY = (Visibility.SHARED, Visibility.OWN_SIDE, Visibility.MATCH_ONLY)


def _field_names(dataset: str) -> tuple[str, ...]:
    return tuple(_fields(dataset))


def _fields(dataset: str) -> dict[str, ContractField]:
    """Return a dataset's fields by name; payments have those of the supplier's standing data too."""
    if dataset not in CONTRACTS:
        return {}
    contract = CONTRACTS[dataset]
    source = CONTRACTS[contract.party_from[0]].fields if contract.party_from else ()
    return {f.name: f for f in (*source, *contract.fields)}


def visibility(dataset: str, name: str) -> Visibility:
    """Return who may see a column that rules use: a field of the contract, or a column of the party."""
    if name in MATCH_ONLY_COLUMNS:
        return Visibility.MATCH_ONLY
    if name in ALWAYS_SHARED:
        return Visibility.SHARED
    if name in _fields(dataset):
        return _fields(dataset)[name].visibility
    if name in _ORGANISATION_COLUMNS and _has_organisation(dataset):
        return Visibility.SHARED
    return Visibility.OWN_SIDE


def _has_organisation(dataset: str) -> bool:
    if dataset not in CONTRACTS:
        return False
    contract = CONTRACTS[dataset]
    source = CONTRACTS[contract.party_from[0]] if contract.party_from else contract
    return any(party.kind == "organisation" for party in source.parties)


class RuleFile(Settings):
    """A file of the rule book."""

    rule: tuple[Rule, ...]


class ValueEntry(Settings):
    """One row of the value table: what an outcome is worth, how sure, since when, and who says so."""

    code: Annotated[str, Field(pattern=r"^V[0-9]{1,2}$")]
    outcome: str
    kind: Literal["actual", "forward", "notional", "none", "actual and forward", "actual and notional"]
    pence: int | None = None
    source: str
    valid_from: date


class ValueTable(Settings):
    """The whole table; a code may stand in it several times, each time with another first day."""

    version: str
    value: tuple[ValueEntry, ...]

    def on(self, code: str, day: date) -> ValueEntry:
        """Return the entry of a code that holds on a day; ConfigurationError where there is none."""
        holding = [entry for entry in self.value if entry.code == code and entry.valid_from <= day]
        if not holding:
            raise ConfigurationError(
                f"the value table has no entry {code} for {day}", file="values.toml",
                mend=f"add a [[value]] with code = \"{code}\" and a valid_from on or before that day",
            )
        return max(holding, key=lambda entry: entry.valid_from)


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return the rule book, sorted by key; ConfigurationError names every mistake in it."""
    folder = files("schemas") / "rules"
    rules: list[Rule] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml") and entry.name != "values.toml":
            rules += parse_toml(entry.read_text(encoding="utf-8"), RuleFile, file=entry.name).rule
    keys = [rule.key for rule in rules]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ConfigurationError(f"the rule {twice[0]} stands twice in the rule book", mend="give one of them another id or other datasets")
    return tuple(sorted(rules, key=lambda rule: rule.key))


@cache
def load_values() -> ValueTable:
    """Return the value table."""
    text = (files("schemas") / "rules" / "values.toml").read_text(encoding="utf-8")
    return parse_toml(text, ValueTable, file="values.toml")
