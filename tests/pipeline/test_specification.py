"""What to send, from the contract alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.check import check
from pipeline.specification import all_forms, csvw, fields_in_words, page, table_schema, template
from schemas.contract import Contract
from schemas.datasets import CONTRACTS

EVERY = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


class Elements(HTMLParser):
    """The elements of a page, and whether they are closed in order."""

    EMPTY = ("meta", "br", "link", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@EVERY
def test_a_template_is_the_header_and_one_row(contract: Contract) -> None:
    rows = list(csv.reader(io.StringIO(template(contract), newline="")))
    assert tuple(rows[0]) == contract.names
    assert [len(row) for row in rows] == [len(contract.fields)] * 2
    assert all(value for value, f in zip(rows[1], contract.fields, strict=True) if f.mark == "required")


@EVERY
def test_a_template_passes_its_own_check(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / f"{contract.id}.csv"
    path.write_bytes(template(contract).encode())
    checked = check([path], contract, [], as_of=date(2026, 11, 30))
    assert checked.rejects.rows() == []
    assert (checked.received, checked.accepted) == (1, 1)


@EVERY
def test_a_page_is_whole_and_needs_nothing_from_outside(contract: Contract) -> None:
    elements = Elements(page(contract))
    assert elements.open == []
    assert not elements.named("script")
    assert not elements.named("link")
    assert all((a["href"] or "").startswith("#") for a in elements.named("a"))
    assert all("src" not in attrs for _, attrs in elements.found)
    assert elements.named("html") == [{"lang": "en-GB"}]


@EVERY
def test_a_page_says_everything_about_every_field(contract: Contract) -> None:
    words = Elements(page(contract)).words
    for f in contract.fields:
        for said in (f.name, f.description, str(f.role), str(f.visibility), str(f.mark), f.example, *f.codes, *f.codes.values()):
            assert said in words


@EVERY
def test_a_page_can_be_read_by_a_screen_reader(contract: Contract) -> None:
    elements = Elements(page(contract))
    assert len(elements.named("h1")) == 1
    assert len(elements.named("table")) == len(elements.named("caption"))
    assert all(head.get("scope") in ("col", "row") for head in elements.named("th"))
    ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {(a["href"] or "")[1:] for a in elements.named("a")} <= set(ids)
    assert all(region["aria-labelledby"] in ids for region in elements.named("div") if region.get("role") == "region")


def test_money_says_what_its_digits_mean() -> None:
    written = {f["field"]: f["written"] for f in fields_in_words(CONTRACTS["CTR"])}
    assert written["weekly_award"] == "whole pence, no point: 118800 is £1,188.00; a file in pounds says so in its mapping"
    spending = {f["field"]: f["written"] for f in fields_in_words(CONTRACTS["PSP"])}
    assert spending["net_amount"] == "pounds, with a point before the pence: 1188.00 is £1,188.00; no pound sign"
    hours = {f["field"]: f["written"] for f in fields_in_words(CONTRACTS["PAY"])}
    assert hours["std_hours"] == "whole number, digits only, in hundredths of an hour: 3700 is 37 hours"


def test_a_table_schema_holds_types_constraints_and_units() -> None:
    schema = table_schema(CONTRACTS["WLS"])
    fields = {f["name"]: f for f in schema["fields"]}
    assert schema["primaryKey"] == ["partner_record_ref"]
    assert fields["household_size"]["constraints"] == {"minimum": 1, "maximum": 30}
    assert fields["surname"]["constraints"] == {"required": True, "maxLength": 120}
    assert (fields["registered_date"]["type"], fields["registered_date"]["format"]) == ("date", "%Y-%m-%d")
    assert fields["status"]["constraints"]["enum"] == ["LIVE", "SUSP", "OFFER", "HOUSED", "CLOSED"]
    assert (fields["declared_tenancy"]["trueValues"], fields["declared_tenancy"]["falseValues"]) == (["Y"], ["N"])
    money = {f["name"]: (f["type"], f["unit"]) for d in ("CTR", "PSP") for f in table_schema(CONTRACTS[d])["fields"] if "unit" in f}
    assert money["weekly_award"] == ("integer", "pence")
    assert money["net_amount"] == ("number", "pounds")


def test_a_dataset_without_a_key_has_none_and_payments_point_at_their_standing_data() -> None:
    assert "primaryKey" not in table_schema(CONTRACTS["PSP"])
    assert "primaryKey" not in csvw(CONTRACTS["PSP"])["tableSchema"]
    (foreign,) = table_schema(CONTRACTS["CRP"])["foreignKeys"]
    assert foreign == {"fields": ["creditor_ref", "site_id"], "reference": {"resource": "crs", "fields": ["creditor_ref", "site_id"]}}


@EVERY
def test_csvw_metadata_describes_the_template_beside_it(contract: Contract) -> None:
    metadata = csvw(contract)
    columns = metadata["tableSchema"]["columns"]
    assert metadata["@context"][0] == "http://www.w3.org/ns/csvw"
    assert metadata["url"] == f"{contract.id.lower()}.csv"
    assert tuple(column["name"] for column in columns) == contract.names
    assert [column["required"] for column in columns] == [f.mark == "required" for f in contract.fields]
    assert {column["datatype"]["base"] for column in columns} <= {"string", "date", "integer", "decimal", "boolean"}


def test_every_dataset_is_exported_in_every_form() -> None:
    forms = all_forms()
    assert set(forms) == {"index.html"} | {f"{i.lower()}{end}" for i in CONTRACTS for end in (".html", ".csv", ".schema.json", ".csv-metadata.json")}
    for name, text in forms.items():
        if name.endswith(".json"):
            json.loads(text)
    links = [a["href"] for a in Elements(forms["index.html"]).named("a")]
    assert links == [f"{i.lower()}.html" for i in CONTRACTS]
