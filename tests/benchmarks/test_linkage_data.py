"""The benchmark's data sets: the same columns whatever the source, and no way for the truth to an engine."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.linkage_data import CANONICAL, DataSet, canonical, febrl_table, historical_50k, load, renumbered, rldata10000
from benchmarks.linkage_truth import b_cubed, by_probability, cluster_f1, components, judge, true_pairs


@pytest.fixture
def historical(tmp_path):
    path = tmp_path / "historical_50k.parquet"
    pl.DataFrame(
        {
            "unique_id": ["Q1-1", "Q1-2", "Q2-1"], "cluster": ["Q1", "Q1", "Q2"], "full_name": ["a", "b", "c"], "first_and_surname": ["a", "b", "c"],
            "first_name": ["ada", "ada", None], "surname": ["okafor", "okafor", ""], "dob": ["1850-81-01", None, "1850-01-01"],
            "birth_place": ["devon", None, "kent"], "postcode_fake": ["zz1 1aa", None, None], "gender": ["female", None, "male"],
            "occupation": ["author", "author", None],
        }
    ).write_parquet(path)
    return historical_50k(path)


def test_an_engine_is_given_no_truth_and_only_a_peer_the_published_columns(historical):
    assert historical.given(peer=False).collect_schema().names() == ["record_ref", *CANONICAL]
    assert historical.given(peer=True).collect_schema().names() == ["record_ref", *CANONICAL, "birth_place", "occupation"]


def test_no_value_an_engine_is_given_holds_the_published_reference_or_cluster(historical):
    given = historical.given(peer=True).collect()
    assert not given.select(pl.any_horizontal(pl.all().str.contains(r"Q\d")).fill_null(False).any()).item()
    assert sorted(given["record_ref"]) == ["R00000000", "R00000001", "R00000002"]


def test_historical_columns_are_ours_and_an_empty_text_is_null(historical):
    rows = {row["person"]: row for row in historical.table.collect().to_dicts() if row["address"]}
    assert [rows["Q1"][c] for c in CANONICAL] == ["ADA", None, "OKAFOR", "1850-81-01", "DEVON", "ZZ1 1AA", None, None, None]
    assert [rows["Q2"][c] for c in CANONICAL] == [None, None, None, "1850-01-01", "KENT", None, None, None, None]


def test_rldata_joins_both_surnames_and_writes_the_date_as_iso(tmp_path):
    path = tmp_path / "RLdata10000.csv"
    path.write_text("record_id,label_true,fname_c1,fname_c2,lname_c1,lname_c2,by,bm,bd\n0,7,EVA,,KLEIN,,1967,9,27\n1,7,EVA,MARIA,KLEIN,GROSS,1967,12,2\n")
    table = rldata10000(path).table.collect().sort("date_of_birth")
    assert table.select("forename", "middle_names", "surname", "date_of_birth", "person").rows() == [
        ("EVA", None, "KLEIN", "1967-09-27", "7"), ("EVA", "MARIA", "KLEIN GROSS", "1967-12-02", "7"),
    ]


def test_a_febrl_date_that_no_calendar_has_is_null_and_kept_as_written():
    frame = pl.DataFrame(
        {
            "rec_id": ["rec-12-org", "rec-12-dup-0"], "given_name": ["mia", None], "surname": ["waller", "waller"], "street_number": ["6", None],
            "address_1": ["tullaroop street", "tullaroop street"], "address_2": [None, "willaroo"], "suburb": ["st james", "st james"],
            "postcode": ["4011", "4011"], "state": ["wa", "wa"], "date_of_birth": ["19081209", "19081309"], "soc_sec_id": ["6988048", "6988048"],
        }
    )
    table = febrl_table(frame)
    assert table.select("date_of_birth", "date_written", "address", "nino", "person").rows() == [
        ("1908-12-09", "19081209", "6 TULLAROOP STREET ST JAMES", "6988048", "rec-12"),
        (None, "19081309", "TULLAROOP STREET WILLAROO ST JAMES", "6988048", "rec-12"),
    ]


def test_records_are_numbered_the_same_at_every_call_and_not_in_the_order_they_came():
    table = canonical(pl.LazyFrame({"surname": [f"NAME{i}" for i in range(50)], "person": range(50)}))
    once, again = renumbered(table).collect(), renumbered(table).collect()
    assert once.equals(again)
    assert once["person"].to_list() != list(range(50))


def test_a_set_that_is_published_elsewhere_needs_its_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="--labelled"):
        load("historical_50k", labelled=None, cache=tmp_path)


# Five records: A, B and C are one person, D and E two others.
TRUTH = pl.LazyFrame({"record_ref": ["A", "B", "C", "D", "E"], "person": [1, 1, 1, 2, 3]})
PAIRS = pl.LazyFrame({"record_ref_l": ["A", "A", "C", "D"], "record_ref_r": ["B", "D", "B", "E"], "match_probability": [0.9, 0.6, 0.7, 0.4]})


def test_true_pairs_are_counted_within_people_and_across_files_only_where_there_are_two():
    assert true_pairs(TRUTH) == 3
    assert true_pairs(TRUTH.with_columns(file=pl.Series(["left", "right", "right", "left", "right"]))) == 2


def test_pairs_are_counted_by_probability():
    assert by_probability(PAIRS, TRUTH).sort("match_probability").rows() == [(0.4, 1, 0), (0.6, 1, 0), (0.7, 1, 1), (0.9, 1, 1)]


def test_clusters_are_measured_by_the_pairs_they_imply():
    # A and B together, D and E together: one pair of two is right, of three to be found
    clusters = pl.LazyFrame({"record_ref": ["A", "B", "C", "D", "E"], "cluster_id": [1, 1, 2, 3, 3]})
    assert cluster_f1(clusters, TRUTH) == pytest.approx(2 * 1 / (2 + 3))


def test_b_cubed_counts_a_record_that_is_in_no_cluster_as_alone():
    # precision: A, B, C and D 1, as E; recall: A and B 2/3, C 1/3, D and E 1
    clusters = pl.LazyFrame({"record_ref": ["A", "B"], "cluster_id": [1, 1]})
    assert b_cubed(clusters, TRUTH) == pytest.approx((1.0, (2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5))


def test_components_join_what_is_linked_through_others():
    made = components(PAIRS.filter(pl.col("match_probability") >= 0.7), TRUTH).collect()
    groups = made.group_by("cluster_id").agg(pl.col("record_ref").sort()).get_column("record_ref").sort().to_list()
    assert groups == [["A", "B", "C"], ["D"], ["E"]]


def test_judgement_at_one_half_and_in_hindsight():
    # from 0.5: three pairs, two right, three to be found; from 0.7: two pairs, both right
    found = judge(PAIRS, components(PAIRS.filter(pl.col("match_probability") >= 0.5), TRUTH), TRUTH)
    assert (found.pairs, found.precision, found.recall, found.f1) == (3, pytest.approx(2 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (found.best_f1, found.best_threshold) == (pytest.approx(0.8), 0.7)
    # one cluster A B C D implies six pairs, three of them right; from 0.8 only A B are left
    assert found.cluster_f1 == pytest.approx(2 * 3 / (6 + 3))
    assert found.best_cluster_f1 == found.cluster_f1


def test_an_engine_that_found_nothing_is_judged_too():
    nothing = PAIRS.filter(pl.col("match_probability") > 1)
    found = judge(nothing, TRUTH.select("record_ref", pl.col("record_ref").alias("cluster_id")), TRUTH)
    assert (found.pairs, found.f1, found.best_f1, found.b_cubed_precision) == (0, 0.0, 0.0, 1.0)


def test_two_files_are_told_by_their_column():
    assert not DataSet("one", TRUTH).across
    assert DataSet("two", TRUTH.with_columns(file=pl.lit("left"))).across
