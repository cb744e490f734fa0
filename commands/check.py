"""`counterfoil check`: is my file right, before anything leaves the house?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from commands.options import AllowCeiling, AllowEmpty, AsOf, Dataset, Delimiter, Encoding, Files, day, screen
from commands.screen import Screen
from pipeline.check import check
from pipeline.home import FILES, VARIABLE, find_home, read_toml
from pipeline.mapping import load_all
from pipeline.rejects import rejects_csv, write_rejects
from pipeline.store.files import make_folder, write_atomic
from schemas.datasets import contract
from schemas.errors import ExitCode
from schemas.mapping import Mapping
from schemas.problems import PROBLEMS
from schemas.relations import Checked, ReadOptions

MOST_EXAMPLES = 5


def check_files(
    ctx: typer.Context, dataset: Dataset, files: Files, encoding: Encoding = "", delimiter: Delimiter = "", as_of: AsOf = "",
    allow_empty: AllowEmpty = False, allow_ceiling: AllowCeiling = False,
    mapping: Annotated[Path | None, typer.Option(help="Use this mapping file, and no other.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the rejects to this CSV file.")] = None,
) -> None:  # fmt: skip
    """Check files against the contract. Nothing leaves this computer.

    Exit code 0: every row can be sent. 4: rows or a file must be mended first.
    """
    out, c = screen(ctx), contract(dataset)
    home = partner_home(out)
    mappings = [read_toml(mapping, Mapping)] if mapping else load_all(home, c.id) if home else []
    options = ReadOptions(encoding, delimiter, allow_empty, allow_ceiling)
    with out.working(f"checking {len(files)} files"):
        checked = check(files, c, mappings, as_of=day(as_of), options=options)
    written = _write(checked, rejects, home)
    _show(out, checked, written)
    if checked.rejected:
        raise typer.Exit(ExitCode.DATA_REJECTED)


def partner_home(out: Screen) -> Path | None:
    """Return the partner's home; None where none was named and the working directory is none."""
    if out.home is None and not os.environ.get(VARIABLE) and not Path(FILES["partner"]).is_file():
        return None
    return find_home("partner", out.home)


def by_code(rejects: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one entry a problem code: how often, what it means, how to mend it, and where it stands first."""
    entries = []
    for (code,), rows in rejects.sort("file", "line", "column").group_by("code", maintain_order=True):
        problem = PROBLEMS[str(code)]
        places = rows.head(MOST_EXAMPLES).select("file", "line", "column").to_dicts()
        entries.append({
            "code": problem.code, "count": rows.height, "severity": str(problem.severity), "what": problem.what, "mend": problem.mend, "examples": places,
        })  # fmt: skip
    return sorted(entries, key=lambda e: (e["severity"] != "must fix", -e["count"], e["code"]))


def _write(checked: Checked, rejects: Path | None, home: Path | None) -> Sequence[Path]:
    if rejects:
        make_folder(rejects.absolute().parent)
        write_atomic(rejects, rejects_csv(checked.rejects))
        return [rejects]
    return write_rejects(checked, home) if home else []


def _show(out: Screen, checked: Checked, written: Sequence[Path]) -> None:
    entries = by_code(checked.rejects)
    out.result({
        "command": "check", "dataset": checked.contract.id, "as_of": checked.as_of, "received": checked.received, "accepted": checked.accepted,
        "rejected": checked.rejected, "rejects": entries, "notes": checked.notes, "rejects_files": written,
        "files": [{"file": f.file, "records": f.records, "bytes": f.bytes, "sha256": f.sha256, "encoding": f.encoding, "layout": f.layout} for f in checked.files],
        "exit_code": int(ExitCode.DATA_REJECTED if checked.rejected else ExitCode.OK),
    })  # fmt: skip
    if out.as_json:
        return
    for note in checked.notes:
        out.say(f"Note: {note}")
    if entries:
        out.table("", ("Code", "Count", "Severity", "What is wrong", "How to mend it"), [
            (e["code"], e["count"], e["severity"], e["what"], e["mend"]) for e in entries
        ])  # fmt: skip
        out.say("For example")
        for e in entries:
            out.say(f"  {e['code']}: {'; '.join(_place(p) for p in e['examples'])}")
    for path in written:
        out.say(f"All of them, line by line: {path}")
    out.say(f"{checked.contract.id}: {checked.received:,} received = {checked.accepted:,} accepted + {checked.rejected:,} rejected")


def _place(place: dict[str, Any]) -> str:
    return f"{place['file']} line {place['line']:,} {place['column']}".rstrip()
