"""Splink as its own documentation runs it, for every data set of `benchmarks.linkage`.

Where an example is published for the set (historical_50k, febrl3, febrl4), its comparisons, blocking rules and training are used;
else the comparisons that the documentation gives for people. Columns that only charts need are not kept: that is its faster way.

Source: docs/demos/examples/duckdb of moj-analytical-services/splink, version 5.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

U_PAIRS = 1e7  # as in the published example of 50,000 records
QUICK_U_PAIRS = 1e6  # the default, of which Splink warns that it may be too few
SEED = 20261101

# A date is null to Splink where a part of it is unknown; its year is kept for blocking where that is known.
PREPARED = """create table prepared as select * replace (case when date_of_birth not like '%X%' then date_of_birth end as date_of_birth),
        forename || ' ' || surname as forename_surname,
        nullif(regexp_extract(date_of_birth, '^[0-9]{4}'), '') as birth_year,
        nullif(regexp_extract(date_of_birth, '[0-9]{2}-[0-9]{2}$'), '') as birthday
    from loaded"""

# What our own engine blocks people on, as near as SQL has it (its rules by sound are left out). A key that more records share than
# our rules allow is null; Splink has no such limit of its own.
OUR_KEYS = """create table keyed as select *,
        least(forename, surname) || '|' || greatest(forename, surname) as names,
        case when count(*) over (partition by least(forename, surname), greatest(forename, surname)) <= 30 then names end as rare_names,
        case when count(*) over (partition by address, postcode) <= 60 then address || '|' || coalesce(postcode, '') end as home,
        case when count(*) over (partition by phone) <= 20 then phone end as rare_phone,
        case when count(*) over (partition by email) <= 20 then email end as rare_email
    from prepared"""
OUR_RULES: tuple[tuple[str, ...] | str, ...] = (
    ("nino",), ("surname", "date_of_birth"), ("forename", "date_of_birth"), ("names", "birth_year"), ("names", "birthday"), ("names", "postcode"),
    ("postcode", "date_of_birth"), ("home", "substr(forename,1,1)"), ("home", "birth_year"), ("rare_names",),
    ("date_of_birth", "substr(forename,1,1)", "substr(surname,1,1)"), ("rare_phone",), ("rare_email",),
)


@dataclass(frozen=True)
class Example:
    """One way to run Splink: blocking rules, deterministic rules with their recall, and rules to train m on."""

    comparisons: str
    blocking: tuple[tuple[str, ...] | str, ...]
    certain: tuple[tuple[str, ...] | str, ...]
    recall: float
    training: tuple[tuple[str, ...], ...]
    u_pairs: float = U_PAIRS
    without_term_frequencies: bool = True
    training_pairs: float | None = None  # the most pairs per training rule; Splink's own option for large files


_REVERSED = "l.forename = r.surname and l.surname = r.forename"

HISTORICAL = Example(
    "historical",
    (
        ("substr(forename,1,3)", "substr(surname,1,4)"), ("surname", "date_of_birth"), ("forename", "date_of_birth"), ("postcode", "forename"),
        ("postcode", "surname"), ("date_of_birth", "birth_place"), ("substr(postcode,1,3)", "date_of_birth"), ("substr(postcode,1,3)", "forename"),
        ("substr(postcode,1,3)", "surname"), ("substr(forename,1,2)", "substr(surname,1,2)", "substr(date_of_birth,1,4)"),
    ),
    (("forename", "surname", "date_of_birth"), ("substr(forename,1,2)", "surname", "substr(postcode,1,2)"), ("date_of_birth", "postcode")),
    0.6,
    (("forename", "surname"), ("date_of_birth",)),
)
FEBRL = Example(
    "febrl",
    (("nino",), ("forename",), ("surname",), ("date_written",), ("postcode",)),
    (("nino",), ("forename", "surname", "date_written"), f"{_REVERSED} and l.date_written = r.date_written"),
    0.9,
    (("date_written",), ("postcode",)),
    u_pairs=1e6,
    without_term_frequencies=False,
)
FEBRL4 = Example(
    "febrl4",
    (("forename", "surname"), _REVERSED, ("date_written",), ("nino",), ("state", "address_1"), ("street_number", "address_1"), ("postcode",)),
    (("nino",), ("forename", "surname", "date_written")),
    0.8,
    (("date_written",), ("postcode",)),
    u_pairs=1e6,
)
RLDATA = Example(
    "names and birth date",
    (("forename", "surname"), ("date_of_birth",), ("forename", "birth_year"), ("surname", "birth_year"), ("forename", "birthday"), ("surname", "birthday")),
    (("forename", "surname", "birth_year"), ("forename", "date_of_birth"), ("surname", "date_of_birth")),
    0.8,
    (("date_of_birth",), ("forename", "surname"), ("surname",)),
)
POPULATION = Example(
    "people",
    (
        ("nino",), ("forename", "surname", "postcode"), ("surname", "date_of_birth"), ("forename", "date_of_birth"), ("postcode", "date_of_birth"),
        ("substr(forename,1,1)", "surname", "birth_year"),
    ),
    (("nino",), ("forename", "surname", "date_of_birth")),
    0.8,
    (("forename", "surname"), ("date_of_birth",), ("nino",)),
    training_pairs=1e6,  # at a million records as good as 1e7, in half the time
)


def example(data: str) -> Example:
    """Return how Splink is best run on that data set."""
    if data.startswith("population"):
        return POPULATION
    return {"historical_50k": HISTORICAL, "RLdata10000": RLDATA, "febrl4": FEBRL4}.get(data, FEBRL)


def comparisons(kind: str) -> list[Any]:
    """Return Splink's comparisons, built from its library of ready ones."""
    import splink.comparison_library as cl

    full_name = cl.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="forename_surname")
    birth = cl.DateOfBirthComparison("date_of_birth", input_is_string=True)
    names = [cl.NameComparison("forename"), cl.NameComparison("surname")]
    written = cl.DateOfBirthComparison("date_written", input_is_string=True, datetime_format="%Y%m%d")
    street = cl.ExactMatch("street_number").configure(term_frequency_adjustments=True)
    return {
        "historical": lambda: [
            full_name, birth, cl.PostcodeComparison("postcode"),
            *(cl.ExactMatch(c).configure(term_frequency_adjustments=True) for c in ("birth_place", "occupation")),
        ],
        "febrl": lambda: [
            *names, written, cl.DamerauLevenshteinAtThresholds("nino", [2]), street, cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        "febrl4": lambda: [
            *names, written, cl.DamerauLevenshteinAtThresholds("nino", [1, 2]), street,
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        "names and birth date": lambda: [*names, birth],
        "people": lambda: [
            full_name, birth, cl.PostcodeComparison("postcode"), cl.EmailComparison("email"), cl.NameComparison("middle_names"),
            cl.DamerauLevenshteinAtThresholds("nino", [1]), cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        ],
    }[kind]()


def run_splink(source: Path, out: Path, *, data: str, threads: int, memory_gb: float, floor: float, variant: str = "") -> dict[str, float]:
    """Train, predict and cluster; return the seconds of each stage. Timed from the table in the database on.

    Args:
        variant: "our rules" blocks as our engine does; "quick" trains u on fewer pairs.

    Writes `pairs.parquet` (`record_ref_l, record_ref_r, match_probability`) and `clusters.parquet` to `out`.
    """
    import duckdb

    way = example(data)
    if variant == "our rules":
        way = replace(way, blocking=OUR_RULES)
    elif variant == "quick":
        way = replace(way, u_pairs=QUICK_U_PAIRS)
    con = duckdb.connect(config={"threads": threads, "memory_limit": f"{memory_gb}GB", "temp_directory": str(out / "spill")})
    con.execute("create table loaded as select * from read_parquet(?)", [str(source)])
    seconds, started = {}, time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal started
        seconds[stage], started = time.perf_counter() - started, time.perf_counter()

    con.execute(PREPARED)
    if way.blocking is OUR_RULES:
        con.execute(OUR_KEYS)
    linker = _linker(con, way, "keyed" if way.blocking is OUR_RULES else "prepared")
    lap("prepare")
    linker.training.estimate_probability_two_random_records_match([_rule(rule) for rule in way.certain], recall=way.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=way.u_pairs, seed=SEED)
    lap("train u")
    for rule in way.training:
        linker.training.estimate_parameters_using_expectation_maximisation(
            _rule(rule), estimate_without_term_frequencies=way.without_term_frequencies, max_pairs=way.training_pairs
        )
    lap("train m")
    predicted = linker.inference.predict(threshold_match_probability=floor)
    lap("predict")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.5)
    lap("cluster")
    wanted = {"pairs": (predicted, "record_ref_l, record_ref_r, match_probability"), "clusters": (clusters, "record_ref, cluster_id")}
    for name, (made, columns) in wanted.items():
        con.execute(f"copy (select {columns} from {made.physical_name}) to '{out / name}.parquet' (format parquet)")
    return seconds


def _linker(con: Any, way: Example, table: str) -> Any:
    from splink import DuckDBAPI, Linker, SettingsCreator

    api = DuckDBAPI(connection=con)
    columns = [name for name, *_ in con.execute(f"describe {table}").fetchall()]
    files = ("left", "right") if "file" in columns else ()
    for side in files:
        con.execute(f"create table file_{side} as select * exclude (file) from {table} where file = '{side}'")
    tables = [api.register(name) for name in ([f"file_{side}" for side in files] or [table])]
    settings = SettingsCreator(
        unique_id_column_name="record_ref",
        link_type="link_only" if files else "dedupe_only",
        blocking_rules_to_generate_predictions=[_rule(rule) for rule in way.blocking],
        comparisons=comparisons(way.comparisons),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    return Linker(tables if files else tables[0], settings, log_level=None)


def _rule(rule: tuple[str, ...] | str) -> Any:
    from splink import block_on

    return rule if isinstance(rule, str) else block_on(*rule)
