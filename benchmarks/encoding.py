"""How fast people are encoded, beside clkhash making one plain CLK of each, and how fast the unit keys once more what arrives.

    python -m benchmarks.encoding [--records 200000] [--runs 3] [--clkhash-python PATH]

Ours is all that leaves of a person under a profile: a token and a code in each block that the person has. The people are invented
(`benchmarks.population`, normalised). Runs alternate; what is shown is the median. Processor seconds are those of all threads and
processes, and tell more where a machine has other work.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.machine import machine
from benchmarks.population import population
from matchers.canonical import canonical
from matchers.derivation import Exercise, derive
from matchers.encoding.encoder import Encoded, Key, encode
from matchers.encoding.layout import PROFILES, ProfileName
from matchers.encoding.rekey import rekeyed

SCRIPT = Path(__file__).with_name("encoding_clkhash.py")
ROOT, NONCE, PEPPER = b"r" * 32, b"n" * 32, b"p" * 32
CLK_COLUMNS = ("forename", "surname", "date_of_birth", "address")
Run = Callable[[], tuple[float, float]]  # seconds, processor seconds


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the processor seconds of some work."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


def again(found: Encoded) -> int:
    """Key all passes once more, as the unit does; return how many codes."""
    return sum(len(rekeyed(found.tokens[name], found.codes[name], PEPPER, name)[1]) for name in found.rows)


def key_of(profile: ProfileName) -> Key:
    return partial(derive, ROOT, Exercise("benchmark", "1", "benchmark", profile, NONCE, "0" * 64))


class Clkhash:
    """clkhash in its own interpreter, ready to run."""

    def __init__(self, python: str, people: Path) -> None:
        self._process = subprocess.Popen([python, str(SCRIPT), str(people)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> tuple[float, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        seconds, used = self._process.stdout.readline().split()
        return float(seconds), float(used)

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clkhash-python", help="interpreter that has clkhash 0.18.3")
    options = parser.parse_args()
    people = canonical(population(options.records, seed=5).drop("home", "partner", strict=False)).records.drop("person", strict=False)
    threads = len(os.sched_getaffinity(0))
    kept = {name: encode(people, key_of(name), profile=name, threads=threads) for name in PROFILES}
    runs: dict[str, Run] = {}
    for name in PROFILES:
        runs[f"encode, {name}: {len(PROFILES[name].passes)} passes"] = partial(timed, partial(encode, people, key_of(name), profile=name, threads=threads))
        runs[f"unit's pepper, {name}, one thread"] = partial(timed, partial(again, kept[name]))
    with tempfile.TemporaryDirectory() as folder:
        peer = None
        if options.clkhash_python:
            file = Path(folder) / "people.csv"
            people.select(pl.col(name).fill_null("") for name in CLK_COLUMNS).write_csv(file)
            runs["clkhash 0.18.3: one CLK"] = peer = Clkhash(options.clkhash_python, file)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(options.runs):
            for name, run in runs.items():
                taken[name].append(run())
        if peer:
            peer.close()
    print(f"{machine()}\n\n{people.height:,} people, {threads} processors, median of {options.runs}\n")
    print("| what | seconds | people a second | processor seconds | codes | bytes a person |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, times in taken.items():
        seconds, used = (statistics.median(column) for column in zip(*times, strict=True))
        found = next((kept[profile] for profile in PROFILES if profile in name), None)
        codes = people.height if found is None else sum(len(rows) for rows in found.rows.values())
        size = 128.0 if found is None else float(np.sum([table.nbytes for table in (*found.tokens.values(), *found.codes.values())])) / people.height
        print(f"| {name} | {seconds:.2f} | {people.height / seconds:,.0f} | {used:.2f} | {codes:,} | {size:,.0f} |")


if __name__ == "__main__":
    main()
