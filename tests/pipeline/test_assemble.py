"""Tonight's input, and an account of every row of it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline import assemble as assembling
from pipeline.arrivals import incomplete
from pipeline.assemble import assemble
from pipeline.intake import intake
from pipeline.receipts import load_receipts
from schemas.manifest import Manifest
from schemas.records import RECORD, SUBMISSION
from schemas.relations import Assembled
from tests.conftest import DAY, NOON, SENDS, Area, Send

TONIGHT = date(2026, 11, 2)
HOUR = timedelta(hours=1)


def run(area: Area, *, as_of: date = TONIGHT, **change: Any) -> Assembled:
    intake(area.partnership, area.store, area.home, now=NOON + 12 * HOUR)
    partnership = area.partnership.model_copy(update=change)
    uploads = incomplete(area.store, SENDS, now=NOON + 12 * HOUR)
    return assemble(area.home, partnership, load_receipts(area.home), as_of=as_of, incomplete=uploads)


def account(found: Assembled) -> dict[str, tuple[Any, ...]]:
    """Return submission -> (state, received, accepted, rejected, superseded), after the law has been held."""
    rows = found.submissions
    assert rows.filter(pl.col("rows_received") != pl.col("rows_accepted") + pl.col("rows_rejected") + pl.col("rows_superseded")).height == 0
    assert rows.filter(pl.min_horizontal("rows_accepted", "rows_rejected", "rows_superseded") < 0).height == 0
    wanted = ("state", "rows_received", "rows_accepted", "rows_rejected", "rows_superseded")
    return {row[0]: row[1:] for row in rows.select("submission_id", *wanted).iter_rows()}


def refs(found: Assembled) -> list[tuple[str, ...]]:
    return found.records.select("partner", "record_ref").rows()


def test_records_are_numbered_from_nought_in_key_order(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R2", "R1"])
    send("northmere", "PAY", ["E1"])
    send("eastholt", "TAX", ["R9"])
    found = run(area)
    numbered = found.records.select("record", "partner", "dataset", "record_ref").rows()
    assert numbered == [(0, "eastholt", "TAX", "R9"), (1, "northmere", "PAY", "E1"), (2, "northmere", "TAX", "R1"), (3, "northmere", "TAX", "R2")]
    assert found.records.drop("record").schema == RECORD.schema
    assert found.payloads["TAX"].select("partner", "record_ref").rows() == [("eastholt", "R9"), ("northmere", "R1"), ("northmere", "R2")]
    assert found.payloads["CTX"].height == 0


def test_a_newer_snapshot_replaces_the_older_one(area: Area, send: Send) -> None:
    old = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    new = send("northmere", "TAX", ["R2", "R3", "R4"], now=NOON + HOUR)
    found = run(area)
    assert refs(found) == [("northmere", "R2"), ("northmere", "R3"), ("northmere", "R4")]
    assert account(found) == {old.submission_id: ("superseded", 3, 0, 1, 2), new.submission_id: ("used", 3, 3, 0, 0)}
    assert found.inputs == (("northmere", "TAX", new.submission_id, new.row_digest),)


def test_a_named_submission_gives_way_whatever_its_period(area: Area, send: Send) -> None:
    """Fault F13."""
    month = send("eastholt", "CRP", [], period="2026-10", payload=[{"record_ref": "P1"}, {"record_ref": "P2"}])
    year = send("eastholt", "CRP", [], period="2026", now=NOON + HOUR, supersedes=month.submission_id, payload=[{"record_ref": "P2"}])
    found = run(area)
    assert found.payloads["CRP"]["record_ref"].to_list() == ["P2"]
    assert account(found) == {month.submission_id: ("superseded", 2, 0, 0, 2), year.submission_id: ("used", 1, 1, 0, 0)}
    assert (area.home / "landing" / "eastholt" / month.submission_id).is_dir()


def test_replacing_a_submission_that_never_arrived_is_noted(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"], supersedes="tax-lost")
    found = run(area)
    assert refs(found) == [("northmere", "R1")]
    assert any("tax-lost, which never arrived" in note for note in found.notes)


def test_a_row_in_two_periods_is_used_once_as_last_sent(area: Area, send: Send) -> None:
    month = send("eastholt", "CRP", [], period="2026-10", payload=[{"record_ref": "P1", "total_amount": 100}, {"record_ref": "P2", "total_amount": 200}])
    year = send("eastholt", "CRP", [], period="2026", now=NOON + HOUR, payload=[{"record_ref": "P1", "total_amount": 111}])
    found = run(area)
    assert found.payloads["CRP"].select("record_ref", "total_amount").rows() == [("P1", 111), ("P2", 200)]
    assert account(found) == {month.submission_id: ("used", 2, 1, 0, 1), year.submission_id: ("used", 1, 1, 0, 0)}


def test_a_supplier_that_stands_in_two_periods_is_one_record(area: Area, send: Send) -> None:
    for period, hours in (("2025", 0), ("2026", 1)):
        send("northmere", "PSP", ["S1", f"S{period}"], period=period, now=NOON + hours * HOUR, payload=[{"record_ref": f"L{period}"}])
    found = run(area)
    assert found.records["record_ref"].to_list() == ["S1", "S2025", "S2026"]
    assert found.payloads["PSP"].height == 2


def test_a_duplicate_counts_as_superseded(area: Area, send: Send) -> None:
    first = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    again = send("northmere", "TAX", ["R1", "R2"], rejected=1, now=NOON + HOUR)
    assert account(run(area)) == {first.submission_id: ("used", 3, 2, 1, 0), again.submission_id: ("duplicate", 3, 0, 1, 2)}


def test_what_is_in_quarantine_counts_as_rejected(area: Area, send: Send) -> None:
    bad = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    (area.inbox("northmere", bad.submission_id) / "payload.parquet.age").unlink()
    unread = send("eastholt", "TAX", ["R1"])
    (area.inbox("eastholt", unread.submission_id) / "manifest.json").write_text("{}")
    assert account(run(area)) == {bad.submission_id: ("quarantined", 3, 0, 3, 0), unread.submission_id: ("quarantined", 0, 0, 0, 0)}


def test_an_upload_without_a_manifest_is_in_the_list(area: Area, send: Send) -> None:
    """Fault F05."""
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "manifest.json").unlink()
    found = run(area)
    assert account(found) == {manifest.submission_id: ("incomplete", 0, 0, 0, 0)}
    assert found.submissions["reason"][0].startswith("incomplete upload, age ")


def test_a_taken_submission_whose_manifest_is_later_removed_is_listed_once(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    run(area)
    (area.inbox("northmere", manifest.submission_id) / "manifest.json").unlink()
    assert account(run(area)) == {manifest.submission_id: ("used", 1, 1, 0, 0)}


@pytest.mark.parametrize(("age", "state"), [(100, "used"), (101, "too old")])
def test_a_snapshot_older_than_the_limit_is_left_out(area: Area, send: Send, age: int, state: str) -> None:
    """Fault F18: the last one is used as long as it is not too old."""
    manifest = send("northmere", "TAX", ["R1"], as_of=TONIGHT - timedelta(days=age))
    assert account(run(area))[manifest.submission_id][0] == state


def test_an_old_extract_sent_by_mistake_does_not_push_out_the_good_one(area: Area, send: Send) -> None:
    good = send("northmere", "TAX", ["R1"])
    stale = send("northmere", "TAX", ["R2"], as_of=TONIGHT - timedelta(days=500), now=NOON + HOUR)
    assert account(run(area)) == {good.submission_id: ("used", 1, 1, 0, 0), stale.submission_id: ("too old", 1, 0, 0, 1)}


def test_payments_do_not_age_but_an_old_newest_period_is_noted(area: Area, send: Send) -> None:
    manifest = send("eastholt", "CRP", [], period="2022", as_of=date(2023, 1, 5), payload=[{"record_ref": "P1"}])
    found = run(area)
    assert account(found) == {manifest.submission_id: ("used", 1, 1, 0, 0)}
    assert any("the newest CRP was taken on 2023-01-05" in note for note in found.notes)


def test_an_extract_taken_after_the_night_of_the_run_is_used(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"], as_of=DAY)
    assert account(run(area, as_of=DAY - timedelta(days=30)))[manifest.submission_id][0] == "used"


def test_rows_whose_agreement_ended_are_left_out(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"], rejected=1)
    assert account(run(area))[manifest.submission_id][0] == "used"
    found = run(area, agreement=())
    assert account(found) == {manifest.submission_id: ("not agreed", 2, 0, 1, 1)}
    assert found.records.height == 0


def test_payments_take_their_party_from_the_standing_data_of_the_same_partner(area: Area, send: Send) -> None:
    place = {"creditor_ref": "S1", "site_id": "01"}
    send("eastholt", "CRS", ["C1", "C2"], payload=[{"record_ref": "C2", **place}, {"record_ref": "C1", "creditor_ref": "S1", "site_id": "02"}])
    send("eastholt", "CRP", [], period="2026", payload=[
        {"record_ref": "P1", **place}, {"record_ref": "P2", "creditor_ref": "S9", "site_id": "01"}, {"record_ref": "P3", "creditor_ref": "S1", "site_id": "02"},
    ])  # fmt: skip
    found = run(area)
    assert found.payloads["CRP"].select("record_ref", "party_ref").rows() == [("P1", "C2"), ("P2", None), ("P3", "C1")]
    assert "eastholt: 1 rows of CRP name nobody in its CRS" in found.notes


def test_a_changed_account_is_known_from_the_delivery_before(area: Area, send: Send) -> None:
    send("eastholt", "CRS", ["C1", "C2"], account="990001-01234567", as_of=date(2026, 10, 1))
    send("eastholt", "CRS", ["C1", "C3"], account="990001-07654321", now=NOON + HOUR)
    found = run(area)
    assert found.previous_accounts.rows() == [("eastholt", "CRS", "C1", "creditor", "990001-01234567", date(2026, 10, 1))]


def test_an_unchanged_or_unknown_account_is_no_change(area: Area, send: Send) -> None:
    send("eastholt", "CRS", ["C1"], account="990001-01234567")
    send("eastholt", "CRS", ["C1", "C2"], account="990001-01234567", now=NOON + HOUR)
    send("northmere", "PAY", ["E1"], account=None)
    send("northmere", "PAY", ["E1", "E2"], account="990001-01234567", now=NOON + HOUR)
    assert run(area).previous_accounts.height == 0


def test_rejects_say_who_sent_them(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"], rejected=2)
    found = run(area)
    assert found.rejects.select("partner", "dataset", "submission_id", "file", "line", "code").rows() == [
        ("northmere", "TAX", manifest.submission_id, "a.csv", 10, "required-missing"),
        ("northmere", "TAX", manifest.submission_id, "a.csv", 11, "required-missing"),
    ]


def test_a_partner_whose_files_fail_to_load_is_set_aside_whole(area: Area, send: Send) -> None:
    """Faults F04 and F60: the files in the landing folder went bad."""
    good = send("northmere", "TAX", ["R1"])
    fine = send("eastholt", "CRS", ["C1"])
    bad = send("eastholt", "TAX", ["R1", "R2"], rejected=1)
    run(area)
    (area.home / "landing" / "eastholt" / bad.submission_id / "records.parquet.age").write_bytes(b"PAR1")
    found = run(area)
    assert account(found) == {
        good.submission_id: ("used", 1, 1, 0, 0), fine.submission_id: ("quarantined", 1, 0, 1, 0), bad.submission_id: ("quarantined", 3, 0, 3, 0),
    }  # fmt: skip
    assert refs(found) == [("northmere", "R1")]
    assert any("eastholt was set aside" in note for note in found.notes)


def test_a_bug_with_one_partners_rows_leaves_a_trace_without_values(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F60: our own mistake."""
    send("northmere", "TAX", ["R1"])
    send("eastholt", "TAX", ["R1"])
    intake(area.partnership, area.store, area.home, now=NOON)
    real = assembling._delivery

    def broken(home: Any, receipt: Any) -> Any:
        if receipt.partner == "eastholt":
            raise ValueError("cannot read 'OKAFOR R1'")
        return real(home, receipt)

    monkeypatch.setattr(assembling, "_delivery", broken)
    found = run(area)
    assert refs(found) == [("northmere", "R1")]
    trace = (area.home / "debug" / "assemble-eastholt.txt").read_text()
    assert "in broken" in trace
    assert "ValueError" in trace
    assert "OKAFOR" not in trace + "".join(found.notes)


def test_a_lost_earlier_delivery_costs_only_the_changes_of_account(area: Area, send: Send) -> None:
    first = send("eastholt", "CRS", ["C1"], account="990001-01234567")
    send("eastholt", "CRS", ["C1"], account="990001-07654321", now=NOON + HOUR)
    run(area)
    shutil.rmtree(area.home / "landing" / "eastholt" / first.submission_id)
    found = run(area)
    assert refs(found) == [("eastholt", "C1")]
    assert found.previous_accounts.height == 0
    assert any("changes of account" in note for note in found.notes)


def test_with_nothing_submitted_every_table_is_there_and_empty(area: Area) -> None:
    found = run(area)
    assert (found.records.height, found.rejects.height, found.previous_accounts.height, found.inputs) == (0, 0, 0, ())
    assert found.submissions.schema == SUBMISSION.schema
    assert found.records.schema["record"] == pl.Int64


def test_the_order_of_arrival_of_other_partners_changes_nothing(area: Area, send: Send) -> None:
    def manifests() -> list[Manifest]:
        return [send("northmere", "TAX", ["R1"]), send("eastholt", "TAX", ["R1"])]

    manifests()
    together = run(area)
    receipts = load_receipts(area.home)
    apart = assemble(area.home, area.partnership, list(reversed(receipts)), as_of=TONIGHT)
    assert apart.records.equals(together.records)
    assert apart.inputs == together.inputs
