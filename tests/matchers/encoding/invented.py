"""Invented people for the encoder: some alone, some of one household, some odd in every way that text can be."""

from __future__ import annotations

import random
from functools import partial

import polars as pl

from matchers.derivation import Exercise, derive
from matchers.encoding.canary import PEOPLE

COLUMNS = tuple(PEOPLE.columns)
ROOT, NONCE = bytes(range(32)), bytes(range(100, 132))
_VALUES: dict[str, tuple[str | None, ...]] = {
    "forename": ("ADAEZE", "BILL", "WILLIAM", "J", "LI", "ANNA MARIA", "SIOBHAN", "ZOË", "王", "X" * 300, None),
    "middle_names": ("GRACE", "G", "ROSE ANN", None, None),
    "surname": ("OKAFOR", "SMITH", "SMITH-JONES", "DE LA CRUZ", "NG", "O", "MÜLLER", "Q" * 63, "Q" * 64, None),
    "date_of_birth": ("1984-03-27", "1984-27-03", "1984-04-04", "1999-XX-XX", "XXXX-05-01", "2004-11-11", None),
    "address": ("FLAT 2 14 WEAVER STREET", "THE MILL HOUSE HIGH LANE", "A VERY LONG NAME OF A HOUSE IN A VERY LONG STREET OF A VERY SMALL VILLAGE", None),
    "saon": ("FLAT 2", "FLAT", None, None),
    "paon": ("14", "THE MILL HOUSE", None),
    "postcode": ("ZZ1 1AA", "ZZ14 4QQ", None),
    "nino": ("QQ112233C", "QQ112233", *(f"QQ44556{i}A" for i in range(9)), None),
    "phone": ("+447700900123", "+447700900123", *(f"+44770090030{i}" for i in range(9)), None),
    "email": ("a.okafor@example.org", "a.okafor@example.org", *(f"{i}@example.org" for i in range(9)), None),
    "trading_name": ("THE MILL HOUSE CAFE", "OKAFOR AND SONS", *(f"SHOP {i}" for i in range(9)), *[None] * 9),
    "account": ("990001-70391824", *(f"990001-0000000{i}" for i in range(9)), None),
}  # fmt: skip


def people(many: int, seed: int = 1) -> pl.DataFrame:
    """The canaries, and so many more drawn from few values, so that they share blocks."""
    draw = random.Random(seed)
    rows = [[draw.choice(_VALUES[name]) for name in COLUMNS] for _ in range(many)]
    return pl.concat([PEOPLE, pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")])


def key_of(profile: str = "P1", *, purpose: str = "counter-fraud", exercise: str = "2026-1", spec: str = "0" * 64, nonce: bytes = NONCE):
    return partial(derive, ROOT, Exercise("northmere", exercise, purpose, profile, nonce, spec))
