"""Rows to files as the councils' systems write them, and the mappings that make them readable."""

from __future__ import annotations

import codecs
import csv
import io
import json
import unicodedata
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

from sample_data.broken import break_some
from sample_data.councils import Council
from sample_data.headers import columns, constant_date
from sample_data.rows import Row, Value
from sample_data.truth import Truth
from schemas.contract import Field, FieldType, Role
from schemas.datasets import CONTRACTS

_DATES = {
    "YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "DD-MON-YYYY": "%d-%b-%Y", "DDMMYYYY": "%d%m%Y", "DD.MM.YYYY": "%d.%m.%Y",
    "DD-MM-YYYY": "%d-%m-%Y", "YYYY-MM-DDTHH:MM:SS": "%Y-%m-%dT00:00:00",
}  # fmt: skip
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FLAGS = {"words": ("Yes", "No"), "terse": ("1", "0")}
_PLAIN_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "\u2019": "'", "ø": "o", "đ": "d"})
_NOTES = ("", "", "", "", "", "see file; checked", 'tenant says "moved"', "two lines\nof notes", "agreed, by phone", "new – see letter")


def write_file(council: Council, dataset: str, period: str, rows: list[Row], folder: Path, seed: int, truth: Truth) -> str:
    """Write one extract, note the line of every row and the lines that are broken on purpose; return the file's name."""
    rng = Random(f"{seed} file {council.id} {dataset} {period}")
    rows = _ordered(rows, dataset, rng)
    name = f"{dataset}-{period}.csv" if period else f"{dataset}.csv"
    fields = [CONTRACTS[dataset].field(field) for field in columns(council, dataset)]
    cells = [(row, _cells(row, fields, council)) for row in rows]
    lines = break_some(cells, [f.name for f in fields], council, dataset, period, rng)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=council.dialect.delimiter, lineterminator=council.dialect.line_end)
    writer.writerow([*columns(council, dataset).values(), *council.dialect.extra])
    number = 2
    for row, values, problem in lines:
        extra = [_note(rng, council) for _ in council.dialect.extra]
        record = [*values, *extra][: -1 - len(extra)] if problem and problem[1] == "row-too-short" else [*values, *extra]
        writer.writerow(record)
        if problem:
            truth.rejects.append((council.id, dataset, name, number, *problem))
        elif row:
            row.line = number
        number += 1 + sum(cell.count("\n") for cell in extra if cell in record)
    _write_encoded(folder / name, text.getvalue(), council.dialect.encoding)
    return name


def write_mapping(council: Council, dataset: str, as_of: date, folder: Path) -> None:
    """Write `mappings/<DATASET>.toml`, in the form of `schemas.mapping.Mapping`."""
    dialect, there = council.dialect, columns(council, dataset)
    own = {"dataset": dataset, "encoding": dialect.encoding, "delimiter": dialect.delimiter, "date_form": dialect.date_form}
    lines = [f"{key} = {_quoted(value)}" for key, value in own.items()]
    lines.append(f"ignore = [{', '.join(_quoted(name) for name in dialect.extra)}]")
    lines += _table("columns", {field: _quoted(header) for field, header in there.items()})
    fields = [CONTRACTS[dataset].field(name) for name in there]
    if dialect.birth_form != dialect.date_form:
        lines += _table("date_forms", {f.name: _quoted(dialect.birth_form) for f in fields if f.type is FieldType.PARTIAL_DATE})
    lines += _table("money", {f.name: _quoted(dialect.money) for f in fields if f.type is FieldType.MONEY and _unit(f, council) != _contract_unit(f)})
    if constant_date(council, dataset):
        lines += _table("constants", {"as_of_date": as_of.isoformat()})
    for field in fields:
        if codes := _codes(field, dataset, council):
            lines += _table(f"codes.{field.name}", {_quoted(theirs): _quoted(ours) for ours, theirs in codes.items() if ours in field.codes})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{dataset}.toml").write_bytes(("\n".join(lines) + "\n").encode())


def needs_mapping(council: Council) -> bool:
    return council.dialect.headers != "contract"


def _ordered(rows: list[Row], dataset: str, rng: Random) -> list[Row]:
    """Return the rows shuffled, so that the order tells nothing; published lines by day, as they are published."""
    rows = list(rows)
    rng.shuffle(rows)
    if dataset == "PSP":
        rows.sort(key=lambda row: str(row.values["payment_date"]))
    return rows


def _cells(row: Row, fields: list[Field], council: Council) -> list[str]:
    return [_cell(row.values.get(field.name), field, row.dataset, council) for field in fields]


def _cell(value: Value, field: Field, dataset: str, council: Council) -> str:
    if value is None or value == "":
        return ""
    dialect = council.dialect
    if isinstance(value, bool):
        yes, no = _FLAGS.get(dialect.headers, ("Y", "N"))
        return yes if value else no
    if isinstance(value, date):
        return _date(value, dialect.birth_form if field.type is FieldType.PARTIAL_DATE else dialect.date_form)
    if isinstance(value, int):
        return _pounds(value) if field.type is FieldType.MONEY and _unit(field, council) == "pounds" else str(value)
    if field.type is FieldType.CODE:
        return _codes(field, dataset, council).get(value, value)
    if field.type is FieldType.TEXT and field.role in (Role.PERSON, Role.ADDRESS, Role.ORGANISATION):
        value = _encodable(value, dialect.encoding)
        return value.upper() if dialect.capitals else value
    return value


def _date(day: date, form: str) -> str:
    if form == "DD-MON-YYYY":  # month names do not follow the machine's language
        return f"{day.day:02d}-{_MONTHS[day.month]}-{day.year}"
    return day.strftime(_DATES[form])


def _pounds(pence: int) -> str:
    sign, whole = ("-" if pence < 0 else ""), abs(pence)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def _contract_unit(field: Field) -> str:
    return "pounds" if field.unit == "pounds" else "pence"


def _unit(field: Field, council: Council) -> str:
    return _contract_unit(field) if council.dialect.money == "contract" else council.dialect.money


def _codes(field: Field, dataset: str, council: Council) -> dict[str, str]:
    codes = council.dialect.codes
    return codes.get(f"{dataset}.{field.name}") or codes.get(field.name, {}) if field.type is FieldType.CODE else {}


@cache
def _encodable(text: str, encoding: str) -> str:
    """Return the text with letters the encoding lacks written plainly, as an older system does."""
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text.translate(_PLAIN_LETTERS))
        return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _note(rng: Random, council: Council) -> str:
    if council.dialect.headers == "capitals":
        return f"BATCH{rng.randrange(10, 99)}"
    if council.dialect.headers == "camel":
        return str(rng.randrange(10**6, 10**7))
    return rng.choice(_NOTES) if rng.random() < 0.15 else ""


def _write_encoded(path: Path, text: str, encoding: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if encoding == "utf-16":  # the byte order of this machine must not show
        path.write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
    else:
        path.write_bytes(text.encode(encoding))


def _table(name: str, content: dict[str, str]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {value}" for key, value in content.items())] if content else []


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
