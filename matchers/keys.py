"""Links that rest on one equal key: a bank account, an address. No model: the key is shared, or it is not."""

from __future__ import annotations

import polars as pl

from matchers.sql import query

MOST_HOLDERS = 8  # records that may share an account before it is a collection account and no evidence


def account_links(records: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Pair the records that share a bank account; see `shared`."""
    return shared(records, "account")


def shared(records: pl.DataFrame, column: str, *, most: int = MOST_HOLDERS) -> tuple[pl.DataFrame, int]:
    """Pair the records that share a value; two parties of one extract row are no pair.

    Returns:
        `record_l, record_r`; and how many values were passed over because more than `most` records share them.
    """
    holders = records.filter(pl.col(column).is_not_null()).select("record", pl.col(column).alias("value"), "partner", "dataset", "record_ref")
    held = holders.group_by("value").agg(pl.len().alias("holders")).filter(pl.col("holders") > 1)
    used = holders.join(held.filter(pl.col("holders") <= most), on="value", how="semi")
    pairs = query(
        """select l.record as record_l, r.record as record_r from used l join used r on l.value = r.value and l.record < r.record
           where (l.partner, l.dataset, l.record_ref) is distinct from (r.partner, r.dataset, r.record_ref) order by all""",
        used=used,
    )
    return pairs, held.filter(pl.col("holders") > most).height


def home_key() -> pl.Expr:
    """Return what tells a home within its postcode, from `saon`, `paon` and `address`: numbers and names, in any order.

    FLAT 7, 18 and 7/18 and 18/7 are written for one home, and which of the numbers is the flat differs between systems.
    """
    spelt = pl.concat_str(pl.col("saon").fill_null(""), pl.col("paon").fill_null(""), separator=" ")
    words = spelt.str.extract_all(r"[A-Z0-9]+").list.eval(pl.element().filter(~pl.element().is_in(["FLAT", "UNIT", "APARTMENT"]))).list.sort()
    key = words.list.join(" ")
    # FLAT or UNIT alone, as in "Flat, Weaver Street", tells no more than nothing
    return pl.when(key == "").then(pl.col("address")).otherwise(key)


def address_clusters(records: pl.DataFrame) -> pl.DataFrame:
    """Give every record with a usable address the number of its home.

    Two records share a home when they share postcode, house and flat, or, where no flat is named on either side, the UPRN.
    A flat's number always parts homes, because registers give the whole building's UPRN to its flats.

    Returns:
        `record, home` (the smallest record at that home).
    """
    there = records.filter(pl.col("postcode").is_not_null() | pl.col("uprn").is_not_null())
    keyed = there.with_columns(
        by_text=pl.when(pl.col("postcode").is_not_null()).then(pl.concat_str("postcode", home_key(), separator="|")),
        by_uprn=pl.when(pl.col("uprn").is_not_null()).then(pl.concat_str(pl.col("uprn").cast(pl.String), pl.col("saon").fill_null(""), separator="|")),
    )
    home = keyed.select("record", "by_text", "by_uprn", pl.col("record").alias("home"))
    while True:  # the smallest number spreads along shared keys until nothing changes; two or three rounds
        spread = home
        for key in ("by_text", "by_uprn"):
            lowest = pl.col("home").min().over(key)
            spread = spread.with_columns(pl.when(pl.col(key).is_not_null()).then(lowest).otherwise(pl.col("home")).alias("home"))
        if (spread["home"] == home["home"]).all():
            return home.select("record", "home").sort("record")
        home = spread
