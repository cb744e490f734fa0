"""The unit's side of an encoding: what arrives is keyed once more, with a pepper that no partner has.

Whoever steals the unit's store and also holds a partner's root can then name nobody: no token is the one that the root gives, and of the
filters in a block nothing is left but in how many bits any two of them differ. A filter's weight would name people: it varies by a few
bits, and a record has forty filters. So a filter is permuted by its block and then padded by it. The permutation hides where two
filters differ, and the pad hides the weight. What still shows is which fields are known, which are equal in a block, and who meets whom.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from matchers.derivation import KEY
from matchers.encoding.layout import FAMILY, FILTERS, TOKEN_BYTES, TOKENS
from matchers.encoding.prf import BLOCK, Blocks, Prf

AT_ONCE = 2048  # rows, so that the work of one step stays near the processor
WORD = 64  # bits
PAD = 255  # stands for the number of a stage where the pad is drawn
Words = npt.NDArray[np.uint64]
# distance -> the bits whose partner at that distance stands above them in the word
_LOW = {d: np.uint64(sum(1 << i for i in range(WORD) if not i & d)) for d in (1, 2, 4, 8, 16, 32)}


def rekeyed(tokens: Blocks, codes: npt.NDArray[np.uint8], pepper: bytes, pass_name: str) -> tuple[Blocks, npt.NDArray[np.uint8]]:
    """Return the tokens and codes of one pass under the unit's pepper.

    Two codes of one block keep which of their tokens are equal and in how many bits their filters differ; two codes of different blocks,
    or under different peppers, have nothing in common. What is all zero, because it is unknown, stays so.

    Args:
        tokens: rows x 16 bytes.
        codes: rows x as many bytes as a code of the profile has.
        pepper: 32 bytes, new for every exercise.
    """
    tokens = np.ascontiguousarray(tokens)
    names = Prf(_key(pepper, "block", pass_name))(tokens)
    pieces = {name: Prf(_key(pepper, "field", pass_name, FAMILY.get(name, name))) for name in TOKENS}
    drawn = Prf(_key(pepper, "filter", pass_name))
    start = codes.shape[1] - len(TOKENS) * TOKEN_BYTES
    out = codes.copy()
    for first in range(0, len(codes), AT_ONCE):
        message, code = names[first : first + AT_ONCE].copy(), out[first : first + AT_ONCE]
        held = np.ascontiguousarray(code[:, start:]).view(np.uint32)
        for i, name in enumerate(TOKENS):
            message.view(np.uint32)[:, -1] = held[:, i]
            held[:, i] = np.where(held[:, i] != 0, pieces[name](message).view(np.uint32)[:, 0], 0)
        code[:, start:] = held.view(np.uint8)
        parts = np.ascontiguousarray(code[:, :start]).view(np.uint64).reshape(len(code), len(FILTERS), -1)
        for i in range(len(FILTERS)):
            code[:, :start].reshape(len(code), len(FILTERS), -1)[:, i] = _hidden(parts[:, i], message, i, drawn).view(np.uint8)
    return Prf(_key(pepper, "token", pass_name))(tokens), out


def rekeyed_number(texts: pl.Series, pepper: bytes, name: str) -> pl.Series:
    """Return tokens of one kind of number, 32 hex digits each or null, under the unit's pepper."""
    raw = pa.array(texts.fill_null("0" * 2 * BLOCK).str.decode("hex").cast(pl.Binary).to_arrow()).cast(pa.binary(BLOCK))
    blocks = np.frombuffer(raw.buffers()[1], np.uint8)[raw.offset * BLOCK :][: len(texts) * BLOCK].reshape(-1, BLOCK)
    keyed = np.ascontiguousarray(Prf(_key(pepper, "number", name))(np.ascontiguousarray(blocks)))
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(BLOCK), len(keyed), [None, pa.py_buffer(keyed.data)])
    shown = pl.Series(texts.name, fixed.cast(pa.large_binary())).bin.encode("hex")
    return shown.zip_with(texts.is_not_null(), pl.Series([None], dtype=pl.String))


def _key(pepper: bytes, *names: str) -> bytes:
    if len(pepper) != KEY:
        raise ValueError("a pepper has 32 bytes")
    info = b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in ("counterfoil/pepper/1", *names))
    return HKDF(algorithm=SHA256(), length=KEY, salt=None, info=info).derive(pepper)


def _hidden(filters: Words, names: Blocks, number: int, prf: Prf) -> Words:
    """Return filters permuted and padded by their blocks.

    Args:
        filters: rows x 4 or 8 words.
        names: rows x 16 bytes, the name of the block in the first 12; the rest is overwritten.
        number: of the filter in its code.
    """
    known = (filters != 0).any(axis=1)
    words = filters.copy()
    many, half = words.shape[1], words.shape[1] // 2
    for stage, distance in enumerate(_distances(many)):
        _exchange(words, distance, _drawn(prf, names, (number, stage), half))
    words ^= _drawn(prf, names, (number, PAD), many)
    words[~known] = 0
    return words


def _distances(words: int) -> Iterator[int]:
    """Yield the distances of the stages of a Benes network over so many words: 1, 2, 4 ... and back to 1.

    Such a network of conditional exchanges reaches every permutation.

    Source: Benes (1964), Optimal rearrangeable multistage connecting networks.
    """
    up = [1 << i for i in range((words * WORD).bit_length() - 1)]
    yield from up
    yield from reversed(up[:-1])


def _exchange(words: Words, distance: int, drawn: Words) -> None:
    """Exchange each bit with the one at a distance, where its drawn bit says so; half as many bits are drawn as there are."""
    if distance < WORD:
        d, low = np.uint64(distance), _LOW[distance]
        change = words >> d
        change ^= words
        change &= np.concatenate((drawn & low, (drawn >> d) & low), axis=1)
        words ^= change
        words ^= change << d
    else:
        pairs = words.reshape(len(words), -1, 2, distance // WORD)
        change = (pairs[:, :, 0] ^ pairs[:, :, 1]) & drawn.reshape(len(words), -1, distance // WORD)
        pairs[:, :, 0] ^= change
        pairs[:, :, 1] ^= change


def _drawn(prf: Prf, names: Blocks, what: tuple[int, int], words: int) -> Words:
    """Return so many words of bits for each block, by AES over (name of the block, what they are for, counter)."""
    names[:, 12:14] = what
    names[:, 15] = 0
    out = []
    for counter in range(words * 8 // BLOCK):
        names[:, 14] = counter
        out.append(prf(names).view(np.uint64))
    return out[0] if len(out) == 1 else np.concatenate(out, axis=1)
