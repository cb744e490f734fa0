"""clkhash making one CLK a record, in an interpreter of its own, because it needs a cryptography that is years older than ours.

    python benchmarks/encoding_clkhash.py PEOPLE.csv

Reads a CSV of forename, surname, date of birth and address; prints the seconds of each run as it is asked to, one line for each line of
its input, with processor seconds beside them. Reading the file and starting Python are not counted, starting its processes is.

The schema is that of clkhash's own example for names and dates of birth (clkhash/data/randomnames-schema-v2.json): bigrams of names,
positional unigrams of the date, 1,024 bits, keyed BLAKE2b, 15 and 30 bits a token; the address like a name.
"""

from __future__ import annotations

import csv
import os
import sys
import time

from clkhash.clk import generate_clks  # type: ignore[import-not-found]
from clkhash.comparators import NgramComparison  # type: ignore[import-not-found]
from clkhash.field_formats import BitsPerTokenStrategy, FieldHashingProperties, StringSpec  # type: ignore[import-not-found]
from clkhash.schema import Schema  # type: ignore[import-not-found]

BITS = 1024


def schema() -> Schema:
    """Return one string field for each column."""
    text, date = (NgramComparison(2), BitsPerTokenStrategy(15)), (NgramComparison(1, True), BitsPerTokenStrategy(30))
    columns = {"forename": text, "surname": text, "date_of_birth": date, "address": text}
    return Schema([StringSpec(name, FieldHashingProperties(*how)) for name, how in columns.items()], BITS)


def seconds_of_processor() -> float:
    """Return what this process and those it waited for have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> None:
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        people = list(csv.reader(file))[1:]
    for _ in sys.stdin:
        start, used = time.perf_counter(), seconds_of_processor()
        made = generate_clks(people, schema(), "a secret of the benchmark", validate=False, max_workers=len(os.sched_getaffinity(0)))
        assert len(made) == len(people)
        print(time.perf_counter() - start, seconds_of_processor() - used, flush=True)


if __name__ == "__main__":
    main()
