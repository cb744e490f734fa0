"""Addresses: one spelling, the flat first, and what tells doors apart."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.address_words import ABBREVIATIONS, STREETS
from matchers.normalisers.addresses import ADDRESS, LINES, normalise_address

SCHEMA = {"row": pl.UInt32, **dict.fromkeys(LINES, pl.String)}


def frame_of(*addresses):
    padded = [(number, *lines, *[None] * (4 - len(lines))) for number, lines in enumerate(addresses)]
    return pl.DataFrame(padded, schema=SCHEMA, orient="row")


def read_lines(*lines):
    [(_, address, saon, paon)] = normalise_address(frame_of(lines)).rows()
    return address, saon, paon


@pytest.mark.parametrize(
    "lines",
    [
        ("Flat 3, 12 High Street", "Northmere"),
        ("Flat 3", "12 High Street", "Northmere"),
        ("FLAT 3 12 HIGH STREET", "NORTHMERE"),
        ("12 High Street Flat 3", "Northmere"),
        ("12 High St, Flat 3", "Northmere"),
        ("12 High St.", "Apt 3", "Northmere"),
        ("Apartment 3, No. 12 High St", "Northmere"),
        ("Flat 3/12 High Street", "Northmere"),
        ("Flat No 3", "12 High Street", "Northmere", "Northmere"),
        ("c/o Mrs Okafor", "Flat 3, 12 High Street", "Northmere"),
        ("C/O The Agency, Flat 3, 12 High Street", "Northmere", "ENGLAND"),
        ("Flat 3", "12 High Street", "Northmere ZZ1 1AA", "UK"),
        ("Flat 3", "12 High Street", "Northmere", "zz11aa"),
        ("Flat 3", "12 High Street", "N/A", "Northmere"),
    ],
)
def test_one_home_has_one_spelling(lines):
    assert read_lines(*lines) == ("FLAT 3 12 HIGH STREET NORTHMERE", "FLAT 3", "12")


@pytest.mark.parametrize(
    ("lines", "address", "saon", "paon"),
    [
        (("12-14 High Street",), "12-14 HIGH STREET", None, "12-14"),
        (("12 - 14 High Street",), "12-14 HIGH STREET", None, "12-14"),
        (("12A High Street",), "12A HIGH STREET", None, "12A"),
        (("12 a High Street",), "12A HIGH STREET", None, "12A"),
        (("12A-12C High Street",), "12A-12C HIGH STREET", None, "12A-12C"),
        (("Flat 2A", "12 High Street"), "FLAT 2A 12 HIGH STREET", "FLAT 2A", "12"),
        (("Flat A", "12 High Street"), "FLAT A 12 HIGH STREET", "FLAT A", "12"),
        (("2/1", "12 High Street"), "FLAT 2/1 12 HIGH STREET", "FLAT 2/1", "12"),
        (("Flat 2/1", "12 High Street"), "FLAT 2/1 12 HIGH STREET", "FLAT 2/1", "12"),
        (("3/12 High Street",), "3/12 HIGH STREET", None, "3/12"),
        (("Unit 4", "Acme Business Park"), "UNIT 4 ACME BUSINESS PARK", "UNIT 4", "ACME BUSINESS PARK"),
        (("Room 5, 12 High Street",), "ROOM 5 12 HIGH STREET", "ROOM 5", "12"),
        (("Ground Floor Flat", "12 High Street"), "GROUND FLAT 12 HIGH STREET", "GROUND FLAT", "12"),
        (("GFF, 12 High Street",), "GROUND FLAT 12 HIGH STREET", "GROUND FLAT", "12"),
        (("1st Floor Flat 12 High Street",), "FIRST FLAT 12 HIGH STREET", "FIRST FLAT", "12"),
        (("Basement Flat", "12 High Street"), "BASEMENT FLAT 12 HIGH STREET", "BASEMENT FLAT", "12"),
        (("The Annexe", "12 High Street"), "ANNEXE 12 HIGH STREET", "ANNEXE", "12"),
        (("Annex at 12 High Street",), "ANNEXE 12 HIGH STREET", "ANNEXE", "12"),
        (("Flat 3", "Rose Court", "12 High Street"), "FLAT 3 ROSE COURT 12 HIGH STREET", "FLAT 3", "12"),
        (("Flat 3 Rose Court 12 High Street",), "FLAT 3 ROSE COURT 12 HIGH STREET", "FLAT 3", "12"),
    ],
)
def test_numbers_and_flats(lines, address, saon, paon):
    assert read_lines(*lines) == (address, saon, paon)


@pytest.mark.parametrize(
    ("lines", "paon"),
    [
        (("Rose Cottage", "High Street"), "ROSE COTTAGE"),
        (("Rose Cottage High Street", "Northmere"), "ROSE COTTAGE"),
        (("The Old Mill", "Mill Lane"), "THE OLD MILL"),
        (("Bramleys", "High Street"), "BRAMLEYS"),
        (("Rose Cottage", "12 High Street"), "12"),
        (("Rose Cottage 12 High Street",), "12"),
        (("High Street", "Northmere"), None),
        (("Old Mill Lane", "Northmere"), None),
        (("Manor Farm Road",), None),
    ],
)
def test_a_house_without_a_number_is_known_by_its_name(lines, paon):
    assert read_lines(*lines)[2] == paon


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("12 High St", "12 HIGH STREET"),
        ("12 St James Rd", "12 ST JAMES ROAD"),
        ("12 St. James's St.", "12 ST JAMESS STREET"),
        ("12 Saint James Road", "12 ST JAMES ROAD"),
        ("12 Dr Johnson Dr", "12 DR JOHNSON DRIVE"),
        ("12 Ct Farm Ct", "12 CT FARM COURT"),
        ("12 Oak Ave", "12 OAK AVENUE"),
        ("12 Oak, ZZ1 1AA, Northmere, ZZ1 1AA", "12 OAK NORTHMERE"),
        ("12 Oak|Ash | | Road", "12 OAK ASH ROAD"),
        ("12 Oak Cl, Oak Cres", "12 OAK CLOSE OAK CRESCENT"),
        ("12 Oak Gdns, Glos", "12 OAK GARDENS GLOUCESTERSHIRE"),
        ("O'Connell Hse, King's Rd", "OCONNELL HOUSE KINGS ROAD"),
        ("Café Clös", "CAFE CLOS"),
        ("12 Rd Rd Rd", "12 ROAD ROAD ROAD"),
        ("Oak & Ash House", "OAK AND ASH HOUSE"),
        ("Stow-on-the-Wold", "STOW ON THE WOLD"),
    ],
)
def test_words_are_written_out_where_they_are_sure(line, address):
    assert read_lines(line)[0] == address


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("N/A", "-"),
        ("NFA",),
        ("No Fixed Abode", "Northmere"),
        ("ZZ1 1AA",),
        ("UK",),
        ("c/o Okafor",),
        ("Address unknown",),
    ],
)
def test_no_address_is_null(lines):
    assert read_lines(*lines) == (None, None, None)


def test_rows_keep_their_order():
    frame = frame_of(("2 High St",), ("Flat 1, 3 High St",), (), ("Rose Cottage",)).reverse()
    read = normalise_address(frame)
    assert read.schema == ADDRESS
    assert read.select("row", "paon").rows() == [(3, "ROSE COTTAGE"), (2, None), (1, "3"), (0, "2")]


def test_fewer_lines_will_do():
    assert (
        normalise_address(frame_of(("12 High St",)).select("row", "addr1")).item(0, "address")
        == "12 HIGH STREET"
    )


def test_no_rows_give_no_addresses():
    assert normalise_address(frame_of()).schema == ADDRESS


@given(
    number=st.integers(1, 999),
    letter=st.sampled_from(["", "A", "B"]),
    street=st.sampled_from(STREETS.split("|")),
    flat=st.none() | st.integers(1, 99),
)
@settings(max_examples=50, deadline=None)
def test_a_normalised_address_stays_as_it_is(number, letter, street, flat):
    lines = (f"{number}{letter} Oak {street.title()}", "Northmere")
    once = read_lines(*([f"Flat {flat}"] if flat else []), *lines)
    assert once == (
        f"{f'FLAT {flat} ' if flat else ''}{number}{letter} OAK {street} NORTHMERE",
        f"FLAT {flat}" if flat else None,
        f"{number}{letter}",
    )
    assert read_lines(once[0]) == once


@given(addresses=st.lists(st.tuples(*[st.none() | st.text(max_size=25)] * 4), max_size=15))
@settings(max_examples=50, deadline=None)
def test_any_text_gives_one_address_a_row(addresses):
    read = normalise_address(frame_of(*addresses))
    assert read.get_column("row").to_list() == list(range(len(addresses)))
    assert read.filter(pl.col("address").str.contains(r"^ | $|  |^$|\|")).is_empty()
    assert read.filter(
        pl.col("address").is_null() & (pl.col("paon").is_not_null() | pl.col("saon").is_not_null())
    ).is_empty()


@given(
    addresses=st.lists(
        st.tuples(
            *[st.none() | st.sampled_from(["flat 3", "12 high st", "Rose Cottage", "c/o x", "uk", "2/1"])] * 4
        )
    )
)
@settings(max_examples=50, deadline=None)
def test_each_address_is_read_alone_and_without_regard_to_case(addresses):
    together = normalise_address(frame_of(*addresses))
    assert [row[1:] for row in together.rows()] == [read_lines(*lines) for lines in addresses]
    upper = [tuple(line.upper() if line else line for line in lines) for lines in addresses]
    assert normalise_address(frame_of(*upper)).equals(together)


def test_no_abbreviation_is_written_out_to_another():
    # Otherwise an address would change again when it is read again.
    shorts = {short.split()[0] for short in ABBREVIATIONS}
    anywhere = {short.strip() for short in ABBREVIATIONS if len(short.split()) == 1}
    assert not {full.split()[0] for full in ABBREVIATIONS.values()} & (anywhere | (shorts - {"ST"}))
