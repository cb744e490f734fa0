"""Dates and birth dates: one declared form for a column, ISO always, and no guessing between day and month.

A value that is no date in the declared form is named for what it looks like (a spreadsheet's day number,
a two-digit year, a month without a day), because the remedy differs.

Sources: ISO 8601-1 for full dates and ISO 8601-2 for X as an unknown digit, as we use them: whole days, whole
months and trailing digits of the year. The dates that stand for 'not known' are those that databases and
case systems fill in (day nought of spreadsheets, of UNIX and of SQL Server; the last day they can hold).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import staged

EARLIEST_YEAR = 1850
LATEST_YEAR = 2100
OLDEST_AGE = 115  # years; above it a birth date is far likelier wrong than right
YOUNGEST_AGE = 16  # years; extracts are of people old enough to hold an account, a job or a tenancy

# What a form is written like -> how the engine reads it, and the shape a value must have.
_D, _M, _Y = "[0-9]{1,2}", "[0-9]{1,2}", "[0-9]{4}"
_MONTH = (
    "(JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?|SEPT?(?:EMBER)?|"
    "OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?)"
)
_READINGS = {
    "YYYY-MM-DD": ("%Y-%m-%d", f"^{_Y}-{_M}-{_D}$"),
    "DD/MM/YYYY": ("%d/%m/%Y", f"^{_D}/{_M}/{_Y}$"),
    "DD-MM-YYYY": ("%d-%m-%Y", f"^{_D}-{_M}-{_Y}$"),
    "DD.MM.YYYY": ("%d.%m.%Y", rf"^{_D}\.{_M}\.{_Y}$"),
    "DDMMYYYY": ("%d%m%Y", "^[0-9]{8}$"),
    "YYYYMMDD": ("%Y%m%d", "^[0-9]{8}$"),
    "YYYY/MM/DD": ("%Y/%m/%d", f"^{_Y}/{_M}/{_D}$"),
    "DD-MON-YYYY": ("%d-%b-%Y", f"^{_D}[-/ ]?{_MONTH}[-/ ]?{_Y}$"),
    "YYYY-MM-DDTHH:MM:SS": ("%Y-%m-%d", f"^{_Y}-{_M}-{_D}$"),
}
FORMS: tuple[str, ...] = tuple(_READINGS)
_ISO = "YYYY-MM-DD"
_ANY_TIME = "YYYY-MM-DDTHH:MM:SS"
# Shapes we name in a message but do not read: month first cannot be told from day first, and a
# two-digit year does not say its century.
_NAMED_ONLY = {
    "MM/DD/YYYY": ("%m/%d/%Y", f"^{_M}/{_D}/{_Y}$"),
    "DD/MM/YY": ("%d/%m/%y", f"^{_D}/{_M}/[0-9]{{2}}$"),
}

_MIDNIGHT = r"[T ]+(?:0?0:00(?::00(?:[.,]0+)?)?(?: ?AM|Z|\+00:?00)?|12:00(?::00)? ?AM)$"
_TIME = r"[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"

_NULL_DATES = [
    date(1900, 1, 1),
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1901, 1, 1),
    date(1911, 11, 11),
    date(1753, 1, 1),
    date(1, 1, 1),
    date(2099, 12, 31),
    date(2999, 12, 31),
    date(9999, 12, 31),
]
_NULL_BIRTH_DATES = [*_NULL_DATES, date(1970, 1, 1)]
# The same written so that no calendar holds them, with the separators taken out.
_NULL_DIGITS = [
    "0",
    "000000",
    "00000000",
    "99999",
    "999999",
    "99999999",
    "00011900",
    "19000100",
    "XXXXXX",
    "XXXXXXXX",
    "DDMMYYYY",
    "YYYYMMDD",
    "DDMMYY",
]

_SERIAL = r"^[0-9]{5}(?:\.[0-9]+)?$"
_TWO_DIGIT_YEAR = rf"^[0-9]{{1,2}}(?:[-/. ][0-9]{{1,2}}[-/. ]|[-/ ]?{_MONTH}[-/ ]?'?)[0-9]{{2}}$|^[0-9]{{6}}$"
_WITHOUT_DAY = (
    rf"^{_MONTH}[-/ .,']*(?:[0-9]{{4}}|[0-9]{{2}})$|"
    r"^[0-9]{1,2}[-/.][0-9]{4}$|^[0-9]{4}[-/.][0-9]{1,2}$|"
    r"^(?:18|19|20|21)[0-9]{2}$|^(?:19|20)(?:1[3-9]|[2-9][0-9])(?:0[1-9]|1[0-2])$|"
    r"^[0-9X]{4}-[0-9X]{2}-(?:[0-9]X|X[0-9X])$|^[0-9]{4}-[0-9]{2}-00$|^00[-/.][0-9]{2}[-/.][0-9]{4}$"
)


def parse_date(raw: pl.Expr, *, form: str = _ISO, as_of: date | None = None, birth: bool = False) -> pl.Expr:
    """Read a date in the declared form, or in YYYY-MM-DD.

    A time of midnight after the date is dropped; any other time is not read, because a clock in another zone
    can stand on the day before, unless the form YYYY-MM-DDTHH:MM:SS was declared.

    Args:
        raw: text, may be null.
        form: one of `FORMS`; one digit will do for a day or month where a separator follows.
        as_of: a later date gets `date-in-future`; None lets it pass.
        birth: also empty 01/01/1970, which no system means as a birth date.

    Returns:
        Struct `{value: Date, problem: String}`.
    """
    pattern = _READINGS[form][0]
    null_dates = _NULL_BIRTH_DATES if birth else _NULL_DATES

    def usual(text: pl.Expr) -> pl.Expr:
        day = text.str.to_date(pattern, strict=False, cache=False)
        return pl.when((text.str.len_bytes() == len(form)) & _is_sound(day, null_dates, as_of)).then(day)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _with_core(frame, form)
        frame = frame.with_columns(value=_read(pl.col("core"), form))
        day = pl.col("value")
        return judge(
            frame,
            (day.is_in(null_dates), "date-placeholder"),
            (_out_of_range(day), "date-out-of-range"),
            (pl.lit(False) if as_of is None else day > as_of, "date-in-future"),
            *_why_unread(null_dates),
            unreadable="date-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.Date)


def parse_birth_date(raw: pl.Expr, *, form: str = _ISO, as_of: date) -> pl.Expr:
    """Read a birth date whose day, month or year may be unknown.

    An unknown part is written X, ? or, for a day or month, 00: 1960-06-XX, XXXX-06-12, 196X-XX-XX, or
    XX/06/1960 where the form DD/MM/YYYY was declared. Age is judged only where every reading agrees.

    Args:
        raw: text, may be null.
        form: one of `FORMS`.
        as_of: the extract's date; ages are those of that day.

    Returns:
        Struct `{value: String, problem: String}`; the value in ISO 8601-2, ten characters.
    """
    pattern = _READINGS[form][0]
    latest = _years_before(as_of, YOUNGEST_AGE)
    earliest = _years_before(as_of, OLDEST_AGE)

    def usual(text: pl.Expr) -> pl.Expr:
        day = text.str.to_date(pattern, strict=False, cache=False)
        plain = text.str.len_bytes() == len(form)
        if form == _ISO:  # then the value stands as it is, which spares writing it again
            plain = text.str.contains("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        sound = plain & day.is_between(earliest, latest) & ~day.is_in(_NULL_BIRTH_DATES)
        return pl.when(sound).then(text if form == _ISO else day.cast(pl.String))

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = _with_core(frame, form)
        partial = _read_partial(pl.col("core").str.replace_all("?", "X", literal=True), form)
        day = _read(pl.col("core"), form)  # year 0000 is a day to the engine, an unknown year to us
        frame = frame.with_columns(day=pl.when(day.dt.year() > 0).then(day), partial=partial)
        frame = frame.with_columns(value=pl.coalesce(pl.col("day").cast(pl.String), "partial"))
        return judge(
            _with_span(frame),
            (
                pl.col("day").is_in(_NULL_BIRTH_DATES) | (pl.col("partial") == "XXXX-XX-XX"),
                "date-placeholder",
            ),
            *_age_problems(as_of),
            *_why_unread(_NULL_BIRTH_DATES),
            unreadable="date-unreadable",
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def date_forms(values: pl.Series) -> dict[str, int]:
    """Count the values that fit each form, the commonest form first; forms that none fits are left out.

    For messages such as 'found the form DD/MM/YYYY in 312 of 4,118 rows'. A value can fit two forms.
    MM/DD/YYYY and DD/MM/YY are counted too, but are not in `FORMS`: they cannot be declared.

    Args:
        values: text; give the whole column to count rows, or its distinct values to count those.
    """
    counted = _with_core(values.cast(pl.String).alias("raw").to_frame().group_by("raw").len(), _ISO)
    known = {form: reading for form, reading in _READINGS.items() if form != _ANY_TIME} | _NAMED_ONLY
    fits = [
        pl.col("len").filter(_read_as(pl.col("core"), reading).is_not_null()).sum().alias(form)
        for form, reading in known.items()
    ]
    totals: dict[str, int] = counted.select(fits).row(0, named=True)
    found = sorted(totals.items(), key=lambda item: -item[1])
    return {form: count for form, count in found if count}


def _is_sound(day: pl.Expr, null_dates: list[date], as_of: date | None) -> pl.Expr:
    last = date(LATEST_YEAR, 12, 31)
    top = last if as_of is None else min(as_of, last)
    return day.is_between(date(EARLIEST_YEAR, 1, 1), top) & ~day.is_in(null_dates)


def _out_of_range(day: pl.Expr) -> pl.Expr:
    return (day.dt.year() < EARLIEST_YEAR) | (day.dt.year() > LATEST_YEAR)


def _read(core: pl.Expr, form: str) -> pl.Expr:
    return pl.coalesce(_read_as(core, _READINGS[form]), _read_as(core, _READINGS[_ISO]))


def _read_as(core: pl.Expr, reading: tuple[str, str]) -> pl.Expr:
    pattern, shape = reading
    text = core
    if "%b" in pattern:
        text = core.str.replace(f"^({_D})[-/ ]?{_MONTH}[-/ ]?({_Y})$", "${1}-${2}-${3}")
        text = text.str.replace("-([A-Z]{3})[A-Z]+-", "-${1}-")
    return pl.when(core.str.contains(shape)).then(text).str.to_date(pattern, strict=False, cache=False)


def _with_core(frame: pl.DataFrame, form: str) -> pl.DataFrame:
    """Add `cleaned`, and `core`: the same without its time of day."""
    time = _TIME if form == _ANY_TIME else _MIDNIGHT
    return cleaned_capitals(frame).with_columns(core=pl.col("cleaned").str.replace(time, ""))


def _why_unread(null_dates: list[date]) -> tuple[tuple[pl.Expr, str], ...]:
    """Return the tests that name a value which is no date in the declared form, by what it looks like."""
    core = pl.when(pl.col("value").is_null()).then("core")
    digits = core.str.replace_all(r"[-/. :T]", "")
    dots = core.str.replace("^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})$", "${1}.${2}.${3}")
    dots = dots.str.replace("^([0-9]{2})([0-9]{2})([0-9]{4})$", "${1}.${2}.${3}")
    day_first, month_first = (
        dots.str.to_date(p, strict=False, cache=False) for p in ("%d.%m.%Y", "%m.%d.%Y")
    )
    return (
        (digits.is_in(_NULL_DIGITS) | day_first.is_in(null_dates), "date-placeholder"),
        (core.str.contains(_SERIAL), "date-spreadsheet-serial"),
        (core.str.contains(_WITHOUT_DAY), "date-without-day"),
        (core.str.contains(_TWO_DIGIT_YEAR), "date-two-digit-year"),
        ((day_first != month_first) & ~_out_of_range(day_first), "date-ambiguous"),
    )


def _read_partial(core: pl.Expr, form: str) -> pl.Expr:
    """Return YYYY-MM-DD with X for unknown digits, null where nothing is unknown or it cannot be a date."""
    year, part = "([0-9]{4}|[0-9]{3}X|[0-9]{2}XX|XXXX)", "([0-9]{2}|XX)"
    iso = core.str.replace(f"^{year}-{part}-{part}$", "${1}-${2}-${3}")
    if form in ("DD/MM/YYYY", "DD-MM-YYYY", "DD.MM.YYYY", "DDMMYYYY"):
        mark = form.strip("DMY")[:1]
        iso = iso.str.replace(
            f"^{part}[{mark}]{part}[{mark}]{year}$" if mark else f"^{part}{part}{year}$", "${3}-${2}-${1}"
        )
    elif form in ("YYYYMMDD", "YYYY/MM/DD"):
        iso = iso.str.replace(f"^{year}/?{part}/?{part}$", "${1}-${2}-${3}")
    iso = iso.str.replace("-00$", "-XX").str.replace("-00-", "-XX-").str.replace("^0000-", "XXXX-")
    possible = (
        r"^[0-9X]{4}-(?:(?:0[1-9]|1[0-2]|XX)-(?:0[1-9]|[12][0-9]|XX)|(?:0[13-9]|1[0-2]|XX)-30|"
        r"(?:0[13578]|1[02]|XX)-31)$"
    )
    return pl.when(iso.str.contains(possible) & iso.str.contains("X", literal=True)).then(iso)


def _with_span(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the first and last day the value can mean, as numbers YYYYMMDD."""
    value = pl.col("value")
    first = value.str.replace("-XX", "-01").str.replace("-XX", "-01").str.replace_all("X", "0")
    last = value.str.replace("-XX$", "-31").str.replace("-XX", "-12").str.replace_all("X", "9")
    return frame.with_columns(first=_as_number(first), last=_as_number(last))


def _age_problems(as_of: date) -> tuple[tuple[pl.Expr, str], ...]:
    """Return the tests of age; each holds only where every day the value can mean agrees."""
    first, last, today = pl.col("first"), pl.col("last"), _number(as_of)
    return (
        (last < EARLIEST_YEAR * 10_000, "date-out-of-range"),
        (first >= (LATEST_YEAR + 1) * 10_000, "date-out-of-range"),
        (first > today, "date-in-future"),
        (today - last >= (OLDEST_AGE + 1) * 10_000, "age-out-of-range"),
        (today - first < YOUNGEST_AGE * 10_000, "person-under-16"),
    )


def _as_number(iso: pl.Expr) -> pl.Expr:
    return iso.str.replace_all("-", "", literal=True).cast(pl.Int64, strict=False)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _years_before(day: date, years: int) -> date:
    """Return the same day that many years before; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
