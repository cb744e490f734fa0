"""`counterfoil keys` as people and machines meet it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

import cli
from tests.conftest import Command, Said
from tests.pipeline.test_key_files import secrets_in, spellings

COUNCILS = ("northmere", "eastholt")
SAID: list[str] = []


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Return a function that runs one command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COUNTERFOIL_HOME", raising=False)
    SAID.clear()

    def _run(*arguments: object) -> Said:
        code = cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        SAID.append(said.out + said.err)
        return Said(code, said.out, said.err)

    return _run


@pytest.fixture
def homes(command: Command, tmp_path: Path) -> Path:
    """A unit and two partners of it, each with its keys."""
    assert command("init", "unit", "unit", "--example").code == 0
    for partner in COUNCILS:
        assert command("partner", "invite", partner, "--home", "unit").code == 0
        assert command("init", "partner", partner, "--from", f"unit/invitations/{partner}.invitation.json").code == 0
    return tmp_path


CARDS = [word for partner in COUNCILS for word in ("--for", f"{partner}/keys/{partner}.public.json")]
REST = ("--unit", "unit/keys/unit.public.json", "--out", "custodian")
FIRST = ("keys", "agreement", "three-valleys-2026", "--exercise", "2026-q4", *CARDS, *REST)
CARD = "custodian/three-valleys-2026.2026-q4.exercise.json"


def envelope(partner: str, exercise: str = "2026-q4") -> str:
    return f"custodian/three-valleys-2026.{exercise}.{partner}.root.json"


def test_keys_are_made_and_their_fingerprints_said(command: Command, homes: Path) -> None:
    said = command("keys", "show", "--home", "northmere")
    assert said.code == 0
    assert "  partner.private.json\n    partner keys, northmere, receiving key " in said.out
    shown = command("keys", "show", "--home", "northmere", "--json").json["keys"]
    assert [(one["kind"], one["id"]) for one in shown] == [("partner card", "northmere"), ("partner keys", "northmere"), ("unit card", "unit")]
    assert shown[0]["fingerprint"] == shown[1]["fingerprint"]
    digits = shown[0]["fingerprint"]
    assert f"{digits[:4]} {digits[4:8]} {digits[8:12]}" in said.out
    again = command("keys", "partner", "--home", "northmere")
    assert (again.code, "the key file exists and was left as it is" in again.err) == (5, True)


def test_a_root_goes_from_the_custodian_to_the_partners(command: Command, homes: Path) -> None:
    made = command(*FIRST, "--json").json
    assert made["card"] == CARD
    assert made["envelopes"] == {partner: envelope(partner) for partner in sorted(COUNCILS)}
    for partner in COUNCILS:
        said = command("keys", "accept", CARD, envelope(partner), "--home", partner)
        assert said.code == 0
        assert f"Key check  {made['key_check']}  Compare it with the custodian by telephone" in said.out
    assert command("keys", "accept", CARD, "--home", "unit", "--json").json["kind"] == "unit"
    roots = {secrets_in(homes / folder / "three-valleys-2026.root.private.json")[0] for folder in ("custodian", "northmere/keys", "eastholt/keys")}
    assert len(roots) == 1


def test_the_next_exercise_has_another_key_check(command: Command, homes: Path) -> None:
    before = command(*FIRST, "--profile", "P2", "--purpose", "council tax reviews", "--json").json["key_check"]
    said = command("keys", "rotate", "three-valleys-2026", "--exercise", "2027-q1", *CARDS, *REST)
    assert said.code == 0
    assert "council tax reviews, profile P2" in said.out
    assert before not in said.out
    newest = command("keys", "rotate", "three-valleys-2026", "--exercise", "2027-q2", "--new-root", *CARDS, *REST)
    assert newest.code == 0
    assert (homes / "custodian" / "three-valleys-2026.root.private.json.replaced-1").exists()
    listed = command("keys", "show", "custodian", "--json").json["keys"]
    assert [one["kind"] for one in listed].count("root envelope") == 6
    assert len({one["key_check"] for one in listed if one["key_check"]}) == 3


def test_the_unit_is_refused_a_root_by_name(command: Command, homes: Path) -> None:
    command(*FIRST)
    for arguments in (("accept", CARD, envelope("northmere")), ("accept", "custodian/three-valleys-2026.root.private.json")):
        said = command("keys", *arguments, "--home", "unit")
        assert (said.code, said.out) == (5, "")
        assert "the unit never holds a root" in said.err
    (homes / "unit" / "keys" / "old notes.json").write_bytes((homes / envelope("northmere")).read_bytes())
    assert command("keys", "accept", CARD, "--home", "unit").code == 5
    shown = command("keys", "show", "--home", "unit")
    assert shown.code == 5
    assert "old notes.json" in shown.out
    assert "the unit never holds a root" in shown.err


@pytest.mark.parametrize(("arguments", "code", "what"), [
    (("accept", CARD, "northmere/partner.toml"), 6, "the key file is damaged: it is not JSON to its end"),
    (("accept", CARD, envelope("eastholt")), 5, "the envelope is for another partner"),
    (("accept", CARD, "gone.json"), 5, "the key file does not exist"),
    (("accept", CARD), 5, "no root envelope was named"),
    (("accept",), 2, "Missing argument"),
    (("unit",), 5, "there is no partnership.toml in"),
])  # fmt: skip
def test_what_cannot_be_accepted_is_refused_in_words(command: Command, homes: Path, arguments: tuple[str, ...], code: int, what: str) -> None:
    command(*FIRST)
    said = command("keys", *arguments, "--home", "northmere")
    assert (said.code, said.out) == (code, "")
    assert what in said.err
    assert "Traceback" not in said.err


def test_an_error_is_a_record_for_machines(command: Command, homes: Path) -> None:
    command(*FIRST)
    said = command("keys", "accept", CARD, envelope("eastholt"), "--home", "northmere", "--json")
    assert (said.out, json.loads(said.err)["what"]) == ("", "the envelope is for another partner")


def test_a_home_of_both_is_a_home_of_neither(command: Command, homes: Path) -> None:
    (homes / "unit" / "partner.toml").write_bytes((homes / "northmere" / "partner.toml").read_bytes())
    said = command("keys", "show", "--home", "unit")
    assert (said.code, "the home of the unit and of a partner at once" in said.err) == (5, True)


def test_a_home_without_keys_says_how_to_make_them(command: Command, tmp_path: Path) -> None:
    command("init", "unit", "unit", "--example")
    for path in (tmp_path / "unit" / "keys").iterdir():
        path.unlink()
    assert "counterfoil keys unit" in command("keys", "show", "--home", "unit").out
    assert command("keys", "show", "--home", "unit", "--json").json["keys"] == []


def test_nothing_secret_is_ever_said_logged_or_handed_over(command: Command, homes: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        command(*FIRST)
        for partner in COUNCILS:
            command("keys", "accept", CARD, envelope(partner), "--home", partner)
            command("keys", "show", "--home", partner)
            command("keys", "show", "--home", partner, "--json")
        command("keys", "accept", CARD, "--home", "unit")
        command("keys", "show", "--home", "unit")
        command("keys", "show", "custodian")
        command("keys", "rotate", "three-valleys-2026", "--exercise", "2027-q1", "--new-root", *CARDS, *REST)
        command("keys", "accept", CARD, "custodian/three-valleys-2026.root.private.json", "--home", "northmere")
        command("keys", "accept", "northmere/keys/partner.private.json", "--home", "unit")
        torn = homes / "eastholt" / "keys" / "partner.private.json"
        secrets = {secret for path in homes.rglob("*.private.json*") for secret in secrets_in(path)}
        torn.write_text(torn.read_text()[:-100])
        assert command("keys", "accept", CARD, envelope("eastholt"), "--home", "eastholt").code == 6
    public = [path.read_bytes() for path in homes.rglob("*") if path.is_file() and ".private.json" not in path.name]
    texts = [*public, "".join(SAID).encode(), caplog.text.encode()]
    assert len(secrets) == 3 + 3 + 3 + 2  # of two partners, of the unit, and two roots
    for secret in secrets:
        for spelling in spellings(secret):
            assert not any(spelling in text for text in texts)
