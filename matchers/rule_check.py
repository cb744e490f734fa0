"""Refusing a rule that cannot work before any data is touched: unknown columns, subqueries, wrong types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from matchers.rule_sql import expression_sql, rule_sql
from schemas.errors import ConfigurationError, nearest
from schemas.rule import ANY, Rule

LINK_COLUMNS = ("tier", "match_weight", "match_probability", "same_address", "lines")
BARE_NAMES = ("grace_days", "run_date")
# An answer must not depend on the clock, on chance or on the machine.
REFUSED = frozenset({
    "now", "current_date", "current_timestamp", "get_current_timestamp", "today", "current_time", "get_current_time",
    "current_localtimestamp", "current_localtime", "transaction_timestamp", "random", "setseed", "uuid", "gen_random_uuid",
    "uuidv4", "uuidv7", "nextval", "currval", "getenv", "getvariable", "current_setting", "query", "query_table",
})
_FORBIDDEN = {"SUBQUERY": "a subquery", "STAR": "a star", "PARAMETER": "a parameter", "WINDOW": "a window", "DEFAULT": "a default"}


def check_rule(con: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Raise ConfigurationError [5] where an expression of the rule cannot be used.

    Args:
        con: a connection that holds every table rules see, empty, and the macros.
    """
    known = {side: _known_columns(con, rule, side) for side in "lr"}
    functions = _known_functions(con)
    for where, text in _expressions(rule):
        sides = {"l": known["l"], "r": known["r"], "o": known["l"], "k": LINK_COLUMNS}
        if where.startswith(("same", "totals")):
            sides = {"": con.table(_table(rule, "l", totals=where.startswith("totals"))).columns}
        elif where == "value":
            sides.pop("k")
        else:
            sides.pop("o")
        complain = _complaint(rule, where, text)
        tree = _parsed(con, text, complain)
        for node in _nodes(tree):
            _check_node(node, sides, functions, complain)
    for where, text in _expressions(rule):
        _check_type(con, rule, where, text, _complaint(rule, where, text))
    con.sql(rule_sql(rule), params={"run_date": date.min}).fetchall()


def _expressions(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "when", rule.when
    for suppressor in rule.suppressor:
        yield f"suppressor {suppressor.code}", suppressor.when
    if rule.value.pence:
        yield "value", rule.value.pence
    if rule.owner not in ("left", "right"):
        yield "owner", rule.owner
    for position, text in enumerate(rule.same, start=1):
        yield f"same {position}", text
    for name, text in rule.totals.items():
        yield f"totals {name}", text
    for side in "lr":
        for name in (*rule.shown(side), *re.findall(rf"\{{{side}\.(\w+)\}}", rule.reason)):
            yield "show or reason", f"{side}.{name}"


Complaint = Callable[[str, str], ConfigurationError]


def _complaint(rule: Rule, where: str, text: str) -> Complaint:
    """Return what makes the error for this expression from what is wrong and how to mend it."""
    return lambda what, mend: ConfigurationError(f"rule {rule.key}, {where}: {what}", found=text, mend=mend)


def _parsed(con: duckdb.DuckDBPyConnection, text: str, complain: Complaint) -> Any:
    """Return the expression's syntax tree; it has to be one expression and nothing after it."""
    [(serialised,)] = con.sql("select json_serialize_sql(?)", params=[f"select (\n{text}\n)"]).fetchall()
    tree = json.loads(serialised)
    if tree["error"] or ";" in re.sub(r"'[^']*'", "''", text):
        raise complain("the text is not one complete expression", "close every quote and bracket, and use no semicolon")
    statements = tree["statements"]
    if len(statements) != 1 or len(statements[0]["node"].get("select_list", ())) != 1:
        raise complain("the text is not one complete expression", "write one expression that is true, false or unknown")
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


def _check_node(node: Mapping[str, Any], sides: Mapping[str, Sequence[str]], functions: frozenset[str], complain: Complaint) -> None:
    kind = node["class"]
    if kind in _FORBIDDEN:
        raise complain(f"{_FORBIDDEN[kind]} is not allowed in a rule", "use the columns of l, r and k, and functions of single values")
    if kind == "FUNCTION":
        _check_function(str(node["function_name"]).lower(), functions, complain)
    if kind == "COLUMN_REF":
        _check_column(tuple(node["column_names"]), sides, complain)


def _check_function(name: str, functions: frozenset[str], complain: Complaint) -> None:
    if name in REFUSED:
        raise complain(f"{name} is not allowed in a rule", "use run_date for the night of the run")
    if name not in functions:
        close = nearest(name, functions)
        raise complain(f"there is no function {name!r}", f"did you mean {' or '.join(close)}?" if close else "use a DuckDB function")


def _check_column(path: tuple[str, ...], sides: Mapping[str, Sequence[str]], complain: Complaint) -> None:
    if len(path) == 1 and ("" in sides or path[0].lower() in BARE_NAMES):
        side, name = ("", path[0]) if "" in sides else ("", "")
    else:
        side, name = (path[0].lower(), path[1]) if len(path) > 1 else ("?", path[0])
    if name and side not in sides:
        named = " and ".join(f"{key}." for key in sides if key)
        raise complain(f"there is no column {'.'.join(path)!r}", f"put {named or 'nothing'} before a column; only {' and '.join(BARE_NAMES)} stand alone")
    if name and name.lower() not in sides[side]:
        close = [f"{side}.{other}" if side else other for other in nearest(name, sides[side])]
        raise complain(f"there is no column {'.'.join(path)!r}", f"did you mean {' or '.join(close)}?" if close else "see the contract for its columns")


def _check_type(con: duckdb.DuckDBPyConnection, rule: Rule, where: str, text: str, complain: Complaint) -> None:
    """Raise ConfigurationError where the expression does not fit its columns' types, or answers with the wrong type."""
    try:
        if where.startswith(("same", "totals")):
            [answer] = con.sql(f"select ({text}) as answer from {_table(rule, 'l', totals=where.startswith('totals'))}").types
        else:
            [answer] = con.sql(expression_sql(rule, text), params={"run_date": date.min}).types
    except duckdb.Error:  # the names are known by now; only types are left to be wrong
        raise complain("the expression does not fit the types of its columns", "compare dates with dates, and numbers with numbers; money is whole pence, a flag is true or false") from None
    if where == "when" or where.startswith("suppressor"):
        wanted, right = "true or false", str(answer) == "BOOLEAN"
    elif where == "value":
        wanted, right = "whole pence", str(answer) in ("BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")
    else:
        wanted, right = "left or right", where != "owner" or str(answer) == "VARCHAR"
    if not right:
        raise complain(f"the expression does not answer with {wanted}", f"make it answer with {wanted}; // divides whole numbers")


def _known_columns(con: duckdb.DuckDBPyConnection, rule: Rule, side: str) -> tuple[str, ...]:
    return (*con.table(_table(rule, side)).columns, *rule.totals)


def _table(rule: Rule, side: str, *, totals: bool = False) -> str:
    """Return the table whose columns one side of the rule has, or whose columns its totals add up."""
    dataset = rule.dataset(side)
    if totals:
        return f"payload_{dataset.lower()}"
    return "party" if rule.grain == "party" or dataset == ANY else f"side_{dataset.lower()}"


def _known_functions(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = con.sql("select distinct lower(function_name) from duckdb_functions() where function_type <> 'table'").fetchall()
    return frozenset(str(name) for (name,) in rows)
