"""`counterfoil purge`, `verify` and `subject` as people and machines meet them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands import retention, subject
from pipeline.home import init_unit
from pipeline.intake import intake
from pipeline.landing import landed_folder
from schemas.manifest import Manifest
from schemas.partnership import Hold, Partnership, Retention
from tests.conftest import DAY, NOON, Area, Command, Send
from tests.pipeline import test_encoded_night as encoded

CLOCK = datetime(2027, 12, 24, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which what the tests send is long past its days."""
    for module in (retention, subject):
        monkeypatch.setattr(module, "now", lambda: CLOCK)


@pytest.fixture
def received(area: Area, send: Send) -> Manifest:
    manifest = send("northmere", "TAX", ["R1"])
    intake(area.partnership, area.store, area.home, now=NOON + timedelta(hours=1))
    return manifest


def settings(area: Area, **changes: object) -> Partnership:
    """Write the unit's settings with these changes."""
    changed = area.partnership.model_copy(update=changes)
    init_unit(area.home, partnership=changed, force=True)
    return changed


def test_a_dry_run_shows_what_is_due_and_destroys_nothing(command: Command, area: Area, received: Manifest) -> None:
    said = command("purge", "--dry-run", "--home", area.home)
    assert said.code == 0
    assert "Due on 2027-12-24" in said.out
    assert received.submission_id in said.out
    assert "taken on 2026-11-01, kept for 400 days" in said.out
    assert "Nothing was destroyed. To destroy it: counterfoil purge --confirm" in said.out
    assert landed_folder(area.home, "northmere", received.submission_id).is_dir()
    assert "OKAFOR" not in said.out + said.err


def test_confirmed_it_is_destroyed_and_the_store_is_sound(command: Command, area: Area, received: Manifest) -> None:
    said = command("purge", "--confirm", "--reason", "the schedule of 2026", "--home", area.home)
    assert said.code == 0
    assert "Destroyed: 1 of 1\nCopies of these submissions in backups" in said.out
    assert not landed_folder(area.home, "northmere", received.submission_id).exists()
    said = command("purge", "--confirm", "--home", area.home)
    assert said.out == "Nothing is due on 2027-12-24.\nDestroyed: 0 of 0\n"
    said = command("verify", "--home", area.home)
    assert said.code == 0
    assert "Checked: 0 submissions, 1 tombstones, 0 runs, 5 entries of the audit log. All is as it was stored." in said.out
    assert "the schedule of 2026" in command("audit", "show", "--verb", "erasure", "--home", area.home).out


@pytest.mark.parametrize("words", [(), ("--dry-run", "--confirm"), ("--confirm", "--reason", " ")])
def test_it_wants_to_be_told_what_to_do_and_why(command: Command, area: Area, received: Manifest, words: tuple[str, ...]) -> None:
    said = command("purge", *words, "--home", area.home)
    assert said.code == 2
    assert landed_folder(area.home, "northmere", received.submission_id).is_dir()


def test_what_a_hold_keeps_is_named(command: Command, area: Area, received: Manifest) -> None:
    settings(area, hold=(Hold(id="case-1", partner="northmere", reason="a case", since=DAY),), retention=Retention(TAX=10))
    said = command("purge", "--confirm", "--home", area.home)
    assert f"Held by case-1, and kept: northmere/{received.submission_id} (taken on 2026-11-01, kept for 10 days)" in said.out
    assert said.code == 0
    assert landed_folder(area.home, "northmere", received.submission_id).is_dir()
    settings(area, hold=(Hold(id="case-1", submission="tax-1", reason="a case", since=DAY),))
    assert command("purge", "--dry-run", "--home", area.home).code == 5


def test_machines_get_one_document(command: Command, area: Area, received: Manifest) -> None:
    found = command("purge", "--dry-run", "--home", area.home, "--json").json
    assert [item["subject"] for item in found["items"]] == [f"northmere/{received.submission_id}"]
    assert (found["on"], found["held"], found["done"], found["kept"]) == ("2027-12-24", [], [], [])
    assert command("verify", "--home", area.home, "--json").json == {"submissions": 1, "tombstones": 0, "runs": 0, "entries": 3, "findings": []}
    assert command("purge", "--confirm", "--home", area.home, "--json").json["done"] == [f"northmere/{received.submission_id}"]


def test_a_store_that_is_not_as_it_was_ends_with_code_6(command: Command, area: Area, received: Manifest) -> None:
    """Fault F04."""
    path = landed_folder(area.home, "northmere", received.submission_id) / "payload.parquet.age"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    said = command("verify", "--home", area.home)
    assert said.code == 6
    assert f"landing/northmere/{received.submission_id}/payload.parquet.age: the bytes in the landing folder are not those" in said.out
    assert "1 findings." in said.out
    assert "To mend  ask the partner to submit again" in said.err


def test_what_is_held_about_one_person_is_listed_and_written_only_when_asked(command: Command, area: Area, received: Manifest, tmp_path: Path) -> None:
    said = command("subject", "find", "northmere", "R1", "--home", area.home)
    assert said.code == 0
    assert "2 rows, 0 exceptions, in 0 runs that are kept." in said.out
    assert "surname" in said.out
    assert "OKAFOR" not in said.out
    said = command("subject", "find", "northmere", "R1", "--show", tmp_path / "values.csv", "--home", area.home, "--json")
    assert said.json["held"][0]["submission_id"] == received.submission_id
    assert "OKAFOR" not in said.out + said.err
    with (tmp_path / "values.csv").open(encoding="utf-8-sig", newline="") as file:
        assert ("surname", "OKAFOR R1") in {(line["column"], line["value"]) for line in csv.DictReader(file)}
    assert (tmp_path / "values.csv").stat().st_mode & 0o077 == 0
    assert command("subject", "find", "northmere", "R1", "--reason", "", "--home", area.home).code == 2


def test_erasing_wants_a_confirmation_and_says_what_a_hold_kept(command: Command, area: Area, received: Manifest, send: Send) -> None:
    words = ("subject", "erase", "northmere", "R1", "--reason", "request 2026-17", "--home", area.home)
    assert command(*words).code == 2
    settings(area, hold=(Hold(id="case-1", dataset="TAX", reason="a case", since=DAY),))
    said = command(*words, "--confirm")
    assert (said.code, f"Held by case-1, and kept: {received.submission_id}" in said.out) == (3, True)
    settings(area)
    said = command(*words, "--confirm")
    assert (said.code, f"Erased from {received.submission_id}: 2 rows of its tables" in said.out) == (0, True)
    assert "Nothing was erased" in command(*words, "--confirm").out
    assert command("verify", "--home", area.home).code == 0


def test_what_nobody_read_and_what_runs_still_hold_is_said(command: Command, area: Area, received: Manifest, send: Send) -> None:
    from pipeline.run import run

    name = run(area.home, as_of=DAY, now=NOON + timedelta(hours=2)).run_id
    spoilt = send("northmere", "PAY", ["R1"], now=NOON + timedelta(hours=3))
    (area.inbox("northmere", spoilt.submission_id) / "manifest.json.sig").unlink()
    intake(area.partnership, area.store, area.home, now=NOON + timedelta(hours=4))
    assert "Not searched: 1 submissions in quarantine" in command("subject", "find", "northmere", "R1", "--home", area.home).out
    said = command("subject", "erase", "northmere", "R1", "--reason", "request 2026-17", "--confirm", "--home", area.home)
    assert f"Runs that still hold them, until they are purged: {name}. The next run is without them: counterfoil run" in said.out


folder = encoded.folder


def test_a_partner_finds_the_tokens_of_its_own_reference(command: Command, folder: Path) -> None:
    encoded.send(folder, "northmere")
    found = command("subject", "tokens", "A1", "--home", folder / "northmere", "--json").json
    assert {(one["dataset"], one["kind"]) for one in found} == {("CTX", "record"), ("CTX", "household")}
    assert found[0]["token"] in command("subject", "tokens", "A1", "--home", folder / "northmere").out
    assert "No token left for this reference." in command("subject", "tokens", "B7", "--home", folder / "northmere").out
