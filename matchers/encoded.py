"""Encoded people as records that can be linked: blocks from tokens, levels of agreement from codes, in the words of the clear comparisons.

Two codes say something of each other only where both were salted by one block. So a pair is compared in the first pass that brought
it together, all fields at once; a pair that no pass brought together is not known to agree or to differ in anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.blocking import BlockingRule
from matchers.collisions import STEPPED, Collisions, chance_of
from matchers.comparison import Comparison, Levels, in_order, resolve_into
from matchers.encoding.encoder import Encoded, Key, encode
from matchers.encoding.layout import (
    BIRTH,
    FILTERS,
    HOUSEHOLD,
    NINO,
    NUMBERS,
    PERSON_PASSES,
    PROFILES,
    TOKEN_BYTES,
    TOKENS,
    Pass,
    ProfileName,
)
from matchers.encoding.rarity import rarity
from matchers.entities import ORGANISATION, PERSON
from matchers.features import NO_TEXT, Codes, Column, Features, keyed, keyed_bytes
from matchers.frequencies import Chance, chance

CLOSE, NEAR, FAR, NO_TEXTS = 2, 1, 0, -1  # how alike two texts are, from their filters
# profile -> bits that two filters differ in, at most, where their texts are close, and where they are near.
# Bits in which two filters differ at most: so do nine in ten names with one slip of the pen, and four in five with two. Unrelated names
# differ in fewer once in a hundred times, or less (4,000 invented forenames and surnames each; tests/matchers/encoding/test_filters.py).
DIFFER: dict[ProfileName, tuple[int, int]] = {"P1": (46, 64), "P2": (200, 220)}
RARE = 3  # step of a name that the public table does not hold
PEOPLE_MEET = tuple(one.name for one in PERSON_PASSES if one.name != "trade")
TRADERS_MEET = ("trade", "account")
WHOLE_DIGITS = 6  # tokens of a whole birth date
LARGEST_MEETING = 200  # records of all partners in one block
HOLDERS = 20  # records that may share a number
Tokens = npt.NDArray[np.uint32]
_AT = {name: i for i, name in enumerate(TOKENS)}


@dataclass(frozen=True)
class Codebook:
    """Codes of one pass: `rows` record -> row of `codes`, -1 where it has none; `filters` and `tokens` are the parts of a code."""

    rows: Codes
    filters: tuple[npt.NDArray[np.uint64], ...]
    tokens: Tokens

    @staticmethod
    def of(rows: Codes, codes: npt.NDArray[np.uint8]) -> Codebook:
        """Part codes into filters (rows x words, one table a filter) and tokens (rows x tokens)."""
        cut = codes.shape[1] - len(TOKENS) * TOKEN_BYTES
        size = cut // len(FILTERS)
        filters = tuple(np.ascontiguousarray(codes[:, start : start + size]).view(np.uint64) for start in range(0, cut, size))
        return Codebook(rows, filters, np.ascontiguousarray(codes[:, cut:]).view(np.uint32))


@dataclass(frozen=True)
class Together:
    """Compares pairs in all fields at once.

    Attributes:
        books: pass -> its codes.
        steps: how rare each record's forename and surname is; empty where that is not told.
    """

    features: Features
    profile: ProfileName
    passes: tuple[Pass, ...]
    books: Mapping[str, Codebook]
    steps: Mapping[str, npt.NDArray[np.int8]]

    def __call__(self, left: Codes, right: Codes, comparisons: Sequence[Comparison]) -> npt.NDArray[np.int8]:
        """Return comparisons x pairs, the level of each; -1 where a side is unknown, or where no pass brought the pair together."""
        named = {name: np.full(len(left), -1, np.int8) for name in KNOWN_BY}
        waiting = np.ones(len(left), np.bool_)
        for one in self.passes:
            if one.name not in self.books:
                continue
            blocks = self.features.codes(one.name)
            a = blocks[left]
            at = np.flatnonzero(waiting & (a >= 0) & (a == blocks[right]))
            waiting[at] = False
            for name, level in self._in_pass(one, left[at], right[at]).items():
                named[name][at] = level
        self._numbers(named["nino"], left, right)
        out = np.empty((len(comparisons), len(left)), np.int8)
        for row, comparison in enumerate(comparisons):
            if comparison.name in named:
                out[row] = named[comparison.name]
            else:
                out[row] = comparison.quick(self.features, left, right)
                resolve_into(out[row], comparison, self.features, left, right)
        return out

    def _numbers(self, level: Levels, left: Codes, right: Codes) -> None:
        """Say of the registered number what its own token says; its pieces tell a slip from another number."""
        if not self.features.has("nino"):
            level[:] = -1
            return
        a, b = self.features.codes("nino")[left], self.features.codes("nino")[right]
        level[(level < 0) & (a >= 0) & (b >= 0)] = 2
        level[(a >= 0) & (a == b)] = 0
        level[(a < 0) | (b < 0)] = -1

    def _in_table(self, name: str, left: Codes, right: Codes) -> npt.NDArray[np.bool_]:
        """Return where both names are in the public table: two names that are, are two names, and not one misspelt."""
        step = self.steps.get(name)
        return np.zeros(len(left), np.bool_) if step is None else (step[left] < RARE) & (step[right] < RARE)

    def _in_pass(self, one: Pass, left: Codes, right: Codes) -> dict[str, Levels]:
        book = self.books[one.name]
        a, b = book.rows[left], book.rows[right]
        x, y = book.tokens.take(a, axis=0), book.tokens.take(b, axis=0)
        alike = {name: _alike(book.filters[i], a, b, DIFFER[self.profile]) for i, name in enumerate(FILTERS) if name in one.filters}
        alike.setdefault("forename", np.full(len(a), NO_TEXTS, np.int8))
        own = {name: self._in_table(name, left, right) for name in STEPPED}
        found = {
            "forename": _forename(x, y, alike["forename"], own["forename"]), "surname": _surname(x, y, alike["surname"], own["surname"]),
            "middle_names": _middle(x, y), "nino": _nino(x, y), "name": _name(x, y, alike["surname"]),
        }
        found["date_of_birth"] = np.zeros(len(a), np.int8) if "birth" in one.implies else _birth(x, y)
        found["address"] = np.zeros(len(a), np.int8) if "home" in one.implies else _address(x, y, alike["address"])
        return found


def _alike(filters: npt.NDArray[np.uint64], a: Codes, b: Codes, most: tuple[int, int]) -> Levels:
    """Return how alike the texts of two filters are: close, near, far, or nothing known.

    Only the bits that two filters differ in are looked at, because the unit's pepper leaves nothing else.
    """
    x, y = filters.take(a, axis=0), filters.take(b, axis=0)
    differ = np.bitwise_count(x ^ y).sum(axis=1, dtype=np.int32)
    known = (x != 0).any(axis=1) & (y != 0).any(axis=1)
    alike = np.where(differ <= most[0], CLOSE, np.where(differ <= most[1], NEAR, FAR))
    return np.where(known, alike, NO_TEXTS).astype(np.int8)


def _same(x: Tokens, y: Tokens, one: str, other: str = "") -> npt.NDArray[np.bool_]:
    p, q = x[:, _AT[one]], y[:, _AT[other or one]]
    return np.asarray((p == q) & (p != 0))


def _known(x: Tokens, y: Tokens, name: str) -> npt.NDArray[np.bool_]:
    return np.asarray((x[:, _AT[name]] != 0) & (y[:, _AT[name]] != 0))


def _swapped(x: Tokens, y: Tokens) -> npt.NDArray[np.bool_]:
    """Return where given and family name changed places; a lone name may stand in either field."""
    one, other = _same(x, y, "forename", "surname"), _same(x, y, "surname", "forename")
    lone = [side[:, _AT[name]] == 0 for side in (x, y) for name in ("forename", "surname")]
    return np.asarray((one & other) | (one & (lone[1] | lone[2])) | (other & (lone[0] | lone[3])))


def _levelled(known: npt.NDArray[np.bool_], exact: npt.NDArray[np.bool_], level: Levels) -> Levels:
    return np.where(known, np.where(exact, np.int8(0), level), np.int8(-1)).astype(np.int8)


def _forename(x: Tokens, y: Tokens, alike: Levels, own: npt.NDArray[np.bool_]) -> Levels:
    bare = _same(x, x, "forename", "forename_initial")  # an initial is equal to more than itself
    root = _same(x, y, "forename_root") & ~bare
    initial = _same(x, y, "forename", "forename_initial") | _same(x, y, "forename_initial", "forename")
    middle = _same(x, y, "forename", "middle_names") | _same(x, y, "middle_names", "forename")
    close = (alike == CLOSE) | _same(x, y, "forename_letters")
    level = in_order(len(x), root, initial, close & ~own, (alike >= NEAR) & ~own, close | (alike >= NEAR), _swapped(x, y), middle)
    return _levelled(_known(x, y, "forename"), _same(x, y, "forename") & ~bare, level)


def _surname(x: Tokens, y: Tokens, alike: Levels, own: npt.NDArray[np.bool_]) -> Levels:
    part = _same(x, y, "surname_first") | _same(x, y, "surname_last")
    close = (alike == CLOSE) | _same(x, y, "surname_letters")
    level = in_order(len(x), close & ~own & ~part, (alike >= NEAR) & ~own & ~part, (close | (alike >= NEAR)) & ~part, part, _swapped(x, y))
    return _levelled(_known(x, y, "surname"), _same(x, y, "surname"), level)


def _name(x: Tokens, y: Tokens, alike: Levels) -> Levels:
    """Return the level of two trading names, which stand in the surname's place; a slip is not known from a close name."""
    level = in_order(len(x), np.zeros(len(x), np.bool_), alike == CLOSE, _same(x, y, "surname_first") & (alike >= NEAR))
    return _levelled(_known(x, y, "surname"), _same(x, y, "surname"), level)


def _middle(x: Tokens, y: Tokens) -> Levels:
    return _levelled(_known(x, y, "middle_names"), _same(x, y, "middle_names"), in_order(len(x), _same(x, y, "middle_initial")))


def _nino(x: Tokens, y: Tokens) -> Levels:
    """Return a slip, where all pieces but one are the same, or all but two whose characters changed places; or another number."""
    pieces = np.sum([_same(x, y, name) for name in NINO[:-1]], axis=0)
    slip = (pieces >= len(NINO) - 2) | ((pieces >= len(NINO) - 3) & _same(x, y, NINO[-1]))
    return np.where(_known(x, y, NINO[0]), np.where(slip, 1, 2), -1).astype(np.int8)


def _birth(x: Tokens, y: Tokens) -> Levels:
    """Return the level of two dates from their digits: as the clear comparison, but that two digits exchanged, or a neighbouring
    year or day with two other digits, are not known from any other date with two parts alike."""
    digits = BIRTH[:WHOLE_DIGITS]
    same = {name: _same(x, y, name) for name in digits}
    known = {name: _known(x, y, name) for name in digits}
    whole = _known(x, y, "birth_as_is")
    year = same["birth_century"] & same["birth_decade"] & same["birth_unit"]
    month, day = same["birth_month"], same["birth_tens"] & same["birth_ones"]
    near = (year & month) | (year & day) | (month & day)
    wrong = np.sum([known[name] & ~same[name] for name in digits], axis=0)
    fits = ~whole & (wrong == 0)
    exchanged = _same(x, y, "birth_as_is", "birth_exchanged")
    exact = whole & (wrong == 0)
    level = in_order(len(x), exchanged & year, near & whole & (wrong == 1), fits, near & whole, year)
    return _levelled(known["birth_century"] | known["birth_month"], exact, level)


def _address(x: Tokens, y: Tokens, alike: Levels) -> Levels:
    flats_differ = _known(x, y, "saon") & ~_same(x, y, "saon")
    house = _same(x, y, "paon")
    houses_differ = _known(x, y, "paon") & ~house
    code = _same(x, y, "postcode")
    close = alike == CLOSE
    trusted = code | ~_known(x, y, "postcode") | _same(x, y, "sector")
    part = (code & house & ~flats_differ) | (close & trusted & ~flats_differ & ~houses_differ)
    sector = _same(x, y, "sector") | (close & ~flats_differ & ~houses_differ)
    level = in_order(len(x), part, code, sector, _same(x, y, "district"), _same(x, y, "area"))
    known = _known(x, y, "postcode") | _known(x, y, "home") | (alike > NO_TEXTS)
    return _levelled(known, _same(x, y, "home"), level)


def encoded_features(
    size: int, encoded: Encoded, numbers: pl.DataFrame, steps: Mapping[str, npt.NDArray[np.int8]], said: Collisions, *, profile: ProfileName = "P1",
    passes: Sequence[str] = PEOPLE_MEET,
) -> Features:
    """Return encoded people as the features that are linked; records are numbered as they stand.

    Args:
        encoded: tokens and codes; rows count from 0 in the order of the records.
        numbers: `nino, account`, each a token of its own as text, or null.
        steps: `forename, surname` -> step of rarity, -1 where it is unknown or not told.
        said: what the extracts say of chance.
        passes: in which they may meet.
    """
    columns, books = {}, {}
    steps = steps if PROFILES[profile].steps else {}
    for one in (one for one in (*PERSON_PASSES, HOUSEHOLD) if one.name in passes):
        if len(encoded.rows.get(one.name, ())):
            rows = np.full(size, -1, np.int32)
            rows[encoded.rows[one.name]] = np.arange(len(encoded.rows[one.name]), dtype=np.int32)
            columns[one.name] = keyed_bytes(encoded.tokens[one.name], encoded.rows[one.name], size)
            books[one.name] = Codebook.of(rows, encoded.codes[one.name])
    for name in numbers.columns:
        if numbers[name].null_count() < size:
            columns[name] = keyed(numbers[name], np.arange(size))
    for name, step in steps.items():
        columns[f"{name}_step"] = Column(step.astype(np.int32), NO_TEXT)
    for field, token in KNOWN_BY.items():
        known = np.full(size, -1, np.int32)
        for name, book in books.items():
            held = np.flatnonzero(book.tokens[:, _AT[token]] != 0)
            known[encoded.rows[name][held]] = 0
        if (known == 0).any():
            columns[f"known {field}"] = Column(known, NO_TEXT)
    features = Features(np.arange(size), columns)
    together = Together(features, profile, tuple(one for one in (*PERSON_PASSES, HOUSEHOLD) if one.name in passes), books, steps)
    return replace(features, together=together, by_chance=partial(_chance, said=said))


def _chance(features: Features, comparisons: Sequence[Comparison], part: Codes | None, said: Collisions) -> Chance:
    natively = chance(features, [c for c in comparisons if c.name not in KNOWN_BY or c.registered], part=part, sampled=False)
    known = {c.name: float((features.codes(c.needs[0]) >= 0).sum()) for c in comparisons}
    return chance_of(said, comparisons, natively, known, natively.pairs)


def same_token(features: Features, pass_name: str, left: Codes, right: Codes, token: str, other: str = "") -> npt.NDArray[np.bool_]:
    """Return where two records of one block of the pass have one token in common, or one's is the other one of the other; unknown is not equal."""
    assert isinstance(features.together, Together)
    if pass_name not in features.together.books:  # nobody has a block in it, so there is no pair either
        return np.zeros(len(left), np.bool_)
    book = features.together.books[pass_name]
    return _same(book.tokens.take(book.rows[left], axis=0), book.tokens.take(book.rows[right], axis=0), token, other)


def sample_levels(records: pl.DataFrame, key: Key, *, profile: ProfileName = "P1") -> Callable[[Codes, Codes], Mapping[str, Levels]]:
    """Return what compares any two of a partner's own people: all of them in one block, which never leaves."""
    everyone = Pass("everyone", (), FILTERS, tuple(TOKENS))
    found = encode(records, key, profile=profile, passes=(everyone,), largest=records.height)
    steps = {name: name_steps(records, name) for name in STEPPED} if PROFILES[profile].steps else {}
    book = Codebook.of(np.arange(records.height, dtype=np.int32), found.codes["everyone"])
    features = Features(np.arange(records.height), {"everyone": Column(np.zeros(records.height, np.int32), NO_TEXT)})
    together = Together(features, profile, (everyone,), {"everyone": book}, steps)
    return lambda left, right: together._in_pass(everyone, left, right)


def name_steps(records: pl.DataFrame, name: str) -> npt.NDArray[np.int8]:
    """Return the step of rarity of each record's name, -1 where it is unknown."""
    if name not in records.columns:
        return np.full(records.height, -1, np.int8)
    return records.select(rarity(name, pl.col(name))).to_series().fill_null(-1).to_numpy()


def _never(features: Features, left: Codes, right: Codes) -> Levels:
    raise AssertionError("encoded fields are compared together")


def _as_encoded(comparison: Comparison) -> Comparison:
    if comparison.name not in KNOWN_BY:
        return comparison
    step = f"{comparison.name}_step" if comparison.name in STEPPED else ""
    needs = ("nino",) if comparison.name == "nino" else (f"known {comparison.name}",)
    return replace(comparison, needs=needs, quick=_never, resolve=_never, frequency=step, whole=None)


KNOWN_BY = {
    "forename": "forename", "middle_names": "middle_names", "surname": "surname", "date_of_birth": "birth_century", "nino": NINO[0], "address": "postcode",
    "name": "surname",
}


def _rule(name: str) -> BlockingRule:
    return BlockingRule(name, (name,), most=HOLDERS if name in NUMBERS else LARGEST_MEETING, pairs_per_record=1000.0)


ENCODED_PERSON = replace(
    PERSON, rules=tuple(_rule(name) for name in PEOPLE_MEET), comparisons=tuple(_as_encoded(c) for c in PERSON.comparisons), misspelt=False,
)
# people who trade, under their own name or another: organisations to the rules, and people to the law
ENCODED_TRADER = replace(
    ORGANISATION, rules=tuple(_rule(name) for name in TRADERS_MEET), comparisons=tuple(_as_encoded(c) for c in ORGANISATION.comparisons), misspelt=False,
)
