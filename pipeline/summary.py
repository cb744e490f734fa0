"""The page that goes with a report: what the rules mean, how to read a line, and what became of the data sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas.rule import Rule

BANDS = ("top", "middle", "low")
STATES = {
    "used": "used tonight", "superseded": "replaced by a newer delivery", "duplicate": "sent before", "quarantined": "not usable, see its receipt",
    "too old": "older than agreed", "other exercise": "encoded for an exercise that is not in force: submit again", "not agreed": "no agreement covers it",
    "purged": "destroyed, as agreed", "incomplete": "not complete yet",
}


def summary_text(
    table: pl.DataFrame, suppressed: pl.DataFrame, submissions: pl.DataFrame, rules: Sequence[Rule], *, partner: str, run_id: str, as_of: date
) -> str:
    """Return one partner's summary as Markdown.

    Args:
        table: the partner's report. suppressed: exceptions held back that it may know of.
        submissions: the partner's own, shape `SUBMISSION`.
    """
    parts = [
        f"# Reasons to look: {partner}, {long_date(as_of)}",
        f"Run {run_id}. {_count(table.height, 'exception')}, {_count(table.filter(pl.col('status') == 'new').height, 'of them new', 'of them new')}.",
        "**An exception is a reason to look, and not a finding.** Two records say things that do not go together. Most such "
        "differences have an innocent cause. A person decides, after looking; nothing is stopped, changed or asked back because of this list alone.",
        _protected_note(table),
        "## What was found", _by_rule(table, rules),
        "## What each rule means", _meanings(table, rules),
        "## How to read a line", HOW_TO_READ,
        "## What was held back, and why", _held_back(suppressed, rules),
        "## How fresh the data is", _freshness(submissions, as_of),
        "## What became of your lines", conservation(submissions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


HOW_TO_READ = """\
- `exception_id` names the case. It stays the same every night, and the other partner's report uses the same one: quote it when you write to each other.
- `band` says how sure we are that both sides are the same person or organisation: *top* first. `tier` says why: T1 a registered \
number (National Insurance, company, VAT, charity) and something more, T2 names and birth date, or an organisation's whole name, T3 name and address, or a \
name nearly the same, T4 address only, T5 a bank account or number only.
- `your_` columns are your own record, `other_` columns the other side, of which only shared fields are shown.
- `evidence` lists what agrees (+) and what does not (-). Each point doubles or halves the odds.
- `value_pence` is an estimate that helps to put cases in order. It is never a debt. Where it is empty, it is not known, or it is for the other partner to see.
- `owner` acts first. The other partner waits, and answers questions.
- `protected` means that whereabouts must not become known. The other partner was told nothing; only a named officer handles it."""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def long_date(day: date) -> str:
    """Return a day as 1 November 2026."""
    return f"{day.day} {day:%B %Y}"


def _protected_note(table: pl.DataFrame) -> str:
    protected = table.filter(pl.col("protected")).height
    return f"**{_count(protected, 'exception')} on this list {'is' if protected == 1 else 'are'} protected.** Only you were told." if protected else ""


def _by_rule(table: pl.DataFrame, rules: Sequence[Rule]) -> str:
    if not table.height:
        return "Nothing. Your data and that of your partners did not contradict each other under any rule."
    titles = _first_titles(rules)
    lines = ["| rule | what | " + " | ".join(BANDS) + " | all |", "| --- | --- | " + "---: | " * (len(BANDS) + 1)]
    counted = {(rule, band): number for rule, band, number in table.group_by("rule", "band").len().iter_rows()}
    for rule in sorted({key for key, _ in counted}):
        numbers = [counted.get((rule, band), 0) for band in BANDS]
        lines.append(f"| {rule} | {titles.get(rule, '')} | " + " | ".join(f"{n:,}" for n in (*numbers, sum(numbers))) + " |")
    return "\n".join(line.rstrip() for line in lines)


def _first_titles(rules: Sequence[Rule]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.key):
        titles.setdefault(rule.id, rule.title)
    return titles


def _meanings(table: pl.DataFrame, rules: Sequence[Rule]) -> str:
    found = set(table.get_column("title")) if table.height else set()
    meant = [f"- **{rule.id} {rule.title}** (version {rule.version}). {rule.plain}" for rule in sorted(rules, key=lambda r: r.key) if rule.title in found]
    return "\n".join(meant) or "No rule found anything."


def _held_back(suppressed: pl.DataFrame, rules: Sequence[Rule]) -> str:
    if not suppressed.height:
        return "Nothing."
    why = {(rule.key, s.code): s.because for rule in rules for s in rule.suppressor}
    lines = ["These pairs met a rule, but something in the data explains them. They are counted here and not listed.", ""]
    for key, code, number in suppressed.group_by("rule_key", "suppressor").len().sort("rule_key", "suppressor").iter_rows():
        lines.append(f"- {key.split()[0]} {code}: {number:,}. {why.get((key, code), '')}".rstrip())
    return "\n".join(lines)


def _freshness(submissions: pl.DataFrame, as_of: date) -> str:
    used = submissions.filter(pl.col("state") == "used").sort("dataset", "period")
    if not used.height:
        return "None of your data was used tonight."
    return "\n".join(
        f"- {dataset} ({period}): as on {long_date(day)}, {_count((as_of - day).days, 'day')} old"
        for dataset, period, day in used.select("dataset", "period", "as_of").iter_rows()
    )


def conservation(submissions: pl.DataFrame) -> str:
    """Return the account of every line received: received = in the run + rejected + superseded, per delivery and in all."""
    if not submissions.height:
        return "You have sent nothing yet."
    lines = ["| delivery | dataset | state | received | in the run | rejected | superseded |", "| --- | --- | --- | ---: | ---: | ---: | ---: |"]
    numbers = ["rows_received", "rows_accepted", "rows_rejected", "rows_superseded"]
    for row in submissions.sort("sequence", "submission_id").iter_rows(named=True):
        state = f"{row['state']}: {row['reason']}" if row["reason"] else STATES.get(row["state"], row["state"])
        lines.append(f"| {row['submission_id']} | {row['dataset']} | {_one_line(state)} | " + " | ".join(f"{row[n] or 0:,}" for n in numbers) + " |")
    received, accepted, rejected, superseded = (int(submissions.get_column(n).sum()) for n in numbers)
    lines.append(f"| **all** | | | {received:,} | {accepted:,} | {rejected:,} | {superseded:,} |")
    law = f"{received:,} received = {accepted:,} in the run + {rejected:,} rejected + {superseded:,} superseded."
    if received != accepted + rejected + superseded:
        law += " **These do not add up. Tell the joint unit; nothing on this page should be relied on until it is explained.**"
    return "\n".join([*lines, "", law])


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
