"""Names of organisations without what changes from one ledger to the next: legal form, THE, punctuation.

Two different bodies can share such a name (SMITH LTD and SMITH LLP); the name is for finding
candidates, and the registered number tells them apart.

Source: the legal forms of company law, in English and Welsh, and of charity law, as ledgers shorten them.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import cleaned_capitals, fold, is_placeholder, judge
from matchers.normalisers.values import staged

_TRADING = r"(?i)(?:^|[ ,(-])(?:T/AS?|T\.A\.?|TRADING AS|TRADING NAME|DBA|D/B/A)(?:[ :.)-]|$)"
_FORMS = (
    "LTD|LIMITED|PLC|P L C|LLP|L L P|LP|CIC|C I C|CIO|C I O|CO|COMPANY|INC|CYF|CYFYNGEDIG|CCC|PAC|"
    "UK|COMMUNITY INTEREST COMPANY|"
    "PUBLIC LIMITED COMPANY|LIMITED LIABILITY PARTNERSHIP|CHARITABLE INCORPORATED ORGANISATION|AND|THE"
)
_BODIES = (
    "LTD|LIMITED|PLC|P L C|LLP|L L P|CIC|C I C|CIO|C I O|CYF|CYFYNGEDIG|CCC|COMMUNITY INTEREST COMPANY|PUBLIC LIMITED COMPANY|"
    "LIMITED LIABILITY PARTNERSHIP|CHARITABLE INCORPORATED ORGANISATION|COUNCIL|CYNGOR|NHS|POLICE|UNIVERSITY|HMRC|HM REVENUE"
)
_NOBODY = pl.Series(
    [
        "SUNDRY",
        "SUNDRIES",
        "SUNDRY SUPPLIER",
        "SUNDRY SUPPLIERS",
        "SUNDRY CREDITOR",
        "SUNDRY CREDITORS",
        "VARIOUS",
        "MISCELLANEOUS",
        "MISC",
        "ONE OFF SUPPLIER",
        "ONE TIME VENDOR",
        "INDIVIDUAL",
        "PRIVATE INDIVIDUAL",
        "PERSONAL",
        "REDACTED DATA",
        "REDACTED NAME",
        "NAME REDACTED",
        "SUPPLIER",
        "VENDOR",
        "CASH",
    ]
).implode()


def normalise_organisation(raw: pl.Expr) -> pl.Expr:
    """Return the name to compare an organisation by.

    Upper case without accents or punctuation; & is AND; THE before the name, and the legal form, COMPANY,
    AND and UK after it, are left out, as is what follows T/A or 'trading as' (see `trading_name`).
    Dotted initials are joined: B.T. is BT. A name that is nothing else (THE COMPANY LTD) stays whole.
    'Sundry suppliers' and the like are `text-placeholder`.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame).with_columns(
            before=pl.col("cleaned").str.replace(f"{_TRADING}.*$", "")
        )
        before = pl.when(pl.col("before") != "").then("before").otherwise("cleaned")
        frame = frame.with_columns(folded=_fold_name(before))
        frame = frame.with_columns(core=_core(pl.col("folded")))
        name = pl.when(pl.col("core") != "").then("core").when(pl.col("folded") != "").then("folded")
        frame = frame.with_columns(value=pl.when(~is_placeholder(pl.col("cleaned"))).then(name))
        nobody = pl.col("value").is_in(_NOBODY)
        return judge(frame, (nobody, "text-placeholder"), unreadable="text-placeholder")

    return staged(raw, usual=_nothing_usual, thorough=thorough, value_type=pl.String)


def is_registered_body(name: pl.Expr) -> pl.Expr:
    """Return whether a name as sent says that its bearer is a company, a public body or a charity, and not a person who trades.

    CO and COMPANY say nothing of that kind: SMITH AND CO may be Mr Smith.
    """
    return name.str.contains(rf"(?i)(?:^|[^A-Z])(?:{_BODIES})(?:[^A-Z]|$)").fill_null(value=False)


def trading_name(raw: pl.Expr) -> pl.Expr:
    """Return the name that follows T/A or 'trading as', normalised; null where there is none.

    Args:
        raw: text, may be null.
    """
    after = raw.str.extract(rf"{_TRADING}[\s:.]*(\S.*)$")
    return normalise_organisation(after).struct.field("value")


def _nothing_usual(_: pl.Expr) -> pl.Expr:
    # Few suppliers stand in many rows: reading each distinct name thoroughly is already cheap.
    return pl.lit(None, pl.String)


def _fold_name(text: pl.Expr) -> pl.Expr:
    """Return the folded name; a full stop joins initials (B.T.) and parts words (J.SMITH)."""
    plain = text.str.replace_all(r"\.([A-Z]{2,})", " ${1}").str.replace_all("[&+]", " AND ")
    folded = fold(plain.str.replace_all(r"\( ?U\.?K\.? ?\)", " "))
    return folded.str.replace(" (?:TRADING AS|TRADING NAME|DBA)(?: .*)?$", "")


def _core(folded: pl.Expr) -> pl.Expr:
    """Return the name without THE before it and the words of its legal form after it."""
    spaced = pl.lit(" ") + folded.str.replace("^(?:THE )+", "")
    return spaced.str.replace(f"(?: (?:{_FORMS}))+$", "").str.strip_chars(" ")
