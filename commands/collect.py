"""`counterfoil collect`: what the unit found, brought home and said in the council's own references and names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from commands.options import now, screen
from commands.screen import Screen
from pipeline.collect import Collected, CollectedRun, collect
from pipeline.home import find_home


def collect_reports(
    ctx: typer.Context,
    again: Annotated[bool, typer.Option("--again", help="Also what was collected before; lists that are there are written anew.")] = False,
) -> None:
    """Bring the unit's reports and receipts home, with your own references and names in place of tokens. Safe to repeat.

    Exit code 0: done. 3: done, but a report or receipt is damaged and was left out.
    """
    out = screen(ctx)
    home = find_home("partner", out.home)
    with out.working("collecting"):
        found = collect(home, now=now(), again=again)
    out.result({
        "collected_at": found.collected_at, "runs": [asdict(run) for run in found.runs], "earlier": found.earlier,
        "receipts": [asdict(answer) for answer in found.receipts], "skipped": [asdict(one) for one in found.skipped],
        "exit_code": int(found.exit_code),
    })  # fmt: skip
    _show(out, found)
    raise typer.Exit(found.exit_code)


def _show(out: Screen, found: Collected) -> None:
    """Print where each report is and what the unit answered: counts and places, no reference and no name."""
    for answer in found.receipts:
        out.say(f"Receipt: {answer.submission_id} {answer.state}{f': {answer.reason}' if answer.reason else ''}")
        if answer.mend:
            out.say(f"  To mend  {answer.mend}")
    for run in found.runs:
        out.say(f"{run.run_id}: {_count(run)} in {run.file}")
        if run.not_translated:
            out.say(f"  Not translated: {run.not_translated:,}; the crosswalk here does not know their tokens. Restore it, and collect --again")
    for skipped in found.skipped:
        out.say(f"Left out: {skipped.name}: {skipped.reason}")
    if found.skipped:
        out.say("  To mend  ask the unit to publish it again, or update Counterfoil; the next collect tries it again")
    if not (found.runs or found.receipts or found.skipped):
        out.say(f"Nothing new; reports collected before: {found.earlier:,}")


def _count(run: CollectedRun) -> str:
    bands = ", ".join(f"{number:,} {band}" for band, number in run.bands.items())
    return f"{run.exceptions:,} exception{'' if run.exceptions == 1 else 's'} ({bands})"
