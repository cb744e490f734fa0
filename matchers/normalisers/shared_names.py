"""Name fields that hold more, or less, than one name each: titles, two people, whole names, the dead.

Works on spelt text (`name_words.spell`): capitals, words parted by single spaces, hyphens and commas kept.
The rows go through as a table, in steps: the fields are settled (who is dead, what a comma means), cut at
AND, each piece is rid of its titles, and the pieces are put together to one or two people.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.name_words import (
    DECEASED,
    DECEASED_TITLE,
    HONOURS,
    NOBODY,
    OPENING,
    SHORT_SUFFIXES,
    SOFT_TITLES,
    SUFFIXES,
    TITLES,
    given_names,
    or_null,
)
from matchers.normalisers.values import patched

_DEAD = "\u2020"  # stands where the words about death stood, until the people are told apart
_FIELDS = ("forename", "middle_names", "surname")
_PAIR = [f"{part}_{number}" for number in (1, 2) for part in ("given", "middle", "family", "suffix", "dead")]
_ONLY_TITLES = "MR|MRS|MS|MISS|MX|DR|MESSRS"  # no surname, even alone in the surname's field
_LAST_NAME = rf"^(?:(.+?) )??((?:(?:{OPENING}) )*[^ ]+)$"
_SHARES_SURNAME = r"^[^ ]+$|(?:^| )\p{L}$"  # one word, or an initial last: J, JOHN, J A
_O_NAMES = (
    "BRIEN|BRIAN|BYRNE|CALLAGHAN|CONNELL|CONNOR|CONOR|DEA|DONNELL|DONOGHUE|DONOHUE|DONOVAN|DOHERTY|"
    "DOWD|DRISCOLL|DWYER|"
    "FARRELL|FLAHERTY|FLYNN|GORMAN|GRADY|HAGAN|HALLORAN|HANLON|HARA|HARE|KANE|KEEFE|KEEFFE|LEARY|"
    "LOUGHLIN|MAHONY|"
    "MAHONEY|MALLEY|MARA|MEARA|NEAL|NEIL|NEILL|REGAN|REILLY|RIORDAN|ROURKE|RORKE|SHEA|SHAUGHNESSY|"
    "SULLIVAN|TOOLE"
)


def read_unusual(spelt: pl.DataFrame) -> pl.DataFrame:
    """Return the people of rows whose name fields are not simply one forename and one surname.

    Args:
        spelt: `row`, `title`, `forename`, `middle_names`, `surname`, spelt; empty where missing.

    Returns:
        One row per person: `row, person, forename, middle_names, surname, suffix, deceased_hint`.
    """
    fields = _settle(spelt)
    in_one_field = pl.col("in_one_field")
    ways = (_whole_names(fields.filter(in_one_field)), _parted_names(fields.filter(~in_one_field)))
    pairs = pl.concat([people.select("row", "two", *_PAIR) for people in ways])
    first = pairs.select("row", pl.lit(1).alias("person"), *_person(1))
    second = pairs.filter("two").select("row", pl.lit(2).alias("person"), *_person(2))
    people = pl.concat([first, second]).filter(pl.any_horizontal(pl.col(_FIELDS).is_not_null()))
    return people.with_columns(
        person=pl.int_range(1, pl.len() + 1, dtype=pl.UInt8).over("row", order_by="person")
    )


def _person(number: int) -> list[pl.Expr]:
    """Return the columns of one person of a pair, from those numbered 1 or 2."""
    return [
        *given_names(pl.col(f"given_{number}"), pl.col(f"middle_{number}")),
        or_null(pl.col(f"family_{number}").str.replace_all("-", " ", literal=True)).alias("surname"),
        pl.col(f"suffix_{number}")
        .replace_strict(SUFFIXES, default=None, return_dtype=pl.String)
        .alias("suffix"),
        pl.col(f"dead_{number}").fill_null(False).alias("deceased_hint"),
    ]


def _settle(spelt: pl.DataFrame) -> pl.DataFrame:
    """Mark the dead, clear words for nobody, give commas their meaning, and note what the titles say."""
    marked = spelt.with_columns(pl.col(_FIELDS).str.replace_all(DECEASED, f" {_DEAD} "))
    marked = marked.with_columns(
        pl.col(_FIELDS).str.replace_all(f"[ {_DEAD}]*{_DEAD}[ {_DEAD}]*", f" {_DEAD} ").str.strip_chars(" ")
    )
    marked = marked.with_columns(
        pl.when(pl.col("surname").str.contains(NOBODY))
        .then(pl.lit(""))
        .otherwise("surname")
        .alias("surname"),
        pl.when(pl.col("forename").str.contains(NOBODY))
        .then(pl.lit(""))
        .otherwise("forename")
        .alias("forename"),
    )
    settled = _settle_commas(marked).with_columns(
        pl.col(_FIELDS).str.replace_all("^(?:AND(?: |$))+|(?: AND)+$", "")
    )
    lone_forename = (pl.col("surname") == "") & (pl.col("forename") != "")
    return settled.with_columns(
        in_one_field=((pl.col("forename") == "") | (pl.col("surname") == ""))
        & (pl.col("middle_names") == ""),
        lone_forename=lone_forename,
        title_of_two=pl.col("title").str.contains(r"\bAND\b|^MESSE?RS$"),
        title_of_dead=pl.col("title").str.contains(DECEASED_TITLE),
    )


def _settle_commas(marked: pl.DataFrame) -> pl.DataFrame:
    """Read SMITH, JOHN in one field as surname and forename; elsewhere a comma is a space."""
    forename, middle, surname = (pl.col(name) for name in _FIELDS)
    alone = ((forename == "") ^ (surname == "")) & (middle == "")
    whole = pl.when(alone).then(forename + surname).str.replace(f", ({SHORT_SUFFIXES})$", " ${1}")
    turned = whole.str.replace_all("([^,]+?), ([^,]+?)( AND |$)", "${2} ${1}${3}")
    whole = pl.when(whole.str.contains(", .* AND .*, ")).then(turned).otherwise(whole)
    parts = marked.with_columns(
        whole.str.splitn(", ", 2).struct.rename_fields(["before", "after"]).alias("parts")
    )
    parts = parts.unnest("parts")
    meant = pl.col("after").is_not_null()
    return parts.with_columns(
        surname=pl.when(meant)
        .then("before")
        .when(alone & (surname != ""))
        .then("before")
        .otherwise("surname"),
        forename=pl.when(meant)
        .then("after")
        .when(alone & (forename != ""))
        .then("before")
        .otherwise("forename"),
    ).with_columns(pl.col(_FIELDS).str.replace_all(", ?", " "))


def _untitled(text: pl.Expr, *, alone: str) -> pl.Expr:
    """Return the text without titles before it and honours after it.

    A title with nothing behind it stays, as it may be a surname, unless `alone` lists it.
    """
    bare = text.str.replace_all(_DEAD, "", literal=True).str.replace_all("  +", " ").str.strip_chars(" ")
    bare = bare.str.replace(f"^(?:(?:{TITLES}) )+([^ ])", "${1}").str.replace(
        f"^(?:{SOFT_TITLES}) ([^ ])", "${1}"
    )
    bare = bare.str.replace(f"(?: (?:{_ONLY_TITLES}|{HONOURS}))+$", "")
    return bare.str.replace(f"^(?:{alone})$", "")


def _with_pieces(fields: pl.DataFrame, name: str, *, alone: str, suffixes: str) -> pl.DataFrame:
    """Cut a field at AND and add, for each of the first two pieces, what is left of it without titles.

    Adds `<name>_1`, `<name>_2` (null where there is no second piece), and for each its `_suffix`, `_dead`
    and `_titled`; of a third piece the last word is given to a second that has no surname.
    """
    pieces = pl.col(name).str.split(" AND ")
    cut = fields.with_columns(
        pieces.list.get(number, null_on_oob=True).alias(f"{name}_{number + 1}") for number in (0, 1)
    )
    for piece in (f"{name}_1", f"{name}_2"):
        text = pl.col(piece)
        cut = cut.with_columns(_untitled(text, alone=alone).alias("bare"))
        cut = cut.with_columns(
            pl.col("bare").str.replace(f" (?:{suffixes})$", "").alias(piece),
            pl.col("bare").str.extract(f" ({suffixes})$").alias(f"{piece}_suffix"),
            text.str.contains(_DEAD, literal=True).alias(f"{piece}_dead"),
            text.str.contains(f"^(?:{TITLES}|{SOFT_TITLES}) ").alias(f"{piece}_titled"),
        )
    return cut


def _given_and_family(text: pl.Expr) -> pl.Expr:
    """Return struct `{given, family}` of a whole name; its last word and particles before it are family."""
    joined = patched(text, is_odd=lambda e: e.str.contains("(?:^| )(?:MC|MAC|FITZ|O) "), mend=_join_particles)
    return joined.str.extract_groups(_LAST_NAME).struct.rename_fields(["given", "family"])


def _join_particles(whole: pl.Expr) -> pl.Expr:
    """Join MC, MAC and FITZ to what follows; O only before names that have it, as it may be an initial."""
    joined = whole.str.replace("(^| )(MC|FITZ) ([^ ]{2,})", "${1}${2}${3}")
    joined = joined.str.replace("^MAC ([^ ]+)$| MAC ([^ ]+)$", " MAC${1}${2}")
    return joined.str.replace(f"(^| )O ({_O_NAMES})$", "${1}O${2}").str.strip_chars(" ")


def _whole_names(fields: pl.DataFrame) -> pl.DataFrame:
    """Read rows that hold all names in one field: JOHN SMITH, MR J AND MRS A SMITH, MR AND MRS J SMITH."""
    whole = fields.with_columns(whole=pl.col("forename") + pl.col("surname"))
    cut = _with_pieces(whole, "whole", alone=f"{TITLES}|LORD|LADY", suffixes=SHORT_SUFFIXES)
    last = _given_and_family(_untitled(pl.col("whole").str.split(" AND ").list.last(), alone=TITLES))
    third = pl.col("whole").str.count_matches(" AND ") > 1
    lacking = third & pl.col("whole_2").str.contains(_SHARES_SURNAME)
    cut = cut.with_columns(
        whole_2=pl.when(lacking)
        .then(pl.col("whole_2") + " " + last.struct.field("family"))
        .otherwise("whole_2")
    )
    cut = cut.with_columns(a=_given_and_family(pl.col("whole_1")), b=_given_and_family(pl.col("whole_2")))
    return _share_whole(cut)


def _share_whole(cut: pl.DataFrame) -> pl.DataFrame:
    """Give each of two whole names its given names and surname, which the other may hold for both."""
    (given_a, family_a), (given_b, family_b) = (
        (pl.col(name).struct.field("given"), pl.col(name).struct.field("family")) for name in "ab"
    )
    a, b, none = pl.col("whole_1"), pl.col("whole_2"), pl.lit(None, pl.String)
    # How the piece before AND and the piece after it are read -> given and family of both people.
    readings = {
        "title, name": (given_b, family_b, none, family_b),  # MR AND MRS J SMITH
        "forenames": (a, none, b, none),  # JOHN AND MARY in the forename's field
        "name, title": (given_a, family_a, none, family_a),  # J SMITH AND MRS
        "two names": (given_a, family_a, given_b, family_b),  # JOHN SMITH AND MARY JONES
        "name, forename": (given_a, family_a, b, family_a),  # JOHN SMITH AND MARY
        "forename, name": (a, family_b, given_b, family_b),  # J AND A SMITH
    }
    cut = cut.with_columns(reading=_reading_of_pair())
    columns = ("given_1", "family_1", "given_2", "family_2")
    return cut.select(
        "row",
        *(
            pl.coalesce(
                pl.when(pl.col("reading") == reading).then(parts[i]) for reading, parts in readings.items()
            ).alias(name)
            for i, name in enumerate(columns)
        ),
        two=b.is_not_null() | pl.col("title_of_two"),
        middle_1=pl.lit(""),
        middle_2=pl.lit(""),
        suffix_1="whole_1_suffix",
        suffix_2="whole_2_suffix",
        dead_1=pl.col("whole_1_dead") | pl.col("title_of_dead"),
        dead_2=pl.col("whole_2_dead").fill_null(False) | pl.col("title_of_dead"),
    )


def _reading_of_pair() -> pl.Expr:
    """Return how the pieces `whole_1` and `whole_2` are to be read, by the names in `_share_whole`."""
    a, b, lone = pl.col("whole_1"), pl.col("whole_2").fill_null(""), pl.col("lone_forename")
    one_word_each = ~a.str.contains(" ", literal=True) & ~b.str.contains(" ", literal=True)
    b_is_forename = ~b.str.contains(" ", literal=True) & ~pl.col("whole_2_titled").fill_null(False)
    return (
        pl.when(a == "")
        .then(pl.lit("title, name"))
        .when(lone & one_word_each)
        .then(pl.lit("forenames"))
        .when(b == "")
        .then(pl.lit("name, title"))
        .when(one_word_each)
        .then(pl.lit("two names"))
        .when(b_is_forename)
        .then(pl.lit("name, forename"))
        .when(a.str.contains(_SHARES_SURNAME))
        .then(pl.lit("forename, name"))
        .otherwise(pl.lit("two names"))
    )


def _parted_names(fields: pl.DataFrame) -> pl.DataFrame:
    """Read rows with forenames and surnames in their own fields, either of which may be two people's."""
    cut = _with_pieces(fields, "forename", alone=TITLES, suffixes="|".join(SUFFIXES))
    cut = _with_pieces(cut, "middle_names", alone=TITLES, suffixes=SHORT_SUFFIXES)
    cut = _with_pieces(cut, "surname", alone=_ONLY_TITLES, suffixes="|".join(SUFFIXES))
    joined = [
        pl.col(name)
        .str.replace_all("(^|[ -])(MC|MAC|FITZ|O)[ -]([^ -])", "${1}${2}${3}")
        .str.replace("^D ([^ ])", "D${1}")
        for name in ("surname_1", "surname_2")
    ]
    cut = cut.with_columns(joined)
    forenames_of_two = pl.col("forename_2").is_not_null()
    # MR AND MRS J: the first piece was only a title, and the name is the first person's.
    turned = forenames_of_two & (pl.col("forename_1") == "")
    second = _given_and_family(pl.col("surname_2"))
    full_second = ~forenames_of_two & pl.col("surname_2").str.contains(" ", literal=True)
    own_second = or_null(pl.col("surname_2"))
    return cut.select(
        "row",
        two=forenames_of_two | pl.col("surname_2").is_not_null() | pl.col("title_of_two"),
        given_1=pl.when(turned).then("forename_2").otherwise("forename_1"),
        given_2=pl.when(full_second).then(second.struct.field("given")).when(~turned).then("forename_2"),
        middle_1="middle_names_1",
        middle_2="middle_names_2",
        family_1=pl.coalesce(or_null(pl.col("surname_1")), "surname_2"),
        family_2=pl.when(full_second)
        .then(second.struct.field("family"))
        .otherwise(pl.coalesce(own_second, "surname_1")),
        suffix_1=pl.coalesce("surname_1_suffix", "forename_1_suffix"),
        suffix_2=pl.coalesce("surname_2_suffix", "forename_2_suffix"),
        dead_1=pl.col("forename_1_dead") | pl.col("surname_1_dead") | pl.col("title_of_dead"),
        dead_2=pl.col("forename_2_dead").fill_null(False)
        | pl.coalesce("surname_2_dead", "surname_1_dead")
        | pl.col("title_of_dead"),
    )
