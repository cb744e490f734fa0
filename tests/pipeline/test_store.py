"""Names, copies, writes and digests."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import store
from schemas.errors import IntegrityError, StorageError


@pytest.mark.parametrize("name", ["tax-20261102t120000z-0123456789ab", "northmere", "a" * 40, "0"])
def test_names_on_the_allow_list_pass(name: str) -> None:
    assert store.safe_name(name, what="submission") == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../up", "/etc", "C:", "c:\\x", "a/b", "a\\b", "A", "a b", "a.b", "a" * 41, "a" * 300, "con", "nul", "com1", "lpt9",
     "a\0", "a\n", "\u202eabc", "ａ", "é"],
)  # fmt: skip
def test_names_that_could_do_harm_are_refused_and_not_repeated_raw(name: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        store.safe_name(name, what="submission")
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 600


def test_a_copy_has_the_bytes_and_the_hash_of_the_original(tmp_path: Path) -> None:
    content = b"counterfoil" * 200_000
    (tmp_path / "a").write_bytes(content)
    assert store.copy_hashed(tmp_path / "a", tmp_path / "b", cap=len(content)) == (len(content), hashlib.sha256(content).hexdigest())
    assert (tmp_path / "b").read_bytes() == content


def test_a_copy_stops_at_its_cap(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(IntegrityError, match="larger than 10 bytes"):
        store.copy_hashed(tmp_path / "a", tmp_path / "b", cap=10)


def test_a_link_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not yours")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(IntegrityError, match="no plain file"):
        store.copy_hashed(tmp_path / "link", tmp_path / "b", cap=100)
    assert not (tmp_path / "b").exists()


def test_a_pipe_is_not_copied_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IntegrityError, match="no plain file"):
        store.copy_hashed(tmp_path / "pipe", tmp_path / "b", cap=100)


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(StorageError, match="no room left") as caught:
        store.write_atomic(path, b"new")
    assert caught.value.exit_code == 7
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no room left"), (errno.EROFS, "may not be written"), (errno.EACCES, "may not be written"), (errno.ENOENT, "missing"), (errno.EIO, "failed")],
)
def test_every_complaint_of_the_system_becomes_a_storage_error_with_a_remedy(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught, store.storage_errors(tmp_path):
        raise OSError(number, "engine's words")
    assert caught.value.exit_code == 7
    assert caught.value.mend


def test_a_source_that_fails_half_way_is_the_sender_s_trouble_and_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def failing(*_: object) -> io.BufferedReader:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(store.os, "open", failing)
    with pytest.raises(IntegrityError, match="cannot be read"):
        store.copy_hashed(tmp_path / "a", tmp_path / "b", cap=10)


def test_a_folder_on_a_network_that_cannot_sync_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    with monkeypatch.context() as patch:
        patch.setattr(store.os, "fsync", unable)
        store.fsync_folder(tmp_path)
    assert not store.is_plain_folder(tmp_path / "gone")


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a long old content")
    store.write_atomic(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


def test_a_missing_folder_is_a_storage_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing"):
        store.write_atomic(tmp_path / "gone" / "f", b"")


def test_the_same_rows_give_the_same_parquet_bytes_however_they_are_chunked() -> None:
    frame = pl.DataFrame({"a": ["x", None, "y"], "n": [1, 2, 3]})
    parts = pl.concat([frame[:1], frame[1:]], rechunk=False)
    assert parts.n_chunks() == 2
    assert store.parquet_bytes(frame) == store.parquet_bytes(parts)


def test_parquet_reads_back_as_it_was(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x", None], "d": [date(2026, 11, 1), None], "b": [True, None]})
    store.write_parquet(frame, tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").equals(frame)


ROWS = st.lists(st.tuples(st.none() | st.text("\x1e\x1f\\Nab\n", max_size=4), st.none() | st.integers(-2, 2), st.none() | st.text("a\x1f\\", max_size=3)), max_size=6)
SCHEMA = pl.Schema({"a": pl.String(), "n": pl.Int64(), "b": pl.String()})


@given(ROWS, st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_rows(rows: list[tuple[object, ...]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert store.row_digest(pl.DataFrame(rows, SCHEMA, orient="row")) == store.row_digest(pl.DataFrame(shuffled, SCHEMA, orient="row"))


@given(ROWS, ROWS)
def test_different_rows_have_different_digests(left: list[tuple[object, ...]], right: list[tuple[object, ...]]) -> None:
    same_rows = sorted(left, key=repr) == sorted(right, key=repr)
    same_digest = store.row_digest(pl.DataFrame(left, SCHEMA, orient="row")) == store.row_digest(pl.DataFrame(right, SCHEMA, orient="row"))
    assert same_digest == same_rows


def test_a_null_is_not_an_empty_text_nor_the_mark_for_it() -> None:
    digests = {store.row_digest(pl.DataFrame({"a": [value]}, schema={"a": pl.String})) for value in (None, "", "\\N", "\\\\N")}
    assert len(digests) == 4


def test_a_digest_knows_names_and_types_of_columns() -> None:
    frames = (pl.DataFrame({"a": ["1"]}), pl.DataFrame({"b": ["1"]}), pl.DataFrame({"a": [1]}))
    assert len({store.row_digest(frame) for frame in frames}) == 3


def test_a_digest_is_the_same_in_every_version() -> None:
    # worked out by hand: column line, then a record separator before each sorted row
    expected = hashlib.sha256(b"a String\x1fn Int64\x1e\\N\x1f2\x1ex\\uy\x1f1").hexdigest()
    assert store.row_digest(pl.DataFrame({"a": ["x\x1fy", None], "n": [1, 2]})) == expected
