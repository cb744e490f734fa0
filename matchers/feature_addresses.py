"""The parts of an address that are compared where addresses themselves are linked: flat, house, street, property reference.

The normaliser names flat and house where they stand in their usual places. Here the line is read once more, because two
registers that are to be linked have different usual places: the number behind the street, a town behind it, a block's name
between the flat and the street.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.address_words import STREETS

ADDRESS_COLUMNS = ("address", "postcode", "uprn", "saon", "paon")
MOST_HOUSES = 3  # house numbers that records of one UPRN may name; more than slips explain, and it is a default value
START = 4  # letters of a street that a misspelling further on leaves alone
END = 3  # letters at the end of the word before the kind of street

_NUMBER = "[0-9]+[A-Z]?(?:[-/][0-9]+[A-Z]?)?"
_BLOCKS = "HOUSE|COURT|TOWERS?|MANSIONS|BUILDINGS?|LODGE|HEIGHTS"
_SOFT_STREETS = "HILL|ROW|VIEW|RISE|COURT|GREEN|PARK|CROFT|YARD|FOLD|GATE|BANK|VALE|END"
_SIDES = "NORTH|SOUTH|EAST|WEST"
# Before a town, where the normaliser cannot know whether ST is a street or a saint; here it follows a name and nothing else is a street.
_SHORT = {"ST": "STREET", "DR": "DRIVE", "CL": "CLOSE", "CT": "COURT", "PL": "PLACE", "SQ": "SQUARE", "WY": "WAY", "GR": "GROVE"}
_UNITS = ("FLAT", "UNIT", "APARTMENT")


def address_parts(records: pl.DataFrame) -> pl.DataFrame:
    """Return what is compared of each address, in the order of the rows.

    Args:
        records: any of `ADDRESS_COLUMNS`, normalised.

    Returns:
        Text columns, null where unknown; those that would hold nothing are left out.
            flat: words of the flat, without FLAT itself; the letter of 14B too.
            house_number: 14, and also 12-14 and 7/18, of which `house_range` says that they are two numbers.
            house_name: words, of a house without a number.
            house: flat and number (or name) together, in any order.
            street: its words, without the town where the kind of street shows where it ends.
            town: all that follows then.
            street_start, street_end: first and last letters of the street, as written.
            line: all words in alphabetical order.
            uprn: digits of a number that names one address (`_reference`).
    """
    parts = _parsed(records)
    parts = parts.with_columns(_house())
    if "uprn" in records.columns:
        parts = parts.with_columns(_reference(records["uprn"], parts))
    known = ("uprn", "flat", "house_number", "house_range", "house_name", "house", "street", "town", "street_start", "street_end", "line")
    return parts.select(name for name in known if name in parts.columns and parts[name].null_count() < parts.height)


def _parsed(records: pl.DataFrame) -> pl.DataFrame:
    """Part each line at its first number into what stands before and behind it, and these into house and street."""
    texts = [pl.col(name) if name in records.columns else pl.lit(None, pl.String).alias(name) for name in ("address", "saon", "paon")]
    frame = records.with_columns(texts).select("address", "saon", "paon")
    rest = pl.when(pl.col("saon").is_null()).then("address").otherwise(pl.col("address").str.strip_prefix(pl.col("saon")).str.strip_chars_start(" "))
    at_number = rf"^(?P<before>(?:.*? )?)(?P<number>{_NUMBER})(?P<after>(?: .*)?)$"
    frame = frame.with_columns(rest=rest).with_columns(pl.col("rest").str.extract_groups(at_number).struct.unnest())
    frame = frame.with_columns(pl.col("before", "after").str.strip_chars(" ").replace("", None))
    numbered = pl.col("number").is_not_null()
    behind = numbered & pl.coalesce(pl.col("after").is_null() | (pl.col("before").str.contains(f" (?:{STREETS}|{'|'.join(_SHORT)})$") & ~_has_street("after")), False)
    named = pl.when(~numbered).then(pl.col("paon")).when(~behind).then("before")
    segment = pl.when(~numbered).then(_without_name()).when(behind).then("before").otherwise("after")
    paon_number = pl.col("paon").str.extract(f"^({_NUMBER})$")  # of records that come without their line
    frame = frame.with_columns(number=pl.coalesce("number", paon_number), name=named, segment=segment, behind=behind)
    frame = _with_block(frame)
    frame = frame.with_columns(_street(pl.col("segment")).struct.unnest())
    return frame.with_columns(town=pl.when("behind").then("after").otherwise("town"), line=_any_order(pl.col("address"))).with_columns(
        # a first letter that was mistyped leaves the last ones, and the other way about
        street_start=pl.col("street").str.replace_all(" ", "").str.slice(0, START), street_end=pl.col("street").str.extract(f"([^ ]{{{END}}})(?: [^ ]+)?$")
    )


def _has_street(name: str) -> pl.Expr:
    return pl.col(name).str.contains(f"(?:^| )(?:{STREETS})(?: |$)")


def _without_name() -> pl.Expr:
    """Return a line without its house's name; where the name is all there is, no street is known."""
    rest = pl.col("rest").str.strip_prefix(pl.coalesce("paon", pl.lit(""))).str.strip_chars(" ")
    return rest.replace("", None)


def _with_block(frame: pl.DataFrame) -> pl.DataFrame:
    """Read 2 WEAVER HOUSE MILL LANE as flat 2 of WEAVER HOUSE: a number, a block's name, and a street behind it."""
    streets = f"{STREETS}|{_SOFT_STREETS}|{'|'.join(_SHORT)}"
    block = rf"^(?P<block>(?:[^ ]+ ){{1,2}}(?:{_BLOCKS})) (?P<beyond>[^ ]+ (?:.* )?(?:{streets})(?: .*)?)$"
    frame = frame.with_columns(pl.col("segment").str.extract_groups(block).struct.unnest())
    inside = pl.col("block").is_not_null() & pl.col("number").is_not_null() & pl.col("saon").is_null() & ~pl.col("beyond").str.contains(f"^(?:{streets}) ")
    return frame.with_columns(
        saon=pl.when(inside).then("number").otherwise("saon"), name=pl.when(inside).then("block").otherwise("name"),
        segment=pl.when(inside).then("beyond").otherwise("segment"), number=pl.when(~inside.fill_null(value=False)).then("number"),
    )


def _street(segment: pl.Expr) -> pl.Expr:
    """Return the street's words, up to its kind and a side behind it where there is one, else all; and the town, all that follows."""
    sure, soft = (segment.str.extract(rf"^((?:[^ ]+ )+?(?:{kinds})(?: (?:{kinds}|{_SIDES}))*)(?: |$)") for kinds in (STREETS, f"{STREETS}|{_SOFT_STREETS}"))
    short = segment.str.extract(rf"^([^ ]+(?: [^ ]+)*? (?:{'|'.join(_SHORT)}))(?: |$)")
    written_out = pl.concat_str(short.str.extract("^(.*) [^ ]+$"), short.str.extract("([^ ]+)$").replace(_SHORT), separator=" ")
    town = segment.str.strip_prefix(pl.coalesce(sure, short, soft, segment)).str.strip_chars(" ").replace("", None)
    street = pl.coalesce(sure, written_out, soft, segment)
    return pl.struct(street=pl.coalesce(street.str.strip_prefix("THE ").replace("", None), street), town=town)


def _any_order(text: pl.Expr) -> pl.Expr:
    return text.str.split(" ").list.sort().list.join(" ")


def _words(text: pl.Expr) -> pl.Expr:
    """Return numbers and words: 14B is 14 and B, 12-14 stays; what only says that it is a flat is left out."""
    return text.str.extract_all("[0-9]+-[0-9]+|[0-9]+|[A-Z]+").list.eval(pl.element().filter(~pl.element().is_in(_UNITS)))


def _house() -> list[pl.Expr]:
    """Return flat, number and name, and all of it as one key."""
    number, several = pl.col("number"), pl.col("number").str.contains("[-/]")
    digits = pl.when(several).then(number).otherwise(number.str.extract("^([0-9]+)"))
    letter = pl.when(~several).then(number.str.extract("([A-Z])$"))
    flat = pl.concat_str(pl.col("saon"), letter, separator=" ", ignore_nulls=True)
    name = pl.when(number.is_null()).then(pl.col("name").str.strip_prefix("THE ")).replace("", None)
    inside = _words(flat).list.sort().list.join(" ").replace("", None)
    whole = _words(pl.concat_str(flat, pl.coalesce(number.str.extract(f"^({_NUMBER})$").str.replace("[A-Z]$", ""), name), separator=" ", ignore_nulls=True))
    key = whole.list.sort().list.join(" ").replace("", None)
    return [
        inside.alias("flat"), digits.alias("house_number"), pl.when(several).then(number).alias("house_range"), name.alias("house_name"),
        pl.when(number.is_not_null() | name.is_not_null()).then(key).alias("house"),
    ]


def _reference(uprn: pl.Series, parts: pl.DataFrame) -> pl.Series:
    """Return UPRNs that name one address.

    One that is borne by two different flats is their building's, and one that is borne by many houses is a default value: neither
    tells addresses apart.
    """
    held = pl.DataFrame({"uprn": uprn, "flat": parts["flat"], "number": parts["house_number"]})
    shared = (pl.col("flat").drop_nulls().n_unique().over("uprn") > 1) | (pl.col("number").drop_nulls().n_unique().over("uprn") > MOST_HOUSES)
    return held.select(pl.when(~shared).then(pl.col("uprn").cast(pl.String)).alias("uprn")).to_series()
