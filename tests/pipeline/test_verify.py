"""Whatever is stored and changes, is said: what, where, and what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.audit import FILE, FOLDER
from pipeline.landing import key_path, landed_folder, table_bytes
from pipeline.lock import one_at_a_time
from pipeline.purge import purge
from pipeline.receipts import load_receipts
from pipeline.retention import plan
from pipeline.run import run
from pipeline.tombstones import tombstone_path
from pipeline.trust import remove_partner, rotate_key
from pipeline.verify import Verified, refuse_findings, verify
from schemas.errors import ExitCode, IntegrityError, LockHeld
from schemas.manifest import Receipt
from schemas.partnership import Hold, Partnership
from tests.conftest import DAY, NOON, Area, Send
from tests.pipeline.keeping import days_after, kept_for, take
from tests.pipeline.test_trust import new_keys

LATER = datetime(2028, 1, 2, 3, tzinfo=UTC)


def found(area: Area, partnership: Partnership | None = None) -> list[tuple[str, str]]:
    """What is wrong, and where; every finding has a remedy."""
    findings = verify(area.home, partnership or area.partnership, now=LATER).findings
    assert all(one.mend for one in findings)
    return [(one.what, one.place) for one in findings]


@pytest.fixture
def received(area: Area, send: Send) -> Receipt:
    send("northmere", "TAX", ["R1", "R2"])
    (receipt,) = take(area, now=NOON + timedelta(hours=1))
    return receipt


@pytest.fixture
def folder(area: Area, received: Receipt) -> Path:
    return landed_folder(area.home, "northmere", received.submission_id)


@pytest.fixture
def night(area: Area, received: Receipt) -> str:
    return run(area.home, as_of=DAY, now=NOON + timedelta(hours=2)).run_id


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_store_as_it_was_written_has_no_findings(area: Area, send: Send, night: str) -> None:
    send("eastholt", "TAX", ["R1"])
    take(area, now=NOON + timedelta(hours=3))
    assert verify(area.home, area.partnership, now=LATER) == Verified(submissions=2, tombstones=0, runs=1, entries=7, findings=())


@pytest.mark.parametrize("name", ["records", "payload", "rejects"])
def test_one_bit_that_flips_in_a_stored_table_is_found_and_that_partner_is_in_no_run(area: Area, send: Send, folder: Path, name: str) -> None:
    """Fault F04."""
    send("eastholt", "TAX", ["R1"])
    flip(folder / f"{name}.parquet.age")
    place = folder.relative_to(area.home).as_posix()
    assert found(area) == [("the bytes in the landing folder are not those that were received", f"{place}/{name}.parquet.age")]
    with pytest.raises(IntegrityError, match="not those that were received") as caught:
        refuse_findings(verify(area.home, area.partnership, now=LATER))
    assert (caught.value.exit_code, caught.value.mend) == (ExitCode.INTEGRITY, "ask the partner to submit again; until then its data may be in no run")
    summary = run(area.home, as_of=DAY, now=NOON + timedelta(hours=2))
    assert ("northmere", "TAX", "quarantined") in summary.absent
    assert dict(summary.conservation.select("partner", "accepted").rows())["eastholt"] == 1


def test_a_bit_that_flips_in_the_key_is_found(area: Area, received: Receipt) -> None:
    """Fault F04."""
    path = key_path(area.home, "northmere", received.submission_id)
    path.write_text("00" * 32)
    assert [what for what, _ in found(area)] == ["the file was sealed for another key"] * 3
    path.write_text("no key")
    assert [what for what, _ in found(area)] == ["the table, or the key that opens it, is missing or damaged"] * 3
    path.unlink()
    assert [what for what, _ in found(area)] == ["the table, or the key that opens it, is missing or damaged"] * 3
    with pytest.raises(IntegrityError) as caught:
        refuse_findings(verify(area.home, area.partnership, now=LATER))
    assert caught.value.found == "3 findings; this is the first"


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(("name", "spoil", "what"), [
    ("", remove, "a submission is gone, and nothing says that it was destroyed"),
    ("manifest.json", remove, "its manifest or the signature of it is missing"),
    ("manifest.json", flip, "its manifest is not the one that the receipt names"),
    ("manifest.json.sig", remove, "its manifest or the signature of it is missing"),
    ("manifest.json.sig", flip, "the signature does not fit"),
    ("kept.json", remove, "the note of what was kept is missing or damaged"),
    ("kept.json", lambda path: path.write_text("{}"), "the note of what was kept is missing or damaged"),
    ("kept.json", lambda path: path.write_text('{"exercise": "", "files": {}}'), "the note of what was kept lists other tables than the manifest"),
    ("more.txt", lambda path: path.write_text("x"), "a file belongs to nothing here"),
])  # fmt: skip
def test_what_is_missing_or_spoilt_in_a_submission_is_named(area: Area, folder: Path, name: str, spoil: Spoil, what: str) -> None:
    spoil(folder / name if name else folder)
    place = folder.relative_to(area.home).as_posix()
    words = found(area)
    assert (what, f"{place}/{name.removesuffix('.sig')}" if name else place) in words
    assert {one for one, _ in words} <= {what, "a key opens nothing that lies here"}


def test_rows_and_shapes_are_held_against_what_was_taken_in(area: Area, received: Receipt, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from pipeline import verify_submissions

    def but(change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        def other(home: Path, partner: str, submission_id: str, name: str, known: object) -> bytes:
            content = table_bytes(home, partner, submission_id, name, known)  # type: ignore[arg-type]
            if name != "records.parquet":
                return content
            buffer = io.BytesIO()
            change(pl.read_parquet(content)).write_parquet(buffer)
            return buffer.getvalue()

        monkeypatch.setattr(verify_submissions, "table_bytes", other)

    place = folder.relative_to(area.home).as_posix()
    but(lambda frame: frame.with_columns(surname=pl.lit("OTHER")))
    assert found(area) == [("the rows are not those that were taken in", place)]
    for change in (lambda frame: frame.head(1), lambda frame: frame.drop("surname")):
        but(change)
        assert found(area) == [("a table has other columns or another number of rows than were taken in", f"{place}/records.parquet.age")]


def test_a_card_that_was_replaced_since_still_vouches_and_an_unknown_one_does_not(area: Area, received: Receipt) -> None:
    rotate_key(area.home, new_keys(area), now=NOON)
    assert found(area) == []
    remove_partner(area.home, "northmere", now=NOON)
    assert found(area) == []
    remove(area.home / "partners" / "northmere.json")
    assert [what for what, _ in found(area)] == ["its manifest was signed with a key that the unit does not know"]


def test_receipts_are_whole_spelt_as_we_spell_and_in_their_place(area: Area, received: Receipt) -> None:
    path = area.home / "receipts" / "northmere" / f"{received.submission_id}.json"
    (path.parent / ".partial-x.json").write_text("{}")
    assert found(area) == []
    (path.parent / ".partial-x.json").unlink()
    good, place = path.read_bytes(), path.relative_to(area.home).as_posix()
    path.write_bytes(good.replace(b'"dataset":', b'"dataset": '))
    assert found(area)[0] == ("a receipt of ours is not spelt as we spell receipts; somebody edited it", place)
    path.write_bytes(b"{}")
    assert found(area)[0] == ("a receipt of ours is damaged", place)
    path.unlink()
    (path.with_name("other.json")).write_bytes(good)
    assert [what for what, _ in found(area)] == ["a receipt of ours stands in another's place", "a submission has no receipt"]


def test_what_lies_where_nothing_should_is_found(area: Area, received: Receipt, folder: Path) -> None:
    (folder.parent / ".partial-tax-7").mkdir()
    (area.home / "quarantine" / "northmere" / "tax-9").mkdir(parents=True)
    key = key_path(area.home, "northmere", received.submission_id)
    for name in ("tax-9.key", f"{received.submission_id}.1.key", f".partial-{key.name}"):
        (key.parent / name).write_text("00" * 32)
    assert found(area) == [
        ("an interruption left a part of a submission behind", "landing/northmere/.partial-tax-7"),
        ("a submission has no receipt", "quarantine/northmere/tax-9"),
        *[("a key opens nothing that lies here", f"landing-keys/northmere/{name}") for name in sorted((f".partial-{key.name}", f"{received.submission_id}.1.key", "tax-9.key"))],
    ]


def test_a_submission_that_is_in_quarantine_no_more_is_missed(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "manifest.json.sig").unlink()
    (receipt,) = take(area, now=NOON)
    assert receipt.state == "quarantined"
    assert found(area) == []
    remove(area.home / "quarantine" / "northmere" / manifest.submission_id)
    assert found(area) == [("a submission in quarantine is gone, and nothing says that it was destroyed", f"quarantine/northmere/{manifest.submission_id}")]


def test_what_was_destroyed_stays_so_and_is_vouched_for(area: Area, received: Receipt, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "backup")
    purge(area.home, area.partnership, plan(area.home, area.partnership, days_after(DAY, 401)), now=LATER)
    assert verify(area.home, area.partnership, now=LATER) == Verified(submissions=0, tombstones=1, runs=0, entries=5, findings=())
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", reason="a case", since=DAY),)})
    place = tombstone_path(area.home, "northmere", received.submission_id).relative_to(area.home).as_posix()
    assert found(area, held) == [("a submission was destroyed while hold case-1 was on it", place)]
    after = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", reason="a case", since=date(2029, 1, 1)),)})
    other = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="eastholt", reason="a case", since=DAY),)})
    assert found(area, after) == found(area, other) == []
    shutil.copytree(tmp_path / "backup", folder)
    assert found(area) == [("a submission that was destroyed is there again", folder.relative_to(area.home).as_posix())]
    shutil.rmtree(folder)
    receipt = area.home / "receipts" / "northmere" / f"{received.submission_id}.json"
    receipt.rename(tmp_path / "receipt")
    assert found(area) == [("a tombstone has no receipt", place)]
    (tmp_path / "receipt").rename(receipt)
    (area.home / place).write_text("{}")
    assert found(area)[0] == ("a tombstone is damaged", place)


def drop(path: Path) -> None:
    """Take the exceptions out of a workbench."""
    with duckdb.connect(str(path)) as con:
        con.execute("drop view if exists exceptions")
        con.execute("drop table data.exception cascade")


def other_exceptions(path: Path) -> None:
    frame = pl.read_parquet(path)
    pl.concat([frame, pl.DataFrame([{"exception_id": "CT03-0123456789"}], schema=frame.schema)]).write_parquet(path)


@pytest.mark.parametrize(("name", "spoil", "whats"), [
    ("runs/{}/run.json", remove, ["a run has no closing note"]),
    ("runs/{}/run.json", lambda path: path.write_text("{"), ["a run has no closing note"]),
    ("runs/{}/links.parquet", remove, ["a table of a run is missing or damaged"]),
    ("runs/{}/links.parquet", lambda path: path.write_bytes(b"PAR1"), ["a table of a run is missing or damaged"]),
    ("runs/{}/exceptions.parquet", remove, ["a table of a run is missing or damaged", "the exceptions of a run are not those that were published"]),
    ("runs/{}/exceptions.parquet", other_exceptions, ["the exceptions of a run are not those that were published"]),
    ("published/{}", remove, ["a run that was finished is not published any more", "CURRENT names a run that is not there"]),
    ("published/{}/manifest.json", remove, ["the manifest of a published run is missing or damaged"]),
    ("published/{}/manifest.json", lambda path: path.write_text("[]"), ["the manifest of a published run is missing or damaged"]),
    ("published/{}/workbench.duckdb", remove, ["the workbench of a run is missing, or does not hold what was published", "CURRENT names a run that is not there"]),
    ("published/{}/workbench.duckdb", drop, ["the workbench of a run is missing, or does not hold what was published"]),
    ("published/{}/runs.parquet", remove, ["the list of runs is missing"]),
    ("published/CURRENT", lambda path: path.write_text(""), ["CURRENT names a run that is not there"]),
    ("runs/.partial-x", Path.mkdir, ["an interruption left a part of a run behind"]),
])  # fmt: skip
def test_what_is_missing_or_spoilt_of_a_run_is_named(area: Area, night: str, name: str, spoil: Spoil, whats: list[str]) -> None:
    for note in (area.home / "runs" / night).glob("*.stage.json"):
        note.unlink()
    spoil(area.home / name.format(night))
    assert [what for what, _ in found(area)] == whats


def test_a_table_that_is_not_as_its_stage_left_it_is_named(area: Area, night: str) -> None:
    folder = area.home / "runs" / night
    for note in folder.glob("*.stage.json"):
        note.unlink()
    note = folder / "mine.stage.json"
    note.write_text(json.dumps({"files": {"links.parquet": "0" * 64, "gone.parquet": "0" * 64}}))
    assert found(area) == [("a table of a run is not as its stage left it", f"runs/{night}/links.parquet")]
    note.write_text("[]")
    assert found(area) == [("the note of a stage is damaged", f"runs/{night}/mine.stage.json")]


def test_an_audit_log_that_was_edited_or_cut_is_named(area: Area, night: str) -> None:
    """Fault F62."""
    path = area.home / FOLDER / FILE
    good = path.read_bytes()
    path.write_bytes(good.replace(b"submission accepted", b"submission received"))
    assert [what for what, _ in found(area)] == ["entry 3 of the audit log is not as it was written: a receipt names another digest"]
    path.write_bytes(b"".join(good.splitlines(keepends=True)[:2]))
    assert [what for what, _ in found(area)] == ["entry 3 of the audit log is not as it was written: it is missing"]


def test_nothing_is_verified_while_a_run_is_under_way(area: Area, received: Receipt) -> None:
    with one_at_a_time(area.home, "run", now=NOON), pytest.raises(LockHeld):
        verify(area.home, area.partnership, now=LATER)


def test_no_findings_raise_nothing(area: Area, received: Receipt) -> None:
    refuse_findings(verify(area.home, kept_for(area), now=LATER))
    assert load_receipts(area.home)
