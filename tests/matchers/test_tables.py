"""Links as tables: what a number stands for is said in words, and the parts of a weight add up to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from matchers.blocking import Blocked
from matchers.clustering import Clustered
from matchers.engine import Linkage
from matchers.entities import PERSON
from matchers.estimation import Model
from matchers.scoring import Evidence
from matchers.tables import cluster_table, level_names, level_table, link_table

SURNAME, NINO, PHONE = (next(c for c in PERSON.comparisons if c.name == name) for name in ("surname", "nino", "phone"))
ROWS = np.array([20, 10, 30, 40], np.int64)  # record number -> row


def linkage() -> Linkage:
    """Three links of four records: one by itself, one that a rival weakens, one only through its cluster."""
    told = tuple(s for s in PERSON.situations if s.name in ("same person", "strangers"))
    tables = {c.name: np.full((2, len(c.levels)), 1 / len(c.levels)) for c in (SURNAME, NINO)}
    left, right = np.array([0, 0, 1], np.int32), np.array([1, 2, 3], np.int32)
    rules, none = np.array([5, 1, 0], np.uint32), np.empty(0, np.int32)
    evidence = Evidence(
        np.array([1200, 300, -40], np.int32), np.array([[700, 400, 10], [900, 0, 50]], np.int32), np.array([-400, -100, -100], np.int32),
        np.array([0, 0, 1], np.int8),
    )  # fmt: skip
    others = np.array([0, -150, 240], np.int32)
    return Linkage(
        left, right, rules, np.array([[0, 1, 6], [0, -1, -1]], np.int8), evidence, others, evidence.weights + others,
        np.array([0, 1, 2], np.int8), np.zeros(3, np.bool_), np.array([0, 0, 2, 0], np.int32), Model(told, (SURNAME, NINO), np.array([0.3, 0]), tables),
        Blocked(left, right, rules, ()), Clustered(np.array([0, 0, 2, 0], np.int32), none, none, none, none, none, 0, 0), None, (False, False),
    )  # fmt: skip


@pytest.fixture
def table() -> pl.DataFrame:
    return link_table(linkage(), ROWS, (SURNAME, NINO, PHONE))


def test_links_name_rows_and_not_records(table: pl.DataFrame) -> None:
    assert table.select("row_l", "row_r").rows() == [(20, 10), (20, 30), (10, 40)]


def test_levels_and_situations_stand_in_words(table: pl.DataFrame) -> None:
    assert table["level_surname"].to_list() == ["exact", "close", "differs"]
    assert table["level_nino"].to_list() == ["exact", "missing", "missing"]
    assert table["situation"].to_list() == ["same person", "same person", "strangers"]


def test_what_the_data_did_not_allow_to_compare_is_missing_and_contributes_nothing(table: pl.DataFrame) -> None:
    assert table["level_phone"].to_list() == ["missing"] * 3
    assert table["contribution_phone"].to_list() == [0, 0, 0]


def test_contributions_start_and_others_add_up_to_the_weight(table: pl.DataFrame) -> None:
    parts = [name for name in table.columns if name.startswith("contribution_")]
    assert parts == ["contribution_surname", "contribution_nino", "contribution_phone", "contribution_start", "contribution_others"]
    assert table["match_weight"].to_list() == table.select(pl.sum_horizontal(parts)).to_series().to_list() == [1200, 150, 200]


def test_a_weight_of_two_bits_is_four_to_one(table: pl.DataFrame) -> None:
    assert table["match_probability"].to_list() == pytest.approx([1 / (1 + 2**-12), 1 / (1 + 2**-1.5), 0.8], abs=1e-6)


def test_what_other_records_say_is_named(table: pl.DataFrame) -> None:
    assert table["level_others"].to_list() == ["none", "parted", "joined-through"]


def test_a_household_that_moved_is_named() -> None:
    found = link_table(replace(linkage(), company=np.array([False, False, True])), ROWS, (SURNAME,))
    assert found["level_others"].to_list() == ["none", "parted", "household"]


def test_what_a_person_has_to_look_at_is_named(table: pl.DataFrame) -> None:
    assert table["review"].to_list() == ["none", "apart", "tie"]


def test_types_are_those_of_the_interface(table: pl.DataFrame) -> None:
    kinds = {name: pl.String if name.startswith(("level_", "situation", "review")) else pl.Int64 for name in table.columns}
    assert table.schema == pl.Schema({**kinds, "match_probability": pl.Float64})


def test_a_linkage_without_links_is_a_table_without_rows() -> None:
    found = linkage()
    nothing = np.empty(0, np.int32)
    empty = Linkage(
        nothing, nothing, nothing.astype(np.uint32), np.empty((2, 0), np.int8), Evidence(nothing, np.empty((2, 0), np.int32), nothing, nothing.astype(np.int8)),
        nothing, nothing, nothing.astype(np.int8), nothing.astype(np.bool_), found.clusters, found.model, found.blocked, found.clustered, None, (False, False),
    )  # fmt: skip
    table = link_table(empty, ROWS, (SURNAME, NINO, PHONE))
    assert table.height == 0
    assert table.schema == link_table(found, ROWS, (SURNAME, NINO, PHONE)).schema


def test_minus_one_is_missing_and_the_last_level_differs() -> None:
    names = level_names(NINO, np.array([-1, 0, len(NINO.levels) - 1], np.int8))
    assert (names.name, names.to_list()) == ("level_nino", ["missing", NINO.levels[0], "differs"])


def test_levels_of_any_two_records(encoded) -> None:
    features, number = encoded([{"surname": "LEWIS", "nino": "QQ112233A"}, {"surname": "LEWIS", "nino": "QQ998877B"}, {"surname": "NOWAK"}])
    pairs = np.array([[0, 0], [1, 2]])
    table = level_table(features, number[pairs[0]], number[pairs[1]], (SURNAME, NINO), (SURNAME, NINO, PHONE))
    assert table.rows() == [("exact", "differs", "missing"), ("differs", "missing", "missing")]


def test_a_cluster_is_named_after_its_smallest_reference() -> None:
    """Records 0, 1 and 3 are rows 1, 3 and 0; record 2, row 2, is alone."""
    references = pl.Series(["R9", "R2", "R1", "R10"])
    table = cluster_table(linkage(), np.array([1, 3, 2, 0], np.int64), references)
    assert table.rows() == [(0, "R10"), (1, "R10"), (2, "R1"), (3, "R10")]
