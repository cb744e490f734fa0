"""Homes of encoded people, from a council's file to an exception: what leaves, what joins to nothing, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline.collect import collect
from pipeline.home import init_unit, load_partnership
from pipeline.intake import intake
from pipeline.run import run
from pipeline.specification import template
from pipeline.store.folder import Folder
from pipeline.submit import submit
from sample_data.demo import hand_out_keys, partnership, take_part
from schemas.datasets import CONTRACTS
from schemas.manifest import HOUSEHOLD_ROWS, HOUSEHOLDS, Manifest
from tests.pipeline.hostile import kept_table, replaced, sent_table

AS_OF = date(2026, 11, 1)
EVENING = datetime(2026, 11, 1, 18, tzinfo=UTC)
ACCOUNT = {
    "partner_record_ref": "A1", "as_of_date": "2026-10-31", "account_ref": "CT1", "surname": "Okafor", "forename": "Adaeze", "dob": "1984-03-27", "addr1": "14 Weaver Street",
    "postcode": "ZZ1 1AA", "liability_start": "2019-05-17", "discount_code": "SPD", "discount_start": "2021-04-09", "disregard_code": "NONE", "exemption_code": "NONE",
    "property_status": "OCC", "band": "C", "gross_amount": "184250", "discount_amount": "46062", "discount_expiry": "2027-03-31",
}  # fmt: skip
ELECTOR = {"partner_record_ref": "E1", "as_of_date": "2026-10-31", "er_ref": "AB-1", "surname": "Okafor", "forename": "Ben", "addr1": "14 Weaver Street", "postcode": "ZZ1 1AA", "register_date": "2022-12-05", "attainer_flag": "N"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The homes of a unit and six councils, with keys."""
    init_unit(tmp_path / "unit", partnership=partnership())
    take_part(tmp_path)
    hand_out_keys(tmp_path)
    return tmp_path


def send(folder: Path, dataset: str, *rows: dict[str, str], partner: str = "northmere", minute: int = 0) -> Manifest:
    header = template(CONTRACTS[dataset]).split("\r\n")[0]
    lines = [header, *(",".join(row.get(name, "") for name in header.split(",")) for row in rows), ""]
    path = folder / f"{partner}-{dataset}.csv"
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    return submit([path], dataset, folder / partner, as_of=AS_OF, now=EVENING + timedelta(minutes=minute))


def night(folder: Path) -> pl.DataFrame:
    summary = run(folder / "unit", as_of=AS_OF, now=EVENING + timedelta(hours=8))
    return pl.read_parquet(folder / "unit" / "runs" / summary.run_id / "exceptions.parquet")


def test_another_adult_at_a_home_is_found_without_an_address_or_a_name(folder: Path) -> None:
    send(folder, "CTX", ACCOUNT)
    send(folder, "ELR", ELECTOR, minute=1)
    (found,) = night(folder).filter(pl.col("rule") == "CT01").to_dicts()
    assert (found["status"], found["band"], found["tier"], found["partner_l"], found["partner_r"]) == ("new", "low", "T4", "northmere", "northmere")
    assert found["value_pence"] == 2 * 40_000
    assert "liability start: 2019;" in found["details_shared_l"]  # no more than is known
    assert "register date: December 2022" in found["details_shared_r"]


def test_the_council_reads_the_exception_under_its_own_reference(folder: Path) -> None:
    send(folder, "CTX", ACCOUNT)
    send(folder, "ELR", ELECTOR, minute=1)
    night(folder)
    home = folder / "northmere"
    (report,) = collect(home, now=EVENING + timedelta(days=1)).runs
    (row,) = pl.read_csv(report.file).filter(pl.col("rule") == "CT01").to_dicts()
    assert (row["your_ref"], row["your_name"]) == ("A1", "ADAEZE OKAFOR")
    assert "E1" in row["other_details"]


@pytest.mark.parametrize(("account", "elector"), [
    ({}, {"forename": "Adaeze"}),
    ({}, {"addr1": "16 Weaver Street"}),
    ({}, {"attainer_flag": "Y"}),
    ({"discount_code": "NONE"}, {}),
    ({"discount_expiry": "2026-09-30"}, {}),
], ids=["the holder herself", "next door", "not 18 yet", "no discount", "it ended"])  # fmt: skip
def test_an_innocent_home_issues_nothing(folder: Path, account: dict[str, str], elector: dict[str, str]) -> None:
    send(folder, "CTX", {**ACCOUNT, **account})
    send(folder, "ELR", {**ELECTOR, **elector}, minute=1)
    assert night(folder).filter(pl.col("rule") == "CT01").is_empty()


def test_one_exception_of_an_account_however_many_adults_live_there(folder: Path) -> None:
    send(folder, "CTX", ACCOUNT)
    send(folder, "ELR", ELECTOR, {**ELECTOR, "partner_record_ref": "E2", "forename": "Petra"}, {**ELECTOR, "partner_record_ref": "E3", "forename": "Adaeze"}, minute=1)
    (found,) = night(folder).filter(pl.col("rule") == "CT01").to_dicts()
    assert found["hits"] == 2


def test_households_of_two_councils_at_one_home_meet_no_rule_within_one(folder: Path) -> None:
    send(folder, "CTX", ACCOUNT)
    send(folder, "ELR", ELECTOR, partner="westerfold")
    assert night(folder).filter(pl.col("rule") == "CT01").is_empty()


def test_a_household_shares_nothing_with_its_people_but_what_both_need(folder: Path) -> None:
    manifest = send(folder, "CTX", ACCOUNT)
    homes, rows = sent_table(folder, manifest, HOUSEHOLDS), sent_table(folder, manifest, HOUSEHOLD_ROWS)
    records, payload, encodings = (sent_table(folder, manifest, f"{name}.parquet") for name in ("records", "payload", "encodings"))
    assert set(homes["record_ref"]) == set(rows["record_ref"]) == set(rows["party_ref"])
    assert not set(homes["record_ref"]) & {*records["record_ref"], *payload["record_ref"]}
    tokens = {value for column in encodings.select(pl.col(pl.Binary)).iter_columns() for value in column.drop_nulls()}
    assert not tokens & {*homes["token_household"], *homes["code_household"]}


def test_of_a_row_at_home_leaves_no_more_than_its_rules_read_and_days_as_months_or_years(folder: Path) -> None:
    manifest = send(folder, "CTX", ACCOUNT)
    (row,) = sent_table(folder, manifest, HOUSEHOLD_ROWS).to_dicts()
    assert (row["liability_start"], row["discount_expiry"], row["discount_amount"]) == (date(2019, 1, 1), date(2027, 3, 1), 40_000)
    assert row["account_ref"] is row["band"] is row["discount_start"] is row["gross_amount"] is None
    assert manifest.encoding is not None
    assert manifest.encoding.at_home == ("protected_flag", "liability_start", "liability_end", "discount_code", "discount_expiry", "disregard_code", "exemption_code", "discount_amount")


def test_where_no_rule_rests_on_a_home_none_leaves(folder: Path) -> None:
    assert {f.name for f in send(folder, "WLS", {**ACCOUNT, "app_ref": "W1", "status": "LIVE", "registered_date": "2024-01-01", "reason": "OTHER"}).files}.isdisjoint({HOUSEHOLDS, HOUSEHOLD_ROWS})
    settings = folder / "northmere" / "partner.toml"
    settings.write_text(settings.read_text().replace("rules_disabled = []", 'rules_disabled = ["CT01"]'))
    manifest = send(folder, "CTX", ACCOUNT)
    assert {f.name for f in manifest.files}.isdisjoint({HOUSEHOLDS, HOUSEHOLD_ROWS})
    assert manifest.encoding is not None
    assert manifest.encoding.at_home is None


def test_the_rows_of_homes_are_counted_as_nobodys(folder: Path) -> None:
    send(folder, "CTX", ACCOUNT)
    summary = run(folder / "unit", as_of=AS_OF, now=EVENING + timedelta(hours=8))
    assert summary.conservation.row(0) == ("northmere", 1, 1, 0, 0)


def test_a_protected_home_is_protected_whoever_of_it_was_marked(folder: Path) -> None:
    send(folder, "CTX", {**ACCOUNT, "protected_flag": "Y"})
    send(folder, "ELR", ELECTOR, minute=1)
    (found,) = night(folder).filter(pl.col("rule") == "CT01").to_dicts()
    assert found["protected_l"]
    assert found["protected_r"]


@pytest.mark.parametrize(("name", "change", "reason"), [
    (HOUSEHOLDS, {"token_household": pl.lit(b"short")}, "an encoding has not the bytes it must have"),
    (HOUSEHOLDS, {"token_household": pl.lit(None, pl.Binary), "code_household": pl.lit(None, pl.Binary)}, "a household has no home"),
    (HOUSEHOLDS, {"record_ref": pl.lit("A1")}, "households stand under references that are not theirs alone"),
    (HOUSEHOLDS, {"record_ref": pl.lit("0" * 32)}, "rows of households stand for nobody's home"),
    (HOUSEHOLDS, {"party": pl.lit("the mayor")}, "holds what this submission cannot hold"),
    (HOUSEHOLD_ROWS, {"partner": pl.lit("westerfold")}, "holds what this submission cannot hold"),
])  # fmt: skip
def test_homes_that_cannot_be_are_quarantined_by_name(folder: Path, name: str, change: dict[str, pl.Expr], reason: str) -> None:
    manifest = send(folder, "CTX", ACCOUNT)
    replaced(folder, manifest, name, sent_table(folder, manifest, name).with_columns(**change))
    (receipt,) = intake(load_partnership(folder / "unit"), Folder(folder / "shared"), folder / "unit", now=EVENING + timedelta(hours=1))
    assert receipt.state == "quarantined"
    assert reason in receipt.reason


def test_a_home_under_its_peoples_reference_is_quarantined(folder: Path) -> None:
    manifest = send(folder, "CTX", ACCOUNT)
    ref = sent_table(folder, manifest, "records.parquet")["record_ref"][0]
    replaced(folder, manifest, HOUSEHOLDS, sent_table(folder, manifest, HOUSEHOLDS).with_columns(record_ref=pl.lit(ref)))
    replaced(folder, manifest, HOUSEHOLD_ROWS, sent_table(folder, manifest, HOUSEHOLD_ROWS).with_columns(record_ref=pl.lit(ref), party_ref=pl.lit(ref)))
    (receipt,) = intake(load_partnership(folder / "unit"), Folder(folder / "shared"), folder / "unit", now=EVENING + timedelta(hours=1))
    assert receipt.reason.startswith("households.parquet: households stand under references that are not theirs alone")


def test_what_the_unit_keeps_of_a_home_is_not_what_arrived(folder: Path) -> None:
    manifest = send(folder, "CTX", ACCOUNT)
    intake(load_partnership(folder / "unit"), Folder(folder / "shared"), folder / "unit", now=EVENING + timedelta(hours=1))
    kept = kept_table(folder, manifest, HOUSEHOLDS)
    sent = sent_table(folder, manifest, HOUSEHOLDS)
    assert (kept["token_household"] != sent["token_household"]).all()
    assert (kept["code_household"] != sent["code_household"]).all()
