"""Who lives at one home: which records are paired there, and when two given names make two people."""

from __future__ import annotations

import polars as pl
import pytest

from matchers.encoding.encoder import Encoded, encode_households
from matchers.homes import MOST_AT_HOME, encoded_homes, home_pairs, names_at_home
from schemas.records import RECORD
from tests.conftest import DAY, frame_of
from tests.matchers.encoding.invented import key_of

WITHIN = ("CTX", "ELR", "within")


def records(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"partner": "northmere", "dataset": "CTX", "party": "holder", "kind": "person", "as_of": DAY, "postcode": "ZZ1 1AA", "paon": "14"}
    full = [{**base, "record_ref": f"R{n}", **row} for n, row in enumerate(rows)]
    return frame_of(RECORD, full).with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))


def at_one_home(table: pl.DataFrame) -> pl.DataFrame:
    return table.select("record", home=pl.lit(0, pl.Int64))


def pairs(table: pl.DataFrame, *compared: tuple[str, str, str]) -> list[tuple[int, int]]:
    return home_pairs(at_one_home(table), table, compared)[0].rows()  # type: ignore[arg-type]


def test_only_the_datasets_of_a_rule_are_paired() -> None:
    table = records({}, {"dataset": "ELR"}, {"dataset": "PAY"})
    assert pairs(table, WITHIN) == [(0, 1)]
    assert pairs(table, ("ELR", "CTX", "within")) == [(0, 1)]
    assert pairs(table) == []


def test_a_rule_within_a_council_pairs_nobody_of_two() -> None:
    table = records({}, {"dataset": "ELR", "partner": "southmere"})
    assert pairs(table, WITHIN) == []
    assert pairs(table, ("CTX", "ELR", "across")) == pairs(table, ("CTX", "ELR", "both")) == [(0, 1)]


def test_two_parties_of_one_row_are_no_pair_and_no_pair_comes_twice() -> None:
    table = records({"record_ref": "A"}, {"record_ref": "A", "party": "second"}, {"dataset": "CTX", "record_ref": "B"})
    assert pairs(table, ("CTX", "CTX", "within"), ("CTX", "CTX", "both")) == [(0, 2), (1, 2)]


def test_a_building_is_no_home_and_is_counted() -> None:
    for extra, expected in ((0, 0), (1, 1)):
        table = records({}, *({"dataset": "ELR"} for _ in range(MOST_AT_HOME - 1 + extra)))
        found, crowded = home_pairs(at_one_home(table), table, [WITHIN])  # type: ignore[list-item]
        assert crowded == expected
        assert found.height == (0 if expected else MOST_AT_HOME - 1)


NAMES = [
    (("BEN", "OKAFOR"), ("ADAEZE", "OKAFOR"), True),
    (("BEN", "OKAFOR"), ("PETRA", "NOWAK"), True),
    (("MARK", "COX"), ("MAK", "COX"), False),  # one initial, one family name: a slip far more often than two people
    (("MARK", "COX"), ("MONICA", "NOWAK"), True),
    (("BILL", "HALL"), ("WILLIAM", "HALL"), False),
    (("B", "OKAFOR"), ("BEN", "OKAFOR"), False),
    (("ADAEZE", "OKAFOR"), ("OKAFOR", "ADAEZE"), False),
    (("COLE", "MARTIN"), ("MARTIIN", "COLE"), False),  # exchanged, and one misspelt besides
    (("PAT", "POSTLETHWAITE"), ("PATRICIA", "POSTLETHWAITE OLDROYD"), False),
    (("BEN", "OKAFOR"), (None, "OKAFOR"), False),  # nobody knows
]


@pytest.mark.parametrize("encoded", [False, True], ids=["clear", "encoded"])
@pytest.mark.parametrize(("one", "other", "two"), NAMES)
def test_two_people_are_told_from_one_spelt_twice(one: tuple[str, str], other: tuple[str | None, str], *, two: bool, encoded: bool) -> None:
    table = records(*({"forename": first, "surname": last} for first, last in (one, other)))
    pair = pl.DataFrame({"record_l": [0], "record_r": [1]})
    if not encoded:
        assert names_at_home(pair, table, None, None)["two_people"].to_list() == [two]
        return
    hidden = table.with_columns(*(pl.lit(None, pl.String).alias(n) for n in ("forename", "surname", "postcode", "paon")), kind=pl.lit("household"))
    assert names_at_home(pair, hidden, table.select("record"), households_of(table))["two_people"].to_list() == [two]


def households_of(table: pl.DataFrame) -> Encoded:
    found = encode_households(table, key_of("P1"), threads=1)
    assert len(found.rows["household"]) == table.height
    return found


def test_encoded_homes_are_those_of_one_token_whatever_the_order_of_the_houses() -> None:
    table = records({"paon": "14"}, {"paon": "16"}, {"paon": "14"}, {"paon": "16"}, {"paon": "2"})
    homes = encoded_homes(table.select("record"), households_of(table))
    assert homes.rows() == [(0, 0), (1, 1), (2, 0), (3, 1), (4, 4)]


def test_a_pair_of_which_nothing_is_known_is_nobody() -> None:
    table = records({"forename": None}, {"forename": None})
    found = names_at_home(pl.DataFrame({"record_l": [0], "record_r": [1]}), table, None, None)
    assert found.row(0) == (0, 1, "missing", "missing", False)


def test_homes_of_nobody_have_no_pairs() -> None:
    nobody = records().clear()
    homes = encoded_homes(nobody.select("record"), encode_households(nobody, key_of("P1"), threads=1))
    assert homes.is_empty()
    pair = pl.DataFrame(schema={"record_l": pl.Int64, "record_r": pl.Int64})
    assert names_at_home(pair, nobody, nobody.select("record"), encode_households(nobody, key_of("P1"), threads=1)).is_empty()
