"""The shapes of the tables that pass between stages. Column names are part of the interface.

A shape maps column -> (type, description). Nulls mean *not known*. Probabilities and weights come from
a file that was fitted once; weights are whole centibits, so that sums do not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from schemas.contract import Contract, FieldType


@dataclass(frozen=True)
class Shape:
    """A table: what one row is, its columns, and the key that its rows are sorted by."""

    name: str
    grain: str
    columns: Mapping[str, tuple[pl.DataType, str]]
    key: tuple[str, ...]

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: dtype for name, (dtype, _) in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with exactly these columns, in this order, sorted by the key.

        Raises:
            ValueError: a column is missing or of another type, or two rows have one key; our own mistake.
        """
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise ValueError(f"{self.name} lacks the columns {missing}")
        out = frame.select(pl.col(name).cast(dtype, strict=True) for name, (dtype, _) in self.columns.items())
        out = out.sort(self.key, nulls_last=False, maintain_order=True)
        if out.height and out.select(self.key).is_duplicated().any():
            raise ValueError(f"{self.name}: rows share a key {self.key}")
        return out


_S, _D, _I, _B = pl.String(), pl.Date(), pl.Int64(), pl.Boolean()

ROW_KEY = {
    "partner": (_S, "Partner that sent the row."),
    "dataset": (_S, "Three-letter id of the dataset."),
    "record_ref": (_S, "The partner's reference of the row."),
}

RECORD_REFERENCE = ("partner", "dataset", "record_ref", "party")


def reference() -> pl.Expr:
    """Return what names a party from night to night, as one text."""
    return pl.concat_str(RECORD_REFERENCE, separator="|").alias("reference")


RECORD = Shape(
    "record",
    "a person or organisation named in an accepted row",
    {
        **ROW_KEY,
        "party": (_S, "What the party is to the row: holder, second, partner, supplier."),
        "kind": (_S, "person or organisation; household where the record stands for who lives at an encoded home, and for nobody by name."),
        "forename": (_S, "Given name, normalised."),
        "middle_names": (_S, "Other given names, normalised."),
        "surname": (_S, "Family name, normalised."),
        "date_of_birth": (_S, "ISO 8601-2; an unknown part is X."),
        "nino": (_S, "National Insurance number without spaces."),
        "phone": (_S, "Telephone in the form +44..."),
        "email": (_S, "E-mail address, lower case."),
        "passport_number": (_S, "Passport number."),
        "name": (_S, "Organisation's name, normalised."),
        "name_as_sent": (_S, "Organisation's name as the partner wrote it."),
        "company_number": (_S, "Company number, 8 characters."),
        "vat_number": (_S, "VAT number, 9 digits."),
        "charity_number": (_S, "Charity number."),
        "account": (_S, "Sort code and account number, and the roll number where there is one."),
        "address": (_S, "Address on one line, normalised, without the postcode."),
        "saon": (_S, "Flat or unit."),
        "paon": (_S, "House number or house name."),
        "postcode": (_S, "Postcode with one space."),
        "uprn": (_I, "Unique property reference number."),
        "deceased_hint": (_B, "The name field said that the person has died."),
        "protected": (_B, "Nothing about this party may reach the other side."),
        "as_of": (_D, "Day the extract was taken."),
    },
    RECORD_REFERENCE,
)

# Columns that may say who somebody is; where identity travels as tokens, they hold nothing, or a token.
IDENTITY = (
    "forename", "middle_names", "surname", "date_of_birth", "nino", "phone", "email", "passport_number", "name", "name_as_sent", "company_number",
    "vat_number", "charity_number", "account", "address", "saon", "paon", "postcode", "uprn",
)
NUMBER_TOKENS = ("nino", "account")  # identity columns that hold a token of 32 hex digits instead
PASSES = ("p1", "p2", "p3", "p4", "p5", "trade", *NUMBER_TOKENS)  # ways for two encoded people to meet
_BYTES = pl.Binary()

ENCODING = Shape(
    "encoding",
    "a person in an accepted row, as far as it may be compared without being named",
    {
        "record_ref": (_S, "Reference of the row, as in records."),
        "party": (_S, "As in records."),
        "forename_step": (_I, "How common the given name is in a public table, 0 (very common) to 3 (rare)."),
        "surname_step": (_I, "The same of the family name."),
        **{f"token_{name}": (_BYTES, f"Block of pass {name}, 16 bytes; empty where the person has none.") for name in PASSES},
        **{f"code_{name}": (_BYTES, f"What is compared in pass {name}, salted by the block.") for name in PASSES},
    },
    ("record_ref", "party"),
)

HOUSEHOLD = Shape(
    "household",
    "a party of an accepted row, as far as it may be told who lives with whom; nothing joins it to the same party's encodings",
    {
        "record_ref": (_S, "Reference of its own, another one than in records."),
        "party": (_S, "As in records."),
        "protected": (_B, "As in records."),
        "token_household": (_BYTES, "The home, 16 bytes."),
        "code_household": (_BYTES, "Names and birth date, salted by the home."),
    },
    ("record_ref", "party"),
)

REJECT = Shape(
    "reject",
    "one problem of one line; a line may have several",
    {
        "file": (_S, "Name of the file, without its folder."),
        "line": (_I, "Line of the file; the header is line 1."),
        "column": (_S, "The contract's column; empty where the whole line is meant."),
        "code": (_S, "Problem code, see the catalogue."),
        "severity": (_S, "must fix: the row was left out; can fix: the row is used without the value."),
    },
    ("file", "line", "column", "code"),
)

LINK = Shape(
    "link",
    "a pair of records that we hold to be the same person, address or organisation, or that share an account or NINO",
    {
        "entity": (_S, "person, address, organisation, account or nino."),
        "record_l": (_I, "Record number, the smaller one."),
        "record_r": (_I, "Record number, the larger one."),
        "tier": (_S, "Strength of identity, T1 (best) to T5; empty where only names agree."),
        "rules": (_I, "Bitmask of the blocking rules that brought the pair together."),
        "match_weight": (_I, "Evidence in centibits: 100 centibits double the odds."),
        "match_probability": (pl.Float64(), "Probability that both are the same, from 0 to 1, rounded to 6 places."),
        "same_address": (_B, "Encoded records only: both are of one home, or of two; empty where nobody can say, and where addresses travel."),
        "two_people": (_B, "Names clearly differ: of links that rest on a home, given names; of encoded records that share a NINO or an account, names, and of people birth dates too."),
    },
    ("entity", "record_l", "record_r"),
)

EVIDENCE = Shape(
    "evidence",
    "what one comparison said about one link",
    {
        "entity": (_S, "As in links."),
        "record_l": (_I, "As in links."),
        "record_r": (_I, "As in links."),
        "field": (_S, "What was compared."),
        "level": (_S, "Degree of agreement, by name."),
        "contribution": (_I, "Centibits for (positive) or against (negative) a match."),
    },
    ("entity", "record_l", "record_r", "field"),
)

CLUSTER_MEMBER = Shape(
    "cluster_member",
    "a record in a person, address or organisation",
    {
        "entity": (_S, "person, address or organisation."),
        "cluster_id": (_S, "Stable from night to night: where most of its records were before."),
        "record": (_I, "Record number."),
        "cluster_before": (_S, "Cluster the record was in the night before; empty where it is new. Where it differs, clusters joined or parted."),
    },
    ("entity", "record"),
)

SUPPRESSED = "suppressed"  # status of what an innocent cause explains: counted, and not issued

SIDE = {
    "partner": "Partner", "dataset": "Dataset", "record_ref": "Partner's reference of the row",
    "party": "What the party is to the row",
}

EXCEPTION = Shape(
    "exception",
    "one reason to look",
    {
        "exception_id": (_S, "Stable from night to night: rule and both references."),
        "fingerprint": (_S, "Changes when a compared value changes."),
        "rule": (_S, "Rule that made it."),
        "rule_key": (_S, "Rule and its two datasets."),
        "rule_version": (_I, "Version of the rule."),
        "band": (_S, "top, middle or low: how sure we are that both sides are the same."),
        "tier": (_S, "Strength of identity, T1 (best) to T5; empty where lines of one council are compared."),
        "match_weight": (_I, "Evidence of the link in centibits."),
        "match_probability": (pl.Float64(), "Probability that both sides are the same."),
        "status": (_S, "new, continuing, or suppressed (not issued)."),
        "suppressor": (_S, "Why it was not issued, as a reason code; empty where it was."),
        **{f"{column}_l": (_S, f"{text}, left side.") for column, text in SIDE.items()},
        **{f"{column}_r": (_S, f"{text}, right side.") for column, text in SIDE.items()},
        "record_l": (_I, "Record number, left side."),
        "record_r": (_I, "Record number, right side."),
        "entity": (_S, "Kind of link it rests on; row where lines of one council are compared."),
        "owner": (_S, "Partner that acts first."),
        "value_code": (_S, "Row of the value table."),
        "value_kind": (_S, "actual, forward, notional, two of them, or none."),
        "value_pence": (_I, "What it may be worth, in pence; an estimate, never a debt."),
        "value_shared": (_B, "Both sides may see the estimate; otherwise only the one that acts first."),
        "details_own_l": (_S, "What the rule looked at, left side, for the left side's eyes only."),
        "details_shared_l": (_S, "What the rule looked at, left side, for both."),
        "details_own_r": (_S, "What the rule looked at, right side, for the right side's eyes only."),
        "details_shared_r": (_S, "What the rule looked at, right side, for both."),
        "reason": (_S, "The reason to look, as a sentence."),
        "hits": (_I, "How many pairs of parties, or equal lines, stand behind it."),
        "protected_l": (_B, "The left side is protected: the right side's partner hears nothing of it."),
        "protected_r": (_B, "The right side is protected: the left side's partner hears nothing of it."),
        "first_seen": (_D, "First night it was issued; empty where it never was."),
        "last_seen": (_D, "This night."),
    },
    ("exception_id",),
)

COVERAGE = Shape(
    "coverage",
    "what a rule can tell of what was sent",
    {
        "rule_key": (_S, "Rule and its two datasets."),
        "identity": (_S, "How identity of its datasets travelled: clear, pseudonymised, both, or not sent."),
        "state": (_S, "runs; runs, and holds back less; cannot judge people; nothing was sent."),
        "reads": (_S, "Identity columns it would read and that stayed at home."),
        "suppressors": (_S, "Innocent causes that it can therefore not see in people whose identity is encoded."),
    },
    ("rule_key",),
)

OUTCOME = Shape(
    "outcome",
    "what a named human decided about an exception; later lines supersede earlier ones",
    {
        "exception_id": (_S, "Exception decided."),
        "verdict": (_S, "fraud, error, no issue, already known, cannot say or not investigated."),
        "reason_code": (_S, "Why, from the rule's list."),
        "value_pence": (_I, "Money established, in pence."),
        "officer": (_S, "Who decided."),
        "decided_on": (_D, "When."),
        "note": (_S, "Free text; name no person here."),
    },
    ("exception_id", "decided_on", "verdict", "officer"),
)

SUBMISSION = Shape(
    "submission",
    "a delivery of one dataset by one partner",
    {
        "submission_id": (_S, "Made by the sender, unique."),
        "partner": (_S, "Partner that sent it."),
        "dataset": (_S, "Dataset sent."),
        "period": (_S, "Period covered; current for a snapshot."),
        "as_of": (_D, "Day the extract was taken."),
        "sequence": (_I, "Order of arrival at the unit."),
        "state": (_S, "used, superseded, duplicate, held, quarantined, too old, not agreed, other exercise, purged or incomplete."),
        "reason": (_S, "Why it has that state."),
        "rows_received": (_I, "Lines in the partner's file."),
        "rows_accepted": (_I, "Rows in tonight's run."),
        "rows_rejected": (_I, "Lines the check turned away, or the whole delivery if it is quarantined."),
        "rows_superseded": (_I, "Good rows that a newer delivery replaces, or that were sent twice, are too old, or were destroyed as agreed."),
    },
    ("submission_id", "partner"),
)

_PAYLOAD_TYPES: dict[FieldType, pl.DataType] = {
    FieldType.DATE: _D,
    FieldType.MONEY: _I,
    FieldType.INTEGER: _I,
    FieldType.UPRN: _I,
    FieldType.FLAG: _B,
}


def typed(field_type: FieldType) -> pl.DataType:
    """Return the column type of a parsed value; everything that is not a number, day or flag is text."""
    return _PAYLOAD_TYPES.get(field_type, _S)


def payload_shape(contract: Contract) -> Shape:
    """Return the shape of `payload_<dataset>`: the rest of a row, without the identity columns.

    `party_ref` says under which `record_ref` the row's parties stand: the row's own, or, where one
    record serves many rows, the supplier's.
    """
    columns: dict[str, tuple[pl.DataType, str]] = dict(ROW_KEY)
    columns["party_ref"] = (_S, "The record_ref of the row's parties.")
    for f in contract.payload_fields:
        columns[f.name] = (typed(f.type), f.description)
    return Shape(f"payload_{contract.id.lower()}", contract.grain, columns, ("partner", "dataset", "record_ref"))
