"""What an attacker sees of an encoding, column by column, and what the column means, to score the attack."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import FILTERS, PROFILES, TOKEN_BYTES, TOKENS, Pass, ProfileName

Ids = npt.NDArray[np.uint64]  # a value each, told apart but not known; 0 where there is none
Filters = npt.NDArray[np.uint8]  # values x bytes
Rows = npt.NDArray[np.int64]
TOKEN = "block"  # the column of a pass that names its blocks
_SUFFIX = " filter"  # a forename has a filter and a token
FILTER_FIELDS = tuple(name + _SUFFIX for name in FILTERS)
IN_CODES = (*FILTER_FIELDS, *TOKENS)
FIELDS = (TOKEN, *IN_CODES)
_EVERYONE = Pass("everyone", (), FILTERS, TOKENS)
_FACTORS = np.random.Generator(np.random.PCG64(20)).integers(1, 2**63, 64, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True)
class AttackResult:
    """What one attack learnt.

    Attributes:
        attack: A1 to A9, and in which way.
        knows: what the attacker has besides the submission.
        column: where it learnt most: the pass and the field.
        metric: how much it learnt; a share, but bits for A7.
        gate: how much it may learn at most.
        passed: whether the metric is within the gate.
    """

    attack: str
    knows: str
    column: str
    metric: float
    gate: float
    passed: bool


@dataclass(frozen=True)
class Column:
    """One column of one pass.

    Attributes:
        field: of `FIELDS`: a filter, a token of a code, or `TOKEN`.
        rows: numbers of the records.
        ids: what each of them shows; equal where it is equal, in whatever block.
        blocks: which block each is in.
        filters: what each shows, where it is a filter.
    """

    pass_name: str
    field: str
    rows: Rows
    ids: Ids
    blocks: Ids
    filters: Filters | None = None

    @property
    def name(self) -> str:
        return f"{self.pass_name} {self.field}"

    @property
    def text(self) -> str:
        """What the filter is made of."""
        return self.field.removesuffix(_SUFFIX)


def worst(attack: str, knows: str, found: dict[str, tuple[float, float]]) -> AttackResult:
    """Return the result of the column that is furthest above its gate, or nearest to it.

    Args:
        found: column -> metric and gate.
    """
    if not found:
        return AttackResult(attack, knows, "none", 0.0, 1.0, passed=True)
    column = max(found, key=lambda name: found[name][0] - found[name][1])
    metric, gate = found[column]
    return AttackResult(attack, knows, column, metric, gate, passed=metric <= gate)


def columns(encoded: Encoded, chosen: npt.NDArray[np.bool_] | None = None, *, fields: tuple[str, ...] = FIELDS) -> Iterator[Column]:
    """Yield each pass's tokens and each column of its codes that is not empty.

    Args:
        chosen: by record, whether it is looked at; all where it is left out.
        fields: that are looked at.
    """
    for name, every in encoded.rows.items():
        at = slice(None) if chosen is None else np.flatnonzero(chosen[every])
        rows, codes, blocks = every[at], encoded.codes[name][at], ids_of(encoded.tokens[name][at])
        if TOKEN in fields and len(rows):
            yield Column(name, TOKEN, rows, blocks, blocks)
        for field in (f for f in fields if f != TOKEN):
            content = codes[:, place(field, codes.shape[1])]
            ids = ids_of(content)
            if ids.any():
                yield Column(name, field, rows, ids, blocks, content if field in FILTER_FIELDS else None)


def unrelated(ids: Ids) -> Ids:
    """Return other numbers for the same values, whose order has nothing to do with that of the first; 0 stays 0."""
    mixed = ids * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    return np.where(ids != 0, mixed * np.uint64(0xBF58476D1CE4E5B9), 0).astype(np.uint64)


def place(field: str, width: int) -> slice:
    """Return where the field stands in a code of so many bytes: filters first, then tokens."""
    start = width - len(TOKENS) * TOKEN_BYTES
    if field in FILTER_FIELDS:
        at, each = FILTER_FIELDS.index(field), start // len(FILTERS)
        return slice(at * each, (at + 1) * each)
    return slice(start + TOKENS.index(field) * TOKEN_BYTES, start + (TOKENS.index(field) + 1) * TOKEN_BYTES)


def ids_of(content: npt.NDArray[np.uint8]) -> Ids:
    """Return a number for each row of four bytes or so many times eight, equal for equal rows; 0 where all bytes are zero."""
    if content.shape[1] == TOKEN_BYTES:
        return np.ascontiguousarray(content).view(np.uint32)[:, 0].astype(np.uint64)
    words = np.ascontiguousarray(content).view(np.uint64)
    out, some = np.zeros(len(words), np.uint64), np.zeros(len(words), np.uint64)
    for factor, word in zip(_FACTORS, words.T, strict=False):
        out += (word ^ (word >> np.uint64(29))) * factor
        some |= word
    return np.where(some != 0, np.maximum(out ^ (out >> np.uint64(32)), 1), 0).astype(np.uint64)


def profile_of(encoded: Encoded) -> ProfileName:
    """Return the profile whose codes have that width."""
    width = max((codes.shape[1] for codes in encoded.codes.values()), default=0)
    return next((name for name, profile in PROFILES.items() if profile.code_bytes == width), "P1")


def open_key(*names: str) -> bytes:
    """Return a key that everybody knows: an attacker who has the program but not the root encodes his own list under one of his own."""
    return hashlib.sha256("/".join(("an attacker's own key", *names)).encode()).digest()


def open_codes(records: pl.DataFrame, profile: ProfileName = "P1") -> npt.NDArray[np.uint8]:
    """Return records as an attacker's own list looks to him: all in one block, under a key of his own.

    Equal values have equal codes in it, and texts alike filters alike; so it serves to score an attack too.
    """
    return encode(records, open_key, profile=profile, passes=(_EVERYONE,), largest=records.height).codes["everyone"]


def open_tokens(records: pl.DataFrame, profile: ProfileName = "P1") -> Encoded:
    """Return the tokens of each pass under a key of the attacker's own, without codes."""
    return encode(records, open_key, passes=tuple(replace(one, filters=(), fields=()) for one in PROFILES[profile].passes))
