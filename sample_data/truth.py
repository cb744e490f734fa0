"""What is true about the sample: planted contradictions, innocent look-alikes, who stands in which record, expected rejects.

Published spending has no reference of its own; there a reference is `line:N`, the line of the file where the
payment stands (the header is line 1), and the columns `found_by_*` hold supplier, amount and day.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sample_data.councils import BY_ID
from sample_data.headers import columns
from sample_data.people import NEVER_ISSUED
from sample_data.rows import Registry, Row

SIDES = ("partner_l", "dataset_l", "record_ref_l", "partner_r", "dataset_r", "record_ref_r")
PLANTED = ("rule", "case", *SIDES, "both_nino", "note", "found_by_l", "found_by_r")
DIFFICULTY = ("kind", "rule", *SIDES, "why", "found_by_l", "found_by_r")
IDENTITY = ("partner", "dataset", "record_ref", "party", "person_id")
REJECTS = ("partner", "dataset", "file", "line", "column", "code")


@dataclass(frozen=True)
class Planted:
    rule: str
    left: Row
    right: Row
    note: str
    numbered: bool | None = None


@dataclass(frozen=True)
class Difficulty:
    kind: str
    rule: str
    left: Row
    right: Row
    why: str


@dataclass
class Truth:
    """Collects the truth while the world is made."""

    planted: list[Planted] = field(default_factory=list)
    difficulty: list[Difficulty] = field(default_factory=list)
    rejects: list[tuple[str, str, str, int, str, str]] = field(default_factory=list)

    def plant(self, rule: str, left: Row, right: Row, note: str, *, numbered: bool | None = None) -> None:
        """Note a contradiction that the rule ought to find; `numbered` says whether both sides hold a company number."""
        left.plain = right.plain = False
        self.planted.append(Planted(rule, left, right, note, numbered))

    def tempt(self, kind: str, rule: str, left: Row, right: Row, why: str) -> None:
        """Note an innocent pair that looks like one."""
        left.plain = right.plain = False
        self.difficulty.append(Difficulty(kind, rule, left, right, why))


def write_truth(truth: Truth, registry: Registry, folder: Path) -> None:
    """Write planted.csv, difficulty.csv, identity.csv and rejects.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    planted = []
    for p in truth.planted:
        counts[p.rule] = counts.get(p.rule, 0) + 1
        both = "Y" if p.numbered or (p.numbered is None and has_number(p.left, p.right) and has_number(p.right, p.left)) else "N"
        planted.append((p.rule, f"{p.rule}-{counts[p.rule]:03d}", *_sides(p.left, p.right), both, p.note, _found_by(p.left), _found_by(p.right)))
    difficulty = [(d.kind, d.rule, *_sides(d.left, d.right), d.why, _found_by(d.left), _found_by(d.right)) for d in truth.difficulty]
    _write(folder / "planted.csv", PLANTED, planted)
    _write(folder / "difficulty.csv", DIFFICULTY, difficulty)
    _write(folder / "identity.csv", IDENTITY, sorted(_identity(registry)))
    _write(folder / "rejects.csv", REJECTS, sorted(truth.rejects))


def has_number(row: Row, other: Row) -> bool:
    """Return whether the row's file holds a NINO that the other row holds too, or, for an organisation, a company number."""
    held = columns(BY_ID[row.partner], row.dataset)
    if row.values.get("company_no") and "company_no" in held:
        return True
    return bool(ninos(row) & ninos(other))


def ninos(row: Row) -> set[str]:
    """Return the row's NINOs without their suffix, made-up and temporary ones left out."""
    texts = (str(value or "").upper().replace(" ", "") for name, value in row.values.items() if name.endswith("nino"))
    return {text[:8] for text in texts if text.startswith("QQ") and text[2:8] not in NEVER_ISSUED}


def reference(row: Row) -> str:
    """Return the row's reference, or `line:N` where the dataset has none."""
    return row.ref or f"line:{row.line}"


def _sides(left: Row, right: Row) -> tuple[str, str, str, str, str, str]:
    return left.partner, left.dataset, reference(left), right.partner, right.dataset, reference(right)


def _found_by(row: Row) -> str:
    if row.ref:
        return ""
    values = row.values
    return f"{values['supplier_name']}|{values['net_amount']}|{values['payment_date']}"


def _identity(registry: Registry) -> list[tuple[str, str, str, str, str]]:
    return [
        (row.partner, row.dataset, reference(row), party, who)
        for rows in registry.rows.values()
        for row in rows
        for party, who in row.owners.items()
    ]


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
