"""Records to tokens and codes: the partner's side, the only one that sees both.

Everything is worked out for whole columns: the composite value of a pass is a MAC of the digests of its parts, its token is that MAC
under one key and the name of its block the same under another, and a code is what `layout` says, salted by the name of the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.components import Components, components
from matchers.encoding.insertions import Pairs, filters, pairs_of
from matchers.encoding.layout import CODE_BYTES, FAMILY, LARGEST_BLOCK, PERSON_PASSES, TOKEN_BYTES, Pass, filter_at, token_at
from matchers.encoding.prf import BLOCK, Blocks, Prf, mac

Key = Callable[..., bytes]  # names -> 32 bytes, as `derivation.derive` gives them for one exercise
AT_ONCE = 8192  # records, so that the work of one step stays near the processor


@dataclass(frozen=True)
class Encoded:
    """What leaves of some records.

    Attributes:
        rows: pass -> numbers of the records that have a block in it.
        tokens: pass -> 16 bytes for each of them.
        codes: pass -> `CODE_BYTES` for each of them.
        oversize: pass -> blocks that were left out, and the records in them.
    """

    size: int
    rows: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    tokens: dict[str, Blocks] = field(default_factory=dict)
    codes: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    oversize: dict[str, tuple[int, int]] = field(default_factory=dict)


def encode(records: pl.DataFrame, key: Key, *, passes: tuple[Pass, ...] = PERSON_PASSES, largest: int = LARGEST_BLOCK, threads: int = 2) -> Encoded:
    """Encode people.

    Args:
        records: canonical columns, normalised; any of them absent.
        key: of the exercise; called with the names of a key.
        largest: records that a block may hold.
    """
    found = components(records, Prf(key("component")))
    letters = {name: pairs_of(texts) for name, texts in found.texts.items()}
    out = Encoded(records.height)
    with ThreadPoolExecutor(threads) as pool:
        for one, (rows, tokens, codes, oversize) in zip(passes, pool.map(lambda p: _encode_pass(p, found, letters, key, largest), passes), strict=True):
            out.rows[one.name], out.tokens[one.name], out.codes[one.name], out.oversize[one.name] = rows, tokens, codes, oversize
    return out


def _encode_pass(
    one: Pass, found: Components, letters: Mapping[str, Pairs], key: Key, largest: int
) -> tuple[npt.NDArray[np.int64], Blocks, npt.NDArray[np.uint8], tuple[int, int]]:
    values, rows = _values(one, found, Prf(key("value", one.name)))
    kept, oversize = _small_blocks(values, largest)
    values, rows = values[kept], rows[kept]
    blocks = Prf(key("block", one.name))(values)
    ciphers = {name: Prf(key("field", one.name, FAMILY.get(name, name))) for name in one.fields}
    salted = {name: Prf(key("filter", one.name, name)) for name in one.filters}
    codes = np.zeros((len(rows), CODE_BYTES), np.uint8)
    for start in range(0, len(rows), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        message = blocks[part].copy()
        for name in one.filters:
            codes[part, filter_at(name)] = filters(salted[name], message, letters[name], found.codes[name][rows[part]])
        for name in one.fields:
            digests, known = found.of(name, rows[part])
            message.view(np.uint32)[:, 3] = digests.view(np.uint32)[:, 0]
            tokens = ciphers[name](message)[:, :TOKEN_BYTES]
            codes[part, token_at(name)] = tokens * known[:, None]
    return rows, Prf(key("token", one.name))(values), codes, oversize


def _values(one: Pass, found: Components, prf: Prf) -> tuple[Blocks, npt.NDArray[np.int64]]:
    """Return the composite value of each record that has one, and which records these are."""
    rows = np.arange(found.size)
    parts: list[Blocks] = []
    for name in one.key:
        digests = []
        for component in name.split("|"):
            digest, known = found.of(component, rows)
            digests.append(digest)
            rows, digests, parts = rows[known], [d[known] for d in digests], [p[known] for p in parts]
        parts += digests if len(digests) == 1 else _in_any_order(*digests)
    return mac(prf, parts or [np.zeros((len(rows), BLOCK), np.uint8)]), rows


def _in_any_order(one: Blocks, other: Blocks) -> list[Blocks]:
    """Return two digests with the smaller one first, so that exchanged names meet."""
    swap = (one.view(np.uint64)[:, 0] > other.view(np.uint64)[:, 0])[:, None]
    return [np.where(swap, other, one), np.where(swap, one, other)]


def _small_blocks(values: Blocks, largest: int) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """Return which records stand in blocks that are small enough, and how many blocks and records do not."""
    names = np.ascontiguousarray(values).view(np.uint64)[:, 0]
    order = np.argsort(names)
    ranked = names[order]
    first = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1]))) if len(ranked) else np.empty(0, np.int64)
    sizes = np.diff(np.append(first, len(ranked)))
    large = np.repeat(sizes > largest, sizes)
    return np.sort(order[~large]), (int((sizes > largest).sum()), int(large.sum()))


