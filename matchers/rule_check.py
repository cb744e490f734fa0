"""Refusing a rule that cannot work before any data is touched: unknown columns, subqueries, wrong types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from matchers.rule_sql import EXCEPTION_COLUMNS, expressions_sql, rule_sql
from schemas.errors import ConfigurationError, nearest
from schemas.rule import ANY, GAP, Rule

LINK_COLUMNS = ("tier", "match_weight", "match_probability", "same_address", "two_people", "lines")
BARE_NAMES = ("grace_days", "run_date")
# An answer must not depend on the clock, on chance or on the machine.
REFUSED = frozenset({
    "now", "current_date", "current_timestamp", "get_current_timestamp", "today", "current_time", "get_current_time",
    "current_localtimestamp", "current_localtime", "transaction_timestamp", "random", "setseed", "uuid", "gen_random_uuid",
    "uuidv4", "uuidv7", "nextval", "currval", "getenv", "getvariable", "current_setting", "query", "query_table",
})
_FORBIDDEN = {"SUBQUERY": "a subquery", "STAR": "a star", "PARAMETER": "a parameter", "WINDOW": "a window", "DEFAULT": "a default"}
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass(frozen=True)
class Expression:
    """One expression of a rule.

    Attributes:
        place: where it stands in the rule, for the message.
        wanted: what it has to answer with: true or false, whole pence, left or right; empty where anything will do.
        table: the one table it reads; empty where it reads both sides and the link.
    """

    rule: Rule
    place: str
    text: str
    wanted: str = ""
    table: str = ""

    def wrong(self, what: str, mend: str) -> ConfigurationError:
        """Return the error that names the rule, the place and the text."""
        return ConfigurationError(f"rule {self.rule.key}, {self.place}: {what}", found=self.text.strip(), mend=mend)


def check_rule(con: duckdb.DuckDBPyConnection, rule: Rule, functions: frozenset[str]) -> None:
    """Raise ConfigurationError [5] where an expression of the rule cannot be used.

    Args:
        con: a connection that holds every table rules see, empty, and the macros.
        functions: as `known_functions` finds them there.
    """
    expressions = list(_expressions(rule))
    known: dict[str, Sequence[str]] = {side: [*con.table(_table(rule, side)).columns, *rule.totals] for side in "lr"}
    for expression, tree in zip(expressions, _trees(con, expressions), strict=True):
        columns = _columns_for(con, expression, known)
        for node in _nodes(tree):
            _check_node(node, columns, functions, expression)
    for expression in expressions:
        if expression.table:
            _types(con, [expression], lambda some: f"select ({some[0].text}) as answer from {some[0].table}")
    _types(con, [e for e in expressions if e.wanted], lambda some: expressions_sql(rule, [e.text for e in some]))
    assert con.sql(rule_sql(rule), params={"run_date": date.min}).columns == list(EXCEPTION_COLUMNS)


def _expressions(rule: Rule) -> Iterator[Expression]:
    yield Expression(rule, "when", rule.when, "true or false")
    for suppressor in rule.suppressor:
        yield Expression(rule, f"suppressor {suppressor.code}", suppressor.when, "true or false")
    if rule.value.pence:
        yield Expression(rule, "value", rule.value.pence, "whole pence")
    if rule.owner not in ("left", "right"):
        yield Expression(rule, "owner", rule.owner, "left or right")
    for text in rule.same:
        yield Expression(rule, "same", text, table=_table(rule, "l"))
    for name, text in rule.totals.items():
        yield Expression(rule, f"totals {name}", text, table=f"payload_{rule.left.lower()}")
    for side in "lr":
        for name in sorted({*rule.shown(side), *(gap["name"] for gap in GAP.finditer(rule.reason) if gap["side"] == side)}):
            yield Expression(rule, "show or reason", f"{side}.{name}")


def _table(rule: Rule, side: str) -> str:
    """Return the table that one side of the rule is made from."""
    dataset = rule.dataset(side)
    return "party" if rule.grain == "party" or dataset == ANY else f"side_{dataset.lower()}"


def _columns_for(con: duckdb.DuckDBPyConnection, expression: Expression, known: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the columns that may stand in the expression, by the letter before them."""
    if expression.table:
        return {"": con.table(expression.table).columns}
    return {**known, "o": known["l"]} if expression.place == "value" else {**known, "k": LINK_COLUMNS}


def _trees(con: duckdb.DuckDBPyConnection, expressions: Sequence[Expression]) -> list[Any]:
    """Return the syntax tree of each expression.

    Each is read twice, inside brackets and without them: what is sound only inside could close our bracket and open
    another, and what is sound only without could go on as a statement.
    """
    texts = [text for e in expressions for text in (f"select (\n{e.text}\n)", f"select {e.text}\n")]
    found = con.sql("select place, json_serialize_sql(texts[place]) from (select $1 as texts, unnest(range(1, len($1) + 1)) as place)", params=[texts])
    trees = [json.loads(serialised) for _, serialised in sorted(found.fetchall())]
    return [_single(expression, inside, bare) for expression, inside, bare in zip(expressions, trees[::2], trees[1::2], strict=True)]


def _single(expression: Expression, inside: Any, bare: Any) -> Any:
    """Return the tree of one expression; there may be nothing after it."""
    statements = inside.get("statements", [])
    whole = len(statements) == 1 and len(statements[0]["node"].get("select_list", ())) == 1
    if inside["error"] or bare["error"] or not whole or re.search(r";|--|/\*", re.sub(r"'[^']*'", "''", expression.text)):
        raise expression.wrong("the text is not one complete expression", "close every quote and bracket, and use no semicolon and no comment")
    return statements[0]["node"]["select_list"][0]


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _check_node(node: Mapping[str, Any], columns: Mapping[str, Sequence[str]], functions: frozenset[str], expression: Expression) -> None:
    kind = node["class"]
    if kind in _FORBIDDEN:
        raise expression.wrong(f"{_FORBIDDEN[kind]} is not allowed in a rule", "use the columns of l, r and k, and functions of single values")
    if kind == "FUNCTION":
        _check_function(str(node["function_name"]).lower(), functions, expression)
    if kind == "COLUMN_REF":
        _check_column(tuple(node["column_names"]), columns, expression)


def _check_function(name: str, functions: frozenset[str], expression: Expression) -> None:
    if name in REFUSED:
        raise expression.wrong(f"{name} is not allowed in a rule", "use run_date for the night of the run")
    if name not in functions:
        close = nearest(name, functions)
        raise expression.wrong(f"there is no function {name!r}", f"did you mean {' or '.join(close)}?" if close else "use a DuckDB function")


def _check_column(path: tuple[str, ...], columns: Mapping[str, Sequence[str]], expression: Expression) -> None:
    alone = len(path) == 1
    if alone and not expression.table and path[0].lower() in BARE_NAMES:
        return
    side, name = ("", path[0]) if alone else (path[0].lower(), path[1])
    if side not in columns:
        letters = " or ".join(f"{letter}." for letter in columns if letter)
        mend = f"put {letters} before a column; only {' and '.join(BARE_NAMES)} stand alone" if letters else "name the column alone"
        raise expression.wrong(f"there is no column {'.'.join(path)!r}", mend)
    if name.lower() not in columns[side]:
        close = [f"{side}.{other}" if side else other for other in nearest(name, columns[side])]
        raise expression.wrong(f"there is no column {'.'.join(path)!r}", f"did you mean {' or '.join(close)}?" if close else "see the contract for its columns")


def _types(con: duckdb.DuckDBPyConnection, some: list[Expression], query: Callable[[list[Expression]], str]) -> None:
    """Raise ConfigurationError for the first expression that does not fit the types of its columns, or answers wrongly.

    All are asked at once; only when that fails, one after the other, to name the one to mend.
    """
    params = {} if some[0].table else {"run_date": date.min}
    try:
        answers = con.sql(query(some), params=params or None).types
    except duckdb.Error:  # the names are known by now; only types are left to be wrong
        if len(some) == 1:
            raise some[0].wrong(
                "the expression does not fit the types of its columns",
                "compare dates with dates, and numbers with numbers; money is whole pence, a flag is true or false",
            ) from None
        for one in some:
            _types(con, [one], query)
        raise
    right = {"true or false": ("BOOLEAN",), "whole pence": _WHOLE, "left or right": ("VARCHAR",)}
    for expression, answer in zip(some, answers, strict=True):
        if expression.wanted and str(answer) not in right[expression.wanted]:
            raise expression.wrong(f"the expression does not answer with {expression.wanted}", "// divides whole numbers, / does not; = compares")


def known_functions(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the functions of single values, macros among them, in lower case."""
    rows = con.sql("select distinct lower(function_name) from duckdb_functions() where function_type not like 'table%'").fetchall()
    return frozenset(str(name) for (name,) in rows)
