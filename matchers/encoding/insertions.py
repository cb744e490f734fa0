"""A text as a Bloom filter of its pairs of letters, salted by the block it is compared in.

A filter is sixteen words of sixteen bits. Each pair of letters sets one bit in some of the words, and all pairs of a text together make
the same number of insertions however long it is, so that neither the length nor how common a letter is shows in the weight.
Which words, and which bit of each, says one AES block for (block of records, pair of letters): outside its block a filter is
unrelated to any other.

Source: constant insertions as `bitsPerFeature` of clkhash (Apache-2.0); partitioned Bloom filters, Kirsch and Mitzenmacher (2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.prf import Blocks, Prf

WORDS = 16
INSERTIONS = 96  # by text; fills a third of 256 bits
LEAST_PAIRS = 3  # of letters; a text of one or two letters is filled up, and so weighs like any other
MOST_PAIRS = 48  # of letters; a longer text is cut
PAD = ord("_")
_START = np.arange(WORDS)[:, None, None]
_MANY = np.arange(2 * WORDS + 1)[None, :, None]
# (first word, how many) -> which words take an insertion, in turn
_WINDOW = np.where((np.arange(WORDS) - _START) % WORDS < _MANY, 0xFFFF, 0).astype(np.uint16).reshape(-1, WORDS)
_OF = np.maximum(np.arange(MOST_PAIRS + 2), 1)
# (number of the pair, pairs of the text) -> insertions that the pair makes
_SHARE = np.maximum(1, INSERTIONS // _OF + (np.arange(MOST_PAIRS + 1)[:, None] < INSERTIONS % _OF))


@dataclass(frozen=True)
class Pairs:
    """Pairs of letters of distinct texts: `letters` is pairs x texts, two letters a number; `many` how many pairs each text has."""

    letters: npt.NDArray[np.uint16]
    many: npt.NDArray[np.int64]


def pairs_of(texts: pl.Series) -> Pairs:
    """Return the padded pairs of neighbouring letters of each text: `_A AN NN N_` of ANN; empty and null texts have none."""
    raw = [text[:MOST_PAIRS] for text in texts.fill_null("").cast(pl.Binary).to_list()]
    lengths = np.fromiter((len(text) for text in raw), np.int64, len(raw))
    table = np.full((len(raw), max(int(lengths.max(initial=0)) + 2, LEAST_PAIRS + 1)), PAD, np.uint16)
    rows = np.repeat(np.arange(len(raw)), lengths)
    table[rows, np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1] = np.frombuffer(b"".join(raw), np.uint8)
    letters = np.ascontiguousarray((table[:, :-1] + (table[:, 1:] << 8)).T)
    return Pairs(letters, np.where(lengths > 0, np.maximum(lengths + 1, LEAST_PAIRS), 0))


def filters(prf: Prf, blocks: Blocks, pairs: Pairs, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Return the filter of each row's text in each row's block.

    Args:
        blocks: rows x 16 bytes, the name of the block in the first 12.
        codes: row -> text of `pairs`, or -1.

    Returns:
        rows x 32 bytes; all zero where there is no text.
    """
    out = np.zeros((len(codes), WORDS), np.uint16)
    known = np.flatnonzero(codes >= 0)
    # rows with more pairs first, so that those still at work are always a beginning
    order = known[np.argsort(-pairs.many[codes[known]].astype(np.int16), kind="stable")]
    texts = codes[order]
    many = pairs.many[texts]
    message = blocks[order]
    message[:, 12:] = 0
    place, table = message.view(np.uint16)[:, 6], np.zeros((len(order), WORDS), np.uint16)
    for n in range(int(many.max(initial=0))):
        rows = int(np.searchsorted(-many, -n, side="left"))
        place[:rows] = pairs.letters[n].take(texts[:rows])
        drawn = prf(message[:rows])
        share = _SHARE[n].take(many[:rows])
        start = (drawn[:, -1] >> 4).astype(np.int64) * _MANY.size
        table[:rows] |= _bits(drawn & 15, start + np.minimum(share, WORDS))
        short = int(np.searchsorted(share, WORDS, side="right"))
        if short < rows:  # few pairs make more than sixteen insertions each: some words take two
            table[short:rows] |= _bits(drawn[short:] >> 4, (start + share)[short:] - WORDS)
    out[order] = table
    return out.view(np.uint8)


def _bits(bit: npt.NDArray[np.integer[Any]], window: npt.NDArray[np.int64]) -> npt.NDArray[np.uint16]:
    """Return one bit for each word, in the words of the window."""
    one = np.left_shift(np.uint16(1), bit.astype(np.uint16))
    return np.bitwise_and(one, _WINDOW.take(window, axis=0, mode="clip"), out=one)
