"""What must hold between the values of a row and between the rows of a file, judged by dataframely.

Values have been read by now; ranges, the order of dates and the uniqueness of references remain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dataframely as dy
import polars as pl

from schemas.contract import Contract, Field, FieldType

_CODES = {"minimum|money": "money-negative", "minimum|integer": "number-out-of-range", "maximum|money": "money-too-large",
          "maximum|integer": "number-out-of-range"}


def row_problems(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return `file, line, column, code` of every rule of the contract that a row breaks.

    Args:
        rows: `file, line` and the contract's columns, typed, of all files together. Nulls break no rule.
    """
    rules = _rules(contract)
    judged = _schema(rules)
    verdicts: pl.DataFrame = judged.filter(rows.select(judged.column_names()))[1].details()
    found = [
        verdicts.filter(pl.col(name) == "invalid").select("file", "line", pl.lit(column).alias("column"), pl.lit(code).alias("code"))
        for name, (column, code, _) in rules.items()
        if name in verdicts.columns
    ]
    nothing = pl.DataFrame(schema={"file": pl.String(), "line": pl.Int64(), "column": pl.String(), "code": pl.String()})
    return pl.concat([nothing, *found])


def _rules(contract: Contract) -> dict[str, tuple[str, str, pl.Expr]]:
    """Return rule name -> column, problem code, and the expression that holds where all is well."""
    rules: dict[str, tuple[str, str, pl.Expr]] = {}
    for field in contract.fields:
        kind = "money" if field.type is FieldType.MONEY else "integer"
        if field.minimum is not None:
            rules[f"{field.name} minimum"] = (field.name, _CODES[f"minimum|{kind}"], pl.col(field.name) >= _bound(field, field.minimum))
        if field.maximum is not None:
            rules[f"{field.name} maximum"] = (field.name, _CODES[f"maximum|{kind}"], pl.col(field.name) <= _bound(field, field.maximum))
    for first, second in contract.ordered:
        rules[f"{first} not after {second}"] = (first, "start-after-end", pl.col(first) <= pl.col(second))
    if contract.key:
        key = pl.struct(contract.key)
        incomplete = pl.any_horizontal(pl.col(name).is_null() for name in contract.key)
        rules["key once"] = (contract.key[0], "key-duplicate", incomplete | ~key.is_duplicated())
    return rules


def _bound(field: Field, bound: int) -> int:
    """Return a bound in the unit of our tables: pounds in a contract are pence in a table."""
    return bound * 100 if field.type is FieldType.MONEY and field.unit == "pounds" else bound


def _schema(rules: dict[str, tuple[str, str, pl.Expr]]) -> Any:
    used = {name: dy.Any() for name in ("file", "line")}
    for column, _, expression in rules.values():
        used |= {name: dy.Any() for name in (column, *expression.meta.root_names())}
    checks = {name: dy.rule()(_constant(expression)) for name, (_, _, expression) in rules.items()}
    return type("RowRules", (dy.Schema,), {**used, **checks})


def _constant(expression: pl.Expr) -> Callable[[Any], pl.Expr]:
    return lambda _: expression
