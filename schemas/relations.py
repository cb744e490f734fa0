"""What stages hand to each other: a few data frames with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from schemas.contract import Contract
from schemas.manifest import EncodingNote, SaidOfChance


@dataclass(frozen=True)
class ReadOptions:
    """What the person at the keyboard declared about the files.

    Attributes:
        encoding, delimiter: override the mapping's.
        allow_empty: a file with a header and no rows is meant so.
        allow_ceiling: a file that ends exactly at a spreadsheet's last row is complete all the same.
    """

    encoding: str = ""
    delimiter: str = ""
    allow_empty: bool = False
    allow_ceiling: bool = False


AS_DECLARED = ReadOptions()


@dataclass(frozen=True)
class Received:
    """One file, read.

    Attributes:
        rows: `line` (Int64, physical line where the record starts; header is line 1) and the contract's
            columns that the file holds, as text.
        rejects: shape `REJECT`; the records that could not be read as fields.
        records: records in the file, good and bad; the header and blank lines are none.
        notes: what was done to the file, for the user to read.
    """

    file: str
    rows: pl.DataFrame
    rejects: pl.DataFrame
    records: int
    bytes: int
    sha256: str
    encoding: str
    layout: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """Files of one dataset, checked against its contract.

    Attributes:
        rows: accepted rows; `file`, `line` and the contract's columns, typed as `records.typed` says.
        rejects: shape `REJECT`.
        received, accepted, rejected: records; received = accepted + rejected.
        mapping_digest: SHA-256 of the mappings used.
    """

    contract: Contract
    as_of: date
    rows: pl.DataFrame
    rejects: pl.DataFrame
    received: int
    accepted: int
    rejected: int
    mapping_digest: str
    files: tuple[Received, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Normalised:
    """Accepted rows as they travel: `records` has the shape `RECORD`, `payload` that of `payload_shape`."""

    records: pl.DataFrame
    payload: pl.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outgoing:
    """Rows as they leave: as `Normalised`, and where identity travels as tokens, `encodings` of shape `ENCODING` and how they were made.

    Where a rule on homes needs them, `households` (shape `HOUSEHOLD`) and their rows once more, `payload_shape`, under other references.
    """

    records: pl.DataFrame
    payload: pl.DataFrame
    encodings: pl.DataFrame | None = None
    note: EncodingNote | None = None
    households: pl.DataFrame | None = None
    household_rows: pl.DataFrame | None = None


@dataclass(frozen=True)
class Assembled:
    """Tonight's input, frozen.

    Attributes:
        records: `RECORD` and `record`, the record number: 0, 1, 2 ... in key order.
        payloads: dataset -> shape `payload_shape`.
        previous_accounts: `partner, dataset, record_ref, party, previous_account, previous_as_of`: the account a
            party had in the delivery before, where it was another one.
        submissions: shape `SUBMISSION`.
        rejects: `partner, dataset, submission_id` and the columns of `REJECT`.
        inputs: (partner, dataset, submission_id, row_digest) of every submission used, sorted.
        encodings: of encoded people, `record` and the columns of `ENCODING` without the references; sorted by record.
        households: of encoded homes, `record` and the columns of `HOUSEHOLD` without the references; sorted by record.
        said: (partner, what its extract says of chance), of every encoded delivery.
        profile: how much of identity is encoded.
        disclosures: (partner, dataset) -> how its identity travelled.
    """

    records: pl.DataFrame
    payloads: Mapping[str, pl.DataFrame]
    previous_accounts: pl.DataFrame
    submissions: pl.DataFrame
    rejects: pl.DataFrame
    inputs: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...] = ()
    encodings: pl.DataFrame | None = None
    households: pl.DataFrame | None = None
    said: tuple[tuple[str, SaidOfChance], ...] = ()
    profile: Literal["P1", "P2"] = "P1"
    disclosures: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Linked:
    """What linkage found.

    Attributes:
        links, evidence, clusters: shapes `LINK`, `EVIDENCE`, `CLUSTER_MEMBER`.
        model: parameters of each entity's model, as JSON text, for the record.
        notes: dropped keys and the like, for the run report.
    """

    links: pl.DataFrame
    evidence: pl.DataFrame
    clusters: pl.DataFrame
    model: str
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What one partner gets: `table` (shape `report`, values as sent), `csv` (safe to open), `summary` (Markdown)."""

    partner: str
    table: pl.DataFrame
    csv: bytes
    summary: str
