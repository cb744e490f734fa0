"""What changes too much overnight is held, or stops the run, and says how to go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.audit import entries
from pipeline.drift import confirm, load_confirmed, refuse_drift, why_held
from pipeline.intake import intake
from pipeline.run import run
from schemas.errors import ExitCode, IntegrityError, SafetyStop, UsageProblem
from schemas.partnership import RunSettings
from tests.conftest import DAY, NOON, Area, Command, Send

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("before", "now", "held"), [(1000, 399, True), (1000, 400, False), (1000, 4000, False), (1000, 4001, True), (99, 1, False), (100, 0, True)])
def test_a_delivery_is_held_by_its_rows(before: int, now: int, held: bool) -> None:
    assert bool(why_held(before, now, RunSettings())) == held


def refs(count: int) -> list[str]:
    return [f"R{n:04}" for n in range(count)]


def test_a_delivery_that_shrank_is_held_and_the_one_before_is_used_until_it_is_confirmed(area: Area, send: Send) -> None:
    """Fault F42."""
    send("northmere", "TAX", refs(120))
    send("eastholt", "TAX", ["R1"])
    run(area.home, as_of=DAY, now=NOON + HOUR)
    small = send("northmere", "TAX", refs(40), now=NOON + 2 * HOUR)
    held = run(area.home, as_of=DAY + timedelta(days=1), now=NOON + 24 * HOUR)
    assert held.held == (("northmere", small.submission_id, "40 rows, after 120 in the delivery before; a person has to confirm that"),)
    assert held.exit_code is ExitCode.PARTIAL
    assert dict(held.conservation.select("partner", "accepted").rows())["northmere"] == 120
    confirm(area.home, small.submission_id, reason="a team moved to another system", now=NOON + 25 * HOUR)
    after = run(area.home, as_of=DAY + timedelta(days=2), now=NOON + 48 * HOUR)
    assert after.held == ()
    assert dict(after.conservation.select("partner", "accepted").rows())["northmere"] == 40
    assert [(e.action, e.reason) for e in entries(area.home) if "confirmed" in e.action] == [("delivery confirmed", "a team moved to another system")]


def test_an_unknown_submission_cannot_be_confirmed(area: Area, send: Send) -> None:
    manifest = send("northmere", "TAX", ["R1"])
    intake(area.partnership, area.store, area.home, now=NOON)
    with pytest.raises(UsageProblem, match=f"did you mean {manifest.submission_id}"):
        confirm(area.home, manifest.submission_id[:-1], reason="x", now=NOON)


def test_a_damaged_list_of_confirmations_stops_before_work(area: Area) -> None:
    assert load_confirmed(area.home) == frozenset()
    (area.home / "confirmed.json").write_text("[")
    with pytest.raises(IntegrityError, match="the list of confirmed deliveries is damaged"):
        load_confirmed(area.home)


@pytest.mark.parametrize(("before", "records", "links", "stops"), [
    (None, 1000, 500, False),
    ({"records": 1000, "links": 100}, 1000, 201, True),
    ({"records": 1000, "links": 100}, 1000, 200, False),
    ({"records": 1000, "links": 100}, 1000, 49, True),
    ({"records": 1000, "links": 100}, 2000, 200, False),
    ({"records": 50, "links": 5}, 1000, 900, False),
    ({"records": 1000, "links": 0}, 1000, 900, False),
])  # fmt: skip
def test_a_run_stops_where_links_per_record_changed_much(before: dict[str, int] | None, records: int, links: int, stops: bool) -> None:
    if not stops:
        refuse_drift(before, records=records, links=links, most=2.0)
        return
    with pytest.raises(SafetyStop, match="nothing was issued") as caught:
        refuse_drift(before, records=records, links=links, most=2.0)
    assert caught.value.exit_code == 9
    assert "--accept-drift" in caught.value.mend


def test_a_stopped_run_goes_on_when_told_why(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F43: it stops before it issues, with numbers and the way on."""
    from pipeline import run as running

    def stops(*_: object, **__: object) -> None:
        raise SafetyStop("far more or far fewer links were found than the night before", mend="--accept-drift")

    send("northmere", "TAX", ["R1"])
    monkeypatch.setattr(running, "refuse_drift", stops)
    with pytest.raises(SafetyStop):
        run(area.home, as_of=DAY, now=NOON + HOUR)
    assert not (area.home / "published" / "CURRENT").exists()
    assert run(area.home, as_of=DAY, now=NOON + HOUR, accept_drift="a new dataset came in").published.exists()
    assert ("drift accepted", "a new dataset came in") in [(e.action, e.reason) for e in entries(area.home)]


def test_the_command_says_how_to_go_on(command: Command, area: Area, send: Send) -> None:
    send("northmere", "TAX", refs(120))
    run(area.home, as_of=DAY, now=NOON + HOUR)
    small = send("northmere", "TAX", refs(10), now=NOON + 2 * HOUR)
    said = command("run", "--home", area.home, "--as-of", "2026-11-02")
    assert said.code == 3
    assert f"counterfoil confirm {small.submission_id} --reason WHY" in said.out
    assert command("confirm", small.submission_id, "--reason", "right", "--home", area.home).code == 0
    assert "Held:" not in command("run", "--home", area.home, "--as-of", "2026-11-03").out


def test_what_arrives_while_a_run_is_under_way_is_the_next_runs(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F17."""
    from pipeline import run as running

    send("northmere", "TAX", ["R1"])
    real = running.assemble

    def meanwhile(*args: object, **more: object) -> object:
        send("eastholt", "TAX", ["R9"], now=NOON + HOUR)
        return real(*args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(running, "assemble", meanwhile)
        first = run(area.home, as_of=DAY, now=NOON + HOUR)
    assert dict(first.conservation.select("partner", "accepted").rows()) == {"northmere": 1}
    second = run(area.home, as_of=DAY, now=NOON + 2 * HOUR)
    assert dict(second.conservation.select("partner", "accepted").rows()) == {"eastholt": 1, "northmere": 1}
