"""Records as the texts that are keyed: what blocks are made of, and the pieces that are compared in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.encoding.prf import Blocks, Prf, text_mac
from matchers.encoding.rarity import COMMONEST_RARE, rarity
from matchers.keys import home_key
from matchers.normalisers.identifiers import nino_key, postcode_sector
from matchers.normalisers.names import nickname_root
from matchers.sound import sound

_DISTINCT = ("forename", "middle_names", "surname", "date_of_birth", "postcode")  # columns with few distinct values for many rows
_MARK = "\x00"  # in no text; what stands for a date that reads the same either way


@dataclass(frozen=True)
class Components:
    """Digests of each record's texts.

    Attributes:
        codes: name -> record -> row of the digests, -1 where the text is unknown.
        digests: name -> 16 bytes for each distinct text.
        texts: name -> distinct texts, of those that filters are made of.
    """

    size: int
    codes: dict[str, npt.NDArray[np.int32]]
    digests: dict[str, Blocks]
    texts: dict[str, pl.Series]

    def of(self, name: str, rows: npt.NDArray[np.int64]) -> tuple[Blocks, npt.NDArray[np.bool_]]:
        """Return the digest of each of these records' texts, and where it is known."""
        codes = self.codes[name][rows]
        known = codes >= 0
        digests = self.digests[name]
        return (digests.take(codes, axis=0, mode="clip") if len(digests) else np.zeros((len(rows), 16), np.uint8)), known


def components(records: pl.DataFrame, prf: Prf) -> Components:
    """Digest what the passes need, each distinct text once.

    Args:
        records: canonical columns of people (`canonical.PERSON_COLUMNS`, `saon`, `paon`), any of them absent.
    """
    out = Components(records.height, {}, {}, {})
    for name in _DISTINCT:
        column = _column(records, name)
        distinct = column.drop_nulls().unique().sort()
        codes = column.cast(pl.Enum(distinct)).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
        derived = distinct.rename("v").to_frame().select(**_DERIVED[name])
        for piece in derived.columns:
            _add(out, piece, derived[piece], codes, prf)
        if name in ("forename", "surname"):
            out.texts[name] = distinct
    place = {name: _column(records, name) for name in ("saon", "paon", "address", "postcode")}
    frame = pl.DataFrame(list(place.values()), schema=list(place))
    home = pl.when(pl.col("postcode").is_not_null()).then(pl.concat_str("postcode", home_key(), separator="|"))
    every = np.arange(records.height, dtype=np.int32)
    for piece, text in frame.select(home=home, line=pl.col("address"), paon=pl.col("paon"), saon=pl.col("saon")).to_dict().items():
        _add(out, piece, text, every, prf)
    out.texts["address"] = frame["address"].fill_null("")
    out.codes["address"] = np.where(frame["address"].is_not_null().to_numpy(), every, np.int32(-1))
    numbers = pl.DataFrame([_column(records, name) for name in ("nino", "phone", "email", "account")])
    shown = numbers.select(
        "phone", "email", "account", nino=nino_key(pl.col("nino")), nino_prefix=pl.col("nino").str.slice(0, 2),
        nino_first=pl.col("nino").str.slice(2, 2), nino_second=pl.col("nino").str.slice(4, 2), nino_third=pl.col("nino").str.slice(6, 2),
    )
    for piece, text in shown.to_dict().items():
        _add(out, piece, text, every, prf)
    return out


def _column(records: pl.DataFrame, name: str) -> pl.Series:
    return records[name] if name in records.columns else pl.Series(name, [None] * records.height, pl.String)


def _add(out: Components, name: str, texts: pl.Series, codes: npt.NDArray[np.int32], prf: Prf) -> None:
    known = texts.is_not_null().to_numpy()
    out.codes[name] = np.where((codes >= 0) & known.take(codes, mode="clip"), codes, np.int32(-1)) if len(texts) else np.full(len(codes), -1, np.int32)
    out.digests[name] = text_mac(prf, texts)


_V = pl.col("v")
_WHOLE_DATE = _V.str.contains("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_YEAR, _MONTH, _DAY = _V.str.slice(0, 4), _V.str.slice(5, 2), _V.str.slice(8, 2)


def _digits(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains("^[0-9]+$")).then(text)


_DERIVED: dict[str, dict[str, pl.Expr]] = {
    "forename": {
        "forename": _V, "forename_root": nickname_root(_V), "forename_initial": _V.str.slice(0, 1), "root_initial": nickname_root(_V).str.slice(0, 1),
        "forename_sound": pl.when(_V.str.len_chars() > 1).then(sound(nickname_root(_V))),
    },
    "surname": {
        "surname": _V, "surname_first": _V.str.extract("^([^ ]+)"), "surname_last": _V.str.extract("([^ ]+)$"),
        "surname_sound": pl.when(_V.str.len_chars() > 1).then(sound(_V)),
        "rare_surname_sound": pl.when((_V.str.len_chars() > 1) & (rarity("surname", _V) >= COMMONEST_RARE)).then(sound(_V)),
    },
    "middle_names": {"middle_names": _V, "middle_initial": _V.str.slice(0, 1)},
    "date_of_birth": {
        "birth_date": pl.when(_WHOLE_DATE).then(_V), "birth_year": _digits(_YEAR), "birth_century": _digits(_V.str.slice(0, 2)),
        "birth_decade": _digits(_V.str.slice(2, 1)), "birth_unit": _digits(_V.str.slice(3, 1)), "birth_month": _digits(_MONTH),
        "birth_tens": _digits(_V.str.slice(8, 1)), "birth_ones": _digits(_V.str.slice(9, 1)), "birth_as_is": pl.when(_WHOLE_DATE).then(_V),
        "birth_exchanged": pl.when(_WHOLE_DATE).then(
            pl.when(_MONTH == _DAY).then(pl.lit(_MARK) + _V).otherwise(pl.concat_str(_YEAR, _DAY, _MONTH, separator="-"))
        ),
    },
    "postcode": {
        "postcode": _V, "sector": postcode_sector(_V), "district": _V.str.extract("^([^ ]+) "), "area": _V.str.extract("^([A-Z]{1,2})[0-9]"),
    },
}  # fmt: skip
