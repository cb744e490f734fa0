"""What an entry of the audit log says, and the bytes that the next entry vouches for."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StrictInt, StrictStr, field_serializer

from schemas.settings import Settings

FORMAT = 1
NOTHING = "0" * 64  # what the first entry names as the one before it
LONGEST_TEXT = 500  # characters of a reason, or of a text under detail
LONGEST_ACTOR = 100  # characters
MOST_DETAIL = 40  # keys


class Verb(StrEnum):
    """The six kinds of processing that are logged: Data Protection Act 2018, section 62(1)."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"  # transfers among them
    COMBINATION = "combination"
    ERASURE = "erasure"


def tidy(text: str, *, most: int = LONGEST_TEXT) -> str:
    """Return a text as one line that a screen can show: what is not printable becomes a space, and no more than `most` characters stay.

    >>> tidy(" moved\\n  to\\x1b[31m quarantine ")
    'moved to [31m quarantine'
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most].rstrip()


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("there is a character that no screen can show")
    return text


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[StrictStr, Field(max_length=LONGEST_TEXT), AfterValidator(_printable)]


class AuditEntry(Settings):
    """One thing that was done with the partnership's data: who, when, what and why.

    Attributes:
        sequence: counts from 1 without a gap, and is the number of its line.
        at: when, in universal time.
        actor: the account that did it, or the person on whose behalf.
        action: a few plain words for machines, such as `submission accepted`.
        subject: id of a partner, dataset, submission, run or exception, or several joined by slashes; never a person's value.
        reason: why, in a sentence; section 62 asks for the justification of consultation and disclosure, we ask for it always.
        detail: counts, digests and recipients, by short names.
        previous: SHA-256 of the line before, without its line end; `NOTHING` in the first entry.
    """

    format: Literal[1]
    sequence: Annotated[StrictInt, Field(ge=1)]
    at: Annotated[AwareDatetime, AfterValidator(_utc)]
    actor: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_ACTOR), AfterValidator(_printable)]
    verb: Verb
    action: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9-]*( [a-z0-9-]+)*$", max_length=60)]
    subject: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200)]
    reason: Annotated[Text, Field(min_length=1)]
    detail: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], StrictInt | Text] = Field(max_length=MOST_DETAIL)
    previous: Sha256

    @field_serializer("at")
    def _moment(self, at: datetime) -> str:
        return at.isoformat()

    def line(self) -> bytes:
        """Return the entry's one spelling, without a line end: keys in order, no spaces, ASCII. Digests are taken of these bytes."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


class Head(Settings):
    """The newest entry of a log at some moment. Whoever holds it can tell later whether the log up to there is still the same.

    Attributes:
        sequence: 0 for a log without entries.
        sha256: of the entry's line; `NOTHING` for a log without entries.
    """

    sequence: Annotated[StrictInt, Field(ge=0)]
    sha256: Sha256


EMPTY = Head(sequence=0, sha256=NOTHING)


def read_entry(line: bytes) -> AuditEntry:
    """Return the entry in a line, without its line end; ValueError if it is not spelt as `AuditEntry.line` spells it."""
    entry = AuditEntry.model_validate_json(line)
    if entry.line() != line:
        raise ValueError("the entry is not in its one spelling")
    return entry


def digest(line: bytes) -> str:
    """Return the SHA-256 of an entry's line, as 64 hexadecimal digits."""
    return hashlib.sha256(line).hexdigest()
