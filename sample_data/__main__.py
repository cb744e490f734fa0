"""`python -m sample_data --out DIR`: write the sample."""

from __future__ import annotations

import argparse
from pathlib import Path

from sample_data.generate import SEED, generate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sample_data", description="Write invented extracts of six councils, and the truth about them.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--residents", type=int, default=20_000, help="people in the five districts (20000)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of everything that is drawn ({SEED})")
    chosen = parser.parse_args()
    generate(chosen.out, residents=chosen.residents, seed=chosen.seed)
    print(f"Sample of six councils written to {chosen.out}")


if __name__ == "__main__":
    main()
