"""What only an SFTP server has: keys, extensions that lack, and answers that are lost on their way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.store import sftp as module
from pipeline.store.abilities import abilities
from pipeline.store.area import Area
from pipeline.store.open import AreaOptions, open_area
from pipeline.store.retries import Lost, Retries
from schemas.errors import ConfigurationError, StorageError
from tests.pipeline.store.conftest import Place, Ssh, key, sftp_place, ssh_server

NAME = "inbox/northmere/tax-1/manifest.json"
everything = pytest.mark.parametrize("place", ["sftp"], indirect=True)


def refused(place: Place, options: AreaOptions) -> StorageError:
    with closing(open_area(place.location, options)) as area, pytest.raises(StorageError) as caught:
        area.put(NAME, b"x")
    assert place.local is not None
    assert list(place.local.iterdir()) == []
    return caught.value


@everything
def test_a_server_with_another_key_is_refused(place: Place, ssh: Ssh, tmp_path: Path):
    other = " ".join(key(tmp_path / "other").with_suffix(".pub").read_text().split()[:2])
    error = refused(place, ssh.options(public=other))
    assert "another key" in error.what
    assert error.found == "nothing was sent"


@everything
def test_a_server_whose_key_is_not_known_is_refused_and_not_remembered(place: Place, ssh: Ssh):
    options = ssh.options(public="")
    assert "not known" in refused(place, options).what
    assert Path(options.known_hosts).read_text() == ""


@everything
def test_a_key_that_the_server_does_not_know_is_not_let_in(place: Place, ssh: Ssh, tmp_path: Path):
    stranger = AreaOptions(identity=str(key(tmp_path / "stranger")), known_hosts=ssh.options().known_hosts)
    assert "does not let us in" in refused(place, stranger).what


@everything
@pytest.mark.parametrize("wrong", ["identity", "known_hosts", "no key"])
def test_files_of_the_settings_that_are_not_there_are_said_so(place: Place, ssh: Ssh, tmp_path: Path, wrong: str):
    (tmp_path / "empty").touch()
    identity = {"identity": str(tmp_path / "none"), "no key": str(tmp_path / "empty")}.get(wrong, str(ssh.identity))
    known_hosts = str(tmp_path / "none") if wrong == "known_hosts" else ssh.options().known_hosts
    with closing(open_area(place.location, AreaOptions(identity=identity, known_hosts=known_hosts))) as area, pytest.raises(ConfigurationError) as caught:
        area.exists(NAME)
    assert caught.value.mend


def test_a_server_whose_name_nobody_knows_is_said_so(ssh: Ssh):
    options = AreaOptions(identity=str(ssh.identity), known_hosts=ssh.options().known_hosts)
    area = open_area("sftp://nobody@server.invalid/shared", options)
    area._retries = Retries(sleep=lambda _: None)  # type: ignore[attr-defined]
    with pytest.raises(StorageError, match="name is not known"):
        area.exists(NAME)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Area]]:
    """Return a function that starts a server of its own and opens the area there."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    open_ = []

    def start(*words: str, most_bytes: int | None = None) -> Area:
        folder = tmp_path / "server"
        folder.mkdir()
        server = ssh_server(folder, *words, most_bytes=most_bytes)
        place = sftp_place(tmp_path / "shared", server.__enter__())
        area = place.area()
        open_.append((area, server))
        return area

    yield start
    for area, server in open_:
        area.close()
        server.__exit__(None, None, None)


def test_f16_a_server_without_extensions_is_found_out_and_still_serves(served: Callable[..., Area], tmp_path: Path):
    area = served("-P", "posix-rename,hardlink,fsync")
    area.put(NAME, b"first")
    area.put(NAME, b"second")
    assert area.fetch(NAME, tmp_path / "copy", cap=10)[0] == 6
    assert area.create(NAME, b"third") is False
    assert area.create("inbox/northmere/tax-2/manifest.json", b"x") is True
    found = {ability.name: ability for ability in abilities(area, "inbox/northmere")}
    assert {name for name, ability in found.items() if not ability.ok} == {"replaced at once", "named once by links", "durable"}
    assert "never half written" in found["replaced at once"].sentence
    assert [entry.name for entry in area.entries("inbox/northmere")] == ["tax-1", "tax-2"]


def test_a_server_that_may_only_be_read_is_said_so(served: Callable[..., Area], tmp_path: Path):
    area = served("-R")
    for call in (area.put, area.create):
        with pytest.raises(StorageError, match="does not allow it"):
            call(NAME, b"x")
    assert list((tmp_path / "shared").iterdir()) == []


def test_f50_a_full_server_is_said_so_and_nothing_is_left(served: Callable[..., Area], tmp_path: Path):
    area = served(most_bytes=1_000_000)
    with pytest.raises(StorageError, match="could not carry it out"):
        area.put(NAME, b"x" * 3_000_000)
    assert area.entries("inbox/northmere/tax-1") == []
    area.put(NAME, b"x" * 900_000)
    assert area.exists(NAME)


@everything
@pytest.mark.parametrize(("theirs", "won"), [(b"", True), (b"another's", False)])
def test_an_answer_that_is_lost_after_the_naming_is_asked_for_again(
    area: Area, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: bytes, won: bool
):
    real, lost = module._name_anew, []

    def deaf(client: object, temporary: str, path: str) -> bool:
        named = real(client, temporary, path)
        if not lost:
            lost.append(path)
            if theirs:
                Path(path).write_bytes(theirs)
            raise Lost("the connection to the server broke")
        return named

    monkeypatch.setattr(module, "_name_anew", deaf)
    area._retries = Retries(sleep=lambda _: None)  # type: ignore[attr-defined]
    assert area.create(NAME, b"ours") is won
    area.fetch(NAME, tmp_path / "copy", cap=10)
    assert (tmp_path / "copy").read_bytes() == (theirs or b"ours")
    assert [entry.name for entry in area.entries("inbox/northmere/tax-1")] == ["manifest.json"]


@everything
def test_a_root_that_goes_is_said_so_also_on_an_open_line(area: Area, place: Place):
    area.put(NAME, b"x")
    assert place.local is not None
    shutil.rmtree(place.local)
    with pytest.raises(StorageError, match="the shared area is missing"):
        area.exists(NAME)
