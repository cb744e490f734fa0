"""The audit log: what was done with the partnership's data, by whom, when and why, in a chain that an edit breaks.

Each line holds the digest of the line before. So a line that is edited, removed, moved or doubled no longer fits its
neighbours; and a log whose end is missing no longer reaches the heads that partners hold in their receipts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.audit_file import add_line, cut, is_torn, last_line, lines
from pipeline.store.files import make_folder, storage_errors, write_atomic
from schemas.audit import EMPTY, FORMAT, LONGEST_ACTOR, AuditEntry, Head, Verb, digest, read_entry, tidy
from schemas.errors import IntegrityError, LockHeld

FOLDER, FILE, LOCK = "audit", "audit.jsonl", "audit.lock"
VARIABLE = "COUNTERFOIL_ACTOR"
WITNESS = "audit_head"  # a receipt's field
PATIENCE = 30.0  # seconds to wait for another writer; an append takes milliseconds


@dataclass(frozen=True)
class Verified:
    """A log that is whole and in order.

    Attributes:
        vouched: the newest entry that a witness names, 0 without witnesses. What lies after it vouches for itself alone.
        witnesses: how many different heads the log was held against.
        torn: bytes of a last line that was cut off; the next entry sets it aside.
    """

    entries: int
    head: Head
    vouched: int
    witnesses: int
    torn: int


def append(
    home: Path, *, verb: Verb, action: str, subject: str, reason: str, now: datetime, detail: Mapping[str, str | int] | None = None, by: str = ""
) -> AuditEntry:
    """Write what was done, and return it as it stands in the log; it is durable when this returns.

    A last line that a power failure cut off is moved to a note of its own, and an entry says so, before this one.

    Args:
        verb, action, subject, reason, detail: as in `AuditEntry`; a reason or detail that is too long is cut, and made one line.
        by: on whose behalf; `actor()` where it is left out.

    Raises:
        LockHeld: another process has been writing for longer than `PATIENCE`.
        IntegrityError: the last entry is damaged; nothing is added to a log that is not whole.
        StorageError: there is no room, or no right to write; nothing was added.
    """
    folder = home / FOLDER
    make_folder(folder)
    with _writing(folder):
        _set_torn_aside(folder, now)
        return _add(folder, verb=verb, action=action, subject=subject, reason=reason, now=now, detail=detail or {}, by=by)


def head(home: Path) -> Head:
    """Return the newest entry's sequence and digest, for receipts and printouts; a log without entries has `EMPTY`."""
    last, _ = last_line(home / FOLDER / FILE)
    if last is None:
        return EMPTY
    try:
        return Head(sequence=read_entry(last).sequence, sha256=digest(last))
    except ValueError:
        raise IntegrityError(
            "the last entry of the audit log is damaged", file=str(home / FOLDER / FILE),
            mend="find the first bad entry with: counterfoil audit verify; then restore the file from the backup",
        ) from None


def entries(home: Path) -> Iterator[AuditEntry]:
    """Yield every entry in order, without looking at the chain.

    Raises:
        IntegrityError: a line is no entry.
    """
    path = home / FOLDER / FILE
    for number, (line, following) in enumerate(lines(path), start=1):
        if is_torn(line, following):
            return
        try:
            entry = read_entry(line.removesuffix(b"\n"))
        except ValueError:
            raise _bad(path, number, "its line is no entry") from None
        yield entry


def verify(home: Path, witnesses: Iterable[Head] = ()) -> Verified:
    """Read the whole log, a line at a time, and return what it amounts to.

    Args:
        witnesses: heads that left the unit, such as those in partners' receipts. Only they show that the end is missing,
            or that somebody wrote the chain anew.

    Raises:
        IntegrityError: names the first entry that is not as it was written. Where only the last two entries disagree, and no
            witness knows either, that is the earlier one.
    """
    path = home / FOLDER / FILE
    known: dict[int, set[str]] = {}
    for witness in witnesses:
        known.setdefault(witness.sequence, set()).add(witness.sha256)
    last, torn = EMPTY, 0
    for line, following in lines(path):
        if is_torn(line, following):
            torn = len(line)
        else:
            last = _checked(path, last, line.removesuffix(b"\n"), following.removesuffix(b"\n"), known)
    newest = max(known, default=0)
    if newest > last.sequence:
        raise _bad(path, last.sequence + 1, "it is missing", found=f"the log ends with entry {last.sequence:,}, and a receipt names entry {newest:,}")
    return Verified(last.sequence, last, newest, sum(len(digests) for digests in known.values()), torn)


def witnessed_heads(folder: Path) -> list[Head]:
    """Return the heads that the receipts in a folder, and in folders below it, name; receipts without one are passed over.

    Raises:
        IntegrityError: a receipt is no JSON, or what it names is no head.
    """
    found = []
    with storage_errors(folder):
        for path in sorted(folder.rglob("*.json")):
            try:
                receipt = json.loads(path.read_bytes())
                named = receipt.get(WITNESS) if isinstance(receipt, dict) else None
                found += [Head.model_validate(named)] if named is not None else []
            except (ValueError, RecursionError):
                raise IntegrityError("the receipt cannot be read", file=str(path), mend="fetch it again from the partner, or from the outbox") from None
    return found


def actor() -> str:
    """Return who acts: COUNTERFOIL_ACTOR where it is set, else the account that the process runs under. Never fails."""
    named = tidy(os.environ.get(VARIABLE, ""), most=LONGEST_ACTOR)
    return named or tidy(_account(), most=LONGEST_ACTOR) or "unknown"


def _account() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:  # Windows
        return os.environ.get("USERNAME", "")
    except KeyError:  # an account without a name, as in a container
        return f"uid {os.getuid()}"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Keep every other writer waiting, in this process or another."""
    from filelock import FileLock, Timeout  # only writing needs it

    lock = FileLock(str(folder / LOCK), mode=0o640)
    with storage_errors(folder):
        try:
            lock.acquire(timeout=PATIENCE, poll_interval=0.005)
        except Timeout:
            raise LockHeld("another process is writing the audit log", file=str(folder), mend="wait for it to end, then run the same command again") from None
    try:
        yield
    finally:
        lock.release()


def _add(
    folder: Path, *, verb: Verb, action: str, subject: str, reason: str, now: datetime, detail: Mapping[str, str | int], by: str
) -> AuditEntry:
    before = head(folder.parent)
    tidied = {name: tidy(value) if isinstance(value, str) else value for name, value in detail.items()}
    entry = AuditEntry(
        format=FORMAT, sequence=before.sequence + 1, at=now, actor=tidy(by, most=LONGEST_ACTOR) or actor(), verb=verb, action=action, subject=subject,
        reason=tidy(reason), detail=tidied, previous=before.sha256,
    )
    add_line(folder / FILE, entry.line())
    return entry


def _set_torn_aside(folder: Path, now: datetime) -> None:
    """Move a last line that was cut off to a note, and say so in the log.

    The note is named for the entry that tells of it. So a note for an entry that is not there yet was left by a process
    that died between the two, and is told of now.
    """
    _, torn = last_line(folder / FILE)
    note = folder / f"torn-{head(folder.parent).sequence + 1:08}.txt"
    if torn:
        kept = note.read_bytes() if note.exists() else b""
        if torn not in kept:
            write_atomic(note, kept + torn + b"\n")
        cut(folder / FILE, len(torn))
    if note.exists():
        content = note.read_bytes()
        _add(
            folder, verb=Verb.ALTERATION, action="torn line set aside", subject=f"{FOLDER}/{FILE}", now=now, by="",
            reason="the last line was cut off while it was written; what it told of may not have been done",
            detail={"note": note.name, "bytes": len(content), "sha256": digest(content)},
        )


def _checked(path: Path, before: Head, line: bytes, following: bytes, known: Mapping[int, set[str]]) -> Head:
    """Return the head after one more line, or raise IntegrityError for the first entry that is wrong."""
    number, here = before.sequence + 1, digest(line)
    try:
        entry = read_entry(line)
    except ValueError:
        raise _bad(path, number, "its line is no entry") from None
    if entry.sequence != number:
        raise _bad(path, number, f"entry {entry.sequence:,} stands in its place", found="entries were removed, moved or doubled")
    denied = not known.get(number, set()) <= {here}
    if entry.previous != before.sha256:
        # Either the entry before was edited or this one's link was. A link that was edited is denied by what follows it.
        if before.sequence == 0 or before.sequence in known or denied or _denies(following, here, number):
            raise _bad(path, number, "it does not fit the entry before it")
        raise _bad(path, before.sequence, "the entry after it vouches for other words")
    if denied:
        earlier = max((sequence for sequence in known if sequence < number), default=0)
        raise _bad(path, number, "a receipt names another digest", found=f"the log was written anew somewhere in entries {earlier + 1:,} to {number:,}")
    return Head(sequence=number, sha256=here)


def _denies(following: bytes, here: str, number: int) -> bool:
    """Return whether the line after entry `number` is an entry that vouches for other words than those with digest `here`."""
    try:
        entry = read_entry(following)
    except ValueError:
        return False
    return entry.sequence == number + 1 and entry.previous != here


def _bad(path: Path, sequence: int, why: str, *, found: str = "") -> IntegrityError:
    return IntegrityError(
        f"entry {sequence:,} of the audit log is not as it was written: {why}", file=str(path), row=sequence, found=found,
        mend="keep the file as it is for whoever looks into it, tell the data protection officer, and compare with the backup",
    )
