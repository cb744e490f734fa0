"""`counterfoil init`: the settings files, with a comment for every line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Force, screen
from pipeline.home import EXAMPLE, init_partner, init_unit, read_partnership_file

app = typer.Typer(help="Write the settings file of the unit or of a partner.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder to set up.")]


@app.command()
def unit(ctx: typer.Context, folder: Folder, example: Annotated[bool, typer.Option("--example", help="Fill it with three invented councils.")] = False,
         force: Force = False) -> None:  # fmt: skip
    """Write partnership.toml: partners, datasets, agreements, how old an extract may be."""
    path = init_unit(folder, partnership=EXAMPLE if example else None, force=force)
    screen(ctx).say(f"Wrote {path}. Edit it; every line is explained. Then set up each partner:\n"
                    f"  counterfoil init partner FOLDER --from {path} --partner ID")  # fmt: skip
    screen(ctx).result({"file": path})


@app.command()
def partner(
    ctx: typer.Context, folder: Folder,
    source: Annotated[Path, typer.Option("--from", help="The unit's partnership.toml.")],
    partner_id: Annotated[str, typer.Option("--partner", help="Id of the partner in it.")],
    force: Force = False,
) -> None:  # fmt: skip
    """Write partner.toml for one partner of a partnership."""
    path = init_partner(folder, read_partnership_file(source), partner_id, force=force)
    screen(ctx).say(f"Wrote {path}. Check the shared folder in it, then try: counterfoil --home {folder} check DATASET FILE")
    screen(ctx).result({"file": path})
