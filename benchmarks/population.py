"""An invented population the shape of Britain's, with the truth, to measure how well records are linked.

    python -m benchmarks.population --records 1000000 --seed 7 --out FILE.parquet

People live in households and move; each has one to six records in six councils' files, keyed with errors. The columns
`person` and `home` hold the truth and are for measuring only. Numbers, postcodes and contacts are in ranges that belong to
nobody: NINOs begin with Q, postcodes with ZZ, phones with 07700 900, and mail goes to example.org.

One number in six of the NINOs' range is given out, so one wrong number in six is somebody else's. Telephones are 1,000.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.population_errors import with_errors, without
from benchmarks.population_homes import COUNCILS, homes
from benchmarks.population_names import FEMALE, feminine, forename_cell, forenames, surnames
from benchmarks.population_people import CHILD, PARTNER, SHARER, SON_OF_PREVIOUS, Names, households, people, years

COLUMNS = ("record_ref", "partner", "forename", "middle_names", "surname", "date_of_birth", "address", "postcode", "nino", "phone", "email", "person", "home")
MOST_RECORDS = 20_000_000  # beyond, the invented postcodes end
_RECORDS = (0.67, 0.14, 0.085, 0.055, 0.03, 0.02)  # share of people with 1, 2, ... 6 records
_CHILD_KNOWN = 0.35  # of those under 16: the share that has any record
_PER_HOUSEHOLD = 2.9  # records, a little below the mean, so that there are enough of them
_FAMILY_MOVES, _MOVERS = 0.06, 0.12  # of households that moved together; of people who moved at all
_NEARBY = 0.6  # of moves within the council
_ELSEWHERE = 0.08  # of records held by a council where the person does not live
_TWO_SURNAMES = 0.04  # of women
_NO_MIDDLE, _TWO_MIDDLE = 0.25, 0.12  # of people
_WORKING_AGE = 16  # years: nobody younger has a NINO, and theirs is the household head's phone and mail
_NINOS_PER_PREFIX = 700_000  # given out of the 4,000,000 that two letters hold


def population(records: int, *, seed: int, default_dates: float = 0.0, one_surname: float = 0.0) -> pl.DataFrame:
    """Return records of an invented population as six councils hold them, with the truth.

    The two shares make an extract bad in one respect, to see what linkage does with it; the rest of the population is the
    same with them or without.

    Args:
        records: how many rows, 1 to 20 million.
        default_dates: share of rows whose date of birth is 1900-01-01.
        one_surname: share of people who bear the commonest surname in all their records.

    Returns:
        Columns `COLUMNS`: texts, null where not known, but for `person` and `home`, which number the people and the homes.
        `record_ref` is unique and says nothing; the rows are in random order.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = without(with_errors(true_records(records, rng, one_surname=one_surname), rng), rng)
    defaulted = pl.Series(rng.random(records) < default_dates)
    return rows.with_columns(
        date_of_birth=pl.when(defaulted).then(pl.lit("1900-01-01")).otherwise("date_of_birth"),
        record_ref=pl.format("R{}", pl.int_range(1, records + 1).cast(pl.String).str.zfill(8)),
    ).select(COLUMNS)


def true_records(records: int, rng: np.random.Generator, *, one_surname: float = 0.0) -> pl.DataFrame:
    """Return the records before any error, in random order: all of `COLUMNS` but the reference."""
    if not 0 < records <= MOST_RECORDS:
        raise ValueError(f"records: {records:,} rows cannot be made\n  To mend  ask for 1 to {MOST_RECORDS:,}")
    names = Names(forenames(), surnames())
    lived = households(int(records / _PER_HOUSEHOLD) + 40, names, rng)
    near = lived["kin"].to_numpy() > 0
    places, home = homes(lived["group"].to_numpy(), near, rng)
    known = people(lived, names, rng)
    earlier = _earlier_homes(known, lived["kin"].to_numpy(), home, places["council"].to_numpy(), rng)
    counts = _record_counts(known, records, rng)
    former = _former_surnames(known, counts, names, rng)
    known = known.with_columns(home=pl.Series(home).gather(known["household"]), earlier=pl.Series(earlier), former=pl.Series(former))
    texts = _texts(known, counts, names, one_surname, rng)
    person, at_earlier, as_former = _rows(counts, known, rng)
    where = np.where(at_earlier, earlier[person], known["home"].to_numpy()[person])
    council = places["council"].to_numpy()[where]
    held = np.where(rng.random(records) < _ELSEWHERE, rng.integers(0, len(COUNCILS), records), council)
    rows: pl.DataFrame = pl.concat([texts[person.astype(np.uint32)], places.drop("council")[where.astype(np.uint32)]], how="horizontal")
    return rows.with_columns(
        surname=pl.when(pl.Series(as_former)).then("former").otherwise("surname"),
        partner=pl.Series(COUNCILS).gather(pl.Series(held)), person=pl.Series(person), home=pl.Series(where),
    ).drop("former")  # fmt: skip


def _record_counts(known: pl.DataFrame, records: int, rng: np.random.Generator) -> np.ndarray:
    """Return how many records each person has, `records` in all; households after the last record have none."""
    counts = rng.choice(np.arange(1, 7), size=known.height, p=_RECORDS)
    counts[(years(known["born"].to_numpy()) < _WORKING_AGE) & (rng.random(known.height) >= _CHILD_KNOWN)] = 0
    total = np.cumsum(counts)
    assert total[-1] >= records, "too few households were made"
    last = int(np.searchsorted(total, records))
    counts[last] -= total[last] - records
    counts[last + 1 :] = 0
    return counts


def _earlier_homes(known: pl.DataFrame, kin: np.ndarray, home: np.ndarray, council: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return each person's earlier home, or -1: whole families move, and grown people alone; sons leave their father's."""
    household, role = known["household"].to_numpy(), known["role"].to_numpy()
    family = _moved_to(home, council, rng)
    family[rng.random(len(home)) >= _FAMILY_MOVES] = -1
    earlier: np.ndarray = family[household]
    alone = (earlier < 0) & (years(known["born"].to_numpy()) >= 18)
    rate = (_MOVERS - (earlier >= 0).mean()) / max(alone.mean(), 1e-9)
    movers = np.flatnonzero(alone & (rng.random(len(earlier)) < rate))
    earlier[movers] = _moved_to(home[household[movers]], council, rng)
    son = np.flatnonzero((role == 0) & (kin[household] == SON_OF_PREVIOUS))
    earlier[son] = home[household[son] - 1]
    earlier[earlier == home[household]] = -1
    return earlier


def _moved_to(home: np.ndarray, council: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return another home for each, of the same council for most; homes lie council by council."""
    first = np.searchsorted(council, np.arange(len(COUNCILS) + 1))
    mine = council[home]
    low, high = np.where(rng.random(len(home)) < _NEARBY, (first[mine], first[mine + 1]), [[0], [len(council)]])
    drawn: np.ndarray = rng.integers(low, high)
    return drawn


def _former_surnames(known: pl.DataFrame, counts: np.ndarray, names: Names, rng: np.random.Generator) -> np.ndarray:
    """Return the surname code in the earlier records of 4 % of the women, and -1 for everybody else."""
    sex, role, surname, maiden = (known[name].to_numpy() for name in ("sex", "role", "surname", "maiden"))
    able = np.flatnonzero((sex == FEMALE) & (counts > 1) & (years(known["born"].to_numpy()) >= 20) & ~np.isin(role, [CHILD, SHARER]))
    wanted = round(_TWO_SURNAMES * np.count_nonzero((sex == FEMALE) & (counts > 0)))
    chosen = rng.choice(able, size=min(wanted, len(able)), replace=False)
    former = np.full(known.height, -1, dtype=np.int32)
    drawn = names.sur.draw(known["group"].to_numpy()[chosen], rng)
    former[chosen] = np.where((role[chosen] == PARTNER) & (maiden[chosen] != surname[chosen]), maiden[chosen], drawn)
    return former


def _rows(counts: np.ndarray, known: pl.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the person of each row, whether it names the earlier home and the former surname, in random order.

    Whoever has two homes or surnames and several records has some with either.
    """
    person = np.repeat(np.arange(known.height), counts)
    place = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
    flags = []
    for name in ("earlier", "former"):
        has, several = known[name].to_numpy() >= 0, counts > 1
        first = np.where(several, 1 + rng.integers(0, np.maximum(counts - 1, 1)), rng.integers(0, 2, known.height))
        flags.append(has[person] & (place < first[person]))
    order = rng.permutation(len(person))
    return person[order], flags[0][order], flags[1][order]


def _texts(known: pl.DataFrame, counts: np.ndarray, names: Names, one_surname: float, rng: np.random.Generator) -> pl.DataFrame:
    """Return what is true of each person: names, date of birth, NINO, phone, mail; `former` is the surname before."""
    sex, born = known["sex"].to_numpy(), known["born"].to_numpy()
    same = pl.Series(rng.random(known.height) < one_surname)
    female, texts = pl.Series(sex == FEMALE), names.sur.texts
    forms = pl.concat([texts, feminine(texts)])

    def worn(codes: pl.Series) -> pl.Series:
        return forms.gather((codes.clip(0) + female.cast(pl.Int32) * len(texts)).cast(pl.UInt32))

    second = known["second"].to_numpy()
    surname = worn(known["surname"])
    surname = surname.zip_with(pl.Series(second < 0), surname + "-" + worn(known["second"]))
    frame = pl.DataFrame({"surname": surname, "former": worn(known["former"]), "same": same})
    frame = frame.select(pl.when("same").then(pl.lit(texts[0])).otherwise(name).alias(name) for name in ("surname", "former"))
    days = pl.Series(born).cast(pl.Date)
    frame = frame.with_columns(
        forename=names.fore.of(known["forename"].to_numpy()), middle_names=_middle_names(known, names, rng), date_of_birth=days.dt.to_string("%Y-%m-%d")
    )
    young = pl.Series(years(born) < _WORKING_AGE)
    issued = pl.Series((counts > 0) & ~young.to_numpy())
    numbers = _ninos(int(issued.sum()), rng).gather(pl.Series(np.cumsum(issued.to_numpy()) - 1).set(~issued, None))
    contact = pl.Series(np.where(young.to_numpy(), known["head"].to_numpy(), np.arange(known.height)).astype(np.uint32))
    phone, email = _contacts(frame, rng)
    return frame.with_columns(nino=numbers, phone=phone.gather(contact), email=email.gather(contact))


def _middle_names(known: pl.DataFrame, names: Names, rng: np.random.Generator) -> pl.Series:
    year = 1955 + known["born"].to_numpy() / 365.25  # a generation older than the forename
    cell = forename_cell(known["group"].to_numpy(), known["sex"].to_numpy(), year)
    first, second = names.fore.of(names.fore.draw(cell, rng)), names.fore.of(names.fore.draw(cell, rng))
    draw = rng.random(known.height)
    frame = pl.DataFrame({"first": first, "second": second, "two": draw < _TWO_MIDDLE, "none": draw > 1 - _NO_MIDDLE})
    both = pl.when("two").then(pl.col("first") + " " + pl.col("second")).otherwise("first")
    return frame.select(middle_names=pl.when(~pl.col("none")).then(both)).to_series()


def _ninos(count: int, rng: np.random.Generator) -> pl.Series:
    """Return as many different numbers: QQ, then six digits and A to D; QA, QB ... after every 700,000."""
    prefixes = ["QQ", *(f"Q{letter}" for letter in "ABCDEFGHIJKLMNOPRSTUVWXYZ")][: -(-count // _NINOS_PER_PREFIX)]
    code = rng.permutation(4_000_000 * len(prefixes))[:count]
    thousand = pl.Series([f"{n:03}" for n in range(1000)])
    first, second = (thousand.gather(pl.Series(code // 4 // size % 1000)) for size in (1000, 1))
    parts = [pl.Series(prefixes).gather(pl.Series(code // 4_000_000)), first, second, pl.Series(list("ABCD")).gather(pl.Series(code % 4))]
    return pl.DataFrame({str(i): part for i, part in enumerate(parts)}).select(pl.concat_str(pl.all())).to_series()


def _contacts(named: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """Return a phone and a mail address for each: the phones are few and shared, a mail address has one owner."""
    phones = pl.Series([f"07700 900{n:03}" for n in range(1000)]).gather(pl.Series(rng.integers(0, 1000, named.height)))
    word = pl.col("forename").str.to_lowercase() + "." + pl.col("surname").str.to_lowercase().str.replace_all("[^a-z]", "")
    # the first of a name takes it bare, the others with the next free number, as mail providers have it
    number = pl.int_range(pl.len()).over("word").cast(pl.String).replace("0", "")
    return phones, named.select(word=word).select(pl.col("word") + number + "@example.org").to_series()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--default-dates", type=float, default=0.0, help="share of rows born on 1900-01-01")
    parser.add_argument("--one-surname", type=float, default=0.0, help="share of people with the commonest surname")
    options = parser.parse_args()
    started = time.perf_counter()
    made = population(options.records, seed=options.seed, default_dates=options.default_dates, one_surname=options.one_surname)
    made.write_parquet(options.out)
    per_person = made.group_by("person").len()
    pairs = per_person.select((pl.col("len").cast(pl.Int64) * (pl.col("len").cast(pl.Int64) - 1) // 2).sum()).item()
    print(f"{made.height:,} records of {per_person.height:,} people in {time.perf_counter() - started:.1f} s; {pairs:,} true pairs")


if __name__ == "__main__":
    main()
