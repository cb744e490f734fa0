"""Who takes part, what they agreed to send, and how old it may be: `partnership.toml` and `partner.toml`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.datasets import CONTRACTS
from schemas.errors import nearest, unknown_name
from schemas.settings import Settings

PartnerId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
GssCode = Annotated[str, Field(pattern=r"^[EWSN][0-9]{8}$")]


def known_dataset(dataset: str) -> str:
    """Return the id in upper case; ValueError with the nearest known ids if there is no such dataset."""
    if dataset.upper() in CONTRACTS:
        return dataset.upper()
    close = nearest(dataset, CONTRACTS)
    raise ValueError(f"there is no dataset {dataset!r}" + (f"; did you mean {' or '.join(close)}?" if close else f"; known are {', '.join(CONTRACTS)}"))


def _near(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    return f"; did you mean {' or '.join(close)}?" if close else ""


Disclosure = Literal["pseudonymised", "clear"]


class PartnerEntry(Settings):
    """A council, landlord or company that takes part."""

    id: PartnerId
    name: str
    gss: GssCode
    kind: Literal["district", "county", "unitary", "landlord", "other"] = "district"
    datasets: tuple[str, ...]

    _datasets = field_validator("datasets")(lambda values: tuple(known_dataset(v) for v in values))


class Agreement(Settings):
    """Partners that may be compared with each other, on which datasets, and on what legal footing."""

    id: PartnerId
    partners: tuple[PartnerId, ...]
    datasets: tuple[str, ...]
    legal_basis: str
    disclosure: Disclosure = "pseudonymised"
    clear: tuple[str, ...] = ()  # datasets that travel in clear all the same, such as published spending
    expires: date | None = None  # last day on which it holds

    _datasets = field_validator("datasets", "clear")(lambda values: tuple(known_dataset(v) for v in values))

    def discloses(self, dataset: str) -> Disclosure:
        """Return how identity in this dataset travels."""
        return "clear" if dataset in self.clear else self.disclosure


class AsOfRule(Settings):
    """How old an extract may be on the night of a run."""

    max_age_days: Annotated[int, Field(ge=1, le=4000)]


class RunSettings(Settings):
    """What the nightly run may use, and where it draws its lines."""

    models: tuple[str, ...] = ()
    link_threshold: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.9
    max_pairs: Annotated[int, Field(ge=1000)] = 50_000_000
    held_below: Annotated[float, Field(ge=0, lt=1)] = 0.4
    held_above: Annotated[float, Field(gt=1)] = 4.0
    drift_most: Annotated[float, Field(gt=1)] = 2.0
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    memory_gb: Annotated[int, Field(ge=1, le=4096)] = 4


class RuleSettings(Settings):
    """Rules that are switched off, and the folder of the unit's own rules."""

    disabled: tuple[str, ...] = ()


Days = Annotated[int, Field(ge=1, le=40_000)]


class Retention(Settings):
    """How many days what the unit holds is kept; `counterfoil purge` destroys what is older.

    Attributes:
        default: of a submission, from the day its extract was taken; a dataset named here has days of its own.
        unused: of a submission that no run uses any more, from the day that came to be so, if that is sooner.
        quarantine: of a submission that was refused, from the day it arrived.
        runs: of a run's tables and its workbench, from its night.
    """

    default: Days = 400
    unused: Days = 60
    quarantine: Days = 60
    runs: Days = 400
    CTX: Days | None = None
    ELR: Days | None = None
    CTR: Days | None = None
    TEN: Days | None = None
    WLS: Days | None = None
    RTB: Days | None = None
    PAY: Days | None = None
    CRS: Days | None = None
    CRP: Days | None = None
    NDR: Days | None = None
    TAX: Days | None = None
    DEC: Days | None = None
    PSP: Days | None = None

    def days(self, dataset: str) -> int:
        """Return for how many days a submission of this dataset is kept."""
        own: int | None = getattr(self, dataset, None)
        return self.default if own is None else own


class Hold(Settings):
    """What may not be destroyed for now, because a court, an audit or a case needs it; every name that is given must fit."""

    id: PartnerId
    partner: str = ""
    dataset: str = ""
    submission: str = ""
    reason: Annotated[str, Field(min_length=1)]
    since: date

    _dataset = field_validator("dataset")(lambda value: known_dataset(value) if value else "")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.partner or self.dataset or self.submission):
            raise ValueError(f"hold {self.id!r} names nothing that it holds; name a partner, a dataset or a submission")
        return self

    def covers(self, partner: str, dataset: str, submission: str) -> bool:
        """Return whether it holds this submission."""
        pairs = ((self.partner, partner), (self.dataset, dataset), (self.submission, submission))
        return all(not own or own == other for own, other in pairs)


class StorageSettings(Settings):
    """How a shared area that is no folder is reached; passwords and keys of buckets are in the environment, never here.

    Attributes:
        identity, known_hosts: of SFTP: the private key file, and the file with the server's key.
        endpoint, region: of a bucket that is not at its usual place.
    """

    identity: str = ""
    known_hosts: str = ""
    endpoint: str = ""
    region: str = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 60


class Partnership(Settings):
    """The unit's settings: `partnership.toml`."""

    name: str
    shared: str
    partner: tuple[PartnerEntry, ...]
    agreement: tuple[Agreement, ...]
    as_of: dict[str, AsOfRule]
    storage: StorageSettings = StorageSettings()
    run: RunSettings = RunSettings()
    rules: RuleSettings = RuleSettings()
    retention: Retention = Retention()
    hold: tuple[Hold, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [p.id for p in self.partner]
        for kind, names in (("partner", ids), ("agreement", [a.id for a in self.agreement]), ("hold", [h.id for h in self.hold])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} {twice[0]!r} is named twice")
        for agreement in self.agreement:
            for name in agreement.partners:
                if name not in ids:
                    raise ValueError(f"agreement {agreement.id!r} names {name!r}, which is no partner{_near(name, ids)}")
        for hold in self.hold:
            if hold.partner and hold.partner not in ids:
                raise ValueError(f"hold {hold.id!r} names {hold.partner!r}, which is no partner{_near(hold.partner, ids)}")
        for dataset in self.as_of:
            if dataset != "default":
                known_dataset(dataset)
        return self

    def find(self, partner: str) -> PartnerEntry:
        """Return the partner's entry; an unknown id is answered with the nearest known ones."""
        for entry in self.partner:
            if entry.id == partner:
                return entry
        raise unknown_name("partner", partner, [entry.id for entry in self.partner])

    def agreed(self, partner: str, dataset: str, *, on: date) -> bool:
        """Return whether some agreement lets this partner's dataset into a run on that day."""
        return self.agreement_for(partner, dataset, on=on) is not None

    def agreement_for(self, partner: str, dataset: str, *, on: date) -> Agreement | None:
        """Return the first agreement in force that lets this partner send this dataset."""
        return next((a for a in self.agreement if partner in a.partners and dataset in a.datasets and (a.expires is None or on <= a.expires)), None)

    def held(self, partner: str, dataset: str, submission: str) -> str:
        """Return the id of a hold on this submission; empty where nothing holds it."""
        return next((hold.id for hold in self.hold if hold.covers(partner, dataset, submission)), "")

    def max_age_days(self, dataset: str) -> int:
        """Return how many days old an extract of the dataset may be; 400 where nothing is said."""
        rule = self.as_of.get(dataset) or self.as_of.get("default")
        return rule.max_age_days if rule else 400


class SubmitSettings(Settings):
    """When a partner's own machine refuses to send."""

    max_rejected_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05


class PartnerHome(Settings):
    """A partner's settings: `partner.toml`."""

    id: PartnerId
    name: str
    gss: GssCode
    shared: str
    datasets: tuple[str, ...]
    agreement: PartnerId
    disclosure: Disclosure = "pseudonymised"
    clear: tuple[str, ...] = ()
    rules_disabled: tuple[str, ...] = ()  # rules the unit has switched off; what only they need stays at home
    storage: StorageSettings = StorageSettings()
    submit: SubmitSettings = SubmitSettings()

    _datasets = field_validator("datasets", "clear")(lambda values: tuple(known_dataset(v) for v in values))

    def discloses(self, dataset: str) -> Disclosure:
        """Return how identity in this dataset travels."""
        return "clear" if dataset in self.clear else self.disclosure
