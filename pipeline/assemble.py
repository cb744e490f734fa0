"""Tonight's input: the newest good submission of each partner, dataset and period, read once and frozen.

What is too old or no longer agreed is left out first; among the rest the last to arrive stands for its period, and a
submission that another one names under `supersedes` gives way to it. The age limit is for snapshots. A payment made in
2022 is as true tonight as it was then, so periods of a history dataset never age out; an old newest one is noted.

Every row of every submission is accounted for: received = accepted + rejected + superseded.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipeline.store import Incomplete, make_folder, sha256_file, write_atomic
from schemas.contract import Contract
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError
from schemas.manifest import ENCODINGS, MANIFEST_KEPT, Kept, Manifest, Receipt
from schemas.partnership import Partnership
from schemas.records import ENCODING, RECORD, REJECT, SUBMISSION, payload_shape
from schemas.relations import Assembled

LANDING, DEBUG = "landing", "debug"
_WAYS = {"clear": "in clear", "pseudonymised": "as tokens"}
_ROW = ("partner", "dataset", "record_ref")
_ACCOUNTS = pl.Schema({
    "partner": pl.String(), "dataset": pl.String(), "record_ref": pl.String(), "party": pl.String(),
    "previous_account": pl.String(), "previous_as_of": pl.Date(),
})  # fmt: skip


@dataclass(frozen=True)
class _Delivery:
    """An accepted submission that is used tonight, with its rows."""

    receipt: Receipt
    manifest: Manifest
    records: pl.DataFrame
    payload: pl.DataFrame
    rejects: pl.DataFrame
    encodings: pl.DataFrame | None = None


@dataclass
class _Fate:
    """What becomes of a submission, and of its rows."""

    receipt: Receipt
    state: str
    reason: str
    used: int = 0  # rows of it in tonight's run


@dataclass
class _Loaded:
    deliveries: list[_Delivery] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def assemble(
    home: Path, partnership: Partnership, receipts: Sequence[Receipt], *, as_of: date, incomplete: Sequence[Incomplete] = (),
    exercises: Mapping[str, str] | None = None,
) -> Assembled:
    """Return tonight's records, payloads and the account of every submission.

    Args:
        home: the unit's home, with the landing folder.
        receipts: all of them, old and new (`receipts.load_receipts`).
        as_of: the night of the run; ages count from it. A submission taken later than that is used all the same.
        incomplete: uploads without a manifest, for the list.
        exercises: agreement -> exercise in force; what was encoded for another one meets nobody, and is left out.

    A partner whose files fail to load is set aside whole, with a note and a trace in `debug/`; the others go on.
    """
    fates = _decide(receipts, partnership, as_of, exercises or {})
    loaded = _load(home, fates)
    deliveries = sorted(loaded.deliveries, key=lambda d: d.receipt.sequence)
    payloads, kept = _payloads(deliveries)
    records = _records(deliveries)
    for fate in fates:
        if fate.state == "used":
            fate.used = kept.get(fate.receipt.sequence, 0)
    payloads, orphans = _with_parties(payloads)
    accounts, account_notes = _previous_accounts(home, deliveries, receipts)
    return Assembled(
        records=records,
        payloads=payloads,
        previous_accounts=accounts,
        submissions=_submissions(fates, incomplete),
        rejects=_rejects(deliveries),
        encodings=_encodings(deliveries, records),
        said=tuple((d.receipt.partner, d.manifest.encoding.chance) for d in deliveries if d.manifest.encoding and d.manifest.encoding.chance),
        profile=next((d.manifest.encoding.profile for d in deliveries if d.manifest.encoding), "P1"),
        disclosures={(d.receipt.partner, d.receipt.dataset): d.manifest.disclosure for d in deliveries},
        inputs=tuple(sorted((d.receipt.partner, d.receipt.dataset, d.receipt.submission_id, d.manifest.row_digest) for d in deliveries)),
        notes=(*loaded.notes, *_old_history(deliveries, partnership, as_of), *orphans, *account_notes, *_unknown_supersedes(receipts)),
    )


def _decide(receipts: Sequence[Receipt], partnership: Partnership, as_of: date, exercises: Mapping[str, str]) -> list[_Fate]:
    """Return the fate of every submission, in order of arrival."""
    fates = [_alone(receipt, partnership, as_of, exercises) for receipt in sorted(receipts, key=lambda r: r.sequence)]
    replaced = {
        (r.partner, r.dataset, r.manifest.supersedes): r
        for r in receipts if r.state == "accepted" and r.manifest and r.manifest.supersedes
    }  # fmt: skip
    newest: dict[tuple[str, str, str], _Fate] = {}
    for fate in fates:
        manifest = fate.receipt.manifest
        if fate.state != "used" or manifest is None:
            continue
        by = replaced.get((fate.receipt.partner, fate.receipt.dataset, fate.receipt.submission_id))
        if by and by.sequence > fate.receipt.sequence:
            fate.state, fate.reason = "superseded", f"{by.submission_id} was sent to replace it"
            continue
        place = (fate.receipt.partner, fate.receipt.dataset, manifest.period)
        if place in newest:
            newest[place].state, newest[place].reason = "superseded", f"{fate.receipt.submission_id} is newer"
        newest[place] = fate
    return fates


def _alone(receipt: Receipt, partnership: Partnership, as_of: date, exercises: Mapping[str, str]) -> _Fate:
    """Return a submission's fate as far as it depends on no other."""
    manifest = receipt.manifest
    if receipt.state != "accepted" or manifest is None:
        return _Fate(receipt, receipt.state, receipt.reason)
    known = any(p.id == receipt.partner and receipt.dataset in p.datasets for p in partnership.partner)
    if not known or not partnership.agreed(receipt.partner, receipt.dataset, on=as_of):
        return _Fate(receipt, "not agreed", f"no agreement in force lets {receipt.partner} send {receipt.dataset}")
    agreement = partnership.agreement_for(receipt.partner, receipt.dataset, on=as_of)
    if agreement and agreement.discloses(manifest.dataset) != manifest.disclosure:
        return _Fate(receipt, "not agreed", f"identity travelled {_WAYS[manifest.disclosure]}, which is no longer agreed")
    if agreement and manifest.encoding and (manifest.encoding.agreement, manifest.encoding.exercise) != (agreement.id, exercises.get(agreement.id)):
        return _Fate(receipt, "other exercise", "it was encoded for an exercise that is not in force")
    limit = partnership.max_age_days(receipt.dataset)
    if not CONTRACTS[receipt.dataset].history and manifest.as_of < as_of - timedelta(days=limit):
        return _Fate(receipt, "too old", f"taken on {manifest.as_of}, more than {limit} days before {as_of}")
    return _Fate(receipt, "used", "")


def _load(home: Path, fates: Sequence[_Fate]) -> _Loaded:
    """Read what is used, a partner at a time; a partner that fails is set aside whole."""
    loaded = _Loaded()
    for partner in sorted({fate.receipt.partner for fate in fates if fate.state == "used"}):
        own = [fate for fate in fates if fate.receipt.partner == partner and fate.state == "used"]
        try:
            loaded.deliveries += [_delivery(home, fate.receipt) for fate in own]
        except Exception as error:  # whatever it is, it must not stop the other partners
            _write_trace(home, partner, error)
            loaded.notes.append(f"{partner} was set aside: its files could not be loaded (see {DEBUG}/assemble-{partner}.txt)")
            for fate in own:
                fate.state, fate.reason = "quarantined", "the files could not be loaded tonight"
    return loaded


def _delivery(home: Path, receipt: Receipt) -> _Delivery:
    manifest = receipt.manifest
    assert manifest is not None
    folder = home / LANDING / receipt.partner / receipt.submission_id
    kept = Kept.model_validate_json((folder / MANIFEST_KEPT).read_bytes()) if manifest.encoding is not None else None
    for listed in manifest.files:
        expected = kept.files.get(listed.name, listed.sha256) if kept else listed.sha256
        if sha256_file(folder / listed.name) != expected:
            raise IntegrityError("the bytes in the landing folder are not those that were received", file=listed.name)
    contract = CONTRACTS[receipt.dataset]
    records, payload, rejects = (
        shape.conform(pl.read_parquet(folder / name, glob=False))
        for name, shape in (("records.parquet", RECORD), ("payload.parquet", payload_shape(contract)), ("rejects.parquet", REJECT))
    )
    encodings = ENCODING.conform(pl.read_parquet(folder / ENCODINGS, glob=False)) if kept else None
    return _Delivery(receipt, manifest, records, payload, rejects, encodings)


def _write_trace(home: Path, partner: str, error: BaseException) -> None:
    """Write where it went wrong: places and the kind of error, and no message, because messages quote values."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}" for frame in frames]
    make_folder(home / DEBUG)
    write_atomic(home / DEBUG / f"assemble-{partner}.txt", "\n".join([*places, type(error).__name__, ""]).encode())


def _newest_first(frames: Sequence[tuple[int, pl.DataFrame]], key: Sequence[str]) -> pl.DataFrame | None:
    """Return the rows of several deliveries, one for each key, the newest delivery's; with its `sequence`."""
    if not frames:
        return None
    together = pl.concat([frame.with_columns(sequence=pl.lit(sequence, pl.Int64)) for sequence, frame in frames])
    ordered = together.sort("sequence", descending=True, maintain_order=True)
    return ordered.unique(list(key), keep="first", maintain_order=True)


def _records(deliveries: Sequence[_Delivery]) -> pl.DataFrame:
    """Return all parties once, in key order, numbered from 0. Periods of one dataset may name the same supplier."""
    found = _newest_first([(d.receipt.sequence, d.records) for d in deliveries], RECORD.key)
    records = RECORD.empty() if found is None else RECORD.conform(found)
    return records.with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))


def _encodings(deliveries: Sequence[_Delivery], records: pl.DataFrame) -> pl.DataFrame | None:
    """Return the encodings of tonight's records, sorted by record number; None where nobody's identity was encoded."""
    parts = [
        (d.receipt.sequence, d.encodings.with_columns(pl.lit(d.receipt.partner).alias("partner"), pl.lit(d.receipt.dataset).alias("dataset")))
        for d in deliveries if d.encodings is not None
    ]  # fmt: skip
    found = _newest_first(parts, RECORD.key)
    if found is None:
        return None
    numbered = found.join(records.select("record", *RECORD.key), on=list(RECORD.key))
    return numbered.select("record", *(name for name in ENCODING.columns if name not in RECORD.key)).sort("record")


def _payloads(deliveries: Sequence[_Delivery]) -> tuple[dict[str, pl.DataFrame], dict[int, int]]:
    """Return the rows of every dataset, and how many of each delivery are among them.

    A row that stands in two periods (a month, and then the whole year) is used once, as last sent.
    """
    payloads, kept = {}, {}
    for dataset, contract in CONTRACTS.items():
        found = _newest_first([(d.receipt.sequence, d.payload) for d in deliveries if d.receipt.dataset == dataset], _ROW)
        shape = payload_shape(contract)
        payloads[dataset] = shape.empty() if found is None else shape.conform(found)
        if found is not None:
            kept.update(dict(found.group_by("sequence").len().iter_rows()))
    return payloads, kept


def _with_parties(payloads: dict[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """Give rows whose party stands in another dataset the reference of that party; count those without one."""
    filled, notes = dict(payloads), []
    for dataset, contract in CONTRACTS.items():
        if contract.party_from is None or not payloads[dataset].height:
            continue
        source, fields = contract.party_from
        filled[dataset] = payload_shape(contract).conform(_joined(payloads[dataset], payloads[source], fields))
        without = filled[dataset].filter(pl.col("party_ref").is_null()).group_by("partner").len().sort("partner")
        notes += [f"{partner}: {rows:,} rows of {dataset} name nobody in its {source}" for partner, rows in without.iter_rows()]
    return filled, notes


def _joined(rows: pl.DataFrame, parties: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    on = ["partner", *fields]
    # a reference that stands in the standing data twice means its first row
    first = parties.group_by(on).agg(pl.col("party_ref").min().alias("found"))
    return rows.join(first, on=on, how="left").with_columns(party_ref=pl.col("found"))


def _previous_accounts(home: Path, deliveries: Sequence[_Delivery], receipts: Sequence[Receipt]) -> tuple[pl.DataFrame, list[str]]:
    """Return the parties whose account was another one in the delivery before of the same dataset and period."""
    changed, notes = [_ACCOUNTS.to_frame()], []
    for delivery in deliveries:
        before = _before(delivery, receipts)
        if before is None or _keys_of(before) != _keys_of(delivery.receipt) or not _has_accounts(CONTRACTS[delivery.receipt.dataset]):
            continue
        try:
            earlier = _delivery(home, before).records
        except Exception as error:
            _write_trace(home, delivery.receipt.partner, error)
            notes.append(f"{delivery.receipt.partner}: changes of account since {before.submission_id} are not known; it could not be loaded")
            continue
        then = earlier.select(*RECORD.key, pl.col("account").alias("previous_account"), pl.col("as_of").alias("previous_as_of"))
        now = delivery.records.select(*RECORD.key, "account")
        other = now.join(then, on=list(RECORD.key)).filter(pl.col("account") != pl.col("previous_account"))
        changed.append(other.select(list(_ACCOUNTS)))
    return pl.concat(changed).sort(RECORD.key), notes


def _before(delivery: _Delivery, receipts: Sequence[Receipt]) -> Receipt | None:
    own = delivery.receipt
    earlier = [
        r for r in receipts
        if r.state == "accepted" and r.manifest and r.sequence < own.sequence
        and (r.partner, r.dataset, r.manifest.period) == (own.partner, own.dataset, delivery.manifest.period)
    ]  # fmt: skip
    return max(earlier, key=lambda r: r.sequence, default=None)


def _keys_of(receipt: Receipt) -> str:
    """Return the exercise under whose keys accounts can be compared; nothing where they travelled in clear."""
    note = receipt.manifest.encoding if receipt.manifest else None
    return f"{note.agreement} {note.exercise}" if note else ""


def _has_accounts(contract: Contract) -> bool:
    return any("account" in party.columns for party in contract.parties)


def _submissions(fates: Sequence[_Fate], incomplete: Sequence[Incomplete]) -> pl.DataFrame:
    rows = [_account_for(fate) for fate in fates]
    known = {(fate.receipt.partner, fate.receipt.submission_id) for fate in fates}
    rows += [
        (upload.submission_id, upload.partner, upload.dataset, "", None, None, "incomplete", f"incomplete upload, age {upload.age_hours} h", 0, 0, 0, 0)
        for upload in incomplete if (upload.partner, upload.submission_id) not in known
    ]  # fmt: skip
    return SUBMISSION.conform(pl.DataFrame(rows, schema=SUBMISSION.schema, orient="row"))


def _account_for(fate: _Fate) -> tuple[object, ...]:
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


def _rejects(deliveries: Sequence[_Delivery]) -> pl.DataFrame:
    schema = pl.Schema({"partner": pl.String(), "dataset": pl.String(), "submission_id": pl.String(), **REJECT.schema})
    parts = [
        d.rejects.select(
            pl.lit(d.receipt.partner).alias("partner"), pl.lit(d.receipt.dataset).alias("dataset"),
            pl.lit(d.receipt.submission_id).alias("submission_id"), pl.all(),
        )
        for d in deliveries
    ]  # fmt: skip
    return pl.concat([schema.to_frame(), *parts]).sort("partner", "dataset", "submission_id", *REJECT.key)


def _old_history(deliveries: Sequence[_Delivery], partnership: Partnership, as_of: date) -> list[str]:
    notes = []
    history = [d for d in deliveries if CONTRACTS[d.receipt.dataset].history]
    for partner, dataset in sorted({(d.receipt.partner, d.receipt.dataset) for d in history}):
        newest = max(d.manifest.as_of for d in history if (d.receipt.partner, d.receipt.dataset) == (partner, dataset))
        if newest < as_of - timedelta(days=partnership.max_age_days(dataset)):
            notes.append(f"{partner}: the newest {dataset} was taken on {newest}; older periods are used, newer ones are missing")
    return notes


def _unknown_supersedes(receipts: Sequence[Receipt]) -> list[str]:
    known = {(r.partner, r.dataset, r.submission_id) for r in receipts}
    return [
        f"{r.partner}: {r.submission_id} says that it replaces {r.manifest.supersedes}, which never arrived"
        for r in receipts
        if r.state == "accepted" and r.manifest and r.manifest.supersedes and (r.partner, r.dataset, r.manifest.supersedes) not in known
    ]
