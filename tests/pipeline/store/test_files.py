"""Names, copies and writes."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from pipeline.store import files
from schemas.errors import IntegrityError, StorageError


@pytest.mark.parametrize("name", ["tax-20261102t120000z-0123456789ab", "northmere", "a" * 40, "0"])
def test_names_on_the_allow_list_pass(name: str) -> None:
    assert files.safe_name(name, what="submission") == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../up", "/etc", "C:", "c:\\x", "a/b", "a\\b", "A", "a b", "a.b", "a" * 41, "a" * 300, "con", "nul", "com1", "lpt9",
     "a\0", "a\n", "\u202eabc", "ａ", "é"],
)  # fmt: skip
def test_names_that_could_do_harm_are_refused_and_not_repeated_raw(name: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        files.safe_name(name, what="submission")
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 600


def test_a_copy_has_the_bytes_and_the_hash_of_the_original(tmp_path: Path) -> None:
    content = b"counterfoil" * 200_000
    (tmp_path / "a").write_bytes(content)
    assert files.copy_hashed(tmp_path / "a", tmp_path / "b", cap=len(content)) == (len(content), hashlib.sha256(content).hexdigest())
    assert (tmp_path / "b").read_bytes() == content


def test_a_copy_stops_at_its_cap(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(IntegrityError, match="larger than 10 bytes"):
        files.copy_hashed(tmp_path / "a", tmp_path / "b", cap=10)


def test_a_link_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not yours")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(IntegrityError, match="no plain file"):
        files.copy_hashed(tmp_path / "link", tmp_path / "b", cap=100)
    assert not (tmp_path / "b").exists()


def test_a_pipe_is_not_copied_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IntegrityError, match="no plain file"):
        files.copy_hashed(tmp_path / "pipe", tmp_path / "b", cap=100)


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="no room left") as caught:
        files.write_atomic(path, b"new")
    assert caught.value.exit_code == 7
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no room left"), (errno.EROFS, "may not be written"), (errno.EACCES, "may not be written"), (errno.ENOENT, "missing"), (errno.EIO, "failed")],
)
def test_every_complaint_of_the_system_becomes_a_storage_error_with_a_remedy(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught, files.storage_errors(tmp_path):
        raise OSError(number, "engine's words")
    assert caught.value.exit_code == 7
    assert caught.value.mend


def test_a_source_that_fails_half_way_is_the_sender_s_trouble_and_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def failing(*_: object) -> io.BufferedReader:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.os, "open", failing)
    with pytest.raises(IntegrityError, match="cannot be read"):
        files.copy_hashed(tmp_path / "a", tmp_path / "b", cap=10)


def test_a_folder_on_a_network_that_cannot_sync_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", unable)
        files.fsync_folder(tmp_path)
    assert not files.is_plain_folder(tmp_path / "gone")


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a long old content")
    files.write_atomic(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


def test_a_missing_folder_is_a_storage_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing"):
        files.write_atomic(tmp_path / "gone" / "f", b"")
