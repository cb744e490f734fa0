"""Plain text: what is cleaned away, what stands for nothing, and what folding keeps."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.text import clean, fold, had_control_characters, is_placeholder, normalise_text

TEXTS = st.lists(st.text(max_size=30), max_size=40)


def of(expression, raw):
    frame = pl.DataFrame({"raw": raw}, schema={"raw": pl.String})
    return frame.select(expression(pl.col("raw"))).to_series().to_list()


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("ROSE COTTAGE", "ROSE COTTAGE"),
        ("  Rose \t\n Cottage ", "Rose Cottage"),
        ("Rose\u00a0Cottage\u2003", "Rose Cottage"),
        ("O\u200bKAFOR\ufeff", "OKAFOR"),
        ("\u202bOKAFOR\u202c", "OKAFOR"),
        ("OKA\u00adFOR\x07", "OKAFOR"),
        ("line one\u2028line two\x0bthree", "line one line two three"),
        ("\u200b \u00a0", ""),
        ("", ""),
        (None, None),
    ],
)
def test_clean_takes_out_what_nobody_sees(raw, cleaned):
    assert of(clean, [raw]) == [cleaned]


@pytest.mark.parametrize(
    ("raw", "had"),
    [
        ("Zoë O'Neill, 12–14", False),
        ("two\nlines\tand a tab\r\n", False),
        ("no\u00a0break", False),
        ("zero\u200bwidth", True),
        ("bidi\u202e", True),
        ("byte order\ufeff", True),
        ("soft\u00adhyphen", True),
        ("bell\x07", True),
        ("nul\x00", True),
        ("form feed\x0c", True),
        ("", False),
        (None, None),
    ],
)
def test_control_characters_are_those_nobody_types(raw, had):
    assert of(had_control_characters, [raw]) == [had]


@pytest.mark.parametrize(
    "raw",
    ["UNKNOWN", "n/a", "N.A.", "#N/A", "na", "None", "(null)", "<NULL>", "Not known.", "TBC", "-", "--", " . ", "?", "xxx",
     "XXXXXX", "#REF!", "to be confirmed", "\u2014", "REDACTED", "nan"],
)  # fmt: skip
def test_words_for_nothing_are_placeholders(raw, read):
    assert read(normalise_text, [raw]) == [(None, "text-placeholder")]


@pytest.mark.parametrize(
    "raw", ["X", "N A", "NANCY", "NONESUCH HOUSE", "0", "UNKNOWN SOLDIER PH", "TBC LTD", "XXX1", "(x)"]
)
def test_words_that_hold_such_a_word_are_not(raw, read):
    assert read(normalise_text, [raw]) == [(raw, None)]


def test_text_keeps_its_case_and_marks(read):
    assert read(normalise_text, ["  Zoë  O\u2019Neill-Hughes (Mrs) ", None, ""]) == [
        ("Zoë O\u2019Neill-Hughes (Mrs)", None),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("ROSE COTTAGE", "ROSE COTTAGE"),
        ("Zoë O'Neill-Hughes", "ZOE ONEILL HUGHES"),
        ("O\u2019NEILL", "ONEILL"),
        ("O\u00b4NEILL", "ONEILL"),
        ("O\u02bcNEILL", "ONEILL"),
        ("St. John", "ST JOHN"),
        ("B.T.", "BT"),
        ("Smith/Jones (Ltd); & Co", "SMITH JONES LTD CO"),
        ("Øystein Strauß Łukasz Ærø Đorđe Þór", "OYSTEIN STRAUSS LUKASZ AERO DORDE THOR"),
        ("İpek ılgaz", "IPEK ILGAZ"),
        ("e\u0301toile", "ETOILE"),
        ("\uff21\uff22\uff23 \uff11", "ABC 1"),
        ("Иван Йорк", "ИВАН ИОРК"),
        ("김철수", "김철수"),
        ("नमस्ते", "नमस्ते"),
        (" --- ", ""),
        ("", ""),
        (None, None),
    ],
)
def test_fold_writes_one_spelling(raw, folded):
    assert of(fold, [raw]) == [folded]


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_cleaning_and_folding_twice_is_doing_it_once(raw):
    for expression in (clean, fold):
        once = of(expression, raw)
        assert of(expression, once) == once


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_fold_leaves_only_letters_digits_marks_and_single_spaces(raw):
    for folded in of(fold, raw):
        assert folded == folded.strip(" ")
        assert "  " not in folded
        assert all(character == " " or not character.isascii() or character.isalnum() for character in folded)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_a_cleaned_text_had_no_control_characters(raw):
    assert not any(of(had_control_characters, of(clean, raw)))


@given(st.lists(st.text(alphabet=st.characters(codec="latin-1"), max_size=20), max_size=30))
@settings(max_examples=60, deadline=None)
def test_fold_does_not_see_case(raw):
    plain = [text for text in raw if "\u00b5" not in text]  # the micro sign has no capital of its own
    assert of(fold, [text.upper() for text in plain]) == of(fold, [text.lower() for text in plain])


def test_an_empty_text_is_no_placeholder():
    assert of(is_placeholder, ["", None, "N/A"]) == [False, None, True]
