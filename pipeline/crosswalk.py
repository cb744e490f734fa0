"""The crosswalk: which random token left for which reference of the council's. Encrypted, and only at the partner's home.

One file a dataset, `crosswalk/<dataset>.crosswalk`, and one for the references that several datasets share. A file is a line that
names the format, a nonce, and AES-256-GCM over a Parquet table. What it was made for (format, partner, dataset) is authenticated
with it, so that a file that was moved, renamed, cut or changed does not open.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.store.files import PARTIAL, fsync_folder, storage_errors
from pipeline.store.tables import parquet_bytes
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError, StorageError, unknown_name
from schemas.records import Shape

FOLDER = "crosswalk"
ENDING = ".crosswalk"
REFERENCES = "references"  # values of reference columns; one file for all datasets, because rules join on them across datasets
TOKEN = r"[0-9a-f]{32}"
KEY = 32  # bytes, AES-256
NONCE = 12  # bytes, random; NIST SP 800-38D allows 2^32 writes under one key
FORMAT = b"counterfoil-crosswalk/1\n"
MOST_DRAWS = 8  # 128 random bits never meet; a source that repeats itself is broken
_IDENTITY = ("kind", "field", "source")
_S = pl.String()

CROSSWALK = Shape(
    "crosswalk",
    "one reference of the council's and the token that leaves in its place",
    {
        "kind": (_S, "record, household, or reference for a value of a reference column."),
        "source": (_S, "The council's own reference."),
        "field": (_S, "Column of the payload, for kind reference; else empty."),
        "token": (_S, "32 hexadecimal digits, random, unique."),
        "shown": (_S, "What to show beside the reference at the partner's: names."),
        "last_sent": (pl.Date(), "Day of the last submission that held it."),
    },
    _IDENTITY,
)


def load(home: Path, partner: str, dataset: str, key: bytes) -> pl.DataFrame:
    """Return the crosswalk of a dataset, or of `REFERENCES`; without rows where there is none yet.

    Args:
        home: the partner's home.
        partner: its id.
        key: 32 bytes.

    Returns:
        Shape `CROSSWALK`.

    Raises:
        IntegrityError: the file does not fit: another key, partner or dataset, or damaged.
        StorageError: it cannot be read.
    """
    path = crosswalk_path(home, dataset)
    content = _opened(path, _bound_to(partner, dataset), key)
    if content is None:
        return CROSSWALK.empty()
    try:
        table = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError, ValueError):
        raise _does_not_fit(path, "it opens, and holds no table") from None
    if table.schema != CROSSWALK.schema:
        raise _does_not_fit(path, "it opens, and holds a table of another version")
    return table


def save(home: Path, partner: str, dataset: str, key: bytes, table: pl.DataFrame) -> None:
    """Write the crosswalk of a dataset, or of `REFERENCES`, whole or not at all.

    A file that is there and does not open is left as it is: what it holds would be lost.

    Args:
        table: shape `CROSSWALK`.

    Raises:
        IntegrityError: the file that is there does not fit.
        StorageError: there is no room, or no right to write.
        ValueError: two rows share a token or a key, or a token is none; our own mistake.
    """
    path, bound = crosswalk_path(home, dataset), _bound_to(partner, dataset)
    table = CROSSWALK.conform(table)
    _refuse_bad_tokens(table.get_column("token"))
    _opened(path, bound, key)
    nonce = os.urandom(NONCE)
    private_folder(path.parent)
    write_private(path, FORMAT + nonce + AESGCM(key).encrypt(nonce, parquet_bytes(table), bound))


def extended(table: pl.DataFrame, wanted: pl.DataFrame, *, now: date, draw: Callable[[int], list[str]] | None = None) -> pl.DataFrame:
    """Return the crosswalk with a token for everything wanted: what is known keeps its token, what is new gets one.

    Args:
        table: shape `CROSSWALK`.
        wanted: `kind, field, source, shown`; may name one thing several times. A null source gets no token, a null
            field is an empty one, and where `shown` is null, what was shown before stands.
        now: day of the submission.
        draw: returns so many fresh tokens; `fresh_tokens` where it is left out.

    Returns:
        Shape `CROSSWALK`. Rows that are not wanted stay, with the day they were last sent.

    Raises:
        ValueError: `draw` returns no tokens, or the same ones again and again; our own mistake.
    """
    each = _each_once(wanted)
    known = table.join(each.rename({"shown": "shown_now"}).with_columns(sent=True), on=_IDENTITY, how="left").with_columns(
        shown=pl.coalesce("shown_now", "shown"), last_sent=pl.when("sent").then(pl.lit(now)).otherwise("last_sent")
    )
    new = each.join(table, on=_IDENTITY, how="anti").sort(_IDENTITY)
    tokens = _unused(new.height, table.get_column("token"), draw or fresh_tokens)
    new = new.with_columns(tokens, last_sent=pl.lit(now))
    return CROSSWALK.conform(pl.concat([known.select(*CROSSWALK.columns), new.select(*CROSSWALK.columns)]))


def fresh_tokens(count: int) -> list[str]:
    """Return so many random tokens, each as `secrets.token_hex(16)` would make it, from one call to the system."""
    text = secrets.token_bytes(16 * count).hex() if count else ""
    return [text[at : at + 32] for at in range(0, len(text), 32)]


def translation(home: Path, partner: str, key: bytes) -> pl.DataFrame:
    """Return `token, source, shown` of all the partner's crosswalks, each token once.

    Raises:
        IntegrityError: one of the files does not fit; without it, what it holds would pass for unknown.
    """
    kept = [dataset for dataset in (*CONTRACTS, REFERENCES) if crosswalk_path(home, dataset).exists()]
    tables = [load(home, partner, dataset, key) for dataset in kept]
    return pl.concat([CROSSWALK.empty(), *tables]).select("token", "source", "shown").unique("token", keep="first", maintain_order=True)


def tokens_of(home: Path, partner: str, key: bytes, source: str) -> pl.DataFrame:
    """Return `dataset, kind, field, token` of everything that left for one reference of the council's own; `REFERENCES` is a dataset here.

    Raises:
        IntegrityError: one of the files does not fit.
    """
    parts = [
        load(home, partner, dataset, key).filter(pl.col("source") == source).select(pl.lit(dataset).alias("dataset"), "kind", "field", "token")
        for dataset in (*CONTRACTS, REFERENCES)
    ]  # fmt: skip
    return pl.concat(parts).sort("dataset", "kind", "field")


def crosswalk_path(home: Path, dataset: str) -> Path:
    """Return where the crosswalk of a dataset, or of `REFERENCES`, is kept."""
    if dataset not in CONTRACTS and dataset != REFERENCES:
        raise unknown_name("dataset", dataset, CONTRACTS)
    return home / FOLDER / f"{dataset}{ENDING}"


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may open; on Windows, the rights of the folder above it hold."""
    with storage_errors(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; it is never open to others, not even half written.

    On Windows, the rights of its folder hold.
    """
    temporary = path.with_name(f"{PARTIAL}{path.name}")
    with storage_errors(path):
        temporary.unlink(missing_ok=True)  # what a broken-off write left may have other rights
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(temporary, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        fsync_folder(path.parent)


def _bound_to(partner: str, dataset: str) -> bytes:
    """Return what a file is tied to, each part behind its length, so that no two are written alike."""
    return FORMAT + b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in (partner, dataset))


def _opened(path: Path, bound: bytes, key: bytes) -> bytes | None:
    """Return what a file holds, or None where there is none; IntegrityError where it does not fit."""
    if len(key) != KEY:
        raise ValueError(f"a crosswalk's key has {KEY} bytes")
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(f"the crosswalk cannot be read: {reason}", file=str(path), mend="ask for the right to read it") from None
    if not sealed.startswith(FORMAT):
        raise _does_not_fit(path, "it does not begin as a crosswalk of this version does")
    start = len(FORMAT)
    nonce, body = sealed[start : start + NONCE], sealed[start + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, bound)
    except (InvalidTag, ValueError):  # ValueError: cut off before the nonce ends
        raise _does_not_fit(path, "it does not open: it was written with another key, or for another partner or dataset, or it was damaged") from None


def _does_not_fit(path: Path, found: str) -> IntegrityError:
    return IntegrityError(
        "a crosswalk that does not fit", file=str(path), found=found,
        mend="put back the key file it was written with, or this file from a backup; nothing was overwritten",
    )


def _each_once(wanted: pl.DataFrame) -> pl.DataFrame:
    """Return what is wanted, each thing once; it is shown as in the first row that says how."""
    texts = wanted.select(pl.col("kind", "field", "source", "shown").cast(pl.String)).with_columns(pl.col("field").fill_null(""))
    sources = texts.filter(pl.col("source").is_not_null())
    return sources.sort(pl.col("shown").is_null(), maintain_order=True).unique(_IDENTITY, keep="first", maintain_order=True)


def _unused(count: int, taken: pl.Series, draw: Callable[[int], list[str]]) -> pl.Series:
    """Return so many tokens that nothing has yet."""
    found, used = pl.DataFrame(schema={"token": pl.String}), taken.to_frame("token")
    for _ in range(MOST_DRAWS):
        if found.height == count:
            break
        drawn = pl.DataFrame({"token": draw(count - found.height)}, schema={"token": pl.String}).unique(maintain_order=True)
        fresh = drawn.join(used, on="token", how="anti", maintain_order="left").join(found, on="token", how="anti", maintain_order="left")
        found = pl.concat([found, fresh.head(count - found.height)])
    if found.height < count:
        raise ValueError("the source of tokens repeats itself")
    tokens = found.get_column("token")
    _refuse_bad_tokens(tokens)
    return tokens


def _refuse_bad_tokens(tokens: pl.Series) -> None:
    if tokens.has_nulls() or not tokens.str.contains(f"^{TOKEN}$").all() or tokens.n_unique() != tokens.len():
        raise ValueError("a token is 32 hexadecimal digits, and nothing else has the same")
