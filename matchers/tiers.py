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


def _is(field: str, *levels: str) -> pl.Expr:
    return pl.col(f"level_{field}").is_in(levels)


def person_tier() -> pl.Expr:
    """Return T1, T2, T3 or the empty text, from the levels of a compared pair of people (`level_<field>`, by name)."""
    swapped = _is("forename", "swapped")
    forename = _is("forename", "exact", "nickname", "close", "swapped")  # an initial, or another name that looks alike, is too little
    surname = _is("surname", "exact", "close", "part") | swapped
    birth = _is("date_of_birth", "exact", "day-month-swap", "typo")
    exact = pl.sum_horizontal(_is(name, "exact").cast(pl.Int8) for name in ("forename", "surname", "date_of_birth"))
    # a family name that only looks alike will do where everything else is the same
    likeness = _is("surname", "near", "alike") & _is("forename", "exact") & _is("date_of_birth", "exact")
    return (
        pl.when(_is("nino", "differs")).then(pl.lit(""))
        .when(_is("nino", "exact") & (surname | birth | _is("date_of_birth", "part"))).then(pl.lit("T1"))
        .when((forename & surname & birth & ((exact >= 1) | swapped)) | likeness).then(pl.lit("T2"))
        .when(forename & surname & _is("address", "same-house", "part") & ~_is("date_of_birth", "near", "same-year", "differs")).then(pl.lit("T3"))
        .otherwise(pl.lit(""))
    )


def organisation_tier() -> pl.Expr:
    """Return T1, T2, T3 or the empty text, from the levels of a compared pair of organisations (`level_<field>`, by name)."""
    same_number = pl.any_horizontal(_is(name, "exact") for name in ("company_number", "vat_number", "charity_number"))
    return (
        pl.when(_is("company_number", "differs")).then(pl.lit(""))
        .when(same_number).then(pl.lit("T1"))
        .when(_is("name", "exact")).then(pl.lit("T2"))
        .when(_is("name", "typo", "close", "part") & (_is("address", "same-house", "part") | _is("account", "exact"))).then(pl.lit("T3"))
        .when(_is("name", "typo", "close")).then(pl.lit("T3"))
        .otherwise(pl.lit(""))
    )
