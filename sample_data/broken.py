"""A few lines broken on purpose, below two in a hundred of a file, each with the code that the check ought to give."""

from __future__ import annotations

from random import Random

from sample_data.councils import Council
from sample_data.rows import PRIME, Row
from schemas.contract import Field, FieldType, Mark, Role
from schemas.datasets import CONTRACTS

FEWEST_ROWS = 60  # a smaller file has no broken lines, so that none passes two in a hundred
_SHARE, _MOST = 0.015, 6

Problem = tuple[str, str]  # column, code
Line = tuple[Row | None, list[str], Problem | None]
# What stands in the place of a good value.
_BAD = {"date-unreadable": "31 of June", "code-unknown": "ZZZ?", "required-missing": "", "money-unreadable": "see note", "flag-unreadable": "maybe"}
_KINDS = ("row-too-short", "key-duplicate", "row-too-long", *_BAD)


def break_some(cells: list[tuple[Row, list[str]]], fields: list[str], council: Council, dataset: str, period: str, rng: Random) -> list[Line]:
    """Return the file's lines with a few broken copies of ordinary rows among them; the rows themselves stay."""
    lines: list[Line] = [(row, values, None) for row, values in cells]
    plain = [values for row, values in cells if row.plain]
    if len(cells) < FEWEST_ROWS or not plain:
        return lines
    wanted = max(1, min(_MOST, int(len(cells) * _SHARE)))
    start = sum(map(ord, council.id + dataset + period))
    made: list[Line] = []
    for step in range(len(_KINDS)):
        made += _broken(_KINDS[(start + step) % len(_KINDS)], list(rng.choice(plain)), fields, dataset, len(made), wanted)
        if len(made) >= wanted:
            break
    for line in made[:wanted]:
        lines.insert(rng.randrange(len(lines) + 1), line)
    return lines


def _broken(kind: str, values: list[str], fields: list[str], dataset: str, count: int, wanted: int) -> list[Line]:
    """Return the broken lines of one kind, or none where the dataset offers no place for it."""
    contract = [CONTRACTS[dataset].field(name) for name in fields]
    _rename(values, fields, count)
    if kind == "key-duplicate":
        if "partner_record_ref" not in fields or wanted - count < 2:
            return []
        problem = ("partner_record_ref", kind)
        return [(None, values, problem), (None, list(values), problem)]
    if kind in ("row-too-short", "row-too-long"):
        return [(None, [*values, "x", "x"] if kind == "row-too-long" else values, ("", kind))]
    place = next((at for at, field in enumerate(contract) if _fits(kind, field, values[at])), None)
    if place is None:
        return []
    values[place] = _BAD[kind]
    return [(None, values, (fields[place], kind))]


def _fits(kind: str, field: Field, value: str) -> bool:
    if not value or field.name in ("partner_record_ref", "as_of_date"):
        return False
    match kind:
        case "date-unreadable":
            return field.type is FieldType.DATE
        case "code-unknown":
            return field.type is FieldType.CODE
        case "required-missing":
            return field.mark is Mark.REQUIRED and field.type is FieldType.TEXT and field.role in (Role.REFERENCE, Role.ORGANISATION)
        case "money-unreadable":
            return field.type is FieldType.MONEY
        case _:
            return field.type is FieldType.FLAG


def _rename(values: list[str], fields: list[str], count: int) -> None:
    """Give the copy a reference of its own, above all that rows have."""
    if "partner_record_ref" in fields:
        at = fields.index("partner_record_ref")
        values[at] = f"{values[at][:2]}{100_000 + PRIME + count}"
