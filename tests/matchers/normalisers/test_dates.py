"""Dates: the declared form and no guess, each unreadable shape under its own name, ages at the edge."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.normalisers.dates import FORMS, date_forms, parse_birth_date, parse_date

AS_OF = date(2026, 6, 30)
DAYS = st.dates(date(1902, 1, 1), date(2026, 6, 30)).filter(lambda day: day != date(1911, 11, 11))
WRITTEN = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DDMMYYYY": "%d%m%Y",
    "YYYYMMDD": "%Y%m%d",
    "YYYY/MM/DD": "%Y/%m/%d",
    "DD-MON-YYYY": "%d-%b-%Y",
    "YYYY-MM-DDTHH:MM:SS": "%Y-%m-%dT13:45:00",
}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1990-03-27", date(1990, 3, 27)),
        ("1990-3-7", date(1990, 3, 7)),
        (" 1990-03-27 ", date(1990, 3, 27)),
        ("1990-03-27T00:00:00", date(1990, 3, 27)),
        ("1990-03-27 00:00:00.000", date(1990, 3, 27)),
        ("1990-03-27 00:00", date(1990, 3, 27)),
        ("1990-03-27T00:00:00Z", date(1990, 3, 27)),
        ("2000-02-29", date(2000, 2, 29)),
        ("1970-01-01", date(1970, 1, 1)),
        ("1850-01-01", date(1850, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)),
        ("", None),
        (None, None),
    ],
)
def test_iso_dates_are_read(raw, value, read):
    assert read(parse_date, [raw]) == [(value, None)]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("01/02/2003", "date-ambiguous"),
        ("1.2.2003", "date-ambiguous"),
        ("01022003", "date-ambiguous"),
        ("27/03/1990", "date-unreadable"),
        ("03/27/1990", "date-unreadable"),
        ("03/03/2003", "date-unreadable"),
        ("1990-02-31", "date-unreadable"),
        ("31/02/1990", "date-unreadable"),
        ("1900-02-29", "date-unreadable"),
        ("27-MAR-1990", "date-unreadable"),
        ("19900327", "date-unreadable"),
        ("1990-03-27 14:30", "date-unreadable"),
        ("yesterday", "date-unreadable"),
        ("12", "date-unreadable"),
        ("3/27/90", "date-two-digit-year"),
        ("01/02/03", "date-two-digit-year"),
        ("27-Mar-90", "date-two-digit-year"),
        ("270390", "date-two-digit-year"),
        ("33689", "date-spreadsheet-serial"),
        ("33689.0", "date-spreadsheet-serial"),
        ("44197.5", "date-spreadsheet-serial"),
        ("Mar-90", "date-without-day"),
        ("March 1990", "date-without-day"),
        ("03/1990", "date-without-day"),
        ("1990-03", "date-without-day"),
        ("1990", "date-without-day"),
        ("199003", "date-without-day"),
        ("1990-06-XX", "date-without-day"),
        ("00/06/1960", "date-without-day"),
        ("01/01/1900", "date-placeholder"),
        ("1900-01-01", "date-placeholder"),
        ("30/12/1899", "date-placeholder"),
        ("01/01/1901", "date-placeholder"),
        ("11/11/1911", "date-placeholder"),
        ("31/12/9999", "date-placeholder"),
        ("9999-12-31 00:00:00", "date-placeholder"),
        ("0000-00-00", "date-placeholder"),
        ("00/00/0000", "date-placeholder"),
        ("00/01/1900", "date-placeholder"),
        ("xx/xx/xxxx", "date-placeholder"),
        ("N/A", "text-placeholder"),
        ("3.3689E+04", "number-mangled"),
        ("1849-12-31", "date-out-of-range"),
        ("2101-01-01", "date-out-of-range"),
        ("0190-03-27", "date-out-of-range"),
    ],
)
def test_each_shape_that_is_no_iso_date_has_its_name(raw, problem, read):
    assert read(parse_date, [raw]) == [(None, problem)]


@pytest.mark.parametrize(
    ("form", "raw", "outcome"),
    [
        ("DD/MM/YYYY", "01/02/2003", (date(2003, 2, 1), None)),
        ("DD/MM/YYYY", "1/2/2003", (date(2003, 2, 1), None)),
        ("DD/MM/YYYY", "27/03/1990 00:00:00", (date(1990, 3, 27), None)),
        ("DD/MM/YYYY", "27/03/1990 0:00", (date(1990, 3, 27), None)),
        ("DD/MM/YYYY", "1990-03-27", (date(1990, 3, 27), None)),
        ("DD/MM/YYYY", "03/27/1990", (None, "date-unreadable")),
        ("DD/MM/YYYY", "01-02-2003", (None, "date-ambiguous")),
        ("DD/MM/YYYY", "01/02/03", (None, "date-two-digit-year")),
        ("DD-MM-YYYY", "27-03-1990", (date(1990, 3, 27), None)),
        ("DD.MM.YYYY", "27.03.1990", (date(1990, 3, 27), None)),
        ("DDMMYYYY", "01022003", (date(2003, 2, 1), None)),
        ("DDMMYYYY", "1022003", (None, "date-unreadable")),
        ("YYYYMMDD", "20030201", (date(2003, 2, 1), None)),
        ("YYYY/MM/DD", "2003/02/01", (date(2003, 2, 1), None)),
        ("DD-MON-YYYY", "27-MAR-1990", (date(1990, 3, 27), None)),
        ("DD-MON-YYYY", "7 Sept 1990", (date(1990, 9, 7), None)),
        ("DD-MON-YYYY", "27-March-1990", (date(1990, 3, 27), None)),
        ("DD-MON-YYYY", "27-Mrz-1990", (None, "date-unreadable")),
        ("YYYY-MM-DDTHH:MM:SS", "1990-03-27T14:30:59", (date(1990, 3, 27), None)),
        ("YYYY-MM-DDTHH:MM:SS", "1990-03-27 14:30:59.123+01:00", (date(1990, 3, 27), None)),
    ],
)
def test_the_declared_form_is_read(form, raw, outcome, read):
    assert read(partial(parse_date, form=form), [raw]) == [outcome]


def test_a_date_after_the_extract_is_in_the_future(read):
    dated = partial(parse_date, as_of=AS_OF)
    assert read(dated, ["2026-06-30", "2026-07-01", "9999-12-31"]) == [
        (AS_OF, None),
        (None, "date-in-future"),
        (None, "date-placeholder"),
    ]


def test_only_a_birth_date_is_emptied_on_the_first_day_of_1970(read):
    assert read(partial(parse_date, birth=True), ["1970-01-01"]) == [(None, "date-placeholder")]
    assert read(partial(parse_birth_date, as_of=AS_OF), ["1970-01-01"]) == [(None, "date-placeholder")]


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("1960-06-12", ("1960-06-12", None)),
        ("1960-06-XX", ("1960-06-XX", None)),
        ("1960-06-xx", ("1960-06-XX", None)),
        ("1960-06-00", ("1960-06-XX", None)),
        ("1960-00-00", ("1960-XX-XX", None)),
        ("XXXX-06-12", ("XXXX-06-12", None)),
        ("0000-06-12", ("XXXX-06-12", None)),
        ("196X-XX-XX", ("196X-XX-XX", None)),
        ("19XX-06-12", ("19XX-06-12", None)),
        ("????-06-12", ("XXXX-06-12", None)),
        ("XXXX-02-29", ("XXXX-02-29", None)),
        ("XXXX-02-30", (None, "date-unreadable")),
        ("XXXX-04-31", (None, "date-unreadable")),
        ("XXXX-13-01", (None, "date-unreadable")),
        ("1960-02-30", (None, "date-unreadable")),
        ("1960", (None, "date-without-day")),
        ("June 1960", (None, "date-without-day")),
        ("XXXX-XX-XX", (None, "date-placeholder")),
        ("1900-01-01", (None, "date-placeholder")),
        ("2026-07-01", (None, "date-in-future")),
        ("2027-XX-XX", (None, "date-in-future")),
        ("1849-XX-XX", (None, "date-out-of-range")),
        ("1910-06-30", (None, "age-out-of-range")),  # 116 on the day
        ("1910-07-01", ("1910-07-01", None)),  # 115 until tomorrow
        ("1905-XX-XX", (None, "age-out-of-range")),
        ("1910-XX-XX", ("1910-XX-XX", None)),  # may be 115
        ("2010-06-30", ("2010-06-30", None)),  # 16 on the day
        ("2010-07-01", (None, "person-under-16")),
        ("2010-07-XX", (None, "person-under-16")),
        ("2010-XX-XX", ("2010-XX-XX", None)),  # may be 16
        ("201X-XX-XX", ("201X-XX-XX", None)),
        ("", (None, None)),
    ],
)
def test_birth_dates_may_have_unknown_parts(raw, outcome, read):
    assert read(partial(parse_birth_date, as_of=AS_OF), [raw]) == [outcome]


@pytest.mark.parametrize(
    ("form", "raw", "value"),
    [
        ("DD/MM/YYYY", "12/06/1960", "1960-06-12"),
        ("DD/MM/YYYY", "XX/06/1960", "1960-06-XX"),
        ("DD/MM/YYYY", "00/00/1960", "1960-XX-XX"),
        ("DD/MM/YYYY", "12/06/19XX", "19XX-06-12"),
        ("DD.MM.YYYY", "00.06.1960", "1960-06-XX"),
        ("DD-MM-YYYY", "00-06-1960", "1960-06-XX"),
        ("DDMMYYYY", "00061960", "1960-06-XX"),
        ("YYYYMMDD", "19600600", "1960-06-XX"),
        ("DD/MM/YYYY", "1960-06-XX", "1960-06-XX"),
    ],
)
def test_unknown_parts_are_read_in_the_declared_form(form, raw, value, read):
    assert read(partial(parse_birth_date, form=form, as_of=AS_OF), [raw]) == [(value, None)]


def test_who_is_born_on_a_leap_day_is_16_in_march(read):
    born = ["2008-02-29"]
    assert read(partial(parse_birth_date, as_of=date(2024, 2, 28)), born) == [(None, "person-under-16")]
    assert read(partial(parse_birth_date, as_of=date(2024, 2, 29)), born) == [("2008-02-29", None)]
    assert read(partial(parse_birth_date, as_of=date(2028, 2, 29)), ["2012-02-29"]) == [("2012-02-29", None)]


@pytest.mark.parametrize("form", FORMS)
@given(days=st.lists(DAYS, max_size=30))
@settings(max_examples=15, deadline=None)
def test_a_day_written_in_a_form_is_read_in_that_form(form, days, read):
    raw = [day.strftime(WRITTEN[form]) for day in days]
    assert read(partial(parse_date, form=form), raw) == [(day, None) for day in days]


@given(day=DAYS, age=st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_age_is_counted_in_whole_years(day, age, read):
    # The day before the birthday the person is a year younger.
    as_of = (day.replace(day=1) + timedelta(days=366 * age)).replace(month=day.month, day=min(day.day, 28))
    had_birthday = (as_of.month, as_of.day) >= (day.month, day.day)
    years = as_of.year - day.year - (not had_birthday)
    expected = (
        "date-in-future"
        if day > as_of
        else "person-under-16"
        if years < 16
        else "age-out-of-range"
        if years > 115
        else None
    )
    [(_, problem)] = read(
        partial(parse_birth_date, as_of=as_of), [day.isoformat() if day != date(1970, 1, 1) else "1970-01-02"]
    )
    assert problem == expected or day == date(1970, 1, 1)


def test_forms_are_counted_the_commonest_first():
    values = pl.Series(
        ["27/03/1990", "01/02/2003", "1990-03-27", "04/28/1990", "1/2/03", None, "x", "27/03/1990"]
    )
    assert list(date_forms(values).items()) == [
        ("DD/MM/YYYY", 3),
        ("MM/DD/YYYY", 2),
        ("YYYY-MM-DD", 1),
        ("DD/MM/YY", 1),
    ]


def test_no_values_have_no_forms():
    assert date_forms(pl.Series([], dtype=pl.String)) == {}
    assert date_forms(pl.Series(["n/a", None])) == {}
