"""The shared area in a bucket: `s3://bucket/prefix`, of any service that speaks S3 and knows `If-None-Match`.

A bucket has no folders, links or uploads that can be seen half done: what is there was written whole. Credentials come from the environment
and stand nowhere else.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import S3Store

from pipeline.store.area import Entry, parts_of
from pipeline.store.copies import copied, missing
from pipeline.store.retries import Lost, Retries
from schemas.errors import ConfigurationError, IntegrityError, StorageError

_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NO_BUCKET = "NoSuchBucket"
_FORBIDDEN = re.compile(r"status code: 40[13]\b|AccessDenied")  # of some requests the library tells no more than that they failed
_CHUNK = 1024 * 1024
_PART = 5 * _CHUNK  # the least that S3 takes as a part of a large file
_AT_A_TIME = 2  # parts under way: on a slow line more would only make each of them late


class Bucket:
    """An area under one prefix of a bucket."""

    def __init__(
        self, bucket: str, prefix: str, *, endpoint: str = "", region: str = "", timeout: float = 60, retries: Retries | None = None
    ) -> None:
        _check(endpoint)
        self.where = f"s3://{bucket}/{prefix}".rstrip("/")
        self._retries, self._timeout = retries or Retries(), timeout
        with _errors(self.where):
            self._store = _store(bucket, prefix, endpoint, region, timeout, tries=len(self._retries.waits))
            self._once = _store(bucket, prefix, endpoint, region, timeout, tries=0)

    def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder, by name; an empty name is the prefix."""
        path = "/".join(parts_of(folder)) if folder else ""
        with _errors(self.where):
            try:
                found = obstore.list_with_delimiter(self._store, path or None)
            except exceptions.InvalidPathError:
                raise IntegrityError("something in the folder has a name that is not allowed", file=path, mend="remove it: a name has no empty part") from None
        start = len(path) + 1 if path else 0
        entries = [Entry(name[start:], "folder") for name in found["common_prefixes"]]
        entries += [Entry(one["path"][start:], "file", one["size"], one["last_modified"]) for one in found["objects"]]
        return sorted((entry for entry in entries if entry.name), key=lambda entry: entry.name)  # without one: the folder's own marker

    def exists(self, name: str) -> bool:
        """Return whether a file of this name is there."""
        path = "/".join(parts_of(name))
        with _errors(self.where):
            try:
                obstore.head(self._store, path)
                return True
            except FileNotFoundError:  # or the bucket is, which this answer does not tell apart
                obstore.list_with_delimiter(self._store, path)
                return False

    def fetch(self, name: str, target: Path, *, cap: int) -> tuple[int, str]:
        """Copy a file into a folder of ours; return size and SHA-256 of the copy."""
        parts = parts_of(name)
        with _errors(self.where):
            try:
                found = obstore.get(self._store, "/".join(parts))
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise
                raise missing(parts[-1]) from None
            return copied(_chunks(found), target, file=parts[-1], size=found.meta["size"], cap=cap)

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; one that is there is replaced."""
        path = "/".join(parts_of(name))
        with _errors(self.where):
            obstore.put(self._store, path, content, chunk_size=_PART, max_concurrency=_AT_A_TIME)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file, whole or not at all, unless the name is taken; return whether it was written."""
        path, in_doubt = "/".join(parts_of(name)), False

        def write() -> bool:
            nonlocal in_doubt
            started = time.monotonic()
            try:
                obstore.put(self._once, path, content, mode="create")
                return True
            except exceptions.AlreadyExistsError:
                # where the line broke before the service answered, the file may be ours
                return in_doubt and obstore.get(self._store, path).bytes() == content
            except exceptions.GenericError as error:
                in_doubt = True
                raise Lost(str(error), stalled=time.monotonic() - started >= self._timeout) from None

        with _errors(self.where):
            try:
                return self._retries.run(write)
            except Lost as lost:
                raise exceptions.GenericError(lost.why) from None

    def remove(self, name: str) -> None:
        """Remove a file; folders are not there to be removed."""
        path = "/".join(parts_of(name, partial=True))
        with _errors(self.where):
            obstore.delete(self._store, path)

    def close(self) -> None:
        """Hold nothing, let go of nothing."""


def _check(endpoint: str) -> None:
    address = urlsplit(endpoint)
    if endpoint and (address.scheme not in ("https", "http") or not address.hostname or address.username is not None):
        raise ConfigurationError("the endpoint of the bucket is no address", mend='write it as "https://host" or "https://host:port", without user and password')
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise ConfigurationError("the endpoint of the bucket is not encrypted", file=address.hostname or "", mend="name one that begins with https://")
    if not any(os.environ.get(name) for name in _CREDENTIALS):
        raise ConfigurationError("there are no credentials for the bucket", mend="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")


def _store(bucket: str, prefix: str, endpoint: str, region: str, timeout: float, *, tries: int) -> S3Store:
    wait = timedelta(seconds=timeout)
    named = {key: value for key, value in (("endpoint", endpoint), ("region", region)) if value}
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=named,  # type: ignore[arg-type]  # whichever of two keys is named
        # a large file may take long, as long as something comes; all of it in a day at most
        client_options={"allow_http": urlsplit(endpoint).scheme == "http", "connect_timeout": wait, "read_timeout": wait, "timeout": timedelta(days=1)},
        retry_config={
            "max_retries": tries, "retry_timeout": wait,
            "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=2), "base": 3},
        },
    )  # fmt: skip


def _chunks(found: obstore.GetResult) -> Iterator[bytes]:
    for chunk in found.stream(min_chunk_size=_CHUNK):
        yield bytes(chunk)


@contextmanager
def _errors(where: str) -> Iterator[None]:
    """Turn what the service or the line says into our errors; its own words hold addresses and are not passed on."""
    try:
        yield
    except (exceptions.BaseError, FileNotFoundError) as error:
        if isinstance(error, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)) or _FORBIDDEN.search(str(error)):
            mend = "see that the credentials are those of this bucket and in force, and that this machine's clock is right"
            raise StorageError("the bucket does not allow it", file=where, mend=mend) from None
        if _NO_BUCKET in str(error) or isinstance(error, FileNotFoundError):
            raise StorageError("the bucket is missing", file=where, mend="correct the name in the settings, or have the bucket made") from None
        mend = "see that endpoint and region are right and that this machine may reach the service, then run the same command again"
        raise StorageError("the bucket cannot be reached, or failed", file=where, mend=mend) from None
