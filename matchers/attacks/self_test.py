"""What a partner's own machine tries on a submission before it leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.attacks.alignment import QUICK, Values, alignment_attack, file_wide, in_blocks
from matchers.attacks.columns import (
    FILTER_FIELDS,
    IN_CODES,
    TOKEN,
    AttackResult,
    Column,
    Ids,
    columns,
    ids_of,
    open_codes,
    place,
    profile_of,
    unrelated,
)
from matchers.attacks.coverage import between_halves, coverage_attack, halves
from matchers.attacks.weight import weight_attack
from matchers.encoding.encoder import Encoded
from matchers.encoding.layout import FILTERS, NAMES

AT_MOST = 2_000  # records that are named; with its own counts, a sample of an encoding that can be named is named as surely as all of it
WEIGHED = 20_000  # records whose filters are weighed
IN_BLOCKS = 3_000  # records of the largest blocks of each pass
OF_NAMES = (*FILTER_FIELDS, *NAMES)


def self_test(encoded: Encoded, records: pl.DataFrame, seed: int) -> tuple[AttackResult, ...]:
    """Attack a submission by A1, A5 and A7, as far as a partner can with nothing but its own file.

    The attacker is given more than he would have: for A1 the counts of this very file for public ones, and those of half of it for
    what blocks are made of, for A5 a half of the file as
    people whom he knows, to read the other half. All of A1 and A7 are on a sample where the file is larger than `AT_MOST`.

    Who shares a NINO or an account counts as one person in A5, so that no number is tried.

    Block by block only names are tried. A digit, a month or a house number is told by its block in part whatever the key: the value that
    most records of a large block share is mostly the commonest. `benchmarks.attacks` measures that.

    Args:
        records: what was encoded, as `encode` was given it.
        seed: chooses the sample and the halves.

    Returns:
        Each attack with the column where it learnt most; all must have passed before the submission may leave.
    """
    if not any(len(rows) for rows in encoded.rows.values()):
        return ()
    profile = profile_of(encoded)
    codes = open_codes(records, profile)
    public = {field: _public(field, codes) for field in IN_CODES}
    parts = halves(encoded, *(ids_of(codes[:, place(name, codes.shape[1])]) for name in ("home", "district")), seed=seed)
    whole = {c.name: file_wide(c, *_meaning(c, codes, public), QUICK) for c in columns(encoded, _sample(encoded, AT_MOST, seed), fields=IN_CODES)}
    whole |= {c.name: _blocks_named(c, parts) for c in columns(encoded, fields=(TOKEN,))}
    by_block = {c.name: in_blocks(c, *_meaning(c, codes, public), QUICK) for c in columns(largest_blocks(encoded), fields=OF_NAMES)}
    shares = between_halves(encoded, parts)
    lengths = {name: _lengths(records, name) for name in FILTERS}
    return (
        alignment_attack(whole, how="values of the whole file"),
        alignment_attack(by_block, how="names in the largest blocks"),
        *coverage_attack(shares, profile),
        weight_attack(columns(encoded, _sample(encoded, WEIGHED, seed), fields=FILTER_FIELDS), lengths, seed=seed),
    )


def _sample(encoded: Encoded, most: int, seed: int) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(encoded.size, np.bool_)
    chosen[np.random.Generator(np.random.PCG64(seed)).choice(encoded.size, min(most, encoded.size), replace=False)] = True
    return chosen


def _meaning(column: Column, codes: npt.NDArray[np.uint8], public: dict[str, Values]) -> tuple[Ids, Values]:
    """Return what a column's records mean, and the counts that the attacker has."""
    return ids_of(codes[column.rows][:, place(column.field, codes.shape[1])]), public[column.field]


def _blocks_named(column: Column, parts: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]) -> tuple[float, float]:
    """Name the tokens of one half by the counts of the other: of composite values there are no public counts but somebody else's."""
    one, other = (column.ids[part[column.rows]] for part in parts)
    half = replace(column, rows=column.rows[: len(one)], ids=one, blocks=one)
    return file_wide(half, unrelated(one), Values.of(unrelated(other)), QUICK)


def _public(field: str, codes: npt.NDArray[np.uint8]) -> Values:
    content = codes[:, place(field, codes.shape[1])]
    return Values.of(ids_of(content), content if field in FILTER_FIELDS else None, most=AT_MOST)


def largest_blocks(encoded: Encoded) -> Encoded:
    """Return the records of each pass that stand in its largest blocks."""
    out = Encoded(encoded.size)
    for name, every in encoded.rows.items():
        _, block, sizes = np.unique(ids_of(encoded.tokens[name]), return_inverse=True, return_counts=True)
        order = np.argsort(-sizes, kind="stable")
        chosen = np.isin(block, order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), IN_BLOCKS, side="right")))])
        out.rows[name], out.tokens[name], out.codes[name] = every[chosen], encoded.tokens[name][chosen], encoded.codes[name][chosen]
    return out


def _lengths(records: pl.DataFrame, name: str) -> npt.NDArray[np.int64]:
    if name not in records.columns:
        return np.zeros(records.height, np.int64)
    return records[name].str.len_chars().fill_null(0).cast(pl.Int64).to_numpy()
