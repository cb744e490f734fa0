"""A2: bits that often occur together are a pair of letters; which pair, say public names; which name, the pairs found in it.

Source: Christen, Vidanage, Ranbaduge and Schnell (2018), Pattern-mining based cryptanalysis of Bloom filters, PAKDD; here the patterns are
aligned with pairs of letters by frequency and by which occur together, where the paper goes by frequency alone.
"""

from __future__ import annotations

import numpy as np

from benchmarks.attacks_data import pairs
from matchers.attacks.alignment import Values, assignment

LEAST_BITS = 5  # of a pattern
LEAST_SHARE = 0.01  # of the records that hold a pattern
SEEDS = 3000  # pairs of bits from which patterns are grown
WHOLE = 0.99  # of the records that hold the first two bits of a pattern also hold the others


def patterns(bits: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return sets of bits that are set together, patterns x bits.

    Args:
        bits: distinct filters x bits.
        counts: how often each filter occurs.
    """
    weight = counts / counts.sum()
    both = (bits * weight[:, None]).T @ bits
    alone = np.diag(both)
    lift = both / np.maximum(np.outer(alone, alone), 1e-12)
    i, j = np.triu_indices(len(alone), 1)
    chosen = np.flatnonzero(both[i, j] >= LEAST_SHARE)
    chosen = chosen[np.argsort(-lift[i, j][chosen], kind="stable")][:SEEDS]
    found = set()
    for a, b in zip(i[chosen], j[chosen], strict=True):
        held = (bits[:, a] > 0) & (bits[:, b] > 0)
        share = weight[held] @ bits[held] / weight[held].sum()
        closed = share >= WHOLE
        if closed.sum() >= LEAST_BITS:
            found.add(closed.tobytes())
    every = np.array([np.frombuffer(one, np.bool_) for one in sorted(found)]).reshape(-1, bits.shape[1])
    # a pattern that holds another is that pair of letters together with something else
    shared = every.astype(np.float32) @ every.T.astype(np.float32)
    holds = (shared == every.sum(axis=1)) & (every.sum(axis=1)[:, None] > every.sum(axis=1))
    return np.asarray(every[~holds.any(axis=1)])


def one_to_one(observed: Values, public_names: list[str], public_counts: np.ndarray) -> list[str | None]:
    """Return for each observed filter the only public name that has the pairs of letters found in it; None where there is none or several."""
    assert observed.filters is not None
    bits = np.unpackbits(observed.filters, axis=1).astype(np.float32)
    mined = patterns(bits, observed.counts)
    if len(mined) < 5:
        return [None] * len(bits)
    held = np.array([bits[:, one].all(axis=1) for one in mined]).T.astype(np.float32)
    letters = [pairs(name) for name in public_names]
    weight = public_counts / public_counts.sum()
    share: dict[str, float] = {}
    for one, w in zip(letters, weight, strict=True):
        for pair in one:
            share[pair] = share.get(pair, 0.0) + w
    common = sorted(share, key=lambda pair: -share[pair])
    mine = observed.counts / observed.counts.sum()
    often = mine @ held
    order = np.argsort(-often, kind="stable")[: len(common)]
    n = len(order)
    theirs = np.array([[pair in one for pair in common[:n]] for one in letters], np.float32)
    a = ((held[:, order] * mine[:, None]).T @ held[:, order]).astype(np.float32)
    b = ((theirs * weight[:, None]).T @ theirs).astype(np.float32)
    cost = 3 * np.square(np.log(np.diag(a) + 1e-6)[:, None] - np.log(np.diag(b) + 1e-6)[None, :])
    taken = assignment(_correlated(a), _correlated(b), cost.astype(np.float32))
    names: dict[bytes, list[str]] = {}
    for name, row in zip(public_names, theirs[:, taken] > 0, strict=True):
        names.setdefault(row.tobytes(), []).append(name)
    fitting = [names.get(row.tobytes(), []) for row in held[:, order] > 0]
    return [one[0] if len(one) == 1 else None for one in fitting]


def _correlated(both: np.ndarray) -> np.ndarray:
    alone = np.diag(both)
    spread = np.sqrt(np.maximum(alone * (1 - alone), 1e-9))
    out = (both - np.outer(alone, alone)) / np.outer(spread, spread)
    np.fill_diagonal(out, 0)
    return out.astype(np.float32)
