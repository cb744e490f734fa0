"""What linking without names costs: the same people, the same model, once in clear and once from their encodings.

    python -m benchmarks.pseudonymised [--records 1000000] [--seed 1] [--profile P1] [--runs 3]

An invented population is normalised once. Clear linkage starts from the normalised records; encoded linkage starts from what the unit
holds: tokens and codes under its pepper. Both are judged by the population's truth; runs alternate, and medians are printed.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import time
from functools import partial
from statistics import median

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.machine import machine
from benchmarks.population import population
from matchers.canonical import canonical
from matchers.collisions import STEPPED, collisions
from matchers.derivation import Exercise, derive
from matchers.encoded import ENCODED_PERSON, encoded_features, name_steps, sample_levels
from matchers.encoding import spec_digest
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import PROFILES
from matchers.encoding.rekey import rekeyed
from matchers.engine import Linkage, link
from matchers.entities import PERSON
from matchers.features import encode as coded
from schemas.records import NUMBER_TOKENS

ROOT, NONCE, PEPPER = (hashlib.sha256(name).digest() for name in (b"root", b"nonce", b"pepper"))


def main() -> None:
    options = arguments()
    people = canonical(population(options.records, seed=options.seed).drop("home", "partner", strict=False)).records
    truth, given = people["person"].to_numpy(), people.drop("person")
    key = partial(derive, ROOT, Exercise("benchmark", "1", "counter-fraud", options.profile, NONCE, spec_digest(options.profile)))
    started = time.perf_counter()
    sent = encode(given, key, profile=options.profile)
    seconds = {"encode": [time.perf_counter() - started], "pepper": [], "clear": [], "encoded": []}
    said = collisions(given, sample_levels(given, key, profile=options.profile), {c.name: len(c.levels) for c in PERSON.comparisons})
    assert said is not None
    started = time.perf_counter()
    held = Encoded(sent.size)
    for name in sent.rows:
        held.rows[name] = sent.rows[name]
        held.tokens[name], held.codes[name] = rekeyed(sent.tokens[name], sent.codes[name], PEPPER, name)
    seconds["pepper"].append(time.perf_counter() - started)
    numbers = pl.DataFrame([as_text(held, name) for name in NUMBER_TOKENS])
    steps = {name: name_steps(given, name) for name in STEPPED}
    del sent
    quality: dict[str, tuple[float, float, float]] = {}
    for _ in range(options.runs):
        for way in ("clear", "encoded"):
            gc.collect()
            started = time.perf_counter()
            if way == "clear":
                features = coded(given)
                found, rows = link(features, PERSON), features.order
            else:
                features = encoded_features(given.height, held, numbers, steps, said, profile=options.profile)
                found, rows = link(features, ENCODED_PERSON), features.order
            seconds[way].append(time.perf_counter() - started)
            quality[way] = judged(found, rows, truth)
    print(f"{machine()}; {options.records:,} records, seed {options.seed}, profile {options.profile}, {options.runs} runs\n")
    print("| linked | precision | recall | F1 | seconds (median) | of the clear time |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for way in ("clear", "encoded"):
        p, r, f = quality[way]
        print(f"| {way} | {p:.4f} | {r:.4f} | {f:.4f} | {median(seconds[way]):.2f} | {median(seconds[way]) / median(seconds['clear']):.2f} |")
    print(f"\nF1 lost: {quality['clear'][2] - quality['encoded'][2]:.4f}")
    print(f"encoding took {seconds['encode'][0]:.1f} s, the pepper {seconds['pepper'][0]:.1f} s; {PROFILES[options.profile].code_bytes} bytes a code")


def as_text(held: Encoded, name: str) -> pl.Series:
    """Return the tokens of a number as the unit holds them: as text, null where a record has none."""
    out = np.full(held.size, None, object)
    out[held.rows[name]] = [token.tobytes().hex() for token in held.tokens[name]]
    return pl.Series(name, out.tolist(), pl.String)


def judged(found: Linkage, rows: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the pairs that the linkage links."""
    true = int((truth[rows[found.left]] == truth[rows[found.right]]).sum())
    sizes = np.unique(truth, return_counts=True)[1].astype(np.int64)
    precision, recall = true / max(1, len(found.left)), true / max(1, int((sizes * (sizes - 1) // 2).sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=[*PROFILES], default="P1")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
