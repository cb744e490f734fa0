"""How every value normaliser is built: a value and a problem, the usual spelling first.

A normaliser takes an expression of raw text and gives a struct of `value` and `problem`. The problem is
null when the value is fine or there was nothing to read; otherwise it is a code of `schemas.problems`
and the value is null.

Most values of a column are spelt one usual way, and a cheap test knows them. A `when` chain in polars
works out every branch for every row, so the rare spellings would cost as much as all the rest together.
`staged` therefore reads the usual spelling over the whole column, and sends what is left, each distinct
value once, to the thorough reading. That one works in steps on a small table, since an expression
that names a step twice would run it twice. The functions given to `map_batches` see whole columns
and do polars work only; no Python runs per value.

Take the struct apart after it is made (`select` the struct, then `unnest`): polars does not see that two
`struct.field` of one `map_batches` share their work, and would read the column twice.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

RAW = pl.col("raw")

Reading = Callable[[pl.Expr], pl.Expr]
Thorough = Callable[[pl.DataFrame], pl.DataFrame]


def outcome_type(value_type: type[pl.DataType]) -> pl.Struct:
    """Return the type every normaliser of such values gives: `{value, problem}`."""
    return pl.Struct({"value": value_type, "problem": pl.String})


def first_problem(*cases: tuple[pl.Expr, str], otherwise: pl.Expr | None = None) -> pl.Expr:
    """Return the code of the first case that holds; a null test does not hold."""
    problem: pl.Expr = pl.lit(None, pl.String) if otherwise is None else otherwise
    for test, code in reversed(cases):
        problem = pl.when(test).then(pl.lit(code)).otherwise(problem)
    return problem


def staged(raw: pl.Expr, *, usual: Reading, thorough: Thorough, value_type: type[pl.DataType]) -> pl.Expr:
    """Read a column in two steps: the usual spelling at once, every other distinct value thoroughly.

    Args:
        raw: text, may be null.
        usual: raw -> value of `value_type`; null wherever it is not certain.
        thorough: table with column `raw` -> the same with `value` and `problem`, rows in any order;
            sees each distinct value once, never an empty one.

    Returns:
        Struct `{value, problem}`, one for each row, in order.
    """

    def read(column: pl.Series) -> pl.Series:
        frame = column.cast(pl.String).alias("raw").to_frame()
        frame = frame.with_columns(usual(RAW).cast(value_type).alias("value"))
        odd = frame.select(pl.col("value").is_null() & RAW.is_not_null() & (RAW != "")).to_series()
        if not odd.any():
            nothing = pl.lit(None, pl.String).alias("problem")
            return frame.select(pl.struct("value", nothing)).to_series()
        left = frame.filter(odd).select("raw")
        read_once = thorough(left.unique()).select("raw", pl.col("value").cast(value_type), "problem")
        found = left.join(read_once, on="raw", how="left", maintain_order="left")
        place = _places(odd)
        value = pl.coalesce(frame.get_column("value"), found.get_column("value").gather(place))
        problem = found.get_column("problem").gather(place)
        both = pl.struct(value.alias("value"), pl.lit(problem).alias("problem"))
        return pl.select(both).to_series()

    return raw.map_batches(read, return_dtype=outcome_type(value_type), is_elementwise=True)


def _places(odd: pl.Series) -> pl.Series:
    """Return, for each row that is odd, its place among the odd rows; null for the others."""
    return pl.select(pl.when(odd).then(odd.cum_sum().cast(pl.Int64) - 1)).to_series()


def patched(raw: pl.Expr, *, is_odd: Reading, mend: Reading) -> pl.Expr:
    """Change only those texts that a cheap test calls odd; the others stay as they are.

    Args:
        raw: text, may be null.
        is_odd: text -> Boolean.
        mend: text -> text; sees the odd texts only.
    """

    def change(column: pl.Series) -> pl.Series:
        frame = column.cast(pl.String).alias("raw").to_frame()
        odd = frame.select(is_odd(RAW).fill_null(False)).to_series()
        if not odd.any():
            return frame.to_series()
        mended = frame.filter(odd).select(mend(RAW)).to_series()
        if odd.all():
            return mended
        return frame.select(pl.when(odd).then(mended.gather(_places(odd))).otherwise(RAW)).to_series()

    return raw.map_batches(change, return_dtype=pl.String, is_elementwise=True)


def once_per_value(raw: pl.Expr, reading: Reading, *, return_dtype: pl.DataType) -> pl.Expr:
    """Work out each distinct text once, for readings that cost more than finding the distinct ones.

    Args:
        raw: text, may be null.
        reading: text -> anything; null gives null.
    """

    def read(column: pl.Series) -> pl.Series:
        texts = column.cast(pl.String).alias("raw").to_frame()
        known = texts.drop_nulls().unique().with_columns(reading(RAW).alias("read"))
        return texts.join(known, on="raw", how="left", maintain_order="left").get_column("read")

    return raw.map_batches(read, return_dtype=return_dtype, is_elementwise=True)


def without(text: pl.Expr, characters: str) -> pl.Expr:
    """Return the text without the characters of a class, as in `[ -]`; texts that hold none cost a test."""
    return patched(
        text,
        is_odd=lambda e: e.str.contains(characters),
        mend=lambda e: e.str.replace_all(characters, ""),
    )
