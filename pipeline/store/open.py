"""The shared area by the place that settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from pipeline.store.area import Area
from pipeline.store.folder import Folder
from schemas.errors import ConfigurationError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KNOWN = "a folder, sftp://user@host/path, s3://bucket/prefix"
_SSH_PORT = 22


@dataclass(frozen=True)
class AreaOptions:
    """How a shared area that is no folder is reached; passwords and keys of buckets are in the environment, never here.

    Attributes:
        identity, known_hosts: of SFTP: the private key file, and the file with the server's key.
        endpoint, region: of a bucket that is not at its usual place.
        timeout_seconds: how long a server may be silent before it is given up.
    """

    identity: str = ""
    known_hosts: str = ""
    endpoint: str = ""
    region: str = ""
    timeout_seconds: float = 60


def open_area(location: str, options: AreaOptions) -> Area:
    """Return the shared area at a place; whoever asks closes it. Nothing is reached for before it is first used.

    Args:
        location: a folder, `file:///path`, `sftp://user@host:port/path` or `s3://bucket/prefix`.

    Raises:
        ConfigurationError: the place is of no known kind, holds a password, or what it needs is not installed.
    """
    scheme = _SCHEME.match(location)
    if scheme is None:
        return Folder(Path(location))
    opener = {"file": _folder, "sftp": _sftp, "s3": _bucket}.get(scheme.group(1).lower())
    if opener is None:
        raise ConfigurationError(f"a shared area at {scheme.group(1)[:20]}:// is of no known kind", mend=f"known are: {_KNOWN}")
    try:
        place = urlsplit(location)
        if place.password is not None:
            raise ConfigurationError("the place of the shared area holds a password", mend="take it out: a key file or the SSH agent lets us in")
        if place.query or place.fragment:
            raise ConfigurationError("the place of the shared area has a ? or # in it", mend=f"write it as one of: {_KNOWN}")
        return opener(place, options)
    except ValueError:  # a port that is no number and the like
        raise ConfigurationError("the place of the shared area is no address", mend=f"write it as one of: {_KNOWN}") from None


def _folder(place: SplitResult, options: AreaOptions) -> Area:
    if place.netloc not in ("", "localhost"):
        raise ConfigurationError("a file:// place names a folder of this machine", mend="write file:///path, with three slashes, or the path alone")
    return Folder(Path(url2pathname(place.path)))


def _sftp(place: SplitResult, options: AreaOptions) -> Area:
    if not place.hostname or not place.username or not place.path.startswith("/"):
        raise ConfigurationError("the place on the SFTP server is not complete", mend="write it as sftp://user@host/path")
    try:
        from pipeline.store.sftp import Sftp
        from pipeline.store.ssh import Host
    except ImportError:
        raise _not_installed("sftp", "an SFTP server") from None
    host = Host(place.hostname, place.port or _SSH_PORT, unquote(place.username), options.identity, options.known_hosts, options.timeout_seconds)
    return Sftp(host, unquote(place.path))


def _bucket(place: SplitResult, options: AreaOptions) -> Area:
    if not _BUCKET.fullmatch(place.netloc):
        raise ConfigurationError("the name of the bucket is not allowed", mend="write the place as s3://bucket/prefix; the server goes into endpoint")
    try:
        from pipeline.store.bucket import Bucket
    except ImportError:
        raise _not_installed("s3", "a bucket") from None
    return Bucket(place.netloc, place.path.strip("/"), endpoint=options.endpoint, region=options.region, timeout=options.timeout_seconds)


def _not_installed(extra: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"what is needed for {what} is not installed", mend=f'pip install "counterfoil[{extra}]"')
