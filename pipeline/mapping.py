"""Header mappings: which saved one fits a file, and how they are kept (`mappings/<DATASET>[-<layout>].toml`)."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from pathlib import Path

import tomlkit

from pipeline.home import read_toml
from pipeline.store.files import is_safe_name, make_folder, write_atomic
from schemas.contract import Contract, Mark
from schemas.datasets import contract as contract_of
from schemas.errors import ConfigurationError, DataRejected, UsageProblem, nearest
from schemas.mapping import Mapping

FOLDER = "mappings"


def choose(mappings: Sequence[Mapping], header: Sequence[str], contract: Contract, *, file: str = "") -> Mapping:
    """Return the mapping whose headers all stand in the file; of several, the one that uses most columns.

    A file that carries the contract's own headers needs none. Columns are found by name, never by position, so a
    file whose headers changed fits no mapping any more.

    Raises:
        DataRejected: no mapping fits; the message names what is missing.
    """
    there = {fold_header(name) for name in header if name}
    own = _own_headers(contract, there)
    fitting = [m for m in mappings if m.dataset == contract.id and m.columns and not _absent(m, there)]
    if own:
        fitting.append(own)
    if fitting:
        return max(fitting, key=lambda m: len(m.columns))
    raise _nothing_fits([m for m in mappings if m.dataset == contract.id and m.columns], header, there, contract, file)


def load_all(home: Path, dataset: str) -> list[Mapping]:
    """Return the saved mappings of a dataset, the plain one first, then its layouts by name.

    Raises:
        ConfigurationError: a mapping file is wrong, or lies under another dataset's name.
    """
    folder = home / FOLDER
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.glob("*.toml"), key=lambda p: p.stem.casefold()):
        name, _, layout = path.stem.partition("-")
        if name.upper() != dataset:
            continue
        mapping = read_toml(path, Mapping)
        if mapping.dataset != dataset:
            raise ConfigurationError(f"the file's name says {dataset}, its text says {mapping.dataset}", file=str(path), mend="correct one of them")
        found.append(mapping.model_copy(update={"layout": layout}))
    return found


def mapping_path(home: Path, dataset: str, layout: str = "") -> Path:
    """Return where a mapping is kept.

    Raises:
        UsageProblem: the layout's name could not be a file's name everywhere.
    """
    if layout and not is_safe_name(layout):
        raise UsageProblem("a layout's name has characters that are not allowed", found=ascii(layout[:60]), mend="use a to z, 0 to 9 and the hyphen")
    return home / FOLDER / f"{dataset}{f'-{layout}' if layout else ''}.toml"


def save(path: Path, mapping: Mapping, *, to_do: Table[str, Sequence[str]] | None = None, force: bool = False) -> Path:
    """Write a mapping as TOML with comments that explain it.

    Args:
        to_do: field -> codes of the file that nobody has mapped yet; they go in as commented lines.
        force: overwrite a file that is there.

    Raises:
        ConfigurationError: the file exists.
    """
    if path.exists() and not force:
        raise ConfigurationError("the mapping exists and was left as it is", file=str(path), mend="edit it, or add --force to write it anew")
    make_folder(path.parent)
    write_atomic(path, mapping_text(mapping, to_do=to_do).encode())
    return path


def mapping_text(mapping: Mapping, *, to_do: Table[str, Sequence[str]] | None = None) -> str:
    """Return the mapping as commented TOML; read back, it gives the same mapping."""
    contract, document = contract_of(mapping.dataset), tomlkit.document()
    _say(document, f"How your file answers to {contract.id}, {contract.title.lower()}: ours on the left, yours on the right.")
    _say(document, "`counterfoil check` and `counterfoil submit` use this file by themselves when all its headers are in the file.")
    document.add("dataset", tomlkit.item(mapping.dataset))
    for name, why in (("layout", "which of your layouts this is"), ("encoding", "empty means UTF-8"), ("delimiter", "empty means comma"),
                      ("date_form", "how your dates are written; YYYY-MM-DD is always read too")):  # fmt: skip
        document.add(name, tomlkit.item(getattr(mapping, name)).comment(why))
    document.add("ignore", tomlkit.item(list(mapping.ignore)).comment("headers of yours that are known and not wanted"))
    _table(document, "columns", mapping.columns, "our column = \"your header\"")
    _table(document, "date_forms", mapping.date_forms, "columns whose dates are written another way")
    _table(document, "money", mapping.money, "amounts: \"pounds\" or \"pence\", where your file differs from the contract")
    _table(document, "constants", mapping.constants, "what your file does not hold and is the same for every row")
    _codes(document, mapping, to_do or {})
    return tomlkit.dumps(document)


def fold_header(name: str) -> str:
    """Return a header as it is compared: without case, marks nobody sees and double spaces."""
    for unseen in "\ufeff\u200b\u200e\u200f\u00ad\0":
        name = name.replace(unseen, "")
    return " ".join(name.split()).casefold()


def _own_headers(contract: Contract, there: set[str]) -> Mapping | None:
    if any(f.mark is Mark.REQUIRED and f.name not in there for f in contract.fields):
        return None
    return Mapping(dataset=contract.id, columns={name: name for name in contract.names if name in there})


def _absent(mapping: Mapping, there: set[str]) -> list[str]:
    return [header for header in mapping.columns.values() if fold_header(header) not in there]


def _nothing_fits(mappings: Sequence[Mapping], header: Sequence[str], there: set[str], contract: Contract, file: str) -> DataRejected:
    theirs = [name for name in header if name]
    hint = f"counterfoil map suggest {contract.id} {file or 'FILE'} proposes a mapping; map save keeps it"
    if mappings:
        best = min(mappings, key=lambda m: len(_absent(m, there)) / len(m.columns))
        of = {fold_header(yours): ours for ours, yours in best.columns.items()}
        lacking = [f"{of[fold_header(name)]} (header {ascii(name)[1:-1]}{_near(name, theirs)})" for name in _absent(best, there)]
        label = f"{contract.id}{f'-{best.layout}' if best.layout else ''}"
        return DataRejected(f"the file fits no saved mapping; the nearest is {label}", file=file, row=1, found=f"no column for {', '.join(lacking)}", mend=hint)
    missing = [f"{f.name}{_near(f.name, theirs)}" for f in contract.fields if f.mark is Mark.REQUIRED and f.name not in there]
    what = "a required column is missing" if len(missing) == 1 else f"{len(missing)} required columns are missing"
    return DataRejected(what, file=file, row=1, found=f"no column for {', '.join(missing)}", mend=hint)


def _near(name: str, headers: Sequence[str]) -> str:
    close = nearest(name, headers, most=1)
    return f", nearest header {ascii(close[0])[1:-1]}" if close else ""


def _say(document: tomlkit.TOMLDocument | tomlkit.items.Table, text: str) -> None:
    document.add(tomlkit.comment(text))


def _table(document: tomlkit.TOMLDocument, name: str, content: Table[str, object], why: str) -> None:
    if not content:
        return
    table = tomlkit.table()
    table.comment(why)
    for key, value in content.items():
        table.add(key, tomlkit.item(value))
    document.add(tomlkit.nl())
    document.add(name, table)


def _codes(document: tomlkit.TOMLDocument, mapping: Mapping, to_do: Table[str, Sequence[str]]) -> None:
    contract = contract_of(mapping.dataset)
    fields = [name for name in contract.names if name in mapping.codes or to_do.get(name)]
    if not fields:
        return
    codes = tomlkit.table(is_super_table=True)
    for name in fields:
        table = tomlkit.table()
        table.comment(f"your code = ours; ours are {', '.join(contract.field(name).codes)}")
        for theirs, ours in mapping.codes.get(name, {}).items():
            table.add(theirs, ours)
        for theirs in to_do.get(name, ()):
            table.add(tomlkit.comment(f'{tomlkit.item(theirs).as_string()} = ""'))
        codes.add(name, table)
    document.add(tomlkit.nl())
    document.add("codes", codes)
