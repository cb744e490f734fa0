"""Organisations: what every ledger writes differently is gone, what tells them apart is kept."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.organisations import normalise_organisation, trading_name


def traded(raw):
    frame = pl.DataFrame({"raw": raw}, schema={"raw": pl.String})
    return frame.select(trading_name(pl.col("raw"))).to_series().to_list()


@pytest.mark.parametrize(
    "raw",
    ["ACME SUPPLIES", "Acme Supplies Ltd", "The Acme Supplies Co. Ltd.", "ACME SUPPLIES LIMITED", "Acme Supplies (UK) Limited",
     "Acme Supplies PLC", "ACME SUPPLIES P.L.C.", "Acme-Supplies LLP", "Acme Supplies C.I.C.", "Acme Supplies CIO",
     "Acme Supplies Cyf", "ACME SUPPLIES LTD, THE", "Acme Supplies Ltd t/a Rose Cafe", "ACME SUPPLIES TRADING AS THE ROSE CAFE LTD",
     " acme  supplies\u00a0ltd "],
)  # fmt: skip
def test_one_organisation_has_one_name(raw, read):
    assert read(normalise_organisation, [raw]) == [("ACME SUPPLIES", None)]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Okafor & Sons", "OKAFOR AND SONS"),
        ("Okafor and Sons Ltd", "OKAFOR AND SONS"),
        ("Okafor & Co", "OKAFOR"),
        ("B.T. Example PLC", "BT EXAMPLE"),
        ("A.Okafor", "A OKAFOR"),
        ("example.co.uk", "EXAMPLE"),
        ("O'Neill's", "ONEILLS"),
        ("Café Ñandú Ltd", "CAFE NANDU"),
        ("Theatre Ltd", "THEATRE"),
        ("Cooper", "COOPER"),
        ("UK Steel Example Ltd", "UK STEEL EXAMPLE"),
        ("The Company Ltd", "THE COMPANY LTD"),
        ("Ltd", "LTD"),
        ("Stata Example", "STATA EXAMPLE"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_names_of_organisations(raw, value, read):
    assert read(normalise_organisation, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    "raw",
    ["N/A", "Sundry Suppliers", "VARIOUS", "REDACTED", "Redacted personal data", "-", "$$$", "Misc. Ltd"],
)
def test_names_for_nobody_are_placeholders(raw, read):
    assert read(normalise_organisation, [raw]) == [(None, "text-placeholder")]


def test_the_trading_name_stands_alone():
    assert (
        traded(
            [
                "Okafor t/a Rose Cafe",
                "OKAFOR LTD TRADING AS THE ROSE CAFE LTD",
                "Okafor (T/A: Rose Café)",
                "T/A Rose Cafe",
            ]
        )
        == ["ROSE CAFE"] * 4
    )
    assert traded(["Okafor Ltd", "Okafor t/a", "Stata Example", "", None]) == [None] * 5


@given(
    name=st.lists(
        st.sampled_from(
            [
                "THE",
                "ACME",
                "AND",
                "CO",
                "LTD",
                "UK",
                "T/A",
                "&",
                "PLC",
                "B.T.",
                "LIMITED",
                "DBA",
                "ROSE",
                "(UK)",
                ",",
                "-",
                ".",
            ]
        ),
        max_size=7,
    ).map(" ".join)
)
@settings(max_examples=100, deadline=None)
def test_a_normalised_name_stays_as_it_is(name, read):
    [(once, _)] = read(normalise_organisation, [name])
    assert read(normalise_organisation, [once]) == [(once, None)]
