"""`counterfoil spec`: what to send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Dataset, screen
from pipeline.field_words import between_fields
from pipeline.specification import all_forms, fields_in_words, template
from pipeline.store.files import make_folder, write_atomic
from schemas.datasets import CONTRACTS, contract

app = typer.Typer(help="What to send: each dataset's fields, as a table, a template, a page and for machines.", no_args_is_help=True)


@app.command("list")
def list_datasets(ctx: typer.Context) -> None:
    """List the datasets."""
    rows = [(c.id, c.title, c.grain, len(c.fields), c.version) for c in CONTRACTS.values()]
    if screen(ctx).as_json:
        screen(ctx).result([dict(zip(("dataset", "title", "grain", "fields", "version"), row, strict=True)) for row in rows])
    else:
        screen(ctx).table("Datasets", ("Dataset", "Title", "One row is", "Fields", "Version"), rows)


@app.command()
def show(ctx: typer.Context, dataset: Dataset) -> None:
    """Show the fields of a dataset."""
    c, out = contract(dataset), screen(ctx)
    fields, rules = fields_in_words(c), between_fields(c)
    if out.as_json:
        out.result({"dataset": c.id, "title": c.title, "version": c.version, "description": c.description, "fields": fields, "rules": rules})
        return
    out.say(f"{c.id}: {c.title}, version {c.version}; {c.grain}\n{c.description}")
    heads = ("Field", "What it is", "How it is written", "Needed", "Role", "Who may see it", "Example")
    out.table("", heads, [
        (f["field"], f["description"], "; ".join(filter(None, (f["written"], f["limits"], f["codes"]))), f["mark"], f["role"], f["visibility"], f["example"])
        for f in fields
    ])  # fmt: skip
    out.say("\n".join(rules))


@app.command("template")
def print_template(ctx: typer.Context, dataset: Dataset) -> None:
    """Print a CSV with the header and one invented row."""
    out, text = screen(ctx), template(contract(dataset))
    if out.as_json:
        out.result({"dataset": contract(dataset).id, "template": text})
    else:
        out.text(text)


@app.command()
def export(ctx: typer.Context, out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("specification")) -> None:
    """Write every dataset as a page (HTML), a template (CSV), a Table Schema and CSV on the Web metadata."""
    forms = all_forms()
    make_folder(out)
    for name, text in forms.items():
        write_atomic(out / name, text.encode())
    screen(ctx).say(f"{len(forms)} files in {out}; start with {out / 'index.html'}")
    screen(ctx).result({"folder": str(out), "files": sorted(forms)})
