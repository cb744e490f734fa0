"""How a name field is spelt before it is taken apart."""

from __future__ import annotations

import polars as pl
import pytest

from matchers.normalisers.name_words import given_names, spell


@pytest.mark.parametrize(
    ("raw", "spelt"),
    [
        ("OKAFOR", "OKAFOR"),
        ("Okafor", "OKAFOR"),
        ("J.A. & B", "J A AND B"),
        ("O\u2019Neill", "ONEILL"),
        ("Price - Jones", "PRICE-JONES"),
        ("OKAFOR,ADA", "OKAFOR, ADA"),
        ("Okafor (Mrs)", "OKAFOR MRS"),
        ("OKAFOR-, -ADA", "OKAFOR, ADA"),
        ("Jo-&-Ada", "JO AND ADA"),
        ("-,-", ""),
        (" \u200b", ""),
        ("", ""),
        (None, None),
    ],
)
def test_only_commas_and_hyphens_are_left_of_the_marks(raw, spelt):
    frame = pl.DataFrame({"raw": [raw]}, schema={"raw": pl.String})
    assert frame.select(spell(pl.col("raw"))).item() == spelt


@pytest.mark.parametrize(
    ("forename", "middle", "read"),
    [
        ("ADA", "", ("ADA", None)),
        ("ADA BO", "", ("ADA", "BO")),
        ("ADA BO", "CHIDI", ("ADA", "BO CHIDI")),
        ("ADA BO", "BO", ("ADA", "BO")),
        ("ADA-BO", None, ("ADA", "BO")),
        ("", "BO", (None, "BO")),
        ("", "", (None, None)),
    ],
)
def test_the_first_given_name_is_the_forename(forename, middle, read):
    frame = pl.DataFrame({"f": [forename], "m": [middle]}, schema={"f": pl.String, "m": pl.String})
    assert frame.select(*given_names(pl.col("f"), pl.col("m"))).rows() == [read]
