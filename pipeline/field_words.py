"""How a field's value is written, in words that leave no doubt: what 1832 means, and what it does not."""

from __future__ import annotations

from schemas.contract import Contract, Field, FieldType, Mark

_WRITTEN = {
    FieldType.TEXT: "text",
    FieldType.CODE: "one of the codes listed",
    FieldType.FLAG: "Y or N",
    FieldType.DATE: "date, YYYY-MM-DD",
    FieldType.PARTIAL_DATE: "date, YYYY-MM-DD; X for every unknown digit of a day, month or year",
    FieldType.INTEGER: "whole number, digits only",
    FieldType.NINO: "National Insurance number: two letters, six digits, one letter",
    FieldType.POSTCODE: "postcode, with or without its space",
    FieldType.UPRN: "UPRN: 1 to 12 digits",
    FieldType.SORT_CODE: "sort code: six digits, hyphens allowed; export it as text",
    FieldType.ACCOUNT_NUMBER: "account number: six to eight digits; export it as text",
    FieldType.PHONE: "telephone number",
    FieldType.EMAIL: "e-mail address",
    FieldType.PASSPORT: "passport number",
    FieldType.VAT_NUMBER: "VAT number: nine digits, GB allowed before them",
    FieldType.COMPANY_NUMBER: "company number: eight characters, leading zeros kept",
    FieldType.CHARITY_NUMBER: "charity number",
}


def how_written(f: Field) -> str:
    """Return how a value is written and what its number counts."""
    if f.type is FieldType.MONEY:
        if f.unit == "pounds":
            return "pounds, with a point before the pence: 1188.00 is £1,188.00; no pound sign"
        return "whole pence, no point: 118800 is £1,188.00; a file in pounds says so in its mapping"
    words = _WRITTEN[f.type]
    if f.type is FieldType.INTEGER and f.unit:
        words = f"{words}, in {f.unit}"
        if f.unit == "hundredths of an hour":
            words += ": 3700 is 37 hours"
    if f.type is FieldType.TEXT:
        words = f"text, at most {f.max_length} characters"
    return words


def limits(f: Field) -> str:
    """Return what a value may not be, or an empty text."""
    words = []
    if f.minimum is not None and f.maximum is not None:
        words.append(f"from {f.minimum:,} to {f.maximum:,}")
    elif f.minimum is not None:
        words.append("not negative" if f.minimum == 0 else f"at least {f.minimum:,}")
    elif f.maximum is not None:
        words.append(f"at most {f.maximum:,}")
    if f.past:
        words.append("not after the day of the extract")
    return "; ".join(words)


def needed(f: Field) -> str:
    """Return how badly a field is needed, as a sentence."""
    return {
        Mark.REQUIRED: "required: a row without it is rejected",
        Mark.DESIRED: "desired: send it where you hold it",
        Mark.OPTIONAL: "optional",
    }[f.mark]


def between_fields(contract: Contract) -> list[str]:
    """Return what must hold between the values of a row, or between rows, as sentences."""
    words = [f"{first} may not be after {second}." for first, second in contract.ordered]
    if contract.key:
        words.append(f"{' and '.join(contract.key)} may stand in the file once only.")
    else:
        words.append("A row has no reference of its own; two equal rows count as two.")
    if contract.party_from:
        dataset, fields = contract.party_from
        words.append(f"{' and '.join(fields)} must be those of a row in your {dataset}, which says who it is.")
    if contract.history:
        words.append("Each delivery covers a period (a year, a month or several years) and replaces the earlier one of that period.")
    else:
        words.append("Each delivery replaces the one before it.")
    return words
