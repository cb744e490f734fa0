"""Comparison of birth dates, by their parts: a slip in one digit, day and month exchanged, a part that nobody knew."""

from __future__ import annotations

import numpy as np

from matchers.comparison import Comparison, Flags, Levels, quick_equal
from matchers.features import Codes, Features

LEVELS = ("exact", "day-month-swap", "typo", "part", "near", "same-year", "differs")


def date_of_birth() -> Comparison:
    """Return the comparison of birth dates."""
    strangers = (0.00004, 0.00005, 0.001, 0.0001, 0.003, 0.012)
    return Comparison("date_of_birth", LEVELS, ("date_of_birth",), quick_equal("date_of_birth", whole=_whole), _resolve, strangers, "date_of_birth", by_numbers=True, whole=_whole)


def _whole(features: Features, codes: Codes) -> Flags:
    return np.asarray(features.tables["birth_whole"][codes])


def _resolve(features: Features, left: Codes, right: Codes) -> Levels:
    """Day and month exchanged; one digit wrong or two exchanged, or a neighbouring year, month or day; an unknown part that fits;
    two of the three parts alike; the same year; another date."""
    codes = features.codes("date_of_birth")
    a, b = codes[left], codes[right]
    year, month, day = (features.tables[f"birth_{part}"] for part in ("year", "month", "day"))
    same_year, same_month, same_day = (part[a] == part[b] for part in (year, month, day))
    whole = features.tables["birth_whole"]
    both_whole = whole[a] & whole[b]
    level = np.full(len(a), 6, np.int8)
    level[same_year & (year[a] >= 0)] = 5
    near = (same_year & same_month) | (same_year & same_day) | (same_month & same_day)
    level[near & both_whole] = 4
    partial = np.flatnonzero(~both_whole)
    level[partial[_fits(a[partial], b[partial], (year, month, day))]] = 3
    at = np.flatnonzero(near & both_whole)
    level[at[_slip(a[at], b[at], (year, month, day))]] = 2
    at = np.flatnonzero(same_year & both_whole)
    level[at[(month[a[at]] == day[b[at]]) & (day[a[at]] == month[b[at]])]] = 1
    return level


def _fits(a: Codes, b: Codes, parts: tuple[Codes, Codes, Codes]) -> Flags:
    """Return where all parts that both dates know are equal."""
    fits = np.ones(len(a), np.bool_)
    for part in parts:
        x, y = part[a], part[b]
        fits &= (x < 0) | (y < 0) | (x == y)
    return fits


def _slip(a: Codes, b: Codes, parts: tuple[Codes, Codes, Codes]) -> Flags:
    """Return where, of dates with two equal parts, the third is one digit wrong, two digits exchanged, or a neighbouring value."""
    slip = np.zeros(len(a), np.bool_)
    for part, digits, apart in zip(parts, (4, 2, 2), (1, 1, 2), strict=True):
        x, y = part[a], part[b]
        slip |= (x != y) & (_one_digit(x, y, digits) | (np.abs(x - y) <= apart))
    return slip


def _one_digit(a: Codes, b: Codes, digits: int) -> Flags:
    """Return where two numbers differ in one digit, or in two neighbouring digits that changed places."""
    wrong = np.zeros(len(a), np.int8)
    exchanged = np.zeros(len(a), np.bool_)
    for place in range(digits):
        x, y = a // 10**place % 10, b // 10**place % 10
        wrong += x != y
        if place:
            exchanged |= (x == b // 10 ** (place - 1) % 10) & (y == a // 10 ** (place - 1) % 10) & (x != y)
    return np.asarray((wrong == 1) | ((wrong == 2) & exchanged))
