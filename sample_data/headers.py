"""The header each council's system gives a field of a contract."""

from __future__ import annotations

import re
from functools import cache

from sample_data.councils import Council
from schemas.contract import Field
from schemas.datasets import CONTRACTS

# A payment line has no reference and no extract date of its own.
_NEVER = {"PSP": frozenset({"partner_record_ref", "as_of_date"})}
_CONSTANT_DATE = frozenset({"hollinbeck", "carrowdale"})  # these systems do not write the extract's date into the rows


@cache
def columns(council: Council, dataset: str) -> dict[str, str]:
    """Return contract field -> the council's header, in the order of the file; headers differ by more than case."""
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for field in CONTRACTS[dataset].fields:
        if not _held(council, dataset, field):
            continue
        tries = (_styled(field, council.dialect.headers), _cased(field.name, council.dialect.headers), f"{field.name}_2")
        header = next(name for name in tries if name.casefold() not in taken)
        taken.add(header.casefold())
        chosen[field.name] = header
    if council.dialect.headers == "camel":
        return dict(sorted(chosen.items(), key=lambda item: item[1]))
    return chosen


def constant_date(council: Council, dataset: str) -> bool:
    """Return whether the extract's date stands in the mapping and not in the rows; two deliveries need it in the rows."""
    return council.id in _CONSTANT_DATE and dataset not in ("CRS", "PSP")


def _held(council: Council, dataset: str, field: Field) -> bool:
    without = council.dialect.leaves_out
    if field.name in _NEVER.get(dataset, ()) or (field.name == "as_of_date" and constant_date(council, dataset)):
        return False
    bare = field.name.removeprefix("second_").removeprefix("partner_").removeprefix("joint_")
    left_out = field.name in without or f"{dataset}.{field.name}" in without or (bare != "record_ref" and bare in without)
    return field.mark == "required" or not left_out


def _styled(field: Field, style: str) -> str:
    if style == "contract":
        return field.name
    if style == "terse":
        return "_".join(word[:4] for word in field.name.split("_")).upper()
    usable = [alias for alias in field.aliases if re.fullmatch(r"[a-z0-9 ]+", alias)]
    if not usable:
        return _cased(field.name, style)
    return _cased(usable[{"capitals": 0, "words": -1, "camel": 1 if len(usable) > 1 else 0}[style]], style)


def _cased(name: str, style: str) -> str:
    words = name.replace("_", " ").split()
    match style:
        case "capitals":
            return "_".join(words).upper()
        case "words":
            return " ".join(word if word.isupper() else word.capitalize() for word in words)
        case "camel":
            return words[0] + "".join(word.capitalize() for word in words[1:])
        case "terse":
            return "_".join(words).upper()
        case _:
            return name
