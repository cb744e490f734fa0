"""A text as the majority of its pairs of letters, bit by bit, salted by the block it is compared in: filters of the strong profile.

Each pair of letters draws 1,024 votes by AES for (block of records, pair of letters). Where the pairs of a text are even in number, the
block itself votes once more, so that no vote is ever tied. Every bit of the first half of what the majority wants, XORed with its
fellow in the second half, gives 512 bits. Two texts that share most of their pairs differ in few bits; two that share less than half
look like any two texts, and so the filters of a block tell nothing of texts that are merely a little alike.

Source: similarity hashing, Charikar (2002); XOR of majority bits against graph matching, Armknecht and Schaefer (2026), PoPETs 2026(2).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.encoding.pairs import Pairs, at_work, longest_first
from matchers.encoding.prf import BLOCK, Blocks, Prf

BITS = 1024  # votes of a pair; half as many bits remain
WORDS = BITS // 64
PLANES = 6  # binary digits of a count of votes; no text has more than fifty pairs
OF_BLOCK = 1  # marks the draw of a block's own vote
AT_ONCE = 1024  # rows, so that the counts stay near the processor
_Votes = npt.NDArray[np.uint64]


def filters(prf: Prf, blocks: Blocks, pairs: Pairs, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Return the filter of each row's text in each row's block.

    Args:
        blocks: rows x 16 bytes, the name of the block in the first 12.
        codes: row -> text of `pairs`, or -1.

    Returns:
        rows x 64 bytes; all zero where there is no text.
    """
    out = np.zeros((len(codes), WORDS // 2), np.uint64)
    order, texts, many = longest_first(pairs, codes)
    for start in range(0, len(order), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        out[order[part]] = _filters(prf, blocks.take(order[part], axis=0), pairs.letters, texts[part], many[part])
    return out.view(np.uint8)


def _filters(prf: Prf, names: Blocks, letters: npt.NDArray[np.uint16], texts: npt.NDArray[np.int32], many: npt.NDArray[np.int64]) -> _Votes:
    """Return the filters of rows that all have a text, those with more pairs first."""
    message = np.repeat(names, BITS // 128, axis=0).reshape(len(names), BITS // 128, BLOCK)
    message[:, :, 12:] = 0
    message[:, :, 14] = np.arange(BITS // 128)
    place = message.view(np.uint16)[:, :, 6]
    # Each count begins where half the votes, and one more, carry it to the highest digit: that digit is the majority.
    votes = many + (many % 2 == 0)
    begin = 2 ** (PLANES - 1) - (votes + 1) // 2
    planes: list[_Votes] = [np.where((begin >> p & 1)[:, None] == 1, ~np.uint64(0), np.uint64(0)).repeat(WORDS, axis=1) for p in range(PLANES)]
    for n, rows in enumerate(at_work(many)):
        place[:rows] = letters[n].take(texts[:rows])[:, None]
        _count(planes, slice(0, rows), _drawn(prf, message[:rows]))
    even = np.flatnonzero(many % 2 == 0)
    place[:], message[:, :, 15] = 0, OF_BLOCK
    _count(planes, even, _drawn(prf, message[even]))
    wanted: _Votes = planes[-1]
    return np.asarray(wanted[:, : WORDS // 2] ^ wanted[:, WORDS // 2 :], np.uint64)


def _drawn(prf: Prf, message: npt.NDArray[np.uint8]) -> _Votes:
    return prf(message.reshape(-1, BLOCK)).view(np.uint64).reshape(len(message), WORDS)


def _count(planes: list[_Votes], rows: slice | npt.NDArray[np.intp], votes: _Votes) -> None:
    """Add one vote to each count: planes hold the binary digits of all counts, the lowest first."""
    for plane in planes:
        before = plane[rows]
        carried = before & votes
        plane[rows] = before ^ votes
        votes = carried
