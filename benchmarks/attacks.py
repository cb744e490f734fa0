"""Attacks on encoded submissions: what the unit, a partner or a thief would learn, against what they may.

    python -m benchmarks.attacks [--records 20000] [--large 100000] [--seed 1] [--profile P1] [--only A1,A5]

Prints a Markdown table. Each attack is given a finished submission and what its attacker knows besides; the truth only scores it, and but
for A6 nobody has the key. A1, A5 and A7 are those that every partner makes on its own submission (`matchers.attacks`), here with
more effort. A8 makes them on an encoding that does not withstand them: attacks that fail there would prove nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from benchmarks import attacks_bits, attacks_graphs, attacks_keys, attacks_lists
from benchmarks.attacks_data import ROOT, Row, people, plain, submission, two_halves
from benchmarks.machine import machine
from benchmarks.population import true_records
from matchers.attacks.alignment import QUICK, Effort, Values, alignment_attack, file_wide, guess, in_blocks
from matchers.attacks.columns import (
    FILTER_FIELDS,
    IN_CODES,
    TOKEN,
    AttackResult,
    Column,
    Ids,
    columns,
    ids_of,
    open_codes,
    open_key,
    open_tokens,
    place,
)
from matchers.attacks.coverage import GATE, KNOWN, coverage, coverage_attack
from matchers.attacks.self_test import OF_NAMES, largest_blocks
from matchers.attacks.weight import weight_attack
from matchers.canonical import canonical
from matchers.derivation import Profile
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import FILTERS, NUMBERS, PROFILES

LIST = "a list as long that holds {:.0%} of these records"
A2_GATE = {"P1": 0.005, "P2": 0.001}
A3_GATE = {("P1", 1.0): 0.05, ("P1", 0.8): 0.005, ("P2", 1.0): 0.005}
A4_GATE = {"P1": 0.05, "P2": 0.01}
A4_MOST = 3_000  # records, on a CPU
PUBLIC_MOST = 30_000  # values of a public list
CONTROL = 0.90  # of what a control must recover


def main() -> None:
    options = arguments()
    print(f"{machine()}; profile {options.profile}, {options.records:,} and {options.large:,} records, seed {options.seed}\n")
    print("| attack | attacker knows | column (worst) | metric | gate | met | seconds |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, attack in ATTACKS.items():
        if options.only and name not in options.only.split(","):
            continue
        started = time.perf_counter()
        for row in attack(options):
            print(line(row, time.perf_counter() - started), flush=True)
            started = time.perf_counter()


def line(row: Row, seconds: float) -> str:
    """Return one line of the table."""
    shown = (lambda x: f"{x:.3f} bits") if row.bits else (lambda x: f"{x:.2%}")
    gate = "-" if row.gate is None else f"{'>=' if row.at_least else '<='} {shown(row.gate)}"
    met = {None: "-", True: "yes", False: "**no**"}[row.met]
    note = f" ({row.note})" if row.note else ""
    return f"| {row.attack}{note} | {row.knows} | {row.column} | {shown(row.metric)} | {gate} | {met} | {seconds:.1f} |"


def of(result: AttackResult, *, bits: bool = False, note: str = "") -> Row:
    return Row(result.attack, result.knows, result.column, result.metric, result.gate, bits=bits, note=note)


def naming(options: argparse.Namespace) -> Iterable[Row]:
    """A1: public counts are those of another population, five times as large."""
    records, other = people(options.records, options.seed), people(5 * options.records, options.seed + 1)
    encoded = submission(records, options.profile)
    own, public = _meanings(records, options.profile), _meanings(other, options.profile)
    counts = {name: Values.of(ids, filters, most=PUBLIC_MOST) for name, (ids, filters) in public.items()}
    found = {c.name: file_wide(c, _truth(c, own), counts[_key(c)], Effort() if c.filters is not None else QUICK) for c in columns(encoded)}
    base = {name: guess(counts[name]) for name in ("forename", "surname")}
    said = f"commonest forename {base['forename']:.2%}, surname {base['surname']:.2%}"
    yield of(alignment_attack({n: v for n, v in found.items() if n.endswith(FILTER_FIELDS)}, how="filters, whole file"), note=said)
    yield of(alignment_attack({n: v for n, v in found.items() if not n.endswith(FILTER_FIELDS)}, how="tokens, whole file"))
    by_block = {c.name: (c, in_blocks(c, _truth(c, own), counts[_key(c)], Effort())) for c in columns(largest_blocks(encoded), fields=IN_CODES)}
    names = {name: result for name, (c, result) in by_block.items() if c.field in OF_NAMES}
    others = {name: result for name, (_, result) in by_block.items() if name not in names}
    yield of(alignment_attack(names, how="names, largest blocks"))
    result = alignment_attack(others, how="dates and places, largest blocks")
    said = f"guess and chance {result.gate:.1%}; the majority of a large block tells a digit or a house number in part, whatever the key"
    yield Row(result.attack, result.knows, result.column, result.metric, None, note=said)


def mining(options: argparse.Namespace) -> Iterable[Row]:
    """A2: frequent bits, each filter column by itself."""
    records, other = people(options.records, options.seed), people(5 * options.records, options.seed + 1)
    found = {c.name: mined(c, records, other) for c in columns(submission(records, options.profile), fields=FILTER_FIELDS)}
    column = max(found, key=lambda name: found[name])
    yield Row("A2 bits that occur together, one to one", "public counts of names", column, found[column], A2_GATE[options.profile])


def mined(column: Column, records: pl.DataFrame, other: pl.DataFrame) -> float:
    """Return the share of a filter's records that are named rightly by their bits."""
    counted = other[column.text].drop_nulls().value_counts(sort=True).sort(["count", column.text], descending=[True, False]).head(5000)
    observed = Values.of(column.ids, column.filters)
    names = attacks_bits.one_to_one(observed, counted[column.text].to_list(), counted["count"].to_numpy())
    named = pl.DataFrame({"id": observed.ids, "name": pl.Series(names, dtype=pl.String)})
    shown = pl.DataFrame({"id": column.ids, "truth": records[column.text].gather(column.rows)}).filter(pl.col("id") != 0)
    joined = shown.join(named, on="id", how="left")
    return joined.filter(pl.col("name") == pl.col("truth")).height / max(joined.height, 1)


def structure(options: argparse.Namespace) -> Iterable[Row]:
    """A3: who shares blocks with whom."""
    mine, others = two_halves(options.large, options.seed + 2)
    encoded = submission(mine, options.profile)
    for overlap in (1.0, 0.99, 0.95, 0.8, 0.5):
        known, at = _listed(mine, others, overlap, options.seed)
        for given in (0.0, 0.01, 0.05):
            gate = A3_GATE.get((options.profile, overlap)) if not given else None
            note = f"{given:.0%} given" if given else ""
            yield _named_by_list(encoded, open_tokens(known, options.profile), at, given, overlap, gate, note, options.seed)
    known, at = _listed(mine, others, 1.0, options.seed)
    listed = open_tokens(known, options.profile)
    for left_out in _smaller(tuple(encoded.rows)):
        kept = [name for name in encoded.rows if name not in left_out]
        note = f"without {', '.join(left_out)}"
        yield _named_by_list(_only(encoded, kept), _only(listed, kept), at, 0.0, 1.0, None, note, options.seed)
    once, others_once = (half.unique("person", keep="first", maintain_order=True) for half in (mine, others))
    least = min(once.height, others_once.height)
    alone = submission(once.head(least), options.profile)
    for overlap in (1.0, 0.8):
        known, at = _listed(once.head(least), others_once.head(least), overlap, options.seed)
        note = f"{least:,} records, one of each person"
        yield _named_by_list(alone, open_tokens(known, options.profile), at, 0.0, overlap, A3_GATE.get((options.profile, overlap)), note, options.seed)


def _smaller(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return passes to leave out: each by itself, then groups of them."""
    numbers, homes = NUMBERS, ("p5", "p6")
    groups = (*((name,) for name in names if name not in NUMBERS), numbers, homes, (*numbers, *homes))
    return [found for group in groups if (found := tuple(n for n in group if n in names))]


def _only(encoded: Encoded, kept: list[str]) -> Encoded:
    rows, tokens, codes = ({name: table[name] for name in kept} for table in (encoded.rows, encoded.tokens, encoded.codes))
    return Encoded(encoded.size, rows, tokens, codes)


def _listed(mine: pl.DataFrame, others: pl.DataFrame, overlap: float, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Return a list of that share of the records and of others, shuffled, and for each of the list which record it is, or -1."""
    rng = np.random.Generator(np.random.PCG64(seed))
    at = np.concatenate((rng.permutation(mine.height)[: round(overlap * mine.height)], np.full(mine.height - round(overlap * mine.height), -1)))
    table = pl.concat([mine[at[at >= 0]], others.head(int((at < 0).sum()))])
    order = rng.permutation(len(at))
    return table[order], at[order]


def _named_by_list(encoded: Encoded, known: Encoded, at: np.ndarray, given: float, overlap: float, gate: float | None, note: str, seed: int) -> Row:
    listed = np.flatnonzero(at >= 0)
    chosen = np.random.Generator(np.random.PCG64(seed)).permutation(listed)[: round(given * len(listed))]
    found = attacks_lists.claims(encoded, known, seeds=np.column_stack((at[chosen], chosen)))
    right = int((at[found.theirs] == found.mine).sum()) - len(chosen)
    claimed = len(found.mine) - len(chosen)
    said = f"precision {right / max(claimed, 1):.1%} of {claimed:,} claims" + (f"; {note}" if note else "")
    return Row("A3 who shares blocks", LIST.format(overlap), "all passes", right / encoded.size, gate, note=said)


def graphs(options: argparse.Namespace) -> Iterable[Row]:
    """A4: graphs of likeness."""
    most = min(A4_MOST, options.records)
    mine, others = two_halves(most, options.seed + 3)
    graph = attacks_graphs.likeness(submission(mine, options.profile))
    for overlap in (0.2, 0.5, 1.0):
        known, at = _listed(mine, others, overlap, options.seed)
        own = encode(known, open_key, profile=options.profile)
        name = attacks_graphs.matched(graph, attacks_graphs.likeness(own))
        yield Row("A4 graph of likeness", LIST.format(overlap), "all passes", float((at[name] == np.arange(most)).mean()), A4_GATE[options.profile])


def strangers(options: argparse.Namespace) -> Iterable[Row]:
    """A5: two groups of people of one population, nobody in both."""
    known, others = two_halves(options.large, options.seed + 2)
    shares = {}
    for one, other in zip(columns(submission(known, options.profile)), columns(submission(others, options.profile)), strict=False):
        assert one.name == other.name
        shares[one.name] = coverage(one.ids, other.ids)
    composite, numbers = coverage_attack(shares, options.profile)
    yield of(composite)
    yield of(numbers, note="NINOs of strangers that differ in the last letter alone are left out; see `two_halves`")
    for name in (f"{one.name} {TOKEN}" for one in PROFILES[options.profile].passes):
        if name in shares and not name.startswith(NUMBERS):
            yield Row("A5 of these", KNOWN, name, shares[name], GATE[options.profile])


def thief(options: argparse.Namespace) -> Iterable[Row]:
    """A6: the root is stolen."""
    records = people(options.records, options.seed)
    encoded = submission(records, options.profile)
    store = attacks_keys.peppered(encoded, open_key("pepper"))
    counted = people(5 * options.records, options.seed + 1)["forename"].drop_nulls().value_counts(sort=True)
    forenames = counted.sort(["count", "forename"], descending=[True, False])["forename"].head(400).to_list()
    share, seconds, tried = attacks_keys.by_dictionary(encoded, forenames, options.profile)
    knows = "the root, 400 forenames, every date"
    yield Row("A6 dictionary, partner's file", knows, f"p1 {TOKEN}", share, None, note=f"{tried:,} entries in {seconds:.0f} s")
    yield Row("A6 dictionary, unit's store", knows, f"p1 {TOKEN}", attacks_keys.by_dictionary(store, forenames, options.profile)[0], 0.0)
    yield Row("A6 equal values, unit's store", "the root and all these people", "all", attacks_keys.in_common(encoded, store) / encoded.size, 0.0)
    weighed = attacks_keys.by_weights(store, encoded)
    name = max(weighed, key=lambda n: weighed[n][0])
    right, claimed = weighed[name]
    note = f"precision {right / max(claimed, 1e-9):.1%}; by chance a weight fits now and then"
    yield Row("A6 weights, unit's store", "the root and all these people", name, right, 0.0, note=note)
    found = attacks_keys.by_differences(store, encoded)
    name = max(found, key=lambda n: found[n])
    said = ", ".join(f"{n} {share:.1%}" for n, share in found.items())
    yield Row("A6 differences in blocks, unit's store", "the root and all these people", name, found[name], 0.0, note=f"records in blocks named: {said}")


def weights(options: argparse.Namespace) -> Iterable[Row]:
    """A7: the weight of filters."""
    records = people(options.records, options.seed)
    yield of(weight_attack(columns(submission(records, options.profile), fields=FILTER_FIELDS), _lengths(records), seed=options.seed), bits=True)


def controls(options: argparse.Namespace) -> Iterable[Row]:
    """A8: the same attacks on filters without salt and on birth dates alone."""
    records, other = people(options.records, options.seed), people(50 * options.records, options.seed + 1)
    weak = {c.text: c for c in columns(plain(records), fields=(TOKEN, *FILTER_FIELDS))}
    sound, listed = (_without_errors(table.height, seed) for table, seed in ((records, options.seed), (other, options.seed + 1)))
    faultless = {c.text: c for c in columns(plain(sound), fields=FILTER_FIELDS)}
    for what, mine, theirs, found in (("names spelt rightly", sound, listed, faultless), ("names with errors", records, other, weak)):
        for name in ("forename", "surname"):
            share, nameable = control(found[name], mine, theirs)
            note = f"{what}; {nameable:.1%} of the records have a name of the public list"
            gate = CONTROL if name == "forename" and found is faultless else None
            yield Row("A8 naming, filters without salt", "public counts of names", name, share, gate, at_least=True, note=note)
    share, _ = control(weak["forename"], records, records)
    yield Row("A8 naming, filters without salt", "counts of this very file", "forename", share, CONTROL, at_least=True, note="as a partner's own machine does")
    yield Row("A8 bits that occur together", "public counts of names", "forename", mined(weak["forename"], records, other), None)
    known, others = two_halves(2 * options.large, options.seed + 2)
    one, two = (next(columns(plain(half, fields=()), fields=(TOKEN,))) for half in (known, others))
    note = f"{known['person'].n_unique():,} people known"
    yield Row("A8 strangers' birth dates as tokens", KNOWN, "date_of_birth", coverage(one.ids, two.ids), CONTROL, at_least=True, note=note)
    result = weight_attack(weak.values(), _lengths(records), seed=options.seed)
    yield Row("A8 weight and length", "nothing", result.column, result.metric, result.gate, at_least=True, bits=True)
    graph = attacks_graphs.everywhere(plain(records.head(1000)).codes["plain"])
    order = np.random.Generator(np.random.PCG64(options.seed)).permutation(graph.shape[0])
    name = attacks_graphs.matched(graph, attacks_graphs.everywhere(plain(records.head(1000), b"another").codes["plain"][order]))
    yield Row("A8 graph of likeness, filters without salt", LIST.format(1.0), "all fields", float((order[name] == np.arange(len(order))).mean()), None)


def _without_errors(records: int, seed: int) -> pl.DataFrame:
    """Return a population as it is, before anybody keyed it."""
    return canonical(true_records(records, np.random.Generator(np.random.PCG64(seed)))).records


def control(column: Column, records: pl.DataFrame, other: pl.DataFrame, effort: Effort | None = None) -> tuple[float, float]:
    """Return the share of records that are named in the plain encoding, and of those whose name the attacker's list holds.

    The attacker encodes his list of names under a key of his own, as he does against ours.
    """
    (ids, filters), (public_ids, public_filters) = ((c.ids, c.filters) for c in (_plain_column(t, column.text) for t in (records, other)))
    public = Values.of(public_ids, public_filters, most=PUBLIC_MOST)
    truth = _spread(_plain_column(records, column.text), records.height)[column.rows]
    share, _ = file_wide(column, truth, public, effort or Effort())
    return share, float(np.isin(truth[truth != 0], public.ids).mean())


def _plain_column(records: pl.DataFrame, text: str) -> Column:
    return next(columns(plain(records, b"the attacker's own", (text,)), fields=FILTER_FIELDS))


def apart(options: argparse.Namespace) -> Iterable[Row]:
    """A9: two exercises, two roots."""
    records = people(options.records, options.seed)
    encoded = submission(records, options.profile)
    for what, other in (
        ("another exercise", submission(records, options.profile, name="2027-05")),
        ("another root", submission(records, options.profile, root=ROOT[::-1])),
    ):
        yield Row(f"A9 the same file, {what}", "both files", "all", attacks_keys.in_common(encoded, other) / encoded.size, 0.0)


def _meanings(records: pl.DataFrame, profile: Profile) -> dict[str, tuple[Ids, np.ndarray | None]]:
    """Return by column what each record means, under the attacker's own key: fields, and the tokens of each pass."""
    codes = open_codes(records, profile)
    out: dict[str, tuple[Ids, np.ndarray | None]] = {}
    for field in IN_CODES:
        content = codes[:, place(field, codes.shape[1])]
        out[field] = (ids_of(content), content if field in FILTER_FIELDS else None)
    for column in columns(open_tokens(records, profile), fields=(TOKEN,)):
        out[column.name] = (_spread(column, records.height), None)
    return out


def _key(column: Column) -> str:
    return column.name if column.field == TOKEN else column.field


def _truth(column: Column, own: dict[str, tuple[Ids, np.ndarray | None]]) -> Ids:
    return own[_key(column)][0][column.rows]


def _spread(column: Column, size: int) -> Ids:
    out = np.zeros(size, np.uint64)
    out[column.rows] = column.ids
    return out


def _lengths(records: pl.DataFrame) -> dict[str, np.ndarray]:
    return {name: records[name].str.len_chars().fill_null(0).cast(pl.Int64).to_numpy() for name in FILTERS}


ATTACKS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "A1": naming, "A2": mining, "A3": structure, "A4": graphs, "A5": strangers, "A6": thief, "A7": weights, "A8": controls, "A9": apart,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=("P1", "P2"), default="P1")
    parser.add_argument("--only", default="", help="attacks, with commas between them: A1,A5")
    return parser.parse_args()


if __name__ == "__main__":
    main()
