"""What leaves of normalised rows: everything where identity travels in clear, tokens and what rules need where it does not."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from matchers.derivation import Exercise, key_check
from matchers.encoding import canaries, spec_digest
from matchers.needs import Needs, needs
from pipeline.encode import Keys, encode, references, refuse_identity, shown_identity
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError
from schemas.records import IDENTITY, PASSES, RECORD, payload_shape
from schemas.relations import Normalised, Outgoing
from schemas.rule import load_rules
from tests.conftest import DAY, frame_of

ROOT = bytes(range(32))
EXERCISE = Exercise("both", "night-1", "counter-fraud", "P1", bytes(reversed(range(32))), spec_digest())
KEYS = Keys(EXERCISE, key_check(ROOT, EXERCISE), canaries(ROOT, EXERCISE), ROOT)


def rows(dataset: str, parties: list[dict[str, object]], payload: list[dict[str, object]]) -> Normalised:
    own = {"partner": "northmere", "dataset": dataset}
    records = [{**own, "kind": "person", "party": "holder", "as_of": DAY, "deceased_hint": False, "protected": False, **p} for p in parties]
    lines = [{**own, "party_ref": line["record_ref"], **line} for line in payload]
    return Normalised(frame_of(RECORD, records), frame_of(payload_shape(CONTRACTS[dataset]), lines))


def encoded(dataset: str, normalised: Normalised) -> Outgoing:
    wanted = needs(load_rules(), CONTRACTS[dataset])
    refs = references(normalised, CONTRACTS[dataset], wanted, EXERCISE.id)
    tokens = refs.with_columns(token=pl.Series([f"{n:032x}" for n in range(refs.height)], dtype=pl.String))
    return encode(normalised, CONTRACTS[dataset], KEYS, needed=wanted, tokens=tokens)


ADAEZE = {"record_ref": "A1", "forename": "ADAEZE", "surname": "OKAFOR", "date_of_birth": "1984-03-27", "nino": "QQ112233C", "postcode": "ZZ1 1AA", "address": "14 WEAVER STREET", "paon": "14"}
COUNCIL_TAX = rows("CTX", [ADAEZE, {**ADAEZE, "party": "second", "forename": "BEN"}], [{"record_ref": "A1", "account_ref": "CT77", "discount_code": "SPD", "band": "C", "property_class": "Flat", "liability_start": date(2019, 5, 17)}])


def test_clear_rows_travel_as_they_are() -> None:
    out = encode(COUNCIL_TAX, CONTRACTS["CTX"], None, needed=Needs((), (), (), {}), tokens=pl.DataFrame())
    assert out.records.equals(COUNCIL_TAX.records)
    assert out.payload.equals(COUNCIL_TAX.payload)
    assert (out.encodings, out.note) == (None, None)


def test_identity_stays_at_home_but_for_a_token_of_each_number() -> None:
    out = encoded("CTX", COUNCIL_TAX)
    held = {name for name in IDENTITY if out.records[name].null_count() < out.records.height}
    assert held == {"nino"}
    assert out.records["nino"].str.contains("^[0-9a-f]{32}$").all()
    assert out.records["nino"].n_unique() == 1
    assert set(out.records["party"]) == {"holder", "second"}


def test_one_reference_gets_one_token_in_every_table() -> None:
    out = encoded("CTX", COUNCIL_TAX)
    assert out.encodings is not None
    refs = {*out.records["record_ref"], *out.payload["record_ref"], *out.payload["party_ref"], *out.encodings["record_ref"]}
    assert refs == {"0" * 32}


def test_what_no_rule_needs_stays_at_home_and_says_so() -> None:
    out = encoded("CTX", COUNCIL_TAX)
    assert out.payload.select("discount_code", "band", "liability_start").row(0) == ("SPD", "C", date(2019, 5, 17))
    assert out.payload.select("account_ref", "property_class", "partner_record_ref").row(0) == (None, None, None)
    assert out.note is not None
    assert {"account_ref", "property_class", "partner_record_ref"} <= set(out.note.withheld)


def test_days_that_rules_only_show_leave_as_months() -> None:
    claim = rows("CTR", [ADAEZE], [{"record_ref": "A1", "claim_start": date(2021, 4, 17), "award_start": date(2021, 4, 17)}])
    out = encoded("CTR", claim)
    assert out.payload.select("claim_start", "award_start").row(0) == (date(2021, 4, 1), date(2021, 4, 17))
    assert out.note is not None
    assert out.note.coarse == ("claim_start",)


def test_of_free_text_only_the_words_that_a_rule_searches_leave() -> None:
    supplier = {"record_ref": "S1", "kind": "organisation", "party": "supplier", "name": "ACME", "name_as_sent": "Acme Ltd", "company_number": "00000019"}
    paid = rows("CRP", [], [{"record_ref": "P1", "creditor_ref": "S100", "remarks": "Recharge, shared with A. Okafor", "supplier_invoice_no": "INV 7"}])
    out = encoded("CRP", Normalised(frame_of(RECORD, [{"partner": "northmere", "dataset": "CRS", "as_of": DAY, **supplier}]), paid.payload))
    assert out.payload["remarks"].to_list() == ["recharge shared"]
    assert out.payload["supplier_invoice_no"].to_list() == ["INV 7"]
    assert out.payload["creditor_ref"].str.contains("^[0-9a-f]{32}$").all()


def test_a_company_keeps_its_name_and_a_sole_trader_does_not() -> None:
    company = {"record_ref": "S1", "kind": "organisation", "party": "supplier", "name": "HOLLIN BANK JOINERY", "name_as_sent": "Hollin Bank Joinery Ltd", "account": "990001-70391824"}
    trader = {**company, "record_ref": "S2", "name": "ADAEZE OKAFOR", "name_as_sent": "Adaeze Okafor and Co", "vat_number": "123456789"}
    out = encoded("CRS", rows("CRS", [company, trader], []))
    by_name = {bool(name): row for name, row in zip(out.records["name"], out.records.iter_rows(named=True), strict=True)}
    assert by_name[True]["name_as_sent"] == "Hollin Bank Joinery Ltd"
    assert {by_name[False][name] for name in ("name", "name_as_sent", "vat_number", "address")} == {None}
    assert by_name[True]["account"] == by_name[False]["account"] != "990001-70391824"


def test_the_note_counts_who_can_meet_whom() -> None:
    nobody = {"record_ref": "A9", "forename": None, "surname": None}
    out = encoded("CTX", rows("CTX", [ADAEZE, {**ADAEZE, **nobody, "date_of_birth": None, "nino": None, "postcode": None, "address": None, "paon": None}], []))
    assert out.note is not None
    assert (out.note.people, out.note.unmet) == (2, 1)
    assert set(out.note.meeting) == set(PASSES)
    assert out.note.meeting["nino"] == out.note.meeting["p1"] == 1
    assert out.note.chance is None


def test_what_would_name_a_person_is_stopped() -> None:
    out = encoded("CTX", COUNCIL_TAX)
    for column, value in (("surname", "OKAFOR"), ("nino", "QQ112233C"), ("postcode", "ZZ1 1AA")):
        bad = Outgoing(out.records.with_columns(pl.lit(value).alias(column)), out.payload, out.encodings, out.note)
        assert shown_identity(bad.records) == [column]
        with pytest.raises(IntegrityError, match=f"column {column}: identity in clear would have left"):
            refuse_identity(bad)
