"""`counterfoil submit`: the good rows to the unit, the bad ones back to their owners."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.options import AllowCeiling, AllowEmpty, AsOf, Dataset, Delimiter, Encoding, Files, day, now, screen
from pipeline.home import find_home
from pipeline.submit import submit
from schemas.problems import PROBLEMS
from schemas.relations import ReadOptions


def submit_files(
    ctx: typer.Context, dataset: Dataset, files: Files,
    period: Annotated[str, typer.Option(help="For payments: the year, month or years they cover, as 2026, 2026-10 or 2022-2026.")] = "",
    supersedes: Annotated[str, typer.Option(metavar="ID", help="An earlier submission that this one replaces.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, and leave nothing in the shared folder.")] = False,
    encoding: Encoding = "", delimiter: Delimiter = "", as_of: AsOf = "", allow_empty: AllowEmpty = False, allow_ceiling: AllowCeiling = False,
) -> None:  # fmt: skip
    """Check files and drop their good rows in the shared folder."""
    out = screen(ctx)
    home = find_home("partner", out.home)
    options = ReadOptions(encoding, delimiter, allow_empty, allow_ceiling)
    with out.working(f"submitting {len(files)} files"):
        manifest = submit(files, dataset, home, as_of=day(as_of), now=now(), period=period, supersedes=supersedes, dry_run=dry_run, options=options)
    out.result({**manifest.model_dump(mode="json"), "dry_run": dry_run})
    for code, count in sorted(manifest.rejects_by_code.items()):
        out.say(f"{count:,} times {code}: {PROBLEMS[code].what}")
    if manifest.rejects_by_code:
        out.say(f"The list of them is in {home / 'rejects'}")
    out.say(f"{manifest.dataset}: {manifest.rows_received:,} received = {manifest.rows_accepted:,} accepted + {manifest.rows_rejected:,} rejected")
    out.say(f"{'Dry run, nothing was sent; it would be' if dry_run else 'Submitted as'} {manifest.submission_id}")
