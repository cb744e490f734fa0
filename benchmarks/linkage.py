"""Our linkage beside its peers: the same records, threads, memory and judge.

    python -m benchmarks.linkage [--data NAME ...] [--runs 3] [--threads 2] [--memory-gb 8] [--labelled FOLDER]
                                 [--peers splink,splink-quick,splink-our-rules,recordlinkage] [--out benchmarks/results]

Each run is a process of its own that is given a file without the truth; times are medians of the runs. `seconds` counts from the
loaded table to the clusters, `wall` the whole process with imports and reading. Peers need `pip install splink` (recordlinkage is
there). What is called best is hindsight. Losses are printed like wins.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.linkage_data import LABELLED, POPULATIONS, DataSet, load, name_cases
from benchmarks.linkage_names import names_table
from benchmarks.linkage_peers import ECM_MOST, ENGINES
from benchmarks.linkage_report import markdown
from benchmarks.linkage_truth import Judgement, judge
from benchmarks.machine import machine

OURS = "counterfoil"
PACKAGES = ("splink", "recordlinkage", "duckdb", "polars", "pandas", "rapidfuzz", "numpy", "scipy")


@dataclass(frozen=True)
class Result:
    """One engine on one data set; `failed` says why there is nothing else."""

    data: str
    engine: str
    records: int
    runs: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    seconds: float | None = None
    trained: float | None = None
    wall: float | None = None
    peak_mb: float | None = None
    quality: Judgement | None = None
    failed: str = ""


def compare(data: DataSet, engine: str, options: argparse.Namespace) -> Result:
    """Run the engine on the data as often as asked, and judge its first answer."""
    records = data.table.select(pl.len()).collect().item()
    if engine == "recordlinkage" and records > ECM_MOST:
        return Result(data.name, engine, records, failed=f"not run on more than {ECM_MOST:,} records")
    measured: list[dict[str, Any]] = []
    quality = None
    with tempfile.TemporaryDirectory(dir=options.cache) as folder:
        source = Path(folder) / "records.parquet"
        data.given(peer=engine != OURS).sink_parquet(source)
        for number in range(options.runs):
            out = Path(folder) / str(number)
            out.mkdir()
            try:
                measured.append(run_once(engine, source, out, data.name, options))
            except subprocess.CalledProcessError as error:
                return Result(data.name, engine, records, failed=(error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1])
            if number == 0:
                quality = judge(pl.scan_parquet(out / "pairs.parquet"), pl.scan_parquet(out / "clusters.parquet"), data.truth())
    return summary(data.name, engine, records, measured, quality)


def run_once(engine: str, source: Path, out: Path, data: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one engine once in a fresh interpreter; return what it measured and the seconds of the whole process."""
    limits = {name: str(options.threads) for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    command = [sys.executable, "-m", "benchmarks.linkage_peers", engine, str(source), str(out), "--data", data]
    told = ["--threads", str(options.threads), "--memory-gb", str(options.memory_gb), "--floor", str(options.floor)]
    started = time.perf_counter()
    done = subprocess.run(command + told, check=True, capture_output=True, text=True, env={**os.environ, **limits})
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - started}


def summary(data: str, engine: str, records: int, measured: Sequence[dict[str, Any]], quality: Judgement | None) -> Result:
    """Return the medians of the runs."""
    stages = {stage: median(run["seconds"][stage] for run in measured) for stage in measured[0]["seconds"]}
    total, wall, peak = (median(run[name] for run in measured) for name in ("total", "wall", "peak_mb"))
    trained = None if measured[0]["trained"] is None else median(run["trained"] for run in measured)
    return Result(data, engine, records, len(measured), stages, total, trained, wall, peak, quality)


def compare_names(labelled: Path | None) -> str:
    """Return what our name comparisons say of pairs of names with their answer, as a table."""
    if labelled is None:
        return "Names: not measured, no --labelled folder."
    return names_table(name_cases(labelled / "name_cases.csv"))


def versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def chosen(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Return the names of the data sets, stressed ones behind the clean one, and of the engines."""
    names = list(options.data)
    if options.stress != "none":
        names += [name for name in (options.stress, f"{options.stress}+stress") if name not in names]
    return names, [OURS, *(peer for peer in options.peers.split(",") if peer)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [*LABELLED, "names", *POPULATIONS]
    parser.add_argument("--data", nargs="+", choices=every, metavar="NAME", default=["febrl3", "febrl4", "population-100k", "population-1m"],
                        help=f"any of {', '.join(every)}")
    parser.add_argument("--stress", choices=["none", *POPULATIONS], default="none", help="the population that is also run with default dates and one surname")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-gb", type=float, default=8, help="what an engine may take where it can be told; the peak is measured either way")
    parser.add_argument("--floor", type=float, default=0.5, help="pairs below this match probability are not handed over, by any engine")
    parser.add_argument("--labelled", type=Path, help="folder with historical_50k.parquet, RLdata10000.csv and name_cases.csv")
    parser.add_argument("--peers", default="splink", help="of splink, splink-quick (u from the default number of pairs), splink-our-rules, recordlinkage; with commas")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "counterfoil-benchmarks", help="where populations are kept")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--name", default="linkage", help="of the two files that are written there")
    options = parser.parse_args()
    if unknown := {peer for peer in options.peers.split(",") if peer} - set(ENGINES):
        parser.error(f"--peers: {', '.join(sorted(unknown))} is none of {', '.join(set(ENGINES) - {OURS})}")
    return options


def main() -> None:
    options = arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    names, engines = chosen(options)
    results, names_said = [], ""
    for name in names:
        if name == "names":
            names_said = compare_names(options.labelled)
            continue
        data = load(name, labelled=options.labelled, cache=options.cache)
        for engine in engines:
            results.append(compare(data, engine, options))
            print(f"{name}, {engine}: {results[-1].failed or f'{results[-1].seconds:.1f} s'}", file=sys.stderr)
    settings = {"runs": options.runs, "threads": options.threads, "memory_gb": options.memory_gb, "floor": options.floor}
    rows = [asdict(result) for result in results]
    written = {"machine": machine(), "versions": versions(), "settings": settings, "results": rows}
    text = markdown(written) + (f"\n## Pairs of names, ours alone\n\n{names_said}\n" if names_said else "")
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{options.name}.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    (options.out / f"{options.name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
