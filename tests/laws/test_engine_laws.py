"""What is true of linking whatever the records say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.engine import Linkage, link, trusted
from matchers.entities import PERSON
from matchers.features import Features, encode
from matchers.scoring import LARGEST_WEIGHT

Row = dict[str, object]
SCHEMA = dict.fromkeys(("record_ref", "forename", "surname", "date_of_birth", "nino", "postcode", "paon", "address", "phone"), pl.String)
HOMES = ({"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}, {"postcode": "ZZ7 3BB", "paon": "2", "address": "2 MILL LANE"}, {})
few, some = settings(max_examples=8), settings(max_examples=20)

people = st.builds(
    lambda forename, surname, born, nino, phone, home: {"forename": forename, "surname": surname, "date_of_birth": born, "nino": nino, "phone": phone, **home},
    st.sampled_from(["BRYN", "BRIN", "OWEN", "B", None]), st.sampled_from(["LEWIS", "LEWYS", "NOWAK", "BRYN", None]),
    st.sampled_from(["1990-12-02", "1990-02-12", "1990-12-XX", "1961-05-20", None]),
    st.sampled_from(["QQ112233A", "QQ112234A", "QQ112244A", "QQ998877B", None]), st.sampled_from(["07700900123", None, None]), st.sampled_from(HOMES),
)  # fmt: skip
crowd = st.lists(people, min_size=2, max_size=24)  # of 16 records and more there are enough pairs for a fit


def table_of(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(SCHEMA), "record_ref": f"R{i:03}", **row} for i, row in enumerate(rows)], schema=SCHEMA)


def linked(table: pl.DataFrame, *, side: Mapping[str, int] | None = None, **more: object) -> tuple[Features, pl.Series, Linkage]:
    """The features, the reference of each record by its number, and what was found."""
    features = encode(table)
    refs = table["record_ref"].gather(features.order)
    codes = None if side is None else np.array([side[ref] for ref in refs], np.int32)
    return features, refs, link(features, PERSON, side=codes, **more)


def said(refs: pl.Series, found: Linkage) -> dict[frozenset[str], tuple[object, ...]]:
    """Links by what they join, without regard to which side is left."""
    return {
        frozenset((refs[int(left)], refs[int(right)])): (int(weight), int(others), tuple(levels), tuple(parts), int(rules))
        for left, right, weight, others, levels, parts, rules in zip(
            found.left, found.right, found.weights, found.others, found.levels.T.tolist(), found.evidence.contributions.T.tolist(), found.rules, strict=True
        )
    }


def groups(refs: pl.Series, found: Linkage) -> set[frozenset[str]]:
    by_number: dict[int, set[str]] = {}
    for ref, number in zip(refs, found.clusters.tolist(), strict=True):
        by_number.setdefault(number, set()).add(ref)
    return {frozenset(group) for group in by_number.values()}


@some
@given(rows=crowd, data=st.data())
def test_the_order_of_rows_changes_nothing(rows: list[Row], data: st.DataObject) -> None:
    table = table_of(rows)
    shuffled = table[data.draw(st.permutations(range(len(rows))))]
    (_, refs, one), (_, other_refs, other) = linked(table), linked(shuffled)
    assert refs.to_list() == other_refs.to_list()
    assert said(refs, one) == said(other_refs, other)
    assert one.clusters.tolist() == other.clusters.tolist()
    assert one.notes == other.notes
    assert np.array_equal(one.model.rates, other.model.rates)


@few
@given(rows=crowd)
def test_the_number_of_threads_changes_nothing(rows: list[Row]) -> None:
    table = table_of(rows)
    results = [linked(table, threads=threads) for threads in (1, 2, 4)]
    for _, refs, found in results[1:]:
        assert said(refs, found) == said(results[0][1], results[0][2])
        assert found.clusters.tolist() == results[0][2].clusters.tolist()


@some
@given(rows=crowd, data=st.data())
def test_exchanging_the_left_and_the_right_file_changes_no_link(rows: list[Row], data: st.DataObject) -> None:
    table = table_of(rows)
    side = dict(zip(table["record_ref"], data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))), strict=True))
    _, refs, one = linked(table, side=side)
    _, other_refs, other = linked(table.reverse(), side={ref: 1 - n for ref, n in side.items()})
    assert said(refs, one) == said(other_refs, other)
    assert groups(refs, one) == groups(other_refs, other)
    assert one.once == other.once[::-1]


@some
@given(rows=crowd, data=st.data())
def test_two_records_of_one_file_are_never_linked(rows: list[Row], data: st.DataObject) -> None:
    table = table_of(rows)
    side = dict(zip(table["record_ref"], data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))), strict=True))
    _, refs, found = linked(table, side=side, floor=1e-9)
    assert all(len({side[ref] for ref in pair}) == 2 for pair in said(refs, found))


@some
@given(rows=crowd, floor=st.sampled_from([1e-9, 0.1, 0.5, 0.99]))
def test_links_come_once_above_the_floor_and_their_evidence_adds_up(rows: list[Row], floor: float) -> None:
    _, refs, found = linked(table_of(rows), floor=floor)
    assert len(said(refs, found)) == len(found.left)
    assert (found.left < found.right).all()
    assert (found.evidence.start + found.evidence.contributions.sum(axis=0) + found.others).tolist() == found.weights.tolist()
    assert (found.weights >= 100 * np.log2(floor / (1 - floor)) - 1e-6).all()
    assert (np.abs(found.weights) <= LARGEST_WEIGHT).all()


@few
@given(rows=crowd)
def test_a_lower_floor_returns_the_same_links_and_more(rows: list[Row]) -> None:
    table = table_of(rows)
    (_, refs, high), (_, _, low) = linked(table, floor=0.9), linked(table, floor=0.1)
    high_links, low_links = said(refs, high), said(refs, low)
    assert high_links.items() <= low_links.items()
    assert groups(refs, high) == groups(refs, low)


@some
@given(rows=crowd)
def test_every_record_has_one_cluster_and_clusters_are_of_linked_records(rows: list[Row]) -> None:
    _, refs, found = linked(table_of(rows))
    assert found.clusters.shape == (len(rows),)
    assert sorted(set(found.clusters.tolist())) == list(range(len(set(found.clusters.tolist()))))
    inside = found.clusters[found.left] == found.clusters[found.right]
    neighbours: dict[int, set[int]] = {}
    for a, b in zip(found.left[inside].tolist(), found.right[inside].tolist(), strict=True):
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    sizes = np.bincount(found.clusters)
    for record, number in enumerate(found.clusters.tolist()):
        assert sizes[number] == 1 or neighbours.get(record), refs[record]


@some
@given(rows=crowd)
def test_two_different_ninos_are_never_in_one_cluster(rows: list[Row]) -> None:
    features, refs, found = linked(table_of(rows))
    if not features.has("nino") or not found.model.situations or not trusted(found.model, PERSON):
        return
    column = features.columns["nino"]
    for number in np.unique(found.clusters):
        held = [column.texts[code] for code in column.codes[found.clusters == number] if code >= 0]
        assert all(OSA.distance(a, b) <= 1 for a in held for b in held), held


@few
@given(rows=crowd)
def test_a_record_of_which_nothing_is_known_is_linked_to_nobody(rows: list[Row]) -> None:
    _, refs, found = linked(table_of([*rows, {"record_ref": "EMPTY"}, {"record_ref": "EMPTY TOO"}]), floor=1e-9)
    assert not [pair for pair in said(refs, found) if {"EMPTY", "EMPTY TOO"} & pair]


STRANGER: Row = {"record_ref": "NEW", "forename": "ZOFIA", "surname": "WISNIEWSKA", "date_of_birth": "1947-07-17", "nino": "QQ556677C", "postcode": "ZZ9 9ZZ"}


@few
@given(rows=crowd)
def test_a_stranger_joins_nobody_and_a_fitted_model_says_of_the_others_what_it_said(rows: list[Row]) -> None:
    before, after = table_of(rows), table_of([*rows, STRANGER])
    _, refs, one = linked(before)
    if not one.model.situations:
        return
    model = linked(after)[2].model
    (_, refs, one), (_, more_refs, other) = linked(before, model=model), linked(after, model=model)
    assert frozenset({"NEW"}) in groups(more_refs, other)
    assert groups(refs, one) == groups(more_refs, other) - {frozenset({"NEW"})}


@few
@given(rows=crowd)
def test_the_same_records_give_the_same_result(rows: list[Row]) -> None:
    table = table_of(rows)
    (_, refs, one), (_, _, other) = linked(table), linked(table.clone())
    assert said(refs, one) == said(refs, other)
    assert (one.notes, one.once) == (other.notes, other.once)


@pytest.mark.parametrize("columns", [["forename"], ["surname"], ["nino"], ["phone"], ["postcode"], ["date_of_birth"], ["address", "paon"]])
@settings(max_examples=4)
@given(rows=crowd)
def test_any_one_column_alone_can_be_linked_on(columns: list[str], rows: list[Row]) -> None:
    _, refs, found = linked(table_of([{name: row.get(name) for name in columns} for row in rows]))
    assert len(found.clusters) == len(rows)
    assert (found.evidence.start + found.evidence.contributions.sum(axis=0) + found.others).tolist() == found.weights.tolist()
