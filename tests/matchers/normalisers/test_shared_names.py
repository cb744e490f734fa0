"""The slower reading of names agrees with the quick one where both could be used."""

from __future__ import annotations

import polars as pl

from matchers.normalisers.shared_names import read_unusual

SPELT = {
    "row": pl.UInt32,
    "title": pl.String,
    "forename": pl.String,
    "middle_names": pl.String,
    "surname": pl.String,
}


def test_a_plain_row_needs_no_special_reading():
    spelt = pl.DataFrame([(0, "MRS", "ADA", "BO", "PRICE-JONES")], schema=SPELT, orient="row")
    assert read_unusual(spelt).drop("row").rows() == [(1, "ADA", "BO", "PRICE JONES", None, False)]


def test_rows_that_name_nobody_are_left_out_and_others_counted_from_one():
    spelt = pl.DataFrame(
        [(0, "", "", "", ""), (1, "", "J AND A", "", "OKAFOR"), (2, "", "", "", "MR")],
        schema=SPELT,
        orient="row",
    )
    people = read_unusual(spelt).sort("row", "person")
    assert people.select("row", "person", "forename", "surname").rows() == [
        (1, 1, "J", "OKAFOR"),
        (1, 2, "A", "OKAFOR"),
    ]
