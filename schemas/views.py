"""The workbench's views: names, columns and what each means. They are part of the interface; the tables below are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from schemas.records import CLUSTER_MEMBER, COVERAGE, EXCEPTION, LINK, OUTCOME, RECORD, REJECT, ROW_KEY, SUBMISSION, Shape
from schemas.rule import MATCH_ONLY_COLUMNS

_S, _D, _I, _B = pl.String(), pl.Date(), pl.Int64(), pl.Boolean()

RECORD_TABLE = Shape(
    "record",
    "a person or organisation named in an accepted row; what is compared and never shown is left out",
    {"record": (_I, "Record number of the run."), **{n: c for n, c in RECORD.columns.items() if n not in MATCH_ONLY_COLUMNS}},
    ("record",),
)
EVIDENCE_LINE = Shape(
    "evidence_line",
    "what one comparison said about the two sides of an exception",
    {
        "exception_id": (_S, "Exception it belongs to."),
        "field": (_S, "What was compared; start stands for the odds before anything was."),
        "level": (_S, "Degree of agreement, by name."),
        "contribution": (_I, "Centibits for (positive) or against (negative) a match; 100 double the odds."),
        "sentence": (_S, "The same in words, with the contribution in bits."),
    },
    ("exception_id", "field"),
)
RULE_TABLE = Shape(
    "rule",
    "a rule and its two datasets",
    {
        "rule_key": (_S, "Rule and its two datasets."),
        "rule": (_S, "Rule."),
        "version": (_I, "Version of the rule."),
        "title": (_S, "The rule in a few words."),
        "plain": (_S, "The rule in plain English."),
        "left_dataset": (_S, "Dataset of the left side; ANY means any."),
        "right_dataset": (_S, "Dataset of the right side; ANY means any."),
        "entity": (_S, "Kind of link it rests on; row where lines of one council are compared."),
        "scope": (_S, "across authorities, within one, or both."),
        "minimum_tier": (_S, "Weakest identity that may issue, T1 (best) to T5."),
        "grace_days": (_I, "Days that are forgiven."),
        "condition": (_S, "What has to hold, as the rule book has it."),
        "suppressors": (_S, "Innocent causes that hold an exception back: code and reason, one a line."),
        "value_code": (_S, "Row of the value table."),
        "nfi_alias": (_S, "Report of the National Fraud Initiative that asks the same."),
    },
    ("rule_key",),
)
PARTNER_TABLE = Shape(
    "partner",
    "a council, landlord or company that takes part",
    {
        "partner": (_S, "Partner's id."),
        "name": (_S, "Partner's name."),
        "gss": (_S, "Code of the Office for National Statistics."),
        "kind": (_S, "district, county, unitary, landlord or other."),
        "datasets": (_S, "Datasets it agreed to send, with a space between."),
    },
    ("partner",),
)
REJECT_TABLE = Shape(
    "reject",
    "a problem of a line that a partner sent; never its value",
    {
        "partner": (_S, "Partner that sent the line."),
        "dataset": (_S, "Dataset sent."),
        "submission_id": (_S, "Delivery it came with."),
        **REJECT.columns,
    },
    ("partner", "dataset", "submission_id", *REJECT.key),
)
RUN = Shape(
    "run",
    "a published run",
    {
        "run_id": (_S, "Name of the run: its night and a digest of its input."),
        "as_of": (_D, "The night."),
        "tool_version": (_S, "Version of the program."),
        "records": (_I, "Parties in it."),
        "links": (_I, "Links found."),
        "exceptions_new": (_I, "Exceptions issued for the first time."),
        "exceptions_continuing": (_I, "Exceptions issued before."),
        "exceptions_suppressed": (_I, "Exceptions held back."),
        "rows_received": (_I, "Lines received; the sum of the next three."),
        "rows_accepted": (_I, "Lines in the run."),
        "rows_rejected": (_I, "Lines turned away."),
        "rows_superseded": (_I, "Lines that newer ones replace."),
        "notes": (_S, "What the run had to say, one a line."),
    },
    ("run_id",),
)

TABLES: dict[str, Shape] = {
    shape.name: shape
    for shape in (EXCEPTION, EVIDENCE_LINE, LINK, CLUSTER_MEMBER, RECORD_TABLE, RULE_TABLE, PARTNER_TABLE, SUBMISSION, REJECT_TABLE, OUTCOME, COVERAGE, RUN)
}


@dataclass(frozen=True)
class View:
    """A documented view over the tables of the schema `data`.

    Attributes:
        about: what one row is, and how to use it.
        columns: name -> (expression, description).
        source: what follows `from`, joins included.
    """

    name: str
    about: str
    columns: Mapping[str, tuple[str, str]]
    source: str

    @property
    def sql(self) -> str:
        """The statement that creates the view, and its comments after it."""
        listed = ",\n    ".join(f"{expression} as {_quoted(name)}" for name, (expression, _) in self.columns.items())
        return f"create view {self.name} as\nselect {listed}\nfrom {self.source}"

    @property
    def comments(self) -> tuple[str, ...]:
        """The statements that describe the view and each column."""
        told = [f"comment on view {self.name} is {_text(self.about)}"]
        return (*told, *(f"comment on column {self.name}.{_quoted(n)} is {_text(d)}" for n, (_, d) in self.columns.items()))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _own(shape: Shape, alias: str = "t") -> dict[str, tuple[str, str]]:
    return {name: (f"{alias}.{_quoted(name)}", description) for name, (_, description) in shape.columns.items()}


_PARTY = {name: description for name, (_, description) in {**ROW_KEY, "party": RECORD.columns["party"]}.items()}


def _party(alias: str, suffix: str, side: str) -> dict[str, tuple[str, str]]:
    return {f"{name}{suffix}": (f"{alias}.{name}", f"{text}{side}") for name, text in _PARTY.items()}


_NOT_A_FINDING = "An exception is a reason to look, and not a finding."

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(
            "exceptions", f"One row per exception of the run, suppressed ones included (status). {_NOT_A_FINDING}",
            {**_own(EXCEPTION), "title": ("u.title", "The rule in a few words."), "plain": ("u.plain", "The rule in plain English.")},
            "data.exception t left join data.rule u on u.rule_key = t.rule_key",
        ),
        View(
            "evidence", "One row per exception and field compared: what it said and how much it weighs. Sum the contributions for the match weight.",
            {**_own(EVIDENCE_LINE), "rule": ("e.rule", "Rule of the exception.")},
            "data.evidence_line t join data.exception e on e.exception_id = t.exception_id",
        ),
        View(
            "links", "One row per pair of records held to be the same person, address or organisation, or sharing an account or NINO.",
            {**_own(LINK), **_party("a", "_l", " Left side."), **_party("b", "_r", " Right side.")},
            "data.link t join data.record a on a.record = t.record_l join data.record b on b.record = t.record_r",
        ),
        View(
            "clusters", "One row per record of a person, address or organisation; records with one cluster_id belong together.",
            {**_own(CLUSTER_MEMBER), **_party("a", "", "")},
            "data.cluster_member t join data.record a on a.record = t.record",
        ),
        View("records", "One row per person or organisation named in an accepted row. Bank accounts, telephones, e-mail addresses and passport "
             "numbers are compared and never kept here.", _own(RECORD_TABLE), "data.record t"),
        View("rules", "One row per rule and pair of datasets.", _own(RULE_TABLE), "data.rule t"),
        View("partners", "One row per partner.", _own(PARTNER_TABLE), "data.partner t"),
        View("submissions", "One row per delivery, and what became of its lines: received = accepted + rejected + superseded.", _own(SUBMISSION), "data.submission t"),
        View("rejects", "One row per problem of a line. The value itself stays with the partner.", _own(REJECT_TABLE), "data.reject t"),
        View("outcomes", "One row per decision of a named human about an exception; later ones supersede earlier ones.", _own(OUTCOME), "data.outcome t"),
        View("coverage", "One row per rule: what it could tell of what was sent, and what stayed at home that it would have read.", _own(COVERAGE), "data.coverage t"),
        View("runs", "One row per published run, this one included.", _own(RUN), "data.run t"),
    )
}
