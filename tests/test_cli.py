"""The command as people and machines meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from commands import check as check_command
from pipeline.specification import template
from schemas.datasets import CONTRACTS
from tests.conftest import Command

ROOT = Path(__file__).parent.parent
HEADER, ROW, _ = template(CONTRACTS["TAX"]).split("\r\n")


@pytest.fixture
def drivers(tmp_path: Path) -> Path:
    """Twenty good rows."""
    path = tmp_path / "drivers.csv"
    path.write_text("\n".join([HEADER, *(ROW.replace("R000123", f"R{n}") for n in range(20))]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """Seven rows that must be mended, and one name in them."""
    path = tmp_path / "spoilt.csv"
    bad = [ROW.replace("R000123", f"R{n}").replace("2024-06-01", "Okoro-1/6/24") for n in range(7)]
    path.write_text("\n".join([HEADER, *bad]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def homes(command: Command, tmp_path: Path) -> Path:
    """A unit and one partner of it."""
    assert command("init", "unit", "unit", "--example").code == 0
    text = (tmp_path / "unit" / "partnership.toml").read_text().replace('"NDR", "PSP"]', '"NDR", "PSP", "TAX"]').replace('"CRP", "PSP"]', '"CRP", "PSP", "TAX"]')
    (tmp_path / "unit" / "partnership.toml").write_text(text)
    assert command("partner", "invite", "eastholt", "--home", "unit").code == 0
    assert command("init", "partner", "eastholt", "--from", "unit/invitations/eastholt.invitation.json").code == 0
    assert command("partner", "add", "eastholt/keys/eastholt.public.json", "--home", "unit").code == 0
    return tmp_path


def test_version_is_said_in_words_and_for_machines(command: Command) -> None:
    assert command("version").out.startswith("counterfoil ")
    assert set(command("version", "--json").json) == {"version"}


def test_options_of_all_commands_may_stand_anywhere(command: Command) -> None:
    assert command("--json", "spec", "list").json == command("spec", "list", "--json").json
    assert cli.globals_first(["a", "--home", "x", "b", "--", "--json"]) == ["--home", "x", "a", "b", "--", "--json"]
    assert cli.globals_first(["a", "--home=x"]) == ["--home=x", "a"]


def test_every_dataset_is_listed(command: Command) -> None:
    assert [row["dataset"] for row in command("spec", "list", "--json").json] == list(CONTRACTS)
    said = command("spec", "list")
    assert all(title in said.out for title in ("Council tax accounts", "Published spending"))


def test_a_dataset_is_shown_whatever_the_case_of_its_id(command: Command) -> None:
    assert "licence_no" in command("spec", "show", "tax").out
    assert len(command("spec", "show", "tax", "--json").json["fields"]) == len(CONTRACTS["TAX"].fields)


def test_an_unknown_dataset_is_answered_with_the_nearest(command: Command) -> None:
    said = command("spec", "show", "TAXX")
    assert (said.code, said.out) == (2, "")
    assert "did you mean TAX" in said.err


def test_a_template_comes_out_byte_for_byte(command: Command) -> None:
    assert command("spec", "template", "TAX").out == template(CONTRACTS["TAX"])
    assert command("spec", "template", "TAX", "--json").json["template"] == template(CONTRACTS["TAX"])


def test_specifications_are_exported(command: Command, tmp_path: Path) -> None:
    said = command("spec", "export", "--out", "pages", "--json")
    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == said.json["files"]
    assert (tmp_path / "pages" / "tax.csv").read_bytes().decode() == template(CONTRACTS["TAX"])


def test_a_good_file_is_good(command: Command, drivers: Path) -> None:
    said = command("check", "TAX", drivers, "--as-of", "2026-11-30")
    assert said.code == 0
    assert "TAX: 20 received = 20 accepted + 0 rejected" in said.out


def test_a_bad_file_says_what_where_and_how_to_mend_it(command: Command, spoilt: Path) -> None:
    said = command("check", "TAX", spoilt, "--as-of", "2026-11-30")
    assert said.code == 4
    assert "TAX: 7 received = 0 accepted + 7 rejected" in said.out
    assert "date-unreadable" in said.out
    assert "spoilt.csv line 2 issue_date; spoilt.csv line 3 issue_date" in said.out
    assert said.out.count("spoilt.csv line ") == check_command.MOST_EXAMPLES


def test_no_value_of_a_person_is_ever_on_the_screen(command: Command, spoilt: Path) -> None:
    for arguments in (("check", "TAX", spoilt), ("check", "TAX", spoilt, "--json"), ("map", "suggest", "TAX", spoilt), ("map", "suggest", "TAX", spoilt, "--json")):
        said = command(*arguments)
        for value in ("Okafor", "Adaeze", "Okoro", "QQ112233C", "900123", "Weaver", "ZZ1 1AA", "1984"):
            assert value not in said.out + said.err


def test_with_json_stdout_holds_one_document_and_nothing_else(command: Command, spoilt: Path) -> None:
    said = command("check", "TAX", spoilt, "--json", "--as-of", "2026-11-30")
    assert said.code == 4
    assert (said.json["received"], said.json["accepted"], said.json["rejected"], said.json["exit_code"]) == (7, 0, 7, 4)
    (entry,) = said.json["rejects"]
    assert (entry["code"], entry["count"], entry["severity"]) == ("date-unreadable", 7, "must fix")
    assert entry["examples"][0] == {"file": "spoilt.csv", "line": 2, "column": "issue_date"}
    assert len(entry["examples"]) == 5


def test_rejects_are_written_where_asked_or_in_the_home_and_nowhere_else(command: Command, spoilt: Path, homes: Path) -> None:
    before = {p.name for p in homes.iterdir()}
    command("check", "TAX", spoilt)
    assert {p.name for p in homes.iterdir()} == before
    assert "line by line: list.csv" in command("check", "TAX", spoilt, "--rejects", "list.csv").out
    assert len((homes / "list.csv").read_text(encoding="utf-8-sig").splitlines()) == 8
    command("check", "TAX", spoilt, "--home", "eastholt")
    assert (homes / "eastholt" / "rejects" / "spoilt.csv.rejects.csv").exists()


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", (HEADER + "\n").encode()])
def test_an_empty_file_is_rejected_whole(command: Command, tmp_path: Path, content: bytes) -> None:
    """Fault F41."""
    (tmp_path / "empty.csv").write_bytes(content)
    said = command("check", "TAX", "empty.csv")
    assert (said.code, said.out) == (4, "")
    assert "empty" in said.err


def test_a_renamed_column_is_answered_with_the_command_that_helps(command: Command, drivers: Path) -> None:
    """Fault F22."""
    drivers.write_text(drivers.read_text().replace("surname", "Last Name", 1))
    said = command("check", "TAX", drivers)
    assert said.code == 4
    assert "counterfoil map suggest TAX drivers.csv" in said.err


def test_an_error_is_a_record_for_machines(command: Command) -> None:
    said = command("--json", "check", "TAX", "gone.csv")
    record = json.loads(said.err)
    assert (said.code, said.out) == (4, "")
    assert (record["error"], record["exit_code"], record["what"]) == ("DataRejected", 4, "the file does not exist")


def test_a_mapping_is_proposed_saved_shown_and_used(command: Command, drivers: Path, homes: Path) -> None:
    drivers.write_text(drivers.read_text().replace("surname", "Last Name", 1).replace("licence_type", "Qzx", 1))
    proposed = command("map", "suggest", "TAX", drivers, "--json").json
    assert {"field": "surname", "header": "Last Name", "score": 99, "samples": ["AAAAAA"]} in proposed["matches"]
    assert list(proposed["missing"]) == ["licence_type"]
    said = command("map", "save", "TAX", drivers, "--home", "eastholt")
    assert "Still missing, and required: licence_type" in said.out
    assert command("map", "save", "TAX", drivers, "--home", "eastholt").code == 5
    assert command("map", "save", "TAX", drivers, "--home", "eastholt", "--force", "--column", "licence_type=Qzx", "--json").json["missing"] == []
    shown = command("map", "show", "TAX", "--home", "eastholt", "--json").json
    assert shown[0]["columns"]["licence_type"] == "Qzx"
    assert "Qzx" in command("map", "show", "TAX", "--home", "eastholt").out
    assert command("check", "TAX", drivers, "--home", "eastholt").code == 0
    assert command("check", "TAX", drivers, "--mapping", "eastholt/mappings/TAX.toml").code == 0


def test_a_column_settled_by_hand_must_be_one_of_ours(command: Command, drivers: Path, homes: Path) -> None:
    said = command("map", "save", "TAX", drivers, "--home", "eastholt", "--column", "licence_typ=Qzx")
    assert said.code == 2
    assert "did you mean licence_type" in said.err
    assert command("map", "save", "TAX", drivers, "--home", "eastholt", "--column", "x").code == 2


def test_settings_are_not_overwritten(command: Command, homes: Path) -> None:
    assert command("init", "unit", "unit").code == 5
    assert command("init", "unit", "unit", "--force").code == 0


def test_an_unknown_partner_is_answered_with_the_nearest(command: Command, homes: Path) -> None:
    said = command("partner", "invite", "eastolt", "--home", "unit")
    assert said.code == 2
    assert "did you mean eastholt" in said.err
    assert not (homes / "x" / "partner.toml").exists()


def test_a_slip_in_the_settings_stops_before_any_work(command: Command, drivers: Path, homes: Path) -> None:
    """Fault F57."""
    settings = homes / "eastholt" / "partner.toml"
    settings.write_text(settings.read_text().replace("max_rejected_share", "max_rejectd_share"))
    said = command("submit", "TAX", drivers, "--home", "eastholt")
    assert said.code == 5
    assert "did you mean max_rejected_share" in said.err
    assert list((homes / "unit" / "shared" / "inbox" / "eastholt").iterdir()) == []


def test_a_submission_is_sent_or_tried_out(command: Command, drivers: Path, homes: Path) -> None:
    inbox = homes / "unit" / "shared" / "inbox" / "eastholt"
    tried = command("submit", "TAX", drivers, "--home", "eastholt", "--dry-run", "--json", "--as-of", "2026-11-30")
    assert tried.json["dry_run"] is True
    assert list(inbox.iterdir()) == []
    sent = command("submit", "TAX", drivers, "--home", "eastholt", "--as-of", "2026-11-30")
    assert sent.code == 0
    (folder,) = inbox.iterdir()
    assert f"Submitted as {folder.name}" in sent.out


def test_the_home_can_come_from_the_environment_or_the_folder(command: Command, drivers: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("COUNTERFOIL_HOME", str(homes / "eastholt"))
        assert command("submit", "TAX", drivers, "--dry-run", "--as-of", "2026-11-30").code == 0
    assert command("submit", "TAX", drivers, "--dry-run").code == 5
    monkeypatch.chdir(homes / "eastholt")
    assert command("submit", "TAX", drivers, "--dry-run", "--as-of", "2026-11-30").code == 0


def test_status_says_who_sent_what_and_what_waits(command: Command, drivers: Path, homes: Path) -> None:
    assert command("submit", "TAX", drivers, "--home", "eastholt", "--as-of", "2026-11-30").code == 0
    (homes / "unit" / "shared" / "inbox" / "eastholt" / "tax-unfinished").mkdir()
    said = command("status", "--home", "unit")
    assert said.code == 0
    assert "Waiting for the next run: eastholt tax-" in said.out
    assert "Incomplete upload, age 0 h: eastholt tax-unfinished" in said.out
    assert "Published run: none yet" in said.out
    machine = command("status", "--home", "unit", "--json").json
    assert {(one["partner"], one["dataset"]): one["state"] for one in machine["last"]}["eastholt", "TAX"] == "never sent"
    assert [partner for partner, _ in machine["waiting"]] == ["eastholt"]


def test_a_question_before_the_first_run_is_answered_plainly(command: Command, homes: Path) -> None:
    said = command("query", "select 1", "--home", "unit")
    assert said.code == 2
    assert "nothing has been published here yet" in said.err
    assert "exceptions" in command("query", "--json").json
    assert "evidence" in command("query").out


def test_a_decision_without_a_known_verdict_is_not_recorded(command: Command, homes: Path) -> None:
    said = command("outcome", "record", "CT03-0123456789", "--verdict", "no isue", "--reason", "MOVED", "--officer", "A N Other", "--home", "unit")
    assert said.code == 2
    assert "did you mean no issue" in said.err
    assert not (homes / "unit" / "outcomes.jsonl").exists()


def test_a_decision_is_recorded(command: Command, homes: Path) -> None:
    said = command("outcome", "record", "CT03-0123456789", "--verdict", "error", "--reason", "MOVED", "--officer", "A N Other", "--pence", "1200",
                   "--on", "2026-11-05", "--home", "unit")  # fmt: skip
    assert said.code == 0
    (line,) = (homes / "unit" / "outcomes.jsonl").read_text().splitlines()
    assert json.loads(line)["decided_on"] == "2026-11-05"
    last = command("audit", "show", "--home", "unit", "--json").json[-1]
    assert (last["verb"], last["action"], last["subject"]) == ("alteration", "outcome recorded", "CT03-0123456789")


@pytest.mark.parametrize("arguments", [("nothing",), ("check",), ("check", "TAX"), ("spec", "show"), ("check", "TAX", "x.csv", "--nothing")])
def test_wrong_usage_is_code_2(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).code == 2


def test_a_day_that_is_none_is_wrong_usage(command: Command, drivers: Path) -> None:
    said = command("check", "TAX", drivers, "--as-of", "30/11/2026")
    assert said.code == 2
    assert "--as-of is no date" in said.err


def test_our_own_mistake_keeps_its_traceback(command: Command, drivers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(check_command, "check", broken)
    with pytest.raises(ZeroDivisionError):
        command("check", "TAX", drivers)


def test_an_interruption_is_code_130(command: Command, drivers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check_command, "check", interrupted)
    assert command("check", "TAX", drivers).code == 130


def test_a_console_that_knows_few_letters_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "Übersicht—α.csv").write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-W", "error", str(ROOT / "cli.py"), "check", "TAX", "Übersicht—α.csv", "--as-of", "2026-11-30", "--rejects", "ü.csv"]
    done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
