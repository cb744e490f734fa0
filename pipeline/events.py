"""What happened when, for whoever keeps the unit running: one JSON object a line, one file a day, and never a value of a person."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import CounterfoilError, ExitCode

FOLDER = "logs"
Value = str | int | float | bool | None
_ID, _HEX = r"[a-z0-9][a-z0-9.-]{0,99}", r"[0-9a-f]{8,64}"
TEXTS = {
    "run_id": _ID, "partner": _ID, "submission_id": _ID, "stage": _ID, "code": _ID, "band": _ID, "state": r"[a-z]+( [a-z]+){0,3}", "as_of": r"\d{4}-\d\d-\d\d",
    "dataset": r"[A-Z]{3}", "rule": r"[A-Z]{2}\d\d", "error": r"[A-Z][A-Za-z]{2,60}", "version": _ID, "input_digest": _HEX, "output_digest": _HEX,
}  # fmt: skip
NUMBERS = frozenset({
    "rows_in", "rows_out", "rows_received", "rows_accepted", "rows_rejected", "rows_superseded", "count", "bytes", "days", "ms", "peak_mb", "exit_code", "repeated",
})  # fmt: skip
_EVENT = re.compile(r"[a-z][a-z0-9-]*( [a-z0-9-]+){0,5}")
WITHHELD = "withheld"  # stands where a text has not the shape of its field


@dataclass
class Events:
    """The log of one process.

    A log that cannot be written stops nothing: the lines are counted, and the next one that can be written says how many are missing.

    Attributes:
        home: the unit's; the log is in `logs/<day>.jsonl`, the day in universal time.
        clock: tells the moment.
        run_id: added to each line, once it is known.
        lost: lines that could not be written since the last that could.
    """

    home: Path
    clock: Callable[[], datetime]
    run_id: str = ""
    lost: int = 0

    def write(self, event: str, **fields: Value) -> None:
        """Add one line. A field without a value is left out; a text that has not the shape of its field is withheld.

        Raises:
            ValueError: the event or a field has a name that is not ours; that is our own mistake.
        """
        unknown = sorted(set(fields) - set(TEXTS) - NUMBERS)
        if unknown or not _EVENT.fullmatch(event):
            raise ValueError(f"not a name of the log: {', '.join(unknown) or ascii(event)}")
        now = self.clock().astimezone(UTC)
        told = {"run_id": self.run_id or None, **fields}
        line = {"ts": now.isoformat(timespec="milliseconds"), "event": event} | {name: _shown(name, value) for name, value in told.items() if value is not None}
        if self.lost:
            line["lines_lost"] = self.lost
        try:
            _append(self.home / FOLDER / f"{now.date().isoformat()}.jsonl", json.dumps(line).encode() + b"\n")
            self.lost = 0
        except OSError:
            self.lost += 1

    @contextmanager
    def stage(self, stage: str, *, rows_in: int | None = None, partner: str | None = None) -> Iterator[dict[str, int]]:
        """Write a line when a stage starts and one when it ends, however it ends.

        Yields:
            A place for what came of it: set `["rows"]` to the rows that the stage hands on.
        """
        out: dict[str, int] = {}
        self.write("stage started", stage=stage, partner=partner, rows_in=rows_in)
        started = time.perf_counter()
        event: str = "stage failed"
        told: dict[str, Value] = {}
        try:
            yield out
            event = "stage ended"
        except BaseException as error:
            told = {"error": type(error).__name__, "exit_code": int(_exit_code(error))}
            raise
        finally:
            ms = round((time.perf_counter() - started) * 1000)
            self.write(event, stage=stage, partner=partner, rows_in=rows_in, rows_out=out.get("rows"), ms=ms, peak_mb=peak_mb(), **told)


def peak_mb() -> int | None:
    """Return the most memory that this process ever held, in megabytes of 1024 squared; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _exit_code(error: BaseException) -> ExitCode:
    if isinstance(error, CounterfoilError):
        return error.exit_code
    return ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.INTERNAL


def _shown(name: str, value: Value) -> Value:
    """Return a value as the log may hold it: a number, or a text in its field's shape. Names and addresses of people have none of these."""
    if isinstance(value, str):
        return value if name in TEXTS and re.fullmatch(TEXTS[name], value, re.ASCII) else WITHHELD
    return value


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o640)
    try:
        os.write(handle, line)  # at once, so that two processes never write into each other's line
    finally:
        os.close(handle)
