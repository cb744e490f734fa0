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
from schemas.errors import IntegrityError, StorageError
from schemas.manifest import Manifest
from tests.conftest import NOON, Area, Send


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_submission_is_a_folder_of_three_files_and_a_manifest(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    folder = area.inbox("northmere", manifest.submission_id)
    assert names(folder) == ["manifest.json", "payload.parquet", "records.parquet", "rejects.parquet"]
    assert Manifest.model_validate_json((folder / "manifest.json").read_bytes()) == manifest
    assert (manifest.rows_received, manifest.rows_accepted, manifest.rows_rejected) == (3, 2, 1)
    assert manifest.rejects_by_code == {"required-missing": 1}
    for listed in manifest.files:
        content = (folder / listed.name).read_bytes()
        assert (listed.bytes, listed.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert pl.read_parquet(content).height == listed.rows


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
    tampered = json.loads(path.read_text()) | {"rows_received": 99}
    path.write_text(json.dumps(tampered))
    with pytest.raises(IntegrityError, match="other content") as caught:
        send("northmere", "TAX", ["R1"])
    assert caught.value.exit_code == 6
    assert json.loads(path.read_text())["rows_received"] == 99


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
    real = sealing.write_new
    monkeypatch.setattr(sealing, "write_new", lambda path, content: (written.append(path.name), real(path, content)))
    send("northmere", "TAX", ["R1"])
    assert written[-1] == "manifest.json"
    assert len(written) == 4


def test_a_crash_before_the_rename_leaves_no_submission(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sealing.os, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        send("northmere", "TAX", ["R1"])
    assert names(area.shared / "inbox" / "northmere") == []


@pytest.mark.parametrize("same", [True, False])
def test_two_processes_that_send_at_once_do_not_mix(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    other = send("northmere", "TAX", ["R1"], dry_run=True)
    target = area.inbox("northmere", other.submission_id)

    def beaten(*_: object) -> None:
        target.mkdir()
        (target / "manifest.json").write_bytes(sealing.manifest_bytes(other if same else other.model_copy(update={"rows_received": 9})))
        raise OSError(39, "Directory not empty")

    monkeypatch.setattr(sealing.os, "rename", beaten)
    if same:
        assert send("northmere", "TAX", ["R1"]) == other
    else:
        with pytest.raises(IntegrityError, match="other content"):
            send("northmere", "TAX", ["R1"])
    assert names(area.shared / "inbox" / "northmere") == [other.submission_id]


def test_a_rename_that_fails_is_a_storage_error(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sealing.os, "rename", broken)
    with pytest.raises(StorageError, match="Input/output error"):
        send("northmere", "TAX", ["R1"])
    assert names(area.shared / "inbox" / "northmere") == []


def test_scraps_of_a_killed_run_do_not_stop_the_next(area: Area, send: Send) -> None:
    expected = send("northmere", "TAX", ["R1"], dry_run=True)
    scraps = area.shared / "inbox" / "northmere" / f".partial-{expected.submission_id}"
    scraps.mkdir()
    (scraps / "records.parquet").write_bytes(b"half")
    assert send("northmere", "TAX", ["R1"]) == expected
    assert names(area.shared / "inbox" / "northmere") == [expected.submission_id]


def test_a_missing_shared_folder_is_not_made_up(area: Area, send: Send) -> None:
    shutil.rmtree(area.shared)
    with pytest.raises(StorageError, match="not there"):
        send("northmere", "TAX", ["R1"])
    assert not area.shared.exists()


def test_a_shared_folder_without_the_right_to_write_is_a_storage_error(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(StorageError, match="may not be written") as caught:
        send("northmere", "TAX", ["R1"])
    assert caught.value.exit_code == 7


def test_an_hour_later_the_same_rows_are_a_submission_of_their_own(area: Area, send: Send) -> None:
    first, second = send("northmere", "TAX", ["R1"]), send("northmere", "TAX", ["R1"], now=NOON + timedelta(hours=1))
    assert first.submission_id != second.submission_id
    assert first.row_digest == second.row_digest
