"""Invented submissions to attack, what attackers know besides, and an encoding that does not withstand them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import polars as pl

from benchmarks.population import population
from matchers.attacks.columns import Column, Ids, ids_of
from matchers.attacks.coverage import together
from matchers.canonical import canonical
from matchers.derivation import Exercise, derive
from matchers.encoding import spec_digest
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import FILTERS, PROFILES, ProfileName

ROOT = hashlib.sha256(b"a root for benchmarks").digest()
LIST = "a list as long that holds {:.0%} of these records"
PUBLIC_MOST = 30_000  # values of a public list
PLAIN_BITS = 8  # bits that each pair of letters sets in a plain filter of 256


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        gate: how much may be learnt at most, or at least where `at_least`; None where the figure is only reported.
        bits: the metric is in bits and not a share.
    """

    attack: str
    knows: str
    column: str
    metric: float
    gate: float | None
    at_least: bool = False
    bits: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.gate is None:
            return None
        return self.metric >= self.gate if self.at_least else self.metric <= self.gate


@cache
def people(records: int, seed: int) -> pl.DataFrame:
    """Return an invented population in common form, with the truth."""
    return canonical(population(records, seed=seed)).records


@cache
def two_halves(records: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return as many records each of two groups of people, no person and no home in both, but for what errors make alike.

    They are the halves of one population, in which numbers and homes are given out once; two populations would give one NINO and one
    mail address to two people. Invented NINOs are so few that two people may bear one but for its last letter, which is not compared;
    where that joins strangers, the second half is without the number.
    """
    every = people(2 * records + records // 5, seed)
    group = together([every[name].to_numpy().astype(np.uint64) + np.uint64(1) for name in ("person", "home")], every.height)
    mine = pl.Series((np.random.Generator(np.random.PCG64(seed)).random(every.height) < 0.5)[group])
    one, other = every.filter(mine).head(records), every.filter(~mine).head(records)
    whole, stem = (pl.Series(one["nino"].str.slice(0, n)).drop_nulls().unique().implode() for n in (9, 8))
    alike = pl.col("nino").str.slice(0, 8).is_in(stem) & ~pl.col("nino").is_in(whole)
    return one, other.with_columns(nino=pl.when(~alike).then("nino"))


def exercise(profile: ProfileName, name: str = "2026-11") -> Exercise:
    return Exercise("benchmark", name, "measuring", profile, hashlib.sha256(name.encode()).digest(), spec_digest(profile))


def submission(records: pl.DataFrame, profile: ProfileName, *, root: bytes = ROOT, name: str = "2026-11") -> Encoded:
    """Return records as a partner submits them."""
    return encode(records, partial(derive, root, exercise(profile, name)), profile=profile)


def plain(records: pl.DataFrame, key: bytes = b"one key for every block", fields: tuple[str, ...] = FILTERS) -> Encoded:
    """Return records in the encoding that is common and is no protection: filters comparable across the file, and birth dates as tokens.

    Each pair of letters sets eight of 256 bits. One pass, `plain`, of the birth date alone.
    """
    layout = PROFILES["P1"]
    codes = np.zeros((records.height, layout.code_bytes), np.uint8)
    for name in fields:
        codes[:, layout.filter_at(name)] = _texts(records[name], partial(plain_filter, key=key), 32)
    tokens = _texts(records["date_of_birth"], lambda text: hashlib.blake2b(text.encode(), key=key, digest_size=16).digest(), 16)
    rows = np.flatnonzero(tokens.any(axis=1))
    return Encoded(records.height, {"plain": rows}, {"plain": tokens[rows]}, {"plain": codes[rows]})


def plain_filter(text: str, *, key: bytes) -> bytes:
    """Return 256 bits, eight set by each pair of neighbouring letters."""
    bits = np.zeros(256, np.uint8)
    for pair in pairs(text):
        drawn = hashlib.blake2b(pair.encode(), key=key, digest_size=PLAIN_BITS).digest()
        bits[np.frombuffer(drawn, np.uint8)] = 1
    return np.packbits(bits).tobytes()


def pairs(text: str) -> set[str]:
    padded = f"_{text}_"
    return {padded[i : i + 2] for i in range(len(padded) - 1)}


def text_ids(texts: pl.Series) -> Ids:
    """Return a number for each distinct text, 0 for null."""
    return ids_of(_texts(texts, lambda text: hashlib.blake2b(text.encode(), digest_size=8).digest(), 8))


def spread(column: Column, size: int) -> Ids:
    """Return by record what a column shows, 0 where it shows nothing."""
    out = np.zeros(size, np.uint64)
    out[column.rows] = column.ids
    return out


def lengths(records: pl.DataFrame) -> dict[str, np.ndarray]:
    """Return by record how long each text of a filter is."""
    return {name: records[name].str.len_chars().fill_null(0).cast(pl.Int64).to_numpy() for name in FILTERS}


def _texts(texts: pl.Series, make: Callable[[str], bytes], width: int) -> np.ndarray:
    distinct = texts.unique().drop_nulls().sort()
    table = np.frombuffer(b"".join([*map(make, distinct.to_list()), bytes(width)]), np.uint8).reshape(-1, width)
    at = texts.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64).fill_null(len(distinct)).to_numpy()
    return table[at].copy()
