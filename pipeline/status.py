"""Where things stand: what each partner sent last, what waits, what is missing, and which run is published."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipeline.arrivals import complete, incomplete, refused
from pipeline.home import load_partnership
from pipeline.receipts import load_receipts
from pipeline.shared import shared_area
from pipeline.store.files import Incomplete
from schemas.manifest import Receipt

NEVER = "never sent"


@dataclass(frozen=True)
class Last:
    """The last submission of one partner and dataset; `state` is `NEVER` where there is none.

    Attributes:
        age_days: days since the extract was taken.
    """

    partner: str
    dataset: str
    state: str
    submission_id: str = ""
    period: str = ""
    as_of: date | None = None
    age_days: int | None = None
    rows_accepted: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Status:
    """Everything `counterfoil status` says.

    Attributes:
        waiting: (partner, submission) that the next run will take.
        incomplete: uploads without a manifest.
        refused: what was found in the inbox and not touched, as sentences.
        published: id of the published run; empty where there is none.
    """

    last: tuple[Last, ...]
    waiting: tuple[tuple[str, str], ...]
    incomplete: tuple[Incomplete, ...]
    refused: tuple[str, ...]
    published: str


def status(home: Path, *, now: datetime) -> Status:
    """Return where things stand; reads the unit's home and lists the shared area, and changes nothing."""
    partnership, receipts = load_partnership(home), load_receipts(home)
    newest = {(r.partner, r.dataset): r for r in receipts}
    pairs = {(entry.id, dataset) for entry in partnership.partner for dataset in entry.datasets}
    partners = sorted(entry.id for entry in partnership.partner)
    known = {partner: {r.submission_id for r in receipts if r.partner == partner} for partner in partners}
    pointer = home / "published" / "CURRENT"
    with closing(shared_area(partnership)) as area:
        waiting = tuple((partner, name) for partner in partners for name in complete(area, partner, known[partner]))
        begun, untouched = incomplete(area, partners, now=now), refused(area, partners)
    return Status(
        last=tuple(_last(*pair, newest.get(pair), now.date()) for pair in sorted(pairs | newest.keys())),
        waiting=waiting,
        incomplete=tuple(begun),
        refused=tuple(untouched),
        published=pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else "",
    )


def _last(partner: str, dataset: str, receipt: Receipt | None, today: date) -> Last:
    if receipt is None:
        return Last(partner, dataset, NEVER)
    manifest = receipt.manifest
    if manifest is None:
        return Last(partner, dataset, receipt.state, receipt.submission_id, reason=receipt.reason)
    return Last(
        partner, dataset, receipt.state, receipt.submission_id, manifest.period, manifest.as_of, (today - manifest.as_of).days,
        manifest.rows_accepted, receipt.reason,
    )  # fmt: skip
