"""Sentences and details of an exception, as SQL: dates, money and codes the way a person reads them."""

from __future__ import annotations

import re

from matchers.needs import AT_HOME, precision
from matchers.rule_sides import party_dataset
from schemas.contract import Contract, Field, FieldType, Visibility
from schemas.datasets import CONTRACTS
from schemas.rule import GAP, Rule

NOT_KNOWN = "not known"
EMPTY = "''"
NINO_LETTERS = 9  # a longer one is a token, and says nothing to anybody
# Creditors that are people and no traders: an organisation's name is shared, a foster carer's is not.
PRIVATE_PEOPLE = ("STAFF", "FOSTER", "REFUND")
_NAMES = ("name", "name_as_sent")
_DATES = ("as_of", "previous_as_of")
DAY = "%-d %B %Y"
_PARTS = {"month": "%B %Y", "year": "%Y"}


def sentence_sql(rule: Rule) -> str:
    """Return the expression for the reason to look, with the shared fields put into its gaps."""
    parts, end = [], 0
    for gap in GAP.finditer(rule.reason):
        parts.append(text_literal(rule.reason[end : gap.start()]))
        parts.append(f"coalesce({shown_sql(rule, gap['side'], gap['name'])}, {text_literal(gap['empty'] or NOT_KNOWN)})")
        end = gap.end()
    parts.append(text_literal(rule.reason[end:]))
    return f"concat({', '.join(part for part in parts if part != EMPTY)})"


def details_sql(rule: Rule, side: str, who: Visibility) -> str:
    """Return the expression for `field: value; field: value` of the fields of one side with this visibility."""
    names = [name for name in rule.shown(side) if rule.visibility(side, name) is who]
    if not names:
        return "''"
    parts = [f"{text_literal(name.replace('_', ' ') + ': ')} || {shown_sql(rule, side, name)}" for name in names]
    return f"concat_ws('; ', {', '.join(parts)})"


def shown_sql(rule: Rule, side: str, name: str) -> str:
    """Return the expression for one value as a person reads it; null stays null."""
    column = f"{side}.{name}"
    if name in rule.totals:
        return _total_sql(column, rule, side, name)
    found = field_of(rule.dataset(side), name)
    if name == "nino":
        return f"case when len({column}) <= {NINO_LETTERS} then {column} end"
    if name in _NAMES and field_of(rule.dataset(side), "creditor_type"):
        kinds = ", ".join(text_literal(kind) for kind in PRIVATE_PEOPLE)
        return f"case when {side}.creditor_type in ({kinds}) then 'a private person' else {column} end"
    if found is None:
        return f"strftime({column}, '{DAY}')" if name in _DATES else f"cast({column} as varchar)"
    if found.type is FieldType.DATE:
        return _day_sql(rule, side, name)
    return _field_sql(column, found)


def _day_sql(rule: Rule, side: str, name: str) -> str:
    """Return a day as it is known: of encoded people some come as months or years, and are shown as no more."""
    column, dataset = f"{side}.{name}", rule.dataset(side)
    holder = dataset if name in CONTRACTS[dataset].names else party_dataset(CONTRACTS[dataset])
    known = precision(holder, name, at_home=rule.entity == AT_HOME)
    whole = f"strftime({column}, '{DAY}')"
    return whole if known == "day" else f"case when {side}.encoded then strftime({column}, '{_PARTS[known]}') else {whole} end"


def _total_sql(column: str, rule: Rule, side: str, name: str) -> str:
    types = {f.type for word in re.findall(r"\w+", rule.totals[name]) if (f := field_of(rule.dataset(side), word))}
    if FieldType.MONEY in types:
        return f"pounds(cast({column} as bigint))"
    if FieldType.DATE in types:
        return f"strftime({column}, '{DAY}')"
    return f"format('{{:,}}', cast({column} as bigint))"


def _field_sql(column: str, found: Field) -> str:
    match found.type:
        case FieldType.MONEY:
            return f"pounds({column})"
        case FieldType.FLAG:
            return f"case when {column} then 'yes' when not {column} then 'no' end"
        case FieldType.CODE:
            meanings = " ".join(f"when {text_literal(code)} then {text_literal(words)}" for code, words in found.codes.items())
            return f"case {column} {meanings} else {column} end"
        case FieldType.INTEGER if found.unit == "pounds":
            return f"'£' || format('{{:,}}', {column})"
        case FieldType.INTEGER if found.unit.startswith("hundredths"):
            return f"cast({column} // 100 as varchar) || '.' || lpad(cast({column} % 100 as varchar), 2, '0')"
    return f"cast({column} as varchar)"


def field_of(dataset: str, name: str) -> Field | None:
    """Return the contract's field that a rule column is, the supplier's standing data included; None for other columns."""
    if dataset not in CONTRACTS:
        return None
    contract: Contract = CONTRACTS[dataset]
    for source in (contract, CONTRACTS[contract.party_from[0]] if contract.party_from else contract):
        if name in source.names:
            return source.field(name)
    return None


def text_literal(text: str) -> str:
    """Return a text of ours as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
