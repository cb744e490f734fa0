"""What becomes of each submission tonight, and of every line in it: received = accepted + rejected + superseded.

What is too old or no longer agreed is left out first; among the rest the last to arrive stands for its period, and a
submission that another one names under `supersedes` gives way to it. The age limit is for snapshots. A payment made in
2022 is as true tonight as it was then, so periods of a history dataset never age out. What was destroyed keeps its place:
nothing older comes back in its stead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipeline.drift import why_held
from pipeline.store.files import Incomplete
from pipeline.tombstones import Purged
from schemas.contract import Contract
from schemas.datasets import CONTRACTS
from schemas.manifest import Receipt
from schemas.partnership import Partnership
from schemas.records import SUBMISSION

PURGED = "purged"
HELD = "held"
_WAYS = {"clear": "in clear", "pseudonymised": "as tokens"}


@dataclass
class Fate:
    """What becomes of a submission, and of its rows."""

    receipt: Receipt
    state: str
    reason: str
    used: int = 0  # rows of it in tonight's run


def decide(
    receipts: Sequence[Receipt], partnership: Partnership, as_of: date, exercises: Mapping[str, str], purged: Purged | None = None,
    confirmed: frozenset[tuple[str, str]] = frozenset(),
) -> list[Fate]:
    """Return the fate of every submission, in order of arrival.

    Args:
        purged: tombstones of what was destroyed (`tombstones.load_tombstones`).
        confirmed: (partner, submission) that may have far more or far fewer rows than the one before.
    """
    fates = [_alone(receipt, partnership, as_of, exercises) for receipt in sorted(receipts, key=lambda r: r.sequence)]
    replaced = {
        (r.partner, r.dataset, r.manifest.supersedes): r
        for r in receipts if r.state == "accepted" and r.manifest and r.manifest.supersedes
    }  # fmt: skip
    newest: dict[tuple[str, str, str], Fate] = {}
    for fate in fates:
        manifest = fate.receipt.manifest
        if fate.state != "used" or manifest is None:
            continue
        by = replaced.get((fate.receipt.partner, fate.receipt.dataset, fate.receipt.submission_id))
        if by and by.sequence > fate.receipt.sequence:
            fate.state, fate.reason = "superseded", f"{by.submission_id} was sent to replace it"
            continue
        place = (fate.receipt.partner, fate.receipt.dataset, manifest.period)
        odd = why_held(_rows(newest[place].receipt), manifest.rows_accepted, partnership.run) if place in newest else ""
        if odd and (fate.receipt.partner, fate.receipt.submission_id) not in confirmed:
            fate.state, fate.reason = HELD, odd
            continue
        if place in newest:
            newest[place].state, newest[place].reason = "superseded", f"{fate.receipt.submission_id} is newer"
        newest[place] = fate
    for fate in fates:
        stone = (purged or {}).get((fate.receipt.partner, fate.receipt.submission_id))
        if stone and fate.state != "quarantined":  # lines in quarantine count as rejected, before and after
            fate.state, fate.reason = PURGED, f"destroyed on {stone.purged_at:%Y-%m-%d}: {stone.reason}"
    return fates


def _rows(receipt: Receipt) -> int:
    return receipt.manifest.rows_accepted if receipt.manifest else 0


def _alone(receipt: Receipt, partnership: Partnership, as_of: date, exercises: Mapping[str, str]) -> Fate:
    """Return a submission's fate as far as it depends on no other."""
    manifest = receipt.manifest
    if receipt.state != "accepted" or manifest is None:
        return Fate(receipt, receipt.state, receipt.reason)
    known = any(p.id == receipt.partner and receipt.dataset in p.datasets for p in partnership.partner)
    if not known or not partnership.agreed(receipt.partner, receipt.dataset, on=as_of):
        return Fate(receipt, "not agreed", f"no agreement in force lets {receipt.partner} send {receipt.dataset}")
    agreement = partnership.agreement_for(receipt.partner, receipt.dataset, on=as_of)
    if agreement and agreement.discloses(manifest.dataset) != manifest.disclosure:
        return Fate(receipt, "not agreed", f"identity travelled {_WAYS[manifest.disclosure]}, which is no longer agreed")
    if agreement and manifest.encoding and (manifest.encoding.agreement, manifest.encoding.exercise) != (agreement.id, exercises.get(agreement.id)):
        return Fate(receipt, "other exercise", "it was encoded for an exercise that is not in force")
    limit = partnership.max_age_days(receipt.dataset)
    if not CONTRACTS[receipt.dataset].history and manifest.as_of < as_of - timedelta(days=limit):
        return Fate(receipt, "too old", f"taken on {manifest.as_of}, more than {limit} days before {as_of}")
    return Fate(receipt, "used", "")


def compared_with(receipt: Receipt, receipts: Sequence[Receipt]) -> Receipt | None:
    """Return the delivery before of the same dataset and period, where accounts can be compared with it."""
    if receipt.manifest is None or not _has_accounts(CONTRACTS[receipt.dataset]):
        return None
    place = (receipt.partner, receipt.dataset, receipt.manifest.period)
    earlier = [
        r for r in receipts
        if r.state == "accepted" and r.manifest and r.sequence < receipt.sequence and (r.partner, r.dataset, r.manifest.period) == place
    ]  # fmt: skip
    before = max(earlier, key=lambda r: r.sequence, default=None)
    return before if before and _keys_of(before) == _keys_of(receipt) else None


def _keys_of(receipt: Receipt) -> str:
    """Return the exercise under whose keys accounts can be compared; nothing where they travelled in clear."""
    note = receipt.manifest.encoding if receipt.manifest else None
    return f"{note.agreement} {note.exercise}" if note else ""


def _has_accounts(contract: Contract) -> bool:
    return any("account" in party.columns for party in contract.parties)


def account(fates: Sequence[Fate], incomplete: Sequence[Incomplete]) -> pl.DataFrame:
    rows = [_account_for(fate) for fate in fates]
    known = {(fate.receipt.partner, fate.receipt.submission_id) for fate in fates}
    rows += [
        (upload.submission_id, upload.partner, upload.dataset, "", None, None, "incomplete", f"incomplete upload, age {upload.age_hours} h", 0, 0, 0, 0)
        for upload in incomplete if (upload.partner, upload.submission_id) not in known
    ]  # fmt: skip
    return SUBMISSION.conform(pl.DataFrame(rows, schema=SUBMISSION.schema, orient="row"))


def _account_for(fate: Fate) -> tuple[object, ...]:
    """Return one row of the account: received = accepted + rejected + superseded, whatever the submission's fate.

    A manifest in quarantine is not to be believed; what it says it held counts as rejected.
    """
    receipt, manifest = fate.receipt, fate.receipt.manifest
    if manifest is None:
        return (receipt.submission_id, receipt.partner, receipt.dataset, "", None, receipt.sequence, fate.state, fate.reason, 0, 0, 0, 0)
    received, accepted, rejected = manifest.rows_received, 0, manifest.rows_rejected
    if fate.state == "quarantined":
        rejected = received
    elif fate.state == "used":
        accepted = fate.used
    return (
        receipt.submission_id, receipt.partner, receipt.dataset, manifest.period, manifest.as_of, receipt.sequence,
        fate.state, fate.reason, received, accepted, rejected, received - accepted - rejected,
    )  # fmt: skip


def unknown_supersedes(receipts: Sequence[Receipt]) -> list[str]:
    known = {(r.partner, r.dataset, r.submission_id) for r in receipts}
    return [
        f"{r.partner}: {r.submission_id} says that it replaces {r.manifest.supersedes}, which never arrived"
        for r in receipts
        if r.state == "accepted" and r.manifest and r.manifest.supersedes and (r.partner, r.dataset, r.manifest.supersedes) not in known
    ]
