"""A6: what a stolen root gives away, with and without the unit's pepper; A9: what two exercises or two roots have in common."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import polars as pl

from benchmarks.attacks_data import ROOT, exercise
from matchers.attacks.columns import columns, ids_of
from matchers.derivation import derive
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import FILTERS, PROFILES, TOKENS, Pass, ProfileName
from matchers.encoding.rekey import rekeyed

FIRST_DAY, LAST_DAY = "1925-01-01", "2012-12-31"
AT_ONCE = 40  # forenames


def by_dictionary(stored: Encoded, forenames: list[str], profile: ProfileName) -> tuple[float, float, int]:
    """Try every forename with every date of birth against the tokens of p1, with the root.

    Returns:
        Share of the tokens that are read, seconds, and how many entries the dictionary had.
    """
    started = time.perf_counter()
    days = pl.select(pl.date_range(pl.lit(FIRST_DAY).str.to_date(), pl.lit(LAST_DAY).str.to_date()).dt.to_string("%Y-%m-%d")).to_series()
    one = next(p for p in PROFILES[profile].passes if p.name == "p1")
    bare = (Pass(one.name, one.key, (), ()),)
    wanted = pl.Series(ids_of(stored.tokens["p1"]))
    read, tried = np.zeros(len(wanted), np.bool_), 0
    for start in range(0, len(forenames), AT_ONCE):
        table = pl.DataFrame({"forename": forenames[start : start + AT_ONCE]}).join(days.rename("date_of_birth").to_frame(), how="cross")
        made = encode(table, partial(derive, ROOT, exercise(profile)), profile=profile, passes=bare, largest=table.height)
        read |= wanted.is_in(pl.Series(ids_of(made.tokens["p1"])).implode()).to_numpy()
        tried += table.height
    return float(read.mean()), time.perf_counter() - started, tried


def peppered(encoded: Encoded, pepper: bytes) -> Encoded:
    """Return a submission as the unit stores it."""
    out = Encoded(encoded.size, dict(encoded.rows))
    for name in encoded.rows:
        out.tokens[name], out.codes[name] = rekeyed(encoded.tokens[name], encoded.codes[name], pepper, name)
    return out


def in_common(one: Encoded, other: Encoded) -> int:
    """Return how many values of all columns two encodings of one file share: tokens and filters anywhere, short tokens of one record.

    Short tokens have 32 bits, and two in a file may be equal by chance; those of one record in one field hardly ever.
    """
    held = {column.name: column for column in columns(other)}
    shared = 0
    for column in columns(one):
        if column.name not in held:
            continue
        if column.field in TOKENS:
            a, b = (_by_record(c.rows, c.ids, one.size) for c in (column, held[column.name]))
            shared += int(((a == b) & (a != 0)).sum())
        else:
            shared += len(np.intersect1d(column.ids[column.ids != 0], held[column.name].ids))
    return shared


def by_differences(store: Encoded, own: Encoded) -> dict[str, float]:
    """Compare blocks by how their members differ, with what the thief makes of a list that holds the same people.

    He has the root, so he knows in how many bits any two filters of a block differ, and which tokens are equal. A permutation of the bits
    and another name for each token change neither.

    Returns:
        Pass -> share of its records in blocks that are named, rightly and as the only ones with their differences.
    """
    return {name: _named_blocks(store, own, name) for name in store.rows if len(store.rows[name])}


def by_weights(store: Encoded, own: Encoded) -> dict[str, tuple[float, float]]:
    """Do the same with how many bits of each filter are set: shares of a pass's records that are named rightly, and at all."""
    found = {}
    for name, rows in store.rows.items():
        if len(rows):
            mine, theirs = (_single(_weights(one.codes[name])) for one in (store, own))
            named = [(theirs[key], at) for key, at in mine.items() if key in theirs]
            found[name] = (sum(one == other for one, other in named) / len(rows), len(named) / len(rows))
    return found


def _weights(codes: np.ndarray) -> Iterator[bytes]:
    start = codes.shape[1] - 4 * len(TOKENS)
    weights = np.bitwise_count(codes[:, :start]).reshape(len(codes), len(FILTERS), -1).sum(axis=2, dtype=np.int16)
    known = np.ascontiguousarray(codes[:, start:]).view(np.uint32) != 0
    return (w.tobytes() + k.tobytes() for w, k in zip(weights, known, strict=True))


def _single(keys: Iterator[bytes]) -> dict[bytes, int]:
    """Return the place of each key that occurs once."""
    places: dict[bytes, int] = {}
    for at, key in enumerate(keys):
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _named_blocks(store: Encoded, own: Encoded, name: str) -> float:
    sides = []
    for one in (store, own):
        _, block, sizes = np.unique(ids_of(one.tokens[name]), return_inverse=True, return_counts=True)
        order = np.argsort(block, kind="stable")
        members = [at for at in np.split(order, np.cumsum(sizes)[:-1]) if len(at) > 1]
        single = _single(_differences(one.codes[name][at]) for at in members)
        sides.append({key: frozenset(at.tolist()) for key, at in ((key, members[i]) for key, i in single.items())})
    mine, theirs = sides
    return sum(len(at) for key, at in mine.items() if theirs.get(key) == at) / len(store.rows[name])


def _differences(codes: np.ndarray) -> bytes:
    """Return how each two members of a block differ, in no order of the members."""
    start = codes.shape[1] - 4 * len(TOKENS)
    filters = codes[:, :start].reshape(len(codes), len(FILTERS), -1)
    tokens = np.ascontiguousarray(codes[:, start:]).view(np.uint32)
    i, j = np.triu_indices(len(codes), 1)
    apart = np.bitwise_count(filters[i] ^ filters[j]).sum(axis=2, dtype=np.int16)
    both = (filters[i].any(axis=2) & filters[j].any(axis=2)).astype(np.int16)
    equal = ((tokens[i] == tokens[j]) & (tokens[i] != 0)).astype(np.int16)
    return b"".join(sorted(row.tobytes() for row in np.hstack((apart * both, equal))))


def _by_record(rows: np.ndarray, ids: np.ndarray, size: int) -> np.ndarray:
    out = np.zeros(size, np.uint64)
    out[rows] = ids
    return out
