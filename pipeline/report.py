"""What each partner may see: its own exceptions, its own side first, and of the other side no more than is shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from matchers.explanation import evidence_lines
from pipeline.spreadsheet import csv_bytes
from pipeline.summary import summary_text
from schemas.records import SUPPRESSED, Shape
from schemas.relations import Report
from schemas.rule import Rule

_S, _D, _I, _B = pl.String(), pl.Date(), pl.Int64(), pl.Boolean()

REPORT = Shape(
    "report",
    "one reason to look, as one partner sees it",
    {
        "exception_id": (_S, "Name of the exception, the same every night and for both partners."),
        "rule": (_S, "Rule that made it."),
        "title": (_S, "The rule in a few words."),
        "band": (_S, "top, middle or low: how sure we are that both sides are the same."),
        "tier": (_S, "Strength of identity, T1 (best) to T5; empty where your own lines are compared."),
        "match_probability": (pl.Float64(), "Probability that both sides are the same, from 0 to 1."),
        "status": (_S, "new, or continuing from a night before."),
        "your_dataset": (_S, "Your dataset."),
        "your_ref": (_S, "Your reference of the row."),
        "your_party": (_S, "Who in your row: holder, partner, supplier."),
        "other_partner": (_S, "Partner that holds the other side."),
        "other_dataset": (_S, "Its dataset."),
        "reason": (_S, "The reason to look, as a sentence."),
        "evidence": (_S, "What agrees and what does not, weightiest first; each bit doubles or halves the odds."),
        "your_details": (_S, "What the rule looked at on your side."),
        "other_details": (_S, "What both may see of the other side."),
        "value_pence": (_I, "What it may be worth, in pence; an estimate for putting cases in order, never a debt."),
        "value_kind": (_S, "actual, forward, notional, two of them, or none."),
        "owner": (_S, "Partner that acts first."),
        "first_seen": (_D, "First night it was issued."),
        "protected": (_B, "Your side is protected: the other partner was told nothing. Handle it yourself, by name."),
    },
    ("exception_id",),
)

BANDS = ("top", "middle", "low")


def report(
    exceptions: pl.DataFrame, partner: str, *, evidence: pl.DataFrame, submissions: pl.DataFrame, rules: Sequence[Rule],
    run_id: str, as_of: date,
) -> Report:
    """Return one partner's report.

    Args:
        exceptions: shape `EXCEPTION`, of the whole night.
        evidence: shape `EVIDENCE`.
        submissions: shape `SUBMISSION`; only the partner's own are read.
        rules: the rule book of the night.

    Returns:
        Exceptions with the partner on one side, except where the other side is protected: of those it is told
        nothing at all, not even their number. What is suppressed is counted in the summary and not listed.
    """
    seen = visible_to(exceptions, partner)
    issued = seen.filter(pl.col("status") != SUPPRESSED)
    lines = evidence_lines(issued, evidence).filter(~pl.col("level").is_in(["missing", "start"]))
    lines = lines.group_by("exception_id", maintain_order=True).agg(pl.col("sentence").str.join("; ").alias("evidence"))
    titles = pl.DataFrame({"rule_key": [r.key for r in rules], "title": [r.title for r in rules]}, schema={"rule_key": _S, "title": _S})
    issued = issued.join(lines, on="exception_id", how="left").join(titles, on="rule_key", how="left")
    table = _in_reading_order(REPORT.conform(_own_side_first(issued, partner)))
    summary = summary_text(
        table, seen.filter(pl.col("status") == SUPPRESSED), submissions.filter(pl.col("partner") == partner), rules,
        partner=partner, run_id=run_id, as_of=as_of,
    )
    return Report(partner, table, csv_bytes(table), summary)


def visible_to(exceptions: pl.DataFrame, partner: str) -> pl.DataFrame:
    """Return the exceptions that the partner may be told of, suppressed ones included.

    A protected side is a person whose whereabouts must not become known, so the partner of the other side hears
    nothing; inside one council there is no other side.
    """
    left, right = pl.col("partner_l") == partner, pl.col("partner_r") == partner
    return exceptions.filter((left & right) | (left & ~pl.col("protected_r").fill_null(False)) | (right & ~pl.col("protected_l").fill_null(False)))


def _own_side_first(issued: pl.DataFrame, partner: str) -> pl.DataFrame:
    """Return the table with the partner's side as `your_` and the other one as `other_`; inside one council, left is yours."""
    mine = pl.col("partner_l") == partner
    inside = mine & (pl.col("partner_r") == partner)

    def own(column: str) -> pl.Expr:
        return pl.when(mine).then(pl.col(f"{column}_l")).otherwise(pl.col(f"{column}_r"))

    def other(column: str) -> pl.Expr:
        return pl.when(mine).then(pl.col(f"{column}_r")).otherwise(pl.col(f"{column}_l"))

    both = [pl.col(c).replace("", None) for c in ("details_own_r", "details_shared_r")]
    return issued.with_columns(
        own("dataset").alias("your_dataset"), own("record_ref").alias("your_ref"), own("party").alias("your_party"),
        other("partner").alias("other_partner"), other("dataset").alias("other_dataset"),
        pl.concat_str([own("details_own").replace("", None), own("details_shared").replace("", None)], separator="; ", ignore_nulls=True).alias("your_details"),
        # Both lines are the council's own, so it sees all of the second one, with its reference.
        pl.when(inside).then(pl.concat_str([pl.format("record ref: {}", "record_ref_r"), *both], separator="; ", ignore_nulls=True))
        .otherwise(other("details_shared")).alias("other_details"),
        pl.when(pl.col("value_shared") | (pl.col("owner") == partner)).then(pl.col("value_pence")).alias("value_pence"),
        (own("protected").fill_null(False) | (inside & pl.col("protected_r").fill_null(False))).alias("protected"),
    )


def _in_reading_order(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the order to work them: surest first, then the most valuable, then by name."""
    rank = pl.col("band").replace_strict({band: place for place, band in enumerate(BANDS)}, default=len(BANDS), return_dtype=pl.Int64)
    return table.sort(rank, pl.col("value_pence"), "exception_id", descending=[False, True, False], nulls_last=True)
