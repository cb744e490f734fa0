"""What of a row leaves where identity is encoded: other references, and no more of its columns than rules need."""

from __future__ import annotations

import polars as pl

from matchers.needs import Needs
from schemas.contract import Contract, FieldType
from schemas.records import payload_shape

POUNDS = 100_00  # pence; amounts that rules only show are sent in steps of it
ROW_REFERENCES = ("record_ref", "party_ref")


def renamed(frame: pl.DataFrame, tokens: pl.DataFrame, columns: tuple[str, ...], *, kind: str, field: str) -> pl.DataFrame:
    """Return the frame with its references replaced by their tokens, in its own order; a reference without one becomes null.

    Args:
        tokens: `kind, field, source, token`, as the crosswalk has them.
    """
    known = tokens.filter((pl.col("kind") == kind) & (pl.col("field") == field)).select("source", "token")
    for column in columns:
        found = frame.select(source=pl.col(column)).join(known, on="source", how="left", maintain_order="left")["token"]
        frame = frame.with_columns(found.alias(column))
    return frame


def reference_field(name: str, exercise: str, kind: str) -> str:
    """Return under which field of the crosswalk the values of a reference column stand; households have tokens of their own."""
    return f"{name} {exercise}" if kind == "record" else f"{name} {exercise} {kind}"


def minimised(payload: pl.DataFrame, contract: Contract, needed: Needs, tokens: pl.DataFrame, *, exercise: str, kind: str = "record") -> pl.DataFrame:
    """Return the rows of a payload as they may leave.

    Args:
        kind: of the references that stand for them, `record` or `household`.

    Returns:
        Shape `payload_shape`.
    """
    out = renamed(payload, tokens, ROW_REFERENCES, kind=kind, field=exercise)
    for name in needed.references:
        out = renamed(out, tokens, (name,), kind="reference", field=reference_field(name, exercise, kind))
    withheld = [pl.lit(None, out.schema[name]).alias(name) for name in needed.withheld(contract)]
    coarse = [_in_steps(contract, name) for name in needed.coarse]
    years = [pl.col(name).dt.truncate("1y").alias(name) for name in needed.years]
    words = [_searched(name, wanted) for name, wanted in needed.words.items()]
    return payload_shape(contract).conform(out.with_columns(*withheld, *coarse, *years, *words))


def _in_steps(contract: Contract, name: str) -> pl.Expr:
    """Return a day as the first of its month, an amount in steps of a hundred pounds."""
    if contract.field(name).type is FieldType.DATE:
        return pl.col(name).dt.truncate("1mo")
    return pl.col(name) // POUNDS * POUNDS


def _searched(name: str, words: tuple[str, ...]) -> pl.Expr:
    """Return those of the words that the text holds, and nothing else of it."""
    text = pl.col(name).str.to_lowercase()
    found = [pl.when(text.str.contains(word, literal=True)).then(pl.lit(word)) for word in words]
    return (pl.concat_str(found, separator=" ", ignore_nulls=True).replace("", None) if found else pl.lit(None, pl.String)).alias(name)
