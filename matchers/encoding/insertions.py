"""A text as a Bloom filter of its pairs of letters, salted by the block it is compared in.

A filter is sixteen words of sixteen bits. Each pair of letters sets one bit in some of the words, and all pairs of a text together make
the same number of insertions however long it is, so that neither the length nor how common a letter is shows in the weight.
Which words, and which bit of each, says one AES block for (block of records, pair of letters): the low half of each byte is the bit of
that word, the high half another bit where a word takes two, and the high half of the last byte the word to begin with. Outside its
block a filter is unrelated to any other.

Source: constant insertions as `bitsPerFeature` of clkhash (Apache-2.0); partitioned Bloom filters, Kirsch and Mitzenmacher (2008).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.encoding.pairs import MOST_PAIRS, Pairs, at_work, longest_first
from matchers.encoding.prf import Blocks, Prf

WORDS = 16
INSERTIONS = 96  # by text; fills a third of 256 bits
_START = np.arange(WORDS)[:, None, None]
_MANY = np.arange(2 * WORDS + 1)[None, :, None]
# (first word, how many) -> which words take an insertion, in turn
_WINDOW = np.where((np.arange(WORDS) - _START) % WORDS < _MANY, 0xFFFF, 0).astype(np.uint16).reshape(-1, WORDS)
_OF = np.maximum(np.arange(MOST_PAIRS + 1), 1)
# (number of the pair, pairs of the text) -> insertions that the pair makes
_SHARE = np.maximum(1, INSERTIONS // _OF + (np.arange(MOST_PAIRS)[:, None] < INSERTIONS % _OF))
FEW = INSERTIONS // WORDS - 1  # pairs; those of a text that has no more make more than sixteen insertions each, and some words take two
_ONE = np.uint16(1)
_LOW, _HIGH = np.uint8(15), np.uint8(4)


def filters(prf: Prf, blocks: Blocks, pairs: Pairs, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Return the filter of each row's text in each row's block.

    Args:
        blocks: rows x 16 bytes, the name of the block in the first 12.
        codes: row -> text of `pairs`, or -1.

    Returns:
        rows x 32 bytes; all zero where there is no text.
    """
    out = np.zeros((len(codes), WORDS), np.uint16)
    order, texts, many = longest_first(pairs, codes)
    message, draw = blocks.take(order, axis=0), prf.opened()
    message[:, 12:] = 0
    place, table = message.view(np.uint16)[:, 6], np.zeros((len(order), WORDS), np.uint16)
    bits, windows = np.empty_like(table), np.empty_like(table)
    few = int(np.searchsorted(-many, -FEW, side="left"))
    for n, rows in enumerate(at_work(many)):
        place[:rows] = pairs.letters[n].take(texts[:rows])
        drawn, share = draw(message[:rows]), _SHARE[n].take(many[:rows])
        window = (drawn[:, -1] >> _HIGH) * np.intp(_MANY.size)
        _insert(table[:rows], drawn & _LOW, window + np.minimum(share, WORDS), bits[:rows], windows[:rows])
        if few < rows:
            _insert(table[few:rows], drawn[few:] >> _HIGH, (window + share)[few:] - WORDS, bits[few:rows], windows[few:rows])
    out[order] = table
    return out.view(np.uint8)


def _insert(
    table: npt.NDArray[np.uint16], bit: npt.NDArray[np.uint8], window: npt.NDArray[np.intp], bits: npt.NDArray[np.uint16], windows: npt.NDArray[np.uint16]
) -> None:
    """Set one bit of each word, in the words of the window; the last two arrays are room to work in."""
    np.left_shift(_ONE, bit, out=bits)
    _WINDOW.take(window, axis=0, mode="clip", out=windows)
    bits &= windows
    table |= bits
