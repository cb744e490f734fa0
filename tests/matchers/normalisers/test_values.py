"""Laws that hold for every value normaliser, whatever the text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers import dates, identifiers, numbers, organisations, text
from matchers.normalisers.values import patched, without
from schemas.problems import PROBLEMS

Normaliser = Callable[[pl.Expr], pl.Expr]

AS_OF = date(2026, 6, 30)
ANY_TEXT = st.text(max_size=24)


def near(*patterns: str) -> st.SearchStrategy[str]:
    """Texts that have, or almost have, one of the forms."""
    exact = st.one_of([st.from_regex(pattern, fullmatch=True) for pattern in patterns])
    spoilt = st.tuples(exact, st.integers(0, 12), st.sampled_from(" -./0OI1XeE+")).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    )
    return st.one_of(
        exact, spoilt, ANY_TEXT, st.sampled_from(["", " ", "N/A", "unknown", "-", "1.23E+11", "\u200b"])
    )


A_DATE = near(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", r"[0-3][0-9]/[01][0-9]/(19|20)[0-9]{2}", r"[0-9]{5,8}")
A_PARTIAL_DATE = near(
    r"(19[0-9]{2}|19[0-9]X|XXXX)-([01][0-9]|XX)-([0-3][0-9]|XX)", r"[0-3?][0-9?]/0[0-9]/19[0-9]{2}"
)

CASES: dict[str, tuple[Normaliser, st.SearchStrategy[str]]] = {
    "text": (text.normalise_text, ANY_TEXT),
    "date": (partial(dates.parse_date, as_of=AS_OF), A_DATE),
    "date, day first": (partial(dates.parse_date, form="DD/MM/YYYY"), A_DATE),
    "date, run together": (partial(dates.parse_date, form="DDMMYYYY"), A_DATE),
    "date, any time": (partial(dates.parse_date, form="YYYY-MM-DDTHH:MM:SS"), A_DATE),
    "birth date": (partial(dates.parse_birth_date, as_of=AS_OF), A_PARTIAL_DATE),
    "birth date, day first": (
        partial(dates.parse_birth_date, form="DD/MM/YYYY", as_of=AS_OF),
        A_PARTIAL_DATE,
    ),
    "pence": (partial(numbers.parse_money, unit="pence"), near(r"-?[0-9]{1,13}(\.[0-9]{1,2})?")),
    "pounds": (
        partial(numbers.parse_money, unit="pounds"),
        near(r"[-(]?£?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]{1,5})?[-)]?"),
    ),
    "integer": (numbers.parse_integer, near(r"[-+]?[0-9]{1,22}", r"[0-9]{1,3}(,[0-9]{3})+")),
    "flag": (numbers.parse_flag, near("[YN]|YES|NO|TRUE|FALSE|T|F|0|1")),
    "nino": (identifiers.parse_nino, near("(QQ|AB|CR|[A-Z]{2})[0-9]{6}[A-E]?", "TN[0-9]{6}[MF]")),
    "postcode": (identifiers.parse_postcode, near("(ZZ|[A-Z]{1,2})[0-9][0-9A-Z]? ?[0-9OI][A-Z]{2}")),
    "uprn": (identifiers.parse_uprn, near("[0-9]{1,14}")),
    "sort code": (identifiers.parse_sort_code, near("[0-9]{6}", "[0-9]{2}-[0-9]{2}-[0-9]{2}")),
    "account number": (identifiers.parse_account_number, near("[0-9]{5,9}")),
    "phone": (identifiers.parse_phone, near("07700 ?900[0-9]{3}", r"\+?[0-9]{7,15}")),
    "email": (
        identifiers.parse_email,
        near("[a-z.]{1,6}@[a-z]{1,6}\\.[a-z]{2,3}", "(info|none)@[a-z]{1,4}\\.uk"),
    ),
    "passport": (identifiers.parse_passport, near("[0-9]{9}", "[A-Z]{1,2}[0-9]{5,8}")),
    "vat number": (identifiers.parse_vat_number, near("(GB|XI)?[0-9]{9}([0-9]{3})?", "(GD|HA)[0-9]{3}")),
    "company number": (identifiers.parse_company_number, near("[0-9]{1,8}", "(SC|NI|OC|IP|AA)[0-9]{1,6}R?")),
    "charity number": (
        identifiers.parse_charity_number,
        near("[0-9]{5,8}(-[0-9]{1,2})?", "(SC|NIC)[0-9]{5,6}"),
    ),
    "organisation": (
        organisations.normalise_organisation,
        near("(THE )?[A-Z.&' ]{1,12} (LTD|Limited|PLC|T/A [A-Z]{2})"),
    ),
}


def every_normaliser_but(*left_out: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name for name in CASES if name not in left_out])


every_normaliser = every_normaliser_but()
few = settings(max_examples=15, deadline=None)


def written(value: object) -> str:
    """Write a value as a council would that sends it in our own form."""
    return {True: "Y", False: "N"}[value] if isinstance(value, bool) else str(value)


@every_normaliser
@given(data=st.data())
@few
def test_value_is_null_exactly_where_there_is_a_problem_or_nothing(name, data, read):
    normaliser, texts = CASES[name]
    raw = data.draw(st.lists(texts, min_size=1, max_size=30))
    blank = pl.DataFrame({"raw": raw}).select(text.clean(pl.col("raw")) == "").to_series().to_list()
    for (value, problem), nothing in zip(read(normaliser, raw), blank, strict=True):
        assert problem is None or problem in PROBLEMS
        assert (value is None) == (problem is not None or nothing)
        assert not (nothing and problem)


@every_normaliser_but("pounds")  # pence are not pounds; test_numbers has their round trip
@given(data=st.data())
@few
def test_a_value_read_again_is_itself(name, data, read):
    normaliser, texts = CASES[name]
    values = [
        value for value, _ in read(normaliser, data.draw(st.lists(texts, max_size=30))) if value is not None
    ]
    assert read(normaliser, [written(value) for value in values]) == [(value, None) for value in values]


@every_normaliser
@given(data=st.data())
@few
def test_invisible_characters_and_spaces_around_change_nothing(name, data, read):
    # The zero-width space also sends every value to the thorough reading, so both readings must agree.
    normaliser, texts = CASES[name]
    raw = data.draw(st.lists(texts, max_size=30))
    assert read(normaliser, [f" {value}\u200b\u00a0" for value in raw]) == read(normaliser, raw)


@every_normaliser_but("text")  # which keeps its case
@given(data=st.data())
@few
def test_case_changes_nothing(name, data, read):
    normaliser, texts = CASES[name]
    raw = [value for value in data.draw(st.lists(texts, max_size=30)) if value.isascii()]
    assert read(normaliser, [value.lower() for value in raw]) == read(
        normaliser, [value.upper() for value in raw]
    )


@every_normaliser
@given(data=st.data())
@few
def test_each_row_is_read_alone(name, data, read):
    normaliser, texts = CASES[name]
    raw = data.draw(st.lists(st.none() | texts, max_size=12))
    assert read(normaliser, raw) == [read(normaliser, [value])[0] for value in raw]


@every_normaliser
def test_an_empty_column_and_a_column_of_nulls_are_read(name, read):
    normaliser, _ = CASES[name]
    assert read(normaliser, []) == []
    assert read(normaliser, [None, None]) == [(None, None), (None, None)]
    of_no_type = pl.DataFrame({"raw": [None]}).select(normaliser(pl.col("raw")).alias("read"))
    assert of_no_type.rows() == [({"value": None, "problem": None},)]


@every_normaliser
def test_lazy_and_eager_agree_on_shape(name):
    normaliser, _ = CASES[name]
    lazy = pl.LazyFrame({"raw": ["x", None]}).select(normaliser(pl.col("raw")).alias("read"))
    assert lazy.collect_schema() == lazy.collect().schema


def test_patched_changes_the_odd_texts_only():
    frame = pl.DataFrame({"raw": ["a", "B", None, "b", "A"]})
    lower = patched(pl.col("raw"), is_odd=lambda e: e.str.contains("^[A-Z]"), mend=lambda e: e + "!")
    assert frame.select(lower).to_series().to_list() == ["a", "B!", None, "b", "A!"]
    assert frame.select(without(pl.col("raw"), "[ab]")).to_series().to_list() == ["", "B", None, "", "A"]
