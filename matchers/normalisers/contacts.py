"""Telephone numbers and e-mail addresses of one person.

A shared mailbox (info@, accounts@) says nothing about who a person is, so it is not kept.

Sources: E.164 for the international form of numbers; Ofcom's numbering plan for the lengths of British
ones: 9 or 10 digits after the 0, the first of them 1, 2, 3, 5, 7, 8 or 9. RFC 5321 for mailboxes, of which
we read the plain part: no quotes, no addresses of bare machines.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import cleaned_capitals, judge
from matchers.normalisers.values import staged, without

_NATIONAL = "^0[1-35789][0-9]{8,9}$"
_INTERNATIONAL = r"^\+[1-9][0-9]{7,14}$"
_EXTENSION = r"(?:EXTENSION|EXTN?|X|#)\.? *:?[0-9]{1,6}$"
_FILLER = "^(?:0+|9+|0?123456789[0-9]*)$"
_INVENTED = [
    "0" + digits
    for digits in (
        *(digit * times for digit in "1235789" for times in (9, 10)),
        "1234567890",
        "7123456789",
        "7000000000",
    )
]
_INVENTED_SERIES = pl.Series([*_INVENTED, *("+44" + number[1:] for number in _INVENTED)]).implode()

_EMAIL = r"^[a-z0-9](?:[a-z0-9._%+'-]*[a-z0-9_+-])?@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
_ROLES = (
    "accounts?|accounts?[._-]?(?:payable|receivable)|admin|administration|administrator|advice|"
    "bookings?|benefits|"
    "care|complaints|contact|contactus|council[._-]?tax|customer[._-]?(?:care|services?)|"
    "do[._-]?not[._-]?reply|"
    "enquir(?:y|ies)|finance|general|head[._-]?office|hello|help|helpdesk|hr|housing|info|"
    "information|inquiries|invoices?|"
    "jobs|landlord|lettings?|mail|mailbox|manager|marketing|media|no[._-]?reply|office|orders?|"
    "payments?|payroll|"
    "postmaster|press|privacy|purchasing|reception|recruitment|remittances?|rents?|revenues?|sales|"
    "school|secretary|"
    "service|services|support|team|treasurer|webmaster|website"
)
_ROLE = f"^(?:{_ROLES})@"
_NOBODY = (
    r"^(?:no[._-]?e?[._-]?mail|none?|na|unknown|nobody|not[._-]?(?:known|given|provided)|test|x{1,6}|anon|anonymous)@|"
    r"@(?:noe?-?mail|none|unknown|nowhere|test)\."
)


def parse_phone(raw: pl.Expr) -> pl.Expr:
    """Read a telephone number into the international form, +44 and the national digits.

    Spaces, brackets, a trunk 0 after +44 and an extension are dropped. Ten digits that lost their leading
    0 in a spreadsheet are read, since a British number cannot begin otherwise. A foreign number needs its
    plus or 00.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        number = without(text, " ")
        real = number.str.contains(_NATIONAL) & ~number.is_in(_INVENTED_SERIES)
        return pl.when(real).then(pl.lit("+44") + number.str.slice(1))

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame)
        bare = pl.col("cleaned").str.replace(r"^((?:[0-9]+)?)\.0+$", "${1}").str.replace(_EXTENSION, "")
        bare = bare.str.replace("(0)", "", literal=True).str.replace_all(r"[ ().\-/]", "")
        bare = bare.str.replace("^00", "+").str.replace(r"^\+?440?([1-9][0-9]{8,9})$", "0${1}")
        bare = bare.str.replace("^([1-35789][0-9]{9})$", "0${1}")
        frame = frame.with_columns(bare=bare)
        number = pl.col("bare")
        value = (
            pl.when(number.str.contains(_NATIONAL))
            .then(pl.lit("+44") + number.str.slice(1))
            .when(number.str.contains(_INTERNATIONAL) & ~number.str.starts_with("+44"))
            .then(number)
        )
        invented = pl.col("value").is_in(_INVENTED_SERIES) | pl.col("cleaned").str.contains(_FILLER)
        return judge(
            frame.with_columns(value=value), (invented, "text-placeholder"), unreadable="phone-unreadable"
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def phone_key(phone: pl.Expr) -> pl.Expr:
    """Return the last ten digits of a normalised number, to compare by."""
    return phone.str.tail(10)


def parse_email(raw: pl.Expr) -> pl.Expr:
    """Read an e-mail address of one person, in lower case.

    Addresses of a role rather than a person (info@, accounts@, noreply@) are `email-unreadable`, and
    addresses of nobody (none@, test@) are `text-placeholder`.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains(_EMAIL) & ~text.str.contains(f"{_ROLE}|{_NOBODY}")).then(text)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame)
        lower = pl.col("cleaned").str.to_lowercase().str.replace("^mailto: ?", "").str.strip_chars(' <>;,."')
        frame = frame.with_columns(address=lower)
        address = pl.col("address")
        value = pl.when(address.str.contains(_EMAIL) & ~address.str.contains(_ROLE)).then(address)
        nobody = address.str.contains(_NOBODY)
        return judge(
            frame.with_columns(value=value), (nobody, "text-placeholder"), unreadable="email-unreadable"
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)
