"""Can the homes of a submission be joined to its people? Both tables hold values of one row, and a value that stands once joins them.

    python -m benchmarks.homes DEMO

reads what the unit of a demonstration holds and prints, for each dataset that sends homes, how many of its household rows the unit
could tell by their values alone: those whose values, made as coarse as homes have them, stand in one payload row only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from matchers.needs import Needs, household_needs
from pipeline.landing import LANDING, note_of, table_bytes
from pipeline.minimise import minimised
from pipeline.sealing import SEALED
from schemas.datasets import CONTRACTS
from schemas.manifest import HOUSEHOLD_ROWS
from schemas.records import ROW_KEY
from schemas.rule import load_rules

_OWN = (*ROW_KEY, "party_ref")


def joined(home: Path, partner: str, submission: str, dataset: str, needed: Needs) -> tuple[int, int]:
    """Return how many household rows a submission has, and how many of them stand for one payload row and no other."""
    known = note_of(home, partner, submission)
    rows, payload = (pl.read_parquet(table_bytes(home, partner, submission, name, known)) for name in (HOUSEHOLD_ROWS, "payload.parquet"))
    themselves = payload.select(kind=pl.lit("record"), field=pl.lit(""), source="record_ref", token="record_ref").unique()
    coarse = minimised(payload, CONTRACTS[dataset], needed, themselves, exercise="")
    held = [name for name in rows.columns if name not in _OWN and payload[name].null_count() < payload.height]
    if not held:
        return rows.height, 0
    alone = coarse.select(held).filter(coarse.select(held).is_unique())
    return rows.height, rows.join(alone, on=held, how="semi", nulls_equal=True).height


def main(folder: Path) -> None:
    """Print one line for each dataset."""
    for dataset, contract in CONTRACTS.items():
        needed = household_needs(load_rules(), contract)
        sent = sorted((folder / "unit" / LANDING).glob(f"*/{dataset.lower()}-*/{HOUSEHOLD_ROWS}{SEALED}"))
        found = [joined(folder / "unit", path.parts[-3], path.parts[-2], dataset, needed) for path in sent] if needed else []
        if found:
            rows, told = (sum(column) for column in zip(*found, strict=True))
            print(f"{dataset}: {told:,} of {rows:,} household rows of {len(found)} councils stand for one row and no other, {told / rows:.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
