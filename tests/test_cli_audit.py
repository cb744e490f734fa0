"""`counterfoil audit` as people and machines meet it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.audit import MOST_ENTRIES
from pipeline.audit import FILE, FOLDER, append, head
from schemas.audit import Verb
from tests.conftest import Command

NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
DONE = (
    (Verb.COLLECTION, "submission accepted", "eastholt/TAX/tax-1", "arrived whole"),
    (Verb.COMBINATION, "run published", "2026-11-02-0123456789", "as agreed"),
    (Verb.DISCLOSURE, "report delivered", "eastholt/2026-11-02-0123456789", "as agreed"),
)


@pytest.fixture
def home(command: Command, tmp_path: Path) -> Path:
    """A unit that did three things on three days, and a partner's receipt that names the second."""
    assert command("init", "unit", "unit", "--example").code == 0
    home = tmp_path / "unit"
    for day, (verb, action, subject, reason) in enumerate(DONE):
        append(home, verb=verb, action=action, subject=subject, reason=reason, now=NOON + timedelta(days=day), detail={"rows": 20 + day}, by="A N Other")
        if day == 1:
            (tmp_path / "held").mkdir()
            (tmp_path / "held" / "tax-1.json").write_text(json.dumps({"state": "accepted", "audit_head": head(home).model_dump()}))
    return home


def spoil(home: Path, old: str, new: str) -> None:
    path = home / FOLDER / FILE
    path.write_text(path.read_text().replace(old, new))


def test_a_whole_log_is_said_to_be_whole_and_how_far_receipts_vouch_for_it(command: Command, home: Path) -> None:
    said = command("audit", "verify", "--home", "unit")
    assert said.code == 0
    assert "The audit log is whole: 3 entries, held against 0 heads from receipts." in said.out
    assert f"Head  3 {head(home).sha256}" in said.out
    assert "No receipt names an entry of the log: nothing would show if the end of the log were missing." in said.out
    said = command("audit", "verify", "--receipts", "held", "--home", "unit")
    assert "3 entries, held against 1 head from receipts" in said.out
    assert "No receipt names an entry after entry 2" in said.out


def test_machines_get_one_document(command: Command, home: Path) -> None:
    found = command("audit", "verify", "--receipts", "held", "--home", "unit", "--json").json
    assert found == {"entries": 3, "head": head(home).model_dump(), "vouched": 2, "witnesses": 1, "torn_bytes": 0}


def test_nothing_is_left_to_say_where_a_receipt_names_the_last_entry(command: Command, home: Path) -> None:
    (home / "receipts" / "eastholt").mkdir(parents=True)
    (home / "receipts" / "eastholt" / "tax-1.json").write_text(json.dumps({"audit_head": head(home).model_dump()}))
    said = command("audit", "verify", "--home", "unit")
    assert (said.code, "No receipt" in said.out) == (0, False)


def test_an_edited_entry_is_named_and_the_exit_code_is_6(command: Command, home: Path) -> None:
    """Fault F62."""
    spoil(home, "arrived whole", "arrived torn")
    said = command("audit", "verify", "--home", "unit")
    assert (said.code, said.out) == (6, "")
    assert "audit.jsonl, line 1: entry 1 of the audit log is not as it was written" in said.err
    record = json.loads(command("audit", "verify", "--home", "unit", "--json").err)
    assert (record["error"], record["exit_code"], record["row"]) == ("IntegrityError", 6, 1)


def test_a_log_that_lost_its_end_is_found_by_a_partners_receipt(command: Command, home: Path) -> None:
    """Fault F62."""
    path = home / FOLDER / FILE
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    assert command("audit", "verify", "--home", "unit").code == 0
    said = command("audit", "verify", "--receipts", "held", "--home", "unit")
    assert said.code == 6
    assert "entry 2 of the audit log is not as it was written: it is missing" in said.err
    assert "the log ends with entry 1, and a receipt names entry 2" in said.err


def test_a_line_that_was_cut_off_is_said(command: Command, home: Path) -> None:
    """Fault F53."""
    path = home / FOLDER / FILE
    path.write_bytes(path.read_bytes()[:-9])
    said = command("audit", "verify", "--receipts", "held", "--home", "unit")
    assert said.code == 0
    assert "bytes of a line that was cut off" in said.out


def test_a_folder_of_receipts_that_is_not_there_is_wrong_usage(command: Command, home: Path) -> None:
    said = command("audit", "verify", "--receipts", "gone", "--home", "unit")
    assert said.code == 2
    assert "there is no such folder" in said.err


def test_entries_are_shown_with_who_what_when_and_why(command: Command, home: Path) -> None:
    said = command("audit", "show", "--home", "unit")
    assert said.code == 0
    for text in ("2026-11-02 12:00:00", "A N Other", "collection", "submission accepted", "eastholt/TAX/tax-1", "arrived whole", "rows 20", "3 entries"):
        assert text in said.out


@pytest.mark.parametrize(("asked", "expected"), [
    ((), [1, 2, 3]), (("--since", "2026-11-03"), [2, 3]), (("--since", "2027-01-01"), []), (("--verb", "disclosure"), [3]), (("--verb", "Collection"), [1]),
    (("--since", "2026-11-03", "--verb", "collection"), []),
])  # fmt: skip
def test_entries_are_chosen_by_day_and_verb(command: Command, home: Path, asked: tuple[str, ...], expected: list[int]) -> None:
    assert [entry["sequence"] for entry in command("audit", "show", *asked, "--home", "unit", "--json").json] == expected


def test_a_slip_in_what_is_asked_is_answered(command: Command, home: Path) -> None:
    said = command("audit", "show", "--verb", "disclosur", "--home", "unit")
    assert said.code == 2
    assert "did you mean disclosure" in said.err
    assert command("audit", "show", "--since", "yesterday", "--home", "unit").code == 2


def test_a_long_log_is_shown_from_its_end(command: Command, home: Path) -> None:
    for n in range(MOST_ENTRIES):
        append(home, verb=Verb.CONSULTATION, action="exception explained", subject=f"CT03-{n:010}", reason="case review", now=NOON)
    said = command("audit", "show", "--home", "unit")
    assert "submission accepted" not in said.out
    assert f"CT03-{MOST_ENTRIES - 1:010}" in said.out
    assert f"{MOST_ENTRIES + 3:,} entries, the last {MOST_ENTRIES} of them shown" in said.out


def test_a_folder_that_is_no_units_home_has_no_log(command: Command, tmp_path: Path) -> None:
    assert command("audit", "verify").code == 5
