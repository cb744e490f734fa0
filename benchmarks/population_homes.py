"""Where an invented population lives: six councils, their postcodes and streets, and a home for every household."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.population_names import GROUPS, streets

COUNCILS = ("northmere", "hollinbeck", "westerfold", "carrowdale", "tarnlow", "merrowshire")
_DISTRICTS = (27, 21, 17, 14, 11, 8)  # postcode districts of each council: ZZ1 to ZZ98
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"  # the letters of a postcode's second half: 20 * 20 units in a sector
_UNITS = len(_INWARD) ** 2
_PER_POSTCODE = 15  # homes; more where a sector has too few units, fewer below 20,000 records
_EMPTY = 0.04  # homes without a household, per household
_FLATS, _NAMED = 0.2, 0.04  # of postcodes that are one block of flats; of houses with a name for a number
_CLUSTERING = 1.0  # standard deviation of the logarithm of a group's share from district to district
_HOUSE_NAMES = ("ROSE COTTAGE", "THE GABLES", "HILL VIEW", "OAK HOUSE", "THE LAURELS", "FAIRVIEW", "ORCHARD END", "THE CROFT", "MILL HOUSE", "GREYSTONES")


def homes(group: np.ndarray, near: np.ndarray, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Return every home, and the home of each household.

    Args:
        group: by household, its group as a code; groups cluster by district.
        near: by household, whether it lives in the same district as the household before.

    Returns:
        One row a home, street by street: `council` (code), `address`, `postcode`; and by household the row of its home.
    """
    districts = sum(_DISTRICTS)
    district = _districts(group, districts, rng)
    district[near] = district[np.flatnonzero(near) - 1]
    empty = rng.integers(0, districts, int(len(group) * _EMPTY) + 1)
    district = np.concatenate([district, empty])
    sectors = int(np.clip(len(district) // (districts * 10 * _PER_POSTCODE), 1, 10))
    cell = district * sectors + rng.integers(0, sectors, len(district))
    order = np.argsort(cell, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    cell = cell[order]
    first = np.searchsorted(cell, cell)
    return _addressed(cell, np.arange(len(cell)) - first, sectors, rng), place[: len(group)]


def _districts(group: np.ndarray, districts: int, rng: np.random.Generator) -> np.ndarray:
    """Return a district for each household; the smaller groups are far commoner in some districts than in others."""
    drawn = np.empty(len(group), dtype=np.int64)
    for code in range(len(GROUPS)):
        weights = np.exp(rng.normal(0, 0.15 if code == 0 else _CLUSTERING, districts))
        rows = np.flatnonzero(group == code)
        drawn[rows] = rng.choice(districts, size=len(rows), p=weights / weights.sum())
    return drawn


def _addressed(cell: np.ndarray, rank: np.ndarray, sectors: int, rng: np.random.Generator) -> pl.DataFrame:
    """Return the homes with their addresses; `cell` is the sector of each, sorted, and `rank` the place in it."""
    per_postcode = max(_PER_POSTCODE, -(-int(rank.max() + 1) // _UNITS))
    unit = rank // per_postcode
    district, sector = cell // sectors, (cell // sectors * 3 + cell % sectors) % 10
    council = np.repeat(np.arange(len(COUNCILS)), _DISTRICTS)[district]
    text = pl.DataFrame({"outward": district + 1, "sector": sector}).with_columns(
        unit=pl.Series([a + b for a in _INWARD for b in _INWARD]).gather(pl.Series(unit))
    )
    postcode = text.select(pl.format("ZZ{} {}{}", "outward", "sector", "unit")).to_series()
    return pl.DataFrame({"council": council.astype(np.int8), "address": _addresses(cell, rank, unit, per_postcode, rng), "postcode": postcode})


def _addresses(cell: np.ndarray, rank: np.ndarray, unit: np.ndarray, per_postcode: int, rng: np.random.Generator) -> pl.Series:
    """Return flat or number or name, and street; a street is two postcodes long, a block of flats is one postcode."""
    new_unit = np.diff(cell * _UNITS + unit, prepend=-1) != 0
    new_street = np.diff(cell * _UNITS + unit // 2, prepend=-1) != 0
    of_unit, of_street = np.cumsum(new_unit) - 1, np.cumsum(new_street) - 1
    names = streets()
    street = names.of(names.draw(np.zeros(of_street[-1] + 1, dtype=np.uint8), rng)).gather(pl.Series(of_street))
    start = rng.choice((0, 0, 30, 60, 100), size=of_street[-1] + 1)[of_street]
    place = rank % (2 * per_postcode)
    block = (rng.random(of_unit[-1] + 1) < _FLATS)[of_unit]
    number = start + np.where(block, place // per_postcode * per_postcode, place) + 1
    named = rng.random(len(cell)) < _NAMED
    parts = pl.DataFrame({"street": street, "number": number, "flat": place % per_postcode + 1, "block": block, "named": named & ~block})
    house = pl.Series(_HOUSE_NAMES).gather(pl.Series(rng.integers(0, len(_HOUSE_NAMES), len(cell))))
    return parts.with_columns(house=house).select(
        pl.when("block").then(pl.format("FLAT {} {} {}", "flat", "number", "street"))
        .when("named").then(pl.format("{} {}", "house", "street"))
        .otherwise(pl.format("{} {}", "number", "street"))
        .alias("address")
    ).to_series()  # fmt: skip
