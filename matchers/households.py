"""Households that moved: where two homes share one person already, another two records of these homes are likelier one person too.

A pair of records at two homes is *in company* where people of other names are linked between the same two homes. How much that says
is learnt from the data, without labels: how often surely linked pairs are in company, against pairs that are hardly links.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.features import Codes, Features

STRONG = 660  # centibits; a link that counts as company
REACH = 300  # centibits below nought; pairs that company can still make a link of
MOST = 400  # centibits that company adds; families share more than they seem to, and one of them says it for all
ROUNDS = 50
FEWEST = 100.0  # moved people that must have been seen
Weights = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def tellable(features: Features) -> bool:
    """Return whether the records say who lives where."""
    return features.has("home") and features.has("forename")


def moved(features: Features, left: Codes, right: Codes) -> Flags:
    """Return which pairs are at two known homes."""
    home = features.codes("home")
    return np.asarray((home[left] >= 0) & (home[right] >= 0) & (home[left] != home[right]))


def in_company(features: Features, left: Codes, right: Codes, weights: Weights) -> Flags:
    """Return which pairs are in company.

    A pair one of whose records is strongly linked to somebody else at the other home is not: one of twins has moved already.
    """
    home, name = features.codes("home"), features.codes("forename")
    at = np.flatnonzero(moved(features, left, right))
    a, b = left[at], right[at]
    swap = home[a] > home[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)  # the home of the smaller code first
    pairs = pl.DataFrame({"pair": at, "a": a, "b": b, "home_a": home[a], "home_b": home[b], "name_a": name[a], "name_b": name[b], "weight": weights[at]})
    strong = pairs.filter(pl.col("weight") >= STRONG)
    others = strong.select("home_a", "home_b", "name_a", "name_b").unique()
    different = [pl.col(f"name_{one}") != pl.col(f"name_{other}_right") for one in "ab" for other in "ab"]
    found = pairs.join(others, on=["home_a", "home_b"], how="inner", suffix="_right").filter(*different).select("pair", "a", "b", "home_a", "home_b", "weight").unique()
    taken = (strong.select("a", "home_b").unique(), strong.select("b", "home_a").unique())
    already = pl.concat([found.join(keys, on=keys.columns, how="semi") for keys in taken]).filter(pl.col("weight") < STRONG).select("pair")
    out = np.zeros(len(left), np.bool_)
    out[found.join(already, on="pair", how="anti")["pair"].to_numpy()] = True
    return out


def lift(weights: Weights, company: Flags) -> int:
    """Return what company adds to a weight, in centibits; nought where too few people are seen to have moved.

    A pair in company that weighs little may be a match for that very reason, so the shares are estimated with what company adds, until
    that settles.

    Args:
        weights: of pairs at two homes, without what company adds.
    """
    values, of = np.unique(weights, return_inverse=True)  # a few thousand, however many pairs
    alone, with_company = (np.bincount(of[which], minlength=len(values)) for which in (~company, company))
    adds = 0.0
    for _ in range(ROUNDS):
        matches_in_company = with_company / (1 + np.exp2(-(values + adds) / 100))
        matches = float((alone / (1 + np.exp2(-values / 100)) + matches_in_company).sum())
        rest = len(weights) - matches
        if matches < FEWEST or rest < FEWEST:
            return 0
        among_matches = (float(matches_in_company.sum()) + 0.5) / (matches + 1)
        among_others = (float((with_company - matches_in_company).sum()) + 0.5) / (rest + 1)
        before, adds = adds, float(np.clip(100 * np.log2(among_matches / among_others), 0, MOST))
        if abs(adds - before) < 1:
            break
    return round(adds)
