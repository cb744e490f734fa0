"""Judging a submission before a table of it is opened: is it its partner's, for us, of now, in its turn, and agreed?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from pipeline.seal import manifest_bytes
from pipeline.sealing import refuse_unsigned
from pipeline.store.files import MANIFEST
from pipeline.trust import signing_key, trusted
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError
from schemas.manifest import ENCODINGS, FILE_NAMES, FIRST, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, Receipt
from schemas.partnership import Partnership

MOST_ROWS = 1_000_000_000  # more than any council has of anything; a count above it is no count
CLOCKS_APART = timedelta(days=1)
AGAIN = "submit again; a submission cannot be copied, renamed or edited"


@dataclass(frozen=True)
class Place:
    """Where a submission was found, and who looks at it.

    Attributes:
        home: the unit's.
        reader: fingerprint of the unit's receiving key.
    """

    partner: str
    submission_id: str
    home: Path
    reader: str


def parse_manifest(content: bytes) -> Manifest:
    """Return a manifest; IntegrityError where it is none, in words that repeat nothing of it."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False, include_url=False)})
        raise IntegrityError(
            "the manifest is not one we can read", file=MANIFEST, found=f"at {', '.join(ascii(p[:40])[1:-1] for p in places[:5])}",
            mend="update Counterfoil to the version the unit runs, and submit again",
        ) from None
    counts = (manifest.rows_received, manifest.rows_accepted, manifest.rows_rejected, *manifest.rejects_by_code.values(), *(f.rows for f in manifest.files))
    if any(not 0 <= count <= MOST_ROWS for count in counts):
        raise IntegrityError("the manifest counts more rows than there can be", file=MANIFEST, mend="submit again")
    if manifest_bytes(manifest) != content:
        raise IntegrityError("the manifest is not written as manifests are", file=MANIFEST, mend=AGAIN)
    return manifest


def judge_writer(content: bytes, found: bytes, manifest: Manifest, place: Place) -> None:
    """Refuse what the partner of this folder did not write, or wrote for another reader.

    Raises:
        IntegrityError: it is so; until here nothing that the manifest says is believed.
    """
    if (manifest.submission_id, manifest.partner) != (place.submission_id, place.partner):
        raise IntegrityError("the manifest belongs to another folder", file=MANIFEST, mend=AGAIN)
    refuse_unsigned(content, found, signing_key(trusted(place.home, place.partner), manifest.signer), file=MANIFEST)
    if manifest.recipient != place.reader:
        raise IntegrityError(
            "the submission was sealed for another reader", file=MANIFEST, found=f"for the key {manifest.recipient[:16]}, ours is {place.reader[:16]}",
            mend="take the unit's newest invitation in (counterfoil init partner FOLDER --from INVITATION --force), and submit again",
        )


def judge_turn(manifest: Manifest, receipts: Sequence[Receipt], *, now: datetime) -> list[str]:
    """Refuse what is too old or was here before, and return what is worth noting.

    Args:
        receipts: of all partners.

    Raises:
        IntegrityError: it expired, or repeats a number.
    """
    if manifest.expires_at < now:
        raise IntegrityError("the submission expired before the unit took it", file=MANIFEST, found=f"valid until {manifest.expires_at:%Y-%m-%d %H:%M}", mend="submit again")
    seen = [r.manifest for r in receipts if r.partner == manifest.partner and r.manifest]
    last = max(seen, key=lambda one: one.sequence, default=None)
    number, digest = (last.sequence, hashlib.sha256(manifest_bytes(last)).hexdigest()) if last else (0, FIRST)
    if manifest.sequence <= number:
        raise IntegrityError(
            "the submission repeats a number that was used before", file=MANIFEST, found=f"number {manifest.sequence}, the last was {number}",
            mend="if the partner's folder came back from a backup: counterfoil collect, which brings the number back, then submit again",
        )
    notes = []
    if manifest.sequence > number + 1:
        missing = manifest.sequence - number - 1
        notes.append(f"{missing:,} submission{'s' * (missing > 1)} before this one never arrived")
    elif manifest.previous != digest:
        notes.append("it does not continue from the submission before it as the unit knows that one")
    if manifest.created_at > now + CLOCKS_APART:
        notes.append("its computer's clock is more than a day ahead of the unit's")
    return notes


def judge_agreed(manifest: Manifest, partnership: Partnership, *, on: date) -> None:
    """Refuse what nobody agreed to, and what another version of the contracts made.

    Raises:
        IntegrityError: it is so.
    """
    contract = CONTRACTS.get(manifest.dataset)
    if contract is None:
        raise IntegrityError("the manifest names a dataset that nobody knows", file=MANIFEST, mend=f"known are {', '.join(CONTRACTS)}")
    if manifest.dataset not in partnership.find(manifest.partner).datasets or not partnership.agreed(manifest.partner, manifest.dataset, on=on):
        raise IntegrityError(f"no agreement lets {manifest.partner} send {manifest.dataset}", file=MANIFEST, mend="ask the unit to add it to the agreement")
    if manifest.spec_version.split(".")[0] != contract.version.split(".")[0]:
        raise IntegrityError(
            f"the submission was made for another version of {contract.id}", file=MANIFEST,
            found=f"version {ascii(manifest.spec_version[:20])[1:-1]}, the unit has {contract.version}", mend="update Counterfoil, and submit again",
        )
    if contract.history == (manifest.period == "current"):
        raise IntegrityError(f"{contract.id} is sent {'by period' if contract.history else 'as a snapshot'}", file=MANIFEST, mend="submit again")


def judge_list(manifest: Manifest) -> None:
    """Refuse a manifest that lists other files than its kind of submission has.

    Raises:
        IntegrityError: it does.
    """
    note = manifest.encoding
    wanted = (*FILE_NAMES, *([ENCODINGS] if note else []), *([HOUSEHOLDS, HOUSEHOLD_ROWS] if note and note.at_home is not None else []))
    if sorted(f.name for f in manifest.files) != sorted(wanted):
        raise IntegrityError("the manifest does not list the files of a submission", file=MANIFEST, found=f"wanted are {', '.join(wanted)}", mend="submit again")
