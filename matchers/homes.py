"""Who lives at one home: the pairs of records there that rules on homes compare, and whether their given names make two people of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.collisions import assumed
from matchers.comparison import usable
from matchers.encoded import ENCODED_PERSON, encoded_features, same_token
from matchers.encoding.encoder import Encoded
from matchers.encoding.layout import HOUSEHOLD, ProfileName
from matchers.entities import PERSON
from matchers.features import Codes, Features, encode
from matchers.sql import query
from matchers.tables import level_table

MOST_AT_HOME = 40  # records of the two datasets; above it the home is a building, a care home or a default value
NAMES = ("forename", "surname")
ONE_FAMILY = ("exact", "close", "near", "part")  # levels of the surname
Compared = tuple[str, str, Literal["across", "within", "both"]]  # two datasets, and whose rows


def encoded_homes(households: pl.DataFrame, encoded: Encoded) -> pl.DataFrame:
    """Give every encoded household record the number of its home, as `keys.address_clusters` does for addresses: `record, home`.

    Args:
        households: `record`, in the order of `encoded`.
    """
    tokens = encoded.tokens[HOUSEHOLD.name].view("V16").ravel()
    home = np.unique(tokens, return_inverse=True)[1]
    held = households.select("record", home=pl.Series(home))
    return held.with_columns(pl.col("record").min().over("home").alias("home")).sort("record")


def home_pairs(homes: pl.DataFrame, records: pl.DataFrame, compared: Sequence[Compared]) -> tuple[pl.DataFrame, int]:
    """Pair the records at one home that some rule compares.

    Args:
        homes: `record, home`.
        records: shape `RECORD`, with `record`.

    Returns:
        `record_l, record_r`, each pair once, the smaller number first; and how many homes were passed over, because too many records
        are there to live together.
    """
    rules = pl.DataFrame(compared, schema={"left_dataset": pl.String, "right_dataset": pl.String, "scope": pl.String}, orient="row")
    at_home = homes.join(records.select("record", "partner", "dataset", "record_ref"), on="record")
    at_home = at_home.filter(pl.col("dataset").is_in([*rules["left_dataset"], *rules["right_dataset"]]))
    sizes = at_home.group_by("home").agg(pl.len().alias("there"))
    small = at_home.join(sizes.filter(pl.col("there").is_between(2, MOST_AT_HOME)), on="home", how="semi")
    pairs = query(
        """select distinct least(l.record, r.record) as record_l, greatest(l.record, r.record) as record_r
           from small l join small r on r.home = l.home and r.record <> l.record
           join rules on l.dataset = left_dataset and r.dataset = right_dataset
           where (l.partner, l.dataset, l.record_ref) is distinct from (r.partner, r.dataset, r.record_ref)
               and (scope = 'both' or (scope = 'within') = (l.partner = r.partner))
           order by all""",
        small=small, rules=rules,
    )
    return pairs, sizes.filter(pl.col("there") > MOST_AT_HOME).height


def names_at_home(
    pairs: pl.DataFrame, records: pl.DataFrame, households: pl.DataFrame | None, encoded: Encoded | None, *, profile: ProfileName = "P1"
) -> pl.DataFrame:
    """Return what the names of each pair say: `record_l, record_r, forename, surname` (levels), `two_people`.

    Both of a pair were sent in clear, or both encoded; no address of one kind meets one of the other. Two people live there where both
    given names are known and differ: a short form, an initial, a misspelling or exchanged names make nobody a second person. Nor do two
    given names of one initial with one family name, because at one home MARK and MAK are one person far more often than two, nor a given
    name that is the other's family name, whatever became of the second one.
    """
    clear = records.join(pl.concat([pairs.select(record=f"record_{side}") for side in "lr"]), on="record", how="semi").filter(pl.col("kind") == PERSON.name).sort("record")
    features = encode(clear.select("record", *(name for name in PERSON.columns if name in clear.columns)), reference=("record",))
    place = np.empty(features.size, np.int32)
    place[features.order] = np.arange(features.size, dtype=np.int32)
    found = [_levels(pairs, clear.select("record", row=pl.Series(place)), features, clear=True)]
    if households is not None and encoded is not None:
        passes = (HOUSEHOLD.name,)
        coded = encoded_features(encoded.size, encoded, pl.DataFrame(), {}, assumed(), profile=profile, passes=passes)
        found.append(_levels(pairs, households.select("record", row=pl.int_range(pl.len(), dtype=pl.Int32)), coded, clear=False))
    two = (pl.col("forename") == "differs") & ~pl.col("crossed") & ~(pl.col("one_initial") & pl.col("surname").is_in(ONE_FAMILY))
    named = pairs.join(pl.concat(found), on=["record_l", "record_r"], how="left").with_columns(two_people=two.fill_null(False))
    return named.drop("one_initial", "crossed").sort("record_l", "record_r")


def _levels(pairs: pl.DataFrame, rows: pl.DataFrame, features: Features, *, clear: bool) -> pl.DataFrame:
    """Return the levels of the pairs whose records have both a row in the features."""
    entity = PERSON if clear else ENCODED_PERSON
    fields = tuple(c for c in entity.comparisons if c.name in NAMES)
    both = pairs
    for side in "lr":
        both = both.join(rows.rename({"record": f"record_{side}", "row": f"row_{side}"}), on=f"record_{side}")
    both = both.sort("record_l", "record_r")
    left, right = (both[f"row_{side}"].to_numpy() for side in "lr")
    levels = level_table(features, left, right, usable(features, fields), fields)
    equal = partial(_equal, features) if clear else partial(same_token, features, HOUSEHOLD.name)
    return both.select("record_l", "record_r").with_columns(
        levels["level_forename"].alias("forename"), levels["level_surname"].alias("surname"),
        one_initial=pl.Series(equal(left, right, "forename_initial")),
        crossed=pl.Series(equal(left, right, "forename", "surname") | equal(left, right, "surname", "forename")),
    )


def _equal(features: Features, left: Codes, right: Codes, name: str, other: str = "") -> npt.NDArray[np.bool_]:
    other = other or name
    if not (features.has(name) and features.has(other)):
        return np.zeros(len(left), np.bool_)
    a, b = features.codes(name)[left], features.codes(other)[right]
    return np.asarray((a == b) & (a >= 0))
