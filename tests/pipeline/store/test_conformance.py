"""One suite for every kind of shared area: what the exchange relies on holds in a folder, on an SFTP server and in a bucket alike."""

from __future__ import annotations

import hashlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.store.area import Area, Entry
from pipeline.store.retries import Retries
from schemas.errors import IntegrityError, StorageError

ROOT = Path(__file__).parents[3]
NAME = "inbox/northmere/tax-1/manifest.json"
MEGABYTES_5 = os.urandom(5_000_000)
everywhere = pytest.mark.parametrize("place", ["folder", "sftp", "bucket"], indirect=True)
with_folders = pytest.mark.parametrize("place", ["folder", "sftp"], indirect=True)
with_servers = pytest.mark.parametrize("place", ["sftp", "bucket"], indirect=True)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*", "ignore::DeprecationWarning:botocore.*")


def content_of(area: Area, tmp_path: Path, name: str = NAME, *, cap: int = 10_000_000) -> bytes:
    target = tmp_path / f"copy-{threading.get_ident()}"
    size, digest = area.fetch(name, target, cap=cap)
    content = target.read_bytes()
    assert (size, digest) == (len(content), hashlib.sha256(content).hexdigest())
    return content


def names(area: Area, folder: str) -> list[tuple[str, str]]:
    return [(entry.name, entry.kind) for entry in area.entries(folder)]


# --- what is put is there


@everywhere
@pytest.mark.parametrize("content", [b"", b"x", MEGABYTES_5], ids=["nothing", "a byte", "5 MB"])
def test_what_is_put_comes_back_with_its_hash(area: Area, tmp_path: Path, content: bytes):
    area.put(NAME, content)
    assert area.exists(NAME)
    assert content_of(area, tmp_path) == content


@everywhere
def test_a_file_that_is_put_again_is_replaced(area: Area, tmp_path: Path):
    area.put(NAME, b"a long old content")
    area.put(NAME, b"new")
    assert content_of(area, tmp_path) == b"new"
    assert names(area, "inbox/northmere/tax-1") == [("manifest.json", "file")]


@everywhere
def test_folders_list_what_is_in_them_and_no_deeper(area: Area):
    area.put(NAME, b"12345")
    area.put("inbox/northmere/tax-1/records.parquet", b"1")
    area.put("inbox/eastholt/tax-2/manifest.json", b"1")
    assert names(area, "") == [("inbox", "folder")]
    assert names(area, "inbox") == [("eastholt", "folder"), ("northmere", "folder")]
    first, second = area.entries("inbox/northmere/tax-1")
    assert (first.name, first.kind, first.size, second.name) == ("manifest.json", "file", 5, "records.parquet")
    assert first.changed is not None
    assert abs(first.changed.timestamp() - time.time()) < 60
    assert area.entries("outbox/northmere") == []


@everywhere
def test_a_folder_is_no_file(area: Area, tmp_path: Path):
    area.put(NAME, b"x")
    assert not area.exists("inbox/northmere/tax-1")
    with pytest.raises(IntegrityError):
        content_of(area, tmp_path, "inbox/northmere/tax-1")


@everywhere
def test_what_is_removed_is_gone_with_the_folder_it_leaves_empty(area: Area):
    area.put(NAME, b"x")
    area.put("inbox/northmere/tax-2/manifest.json", b"x")
    area.remove(NAME)
    area.remove(NAME)
    area.remove("inbox/northmere/never/was.json")
    assert not area.exists(NAME)
    assert names(area, "inbox/northmere") == [("tax-2", "folder")]


@with_folders
def test_a_partners_own_folder_stays_when_it_is_empty(area: Area):
    area.put(NAME, b"x")
    area.remove(NAME)
    assert names(area, "inbox") == [("northmere", "folder")]
    assert area.entries("inbox/northmere") == []


@everywhere
def test_a_missing_file_is_the_senders_trouble(area: Area, tmp_path: Path):
    assert not area.exists(NAME)
    with pytest.raises(IntegrityError, match="missing"):
        content_of(area, tmp_path)
    assert list(tmp_path.glob("copy-*")) == []


@everywhere
def test_a_missing_root_is_said_with_its_place(place: Any, tmp_path: Path):
    from pipeline.store.open import open_area

    area = open_area(place.missing, place.options)
    calls: list[Callable[[], object]] = [
        lambda: area.entries("inbox"), lambda: area.exists(NAME), lambda: area.fetch(NAME, tmp_path / "copy", cap=9), lambda: area.put(NAME, b"x"),
        lambda: area.create(NAME, b"x"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(StorageError, match="missing") as caught:
            call()
        assert caught.value.file == area.where
        assert caught.value.mend
    area.close()


@everywhere
@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "inbox/../../up", "inbox//x", "inbox/x/", "C:/x", "inbox\\x", "inbox/X", "inbox/nul", "inbox/com1.txt", "inbox/a.",
             ".partial-x", "inbox/.hidden", "inbox/a\0", "inbox/a\n", "inbox/" + "a" * 81, "inbox/\u202eabc", "inbox/%2e%2e/x"],
)  # fmt: skip
def test_f47_names_that_lead_elsewhere_are_refused_and_not_repeated_raw(area: Area, tmp_path: Path, name: str):
    calls: list[Callable[[], object]] = [
        lambda: area.exists(name), lambda: area.fetch(name, tmp_path / "copy", cap=9), lambda: area.put(name, b"x"), lambda: area.create(name, b"x"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(IntegrityError) as caught:
            call()
        assert str(caught.value).isascii()
    assert not (tmp_path / "copy").exists()


# --- one name, one winner


@everywhere
def test_f11_a_name_that_is_taken_keeps_its_content(area: Area, tmp_path: Path):
    assert area.create(NAME, b"first") is True
    assert area.create(NAME, b"second") is False
    assert content_of(area, tmp_path) == b"first"
    assert names(area, "inbox/northmere/tax-1") == [("manifest.json", "file")]


def race(place: Any, contents: list[bytes], call: Callable[[Area, bytes], object]) -> list[object]:
    """Let each content be written by a thread and a connection of its own, all at once."""
    ready = threading.Barrier(len(contents))

    def one(content: bytes) -> object:
        area = place.area()
        area.exists(NAME)  # so that every connection is made before the start
        ready.wait(30)
        try:
            return call(area, content)
        finally:
            area.close()

    with ThreadPoolExecutor(len(contents)) as threads:
        return list(threads.map(one, contents))


@everywhere
def test_f14_of_eight_who_create_one_name_at_once_one_wins(place: Any, area: Area, tmp_path: Path):
    for round_ in range(3):
        name = f"inbox/northmere/tax-{round_}/manifest.json"
        contents = [bytes([n]) * 100_000 for n in range(8)]
        won = race(place, contents, lambda one, content, name=name: one.create(name, content))  # type: ignore[misc]
        assert sorted(map(bool, won)) == [False] * 7 + [True]
        assert content_of(area, tmp_path, name) == contents[won.index(True)]
        assert names(area, f"inbox/northmere/tax-{round_}") == [("manifest.json", "file")]


@everywhere
def test_f14_files_put_at_once_are_never_mixed_and_never_seen_in_part(place: Any, area: Area, tmp_path: Path):
    contents = [bytes([n]) * 200_000 for n in range(4)]
    area.put(NAME, contents[0])
    seen, done = [], threading.Event()

    def read() -> None:
        reader = place.area()
        while not done.is_set():
            seen.append(content_of(reader, tmp_path))
        reader.close()

    reader = threading.Thread(target=read)
    reader.start()
    race(place, contents, lambda one, content: [one.put(NAME, content) for _ in range(4)])
    done.set()
    reader.join()
    assert seen
    assert {*seen, content_of(area, tmp_path)} <= set(contents)


@with_folders
def test_a_folder_that_goes_while_it_is_written_to_is_made_again(place: Any, area: Area):
    ones = [f"inbox/northmere/tax-1/{letter}.json" for letter in "abcd"]

    def to_and_fro(one: Area, content: bytes) -> None:
        for _ in range(10):
            one.put(content.decode(), content)
            one.remove(content.decode())

    race(place, [name.encode() for name in ones], to_and_fro)
    assert area.entries("inbox/northmere") == []


# --- whole or absent


CHILD = """
import os, signal, sys, time
from pathlib import Path
from pipeline.store.open import AreaOptions, open_area

def stop(*_):
    print("here", flush=True)
    time.sleep(60)

if {stop!r}:
    setattr(os, {stop!r}, stop)
area = open_area({location!r}, {options!r})
getattr(area, {call!r})({name!r}, os.urandom(5_000_000))
"""


def child(location: str, options: object, call: str, *, stop: str = "") -> subprocess.Popen[str]:
    text = CHILD.format(stop=stop, location=location, options=options, call=call, name=NAME)
    return subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def assert_only_remains(area: Area, tmp_path: Path) -> None:
    assert not area.exists(NAME)
    remains = area.entries("inbox/northmere/tax-1")
    assert all(entry.name.startswith(".partial-") for entry in remains)
    for entry in remains:
        with pytest.raises(IntegrityError):
            area.fetch(f"inbox/northmere/tax-1/{entry.name}", tmp_path / "copy", cap=10_000_000)
    assert area.create(NAME, MEGABYTES_5)  # whoever was cut off begins again
    assert content_of(area, tmp_path) == MEGABYTES_5
    for entry in remains:
        area.remove(f"inbox/northmere/tax-1/{entry.name}")
    assert names(area, "inbox/northmere/tax-1") == [("manifest.json", "file")]


@pytest.mark.parametrize("place", ["folder"], indirect=True)
@pytest.mark.parametrize(("call", "stop"), [("put", "fsync"), ("put", "replace"), ("create", "fsync"), ("create", "link")])
def test_f15_a_writer_killed_in_a_folder_leaves_nothing_that_counts(place: Any, area: Area, tmp_path: Path, call: str, stop: str):
    running = child(place.location, place.options, call, stop=stop)
    assert running.stdout is not None
    assert running.stdout.readline() == "here\n"
    running.kill()
    running.communicate()
    assert_only_remains(area, tmp_path)


@with_servers
@pytest.mark.parametrize("after", [6_000, 1_000_000, 4_000_000])
def test_f15_a_sender_killed_in_the_middle_leaves_nothing_that_counts(place: Any, area: Area, tmp_path: Path, proxy: Callable[..., Any], after: int):
    line = proxy(place.port, after=after)
    running = child(*place.through(line.port, 60), "put")
    assert line.stalled.wait(20)
    running.kill()
    running.communicate()
    line.cut()
    assert_only_remains(area, tmp_path)


@with_servers
@pytest.mark.parametrize("call", ["put", "create"])
def test_f64_a_line_that_stalls_during_sending_is_given_up_in_time(place: Any, area: Area, proxy: Callable[..., Any], call: str):
    line = proxy(place.port, after=1_000_000)
    sender, began = place.at(line.port, 1), time.monotonic()
    with pytest.raises(StorageError) as caught:
        getattr(sender, call)(NAME, MEGABYTES_5)
    assert time.monotonic() - began < 4
    assert caught.value.mend
    sender.close()
    line.cut()
    assert not area.exists(NAME)


@with_servers
def test_f64_a_line_that_stalls_during_fetching_leaves_no_copy(place: Any, area: Area, tmp_path: Path, proxy: Callable[..., Any]):
    area.put(NAME, MEGABYTES_5)
    receiver, began = place.at(proxy(place.port, after=1_000_000).port, 1), time.monotonic()
    with pytest.raises(StorageError):
        receiver.fetch(NAME, tmp_path / "copy", cap=10_000_000)
    assert time.monotonic() - began < 4
    assert not (tmp_path / "copy").exists()
    receiver.close()


@with_servers
def test_f64_a_server_that_never_answers_is_given_up_in_time(place: Any):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        area = place.at(listener.getsockname()[1], 1)
        for call in (lambda: area.entries("inbox"), lambda: area.create(NAME, b"x")):
            with pytest.raises(StorageError) as caught:
                call()
            assert caught.value.file == area.where
        assert time.monotonic() - began < 5


@with_servers
def test_f64_a_server_that_is_gone_is_said_so_after_a_few_tries(place: Any, proxy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    line = proxy(place.port)
    line.close()
    slept: list[float] = []
    area = place.at(line.port)
    area._retries = Retries(sleep=slept.append)  # type: ignore[attr-defined]
    with pytest.raises(StorageError) as caught:
        area.create(NAME, b"x")
    assert caught.value.mend
    assert len(slept) == 3
    assert sum(slept) <= 10


@with_servers
def test_a_line_that_breaks_between_two_calls_is_made_again(place: Any, tmp_path: Path, proxy: Callable[..., Any]):
    line = proxy(place.port)
    area = place.at(line.port)
    area.put(NAME, b"x")
    line.cut()
    assert content_of(area, tmp_path) == b"x"
    area.close()
    assert area.exists(NAME)
    area.close()


# --- caps, links, room, rights


@everywhere
def test_f45_a_file_above_the_cap_is_refused_and_not_kept(area: Area, tmp_path: Path):
    area.put(NAME, MEGABYTES_5)
    with pytest.raises(IntegrityError, match="larger than 4,999,999 bytes"):
        area.fetch(NAME, tmp_path / "copy", cap=4_999_999)
    assert not (tmp_path / "copy").exists()
    assert area.fetch(NAME, tmp_path / "copy", cap=5_000_000)[0] == 5_000_000


@with_servers
def test_f45_a_file_above_the_cap_is_not_read_to_its_end(place: Any, area: Area, tmp_path: Path, proxy: Callable[..., Any]):
    area.put(NAME, bytes(40_000_000))
    line = proxy(place.port)
    receiver = place.at(line.port)
    with pytest.raises(IntegrityError):
        receiver.fetch(NAME, tmp_path / "copy", cap=1000)
    receiver.close()
    assert line.passed < 20_000_000  # the systems at both ends keep some of it under way, whether anybody reads or not


@with_folders
def test_f47_links_and_devices_are_listed_as_such_and_never_followed(place: Any, area: Area, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_bytes(b"secret")
    area.put(NAME, b"x")
    inbox = place.local / "inbox"
    (inbox / "northmere" / "tax-1" / "link.json").symlink_to(outside / "secret.json")
    (inbox / "northmere" / "tax-1" / "dangling.json").symlink_to(outside / "none.json")
    os.mkfifo(inbox / "northmere" / "tax-1" / "pipe.json")
    (inbox / "eastholt").symlink_to(outside, target_is_directory=True)
    assert names(area, "inbox") == [("eastholt", "other"), ("northmere", "folder")]
    kinds = dict(names(area, "inbox/northmere/tax-1"))
    assert {name for name, kind in kinds.items() if kind == "other"} == {"link.json", "dangling.json", "pipe.json"}
    for name in ("link.json", "dangling.json", "pipe.json"):
        assert not area.exists(f"inbox/northmere/tax-1/{name}")
        assert area.create(f"inbox/northmere/tax-1/{name}", b"ours") is False
        with pytest.raises(IntegrityError):
            area.fetch(f"inbox/northmere/tax-1/{name}", tmp_path / "copy", cap=100)
    through: list[Callable[[], object]] = [
        lambda: area.entries("inbox/eastholt"), lambda: area.exists("inbox/eastholt/secret.json"), lambda: area.put("inbox/eastholt/new.json", b"x"),
        lambda: area.fetch("inbox/eastholt/secret.json", tmp_path / "copy", cap=100), lambda: area.create("inbox/eastholt/new.json", b"x"),
        lambda: area.remove("inbox/eastholt/secret.json"),
    ]  # fmt: skip
    for call in through:
        with pytest.raises(IntegrityError, match="stands where a folder should be"):
            call()
    area.put("inbox/northmere/tax-1/link.json", b"ours")  # takes the link's place, and not that of what it shows
    assert [path.name for path in outside.iterdir()] == ["secret.json"]
    assert (outside / "secret.json").read_bytes() == b"secret"


@with_folders
def test_f47_names_that_are_no_text_are_listed_and_harm_nobody(place: Any, area: Area):
    area.put(NAME, b"x")
    with open(os.fsencode(place.local / "inbox" / "northmere" / "tax-1") + b"/\xff\xfe", "wb"):
        pass
    assert len(area.entries("inbox/northmere/tax-1")) == 2


@with_folders
def test_a_file_in_place_of_a_folder_is_said_so(area: Area):
    area.put("inbox/northmere", b"x")
    with pytest.raises(IntegrityError, match="a file stands where a folder should be"):
        area.put(NAME, b"x")


@pytest.mark.parametrize("place", ["bucket"], indirect=True)
def test_what_only_buckets_hold_is_told_apart(place: Any, area: Area):
    from tests.pipeline.store.conftest import request

    bucket = place.location.removeprefix("s3://")
    request(place.port, "PUT", f"{bucket}/inbox/northmere/")  # a marker that some programs leave for a folder
    assert area.entries("inbox/northmere") == []
    request(place.port, "PUT", f"{bucket}/inbox/northmere//x", b"1")
    with pytest.raises(IntegrityError, match="name that is not allowed"):
        area.entries("inbox/northmere")


def full_folder(area: Area) -> StorageError:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(StorageError) as caught:
            area.put(NAME, MEGABYTES_5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return caught.value


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_f50_a_full_drive_is_said_so_and_nothing_is_left(area: Area, tmp_path: Path):
    assert "no room" in str(full_folder(area))
    assert area.entries("inbox/northmere/tax-1") == []
    area.put(NAME, MEGABYTES_5)
    assert content_of(area, tmp_path) == MEGABYTES_5


def test_an_entry_is_what_it_says():
    assert Entry("a", "other") == Entry("a", "other", 0, None)
