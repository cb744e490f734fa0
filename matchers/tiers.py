"""How strong the identity behind a link is, by what agrees; a rule names the weakest tier it may issue on.

T1  of a person, the NINO and one more thing; of an organisation, its company, VAT or charity number
T2  full name and date of birth, of a person; the same name, of an organisation
T3  name and address
T4  address only
T5  bank account, telephone or NINO alone
""  names alone, or less: nothing may be issued
"""

from __future__ import annotations

import polars as pl

from matchers.comparison import Comparison


def person_tier() -> pl.Expr:
    """Return T1, T2, T3 or the empty text, from the levels of a compared pair of people."""
    forename = pl.col("gamma_forename").is_in([0, 1, 3, 4])  # exact, nickname, close, swapped; an initial is too little
    surname = pl.col("gamma_surname").is_in([0, 1, 2, 3])
    birth = pl.col("gamma_date_of_birth").is_in([0, 1, 2])
    birth_fits = pl.col("gamma_date_of_birth").is_in([0, 1, 2, 3])
    exact = pl.sum_horizontal((pl.col(f"gamma_{name}") == 0).cast(pl.Int8) for name in ("forename", "surname", "date_of_birth"))
    same_nino, other_nino = pl.col("gamma_nino") == 0, pl.col("gamma_nino") == 2
    return (
        pl.when(other_nino).then(pl.lit(""))
        .when(same_nino & (surname | birth_fits)).then(pl.lit("T1"))
        .when(forename & surname & birth & (exact >= 1)).then(pl.lit("T2"))
        .when(forename & surname & pl.col("gamma_address").is_in([0, 1]) & (pl.col("gamma_date_of_birth") != 4)).then(pl.lit("T3"))
        .otherwise(pl.lit(""))
    )


def organisation_tier() -> pl.Expr:
    """Return T1, T2, T3 or the empty text, from the levels of a compared pair of organisations."""
    numbers = [pl.col(f"gamma_{name}") for name in ("company_number", "vat_number", "charity_number")]
    same_number = pl.any_horizontal(n == 0 for n in numbers)
    other_company = pl.col("gamma_company_number") == 2
    name = pl.col("gamma_name")
    return (
        pl.when(other_company).then(pl.lit(""))
        .when(same_number).then(pl.lit("T1"))
        .when(name == 0).then(pl.lit("T2"))
        .when(name.is_in([1, 2]) & (pl.col("gamma_address").is_in([0, 1]) | (pl.col("gamma_account") == 0))).then(pl.lit("T3"))
        .when(name == 1).then(pl.lit("T3"))
        .otherwise(pl.lit(""))
    )


def level_names(comparison: Comparison) -> dict[int, str]:
    """Return level -> name; -1 is missing."""
    return {-1: "missing", **dict(enumerate(comparison.levels))}
