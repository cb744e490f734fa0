"""What named humans decided: an append-only file, one JSON object a line, in the unit's home."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.store.files import storage_errors
from schemas.errors import IntegrityError, UsageProblem, unknown_name
from schemas.records import OUTCOME

FILE = "outcomes.jsonl"
EXCEPTION_ID = re.compile(r"[A-Z]{2}[0-9]{2}-[0-9A-HJKMNP-TV-Z]{10}")
REASON_CODE = re.compile(r"[A-Z][A-Z0-9-]{2,29}")
VERDICTS = ("fraud", "error", "no issue", "already known", "cannot say", "not investigated")


def record_outcome(
    home: Path, *, exception_id: str, verdict: str, reason_code: str, officer: str, decided_on: date,
    value_pence: int = 0, note: str = "",
) -> None:
    """Append one decision; it is durable when this returns. The same decision twice stands once.

    Args:
        verdict: one of `VERDICTS`.
        reason_code: why; a suppressor's code of the rule, or one of the partnership's own. Never empty.
        officer: who decided; a decision has a named human.
        value_pence: money established, in pence, not the estimate.
        note: free text; name no person here.

    Raises:
        UsageProblem: something is missing or unknown; nothing was written.
    """
    _check(exception_id, verdict, reason_code, officer, value_pence)
    line = {
        "exception_id": exception_id, "verdict": verdict, "reason_code": reason_code, "value_pence": value_pence,
        "officer": officer.strip(), "decided_on": decided_on.isoformat(), "note": note.strip(),
    }
    path = home / FILE
    text = json.dumps(line, ensure_ascii=False, sort_keys=True)
    with storage_errors(path):
        before = path.read_bytes() if path.exists() else b""
        if text in before.decode("utf-8", errors="replace").split("\n"):
            return
        missing_end = b"\n" if before and not before.endswith(b"\n") else b""  # a line cut off by a power failure
        with path.open("ab") as file:
            file.write(missing_end + text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _check(exception_id: str, verdict: str, reason_code: str, officer: str, value_pence: int) -> None:
    if not EXCEPTION_ID.fullmatch(exception_id):
        raise UsageProblem(f"{exception_id!r} is not the id of an exception", mend="copy it from the report; it looks like CT03-0123456789")
    if verdict not in VERDICTS:
        raise unknown_name("verdict", verdict, VERDICTS)
    if not REASON_CODE.fullmatch(reason_code):
        raise UsageProblem(
            "a decision needs a reason code", found=f"{reason_code!r}",
            mend="give a code in capitals, such as DISREGARD, MOVED or NOT-SAME-PERSON; it teaches the rule what to leave out",
        )
    if not officer.strip():
        raise UsageProblem("a decision needs the name of the officer who took it", mend="name the officer")
    if value_pence < 0:
        raise UsageProblem("the money established cannot be negative", mend="give whole pence, 0 for none")


def load_outcomes(home: Path) -> pl.DataFrame:
    """Return every decision, shape `OUTCOME`; a later line about the same exception, day, verdict and officer wins.

    Raises:
        IntegrityError: a line cannot be read; decisions are never dropped in silence.
    """
    path = home / FILE
    if not path.exists():
        return OUTCOME.empty()
    with storage_errors(path):
        text = path.read_text(encoding="utf-8")
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            row = _row(line, number)
            rows[tuple(str(row[name]) for name in OUTCOME.key)] = row
    return OUTCOME.conform(pl.DataFrame(list(rows.values()), schema=OUTCOME.schema, orient="row"))


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
        row["decided_on"] = date.fromisoformat(row["decided_on"])
        if set(row) != set(OUTCOME.columns):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise IntegrityError(
            "the line is not a decision", file=FILE, row=number,
            mend="mend or move the line by hand, from a copy of the file; it is only ever added to",
        ) from None
    return {str(name): value for name, value in row.items()}
