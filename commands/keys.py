"""`counterfoil keys`: keys of partners and of the unit, and the root that only partners hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.options import now, screen
from matchers.encoding import canaries, spec_digest
from pipeline.custody import Made, accept, make_agreement, rotate
from pipeline.home import FILES, Kind, find_home, load_partner
from pipeline.key_files import FOLDER, Entry, card_path, inventory, make_partner_keys, make_unit_keys, refuse_roots
from schemas.errors import ConfigurationError
from schemas.keys import Card, fingerprint

app = typer.Typer(help="Keys for pseudonymised extracts: made by each party for itself, and a root that the unit never holds.", no_args_is_help=True)
Agreement = Annotated[str, typer.Argument(help="Id of the agreement, as in partnership.toml.")]
ExerciseId = Annotated[str, typer.Option("--exercise", metavar="ID", help="Id of the exercise; each has one of its own, such as 2026-q4.")]
Cards = Annotated[list[Path], typer.Option("--for", metavar="CARD", help="A partner's public card; once for each partner.")]
UnitCard = Annotated[Path, typer.Option("--unit", metavar="CARD", help="The unit's public card; nothing is sealed to it.")]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The custodian's folder, on a machine that is not the unit's.")]


@app.command("partner")
def partner_keys(ctx: typer.Context) -> None:
    """Make a partner's own keys, and the card to hand to the custodian and the unit."""
    home = find_home("partner", screen(ctx).home)
    _tell_card(ctx, make_partner_keys(home, load_partner(home).id), home)


@app.command("unit")
def unit_keys(ctx: typer.Context) -> None:
    """Make the unit's own keys, and the card to hand to the custodian and the partners."""
    home = find_home("unit", screen(ctx).home)
    _tell_card(ctx, make_unit_keys(home), home)


@app.command("agreement")
def new_agreement(
    ctx: typer.Context, agreement: Agreement, exercise: ExerciseId, cards: Cards, unit: UnitCard, out: Out,
    purpose: Annotated[str, typer.Option(help="What the extracts may be linked for.")] = "counter-fraud",
    profile: Annotated[Literal["P1", "P2"], typer.Option(help="How identity is encoded.")] = "P1",
) -> None:  # fmt: skip
    """Make an agreement's root and its first exercise. For the custodian, never on the unit's machine."""

    made = make_agreement(
        agreement, exercise=exercise, cards=cards, unit_card=unit, out=out, purpose=purpose, profile=profile, spec=spec_digest, canaries=canaries, now=now()
    )
    _tell_made(ctx, made)


@app.command("rotate")
def next_exercise(
    ctx: typer.Context, agreement: Agreement, exercise: ExerciseId, cards: Cards, unit: UnitCard, out: Out,
    new_root: Annotated[bool, typer.Option("--new-root", help="Make a new root: yearly, and whenever a partner leaves or a key is lost.")] = False,
    purpose: Annotated[str, typer.Option(help="What the extracts may be linked for; as before where it is left out.")] = "",
    profile: Annotated[Literal["P1", "P2"] | None, typer.Option(help="How identity is encoded; as before where it is left out.")] = None,
) -> None:  # fmt: skip
    """Make the next exercise of an agreement. What was encoded for an older one cannot be joined with it."""

    made = rotate(
        agreement, exercise=exercise, cards=cards, unit_card=unit, out=out, new_root=new_root, purpose=purpose, profile=profile, spec=spec_digest,
        canaries=canaries, now=now(),
    )  # fmt: skip
    _tell_made(ctx, made)


@app.command("accept")
def accept_files(ctx: typer.Context, files: Annotated[list[Path], typer.Argument(help="The exercise card, and in a partner's home its envelope.")]) -> None:
    """Take the custodian's files into a home, after checking that they fit each other and this program."""

    kind, home = _home(ctx)
    card = accept(home, files, kind, spec=spec_digest, canaries=canaries)
    out = screen(ctx)
    out.say(f"Accepted exercise {card.exercise} of {card.agreement}: {card.purpose}, {len(card.partners)} partner{'s' * (len(card.partners) != 1)}, profile {card.profile}.")
    out.say(f"  Key check  {card.key_check}  Compare it with the custodian by telephone before anything is sent.")
    out.result({"home": home, "kind": kind, "agreement": card.agreement, "exercise": card.exercise, "key_check": card.key_check})


@app.command("show")
def show_keys(ctx: typer.Context, folder: Annotated[Path | None, typer.Argument(help="A folder of key files; the home's keys where it is left out.")] = None) -> None:
    """Show what key files there are, with fingerprints and key checks. Nothing secret is shown."""
    kind, home = ("folder", folder) if folder else _home(ctx)
    place = folder or home / FOLDER
    entries, out = inventory(place), screen(ctx)
    out.say(f"Keys in {place}:" if entries else f"There are no keys in {place}" + ("." if folder else f" yet. Make them: counterfoil keys {kind}"))
    for one in entries:
        out.say(f"  {one.file}\n    {in_words(one)}")
    out.result({"folder": place, "keys": [vars(one) for one in entries]})
    if kind == "unit":
        refuse_roots(home)


def in_words(entry: Entry) -> str:
    """Return what a key file is, in one line.

    >>> in_words(Entry("a.exercise.json", "exercise card", "both", exercise="2026-q4", key_check="0123456789abcdef"))
    'exercise card, both, exercise 2026-q4, key check 0123456789abcdef'
    """
    named = (("exercise", entry.exercise), ("key check", entry.key_check), ("receiving key", spoken(entry.fingerprint)))
    return ", ".join(part for part in (entry.kind, entry.id, *(f"{name} {value}" for name, value in named if value), entry.note) if part)


def spoken(digits: str) -> str:
    """Return the first half of a fingerprint as it is read out by telephone: 128 bits in groups of four digits.

    >>> spoken("0123456789abcdef" * 4)
    '0123 4567 89ab cdef 0123 4567 89ab cdef'
    """
    half = digits[:32]
    return " ".join(half[at : at + 4] for at in range(0, len(half), 4))


def _home(ctx: typer.Context) -> tuple[Kind, Path]:
    """Return the home that this call is about, and whose it is; a folder that is both is nobody's."""
    try:
        home = find_home("unit", screen(ctx).home)
    except ConfigurationError:
        return "partner", find_home("partner", screen(ctx).home)
    if (home / FILES["partner"]).is_file():
        raise ConfigurationError("this folder is the home of the unit and of a partner at once", file=str(home), mend="keep them apart: the unit must not hold what partners hold")
    return "unit", home


def _tell_card(ctx: typer.Context, card: Card, home: Path) -> None:
    out, path = screen(ctx), card_path(home, card.id)
    receiving, signing = fingerprint(card.receiving), fingerprint(card.signing)
    out.say(f"Wrote the keys, which never leave this machine, and the card to hand over: {path}")
    out.say(f"  Receiving key  {spoken(receiving)}\n  Signing key    {spoken(signing)}\nRead these out by telephone to whoever gets the card.")
    out.result({"card": path, "id": card.id, "role": card.role, "receiving": receiving, "signing": signing})


def _tell_made(ctx: typer.Context, made: Made) -> None:
    out, card = screen(ctx), made.card
    out.say(f"Exercise {card.exercise} of {card.agreement}: {card.purpose}, profile {card.profile}. Key check {card.key_check}")
    rows = [(one.id, spoken(one.receiving), spoken(one.signing)) for one in card.partners]
    out.table("Compare by telephone before anything is handed over", ("partner", "receiving key", "signing key"), rows)
    out.say(f"For everybody: {made.files[0]}")
    for one, path in zip(card.partners, made.files[1:], strict=True):
        out.say(f"For {one.id} alone: {path}")
    out.say("The unit gets no envelope, and the root stays here.")
    document = {"agreement": card.agreement, "exercise": card.exercise, "key_check": card.key_check, "card": made.files[0]}
    out.result({**document, "envelopes": {one.id: path for one, path in zip(card.partners, made.files[1:], strict=True)}})
