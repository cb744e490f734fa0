"""A1: naming the values of a column from public counts of names, by how often they occur and which of them are alike.

The commonest names are aligned with the commonest values, so that what is alike on one side is alike on the other; the values that were
named well are anchors, and each further value is named by which anchors it is like, where bits that mostly come together count as one. An
encoding that can be compared across a whole file gives nineteen forenames in twenty away like this, with no key and nobody known.

Source: Culnane, Rubinstein and Teague (2017), arXiv 1712.00871, for the attack; Vogelstein et al. (2015), PLOS ONE 10(4) e0121002, for
the quadratic assignment, with the assignment of each step by optimal transport as Saad-Eldin et al. (2021), arXiv 2111.05366; Kessy, Lewin
and Strimmer (2018), The American Statistician 72, 309-314, for bits that come together.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from matchers.attacks.columns import AttackResult, Column, Filters, Ids, worst

Matrix = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
NAMED = 0.02  # of records bear the commonest name; who guesses it for everybody is right as often
COUNTS = "public counts of names"
BY_CHANCE = 5.0  # standard errors that a column may be above the commonest value; some 350 columns are tried, and one in a million is so by chance
FEWEST = 20  # distinct values of a block that can be aligned; fewer are named by their rank
ALIGNED = 5  # largest blocks of a pass that are aligned, if they hold so many
_STEPS, _ROUNDS = 15, 25  # of the assignment, and of the transport in each
_SHARPNESS = 0.1  # of the transport, in standard deviations of the gradient; smaller comes nearer to an assignment
_LEAST = np.float32(-30)  # a smaller logarithm is as good as none, and arithmetic near the smallest number is slow
_FREQUENCY = 0.03  # what a factor e of frequency costs, in correlation
_KEPT = 0.8  # of the values that name each other, the share that serve as anchors
_LOOKED_AT = 500  # commonest values that are named from each start, to choose one
_AT_ONCE = 2048  # values, so that a matrix of likeness stays below a few hundred megabytes


@dataclass(frozen=True)
class Effort:
    """How hard the attacker tries.

    Attributes:
        first: the commonest values, which are aligned; several numbers are tried, and the alignment that goes on best is kept.
        weights: of frequency against likeness, each tried.
        wider: the commonest values that are looked at for anchors, round by round.
        anchors: how many there may be.
    """

    first: tuple[int, ...] = (60, 120, 250)
    weights: tuple[float, ...] = (0.3, 1.0, 3.0)
    wider: tuple[int, ...] = (250, 500, 1000, 2000, 4000)
    anchors: int = 2000


QUICK = Effort((96,), (1.0,), (250, 1000), 300)


@dataclass(frozen=True)
class Values:
    """Distinct values, the commonest first.

    Attributes:
        ids: of the values.
        counts: how often each occurs.
        filters: what each looks like, where the column is a filter.
    """

    ids: Ids
    counts: Counts
    filters: Filters | None = None

    @staticmethod
    def of(ids: Ids, filters: Filters | None = None, most: int | None = None) -> Values:
        """Count values; a value of 0 is none."""
        values, first, counts = np.unique(ids, return_index=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        order = order[values[order] != 0][:most]
        return Values(values[order], counts[order], None if filters is None else filters[first[order]])


def named(observed: Values, public: Values, effort: Effort) -> Ids:
    """Return for each observed value the public value it is taken for, 0 where it is taken for none."""
    if observed.filters is None or public.filters is None or min(len(observed.ids), len(public.ids)) < 3:
        return _by_rank(observed, public)
    return public.ids[_by_likeness(observed, public, effort)]


def file_wide(column: Column, truth: Ids, public: Values, effort: Effort) -> tuple[float, float]:
    """Return the share of a column's records whose value is named, and what guessing would reach.

    Args:
        truth: what each of the column's records means, in the numbers of `public`.
    """
    known = column.ids != 0
    observed = Values.of(column.ids, column.filters)
    given = _named_of(column.ids[known], observed, named(observed, public, effort))
    return float((given == truth[known]).mean()) if len(given) else 0.0, _gate(public, len(given))


def in_blocks(column: Column, truth: Ids, public: Values, effort: Effort) -> tuple[float, float]:
    """Return the share of records named when each block is attacked by itself, and what guessing would reach.

    A guess that holds of one record of a block mostly holds of all, so the blocks are the guesses, not the records.
    """
    at = np.flatnonzero(column.ids != 0)
    if not len(at):
        return 0.0, 1.0
    order = at[np.lexsort((column.ids[at], column.blocks[at]))]
    block, ids = column.blocks[order], column.ids[order]
    starts = np.flatnonzero(np.concatenate(([True], (ids[1:] != ids[:-1]) | (block[1:] != block[:-1]))))
    sizes = np.diff(np.append(starts, len(order)))
    # the values of each block, the commonest first, and how many of the same block stand before each
    ranked = np.lexsort((ids[starts], -sizes, block[starts]))
    first = np.flatnonzero(np.concatenate(([True], np.diff(block[starts][ranked]) != 0)))
    many = np.diff(np.append(first, len(ranked)))
    rank = np.empty(len(ranked), np.int64)
    rank[ranked] = np.arange(len(ranked)) - np.repeat(first, many)
    given = np.append(public.ids, np.uint64(0))[np.minimum(rank, len(public.ids))]
    right = truth[order] == np.repeat(given, sizes)
    if column.filters is not None:
        for i in np.argsort(-many, kind="stable")[:ALIGNED]:
            if many[i] >= FEWEST:
                one = np.flatnonzero(block == block[starts][ranked][first[i]])
                observed = Values.of(ids[one], column.filters[order[one]])
                right[one] = _named_of(ids[one], observed, named(observed, public, effort)) == truth[order[one]]
    return float(right.mean()), _gate(public, len(first))


def _gate(public: Values, guesses: int) -> float:
    """Return the share of the commonest value, and what as many guesses may be right above it by chance."""
    base = max(NAMED, guess(public))
    return min(1.0, base + BY_CHANCE * sqrt(base * (1 - base) / max(guesses, 1)))


def guess(public: Values) -> float:
    """Return the share of the commonest value."""
    return float(public.counts[0] / public.counts.sum()) if len(public.counts) else 1.0


def alignment_attack(found: dict[str, tuple[float, float]], *, how: str) -> AttackResult:
    """Return the result of the column of which most was named; where there is only one value, nothing is learnt by naming it."""
    return worst(f"A1 {how}", COUNTS, {name: (metric, gate) for name, (metric, gate) in found.items() if gate < 1})


def _named_of(ids: Ids, observed: Values, names: Ids) -> Ids:
    order = np.argsort(observed.ids)
    return names[order][np.searchsorted(observed.ids[order], ids)]


def _by_rank(observed: Values, public: Values) -> Ids:
    out = np.zeros(len(observed.ids), np.uint64)
    many = min(len(out), len(public.ids))
    out[:many] = public.ids[:many]
    return out


def _by_likeness(observed: Values, public: Values, effort: Effort) -> Places:
    assert observed.filters is not None
    assert public.filters is not None
    x, y = _unit(_bits(observed.filters)), _unit(_bits(public.filters))
    often = (np.log(observed.counts / observed.counts.sum()).astype(np.float32), np.log(public.counts / public.counts.sum()).astype(np.float32))
    starts = []
    for first in effort.first:
        n = min(first, len(x), len(y))
        a, b = x[:n] @ x[:n].T, y[:n] @ y[:n].T
        np.fill_diagonal(a, 0)
        np.fill_diagonal(b, 0)
        unlike = np.square(often[0][:n, None] - often[1][None, :n])
        starts += [assignment(a, b, (weight * unlike).astype(np.float32)) for weight in effort.weights]
    apart = _decorrelated(x), _decorrelated(y)
    return _extended(*apart, often, _best(starts, x, y, apart, often, effort), effort)


def _best(starts: list[Places], x: Matrix, y: Matrix, apart: tuple[Matrix, Matrix], often: tuple[Matrix, Matrix], effort: Effort) -> Places:
    """Return the start from which the commonest values are named best: most alike among each other as the values are."""
    if len(starts) == 1:
        return starts[0]
    n, m = min(_LOOKED_AT, len(x)), min(3 * _LOOKED_AT, len(y))
    found = [_extended(apart[0][:n], apart[1][:m], (often[0][:n], often[1][:m]), start, effort) for start in starts]
    fits = [_fit(x[:n] @ x[:n].T, y[taken] @ y[taken].T) for taken in found]
    return starts[int(np.argmax(fits))]


def assignment(a: Matrix, b: Matrix, cost: Matrix) -> Places:
    """Return for each row of `a` a row of `b`, each taken once, so that what is alike in `a` is alike in `b`, at little cost.

    A local optimum of the quadratic assignment by Frank and Wolfe's method, from the assignment that the cost alone suggests.
    """
    plan = _transport(np.negative(cost, dtype=np.float32), 0.05)
    for _ in range(_STEPS):
        moved = a @ plan @ b
        gradient = np.asarray(2 * moved - cost, np.float32)
        step = _transport(gradient, _SHARPNESS * float(gradient.std()) + 1e-9) - plan
        square = float(((a @ step @ b) * step).sum())
        line = 2 * float((moved * step).sum()) - float((cost * step).sum())
        length = min(1.0, -line / (2 * square)) if square < 0 else float(square + line > 0)
        if length <= 0:
            break
        plan = plan + np.float32(length) * step
        if length * float(np.abs(step).max()) < 1e-3:
            break
    return _one_to_one(plan)


def _transport(gain: Matrix, sharpness: float) -> Matrix:
    """Return the plan with unit sums of rows and columns that gains most, blurred. Source: Cuturi (2013), Sinkhorn distances."""
    plan = np.exp(np.maximum((gain - gain.max(axis=1, keepdims=True)) / np.float32(sharpness), _LEAST))
    down = np.ones(plan.shape[1], np.float32)
    across = down
    for _ in range(_ROUNDS):
        across = 1 / np.maximum(plan @ down, np.float32(1e-30))
        down = 1 / np.maximum(across @ plan, np.float32(1e-30))
    return np.asarray(plan * across[:, None] * down, np.float32)


def _one_to_one(plan: Matrix) -> Places:
    """Return the column of each row, the largest entries first, each column once."""
    out = np.full(len(plan), -1, np.int64)
    free = np.ones(plan.shape[1], np.bool_)
    rows, places = np.divmod(np.argsort(-plan, axis=None, kind="stable"), plan.shape[1])
    left = len(plan)
    for row, at in zip(rows.tolist(), places.tolist(), strict=True):  # a few hundred values, and it ends when all are placed
        if out[row] < 0 and free[at]:
            out[row], free[at], left = at, False, left - 1
            if not left:
                break
    return out


def _fit(a: Matrix, b: Matrix) -> float:
    """Return how well two tables of likeness agree."""
    at = np.triu_indices(len(a), 1)
    x, y = a[at], b[at]
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _extended(x: Matrix, y: Matrix, often: tuple[Matrix, Matrix], taken: Places, effort: Effort) -> Places:
    """Name every value by its likeness to those that were named."""
    mine, theirs = np.arange(len(taken)), taken
    for many in effort.wider:
        n, m = min(many, len(x)), min(3 * many, len(y))
        score = _score(_profile(x[:n], x[mine]), _profile(y[:m], y[theirs]), often[0][:n], often[1][:m])
        best = score.argmax(axis=1)
        mutual = np.flatnonzero(score.argmax(axis=0)[best] == np.arange(n))
        kept = mutual[np.argsort(-score[mutual, best[mutual]], kind="stable")]
        kept = kept[: min(effort.anchors, max(60, int(_KEPT * len(mutual))))]
        if len(kept) < 3:
            break
        mine, theirs = kept, best[kept]
    other = _profile(y, y[theirs])
    parts = []
    for start in range(0, len(x), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        parts.append(_score(_profile(x[part], x[mine]), other, often[0][part], often[1]).argmax(axis=1))
    return np.concatenate(parts)


def _decorrelated(values: Matrix) -> Matrix:
    """Return values in which no two bits go together.

    Common pairs of letters make most of the likeness of two names, and rare ones tell them apart; now all count alike. To the variance of
    each direction the mean variance is added, more where there are fewer values than bits: what bits have in common there is mostly chance.
    """
    centred = values - values.mean(axis=0)
    spread, directions = np.linalg.eigh(centred.T @ centred / np.float32(len(values)))
    added = max(1.0, values.shape[1] / len(values)) * float(spread.mean()) + 1e-9
    return _unit(np.asarray((centred @ (directions / np.sqrt(np.maximum(spread, 0) + added))) @ directions.T, np.float32))


def _score(mine: Matrix, theirs: Matrix, often: Matrix, public: Matrix) -> Matrix:
    """Return how alike profiles are, less what the square of the distance of their frequencies costs; all in one product."""
    rate, one = np.float32(_FREQUENCY), np.ones
    left = (mine, 2 * rate * often[:, None], -rate * np.square(often)[:, None], one((len(often), 1)))
    right = (theirs, public[:, None], one((len(public), 1)), -rate * np.square(public)[:, None])
    return np.asarray(np.hstack(left).astype(np.float32) @ np.hstack(right).astype(np.float32).T)


def _profile(values: Matrix, anchors: Matrix) -> Matrix:
    return _unit(values @ anchors.T)


def _bits(filters: Filters) -> Matrix:
    return np.unpackbits(np.ascontiguousarray(filters), axis=1).astype(np.float32)


def _unit(table: Matrix) -> Matrix:
    """Return rows of mean 0 and length 1."""
    centred = table - table.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), np.float32)
