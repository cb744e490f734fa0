"""Who lives with whom in an invented population: households, their members, names and birth dates.

Every function draws for all households or people at once. Relations that mislead linkage are made on purpose: twins, sons
with their father's name, grown twins and sons in households of their own, wives with and without their husband's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from benchmarks.population_names import FEMALE, GROUP_SHARES, GROUPS, MALE, Vocabulary, forename_cell

TODAY = (date(2026, 11, 1) - date(1970, 1, 1)).days  # the day on which ages are counted
YEAR = 365.25  # days
SINGLE, COUPLE, FAMILY, LONE, MULTI, SHARE = range(6)
HEAD, PARTNER, CHILD, GRANDPARENT, SHARER = range(5)
_KIND_SHARES = (0.31, 0.30, 0.21, 0.08, 0.05, 0.05)
# By kind: youngest and oldest head in years, the two exponents of the beta distribution between them, share of men.
_HEADS = np.array([(20, 96, 1.3, 1.2, 0.48), (22, 92, 2.0, 1.5, 0.97), (24, 64, 2, 2, 0.97), (20, 60, 2, 2, 0.15), (36, 66, 2, 2, 0.97), (19, 35, 1.3, 2, 0.5)])
_BIRTHS = {FAMILY: (0.42, 0.40, 0.13, 0.05), LONE: (0.55, 0.32, 0.13, 0.0), MULTI: (0.40, 0.40, 0.15, 0.05)}  # shares of 1, 2, 3, 4 births
_TWINS = 0.015  # of births
_JUNIORS = 0.03  # of sons, who bear their father's forename
_GROWN_JUNIOR = 0.09  # of men over 58 at the head of every second household, so about as many as of the sons at home
_BARRELLED = 0.02  # of British, Irish and Welsh families
_MARRIED, _TAKES, _JOINS = 0.85, 0.84, 0.05  # of couples; of wives who take the name, and who join the two
_MIXED = 0.08  # of couples
_NO_KIN, TWIN_OF_PREVIOUS, SON_OF_PREVIOUS = range(3)


@dataclass(frozen=True)
class Names:
    """The vocabularies that people are named from."""

    fore: Vocabulary
    sur: Vocabulary


def households(count: int, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return households with their heads.

    Returns:
        `household` (0 to count - 1), `kind`, `group`, `kin` (of the head to the head of the household before), and of the head
        `sex`, `born` (days since 1970), `surname` and `second` (second part of a double-barrelled name, or -1) as codes.
    """
    kind = rng.choice(len(_KIND_SHARES), size=count, p=_KIND_SHARES)
    group = rng.choice(len(GROUPS), size=count, p=np.array(GROUP_SHARES) / sum(GROUP_SHARES))
    low, high, a, b, men = _HEADS[kind].T
    age = low + (high - low) * rng.beta(a, b)
    sex = np.where(rng.random(count) < men, MALE, FEMALE)
    born = np.floor(TODAY - age * YEAR).astype(np.int32)
    surname = names.sur.draw(group, rng)
    second = np.where((rng.random(count) < _BARRELLED) & _joins_names(group), names.sur.draw(group, rng), -1)
    second[second == surname] = -1
    kin = np.full(count, _NO_KIN)
    kin[1::2] = _kin(age[:-1:2], sex[:-1:2], rng)[: len(kin[1::2])]
    twin, son = np.flatnonzero(kin == TWIN_OF_PREVIOUS), np.flatnonzero(kin == SON_OF_PREVIOUS)
    kind[twin], born[twin] = kind[twin - 1], born[twin - 1]
    kind[son], sex[son] = COUPLE, MALE
    born[son] = born[son - 1] + (YEAR * rng.uniform(22, 36, len(son))).astype(np.int32)
    for values in (group, surname, second):
        values[twin], values[son] = values[twin - 1], values[son - 1]
    columns = {"kind": kind, "group": group, "kin": kin, "sex": sex, "born": born, "surname": surname, "second": second}
    return pl.DataFrame({"household": np.arange(count)} | columns).cast(pl.Int32)


def _kin(age: np.ndarray, sex: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what the head of the next household is to heads of this age and sex: twin, son of the same name, or nobody."""
    draw = rng.random(len(age))
    has_grown_son = (sex == MALE) & (age > 58)
    return np.where(draw < 2 * _TWINS, TWIN_OF_PREVIOUS, np.where(has_grown_son & (draw > 1 - _GROWN_JUNIOR), SON_OF_PREVIOUS, _NO_KIN))


def people(homes: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return everybody who lives in these households.

    Args:
        homes: as from `households`.

    Returns:
        One row a person, household by household with the head first: `household`, `role`, `sex`, `group`, `born`, `forename`,
        `surname`, `second`, `maiden` (surname at birth), all codes or days; `head` is the row of the head.
    """
    heads = _heads(homes, names, rng)
    partners = _partners(heads, names, rng)
    children = _children(heads, partners, names, rng)
    elders = _grandparents(heads, names, rng)
    sharers = _sharers(heads, names, rng)
    everybody = pl.concat([part.select(heads.drop("kind", "kin").columns) for part in (heads, partners, children, elders, sharers)])
    order = np.argsort(everybody["household"].to_numpy(), kind="stable").astype(np.uint32)
    everybody = everybody[order]
    first = np.flatnonzero(np.diff(everybody["household"].to_numpy(), prepend=-1))
    return everybody.with_columns(head=pl.Series(first.astype(np.int32)).gather(everybody["household"]))


def years(born: np.ndarray) -> np.ndarray:
    """Return the age in whole years."""
    return ((TODAY - born) / YEAR).astype(np.int32)


def _joins_names(group: np.ndarray) -> np.ndarray:
    return np.isin(group, [GROUPS.index(name) for name in ("british", "irish", "welsh")])


def _forenames(group: np.ndarray, sex: np.ndarray, born: np.ndarray, names: Names, rng: np.random.Generator) -> np.ndarray:
    """Return forenames in the fashion of about the year of birth."""
    fashion = 1970 + born / YEAR + rng.normal(0, 6, len(born))
    return names.fore.draw(forename_cell(group, sex, fashion), rng)


def _heads(homes: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    group, sex, born, kin = (homes[name].to_numpy() for name in ("group", "sex", "born", "kin"))
    forename = _forenames(group, sex, born, names, rng)
    son, twin = np.flatnonzero(kin == SON_OF_PREVIOUS), np.flatnonzero(kin == TWIN_OF_PREVIOUS)
    forename[son] = forename[son - 1]
    for _ in range(4):
        same = twin[forename[twin] == forename[twin - 1]]
        forename[same] = _forenames(group[same], sex[same], born[same], names, rng)
    return homes.with_columns(role=pl.lit(HEAD, pl.Int32), forename=forename, maiden=pl.col("surname")).select(
        "household", "role", "sex", "group", "born", "forename", "surname", "second", "maiden", "kind", "kin"
    )


def _member(of: pl.DataFrame, role: int, *, sex: np.ndarray, group: np.ndarray, born: np.ndarray, forename: np.ndarray,
            surname: np.ndarray, second: np.ndarray, maiden: np.ndarray) -> pl.DataFrame:  # fmt: skip
    columns = {"sex": sex, "group": group, "born": born, "forename": forename, "surname": surname, "second": second, "maiden": maiden}
    return pl.DataFrame({"household": of["household"], "role": np.full(of.height, role)} | columns).cast(pl.Int32)


def _partners(heads: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return the heads' partners; a wife bears her husband's surname, her own, or both joined."""
    of = heads.filter(pl.col("kind").is_in([COUPLE, FAMILY, MULTI]))
    count, head_sex, family, barrelled = of.height, of["sex"].to_numpy(), of["surname"].to_numpy(), of["second"].to_numpy()
    sex = np.where(rng.random(count) < 0.02, head_sex, 1 - head_sex)
    mixed = rng.random(count) < _MIXED
    group = np.where(mixed, rng.choice(len(GROUPS), size=count, p=np.array(GROUP_SHARES) / sum(GROUP_SHARES)), of["group"].to_numpy())
    age = np.clip((TODAY - of["born"].to_numpy()) / YEAR + rng.normal(-2, 4, count), 18.5, 95)
    born = np.floor(TODAY - age * YEAR).astype(np.int32)
    maiden = names.sur.draw(group, rng)
    wife = (sex == FEMALE) & (head_sex == MALE) & (rng.random(count) < _MARRIED)
    draw = rng.random(count)
    takes = wife & (draw < _TAKES) & ~_keeps_by_custom(group, rng)
    joins = wife & (draw > 1 - _JOINS) & _joins_names(group) & (barrelled < 0) & (maiden != family)
    return _member(
        of, PARTNER, sex=sex, group=group, born=born, forename=_forenames(group, sex, born, names, rng),
        surname=np.where(takes, family, maiden), second=np.where(takes, barrelled, np.where(joins, family, -1)), maiden=maiden,
    )  # fmt: skip


def _keeps_by_custom(group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which wives keep their name because that is the custom: half of Muslim, half of Sikh ones."""
    return np.isin(group, [GROUPS.index("muslim"), GROUPS.index("sikh")]) & (rng.random(len(group)) < 0.5)


def _children(heads: pl.DataFrame, partners: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return the children at home, up to about 26 years old; twins are two children of one birth."""
    of, born = _births(heads, partners, rng)
    copies = 1 + (rng.random(of.height) < _TWINS)
    of, born = of[np.repeat(np.arange(of.height, dtype=np.uint32), copies)], np.repeat(born, copies)
    group, sex = of["group"].to_numpy(), rng.integers(0, 2, of.height)
    forename = _forenames(group, sex, born, names, rng)
    junior = (sex == MALE) & (of["sex"].to_numpy() == MALE) & (rng.random(of.height) < _JUNIORS)
    parents = of["forename"].to_numpy()
    forename = np.where(junior, parents, forename)
    household = of["household"].to_numpy()
    for _ in range(4):  # brothers and sisters next to each other in age have different names, and other sons another than their father
        as_sibling = (household == np.roll(household, 1)) & (forename == np.roll(forename, 1))
        same = np.flatnonzero(as_sibling | ((forename == parents) & ~junior))
        forename[same] = _forenames(group[same], sex[same], born[same], names, rng)
    surname = of["surname"].to_numpy()
    return _member(of, CHILD, sex=sex, group=group, born=born, forename=forename, surname=surname, second=of["second"].to_numpy(), maiden=surname)


def _births(heads: pl.DataFrame, partners: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Return the head's row for each birth, and the days; by household, the eldest first."""
    of = heads.filter(pl.col("kind").is_in(list(_BIRTHS))).join(partners.select("household", mother="born"), on="household", how="left", maintain_order="left")
    parent_born = np.maximum(of["born"].to_numpy(), of["mother"].fill_null(-(10**6)).to_numpy())  # the younger of the two
    births, draw = np.ones(of.height, dtype=np.int32), rng.random(of.height)
    for kind, shares in _BIRTHS.items():
        births = np.where(of["kind"].to_numpy() == kind, 1 + np.searchsorted(np.cumsum(shares)[:-1], draw), births)
    eldest_age = rng.random(of.height) * np.clip((TODAY - parent_born) / YEAR - 18, 0.1, 26)
    rows = np.repeat(np.arange(of.height, dtype=np.uint32), births)
    starts = np.repeat(np.cumsum(births) - births, births)
    gaps = np.where(np.arange(len(rows)) == starts, 0, 1 + rng.exponential(2, len(rows)))
    later = np.cumsum(gaps) - np.cumsum(gaps)[starts]
    age = eldest_age[rows] - later
    kept = np.flatnonzero(age > 0)
    return of[rows[kept]], np.floor(TODAY - age[kept] * YEAR).astype(np.int32)


def _grandparents(heads: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return a grandmother, and in four of ten households a grandfather, of the head's family or of another."""
    multi = heads.filter(pl.col("kind") == MULTI)
    both = rng.random(multi.height) < 0.4
    of = pl.concat([multi, multi.filter(pl.Series(both))])
    sex = np.where(np.arange(of.height) < multi.height, FEMALE, MALE)
    age = np.minimum((TODAY - of["born"].to_numpy()) / YEAR + rng.uniform(20, 36, of.height), 95.9)
    born, group = np.floor(TODAY - age * YEAR).astype(np.int32), of["group"].to_numpy()
    other = names.sur.draw(group, rng)
    surname = np.where((sex == MALE) | (rng.random(of.height) < 0.6), of["surname"].to_numpy(), other)
    none = np.full(of.height, -1)
    return _member(of, GRANDPARENT, sex=sex, group=group, born=born, forename=_forenames(group, sex, born, names, rng), surname=surname, second=none, maiden=other)


def _sharers(heads: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.DataFrame:
    """Return one to four people who share a house with a head they are not related to."""
    shared = heads.filter(pl.col("kind") == SHARE)
    of = shared[np.repeat(np.arange(shared.height, dtype=np.uint32), rng.integers(1, 5, shared.height))]
    sex, group = rng.integers(0, 2, of.height), rng.choice(len(GROUPS), size=of.height, p=np.array(GROUP_SHARES) / sum(GROUP_SHARES))
    born = np.floor(TODAY - (18 + 17 * rng.beta(1.3, 2, of.height)) * YEAR).astype(np.int32)
    surname, none = names.sur.draw(group, rng), np.full(of.height, -1)
    return _member(of, SHARER, sex=sex, group=group, born=born, forename=_forenames(group, sex, born, names, rng), surname=surname, second=none, maiden=surname)
