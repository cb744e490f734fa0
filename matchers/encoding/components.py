"""Records as the texts that are keyed: what blocks are made of, and the pieces that are compared in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.prf import BLOCK, Blocks, Prf, text_mac
from matchers.keys import home_key
from matchers.normalisers.identifiers import nino_key, postcode_sector
from matchers.normalisers.names import nickname_root
from matchers.sound import sound

SHORTEST_TYPO = 4  # letters; in a shorter name two exchanged letters make another name
_MARK = "\x00"  # in no text; what stands for a date that reads the same either way
Piece = tuple[str, npt.NDArray[np.int32], Blocks]  # name, record -> row of the digests or -1, digests
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # as `map`, in order


@dataclass(frozen=True)
class Components:
    """Digests of each record's texts.

    Attributes:
        codes: name -> record -> row of the digests, -1 where the text is unknown.
        digests: name -> 16 bytes for each distinct text.
        texts: name -> distinct texts, of those that filters are made of.
    """

    size: int
    codes: dict[str, npt.NDArray[np.int32]] = field(default_factory=dict)
    digests: dict[str, Blocks] = field(default_factory=dict)
    texts: dict[str, pl.Series] = field(default_factory=dict)

    def of(self, name: str, rows: npt.NDArray[np.int64]) -> Blocks:
        """Return the digest of each of these records' texts, all of which are known."""
        return self.digests[name].take(self.codes[name].take(rows), axis=0)

    def short(self, name: str) -> npt.NDArray[np.uint32]:
        """Return the first four bytes of each record's digest; 0 where the text is unknown."""
        first = np.append(self.digests[name].view(np.uint32)[:, 0], np.uint32(0))
        return first.take(self.codes[name], mode="wrap")  # -1 is the last one


def components(records: pl.DataFrame, prf: Prf, run: Run = map) -> Components:
    """Digest what the passes need.

    Args:
        records: canonical columns of people (`canonical.PERSON_COLUMNS`, `saon`, `paon`), any of them absent; `trading_name` of a
            person who trades: several words, or it says too little.
        run: does the columns' work, side by side where it can.
    """
    out = Components(records.height)
    table = pl.DataFrame([records[name] if name in records.columns else pl.Series(name, [None] * records.height, pl.String) for name in _NEEDED])
    table = _with_house(table)
    jobs = [partial(_each, table, name, prf) for name in _EACH] + [partial(_distinct, table, name, prf) for name in _DISTINCT]
    for texts, pieces in run(lambda job: job(), jobs):
        out.texts.update(texts)
        for name, codes, digests in pieces:
            out.codes[name], out.digests[name] = codes, digests
    out.texts["address"], out.codes["address"] = out.texts["line"], out.codes["line"]
    return out


def _with_house(table: pl.DataFrame) -> pl.DataFrame:
    """Add what tells a home within its postcode: worked out for each house and flat once, the whole address where neither says anything."""
    houses = table.select("saon", "paon").unique().with_columns(pl.lit(None, pl.String).alias("address"))
    houses = houses.select("saon", "paon", house=home_key())
    return table.join(houses, on=["saon", "paon"], how="left", nulls_equal=True, maintain_order="left").with_columns(pl.coalesce("house", "address").alias("house"))


def _each(table: pl.DataFrame, name: str, prf: Prf) -> tuple[dict[str, pl.Series], list[Piece]]:
    """Digest a column in which hardly any two texts are equal."""
    texts = table.select(_EACH[name]).to_series()
    known = texts.is_not_null().to_numpy()
    texts = texts.drop_nulls()
    codes = np.where(known, np.cumsum(known, dtype=np.int32) - np.int32(1), np.int32(-1))
    return {name: texts}, [(name, codes, text_mac(prf, texts))]


def _distinct(table: pl.DataFrame, name: str, prf: Prf) -> tuple[dict[str, pl.Series], list[Piece]]:
    """Digest what follows from a column in which many texts are equal, each once."""
    of, derived = _DISTINCT[name]
    column = table.select(of).to_series()
    texts = column.drop_nulls().unique().sort()
    codes = column.cast(pl.Enum(texts)).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    return {name: texts}, list(_pieces(texts.rename("v").to_frame().select(**derived), codes, prf))


def _pieces(derived: pl.DataFrame, codes: npt.NDArray[np.int32], prf: Prf) -> Iterator[Piece]:
    for column in derived.iter_columns():
        # of the distinct texts those that have this piece; one more for a record that has no text
        piece = np.append(np.where(column.is_not_null().to_numpy(), np.arange(len(column), dtype=np.int32), np.int32(-1)), np.int32(-1))
        yield column.name, piece.take(codes, mode="wrap"), text_mac(prf, column) if len(column) else np.zeros((0, BLOCK), np.uint8)


_V = pl.col("v")
_WHOLE_DATE = _V.str.contains("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_YEAR, _MONTH, _DAY = _V.str.slice(0, 4), _V.str.slice(5, 2), _V.str.slice(8, 2)


def _digits(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains("^[0-9]+$")).then(text)


def _letters(name: pl.Expr) -> pl.Expr:
    """Return the letters of a name in the alphabet's order: of two that changed places, nothing is left to see. Short names say too little."""
    return pl.when(name.str.len_chars() >= SHORTEST_TYPO).then(name.str.split("").list.sort().list.join(""))


_NEEDED = ("forename", "middle_names", "surname", "date_of_birth", "postcode", "saon", "paon", "address", "trading_name", "nino", "account")
_EACH: dict[str, pl.Expr] = {
    "home": pl.when(pl.col("postcode").is_not_null()).then(pl.concat_str("postcode", "house", separator="|")),
    "line": pl.col("address"), "trading_name": pl.col("trading_name"), "nino": nino_key(pl.col("nino")), "account": pl.col("account"),
}  # fmt: skip
_DISTINCT: dict[str, tuple[pl.Expr, dict[str, pl.Expr]]] = {
    "forename": (pl.col("forename"), {
        "forename": _V, "forename_root": nickname_root(_V), "forename_initial": _V.str.slice(0, 1), "root_initial": nickname_root(_V).str.slice(0, 1),
        "forename_letters": _letters(_V), "forename_sound": pl.when(_V.str.len_chars() > 1).then(sound(nickname_root(_V))),
    }),
    "surname": (pl.col("surname"), {
        "surname": _V, "surname_letters": _letters(_V), "surname_first": _V.str.extract("^([^ ]+)"), "surname_last": _V.str.extract("([^ ]+)$"),
        "surname_sound": pl.when(_V.str.len_chars() > 1).then(sound(_V)),
    }),
    "middle_names": (pl.col("middle_names"), {"middle_names": _V, "middle_initial": _V.str.slice(0, 1)}),
    "date_of_birth": (pl.col("date_of_birth"), {
        "birth_date": pl.when(_WHOLE_DATE).then(_V), "birth_year": _digits(_YEAR), "birth_century": _digits(_V.str.slice(0, 2)),
        "birth_decade": _digits(_V.str.slice(2, 1)), "birth_unit": _digits(_V.str.slice(3, 1)), "birth_month": _digits(_MONTH),
        "birth_tens": _digits(_V.str.slice(8, 1)), "birth_ones": _digits(_V.str.slice(9, 1)), "birth_as_is": pl.when(_WHOLE_DATE).then(_V),
        "birthday": pl.when(_WHOLE_DATE).then(_V.str.slice(5)), "birth_exchanged": pl.when(_WHOLE_DATE).then(
            pl.when(_MONTH == _DAY).then(pl.lit(_MARK) + _V).otherwise(pl.concat_str(_YEAR, _DAY, _MONTH, separator="-"))
        ),
    }),
    "postcode": (pl.col("postcode"), {
        "postcode": _V, "sector": postcode_sector(_V), "district": _V.str.extract("^([^ ]+) "), "area": _V.str.extract("^([A-Z]{1,2})[0-9]"),
    }),
    "saon": (pl.col("saon"), {"saon": _V}),
    "paon": (pl.col("paon"), {"paon": _V}),
    "nino_letters": (pl.col("nino").str.slice(0, 8), {"nino_letters": _letters(_V)}),
    "nino_prefix": (pl.col("nino").str.slice(0, 2), {"nino_prefix": _V}),
    "nino_first": (pl.col("nino").str.slice(2, 2), {"nino_first": _V}),
    "nino_second": (pl.col("nino").str.slice(4, 2), {"nino_second": _V}),
    "nino_third": (pl.col("nino").str.slice(6, 2), {"nino_third": _V}),
}  # fmt: skip
