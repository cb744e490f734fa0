"""Wall time and peak memory of a piece of work in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class Measured:
    """Seconds of wall time and the largest resident memory seen meanwhile, in megabytes."""

    seconds: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def measured(every: float = 0.02) -> Iterator[Measured]:
    """Measure the block; memory is looked at every `every` seconds, so a shorter peak can be missed."""
    result, process, done = Measured(), psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            result.peak_mb = max(result.peak_mb, process.memory_info().rss / 1e6)
            done.wait(every)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    try:
        yield result
    finally:
        result.seconds = time.perf_counter() - started
        done.set()
        watcher.join()


def machine() -> str:
    """Return processors, memory and the versions that matter, on one line."""
    from importlib.metadata import version

    libraries = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow", "rapidfuzz"))
    return f"{psutil.cpu_count()} processors, {psutil.virtual_memory().total / 2**30:.0f} GiB; {libraries}"
