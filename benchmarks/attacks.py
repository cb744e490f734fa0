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
from dataclasses import replace

import numpy as np
import polars as pl

from benchmarks import attacks_bits, attacks_controls, attacks_graphs, attacks_keys, attacks_lists
from benchmarks.attacks_data import LIST, PUBLIC_MOST, ROOT, Row, lengths, people, spread, submission, two_halves
from benchmarks.machine import machine
from matchers.attacks.alignment import ALIGNED, COUNTS, QUICK, Effort, Values, alignment_attack, file_wide, guess, in_blocks
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
from matchers.derivation import Profile
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import NUMBERS, PROFILES

A2 = "A2 bits that occur together, one to one"
A2_GATE = {"P1": 0.005, "P2": 0.001}
A3_GATE = {("P1", 1.0): 0.05, ("P1", 0.8): 0.005, ("P2", 1.0): 0.005}
A4_GATE = {"P1": 0.05, "P2": 0.01}
A4_MOST = 3_000  # records, on a CPU
SMALL = 200  # records; a block of more of one extract is left out


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
    """A2: frequent bits, each filter column by itself, then its largest blocks by themselves; and what the salt of the blocks stands against.

    Public counts are those of another population, fifty times as large, as for the control.
    """
    records, other = people(options.records, options.seed), people(50 * options.records, options.seed + 1)
    every = list(columns(submission(records, options.profile), fields=FILTER_FIELDS))
    found = {c.name: attacks_bits.mined(c, records, other) for c in every}
    column = max(found, key=lambda name: found[name].every)
    yield Row(f"{A2}, whole file", COUNTS, column, found[column].every, A2_GATE[options.profile], note=found[column].said)
    blocks = {c.name: [attacks_bits.mined(part, records, other) for part in _blocks(c)] for c in every}
    shares = {name: float(np.mean([one.every for one in some])) for name, some in blocks.items()}
    column = max(shares, key=lambda name: shares[name])
    largest = max(len(part.rows) for c in every for part in _blocks(c))
    yield Row(f"{A2}, largest blocks", COUNTS, column, shares[column], A2_GATE[options.profile], note=f"the largest holds {largest} records")
    for many in (SMALL, options.records):
        for name in ("forename", "surname"):
            result = attacks_bits.mined(_one_salt(records.head(many), name, options.profile), records, other)
            yield Row(f"{A2}, were there one salt for all", COUNTS, name, result.every, None, note=f"{many:,} records; {result.said}")


def _blocks(column: Column) -> list[Column]:
    """Return the largest blocks of a column, each as a column of its own."""
    blocks, sizes = np.unique(column.blocks[column.ids != 0], return_counts=True)
    parts = [np.flatnonzero((column.blocks == block) & (column.ids != 0)) for block in blocks[np.argsort(-sizes, kind="stable")[:ALIGNED]]]
    filters = column.filters if column.filters is not None else np.zeros((len(column.ids), 0), np.uint8)
    return [replace(column, rows=column.rows[at], ids=column.ids[at], blocks=column.blocks[at], filters=filters[at]) for at in parts]


def _one_salt(records: pl.DataFrame, name: str, profile: Profile) -> Column:
    """Return the filters that the profile would make of all records if they stood in one block."""
    field = next(f for f in FILTER_FIELDS if f.startswith(name))
    codes = open_codes(records, profile)
    content = codes[:, place(field, codes.shape[1])]
    ids = ids_of(content)
    return Column("one salt", field, np.arange(records.height), ids, np.ones_like(ids), content)


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
    yield of(weight_attack(columns(submission(records, options.profile), fields=FILTER_FIELDS), lengths(records), seed=options.seed), bits=True)


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
        out[column.name] = (spread(column, records.height), None)
    return out


def _key(column: Column) -> str:
    return column.name if column.field == TOKEN else column.field


def _truth(column: Column, own: dict[str, tuple[Ids, np.ndarray | None]]) -> Ids:
    return own[_key(column)][0][column.rows]


ATTACKS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "A1": naming, "A2": mining, "A3": structure, "A4": graphs, "A5": strangers, "A6": thief, "A7": weights, "A8": attacks_controls.controls, "A9": apart,
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
