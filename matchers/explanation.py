"""Evidence as sentences: what one comparison said, in words that need no statistics."""

from __future__ import annotations

import polars as pl

NOUNS = {
    "forename": "forename", "middle_names": "middle names", "surname": "surname", "date_of_birth": "date of birth",
    "nino": "National Insurance number", "address": "address", "postcode": "postcode", "phone": "telephone number",
    "email": "e-mail address", "passport_number": "passport number", "name": "name", "company_number": "company number",
    "vat_number": "VAT number", "charity_number": "charity number", "account": "bank account", "uprn": "property reference",
    "house": "house", "street": "street", "town": "town",
}

# Level -> sentence; {noun} as it stands inside a sentence, {Noun} at its beginning.
SENTENCES = {
    "exact": "Same {noun}",
    "close": "Nearly the same {noun}",
    "near": "{Noun}: much alike, and perhaps misspelt",
    "alike": "{Noun}: two names that look alike",
    "nickname": "{Noun}: a short or pet form on one side",
    "initial": "{Noun}: an initial on one side, which fits",
    "swapped": "{Noun}: the same, with the parts in another order",
    "middle": "{Noun}: the same as a middle name",
    "part": "{Noun}: a part is the same",
    "typo": "{Noun}: one character apart, or two changed places",
    "day-month-swap": "{Noun}: day and month changed places",
    "differs": "Different {noun}",
    "missing": "{Noun}: not known on one side",
    "unclear": "{Noun}: a number on one side and a name on the other",
    "other-flat": "{Noun}: the same building, and another flat",
    "same-house": "{Noun}: same house, flat not the same or not given",
    "same-postcode": "{Noun}: same postcode, house not the same or not given",
    "same-sector": "{Noun}: same part of the postcode area",
    "same-district": "{Noun}: same postcode district",
    "same-area": "{Noun}: same postcode area",
    "same-year": "{Noun}: same year only",
    "joined-through": "Other records that fit both speak for them",
    "household": "Others of the household are linked between the two homes",
    "parted": "Other records of the two speak against them",
    "rivals": "Other records fit as well, and one at most is right",
    "none": "Other records change nothing",
    "start": "Odds before anything is compared",
}

# Where a field deserves words of its own.
SPECIAL = {
    ("forename", "swapped"): "Forename and surname changed places",
    ("forename", "middle"): "Forename: the other side's middle name",
    ("surname", "swapped"): "Surname and forename changed places",
    ("middle_names", "exact"): "Same middle names",
    ("date_of_birth", "near"): "Date of birth: two of day, month and year agree",
    ("surname", "part"): "Surname: one part of a double name is the same",
    ("middle_names", "part"): "Middle names: one of them, or an initial, fits",
    ("date_of_birth", "part"): "Date of birth: agrees as far as it is known",
    ("date_of_birth", "typo"): "Date of birth: one digit or one place apart, or two changed places",
    ("nino", "typo"): "National Insurance number: one character apart, or two changed places",
    ("postcode", "same-postcode"): "Same postcode",
    ("postcode", "same-sector"): "Postcode: same sector, a neighbouring street",
    ("address", "same-house"): "Same home",
    ("address", "part"): "Address: same house, the flat is not given on one side",
    ("address", "same-sector"): "Address: same postcode sector, another street",
    ("house", "exact"): "Same house number or name, and the same flat if any",
    ("house", "part"): "House: two numbers on one side, and one of them on the other",
    ("house", "same-house"): "Same house, the flat is not given on one side",
    ("house", "close"): "House: its name is nearly the same",
    ("street", "part"): "Street: one begins with the other",
    ("street", "near"): "Street: much alike, and perhaps another",
    ("account", "exact"): "Paid into the same bank account",
}


# What brings encoded people together, by pass.
MET = {
    "p1": "birth date and sound of the forename", "p2": "birth date and sound of the surname", "p3": "both names and year of birth",
    "p4": "sounds of both names, and day and month of birth", "p5": "home and initial", "trade": "trading name", "nino": "National Insurance number",
    "account": "bank account",
}


def words(field: str, level: str) -> str:
    """Return what a comparison said, without its weight; a level nobody has described is named as it is.

    >>> words("date_of_birth", "exact")
    'Same date of birth'
    >>> words("licence_number", "one-digit")
    'Licence number: one digit'
    """
    if field == "met":
        return "Brought together by " + "; by ".join(f"{MET.get(name, 'another pass')} ({name})" for name in level.split())
    if (field, level) in SPECIAL:
        return SPECIAL[field, level]
    noun = NOUNS.get(field, field.replace("_", " ").strip() or "value")
    first = noun[0].upper() + noun[1:]
    template = SENTENCES.get(level)
    if template is None:
        return f"{first}: {level.replace('-', ' ').replace('_', ' ').strip() or 'compared'}"
    return template.format(noun=noun, Noun=first)


def weight(contribution: int) -> str:
    """Return a contribution in bits, with its sign and one decimal; half a tenth goes away from zero.

    >>> weight(1234), weight(-5), weight(0)
    ('+12.3', '-0.1', '0.0')
    """
    tenths = (abs(contribution) + 5) // 10
    sign = "" if tenths == 0 else "+" if contribution > 0 else "-"
    return f"{sign}{tenths // 10}.{tenths % 10}"


def sentence(field: str, level: str, contribution: int) -> str:
    """Return one comparison as a sentence with its contribution in bits; each bit doubles or halves the odds.

    What weighs nothing (an unknown value, a shared account) stands without a number.

    Args:
        contribution: centibits for (positive) or against (negative) a match.

    >>> sentence("date_of_birth", "exact", 1234)
    'Same date of birth (+12.3)'
    """
    said = words(field, level)
    return f"{said} ({weight(contribution)})" if contribution else said


def sentences(evidence: pl.DataFrame) -> pl.Series:
    """Return one sentence per row of a table with `field`, `level` and `contribution`, in the table's order.

    Each distinct triple is put into words once.
    """
    columns = ["field", "level", "contribution"]
    distinct = evidence.select(columns).unique(maintain_order=True)
    said = distinct.with_columns(
        pl.Series("sentence", [sentence(f or "", level or "", c or 0) for f, level, c in distinct.iter_rows()], dtype=pl.String)
    )
    joined = evidence.select(columns).join(said, on=columns, how="left", maintain_order="left", nulls_equal=True)
    return joined.get_column("sentence")


def evidence_lines(exceptions: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """Return the evidence of each exception: `exception_id, field, level, contribution, sentence`, weightiest first.

    Args:
        exceptions: shape `EXCEPTION`.
        evidence: shape `EVIDENCE`; an exception rests on the link between its two records.
    """
    link = exceptions.select(
        "exception_id", "entity", pl.min_horizontal("record_l", "record_r").alias("record_l"),
        pl.max_horizontal("record_l", "record_r").alias("record_r"),
    )
    lines = link.join(evidence, on=["entity", "record_l", "record_r"], how="inner")
    lines = lines.sort("exception_id", pl.col("contribution"), "field", descending=[False, True, False])
    return lines.select("exception_id", "field", "level", "contribution", sentences(lines).alias("sentence"))
