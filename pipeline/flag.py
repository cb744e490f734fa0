"""Rules over linked rows: every contradiction becomes an exception, a reason to look with its reasons beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import polars as pl

from matchers.rule_check import check_rule, known_functions
from matchers.rule_sides import link_sql, party_sql, side_sql
from matchers.rule_sql import MACROS, rule_sql
from matchers.sql import connection
from schemas.datasets import CONTRACTS
from schemas.errors import ConfigurationError
from schemas.records import CLUSTER_MEMBER, EXCEPTION, LINK, RECORD, RECORD_REFERENCE, SUPPRESSED, payload_shape
from schemas.relations import Assembled, Linked
from schemas.rule import ANY, Rule, ValueTable

PREVIOUS_ACCOUNT = pl.Schema({**dict.fromkeys(RECORD_REFERENCE, pl.String()), "previous_account": pl.String(), "previous_as_of": pl.Date()})


def flag(
    assembled: Assembled, linked: Linked, rules: Sequence[Rule], values: ValueTable, *, as_of: date, history: pl.DataFrame,
    threads: int = 2, memory_gb: int = 4,
) -> pl.DataFrame:
    """Return one row per exception: two linked rows, or two lines of one council, that contradict each other.

    Args:
        assembled: tonight's input.
        linked: what linkage made of it; a link without a tier issues nothing.
        rules: tables of the rule book that are switched on.
        values: what outcomes are worth.
        as_of: the night; the only clock that rules know.
        history: exceptions of nights before (`exception_id`, `status`, `first_seen`); may be empty.

    Returns:
        Shape `EXCEPTION`. What an innocent cause explains is kept, with status suppressed and the cause's code.

    Raises:
        ConfigurationError: a rule that cannot work; every rule is looked at before the data is.
    """
    check_rules(rules, values, as_of=as_of)
    tables = {
        "records": assembled.records, "links": linked.links, "clusters": linked.clusters,
        "previous_accounts": assembled.previous_accounts, **_payload_tables(assembled.payloads),
    }
    with connection(tables, threads=threads, memory_gb=memory_gb) as con:
        _create_tables(con, rules)
        found = [_exceptions_of(con, rule, values, as_of) for rule in rules]
    everything = pl.concat(found) if found else EXCEPTION.empty()
    return EXCEPTION.conform(_with_history(everything, history, as_of))


def check_rules(rules: Sequence[Rule], values: ValueTable, *, as_of: date) -> None:
    """Raise ConfigurationError [5] for a rule whose expressions or value code cannot work; no data is needed."""
    nothing = {
        "records": RECORD.empty().with_columns(pl.lit(None, pl.Int64).alias("record")), "links": LINK.empty(),
        "clusters": CLUSTER_MEMBER.empty(), "previous_accounts": pl.DataFrame(schema=PREVIOUS_ACCOUNT), **_payload_tables({}),
    }
    with connection(nothing) as con:
        _create_tables(con, rules)
        functions = known_functions(con)
        for rule in rules:
            check_rule(con, rule, functions)
            values.on(rule.value.code, as_of)


def _payload_tables(payloads: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return `payload_<dataset>` for every dataset; one that nobody sent has no rows."""
    return {
        f"payload_{name.lower()}": payloads[name] if name in payloads else payload_shape(contract).empty()
        for name, contract in CONTRACTS.items()
    }


def _create_tables(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    """Create what the rules' statements read: macros, parties, links and one table of rows for each dataset used."""
    for macro in MACROS:
        con.execute(macro)
    con.execute(f"create table party as {party_sql()}")
    con.execute(f"create table link_fact as {link_sql()}")
    used = {dataset for rule in rules if rule.grain == "row" for dataset in (rule.left, rule.right)} - {ANY}
    for dataset in sorted(used):
        con.execute(f"create table side_{dataset.lower()} as {side_sql(CONTRACTS[dataset])}")


def _exceptions_of(con: duckdb.DuckDBPyConnection, rule: Rule, values: ValueTable, as_of: date) -> pl.DataFrame:
    try:
        found: pl.DataFrame = con.sql(rule_sql(rule), params={"run_date": as_of}).pl()
    except (duckdb.ConversionException, duckdb.OutOfRangeException):  # the engine's message quotes the value
        raise ConfigurationError(
            f"rule {rule.key} could not read a value of the data", found=rule.when,
            mend="use try_cast instead of cast, so that a value that does not fit becomes unknown",
        ) from None
    entry = values.on(rule.value.code, as_of)
    return found.with_columns(
        pl.lit(rule.id).alias("rule"), pl.lit(rule.version, pl.Int64).alias("rule_version"), pl.lit(rule.entity).alias("entity"),
        pl.lit(rule.key).alias("rule_key"), pl.lit(rule.value.code).alias("value_code"), pl.lit(entry.kind).alias("value_kind"),
        (pl.col("value_pence").cast(pl.Int64) if rule.value.pence else pl.lit(entry.pence, pl.Int64)).alias("value_pence"),
        pl.lit(rule.value_is_shared).alias("value_shared"),
    )


def _with_history(found: pl.DataFrame, history: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the exceptions with status and first night.

    Only nights before this one count, so that running a night again gives the same answer.
    """
    before = pl.DataFrame(schema={"exception_id": pl.String, "seen_before": pl.Date})
    if history.height:
        before = (
            history.filter((pl.col("status") != SUPPRESSED) & (pl.col("first_seen") < as_of))
            .group_by("exception_id").agg(pl.col("first_seen").min().alias("seen_before"))
        )
    held_back = pl.col("suppressor").is_not_null()
    continuing = pl.col("seen_before").is_not_null()
    return found.drop("status", "first_seen", "last_seen", strict=False).join(before, on="exception_id", how="left").with_columns(
        pl.when(held_back).then(pl.lit(SUPPRESSED)).when(continuing).then(pl.lit("continuing")).otherwise(pl.lit("new")).alias("status"),
        pl.when(held_back & ~continuing).then(None).otherwise(pl.col("seen_before").fill_null(as_of)).alias("first_seen"),
        pl.lit(as_of).alias("last_seen"),
    )
