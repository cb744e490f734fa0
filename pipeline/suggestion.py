"""Proposals for a header mapping: which of their columns is which of ours, and what their values are written like.

Names are compared with rapidfuzz; a few rows of the file speak for or against a pair. A proposal is for a person
to read, so samples are masked: letters become A, digits 9.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl
from rapidfuzz import fuzz

from matchers.normalisers.dates import FORMS, date_forms
from schemas.contract import Contract, Field, FieldType, Mark, Role
from schemas.mapping import Mapping

LEAST_SCORE = 78.0  # of 100; below it a shared word such as 'supplier' or 'date' made most of the likeness
ALIAS = 99.0  # our own name for a field comes before a name that others use
PART_OF_NAME = 0.8  # a header that holds all our words, and others, counts this much
UNLIKELY = 0.7  # values of another kind than the field's take this much off the score
CODES_SHOWN = 40  # a column with more distinct values is no code list, and is not shown
ISO = "YYYY-MM-DD"
_SHORT = {
    "no": "number", "num": "number", "ref": "reference", "addr": "address", "dt": "date", "tel": "telephone",
    "amt": "amount", "dob": "birth date", "desc": "description", "org": "organisation", "acc": "account", "acct": "account",
}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """One proposed pair: our field, their header, how sure (0 to 100), and masked samples."""

    field: str
    header: str
    score: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestions:
    """A proposal for one layout.

    Attributes:
        matches: in the order of the contract.
        unmatched: header -> the three closest fields.
        missing: required field without a header -> the three closest headers.
        unknown_codes: field -> (code, rows) that are not in the contract's list; masked where the column does not
            look like a list of codes.
        to_do: field -> those codes that may be written into the mapping, in clear.
        rows: how many rows of the file were looked at.
    """

    dataset: str
    matches: tuple[Match, ...]
    unmatched: Table[str, tuple[str, ...]]
    missing: Table[str, tuple[str, ...]]
    rows: int = 0
    date_form: str = ISO
    date_forms: Table[str, str] = field(default_factory=dict)
    money: Table[str, Literal["pence", "pounds"]] = field(default_factory=dict)
    unknown_codes: Table[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    to_do: Table[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def mapping(self, *, layout: str = "", encoding: str = "", delimiter: str = "") -> Mapping:
        """Return the proposal as a mapping that can be saved and edited."""
        return Mapping(
            dataset=self.dataset, layout=layout, encoding=encoding, delimiter=delimiter, date_form=self.date_form,
            columns={m.field: m.header for m in self.matches}, date_forms=dict(self.date_forms), money=dict(self.money),
            ignore=tuple(self.unmatched),
        )  # fmt: skip


def suggest(header: Sequence[str], contract: Contract, sample_rows: Sequence[Sequence[str]] = ()) -> Suggestions:
    """Propose a mapping from the file's headers, and from some of its rows where they are given.

    Each header and each field is used once; the best pairs are settled first. Unnamed columns, and headers that
    stand in the file twice, are left alone.
    """
    headers = [name for name in header if name and header.count(name) == 1]
    columns = {name: _column(sample_rows, header.index(name)) for name in headers}
    scores = {(f.name, name): score(name, f, columns[name]) for f in contract.fields for name in headers}
    pairs = _one_to_one(scores, contract, headers)
    texts = {ours: columns[theirs] for ours, theirs in pairs.items()}
    form, forms, notes = _date_forms(contract, texts)
    unknown, to_do = _unknown_codes(contract, texts)
    return Suggestions(
        dataset=contract.id,
        matches=tuple(
            Match(name, pairs[name], round(scores[name, pairs[name]]), tuple(mask(v) for v in _first_different(texts[name])))
            for name in contract.names if name in pairs
        ),
        unmatched={name: _closest({f: scores[f, name] for f in contract.names}) for name in headers if name not in pairs.values()},
        missing={
            f.name: _closest({name: scores[f.name, name] for name in headers})
            for f in contract.fields if f.mark is Mark.REQUIRED and f.name not in pairs
        },
        rows=len(sample_rows), date_form=form, date_forms=forms, money=_money(contract, texts), unknown_codes=unknown, to_do=to_do, notes=notes,
    )  # fmt: skip


def score(header: str, f: Field, values: Sequence[str] = ()) -> float:
    """Return how well a header names a field, from 0 to 100, taking off for values of another kind."""
    theirs = _words(header)
    best = max(_alike(theirs, _words(f.name)), *(min(ALIAS, _alike(theirs, _words(name))) for name in f.aliases), 0.0)
    return best if _plausible(f, values) else best * UNLIKELY


def mask(value: str) -> str:
    """Return a value's shape: letters as A, digits as 9, accents dropped, at most 40 characters."""
    shape = []
    for character in unicodedata.normalize("NFC", value[:40]):
        category = unicodedata.category(character)[0]
        shape.append("A" if category == "L" else "9" if category == "N" else "" if category in "MC" else character)
    return "".join(shape)


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(_SHORT.get(word, word) for word in re.findall(r"[^\W_]+", spaced.casefold()))


def _alike(theirs: str, ours: str) -> float:
    if theirs == ours:
        return 100.0
    whole = max(fuzz.ratio(theirs, ours), fuzz.token_sort_ratio(theirs, ours))
    contained = 100.0 * PART_OF_NAME if set(ours.split()) <= set(theirs.split()) else 0.0
    return min(ALIAS, max(whole, contained))


_SHAPES = {
    FieldType.MONEY: r"[-+(£]*\s*[0-9][0-9,]*(\.[0-9]+)?\s*[-)]?",
    FieldType.INTEGER: r"[-+]?[0-9][0-9,]*(\.0*)?",
    FieldType.UPRN: r"[0-9]{1,12}",
    FieldType.POSTCODE: r"[A-Za-z]{1,2}[0-9][0-9A-Za-z]?\s*[0-9][A-Za-z]{2}",
    FieldType.NINO: r"[A-Za-z]{2}\s*([0-9]\s*){6}[A-Za-z]?",
    FieldType.EMAIL: r"[^@\s]+@[^@\s]+",
    FieldType.SORT_CODE: r"([0-9]{2}[- ]?){3}",
}  # fmt: skip


def _plausible(f: Field, values: Sequence[str]) -> bool:
    filled = [v.strip() for v in values if v.strip()][:200]
    if not filled:
        return True
    if f.type in (FieldType.DATE, FieldType.PARTIAL_DATE):
        return sum(any(c.isdigit() for c in v) for v in filled) * 2 >= len(filled)
    if f.type in _SHAPES:
        return sum(re.fullmatch(_SHAPES[f.type], v) is not None for v in filled) * 2 >= len(filled)
    if f.type is FieldType.TEXT and f.role in (Role.PERSON, Role.ORGANISATION):
        return sum(any(c.isalpha() for c in v) for v in filled) * 2 >= len(filled)
    if f.type is FieldType.TEXT and f.role is Role.REFERENCE:
        return sum(any(c.isdigit() for c in v) for v in filled) * 2 >= len(filled)
    return True


def _one_to_one(scores: Table[tuple[str, str], float], contract: Contract, headers: Sequence[str]) -> dict[str, str]:
    needed = {Mark.REQUIRED: 0, Mark.DESIRED: 1, Mark.OPTIONAL: 2}
    place = {name: (needed[f.mark], position) for position, f in enumerate(contract.fields) for name in [f.name]}
    ranked = sorted(scores, key=lambda pair: (-round(scores[pair]), place[pair[0]], headers.index(pair[1])))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name, header in ranked:
        if scores[name, header] >= LEAST_SCORE and name not in found and header not in taken:
            found[name] = header
            taken.add(header)
    return found


def _closest(scores: Table[str, float]) -> tuple[str, ...]:
    return tuple(sorted(scores, key=lambda name: (-scores[name], name))[:3])


def _column(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at] for row in rows if len(row) > at]


def _first_different(values: Sequence[str], most: int = 3) -> list[str]:
    return list(dict.fromkeys(v for v in values if v.strip()))[:most]


def _date_forms(contract: Contract, texts: Table[str, Sequence[str]]) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Return the commonest form, the columns that have another, and what cannot be declared."""
    best: dict[str, str] = {}
    notes = []
    for f in contract.fields:
        values = [v for v in texts.get(f.name, ()) if v.strip()]
        if f.type not in (FieldType.DATE, FieldType.PARTIAL_DATE) or not values:
            continue
        counts = date_forms(pl.Series(values))
        known = {form: count for form, count in counts.items() if form in FORMS}
        other = max((count for form, count in counts.items() if form not in FORMS), default=0)
        if known:
            best[f.name] = max(known, key=lambda form: (known[form], form == ISO, -FORMS.index(form)))
        if other > max(known.values(), default=0):
            notes.append(f"the dates in {f.name} look like {next(c for c in counts if c not in FORMS)}, which cannot be read safely; export them as {ISO}")
    if not best:
        return ISO, {}, tuple(notes)
    common = Counter(best.values()).most_common(1)[0][0]
    return common, {name: form for name, form in best.items() if form != common}, tuple(notes)


def _money(contract: Contract, texts: Table[str, Sequence[str]]) -> dict[str, Literal["pence", "pounds"]]:
    """Return `pounds` for amounts that our contract wants in pence and whose values have decimals."""
    return {
        f.name: "pounds"
        for f in contract.fields
        if f.type is FieldType.MONEY and f.unit == "pence" and any(re.search(r"\.[0-9]{1,2}\b", v) for v in texts.get(f.name, ()))
    }


def _unknown_codes(
    contract: Contract, texts: Table[str, Sequence[str]]
) -> tuple[dict[str, tuple[tuple[str, int], ...]], dict[str, tuple[str, ...]]]:
    shown: dict[str, tuple[tuple[str, int], ...]] = {}
    to_do: dict[str, tuple[str, ...]] = {}
    for f in contract.fields:
        if f.type is not FieldType.CODE:
            continue
        known = {code.casefold() for code in f.codes}
        values = Counter(v.strip() for v in texts.get(f.name, ()) if v.strip())
        unknown = [(code, rows) for code, rows in sorted(values.items(), key=lambda item: (-item[1], item[0])) if code.casefold() not in known]
        if not unknown:
            continue
        # a column of names, taken for codes by mistake, has about as many values as rows
        if len(values) <= CODES_SHOWN and values.total() >= 3 * len(values):
            shown[f.name], to_do[f.name] = tuple(unknown), tuple(code for code, _ in unknown)
        else:
            masked = Counter(mask(code) for code, rows in unknown for _ in range(rows))
            shown[f.name] = tuple(masked.most_common(5))
    return shown, to_do
