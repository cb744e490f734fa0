"""One contract per dataset, by its three-letter id."""

from __future__ import annotations

from schemas.contract import Contract
from schemas.datasets import crp, crs, ctr, ctx, dec, elr, ndr, pay, psp, rtb, tax, ten, wls
from schemas.errors import unknown_name

CONTRACTS: dict[str, Contract] = {
    module.CONTRACT.id: module.CONTRACT
    for module in (ctx, elr, ctr, ten, wls, rtb, pay, crs, crp, ndr, tax, dec, psp)
}


def contract(dataset: str) -> Contract:
    """Return the contract of a dataset; an unknown id is answered with the nearest known ones."""
    found = CONTRACTS.get(dataset.upper())
    if found is None:
        raise unknown_name("dataset", dataset, CONTRACTS)
    return found
