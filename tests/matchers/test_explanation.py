"""Every comparison can be said in a sentence, also one that nobody foresaw."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.entities import ENTITIES
from matchers.explanation import MET, NOUNS, SENTENCES, evidence_lines, sentence, sentences, weight, words
from matchers.tables import OTHERS
from schemas.records import EVIDENCE, EXCEPTION, PASSES

COMPARED = {(c.name, level) for entity in ENTITIES.values() for c in entity.comparisons for level in (*c.levels, "missing")}
LEVELS = COMPARED | {("start", "start"), *((OTHERS, level) for level in ("none", "household", "parted", "rivals", "joined-through"))}


@pytest.mark.parametrize(("field", "level", "contribution", "said"), [
    ("date_of_birth", "exact", 1234, "Same date of birth (+12.3)"),
    ("surname", "part", 310, "Surname: one part of a double name is the same (+3.1)"),
    ("address", "differs", -432, "Different address (-4.3)"),
    ("date_of_birth", "day-month-swap", 250, "Date of birth: day and month changed places (+2.5)"),
    ("email", "missing", 0, "E-mail address: not known on one side"),
    ("account", "exact", 0, "Paid into the same bank account"),
    ("licence_no", "one-digit", 90, "Licence no: one digit (+0.9)"),
    ("", "", 0, "Value: compared"),
])  # fmt: skip
def test_a_comparison_in_words(field, level, contribution, said):
    assert sentence(field, level, contribution) == said


@pytest.mark.parametrize("pair", sorted(LEVELS), ids=str)
def test_every_level_that_linkage_knows_has_words_of_its_own(pair):
    field, level = pair
    said = words(field, level)
    assert said[0].isupper()
    assert "_" not in said
    assert level in SENTENCES
    assert "{" not in said


@given(st.text(max_size=12), st.text(max_size=12), st.integers(-10_000, 10_000))
def test_any_field_and_level_gives_a_sentence(field, level, contribution):
    assert sentence(field, level, contribution)


@given(st.integers(-100_000, 100_000))
def test_a_weight_is_its_bits_to_one_decimal(contribution):
    assert abs(float(weight(contribution)) - contribution / 100) <= 0.05 + 1e-9


def test_a_column_of_sentences_keeps_the_order_of_its_table():
    pairs = list(product(NOUNS, SENTENCES)) * 2
    table = pl.DataFrame({"field": [f for f, _ in pairs], "level": [level for _, level in pairs], "contribution": range(len(pairs))})
    assert sentences(table).to_list() == [sentence(f, level, n) for n, (f, level) in enumerate(pairs)]


def test_an_exception_has_the_evidence_of_its_link_whichever_way_round():
    exception = EXCEPTION.empty().join(pl.DataFrame({"exception_id": ["HT01-1"]}), on="exception_id", how="right")
    exception = exception.with_columns(entity=pl.lit("person"), record_l=pl.lit(7, pl.Int64), record_r=pl.lit(3, pl.Int64))
    evidence = pl.DataFrame(
        [("person", 3, 7, "surname", "exact", 400), ("person", 3, 7, "nino", "exact", 900), ("person", 3, 8, "nino", "exact", 900),
         ("account", 3, 7, "account", "exact", 0)],
        schema=EVIDENCE.schema, orient="row",
    )  # fmt: skip
    assert evidence_lines(exception, evidence)["sentence"].to_list() == ["Same National Insurance number (+9.0)", "Same surname (+4.0)"]


def test_passes_are_said_in_words():
    assert sentence("met", "p1 nino", 0) == "Brought together by birth date and sound of the forename (p1); by National Insurance number (nino)"
    assert set(MET) == set(PASSES)
