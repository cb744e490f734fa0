"""Postcodes in one spelling; area ZZ is nobody's."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.postcodes import parse_postcode, postcode_district, postcode_sector

INVENTED = st.from_regex("ZZ[1-9][0-8]? [1-9][ABDEFGHJLNP-UW-Y]{2}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("ZZ1 1AA", "ZZ1 1AA"),
        ("zz11aa", "ZZ1 1AA"),
        (" ZZ1  1AA ", "ZZ1 1AA"),
        ("ZZ1-1AA.", "ZZ1 1AA"),
        ("ZZ12 1AB", "ZZ12 1AB"),
        ("M1 1AE", "M1 1AE"),
        ("W1A 0AX", "W1A 0AX"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("GIR 0AA", "GIR 0AA"),
        ("gir0aa", "GIR 0AA"),
        ("BB1 1BB", "BB1 1BB"),  # Blackburn is a place, though all its letters are one
        ("B1 1BB", "B1 1BB"),
        # the letter O for a nought, I for a one, and the other way about
        ("ZZ1O 1AA", "ZZ10 1AA"),
        ("ZZI IAA", "ZZ1 1AA"),
        ("ZZ1 OAA", "ZZ1 0AA"),
        ("EI4 3AB", "E14 3AB"),
        ("0X1 1AB", "OX1 1AB"),
        ("1P1 2AB", "IP1 2AB"),
        ("S02 3AB", "SO2 3AB"),
        ("P016 7AB", "PO16 7AB"),
        ("", None),
        (None, None),
    ],
)
def test_postcodes_are_read(raw, value, read):
    assert read(parse_postcode, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("ZZ99 9ZZ", "text-placeholder"),
        ("zz99 3wz", "text-placeholder"),
        ("XX99 9XX", "text-placeholder"),
        ("AA1 1AA", "text-placeholder"),
        ("A1 1AA", "text-placeholder"),
        ("99999", "text-placeholder"),
        ("XXXX XXX", "text-placeholder"),
        ("N/A", "text-placeholder"),
        ("GL50", "postcode-unreadable"),
        ("QQ1 1AA", "postcode-unreadable"),
        ("XX1 1AB", "postcode-unreadable"),
        ("EJ1 1AB", "postcode-unreadable"),
        ("ZZ1 1AC", "postcode-unreadable"),  # no unit has a C
        ("ZZ1 1A0", "postcode-unreadable"),  # nor an O
        ("ZZ01 1AA", "postcode-unreadable"),
        ("ZZ1 1AAA", "postcode-unreadable"),
        ("CHELTENHAM", "postcode-unreadable"),
        ("1.2E+05", "number-mangled"),
    ],
)
def test_what_is_no_postcode_is_named(raw, problem, read):
    assert read(parse_postcode, [raw]) == [(None, problem)]


@given(postcodes=st.lists(INVENTED, max_size=30))
@settings(max_examples=50, deadline=None)
def test_case_and_space_of_a_postcode_do_not_matter(postcodes, read):
    real = [postcode for postcode in postcodes if len(set(postcode.replace(" ", ""))) > 2]
    run_together = [postcode.replace(" ", "").lower() for postcode in real]
    assert read(parse_postcode, run_together) == [(postcode, None) for postcode in real]


def test_parts_of_a_postcode():
    frame = pl.DataFrame({"postcode": ["ZZ1 1AA", "ZZ12 3AB", "W1A 0AX", None]})
    parts = frame.select(
        sector=postcode_sector(pl.col("postcode")), district=postcode_district(pl.col("postcode"))
    )
    assert parts.rows() == [("ZZ1 1", "ZZ1"), ("ZZ12 3", "ZZ12"), ("W1A 0", "W1A"), (None, None)]
