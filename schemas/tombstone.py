"""What is left of a submission that was destroyed: that it was there, how much, and when and why it went."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.manifest import SUBMISSION_ID, Sha256
from schemas.settings import Settings


class Tombstone(Settings):
    """Counts, and no value of anybody's.

    Attributes:
        state: what it was: accepted, duplicate or quarantined.
        rows: lines that it held, good and bad; 0 where its manifest could not be believed.
        manifest: SHA-256 of its manifest, by which a copy that turns up elsewhere can be told; None where none was believed.
    """

    format: Literal[1]
    partner: str
    dataset: str
    submission_id: Annotated[str, Field(pattern=SUBMISSION_ID)]
    state: Literal["accepted", "duplicate", "quarantined"]
    rows: Annotated[int, Field(ge=0)]
    received_at: AwareDatetime
    purged_at: AwareDatetime
    reason: str
    manifest: Sha256 | None
