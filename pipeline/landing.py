"""The unit's own copy of each submission: every table sealed with a key that this submission alone has.

Who destroys that key destroys the submission, in every backup of the landing folder too. The keys lie apart, in `landing-keys/`, so that
they can be kept out of those backups.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from pipeline.crosswalk import private_folder, write_private
from pipeline.sealing import SEALED, opened, sealed
from pipeline.store.files import write_atomic
from schemas.errors import IntegrityError
from schemas.manifest import MANIFEST_KEPT, Kept

LANDING, KEYS, QUARANTINE = "landing", "landing-keys", "quarantine"
KEY = 32  # bytes, X25519


def landed_folder(home: Path, partner: str, submission_id: str) -> Path:
    """Return where a submission lies."""
    return home / LANDING / partner / submission_id


def key_path(home: Path, partner: str, submission_id: str, generation: int = 0) -> Path:
    """Return where a submission's own key lies; `generation` counts the erasures of rows from it."""
    return home / KEYS / partner / f"{submission_id}{f'.{generation}' if generation else ''}.key"


def sealed_name(name: str, generation: int = 0) -> str:
    """Return the file that a table of a submission lies in."""
    return f"{name}{f'.{generation}' if generation else ''}{SEALED}"


def keep_tables(
    home: Path, folder: Path, partner: str, submission_id: str, tables: Mapping[str, bytes], *, exercise: str, generation: int = 0,
    rows: Mapping[str, int] | None = None, row_digest: str = "",
) -> None:
    """Seal a submission's tables into a folder, with a new key of its own, and note what lies there.

    Args:
        folder: where they go; a part of the landing folder that has not its name yet.
        tables: name -> content.
        exercise: under whose pepper identity lies; empty where it travelled in clear.
        generation, rows, row_digest: as in `Kept`. The note is written last: until it stands, an earlier generation is the submission.
    """
    own = secrets.token_bytes(KEY)
    path = key_path(home, partner, submission_id, generation)
    private_folder(path.parent)
    write_private(path, own.hex().encode() + b"\n")
    reader = X25519PrivateKey.from_private_bytes(own).public_key().public_bytes_raw().hex()
    digests = {}
    for name, content in tables.items():
        hidden = sealed(content, reader)
        write_atomic(folder / sealed_name(name, generation), hidden)
        digests[sealed_name(name, generation)] = hashlib.sha256(hidden).hexdigest()
    note = Kept(exercise=exercise, files=digests, generation=generation, rows=dict(rows or {}), row_digest=row_digest)
    write_atomic(folder / MANIFEST_KEPT, (note.model_dump_json(indent=2, exclude_defaults=True) + "\n").encode())


def note_of(home: Path, partner: str, submission_id: str) -> Kept:
    """Return what the unit noted of a submission when it took it in."""
    return Kept.model_validate_json((landed_folder(home, partner, submission_id) / MANIFEST_KEPT).read_bytes())


def table_bytes(home: Path, partner: str, submission_id: str, name: str, known: Kept) -> bytes:
    """Return one table of a landed submission.

    Raises:
        IntegrityError: its bytes are not those that were received, or its key does not fit.
        OSError: file or key is not there.
    """
    file = sealed_name(name, known.generation)
    hidden = (landed_folder(home, partner, submission_id) / file).read_bytes()
    if hashlib.sha256(hidden).hexdigest() != known.files.get(file):
        raise IntegrityError("the bytes in the landing folder are not those that were received", file=name, mend="ask the partner to submit again")
    own = bytes.fromhex(key_path(home, partner, submission_id, known.generation).read_text(encoding="ascii").strip())
    return opened(hidden, X25519PrivateKey.from_private_bytes(own), file=name)


def landed_bytes(home: Path) -> int:
    """Return how many bytes the landed submissions have, all of them together."""
    return sum(path.stat().st_size for path in (home / LANDING).glob(f"*/*/*{SEALED}"))
