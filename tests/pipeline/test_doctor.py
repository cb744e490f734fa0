"""What is not ready is said before it costs a night."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import doctor as examining
from pipeline.doctor import Check, doctor
from pipeline.home import Kind
from pipeline.trust import remove_partner
from tests.conftest import NOON, Area, Command


def examined(home: Path, kind: Kind) -> dict[str, Check]:
    return {one.name: one for one in doctor(home, kind, now=lambda: NOON)}


def bad(home: Path, kind: Kind) -> set[str]:
    return {name for name, one in examined(home, kind).items() if not one.good} - {"shared area: clock"}


def test_a_home_that_was_set_up_is_ready(area: Area) -> None:
    before = set(area.shared.rglob("*"))
    assert bad(area.home, "unit") == set()
    assert bad(area.home.parent / "northmere", "partner") == set()
    assert {path for path in area.shared.rglob("*") if path.is_file()} == {path for path in before if path.is_file()}


def test_keys_that_others_may_read_are_named_with_the_remedy(area: Area) -> None:
    path = area.home.parent / "northmere" / "keys" / "partner.private.json"
    path.chmod(0o644)
    found = examined(area.home.parent / "northmere", "partner")["own keys"]
    assert (found.good, found.said) == (False, "others may read this private key file")
    assert found.mend.startswith("chmod 600")


def test_a_partner_without_a_card_is_named_at_the_unit(area: Area) -> None:
    (area.home / "partners" / "northmere.json").unlink()
    remove_partner(area.home, "eastholt", now=NOON)
    found = examined(area.home, "unit")
    assert (found["card of northmere"].good, found["card of eastholt"].good) == (False, True)
    assert "counterfoil partner add" in found["card of northmere"].mend


def test_an_agreement_that_encodes_needs_its_exercise(area: Area) -> None:
    for home in (area.home, area.home.parent / "northmere"):
        path = home / ("partnership.toml" if home == area.home else "partner.toml")
        path.write_text(path.read_text().replace('disclosure = "clear"', 'disclosure = "pseudonymised"'))
    assert bad(area.home, "unit") == {"exercise of both"}
    assert bad(area.home.parent / "northmere", "partner") == {"exercise and root"}


def test_a_shared_area_that_is_away_is_named(area: Area) -> None:
    shutil.rmtree(area.shared)
    assert bad(area.home.parent / "northmere", "partner") == {"shared area"}


def test_clocks_apart_are_named(area: Area) -> None:
    """Fault F20."""
    found = {one.name: one for one in doctor(area.home, "unit", now=lambda: NOON - timedelta(days=400))}
    assert not found["shared area: clock"].good


def test_little_room_is_named(area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "LEAST_ROOM", 10**18)
    assert bad(area.home, "unit") == {"room"}


def test_the_command_says_what_to_mend_and_exits_so(command: Command, area: Area) -> None:
    (area.home / "partners" / "northmere.json").unlink()
    said = command("doctor", "--home", area.home)
    assert said.code == 5
    assert "NOT OK  card of northmere: there is none; what it sends goes to quarantine" in said.out
    machine = command("doctor", "--home", area.home.parent / "northmere", "--json").json
    assert machine["kind"] == "partner"
    assert {one["name"] for one in machine["checks"]} >= {"own keys", "the unit's card", "versions"}
