"""Comparison of addresses: the home, the house, the postcode, the neighbourhood."""

from __future__ import annotations

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matchers.comparison import UNRESOLVED, Comparison, Flags, Levels, by_distinct, known_equal, similarity
from matchers.features import Codes, Features

LEVELS = ("same-house", "part", "same-postcode", "same-sector", "same-district", "same-area", "differs")
CLOSE_LINE = 90  # token sort ratio, 0 to 100; the same words in another order, or a slip
NEAR_LINE = 75  # token sort ratio


def address() -> Comparison:
    """Return the comparison of addresses, all their columns together."""
    return Comparison("address", LEVELS, ("postcode", "address", "uprn"), _quick, _resolve, (0.00001, 0.00001, 0.0001, 0.003, 0.03, 0.3), "home")


def _quick(features: Features, left: Codes, right: Codes) -> Levels:
    """Say what codes can say; open stays where the lines' words may bring two addresses nearer."""
    level = np.zeros(len(left), np.int8)
    known_home, same_home = known_equal(features, "home", left, right)
    at = np.flatnonzero(~same_home)
    level[at] = _by_codes(features, left[at], right[at], known_home[at])
    return level


def _by_codes(features: Features, left: Codes, right: Codes, known_home: Flags) -> Levels:
    known_code, same_code = known_equal(features, "postcode", left, right)
    known_house, same_house = known_equal(features, "paon", left, right)
    known_flat, same_flat = known_equal(features, "saon", left, right)
    known_uprn, same_uprn = known_equal(features, "uprn", left, right)
    known_line, _ = known_equal(features, "address", left, right)
    flats_differ, houses_differ = known_flat & ~same_flat, known_house & ~same_house
    level = _district(features, left, right)
    level[same_code] = 2
    level[same_code & same_house & ~flats_differ] = 1
    # where the postcode does not settle it: equal beside no other house, unknown, or perhaps misspelt beside an equal house
    level[known_line & ~flats_differ & ~houses_differ & (level > 1)] = UNRESOLVED
    level[~(known_home | known_code | known_uprn | known_line)] = -1
    level[same_uprn & ~flats_differ] = 0
    return level


def _district(features: Features, left: Codes, right: Codes) -> Levels:
    """Return how near two postcodes are."""
    level = np.full(len(left), 6, np.int8)
    if features.has("postcode"):
        a, b = features.codes("postcode")[left], features.codes("postcode")[right]
        for number, wider in ((5, "postcode_area"), (4, "district"), (3, "sector")):
            table = features.tables[wider]
            x, y = table[a], table[b]
            level[(x == y) & (x >= 0) & (a >= 0) & (b >= 0)] = number
    return level


def _resolve(features: Features, left: Codes, right: Codes) -> Levels:
    """Read the lines: nearly the same words are the same house, where the postcode does not speak against it."""
    known_code, same_code = known_equal(features, "postcode", left, right)
    level = _district(features, left, right)
    level[same_code] = 2
    close, near = _lines(features, left, right)
    typo = _postcode_typo(features, left, right) if features.has("postcode") else np.zeros(len(left), np.bool_)
    trusted = same_code | ~known_code | typo
    found = np.where(close & trusted, 1, np.where(close | (near & trusted), 3, 6)).astype(np.int8)
    return np.minimum(level, found)


def _lines(features: Features, left: Codes, right: Codes) -> tuple[Flags, Flags]:
    """Return where two address lines have nearly the same words, and where they have many of them."""
    column = features.columns["address"]
    a, b = column.codes[left], column.codes[right]
    both = np.flatnonzero((a >= 0) & (b >= 0))

    def judge(x: Codes, y: Codes) -> Levels:
        score = similarity(column.values, x, y, fuzz.token_sort_ratio, score_cutoff=NEAR_LINE)
        return ((score >= CLOSE_LINE).astype(np.int8) + (score >= NEAR_LINE)).astype(np.int8)

    degree = np.zeros(len(a), np.int8)
    degree[both] = by_distinct(a[both], b[both], judge)
    return degree == 2, degree >= 1


def _postcode_typo(features: Features, left: Codes, right: Codes) -> Flags:
    column = features.columns["postcode"]
    a, b = column.codes[left], column.codes[right]
    both = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
    out = np.zeros(len(a), np.bool_)
    texts = column.values
    out[both] = by_distinct(a[both], b[both], lambda x, y: (similarity(texts, x, y, OSA.distance, score_cutoff=1) <= 1).astype(np.int8)) == 1
    return out
