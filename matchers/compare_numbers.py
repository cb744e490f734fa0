"""Comparisons of what should be alike to the letter: registered numbers, accounts, telephones, e-mail addresses."""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import OSA

from matchers.comparison import Comparison, Flags, Levels, always, by_distinct, quick_equal, similarity
from matchers.features import Codes, Column, Features


def number(name: str) -> Comparison:
    """Return a comparison of a registered number: the same, one wrong or exchanged character, or another."""

    def resolve(features: Features, left: Codes, right: Codes) -> Levels:
        column = features.columns[name]
        return np.where(one_slip(column, column.codes[left], column.codes[right]), 1, 2).astype(np.int8)

    return Comparison(name, ("exact", "typo", "differs"), (name,), quick_equal(name), resolve, (1e-7, 1e-7), name, registered=True, by_numbers=True, telling_gaps=True)


def contact(name: str) -> Comparison:
    """Return a comparison of a value that is shared or not: an account, a telephone, an e-mail address."""
    return Comparison(name, ("exact", "differs"), (name,), quick_equal(name), always(1), (1e-5,), name, by_numbers=True)


def one_slip(column: Column, a: Codes, b: Codes) -> Flags:
    """Return where two different numbers are one wrong, missing, added or exchanged character apart.

    Numbers of one length are compared as bytes, all at once; the others, and long ones, by their edit distance.
    """
    table = column.bytes
    if table is None:
        return np.asarray(by_distinct(a, b, lambda x, y: _near(column, x, y)) == 1)
    slip = np.zeros(len(a), np.bool_)
    lengths = column.lengths
    same = np.flatnonzero(lengths[a] == lengths[b])
    x, y = table[a[same]], table[b[same]]
    differs = x != y
    count = differs.sum(axis=1)
    slip[same[count == 1]] = True
    two = np.flatnonzero(count == 2)
    first = differs[two].argmax(axis=1)
    following = np.minimum(first + 1, table.shape[1] - 1)
    p, q = x[two], y[two]
    rows = np.arange(len(two))
    slip[same[two]] = (p[rows, first] == q[rows, following]) & (p[rows, following] == q[rows, first])
    other = np.flatnonzero(np.abs(lengths[a] - lengths[b]) == 1)
    slip[other] = by_distinct(a[other], b[other], lambda u, v: _near(column, u, v)) == 1
    return slip


def _near(column: Column, a: Codes, b: Codes) -> Levels:
    return (similarity(column.values, a, b, OSA.distance, score_cutoff=1) <= 1).astype(np.int8)
