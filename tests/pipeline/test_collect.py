"""What comes back is said in the council's own references, and nothing of a person is said on the screen."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.collect import Answer, Skipped, collect
from pipeline.crosswalk import CROSSWALK, REFERENCES, extended, save
from pipeline.deliver import deliver
from pipeline.intake import intake
from pipeline.key_files import load_partner_keys, load_unit_keys
from pipeline.receipts import hand_out
from pipeline.report import REPORT
from pipeline.sealing import canonical, sealed, signature
from pipeline.sent import load_sent
from pipeline.spreadsheet import csv_bytes
from pipeline.trust import trusted
from schemas.errors import ExitCode, IntegrityError, StorageError
from schemas.manifest import Receipt
from schemas.relations import Report
from tests.conftest import NOON, Area, Command, Send, frame_of

KEY = b"k" * 32
NIGHT, RUN = date(2026, 11, 1), "2026-11-01-aaaa"
ADA, BEN, ACCOUNT, STRANGE, THEIRS = "a" * 32, "b" * 32, "c" * 32, "d" * 32, "e" * 32
PERSONAL = ("Okafor", "Adaeze", "Ben", "R1001", "R1002", "T-77", ADA, BEN, ACCOUNT, STRANGE)
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has the rights of the folder")


@pytest.fixture
def home(area: Area, tmp_path: Path) -> Path:
    return tmp_path / "northmere"


@pytest.fixture
def crosswalks(home: Path) -> None:
    keep(home, load_partner_keys(home).crosswalk)


def keep(home: Path, key: bytes) -> None:
    """Write two crosswalks: two records of TAX, and one tenancy reference."""
    rows = {
        "TAX": [("record", "", "R1001", "Adaeze Okafor / Ben Okafor", ADA), ("record", "", "R1002", "Ben Okafor", BEN)],
        REFERENCES: [("reference", "tenancy_ref", "T-77", None, ACCOUNT)],
    }
    for dataset, entries in rows.items():
        wanted = pl.DataFrame([entry[:4] for entry in entries], schema=dict.fromkeys(("kind", "field", "source", "shown"), pl.String), orient="row")
        tokens = [entry[4] for entry in entries]
        save(home, "northmere", dataset, key, extended(CROSSWALK.empty(), wanted, now=NIGHT, draw=lambda _, tokens=tokens: tokens))


def look(exception_id: str, ref: str, **more: Any) -> dict[str, Any]:
    """Return one line of a report."""
    return {
        "exception_id": exception_id, "rule": exception_id[:4], "title": "Two homes", "band": "top", "status": "new", "your_dataset": "TAX", "your_ref": ref,
        "your_party": "holder", "other_partner": "eastholt", "other_dataset": "TAX", "reason": "Both say so", "owner": "northmere", "protected": False, **more,
    }  # fmt: skip


Plant = Callable[..., Path]


@pytest.fixture
def plant(area: Area) -> Plant:
    """Return a function that puts a report into the outbox as `publish` does."""

    def _plant(*rows: dict[str, Any], run: str = RUN, partner: str = "northmere") -> Path:
        table = frame_of(REPORT, rows)
        return lay_out(area, Report(partner, table, csv_bytes(table), "# Summary\n"), run)

    return _plant


def lay_out(area: Area, report: Report, run: str = RUN, *, to: str = "northmere") -> Path:
    """Deliver a report as the unit does, and return its folder."""
    card = trusted(area.home, to).card  # type: ignore[union-attr]
    assert card is not None
    return area.shared / deliver(area.store, report, card, load_unit_keys(area.home).signing, run_id=run, as_of=NIGHT)


def written(home: Path, run: str = RUN) -> list[dict[str, str]]:
    """Return the lines of a collected list."""
    text = (home / "reports" / run / "exceptions.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def run_names(home: Path) -> list[str]:
    return sorted(entry.name for entry in (home / "reports").iterdir())


def test_a_token_becomes_the_reference_and_the_name_beside_it(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", ADA), look("CT01-2", BEN, band="low"))
    found = collect(home, now=NOON)
    [run] = found.runs
    assert (run.run_id, run.as_of, run.exceptions, run.bands, run.not_translated) == (RUN, NIGHT, 2, {"top": 1, "middle": 0, "low": 1}, 0)
    assert run.file == home / "reports" / RUN / "exceptions.csv"
    assert found.exit_code is ExitCode.OK
    assert [(line["your_ref"], line["your_name"]) for line in written(home)] == [("R1001", "Adaeze Okafor / Ben Okafor"), ("R1002", "Ben Okafor")]
    table = pl.read_parquet(run.file.with_name("exceptions.parquet"))
    at = list(REPORT.columns).index("your_ref") + 1
    assert table.columns == [*list(REPORT.columns)[:at], "your_name", *list(REPORT.columns)[at:]]
    assert table.get_column("your_ref").to_list() == ["R1001", "R1002"]
    assert (run.file.with_name("summary.md")).read_bytes() == b"# Summary\n"
    assert sorted(entry.name for entry in run.file.parent.iterdir()) == ["exceptions.csv", "exceptions.parquet", "summary.md"]


def test_the_order_in_which_the_unit_put_the_cases_is_kept(home: Path, area: Area, crosswalks: None) -> None:
    table = pl.concat([frame_of(REPORT, [look(name, ref)]) for name, ref in (("CT01-9", BEN), ("CT01-1", STRANGE), ("CT01-5", ADA))])
    lay_out(area, Report("northmere", table, csv_bytes(table), ""))
    collect(home, now=NOON)
    assert [line["exception_id"] for line in written(home)] == ["CT01-9", "CT01-1", "CT01-5"]


def test_tokens_inside_details_become_references_and_those_of_others_stay(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look(
        "CT01-1", ADA, your_details=f"tenancy ref: {ACCOUNT}; status: LIVE", other_details=f"record ref: {BEN}; tenancy ref: {THEIRS}",
        reason=f"{BEN} and {BEN}",
    ))  # fmt: skip
    collect(home, now=NOON)
    [line] = written(home)
    assert line["your_details"] == "tenancy ref: T-77; status: LIVE"
    assert line["other_details"] == f"record ref: R1002; tenancy ref: {THEIRS}"
    assert line["reason"] == "R1002 and R1002"


def test_a_longer_number_that_begins_like_a_token_is_none(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", ADA, reason=f"digest {BEN}{BEN}"))
    collect(home, now=NOON)
    assert written(home)[0]["reason"] == f"digest {BEN}{BEN}"


def test_a_token_that_no_crosswalk_knows_is_kept_marked_and_counted(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", ADA), look("CT01-2", STRANGE))
    found = collect(home, now=NOON)
    assert (found.runs[0].exceptions, found.runs[0].not_translated) == (2, 1)
    assert (written(home)[1]["your_ref"], written(home)[1]["your_name"]) == (STRANGE, "not in the crosswalk")
    assert found.exit_code is ExitCode.OK


def test_in_clear_mode_there_is_nothing_to_translate(home: Path, plant: Plant) -> None:
    plant(look("CT01-1", "R1001", your_details="tenancy ref: T-77"))
    [run] = collect(home, now=NOON).runs
    assert run.not_translated == 0
    [line] = written(home)
    assert (line["your_ref"], line["your_name"], line["your_details"]) == ("R1001", "", "tenancy ref: T-77")


def test_references_in_clear_and_tokens_may_stand_in_one_report(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", "R1001"), look("CT01-2", BEN), look("CT01-3", ADA.upper()))
    assert collect(home, now=NOON).runs[0].not_translated == 0
    assert [(line["your_ref"], line["your_name"]) for line in written(home)] == [("R1001", ""), ("R1002", "Ben Okafor"), (ADA.upper(), "")]


def test_a_report_without_exceptions_is_collected_too(home: Path, plant: Plant, crosswalks: None) -> None:
    plant()
    [run] = collect(home, now=NOON).runs
    assert (run.exceptions, run.bands) == (0, {"top": 0, "middle": 0, "low": 0})
    assert written(home) == []


def test_a_name_that_could_be_a_formula_is_made_safe(home: Path, plant: Plant) -> None:
    wanted = pl.DataFrame({"kind": ["record"], "field": [""], "source": ["-1+1"], "shown": ["=HYPERLINK(1)"]})
    save(home, "northmere", "TAX", load_partner_keys(home).crosswalk, extended(CROSSWALK.empty(), wanted, now=NIGHT, draw=lambda _: [ADA]))
    plant(look("CT01-1", ADA, your_details=ADA))
    collect(home, now=NOON)
    [line] = written(home)
    assert (line["your_ref"], line["your_name"], line["your_details"]) == ("'-1+1", "'=HYPERLINK(1)", "'-1+1")
    assert pl.read_parquet(home / "reports" / RUN / "exceptions.parquet")["your_name"].to_list() == ["=HYPERLINK(1)"]


@posix
def test_what_is_written_is_for_its_owner_alone(home: Path, plant: Plant, crosswalks: None, area: Area) -> None:
    plant(look("CT01-1", ADA))
    hand_out([receipt("tax-1")], area.store, load_unit_keys(area.home).signing)
    before = os.umask(0)
    try:
        collect(home, now=NOON)
    finally:
        os.umask(before)
    made = [path for name in ("reports", "receipts", "crosswalk") for path in (home / name).rglob("*") if path.is_file()]
    assert len(made) == 3 + 1 + 2
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert (home / "reports" / RUN).stat().st_mode & 0o777 == 0o700


def test_the_shared_area_is_read_and_left_as_it_is(home: Path, plant: Plant, crosswalks: None, area: Area) -> None:
    plant(look("CT01-1", ADA))
    before = {path: path.read_bytes() for path in area.shared.rglob("*") if path.is_file()}
    collect(home, now=NOON)
    assert {path: path.read_bytes() for path in area.shared.rglob("*") if path.is_file()} == before
    assert run_names(home) == [RUN]


def test_a_second_call_collects_only_what_is_new(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", ADA))
    collect(home, now=NOON)
    plant(look("CT01-1", ADA), run="2026-11-02-bbbb")
    found = collect(home, now=NOON)
    assert ([run.run_id for run in found.runs], found.earlier) == (["2026-11-02-bbbb"], 1)
    assert collect(home, now=NOON).earlier == 2


def test_again_writes_the_lists_anew_with_what_the_crosswalk_knows_now(home: Path, plant: Plant) -> None:
    plant(look("CT01-1", ADA))
    assert collect(home, now=NOON).runs[0].not_translated == 1
    keep(home, load_partner_keys(home).crosswalk)
    assert collect(home, now=NOON).runs == ()
    found = collect(home, now=NOON, again=True)
    assert ([run.not_translated for run in found.runs], found.earlier) == ([0], 0)
    assert written(home)[0]["your_ref"] == "R1001"


def test_a_call_that_broke_off_before_the_list_is_taken_up_again(home: Path, plant: Plant, crosswalks: None) -> None:
    plant(look("CT01-1", ADA))
    half = home / "reports" / RUN
    half.mkdir(parents=True)
    (half / "summary.md").write_text("half")
    (home / "reports" / f".partial-{RUN}").mkdir()
    assert len(collect(home, now=NOON).runs) == 1
    assert run_names(home) == [RUN]


def resigned(folder: Path, area: Area, **changes: Any) -> None:
    """Change the manifest, and sign it as the unit would."""
    document = canonical(json.loads((folder / "manifest.json").read_bytes()) | changes)
    (folder / "manifest.json").write_bytes(document)
    (folder / "manifest.json.sig").write_bytes(signature(document, load_unit_keys(area.home).signing))


def with_other(folder: Path, area: Area, name: str, content: bytes) -> None:
    """Put another file in the place of one, sealed, listed and signed."""
    hidden = sealed(content, trusted(area.home, "northmere").card.receiving)  # type: ignore[union-attr]
    (folder / f"{name}.age").write_bytes(hidden)
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    for listed in files:
        if listed["name"] == name:
            listed |= {"bytes": len(hidden), "sha256": hashlib.sha256(hidden).hexdigest()}
    resigned(folder, area, files=files)


def by_another(folder: Path, area: Area) -> None:
    """Sign the report with a partner's key."""
    (folder / "manifest.json.sig").write_bytes(signature((folder / "manifest.json").read_bytes(), area.parties("eastholt").signing))


DAMAGE: dict[str, tuple[Callable[[Path, Area], object], str]] = {
    "no signature": (lambda f, _: (f / "manifest.json.sig").unlink(), "manifest.json.sig: the file is missing"),
    "another's signature": (by_another, "manifest.json: the signature does not fit (another key signed it, or it was changed since)"),
    "no list": (lambda f, _: (f / "exceptions.csv.age").unlink(), "exceptions.csv.age: the file is missing"),
    "a page cut off": (lambda f, _: (f / "summary.md.age").write_bytes(b"# Su"), "summary.md: the bytes are not those the manifest lists"),
    "a page too long": (lambda f, _: (f / "summary.md.age").write_bytes(b"# Summary\n" * 99), "summary.md.age: the file is larger than"),
    "no Parquet": (lambda f, area: with_other(f, area, "exceptions.parquet", b"PAR1 and no more"), "exceptions.parquet: the Parquet file is incomplete or damaged"),
    "no JSON": (lambda f, _: (f / "manifest.json").write_bytes(b"{"), "manifest.json: the signature does not fit (another key signed it, or it was changed since)"),
    "another version": (lambda f, area: resigned(f, area, format=3), "manifest.json: the manifest is damaged, or of another version"),
    "of another run": (lambda f, area: resigned(f, area, run_id="2026-10-31-zzzz"), "manifest.json: the manifest belongs to another folder"),
    "of another partner": (lambda f, area: resigned(f, area, partner="eastholt"), "manifest.json: the manifest belongs to another folder"),
    "files not listed": (lambda f, area: resigned(f, area, files=[]), "manifest.json: the manifest does not list the three files of a report"),
    "another number of exceptions": (lambda f, area: resigned(f, area, exceptions=2), "exceptions.parquet: the report does not hold as many exceptions as its manifest says"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_report_is_named_and_the_others_go_on(home: Path, plant: Plant, crosswalks: None, area: Area, how: str) -> None:
    spoil, reason = DAMAGE[how]
    spoil(plant(look("CT01-1", ADA)), area)
    plant(look("CT01-1", ADA), run="2026-11-02-bbbb")
    found = collect(home, now=NOON)
    assert [one.name for one in found.skipped] == [RUN]
    assert found.skipped[0].reason.startswith(reason)
    assert [run.run_id for run in found.runs] == ["2026-11-02-bbbb"]
    assert found.exit_code is ExitCode.PARTIAL
    assert run_names(home) == ["2026-11-02-bbbb"]


def test_a_damaged_report_is_tried_again(home: Path, plant: Plant, crosswalks: None) -> None:
    folder = plant(look("CT01-1", ADA))
    (folder / "manifest.json.sig").unlink()
    assert collect(home, now=NOON).runs == ()
    shutil.rmtree(folder)
    plant(look("CT01-1", ADA))
    found = collect(home, now=NOON)
    assert ([run.run_id for run in found.runs], found.exit_code) == ([RUN], ExitCode.OK)


def test_a_report_of_another_partner_cannot_be_opened(home: Path, area: Area, crosswalks: None) -> None:
    table = frame_of(REPORT, [look("CT01-1", ADA)])
    lay_out(area, Report("northmere", table, csv_bytes(table), ""), to="eastholt")  # sealed for the wrong one
    assert collect(home, now=NOON).skipped[0].reason == "exceptions.csv: the file was sealed for another key"


def test_links_strange_names_and_reports_on_their_way_are_not_followed(home: Path, plant: Plant, crosswalks: None, area: Area) -> None:
    runs = plant(look("CT01-1", ADA)).parent
    (runs / ".partial-2026-11-02-bbbb").mkdir()
    (runs / "..evil").mkdir()
    (runs / "note.txt").write_text("no report")
    (runs / "2026-11-03-cccc").symlink_to(runs / RUN)
    found = collect(home, now=NOON)
    assert [(one.name, one.reason.split(" (")[0]) for one in found.skipped] == [
        ("..evil", "the run has a name that is not allowed"), ("2026-11-03-cccc", found.skipped[1].reason),
    ]  # fmt: skip
    assert run_names(home) == [RUN]


def test_a_crosswalk_that_does_not_fit_stops_before_anything_is_written(home: Path, plant: Plant) -> None:
    keep(home, b"o" * 32)
    plant(look("CT01-1", ADA))
    with pytest.raises(IntegrityError, match="a crosswalk that does not fit"):
        collect(home, now=NOON)
    assert not (home / "reports").exists()


def test_the_number_of_the_last_submission_comes_back_with_its_receipt(home: Path, area: Area, send: Send) -> None:
    sent = [send("northmere", "TAX", ["R1"]), send("northmere", "PAY", ["R1"])]
    intake(area.partnership, area.store, area.home, now=NOON)
    before = load_sent(home)
    (home / "sent.json").unlink()  # the home came back from a backup
    collect(home, now=NOON)
    assert load_sent(home) == before
    assert send("northmere", "TAX", ["R2"], now=NOON + timedelta(hours=1)).sequence == sent[-1].sequence + 1


def test_before_the_first_run_there_is_nothing(home: Path) -> None:
    found = collect(home, now=NOON)
    assert (found.runs, found.receipts, found.skipped, found.exit_code) == ((), (), (), ExitCode.OK)


def test_a_shared_folder_that_is_not_there_is_named(home: Path, area: Area) -> None:
    shutil.rmtree(area.shared)
    with pytest.raises(StorageError, match="missing"):
        collect(home, now=NOON)


def receipt(submission: str, *, sequence: int = 1, state: str = "accepted", reason: str = "", mend: str = "") -> Receipt:
    return Receipt.model_validate({
        "format": 2, "submission_id": submission, "partner": "northmere", "dataset": "TAX", "state": state, "reason": reason, "mend": mend,
        "sequence": sequence, "received_at": datetime(2026, 11, 1, tzinfo=UTC), "manifest": None,
    })  # fmt: skip


def test_new_receipts_are_listed_once_in_order_of_arrival(home: Path, area: Area) -> None:
    hand_out([receipt("tax-a", sequence=2, state="quarantined", reason="no \x1b[2Jagreement", mend="ask"), receipt("tax-b")], area.store, load_unit_keys(area.home).signing)
    first = collect(home, now=NOON).receipts
    assert first == (Answer("tax-b", "TAX", "accepted", "", ""), Answer("tax-a", "TAX", "quarantined", "no  [2Jagreement", "ask"))
    assert collect(home, now=NOON).receipts == ()
    assert collect(home, now=NOON, again=True).receipts == first
    assert sorted(path.name for path in (home / "receipts").iterdir()) == ["tax-a.json", "tax-b.json"]


def test_a_damaged_receipt_is_named_and_the_others_go_on(home: Path, area: Area) -> None:
    hand_out([receipt("tax-a"), receipt("tax-b", sequence=2)], area.store, load_unit_keys(area.home).signing)
    folder = area.shared / "outbox" / "northmere" / "receipts"
    (folder / "tax-a.json").write_text("{")
    (folder / "tax-c.json").write_bytes((folder / "tax-b.json").read_bytes())
    (folder / "tax-c.json.sig").write_bytes((folder / "tax-b.json.sig").read_bytes())
    (folder / ".partial-tax-d.json").write_text("{")
    found = collect(home, now=NOON)
    assert [answer.submission_id for answer in found.receipts] == ["tax-b"]
    assert found.skipped == (
        Skipped("tax-a.json", "tax-a.json: the signature does not fit (another key signed it, or it was changed since)"), Skipped("tax-c.json", "the receipt belongs to another submission"),
    )  # fmt: skip
    assert found.exit_code is ExitCode.PARTIAL


@pytest.fixture
def keyed(home: Path) -> Path:
    """A home with crosswalks that open with its keys."""
    keep(home, load_partner_keys(home).crosswalk)
    return home


def test_the_command_says_counts_and_places_and_nothing_of_a_person(command: Command, keyed: Path, plant: Plant, area: Area) -> None:
    plant(look("CT01-1", ADA, other_details=f"record ref: {BEN}"), look("CT01-2", STRANGE, band="middle"))
    (plant(look("CT01-1", BEN), run="2026-11-02-bbbb") / "manifest.json.sig").unlink()
    hand_out([receipt("tax-a", state="quarantined", reason="not agreed", mend="ask the unit")], area.store, load_unit_keys(area.home).signing)
    said = command("collect", "--home", keyed)
    assert said.code == 3
    for line in (
        f"{RUN}: 2 exceptions (1 top, 1 middle, 0 low) in {keyed / 'reports' / RUN / 'exceptions.csv'}", "Not translated: 1;",
        "Receipt: tax-a quarantined: not agreed", "ask the unit", "Left out: 2026-11-02-bbbb: manifest.json.sig: the file is missing",
    ):  # fmt: skip
        assert line in said.out
    machine = command("collect", "--again", "--home", keyed, "--json")
    assert machine.code == machine.json["exit_code"] == 3
    assert machine.json["runs"] == [{
        "run_id": RUN, "as_of": "2026-11-01", "exceptions": 2, "bands": {"top": 1, "middle": 1, "low": 0}, "not_translated": 1,
        "file": str(keyed / "reports" / RUN / "exceptions.csv"),
    }]  # fmt: skip
    assert machine.json["receipts"] == [{"submission_id": "tax-a", "dataset": "TAX", "state": "quarantined", "reason": "not agreed", "mend": "ask the unit"}]
    assert [one["name"] for one in machine.json["skipped"]] == ["2026-11-02-bbbb"]
    assert not any(word in text for text in (said.out, said.err, machine.out, machine.err) for word in PERSONAL)
    assert written(keyed)[0]["your_ref"] == "R1001"


def test_the_command_says_when_there_is_nothing_new(command: Command, keyed: Path, plant: Plant) -> None:
    plant(look("CT01-1", ADA))
    assert command("collect", "--home", keyed).code == 0
    said = command("collect", "--home", keyed)
    assert (said.code, said.out) == (0, "Nothing new; reports collected before: 1\n")


def test_the_command_without_keys_names_what_is_missing(command: Command, home: Path, plant: Plant) -> None:
    plant(look("CT01-1", "R1001"))
    shutil.rmtree(home / "keys")
    said = command("collect", "--home", home)
    assert (said.code, said.out) == (5, "")
    assert "the key file does not exist" in said.err


def test_a_crosswalk_of_another_key_is_a_refusal_and_no_traceback(command: Command, home: Path, plant: Plant) -> None:
    keep(home, KEY)
    plant(look("CT01-1", ADA))
    said = command("collect", "--home", home)
    assert said.code == 6
    assert "a crosswalk that does not fit" in said.err
    assert "To mend" in said.err
