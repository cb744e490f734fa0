"""A5: what somebody who knows people of his own, and what they are encoded as, reads of people whom he does not know."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.attacks.columns import TOKEN, AttackResult, Column, Ids, columns, unrelated, worst
from matchers.encoding.encoder import Encoded
from matchers.encoding.layout import NUMBERS, ProfileName

GATE: dict[ProfileName, float] = {"P1": 0.05, "P2": 0.01}  # of strangers' tokens of a composite value
NUMBERS_GATE = 0.001  # of strangers' tokens of a number that is given out to one person
KNOWN = "people of one's own and their tokens"
_ONE_PERSON = ("nino", "account")  # what one person's records share and strangers' do not, and so do two of these together
_TOGETHER = (("p1", "p2"), ("p1", "p4"), ("p2", "p4"))


def coverage(known: Ids, strangers: Ids) -> float:
    """Return the share of strangers' values that also stand among those known, and so can be read; a value of 0 is none."""
    ids = strangers[strangers != 0]
    if not len(ids) or not len(known):
        return 0.0
    return float(pl.Series(ids).is_in(pl.Series(known).implode()).sum()) / len(ids)


def coverage_attack(shares: Mapping[str, float], profile: ProfileName) -> tuple[AttackResult, AttackResult]:
    """Return what is read of strangers' composite values, and of their numbers.

    Args:
        shares: column -> share of strangers' values that can be read.
        profile: whose gate is held.
    """
    numbers = {name: (share, NUMBERS_GATE) for name, share in shares.items() if name.split(" ")[0] in NUMBERS}
    others = {name: (share, GATE[profile]) for name, share in shares.items() if name not in numbers}
    return worst("A5 strangers' composite values", KNOWN, others), worst("A5 strangers' numbers", KNOWN, numbers)


def between_halves(encoded: Encoded, parts: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]) -> dict[str, float]:
    """Return for each column the share of one half's values that are known from the other half."""
    return {c.name: coverage(c.ids[parts[0][c.rows]], c.ids[parts[1][c.rows]]) for c in columns(encoded)}


def halves(encoded: Encoded, homes: Ids, districts: Ids, *, seed: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return by record whether it is in one half or in the other; nobody, and no household, is in both.

    Who is the same is not known: taken as one are records of one home, of one NINO or account, and of two of these: birth date with the sound of
    the forename, birth date with that of the surname, birthday with both.

    Args:
        homes: by record, equal for one home; 0 where it is unknown.
        districts: by record, the same for the district of the postcode.
    """
    held = {column.pass_name: _spread(column, encoded.size) for column in columns(encoded, fields=(TOKEN,))} | {"district": districts}
    pairs = [(held[one], held[other]) for one, other in _TOGETHER if one in held and other in held]
    joined = [np.where((a != 0) & (b != 0), unrelated(a) ^ b, 0).astype(np.uint64) for a, b in pairs]
    group = together([homes, *(held[name] for name in _ONE_PERSON if name in held), *joined], encoded.size)
    one_half = np.random.Generator(np.random.PCG64(seed)).random(encoded.size)[group] < 0.5
    return one_half, ~one_half


def together(numbers: list[Ids], size: int) -> npt.NDArray[np.int64]:
    """Return for each record the lowest record that it is joined to, directly or through others, by an equal number; 0 joins nobody."""
    label = np.arange(size)
    joins = []
    for ids in numbers:
        order = np.argsort(ids, kind="stable")
        order = order[ids[order] != 0]
        starts = np.flatnonzero(np.diff(ids[order], prepend=np.uint64(0)))
        sizes = np.diff(np.append(starts, len(order)))
        order, sizes = order[np.repeat(sizes > 1, sizes)], sizes[sizes > 1]
        if len(order):
            joins.append((order, np.cumsum(sizes) - sizes, sizes))
    while True:
        before = label.copy()
        for order, starts, sizes in joins:
            label[order] = np.repeat(np.minimum.reduceat(label[order], starts), sizes)
        label = label[label]
        if np.array_equal(before, label):
            return label


def _spread(column: Column, size: int) -> Ids:
    out = np.zeros(size, np.uint64)
    out[column.rows] = column.ids
    return out
