"""The catalogue of everything that can be wrong with a line: code, plain words, remedy, severity.

Two severities only. *Must fix*: the row is rejected. *Can fix*: the row is used; a value that could not
be used is left out of it, and counted. A code never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    MUST_FIX = "must fix"
    CAN_FIX = "can fix"


@dataclass(frozen=True)
class Problem:
    """One kind of fault: what is wrong and how to mend it, without any value."""

    code: str
    severity: Severity
    what: str
    mend: str


_MUST, _CAN = Severity.MUST_FIX, Severity.CAN_FIX

_ALL = (
    # bytes and structure
    Problem("bytes-undecodable", _MUST, "the line holds bytes that are not valid in the file's encoding",
            "export the file as UTF-8, or name its encoding with --encoding"),
    Problem("nul-byte", _MUST, "the line holds a NUL byte", "export the file again; NUL bytes come from a damaged copy"),
    Problem("control-characters", _CAN, "invisible or control characters were taken out of the value",
            "clean the value where it is kept; copying from a web page or e-mail brings such characters in"),
    Problem("row-too-short", _MUST, "the line has fewer fields than the header",
            "look for a missing delimiter or a file cut off in the middle of the line; short lines are never filled up"),
    Problem("row-too-long", _MUST, "the line has more fields than the header",
            "put quotes around a value that holds the delimiter"),
    Problem("row-blank", _CAN, "the line holds delimiters only; it is not counted as a record", "nothing need be done; delete empty rows below a table before exporting it"),
    Problem("quote-not-closed", _MUST, "a quoted value is not closed, or text follows its closing quote",
            "close the quote, and double every quote inside a quoted value"),
    # single values
    Problem("required-missing", _MUST, "a required value is missing", "fill the value in, or leave the record out of the extract"),
    Problem("date-unreadable", _MUST, "the value is not a date in the declared form",
            "use YYYY-MM-DD, or declare the form with date_format in the mapping"),
    Problem("date-ambiguous", _MUST, "the date can be read in more than one way",
            "use YYYY-MM-DD, or declare the form with date_format in the mapping"),
    Problem("date-two-digit-year", _MUST, "the year has two digits only", "export four-digit years"),
    Problem("date-spreadsheet-serial", _MUST, "the value is a spreadsheet's day number, not a date",
            "format the column as YYYY-MM-DD before saving the CSV"),
    Problem("date-without-day", _MUST, "the date names no day", "export the full date; an unknown part of a birth date is written X, as in 1960-06-XX"),
    Problem("date-placeholder", _CAN, "the date stands for 'not known'", "leave the value empty"),
    Problem("date-in-future", _MUST, "the date lies in the future", "correct the date"),
    Problem("date-out-of-range", _MUST, "the date is before 1850 or after 2100", "correct the date"),
    Problem("age-out-of-range", _CAN, "the birth date gives an age above 115", "correct the birth date"),
    Problem("person-under-16", _MUST, "the birth date gives an age under 16", "leave children out of the extract"),
    Problem("money-unreadable", _MUST, "the value is not an amount of money", "use digits, with at most one point, and no words"),
    Problem("money-not-whole-pence", _MUST, "the amount has a decimal point, but pence were declared",
            "export whole pence, or set the column to pounds in the mapping"),
    Problem("money-too-large", _MUST, "the amount is larger than one billion pounds", "correct the amount"),
    Problem("money-negative", _MUST, "the amount is negative, and this field cannot be", "correct the amount"),
    Problem("number-unreadable", _MUST, "the value is not a whole number", "use digits only"),
    Problem("number-out-of-range", _MUST, "the number is outside the range the contract allows", "correct the number"),
    Problem("number-mangled", _MUST, "a spreadsheet has turned the number into scientific notation",
            "format the column as text before opening the file in a spreadsheet, and export it again"),
    Problem("flag-unreadable", _MUST, "the value is neither yes nor no", "use Y or N"),
    Problem("code-unknown", _MUST, "the code is not in the contract's list", "map your code to one of ours under [codes] in the mapping"),
    Problem("text-too-long", _MUST, "the text is longer than the contract allows", "shorten it"),
    Problem("text-placeholder", _CAN, "the value stands for 'not known'", "leave the value empty"),
    Problem("nino-unreadable", _CAN, "the value does not have the form of a National Insurance number", "correct it, or leave it empty"),
    Problem("nino-placeholder", _CAN, "the National Insurance number is temporary, administrative or made up", "leave the value empty"),
    Problem("postcode-unreadable", _CAN, "the value does not have the form of a postcode", "correct it, or leave it empty"),
    Problem("uprn-unreadable", _CAN, "the value is not a UPRN (1 to 12 digits)", "correct it, or leave it empty"),
    Problem("sort-code-unreadable", _CAN, "the value is not a sort code (six digits)",
            "export it as text; a spreadsheet turns sort codes into dates and drops leading zeros"),
    Problem("account-number-unreadable", _CAN, "the value is not an account number (six to eight digits)", "export it as text"),
    Problem("bank-placeholder", _CAN, "the bank detail is all one digit or a counting sequence", "leave the value empty"),
    Problem("phone-unreadable", _CAN, "the value is not a telephone number", "correct it, or leave it empty"),
    Problem("email-unreadable", _CAN, "the value is not an e-mail address of one person", "correct it, or leave it empty"),
    Problem("vat-number-unreadable", _CAN, "the value is not a VAT number, or its check digits are wrong", "correct it, or leave it empty"),
    Problem("company-number-unreadable", _CAN, "the value is not a company number (8 characters)", "correct it, or leave it empty"),
    Problem("charity-number-unreadable", _CAN, "the value is not a charity number", "correct it, or leave it empty"),
    Problem("passport-unreadable", _CAN, "the value is not a passport number", "correct it, or leave it empty"),
    # across a row or a file
    Problem("start-after-end", _MUST, "the start date is after the end date", "correct one of the dates"),
    Problem("key-duplicate", _MUST, "another line has the same reference", "send each reference once; both lines are listed"),
)

PROBLEMS: dict[str, Problem] = {problem.code: problem for problem in _ALL}
