"""How often strangers agree, as a partner may say it of a whole extract: sums over all its people, rounded, and no value of anybody.

The unit cannot count this itself, because encodings are comparable inside their blocks only. The chance that two people of an extract
share a name says nothing of any of them; neither does how often two of them are merely alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.comparison import Comparison
from matchers.encoding.rarity import STEPS, rarity
from matchers.entities import PERSON
from matchers.features import Codes
from matchers.frequencies import CORRELATED, Agreement, Chance, any_two
from matchers.keys import home_key

FIELDS = ("forename", "middle_names", "surname", "date_of_birth", "nino", "address")
STEPPED = ("forename", "surname")
TOGETHER = tuple(pair for pair in CORRELATED if set(pair) <= set(FIELDS))
DIGITS = 2  # significant ones; so few tell nothing of one record among thousands
FEWEST = 50  # records; of a smaller extract nothing is said


@dataclass(frozen=True)
class Collisions:
    """What one extract says of chance.

    Attributes:
        records: people in the extract.
        known: field -> share of people whose value is known.
        equal: field -> probability that two of them share the value.
        unlike: field -> probability of each level but the first, where two do not share the value.
        steps: field -> by step of rarity, probability that another person shares the value; 0 where nobody is.
        together: two fields, with a space -> probability that two of them share both.
    """

    records: int
    known: Mapping[str, float]
    equal: Mapping[str, float]
    unlike: Mapping[str, tuple[float, ...]]
    steps: Mapping[str, tuple[float, ...]]
    together: Mapping[str, float]


def collisions(records: pl.DataFrame, levels_of: Callable[[Codes, Codes], Mapping[str, npt.NDArray[np.int8]]], sizes: Mapping[str, int]) -> Collisions | None:
    """Count what agrees by chance in an extract; None where it is too small to say anything.

    Args:
        records: canonical columns of people.
        levels_of: (left, right) -> field -> level, of any two records.
        sizes: field -> levels it has.
    """
    if records.height < FEWEST:
        return None
    codes = {name: _codes(records, name) for name in FIELDS}
    left, right = any_two(records.height)
    levels = levels_of(left, right)
    unlike = {}
    for name in FIELDS:
        seen = np.bincount(levels[name][levels[name] > 0], minlength=sizes[name])[1:].astype(float)
        unlike[name] = tuple(_rounded(x) for x in seen / max(seen.sum(), 1))
    return Collisions(
        records.height,
        {name: _rounded(float((column >= 0).mean())) for name, column in codes.items()},
        {name: _rounded(_equal(column)) for name, column in codes.items()},
        unlike,
        {name: tuple(_rounded(x) for x in _by_step(records, name, codes[name])) for name in STEPPED},
        {" ".join(pair): _rounded(_equal(_both(*(codes[name] for name in pair)))) for pair in TOGETHER},
    )


def _codes(records: pl.DataFrame, name: str) -> npt.NDArray[np.int64]:
    if name == "address":
        parts = [records[c] if c in records.columns else pl.Series(c, [None] * records.height, pl.String) for c in ("postcode", "saon", "paon", "address")]
        values = pl.DataFrame(parts).select(pl.when(pl.col("postcode").is_not_null()).then(pl.concat_str("postcode", home_key(), separator="|"))).to_series()
    else:
        values = records[name] if name in records.columns else pl.Series(name, [None] * records.height, pl.String)
    return np.asarray(values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1, np.int64)


def _both(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.where((one >= 0) & (other >= 0), one * (int(other.max(initial=0)) + 1) + other, -1)


def _counts(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.unique(codes[codes >= 0], return_counts=True)[1].astype(np.int64)


def _equal(codes: npt.NDArray[np.int64]) -> float:
    counts = _counts(codes)
    known = int(counts.sum())
    return float((counts * (counts - 1)).sum()) / max(1, known * (known - 1))


def _by_step(records: pl.DataFrame, name: str, codes: npt.NDArray[np.int64]) -> list[float]:
    if name not in records.columns:
        return [0.0] * STEPS
    step = records.select(rarity(name, pl.col(name))).to_series().fill_null(-1).to_numpy()
    known = max(1, int((codes >= 0).sum()))
    out = []
    for number in range(STEPS):
        counts = _counts(codes[step == number])
        out.append(float((counts * (counts - 1)).sum()) / max(1, int(counts.sum())) / known)
    return out


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS - 1}e}")


def merged(told: Sequence[tuple[str, Collisions]]) -> Collisions:
    """Return what several extracts say together, each as heavy as its people are many.

    An extract knows how near each other its own people live, and nothing of how near those of another partner do: of pairs across
    partners, what is believed of anybody's addresses stands.

    Args:
        told: (partner, what one of its extracts says).
    """
    several = [one for _, one in told]
    weights = np.array([one.records for one in several], float)
    weights /= weights.sum()

    def mean(name: str, key: str) -> npt.NDArray[np.float64]:
        return np.asarray(sum(w * np.asarray(getattr(one, name)[key], float) for w, one in zip(weights, several, strict=True)))

    first = several[0]
    sizes = {partner: sum(one.records for name, one in told if name == partner) for partner, _ in told}
    inside = sum(size**2 for size in sizes.values()) / sum(sizes.values()) ** 2
    near = {"address": tuple((inside * mean("unlike", "address") + (1 - inside) * np.asarray(assumed().unlike["address"])).tolist())}
    return Collisions(
        sum(one.records for one in several),
        {key: float(mean("known", key)) for key in first.known}, {key: float(mean("equal", key)) for key in first.equal},
        {key: tuple(mean("unlike", key).tolist()) for key in first.unlike} | near, {key: tuple(mean("steps", key).tolist()) for key in first.steps},
        {key: float(mean("together", key)) for key in first.together},
    )


def assumed() -> Collisions:
    """Return what is believed of any population, where extracts are too small to say anything themselves."""
    strangers = {c.name: c.strangers for c in PERSON.comparisons if c.name in FIELDS}
    equal = {name: row[0] for name, row in strangers.items()}
    unlike = {name: (*(p / (1 - row[0]) for p in row[1:]), (1 - sum(row)) / (1 - row[0])) for name, row in strangers.items()}
    together = {f"{a} {b}": equal[a] * equal[b] for a, b in TOGETHER}
    return Collisions(0, dict.fromkeys(FIELDS, 1.0), equal, unlike, {name: (equal[name],) * STEPS for name in STEPPED}, together)


def chance_of(said: Collisions, comparisons: Sequence[Comparison], natively: Chance, known: Mapping[str, float], pairs: float) -> Chance:
    """Return what strangers show in encoded records.

    Args:
        said: of all extracts together.
        natively: of the comparisons whose values have tokens of their own, counted.
        known: field -> records whose value is known.
        pairs: pairs of records that may be linked.
    """
    fields = dict(natively.fields)
    for c in comparisons:
        believed = np.append(c.strangers, 1 - sum(c.strangers))
        possible = pairs * (known[c.name] / max(1, natively.records)) ** 2
        if c.name not in FIELDS:
            if c.name not in fields:  # nobody says anything of it; what is believed stands
                fields[c.name] = Agreement(believed, believed[1:] / believed[1:].sum(), believed[0] * possible, known[c.name], np.zeros(0, np.int64), possible)
            continue
        sampled = 60_000.0
        share = (np.asarray(said.unlike[c.name]) * sampled + 1) / (sampled + 1 / np.maximum(believed[1:], 1e-9))
        share[-1] = max(1 - share[:-1].sum(), 1e-9)
        counts = np.round(np.asarray(said.steps[c.name]) * known[c.name]).astype(np.int64) + 1 if c.name in STEPPED else np.zeros(0, np.int64)
        equal = fields[c.name].equal_pairs if c.registered and c.name in fields else said.equal[c.name] * possible
        fields[c.name] = Agreement(believed, share / share.sum(), equal, known[c.name], counts, possible, c.registered)
    together = {(a, b): said.together[f"{a} {b}"] * natively.pairs * known[a] * known[b] / max(1, natively.records) ** 2 for a, b in TOGETHER if {a, b} <= set(fields)}
    return Chance(fields, together, natively.pairs, natively.records)


