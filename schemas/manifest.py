"""What a submission says about itself, and what the unit answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from schemas.settings import Settings

FORMAT = 1
SUBMISSION_ID = r"^[a-z0-9-]{1,40}$"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FILE_NAMES = ("records.parquet", "payload.parquet", "rejects.parquet")


class ManifestFile(Settings):
    """One file of a submission."""

    name: Literal["records.parquet", "payload.parquet", "rejects.parquet"]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256
    rows: Annotated[int, Field(ge=0)]


class Manifest(Settings):
    """A submission, written last: without it there is no submission.

    Attributes:
        row_digest: SHA-256 over the sorted rows, whatever the bytes; tells a re-export from news.
        disclosure: how identity travels; `clear` until an agreement says otherwise.
        rows_received: records in the partner's files, good and bad; accepted + rejected.
    """

    format: Literal[1]
    submission_id: Annotated[str, Field(pattern=SUBMISSION_ID)]
    partner: str
    dataset: str
    spec_version: str
    period: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]
    as_of: date
    created_at: datetime
    supersedes: str = ""
    tool_version: str
    mapping_digest: Sha256
    disclosure: Literal["clear"]
    rows_received: Annotated[int, Field(ge=0)]
    rows_accepted: Annotated[int, Field(ge=0)]
    rows_rejected: Annotated[int, Field(ge=0)]
    rejects_by_code: dict[str, int]
    row_digest: Sha256
    files: tuple[ManifestFile, ...]


class Receipt(Settings):
    """The unit's answer to one submission."""

    format: Literal[1]
    submission_id: str
    partner: str
    dataset: str
    state: Literal["accepted", "duplicate", "quarantined"]
    reason: str
    mend: str = ""
    duplicate_of: str = ""
    sequence: int
    received_at: datetime
    manifest: Manifest | None
