"""Comparisons of people's names.

Two spellings that are both common are two names, MARIA and MARIE, HARRY and BARRY; a rare spelling beside a common one is a slip.
That is why `alike` stands apart from `close`: how often each spelling occurs tells them from each other.
"""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler

from matchers.comparison import Comparison, Flags, Levels, by_distinct, in_order, quick_equal, similarity
from matchers.features import Codes, Features

CLOSE = 0.90  # Jaro-Winkler
NEAR = 0.80  # Jaro-Winkler
SHORTEST_TYPO = 4  # letters; in a shorter name one other letter makes another name
LONG_NAME = 5  # letters; in a longer name two slips are still near
RARE_SPELLING = 0.01  # of the commoner one's occurrences; above it both are names of their own
FEW = 2  # occurrences; a spelling that is so rare is never a name of its own
SHORTEST_PART = 3  # letters of a short form or of a part of a double name


FORENAME = ("exact", "nickname", "initial", "close", "near", "alike", "swapped", "middle", "differs")
SURNAME = ("exact", "close", "near", "alike", "part", "swapped", "differs")
MIDDLE = ("exact", "part", "differs")


def forename() -> Comparison:
    """Return the comparison of given names: the same, a short form, an initial, a misspelling, two like names, exchanged with the family name."""
    strangers = (0.005, 0.001, 0.002, 0.0003, 0.001, 0.005, 0.00002, 0.004)
    return Comparison("forename", FORENAME, ("forename",), quick_equal("forename", whole=_more_than_initial), _resolve_forename, strangers, "forename", whole=_more_than_initial)


def surname() -> Comparison:
    """Return the comparison of family names: the same, a misspelling, two like names, a part of a double name, exchanged with the given name."""
    strangers = (0.001, 0.0002, 0.0008, 0.003, 0.0003, 0.00002)
    return Comparison("surname", SURNAME, ("surname",), quick_equal("surname", whole=_more_than_initial), _resolve_surname, strangers, "surname", silent="swapped", whole=_more_than_initial)


def middle_names() -> Comparison:
    """Return the comparison of other given names: the same, an initial that fits, one of several or a misspelling."""
    return Comparison("middle_names", MIDDLE, ("middle_names",), quick_equal("middle_names"), _resolve_middle, (0.02, 0.06), "middle_names")


def _more_than_initial(features: Features, codes: Codes) -> Flags:
    return np.asarray(features.tables["name_letters"][codes] > 1)


def _swapped(features: Features, left: Codes, right: Codes) -> Flags:
    """Return where given and family name changed places."""
    if not (features.has("forename") and features.has("surname")):
        return np.zeros(len(left), np.bool_)
    first, last = features.codes("forename"), features.codes("surname")
    one = (first[left] == last[right]) & (first[left] >= 0)
    other = (last[left] == first[right]) & (last[left] >= 0)
    # a lone name may stand in either field
    found = (one & other) | (one & (last[left] < 0)) | (one & (first[right] < 0)) | (other & (last[right] < 0)) | (other & (first[left] < 0))
    return np.asarray(found | _nearly_swapped(features, left, right))


def _nearly_swapped(features: Features, left: Codes, right: Codes) -> Flags:
    """Return where the names changed places and at least one of them is also misspelt; asked only where the initials fit."""
    first, last, initial = features.codes("forename"), features.codes("surname"), features.tables["name_initial"]
    crossed = [(first[left], last[right]), (last[left], first[right])]
    fits = np.ones(len(left), np.bool_)
    for a, b in crossed:
        fits &= (a >= 0) & (b >= 0) & (initial[a] == initial[b])
    fits &= (first[left] != first[right]) & (last[left] != last[right])
    at = np.flatnonzero(fits)
    texts, letters = features.tables["name_texts"], features.tables["name_letters"]
    for a, b in crossed:
        at = at[by_distinct(a[at], b[at], lambda x, y: ((x == y) | _alike(texts, letters, x, y)[0]).astype(np.int8)) == 1]
    found = np.zeros(len(left), np.bool_)
    found[at] = True
    return found


def _resolve_forename(features: Features, left: Codes, right: Codes) -> Levels:
    codes = features.codes("forename")
    a, b = codes[left], codes[right]
    level = by_distinct(a, b, lambda lo, hi: _forename_level(features, lo, hi))
    if features.has("middle_names"):
        middle = features.codes("middle_names")
        level[((middle[right] == a) | (middle[left] == b)) & (level > 2)] = 7
    level[_swapped(features, left, right) & (level > 2)] = 6
    return level


def _forename_level(features: Features, a: Codes, b: Codes) -> Levels:
    """Levels of distinct pairs: short form, initial, misspelling, likeness, two like names, or another name."""
    tables, texts = features.tables, features.columns["forename"].texts
    letters = tables["name_letters"]
    initial = ((letters[a] == 1) | (letters[b] == 1)) & (tables["name_initial"][a] == tables["name_initial"][b])
    longer = (letters[a] > 1) & (letters[b] > 1)
    short_form = longer & ((tables["name_root"][a] == tables["name_root"][b]) | _begins(texts, a, b) | _shares_word(features, a, b))
    close, near = _alike(texts, letters, a, b)
    own = _names_of_their_own(features, "forename", a, b)
    nothing = np.zeros(len(a), np.bool_)  # exchanged and middle names are seen in other columns
    return in_order(len(a), short_form, initial, close & longer & ~own, near & longer & ~own, (close | near) & longer, nothing, nothing)


def _resolve_surname(features: Features, left: Codes, right: Codes) -> Levels:
    codes = features.codes("surname")
    level = by_distinct(codes[left], codes[right], lambda lo, hi: _surname_level(features, lo, hi))
    level[_swapped(features, left, right) & (level > 1)] = 5
    return level


def _surname_level(features: Features, a: Codes, b: Codes) -> Levels:
    texts, letters = features.columns["surname"].texts, features.tables["name_letters"]
    longer = (letters[a] > 1) & (letters[b] > 1)
    close, near = _alike(texts, letters, a, b)
    own = _names_of_their_own(features, "surname", a, b)
    initial = ~longer & (features.tables["name_initial"][a] == features.tables["name_initial"][b])
    part = initial | _shares_word(features, a, b) | (_begins(texts, a, b) & (np.minimum(letters[a], letters[b]) >= LONG_NAME))
    nothing = np.zeros(len(a), np.bool_)
    level = in_order(len(a), close & longer & ~own, near & longer & ~own & ~part, (close | near) & longer & ~part, part, nothing)
    return level


def _resolve_middle(features: Features, left: Codes, right: Codes) -> Levels:
    codes = features.codes("middle_names")
    tables, texts = features.tables, features.columns["middle_names"].texts

    def judge(a: Codes, b: Codes) -> Levels:
        close, _ = _alike(texts, tables["name_letters"], a, b)
        return in_order(len(a), (tables["name_initial"][a] == tables["name_initial"][b]) | close | _shares_word(features, a, b))

    return by_distinct(codes[left], codes[right], judge)


def _alike(texts: np.typing.NDArray[np.object_], letters: Codes, a: Codes, b: Codes) -> tuple[Flags, Flags]:
    """Return where two spellings are close, and where they are at least near."""
    jaro_winkler = similarity(texts, a, b, JaroWinkler.normalized_similarity, score_cutoff=NEAR)
    edits = similarity(texts, a, b, OSA.distance, score_cutoff=2)
    shorter = np.minimum(letters[a], letters[b])
    close = ((jaro_winkler >= CLOSE) | (edits <= 1)) & (shorter >= SHORTEST_TYPO)
    near = (jaro_winkler >= NEAR) | ((edits <= 2) & (shorter >= LONG_NAME))
    return close, near & (shorter >= SHORTEST_TYPO)


def _names_of_their_own(features: Features, field: str, a: Codes, b: Codes) -> Flags:
    counts = features.tables[f"count_{field}"]
    fewer, more = np.minimum(counts[a], counts[b]), np.maximum(counts[a], counts[b])
    both = (fewer > FEW) & (fewer > RARE_SPELLING * more)
    if field == "forename":
        known = features.tables["name_known"]
        both |= known[a] & known[b]
    return np.asarray(both)


def _begins(texts: np.typing.NDArray[np.object_], a: Codes, b: Codes) -> Flags:
    """Return where one text begins with the other: PAT stands for PATRICIA as for PATRICK. One letter more, as in PAULA, is another name."""
    pairs = zip(texts[a].tolist(), texts[b].tolist(), strict=True)  # texts of distinct pairs; no engine has this test for two columns of codes
    begins = (min(len(x), len(y)) >= SHORTEST_PART and abs(len(x) - len(y)) > 1 and (x.startswith(y) or y.startswith(x)) for x, y in pairs)
    return np.fromiter(begins, np.bool_, len(a))


def _shares_word(features: Features, a: Codes, b: Codes) -> Flags:
    """Return where names of several words share one that is long enough to mean something."""
    words = features.tables["name_words"]
    shares = np.zeros(len(a), np.bool_)
    at = np.flatnonzero((words[a] > 1) | (words[b] > 1))
    texts = features.tables["name_texts"]
    for i in at:  # few: names of several words
        one, other = ({w for w in text.split(" ") if len(w) >= SHORTEST_PART} for text in (texts[a[i]], texts[b[i]]))
        shares[i] = bool(one & other) or texts[a[i]].replace(" ", "") == texts[b[i]].replace(" ", "")
    return shares
