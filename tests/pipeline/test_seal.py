"""A submission on its way out."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import seal as sealing
from pipeline.key_files import load_partner_keys
from pipeline.sealing import opened
from pipeline.store.folder import Folder
from schemas.errors import IntegrityError, StorageError
from schemas.manifest import FIRST, Manifest
from tests.conftest import NOON, Area, Send


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_submission_is_three_sealed_files_a_signature_and_a_manifest(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    folder = area.inbox("northmere", manifest.submission_id)
    assert names(folder) == ["manifest.json", "manifest.json.sig", "payload.parquet.age", "records.parquet.age", "rejects.parquet.age"]
    assert Manifest.model_validate_json((folder / "manifest.json").read_bytes()) == manifest
    assert (manifest.rows_received, manifest.rows_accepted, manifest.rows_rejected) == (3, 2, 1)
    assert manifest.rejects_by_code == {"required-missing": 1}
    for listed in manifest.files:
        content = (folder / f"{listed.name}.age").read_bytes()
        assert (listed.bytes, listed.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert pl.read_parquet(area.reopened("northmere", manifest.submission_id, listed.name)).height == listed.rows


def test_the_id_says_dataset_moment_and_content(send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    assert manifest.submission_id == f"tax-20261102t120000z-{manifest.row_digest[:12]}"


def test_the_same_submission_twice_is_one_submission(area: Area, send: Send) -> None:
    first, second = send("northmere", "TAX", ["R1"]), send("northmere", "TAX", ["R1"])
    assert first == second
    assert names(area.shared / "inbox" / "northmere") == [first.submission_id]


def test_an_id_with_other_content_is_never_overwritten(area: Area, send: Send) -> None:
    """Fault F11."""
    manifest = send("northmere", "TAX", ["R1"])
    path = area.inbox("northmere", manifest.submission_id) / "manifest.json"
    tampered = json.loads(path.read_text()) | {"row_digest": "9" * 64}
    path.write_text(json.dumps(tampered))
    with pytest.raises(IntegrityError, match="other content") as caught:
        send("northmere", "TAX", ["R1"])
    assert caught.value.exit_code == 6
    assert json.loads(path.read_text())["row_digest"] == "9" * 64


def test_a_link_in_the_place_of_a_submission_is_refused(area: Area, send: Send, tmp_path: Path) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    folder = area.inbox("northmere", manifest.submission_id)
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError):
        send("northmere", "TAX", ["R1"])


def test_a_dry_run_leaves_nothing(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"], dry_run=True)
    assert manifest.rows_accepted == 1
    assert names(area.shared / "inbox" / "northmere") == []


def test_the_manifest_is_written_last(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    put, create = Folder.put, Folder.create
    monkeypatch.setattr(Folder, "put", lambda store, name, content: (written.append(name.rpartition("/")[2]), put(store, name, content))[1])
    monkeypatch.setattr(Folder, "create", lambda store, name, content: (written.append(name.rpartition("/")[2]), create(store, name, content))[1])
    send("northmere", "TAX", ["R1"])
    assert written == ["records.parquet.age", "payload.parquet.age", "rejects.parquet.age", "manifest.json.sig", "manifest.json"]


def test_a_crash_before_the_manifest_leaves_no_submission_and_the_next_try_is_whole(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F15."""
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "create", crash)
        with pytest.raises(KeyboardInterrupt):
            send("northmere", "TAX", ["R1"])
    (folder,) = (area.shared / "inbox" / "northmere").iterdir()
    assert not (folder / "manifest.json").exists()
    assert send("northmere", "TAX", ["R1"]).submission_id == folder.name
    assert (folder / "manifest.json").exists()


@pytest.mark.parametrize("same", [True, False])
def test_two_processes_that_send_at_once_do_not_mix(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    """Fault F14."""
    other = send("northmere", "TAX", ["R1"], dry_run=True)
    path = area.inbox("northmere", other.submission_id) / "manifest.json"

    def beaten(*_: object) -> bool:
        path.write_bytes(sealing.manifest_bytes(other if same else other.model_copy(update={"row_digest": "9" * 64})))
        return False

    monkeypatch.setattr(Folder, "create", beaten)
    if same:
        assert send("northmere", "TAX", ["R1"]) == other
    else:
        with pytest.raises(IntegrityError, match="other content"):
            send("northmere", "TAX", ["R1"])
    assert names(area.shared / "inbox" / "northmere") == [other.submission_id]


def test_numbers_go_on_and_each_manifest_names_the_one_before(send: Send) -> None:
    first, second = send("northmere", "TAX", ["R1"]), send("northmere", "PAY", ["R1"])
    assert (first.sequence, first.previous, second.sequence) == (1, FIRST, 2)
    assert second.previous == hashlib.sha256(sealing.manifest_bytes(first)).hexdigest()


def test_a_number_is_given_back_where_nothing_was_sent(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise StorageError("the storage failed")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "create", broken)
        with pytest.raises(StorageError):
            send("northmere", "TAX", ["R1"])
    assert send("northmere", "TAX", ["R2"]).sequence == 1


def test_a_dry_run_takes_no_number(send: Send) -> None:
    send("northmere", "TAX", ["R1"], dry_run=True)
    assert send("northmere", "TAX", ["R1"]).sequence == 1


def test_only_the_unit_opens_what_was_sealed(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    content = (area.inbox("northmere", manifest.submission_id) / "records.parquet.age").read_bytes()
    assert b"OKAFOR" not in content
    with pytest.raises(IntegrityError, match="sealed for another key"):
        opened(content, load_partner_keys(area.home.parent / "northmere").receiving, file="records.parquet")


def test_a_missing_shared_folder_is_not_made_up(area: Area, send: Send) -> None:
    shutil.rmtree(area.shared)
    with pytest.raises(StorageError, match="missing"):
        send("northmere", "TAX", ["R1"])
    assert not area.shared.exists()


def test_a_note_that_is_damaged_stops_before_a_number_is_used_twice(area: Area, send: Send) -> None:
    (area.home.parent / "northmere" / "sent.json").write_text("{")
    with pytest.raises(IntegrityError, match="the note of what was sent last is damaged"):
        send("northmere", "TAX", ["R1"])


def test_an_hour_later_the_same_rows_are_a_submission_of_their_own(area: Area, send: Send) -> None:
    first, second = send("northmere", "TAX", ["R1"]), send("northmere", "TAX", ["R1"], now=NOON + timedelta(hours=1))
    assert first.submission_id != second.submission_id
    assert first.row_digest == second.row_digest
