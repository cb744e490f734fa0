"""Comparison of organisations' names: the same words, nearly the same, or all of one's words in the other."""

from __future__ import annotations

import re

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matchers.comparison import UNRESOLVED, Comparison, Levels, by_distinct, in_order, quick_equal, similarity
from matchers.features import Codes, Features

CLOSE_ORGANISATION = 92  # token sort ratio, 0 to 100
PART_ORGANISATION = 95  # token set ratio: one name's words are all in the other
LONG = 12  # characters; in a longer name two slips are still slips
LEVELS = ("exact", "typo", "close", "part", "differs")
_DIGITS = re.compile(r"\d+")


def organisation_name() -> Comparison:
    """Return the comparison of names: the same words, spaces and order aside, a slip, nearly the same, one name within the other, or another name."""
    return Comparison("name", LEVELS, ("name",), _quick, _resolve, (0.00002, 0.000002, 0.00001, 0.0005), "name")


def _quick(features: Features, left: Codes, right: Codes) -> Levels:
    level = quick_equal("name")(features, left, right)
    for squeezed in ("name_squeezed", "name_words"):
        codes = features.codes(squeezed)
        level[(level == UNRESOLVED) & (codes[left] == codes[right])] = 0
    return level


def _resolve(features: Features, left: Codes, right: Codes) -> Levels:
    column = features.columns["name"]
    texts = column.texts

    def judge(a: Codes, b: Codes) -> Levels:
        close = similarity(texts, a, b, fuzz.token_sort_ratio, score_cutoff=CLOSE_ORGANISATION) >= CLOSE_ORGANISATION
        part = similarity(texts, a, b, fuzz.token_set_ratio, score_cutoff=PART_ORGANISATION) >= PART_ORGANISATION
        edits = similarity(texts, a, b, OSA.distance, score_cutoff=2)
        at = np.flatnonzero(close | part | (edits <= 2))
        pairs = [(str(texts[x]), str(texts[y])) for x, y in zip(a[at], b[at], strict=True)]  # few are alike at all
        # SCHOOL 12 and SCHOOL 13 are two; and one word within another name says little
        same_digits = np.zeros(len(a), np.bool_)
        same_digits[at] = [_DIGITS.findall(x) == _DIGITS.findall(y) for x, y in pairs]
        several = np.zeros(len(a), np.bool_)
        several[at] = [" " in x and " " in y for x, y in pairs]
        long = np.zeros(len(a), np.bool_)
        long[at] = [min(len(x), len(y)) >= LONG for x, y in pairs]
        slip = ((edits <= 1) | ((edits <= 2) & long)) & same_digits
        return in_order(len(a), slip, close & same_digits, part & several & same_digits)

    return by_distinct(column.codes[left], column.codes[right], judge)
