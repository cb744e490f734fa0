"""`counterfoil doctor`: is this home ready for the next submission, or the next night?"""

from __future__ import annotations

from dataclasses import asdict

import typer

from commands.options import now, screen
from pipeline.doctor import doctor
from pipeline.home import Kind, find_home
from schemas.errors import ConfigurationError, ExitCode


def examine(ctx: typer.Context) -> None:
    """Try settings, keys, clock, room and the shared area of a home, and say what is not ready and how to mend it.

    Exit code 0: all is well. 5: something is not.
    """
    out = screen(ctx)
    kind: Kind = "unit"
    try:
        home = find_home("unit", out.home)
    except ConfigurationError:
        kind, home = "partner", find_home("partner", out.home)
    with out.working("trying"):
        found = doctor(home, kind, now=now)
    out.result({"home": home, "kind": kind, "checks": [asdict(one) for one in found]})
    if not out.as_json:
        for one in found:
            out.say(f"{'ok     ' if one.good else 'NOT OK '} {one.name}: {one.said}")
            if not one.good and one.mend:
                out.say(f"        To mend  {one.mend}")
    raise typer.Exit(ExitCode.OK if all(one.good for one in found) else ExitCode.CONFIGURATION)
