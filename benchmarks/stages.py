"""Rows per second and peak memory of each stage, from check to publish, at two sizes.

    python -m benchmarks.stages [--rows 100000 1000000] [--keep FOLDER]

The partnership is the invented one of `sample_data`, with as many residents as make about that many rows. Partner stages
run over every delivery in turn; their memory is the largest any of them needed. Everything runs in this one process, so the
memory of a stage includes what Python and the libraries hold anyway.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.machine import machine
from pipeline.check import check
from pipeline.home import load_partner
from pipeline.mapping import load_all
from pipeline.normalise import normalise
from pipeline.run import run
from pipeline.seal import seal
from pipeline.submit import travelling
from sample_data.demo import prepare
from sample_data.generate import generate
from schemas.datasets import contract
from schemas.partnership import Disclosure

AS_OF = date(2026, 11, 1)
EVENING = datetime(2026, 11, 1, 18, tzinfo=UTC)
ROWS_PER_RESIDENT = 2.3


@dataclass
class Stages:
    """Rows, seconds and peak megabytes of each stage; memory is looked at every 20 ms."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)
    current: str = ""

    @contextmanager
    def stage(self, name: str, rows: int) -> Iterator[None]:
        self.current, started = name, time.perf_counter()
        yield
        self.add(name, rows, time.perf_counter() - started)
        self.current = ""

    def add(self, name: str, rows: int, seconds: float) -> None:
        self.rows[name] = self.rows.get(name, 0) + rows
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def watch(self, done: threading.Event) -> None:
        process = psutil.Process()
        while not done.wait(0.02):
            if name := self.current:
                self.peak[name] = max(self.peak.get(name, 0.0), process.memory_info().rss / 1e6)

    def hear(self, message: str) -> None:
        """Take the stage under way from what `run` says."""
        self.current = message.removesuffix(" ...") if message.endswith(" ...") else ""


def deliver(folder: Path, stages: Stages) -> int:
    """Have every council check, normalise and seal every file; return the rows they read."""
    deliveries = json.loads((folder / "partnership.json").read_text(encoding="utf-8"))["files"]
    total = 0
    for minute, one in enumerate(sorted(deliveries, key=lambda d: (d["as_of"], d["partner"], d["file"]))):
        home, c = folder / one["partner"], contract(one["dataset"])
        partner = load_partner(home)
        started = time.perf_counter()
        stages.current = "check"
        checked = check([folder / one["file"]], c, load_all(home, c.id), as_of=AS_OF)
        stages.add("check", checked.received, time.perf_counter() - started)
        with stages.stage("normalise", checked.accepted):
            normalised = normalise(checked.rows, c, partner=partner.id, as_of=AS_OF)
        now = EVENING + timedelta(minutes=minute)
        with stages.stage("encode", checked.accepted):
            outgoing = travelling(normalised, c, partner, home, now=now, dry_run=False)
        with stages.stage("seal", checked.accepted):
            seal(outgoing, checked, partner, period=one["period"] or "current", now=now, tool_version="benchmark", supersedes="", dry_run=False)
        total += checked.received
    return total


def measure(folder: Path, rows: int, disclosure: Disclosure) -> None:
    stages, done = Stages(), threading.Event()
    watcher = threading.Thread(target=stages.watch, args=(done,), daemon=True)
    watcher.start()
    residents = round(rows / ROWS_PER_RESIDENT)
    with stages.stage("(make the sample)", residents):
        generate(folder, residents=residents, seed=20261101, as_of=AS_OF)
        prepare(folder, folder, disclosure=disclosure)
    total = deliver(folder, stages)
    summary = run(folder / "unit", as_of=AS_OF, now=EVENING + timedelta(hours=12), say=stages.hear)
    for name, rows_in, rows_out, seconds in summary.stages:
        stages.add(name, rows_out if name in ("intake", "assemble") else rows_in, seconds)
    done.set()
    watcher.join()
    print(f"\n{total:,} rows of {residents:,} residents; {int(summary.exceptions.select('top', 'middle', 'low').sum().sum_horizontal().item()):,} exceptions")
    print(f"{'stage':20}{'rows':>12}{'seconds':>10}{'rows/s':>12}{'peak MB':>10}")
    for name, seconds in stages.seconds.items():
        print(f"{name:20}{stages.rows[name]:>12,}{seconds:>10.2f}{stages.rows[name] / max(seconds, 0.001):>12,.0f}{stages.peak.get(name, 0):>10,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="keep what was made in this folder")
    parser.add_argument("--clear", action="store_true", help="let identity travel in clear")
    options = parser.parse_args()
    disclosure: Disclosure = "clear" if options.clear else "pseudonymised"
    print(machine())
    for rows in options.rows:
        if options.keep:
            measure(options.keep / str(rows), rows, disclosure)
            continue
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), rows, disclosure)


if __name__ == "__main__":
    main()
