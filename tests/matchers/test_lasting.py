"""Clusters keep their names while records come, go and change company."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matchers.lasting import Changes, named_as_before


def clusters(groups: dict[str, str]) -> pl.DataFrame:
    """Return a table from cluster -> its records, one letter each."""
    rows = [(record, name) for name, records in groups.items() for record in records]
    return pl.DataFrame(rows, schema={"reference": pl.String, "cluster_id": pl.String}, orient="row")


def after(now: dict[str, str], before: dict[str, str]) -> tuple[dict[str, str], Changes]:
    """Return name -> records, and what changed."""
    named, changes = named_as_before(clusters(now), clusters(before))
    groups = named.group_by("cluster_id").agg(pl.col("reference").sort().str.join("")).rows()
    return dict(groups), changes


def test_a_cluster_keeps_its_name_when_its_first_record_goes_and_others_come():
    assert after({"b": "bcx", "d": "d"}, {"a": "abc", "d": "d"}) == ({"a": "bcx", "d": "d"}, Changes(kept=2, new=0, joined=0, parted=0))


def test_where_two_became_one_the_larger_part_s_name_stays():
    assert after({"a": "abcde"}, {"a": "ab", "c": "cde"}) == ({"c": "abcde"}, Changes(kept=1, new=0, joined=1, parted=0))


def test_where_one_was_parted_the_larger_part_keeps_the_name():
    assert after({"a": "ab", "c": "cde"}, {"a": "abcde"}) == ({"a~": "ab", "a": "cde"}, Changes(kept=1, new=0, joined=0, parted=1))


def test_of_equal_parts_the_first_by_name_keeps_it():
    assert after({"c": "cd", "b": "ab"}, {"x": "abcd"}) == ({"x": "ab", "c": "cd"}, Changes(kept=1, new=0, joined=0, parted=1))


def test_a_name_of_before_never_stands_for_others():
    groups, _ = after({"a": "a", "a~": "z", "b": "bc"}, {"a": "abc"})
    assert groups == {"a": "bc", "a~": "z", "a~~": "a"}


def test_without_a_before_every_name_is_new():
    assert after({"a": "ab"}, {}) == ({"a": "ab"}, Changes(kept=0, new=1, joined=0, parted=0))


def test_each_record_says_which_cluster_it_was_in():
    named, _ = named_as_before(clusters({"a": "abn"}), clusters({"a": "a", "b": "b", "g": "g"}))
    assert named.rows() == [("a", "a", "a"), ("b", "a", "b"), ("n", "a", None)]


partitions = st.lists(st.integers(0, 4), min_size=9, max_size=9).map(
    lambda of: {min(r for r, g in zip("abcdefghi", of, strict=True) if g == group): "".join(r for r, g in zip("abcdefghi", of, strict=True) if g == group) for group in set(of)}
)


@given(now=partitions, before=partitions, gone=st.sets(st.sampled_from("abcdefghi")), order=st.randoms(use_true_random=False))
def test_laws(now: dict[str, str], before: dict[str, str], gone: set[str], order) -> None:
    before = {name: kept for name, records in before.items() if (kept := "".join(r for r in records if r not in gone))}
    groups, changes = after(now, before)
    assert sorted(groups.values()) == sorted(now.values())  # names change, company does not
    assert changes.kept + changes.new + changes.parted == len(now)
    assert changes.kept + changes.joined == len(before)
    assert all(set(groups[name]) & set(before[name]) for name in groups.keys() & before.keys())
    assert after(before, before)[0] == before  # nothing changed, nothing is renamed
    rows = clusters(now).rows()
    order.shuffle(rows)
    shuffled = pl.DataFrame(rows, schema=["reference", "cluster_id"], orient="row")
    assert named_as_before(shuffled, clusters(before))[0].equals(named_as_before(clusters(now), clusters(before))[0])
