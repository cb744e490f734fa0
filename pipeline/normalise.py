"""Accepted rows to parties and payload: the one place where names, addresses and organisations get their common form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import polars as pl

from matchers.normalisers.addresses import normalise_address
from matchers.normalisers.names import normalise_people
from matchers.normalisers.organisations import normalise_organisation
from schemas.contract import Contract, Party, PartyKind
from schemas.records import RECORD, payload_shape
from schemas.relations import Normalised

_NAMES = ("title", "forename", "middle_names", "surname")
_PERSON_VALUES = ("date_of_birth", "nino", "phone", "email", "passport_number")
_ORGANISATION_VALUES = ("company_number", "vat_number", "charity_number", "phone", "email")


def normalise(rows: pl.DataFrame, contract: Contract, *, partner: str, as_of: date) -> Normalised:
    """Part each accepted row into the parties it names and the rest.

    Args:
        rows: typed rows, as `check` accepts them.
        as_of: the delivery's date, for rows that carry none.

    Returns:
        `records`: one row per party, shape `RECORD`; a field that names two people gives two parties, and the birth
        date and NINO beside it stay with the first. `payload`: one row per row, shape `payload_shape`.
    """
    numbered = rows.with_row_index("row").with_columns(_row_refs(rows, contract))
    address_of = _Addresses(numbered)
    parties, nameless = [], 0
    for party in contract.parties:
        people, without_name = _people(numbered, party) if party.kind is PartyKind.PERSON else _organisations(numbered, party)
        nameless += without_name
        parties.append(_complete(people, numbered, party, address_of, as_of))
    records = pl.concat(parties) if parties else RECORD.empty().drop("partner", "dataset").with_columns(row=pl.lit(0, pl.UInt32))
    payload = numbered.with_columns(pl.col("record_ref").alias("party_ref"))
    once = [p for p in contract.parties if p.once_per_value]
    if once:
        records, payload = _once_per_value(records, payload)
    own = {"partner": pl.lit(partner, pl.String), "dataset": pl.lit(contract.id, pl.String)}
    notes = (f"without a usable name, and matched on their other values: {nameless:,}",) if nameless else ()
    return Normalised(
        RECORD.conform(records.with_columns(**own)), payload_shape(contract).conform(payload.with_columns(**own)), notes
    )


def _row_refs(rows: pl.DataFrame, contract: Contract) -> pl.Series:
    """Return each row's reference: the partner's, or the row's content where the dataset has no key.

    Rows of equal content are numbered 1, 2, 3; which of them is which does not matter, because they are equal.
    """
    if contract.key:
        return rows["partner_record_ref"].alias("record_ref")
    # when the extract was taken is not what the line says: the same line sent again next month keeps its reference
    said = [name for name in contract.names if name not in ("as_of_date", "partner_record_ref")]
    content = rows.select(pl.concat_str((_escaped(name) for name in said), separator="\x1f").alias("content"))
    digests = pl.Series("digest", [hashlib.sha256(text.encode()).hexdigest()[:16] for text in content["content"]], pl.String)
    counted = pl.DataFrame([digests]).with_columns(n=pl.int_range(1, pl.len() + 1).over("digest"))
    return counted.select(pl.format("l{}-{}", "digest", "n").alias("record_ref"))["record_ref"]


def _escaped(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.replace_all("\x1f", " ", literal=True).fill_null("\x00")


def _people(numbered: pl.DataFrame, party: Party) -> tuple[pl.DataFrame, int]:
    names = numbered.select("row", *(_column(party, name).alias(name) for name in _NAMES))
    values = numbered.select("row", *(_column(party, name).alias(name) for name in _PERSON_VALUES))
    present = names.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in ("forename", "middle_names", "surname")))
    found = normalise_people(present).rename({"suffix": "generation"})
    known = values.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in _PERSON_VALUES))
    nameless = known.join(found.select("row").unique(), on="row", how="anti").select("row")
    people = pl.concat([found, nameless.with_columns(person=pl.lit(1, pl.UInt8))], how="diagonal")
    people = people.join(values, on="row", how="left")
    alone = [pl.when(pl.col("person") == 1).then(pl.col(name)).alias(name) for name in _PERSON_VALUES]
    label = pl.when(pl.col("person") == 1).then(pl.lit(party.name)).otherwise(pl.lit(f"{party.name} 2")).alias("party")
    people = people.with_columns(*alone, label, pl.col("deceased_hint").fill_null(value=False))
    return people.drop("person", "generation"), nameless.height


def _organisations(numbered: pl.DataFrame, party: Party) -> tuple[pl.DataFrame, int]:
    raw = numbered.select("row", _column(party, "name").alias("name_as_sent"))
    named = raw.with_columns(normalise_organisation(pl.col("name_as_sent")).alias("both")).unnest("both").drop("problem")
    named = named.rename({"value": "name"}).with_columns(party=pl.lit(party.name), deceased_hint=pl.lit(False))
    values = numbered.select("row", *(_column(party, name).alias(name) for name in _ORGANISATION_VALUES))
    usable = named.join(values, on="row", how="left")
    return usable, int((usable["name"].is_null() & usable["name_as_sent"].is_not_null()).sum())


def _column(party: Party, canonical: str) -> pl.Expr:
    source = party.columns.get(canonical)
    return pl.col(source[0]) if source else pl.lit(None, pl.String)


class _Addresses:
    """Normalised addresses, worked out once for each set of address columns."""

    def __init__(self, numbered: pl.DataFrame) -> None:
        self.numbered = numbered
        self.done: dict[tuple[str, ...], pl.DataFrame] = {}

    def __call__(self, party: Party) -> pl.DataFrame:
        lines = party.columns.get("address", ())
        if not lines:
            return pl.DataFrame(schema={"row": pl.UInt32(), "address": pl.String(), "saon": pl.String(), "paon": pl.String()})
        if lines not in self.done:
            wanted = {f"addr{i + 1}": pl.col(name) for i, name in enumerate(lines)}
            frame = self.numbered.select("row", **wanted, postcode=_column(party, "postcode"))
            self.done[lines] = normalise_address(frame)
        return self.done[lines]


def _complete(people: pl.DataFrame, numbered: pl.DataFrame, party: Party, address_of: _Addresses, as_of: date) -> pl.DataFrame:
    """Add reference, address, account and flags to the parties, in the columns of `RECORD`."""
    flag = pl.col("protected_flag").fill_null(value=False) if "protected_flag" in numbered.columns else pl.lit(False)
    beside = numbered.select(
        "row", "record_ref", _column(party, "postcode").alias("postcode"),
        (pl.col(party.columns["uprn"][0]) if "uprn" in party.columns else pl.lit(None, pl.Int64)).alias("uprn"),
        _account(party.columns).alias("account"), flag.alias("protected"), pl.col("as_of_date").fill_null(as_of).alias("as_of"),
    )
    full = people.join(beside, on="row", how="left").join(address_of(party), on="row", how="left")
    full = full.with_columns(kind=pl.lit(str(party.kind)))
    missing = [pl.lit(None, dtype).alias(name) for name, (dtype, _) in RECORD.columns.items() if name not in full.columns]
    return full.with_columns(*missing).select("row", *(name for name in RECORD.columns if name not in ("partner", "dataset")))


def _account(columns: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    if "account" not in columns:
        return pl.lit(None, pl.String)
    sort_code, number, roll = (pl.col(name) for name in columns["account"])
    # Building societies collect under one account, so the roll number is part of whose it is.
    return pl.concat_str(sort_code, pl.lit("-"), number) + pl.when(roll.is_not_null()).then(pl.lit("/") + roll).otherwise(pl.lit(""))


def _once_per_value(records: pl.DataFrame, payload: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give rows that name the same party in the same words one record, and the payload its reference."""
    identity = ["party", "name_as_sent", "company_number", "vat_number", "charity_number"]
    distinct = records.select(identity).unique().sort(identity, nulls_last=False)
    content = distinct.select(pl.concat_str((_escaped(name) for name in identity), separator="\x1f"))
    refs = pl.Series("supplier_ref_", ["s" + hashlib.sha256(text.encode()).hexdigest()[:16] for text in content.to_series()], pl.String)
    keyed = records.join(distinct.with_columns(refs), on=identity, how="left", nulls_equal=True)
    payload = payload.join(keyed.select("row", "supplier_ref_"), on="row", how="left").with_columns(party_ref=pl.col("supplier_ref_"))
    newest = keyed.sort("supplier_ref_", "as_of", "row", maintain_order=True).group_by("supplier_ref_", maintain_order=True).last()
    return newest.with_columns(record_ref=pl.col("supplier_ref_")).drop("supplier_ref_"), payload.drop("supplier_ref_")
