"""What a submission says about itself, and what the unit answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.audit import Head
from schemas.settings import Settings

FORMAT = 2
FIRST = "0" * 64  # digest before the first manifest of a partner
SUBMISSION_ID = r"^[a-z0-9-]{1,40}$"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FILE_NAMES = ("records.parquet", "payload.parquet", "rejects.parquet")
MANIFEST_KEPT = "kept.json"
ENCODINGS = "encodings.parquet"  # besides, where identity travels as tokens
HOUSEHOLDS, HOUSEHOLD_ROWS = "households.parquet", "household_rows.parquet"  # and where a rule on homes needs them


class ManifestFile(Settings):
    """One file of a submission; it lies there sealed, under this name and `.age`.

    Attributes:
        bytes, sha256: of the sealed file, so that it can be judged before it is opened.
        rows: of the table in it.
    """

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
    """A submission, written last: without it there is no submission. Its bytes are canonical JSON, and a signature lies beside it.

    Attributes:
        recipient: fingerprint of the receiving key that its files are sealed to.
        signer: fingerprint of the partner's signing key.
        sequence: counts the partner's submissions; never used twice.
        previous: SHA-256 of the partner's manifest before this one, so that a missing one is noticed.
        expires_at: the unit takes it no later.
        row_digest: SHA-256 over the sorted rows, whatever the bytes; tells a re-export from news.
        disclosure: how identity travels.
        encoding: where it travels as tokens, how these were made.
        rows_received: records in the partner's files, good and bad; accepted + rejected.
    """

    format: Literal[2]
    kind: Literal["submission"] = "submission"
    submission_id: Annotated[str, Field(pattern=SUBMISSION_ID)]
    partner: str
    recipient: Sha256
    signer: Sha256
    sequence: Annotated[int, Field(ge=1, le=10**15)]
    previous: Sha256
    expires_at: AwareDatetime
    dataset: str
    spec_version: str
    period: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]
    as_of: date
    created_at: AwareDatetime
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
    """What the unit keeps of a submission: its tables, each sealed with a key of this submission alone.

    Attributes:
        exercise: under whose pepper identity lies; empty where it travelled in clear.
        files: name of the sealed file -> its SHA-256.
        generation: how often rows were erased from it; each time it gets a new key, and files of new names.
        rows: after an erasure, table -> its rows; as the manifest lists them where nothing was erased.
        row_digest: after an erasure, of what is left, as in the manifest; empty where nothing was erased.
    """

    exercise: str
    files: dict[str, Sha256]
    generation: Annotated[int, Field(ge=0)] = 0
    rows: dict[str, Annotated[int, Field(ge=0)]] = {}
    row_digest: Sha256 | Literal[""] = ""


class Receipt(Settings):
    """The unit's answer to one submission, signed by it.

    Attributes:
        manifest: None where it could not be read, or its signature was not the partner's.
        notes: what is worth knowing and stopped nothing.
        audit_head: the last entry of the unit's audit log when it was written; whoever keeps it can tell later that nothing before was taken out.
    """

    format: Literal[2]
    kind: Literal["receipt"] = "receipt"
    submission_id: str
    partner: str
    dataset: str
    state: Literal["accepted", "duplicate", "quarantined"]
    reason: str
    mend: str = ""
    duplicate_of: str = ""
    sequence: int
    received_at: AwareDatetime
    manifest: Manifest | None
    notes: tuple[str, ...] = ()
    audit_head: Head | None = None


class ReportFile(Settings):
    """One file of a report; it lies there sealed, under this name and `.age`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}\.[a-z]{2,10}$")]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class ReportManifest(Settings):
    """A report on its way to one partner, written last, signed by the unit.

    Attributes:
        recipient: fingerprint of the receiving key that its files are sealed to.
        content: digest of what the report says; tells the same report from another one under its name.
    """

    format: Literal[2]
    kind: Literal["report"] = "report"
    run_id: str
    partner: str
    recipient: Sha256
    as_of: date
    exceptions: Annotated[int, Field(ge=0)]
    content: Sha256
    files: tuple[ReportFile, ...]
