"""How long `check` takes on a large council tax file, and how much memory: the whole command, in a process of its own.

    python -m benchmarks.big_file [--rows 1000000] [--runs 3]

The file is invented: 48 columns, half of the rows with a NINO, three quarters with a birth date, and 0.1 % of the rows
broken in one of four ways.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import machine
from schemas.datasets import CONTRACTS

BAR = (15.0, 2000.0)  # seconds, megabytes


def write_council_tax(path: Path, rows: int, *, seed: int = 1) -> None:
    """Write a council tax extract under the contract's own headers."""
    rng, contract = random.Random(seed), CONTRACTS["CTX"]
    forenames, surnames = ("Adaeze", "John", "Mary", "Ravi", "Zofia"), ("Okafor", "Smith", "Jones", "Patel", "O'Brien", "Nowak")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(contract.names) + "\n")
        for i in range(rows):
            born = f"{1930 + rng.randrange(75)}-{1 + rng.randrange(12):02}-{1 + rng.randrange(28):02}"
            row = {
                "partner_record_ref": f"R{i:08}", "as_of_date": "2026-11-01", "account_ref": f"CT{i:08}", "title": rng.choice(("Mr", "Ms", "Mrs", "")),
                "surname": rng.choice(surnames), "forename": rng.choice(forenames), "dob": born if rng.random() < 0.75 else "",
                "nino": f"QQ{rng.randrange(10**6):06}{rng.choice('ABCD')}" if rng.random() < 0.55 else "",
                "addr1": f'"Flat {rng.randrange(1, 9)}, {rng.randrange(1, 200)} Weaver Street"', "addr3": "Northmere",
                "postcode": f"ZZ{rng.randrange(1, 99)} {rng.randrange(9)}AB", "uprn": str(990000000000 + i), "liability_start": "2019-05-01",
                "discount_code": rng.choice(("NONE", "SPD")), "disregard_code": "NONE", "exemption_code": "NONE", "property_status": "OCC",
                "band": rng.choice("ABCDEFGH"), "gross_amount": "184250", "benefit_recipient": "N",
            }
            if i % 1000 == 7:
                row |= rng.choice(({"band": "Q"}, {"dob": "01/02/2003"}, {"surname": ""}, {"liability_start": "33689"}))
            file.write(",".join(row.get(name, "") for name in contract.names) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "council_tax.csv"
        write_council_tax(path, options.rows)
        print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        seconds = []
        for _ in range(options.runs):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "cli", "--json", "check", "CTX", str(path), "--as-of", "2026-11-01"], capture_output=True, text=True, check=False
            )
            seconds.append(time.perf_counter() - started)
            if done.returncode != 4:
                raise SystemExit(f"check ended with {done.returncode}, not 4: {done.stderr[-2000:]}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"check: median {statistics.median(seconds):.1f} s (from {min(seconds):.1f} to {max(seconds):.1f}), bar {BAR[0]:.0f} s")
    print(f"peak memory {peak:,.0f} MB, bar {BAR[1]:,.0f} MB")


if __name__ == "__main__":
    main()
