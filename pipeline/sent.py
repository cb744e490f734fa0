"""What a partner sent last: the number and the digest that its next manifest continues from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from pipeline.store.files import write_atomic
from schemas.errors import IntegrityError
from schemas.manifest import FIRST, Sha256
from schemas.settings import Settings

FILE = "sent.json"


class Sent(Settings):
    """The partner's last submission.

    Attributes:
        sequence: its number; 0 before the first.
        manifest: SHA-256 of its manifest.
    """

    sequence: Annotated[int, Field(ge=0)] = 0
    manifest: Sha256 = FIRST


def load_sent(home: Path) -> Sent:
    """Return what was sent last, by this home's own note.

    Raises:
        IntegrityError: the note is damaged; without it a number could be used twice.
    """
    path = home / FILE
    if not path.exists():
        return Sent()
    try:
        return Sent.model_validate_json(path.read_bytes())
    except ValidationError:
        raise IntegrityError("the note of what was sent last is damaged", file=str(path), mend="delete it, and run counterfoil collect, which brings the number back") from None


def keep_sent(home: Path, sent: Sent) -> None:
    """Write the note down."""
    write_atomic(home / FILE, (sent.model_dump_json() + "\n").encode())
