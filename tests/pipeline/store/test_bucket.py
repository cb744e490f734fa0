"""What only a bucket has: answers of a service, and credentials."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.store import bucket as module
from pipeline.store.area import Area
from pipeline.store.open import AreaOptions, open_area
from pipeline.store.retries import Retries
from schemas.errors import ConfigurationError, StorageError
from tests.pipeline.store.conftest import Place

NAME = "inbox/northmere/tax-1/manifest.json"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*", "ignore::DeprecationWarning:botocore.*")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-say-this")


@pytest.fixture
def refusing(request: pytest.FixtureRequest) -> Iterator[int]:
    """A service that answers everything with one status."""

    class Refusing(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(request.param)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("refusing", "said"), [(403, "does not allow it"), (401, "does not allow it"), (500, "reached, or failed")], indirect=["refusing"])
def test_what_a_service_refuses_is_said_without_its_words(refusing: int, said: str, tmp_path: Path):
    area = module.Bucket("shared-area", "", endpoint=f"http://127.0.0.1:{refusing}", timeout=5, retries=Retries(waits=(0.01,)))
    calls: list[Any] = [
        lambda: area.put(NAME, b"x"), lambda: area.create(NAME, b"x"), lambda: area.entries("inbox"), lambda: area.exists(NAME),
        lambda: area.fetch(NAME, tmp_path / "copy", cap=9), lambda: area.remove(NAME),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(StorageError, match=said) as caught:
            call()
        assert caught.value.mend
        assert "do-not-say-this" not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("place", ["bucket"], indirect=True)
@pytest.mark.parametrize(("theirs", "won"), [(b"", True), (b"another's", False)])
def test_an_answer_that_is_lost_after_the_writing_is_asked_for_again(
    place: Place, area: Area, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: bytes, won: bool
):
    real, lost = module.obstore.put, []

    def deaf(store: Any, path: str, content: bytes, **how: Any) -> object:
        if lost:
            return real(store, path, content, **how)
        lost.append(path)
        real(store, path, theirs or content)
        raise module.exceptions.GenericError("the line broke")

    with monkeypatch.context() as patch:
        patch.setattr(module.obstore, "put", deaf)
        area._retries = Retries(sleep=lambda _: None)  # type: ignore[attr-defined]
        assert area.create(NAME, b"ours") is won
    area.fetch(NAME, tmp_path / "copy", cap=10)
    assert (tmp_path / "copy").read_bytes() == (theirs or b"ours")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [("http://storage.example", "not encrypted"), ("ftp://storage.example", "no address"), ("storage.example", "no address"),
     ("https://me:secret@storage.example", "no address")],
)  # fmt: skip
def test_an_endpoint_that_would_give_data_away_is_refused(endpoint: str, said: str):
    with pytest.raises(ConfigurationError, match=said) as caught:
        open_area("s3://shared-area/x", AreaOptions(endpoint=endpoint))
    assert "secret" not in str(caught.value)


def test_credentials_come_from_the_environment_or_not_at_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigurationError, match="no credentials"):
        open_area("s3://shared-area/x", AreaOptions())
