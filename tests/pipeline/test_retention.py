"""What is due and what is not; destroying it, also where that is broken off; and what is left."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from matchers.encoding import canaries, spec_digest
from pipeline.audit import append
from pipeline.custody import accept, rotate
from pipeline.destruction import destroy_key, keys_of, remove_folder
from pipeline.drift import confirm
from pipeline.fates import decide
from pipeline.home import load_partnership
from pipeline.intake import intake
from pipeline.key_files import card_path
from pipeline.landing import landed_folder
from pipeline.lock import one_at_a_time
from pipeline.publish import CURRENT
from pipeline.purge import Purged, purge
from pipeline.receipts import load_receipts
from pipeline.retention import BEGUN, COMPLETED, Plan, begun_and_not_completed, plan, protected_runs
from pipeline.run import run
from pipeline.store.files import PARTIAL
from pipeline.store.folder import Folder
from pipeline.tombstones import keep_tombstone, load_tombstones, tombstone_path
from pipeline.trust import remove_partner
from pipeline.verify import verify
from sample_data.councils import COUNCILS
from sample_data.demo import AGREEMENT
from schemas.audit import Verb
from schemas.errors import ConfigurationError, ExitCode, IntegrityError, LockHeld
from schemas.manifest import Receipt
from schemas.partnership import Agreement, Hold, Partnership, Retention
from tests.conftest import DAY, NOON, Area, Send
from tests.pipeline import test_encoded_night as encoded
from tests.pipeline.keeping import backup, days_after, erasures, kept_for, take, where

folder = encoded.folder
HOUR = timedelta(hours=1)
LATE = days_after(DAY, 401)
LATER = datetime(2028, 1, 2, 3, tzinfo=UTC)


def due(found: Plan) -> list[tuple[str, str]]:
    return [(item.kind, item.why) for item in found.items]


def destroy(area: Area, partnership: Partnership, on: date, *, now: datetime = LATER) -> Purged:
    return purge(area.home, partnership, plan(area.home, partnership, on), now=now)


def sound(area: Area, partnership: Partnership | None = None) -> bool:
    """Whether nothing is wrong with the store; the assertion shows what is."""
    assert verify(area.home, partnership or area.partnership, now=LATER).findings == ()
    return True


@pytest.fixture
def received(area: Area, send: Send) -> Receipt:
    """One submission with one person, taken in."""
    send("northmere", "TAX", ["R1"])
    (receipt,) = take(area, now=NOON + HOUR)
    return receipt


def test_a_submission_is_due_the_day_after_its_days_are_over(area: Area, received: Receipt) -> None:
    assert due(plan(area.home, area.partnership, days_after(DAY, 400))) == []
    (item,) = plan(area.home, area.partnership, LATE).items
    assert (item.kind, item.subject, item.why) == ("submission", f"northmere/{received.submission_id}", "taken on 2026-11-01, kept for 400 days")
    assert (item.dataset, item.state, item.rows, item.files) == ("TAX", "too old", 1, 6)
    assert item.bytes > 0


def test_a_dataset_has_days_of_its_own(area: Area, received: Receipt) -> None:
    assert due(plan(area.home, kept_for(area, TAX=10), days_after(DAY, 11))) == [("submission", "taken on 2026-11-01, kept for 10 days")]
    assert due(plan(area.home, kept_for(area, PAY=10), days_after(DAY, 11))) == []
    assert Retention(default=7).days("CTX") == 7


def test_every_dataset_can_have_days_of_its_own() -> None:
    from schemas.datasets import CONTRACTS

    assert set(CONTRACTS) == set(Retention.model_fields) - {"default", "unused", "quarantine", "runs"}


def test_one_that_was_replaced_goes_sooner_and_the_one_in_its_place_stays(area: Area, send: Send, received: Receipt) -> None:
    send("northmere", "TAX", ["R2"], now=NOON + 2 * HOUR)
    take(area, now=NOON + timedelta(days=5))
    assert due(plan(area.home, area.partnership, days_after(DAY, 66))) == []
    (item,) = plan(area.home, area.partnership, days_after(DAY, 67)).items
    assert (item.subject, item.why) == (f"northmere/{received.submission_id}", "superseded since 2026-11-07, kept for 60 days")


def test_one_that_another_names_goes_as_well(area: Area, send: Send) -> None:
    old = send("eastholt", "CRP", ["P1"], period="2025")
    send("eastholt", "CRP", ["P2"], period="2026", now=NOON + HOUR, supersedes=old.submission_id)
    take(area, now=NOON + 2 * HOUR)
    assert due(plan(area.home, area.partnership, days_after(DAY, 70))) == [("submission", "superseded since 2026-11-02, kept for 60 days")]


def test_the_delivery_that_accounts_are_compared_with_stays_its_full_days(area: Area, send: Send) -> None:
    send("northmere", "PAY", ["R1"], account="12345678")
    send("northmere", "PAY", ["R1"], account="87654321", now=NOON + HOUR)
    take(area, now=NOON + 2 * HOUR)
    assert due(plan(area.home, area.partnership, days_after(DAY, 70))) == []


def test_one_that_was_sent_twice_goes_sooner(area: Area, send: Send, received: Receipt) -> None:
    send("northmere", "TAX", ["R1"], now=NOON + HOUR)
    take(area, now=NOON + 2 * HOUR)
    assert due(plan(area.home, area.partnership, days_after(DAY, 70))) == [("submission", "duplicate since 2026-11-02, kept for 60 days")]


def test_one_that_waits_for_a_person_replaces_nothing_until_it_is_confirmed(area: Area, send: Send) -> None:
    first = send("northmere", "TAX", [f"R{n}" for n in range(200)])
    second = send("northmere", "TAX", ["R1"], now=NOON + HOUR)
    take(area, now=NOON + 2 * HOUR)
    assert due(plan(area.home, area.partnership, days_after(DAY, 70))) == []
    confirm(area.home, second.submission_id, reason="they said so", now=NOON)
    (item,) = plan(area.home, area.partnership, days_after(DAY, 70)).items
    assert (item.subject, item.why) == (f"northmere/{first.submission_id}", "superseded since 2026-11-02, kept for 60 days")


def test_what_was_encoded_for_an_older_exercise_goes_sooner(folder: Path) -> None:
    home = folder / "unit"
    before = encoded.send(folder, "northmere")
    partnership = load_partnership(home)
    intake(partnership, Folder(folder / "shared"), home, now=encoded.EVENING + HOUR)
    cards = [card_path(folder / council.id, council.id) for council in COUNCILS]
    made = rotate(
        AGREEMENT, exercise="night-2", cards=cards, unit_card=card_path(home, "unit"), out=folder / "custodian", spec=spec_digest, canaries=canaries,
        now=encoded.EVENING + timedelta(days=3),
    )  # fmt: skip
    accept(home, [made.files[0]], "unit", spec=spec_digest, canaries=canaries)
    assert due(plan(home, partnership, days_after(DAY, 63))) == []
    (item,) = plan(home, partnership, days_after(DAY, 64)).items
    assert (item.subject, item.why) == (f"northmere/{before.submission_id}", "other exercise since 2026-11-04, kept for 60 days")
    purge(home, partnership, plan(home, partnership, days_after(DAY, 64)), now=LATER)
    assert verify(home, partnership, now=LATER).findings == ()


def test_what_a_removed_partner_sent_goes_sooner(area: Area, received: Receipt) -> None:
    """Fault F65."""
    remove_partner(area.home, "northmere", now=NOON + timedelta(days=10))
    assert due(plan(area.home, area.partnership, days_after(DAY, 71))) == []
    assert due(plan(area.home, area.partnership, days_after(DAY, 72))) == [("submission", "not agreed since 2026-11-12, kept for 60 days")]
    destroy(area, area.partnership, days_after(DAY, 72))
    assert where("OKAFOR R1", area.home) == set()
    assert sound(area)


def agreed(area: Area, *agreements: Agreement) -> Partnership:
    return area.partnership.model_copy(update={"agreement": agreements})


def test_what_an_agreement_covered_goes_after_its_end(area: Area, received: Receipt) -> None:
    ended = area.partnership.agreement[0].model_copy(update={"expires": date(2026, 12, 1)})
    assert due(plan(area.home, agreed(area, ended), days_after(date(2026, 12, 1), 60))) == []
    assert due(plan(area.home, agreed(area, ended), days_after(date(2026, 12, 1), 61))) == [("submission", "not agreed since 2026-12-01, kept for 60 days")]


def test_where_nothing_says_since_when_it_is_not_agreed_it_stays_its_full_days(area: Area, received: Receipt) -> None:
    assert due(plan(area.home, agreed(area), days_after(DAY, 200))) == []
    other = area.partnership.agreement[0].model_copy(update={"disclosure": "pseudonymised"})
    assert due(plan(area.home, agreed(area, other), days_after(DAY, 200))) == []
    assert due(plan(area.home, agreed(area), LATE)) == [("submission", "taken on 2026-11-01, kept for 400 days")]


def test_what_was_refused_goes_by_days_of_its_own(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    (area.inbox("northmere", manifest.submission_id) / "manifest.json.sig").write_bytes(b"0" * 128 + b"\n")
    (receipt,) = take(area, now=NOON + HOUR)
    assert (receipt.state, receipt.manifest) == ("quarantined", None)
    assert due(plan(area.home, area.partnership, days_after(DAY, 61))) == []
    (item,) = plan(area.home, area.partnership, days_after(DAY, 62)).items
    assert (item.kind, item.why, item.rows) == ("quarantined", "in quarantine since 2026-11-02, kept for 60 days", 0)
    destroy(area, area.partnership, days_after(DAY, 62))
    assert not list((area.home / "quarantine" / "northmere").iterdir())
    (stone,) = load_tombstones(area.home).values()
    assert (stone.state, stone.rows, stone.manifest) == ("quarantined", 0, None)
    assert [fate.state for fate in decide(load_receipts(area.home), area.partnership, DAY, {}, load_tombstones(area.home))] == ["quarantined"]
    assert plan(area.home, area.partnership, LATE).items == ()
    assert sound(area)


def test_a_purged_submission_leaves_counts_and_a_receipt(area: Area, received: Receipt) -> None:
    path = landed_folder(area.home, "northmere", received.submission_id)
    done = destroy(area, area.partnership, LATE)
    assert [item.subject for item in done.done] == [f"northmere/{received.submission_id}"]
    assert not path.exists()
    assert keys_of(area.home, "northmere", received.submission_id) == []
    stone = json.loads(tombstone_path(area.home, "northmere", received.submission_id).read_bytes())
    assert {name: stone[name] for name in ("partner", "dataset", "rows", "state", "reason")} == {
        "partner": "northmere", "dataset": "TAX", "rows": 1, "state": "accepted", "reason": "the retention schedule",
    }  # fmt: skip
    assert load_receipts(area.home) == [received]
    assert erasures(area.home) == [(BEGUN, f"northmere/{received.submission_id}"), (COMPLETED, f"northmere/{received.submission_id}")]
    assert sound(area)
    assert plan(area.home, area.partnership, LATE).items == ()


def test_runs_say_that_a_submission_was_purged_and_count_its_rows(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1", "R2"], rejected=1)
    send("eastholt", "TAX", ["R9"])
    take(area, now=NOON + HOUR)
    short = kept_for(area, TAX=1)
    destroy(area, short.model_copy(update={"hold": (Hold(id="case", partner="eastholt", reason="a case", since=DAY),)}), days_after(DAY, 5), now=NOON)
    summary = run(area.home, as_of=days_after(DAY, 5), now=NOON + timedelta(days=5))
    assert {row[0]: row[1:] for row in summary.conservation.rows()} == {"eastholt": (1, 1, 0, 0), "northmere": (3, 0, 1, 2)}
    assert ("northmere", "TAX", "purged") in summary.absent
    (fate,) = [one for one in decide(load_receipts(area.home), area.partnership, DAY, {}, load_tombstones(area.home)) if one.receipt.partner == "northmere"]
    assert (fate.state, fate.reason) == ("purged", "destroyed on 2026-11-02: the retention schedule")


def test_nothing_older_comes_back_in_the_place_of_what_was_purged(area: Area, send: Send, received: Receipt) -> None:
    newer = send("northmere", "TAX", ["R2"], now=NOON + HOUR)
    take(area, now=NOON + 2 * HOUR)
    (receipt,) = [r for r in load_receipts(area.home) if r.submission_id == newer.submission_id]
    keep_tombstone(area.home, receipt, now=NOON, reason="by order")
    fates = decide(load_receipts(area.home), area.partnership, DAY, {}, load_tombstones(area.home))
    assert [fate.state for fate in fates] == ["superseded", "purged"]


def test_a_night_goes_on_without_the_accounts_of_a_delivery_that_was_purged(area: Area, send: Send) -> None:
    first = send("northmere", "PAY", ["R1"], account="12345678")
    send("northmere", "PAY", ["R1"], account="87654321", as_of=days_after(DAY, 20), now=NOON + HOUR)
    take(area, now=NOON + 2 * HOUR)
    destroy(area, kept_for(area, PAY=10), days_after(DAY, 21), now=NOON)
    summary = run(area.home, as_of=days_after(DAY, 21), now=NOON + timedelta(days=21))
    assert f"northmere: changes of account since {first.submission_id} are not known; it was destroyed, as agreed" in summary.notes
    assert not (area.home / "debug").exists()


@pytest.mark.parametrize("hold", [{"partner": "northmere"}, {"dataset": "tax"}, {"submission": ""}, {"partner": "northmere", "dataset": "TAX"}])
def test_what_is_held_is_not_destroyed(area: Area, received: Receipt, hold: dict[str, str]) -> None:
    named = {name: value or received.submission_id for name, value in hold.items()}
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", reason="a case", since=DAY, **named),)})  # type: ignore[arg-type]
    found = plan(area.home, held, LATE)
    assert found.items == ()
    assert [item.held for item in found.held] == ["case-1"]
    done = purge(area.home, held, plan(area.home, area.partnership, LATE), now=LATER)  # planned before the hold came
    assert (done.done, done.kept) == ((), ((f"northmere/{received.submission_id}", "case-1"),))
    assert where("OKAFOR R1", area.home)
    assert sound(area, held)


def test_a_hold_on_something_else_keeps_nothing(area: Area, received: Receipt) -> None:
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", dataset="PAY", reason="a case", since=DAY),)})
    assert len(plan(area.home, held, LATE).items) == 1


def test_a_hold_on_a_submission_that_never_came_is_a_slip_of_the_pen(area: Area, received: Receipt) -> None:
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", submission=received.submission_id[:-1], reason="a case", since=DAY),)})
    with pytest.raises(ConfigurationError, match=f"did you mean {received.submission_id}"):
        plan(area.home, held, LATE)


def nights(area: Area, *days: int) -> list[str]:
    return [run(area.home, as_of=days_after(DAY, day), now=NOON + timedelta(days=day)).run_id for day in days]


def test_runs_go_by_their_night_and_the_newest_stays(area: Area, received: Receipt) -> None:
    first, second = nights(area, 0, 5)
    short = kept_for(area, runs=2, default=4000)
    assert plan(area.home, short, days_after(DAY, 2)).items == ()
    (item,) = plan(area.home, short, days_after(DAY, 100)).items
    assert (item.kind, item.subject, item.why, item.rows) == ("run", first, "of the night of 2026-11-01, kept for 2 days", 1)
    destroy(area, short, days_after(DAY, 100))
    assert sorted(path.name for path in (area.home / "runs").iterdir()) == [second]
    assert sorted(path.name for path in (area.home / "published").iterdir()) == sorted([CURRENT, second])
    assert erasures(area.home) == [(BEGUN, first), (COMPLETED, first)]
    assert sound(area)


def test_the_run_that_current_names_and_the_newest_are_protected_also_where_they_differ(area: Area, received: Receipt) -> None:
    first, second = nights(area, 0, 5)
    (area.home / "published" / CURRENT).write_text(first + "\n")
    assert protected_runs(area.home) == {first, second}
    assert plan(area.home, kept_for(area, runs=2, default=4000), LATE).items == ()


def test_a_run_that_became_the_newest_since_it_was_planned_stays(area: Area, received: Receipt) -> None:
    first, _ = nights(area, 0, 5)
    short = kept_for(area, runs=2, default=4000)
    planned = plan(area.home, short, LATE)
    (area.home / "published" / CURRENT).write_text(first + "\n")
    assert purge(area.home, short, planned, now=LATER).kept == ((first, "the newest run"),)


def test_a_run_with_a_held_submission_in_it_stays(area: Area, received: Receipt) -> None:
    first, _ = nights(area, 0, 5)
    short = kept_for(area, runs=2, default=4000)
    held = short.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", reason="a case", since=DAY),)})
    other = short.model_copy(update={"hold": (Hold(id="case-2", partner="eastholt", reason="a case", since=DAY),)})
    assert [(item.subject, item.held) for item in plan(area.home, held, LATE).held] == [(first, "case-1")]
    assert [item.subject for item in plan(area.home, other, LATE).items] == [first]
    assert purge(area.home, held, plan(area.home, short, LATE), now=LATER).kept == ((first, "case-1"),)
    (area.home / "runs" / first / "run.json").write_text("[]")  # now nothing says what is in it
    assert [item.held for item in plan(area.home, other, LATE).held] == ["case-2"]
    assert [item.rows for item in plan(area.home, short, LATE).items] == [0]


def test_what_is_no_run_is_left_alone(area: Area, received: Receipt) -> None:
    for name in ("notes", "9999"):
        (area.home / "runs" / name).mkdir(parents=True)
    assert plan(area.home, area.partnership, days_after(DAY, 100)).items == ()


def test_a_reader_of_an_old_run_reads_on_while_it_is_purged(area: Area, received: Receipt) -> None:
    """Fault F56."""
    first, _ = nights(area, 0, 5)
    with duckdb.connect(str(area.home / "published" / first / "workbench.duckdb"), read_only=True) as con:
        assert con.sql("select count(*) from runs").fetchall() == [(1,)]
        destroy(area, kept_for(area, runs=2, default=4000), LATE)
        assert not (area.home / "published" / first).exists()
        assert con.sql("select surname from data.record").fetchall() == [("OKAFOR R1",)]


def test_a_purge_waits_for_no_run_and_says_so(area: Area, received: Receipt) -> None:
    """Fault F56."""
    planned = plan(area.home, area.partnership, LATE)
    with one_at_a_time(area.home, "run", now=NOON), pytest.raises(LockHeld) as caught:
        purge(area.home, area.partnership, planned, now=LATER)
    assert caught.value.exit_code is ExitCode.LOCK_HELD
    assert load_tombstones(area.home) == {}


def test_what_interruptions_left_goes_too_with_its_key(area: Area, received: Receipt) -> None:
    part = area.home / "landing" / "northmere" / ".partial-tax-2"
    part.mkdir()
    (part / "records.parquet").write_text("OKAFOR R7")
    key = area.home / "landing-keys" / "northmere" / "tax-2.key"
    key.write_text("00" * 32)
    for other in (area.home / "published" / ".partial-2026-01-01-0123456789", area.home / "landing" / "northmere" / f".partial-{received.submission_id}"):
        other.mkdir(parents=True)
    found = plan(area.home, area.partnership, DAY)
    assert {item.subject for item in found.items} == {
        "landing/northmere/.partial-tax-2", f"landing/northmere/.partial-{received.submission_id}", "published/.partial-2026-01-01-0123456789",
    }  # fmt: skip
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", dataset="TAX", reason="a case", since=DAY),)})
    assert len(plan(area.home, held, DAY).held) == 3
    destroy(area, area.partnership, DAY)
    assert not part.exists()
    assert not key.exists()
    assert keys_of(area.home, "northmere", received.submission_id)
    assert sound(area)


def test_after_a_purge_no_byte_of_a_value_is_found_anywhere_nor_opened_from_a_backup(area: Area, send: Send, tmp_path: Path) -> None:
    send("northmere", "TAX", ["R1"])
    send("eastholt", "TAX", ["R9"])
    nights(area, 0)
    twin = send("northmere", "TAX", ["R1"], now=NOON + HOUR)
    send("northmere", "TAX", ["R2"], now=NOON + 2 * HOUR, as_of=days_after(DAY, 50))
    spoilt = send("northmere", "PAY", ["R1"], now=NOON + 3 * HOUR)
    (area.inbox("northmere", spoilt.submission_id) / "manifest.json.sig").write_bytes(b"0" * 128 + b"\n")
    nights(area, 2, 60)
    kept = backup(area, tmp_path / "backup")
    before = where("OKAFOR R1", area.home, kept)
    assert before >= {"workbench.duckdb", "records.parquet", "records.parquet.age"}
    assert twin.submission_id in {path.name for path in (area.home / "landing" / "northmere").iterdir()}
    destroy(area, kept_for(area, default=30, quarantine=30, runs=30), days_after(DAY, 60))
    assert where("OKAFOR R1", area.home, kept) == set()
    assert where("OKAFOR R2", area.home, kept) >= {"workbench.duckdb", "records.parquet.age"}
    assert sound(area)


class Died(BaseException):
    """The machine stopped."""


class Fate:
    """Stops the machine at the n-th call that changes or settles something on the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for name in ("fsync", "unlink", "rename", "replace", "rmdir"):
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))

    def _guarded(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise Died
            return real(*arguments, **named)

        return call


def test_a_purge_that_dies_anywhere_is_completed_by_the_next(area: Area, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F61: intent before completion in the audit log, no orphan, and the next purge completes it also under another schedule."""
    send("northmere", "TAX", ["R1"])
    spoilt = send("northmere", "PAY", ["R1"], now=NOON + HOUR)
    (area.inbox("northmere", spoilt.submission_id) / "manifest.json.sig").write_bytes(b"0" * 128 + b"\n")
    nights(area, 0)
    send("northmere", "TAX", ["R2"], now=NOON + timedelta(days=49), as_of=days_after(DAY, 49))
    nights(area, 50)
    shutil.copytree(area.home, tmp_path / "before")
    short = kept_for(area, default=30, quarantine=30, runs=30)
    fate, deaths = Fate(monkeypatch), 0
    while True:
        planned = plan(area.home, short, days_after(DAY, 50))
        assert [item.kind for item in planned.items] == ["submission", "quarantined", "run"]
        fate.left = deaths + 1
        try:
            purge(area.home, short, planned, now=LATER)
            break
        except Died:
            deaths += 1
        fate.left = -1
        broken_off = begun_and_not_completed(area.home)
        completed = {subject for action, subject in erasures(area.home) if action == COMPLETED}
        done = destroy(area, kept_for(area, default=4000, runs=4000, quarantine=4000), days_after(DAY, 50))
        assert {item.subject for item in done.done if PARTIAL not in item.subject} == broken_off
        assert not completed & broken_off
        assert sound(area)
        destroy(area, short, days_after(DAY, 50))
        assert where("OKAFOR R1", area.home) == set(), deaths
        assert sound(area)
        assert plan(area.home, short, days_after(DAY, 50)).items == ()
        shutil.rmtree(area.home)
        shutil.copytree(tmp_path / "before", area.home)
    assert deaths > 20


def test_a_hold_keeps_what_was_begun_while_its_key_is_there(area: Area, received: Receipt) -> None:
    subject = f"northmere/{received.submission_id}"
    append(area.home, verb=Verb.ERASURE, action=BEGUN, subject=subject, reason="x", now=NOON)
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", partner="northmere", reason="a case", since=DAY),)})
    assert [item.why for item in plan(area.home, held, DAY).held] == ["its destruction was begun and broken off"]
    for key in keys_of(area.home, "northmere", received.submission_id):
        destroy_key(key)
        destroy_key(key)
    assert [item.subject for item in plan(area.home, held, DAY).items] == [subject]


def test_a_folder_that_never_was_is_no_fault(tmp_path: Path) -> None:
    remove_folder(tmp_path / "gone" / "folder")
    remove_folder(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_tombstone_stops_the_plan(area: Area, received: Receipt) -> None:
    destroy(area, area.partnership, LATE)
    path = tombstone_path(area.home, "northmere", received.submission_id)
    (path.parent / ".partial-x.json").write_text("{")  # a writer that died; it was never there
    stones = load_tombstones(area.home)
    path.rename(path.with_name("other.json"))
    with pytest.raises(IntegrityError, match="another's place"):
        plan(area.home, area.partnership, LATE)
    path.with_name("other.json").rename(path)
    path.write_text("{}")
    with pytest.raises(IntegrityError, match="a tombstone is damaged"):
        plan(area.home, area.partnership, LATE)
    assert len(stones) == 1


def test_no_value_stands_in_plan_tombstone_or_log(area: Area, received: Receipt) -> None:
    planned = plan(area.home, area.partnership, LATE)
    assert "OKAFOR" not in str(planned)
    destroy(area, area.partnership, LATE)
    assert "OKAFOR" not in "".join(path.read_text() for path in area.home.rglob("*.json*"))
