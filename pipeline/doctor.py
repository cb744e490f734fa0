"""Is this home ready? Settings, keys, clock, room and the shared area, each tried and told in a sentence."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from pipeline.home import FILES, Kind, load_partner, load_partnership
from pipeline.key_files import card_path, exercise_path, load, load_exercise, load_partner_keys, load_root, load_unit_keys
from pipeline.shared import shared_area
from pipeline.store.abilities import abilities
from pipeline.trust import trusted, unit_card
from pipeline.version import tool_version
from schemas.errors import CounterfoilError
from schemas.keys import Card
from schemas.partnership import PartnerHome, Partnership

LIBRARIES = ("polars", "duckdb", "pyarrow", "cryptography", "pyrage")
LEAST_ROOM = 1024**3  # bytes free below which a warning is due


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes:
        said: what was found, as a sentence.
        mend: what to do where it is not good.
    """

    name: str
    good: bool
    said: str
    mend: str = ""


def doctor(home: Path, kind: Kind, *, now: Callable[[], datetime]) -> list[Check]:
    """Return what was tried in a home and in its shared area; nothing is changed but a file of a moment in the shared area.

    Raises:
        ConfigurationError: the settings themselves cannot be read.
    """
    settings = load_partnership(home) if kind == "unit" else load_partner(home)
    own = _units(home, settings) if isinstance(settings, Partnership) else _partners(home, settings)
    return [
        Check("settings", True, f"{FILES[kind]} can be read"), *own, *_area(settings, now), _room(home),
        Check("versions", True, f"Counterfoil {tool_version()}, Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES)),
    ]  # fmt: skip


def _partners(home: Path, settings: PartnerHome) -> Iterator[Check]:
    yield _tried("own keys", lambda: load_partner_keys(home), "are there, and only you may read them")
    yield _tried("own card", lambda: load(card_path(home, settings.id), Card), "is there to hand over")
    yield _tried("the unit's card", lambda: unit_card(home), "is there; what you send is sealed to it")
    if settings.disclosure == "pseudonymised":
        yield _tried("exercise and root", lambda: load_root(home, settings.agreement), f"of {settings.agreement} fit each other")


def _units(home: Path, settings: Partnership) -> Iterator[Check]:
    yield _tried("own keys", lambda: load_unit_keys(home), "are there, only you may read them, and no root is among them")
    for entry in settings.partner:
        known = trusted(home, entry.id)
        if known is not None and known.card is not None:
            yield Check(f"card of {entry.id}", True, f"since {known.since:%Y-%m-%d}")
        else:
            said = "the partner was removed" if known else "there is none; what it sends goes to quarantine"
            yield Check(f"card of {entry.id}", known is not None, said, "" if known else "have the partner hand its card over: counterfoil partner add CARD")
    for agreement in settings.agreement:
        if agreement.disclosure == "pseudonymised":
            there = exercise_path(home, agreement.id).exists()
            yield _tried(f"exercise of {agreement.id}", partial(load_exercise, home, agreement.id), "was accepted") if there else Check(
                f"exercise of {agreement.id}", False, "no card was accepted yet", "accept the custodian's card: counterfoil keys accept CARD"
            )


def _tried(name: str, does: Callable[[], object], said: str) -> Check:
    try:
        does()
    except CounterfoilError as error:
        return Check(name, False, error.what + (f" ({error.found})" if error.found else ""), error.mend)
    return Check(name, True, said)


def _area(settings: Partnership | PartnerHome, now: Callable[[], datetime]) -> Iterator[Check]:
    folders = [f"inbox/{settings.id}"] if isinstance(settings, PartnerHome) else [f"outbox/{entry.id}" for entry in settings.partner[:1]]
    try:
        with closing(shared_area(settings)) as area:
            for folder in folders:
                for one in abilities(area, folder, now=now):
                    yield Check(f"shared area: {one.name}", one.ok, one.sentence)
    except CounterfoilError as error:
        yield Check("shared area", False, error.what + (f" ({error.found})" if error.found else ""), error.mend)


def _room(home: Path) -> Check:
    free = shutil.disk_usage(home).free
    return Check("room", free >= LEAST_ROOM, f"{free // 1024**2:,} MB free in {home}", "" if free >= LEAST_ROOM else "make room before the next night")
