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
MANIFEST_KEPT = "kept.json"
ENCODINGS = "encodings.parquet"  # besides, where identity travels as tokens
HOUSEHOLDS, HOUSEHOLD_ROWS = "households.parquet", "household_rows.parquet"  # and where a rule on homes needs them


class ManifestFile(Settings):
    """One file of a submission."""

    name: Literal["records.parquet", "payload.parquet", "rejects.parquet", "encodings.parquet", "households.parquet", "household_rows.parquet"]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256
    rows: Annotated[int, Field(ge=0)]


class SaidOfChance(Settings):
    """How often people of the extract agree by chance: sums over all of them, rounded to two digits."""

    records: Annotated[int, Field(ge=0)]
    known: dict[str, float]
    equal: dict[str, float]
    unlike: dict[str, tuple[float, ...]]
    steps: dict[str, tuple[float, ...]]
    together: dict[str, float]


class SelfTest(Settings):
    """What the partner's own machine found when it attacked what it was about to send."""

    attack: str
    column: str
    measured: float
    gate: float


class EncodingNote(Settings):
    """How identity was encoded, so that the unit can tell whether it meets anybody else's.

    Attributes:
        key_check, canaries: of the exercise's keys and of five invented people; equal for all partners of an exercise.
        people: parties that were encoded.
        meeting: pass -> people who have a block in it.
        oversize: pass -> blocks left out because too many people share them, and the people in them.
        unmet: people with no block in any pass, who can meet nobody.
        withheld: columns of the dataset that no rule needs, and that were left at home.
        coarse: columns that rules only show, and that were sent as months or hundreds of pounds.
        at_home: columns of the rows that were sent once more with their homes, under references of their own; None where no rule needs homes.
    """

    agreement: str
    exercise: str
    profile: Literal["P1", "P2"]
    spec: Sha256
    key_check: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    canaries: dict[str, str]
    people: Annotated[int, Field(ge=0)]
    meeting: dict[str, int]
    oversize: dict[str, tuple[int, int]]
    unmet: Annotated[int, Field(ge=0)]
    withheld: tuple[str, ...]
    coarse: tuple[str, ...]
    at_home: tuple[str, ...] | None = None
    chance: SaidOfChance | None
    self_tests: tuple[SelfTest, ...]


class Manifest(Settings):
    """A submission, written last: without it there is no submission.

    Attributes:
        row_digest: SHA-256 over the sorted rows, whatever the bytes; tells a re-export from news.
        disclosure: how identity travels.
        encoding: where it travels as tokens, how these were made.
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
    disclosure: Literal["pseudonymised", "clear"]
    encoding: EncodingNote | None = None
    rows_received: Annotated[int, Field(ge=0)]
    rows_accepted: Annotated[int, Field(ge=0)]
    rows_rejected: Annotated[int, Field(ge=0)]
    rejects_by_code: dict[str, int]
    row_digest: Sha256
    files: tuple[ManifestFile, ...]


class Kept(Settings):
    """What the unit made of an encoded submission: the exercise under whose pepper it lies, and the bytes of the files it wrote anew."""

    exercise: str
    files: dict[str, Sha256]


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
