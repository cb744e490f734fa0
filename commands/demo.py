"""`counterfoil demo`: the whole journey on invented councils, in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.night import show_run
from commands.options import screen


def demonstrate(
    ctx: typer.Context, folder: Annotated[Path, typer.Option("--out", help="A new folder; an earlier demonstration in it is made anew.")] = Path("demo"),
    residents: Annotated[int, typer.Option(min=100, max=2_000_000, help="People in the five districts.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 20261101,
) -> None:  # fmt: skip
    """Make six invented councils, let them submit, run the night, and hold what was found against what was planted."""
    from sample_data.demo import demo

    out = screen(ctx)
    made = demo(folder, residents=residents, seed=seed, say=out.progress)
    out.result({"folder": folder, "run_id": made.run.run_id, "example": made.example, "in_clear": made.of, "in_both": made.same, "rules": made.table.to_dicts()})
    if out.as_json:
        return
    show_run(out, made.run)
    out.say("")
    out.table("What was planted, and what was found", ("Rule", "", "Planted", "Found", "Issued", "In clear", "Precision", "Recall"), [
        (r["rule"], r["title"], r["planted"], r["found"], r["issued"], r["clear"], _share(r["precision"]), _share(r["recall"])) for r in made.table.iter_rows(named=True)
    ])  # fmt: skip
    out.say(f"The unit saw no name, birth date or address of a person. With identity in clear it issues {made.of:,} exceptions; {made.same:,} of them stand here.")
    unit = folder / "unit"
    out.say("\nWhere to look")
    out.say(f"  what each council gets  {folder / 'shared' / 'outbox' / 'northmere' / 'runs' / made.run.run_id}")
    out.say(f"  the workbench           {made.run.published / 'workbench.duckdb'}")
    out.say(f"  one exception, in words counterfoil --home {unit} explain {made.example}")
    out.say(f'  a question of your own  counterfoil --home {unit} query "select rule, band, count(*) from exceptions group by all order by all"')


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
