"""A line to an SFTP server: the server's key is checked, our own is shown, and silence ends the line.

Imported only where an area is an `sftp://` one, because its library is an extra.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import paramiko

from pipeline.store.retries import Lost
from pipeline.store.sftp_client import Client, Watch
from schemas.errors import ConfigurationError, StorageError

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # what it has to say reaches people as our errors

Result = TypeVar("Result")


@dataclass(frozen=True)
class Host:
    """Where the server is, and who we are there.

    Attributes:
        identity: file of our private key; where empty, the agent and the keys of the user's own `.ssh` are tried.
        known_hosts: file with the server's key; where empty, the user's own.
        timeout: seconds of silence after which the line is given up.
    """

    name: str
    port: int
    user: str
    identity: str
    known_hosts: str
    timeout: float


class Line:
    """One connection, made when it is first needed and again after it broke; used by one thread at a time."""

    def __init__(self, host: Host, where: str) -> None:
        self._host, self._where = host, where
        self._ssh: paramiko.SSHClient | None = None
        self._client: Client | None = None

    def use(self, call: Callable[[Client], Result]) -> Result:
        """Return what the call makes of the connection.

        Raises:
            Lost: the line broke or the server fell silent; the next use connects anew.
            OSError: the server's own answer, which is that it will not.
        """
        watch = Watch(self._host.timeout)
        with watch.over():
            try:
                if self._client is None:
                    self._connect(watch)
                assert self._client is not None
                self._client.watch = watch
                watch.socket = self._client.line
                return call(self._client)
            except (FileNotFoundError, PermissionError):
                raise  # answers of the server
            except (EOFError, OSError, paramiko.SSHException) as error:
                if isinstance(error, OSError) and not watch.fired and self._is_up() and not isinstance(error, (TimeoutError, ConnectionError)):
                    raise
                self.close()
                raise Lost(_why(error, watch.fired), stalled=watch.fired or isinstance(error, TimeoutError)) from None
            except BaseException:
                if watch.fired:
                    self.close()
                raise

    def close(self) -> None:
        """Let go of the connection; the next use makes another."""
        ssh, self._ssh, self._client = self._ssh, None, None
        if ssh is not None:
            with suppress(Exception):
                ssh.close()

    def _is_up(self) -> bool:
        transport = self._ssh.get_transport() if self._ssh else None
        return bool(transport and transport.is_active())

    def _connect(self, watch: Watch) -> None:
        host = self._host
        self._ssh = ssh = paramiko.SSHClient()
        try:
            ssh.load_host_keys(host.known_hosts) if host.known_hosts else ssh.load_system_host_keys()
        except (OSError, ValueError):
            raise ConfigurationError("the file with the servers' keys cannot be read", file=host.known_hosts, mend="correct known_hosts in the settings") from None
        ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
        watch.socket = line = socket.create_connection((host.name, host.port), timeout=host.timeout)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._open(ssh, line)
        except BaseException:
            self.close()
            line.close()
            raise

    def _open(self, ssh: paramiko.SSHClient, line: socket.socket) -> None:
        host = self._host
        wait = 2 * host.timeout  # the library's own patience: the watch's ends before
        try:
            ssh.connect(
                host.name, host.port, host.user, sock=line, key_filename=host.identity or None, look_for_keys=not host.identity, allow_agent=True,
                timeout=wait, banner_timeout=wait, auth_timeout=wait, channel_timeout=wait,
            )  # fmt: skip
        except paramiko.BadHostKeyException:
            raise self._stranger("the server shows another key than the one that is known", "find out why before you change known_hosts: somebody may stand in between") from None
        except paramiko.PasswordRequiredException:
            raise StorageError("the private key has a passphrase", file=host.identity, mend="load it into the SSH agent first") from None
        except paramiko.AuthenticationException as error:
            if "EOF" in str(error) or "timeout" in str(error):
                raise EOFError from None
            raise StorageError("the server does not let us in", file=self._where, mend="see that it knows our public key, and that user and identity are right") from None
        except paramiko.SSHException as error:
            if "known_hosts" in str(error):
                raise self._stranger("the server's key is not known", "get the key from whoever keeps the server, and add it to known_hosts") from None
            if "not a valid" in str(error) or "private key file" in str(error):
                raise ConfigurationError("the file is no private key", file=host.identity, mend="correct identity in the settings") from None
            raise
        except OSError as error:
            if host.identity and error.filename == host.identity:
                raise ConfigurationError("the private key cannot be read", file=host.identity, mend="correct identity in the settings") from None
            raise
        self._client = Client.from_transport(ssh.get_transport())
        self._client.line = line

    def _stranger(self, what: str, mend: str) -> StorageError:
        return StorageError(what, file=self._where, found="nothing was sent", mend=mend)


def _why(error: Exception, silent: bool) -> str:
    if silent or isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, socket.gaierror):
        return "the server's name is not known"
    return "the server cannot be reached" if isinstance(error, OSError) else "the connection to the server broke"
