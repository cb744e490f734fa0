"""How common a name is, in four steps, from a public table: two bits that may be known of anybody's name.

How often a name occurs among the partners would tell the name itself; how common it is in the world does not. The steps are
those of the 1990 census of the United States of America, whose frequencies of names are public and in nobody's copyright.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

STEPS = 4  # very common (one in 500 or more), common (one in 5,000), known (one in 50,000), rare
COMMONEST_RARE = 3  # step of names that the table does not hold


@cache
def _table(kind: str) -> dict[str, int]:
    table = pl.read_csv(Path(__file__).with_name("name_rarity.csv")).filter(pl.col("kind") == kind)
    return dict(table.select("name", "bucket").iter_rows())


def rarity(kind: str, name: pl.Expr) -> pl.Expr:
    """Return the step of each name of that kind (forename, surname), 0 (very common) to 3 (rare); null where the name is unknown."""
    table = _table(kind)
    return pl.when(name.is_not_null()).then(name.replace_strict(list(table), list(table.values()), default=COMMONEST_RARE, return_dtype=pl.Int8))
