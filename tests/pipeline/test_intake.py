"""What arrived, judged on our own copy."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import intake as taking
from pipeline.arrivals import incomplete, refused
from pipeline.intake import intake
from pipeline.purge import purge
from pipeline.receipts import load_receipts
from pipeline.retention import plan
from pipeline.sealing import canonical, sealed
from pipeline.store.area import Entry
from pipeline.store.folder import Folder
from pipeline.store.tables import parquet_bytes
from schemas.errors import IntegrityError, StorageError
from schemas.manifest import Manifest, Receipt
from tests.conftest import NOON, SENDS, Area, Send

LATER = NOON + timedelta(hours=1)


def take(area: Area) -> list[Receipt]:
    return intake(area.partnership, area.store, area.home, now=NOON + timedelta(hours=12))


def edit(area: Area, manifest: Manifest, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest in the shared area and sign it, as a program of the partner's without our checks would."""
    path = area.inbox(manifest.partner, manifest.submission_id) / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_bytes(canonical(document))
    area.sign(manifest.partner, manifest.submission_id)


def replace(area: Area, manifest: Manifest, name: str, content: bytes) -> None:
    """Put another file in the place of one, and list it rightly."""
    content = sealed(content, area.parties(manifest.partner).reader)
    (area.inbox(manifest.partner, manifest.submission_id) / f"{name}.age").write_bytes(content)

    def relist(document: dict[str, Any]) -> None:
        listed = next(f for f in document["files"] if f["name"] == name)
        listed |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    edit(area, manifest, relist)


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def only(receipts: list[Receipt]) -> Receipt:
    assert len(receipts) == 1
    return receipts[0]


def test_a_good_submission_is_landed_and_answered(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    receipt = only(take(area))
    assert (receipt.state, receipt.reason, receipt.sequence, receipt.manifest) == ("accepted", "", 1, manifest)
    landed = area.home / "landing" / "northmere" / manifest.submission_id
    assert tree(landed) == {"kept.json", "manifest.json", "manifest.json.sig", "payload.parquet.age", "records.parquet.age", "rejects.parquet.age"}
    answer = area.shared / "outbox" / "northmere" / "receipts" / f"{manifest.submission_id}.json"
    assert Receipt.model_validate_json(answer.read_bytes()) == receipt
    assert load_receipts(area.home) == [receipt]


def test_a_second_intake_finds_nothing_new(area: Area, send: Send) -> None:
    """Fault F10: the same id twice."""
    manifest = send("northmere", "TAX", ["R1"])
    take(area)
    before = (area.shared / "outbox" / "northmere" / "receipts" / f"{manifest.submission_id}.json").read_bytes()
    shutil.rmtree(area.inbox("northmere", manifest.submission_id))
    assert send("northmere", "TAX", ["R1"]).submission_id == manifest.submission_id
    assert take(area) == []
    assert (area.shared / "outbox" / "northmere" / "receipts" / f"{manifest.submission_id}.json").read_bytes() == before


def test_the_same_rows_under_a_new_id_are_a_duplicate(area: Area, send: Send) -> None:
    """Fault F12."""
    first = send("northmere", "TAX", ["R1"])
    second = send("northmere", "TAX", ["R1"], now=LATER)
    receipts = take(area)
    assert [(r.submission_id, r.state, r.duplicate_of) for r in receipts] == [
        (first.submission_id, "accepted", ""), (second.submission_id, "duplicate", first.submission_id),
    ]  # fmt: skip


def test_rows_sent_corrected_and_sent_again_as_at_first_are_news(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    send("northmere", "TAX", ["R1", "R2"], now=LATER)
    send("northmere", "TAX", ["R1"], now=LATER + timedelta(hours=1))
    assert [r.state for r in take(area)] == ["accepted", "accepted", "accepted"]


def test_the_same_rows_of_another_period_are_no_duplicate(area: Area, send: Send) -> None:
    send("northmere", "PSP", [], period="2025")
    send("northmere", "PSP", [], period="2026", now=LATER)
    assert [r.state for r in take(area)] == ["accepted", "accepted"]


def test_submissions_are_numbered_in_the_order_they_were_made_whatever_their_dataset(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    send("northmere", "PAY", ["R1"], now=LATER)
    send("eastholt", "TAX", ["R1"], now=LATER)
    assert [(r.partner, r.dataset, r.sequence) for r in take(area)] == [("eastholt", "TAX", 1), ("northmere", "TAX", 2), ("northmere", "PAY", 3)]
    send("eastholt", "CRS", ["R1"], now=LATER)
    assert only(take(area)).sequence == 4


def test_an_upload_without_a_manifest_is_listed_with_its_age_and_not_answered(area: Area, send: Send) -> None:
    """Fault F05."""
    manifest = send("northmere", "TAX", ["R1"])
    folder = area.inbox("northmere", manifest.submission_id)
    (folder / "manifest.json").unlink()
    for path in (folder, *folder.iterdir()):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert take(area) == []
    upload = incomplete(area.store, SENDS, now=NOON + timedelta(hours=5, minutes=59))
    assert [(u.partner, u.submission_id, u.dataset, u.age_hours) for u in upload] == [("northmere", manifest.submission_id, "TAX", 5)]
    assert not (area.home / "landing").exists()


def test_an_upload_under_way_is_listed_under_the_id_it_will_have(area: Area) -> None:
    area.inbox("northmere", "tax-1").mkdir()
    assert [(u.submission_id, u.dataset) for u in incomplete(area.store, SENDS, now=NOON)] == [("tax-1", "TAX")]


def test_a_missing_data_file_is_named_in_the_receipt(area: Area, send: Send) -> None:
    """Fault F06."""
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "payload.parquet.age").unlink()
    receipt = only(take(area))
    assert receipt.state == "quarantined"
    assert receipt.reason == "payload.parquet.age: the file is missing"
    assert receipt.mend == "send the submission again"


@pytest.mark.parametrize("key", ["rows_received", "rows_accepted", "rows_rejected"])
def test_a_wrong_row_count_is_quarantined(area: Area, send: Send, key: str) -> None:
    """Fault F07."""
    manifest = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    edit(area, manifest, lambda document: document.update({key: document[key] + 1}))
    receipt = only(take(area))
    assert receipt.state == "quarantined"
    assert "the counts do not add up" in receipt.reason
    assert tree(area.home / "landing") == set()


def test_a_wrong_row_count_of_one_file_is_quarantined(area: Area, send: Send) -> None:
    """Fault F07."""
    manifest = send("northmere", "TAX", ["R1", "R2"])
    edit(area, manifest, lambda document: document["files"][0].update(rows=3))
    assert "records.parquet holds 2 rows, the manifest lists 3" in only(take(area)).reason


def test_a_count_that_no_table_could_hold_is_no_manifest(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    edit(area, manifest, lambda document: document.update(rows_received=10**30))
    receipt = only(take(area))
    assert (receipt.state, receipt.manifest) == ("quarantined", None)


@pytest.mark.parametrize("cut", [1, 20, 500])
def test_a_file_cut_off_on_its_way_is_quarantined(area: Area, send: Send, cut: int) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    path = area.inbox("northmere", manifest.submission_id) / "records.parquet.age"
    path.write_bytes(path.read_bytes()[:-cut])
    assert "the bytes are not those the manifest lists" in only(take(area)).reason


def test_a_file_that_grew_is_quarantined_without_copying_it_whole(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    path = area.inbox("northmere", manifest.submission_id) / "records.parquet.age"
    listed = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"x" * 5_000_000)
    assert "larger than" in only(take(area)).reason
    copied = area.home / "quarantine" / "northmere" / manifest.submission_id / "records.parquet.age"
    assert not copied.exists() or copied.stat().st_size <= listed + 1


def test_a_parquet_without_its_footer_is_quarantined_even_if_it_is_listed_so(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    whole = area.reopened("northmere", manifest.submission_id, "records.parquet")
    replace(area, manifest, "records.parquet", whole[:-20])
    assert "incomplete or damaged" in only(take(area)).reason


def test_rows_that_the_manifest_was_not_made_for_are_quarantined(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1", "R2"])
    records = pl.read_parquet(area.reopened("northmere", manifest.submission_id, "records.parquet"))
    replace(area, manifest, "records.parquet", parquet_bytes(records.with_columns(surname=pl.lit("OTHER"))))
    assert "the rows are not those the manifest was made for" in only(take(area)).reason


@pytest.mark.parametrize(
    "change",
    [
        pl.lit("eastholt").alias("partner"), pl.lit("PAY").alias("dataset"), pl.lit("holder").alias("party"), pl.lit("organisation").alias("kind"),
        pl.lit(None, pl.String).alias("partner"),
    ],
)  # fmt: skip
def test_rows_in_another_partners_name_are_quarantined(area: Area, send: Send, change: pl.Expr) -> None:
    manifest = send("northmere", "TAX", ["R1", "R2"])
    records = pl.read_parquet(area.reopened("northmere", manifest.submission_id, "records.parquet"))
    replace(area, manifest, "records.parquet", parquet_bytes(records.with_columns(change)))
    assert only(take(area)).state == "quarantined"


def test_columns_that_nobody_agreed_are_quarantined(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    records = pl.read_parquet(area.reopened("northmere", manifest.submission_id, "records.parquet"))
    for frame in (records.with_columns(salary=pl.lit(1)), records.drop("nino"), records.with_columns(uprn=pl.lit("1")),
                  records.with_columns(nino=pl.lit(["QQ"])), records.select(sorted(records.columns))):  # fmt: skip
        replace(area, manifest, "records.parquet", parquet_bytes(frame))
        receipt = only(take(area))
        assert "does not have the columns of the table record" in receipt.reason
        (area.home / "receipts" / "northmere" / f"{manifest.submission_id}.json").unlink()


def test_two_rows_with_one_key_are_quarantined(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    records = pl.read_parquet(area.reopened("northmere", manifest.submission_id, "records.parquet"))
    replace(area, manifest, "records.parquet", parquet_bytes(pl.concat([records, records])))
    assert "have one key" in only(take(area)).reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"partner": "eastholt"}, "belongs to another folder"),
        ({"submission_id": "tax-other"}, "belongs to another folder"),
        ({"submission_id": "../../up"}, "not one we can read"),
        ({"dataset": "XYZ"}, "a dataset that nobody knows"),
        ({"dataset": "CRS"}, "no agreement lets northmere send CRS"),
        ({"spec_version": "9.0.0"}, "another version of TAX"),
        ({"period": "2026"}, "is sent as a snapshot"),
        ({"format": 1}, "not one we can read (at format)"),
        ({"surprise": 1}, "not one we can read (at surprise)"),
        ({"files": []}, "does not list the files"),
        ({"rejects_by_code": {"required-missing": 1}}, "rejects by code"),
    ],
)
def test_a_manifest_that_is_not_ours_is_quarantined(area: Area, send: Send, change: dict[str, Any], reason: str) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    edit(area, manifest, lambda document: document.update(change))
    receipt = only(take(area))
    assert (receipt.state, receipt.partner, receipt.submission_id) == ("quarantined", "northmere", manifest.submission_id)
    assert reason in receipt.reason


def test_a_manifest_that_is_no_json_is_quarantined(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "manifest.json").write_bytes(b"\xff{")
    assert only(take(area)).state == "quarantined"


def test_one_partners_bad_submission_does_not_stop_the_others(area: Area, send: Send) -> None:
    bad = send("eastholt", "TAX", ["R1"])
    (area.inbox("eastholt", bad.submission_id) / "records.parquet.age").unlink()
    send("northmere", "TAX", ["R1"])
    assert [(r.partner, r.state) for r in take(area)] == [("eastholt", "quarantined"), ("northmere", "accepted")]


@pytest.mark.parametrize("name", ["..evil", "UPPER", "con", "a" * 200, "tax\u202egnp", "c:tax", "a b"])
def test_a_folder_with_a_bad_name_is_told_of_and_not_touched(area: Area, send: Send, name: str) -> None:
    """Fault F47."""
    manifest = send("northmere", "TAX", ["R1"])
    area.inbox("northmere", manifest.submission_id).rename(area.inbox("northmere", name))
    before = tree(area.home.parent)
    assert take(area) == []
    assert tree(area.home.parent) == before
    told = refused(area.store, SENDS)
    assert len(told) == 1
    assert told[0].isascii()
    assert told[0].endswith("the name is not allowed")


def test_links_in_the_inbox_are_not_followed(area: Area, send: Send, tmp_path: Path) -> None:
    """Fault F47: a folder, a partner's whole inbox, or a file that is a link."""
    manifest = send("northmere", "TAX", ["R1"])
    folder = area.inbox("northmere", manifest.submission_id)
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    shutil.rmtree(area.shared / "inbox" / "eastholt")
    (area.shared / "inbox" / "eastholt").symlink_to(tmp_path)
    assert take(area) == []
    assert refused(area.store, SENDS) == [
        "inbox/eastholt: is a link, and is not followed", f"inbox/northmere/{manifest.submission_id}: is a link, and is not followed",
    ]  # fmt: skip


def test_a_data_file_that_is_a_link_is_quarantined_unread(area: Area, send: Send, tmp_path: Path) -> None:
    """Fault F47."""
    (tmp_path / "secret").write_text("the unit's own secret")
    manifest = send("northmere", "TAX", ["R1"])
    path = area.inbox("northmere", manifest.submission_id) / "records.parquet.age"
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    assert only(take(area)).reason == "records.parquet.age: this is no plain file"
    assert not (area.home / "quarantine" / "northmere" / manifest.submission_id / "records.parquet.age").exists()


def test_a_folder_of_nobody_is_told_of(area: Area) -> None:
    (area.shared / "inbox" / "stranger").mkdir()
    assert take(area) == []
    assert refused(area.store, SENDS) == ["inbox/stranger: no partner has this folder"]


def test_a_stop_between_landing_and_receipt_is_made_good(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = send("northmere", "TAX", ["R1"])

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(taking, "keep", stop)
        with pytest.raises(KeyboardInterrupt):
            take(area)
    assert load_receipts(area.home) == []
    assert (only(take(area)).state, only(load_receipts(area.home)).submission_id) == ("accepted", manifest.submission_id)


def test_a_receipt_lost_on_its_way_out_is_handed_out_again(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    take(area)
    answer = area.shared / "outbox" / "northmere" / "receipts" / f"{manifest.submission_id}.json"
    content = answer.read_bytes()
    answer.unlink()
    assert take(area) == []
    assert answer.read_bytes() == content


def test_our_own_full_disk_stops_the_intake_and_blames_nobody(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    send("northmere", "TAX", ["R1"])

    def full(*_: object, **__: object) -> None:
        raise StorageError("there is no room left to write")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "fetch", full)
        with pytest.raises(StorageError):
            take(area)
    assert load_receipts(area.home) == []
    assert only(take(area)).state == "accepted"


def test_a_shared_area_that_is_not_there_stops_the_intake(area: Area) -> None:
    shutil.rmtree(area.shared)
    with pytest.raises(StorageError, match="missing"):
        take(area)


def test_a_damaged_receipt_of_ours_stops_everything(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    take(area)
    (area.home / "receipts" / "northmere" / f"{manifest.submission_id}.json").write_text("{")
    with pytest.raises(IntegrityError, match="receipt of ours is damaged"):
        take(area)


def test_files_that_no_manifest_lists_stay_where_they_are(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "Thumbs.db").write_text("x")
    assert only(take(area)).state == "accepted"
    assert "Thumbs.db" not in {Path(name).name for name in tree(area.home)}


def test_an_inbox_that_cannot_be_listed_costs_its_partner_only(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F47: somebody laid a name into a bucket that is none."""
    send("eastholt", "TAX", ["R1"])
    send("northmere", "TAX", ["R1"])
    real = Folder.entries

    def broken(store: Folder, folder: str) -> list[Entry]:
        if folder == "inbox/eastholt":
            raise IntegrityError("a name in the shared area is not allowed", found="'a//b'")
        return real(store, folder)

    monkeypatch.setattr(Folder, "entries", broken)
    assert [(r.partner, r.state) for r in take(area)] == [("northmere", "accepted")]
    assert refused(area.store, SENDS) == ["inbox/eastholt: a name in the shared area is not allowed"]
    assert incomplete(area.store, SENDS, now=NOON) == []


def test_a_receipt_that_was_being_written_when_the_power_went_is_passed_over(area: Area, send: Send) -> None:
    """Fault F53."""
    send("northmere", "TAX", ["R1"])
    take(area)
    (area.home / "receipts" / "northmere" / ".partial-tax-2.json").write_bytes(b'{"half')
    assert len(load_receipts(area.home)) == 1


def test_rows_that_were_destroyed_here_are_news_when_they_come_again(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    take(area)
    late = NOON + timedelta(days=500)
    purge(area.home, area.partnership, plan(area.home, area.partnership, on=late.date()), now=late, reason="the schedule")
    again = send("northmere", "TAX", ["R1"], now=late)
    (receipt,) = intake(area.partnership, area.store, area.home, now=late + timedelta(hours=1))
    assert (receipt.submission_id, receipt.state) == (again.submission_id, "accepted")
