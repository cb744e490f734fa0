"""A3: who shares which block with whom, compared with the same of a list of known people, whatever is in the codes.

Each record is coloured by the passes it takes part in, then again and again by the colours of those it shares blocks with. A colour that
one record of the submission and one of the list have, and no other, names it; from there names spread through the blocks.

Source: Weisfeiler and Leman (1968) for the colours; Yartseva and Grossglauser (2013), On the performance of percolation graph matching.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from matchers.attacks.columns import Ids, ids_of, unrelated
from matchers.encoding.encoder import Encoded

ROUNDS = 8  # of colouring
SPREADS = 12  # rounds in which names spread
LARGEST = 60  # records of a block that names spread through


@dataclass(frozen=True)
class Claims:
    """Which record of the list each record of the submission is said to be, and which were given beforehand."""

    mine: np.ndarray
    theirs: np.ndarray
    given: int


def signatures(encoded: Encoded) -> list[Ids]:
    """Return the colours of the records after each round; equal in two files where all that surrounds two records is alike."""
    blocks = []
    colour = np.ones(encoded.size, np.uint64)
    for number, (name, rows) in enumerate(encoded.rows.items()):
        colour[rows] += np.uint64(1 << (number + 1))
        if len(rows):
            ids = ids_of(encoded.tokens[name])
            order = np.argsort(ids, kind="stable")
            starts = np.flatnonzero(np.concatenate(([True], np.diff(ids[order]) != 0)))
            blocks.append((number, rows[order], starts, np.diff(np.append(starts, len(order)))))
    out = [colour]
    for _ in range(ROUNDS):
        mixed = _mixed(colour, 0)
        after = mixed * np.uint64(3)
        for number, rows, starts, sizes in blocks:
            together = np.add.reduceat(mixed[rows], starts)
            np.add.at(after, rows, np.repeat(_mixed(together, number + 1), sizes))
        colour = _mixed(after, 99)
        out.append(colour)
    return out


def claims(submission: Encoded, known: Encoded, *, seeds: np.ndarray) -> Claims:
    """Name records of the submission by those of a list.

    Args:
        seeds: n x 2, pairs that the attacker was given.
    """
    name = np.full(submission.size, -1)
    owner = np.full(known.size, -1)
    name[seeds[:, 0]], owner[seeds[:, 1]] = seeds[:, 1], seeds[:, 0]
    for mine, theirs in zip(signatures(submission), signatures(known), strict=True):
        a, b = _single(mine), _single(theirs)
        _, i, j = np.intersect1d(mine[a], theirs[b], return_indices=True)
        _take(name, owner, a[i], b[j])
    left, right = _members(submission), _members(known)
    for _ in range(SPREADS):
        if not _spread(left, right, name, owner):
            break
    mine = np.flatnonzero(name >= 0)
    return Claims(mine, name[mine], len(seeds))


def _take(name: np.ndarray, owner: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> int:
    free = (name[mine] < 0) & (owner[theirs] < 0)
    name[mine[free]], owner[theirs[free]] = theirs[free], mine[free]
    return int(free.sum())


def _mixed(values: Ids, salt: int) -> Ids:
    return unrelated(unrelated(values + np.uint64(salt * 7919 + 1)) | np.uint64(1))


def _single(colours: Ids) -> np.ndarray:
    _, first, counts = np.unique(colours, return_index=True, return_counts=True)
    return np.asarray(first[counts == 1])


def _members(encoded: Encoded) -> pl.DataFrame:
    """Return who stands in which block, and which passes each record takes part in."""
    takes_part = np.zeros(encoded.size, np.int64)
    for number, rows in enumerate(encoded.rows.values()):
        takes_part[rows] |= 1 << number
    parts = [
        pl.DataFrame({"record": rows, "block": unrelated(ids_of(encoded.tokens[name]) ^ np.uint64(number)), "part": number, "in": takes_part[rows]})
        for number, (name, rows) in enumerate(encoded.rows.items()) if len(rows)
    ]
    return pl.concat(parts).filter(pl.len().over("block") <= LARGEST)


def _spread(left: pl.DataFrame, right: pl.DataFrame, name: np.ndarray, owner: np.ndarray) -> int:
    """Name those who share blocks with records that are named, where only one record of the list fits best; return how many."""
    known = pl.DataFrame({"record": np.flatnonzero(name >= 0), "record_r": name[name >= 0]})
    met = left.join(known, on="record").join(right.select(pl.col("record").alias("record_r"), pl.col("block").alias("block_r"), "part"), on=["record_r", "part"])
    same = met.select("block", "block_r").unique().filter(pl.len().over("block") == 1, pl.len().over("block_r") == 1)
    one = left.filter(pl.Series(name).gather(left["record"]) < 0)
    other = right.filter(pl.Series(owner).gather(right["record"]) < 0).select(pl.col("record").alias("record_r"), pl.col("block").alias("block_r"), "in")
    met = one.join(same, on="block").join(other, on=["block_r", "in"])
    marked = met.group_by("record", "record_r").agg(pl.len().alias("marks"))
    best = marked.filter(pl.col("marks") == pl.col("marks").max().over("record"), pl.col("marks") == pl.col("marks").max().over("record_r"))
    sure = best.filter(pl.len().over("record") == 1, pl.len().over("record_r") == 1).sort("record")
    return _take(name, owner, sure["record"].to_numpy(), sure["record_r"].to_numpy())
