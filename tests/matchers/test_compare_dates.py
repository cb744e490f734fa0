"""Two birth dates: the same day, a slip of the pen, a part that nobody knew, or another day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.compare_dates import LEVELS, date_of_birth

BORN = date_of_birth()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("1984-03-27", "1984-03-27", "exact"),
     ("1984-03-07", "1984-07-03", "day-month-swap"),
     ("1984-03-27", "1984-03-28", "typo"), ("1984-03-27", "1984-03-72", "typo"), ("1984-03-27", "1994-03-27", "typo"), ("1984-03-27", "1948-03-27", "typo"),
     ("1984-03-31", "1984-03-29", "typo"), ("1984-09-30", "1984-10-30", "typo"), ("1999-03-27", "2000-03-27", "typo"),
     ("1984-03-XX", "1984-03-27", "part"), ("1984-03-XX", "1984-03-XX", "part"), ("XXXX-03-27", "1984-XX-27", "part"), ("198X-03-27", "1984-03-27", "part"),
     ("1984-XX-XX", "1984-03-27", "part"),
     ("1984-03-31", "1984-03-28", "near"), ("1984-03-27", "1984-07-27", "typo"), ("1984-03-27", "1984-11-27", "near"), ("1984-03-27", "1961-03-27", "near"),
     ("1984-03-27", "1984-11-05", "same-year"), ("1984-03-XX", "1984-04-27", "same-year"),
     ("1984-03-27", "1961-05-20", "differs"), ("1984-03-27", "1985-04-27", "differs"), ("XXXX-03-27", "1984-04-27", "differs"),
     (None, "1984-03-27", "missing")],
)  # fmt: skip
def test_birth_dates_agree_in_degrees(level_of, left: str | None, right: str, expected: str) -> None:
    assert level_of(BORN, {"date_of_birth": left}, {"date_of_birth": right}) == expected
    assert level_of(BORN, {"date_of_birth": right}, {"date_of_birth": left}) == expected


def test_every_level_of_the_list_is_given_above() -> None:
    assert LEVELS == BORN.levels == ("exact", "day-month-swap", "typo", "part", "near", "same-year", "differs")


def test_a_day_that_far_too_many_share_stands_for_a_year_alone(level_of) -> None:
    crowd = [{"date_of_birth": f"{1950 + i}-01-01"} for i in range(25)]  # all of them on the first of January
    one, other = {"date_of_birth": "1984-01-01"}, {"date_of_birth": "1984-03-27"}
    assert level_of(BORN, one, one, crowd=crowd) == "part"
    assert level_of(BORN, one, other, crowd=crowd) == "part"
    assert level_of(BORN, other, other, crowd=crowd) == "exact"
    assert level_of(BORN, one, one) == "exact"


days = st.dates(date(1930, 1, 1), date(2008, 12, 31))


@settings(max_examples=60)
@given(born=days, by=st.integers(-40, 40))
def test_one_wrong_or_exchanged_digit_is_never_worse_than_a_slip(level_of, born: date, by: int) -> None:
    other = born + timedelta(days=by)
    said = level_of(BORN, {"date_of_birth": str(born)}, {"date_of_birth": str(other)})
    parts = sum(a != b for a, b in zip(str(born).split("-"), str(other).split("-"), strict=True))
    if born == other:
        assert said == "exact"
    elif parts == 1 and OSA.distance(str(born), str(other)) == 1:
        assert said in ("typo", "day-month-swap")
    elif parts == 3:
        assert said == "differs"


@settings(max_examples=60)
@given(one=days, other=days)
def test_two_dates_of_one_year_with_day_and_month_exchanged(level_of, one: date, other: date) -> None:
    exchanged = one.replace(day=one.month)
    turned = f"{one.year}-{min(one.day, 12):02}-{one.month:02}"
    base = one.replace(day=min(one.day, 12))
    said = level_of(BORN, {"date_of_birth": str(base)}, {"date_of_birth": turned})
    assert said == ("exact" if base.day == base.month else "day-month-swap")
    assert level_of(BORN, {"date_of_birth": str(exchanged)}, {"date_of_birth": str(exchanged)}) == "exact"
    if one.year != other.year and one.month != other.month and one.day != other.day:
        assert level_of(BORN, {"date_of_birth": str(one)}, {"date_of_birth": str(other)}) == "differs"
