"""Names of people: who stands in a row, and each name in one spelling.

Most rows hold one person, forename and surname in their own columns; a test of the spelt text knows
them. The others (a title in the surname, two people in one field, a whole name in one field, 'executors of')
go to `shared_names`, which gives the same answer for a plain row, only slower.

Names are kept, not judged: a nickname stays as it was sent, and `nickname_root` is there to compare by.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from matchers.normalisers.name_words import (
    PARTICLES,
    UNUSUAL_GIVEN,
    UNUSUAL_SURNAME,
    UNUSUAL_TITLE,
    given_names,
    spell,
)
from matchers.normalisers.shared_names import read_unusual
from matchers.normalisers.text import fold, normalise_text
from matchers.normalisers.values import once_per_value

COLUMNS = ("title", "forename", "middle_names", "surname")
PERSON = pl.Schema(
    {
        "row": pl.UInt32,
        "person": pl.UInt8,
        "forename": pl.String,
        "middle_names": pl.String,
        "surname": pl.String,
        "suffix": pl.String,
        "deceased_hint": pl.Boolean,
    }
)


def normalise_people(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every person that the name columns of a row name.

    Names are upper case without accents or punctuation; titles and honours are gone; a hyphen is a
    space; further given names stand in `middle_names`. MC, MAC, O and D are joined to what follows
    (MCDONALD, OBRIEN, DSOUZA), other particles stay words (VAN DER BERG). A surname that stands in
    `forename` or a whole name in one field is taken apart. Of three or more people the first two are given.

    `deceased_hint` says that the row spoke of executors, an estate, 'the late' or 'deceased'. It is a
    reason to look, and never proof that this person has died: it may name whom the account was for.

    'NA' and 'NULL' are taken for placeholders, as everywhere, though a few people bear these names.

    Args:
        frame: columns `row` (unique), `title`, `forename`, `middle_names`, `surname`; text as sent,
            any of it null.

    Returns:
        One row per person, shape `PERSON`, sorted by `row` and `person` (1 or 2). A row that names nobody
        (empty, 'UNKNOWN', 'THE OCCUPIER') gives none. Missing parts are null.
    """
    named = ("forename", "middle_names", "surname")
    spelt = frame.select(
        pl.col("row").cast(pl.UInt32),
        spell(pl.col("title")).fill_null("").alias("title"),
        *(
            spell(normalise_text(pl.col(name)).struct.field("value")).fill_null("").alias(name)
            for name in named
        ),
    )
    unusual = spelt.select(_is_unusual()).to_series()
    ways = (_read_plain(spelt.filter(~unusual)), read_unusual(spelt.filter(unusual)))
    return pl.concat([people.select(PERSON.names()).cast(PERSON) for people in ways]).sort("row", "person")


def _is_unusual() -> pl.Expr:
    forename, surname = pl.col("forename"), pl.col("surname")
    return (
        (forename == "")
        | (surname == "")
        | surname.str.contains(UNUSUAL_SURNAME)
        | forename.str.contains(UNUSUAL_GIVEN)
        | pl.col("middle_names").str.contains(UNUSUAL_GIVEN)
        | pl.col("title").str.contains(UNUSUAL_TITLE)
    )


def _read_plain(spelt: pl.DataFrame) -> pl.DataFrame:
    """Return the person of each row that names one, with forename and surname each in its place."""
    return spelt.select(
        "row",
        pl.lit(1).alias("person"),
        *given_names(pl.col("forename"), pl.col("middle_names")),
        pl.col("surname").str.replace_all("-", " ", literal=True),
        pl.lit(None, pl.String).alias("suffix"),
        pl.lit(False).alias("deceased_hint"),
    )


def surname_tokens(surname: pl.Expr) -> pl.Expr:
    """Return the words of a surname that two records may agree in.

    A double-barrelled name agrees with either half, since people drop and add halves. Particles (VAN, DE, AL)
    are left out unless they are all there is. A name of several words is also given joined, so
    that VAN DER BERG agrees with VANDERBERG.

    Args:
        surname: text, raw or normalised; may be null.

    Returns:
        List of distinct words, in order; empty for an empty name, null for null.
    """
    return once_per_value(surname, _tokens, return_dtype=pl.List(pl.String))


def _tokens(surname: pl.Expr) -> pl.Expr:
    folded = fold(surname)
    words = folded.str.split(" ").list.filter(pl.element() != "")
    telling = words.list.filter(~pl.element().is_in(sorted(PARTICLES)))
    telling = pl.when(telling.list.len() > 0).then(telling).otherwise(words)
    joined = pl.concat_list(telling, folded.str.replace_all(" ", "", literal=True))
    several = pl.when(folded.str.contains(" ", literal=True)).then(joined).otherwise(telling)
    return several.list.unique(maintain_order=True)


@cache
def nickname_roots() -> dict[str, str]:
    """Return short form or other spelling -> full name, from the table beside this module."""
    table = pl.read_csv(Path(__file__).with_name("nicknames.csv"), comment_prefix="#")
    return dict(table.select("variant", "root").iter_rows())


@cache
def known_forenames() -> tuple[str, ...]:
    """Return the given names that the table of short forms holds, short and full."""
    roots = nickname_roots()
    return tuple(sorted({*roots, *roots.values()}))


def nickname_root(forename: pl.Expr) -> pl.Expr:
    """Return the full name that a short form or other spelling stands for, to compare by: BILL gives WILLIAM.

    A name that the table does not hold is its own root. The table is ours: British, Irish, Welsh, Polish and
    South Asian short forms and spellings; where a short form has several full names it has the commonest.

    Args:
        forename: normalised; may be null.
    """
    roots = nickname_roots()
    return forename.replace(list(roots), list(roots.values()))
