"""Tonight's input: the submissions that `fates` lets in, read once and frozen."""

from __future__ import annotations

import io
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipeline.fates import Fate, account, compared_with, decide, unknown_supersedes
from pipeline.landing import note_of, table_bytes
from pipeline.store.files import Incomplete, make_folder, write_atomic
from pipeline.tombstones import Purged, load_tombstones
from schemas.datasets import CONTRACTS
from schemas.manifest import ENCODINGS, FILE_NAMES, HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest, Receipt
from schemas.partnership import Partnership
from schemas.records import ENCODING, HOUSEHOLD, RECORD, REJECT, Shape, payload_shape
from schemas.relations import Assembled

DEBUG = "debug"
_ROW = ("partner", "dataset", "record_ref")
_ACCOUNTS = pl.Schema({
    "partner": pl.String(), "dataset": pl.String(), "record_ref": pl.String(), "party": pl.String(),
    "previous_account": pl.String(), "previous_as_of": pl.Date(),
})  # fmt: skip


@dataclass(frozen=True)
class _Delivery:
    """An accepted submission that is used tonight, with its rows; `digest` is theirs, also after some of them were erased."""

    receipt: Receipt
    manifest: Manifest
    records: pl.DataFrame
    payload: pl.DataFrame
    rejects: pl.DataFrame
    digest: str
    encodings: pl.DataFrame | None = None
    households: pl.DataFrame | None = None
    household_rows: pl.DataFrame | None = None


@dataclass
class _Loaded:
    deliveries: list[_Delivery] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def assemble(
    home: Path, partnership: Partnership, receipts: Sequence[Receipt], *, as_of: date, incomplete: Sequence[Incomplete] = (),
    exercises: Mapping[str, str] | None = None, confirmed: frozenset[tuple[str, str]] = frozenset(),
) -> Assembled:
    """Return tonight's records, payloads and the account of every submission.

    Args:
        home: the unit's home, with the landing folder.
        receipts: all of them, old and new (`receipts.load_receipts`).
        as_of: the night of the run; ages count from it. A submission taken later than that is used all the same.
        incomplete: uploads without a manifest, for the list.
        confirmed: (partner, submission) that may have far more or far fewer rows than the one before.
        exercises: agreement -> exercise in force; what was encoded for another one meets nobody, and is left out.

    A partner whose files fail to load is set aside whole, with a note and a trace in `debug/`; the others go on.
    """
    purged = load_tombstones(home)
    fates = decide(receipts, partnership, as_of, exercises or {}, purged, confirmed)
    loaded = _load(home, fates)
    deliveries = sorted(loaded.deliveries, key=lambda d: d.receipt.sequence)
    payloads, kept = _payloads(deliveries)
    records = _records(deliveries)
    for fate in fates:
        if fate.state == "used":
            fate.used = kept.get(fate.receipt.sequence, 0)
    payloads = _with_household_rows(payloads, deliveries)
    payloads, orphans = _with_parties(payloads)
    accounts, account_notes = _previous_accounts(home, deliveries, receipts, purged)
    return Assembled(
        records=records,
        payloads=payloads,
        previous_accounts=accounts,
        submissions=account(fates, incomplete),
        rejects=_rejects(deliveries),
        encodings=_numbered([(d, d.encodings) for d in deliveries if d.encodings is not None], records, ENCODING),
        households=_numbered([(d, d.households) for d in deliveries if d.households is not None], records, HOUSEHOLD),
        said=tuple((d.receipt.partner, d.manifest.encoding.chance) for d in deliveries if d.manifest.encoding and d.manifest.encoding.chance),
        profile=next((d.manifest.encoding.profile for d in deliveries if d.manifest.encoding), "P1"),
        disclosures={(d.receipt.partner, d.receipt.dataset): d.manifest.disclosure for d in deliveries},
        inputs=tuple(sorted((d.receipt.partner, d.receipt.dataset, d.receipt.submission_id, d.digest) for d in deliveries)),
        notes=(*loaded.notes, *_old_history(deliveries, partnership, as_of), *orphans, *account_notes, *unknown_supersedes(receipts)),
    )


def _load(home: Path, fates: Sequence[Fate]) -> _Loaded:
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
    contract = CONTRACTS[receipt.dataset]
    shapes = {
        "records.parquet": RECORD, "payload.parquet": payload_shape(contract), "rejects.parquet": REJECT, ENCODINGS: ENCODING, HOUSEHOLDS: HOUSEHOLD,
        HOUSEHOLD_ROWS: payload_shape(contract),
    }  # fmt: skip
    known = note_of(home, receipt.partner, receipt.submission_id)
    tables: dict[str, pl.DataFrame] = {
        listed.name: shapes[listed.name].conform(pl.read_parquet(io.BytesIO(table_bytes(home, receipt.partner, receipt.submission_id, listed.name, known))))
        for listed in manifest.files
    }  # fmt: skip
    records, payload, rejects = (tables[name] for name in FILE_NAMES)
    return _Delivery(
        receipt, manifest, records, payload, rejects, known.row_digest or manifest.row_digest, tables.get(ENCODINGS), tables.get(HOUSEHOLDS),
        tables.get(HOUSEHOLD_ROWS),
    )  # fmt: skip


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
    parties = [(d.receipt.sequence, pl.concat([d.records, *([] if d.households is None else [_as_records(d, d.households)])])) for d in deliveries]
    found = _newest_first(parties, RECORD.key)
    records = RECORD.empty() if found is None else RECORD.conform(found)
    return records.with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))


def _as_records(delivery: _Delivery, households: pl.DataFrame) -> pl.DataFrame:
    """Return who lives at the encoded homes of a delivery as records, which hold nothing but that there is somebody."""
    known = {"partner": delivery.receipt.partner, "dataset": delivery.receipt.dataset, "kind": "household", "as_of": delivery.manifest.as_of}
    nothing = [pl.lit(None, dtype).alias(name) for name, dtype in RECORD.schema.items() if name not in known and name not in households.columns]
    return RECORD.conform(households.with_columns(*nothing, **{name: pl.lit(value) for name, value in known.items()}))


def _numbered(parts: Sequence[tuple[_Delivery, pl.DataFrame]], records: pl.DataFrame, shape: Shape) -> pl.DataFrame | None:
    """Return what is encoded of tonight's records, sorted by record number; None where nothing is."""
    found = _newest_first(
        [(d.receipt.sequence, table.with_columns(pl.lit(d.receipt.partner).alias("partner"), pl.lit(d.receipt.dataset).alias("dataset"))) for d, table in parts],
        RECORD.key,
    )  # fmt: skip
    if found is None:
        return None
    numbered = found.join(records.select("record", *RECORD.key), on=list(RECORD.key))
    return numbered.select("record", *(name for name in shape.columns if name not in RECORD.key)).sort("record")


def _with_household_rows(payloads: dict[str, pl.DataFrame], deliveries: Sequence[_Delivery]) -> dict[str, pl.DataFrame]:
    """Add what rules on homes read of rows whose identity was encoded, under the households' references; these are no rows of their own."""
    out = dict(payloads)
    for dataset, contract in CONTRACTS.items():
        found = _newest_first([(d.receipt.sequence, d.household_rows) for d in deliveries if d.receipt.dataset == dataset and d.household_rows is not None], _ROW)
        if found is not None:
            shape = payload_shape(contract)
            out[dataset] = shape.conform(pl.concat([out[dataset], shape.conform(found)]))
    return out


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


def _previous_accounts(
    home: Path, deliveries: Sequence[_Delivery], receipts: Sequence[Receipt], purged: Purged
) -> tuple[pl.DataFrame, list[str]]:
    """Return the parties whose account was another one in the delivery before of the same dataset and period."""
    changed, notes = [_ACCOUNTS.to_frame()], []
    for delivery in deliveries:
        before = compared_with(delivery.receipt, receipts)
        if before is None:
            continue
        if (before.partner, before.submission_id) in purged:
            notes.append(f"{before.partner}: changes of account since {before.submission_id} are not known; it was destroyed, as agreed")
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
