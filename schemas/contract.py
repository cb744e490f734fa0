"""What a dataset's contract is made of: fields, the parties in a row, and what must hold between fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """How a value is written, and so how it is read."""

    TEXT = "text"
    CODE = "code"  # one of a closed list
    FLAG = "flag"  # Y or N
    DATE = "date"
    PARTIAL_DATE = "partial date"  # ISO 8601-2, unknown parts as X
    MONEY = "money"  # pence in our tables
    INTEGER = "integer"
    NINO = "national insurance number"
    POSTCODE = "postcode"
    UPRN = "uprn"
    SORT_CODE = "sort code"
    ACCOUNT_NUMBER = "account number"
    PHONE = "phone"
    EMAIL = "email"
    PASSPORT = "passport number"
    VAT_NUMBER = "vat number"
    COMPANY_NUMBER = "company number"
    CHARITY_NUMBER = "charity number"


class Mark(StrEnum):
    """How badly a field is needed."""

    REQUIRED = "required"
    DESIRED = "desired"
    OPTIONAL = "optional"


class Role(StrEnum):
    """What a field is for."""

    PERSON = "person identity"
    ADDRESS = "address"
    ORGANISATION = "organisation"
    BANK = "bank"
    ATTRIBUTE = "attribute"
    REFERENCE = "reference"


class Visibility(StrEnum):
    """Who may see a value in a report."""

    MATCH_ONLY = "match-only"  # nobody: it is compared, and then forgotten
    OWN_SIDE = "own side"  # the partner that sent it
    SHARED = "shared"  # both sides of an exception


class PartyKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Field:
    """One column of a dataset.

    Args:
        name: snake_case name of the column.
        unit: what a number counts: pence, hours, hundredths of an hour.
        codes: code -> meaning, for `FieldType.CODE`.
        minimum, maximum: inclusive bounds of a number or amount, in `unit`.
        aliases: headers that partners' systems use for it; `map suggest` reads them.
        example: an invented value, shown in templates and specification pages.
    """

    name: str
    type: FieldType
    mark: Mark
    role: Role
    visibility: Visibility
    description: str
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 255
    past: bool = False  # a date that cannot lie after the extract's date
    aliases: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class Party:
    """A person or organisation named in a row, and where its linking columns stand.

    Args:
        name: what the party is to the row: holder, second, partner, supplier.
        kind: person or organisation.
        columns: canonical linking column -> the contract's fields that make it, joined in order.
        once_per_value: one record for each distinct set of values in the file, not one a row; for
            payment lines, where a supplier stands in thousands of rows.
    """

    name: str
    kind: PartyKind
    columns: Mapping[str, tuple[str, ...]]
    once_per_value: bool = False


@dataclass(frozen=True)
class Contract:
    """What partners agreed to send in one dataset.

    Args:
        id: three letters, upper case.
        grain: what one row is.
        key: fields that together name a row once; empty where the source has no key (a row is then
            named by its content).
        history: True where each period adds to the ones before (payments), False where a newer
            extract replaces the older one (accounts, tenancies).
        ordered: pairs of date fields; the first may not be after the second.
        party_from: (dataset, fields) where the row's party stands in another dataset's row.
    """

    id: str
    title: str
    grain: str
    version: str
    description: str
    fields: tuple[Field, ...]
    parties: tuple[Party, ...]
    key: tuple[str, ...] = ("partner_record_ref",)
    history: bool = False
    ordered: tuple[tuple[str, str], ...] = ()
    party_from: tuple[str, tuple[str, ...]] | None = None

    def field(self, name: str) -> Field:
        """Return the field of that name; KeyError if there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in the order of the template."""
        return tuple(f.name for f in self.fields)

    @property
    def payload_fields(self) -> tuple[Field, ...]:
        """The fields that are not identity: what rules read, under `payload_<dataset>`."""
        return tuple(f for f in self.fields if f.role in (Role.ATTRIBUTE, Role.REFERENCE))
