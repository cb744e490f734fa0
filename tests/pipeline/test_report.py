"""What one partner reads: its own side first, safe to open, and with the words to read it by."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.report import REPORT, report
from schemas.records import SUBMISSION
from schemas.rule import load_rules

NIGHT = date(2026, 11, 1)
GOLDEN = Path(__file__).parent.parent / "golden"


def sent(*rows: dict[str, object]) -> pl.DataFrame:
    full = [{**dict.fromkeys(SUBMISSION.columns), "period": "current", "state": "used", "reason": "", "as_of": date(2026, 10, 30), **row} for row in rows]
    return pl.DataFrame(full, schema=SUBMISSION.schema, orient="row")


def told(scene, partner, *rules, submissions=None):
    assembled, linked = scene.tables()
    return report(
        scene.flag(*rules), partner, evidence=linked.evidence, submissions=assembled.submissions if submissions is None else submissions,
        rules=load_rules(), run_id="2026-11-01-abc", as_of=NIGHT,
    )  # fmt: skip


def test_each_partner_reads_its_own_side_as_its_own(two_tenancies):
    [north] = told(two_tenancies, "northmere", "HT01").table.to_dicts()
    [south] = told(two_tenancies, "southmere", "HT01").table.to_dicts()
    assert north["exception_id"] == south["exception_id"]
    assert (north["your_ref"], north["other_partner"]) == ("N1", "southmere")
    assert (south["your_ref"], south["other_partner"]) == ("S1", "northmere")
    assert north["your_details"] == (
        "tenancy ref: T1; tenant flag: first or joint tenant; tenancy start: 6 January 2020; tenancy type: secure or assured; landlord id: NORTHMERE HOMES"
    )
    assert north["other_details"] == "tenancy start: 4 March 2024; tenancy type: secure or assured; landlord id: RIVER HOUSING"
    assert north["owner"] == south["owner"] == "northmere"
    assert north["evidence"] == (
        "Same National Insurance number (+7.7); Same surname (+4.2); Forename: a short or pet form on one side (+1.3); Different address (-4.3)"
    )


def test_a_third_partner_reads_nothing(two_tenancies):
    given = told(two_tenancies, "westmere", "HT01")
    assert given.table.height == 0
    assert given.table.schema == REPORT.schema
    assert "Nothing. Your data" in given.summary
    assert "northmere" not in given.summary


def test_what_only_the_acting_side_may_value_is_empty_for_the_other(scene):
    common = {"disregard_code": "NONE", "exemption_code": "NONE", "gross_amount": 200_000, "discount_code": "SPD"}
    one = scene.row("northmere", "CTX", "A", person="ada", discount_start=date(2020, 1, 1), **common)
    other = scene.row("southmere", "CTX", "B", person="ada", discount_start=date(2024, 1, 1), **common)
    scene.link(one, other)
    assert told(scene, "northmere", "CT03").table["value_pence"].to_list() == [50_000 * (730 + 1036) // 365]
    assert told(scene, "southmere", "CT03").table["value_pence"].to_list() == [None]


def test_the_partner_of_a_protected_side_is_told_and_the_other_one_hears_nothing(scene):
    one = scene.row("northmere", "TEN", "N1", person="ada", protected=True, **tenancy("T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **tenancy("T2"))
    scene.link(one, other)
    north, south = told(scene, "northmere", "HT01"), told(scene, "southmere", "HT01")
    assert north.table["protected"].to_list() == [True]
    assert "1 exception on this list is protected" in north.summary
    assert south.table.height == 0
    assert "northmere" not in south.summary + south.csv.decode()


def test_where_both_sides_are_protected_nobody_is_told(scene):
    one = scene.row("northmere", "TEN", "N1", person="ada", protected=True, **tenancy("T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", protected=True, **tenancy("T2"))
    scene.link(one, other)
    assert [told(scene, partner, "HT01").table.height for partner in ("northmere", "southmere")] == [0, 0]


def test_a_protected_pair_that_is_held_back_is_not_even_counted_for_the_other_side(scene):
    one = scene.row("northmere", "TEN", "N1", person="ada", protected=True, **tenancy("T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **{**tenancy("T2"), "tenancy_type": "TEMP"})
    scene.link(one, other)
    assert "HT01 TEMPORARY: 1" in told(scene, "northmere", "HT01").summary
    assert "TEMPORARY" not in told(scene, "southmere", "HT01").summary


def test_two_lines_of_one_council_are_both_its_own(scene):
    line = {"net_amount": 118_800, "payment_date": date(2026, 9, 29), "transaction_no": "51", "department": "Housing", "category": "Repairs"}
    first = scene.row("northmere", "PSP", "L1", name_as_sent="Hollin Ltd", supplier_ref="S7", protected_flag=False, **line)
    scene.row("northmere", "PSP", "L2", supplier=first, supplier_ref="S7", **line)
    [row] = told(scene, "northmere", "PS01").table.to_dicts()
    assert row["your_ref"] == "L1"
    assert row["other_details"].startswith("record ref: L2; supplier ref: S7; name as sent: Hollin Ltd")


def test_the_surest_and_dearest_come_first(scene):
    for place, (tier, probability, days) in enumerate([("T2", 0.95, 1), ("T1", 0.999, 2), ("T1", 0.999, 3)]):
        one = scene.row("northmere", "CTR", f"N{place}", person=f"p{place}", award_start=date(2025, 1, days), weekly_award=1000 * days)
        other = scene.row("southmere", "CTR", f"S{place}", person=f"p{place}", award_start=date(2025, 2, days), weekly_award=1000 * days)
        scene.link(one, other, tier=tier, probability=probability)
    assert told(scene, "northmere", "CR01").table["your_ref"].to_list() == ["N2", "N1", "N0"]


def test_a_formula_stands_as_sent_in_the_table_and_is_harmless_in_the_csv(scene):
    payload = '=HYPERLINK("http://example.org","x")'
    one = scene.row("northmere", "CRS", "@C1", name="HOLLIN", name_as_sent=payload, status="LIVE", creditor_type="TRADE", creditor_ref="+1")
    other = scene.row("southmere", "CRS", "C2", name="QUARRY", name_as_sent="Quarry", status="LIVE", creditor_type="TRADE", creditor_ref="2")
    scene.link(one, other, entity="account", tier="T5")
    given = told(scene, "northmere", "TC02")
    assert given.table["your_ref"].to_list() == ["@C1"]
    assert payload in given.table["reason"][0]
    [row] = list(csv.DictReader(io.StringIO(given.csv.decode("utf-8-sig"))))
    assert row["your_ref"] == "'@C1"
    assert row["reason"].startswith("'=HYPERLINK")
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\x00")) for cell in row.values())


def test_the_summary_says_what_a_reader_needs(two_tenancies):
    submissions = sent(
        {"submission_id": "ten-1", "partner": "northmere", "dataset": "TEN", "sequence": 1, "rows_received": 10, "rows_accepted": 7, "rows_rejected": 2,
         "rows_superseded": 1},
        {"submission_id": "ten-9", "partner": "southmere", "dataset": "TEN", "sequence": 2, "rows_received": 99, "rows_accepted": 99, "rows_rejected": 0,
         "rows_superseded": 0},
    )  # fmt: skip
    summary = told(two_tenancies, "northmere", "HT01", submissions=submissions).summary
    for words in (
        "a reason to look, and not a finding", "| HT01 | Two social tenancies | 1 | 0 | 0 | 1 |", "A social tenancy asks for the only or main home",
        "TEN (current): as on 30 October 2026, 2 days old", "10 received = 7 in the run + 2 rejected + 1 superseded.", "`band` says how sure we are",
    ):  # fmt: skip
        assert words in summary
    assert "ten-9" not in summary
    assert "99" not in summary


def test_a_summary_whose_lines_do_not_add_up_says_so(two_tenancies):
    lost = sent({"submission_id": "t", "partner": "northmere", "dataset": "TEN", "sequence": 1, "rows_received": 10, "rows_accepted": 7,
                 "rows_rejected": 2, "rows_superseded": 0})  # fmt: skip
    assert "These do not add up" in told(two_tenancies, "northmere", "HT01", submissions=lost).summary


def test_the_csv_is_the_one_that_was_reviewed(two_tenancies):
    assert told(two_tenancies, "northmere", "HT01").csv == (GOLDEN / "report_northmere.csv").read_bytes()


@pytest.mark.parametrize("word", ["suspect", "fraudster", "offender", "guilty", "criminal", "culprit"])
def test_a_report_accuses_nobody(two_tenancies, word):
    given = told(two_tenancies, "northmere", "HT01")
    assert word not in (given.summary + given.csv.decode()).lower()


def tenancy(ref: str) -> dict[str, object]:
    return {"tenancy_start": date(2020, 1, 6), "tenancy_type": "SEC", "tenant_flag": "F", "tenancy_ref": ref}
