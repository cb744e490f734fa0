"""An exception arises only where one agreement in force names both sides."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipeline.gateway import within_agreements
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, Partnership

NIGHT = date(2026, 11, 1)
SIDES = ("partner_l", "dataset_l", "partner_r", "dataset_r")


def agreement(name: str, partners: str, datasets: str, expires: date | None = None) -> Agreement:
    return Agreement(id=name, partners=tuple(partners.split()), datasets=tuple(datasets.split()), legal_basis="invented", expires=expires)


def partnership(*agreements: Agreement) -> Partnership:
    entries = tuple(PartnerEntry(id=p, name=p, gss=f"E0799990{i}", datasets=("CTX", "PAY", "TEN")) for i, p in enumerate(("northmere", "eastholt", "tarnlow")))
    return Partnership(name="Three", shared="shared", partner=entries, agreement=agreements, as_of={"default": AsOfRule(max_age_days=100)})


def kept(sides: tuple[str, str, str, str], *agreements: Agreement, on: date = NIGHT) -> bool:
    frame = pl.DataFrame([sides], schema=dict.fromkeys(SIDES, pl.String), orient="row")
    out, left_out = within_agreements(frame, partnership(*agreements), on=on)
    assert out.height + left_out == 1
    return out.height == 1


BOTH = agreement("both", "northmere eastholt", "CTX PAY")


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (("northmere", "CTX", "eastholt", "PAY"), True),
        (("eastholt", "PAY", "northmere", "CTX"), True),
        (("northmere", "CTX", "northmere", "PAY"), True),
        (("northmere", "CTX", "eastholt", "TEN"), False),
        (("northmere", "CTX", "tarnlow", "CTX"), False),
    ],
)
def test_both_partners_and_both_datasets_must_be_named(sides: tuple[str, str, str, str], expected: bool) -> None:
    assert kept(sides, BOTH) is expected


def test_two_agreements_do_not_add_up_to_one() -> None:
    parts = (agreement("one", "northmere eastholt", "CTX"), agreement("two", "northmere eastholt", "PAY"))
    assert not kept(("northmere", "CTX", "eastholt", "PAY"), *parts)
    assert kept(("northmere", "PAY", "eastholt", "PAY"), *parts)


def test_an_agreement_holds_on_its_last_day_and_not_after() -> None:
    ending = agreement("both", "northmere eastholt", "CTX", expires=NIGHT)
    sides = ("northmere", "CTX", "eastholt", "CTX")
    assert kept(sides, ending, on=NIGHT)
    assert not kept(sides, ending, on=date(2026, 11, 2))


def test_without_any_agreement_nothing_arises() -> None:
    assert not kept(("northmere", "CTX", "northmere", "CTX"))


def test_what_two_agreements_cover_comes_once_in_order_and_the_rest_is_counted() -> None:
    rows = [("northmere", "CTX", "eastholt", "CTX", 3), ("northmere", "TEN", "eastholt", "CTX", 2), ("eastholt", "CTX", "northmere", "CTX", 1)]
    frame = pl.DataFrame(rows, schema=[*SIDES, "n"], orient="row")
    out, left_out = within_agreements(frame, partnership(BOTH, agreement("again", "northmere eastholt", "CTX")), on=NIGHT)
    assert (out["n"].to_list(), left_out) == ([3, 1], 1)
    assert out.columns == frame.columns
