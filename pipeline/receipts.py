"""Receipts: the unit's own copy is the truth, the partner's copy in the outbox follows it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pipeline.store.files import is_safe_name, make_folder, write_atomic
from schemas.errors import IntegrityError
from schemas.manifest import Receipt

FOLDER = "receipts"


def load_receipts(home: Path) -> list[Receipt]:
    """Return every receipt the unit ever wrote, in order of arrival.

    Raises:
        IntegrityError: one of them is damaged; nothing can be decided without it.
    """
    found = []
    for path in sorted((home / FOLDER).glob("*/*.json")):
        try:
            receipt = Receipt.model_validate_json(path.read_bytes())
        except ValidationError:
            raise IntegrityError("a receipt of ours is damaged", file=str(path), mend="restore it from the backup, or from the partner's outbox") from None
        found.append(receipt)
    return sorted(found, key=lambda receipt: receipt.sequence)


def keep(receipt: Receipt, home: Path) -> None:
    """Write the unit's own copy; from here on the submission is decided."""
    _write(home / FOLDER / receipt.partner / f"{receipt.submission_id}.json", receipt)


def hand_out(receipts: list[Receipt], shared: Path) -> None:
    """Write the partners' copies that are not there yet; one that is missing after a crash is made good."""
    for receipt in receipts:
        path = shared / "outbox" / receipt.partner / FOLDER / f"{receipt.submission_id}.json"
        if is_safe_name(receipt.partner) and is_safe_name(receipt.submission_id) and not path.exists():
            _write(path, receipt)


def _write(path: Path, receipt: Receipt) -> None:
    make_folder(path.parent)
    write_atomic(path, (receipt.model_dump_json(indent=2) + "\n").encode())
