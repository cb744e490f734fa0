"""Is this file right? Read, validate and judge the files of one dataset, and tell good rows from rejects."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.mapping import choose
from pipeline.read import read, read_header
from pipeline.row_rules import row_problems
from pipeline.suspicions import damage_in_rows, damage_in_text
from pipeline.validate import as_rejects, must_fix, validate
from schemas.contract import Contract
from schemas.errors import CounterfoilError, UsageProblem
from schemas.mapping import Mapping
from schemas.records import REJECT
from schemas.relations import AS_DECLARED, Checked, ReadOptions, Received


def check(
    files: Sequence[Path], contract: Contract, mappings: Sequence[Mapping], *, as_of: date, options: ReadOptions = AS_DECLARED
) -> Checked:
    """Return the accepted rows of the files and the rejects of the others.

    Args:
        files: parts of one delivery; a reference may stand in one of them only.
        mappings: layouts of this dataset; each file takes the one whose headers it has.
        as_of: today.

    Raises:
        DataRejected: a file is unusable as a whole.
        UsageProblem: no file, or one file twice.
    """
    _refuse_twice(files)
    received, rows, problems, unread, notes, used = [], [], [], [], [], []
    for path in files:
        mapping = choose_layout(path, contract, mappings, options)
        one = read(path, contract, mapping, options)
        damage = damage_in_text(one.rows, contract)
        columns = {column.name: column for column in one.rows}
        one = _without_rows(one)
        typed_rows, found = validate(columns, contract, mapping, file=path.name, as_of=as_of)
        damage += damage_in_rows(typed_rows, contract)
        notes += [f"{path.name}: {note}" for note in (*one.notes, *damage)]
        used.append(mapping)
        rows.append(typed_rows)
        problems.append(found)
        unread.append(one.rejects)
        received.append(one)
    good = pl.concat(rows)
    rows.clear()
    del typed_rows
    found = pl.concat([*problems, row_problems(good, contract)])
    left_out = must_fix(found)
    if left_out.height:
        good = _without(good, left_out)
    rejects = REJECT.conform(pl.concat([*unread, as_rejects(found.unique())]))
    total = sum(one.records for one in received)
    return Checked(
        contract=contract, as_of=as_of, rows=good, rejects=rejects, received=total, accepted=good.height,
        rejected=total - good.height, mapping_digest=_digest(used), files=tuple(received), notes=tuple(notes),
    )


def _without(rows: pl.DataFrame, left_out: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not left out."""
    bad = left_out.with_columns(bad=pl.lit(value=True))
    keep = rows.select("file", "line").join(bad, on=["file", "line"], how="left", maintain_order="left")["bad"].is_null()
    return rows.filter(keep)


def choose_layout(path: Path, contract: Contract, mappings: Sequence[Mapping], options: ReadOptions) -> Mapping:
    """Return the mapping that fits the file; each is tried with the encoding and delimiter it declares."""
    ways = dict.fromkeys((options.encoding or m.encoding, options.delimiter or m.delimiter) for m in mappings)
    ways = ways or {(options.encoding, options.delimiter): None}
    failure: CounterfoilError | None = None
    for encoding, delimiter in ways:
        fitting = [m for m in mappings if (options.encoding or m.encoding, options.delimiter or m.delimiter) == (encoding, delimiter)]
        try:
            return choose(fitting, read_header(path, encoding=encoding, delimiter=delimiter), contract, file=path.name)
        except CounterfoilError as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _refuse_twice(files: Sequence[Path]) -> None:
    if not files:
        raise UsageProblem("no file was named", mend="name at least one file after the dataset")
    names = [path.name for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageProblem(f"the file {twice[0]} is named twice", mend="name each file once; two files of one name in two folders must be renamed")


def _without_rows(one: Received) -> Received:
    return Received(one.file, one.rows.clear(), one.rejects, one.records, one.bytes, one.sha256, one.encoding, one.layout, one.notes)


def _digest(mappings: Sequence[Mapping]) -> str:
    return hashlib.sha256("\n".join(sorted(m.model_dump_json() for m in mappings)).encode()).hexdigest()
