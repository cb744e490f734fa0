"""What the agreements allow: an exception arises only between partners and datasets that one agreement in force names."""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.partnership import Partnership

_SIDES = pl.Schema({name: pl.String() for name in ("partner_l", "dataset_l", "partner_r", "dataset_r")})


def within_agreements(exceptions: pl.DataFrame, partnership: Partnership, *, on: date) -> tuple[pl.DataFrame, int]:
    """Return the exceptions that an agreement covers on that day, both sides by the same one, and how many none covers."""
    covered = [
        (left, dataset_l, right, dataset_r)
        for a in partnership.agreement
        if a.expires is None or on <= a.expires
        for left in a.partners
        for dataset_l in a.datasets
        for right in a.partners
        for dataset_r in a.datasets
    ]
    allowed = pl.DataFrame(covered, schema=_SIDES, orient="row").unique()
    kept = exceptions.join(allowed, on=list(_SIDES), how="semi", maintain_order="left")
    return kept, exceptions.height - kept.height
