"""Invented extracts of six councils, with planted contradictions, innocent look-alikes and the truth about both."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random

from sample_data.councils import BY_ID, COUNCILS
from sample_data.difficulty_money import MONEY_TEMPTATIONS
from sample_data.difficulty_people import TEMPTATIONS
from sample_data.files import needs_mapping, write_file, write_mapping
from sample_data.money import Ledger, background
from sample_data.organisations import Register
from sample_data.plants_homes import HOME_PLANTS, HOME_TEMPTATIONS
from sample_data.plants_money import MONEY_PLANTS, note_spellings
from sample_data.plants_people import PLANTS
from sample_data.truth import write_truth
from sample_data.world import World, new_world, populate
from schemas.datasets import CONTRACTS

AS_OF = date(2026, 11, 1)
SEED = 20261101


def generate(out: Path, *, residents: int = 20_000, seed: int = SEED, as_of: date = AS_OF) -> None:
    """Write `<partner>/extracts/*.csv`, `<partner>/mappings/*.toml`, `truth/*.csv` and `partnership.json`.

    The same arguments give the same bytes, on any machine.

    Args:
        out: a folder; files of these names in it are overwritten.
        residents: people in the five districts, children included; those of the planted cases come on top.
        seed: of everything that is drawn.
        as_of: the day the extracts were taken.
    """
    world = new_world(seed, as_of)
    make(world, residents, seed)
    files = []
    for council in COUNCILS:
        for dataset in council.datasets:
            files += _write_dataset(world, council.id, dataset, out, seed)
    write_truth(world.truth, world.registry, out / "truth")
    _write_partnership(out, as_of, files)


def make(world: World, residents: int, seed: int) -> None:
    """Fill the world: background first, then what contradicts it, then what only seems to."""
    populate(world, residents)
    ledger = Ledger(world.registry, world.clerk, Register(Random(f"{seed} organisations"), world.book, world.clerk), Random(f"{seed} ledger"))
    background(ledger, residents)
    for place in range(planted_per_rule(residents)):
        for plant in PLANTS.values():
            plant(world, place)
        for money_plant in MONEY_PLANTS.values():
            money_plant(world, ledger, place)
    for place in range(difficult_per_kind(residents)):
        for tempt in TEMPTATIONS:
            tempt(world, place)
        for money_tempt in MONEY_TEMPTATIONS:
            money_tempt(world, ledger, place)
    ledger.publish_all()
    note_spellings(world)
    for place in range(planted_per_rule(residents)):
        for home_plant in HOME_PLANTS.values():
            home_plant(world, place)
    for place in range(difficult_per_kind(residents)):
        for home_tempt in HOME_TEMPTATIONS:
            home_tempt(world, place)


def planted_per_rule(residents: int) -> int:
    """Return how many cases each rule gets: 32 at 20,000 residents, never fewer than 4."""
    return max(4, min(32, residents * 32 // 20_000))


def difficult_per_kind(residents: int) -> int:
    """Return how many look-alikes of each kind there are: 12 at 20,000 residents, never fewer than 4."""
    return max(4, min(12, residents * 12 // 20_000))


def _write_dataset(world: World, partner: str, dataset: str, out: Path, seed: int) -> list[dict[str, str]]:
    council, rows = BY_ID[partner], world.registry.rows.get((partner, dataset), [])
    if needs_mapping(council):
        write_mapping(council, dataset, world.as_of, out / partner / "mappings")
    written = []
    for period in sorted({row.period for row in rows}):
        chosen = [row for row in rows if row.period == period]
        name = write_file(council, dataset, period, chosen, out / partner / "extracts", seed, world.truth)
        taken = max(str(row.values.get("as_of_date") or world.as_of) for row in chosen)
        named = period if CONTRACTS[dataset].history else ""
        written.append({"partner": partner, "dataset": dataset, "file": f"{partner}/extracts/{name}", "period": named, "as_of": taken})
    return written


def _write_partnership(out: Path, as_of: date, files: list[dict[str, str]]) -> None:
    """Write who takes part and which files they send, in the order in which to send them."""
    councils = [{"id": c.id, "name": c.name, "gss": c.gss, "kind": c.kind, "datasets": list(c.datasets)} for c in COUNCILS]
    text = json.dumps({"as_of": as_of.isoformat(), "councils": councils, "files": files}, indent=1, ensure_ascii=False)
    (out / "partnership.json").write_bytes((text + "\n").encode())
