"""How alike two values are, in named levels. What whole numbers can say is said first; each distinct pair of texts is compared once.

A comparison gives a level from 0 (best) upward, or -1 where either side is unknown. `quick` looks at codes alone and leaves
`UNRESOLVED` what needs a closer look; `resolve` looks at those, so that pairs which cannot become links never cost a
comparison of text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process

from matchers.features import Codes, Features

UNRESOLVED = -2
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Quick = Callable[[Features, Codes, Codes], Levels]


@dataclass(frozen=True)
class Comparison:
    """One attribute weighed.

    Args:
        name: the field, as reports name it.
        levels: names of the degrees of agreement, best first; the last means *differs*.
        needs: coded columns, one of which the data must have.
        quick: (features, left record numbers, right) -> level, -1, or `UNRESOLVED`.
        resolve: the same for unresolved pairs -> level.
        strangers: how often any two parties show each level but the last, roughly; what stands while data are few.
        frequency: coded column whose value, where two records share it (level 0), weighs by how rare it is.
        silent: a level that weighs nothing, because another comparison says the same already.
        registered: the value is a number that is given out once.
        telling_gaps: that the value is unknown says something: a child has no National Insurance number, and so twins seldom have two.
        whole: which codes of `frequency` may be called equal at all; an initial may not.
        by_numbers: `resolve` reads no text either, and so costs little.
    """

    name: str
    levels: tuple[str, ...]
    needs: tuple[str, ...]
    quick: Quick
    resolve: Quick
    strangers: tuple[float, ...]
    frequency: str = ""
    silent: str = ""
    registered: bool = False
    by_numbers: bool = False
    telling_gaps: bool = False
    whole: Callable[[Features, Codes], Flags] | None = None

    @property
    def silent_level(self) -> int | None:
        return self.levels.index(self.silent) if self.silent else None


def usable(features: Features, comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons whose columns the data have."""
    return tuple(c for c in comparisons if any(features.has(name) for name in c.needs))


def compare(features: Features, left: Codes, right: Codes, comparisons: Sequence[Comparison]) -> npt.NDArray[np.int8]:
    """Weigh pairs fully.

    Returns:
        comparisons x pairs, the level of each.
    """
    if features.together is not None:
        return features.together(left, right, comparisons)
    out = np.empty((len(comparisons), len(left)), np.int8)
    for row, comparison in enumerate(comparisons):
        level = comparison.quick(features, left, right)
        resolve_into(level, comparison, features, left, right)
        out[row] = level
    return out


def resolve_into(level: Levels, comparison: Comparison, features: Features, left: Codes, right: Codes) -> None:
    """Replace what `quick` left open."""
    at = np.flatnonzero(level == UNRESOLVED)
    if len(at):
        level[at] = comparison.resolve(features, left[at], right[at])


def known_equal(features: Features, name: str, left: Codes, right: Codes) -> tuple[Flags, Flags]:
    """Return where both values are known, and where these are equal; a column the data lack is known nowhere."""
    if not features.has(name):
        nowhere = np.zeros(len(left), np.bool_)
        return nowhere, nowhere
    a, b = features.codes(name)[left], features.codes(name)[right]
    known = (a >= 0) & (b >= 0)
    return known, known & (a == b)


def quick_equal(name: str, *, whole: Callable[[Features, Codes], Flags] | None = None) -> Quick:
    """Return a first look at one column: unknown, equal, or open.

    Args:
        whole: which of the given codes may be called equal; an initial or a part of a date is equal to more than itself.
    """

    def quick(features: Features, left: Codes, right: Codes) -> Levels:
        codes = features.codes(name)
        a, b = codes[left], codes[right]
        level = np.full(len(a), UNRESOLVED, np.int8)
        same = a == b
        if whole is not None:
            same &= whole(features, a)
        level[same] = 0
        level[(a < 0) | (b < 0)] = -1
        return level

    return quick


def always(level: int) -> Quick:
    """Return a closer look that finds the same level everywhere."""
    return lambda features, left, right: np.full(len(left), level, np.int8)


def in_order(size: int, *cases: Flags) -> Levels:
    """Return the first case that holds as level 1, 2, 3 ...; none: the level after the last."""
    level = np.full(size, len(cases) + 1, np.int8)
    for number, case in reversed(list(enumerate(cases, start=1))):
        level[case] = number
    return level


def by_distinct(a: Codes, b: Codes, judge: Callable[[Codes, Codes], Levels]) -> Levels:
    """Return the judge's level for every pair of codes, asking once for each distinct pair; (a, b) and (b, a) are one."""
    if not len(a):
        return np.empty(0, np.int8)
    packed = (np.minimum(a, b).astype(np.int64) << 32) | np.maximum(a, b).astype(np.int64)
    order = np.argsort(packed)
    ranked = packed[order]
    new = np.ones(len(ranked), np.bool_)
    new[1:] = ranked[1:] != ranked[:-1]
    first = ranked[new]
    levels = judge((first >> 32).astype(np.int32), (first & 0xFFFFFFFF).astype(np.int32))
    out = np.empty(len(a), np.int8)
    out[order] = levels[np.cumsum(new) - 1]
    return out


def similarity(texts: npt.NDArray[np.object_] | pl.Series, a: Codes, b: Codes, scorer: Callable[..., Any], **options: Any) -> npt.NDArray[np.float32]:
    """Return rapidfuzz's score of each pair of texts."""
    if not len(a):
        return np.empty(0, np.float32)
    one, other = (texts.gather(codes).to_list() if isinstance(texts, pl.Series) else texts[codes].tolist() for codes in (a, b))
    return np.asarray(process.cpdist(one, other, scorer=scorer, dtype=np.float32, **options), np.float32)
