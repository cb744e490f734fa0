"""`counterfoil init`: a home with its settings file, a comment for every line, and keys of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from commands.keys import spoken
from commands.options import Force, screen
from pipeline.home import EXAMPLE, init_unit
from pipeline.key_files import card_path, make_unit_keys
from pipeline.trust import accept_invitation
from schemas.keys import fingerprint

app = typer.Typer(help="Set up the home of the unit or of a partner: settings and keys.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder to set up.")]


@app.command()
def unit(ctx: typer.Context, folder: Folder, example: Annotated[bool, typer.Option("--example", help="Fill it with three invented councils.")] = False,
         force: Force = False) -> None:  # fmt: skip
    """Write partnership.toml (partners, datasets, agreements, how old an extract may be), and make the unit's keys where it has none."""
    path = init_unit(folder, partnership=EXAMPLE if example else None, force=force)
    if not os.path.lexists(card_path(folder, "unit")):
        make_unit_keys(folder)
    screen(ctx).say(f"Wrote {path}. Edit it; every line is explained. Then invite each partner:\n"
                    f"  counterfoil --home {folder} partner invite ID")  # fmt: skip
    screen(ctx).result({"file": path, "card": card_path(folder, "unit")})


@app.command()
def partner(
    ctx: typer.Context, folder: Folder,
    source: Annotated[Path, typer.Option("--from", metavar="INVITATION", help="The invitation that the unit handed over.")],
    shared: Annotated[str, typer.Option(help="The shared area as this computer sees it; as the unit sees it where this is left out.")] = "",
    force: Force = False,
) -> None:  # fmt: skip
    """Set a partner up from its invitation: partner.toml, the unit's card, and keys of its own."""
    invitation, card = accept_invitation(folder, source, shared=shared, force=force)
    out = screen(ctx)
    out.say(f"Set up {invitation.partner.id} of {invitation.partnership} in {folder}. Check the shared area in partner.toml.")
    out.say(f"The unit's signing key, to be compared by telephone:\n  {spoken(fingerprint(invitation.unit.signing))}")
    out.say(f"Hand your card to the unit, which runs: counterfoil partner add {card_path(folder, card.id)}\n  {spoken(fingerprint(card.signing))}")
    out.say(f"Then try: counterfoil --home {folder} check DATASET FILE")
    out.result({"file": folder / "partner.toml", "card": card_path(folder, card.id), "unit": fingerprint(invitation.unit.signing), "own": fingerprint(card.signing)})
