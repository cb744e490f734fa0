"""`counterfoil map`: your headers, our columns."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from commands.check import partner_home
from commands.options import Dataset, Delimiter, Encoding, File, Force, screen
from commands.screen import Screen
from pipeline.home import find_home
from pipeline.mapping import load_all, mapping_path, save
from pipeline.sample import sample
from pipeline.suggestion import Suggestions, suggest
from schemas.datasets import contract
from schemas.errors import UsageProblem, unknown_name
from schemas.mapping import Mapping

app = typer.Typer(help="Map your headers to our columns, and keep the mapping.", no_args_is_help=True)


@app.command("suggest")
def suggest_mapping(ctx: typer.Context, dataset: Dataset, file: File, encoding: Encoding = "", delimiter: Delimiter = "") -> None:
    """Propose a mapping for a file. Samples are masked: letters as A, digits as 9."""
    out, found = screen(ctx), _suggestions(dataset, file, encoding, delimiter)
    out.result(asdict(found))
    if not out.as_json:
        _show(out, found)


@app.command("save")
def save_mapping(
    ctx: typer.Context, dataset: Dataset, file: File, encoding: Encoding = "", delimiter: Delimiter = "",
    layout: Annotated[str, typer.Option(help="Name of this layout, where your files of the dataset have several.")] = "",
    column: Annotated[list[str] | None, typer.Option("--column", metavar="OURS=THEIRS", help="Settle a column by hand; may be repeated.")] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Save the proposed mapping in the partner's home, where `check` and `submit` find it."""
    out = screen(ctx)
    home = partner_home(out) or find_home("partner", out.home)
    found = _suggestions(dataset, file, encoding, delimiter)
    mapping = _by_hand(found.mapping(layout=layout, encoding=encoding, delimiter=delimiter), column or [])
    path = save(mapping_path(home, mapping.dataset, layout), mapping, to_do=found.to_do, force=force)
    missing = [name for name in found.missing if name not in mapping.columns and name not in mapping.constants]
    out.result({"file": path, "columns": mapping.columns, "missing": missing, "unknown_codes": found.unknown_codes})
    out.say(f"Saved {path}: {len(mapping.columns)} columns mapped, {len(mapping.ignore)} left out")
    if missing:
        out.say(f"Still missing, and required: {', '.join(missing)}. Edit the file: give a header under [columns] or a value under [constants].")
    if found.unknown_codes:
        out.say(f"Codes we do not know in {', '.join(found.unknown_codes)}: give each of them ours under [codes].")


@app.command()
def show(ctx: typer.Context, dataset: Dataset) -> None:
    """Show the saved mappings of a dataset."""
    out, c = screen(ctx), contract(dataset)
    mappings = load_all(find_home("partner", out.home), c.id)
    out.result([m.model_dump(mode="json") for m in mappings])
    if out.as_json:
        return
    for m in mappings:
        label = f"{m.dataset}{f'-{m.layout}' if m.layout else ''}"
        out.table(f"{label}: dates {m.date_form}", ("Ours", "Yours"), [*m.columns.items(), *((k, f"always {v}") for k, v in m.constants.items())])
    if not mappings:
        out.say(f"No mapping is saved for {c.id}; `counterfoil map suggest {c.id} FILE` proposes one")


def _suggestions(dataset: str, file: Path, encoding: str, delimiter: str) -> Suggestions:
    c = contract(dataset)
    header, rows = sample(file, encoding=encoding, delimiter=delimiter)
    return suggest(header, c, rows)


def _by_hand(mapping: Mapping, pairs: list[str]) -> Mapping:
    columns = dict(mapping.columns)
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs:
            raise UsageProblem("--column wants OURS=THEIRS", found=ascii(pair[:60]), mend='for example --column "surname=Last Name"')
        names = contract(mapping.dataset).names
        if ours not in names:
            raise unknown_name("column", ours, names)
        columns = {field: header for field, header in columns.items() if header != theirs} | {ours: theirs}
    return mapping.model_copy(update={"columns": columns, "ignore": tuple(h for h in mapping.ignore if h not in columns.values())})


def _show(out: Screen, found: Suggestions) -> None:
    out.table("", ("Ours", "Yours", "Score", "Your values, masked"), [
        (m.field, m.header, m.score, "  ".join(m.samples)) for m in found.matches
    ])  # fmt: skip
    for name, close in found.missing.items():
        out.say(f"Required and not found: {name}; nearest headers: {', '.join(close)}")
    for header, close in found.unmatched.items():
        out.say(f"Not used: {header}; nearest of ours: {', '.join(close)}")
    out.say(f"Dates: {found.date_form}" + "".join(f"; {name} {form}" for name, form in found.date_forms.items()))
    for name, unit in found.money.items():
        out.say(f"Money: {name} is in {unit}")
    for name, codes in found.unknown_codes.items():
        out.say(f"Codes we do not know in {name}: {', '.join(f'{code} ({rows:,})' for code, rows in codes)}")
    for note in found.notes:
        out.say(f"Note: {note}")
    out.say(f"From {found.rows:,} rows. `counterfoil map save {found.dataset} FILE` keeps it; then edit what is wrong.")
