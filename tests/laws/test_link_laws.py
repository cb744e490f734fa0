"""What is true of links whatever the records say."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from pipeline.link import link
from schemas.partnership import RunSettings
from schemas.records import RECORD, RECORD_REFERENCE
from schemas.relations import Linked

Row = dict[str, object]
HOMES = ({"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}, {"postcode": "ZZ7 3BB", "paon": "2", "address": "2 MILL LANE"}, {})
few = settings(max_examples=4)  # a link takes some tenths of a second, nearly all of it to open the engine
some = settings(max_examples=10)


def records(rows: list[Row], *, prefix: str = "p") -> pl.DataFrame:
    """Records from what each row says, each from a partner of its own, in key order."""
    base = {"dataset": "CTX", "party": "holder", "kind": "person", "deceased_hint": False, "protected": False, "as_of": date(2026, 11, 1)}
    full = [{**dict.fromkeys(RECORD.columns), **base, "record_ref": f"R{i}", "partner": f"{prefix}{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema=RECORD.schema).sort(RECORD_REFERENCE).with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))


def said(frame: pl.DataFrame, found: Linked) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Links by what they join, without record numbers and without regard to which side is left."""
    refs = frame["record_ref"]
    return {
        (entity, frozenset((refs[left], refs[right]))): rest
        for entity, left, right, *rest in found.links.select("entity", "record_l", "record_r", "tier", "rules", "match_weight", "match_probability").iter_rows()
    }


def ids(frame: pl.DataFrame, found: Linked) -> dict[tuple[object, object], object]:
    named = found.clusters.join(frame.select("record", "record_ref"), on="record")
    return {(entity, ref): name for entity, ref, name in named.select("entity", "record_ref", "cluster_id").iter_rows()}


people = st.builds(
    lambda forename, surname, born, nino, home: {"forename": forename, "surname": surname, "date_of_birth": born, "nino": nino, **home},
    st.sampled_from(["BRYN", "BRIN", "OWEN", "B", None]), st.sampled_from(["LEWIS", "LEWYS", "NOWAK", None]),
    st.sampled_from(["1990-12-02", "1990-02-12", "1990-12-XX", "1961-05-20", None]),
    st.sampled_from(["QQ112233A", "QQ112234A", "QQ112244A", "QQ998877B", None]), st.sampled_from(HOMES),
)  # fmt: skip
crowd = st.lists(people, min_size=4, max_size=9)
STRANGER: Row = {"forename": "ZOFIA", "surname": "WISNIEWSKA", "date_of_birth": "1947-07-17", "nino": "QQ556677C", "postcode": "ZZ9 9ZZ", "paon": "77"}


@some
@given(rows=crowd)
def test_two_different_ninos_are_never_one_person(rows: list[Row]) -> None:
    frame = records(rows)
    found = link(frame, RunSettings())
    persons = found.clusters.filter(pl.col("entity") == "person").join(frame.select("record", "nino"), on="record").drop_nulls("nino")
    for held in persons.group_by("cluster_id").agg(pl.col("nino").str.head(8))["nino"].to_list():
        assert all(OSA.distance(one, other) <= 1 for one, other in combinations(held, 2)), held


@some
@given(rows=crowd)
def test_links_join_two_records_once_and_their_evidence_adds_up(rows: list[Row]) -> None:
    found = link(records(rows), RunSettings())
    assert (found.links["record_l"] < found.links["record_r"]).all()
    assert set(found.links["tier"]) <= {"T1", "T2", "T3", "T4", "T5", ""}
    sums = found.evidence.group_by("entity", "record_l", "record_r").agg(pl.col("contribution").sum())
    both = found.links.join(sums, on=["entity", "record_l", "record_r"], how="left", validate="1:1")
    assert both["contribution"].to_list() == both["match_weight"].to_list()
    assert sums.height == found.links.height


@few
@given(rows=crowd)
def test_every_person_has_one_cluster_and_each_link_of_people_stays_inside_or_between_numbers(rows: list[Row]) -> None:
    frame = records(rows)
    found = link(frame, RunSettings())
    persons = found.clusters.filter(pl.col("entity") == "person")
    assert persons["record"].sort().to_list() == frame["record"].to_list()
    cluster = dict(persons.select("record", "cluster_id").iter_rows())
    apart = [(a, b) for a, b in found.links.filter(pl.col("entity") == "nino").select("record_l", "record_r").iter_rows()]
    assert all(cluster[a] != cluster[b] for a, b in apart)


@few
@given(rows=crowd)
def test_swapping_left_and_right_changes_no_link(rows: list[Row]) -> None:
    """The same rows under partners in the opposite order: every pair's left record becomes its right one.

    One NINO at most: between two, a record without one may fit both alike, and is left with neither or with the larger.
    """
    rows = [{**row, "nino": row["nino"] and "QQ112233A"} for row in rows]
    forward = records(rows)
    backward = records([{**row, "partner": f"p{len(rows) - i}"} for i, row in enumerate(rows)])
    assert forward["record_ref"].to_list() == backward["record_ref"].to_list()[::-1]
    one, other = (
        # what a rule brought together; the pairs that a cluster implies depend on which of two equal links comes first
        {key: rest for key, rest in said(frame, link(frame, RunSettings())).items() if key[0] == "person" and rest[1]}
        for frame in (forward, backward)
    )
    assert one == other


@few
@given(rows=crowd, at=st.sampled_from(["a", "p3", "z"]))
def test_an_unrelated_record_changes_no_link_and_no_cluster_id(rows: list[Row], at: str) -> None:
    """Weights move a little, because one more record makes every value a little rarer."""
    before = records(rows)
    after = records([*rows, {**STRANGER, "partner": f"{at}0", "record_ref": "NEW"}])
    one, other = link(before, RunSettings()), link(after, RunSettings())
    assert {key: rest[0] for key, rest in said(after, other).items()} == {key: rest[0] for key, rest in said(before, one).items()}
    names = ids(after, other)
    assert {key: name for key, name in names.items() if key[1] != "NEW"} == ids(before, one)
    assert names["person", "NEW"] not in ids(before, one).values()


@few
@given(rows=crowd)
def test_a_record_of_which_nothing_is_known_is_linked_to_nobody(rows: list[Row]) -> None:
    frame = records([*rows, {"record_ref": "EMPTY"}, {"record_ref": "EMPTY TOO"}])
    found = link(frame, RunSettings())
    assert not [key for key in said(frame, found) if {"EMPTY", "EMPTY TOO"} & key[1]]


@settings(max_examples=2)
@given(rows=crowd)
def test_the_same_records_give_the_same_tables(rows: list[Row]) -> None:
    one, other = link(records(rows), RunSettings()), link(records(rows), RunSettings())
    assert one.links.equals(other.links)
    assert one.evidence.equals(other.evidence)
    assert one.clusters.equals(other.clusters)
    assert (one.model, one.notes) == (other.model, other.notes)
