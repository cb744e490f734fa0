"""Rows of an extract before a council's system writes them, and who stands in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from schemas.datasets import CONTRACTS

Value = str | int | date | bool | None
PRIME = 899_981  # references are a walk through the numbers below it, so they tell nothing about when a row was made
_STEP = 48_271


@dataclass(slots=True, eq=False)
class Row:
    """One row.

    Attributes:
        ref: the partner's reference; empty for published spending, which has none.
        values: contract field -> value in the contract's units.
        owners: party -> id of the person or organisation.
        period: part of the file's name; empty for the current snapshot.
        line: where the row starts in its file, known once it is written.
        plain: an ordinary row, neither planted nor difficult.
    """

    partner: str
    dataset: str
    ref: str
    values: dict[str, Value]
    owners: dict[str, str]
    period: str = ""
    line: int = 0
    plain: bool = True


@dataclass
class Registry:
    """All rows of all councils, in the order in which they were made."""

    as_of: date
    rng: Random
    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, partner: str, dataset: str) -> int:
        """Return a number that the council has not used in this dataset."""
        key = (partner, dataset)
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return 100_000 + (count * _STEP + sum(map(ord, partner + dataset))) % PRIME

    def add(self, partner: str, dataset: str, values: dict[str, Value], owners: dict[str, str], *, period: str = "", plain: bool = True) -> Row:
        """File a row and return it."""
        ref = "" if dataset == "PSP" else f"{dataset[0]}{dataset[-1]}{self.number(partner, dataset)}"
        base: dict[str, Value] = {}
        if ref:
            base = {"partner_record_ref": ref, "as_of_date": self.as_of}
        if not CONTRACTS[dataset].parties:
            owners = {}
        row = Row(partner, dataset, ref, {**base, **values}, owners, period, plain=plain)
        self.rows.setdefault((partner, dataset), []).append(row)
        return row

    def days_ago(self, least: int, most: int) -> date:
        """Return a day between so many days before the extract."""
        return self.as_of - timedelta(days=self.rng.randint(least, most))
