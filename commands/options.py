"""Arguments that several commands share, so that each is explained once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.screen import Screen
from schemas.errors import UsageProblem

Dataset = Annotated[str, typer.Argument(help="Three-letter id of the dataset, as `counterfoil spec list` shows it.")]
Files = Annotated[list[Path], typer.Argument(help="The files of one delivery.")]
File = Annotated[Path, typer.Argument(help="A file as your system exports it.")]
Encoding = Annotated[str, typer.Option(help="The files' encoding, where it is not UTF-8 and no mapping says so: cp1252, utf-16 ...")]
Delimiter = Annotated[str, typer.Option(help="The files' delimiter, where it is not the comma: semicolon, tab, pipe ...")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Judge dates as on this day; today where it is left out.")]
AllowEmpty = Annotated[bool, typer.Option("--allow-empty", help="A file with a header and no rows is meant so.")]
AllowCeiling = Annotated[bool, typer.Option("--allow-ceiling", help="A file that ends at a spreadsheet's last row is complete all the same.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def day(text: str, *, option: str = "--as-of") -> date:
    """Return the day that was named, or today.

    Raises:
        UsageProblem: it is no date in the form YYYY-MM-DD.
    """
    if not text:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{option} is no date", found=ascii(text[:30]), mend="write it as YYYY-MM-DD") from None


def now() -> datetime:
    """Return the moment, in universal time. The one clock of the program."""
    return datetime.now(UTC)


def screen(ctx: typer.Context) -> Screen:
    """Return how this call speaks."""
    found = ctx.find_object(Screen)
    return found if found is not None else Screen()
