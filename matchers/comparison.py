"""How alike two values are, in named levels. Each distinct pair of values is compared once, however often it stands.

A comparison gives a level from 0 (best) upward, or -1 where either side is null: an unknown value speaks neither for
nor against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from matchers.keys import home_key
from matchers.normalisers.identifiers import nino_key, postcode_sector
from matchers.normalisers.names import nickname_root, nickname_roots

CLOSE_FORENAME = 0.88  # Jaro-Winkler; higher loses CATHRINE and CATHERINE
CLOSE_SURNAME = 0.90  # Jaro-Winkler
SHORTEST_TYPO = 4  # letters; in a shorter name one other letter makes another name
CLOSE_ORGANISATION = 92  # token sort ratio, 0 to 100
PART_ORGANISATION = 95  # token set ratio: one name's words are all in the other
Levels = npt.NDArray[np.int8]
Columns = Mapping[str, pl.Series]


@dataclass(frozen=True)
class Comparison:
    """One attribute weighed.

    Args:
        name: the field, as reports name it.
        levels: names of the degrees of agreement, best first; the last means *differs*.
        compare: (left columns, right columns) -> level of each pair.
        identity: how many of the first levels count as agreement, for the binary start of the fit.
    """

    name: str
    levels: tuple[str, ...]
    compare: Callable[[Columns, Columns], Levels]
    identity: int = 1


def distinct_scores(left: pl.Series, right: pl.Series, scorer: Callable[..., Any], **options: Any) -> npt.NDArray[np.float32]:
    """Return the scorer's result for every pair, calling it once for each distinct pair of values.

    Nulls score 0. `scorer` is one of rapidfuzz's; pairs are ordered, so that (a, b) and (b, a) count as one.
    """
    pairs = pl.DataFrame({"a": left, "b": right}).with_columns(
        pl.min_horizontal("a", "b").alias("lo"), pl.max_horizontal("a", "b").alias("hi")
    )
    known = pairs["a"].is_not_null() & pairs["b"].is_not_null()
    codes = pairs.select(pl.struct("lo", "hi").rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    first = pl.DataFrame({"code": codes, "lo": pairs["lo"], "hi": pairs["hi"]}).unique("code").sort("code")
    scores = process.cpdist(
        first["lo"].fill_null("").to_list(), first["hi"].fill_null("").to_list(), scorer=scorer, dtype=np.float32, workers=-1, **options
    )
    return np.where(known.to_numpy(), scores[codes], np.float32(0)) if len(codes) else np.empty(0, np.float32)


def _both(left: pl.Series, right: pl.Series) -> npt.NDArray[np.bool_]:
    return (left.is_not_null() & right.is_not_null()).to_numpy()


def _equal(left: pl.Series, right: pl.Series) -> npt.NDArray[np.bool_]:
    return (left == right).fill_null(value=False).to_numpy()


def _levels(known: npt.NDArray[np.bool_], *cases: npt.NDArray[np.bool_]) -> Levels:
    """Return the first case that holds as level 0, 1, 2 ...; none: the last level; not known: -1."""
    level = np.full(known.shape, len(cases), np.int8)
    for number, case in reversed(list(enumerate(cases))):
        level[case] = number
    level[~known] = -1
    return level


def compare_forename(left: Columns, right: Columns) -> Levels:
    """Same given name, a short form of it, an initial, a misspelling, or given and family name changed places."""
    a, b = left["forename"], right["forename"]
    roots = [s.to_frame("n").select(nickname_root(pl.col("n"))).to_series() for s in (a, b)]
    one_letter = ((a.str.len_chars() == 1) | (b.str.len_chars() == 1)).fill_null(value=False).to_numpy()
    initial = one_letter & _equal(a.str.slice(0, 1), b.str.slice(0, 1))
    alike = (distinct_scores(a, b, JaroWinkler.normalized_similarity) >= CLOSE_FORENAME) | _one_letter_wrong(a, b)
    # Two common names one letter apart are two names, not a misspelling: twins are called so.
    close = alike & ~(_common(a) & _common(b))
    middle = _equal(a, right["middle_names"]) | _equal(left["middle_names"], b)
    short_form = _equal(*roots) | _begins_with(a, b) | _begins_with(b, a)
    return _levels(_both(a, b), _equal(a, b), short_form, initial, close & ~one_letter, _swapped(left, right) | middle)


def _begins_with(name: pl.Series, short: pl.Series) -> npt.NDArray[np.bool_]:
    """Return where a name begins with a short form of three letters or more: PAT stands for PATRICIA as for PATRICK."""
    both = pl.DataFrame({"name": name, "short": short})
    begins = both.select((pl.col("name").str.starts_with(pl.col("short")) & (pl.col("short").str.len_chars() >= 3)).fill_null(value=False))
    return np.asarray(begins.to_series().to_numpy(), np.bool_)


def _common(names: pl.Series) -> npt.NDArray[np.bool_]:
    roots = nickname_roots()
    return names.is_in(sorted({*roots, *roots.values()})).fill_null(value=False).to_numpy()


def compare_surname(left: Columns, right: Columns) -> Levels:
    """Same family name, a misspelling, a shared part of a double name, or changed places with the given name."""
    a, b = left["surname"], right["surname"]
    close = (distinct_scores(a, b, JaroWinkler.normalized_similarity) >= CLOSE_SURNAME) | _one_letter_wrong(a, b)
    double = (a.str.contains(" ", literal=True) | b.str.contains(" ", literal=True)).fill_null(value=False).to_numpy()
    part = np.zeros(len(a), np.bool_)
    if double.any():
        at = np.flatnonzero(double)
        part[at] = _shares_token(a.gather(at), b.gather(at))
    return _levels(_both(a, b), _equal(a, b), close, part, _swapped(left, right))


def _one_letter_wrong(a: pl.Series, b: pl.Series) -> npt.NDArray[np.bool_]:
    """Return where one letter is wrong, missing, added or exchanged with the next, in names long enough to tell.

    The first letter is seldom the wrong one: HARRY and BARRY are two names.
    """
    same_start = _equal(a.str.slice(0, 1), b.str.slice(0, 1))
    long = ((a.str.len_chars() >= SHORTEST_TYPO) & (b.str.len_chars() >= SHORTEST_TYPO)).fill_null(value=False).to_numpy()
    return np.asarray((distinct_scores(a, b, OSA.distance, score_cutoff=2) == 1) & long & same_start, np.bool_)


def _shares_token(a: pl.Series, b: pl.Series) -> npt.NDArray[np.bool_]:
    tokens = pl.DataFrame({"a": a, "b": b}).with_columns(pl.col("a", "b").str.split(" "))
    long = [pl.col(c).list.eval(pl.element().filter(pl.element().str.len_chars() > 2)) for c in ("a", "b")]
    shared = tokens.select((long[0].list.set_intersection(long[1]).list.len() > 0).fill_null(value=False)).to_series()
    return np.asarray(shared.to_numpy(), np.bool_)


def _swapped(left: Columns, right: Columns) -> npt.NDArray[np.bool_]:
    crossed = _equal(left["forename"], right["surname"]) & _equal(left["surname"], right["forename"])
    return crossed & ~_equal(left["forename"], right["forename"])


def compare_middle_names(left: Columns, right: Columns) -> Levels:
    """Same other given names, or initials that fit."""
    a, b = left["middle_names"], right["middle_names"]
    return _levels(_both(a, b), _equal(a, b), _equal(a.str.slice(0, 1), b.str.slice(0, 1)))


def compare_date_of_birth(left: Columns, right: Columns) -> Levels:
    """Same day; day and month changed places; one slip; an unknown part that fits; or another day.

    A slip is one wrong or exchanged digit, or, in one of year, month and day, a neighbouring value: the line below in a list.
    """
    a, b = left["date_of_birth"], right["date_of_birth"]
    partial = (a.str.contains("X", literal=True) | b.str.contains("X", literal=True)).fill_null(value=False).to_numpy()
    swapped = (
        _equal(a.str.slice(0, 4), b.str.slice(0, 4)) & _equal(a.str.slice(5, 2), b.str.slice(8, 2)) & _equal(a.str.slice(8, 2), b.str.slice(5, 2))
    )
    one_wrong = ((distinct_scores(a, b, OSA.distance, score_cutoff=2) == 1) | _neighbouring(a, b)) & ~partial & _both(a, b)
    fits = np.zeros(len(a), np.bool_)
    if partial.any():
        at = np.flatnonzero(partial)
        fits[at] = _parts_fit(a.gather(at), b.gather(at))
    return _levels(_both(a, b), _equal(a, b) & ~partial, swapped & ~partial, one_wrong, fits)


def _neighbouring(a: pl.Series, b: pl.Series) -> npt.NDArray[np.bool_]:
    """Return where two of year, month and day agree and the third is one apart, or two in the case of the day."""
    parts = [[s.str.slice(at, size).cast(pl.Int32, strict=False).fill_null(-9).to_numpy() for at, size in ((0, 4), (5, 2), (8, 2))] for s in (a, b)]
    apart = [np.abs(x - y) for x, y in zip(*parts, strict=True)]
    same = [d == 0 for d in apart]
    year, month, day = ((apart[i] > 0) & (apart[i] <= most) for i, most in enumerate((1, 1, 2)))
    return np.asarray((year & same[1] & same[2]) | (same[0] & month & same[2]) | (same[0] & same[1] & day), np.bool_)


def _parts_fit(a: pl.Series, b: pl.Series) -> npt.NDArray[np.bool_]:
    fits = np.ones(len(a), np.bool_)
    for position in (0, 1, 2, 3, 5, 6, 8, 9):
        x, y = a.str.slice(position, 1), b.str.slice(position, 1)
        fits &= ((x == y) | (x == "X") | (y == "X")).fill_null(value=False).to_numpy()
    return fits


def compare_nino(left: Columns, right: Columns) -> Levels:
    """Same National Insurance number (the last letter does not count), or one wrong or exchanged character."""
    keys = [side["nino"].to_frame("n").select(nino_key(pl.col("n"))).to_series() for side in (left, right)]
    one_wrong = (distinct_scores(keys[0], keys[1], OSA.distance, score_cutoff=2) == 1) & _both(*keys)
    return _levels(_both(*keys), _equal(*keys), one_wrong)


def compare_address(left: Columns, right: Columns) -> Levels:
    """Same home; same house, flat unsaid; same postcode; same postcode sector; or elsewhere."""
    postcode = left["postcode"], right["postcode"]
    sector = [p.to_frame("p").select(postcode_sector(pl.col("p"))).to_series() for p in postcode]
    flats_differ = _both(left["saon"], right["saon"]) & ~_equal(left["saon"], right["saon"])
    one_flat_unsaid = (left["saon"].is_null() != right["saon"].is_null()).to_numpy()
    same_uprn = _equal(left["uprn"], right["uprn"]) & ~flats_differ
    same_number = _equal(*postcode) & _equal(left["paon"], right["paon"]) & ~flats_differ
    similar = distinct_scores(left["address"], right["address"], fuzz.token_sort_ratio) >= CLOSE_ORGANISATION
    numbers_agree = _equal(left["paon"], right["paon"]) | ~_both(left["paon"], right["paon"])
    same_text = _equal(*postcode) & similar & numbers_agree & ~flats_differ
    known = _both(*postcode) | _both(left["uprn"], right["uprn"])
    homes = [pl.DataFrame({n: side[n] for n in ("saon", "paon", "address")}).select(home_key()).to_series() for side in (left, right)]
    same_key = _equal(*postcode) & _equal(*homes)
    same_home = same_uprn | same_key | ((same_number | same_text) & ~one_flat_unsaid)
    return _levels(known, same_home, same_number, _equal(*postcode), _equal(*sector))


def compare_exact(name: str) -> Callable[[Columns, Columns], Levels]:
    """Return the comparison that knows only *the same* and *not the same*."""

    def compare(left: Columns, right: Columns) -> Levels:
        return _levels(_both(left[name], right[name]), _equal(left[name], right[name]))

    return compare


def compare_organisation_name(left: Columns, right: Columns) -> Levels:
    """Same words, spaces and order aside, a misspelling, one name within the other, or another name."""
    a, b = left["name"], right["name"]
    close = distinct_scores(a, b, fuzz.token_sort_ratio) >= CLOSE_ORGANISATION
    within = distinct_scores(a, b, fuzz.token_set_ratio) >= PART_ORGANISATION
    words = pl.DataFrame({"a": a, "b": b}).select(pl.min_horizontal(pl.col("a", "b").str.count_matches(" ")).fill_null(0) >= 1).to_series().to_numpy()
    digits = [s.str.extract_all(r"\d+").list.join(" ") for s in (a, b)]
    same_digits = _equal(*digits)
    squeezed = _equal(a.str.replace_all(" ", "", literal=True), b.str.replace_all(" ", "", literal=True))
    in_any_order = _equal(*(s.str.split(" ").list.sort().list.join(" ") for s in (a, b)))
    return _levels(_both(a, b), _equal(a, b) | squeezed | in_any_order, close & same_digits, within & words & same_digits)


def compare_number(name: str) -> Callable[[Columns, Columns], Levels]:
    """Return the comparison of a registration number: the same, one character wrong, or another."""

    def compare(left: Columns, right: Columns) -> Levels:
        a, b = left[name], right[name]
        one_wrong = (distinct_scores(a, b, OSA.distance, score_cutoff=2) == 1) & _both(a, b)
        return _levels(_both(a, b), _equal(a, b), one_wrong)

    return compare


_HOME = ("same-house", "part", "same-postcode", "same-sector", "differs")
PERSON = (
    Comparison("forename", ("exact", "nickname", "initial", "close", "swapped", "differs"), compare_forename, identity=5),
    Comparison("middle_names", ("exact", "initial", "differs"), compare_middle_names, identity=2),
    Comparison("surname", ("exact", "close", "part", "swapped", "differs"), compare_surname, identity=4),
    Comparison("date_of_birth", ("exact", "day-month-swap", "typo", "part", "differs"), compare_date_of_birth, identity=4),
    Comparison("nino", ("exact", "typo", "differs"), compare_nino, identity=2),
    Comparison("address", _HOME, compare_address, identity=2),
    Comparison("phone", ("exact", "differs"), compare_exact("phone")),
    Comparison("email", ("exact", "differs"), compare_exact("email")),
)
ORGANISATION = (
    Comparison("name", ("exact", "close", "part", "differs"), compare_organisation_name, identity=2),
    Comparison("company_number", ("exact", "typo", "differs"), compare_number("company_number")),
    Comparison("vat_number", ("exact", "typo", "differs"), compare_number("vat_number")),
    Comparison("charity_number", ("exact", "typo", "differs"), compare_number("charity_number")),
    Comparison("account", ("exact", "differs"), compare_exact("account")),
    Comparison("address", _HOME, compare_address, identity=2),
)


def compare(records: pl.DataFrame, pairs: pl.DataFrame, comparisons: tuple[Comparison, ...]) -> pl.DataFrame:
    """Weigh every candidate pair.

    Args:
        records: row i is record i; the columns the comparisons read.
        pairs: `record_l, record_r`.

    Returns:
        The pairs, and `gamma_<field>` (Int8) for each comparison.
    """
    needed = ["forename", "middle_names", "surname", "date_of_birth", "nino", "phone", "email", "name", "company_number", "vat_number",
              "charity_number", "account", "address", "saon", "paon", "postcode", "uprn"]
    sides: list[Columns] = [
        {name: records[name].gather(pairs[side]) for name in needed if name in records.columns} for side in ("record_l", "record_r")
    ]
    return pairs.with_columns(pl.Series(f"gamma_{c.name}", c.compare(sides[0], sides[1]), pl.Int8) for c in comparisons)
