"""Damage that shows only in a whole column: said out loud, never mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from pipeline.suspicions import FEWEST_ROWS, damage_in_rows, damage_in_text
from schemas.datasets import CONTRACTS
from schemas.records import typed

# council tax accounts whose one ordered pair begins with what is asked here
CTX = CONTRACTS["CTX"]
DATES = replace(CTX, ordered=(("liability_start", "liability_end"),))


def rows(**columns: list[object]) -> pl.DataFrame:
    size = max(map(len, columns.values()))
    full = {f.name: columns.get(f.name, [None] * size) for f in CTX.fields}
    return pl.DataFrame(full, schema={f.name: typed(f.type) for f in CTX.fields})


def notes(text: dict[str, list[str | None]] | None = None, typed_rows: pl.DataFrame | None = None) -> tuple[str, ...]:
    given = pl.DataFrame(text or {}, schema=dict.fromkeys(text or {}, pl.String()))
    return (*damage_in_text(given, DATES), *damage_in_rows(rows(surname=[]) if typed_rows is None else typed_rows, DATES))


def test_a_file_in_order_gives_no_note() -> None:
    people = rows(forename=["ADAEZE"] * 30, surname=["OKAFOR"] * 30, dob=["1984-03-27"] * 30, liability_start=[date(2019, 5, 1)] * 30)
    assert notes({"surname": ["OKAFOR"] * 30, "uprn": ["990000000123"] * 30}, people) == ()


@pytest.mark.parametrize(("lengths", "warned"), [((255, 255, 9), True), ((255, 9), False), ((256, 256), False), ((32_767, 32_767), True), ((255, 255, 256), False)])
def test_values_that_all_end_at_the_limit_of_a_cell_may_be_cut_off(lengths: tuple[int, ...], warned: bool) -> None:
    found = notes({"addr1": ["x" * n for n in lengths]})
    assert bool(found) is warned
    assert not warned or f"addr1: 2 values are exactly {max(lengths):,} characters long" in found[0]


def test_long_numbers_that_end_in_noughts_may_be_rounded() -> None:
    rounded = ["990000000123000"] * 11 + ["990000000123456"] * 9
    assert notes({"account_ref": rounded})[0].startswith("account_ref: 11 of 20 long numbers end in 000")
    assert notes({"account_ref": rounded[1:] + ["990000000123456"]}) == ()  # half of them is chance enough
    assert notes({"account_ref": rounded[:19]}) == ()  # too few to say
    assert notes({"account_ref": ["990000123000"] * 30}) == ()  # twelve digits survive a spreadsheet


def test_names_that_changed_places_are_said_with_counts() -> None:
    swapped = rows(forename=["OKAFOR"] * 22, surname=["WILLIAM"] * 21 + ["NOWAK"])
    assert notes(typed_rows=swapped) == ("forename and surname may have changed places: 21 rows have a common forename as surname, 0 as forename",)


def test_surnames_that_are_forenames_too_are_no_damage() -> None:
    assert notes(typed_rows=rows(forename=["William"] * 22, surname=["Thomas"] * 22)) == ()


@pytest.mark.parametrize(("size", "warned"), [(FEWEST_ROWS - 1, False), (FEWEST_ROWS, True)])
def test_births_after_the_first_day_of_liability_are_said_with_counts(size: int, warned: bool) -> None:
    born_later = rows(dob=["2019-05-02"] * size, liability_start=[date(2019, 5, 1)] * size)
    expected = (f"dob and liability_start may have changed places: {size} of {size} people were born after it",)
    assert notes(typed_rows=born_later) == (expected if warned else ())


def test_birth_dates_with_unknown_parts_are_not_counted() -> None:
    assert notes(typed_rows=rows(dob=["2019-XX-XX"] * 30, liability_start=[date(2018, 5, 1)] * 30)) == ()


def test_half_born_later_is_not_said() -> None:
    half = rows(dob=["2019-05-02"] * 15 + ["1984-03-27"] * 15, liability_start=[date(2019, 5, 1)] * 30)
    assert notes(typed_rows=half) == ()


def test_no_note_holds_a_value() -> None:
    swapped = rows(forename=["OKAFOR"] * 30, surname=["WILLIAM"] * 30, dob=["2019-05-02"] * 30, liability_start=[date(2019, 5, 1)] * 30)
    said = " ".join(notes({"addr1": ["SECRET".ljust(255, "X")] * 30, "account_ref": ["990000000123000"] * 30}, swapped))
    assert said.count("may ") == 4
    assert not any(value in said for value in ("OKAFOR", "WILLIAM", "SECRET", "990000000123000", "2019"))
