"""Guard rails: what changes too much from one night to the next is held until somebody at the unit has looked at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.audit import append
from pipeline.receipts import load_receipts
from pipeline.store.files import write_atomic
from schemas.audit import Verb
from schemas.errors import IntegrityError, SafetyStop, unknown_name
from schemas.partnership import RunSettings
from schemas.settings import Settings

FEWEST = 100  # rows, or records; of fewer, any change may be chance
FILE = "confirmed.json"


class Confirmed(Settings):
    """Submissions that somebody looked at and let in, though they had far more or far fewer rows than the one before.

    Attributes:
        submissions: `partner/submission` -> why.
    """

    submissions: dict[str, str] = {}


def why_held(before: int, now: int, settings: RunSettings) -> str:
    """Return why a delivery is held, from the rows of the one before it and its own; nothing where it is not.

    >>> why_held(1000, 300, RunSettings())
    '300 rows, after 1,000 in the delivery before; a person has to confirm that'
    """
    if before < FEWEST or settings.held_below * before <= now <= settings.held_above * before:
        return ""
    return f"{now:,} rows, after {before:,} in the delivery before; a person has to confirm that"


def load_confirmed(home: Path) -> frozenset[tuple[str, str]]:
    """Return (partner, submission) of what was confirmed.

    Raises:
        IntegrityError: the list is damaged.
    """
    return frozenset((partner, submission) for partner, _, submission in (key.partition("/") for key in _load(home).submissions))


def confirm(home: Path, submission_id: str, *, reason: str, now: datetime) -> None:
    """Let a held delivery into the next run.

    Raises:
        UsageProblem: the unit accepted no submission of this name; the nearest ones are named.
    """
    known = {r.submission_id: r for r in load_receipts(home) if r.state == "accepted"}
    if submission_id not in known:
        raise unknown_name("submission", submission_id, known)
    key = f"{known[submission_id].partner}/{submission_id}"
    kept = _load(home)
    write_atomic(home / FILE, (Confirmed(submissions={**kept.submissions, key: reason}).model_dump_json(indent=1) + "\n").encode())
    append(home, verb=Verb.ALTERATION, action="delivery confirmed", subject=key, reason=reason, now=now)


def refuse_drift(before: Mapping[str, Any] | None, *, records: int, links: int, most: float) -> None:
    """Stop before anything is issued where far more, or far fewer, links were found than the night before.

    Args:
        before: closing note of the run before.
        most: how often the links of a record may double or halve: 2 lets twice or half of it pass.

    Raises:
        SafetyStop: it is so; links are kept, and a run that is told to goes on from them.
    """
    if not before or min(int(before.get("records", 0)), records) < FEWEST or not before.get("links"):
        return
    rate, rate_before = links / records, int(before["links"]) / int(before["records"])
    if not 1 / most <= rate / rate_before <= most:
        raise SafetyStop(
            "far more or far fewer links were found than the night before", found=f"{rate:.3f} links for each record, {rate_before:.3f} before; nothing was issued",
            mend='look at the submissions (counterfoil status); if it is right: counterfoil run --accept-drift "why"',
        )


def _load(home: Path) -> Confirmed:
    try:
        return Confirmed.model_validate(json.loads((home / FILE).read_bytes()))
    except FileNotFoundError:
        return Confirmed()
    except (ValueError, ValidationError):
        raise IntegrityError("the list of confirmed deliveries is damaged", file=str(home / FILE), mend="restore it from a backup, or delete it and confirm again") from None
