"""What the protocol costs: sealing and opening, and how long a unit takes to answer a large submission.

    python -m benchmarks.sealing [--megabytes 100]

The same bytes are copied with SHA-256 alone beside it, which is the least that any exchange would do.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchmarks.forgeries import NOON, OTHER, SENDER, scene
from pipeline.home import load_partner
from pipeline.intake import intake
from pipeline.key_files import load_partner_keys
from pipeline.seal import Parties, seal
from pipeline.sealing import opened, sealed
from pipeline.store.folder import Folder
from pipeline.trust import unit_card
from schemas.datasets import CONTRACTS
from schemas.records import RECORD, REJECT, payload_shape
from schemas.relations import Checked, Outgoing

ROUNDS = 3


def timed(does: Callable[[], object]) -> float:
    """Return the median seconds of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        does()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def rates(megabytes: int) -> None:
    """Print how fast bytes are sealed and opened, on one processor and on two."""
    key = X25519PrivateKey.generate()
    reader, content = key.public_key().public_bytes_raw().hex(), os.urandom(megabytes * 10**6)
    hidden = sealed(content, reader)
    halves = [content[: len(content) // 2], content[len(content) // 2 :]]
    sealed_halves = [sealed(half, reader) for half in halves]
    with ThreadPoolExecutor(2) as pool:
        found = {
            "SHA-256 alone": timed(lambda: hashlib.sha256(content).hexdigest()), "seal, one processor": timed(lambda: sealed(content, reader)),
            "open, one processor": timed(lambda: opened(hidden, key, file="x")), "seal, two": timed(lambda: list(pool.map(lambda half: sealed(half, reader), halves))),
            "open, two": timed(lambda: list(pool.map(lambda half: opened(half, key, file="x"), sealed_halves))),
        }  # fmt: skip
    for name, seconds in found.items():
        print(f"{name:22} {megabytes / seconds:8,.0f} MB/s")


def receipt(megabytes: int) -> None:
    """Print how long the unit takes from the first look to the receipt, for a submission of about so many sealed megabytes."""
    with tempfile.TemporaryDirectory() as place:
        made = scene(Path(place))
        home, contract = Path(place) / SENDER, CONTRACTS["CTX"]
        rows = megabytes * 5_500  # of random references and amounts, that hardly compress
        random = np.random.Generator(np.random.PCG64(1))
        refs = pl.Series([f"{number:032x}" for number in random.integers(0, 2**62, rows)])
        own = {"partner": SENDER, "dataset": "CTX"}
        blank = {name: pl.Series(name, [None] * rows, dtype) for name, dtype in payload_shape(contract).schema.items()}
        amount = pl.Series(random.integers(0, 10**9, rows))
        payload = pl.DataFrame(blank).with_columns(record_ref=refs, party_ref=refs, gross_amount=amount, discount_amount=amount // 4, **{n: pl.lit(v) for n, v in own.items()})
        people = pl.DataFrame({name: pl.Series(name, [None] * rows, dtype) for name, dtype in RECORD.schema.items()}).with_columns(
            record_ref=refs, party=pl.lit("holder"), kind=pl.lit("person"), surname=refs.str.slice(0, 24), address=refs.str.slice(8), protected=pl.lit(False),
            as_of=pl.lit(NOON.date()), **{n: pl.lit(v) for n, v in own.items()},
        )  # fmt: skip
        checked = Checked(contract, NOON.date(), pl.DataFrame(), REJECT.empty(), rows, rows, 0, "0" * 64, ())
        parties = Parties(home, unit_card(home).receiving, load_partner_keys(home).signing)
        area = Folder(Path(place) / "shared")
        outgoing = Outgoing(RECORD.conform(people), payload_shape(contract).conform(payload))
        start = time.perf_counter()
        manifest = seal(outgoing, checked, load_partner(home), area, parties, period="current", now=NOON + timedelta(hours=3), tool_version="benchmark")
        sent = time.perf_counter()
        (answer,) = intake(made.partnership, area, Path(place) / "unit", now=NOON + timedelta(hours=4))
        done = time.perf_counter()
        size = sum(listed.bytes for listed in manifest.files) / 10**6
        print(f"{answer.state}: {rows:,} rows, {size:,.0f} MB sealed in {sent - start:.1f} s; from the first look to the receipt {done - sent:.1f} s ({OTHER} sent nothing)")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=100)
    wanted = parser.parse_args()
    rates(wanted.megabytes)
    receipt(wanted.megabytes)


if __name__ == "__main__":
    main()
