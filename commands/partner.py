"""`counterfoil partner`: who takes part, and whose signature counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.keys import spoken
from commands.options import now, screen
from pipeline.home import find_home
from pipeline.trust import add_partner, invite, remove_partner, rotate_key
from schemas.keys import Card, fingerprint

app = typer.Typer(help="Who takes part, and whose signature counts. For the unit.", no_args_is_help=True)
PartnerId = Annotated[str, typer.Argument(metavar="ID", help="Id of the partner, as in partnership.toml.")]
CardFile = Annotated[Path, typer.Argument(metavar="CARD", help="The partner's public card, keys/ID.public.json of its home.")]


@app.command("invite")
def invite_partner(ctx: typer.Context, partner: PartnerId) -> None:
    """Write the file that a partner sets itself up with: its settings, and the unit's card."""
    out = screen(ctx)
    path = invite(find_home("unit", out.home), partner, now=now())
    out.say(f"Wrote {path}. Hand it to {partner}, who runs: counterfoil init partner FOLDER --from {path.name}")
    out.result({"partner": partner, "file": path})


@app.command("add")
def add_card(ctx: typer.Context, card: CardFile) -> None:
    """Take a partner's card in: from now on the unit believes what it signs."""
    out = screen(ctx)
    _tell(ctx, "Taken in", add_partner(find_home("unit", out.home), card, now=now()))


@app.command("rotate-key")
def replace_card(ctx: typer.Context, card: CardFile) -> None:
    """Take a partner's new card in the place of its old one; what the old keys sign is refused from now on."""
    out = screen(ctx)
    _tell(ctx, "Replaced", rotate_key(find_home("unit", out.home), card, now=now()))


@app.command("remove")
def remove_card(ctx: typer.Context, partner: PartnerId) -> None:
    """Believe nothing of a partner any more: its inbox is left alone, and what it sent is in no run from now on."""
    out = screen(ctx)
    was = remove_partner(find_home("unit", out.home), partner, now=now())
    out.say(f"{partner} was removed; what it sent before is in no run from now on." if was else f"{partner} had no card; nothing was changed.")
    if was:
        out.say("It still holds the agreement's root: have the custodian run counterfoil keys rotate AGREEMENT --new-root ...")
    out.result({"partner": partner, "removed": was})


def _tell(ctx: typer.Context, what: str, card: Card) -> None:
    out, receiving, signing = screen(ctx), fingerprint(card.receiving), fingerprint(card.signing)
    out.say(f"{what}: the card of {card.id}\n  Receiving key  {spoken(receiving)}\n  Signing key    {spoken(signing)}")
    out.say("Compare both by telephone before the next night: whoever made this card can sign as this partner.")
    out.result({"partner": card.id, "receiving": receiving, "signing": signing})
