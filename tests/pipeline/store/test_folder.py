"""What only a folder has: drives without links, drives that go away."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.store import files
from pipeline.store.folder import Folder
from schemas.errors import StorageError

NAME = "inbox/northmere/tax-1/manifest.json"


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)


@pytest.mark.usefixtures("no_links")
def test_f14_on_a_drive_without_links_one_of_eight_wins_too(tmp_path: Path):
    ready, contents = threading.Barrier(8), [bytes([n]) * 50_000 for n in range(8)]

    def one(content: bytes) -> bool:
        ready.wait(30)
        return Folder(tmp_path).create(NAME, content)

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(one, contents))
    assert sorted(won) == [False] * 7 + [True]
    assert (tmp_path / NAME).read_bytes() == contents[won.index(True)]
    assert [entry.name for entry in Folder(tmp_path).entries("inbox/northmere/tax-1")] == ["manifest.json"]


@pytest.mark.usefixtures("no_links")
def test_a_claim_that_nobody_gives_up_is_named_and_never_broken(tmp_path: Path):
    slept: list[float] = []
    area = Folder(tmp_path, sleep=slept.append)
    area.put("inbox/northmere/tax-1/records.parquet", b"x")
    claim = tmp_path / "inbox" / "northmere" / "tax-1" / ".partial-manifest.json.claim"
    claim.touch()
    with pytest.raises(StorageError, match=r"remove \.partial-manifest\.json\.claim"):
        area.create(NAME, b"x")
    assert claim.exists()
    assert sum(slept) <= 10
    area.remove("inbox/northmere/tax-1/.partial-manifest.json.claim")
    assert area.create(NAME, b"x")


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO])
def test_f64_a_drive_that_went_away_is_tried_again_and_held_against_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    slept: list[float] = []
    area = Folder(tmp_path, sleep=slept.append)
    area.put(NAME, b"x")

    def failing(*_: object) -> int:
        raise OSError(number, "gone")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "open", failing)
        with pytest.raises(StorageError, match="the drive failed"):
            area.fetch(NAME, tmp_path / "copy", cap=10)
    assert not (tmp_path / "copy").exists()
    assert slept == [0.5, 2.0, 5.0]
    assert area.fetch(NAME, tmp_path / "copy", cap=10)[0] == 1


@pytest.mark.parametrize("call", ["put", "create"])
def test_a_drive_that_may_only_be_read_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str):
    area = Folder(tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(StorageError, match="may not be written to"):
        getattr(area, call)(NAME, b"x")


def test_a_name_that_fails_to_be_given_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    area = Folder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StorageError, match="no room"):
            area.put(NAME, b"x")
    assert area.entries("inbox/northmere/tax-1") == []


def test_a_year_that_no_calendar_has_is_not_said(tmp_path: Path):
    area = Folder(tmp_path)
    area.put("inbox/northmere/a.json", b"x")
    os.utime(tmp_path / "inbox/northmere/a.json", (0, 1e15))
    moments = [entry.changed for entry in area.entries("inbox/northmere")]
    assert len(moments) == 1
