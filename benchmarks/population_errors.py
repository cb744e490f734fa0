"""What goes wrong when an invented population is keyed: slips of the finger, misread letters, habits and gaps.

Each function takes a whole column, draws which rows are wrong, works on those only and puts them back. Rates are shares of
the rows that hold a value, all kinds of error of the field together.
"""

from __future__ import annotations

import calendar

import numpy as np
import polars as pl

from benchmarks.population_names import NICKNAMES

RATES = {"forename": 0.05, "surname": 0.04, "date_of_birth": 0.03, "address": 0.06, "postcode": 0.04, "nino": 0.03}
MISSING = {"forename": 0.005, "middle_names": 0.55, "date_of_birth": 0.02, "address": 0.01, "postcode": 0.015, "nino": 0.45, "phone": 0.70, "email": 0.70}
PARTLY_KNOWN = 0.01  # of birth dates: the day unknown, or the day and the month
_SWAPPED, _INITIAL, _NICKNAME = 0.004, 0.015, 0.03  # of rows, of rows, of rows whose forename has a nickname
_NEW_YEAR = 0.002  # of birth dates: the 1st of January of the year
_MISREAD = 0.25  # of slips in a word
_MISREADINGS = (("O", "0"), ("I", "1"), ("S", "5"), ("RN", "M"), ("M", "RN"), ("B", "8"), ("CL", "D"), ("G", "6"))
_VARIANTS = (("^MC", "MAC", 0.15), ("^MAC", "MC", 0.15), ("^O'", "O", 0.25), ("^[^-]+-", "", 0.12), ("-.*$", "", 0.12))  # pattern, instead, share
_LETTERS = pl.Series(list("EAIORNTLSCUDPMHGBY"))
_LAST_YEAR = 2026  # nobody is born later
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"


def with_errors(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the rows as keyed.

    Args:
        rows: the truth; at least the columns of `RATES`, texts.

    Returns:
        The same rows in the same order, with errors; `without` then takes values away.
    """
    # A chance of its own for each field, so that other values in one field leave the errors in the others as they were.
    swaps, fore, sur, born, line, code, number = rng.spawn(7)
    swapped = pl.Series(swaps.random(rows.height) < _SWAPPED)
    rows = rows.with_columns(forename=forenames(rows["forename"], swapped, fore), surname=surnames(rows["surname"], swapped, sur))
    rows = rows.with_columns(
        forename=pl.when(swapped).then("surname").otherwise("forename"), surname=pl.when(swapped).then("forename").otherwise("surname")
    )
    return rows.with_columns(
        dates(rows["date_of_birth"], born), addresses(rows["address"], line), postcodes(rows["postcode"], code), ninos(rows["nino"], number)
    )


def without(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the rows with values left out, so that each column of `MISSING` misses its share, gaps in the truth counted."""
    kept = []
    for name, share in MISSING.items():
        absent = rows[name].null_count() / max(rows.height, 1)
        leave_out = max(0.0, (share - absent) / (1 - absent)) if absent < 1 else 0.0
        kept.append(pl.when(pl.Series(rng.random(rows.height) >= leave_out)).then(pl.col(name)).alias(name))
    return rows.with_columns(kept)


def forenames(names: pl.Series, spared: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return forenames, some as an initial or a nickname, some with a slip; `spared` rows stay (they are swapped later)."""
    draw = rng.random(len(names))
    has_nickname = names.is_in(list(NICKNAMES)).to_numpy()
    free = ~spared.to_numpy()
    slip = RATES["forename"] - _SWAPPED - _INITIAL - _NICKNAME * has_nickname.mean()
    nickname = np.flatnonzero(free & has_nickname & (draw < _NICKNAME))
    initial = np.flatnonzero(free & (draw >= _NICKNAME) & (draw < _NICKNAME + _INITIAL))
    slipped = np.flatnonzero(free & (draw >= _NICKNAME + _INITIAL) & (draw < _NICKNAME + _INITIAL + slip))
    known = names.gather(pl.Series(nickname))
    first, second = (known.replace_strict({name: short.split()[at] for name, short in NICKNAMES.items()}) for at in (0, 1))
    names = _replaced(names, nickname, first.zip_with(pl.Series(rng.random(len(nickname)) < 0.7), second))
    names = _replaced(names, initial, names.gather(pl.Series(initial)).str.slice(0, 1))
    return _replaced(names, slipped, slips(names.gather(pl.Series(slipped)), rng))


def surnames(names: pl.Series, spared: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return surnames, some in another spelling (MC and MAC, O') or with one part of two, some with a slip."""
    free, changed = ~spared.to_numpy(), np.zeros(len(names), dtype=bool)
    for pattern, instead, share in _VARIANTS:
        rows = np.flatnonzero((names.str.contains(pattern)).to_numpy() & free & ~changed & (rng.random(len(names)) < share))
        names = _replaced(names, rows, names.gather(pl.Series(rows)).str.replace(pattern, instead))
        changed[rows] = True
    slip = max(0.0, RATES["surname"] - _SWAPPED - changed.mean())
    slipped = np.flatnonzero(free & ~changed & (rng.random(len(names)) < slip))
    return _replaced(names, slipped, slips(names.gather(pl.Series(slipped)), rng))


def slips(words: pl.Series, rng: np.random.Generator, *, start: pl.Series | None = None) -> pl.Series:
    """Return every word with one slip: a letter wrong, missing, too many, two letters swapped, or letters misread.

    Args:
        words: texts without nulls.
        start: by word, the first place that may be wrong; else all of the word may.
    """
    first = np.zeros(len(words), dtype=np.int64) if start is None else start.to_numpy()
    length = words.str.len_chars().to_numpy().astype(np.int64)
    at = np.minimum(first + (rng.random(len(words)) * (length - first)).astype(np.int64), length - 1)
    kind = rng.choice(4, size=len(words), p=(0.35, 0.25, 0.2, 0.2))
    kind = np.where((kind == 1) & (length < 3), 0, kind)
    at = np.where(kind == 3, np.clip(at, 0, np.maximum(length - 2, 0)), at)
    frame = pl.DataFrame({"word": words, "at": at, "kind": kind, "letter": _LETTERS.gather(pl.Series(rng.integers(0, len(_LETTERS), len(words))))})
    frame = frame.with_columns(at=pl.col("at") + (pl.col("word").str.slice("at", 1) == " "))  # a space stays
    here, after = pl.col("word").str.slice("at", 1), pl.col("word").str.slice(pl.col("at") + 1, 1)
    letter = pl.when(pl.col("letter") == here).then(pl.lit("K")).otherwise("letter")
    middle = pl.when(pl.col("kind") == 0).then(letter).when(pl.col("kind") == 1).then(pl.lit("")).when(pl.col("kind") == 2).then(here + here)
    rest = pl.col("word").str.slice(pl.col("at") + pl.when(pl.col("kind") == 3).then(2).otherwise(1))
    wrong = frame.select(pl.concat_str(pl.col("word").str.slice(0, pl.col("at")), middle.otherwise(after + here), rest)).to_series()
    wrong = wrong.zip_with(wrong != words, words + _LETTERS.gather(pl.Series(rng.integers(0, len(_LETTERS), len(words)))))
    return _misread(words, wrong, rng) if start is None else wrong


def _misread(words: pl.Series, wrong: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return `wrong`, but for a quarter of the words the word with one of `_MISREADINGS`, where it has such letters."""
    which = rng.integers(0, len(_MISREADINGS), len(words))
    chosen = rng.random(len(words)) < _MISREAD
    for code, (letters, instead) in enumerate(_MISREADINGS):
        rows = np.flatnonzero(chosen & (which == code))
        seen = words.gather(pl.Series(rows)).str.replace(letters, instead, literal=True)
        wrong = _replaced(wrong, rows, wrong.gather(pl.Series(rows)).zip_with(seen == words.gather(pl.Series(rows)), seen))
    return wrong


def dates(born: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return birth dates, some with a digit wrong, day and month swapped, another year, or only partly known.

    A wrong date is still one of the calendar, as what is not would have been rejected before.
    """
    draw = rng.random(len(born))
    bounds = np.cumsum([RATES["date_of_birth"] - _NEW_YEAR, _NEW_YEAR, PARTLY_KNOWN])
    wrong, new_year, partly = (np.flatnonzero((draw >= low) & (draw < high)) for low, high in zip((0, *bounds[:-1]), bounds, strict=True))
    born = _replaced(born, wrong, _wrong_dates(born.gather(pl.Series(wrong)), rng))
    born = _replaced(born, new_year, born.gather(pl.Series(new_year)).str.slice(0, 4) + "-01-01")
    known = born.gather(pl.Series(partly))
    day_only = pl.Series(rng.random(len(partly)) < 0.7)
    return _replaced(born, partly, (known.str.slice(0, 7) + "-XX").zip_with(day_only, known.str.slice(0, 4) + "-XX-XX"))


def _wrong_dates(born: pl.Series, rng: np.random.Generator) -> pl.Series:
    year, month, day = (born.str.slice(at, size).cast(pl.Int64).to_numpy().copy() for at, size in ((0, 4), (5, 2), (8, 2)))
    kind = rng.choice(5, size=len(born), p=(0.3, 0.25, 0.15, 0.2, 0.1))  # day, day and month, month, year by 1, year by 10
    swap = (kind == 1) & (day <= 12) & (day != month)
    sign = rng.choice((-1, 1), size=len(born))
    years = np.where(kind == 3, 1, np.where(kind == 4, 10, 0))
    year = np.where(year + years < _LAST_YEAR, year + sign * years, year - years)
    wrong_month = np.where(kind == 2, (month + rng.integers(0, 11, len(born))) % 12 + 1, np.where(swap, day, month))
    new_day = np.where(rng.random(len(born)) < 0.5, day // 10 * 10 + rng.integers(0, 10, len(born)), rng.integers(0, 3, len(born)) * 10 + day % 10)
    wrong_day = np.where(swap, month, np.where((kind == 0) | ((kind == 1) & ~swap), new_day, day))
    lengths = np.array([calendar.monthrange(2023, m)[1] for m in range(1, 13)])[wrong_month - 1]
    wrong_day = np.clip(wrong_day, 1, lengths)
    same = (wrong_day == day) & (wrong_month == month) & (kind < 3)
    wrong_day = np.where(same, day % 28 + 1, wrong_day)
    return pl.DataFrame({"y": year, "m": wrong_month, "d": wrong_day}).select(
        pl.format("{}-{}-{}", "y", pl.col("m").cast(pl.String).str.zfill(2), pl.col("d").cast(pl.String).str.zfill(2))
    ).to_series()  # fmt: skip


def addresses(lines: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return addresses, some without flat or number, with a wrong number, a shortened kind of street, or a slip in the street."""
    rows = np.flatnonzero(rng.random(len(lines)) < RATES["address"])
    line = lines.gather(pl.Series(rows))
    kind = rng.choice(5, size=len(rows), p=(0.2, 0.2, 0.1, 0.15, 0.35))
    flatless = line.str.replace(r"^FLAT \d+ ", "")
    short = line.str.replace(" STREET$", " ST").str.replace(" ROAD$", " RD").str.replace(" AVENUE$", " AVE").str.replace(" LANE$", " LN").str.replace(" CLOSE$", " CL")
    numberless = line.str.replace(r"^(FLAT \d+ |)\d+ ", "${1}")
    number = line.str.extract(r"(\d+) [^\d]*$").cast(pl.Int64)
    other = pl.Series(np.maximum(1, number.fill_null(1).to_numpy() + rng.choice((-10, -2, -1, 1, 2, 10), size=len(rows)))).cast(pl.String)
    renumbered = line.str.extract(r"^(FLAT \d+ )").fill_null("") + other + line.str.extract(r"\d( [^\d]*)$")
    start = (line.str.len_chars() - line.str.extract(r"([^\d ][^\d]*)$").str.len_chars()).cast(pl.Int64)
    wrong = slips(line, rng, start=start)
    for code, changed in enumerate((flatless, short, numberless, renumbered)):
        wrong = wrong.zip_with(pl.Series(kind != code) | (changed == line).fill_null(True), changed)
    return _replaced(lines, rows, wrong)


def postcodes(codes: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return postcodes, some with one letter or digit of the second half wrong, its letters swapped, or another district."""
    rows = np.flatnonzero(rng.random(len(codes)) < RATES["postcode"])
    code = codes.gather(pl.Series(rows))
    district = code.str.extract(r"^ZZ(\d+) ").cast(pl.Int64).to_numpy()
    sector = code.str.slice(-3, 1).cast(pl.Int64).to_numpy()
    letters = [code.str.slice(at, 1).replace_strict({letter: i for i, letter in enumerate(_INWARD)}).to_numpy() for at in (-2, -1)]
    kind = rng.choice(5, size=len(rows), p=(0.15, 0.25, 0.25, 0.2, 0.15))
    kind = np.where((kind == 3) & (letters[0] == letters[1]), 2, kind)
    shift = rng.integers(1, len(_INWARD), len(rows))
    district = np.where(kind == 4, (district - 1 + rng.integers(1, 98, len(rows))) % 98 + 1, district)
    sector = np.where(kind == 0, (sector + rng.integers(1, 10, len(rows))) % 10, sector)
    first = np.where(kind == 1, (letters[0] + shift) % len(_INWARD), np.where(kind == 3, letters[1], letters[0]))
    second = np.where(kind == 2, (letters[1] + shift) % len(_INWARD), np.where(kind == 3, letters[0], letters[1]))
    text = pl.Series(list(_INWARD))
    parts = pl.DataFrame({"d": district, "s": sector, "a": text.gather(pl.Series(first)), "b": text.gather(pl.Series(second))})
    return _replaced(codes, rows, parts.select(pl.format("ZZ{} {}{}{}", "d", "s", "a", "b")).to_series())


def ninos(numbers: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return national insurance numbers, some with a digit wrong, two digits swapped, or another last letter."""
    rows = np.flatnonzero((rng.random(len(numbers)) < RATES["nino"]) & numbers.is_not_null().to_numpy())
    number = numbers.gather(pl.Series(rows))
    digits = number.str.slice(2, 6).cast(pl.Int64).to_numpy()
    kind, at = rng.choice(3, size=len(rows), p=(0.5, 0.35, 0.15)), 10 ** rng.integers(0, 5, len(rows))
    low, high = digits // at % 10, digits // (at * 10) % 10
    swapped = digits + (high - low) * at + (low - high) * at * 10
    replaced = digits + ((low + rng.integers(1, 10, len(rows))) % 10 - low) * at
    digits = np.where(kind == 2, digits, np.where((kind == 1) & (low != high), swapped, replaced))
    suffix = number.str.slice(8, 1).replace_strict({letter: i for i, letter in enumerate("ABCD")}).to_numpy()
    suffix = np.where(kind == 2, (suffix + rng.integers(1, 4, len(rows))) % 4, suffix)
    parts = pl.DataFrame({"prefix": number.str.slice(0, 2), "digits": digits, "suffix": pl.Series(list("ABCD")).gather(pl.Series(suffix))})
    return _replaced(numbers, rows, parts.select(pl.format("{}{}{}", "prefix", pl.col("digits").cast(pl.String).str.zfill(6), "suffix")).to_series())


def _replaced(column: pl.Series, rows: np.ndarray, values: pl.Series) -> pl.Series:
    """Return the column with `values` at `rows`."""
    if not len(rows):
        return column
    source = np.arange(len(column), dtype=np.uint32)
    source[rows] = np.arange(len(column), len(column) + len(rows), dtype=np.uint32)
    return pl.concat([column, values.alias(column.name)]).gather(pl.Series(source))
