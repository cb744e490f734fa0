"""Records to tokens and codes: the partner's side, the only one that sees both.

Everything is worked out for whole columns: the composite value of a pass is a MAC of the digests of its parts, its token is that MAC
under one key and the name of its block the same under another, and a code is what `layout` says, salted by the name of the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding import insertions, majority
from matchers.encoding.components import Components, components
from matchers.encoding.layout import FAMILY, FILTERS, HOUSEHOLD, LARGEST_BLOCK, PROFILES, TOKENS, Pass, Profile, ProfileName
from matchers.encoding.pairs import Pairs, pairs_of
from matchers.encoding.prf import AT_ONCE, BLOCK, Blocks, Prf, mac

_MAKE = {"insertions": insertions.filters, "majority": majority.filters}
Key = Callable[..., bytes]  # names -> 32 bytes, as `derivation.derive` gives them for one exercise


@dataclass(frozen=True)
class Encoded:
    """What leaves of some records.

    Attributes:
        rows: pass -> numbers of the records that have a block in it.
        tokens: pass -> 16 bytes for each of them.
        codes: pass -> as many bytes as a code of the profile has, for each of them.
        oversize: pass -> blocks that were left out, and the records in them.
    """

    size: int
    rows: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    tokens: dict[str, Blocks] = field(default_factory=dict)
    codes: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    oversize: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Source:
    """Records as what codes are made of: their digests, four bytes of each for a token, and the letters of their texts."""

    found: Components
    short: Mapping[str, npt.NDArray[np.uint32]]
    letters: Mapping[str, Pairs]


def encode(
    records: pl.DataFrame, key: Key, *, profile: ProfileName = "P1", passes: tuple[Pass, ...] = (), largest: int = LARGEST_BLOCK, threads: int = 2
) -> Encoded:
    """Encode people.

    Args:
        records: canonical columns, normalised; any of them absent.
        key: of the exercise; called with the names of a key.
        passes: those of the profile where none are named.
        largest: records that a block may hold.
    """
    out, layout = Encoded(records.height), PROFILES[profile]
    passes = passes or layout.passes
    with ThreadPoolExecutor(threads) as pool:
        found = components(records, Prf(key("component")), pool.map)
        short = dict(zip(TOKENS, pool.map(found.short, TOKENS), strict=True))
        letters = dict(zip(FILTERS, pool.map(lambda name: pairs_of(found.texts[name]), FILTERS), strict=True))
        source = _Source(found, short, letters)
        work = []
        for one, (values, rows, oversize) in zip(passes, pool.map(lambda one: _values(one, found, key, largest), passes), strict=True):
            out.rows[one.name], out.oversize[one.name] = rows, oversize
            out.tokens[one.name] = Prf(key("token", one.name))(values)
            out.codes[one.name] = np.zeros((len(rows), layout.code_bytes), np.uint8)
            blocks = Prf(key("block", one.name))(values)
            salts = {name: Prf(key("filter", one.name, name)) for name in one.filters}
            ciphers = {name: Prf(key("field", one.name, FAMILY.get(name, name))) for name in one.fields}
            for start in range(0, len(rows), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                work.append(partial(_fill, out.codes[one.name][part], layout, blocks[part], rows[part], source, salts, ciphers))
        for _ in pool.map(lambda step: step(), work):
            pass
    return out


def _fill(
    codes: npt.NDArray[np.uint8], layout: Profile, blocks: Blocks, rows: npt.NDArray[np.int64], source: _Source,
    salts: Mapping[str, Prf], ciphers: Mapping[str, Prf],
) -> None:
    """Write the codes of some records in a pass, salted by the names of their blocks."""
    for name, salt in salts.items():
        codes[:, layout.filter_at(name)] = _MAKE[layout.filters](salt, blocks, source.letters[name], source.found.codes[name].take(rows))
    message, tokens = blocks.copy(), np.zeros((len(TOKENS), len(rows)), np.uint32)
    for name, cipher in ciphers.items():
        digest = source.short[name].take(rows)
        message.view(np.uint32)[:, -1] = digest
        np.multiply(cipher(message).view(np.uint32)[:, 0], digest != 0, out=tokens[TOKENS.index(name)])
    codes[:, layout.tokens_at :] = np.ascontiguousarray(tokens.T).view(np.uint8)


def _values(one: Pass, found: Components, key: Key, largest: int) -> tuple[Blocks, npt.NDArray[np.int64], tuple[int, int]]:
    """Return the composite value of each record that has one in a block small enough, which records these are, and what was left out."""
    parts = [name.split("|") for name in one.key]
    rows = np.arange(found.size) if not parts else np.flatnonzero(np.all([found.codes[name] >= 0 for names in parts for name in names], axis=0))
    digests = [np.zeros((len(rows), BLOCK), np.uint8)] if not parts else []
    for names in parts:
        some = [found.of(name, rows) for name in names]
        digests += some if len(some) == 1 else _in_any_order(*some)
    values = mac(Prf(key("value", one.name)), digests)
    kept, oversize = _small_blocks(values, largest)
    return (values, rows, oversize) if len(kept) == len(rows) else (values[kept], rows[kept], oversize)


def _in_any_order(one: Blocks, other: Blocks) -> list[Blocks]:
    """Return two digests with the smaller one first, so that exchanged names meet."""
    swap = (one.view(np.uint64)[:, 0] > other.view(np.uint64)[:, 0])[:, None]
    return [np.where(swap, other, one), np.where(swap, one, other)]


def encode_households(records: pl.DataFrame, key: Key, *, profile: ProfileName = "P1", threads: int = 2) -> Encoded:
    """Encode who lives with whom: a token of the home, and what its members are called and when they were born, salted by it.

    Its keys are derived apart from all others, so that no token or code of it is one of a pass. It leaves only where an enabled rule
    rests on a home, and then under references of its own, or the two could be joined by them.
    """
    return encode(records, partial(key, "household"), profile=profile, passes=(HOUSEHOLD,), threads=threads)


def _small_blocks(values: Blocks, largest: int) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """Return which records stand in blocks that are small enough, and how many blocks and records do not."""
    names = np.ascontiguousarray(values).view(np.uint64)[:, 0]
    ranked = np.sort(names)
    large = np.unique(ranked[largest:][ranked[largest:] == ranked[: max(0, len(ranked) - largest)]])
    out = np.isin(names, large)
    return np.flatnonzero(~out), (len(large), int(out.sum()))
