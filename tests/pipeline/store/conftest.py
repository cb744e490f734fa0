"""Shared areas of every kind on this machine: a folder, an SSH server, a service for buckets, and lines between that break on demand."""

from __future__ import annotations

import getpass
import logging
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.store.area import Area
from pipeline.store.open import AreaOptions, open_area


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Proxy:
    """A line to a server that stalls or breaks after so many bytes.

    Args:
        after: bytes that pass, both ways together, before the line stands still; None for a line that does not.
    """

    def __init__(self, port: int, *, after: int | None = None) -> None:
        self.after, self.passed, self.stalled = after, 0, threading.Event()
        self._target, self._open, self._lock = port, list[socket.socket](), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(16384):
                with self._lock:
                    self.passed += len(chunk)
                    still = self.after is not None and self.passed > self.after
                if still:
                    self.stalled.set()
                    return  # both ends stay open, and nothing moves
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """Break every line that is open; new ones are taken."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next line
        self._listener.close()
        self.cut()


@pytest.fixture
def proxy() -> Iterator[Callable[..., Proxy]]:
    made = []

    def make(port: int, **options: int | None) -> Proxy:
        made.append(Proxy(port, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@dataclass(frozen=True)
class Ssh:
    """A server and how to get in."""

    port: int
    identity: Path
    public: str  # the server's key, as a line of known_hosts goes on after the name

    def options(self, port: int | None = None, *, public: str | None = None, timeout: float = 20) -> AreaOptions:
        known = self.identity.with_name(f"known_hosts.{time.monotonic_ns()}")
        known.write_text(f"[127.0.0.1]:{port or self.port} {self.public if public is None else public}\n" if public != "" else "")
        return AreaOptions(identity=str(self.identity), known_hosts=str(known), timeout_seconds=timeout)


def key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


@contextmanager
def ssh_server(folder: Path, *words: str, most_bytes: int | None = None) -> Iterator[Ssh]:
    """Run an SSH server for the user that runs the tests; `words` go to its SFTP part."""
    server = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if server is None:
        pytest.fail("these tests want a real SSH server: apt-get install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    host, user, port = key(folder / "host"), key(folder / "user"), free_port()
    lines = [
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {host}", "PidFile none", f"AuthorizedKeysFile {user}.pub", "StrictModes no", "UsePAM no",
        "PasswordAuthentication no", "PermitRootLogin prohibit-password", "MaxStartups 100", "LogLevel ERROR",
        " ".join(["Subsystem sftp internal-sftp", *words]), "PerSourcePenalties no",
    ]  # fmt: skip
    settings = folder / "sshd_config"
    settings.write_text("\n".join(lines) + "\n")
    if subprocess.run([server, "-t", "-f", str(settings)], capture_output=True, check=False).returncode:
        settings.write_text("\n".join(lines[:-1]) + "\n")  # older servers have no penalties and do not know the word

    def limited() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    running = subprocess.Popen([server, "-D", "-e", "-f", str(settings)], stderr=subprocess.PIPE, preexec_fn=limited)
    try:
        _wait_for(port, running)
        yield Ssh(port, user, " ".join(host.with_suffix(".pub").read_text().split()[:2]))
    finally:
        running.terminate()
        running.communicate()


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if running.poll() is not None:
            pytest.fail(f"the SSH server did not start: {running.communicate()[1]!r}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            if line.recv(3):
                return
        time.sleep(0.05)
    pytest.fail("the SSH server does not answer")


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    with ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture(scope="session")
def bucket_port() -> Iterator[int]:
    """A service for buckets; one request at a time, so that of two that come at once one is first."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def request(port: int, method: str, path: str, body: bytes = b"") -> None:
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{path}", data=body, method=method)):
        pass


@dataclass(frozen=True)
class Place:
    """One kind of shared area.

    Attributes:
        location, options: as settings say them.
        missing: the same with a root that is not there.
        local: the folder behind it, where there is one.
        port: of its server; 0 without one.
        through: options for reaching it at another port, and for so many seconds of patience.
    """

    kind: str
    location: str
    options: AreaOptions
    missing: str
    local: Path | None = None
    port: int = 0
    through: Callable[..., tuple[str, AreaOptions]] | None = None

    def area(self) -> Area:
        return open_area(self.location, self.options)

    def at(self, port: int, timeout: float = 20) -> Area:
        assert self.through is not None
        return open_area(*self.through(port, timeout))


def folder_place(root: Path) -> Place:
    root.mkdir()
    return Place("folder", str(root), AreaOptions(), str(root.with_name("none")), local=root)


def sftp_place(root: Path, ssh: Ssh) -> Place:
    root.mkdir(exist_ok=True)
    start = f"sftp://{getpass.getuser()}@127.0.0.1"

    def through(port: int, timeout: float) -> tuple[str, AreaOptions]:
        return f"{start}:{port}{root}", ssh.options(port, timeout=timeout)

    return Place("sftp", *through(ssh.port, 20), f"{start}:{ssh.port}{root}-none", local=root, port=ssh.port, through=through)


def bucket_place(name: str, port: int) -> Place:
    request(port, "PUT", name)

    def through(port: int, timeout: float) -> tuple[str, AreaOptions]:
        return f"s3://{name}/shared", AreaOptions(endpoint=f"http://127.0.0.1:{port}", region="eu-west-2", timeout_seconds=timeout)

    return Place("bucket", *through(port, 20), f"s3://{name}-none/shared", port=port, through=through)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place of the kind that the test asks for."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    if request.param == "folder":
        return folder_place(tmp_path / "shared")
    if request.param == "sftp":
        return sftp_place(tmp_path / "shared", request.getfixturevalue("ssh"))
    return bucket_place(f"area-{time.monotonic_ns()}", request.getfixturevalue("bucket_port"))


@pytest.fixture
def area(place: Place) -> Iterator[Area]:
    made = place.area()
    yield made
    made.close()
