"""A CSV that a spreadsheet opens as it was meant."""

from __future__ import annotations

import csv
import io
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.spreadsheet import csv_bytes, safe_text


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@SUM(A1)", "\tx", "\rx", "\x00=1", " =1", "\n=1", "\uff1d1"])
def test_what_could_begin_a_formula_gets_an_apostrophe(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Okafor", "1 = 1", "", "O'Neill", "a-b", "£5"])
def test_what_could_not_is_left_alone(text):
    assert safe_text(text) == text


def test_the_file_has_a_mark_for_utf8_and_windows_line_ends_and_numbers_as_numbers():
    table = pl.DataFrame({"name": ["Müller", None], "pence": [-5, None], "day": [date(2026, 11, 1), None], "protected": [True, False]})
    assert csv_bytes(table) == '\ufeffname,pence,day,protected\r\nMüller,-5,2026-11-01,yes\r\n,,,no\r\n'.encode()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=6))
def test_every_text_comes_back_whole_but_for_the_apostrophe(texts):
    written = csv_bytes(pl.DataFrame({"text": texts, "n": range(len(texts))}, schema={"text": pl.String, "n": pl.Int64})).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert [row[0] for row in read[1:]] == [safe_text(text) for text in texts]
    assert all(not row[0].lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r", "\x00")) for row in read[1:])
