"""A4: records as a graph of who is like whom, put on top of the same graph of a list of known people.

Each record is placed in space by its walk in the graph, the two clouds are turned onto each other, and nearest points are matched, in turn.

Source: Vidanage, Christen, Ranbaduge and Schnell (2020), A graph matching attack on privacy-preserving record linkage, CIKM; embedding
as Qiu et al. (2018), Network embedding as matrix factorization; alignment as Grave, Joulin and Berthet (2019). A small rewrite of our own.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.linalg import svds

from matchers.attacks.columns import ids_of
from matchers.encoding.encoder import Encoded
from matchers.encoding.layout import FILTERS, TOKENS

DIMENSIONS = 48
WALK = 3  # steps
TURNS = 10
NEAREST = 15  # edges of a record


def likeness(encoded: Encoded) -> csr_matrix:
    """Return how alike records are that share a block: the mean of their filters' likeness, the most of any pass."""
    rows: list[np.ndarray] = []
    for name, every in encoded.rows.items():
        if not len(every):
            continue
        ids = ids_of(encoded.tokens[name])
        order = np.argsort(ids, kind="stable")
        for at in np.split(order, np.flatnonzero(np.diff(ids[order])) + 1):
            if len(at) > 1:
                i, j = np.triu_indices(len(at), 1)
                alike = _alike(encoded.codes[name][at])[i, j]
                rows.append(np.column_stack((every[at[i]], every[at[j]], alike)))
    return _symmetric(np.concatenate(rows) if rows else np.zeros((0, 3)), encoded.size)


def everywhere(codes: np.ndarray) -> csr_matrix:
    """Return the same where all records can be compared: each with those it is most like."""
    alike = _alike(codes)
    np.fill_diagonal(alike, -1)
    near = np.argpartition(-alike, NEAREST, axis=1)[:, :NEAREST]
    rows = np.repeat(np.arange(len(codes)), NEAREST)
    return _symmetric(np.column_stack((rows, near.ravel(), alike[rows, near.ravel()])), len(codes))


def matched(mine: csr_matrix, theirs: csr_matrix) -> np.ndarray:
    """Return for each record of one graph the record of the other that it is taken for, -1 for none."""
    first, second = _structure(mine), _structure(theirs)
    x, y = _embedding(mine), _embedding(theirs)
    name = _assigned(first @ second.T)
    best, kept = name, -np.inf
    for turn in range(TURNS):
        at = np.flatnonzero(name >= 0)
        u, _, v = np.linalg.svd(x[at].T @ y[name[at]])
        share = (turn + 1) / TURNS
        gain = share * (x @ (u @ v)) @ y.T + (1 - share) * first @ second.T
        name = _assigned(gain)
        at = np.flatnonzero(name >= 0)
        agree = float(mine[at][:, at].multiply(theirs[name[at]][:, name[at]]).sum())
        if agree > kept:
            best, kept = name, agree
    return best


def _assigned(gain: np.ndarray) -> np.ndarray:
    rows, places = linear_sum_assignment(-gain)
    out = np.full(len(gain), -1)
    out[rows] = places
    return out


def _alike(codes: np.ndarray) -> np.ndarray:
    filters = codes[:, : codes.shape[1] - 4 * len(TOKENS)].reshape(len(codes), len(FILTERS), -1)
    total, many = np.zeros((len(codes), len(codes)), np.float32), np.zeros((len(codes), len(codes)), np.float32)
    for i in range(len(FILTERS)):
        bits = np.unpackbits(np.ascontiguousarray(filters[:, i]), axis=1).astype(np.float32)
        held = bits.any(axis=1).astype(np.float32)
        weight = bits.sum(axis=1)
        total += 2 * (bits @ bits.T) / np.maximum(weight[:, None] + weight[None, :], 1)
        many += np.outer(held, held)
    return total / np.maximum(many, 1)


def _symmetric(edges: np.ndarray, size: int) -> csr_matrix:
    i, j = edges[:, 0].astype(np.int64), edges[:, 1].astype(np.int64)
    both = np.concatenate((np.column_stack((np.minimum(i, j), np.maximum(i, j))), np.zeros((0, 2), np.int64)))
    order = np.lexsort((-edges[:, 2], both[:, 1], both[:, 0]))
    both, weight = both[order], edges[order, 2]
    first = np.concatenate(([True], (np.diff(both, axis=0) != 0).any(axis=1))) if len(both) else np.zeros(0, np.bool_)
    half = coo_matrix((weight[first], (both[first, 0], both[first, 1])), shape=(size, size))
    return (half + half.T).tocsr()


def _structure(graph: csr_matrix) -> np.ndarray:
    """Return what surrounds each record, without saying who: how many are like it, how much, and the same of those."""
    degree = np.asarray((graph > 0).sum(axis=1)).ravel().astype(float)
    strength = np.asarray(graph.sum(axis=1)).ravel()
    near = np.zeros((graph.shape[0], 6))
    for row in range(graph.shape[0]):
        weights = np.sort(graph.data[graph.indptr[row] : graph.indptr[row + 1]])[::-1][:6]
        near[row, : len(weights)] = weights
    seen = [np.log1p(degree), strength, *near.T]
    step = diags(1 / np.maximum(degree, 1)) @ (graph > 0).astype(float)
    table = np.column_stack(seen)
    for _ in range(2):
        table = np.column_stack((table, step @ table[:, -len(seen) :]))
    table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9)
    return _unit(table)


def _embedding(graph: csr_matrix) -> np.ndarray:
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-9)
    step = (diags(1 / degree) @ graph).tocsr()
    walk = power = step
    for _ in range(WALK - 1):
        power = power @ step
        walk = walk + power
    total = (walk @ diags(degree.sum() / (WALK * degree))).tocsr()
    total.data = np.log(np.maximum(total.data, 1.0))
    many = min(DIMENSIONS, graph.shape[0] - 2)
    u, s, _ = svds(total, k=many, random_state=1)
    return _unit(u * np.sqrt(s))


def _unit(table: np.ndarray) -> np.ndarray:
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
