"""What machine a figure was read on."""

from __future__ import annotations

from importlib.metadata import version

import psutil


def machine() -> str:
    """Return processors, memory and the versions that matter, on one line."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow", "rapidfuzz"))
    return f"{psutil.cpu_count()} processors, {psutil.virtual_memory().total / 2**30:.0f} GiB; {libraries}"
