"""What an exception carries: who, how sure, since when, what it may be worth, and who may know."""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl
import pytest

from pipeline.flag import check_rules, flag
from schemas.errors import ConfigurationError
from schemas.records import EXCEPTION
from schemas.rule import load_rules, load_values

NIGHT = date(2026, 11, 1)
START = date(2020, 1, 6)


def tenancy(**more: object) -> dict[str, object]:
    return {"tenancy_start": START, "tenancy_type": "SEC", "tenant_flag": "F", **more}


def claim(**more: object) -> dict[str, object]:
    return {"award_start": date(2023, 2, 6), "weekly_award": 2000, "declared_earnings": 0, **more}


def test_nothing_linked_gives_no_exceptions_of_the_right_shape(scene):
    scene.row("northmere", "TEN", "N1", **tenancy(tenancy_ref="T1"))
    found = scene.flag()
    assert found.height == 0
    assert found.schema == EXCEPTION.schema


def test_two_tenancies_of_one_person_are_one_exception(two_tenancies):
    [found] = two_tenancies.flag("HT01").to_dicts()
    assert (found["partner_l"], found["record_ref_l"], found["partner_r"], found["record_ref_r"]) == ("northmere", "N1", "southmere", "S1")
    assert (found["band"], found["tier"], found["status"], found["hits"]) == ("top", "T1", "new", 1)
    assert (found["value_pence"], found["value_kind"], found["owner"]) == (4_200_000, "notional", "northmere")
    assert found["details_own_l"] == "tenancy ref: T1; tenant flag: first or joint tenant"
    assert found["details_shared_r"] == "tenancy start: 4 March 2024; tenancy type: secure or assured; landlord id: RIVER HOUSING"
    assert found["reason"] == (
        "A tenancy of NORTHMERE HOMES in northmere runs from 6 January 2020 to today, one of RIVER HOUSING in southmere"
        " from 4 March 2024 to today, and both name the same tenant."
    )
    assert (found["first_seen"], found["last_seen"], found["suppressor"]) == (NIGHT, NIGHT, None)


def test_the_id_is_a_rule_and_ten_characters_that_nobody_misreads(two_tenancies):
    [name] = two_tenancies.flag("HT01")["exception_id"]
    assert re.fullmatch(r"HT01-[0-9A-HJKMNP-TV-Z]{10}", name)


def test_the_id_of_a_symmetric_rule_depends_on_the_references_only(new_scene, two_tenancies):
    turned = new_scene()
    one = turned.row("southmere", "TEN", "S1", person="ada", **tenancy(tenancy_start=date(2024, 3, 4), tenancy_ref="else"))
    other = turned.row("northmere", "TEN", "N1", person="ada", **tenancy())
    turned.link(one, other, tier="T2", probability=0.95)
    assert turned.flag("HT01")["exception_id"].to_list() == two_tenancies.flag("HT01")["exception_id"].to_list()


def test_another_night_continues_what_was_issued_before(two_tenancies):
    first = two_tenancies.flag("HT01")
    [again] = two_tenancies.flag("HT01", as_of=NIGHT + timedelta(days=1), history=first).to_dicts()
    assert (again["status"], again["first_seen"], again["last_seen"]) == ("continuing", NIGHT, NIGHT + timedelta(days=1))
    assert again["fingerprint"] == first["fingerprint"][0]


def test_running_the_same_night_again_gives_the_same_answer(two_tenancies):
    first = two_tenancies.flag("HT01")
    assert two_tenancies.flag("HT01", history=first).equals(first)


def test_what_was_held_back_before_is_new_when_it_is_issued(two_tenancies):
    held = two_tenancies.flag("HT01").with_columns(pl.lit("suppressed").alias("status"), pl.lit(None, pl.Date).alias("first_seen"))
    [found] = two_tenancies.flag("HT01", as_of=NIGHT + timedelta(days=1), history=held).to_dicts()
    assert (found["status"], found["first_seen"]) == ("new", NIGHT + timedelta(days=1))


def test_the_fingerprint_changes_with_a_compared_value_and_not_with_the_night(two_tenancies):
    before = two_tenancies.flag("HT01")["fingerprint"][0]
    for record in two_tenancies.records:
        record["as_of"] = NIGHT + timedelta(days=1)
    assert two_tenancies.flag("HT01")["fingerprint"][0] == before
    two_tenancies.payloads["TEN"][1]["tenancy_start"] = date(2024, 3, 5)
    assert two_tenancies.flag("HT01")["fingerprint"][0] != before
    two_tenancies.payloads["TEN"][1]["tenancy_start"] = date(2024, 3, 4)
    two_tenancies.records[0]["surname"] = "OKAFOR"
    assert two_tenancies.flag("HT01")["fingerprint"][0] != before


@pytest.mark.parametrize(("tier", "probability", "band"), [
    ("T1", 0.91, "top"), ("T2", 0.99, "top"), ("T2", 0.989999, "middle"),
])  # fmt: skip
def test_the_band_says_how_sure_the_link_is(scene, tier, probability, band):
    one = scene.row("northmere", "TEN", "N1", person="ada", **tenancy(tenancy_ref="T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **tenancy(tenancy_ref="T2"))
    scene.link(one, other, tier=tier, probability=probability)
    assert scene.flag("HT01")["band"].to_list() == [band]


def test_an_account_is_never_top_because_it_does_not_say_who_is_behind_it(scene):
    one = scene.row("northmere", "CRS", "C1", name="HOLLIN", status="LIVE", creditor_type="TRADE", creditor_ref="1")
    other = scene.row("southmere", "CRS", "C2", name="QUARRY", status="LIVE", creditor_type="TRADE", creditor_ref="2")
    scene.link(one, other, entity="account", tier="T5", probability=1.0)
    assert scene.flag("TC02")["band"].to_list() == ["middle"]


def test_two_parties_that_link_the_same_rows_are_one_exception_with_two_hits(scene):
    home = {"postcode": "ZZ1 1AA", "paon": "1"}
    other_home = {"postcode": "ZZ2 2BB", "paon": "2"}
    claimant = scene.row("northmere", "CTR", "R1", party="claimant", person="ada", **home, **claim())
    partner = scene.row("northmere", "CTR", "R1", party="partner", person="ben", **home)
    ada = scene.row("southmere", "CTR", "R9", party="claimant", person="ada", **other_home, **claim(award_start=date(2025, 1, 6)))
    ben = scene.row("southmere", "CTR", "R9", party="partner", person="ben", **other_home)
    scene.link(claimant, ada, tier="T2")
    scene.link(partner, ben, tier="T1")
    [found] = scene.flag("CR01").to_dicts()
    # The surer link is between the partners, but that pair alone would be held back: claimants on neither side.
    assert (found["party_l"], found["party_r"], found["tier"], found["hits"], found["status"]) == ("claimant", "claimant", "T2", 2, "new")


def test_an_asymmetric_rule_keeps_left_and_right_apart(scene):
    common = {"disregard_code": "NONE", "exemption_code": "NONE"}
    resident = scene.row("northmere", "CTX", "A", person="ada", discount_code="NONE", liability_start=START, **common)
    single = scene.row("southmere", "CTX", "B", person="ada", discount_code="SPD", discount_start=START, gross_amount=200_000, **common)
    scene.link(resident, single)
    [found] = scene.flag("CT03", "CT04").to_dicts()
    assert (found["rule"], found["record_ref_l"], found["record_ref_r"], found["owner"]) == ("CT04", "B", "A", "southmere")
    days = (NIGHT - START).days + 1
    assert found["value_pence"] == 200_000 // 4 * (730 + days) // 365
    assert found["value_shared"] is False


def test_both_orders_of_record_numbers_reach_a_rule_between_two_datasets(new_scene):
    for claim_first in (True, False):
        scene = new_scene()
        if claim_first:
            one = scene.row("northmere", "CTR", "R1", person="ada", **claim())
            other = scene.row("southmere", "TAX", "L1", person="ada", issue_date=START, expiry_date=date(2027, 1, 1), licence_type="PH")
        else:
            other = scene.row("southmere", "TAX", "L1", person="ada", issue_date=START, expiry_date=date(2027, 1, 1), licence_type="PH")
            one = scene.row("northmere", "CTR", "R1", person="ada", **claim())
        scene.link(one, other)
        assert scene.flag("CR04")["record_ref_l"].to_list() == ["R1"]


def test_the_reduction_is_valued_by_the_weeks_past_and_twenty_one_to_come(scene):
    one = scene.row("northmere", "CTR", "R1", person="ada", **claim(award_start=date(2026, 10, 1)))
    other = scene.row("northmere", "TAX", "L1", person="ada", issue_date=START, expiry_date=date(2027, 1, 1), licence_type="PH")
    scene.link(one, other)
    assert scene.flag("CR04")["value_pence"].to_list() == [2000 * (147 + 32) // 7]


def test_a_payment_is_found_under_its_suppliers_record(scene):
    paid = {"total_amount": 118_800, "invoice_date": date(2026, 9, 2)}
    one = scene.row("northmere", "CRS", "SUP1", person="hollin", name_as_sent="Hollin Ltd", status="LIVE", creditor_type="TRADE")
    other = scene.row("southmere", "CRS", "SUP2", person="hollin", name_as_sent="HOLLIN", status="LIVE", creditor_type="TRADE")
    scene.row("northmere", "CRP", "P1", supplier=one, supplier_invoice_no="INV-77", payment_date=date(2026, 9, 20), **paid)
    scene.row("southmere", "CRP", "P2", supplier=other, supplier_invoice_no="inv 77", payment_date=date(2026, 9, 27), **paid)
    scene.link(one, other, entity="organisation", tier="T2")
    [found] = scene.flag("TC07").to_dicts()
    assert (found["dataset_l"], found["record_ref_l"], found["record_ref_r"], found["owner"]) == ("CRP", "P1", "P2", "southmere")
    assert found["value_pence"] == 118_800


def test_a_foster_carers_name_is_not_told(scene):
    one = scene.row("northmere", "CRS", "C1", name="HOLLIN", name_as_sent="Hollin Ltd", status="LIVE", creditor_type="TRADE", creditor_ref="1")
    other = scene.row("southmere", "CRS", "C2", name="ADAEZE OKAFOR", name_as_sent="Adaeze Okafor", status="LIVE", creditor_type="FOSTER",
                      creditor_ref="2")  # fmt: skip
    scene.link(one, other, entity="account", tier="T5")
    [found] = scene.flag("TC02").to_dicts()
    assert "Hollin Ltd" in found["reason"]
    assert "Okafor" not in "".join(str(value) for value in found.values())


def test_protection_of_any_record_of_the_person_holds_for_all_of_the_same_partner(scene):
    one = scene.row("northmere", "TEN", "N1", person="ada", **tenancy(tenancy_ref="T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **tenancy(tenancy_ref="T2"))
    scene.row("southmere", "ELR", "E1", person="ada", protected=True)
    scene.link(one, other)
    [found] = scene.flag("HT01").to_dicts()
    assert (found["protected_l"], found["protected_r"], found["owner"]) == (False, True, "southmere")


def test_a_protected_flag_of_the_row_protects_its_party(scene):
    one = scene.row("northmere", "TEN", "N1", person="ada", protected_flag=True, **tenancy(tenancy_ref="T1"))
    other = scene.row("southmere", "TEN", "S1", person="ada", **tenancy(tenancy_ref="T2"))
    scene.link(one, other)
    [found] = scene.flag("HT01").to_dicts()
    assert (found["protected_l"], found["protected_r"], found["owner"]) == (True, False, "northmere")


def test_one_supplier_of_two_councils_is_one_exception_however_many_spellings(scene):
    names = {"northmere": ("Hollin Bank Joinery Ltd",), "southmere": ("HOLLINBANK JOINERY", "Hollin Bank Joiners")}
    records = [
        scene.row(partner, "PSP", f"{partner}{n}", person="hollin", name_as_sent=name, net_amount=50_000 + n, payment_date=NIGHT - timedelta(days=9))
        for partner, some in names.items() for n, name in enumerate(some)
    ]  # fmt: skip
    scene.row("southmere", "PSP", "more", supplier=records[1], net_amount=1_000, payment_date=NIGHT)
    scene.link(records[0], records[1], entity="organisation", tier="T3", probability=0.95)
    scene.link(records[1], records[2], entity="organisation", tier="T2")
    [found] = scene.flag("PS02").to_dicts()
    assert (found["hits"], found["record_ref_l"], found["tier"]) == (2, "northmere0", "T3")
    assert "2 lines, £510.00" in found["reason"]


def test_one_number_in_many_records_of_two_people_is_one_exception(scene):
    one = [scene.row("northmere", ds, f"N{ds}", person="ada", surname="OKAFOR", forename="ADAEZE", date_of_birth="1984-03-27") for ds in ("CTX", "PAY")]
    other = [scene.row("southmere", ds, f"S{ds}", person="ben", surname="HALL", forename="PETER", date_of_birth="1961-11-02") for ds in ("CTR", "TEN")]
    for a in one:
        for b in other:
            scene.link(a, b, entity="nino", tier="T5")
    [found] = scene.flag("ID01").to_dicts()
    assert (found["hits"], found["band"], found["value_pence"]) == (4, "middle", 0)


def test_the_rule_book_can_work_without_any_data():
    check_rules(load_rules(), load_values(), as_of=NIGHT)
    with pytest.raises(ConfigurationError, match="no entry V6 for 2009-12-31"):
        check_rules([rule for rule in load_rules() if rule.id == "HT01"], load_values(), as_of=date(2009, 12, 31))


def test_a_value_a_rule_cannot_read_is_a_mistake_in_the_rule_and_is_not_quoted(two_tenancies):
    [rule] = [r for r in load_rules() if r.id == "HT01"]
    broken = rule.model_copy(update={"when": "cast(l.landlord_id as integer) > 0"})
    assembled, linked = two_tenancies.tables()
    with pytest.raises(ConfigurationError) as raised:
        flag(assembled, linked, [broken], load_values(), as_of=NIGHT, history=EXCEPTION.empty())
    assert "try_cast" in str(raised.value)
    assert "NORTHMERE HOMES" not in str(raised.value)
