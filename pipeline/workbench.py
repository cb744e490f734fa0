"""Reading the workbench: queries that can do no harm, and one exception explained in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from matchers.explanation import weight
from matchers.picture import picture
from matchers.sql import LOCKED
from schemas.errors import CounterfoilError, UsageProblem, nearest, unknown_name
from schemas.views import VIEWS

_LOCKED: dict[str, str | bool | int | float | list[str]] = {**LOCKED, "enable_external_access": "false", "lock_configuration": "true"}
# Letters that are read for digits, and never stand in an id.
_MISREAD = str.maketrans("ILO", "110")


def workbench_path(home: Path) -> Path:
    """Return the workbench of the newest published run; UsageProblem where there is none."""
    pointer = home / "published" / "CURRENT"
    if pointer.is_file():
        path = home / "published" / pointer.read_text(encoding="utf-8").strip() / "workbench.duckdb"
        if path.is_file():
            return path
    raise UsageProblem("nothing has been published here yet", file=str(home), mend="run counterfoil run first, or name the unit's folder with --home")


@contextmanager
def _open(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that can read the workbench and nothing else."""
    path = workbench_path(home)
    try:
        con = duckdb.connect(str(path), read_only=True, config=_LOCKED)
    except duckdb.Error:
        raise UsageProblem("the workbench cannot be opened", file=str(path), mend="close other programs that hold it, or run the night again") from None
    try:
        yield con
    finally:
        con.close()


def query(home: Path, sql: str) -> pl.DataFrame:
    """Return the rows of one query over the views of the workbench.

    The workbench is opened read-only, without files, network or extensions, so a query can only look.

    Raises:
        UsageProblem: the query cannot be answered; the message names the nearest views or columns.
    """
    with _open(home) as con:
        try:
            statements = con.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageProblem("only one query can be asked at a time, and it can only look", mend="write one select; show tables lists the views, describe and a view's name its columns")
            answer: pl.DataFrame = con.sql(statements[0]).pl()
            return answer
        except duckdb.Error as error:
            raise _in_our_words(con, sql, error) from None


def _in_our_words(con: duckdb.DuckDBPyConnection, sql: str, error: duckdb.Error) -> CounterfoilError:
    """Return the engine's complaint as ours, with the nearest names and without the engine's words."""
    text = str(error)
    if found := re.search(r'Table with name "?([^\s!"]+)"? does not exist', text):
        return unknown_name("view", found[1], VIEWS)
    if found := re.search(r'(?:Referenced column|does not have a column named) "([^"]+)"', text):
        used = [view for name, view in VIEWS.items() if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
        return unknown_name("column", found[1], {column for view in used or VIEWS.values() for column in view.columns})
    if found := re.search(r"(?:Scalar|Aggregate|Table)? ?Function with name \"?([^\s!\"]+)\"? does not exist", text):
        known = {str(name) for (name,) in con.sql("select distinct function_name from duckdb_functions()").fetchall()}
        return unknown_name("function", found[1], known)
    if isinstance(error, duckdb.ParserException):
        found = re.search(r'near "([^"]*)"', text)
        near = f" near {found[1]!r}" if found and found[1] else ""
        return UsageProblem(f"the query is not valid SQL{near}", mend="check commas, quotes and brackets just before that place")
    if isinstance(error, duckdb.PermissionException):
        return UsageProblem("a query cannot reach files, networks or extensions", mend=f"ask the views: {', '.join(VIEWS)}")
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return UsageProblem("a value does not fit the type the query asks for", mend="use try_cast instead of cast, or compare texts with texts")
    return UsageProblem(
        "the query cannot be answered: types or functions do not fit", mend="compare dates with date '2026-11-01', texts with 'text', numbers with numbers"
    )


def explain(home: Path, exception_id: str) -> str:
    """Return one exception in sentences: the rule, both sides, every field's contribution, what was considered, how fresh it is.

    Raises:
        UsageProblem: there is no such exception; the nearest ids are named.
    """
    with _open(home) as con:
        wanted = _tidy(exception_id)
        found = _rows(con, "select * from exceptions where exception_id = $1", wanted)
        if not found:
            raise _unknown_exception(con, wanted)
        case = found[0]
        rule = _rows(con, "select * from rules where rule_key = $1", case["rule_key"])[0]
        evidence = _rows(con, "select * from evidence where exception_id = $1 order by contribution desc, field", wanted)
        outcomes = _rows(con, "select * from outcomes where exception_id = $1 order by decided_on, verdict", wanted)
        fresh = _rows(
            con, "select partner, dataset, period, as_of from submissions where state = 'used' and (partner, dataset) in (($1, $2), ($3, $4))"
            " order by partner, dataset, period", case["partner_l"], case["dataset_l"], case["partner_r"], case["dataset_r"],
        )  # fmt: skip
    parts = [_heading(case, rule), _sides(case), _identity(case, evidence), _considered(case, rule), _worth(case), _fresh(fresh), _decided(outcomes), CLOSING]
    return "\n\n".join(part for part in parts if part) + "\n"


def draw(home: Path, exception_id: str) -> str:
    """Return the evidence of one exception as an SVG.

    Raises:
        UsageProblem: there is no such exception, nothing about its two sides was weighed, or what was is not what it rests on.
    """
    with _open(home) as con:
        wanted = _tidy(exception_id)
        found = _rows(
            con, "select e.match_weight, e.match_probability, k.match_weight as own_weight from exceptions e left join links k on k.entity = e.entity"
            " and k.record_l = least(e.record_l, e.record_r) and k.record_r = greatest(e.record_l, e.record_r) where e.exception_id = $1", wanted,
        )  # fmt: skip
        if not found:
            raise _unknown_exception(con, wanted)
        lines = _rows(con, "select field, level, contribution from evidence where exception_id = $1", wanted)
    case = found[0]
    if lines and case["own_weight"] != case["match_weight"]:
        raise UsageProblem(
            "there is no picture of this pair, because other records of its cluster hold the two together",
            found=f"compared with each other they weigh {weight(case['own_weight'])}; the cluster holds them at {weight(case['match_weight'])}",
            mend="leave --picture out and read the sentences",
        )
    evidence = [(line["field"], line["level"], line["contribution"]) for line in lines]
    title = f"{wanted}: how the evidence adds up"
    return picture(title, evidence, match_weight=case["match_weight"] or 0, match_probability=case["match_probability"] or 0.0)


CLOSING = "An exception is a reason to look, and not a finding. A person decides, after looking."


def _rows(con: duckdb.DuckDBPyConnection, sql: str, *params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.sql(sql, params=list(params)).pl().to_dicts()
    return found


def _tidy(exception_id: str) -> str:
    """Return the id as we write it: capitals, and digits where a letter was misread for one."""
    rule, dash, digits = exception_id.strip().upper().partition("-")
    return f"{rule}{dash}{digits.translate(_MISREAD)}"


def _unknown_exception(con: duckdb.DuckDBPyConnection, wanted: str) -> CounterfoilError:
    ids = con.sql("select exception_id from exceptions order by 1").pl().get_column("exception_id").to_list()
    same_rule = [one for one in ids if one.startswith(wanted[:4])]
    close = nearest(wanted, same_rule or ids)
    if close:
        return UsageProblem(f"there is no exception {wanted!r} in this run", mend=f"did you mean {' or '.join(close)}?")
    return UsageProblem(f"there is no exception {wanted!r} in this run", mend="list them with: select exception_id, title from exceptions")


def _heading(case: dict[str, Any], rule: dict[str, Any]) -> str:
    status = f"held back ({case['suppressor']})" if case["suppressor"] else f"{case['status']}, first issued on {_day(case['first_seen'])}"
    return f"{case['exception_id']}  {rule['title']}\nStatus: {status}\n\n{case['reason']}\n\nThe rule ({case['rule']}, version {case['rule_version']}): {rule['plain']}"


def _sides(case: dict[str, Any]) -> str:
    lines = ["The two sides:"]
    for side in "lr":
        protected = " PROTECTED: the other side is told nothing." if case[f"protected_{side}"] else ""
        lines.append(f"  {case[f'partner_{side}']}, {case[f'dataset_{side}']}, reference {case[f'record_ref_{side}']}, {case[f'party_{side}']}.{protected}")
        lines += [f"    {text}" for name in ("own", "shared") if (text := case[f"details_{name}_{side}"])]
    return "\n".join(lines)


def _identity(case: dict[str, Any], evidence: list[dict[str, Any]]) -> str:
    if case["entity"] == "row":
        return f"Band {case['band']}: both are lines of one council to one supplier, so nobody had to be identified."
    probability = "" if case["match_probability"] is None else f", probability {case['match_probability']:.4f}"
    lines = [f"How sure we are that both sides belong together: band {case['band']}, tier {case['tier']}{probability}."]
    lines += [f"  {line['sentence']}" for line in evidence]
    if not evidence:
        lines.append("  The two were not compared with each other; both belong to one cluster through other records.")
    own = sum(line["contribution"] for line in evidence)
    if evidence and case["match_weight"] and own != case["match_weight"]:
        lines.append(f"  Together {weight(own)} by themselves; other records of their cluster hold them at {weight(case['match_weight'])}.")
    elif case["match_weight"]:
        lines.append(f"  Together {case['match_weight'] / 100:+.1f}; each point doubles or halves the odds.")
    return "\n".join(lines)


def _considered(case: dict[str, Any], rule: dict[str, Any]) -> str:
    causes = [line for line in (rule["suppressors"] or "").splitlines() if line]
    if not causes:
        return ""
    lines, holds = ["Innocent causes considered, in this order:"], False
    for cause in causes:
        code = cause.split(":")[0]
        verdict = "not looked at" if holds else "holds, so it was held back" if code == case["suppressor"] else "the data do not show it"
        holds = holds or code == case["suppressor"]
        lines.append(f"  {cause} - {verdict}")
    return "\n".join(lines)


def _worth(case: dict[str, Any]) -> str:
    known = bool(case["value_pence"])
    worth = f"£{case['value_pence'] // 100:,}.{case['value_pence'] % 100:02d} ({case['value_kind']}; an estimate, never a debt)" if known else "nothing in money" if case["value_kind"] == "none" else "not known"
    return f"What it may be worth: {worth}.\nWho acts first: {case['owner']}."


def _fresh(fresh: list[dict[str, Any]]) -> str:
    if not fresh:
        return ""
    return "\n".join(["The data:", *(f"  {row['partner']} {row['dataset']} ({row['period']}): as on {_day(row['as_of'])}" for row in fresh)])


def _decided(outcomes: list[dict[str, Any]]) -> str:
    if not outcomes:
        return "Decided so far: nothing."
    return "\n".join(["Decided so far:", *(f"  {_day(o['decided_on'])}: {o['verdict']} ({o['reason_code']}), {o['officer']}" for o in outcomes)])


def _day(day: Any) -> str:
    return f"{day.day} {day:%B %Y}" if day else "an unknown day"
