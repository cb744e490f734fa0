"""Invented deliveries, small enough to work out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

import cli
from pipeline.home import init_unit, load_partner
from pipeline.key_files import card_path, load_partner_keys, load_unit_keys, make_unit_keys
from pipeline.landing import note_of, table_bytes
from pipeline.seal import Parties, seal
from pipeline.sealing import opened, signature
from pipeline.store.folder import Folder
from pipeline.trust import accept_invitation, add_partner, invite, unit_card
from schemas.datasets import CONTRACTS
from schemas.manifest import Manifest
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, PartnerHome, Partnership
from schemas.records import RECORD, REJECT, payload_shape
from schemas.relations import Checked, Normalised, Outgoing

# a test's time says more about the machine's other work than about the code
settings.register_profile("counterfoil", deadline=None)
settings.load_profile("counterfoil")

DAY = date(2026, 11, 1)
NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
SENDS = {"northmere": ("TAX", "PAY", "PSP"), "eastholt": ("TAX", "CRS", "CRP")}


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Return a function that runs one command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COUNTERFOIL_HOME", raising=False)

    def _run(*arguments: object) -> Said:
        code = cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return _run


@dataclass(frozen=True)
class Area:
    """A unit's home and its shared area in a temporary folder; the partners' homes lie beside, and everybody has keys."""

    home: Path
    shared: Path
    partnership: Partnership

    @property
    def store(self) -> Folder:
        """The shared area as stages see it."""
        return Folder(self.shared)

    def partner(self, partner: str) -> PartnerHome:
        return load_partner(self.home.parent / partner)

    def parties(self, partner: str) -> Parties:
        """Who seals for this partner, and for whom."""
        home = self.home.parent / partner
        return Parties(home, unit_card(home).receiving, load_partner_keys(home).signing)

    def reopened(self, partner: str, submission_id: str, name: str) -> bytes:
        """What is in a sealed file of the inbox."""
        return opened((self.inbox(partner, submission_id) / f"{name}.age").read_bytes(), load_unit_keys(self.home).receiving, file=name)

    def landed(self, partner: str, submission_id: str, name: str) -> bytes:
        """What is in a table of the landing folder."""
        return table_bytes(self.home, partner, submission_id, name, note_of(self.home, partner, submission_id))

    def sign(self, partner: str, submission_id: str) -> None:
        """Sign the manifest that lies there, as the partner's own program would."""
        folder = self.inbox(partner, submission_id)
        document = (folder / "manifest.json").read_bytes()
        (folder / "manifest.json.sig").write_bytes(signature(document, self.parties(partner).signing))

    def inbox(self, partner: str, submission_id: str) -> Path:
        return self.shared / "inbox" / partner / submission_id


@pytest.fixture
def area(tmp_path: Path) -> Area:
    shared = tmp_path / "shared"
    for partner in SENDS:
        (shared / "inbox" / partner).mkdir(parents=True)
    entries = tuple(
        PartnerEntry(id=name, name=name.title(), gss=f"E0799990{i}", datasets=sends) for i, (name, sends) in enumerate(SENDS.items())
    )
    every = tuple(dict.fromkeys(d for sends in SENDS.values() for d in sends))
    partnership = Partnership(
        name="Two councils", shared=shared.as_posix(), partner=entries, as_of={"default": AsOfRule(max_age_days=100)},
        agreement=(Agreement(id="both", partners=tuple(SENDS), datasets=every, legal_basis="invented", disclosure="clear"),),
    )  # fmt: skip
    init_unit(tmp_path / "unit", partnership=partnership)
    make_unit_keys(tmp_path / "unit")
    for partner in SENDS:
        _, card = accept_invitation(tmp_path / partner, invite(tmp_path / "unit", partner, now=NOON))
        add_partner(tmp_path / "unit", card_path(tmp_path / partner, card.id), now=NOON)
    return Area(tmp_path / "unit", shared, partnership)


def frame_of(shape: Any, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return a table of a shape from the columns that matter; the others are null."""
    full = [{name: row.get(name) for name in shape.columns} for row in rows]
    return shape.conform(pl.DataFrame(full, schema=shape.schema))


def delivery(partner: str, dataset: str, refs: Sequence[str], *, account: str | None = None, as_of: date = DAY,
             payload: Sequence[dict[str, Any]] | None = None) -> Normalised:  # fmt: skip
    """Return one party and one row a reference."""
    contract = CONTRACTS[dataset]
    own = {"partner": partner, "dataset": dataset}
    records = [
        {**own, "record_ref": ref, "party": contract.parties[0].name, "kind": str(contract.parties[0].kind), "surname": f"OKAFOR {ref}",
         "account": account, "deceased_hint": False, "protected": False, "as_of": as_of}
        for ref in refs
    ] if contract.parties else []  # fmt: skip
    rows = payload if payload is not None else [{"record_ref": ref} for ref in refs]
    return Normalised(frame_of(RECORD, records), frame_of(payload_shape(contract), [{**own, "party_ref": r["record_ref"], **r} for r in rows]))


def checked_for(normalised: Normalised, dataset: str, *, rejected: int = 0, as_of: date = DAY) -> Checked:
    """Return what a check would have said: as many lines rejected as asked, each without a surname."""
    rejects = [
        {"file": "a.csv", "line": 10 + n, "column": "surname", "code": "required-missing", "severity": "must fix"} for n in range(rejected)
    ]  # fmt: skip
    accepted = normalised.payload.height
    return Checked(
        contract=CONTRACTS[dataset], as_of=as_of, rows=pl.DataFrame(), rejects=frame_of(REJECT, rejects), received=accepted + rejected,
        accepted=accepted, rejected=rejected, mapping_digest="0" * 64, files=(),
    )  # fmt: skip


Send = Callable[..., Manifest]


@pytest.fixture
def send(area: Area) -> Send:
    """Return a function that seals one invented delivery into the shared area."""

    def _send(partner: str, dataset: str, refs: Sequence[str], *, now: datetime = NOON, period: str = "current", rejected: int = 0,
              as_of: date = DAY, supersedes: str = "", dry_run: bool = False, **more: Any) -> Manifest:  # fmt: skip
        normalised = delivery(partner, dataset, refs, as_of=as_of, **more)
        return seal(
            Outgoing(normalised.records, normalised.payload), checked_for(normalised, dataset, rejected=rejected, as_of=as_of), area.partner(partner),
            area.store, area.parties(partner), period=period, now=now, tool_version="test", supersedes=supersedes, dry_run=dry_run,
        )  # fmt: skip

    return _send
