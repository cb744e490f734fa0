"""What must hold between the values of a row and between the rows of a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from pipeline.row_rules import row_problems
from schemas.contract import Contract, Field, FieldType, Mark, Role, Visibility


def field(name: str, kind: FieldType, **more: object) -> Field:
    return replace(Field(name, kind, Mark.OPTIONAL, Role.ATTRIBUTE, Visibility.SHARED, ""), **more)


CONTRACT = Contract(
    id="TST", title="", grain="", version="1.0.0", description="", parties=(), key=("ref",), ordered=(("start", "end"),),
    fields=(
        field("ref", FieldType.TEXT), field("start", FieldType.DATE), field("end", FieldType.DATE), field("hours", FieldType.INTEGER, minimum=0, maximum=168),
        field("pence", FieldType.MONEY, unit="pence", minimum=0, maximum=1000), field("pounds", FieldType.MONEY, unit="pounds", maximum=10),
    ),
)  # fmt: skip
SCHEMA = {"file": pl.String(), "line": pl.Int64(), "ref": pl.String(), "start": pl.Date(), "end": pl.Date(), "hours": pl.Int64(), "pence": pl.Int64(), "pounds": pl.Int64()}


def problems(*rows: dict[str, object], contract: Contract = CONTRACT) -> list[tuple[str, int, str, str]]:
    full = [{**dict.fromkeys(SCHEMA), "file": "a.csv", "line": i + 2, "ref": f"R{i}", **row} for i, row in enumerate(rows)]
    return sorted(row_problems(pl.DataFrame(full, schema=SCHEMA), contract).rows())


def codes(**values: object) -> list[tuple[str, str]]:
    return [(column, code) for _, _, column, code in problems(values)]


def test_a_row_without_values_breaks_no_rule() -> None:
    assert problems({}, {"ref": None}, {"ref": None}) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"hours": 0}, []), ({"hours": 168}, []), ({"hours": -1}, [("hours", "number-out-of-range")]), ({"hours": 169}, [("hours", "number-out-of-range")]),
     ({"pence": 0}, []), ({"pence": -1}, [("pence", "money-negative")]), ({"pence": 1001}, [("pence", "money-too-large")])],
)  # fmt: skip
def test_bounds_are_inclusive_and_each_has_its_code(values: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert codes(**values) == expected


def test_a_bound_in_pounds_is_held_against_pence() -> None:
    assert codes(pounds=1000) == []
    assert codes(pounds=1001) == [("pounds", "money-too-large")]


def test_a_start_after_the_end_is_named_at_the_start() -> None:
    assert codes(start=date(2026, 3, 2), end=date(2026, 3, 1)) == [("start", "start-after-end")]
    assert codes(start=date(2026, 3, 1), end=date(2026, 3, 1)) == []
    assert codes(start=date(2026, 3, 2)) == []


def test_every_row_of_a_repeated_reference_is_named_in_all_files() -> None:
    rows = ({"ref": "A"}, {"ref": "B"}, {"ref": "A", "file": "b.csv", "line": 2})
    assert problems(*rows) == [("a.csv", 2, "ref", "key-duplicate"), ("b.csv", 2, "ref", "key-duplicate")]


def test_a_key_of_two_fields_is_repeated_only_where_both_are() -> None:
    both = replace(CONTRACT, key=("ref", "hours"))
    rows = ({"ref": "A", "hours": 1}, {"ref": "A", "hours": 2}, {"ref": "A", "hours": None}, {"ref": "A", "hours": None})
    assert problems(*rows, contract=both) == []
    assert [line for _, line, _, _ in problems(*rows, {"ref": "A", "hours": 2}, contract=both)] == [3, 6]


def test_without_a_key_equal_rows_are_no_problem() -> None:
    assert problems({"ref": "A"}, {"ref": "A"}, contract=replace(CONTRACT, key=())) == []


def test_several_problems_of_one_row_are_all_named() -> None:
    assert codes(hours=-1, pence=-1, start=date(2026, 2, 1), end=date(2026, 1, 1)) == [
        ("hours", "number-out-of-range"), ("pence", "money-negative"), ("start", "start-after-end"),
    ]  # fmt: skip


def test_no_rows_have_no_problems() -> None:
    assert problems() == []
    assert row_problems(pl.DataFrame(schema=SCHEMA), replace(CONTRACT, key=(), ordered=(), fields=())).columns == ["file", "line", "column", "code"]
