"""Receipts: the unit's own copy is the truth, the partner's copy in the outbox follows it."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from pipeline.sealing import SIGNATURE, canonical, signature
from pipeline.store.area import Area
from pipeline.store.files import PARTIAL, is_safe_name, make_folder, write_atomic
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
        if path.name.startswith(PARTIAL):  # a stop in the middle of writing one
            continue
        try:
            receipt = Receipt.model_validate_json(path.read_bytes())
        except ValidationError:
            raise IntegrityError("a receipt of ours is damaged", file=str(path), mend="restore it from the backup, or from the partner's outbox") from None
        found.append(receipt)
    return sorted(found, key=lambda receipt: receipt.sequence)


def keep(receipt: Receipt, home: Path) -> None:
    """Write the unit's own copy; from here on the submission is decided."""
    path = home / FOLDER / receipt.partner / f"{receipt.submission_id}.json"
    make_folder(path.parent)
    write_atomic(path, canonical(receipt.model_dump(mode="json")))


def hand_out(receipts: list[Receipt], area: Area, key: Ed25519PrivateKey) -> None:
    """Write the partners' copies that are not there yet, signed; one that is missing after a crash is made good."""
    for partner in sorted({receipt.partner for receipt in receipts}):
        folder = f"outbox/{partner}/{FOLDER}"
        there = {entry.name for entry in area.entries(folder)}
        for receipt in receipts:
            name = f"{receipt.submission_id}.json"
            if receipt.partner == partner and is_safe_name(receipt.submission_id) and name not in there:
                document = canonical(receipt.model_dump(mode="json"))
                area.put(f"{folder}/{name}{SIGNATURE}", signature(document, key))
                area.create(f"{folder}/{name}", document)
