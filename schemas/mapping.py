"""How a partner's file answers to a contract: `mappings/<DATASET>[-<layout>].toml` in the partner's home."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import field_validator, model_validator

from schemas.datasets import CONTRACTS, contract
from schemas.errors import nearest
from schemas.partnership import known_dataset
from schemas.settings import Settings


class Mapping(Settings):
    """Headers, forms and codes of one layout of one dataset.

    Attributes:
        encoding: Python codec name; empty means UTF-8, or UTF-16 with a byte order mark.
        delimiter: empty means comma.
        date_form: as in `matchers.normalisers.dates.FORMS`; ISO dates are always read.
        columns: contract field -> the file's header.
        date_forms: contract field -> form, where a column differs from the rest.
        money: contract field -> pence or pounds, where the file differs from the contract.
        codes: contract field -> the file's code -> the contract's code.
        constants: contract field -> value for every row, for what the file does not hold.
        ignore: headers that are known and not wanted.
    """

    dataset: str
    layout: str = ""
    encoding: str = ""
    delimiter: str = ""
    date_form: str = "YYYY-MM-DD"
    columns: dict[str, str] = {}
    date_forms: dict[str, str] = {}
    money: dict[str, Literal["pence", "pounds"]] = {}
    codes: dict[str, dict[str, str]] = {}
    constants: dict[str, str | date] = {}
    ignore: tuple[str, ...] = ()

    _dataset = field_validator("dataset")(known_dataset)

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        names = contract(self.dataset).names
        for table in ("columns", "date_forms", "money", "codes", "constants"):
            for name in getattr(self, table):
                if name not in names:
                    close = nearest(name, names)
                    raise ValueError(f"[{table}] names {name!r}, which is no field of {self.dataset}" + (f"; did you mean {' or '.join(close)}?" if close else ""))
        return self


def identity(dataset: str) -> Mapping:
    """Return the mapping of a file that already carries the contract's own headers."""
    return Mapping(dataset=dataset, columns={name: name for name in CONTRACTS[dataset].names})
