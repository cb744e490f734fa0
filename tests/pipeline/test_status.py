"""Where things stand."""

from __future__ import annotations

from datetime import timedelta

from pipeline.intake import intake
from pipeline.status import NEVER, status
from tests.conftest import DAY, NOON, Area, Send


def test_the_last_submission_of_each_partner_and_dataset_is_told(area: Area, send: Send) -> None:
    good = send("northmere", "TAX", ["R1", "R2"])
    bad = send("eastholt", "TAX", ["R1"])
    (area.inbox("eastholt", bad.submission_id) / "payload.parquet.age").unlink()
    unread = send("eastholt", "CRS", ["C1"])
    (area.inbox("eastholt", unread.submission_id) / "manifest.json").write_text("{}")
    intake(area.partnership, area.store, area.home, now=NOON)
    late = send("northmere", "TAX", ["R3"], now=NOON + timedelta(hours=1))
    (area.home / "published").mkdir()
    (area.home / "published" / "CURRENT").write_text("2026-11-02-abc\n")
    found = status(area.home, now=NOON + timedelta(days=3))
    last = {(one.partner, one.dataset): one for one in found.last}
    agreed = {("northmere", "TAX"), ("northmere", "PAY"), ("northmere", "PSP"), ("eastholt", "TAX"), ("eastholt", "CRS"), ("eastholt", "CRP")}
    assert set(last) == agreed | {("eastholt", "")}
    one = last["northmere", "TAX"]
    assert (one.state, one.submission_id, one.as_of, one.age_days, one.rows_accepted) == ("accepted", good.submission_id, DAY, 4, 2)
    assert last["eastholt", "TAX"].reason == "payload.parquet.age: the file is missing"
    assert (last["eastholt", ""].state, last["eastholt", ""].submission_id) == ("quarantined", unread.submission_id)
    assert last["northmere", "PAY"].state == NEVER
    assert found.waiting == (("northmere", late.submission_id),)
    assert found.published == "2026-11-02-abc"


def test_before_anything_happened_there_is_nothing_but_the_agreed_datasets(area: Area) -> None:
    found = status(area.home, now=NOON)
    assert {one.state for one in found.last} == {NEVER}
    assert (found.waiting, found.incomplete, found.refused, found.published) == ((), (), (), "")


def test_looking_changes_nothing(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    before = sorted(str(p) for p in area.home.parent.rglob("*"))
    status(area.home, now=NOON)
    assert sorted(str(p) for p in area.home.parent.rglob("*")) == before
