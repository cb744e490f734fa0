"""The night, in order: intake, assemble, link, flag, report, publish. Safe to repeat; one partner never stops the others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from matchers.coverage import coverage
from pipeline import ledger
from pipeline.arrivals import incomplete
from pipeline.assemble import assemble
from pipeline.audit import append
from pipeline.deliver import deliver
from pipeline.drift import load_confirmed, refuse_drift
from pipeline.events import Events
from pipeline.fates import HELD
from pipeline.flag import check_rules
from pipeline.home import load_partnership
from pipeline.intake import intake
from pipeline.key_files import exercise_path, load_exercise, load_unit_keys, refuse_roots
from pipeline.landing import landed_bytes
from pipeline.lock import one_at_a_time
from pipeline.metrics import oldest_extract_days
from pipeline.models import load_models
from pipeline.once import flagged_once, keep_models, linked_once
from pipeline.outcomes import load_outcomes
from pipeline.publish import publish
from pipeline.receipts import load_receipts
from pipeline.report import report
from pipeline.shared import shared_area
from pipeline.stages import finish, refuse_no_room
from pipeline.store.area import Area
from pipeline.store.files import storage_errors
from pipeline.trust import trusted
from schemas.audit import Verb
from schemas.errors import ConfigurationError, ExitCode, IntegrityError, SafetyStop, unknown_name
from schemas.partnership import Partnership
from schemas.relations import Assembled, Linked, Report
from schemas.rule import Rule, load_rules, load_values

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        repeated: everything stood already; nothing was done again.
        stages: (stage, rows in, rows out, seconds).
        conservation: partner, received, accepted, rejected, superseded; received is the sum of the others.
        exceptions: rule, title, exceptions issued in each band, and how many were suppressed.
        absent: (partner, dataset, why) of what a partner agreed to send and the run did not have.
        quarantined: (partner, submission, reason) of tonight's arrivals.
        oldest_extract_days: age of the oldest snapshot in it; None where there is none.
        held: (partner, submission, reason) of deliveries that somebody has to confirm first.
    """

    run_id: str
    as_of: date
    repeated: bool
    stages: tuple[tuple[str, int, int, float], ...]
    conservation: pl.DataFrame
    exceptions: pl.DataFrame
    absent: tuple[tuple[str, str, str], ...]
    quarantined: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    published: Path
    oldest_extract_days: int | None = None
    held: tuple[tuple[str, str, str], ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """OK, or PARTIAL where a partner is late or quarantined."""
        return ExitCode.PARTIAL if self.absent or self.quarantined or self.held else ExitCode.OK


@dataclass
class _Clock:
    """Measures stages and tells whoever listens: people who wait, and the log."""

    say: Say
    events: Events
    stages: list[tuple[str, int, int, float]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, rows_in: int) -> Iterator[dict[str, int]]:
        self.say(f"{name} ...")
        started = time.perf_counter()
        with self.events.stage(name, rows_in=rows_in) as out:
            out["rows"] = 0
            yield out
        seconds = time.perf_counter() - started
        self.stages.append((name, rows_in, out["rows"], round(seconds, 3)))
        self.say(f"{name}: {rows_in:,} rows in, {out['rows']:,} out, {seconds:.1f} s")


def run(home: Path, *, as_of: date, now: datetime, say: Say = lambda _: None, accept_drift: str = "") -> RunSummary:
    """Take what arrived and publish the night's exceptions.

    Args:
        as_of: the night; the only date that results depend on.
        now: the clock, for receipts and the closing note.
        say: told of each stage, for people who wait.
        accept_drift: why it is right that links per record changed much overnight; without it, such a run stops.

    Raises:
        LockHeld, ConfigurationError, SafetyStop, StorageError: nothing was published; what was published before stands.
    """
    refuse_roots(home)
    partnership = _without_removed(load_partnership(home), home)
    rules = _rules_in_use(partnership)
    check_rules(rules, load_values(), as_of=as_of)
    models, digests = load_models(home, partnership.run.models)
    with storage_errors(home), one_at_a_time(home, "run", now=now), closing(shared_area(partnership)) as area:
        started = time.monotonic()
        clock = _Clock(say, Events(home, clock=lambda: now + timedelta(seconds=time.monotonic() - started)))
        with clock.stage("intake", 0) as out:
            arrived = intake(partnership, area, home, now=now)
            out["rows"] = sum(r.manifest.rows_received for r in arrived if r.manifest)
        with clock.stage("assemble", out["rows"]) as out:
            waiting = incomplete(area, [entry.id for entry in partnership.partner], now=now)
            exercises = _exercises(partnership, home)
            refuse_no_room(home, landed_bytes(home))
            assembled = assemble(home, partnership, load_receipts(home), as_of=as_of, incomplete=waiting, exercises=exercises, confirmed=load_confirmed(home))
            out["rows"] = assembled.records.height
        balance = conservation(assembled.submissions)
        earlier, outcomes = ledger.newest(home, as_of=as_of), load_outcomes(home)
        name = ledger.run_id(assembled, partnership, rules, load_values(), earlier, outcomes, as_of=as_of, models=digests)
        quarantined = tuple((r.partner, r.submission_id, r.reason) for r in arrived if r.state == "quarantined")
        common = (partnership, assembled, clock, balance, quarantined)
        clock.events.run_id = name
        if note := ledger.closed(home, name):
            say("nothing changed since this run was published")
            exceptions = pl.read_parquet(ledger.folder(home, name) / "exceptions.parquet")
            return _summary(name, as_of, True, exceptions, tuple(note["notes"]), Path(note["published"]), *common)
        folder = ledger.folder(home, name)
        with clock.stage("link", assembled.records.height) as out:
            linked = linked_once(folder, assembled, partnership, rules, models, ledger.clusters(home, earlier))
            out["rows"] = linked.links.height
        _judge_drift(home, earlier, assembled, linked, partnership, accept_drift, now)
        with clock.stage("flag", linked.links.height) as out:
            exceptions, refused = flagged_once(folder, assembled, linked, partnership, rules, ledger.history(home, earlier), as_of)
            out["rows"] = exceptions.height
        notes = (*assembled.notes, *linked.notes, *([f"{refused:,} exceptions were dropped, because no agreement covers both sides"] if refused else []))
        covered = coverage(rules, assembled.disclosures)
        notes = (*notes, *(f"rule {key} {state}: it reads {reads}, which stayed at home" for key, _, state, reads, _ in covered.filter(pl.col("reads") != "").iter_rows()))
        finish(folder, "assemble", {"records": assembled.records, "submissions": assembled.submissions, "rejects": assembled.rejects, "coverage": covered})
        keep_models(folder, linked)
        append(
            home, verb=Verb.COMBINATION, action="extracts combined", subject=name, reason="the nightly run", now=now,
            detail={"submissions": len(assembled.inputs), "records": assembled.records.height, "exceptions": exceptions.height},
        )  # fmt: skip
        with clock.stage("report", exceptions.height) as out:
            reports = {
                entry.id: report(
                    exceptions, entry.id, evidence=linked.evidence, submissions=assembled.submissions, rules=rules, run_id=name, as_of=as_of
                )
                for entry in partnership.partner
            }
            out["rows"] = sum(one.table.height for one in reports.values())
        with clock.stage("publish", out["rows"]) as out:
            published = publish(
                home, partnership, assembled, linked, exceptions, covered=covered, rules=rules, outcomes=outcomes, run_id=name, as_of=as_of, notes=notes,
                hand_out=partial(_hand_out, home, area, reports, name, as_of, now),
            )
            out["rows"] = exceptions.height
        summary = _summary(name, as_of, False, exceptions, notes, published, *common)
        ledger.close(home, name, _closing_note(summary, assembled, linked.links.height, now))
        return summary


def _judge_drift(home: Path, earlier: str, assembled: Assembled, linked: Linked, partnership: Partnership, accepted: str, now: datetime) -> None:
    """Stop where links per record changed much overnight and nobody said why; what was said goes into the audit log."""
    try:
        refuse_drift(ledger.closed(home, earlier) if earlier else None, records=assembled.records.height, links=linked.links.height, most=partnership.run.drift_most)
    except SafetyStop:
        if not accepted:
            raise
        append(home, verb=Verb.ALTERATION, action="drift accepted", subject=earlier or "first-run", reason=accepted, now=now)


def _hand_out(home: Path, area: Area, reports: Mapping[str, Report], run_id: str, as_of: date, now: datetime) -> None:
    """Bring every partner whose card the unit holds its report; every such partner gets one, also where nothing was found."""
    keys = load_unit_keys(home)
    for partner, one in sorted(reports.items()):
        known = trusted(home, partner)
        if known is not None and known.card is not None:
            deliver(area, one, known.card, keys.signing, run_id=run_id, as_of=as_of)
            append(
                home, verb=Verb.DISCLOSURE, action="report delivered", subject=f"{partner}/{run_id}", reason="the partner's own exceptions", now=now,
                detail={"exceptions": one.table.height},
            )  # fmt: skip


def _without_removed(partnership: Partnership, home: Path) -> Partnership:
    """Return the partnership without partners that were removed: nothing of them is taken, linked or reported."""
    gone = {entry.id for entry in partnership.partner if (known := trusted(home, entry.id)) is not None and known.card is None}
    return partnership.model_copy(update={"partner": tuple(entry for entry in partnership.partner if entry.id not in gone)}) if gone else partnership


def _rules_in_use(partnership: Partnership) -> list[Rule]:
    rules = load_rules()
    known = {rule.id for rule in rules}
    for name in partnership.rules.disabled:
        if name not in known:
            raise unknown_name("rule", name, known, error=ConfigurationError, file="partnership.toml")
    return [rule for rule in rules if rule.id not in partnership.rules.disabled]


def _exercises(partnership: Partnership, home: Path) -> dict[str, str]:
    """Return the exercise in force of each agreement that encodes identity and has one."""
    return {
        agreement.id: load_exercise(home, agreement.id).exercise
        for agreement in partnership.agreement if agreement.disclosure != "clear" and exercise_path(home, agreement.id).exists()
    }  # fmt: skip


def conservation(submissions: pl.DataFrame) -> pl.DataFrame:
    """Return received, accepted, rejected and superseded rows of each partner.

    Raises:
        IntegrityError: a row is unaccounted for; that is our mistake, and nothing may be published over it.
    """
    parts = ("received", "accepted", "rejected", "superseded")
    balance = submissions.group_by("partner").agg(pl.col(f"rows_{part}").sum().alias(part) for part in parts).sort("partner")
    lost = balance.filter(pl.col("received") != pl.sum_horizontal("accepted", "rejected", "superseded"))
    if lost.height:
        raise IntegrityError(
            "rows are unaccounted for: received is not accepted + rejected + superseded", found=f"at {', '.join(lost['partner'])}",
            mend="keep the unit's folder as it is and report this; it is a fault of the program",
        )
    return balance


def _absent(partnership: Partnership, submissions: pl.DataFrame) -> tuple[tuple[str, str, str], ...]:
    """Return what partners agreed to send and the run did not have, and why."""
    used = set(submissions.filter(pl.col("state") == "used").select("partner", "dataset").rows())
    states: dict[tuple[str, str], str] = {(p, d): s for p, d, s in submissions.sort("sequence").select("partner", "dataset", "state").iter_rows()}
    return tuple(
        (entry.id, dataset, states.get((entry.id, dataset), "never sent"))
        for entry in sorted(partnership.partner, key=lambda e: e.id)
        for dataset in sorted(entry.datasets)
        if (entry.id, dataset) not in used
    )


def _summary(
    name: str, as_of: date, repeated: bool, exceptions: pl.DataFrame, notes: tuple[str, ...], published: Path,
    partnership: Partnership, assembled: Assembled, clock: _Clock, balance: pl.DataFrame, quarantined: tuple[tuple[str, str, str], ...],
) -> RunSummary:
    issued = pl.col("status") != "suppressed"
    titles = {rule.id: rule.title for rule in reversed(load_rules())}
    counted = exceptions.group_by("rule").agg(
        pl.col("rule").first().replace_strict(titles, default="").alias("title"),
        *((issued & (pl.col("band") == band)).sum().cast(pl.Int64).alias(band) for band in ("top", "middle", "low")),
        (~issued).sum().cast(pl.Int64).alias("suppressed"),
    )
    return RunSummary(
        run_id=name, as_of=as_of, repeated=repeated, stages=tuple(clock.stages), conservation=balance, exceptions=counted.sort("rule"),
        absent=_absent(partnership, assembled.submissions), quarantined=quarantined, notes=notes, published=published,
        oldest_extract_days=oldest_extract_days(assembled.submissions, as_of=as_of),
        held=tuple(assembled.submissions.filter(pl.col("state") == HELD).select("partner", "submission_id", "reason").iter_rows()),
    )


def _closing_note(summary: RunSummary, assembled: Assembled, links: int, now: datetime) -> dict[str, object]:
    return {
        "run_id": summary.run_id, "as_of": summary.as_of, "finished_at": now.isoformat(), "inputs": assembled.inputs,
        "records": assembled.records.height, "links": links, "stages": summary.stages, "notes": summary.notes, "published": str(summary.published),
        "conservation": json.loads(summary.conservation.write_json()),
    }
