"""Names of organisations without what changes from one ledger to the next: legal form, THE, punctuation.

Two different bodies can share such a name (SMITH LTD and SMITH LLP); the name is for finding
candidates, and the registered number tells them apart.

Source: the legal forms of the Companies Act, of its Welsh text and of charity law, as ledgers abbreviate them.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import clean, cleaned_capitals, fold, judge
from matchers.normalisers.values import staged

_TRADING = r"(?i)(?:^|[ ,(-])(?:T/AS?|T\.A\.?|TRADING AS|TRADING NAME|DBA|D/B/A)(?:[ :.)-]|$)"
_FORMS = (
    "LTD|LIMITED|PLC|P L C|LLP|L L P|LP|CIC|C I C|CIO|C I O|CO|COMPANY|INC|CYF|CYFYNGEDIG|CCC|PAC|UK|COMMUNITY INTEREST COMPANY|"
    "PUBLIC LIMITED COMPANY|LIMITED LIABILITY PARTNERSHIP|CHARITABLE INCORPORATED ORGANISATION|AND|THE"
)
_NOBODY = pl.Series(
    ["SUNDRY", "SUNDRIES", "SUNDRY SUPPLIER", "SUNDRY SUPPLIERS", "SUNDRY CREDITOR", "SUNDRY CREDITORS", "VARIOUS",
     "MISCELLANEOUS", "MISC", "ONE OFF SUPPLIER", "ONE TIME VENDOR", "INDIVIDUAL", "PRIVATE INDIVIDUAL", "PERSONAL",
     "REDACTED DATA", "REDACTED NAME", "NAME REDACTED", "SUPPLIER", "VENDOR", "CASH"]
).implode()  # fmt: skip


def normalise_organisation(raw: pl.Expr) -> pl.Expr:
    """Return the name to compare an organisation by.

    Upper case without accents or punctuation; & is AND; THE before the name, and the legal form, COMPANY,
    AND and UK after it, are left out, and what follows T/A or 'trading as' is too (see `trading_name`). Dotted
    initials are joined: B.T. is BT. A name that is nothing else (THE COMPANY LTD) stays whole.
    'Sundry suppliers' and the like are `text-placeholder`.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = cleaned_capitals(frame).with_columns(before=pl.col("cleaned").str.replace(f"{_TRADING}.*$", ""))
        before = pl.when(pl.col("before") != "").then("before").otherwise("cleaned")
        frame = frame.with_columns(folded=_fold_name(before))
        frame = frame.with_columns(core=_core(pl.col("folded")))
        value = pl.when(pl.col("core") != "").then("core").when(pl.col("folded") != "").then("folded")
        frame = frame.with_columns(value=value)
        nobody = pl.col("value").is_in(_NOBODY)
        return _judge_text(frame, nobody)

    return staged(raw, usual=_nothing_usual, thorough=thorough, value_type=pl.String)
