"""SQL over data frames: a query sees the tables it is handed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import polars as pl

# What no connection of ours may do: see a variable of the program, or fetch and load code.
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "allow_community_extensions": "false",
}  # fmt: skip


@contextmanager
def connection(tables: Mapping[str, pl.DataFrame], *, threads: int = 2, memory_gb: int = 4) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an in-memory connection that knows these tables and cannot reach a file or a network."""
    con = duckdb.connect(config={**LOCKED, "threads": str(threads), "memory_limit": f"{memory_gb}GB"})
    try:
        for name, frame in tables.items():
            con.register(name, frame)
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def query(sql: str, /, params: Sequence[Any] = (), **tables: pl.DataFrame) -> pl.DataFrame:
    """Return the result of one query over the named data frames; values of the data travel as `params`."""
    with connection(tables) as con:
        result: pl.DataFrame = con.sql(sql, params=list(params) or None).pl()
        return result
