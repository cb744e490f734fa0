"""Comparisons of addresses that are linked themselves: property reference, house, street, postcode.

A slip in a house number is another house. So numbers are the same, or one is part of the other, or they are two; only names of
houses and streets are forgiven a letter.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from matchers.compare_numbers import one_slip
from matchers.comparison import (
    UNRESOLVED,
    Comparison,
    Flags,
    Levels,
    always,
    by_distinct,
    in_order,
    known_equal,
    quick_equal,
    similarity,
)
from matchers.features import Codes, Column, Features
from matchers.normalisers.address_words import STREETS

HOUSE_LEVELS = ("exact", "close", "part", "same-house", "unclear", "other-flat", "differs")
STREET_LEVELS = ("exact", "close", "part", "near", "differs")
TOWN_LEVELS = ("exact", "part", "differs")
POSTCODE_LEVELS = ("exact", "typo", "same-sector", "same-district", "differs")
LONG_NAME = 9  # letters; in a longer name of a house or street two slips are still slips
NEAR_STREET = 80  # token sort ratio, 0 to 100
NEAR_TOWN = 60  # token set ratio: half of the words, or all with slips
OFTEN = 3  # records that bear each of two names which differ by a letter: MILL LANE and HILL LANE are two streets
_KINDS = frozenset(STREETS.split("|"))
_DIGITS = re.compile("[0-9]+")


def reference(name: str) -> Comparison:
    """Return the comparison of the property reference: the same, or another; a digit apart is the house next door."""
    return Comparison(name, ("exact", "differs"), (name,), quick_equal(name), always(1), (1e-7,), name, registered=True, by_numbers=True)


def house() -> Comparison:
    """Return the comparison of house and flat: the same, a misspelt name, a range that holds the number, the flat open, a number beside a name, another flat, another house."""
    return Comparison("house", HOUSE_LEVELS, ("house",), _quick_house, _resolve_house, (0.01, 0.0005, 0.0005, 0.003, 0.15, 0.01), "house")


def street() -> Comparison:
    """Return the comparison of streets: the same words, a slip, one the beginning of the other, much alike, or another."""
    return Comparison("street", STREET_LEVELS, ("street",), quick_equal("street"), _resolve_street, (0.005, 0.0005, 0.002, 0.005), "street")


def town() -> Comparison:
    """Return the comparison of what stands behind the street: the same words, some of them or a slip, or another town."""
    return Comparison("town", TOWN_LEVELS, ("town",), quick_equal("town"), _resolve_town, (0.1, 0.05), "town")


def postcode() -> Comparison:
    """Return the comparison of postcodes: the same, one slip, the same sector, the same district, or another."""
    return Comparison("postcode", POSTCODE_LEVELS, ("postcode",), quick_equal("postcode"), _resolve_postcode, (0.002, 0.005, 0.02, 0.1), "postcode", by_numbers=True)


def _quick_house(features: Features, left: Codes, right: Codes) -> Levels:
    """Say what codes can say; open stay two names, and two numbers of which one is a range."""
    whole, same = known_equal(features, "house", left, right)
    numbers, same_number = known_equal(features, "house_number", left, right)
    names, same_name = known_equal(features, "house_name", left, right)
    flats, same_flat = known_equal(features, "flat", left, right)
    other_number = numbers & ~same_number
    level = np.where(whole, 4, -1).astype(np.int8)  # a number on one side and a name on the other may be one house
    level[whole & (numbers | names)] = 3
    ranges = _ranges(features, left, right)
    level[(names & ~same_name) | (other_number & ranges)] = UNRESOLVED
    level[flats & ~same_flat] = 5
    level[other_number & ~ranges] = 6
    level[same & (ranges | ~other_number)] = 0  # FLAT 7 18 is 7/18, and not FLAT 18 7
    return level


def _ranges(features: Features, left: Codes, right: Codes) -> Flags:
    if not features.has("house_range"):
        return np.zeros(len(left), np.bool_)
    codes = features.codes("house_range")
    return np.asarray((codes[left] >= 0) | (codes[right] >= 0))


def _resolve_house(features: Features, left: Codes, right: Codes) -> Levels:
    level = np.full(len(left), 6, np.int8)
    for name, judge in (("house_number", _within), ("house_name", _misspelt)):
        known, same = known_equal(features, name, left, right)
        at = np.flatnonzero(known & ~same)
        if len(at):
            column = features.columns[name]
            level[at] = by_distinct(column.codes[left[at]], column.codes[right[at]], partial(judge, column))
    if features.has("flat"):
        one_flat = (features.codes("flat")[left] >= 0) != (features.codes("flat")[right] >= 0)
        level[one_flat & (level < 3)] = 3
    return level


def _within(column: Column, a: Codes, b: Codes) -> Levels:
    """Say where a number is an end of the other's range, or one of two that may be flat and house; a loop, because ranges are few."""
    ends = {code: set(_DIGITS.findall(column.texts[code])) for code in {*a.tolist(), *b.tolist()}}
    pairs = [(ends[x], ends[y], "/" in column.texts[x] + column.texts[y]) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    return np.array([6 if len(x) == len(y) or not x & y else 3 if slash else 2 for x, y, slash in pairs], np.int8)


def _misspelt(column: Column, a: Codes, b: Codes) -> Levels:
    return np.where(_slip(column, a, b), 1, 6).astype(np.int8)


def _slip(column: Column, a: Codes, b: Codes) -> Flags:
    """Return where two names differ by one letter, and long ones by two at most."""
    edits = similarity(column.texts, a, b, OSA.distance, score_cutoff=2)
    return np.asarray((edits <= 1) | ((edits <= 2) & (np.minimum(column.lengths[a], column.lengths[b]) >= LONG_NAME)))


def _resolve_street(features: Features, left: Codes, right: Codes) -> Levels:
    column = features.columns["street"]
    texts, counts = column.texts, column.counts
    nameless = np.array([text in _KINDS for text in texts], np.bool_)  # THE CLOSE is not WEAVER CLOSE

    def judge(a: Codes, b: Codes) -> Levels:
        slip, two = _slip(column, a, b), np.minimum(counts[a], counts[b]) >= OFTEN
        near = similarity(texts, a, b, fuzz.token_sort_ratio, score_cutoff=NEAR_STREET) >= NEAR_STREET
        whole, nearly = _beginnings(column, a, b)
        return in_order(len(a), slip & ~two, whole & ~nameless[a] & ~nameless[b], near | slip | nearly)

    return by_distinct(column.codes[left], column.codes[right], judge)


def _beginnings(column: Column, a: Codes, b: Codes) -> tuple[Flags, Flags]:
    """Return where one street begins with the other, or nearly: what follows is a town that was read as a part of it.

    Words before it are no town but a block of flats whose name was misspelt.
    """
    sizes = np.minimum(column.lengths[a], column.lengths[b])
    shorter, longer = (np.where(column.lengths[a] <= column.lengths[b], *pair) for pair in ((a, b), (b, a)))
    cut = np.empty(len(a), object)
    cut[:] = [text[:size] for text, size in zip(column.texts[longer], sizes.tolist(), strict=True)]
    follows = np.fromiter((text[size : size + 1] in ("", " ") for text, size in zip(column.texts[longer], sizes.tolist(), strict=True)), np.bool_, len(a))
    edits = np.asarray(process.cpdist(column.texts[shorter].tolist(), cut.tolist(), scorer=OSA.distance, score_cutoff=2, dtype=np.float32))
    return (edits == 0) & follows, (edits <= 2) & (sizes >= LONG_NAME)


def _resolve_town(features: Features, left: Codes, right: Codes) -> Levels:
    column = features.columns["town"]
    texts = column.texts
    return by_distinct(
        column.codes[left], column.codes[right],
        lambda a, b: in_order(len(a), similarity(texts, a, b, fuzz.token_set_ratio, score_cutoff=NEAR_TOWN) >= NEAR_TOWN),
    )


def _resolve_postcode(features: Features, left: Codes, right: Codes) -> Levels:
    column = features.columns["postcode"]
    a, b = column.codes[left], column.codes[right]
    same = [(table[a] == table[b]) & (table[a] >= 0) for table in (features.tables["sector"], features.tables["district"])]
    return in_order(len(a), one_slip(column, a, b), *same)
