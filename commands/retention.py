"""`counterfoil purge` and `counterfoil verify`: what the unit keeps, for how long, and whether it is still as it was stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import now, screen
from commands.screen import Screen
from pipeline.home import find_home, load_partnership
from schemas.errors import UsageProblem

if TYPE_CHECKING:
    from pipeline.retention import Plan


def purge_old(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is due, and destroy nothing.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Destroy what is due, for good.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the audit log and the tombstones.")] = "the retention schedule",
) -> None:
    """Destroy what was kept for as long as partnership.toml says: keys first, then submissions and runs. Counts and receipts stay.

    Safe to repeat; what was broken off is completed. Exit code 8: a run is under way.
    """
    from pipeline.purge import purge
    from pipeline.retention import plan

    out = screen(ctx)
    if dry_run == confirm:
        raise UsageProblem("say whether to look or to destroy", mend="counterfoil purge --dry-run shows what is due; then counterfoil purge --confirm")
    if not reason.strip():
        raise UsageProblem("a reason is missing", mend='--reason "the schedule of March 2026"')
    home = find_home("unit", out.home)
    partnership, moment = load_partnership(home), now()
    planned = plan(home, partnership, moment.date())
    _show_plan(out, planned)
    done = purge(home, partnership, planned, now=moment, reason=reason.strip()) if confirm else None
    kept = done.kept if done else ()
    out.result({**asdict(planned), "done": [item.subject for item in done.done] if done else [], "kept": kept})
    for subject, held in kept:
        out.say(f"Kept after all: {subject} ({held})")
    if done:
        out.say(f"Destroyed: {len(done.done):,} of {len(planned.items):,}")
        if any(item.kind == "submission" for item in done.done):
            out.say("Copies of these submissions in backups of landing/ cannot be opened any more, unless a backup holds landing-keys/ too.")
    elif planned.items:
        out.say("Nothing was destroyed. To destroy it: counterfoil purge --confirm")


def _show_plan(out: Screen, planned: Plan) -> None:
    if out.as_json:
        return
    if planned.items:
        heads = ("What", "Name", "Dataset", "State", "Rows", "Files", "Bytes", "Why")
        out.table(f"Due on {planned.on}", heads, [(one.kind, one.subject, one.dataset, one.state, one.rows, one.files, one.bytes, one.why) for one in planned.items])
    else:
        out.say(f"Nothing is due on {planned.on}.")
    for one in planned.held:
        out.say(f"Held by {one.held}, and kept: {one.subject} ({one.why})")


def verify_store(ctx: typer.Context) -> None:
    """Check everything the unit stores once more: submissions, keys, receipts, runs and the audit log. Changes nothing.

    Exit code 6: something is not as it was stored; each finding says where, and what to do.
    """
    from pipeline.verify import refuse_findings, verify

    out = screen(ctx)
    home = find_home("unit", out.home)
    found = verify(home, load_partnership(home), now=now())
    out.result(asdict(found))
    if not out.as_json:
        for one in found.findings:
            out.say(f"{one.place}: {one.what}\n  To mend  {one.mend}")
        checked = f"{found.submissions:,} submissions, {found.tombstones:,} tombstones, {found.runs:,} runs, {found.entries:,} entries of the audit log"
        out.say(f"Checked: {checked}. " + (f"{len(found.findings):,} findings." if found.findings else "All is as it was stored."))
    refuse_findings(found)
