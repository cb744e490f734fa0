"""Texts as pairs of neighbouring letters, which is what filters are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.prf import laid_out

LEAST_PAIRS = 3  # of letters; a text of one letter is filled up, and so weighs like any other
LONGEST = 48  # bytes of text; a longer one is cut
MOST_PAIRS = LONGEST + 1
PAD = ord("_")


@dataclass(frozen=True)
class Pairs:
    """Pairs of letters of distinct texts: `letters` is pairs x texts, two letters a number; `many` how many pairs each text has."""

    letters: npt.NDArray[np.uint16]
    many: npt.NDArray[np.int64]


def pairs_of(texts: pl.Series) -> Pairs:
    """Return the padded pairs of neighbouring letters of each text: `_A AN NN N_` of ANN; empty and null texts have none."""
    cut, lengths = laid_out(texts, LONGEST)
    lengths = lengths.clip(max=LONGEST)
    width = max(int(lengths.max(initial=0)) + 2, LEAST_PAIRS + 1)
    table = np.full((width, len(lengths)), PAD, np.uint16)
    held = cut.T[: width - 2]
    table[1 : 1 + len(held)] = np.where(np.arange(len(held))[:, None] < lengths, held, PAD)
    return Pairs(table[:-1] + (table[1:] << 8), np.where(lengths > 0, np.maximum(lengths + 1, LEAST_PAIRS), 0))


def longest_first(pairs: Pairs, codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return the rows that have a text, those with more pairs first, so that those still at work are always a beginning; their texts; their pairs."""
    known = np.flatnonzero(codes >= 0)
    order = known[np.argsort(-pairs.many.take(codes[known]).astype(np.int16), kind="stable")]
    texts = codes[order]
    return order, texts, pairs.many.take(texts)




def at_work(many: npt.NDArray[np.int64]) -> list[int]:
    """Return for each number of a pair how many rows, those with more pairs first, have that pair."""
    numbers = np.arange(int(many.max(initial=0)))
    return [int(rows) for rows in np.searchsorted(-many, -numbers, side="left")]
