"""A8: the attacks on an encoding that does not withstand them; where they fail there, that they fail on ours proves nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import numpy as np
import polars as pl

from benchmarks import attacks_bits, attacks_graphs
from benchmarks.attacks_data import LIST, PUBLIC_MOST, Row, lengths, people, plain, spread, two_halves
from benchmarks.population import true_records
from matchers.attacks.alignment import COUNTS, Effort, Values, file_wide
from matchers.attacks.columns import FILTER_FIELDS, TOKEN, Column, columns
from matchers.attacks.coverage import KNOWN, coverage
from matchers.attacks.weight import weight_attack
from matchers.canonical import canonical

CONTROL = 0.90  # of what a control must recover
NAMING = "A8 naming, filters without salt"


def controls(options: argparse.Namespace) -> Iterable[Row]:
    """Attack filters without salt and birth dates alone, as A1, A2, A5, A7 and A4 do."""
    records, other = people(options.records, options.seed), people(50 * options.records, options.seed + 1)
    weak = {c.text: c for c in columns(plain(records), fields=(TOKEN, *FILTER_FIELDS))}
    yield from _names(options, weak, records, other)
    for name in ("forename", "surname"):
        result = attacks_bits.mined(weak[name], records, other)
        gate = CONTROL if name == "forename" else None
        yield Row("A8 bits that occur together, filters without salt", COUNTS, name, result.every, gate, at_least=True, note=result.said)
    known, others = two_halves(2 * options.large, options.seed + 2)
    one, two = (next(columns(plain(half, fields=()), fields=(TOKEN,))) for half in (known, others))
    note = f"{known['person'].n_unique():,} people known"
    yield Row("A8 strangers' birth dates as tokens", KNOWN, "date_of_birth", coverage(one.ids, two.ids), CONTROL, at_least=True, note=note)
    weight = weight_attack(weak.values(), lengths(records), seed=options.seed)
    yield Row("A8 weight and length", "nothing", weight.column, weight.metric, weight.gate, at_least=True, bits=True)
    graph = attacks_graphs.everywhere(plain(records.head(1000)).codes["plain"])
    order = np.random.Generator(np.random.PCG64(options.seed)).permutation(graph.shape[0])
    found = attacks_graphs.matched(graph, attacks_graphs.everywhere(plain(records.head(1000), b"another").codes["plain"][order]))
    yield Row("A8 graph of likeness, filters without salt", LIST.format(1.0), "all fields", float((order[found] == np.arange(len(order))).mean()), None)


def _names(options: argparse.Namespace, weak: dict[str, Column], records: pl.DataFrame, other: pl.DataFrame) -> Iterable[Row]:
    sound, listed = (_without_errors(table.height, seed) for table, seed in ((records, options.seed), (other, options.seed + 1)))
    faultless = {c.text: c for c in columns(plain(sound), fields=FILTER_FIELDS)}
    for what, mine, theirs, found in (("names spelt rightly", sound, listed, faultless), ("names with errors", records, other, weak)):
        for name in ("forename", "surname"):
            share, nameable = control(found[name], mine, theirs)
            note = f"{what}; {nameable:.1%} of the records have a name of the public list"
            gate = CONTROL if name == "forename" else None
            yield Row(NAMING, COUNTS, name, share, gate, at_least=True, note=note)
    share, _ = control(weak["forename"], records, records)
    yield Row(NAMING, "counts of this very file", "forename", share, CONTROL, at_least=True, note="as a partner's own machine does")


def _without_errors(records: int, seed: int) -> pl.DataFrame:
    """Return a population as it is, before anybody keyed it."""
    return canonical(true_records(records, np.random.Generator(np.random.PCG64(seed)))).records


def control(column: Column, records: pl.DataFrame, other: pl.DataFrame, effort: Effort | None = None) -> tuple[float, float]:
    """Return the share of records that are named in the plain encoding, and of those whose name the attacker's list holds.

    The attacker encodes his list of names under a key of his own, as he does against ours.
    """
    (ids, filters), (public_ids, public_filters) = ((c.ids, c.filters) for c in (_plain_column(t, column.text) for t in (records, other)))
    public = Values.of(public_ids, public_filters, most=PUBLIC_MOST)
    truth = spread(_plain_column(records, column.text), records.height)[column.rows]
    share, _ = file_wide(column, truth, public, effort or Effort())
    return share, float(np.isin(truth[truth != 0], public.ids).mean())


def _plain_column(records: pl.DataFrame, text: str) -> Column:
    return next(columns(plain(records, b"the attacker's own", (text,)), fields=FILTER_FIELDS))
