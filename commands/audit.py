"""`counterfoil audit`: whether the audit log is whole, and what it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.options import day, screen
from pipeline import audit
from pipeline.home import find_home
from schemas.audit import AuditEntry, Head, Verb
from schemas.errors import UsageProblem, unknown_name

MOST_ENTRIES = 100  # on a screen
OWN_RECEIPTS = "receipts"  # in the unit's home

app = typer.Typer(help="The audit log: who did what, when and why.", no_args_is_help=True)


@app.command("verify")
def verify_log(
    ctx: typer.Context,
    receipts: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Receipts that partners hold; besides the unit's own, which are always read.")] = None,
) -> None:
    """Check that no entry was edited, removed, moved or doubled, and that the log still reaches what receipts name.

    Exit code 6 names the first entry that is wrong. Only receipts that lie elsewhere show that the whole log was written anew.
    """
    out = screen(ctx)
    home = find_home("unit", out.home)
    found = audit.verify(home, witnesses(home, receipts))
    out.result({
        "entries": found.entries, "head": found.head.model_dump(), "vouched": found.vouched, "witnesses": found.witnesses, "torn_bytes": found.torn,
    })  # fmt: skip
    if out.as_json:
        return
    out.say(f"The audit log is whole: {found.entries:,} entries, held against {found.witnesses:,} head{'s' * (found.witnesses != 1)} from receipts.")
    out.say(f"  Head  {found.head.sequence} {found.head.sha256}")
    if found.vouched < found.entries:
        since = f"after entry {found.vouched:,}" if found.vouched else "of the log"
        out.say(f"  No receipt names an entry {since}: nothing would show if the end {since} were missing.")
    if found.torn:
        out.say(f"  At the end lie {found.torn:,} bytes of a line that was cut off; the next entry sets them aside in a note.")


@app.command("show")
def show_log(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Entries of this day and later, in universal time.")] = "",
    verb: Annotated[str, typer.Option(help="Only collection, alteration, consultation, disclosure, combination or erasure.")] = "",
) -> None:
    """Show the entries, oldest first. Whether they are as they were written, `audit verify` tells."""
    out = screen(ctx)
    first = day(since, option="--since") if since else None
    chosen = [entry for entry in audit.entries(find_home("unit", out.home)) if _is_asked_for(entry, first, _verb(verb))]
    out.result([entry.model_dump(mode="json") for entry in chosen])
    if out.as_json:
        return
    heads = ("Entry", "At", "Actor", "Verb", "Action", "Subject", "Reason", "Detail")
    out.table("", heads, [
        (one.sequence, f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor, one.verb, one.action, one.subject, one.reason, _in_words(one))
        for one in chosen[-MOST_ENTRIES:]
    ])  # fmt: skip
    out.say(f"{len(chosen):,} entries" + (f", the last {MOST_ENTRIES} of them shown; --json writes them all" if len(chosen) > MOST_ENTRIES else ""))


def witnesses(home: Path, receipts: Path | None) -> list[Head]:
    """Return the heads in the unit's own receipts, and in those of a folder that was named.

    Raises:
        UsageProblem: there is no such folder.
    """
    if receipts is not None and not receipts.is_dir():
        raise UsageProblem("there is no such folder", file=str(receipts), mend="name the folder that holds the receipts")
    own = home / OWN_RECEIPTS
    return [found for folder in (own, receipts) if folder is not None and folder.is_dir() for found in audit.witnessed_heads(folder)]


def _verb(name: str) -> Verb | None:
    if not name:
        return None
    try:
        return Verb(name.lower())
    except ValueError:
        raise unknown_name("verb", name, list(Verb)) from None


def _is_asked_for(entry: AuditEntry, first: date | None, verb: Verb | None) -> bool:
    return (first is None or entry.at.date() >= first) and (verb is None or entry.verb is verb)


def _in_words(entry: AuditEntry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.detail.items())
