"""Text to typed rows: every value parsed, every contradiction of the contract named, good rows and rejects apart.

A value that is there and cannot be read is not a missing value: it has its own code. Two severities: *must fix*
keeps the row out; *can fix* keeps the row, without the value. What stands between the values of a row, or of the
file, is judged for all files together (`pipeline.row_rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from matchers.normalisers.dates import parse_birth_date, parse_date
from matchers.normalisers.identifiers import (
    parse_account_number,
    parse_charity_number,
    parse_company_number,
    parse_email,
    parse_nino,
    parse_passport,
    parse_phone,
    parse_postcode,
    parse_sort_code,
    parse_uprn,
    parse_vat_number,
)
from matchers.normalisers.numbers import parse_flag, parse_integer, parse_money
from matchers.normalisers.text import had_control_characters, normalise_text
from schemas.contract import Contract, Field, FieldType, Mark, Role
from schemas.mapping import Mapping
from schemas.problems import PROBLEMS, Severity
from schemas.records import REJECT, typed

_IDENTIFIERS: dict[FieldType, Callable[[pl.Expr], pl.Expr]] = {
    FieldType.NINO: parse_nino,
    FieldType.POSTCODE: parse_postcode,
    FieldType.UPRN: parse_uprn,
    FieldType.SORT_CODE: parse_sort_code,
    FieldType.ACCOUNT_NUMBER: parse_account_number,
    FieldType.PHONE: parse_phone,
    FieldType.EMAIL: parse_email,
    FieldType.PASSPORT: parse_passport,
    FieldType.VAT_NUMBER: parse_vat_number,
    FieldType.COMPANY_NUMBER: parse_company_number,
    FieldType.CHARITY_NUMBER: parse_charity_number,
    FieldType.INTEGER: parse_integer,
    FieldType.FLAG: parse_flag,
}

# Where a required value of these roles cannot be used, the row still carries others to match on.
_IDENTITY = (Role.PERSON, Role.ADDRESS, Role.ORGANISATION, Role.BANK)


def validate(
    columns: dict[str, pl.Series], contract: Contract, mapping: Mapping, *, file: str, as_of: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read every value of one file.

    Args:
        columns: `line` and the text fields, by the contract's names. They are taken out one after the other, so that a large
            file is never held as text and typed at once.
        mapping: date forms, money units, codes and constants of the layout.
        as_of: today, for the fields that cannot lie in the future and for ages.

    Returns:
        All rows: `file, line` and every field of the contract, typed; a value that is absent or cannot be used is
        null. And the problems: `file, line, column, code`.
    """
    lines = columns.pop("line")
    absent, values, problems = [], [], [_NO_PROBLEMS]
    for field in contract.fields:
        raw = columns.pop(field.name, None)
        if raw is None and field.name in mapping.constants:
            raw = pl.repeat(str(mapping.constants[field.name]), lines.len(), dtype=pl.String, eager=True)
        if raw is None:
            absent.append(pl.lit(None, typed(field.type)).alias(field.name))
            continue
        both = raw.alias("raw").to_frame().select(parser(field, mapping, as_of)(pl.col("raw")).alias("both")).unnest("both")
        values.append(both["value"].alias(field.name))
        problems.append(_problems_of(field, lines, raw, both))
    found = pl.concat(problems).select(pl.lit(file, pl.String).alias("file"), "line", "column", "code")
    # what stands in every row alike is one value with a length, and costs nothing
    rows = pl.DataFrame([lines.alias("line"), *values]).with_columns(pl.lit(file, pl.String).alias("file"), *absent)
    return rows.select("file", "line", *contract.names), found


_NO_PROBLEMS = pl.DataFrame(schema={"line": pl.Int64(), "column": pl.String(), "code": pl.String()})
_MUST_FIX = [code for code, problem in PROBLEMS.items() if problem.severity is Severity.MUST_FIX]


def parser(field: Field, mapping: Mapping, as_of: date) -> Callable[[pl.Expr], pl.Expr]:
    """Return the function that reads the field's text: expression -> struct of value and problem."""
    form = mapping.date_forms.get(field.name, mapping.date_form)
    match field.type:
        case FieldType.DATE:
            return lambda raw: parse_date(raw, form=form, as_of=as_of if field.past else None)
        case FieldType.PARTIAL_DATE:
            return lambda raw: parse_birth_date(raw, form=form, as_of=as_of)
        case FieldType.MONEY:
            unit = mapping.money.get(field.name, "pounds" if field.unit == "pounds" else "pence")
            return lambda raw: parse_money(raw, unit=unit)
        case FieldType.CODE:
            return lambda raw: parse_code(raw, field, mapping.codes.get(field.name, {}))
        case FieldType.TEXT:
            return normalise_text
        case _:
            return _IDENTIFIERS[field.type]


def parse_code(raw: pl.Expr, field: Field, theirs: dict[str, str]) -> pl.Expr:
    """Read a code: the partner's codes are put into ours, case and outer spaces do not count."""
    known = {code.upper(): code for code in field.codes} | {code.strip().upper(): ours for code, ours in theirs.items()}
    folded = raw.str.strip_chars().str.to_uppercase()
    value = folded.replace_strict(known, default=None, return_dtype=pl.String)
    unknown = value.is_null() & (folded != "")
    return pl.struct(value.alias("value"), pl.when(unknown).then(pl.lit("code-unknown")).alias("problem"))


def _problems_of(field: Field, lines: pl.Series, raw: pl.Series, both: pl.DataFrame) -> pl.DataFrame:
    """Return line, column and code of every problem of one column."""
    frame = pl.DataFrame({"line": lines, "raw": raw, "value": both["value"], "problem": both["problem"]})
    found = [_some(frame, pl.col("problem").is_not_null(), pl.col("problem"), field)]
    if field.mark is Mark.REQUIRED:
        usable = pl.col("value").is_not_null()
        left_empty = ~usable & pl.col("problem").is_null()
        if field.role not in _IDENTITY:
            left_empty = ~usable & (pl.col("problem").is_null() | ~pl.col("problem").is_in(_MUST_FIX))
        found.append(_some(frame, left_empty, pl.lit("required-missing"), field))
    if field.type is FieldType.TEXT:
        too_long = pl.col("value").str.len_chars() > field.max_length
        found.append(_some(frame, too_long, pl.lit("text-too-long"), field))
        found.append(_some(frame, had_control_characters(pl.col("raw")), pl.lit("control-characters"), field))
    return pl.concat(found)


def _some(frame: pl.DataFrame, where: pl.Expr, code: pl.Expr, field: Field) -> pl.DataFrame:
    return frame.lazy().filter(where).select("line", pl.lit(field.name).alias("column"), code.cast(pl.String).alias("code")).collect()


def as_rejects(problems: pl.DataFrame) -> pl.DataFrame:
    """Return problems in the shape `REJECT`, each with its severity."""
    severities = {code: str(problem.severity) for code, problem in PROBLEMS.items()}
    severity = pl.col("code").replace_strict(severities, return_dtype=pl.String).alias("severity")
    return problems.select("file", "line", "column", "code", severity).cast(REJECT.schema)


def must_fix(problems: pl.DataFrame) -> pl.DataFrame:
    """Return file and line of every row that is to be left out."""
    return problems.filter(pl.col("code").is_in(_MUST_FIX)).select("file", "line").unique()
