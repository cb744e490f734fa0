"""Rows to parties and payload: who stands in a row, under which reference, and that no row is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalise import normalise
from schemas.contract import FieldType
from schemas.datasets import CONTRACTS
from schemas.records import RECORD, payload_shape, typed
from schemas.relations import Normalised

DAY = date(2026, 11, 1)


def rows(dataset: str, *given_rows: dict[str, Any]) -> pl.DataFrame:
    """Typed rows of a dataset, as `check` accepts them; each has a reference of its own unless it says otherwise, the rest is null."""
    contract = CONTRACTS[dataset]
    own = {"partner_record_ref": None} if not contract.key else {}
    full = [
        {**dict.fromkeys(contract.names), "partner_record_ref": f"R{i}", **own, "file": "a.csv", "line": i + 2, **row} for i, row in enumerate(given_rows)
    ]
    return pl.DataFrame(full, schema={"file": pl.String(), "line": pl.Int64(), **{f.name: typed(f.type) for f in contract.fields}})


def of(dataset: str, *given_rows: dict[str, Any]) -> Normalised:
    return normalise(rows(dataset, *given_rows), CONTRACTS[dataset], partner="northmere", as_of=DAY)


def parties(found: Normalised, *columns: str) -> list[tuple[Any, ...]]:
    return found.records.select("record_ref", "party", *columns).rows()


ADA = {"forename": "Adaeze", "surname": "Okafor", "dob": "1984-03-27", "nino": "QQ112233C"}
PLACE = {"addr1": "Flat 2, 14 Weaver Street", "addr3": "Northmere", "postcode": "ZZ1 1AA", "uprn": 990000000123}


def test_a_row_with_one_person_gives_one_party_and_one_payload_row() -> None:
    found = of("CTX", {**ADA, **PLACE, "title": "Ms", "middle_names": "Grace", "band": "C", "gross_amount": 184250})
    (record,) = found.records.iter_rows(named=True)
    known = {name: value for name, value in record.items() if value is not None}
    assert known == {
        "partner": "northmere", "dataset": "CTX", "record_ref": "R0", "party": "holder", "kind": "person", "forename": "ADAEZE", "middle_names": "GRACE",
        "surname": "OKAFOR", "date_of_birth": "1984-03-27", "nino": "QQ112233C", "address": "FLAT 2 14 WEAVER STREET NORTHMERE", "saon": "FLAT 2",
        "paon": "14", "postcode": "ZZ1 1AA", "uprn": 990000000123, "deceased_hint": False, "protected": False, "as_of": DAY,
    }  # fmt: skip
    (row,) = found.payload.iter_rows(named=True)
    assert {name: row[name] for name in ("partner", "dataset", "record_ref", "party_ref", "band", "gross_amount")} == {
        "partner": "northmere", "dataset": "CTX", "record_ref": "R0", "party_ref": "R0", "band": "C", "gross_amount": 184250,
    }  # fmt: skip
    assert found.notes == ()


def test_the_payload_holds_no_column_of_identity() -> None:
    assert not {"forename", "surname", "nino", "dob", "addr1", "postcode"} & set(of("CTX", ADA).payload.columns)


def test_two_people_in_one_field_are_two_parties_and_what_stands_beside_stays_with_the_first() -> None:
    found = of("CTX", {**ADA, "forename": "Adaeze & Bryn", "phone": "+447700900123", "email": "a@example.org", **PLACE})
    assert parties(found, "forename", "surname", "date_of_birth", "nino", "phone", "email") == [
        ("R0", "holder", "ADAEZE", "OKAFOR", "1984-03-27", "QQ112233C", "+447700900123", "a@example.org"),
        ("R0", "holder 2", "BRYN", "OKAFOR", None, None, None, None),
    ]
    assert found.records["paon"].to_list() == ["14", "14"]  # both live there
    assert found.payload.height == 1


def test_the_second_person_s_columns_make_a_party_of_the_same_home() -> None:
    second = {"second_forename": "Bryn", "second_surname": "Lewis", "second_dob": "1990-12-02", "second_nino": "QQ445566A"}
    found = of("CTX", {**ADA, **PLACE, **second})
    assert parties(found, "forename", "nino", "postcode") == [("R0", "holder", "ADAEZE", "QQ112233C", "ZZ1 1AA"), ("R0", "second", "BRYN", "QQ445566A", "ZZ1 1AA")]


def test_an_empty_second_person_is_no_party() -> None:
    assert parties(of("CTX", ADA)) == [("R0", "holder")]


def test_a_party_without_a_usable_name_is_matched_on_its_number_and_counted() -> None:
    found = of("CTX", {**ADA, "forename": "Unknown", "surname": "Unknown"}, {"nino": "QQ445566A"})
    assert parties(found, "surname", "nino") == [("R0", "holder", None, "QQ112233C"), ("R1", "holder", None, "QQ445566A")]
    assert found.notes == ("without a usable name, and matched on their other values: 2",)


def test_a_row_that_names_nobody_keeps_its_payload() -> None:
    found = of("CTX", {"surname": "The Occupier"}, {})
    assert found.records.height == 0
    assert found.payload["record_ref"].to_list() == ["R0", "R1"]


def test_executors_in_the_name_are_a_hint_and_not_part_of_it() -> None:
    assert parties(of("CTX", {"surname": "Executors of Ada Okafor"}), "forename", "surname", "deceased_hint") == [("R0", "holder", "ADA", "OKAFOR", True)]


@pytest.mark.parametrize(("flag", "expected"), [(True, True), (False, False), (None, False)])
def test_the_protected_flag_covers_every_party_of_the_row(flag: bool | None, expected: bool) -> None:
    found = of("CTX", {**ADA, "forename": "Adaeze & Bryn", "second_forename": "Zofia", "second_surname": "Nowak", "protected_flag": flag})
    assert parties(found, "protected") == [("R0", "holder", expected), ("R0", "holder 2", expected), ("R0", "second", expected)]


def test_a_dataset_without_the_flag_has_nobody_protected() -> None:
    assert "protected_flag" not in CONTRACTS["PSP"].names
    assert of("PSP", {"supplier_name": "Hollin Bank Joinery Ltd"}).records["protected"].to_list() == [False]


def test_a_row_s_own_day_goes_before_the_delivery_s() -> None:
    assert of("CTX", {**ADA, "as_of_date": date(2026, 10, 1)}, ADA).records["as_of"].to_list() == [date(2026, 10, 1), DAY]


@pytest.mark.parametrize(
    ("bank", "expected"),
    [({"sort_code": "990001", "account_no": "70391824"}, "990001-70391824"),
     ({"sort_code": "990001", "account_no": "70391824", "roll_no": "D/1234"}, "990001-70391824/D/1234"),
     ({"sort_code": "990001"}, None), ({"account_no": "70391824"}, None), ({"sort_code": "990001", "roll_no": "D/1234"}, None), ({}, None)],
)  # fmt: skip
@pytest.mark.parametrize(("dataset", "who"), [("PAY", ADA), ("CRS", {"name": "Hollin Bank Joinery Ltd"})])
def test_an_account_is_sort_code_number_and_roll_number_and_nothing_less(dataset: str, who: dict[str, Any], bank: dict[str, Any], expected: str | None) -> None:
    assert of(dataset, {**who, **bank}).records["account"].to_list() == [expected]


def test_an_organisation_keeps_its_name_as_sent_beside_the_one_to_compare() -> None:
    found = of("CRS", {"name": "The Hollin Bank Joinery Ltd", "company_no": "00000019", "vat_no": "123456789"})
    assert parties(found, "kind", "name", "name_as_sent", "company_number", "vat_number") == [
        ("R0", "creditor", "organisation", "HOLLIN BANK JOINERY", "The Hollin Bank Joinery Ltd", "00000019", "123456789")
    ]


def test_an_organisation_of_no_name_is_matched_on_its_number_and_counted() -> None:
    found = of("CRS", {"name": "Sundry Suppliers", "company_no": "00000019"})
    assert parties(found, "name", "company_number") == [("R0", "creditor", None, "00000019")]
    assert found.notes[0].startswith("without a usable name")


# payment lines: no key, one record for each supplier as spelt

LINE = {"payment_date": date(2026, 9, 29), "net_amount": 118800, "supplier_name": "Hollin Bank Joinery Ltd"}


def test_a_line_without_a_key_is_named_by_its_content_and_equal_lines_are_numbered() -> None:
    refs = dict(of("PSP", LINE, {**LINE, "net_amount": 1}, LINE, LINE).payload.select("record_ref", "net_amount").iter_rows())
    assert sorted(refs.values()) == [1, 118800, 118800, 118800]
    stems = {pence: {ref.rsplit("-", 1)[0] for ref, value in refs.items() if value == pence} for pence in (1, 118800)}
    assert {len(found) for found in stems.values()} == {1}
    assert stems[1] != stems[118800]
    assert sorted(ref.rsplit("-", 1)[1] for ref, value in refs.items() if value == 118800) == ["1", "2", "3"]
    assert [ref.rsplit("-", 1)[1] for ref, value in refs.items() if value == 1] == ["1"]


def test_a_value_in_the_next_column_makes_another_line() -> None:
    refs = of("PSP", {**LINE, "department": "A", "category": None}, {**LINE, "department": None, "category": "A"}).payload["record_ref"]
    assert refs.str.ends_with("-1").all()


def test_the_file_and_line_of_a_payment_are_no_part_of_its_name() -> None:
    one, other = of("PSP", LINE), of("PSP", {**LINE, "file": "b.csv", "line": 99})
    assert one.payload["record_ref"].to_list() == other.payload["record_ref"].to_list()


def test_each_spelling_of_a_supplier_is_one_record_and_its_lines_point_to_it() -> None:
    found = of("PSP", LINE, {**LINE, "net_amount": 1}, {**LINE, "supplier_name": "HOLLIN BANK JOINERY LIMITED"})
    assert sorted(found.records["name_as_sent"]) == ["HOLLIN BANK JOINERY LIMITED", "Hollin Bank Joinery Ltd"]
    assert set(found.records["name"]) == {"HOLLIN BANK JOINERY"}
    ref_of = dict(found.records.select("name_as_sent", "record_ref").iter_rows())
    assert found.payload["party_ref"].sort().to_list() == sorted([ref_of["Hollin Bank Joinery Ltd"]] * 2 + [ref_of["HOLLIN BANK JOINERY LIMITED"]])


def test_one_spelling_with_two_company_numbers_is_two_records() -> None:
    found = of("PSP", {**LINE, "company_no": "00000019"}, {**LINE, "company_no": "00000027"}, LINE)
    assert sorted(found.records["company_number"], key=str) == ["00000019", "00000027", None]
    assert found.payload["party_ref"].n_unique() == 3


def test_a_supplier_s_reference_does_not_depend_on_what_else_is_in_the_file() -> None:
    alone, among = of("PSP", LINE), of("PSP", {**LINE, "supplier_name": "River Garage"}, LINE)
    assert set(alone.records["record_ref"]) < set(among.records["record_ref"])


def test_a_supplier_seen_on_two_days_has_the_newest() -> None:
    found = of("PSP", {**LINE, "as_of_date": date(2026, 10, 2)}, {**LINE, "as_of_date": date(2026, 10, 1)})
    assert found.records["as_of"].to_list() == [date(2026, 10, 2)]


def test_payments_whose_supplier_stands_elsewhere_give_no_party() -> None:
    found = of("CRP", {"creditor_ref": "S1", "site_id": "01", "total_amount": 100})
    assert found.records.equals(RECORD.empty())
    assert found.payload.select("record_ref", "party_ref", "total_amount").rows() == [("R0", "R0", 100)]


suppliers = st.sampled_from(["Hollin Bank Joinery Ltd", "HOLLIN BANK JOINERY LTD", "River Garage", "Sundry Suppliers", None])
lines = st.builds(
    lambda name, pence, number, text: {"supplier_name": name, "net_amount": pence, "company_no": number, "department": text, "payment_date": DAY},
    suppliers, st.sampled_from([1, 2, None]), st.sampled_from([None, "00000019"]), st.sampled_from([None, "A", "A B"]),
)  # fmt: skip


@settings(max_examples=20)
@given(given_lines=st.lists(lines, min_size=1, max_size=10), data=st.data())
def test_references_of_payments_do_not_depend_on_the_order_of_rows(given_lines: list[dict[str, Any]], data: st.DataObject) -> None:
    one, other = of("PSP", *given_lines), of("PSP", *data.draw(st.permutations(given_lines)))
    assert one.payload.equals(other.payload)
    assert one.records.equals(other.records)
    assert one.payload.height == len(given_lines)
    assert set(one.payload["party_ref"]) == set(one.records["record_ref"])
    spelt = {(line["supplier_name"], line["company_no"]) for line in given_lines}
    assert one.records.height == len(spelt)


some_text = st.sampled_from([None, "Adaeze", "Adaeze & Bryn", "Mr & Mrs J Okafor", "The Occupier", "14 Weaver Street", "-", "  "])


@pytest.mark.parametrize("dataset", CONTRACTS)
@settings(max_examples=5)
@given(data=st.data())
def test_every_accepted_row_is_one_payload_row_whatever_its_text(dataset: str, data: st.DataObject) -> None:
    contract = CONTRACTS[dataset]
    written = st.fixed_dictionaries({f.name: some_text for f in contract.fields if f.type is FieldType.TEXT and f.name != "partner_record_ref"})
    given_rows = data.draw(st.lists(written, max_size=5))
    found = of(dataset, *given_rows)
    assert found.payload.height == len(given_rows)
    assert found.payload.schema == payload_shape(contract).schema
    assert found.records.schema == RECORD.schema
    assert not contract.key or set(found.payload["record_ref"]) == {f"R{i}" for i in range(len(given_rows))}
    assert set(found.records["record_ref"]) <= set(found.payload["party_ref"])


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_no_rows_give_no_parties_and_no_payload(dataset: str) -> None:
    found = of(dataset)
    assert (found.records.height, found.payload.height, found.notes) == (0, 0, ())
