"""`counterfoil subject`: what is held about one person, by a partner's references, for access and erasure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from commands.options import now, screen
from pipeline.home import find_home, load_partner, load_partnership
from schemas.errors import UsageProblem

app = typer.Typer(help="What is held about one person, by a partner's references: for access and erasure.", no_args_is_help=True)
PartnerId = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner whose references these are.")]
Refs = Annotated[list[str], typer.Argument(metavar="REF...", help="References as the unit knows them; the partner finds them with `subject tokens`.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log; name no person here.")]


@app.command("tokens")
def show_tokens(ctx: typer.Context, ref: Annotated[str, typer.Argument(metavar="REF", help="A reference of your own, as your extract has it.")]) -> None:
    """For a partner: show which tokens left for one of your own references, by dataset. Hand them to the unit, and no name."""
    from pipeline.crosswalk import tokens_of
    from pipeline.key_files import load_partner_keys

    out = screen(ctx)
    home = find_home("partner", out.home)
    found = tokens_of(home, load_partner(home).id, load_partner_keys(home).crosswalk, ref)
    out.result(found.to_dicts())
    if not out.as_json:
        out.table("", ("Dataset", "Kind", "Column", "Token"), found.rows())
    if not found.height:
        out.say("No token left for this reference. Where records travel in clear, the reference itself is what the unit knows.")


@app.command("find")
def find_subject(
    ctx: typer.Context, partner: PartnerId, refs: Refs, reason: Reason = "a request for access",
    show: Annotated[Path | None, typer.Option("--show", metavar="FILE.csv", help="Also write the values to this file; never shown on a screen.")] = None,
) -> None:  # fmt: skip
    """For the unit: list what is held under a partner's references: submissions, columns by name, exceptions, runs."""
    from pipeline.crosswalk import write_private
    from pipeline.spreadsheet import csv_bytes
    from pipeline.subject import find, values

    out = screen(ctx)
    home = find_home("unit", out.home)
    found = find(home, partner, refs, now=now(), reason=_said(reason))
    out.result({"held": found.held.to_dicts(), "exceptions": found.exceptions.to_dicts(), "runs": found.runs, "not_searched": found.not_searched})
    if not out.as_json:
        out.table("", ("Dataset", "Submission", "Held in", "Reference", "Columns"), found.held.rows())
        out.table("", ("Run", "Exception", "Rule", "Status"), found.exceptions.rows())
    out.say(f"{found.held.height:,} rows, {found.exceptions.height:,} exceptions, in {len(found.runs):,} runs that are kept.")
    if found.not_searched:
        out.say(f"Not searched: {found.not_searched:,} submissions in quarantine, which nobody read; purge destroys them.")
    if show:
        table = values(home, partner, refs, now=now(), reason=_said(reason))
        write_private(show.absolute(), csv_bytes(table))
        out.say(f"{table.height:,} values in {show}. Hand them to {partner}, which answers the person; then delete the file.")


@app.command("erase")
def erase_subject(
    ctx: typer.Context, partner: PartnerId, refs: Refs, reason: Reason,
    confirm: Annotated[bool, typer.Option("--confirm", help="Erase for good; without it, nothing is done.")] = False,
) -> None:  # fmt: skip
    """For the unit: erase what is held under a partner's references from every submission. Holds are kept.

    Exit code 3: a hold kept something.
    """
    from pipeline.subject import erase

    out = screen(ctx)
    if not confirm:
        raise UsageProblem("erasing cannot be undone", mend="look first: counterfoil subject find; then add --confirm")
    home = find_home("unit", out.home)
    done = erase(home, load_partnership(home), partner, refs, now=now(), reason=_said(reason))
    out.result(asdict(done))
    for submission, rows in done.submissions:
        out.say(f"Erased from {submission}: {rows:,} rows of its tables")
    for submission, hold in done.held:
        out.say(f"Held by {hold}, and kept: {submission}")
    if not done.submissions:
        out.say("Nothing was erased: no submission that is stored and not held has these references.")
    if done.runs:
        out.say(f"Runs that still hold them, until they are purged: {', '.join(done.runs)}. The next run is without them: counterfoil run")
    if done.held:
        raise typer.Exit(3)


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageProblem("a reason is missing", mend='--reason "request 2026-17"')
    return reason.strip()
