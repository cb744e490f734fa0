"""What a command shows: results on stdout, everything else on stderr; with `--json`, stdout is for machines alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from schemas.errors import CounterfoilError

PLAIN_WIDTH = 140  # columns, where the output goes to a file


@dataclass
class Screen:
    """How this call speaks, and where it was told to work."""

    as_json: bool = False
    home: Path | None = None

    def say(self, text: str) -> None:
        """Print a line for people."""
        self._console(sys.stderr if self.as_json else sys.stdout).print(text, soft_wrap=True)

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table for people."""
        table = Table(*heads, title=title, title_justify="left", show_lines=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
        self._console(sys.stderr if self.as_json else sys.stdout).print(table)

    def result(self, document: Any) -> None:
        """Print the result for machines; nothing happens without `--json`."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, default=_plain) + "\n")

    def text(self, content: str) -> None:
        """Write a result that is a file of its own, byte for byte."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content.encode())
        sys.stdout.buffer.flush()

    def failed(self, error: CounterfoilError) -> None:
        """Print an error on stderr, for people or as a JSON record."""
        if not self.as_json:
            self._console(sys.stderr).print(str(error), soft_wrap=True)
            return
        record = {
            "error": type(error).__name__, "exit_code": int(error.exit_code), "what": error.what, "found": error.found, "mend": error.mend,
            "file": error.file, "row": error.row, "column": error.column,
        }  # fmt: skip
        sys.stderr.write(json.dumps(record) + "\n")

    def progress(self, text: str) -> None:
        """Print a line about work under way, always on stderr."""
        self._console(sys.stderr).print(text, soft_wrap=True)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show on a terminal that something goes on; to a file, nothing."""
        console = self._console(sys.stderr)
        if not console.is_terminal or self.as_json:
            yield
            return
        with console.status(what):
            yield

    def _console(self, file: Any) -> Console:
        console = Console(file=file, markup=False, highlight=False, emoji=False)
        if not console.is_terminal:
            console = Console(file=file, markup=False, highlight=False, emoji=False, width=PLAIN_WIDTH)
        return console


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)
