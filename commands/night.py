"""The unit's commands: `run`, `status`, `query`, `explain` and `outcome`. What they need beyond a partner's PC is imported when called."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsOf, day, now, screen
from commands.screen import Screen
from pipeline.home import find_home
from pipeline.store.files import make_folder, write_atomic
from schemas.audit import Verb
from schemas.errors import CounterfoilError, StorageError, UsageProblem

if TYPE_CHECKING:
    from pipeline.run import RunSummary

MOST_ROWS = 100  # of a query's answer, on a screen
Id = Annotated[str, typer.Argument(metavar="ID", help="The exception's id, as the report shows it.")]


def run_night(
    ctx: typer.Context, as_of: AsOf = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of what goes well; what goes wrong is said all the same.")] = False,
    accept_drift: Annotated[str, typer.Option("--accept-drift", metavar="WHY", help="Go on though links per record changed much overnight, and say why.")] = "",
    metrics: Annotated[Path | None, typer.Option(metavar="FILE.prom", help="Write figures of the run for Prometheus' collector of text files.")] = None,
) -> None:  # fmt: skip
    """Take what arrived, link it, and publish the night's exceptions. Safe to repeat.

    Exit code 0: done. 3: done, but a partner is late or in quarantine.
    """
    from pipeline.metrics import write_failure, write_metrics
    from pipeline.run import run

    out = screen(ctx)
    home = find_home("unit", out.home)
    try:
        summary = run(home, as_of=day(as_of), now=now(), say=(lambda _: None) if quiet else out.progress, accept_drift=accept_drift)
    except CounterfoilError as error:
        if metrics:
            write_failure(metrics, error.exit_code, now=now())
        raise
    if metrics:
        write_metrics(metrics, summary, now=now(), oldest_extract_days=summary.oldest_extract_days)
    tables = {"conservation": summary.conservation.to_dicts(), "exceptions": summary.exceptions.to_dicts()}
    out.result({**vars(summary), **tables, "exit_code": int(summary.exit_code)})
    if not out.as_json and not quiet:
        show_run(out, summary)
    raise typer.Exit(summary.exit_code)


def confirm_delivery(
    ctx: typer.Context, submission: Annotated[str, typer.Argument(metavar="SUBMISSION", help="Id of the delivery that was held.")],
    reason: Annotated[str, typer.Option(help="Why it is right; goes into the audit log.")],
) -> None:  # fmt: skip
    """Let a delivery in that was held, because it has far more or far fewer rows than the one before."""
    from pipeline.drift import confirm

    out = screen(ctx)
    confirm(find_home("unit", out.home), submission, reason=reason, now=now())
    out.result({"submission": submission, "reason": reason})
    out.say(f"Confirmed: {submission}; the next run takes it")


def show_status(ctx: typer.Context) -> None:
    """Show what each partner sent last, what waits, and what is missing."""
    from pipeline.status import status

    out = screen(ctx)
    found = status(find_home("unit", out.home), now=now())
    out.result(asdict(found))
    if out.as_json:
        return
    heads = ("Partner", "Dataset", "State", "Period", "Taken on", "Age in days", "Rows", "Submission")
    out.table("", heads, [
        (one.partner, one.dataset, one.state, one.period, one.as_of or "", "" if one.age_days is None else one.age_days, one.rows_accepted, one.submission_id)
        for one in found.last
    ])  # fmt: skip
    for one in found.last:
        if one.reason:
            out.say(f"{one.partner} {one.dataset} {one.submission_id}: {one.reason}")
    for partner, submission in found.waiting:
        out.say(f"Waiting for the next run: {partner} {submission}")
    for upload in found.incomplete:
        out.say(f"Incomplete upload, age {upload.age_hours} h: {upload.partner} {upload.submission_id}")
    for sentence in found.refused:
        out.say(f"Not touched: {sentence}")
    out.say(f"Published run: {found.published or 'none yet'}")


def ask(ctx: typer.Context, sql: Annotated[str, typer.Argument(help="One select over the views; without it, the views are listed.")] = "",
        csv: Annotated[Path | None, typer.Option(help="Write the whole answer to this CSV file.")] = None) -> None:  # fmt: skip
    """Ask the workbench of the newest run a question in SQL. It can only look."""
    from pipeline.spreadsheet import csv_bytes
    from pipeline.workbench import query
    from schemas.views import VIEWS

    out = screen(ctx)
    if not sql:
        out.result({name: {column: text for column, (_, text) in view.columns.items()} for name, view in VIEWS.items()})
        if not out.as_json:
            out.table("", ("View", "What it holds", "Columns"), [(name, view.about, ", ".join(view.columns)) for name, view in VIEWS.items()])
        return
    home = find_home("unit", out.home)
    answer = query(home, sql)
    _consulted(out, home, "workbench asked", "query", rows=answer.height)
    out.result(answer.to_dicts())
    if csv:
        write_atomic(csv, csv_bytes(answer))
        out.say(f"{answer.height:,} rows in {csv}")
    elif not out.as_json:
        out.table("", answer.columns, [["" if cell is None else cell for cell in row] for row in answer.head(MOST_ROWS).iter_rows()])
        out.say(f"{answer.height:,} rows" + (f", the first {MOST_ROWS} of them shown; --csv FILE writes them all" if answer.height > MOST_ROWS else ""))


def explain_exception(
    ctx: typer.Context,
    exception_id: Annotated[str, typer.Argument(metavar="ID", help="The exception's id, as the report shows it; with --links, a record's reference.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="With --links, the other record's reference.", show_default=False)] = "",
    links: Annotated[Path | None, typer.Option(metavar="LINKS", help="Explain a pair of this file of links instead of an exception.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Also draw how the evidence adds up.")] = None,
) -> None:
    """Explain one exception in sentences: the rule, both sides, and what each field contributed. Or one pair of a file of links.

    \b
    counterfoil explain CT03-0123456789 --picture evidence.svg
    counterfoil explain --links links.parquet A17 B52
    """
    from pipeline.pair import find_pair
    from pipeline.workbench import draw, explain

    out = screen(ctx)
    if bool(other) != (links is not None):
        raise UsageProblem("a pair is two references and the file of links", mend="counterfoil explain --links LINKS ID OTHER; an exception is explained by its id alone")
    if picture and picture.suffix.lower() != ".svg":
        raise UsageProblem("a picture is an SVG", found=ascii(picture.suffix), mend="give it a name that ends in .svg")
    if links:
        pair = find_pair(links, exception_id, other)
        named, text, drawn = {"record_ref_l": pair.record_ref_l, "record_ref_r": pair.record_ref_r}, pair.text, pair.picture() if picture else ""
    else:
        home = find_home("unit", out.home)
        named, text, drawn = {"exception_id": exception_id}, explain(home, exception_id), draw(home, exception_id) if picture else ""
        _consulted(out, home, "exception read", exception_id.strip().upper())
    if picture:
        make_folder(picture.absolute().parent)
        write_atomic(picture, drawn.encode())
    out.result({**named, "text": text, **({"picture": str(picture)} if picture else {})})
    if not out.as_json:
        out.text(text)
    if picture:
        out.say(f"The picture is in {picture}")


outcome = typer.Typer(help="Record what a person decided about an exception.", no_args_is_help=True)


@outcome.callback()
def _outcome() -> None:
    """Record what a person decided about an exception."""


@outcome.command()
def record(
    ctx: typer.Context, exception_id: Id,
    verdict: Annotated[str, typer.Option(help="fraud, error, no issue, already known, cannot say or not investigated.")],
    reason: Annotated[str, typer.Option(help="Why, as a code: DISREGARD, MOVED, NOT-SAME-PERSON ...")],
    officer: Annotated[str, typer.Option(help="Who decided.")],
    pence: Annotated[int, typer.Option(help="Money established, in pence.")] = 0,
    decided_on: Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="When; today where it is left out.")] = "",
    note: Annotated[str, typer.Option(help="Free text; name no person here.")] = "",
) -> None:  # fmt: skip
    """Record a decision. Later ones stand beside earlier ones; nothing is overwritten."""
    from pipeline.audit import append
    from pipeline.outcomes import record_outcome

    out = screen(ctx)
    decided = {"exception_id": exception_id, "verdict": verdict, "reason_code": reason, "officer": officer, "value_pence": pence, "note": note}
    record_outcome(
        find_home("unit", out.home), exception_id=exception_id, verdict=verdict, reason_code=reason, officer=officer,
        decided_on=day(decided_on, option="--on"), value_pence=pence, note=note,
    )  # fmt: skip
    append(find_home("unit", out.home), verb=Verb.ALTERATION, action="outcome recorded", subject=exception_id.strip().upper(), reason=reason, now=now(), detail={"verdict": verdict})
    out.result(decided)
    out.say(f"Recorded: {exception_id}, {verdict}")


def _consulted(out: Screen, home: Path, action: str, subject: str, *, rows: int = 1) -> None:
    """Log who read what; whoever may only read the unit's folder is told that it was not logged."""
    from pipeline.audit import append

    try:
        append(home, verb=Verb.CONSULTATION, action=action, subject=subject, reason="by command", now=now(), detail={"rows": rows})
    except StorageError:
        out.progress("this look could not be written into the audit log")


def show_run(out: Screen, summary: RunSummary) -> None:
    """Print what was missing, the balance of rows, and the exceptions of a run."""
    for partner, submission, reason in summary.quarantined:
        out.say(f"In quarantine: {partner} {submission}: {reason}")
    for partner, submission, reason in summary.held:
        out.say(f"Held: {partner} {submission}: {reason}\n  To mend  counterfoil confirm {submission} --reason WHY")
    for partner, dataset, why in summary.absent:
        out.say(f"Not in this run: {partner} {dataset} ({why})")
    for note in summary.notes:
        out.say(f"Note: {note}")
    out.say("")
    out.table("Rows: received = accepted + rejected + superseded", ("Partner", "Received", "Accepted", "Rejected", "Superseded"), summary.conservation.rows())
    out.say("")
    out.table("Exceptions: reasons to look, not findings", ("Rule", "Title", "Top", "Middle", "Low", "Held back"), summary.exceptions.rows())
    done = "Nothing changed; the run stands as published" if summary.repeated else "Published"
    out.say(f"\n{done}: {summary.run_id} in {summary.published}")
