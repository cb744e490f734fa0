"""How strong an identity is, by what agrees."""

from __future__ import annotations

import polars as pl
import pytest

from matchers.comparison import Comparison
from matchers.entities import ENTITIES
from matchers.tiers import organisation_tier, person_tier

PERSON, ORGANISATION = (ENTITIES[name].comparisons for name in ("person", "organisation"))


def tier(comparisons: tuple[Comparison, ...], expression: pl.Expr, said: dict[str, str]) -> str:
    """The tier of a pair whose fields agree as said; the others are missing."""
    for name, level in said.items():
        assert level in next(c.levels for c in comparisons if c.name == name)
    levels = {f"level_{c.name}": said.get(c.name, "missing") for c in comparisons}
    return pl.DataFrame([levels]).select(expression.alias("tier")).item()


NAME = {"forename": "exact", "surname": "exact"}
BORN = {"date_of_birth": "exact"}
HOME = {"address": "same-house"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"nino": "exact", "surname": "exact"}, "T1"),
        ({"nino": "exact", "date_of_birth": "part"}, "T1"),
        ({"nino": "exact", "surname": "differs", "date_of_birth": "typo"}, "T1"),
        ({"nino": "exact"}, ""),
        ({"nino": "exact", "surname": "differs", "date_of_birth": "differs", **HOME}, ""),
        ({"nino": "exact", "forename": "exact"}, ""),
        ({**NAME, **BORN}, "T2"),
        ({**NAME, **BORN, "nino": "typo"}, "T2"),
        ({**NAME, **BORN, **HOME, "nino": "differs"}, ""),
        ({**NAME, "forename": "nickname", "date_of_birth": "day-month-swap"}, "T2"),
        ({"forename": "nickname", "surname": "close", "date_of_birth": "typo"}, ""),
        ({**NAME, "forename": "initial", **BORN}, ""),
        ({"forename": "exact", "surname": "alike", **BORN}, "T2"),
        ({"forename": "alike", "surname": "exact", **BORN}, ""),
        ({"forename": "swapped", "surname": "swapped", **BORN}, "T2"),
        ({"forename": "exact", "surname": "near", "date_of_birth": "typo"}, ""),
        ({**NAME, "date_of_birth": "near", **HOME}, ""),
        ({**NAME, "date_of_birth": "part"}, ""),
        ({**NAME, "date_of_birth": "part", **HOME}, "T3"),
        ({**NAME, **HOME}, "T3"),
        ({**NAME, "address": "part"}, "T3"),
        ({**NAME, "address": "same-postcode"}, ""),
        ({**NAME, **HOME, "date_of_birth": "differs"}, ""),
        ({"forename": "initial", "surname": "exact", **HOME}, ""),
        (NAME, ""),
        ({}, ""),
    ],
)
def test_a_person_s_tier_follows_from_what_agrees(said: dict[str, str], expected: str) -> None:
    assert tier(PERSON, person_tier(), said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"company_number": "exact", "name": "part"}, "T1"),
        ({"vat_number": "exact", "name": "close"}, "T1"),
        ({"charity_number": "exact", "name": "exact"}, "T1"),
        ({"vat_number": "exact", "name": "exact", "company_number": "differs"}, ""),
        ({"name": "exact"}, "T2"),
        ({"name": "exact", "company_number": "differs"}, ""),
        ({"name": "exact", "vat_number": "differs"}, "T2"),
        ({"name": "close"}, "T3"),
        ({"name": "part", "address": "same-house"}, "T3"),
        ({"name": "part", "account": "exact"}, "T3"),
        ({"name": "part", "address": "same-postcode"}, ""),
        ({"name": "differs", "address": "same-house", "account": "exact"}, ""),
        ({}, ""),
    ],
)
def test_an_organisation_s_tier_follows_from_what_agrees(said: dict[str, str], expected: str) -> None:
    assert tier(ORGANISATION, organisation_tier(), said) == expected
