"""What of a row rules need: the rest stays at home where identity travels as tokens.

A column that some rule reads in a condition is needed as it is. One that rules only show is sent in coarse steps, if it is a day or an
amount, and not at all if it is free text or a reference of the council's own, because its council can look it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from matchers.rule_sides import DERIVED
from schemas.contract import Contract, Field, FieldType, Role, Visibility
from schemas.datasets import CONTRACTS
from schemas.rule import Rule, load_rules

ALWAYS = ("protected_flag",)
AT_HOME = "address"  # entity of the rules that rest on a home
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_YEAR = re.compile(r"\byear\(\w+\.\w+\)")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True)
class Needs:
    """Payload columns of one dataset, by what is sent of them; every other column is withheld.

    Attributes:
        whole: as they are.
        references: the council's own names of things, as tokens.
        coarse: days and amounts that rules only show.
        words: free text that a condition searches -> the words it searches for; nothing else of the text is sent.
        years: days of which only the year is sent.
    """

    whole: tuple[str, ...]
    references: tuple[str, ...]
    coarse: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    years: tuple[str, ...] = ()

    def withheld(self, contract: Contract) -> tuple[str, ...]:
        """Return the columns that are left at home."""
        sent = {*self.whole, *self.references, *self.coarse, *self.words, *self.years}
        return tuple(f.name for f in contract.payload_fields if f.name not in sent)


def needs(rules: Sequence[Rule], contract: Contract) -> Needs:
    """Return what these rules need of a dataset."""
    own = [rule for rule in rules if contract.id in _read(rule)]
    conditions = [text for rule in own for text in _conditions(rule)]
    read = _words(conditions)
    for name, (expression, _) in DERIVED.get(contract.id, {}).items():
        if name in read:
            read |= _words([expression])
    joins = {name for other in CONTRACTS.values() if other.party_from and contract.id in (other.id, other.party_from[0]) for name in other.party_from[1]}
    shown = {name.split(".")[-1] for rule in own for name in rule.show} | _words(rule.reason for rule in own)
    found: dict[str, list[str]] = {"whole": [], "references": [], "coarse": []}
    words: dict[str, tuple[str, ...]] = {}
    for field in contract.payload_fields:
        needed = field.name in read or field.name in joins or field.name in ALWAYS
        if needed and field.role is Role.REFERENCE and field.visibility is not Visibility.SHARED:
            found["references"].append(field.name)
        elif needed and _is_free_text(field):
            words[field.name] = _searched(conditions, field.name)
        elif needed or (field.name in shown and field.type in (FieldType.CODE, FieldType.FLAG, FieldType.INTEGER)):
            found["whole"].append(field.name)
        elif field.name in shown and field.type in (FieldType.DATE, FieldType.MONEY):
            found["coarse"].append(field.name)
    return Needs(tuple(found["whole"]), tuple(found["references"]), tuple(found["coarse"]), words)


def household_needs(rules: Sequence[Rule], contract: Contract) -> Needs | None:
    """Return what rules on homes need of a dataset, or None where there is none such.

    It leaves in a table of its own, and what stands in both could join the two. So nothing leaves there to be shown only, amounts are
    coarse, and of a day a condition gets the month, or the year where it asks for `year(...)` and nothing else.
    """
    own = [rule for rule in rules if rule.entity == AT_HOME and contract.id in _read(rule)]
    if not own:
        return None
    found = needs(own, contract)
    conditions = " ".join(text for rule in own for text in _conditions(rule))
    read, beyond_year = _words([conditions]), _words([_YEAR.sub(" ", conditions)])
    days = [name for name in found.whole if contract.field(name).type is FieldType.DATE]
    years = tuple(name for name in days if name not in beyond_year)
    amounts = [name for name in found.whole if contract.field(name).type is FieldType.MONEY]
    coarse = tuple(name for name in (*days, *amounts) if name not in years)
    whole = tuple(name for name in found.whole if name not in (*days, *amounts) and (name in read or name in ALWAYS))
    return replace(found, whole=whole, coarse=coarse, years=years)


@cache
def precision(dataset: str, name: str, *, at_home: bool) -> Literal["month", "year", "day"]:
    """Return how much of a day is known of encoded people, by the rule book: to say more would be false."""
    contract = CONTRACTS[dataset]
    found = household_needs(load_rules(), contract) if at_home else needs([rule for rule in load_rules() if rule.entity != AT_HOME], contract)
    if found is not None and name in found.years:
        return "year"
    return "month" if found is not None and name in found.coarse else "day"


def _read(rule: Rule) -> set[str]:
    """Return the datasets whose rows the rule reads: both sides, and the standing data of a payment."""
    sides = {rule.left, rule.right}
    return sides | {contract.party_from[0] for contract in CONTRACTS.values() if contract.id in sides and contract.party_from}


def _conditions(rule: Rule) -> list[str]:
    return [rule.when, rule.owner, rule.value.pence, *rule.same, *rule.totals.values(), *(s.when for s in rule.suppressor)]


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(_LITERAL.sub(" ", text))}


def _is_free_text(field: Field) -> bool:
    return field.type is FieldType.TEXT and field.role is Role.ATTRIBUTE


def _searched(conditions: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the words in the literals of the conditions that read the column."""
    literals = [literal for text in conditions if name in _words([text]) for literal in _LITERAL.findall(text)]
    return tuple(sorted({word for literal in literals for word in re.findall(r"[a-z]{3,}", literal.lower())}))
