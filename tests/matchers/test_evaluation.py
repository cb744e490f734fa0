"""Measures of links, against counting by hand, against recordlinkage, and against what must hold of any links."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import polars as pl
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.evaluation import (
    BANDS,
    b_cubed,
    best_threshold,
    by_situation,
    calibration,
    components,
    count_true_pairs,
    entities_of,
    judge,
    pair_quality,
    pairs_completeness,
    possible_pairs,
    reduction_ratio,
    sample_errors,
    wilson,
)  # fmt: skip

Pairs = list[tuple[int, int]]
Scored = list[tuple[int, int, float]]


def scored(rows: Scored) -> pl.DataFrame:
    schema = {"record_l": pl.Int64, "record_r": pl.Int64, "match_probability": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def listed(pairs: Pairs) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"record_l": pl.Int64, "record_r": pl.Int64}, orient="row")


def members(who: dict[int, str], name: str = "entity") -> pl.DataFrame:
    return pl.DataFrame({"record": list(who), name: list(who.values())}, schema={"record": pl.Int64, name: pl.String})


def swapped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({"record_l": "record_r", "record_r": "record_l"})


def true_pairs(who: dict[int, str]) -> Pairs:
    return [(a, b) for a, b in combinations(sorted(who), 2) if who[a] == who[b]]


# 1-2-3 are ada, 4-5 ben, 6 cy; 9 is unknown.
WHO = {1: "ada", 2: "ada", 3: "ada", 4: "ben", 5: "ben", 6: "cy"}
LINKS = scored([(1, 2, 0.99), (1, 3, 0.4), (4, 6, 0.8), (5, 9, 0.9), (4, 5, 0.5)])

record = st.integers(0, 9)
truths = st.dictionaries(record, st.sampled_from("abcd"), min_size=1)
link_lists = st.lists(st.tuples(record, record, st.sampled_from([0.0, 0.2, 0.49, 0.5, 0.77, 0.95, 0.999, 1.0])), max_size=20).map(
    lambda rows: list({(min(a, b), max(a, b)): (min(a, b), max(a, b), p) for a, b, p in rows if a != b}.values())
)


def test_links_are_right_wrong_or_unknown():
    assert judge(LINKS, members(WHO))["is_match"].to_list() == [True, True, False, None, True]
    assert judge(LINKS, listed([(2, 1), (5, 4)]))["is_match"].to_list() == [True, False, False, False, True]


def test_a_link_to_an_unknown_record_counts_neither_way():
    found = pair_quality(LINKS, members(WHO))
    assert (found.links, found.correct, found.true_pairs, found.unjudged) == (3, 2, 4, 1)
    assert (found.precision, found.recall, found.f1) == (2 / 3, 2 / 4, pytest.approx(4 / 7))


def test_records_may_be_called_by_texts():
    texts = LINKS.with_columns(pl.col("record_l", "record_r").cast(pl.String))
    truth = members(WHO).with_columns(pl.col("record").cast(pl.String))
    assert pair_quality(texts, truth) == pair_quality(LINKS, members(WHO))
    assert components(texts, truth["record"]).filter(pl.col("cluster_id") == "4")["record"].to_list() == ["4", "5", "6", "9"]


def test_of_nothing_there_is_no_share():
    found = pair_quality(scored([]), members({1: "ada"}))
    assert (found.precision, found.recall, found.f1) == (None, None, None)
    assert best_threshold(scored([]), members({1: "ada"})) is None
    assert b_cubed(members({1: "c"}, "cluster_id"), members({2: "ada"})).f1 is None
    assert reduction_ratio(0, possible_pairs(1)) is None
    assert pairs_completeness(LINKS, members({1: "ada"})) is None


def test_across_two_files_only_pairs_of_left_and_right_are_true():
    who = members({1: "ada", 2: "ada", 3: "ada", 4: "ben", 5: "ben"}).with_columns(file=pl.Series(["left", "left", "right", "left", "left"]))
    assert count_true_pairs(who) == 2
    assert pair_quality(scored([(1, 3, 0.9)]), who).recall == 0.5


def test_recordlinkage_measures_the_same():
    truth, linked = [(1, 2), (1, 3), (2, 3), (4, 5)], [(1, 2), (4, 6), (4, 5)]
    known, found = pd.MultiIndex.from_tuples(truth), pd.MultiIndex.from_tuples(linked)
    ours = pair_quality(scored([(a, b, 1.0) for a, b in linked]), listed(truth))
    assert ours.precision == recordlinkage.precision(known, found)
    assert ours.recall == recordlinkage.recall(known, found)
    assert ours.f1 == pytest.approx(recordlinkage.fscore(known, found))
    assert reduction_ratio(3, possible_pairs(6)) == recordlinkage.reduction_ratio(found, 6)
    assert reduction_ratio(3, possible_pairs(6, 8)) == recordlinkage.reduction_ratio(found, (6, 8))


def test_pairs_below_a_floor_are_missing_from_the_completeness():
    assert pairs_completeness(LINKS, members(WHO)) == 3 / 4
    assert pairs_completeness(LINKS.filter(pl.col("match_probability") >= 0.5), members(WHO)) == 2 / 4


def test_the_best_threshold_is_found_between_two_links():
    links = scored([(1, 2, 0.9), (4, 6, 0.8), (4, 5, 0.7), (1, 6, 0.6)])
    best = best_threshold(links, members(WHO))
    assert best is not None
    assert (best.threshold, best.links, best.correct) == (0.7, 3, 2)


def test_b_cubed_of_the_papers_kind_of_example():
    # clusters {1 2 4} {3 5 6}: record by record, precision 2/3 2/3 1/3 1/3 1/3 1/3 and recall 2/3 2/3 1/3 1/2 1/2 1
    found = b_cubed(members({1: "x", 2: "x", 4: "x", 3: "y", 5: "y", 6: "y", 7: "z"}, "cluster_id"), members({**WHO, 8: "di"}))
    assert found.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 * 4) / 6)
    assert found.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1) / 6)
    assert (found.records, found.without_truth, found.without_cluster) == (6, 1, 1)


def naive_b_cubed(clusters: dict[int, str], who: dict[int, str]) -> tuple[float, float]:
    both = clusters.keys() & who.keys()
    precision = recall = 0.0
    for one in both:
        cluster = {r for r in both if clusters[r] == clusters[one]}
        entity = {r for r in both if who[r] == who[one]}
        precision += len(cluster & entity) / len(cluster) / len(both)
        recall += len(cluster & entity) / len(entity) / len(both)
    return precision, recall


@given(clusters=truths, who=truths)
def test_b_cubed_is_what_each_record_sees(clusters: dict[int, str], who: dict[int, str]) -> None:
    found = b_cubed(members(clusters, "cluster_id"), members(who))
    if clusters.keys() & who.keys():
        assert (found.precision, found.recall) == pytest.approx(naive_b_cubed(clusters, who))
    else:
        assert found.records == 0


@given(links=link_lists)
def test_a_component_is_everything_that_links_reach(links: Scored) -> None:
    groups = {r: {r} for r in range(10)}
    for a, b, _ in links:
        joined = groups[a] | groups[b]
        groups |= dict.fromkeys(joined, joined)
    found = components(scored(links), pl.Series(range(10), dtype=pl.Int64))
    assert dict(found.iter_rows()) == {r: min(group) for r, group in groups.items()}


def test_a_long_chain_is_one_component():
    size = 5000
    chain = listed([((7 * i) % size, (7 * (i + 1)) % size) for i in range(size - 1)])  # in an order that hides it
    assert components(chain, pl.Series([size], dtype=pl.Int64))["cluster_id"].n_unique() == 2


@given(who=truths)
def test_true_pairs_are_counted_as_if_they_were_listed(who: dict[int, str]) -> None:
    pairs = true_pairs(who)
    assert count_true_pairs(members(who)) == len(pairs)
    assert count_true_pairs(listed([*pairs, *((b, a) for a, b in pairs)])) == len(pairs)
    assert count_true_pairs(entities_of(listed(pairs), pl.Series(list(who), dtype=pl.Int64))) == len(pairs)


@settings(max_examples=12)  # the engine is opened four times for each
@given(links=link_lists, who=truths)
def test_which_record_is_left_changes_nothing(links: Scored, who: dict[int, str]) -> None:
    there = scored(links)
    for truth in (members(who), listed(true_pairs(who))):
        other = swapped(truth) if "record_l" in truth.columns else truth
        assert pair_quality(swapped(there), other) == pair_quality(there, truth)
        assert best_threshold(swapped(there), truth) == best_threshold(there, other)
        assert calibration(judge(swapped(there), truth)).equals(calibration(judge(there, other)))
        drawn = [sample_errors(judge(f, truth), 2).select(pl.min_horizontal("record_l", "record_r"), pl.max_horizontal("record_l", "record_r").alias("high"), "error").rows()
                 for f in (there, swapped(there))]  # fmt: skip
        assert set(drawn[0]) == set(drawn[1])


@given(who=truths)
def test_perfect_links_score_one(who: dict[int, str]) -> None:
    links, truth = scored([(a, b, 1.0) for a, b in true_pairs(who)]), members(who)
    found, grouped = pair_quality(links, truth), b_cubed(components(links, truth["record"]), truth)
    assert {found.precision, found.recall, found.f1} == ({1.0} if links.height else {None})
    assert (grouped.precision, grouped.recall, grouped.f1) == pytest.approx((1, 1, 1))


@given(links=link_lists, who=truths)
def test_no_threshold_is_better_than_the_best(links: Scored, who: dict[int, str]) -> None:
    best = best_threshold(scored(links), members(who))
    if best is not None:
        assert best == pair_quality(scored(links), members(who), threshold=best.threshold)
        assert all((pair_quality(scored(links), members(who), threshold=p).f1 or 0) <= (best.f1 or 0) for *_, p in links)


@given(links=link_lists, who=truths)
def test_every_judged_link_is_in_one_band_and_one_situation(links: Scored, who: dict[int, str]) -> None:
    judged = judge(scored(links), members(who)).with_columns(situation=pl.lit("chance"))
    found = pair_quality(judged, members(who))
    table, situations = calibration(judged), by_situation(judged)
    assert (table["pairs"].sum(), table["matches"].sum()) == (found.links, found.correct)
    assert (situations["links"].sum(), situations["false_links"].sum()) == (found.links, found.links - found.correct)


def test_a_band_holds_its_lower_limit_and_the_last_its_upper_one():
    judged = scored([(1, 2, p) for p in (0.49, 0.5, 0.6, 0.999, 1.0)]).with_columns(is_match=pl.Series([True, True, False, True, None]))
    table = calibration(judged)
    assert table["lower"].to_list() == list(BANDS[:-1])
    assert table["pairs"].to_list() == [1, 1, 0, 0, 0, 0, 0, 1]
    assert table["precision"].to_list() == [1, 0, None, None, None, None, None, 1]
    assert table["precision_low"].null_count() == table["mean_probability"].null_count() == 5


@pytest.mark.parametrize(("hits", "low", "high"), [(8, 0.490, 0.943), (10, 0.722, 1.0), (0, 0.0, 0.278)])
def test_wilsons_interval_of_ten_trials(hits: int, low: float, high: float) -> None:
    """From the closed form by hand; the plain interval of 10 in 10 would have no width."""
    assert pl.select(*(limit.alias(name) for limit, name in zip(wilson(pl.lit(hits), pl.lit(10)), "lh", strict=True))).row(0) == pytest.approx((low, high), abs=0.0006)


def test_situations_count_false_links_and_what_fell_below():
    judged = judge(LINKS, members(WHO)).with_columns(situation=pl.Series(["home", "moved", "home", "home", "moved"]))
    assert by_situation(judged).rows() == [("home", 2, 1, 0), ("moved", 1, 0, 1)]


def test_errors_come_from_every_band_and_are_the_same_whatever_the_order():
    false = [(1, n, 0.5 + n / 1000) for n in range(10, 60)] + [(2, 70, 0.97), (2, 71, 0.9995)]
    judged = scored(false + [(3, 90, 0.2), (3, 91, 0.01)]).with_columns(is_match=pl.col("record_l") == 3)
    drawn = sample_errors(judged, 4)
    assert drawn.filter(pl.col("error") == "missed")["match_probability"].to_list() == [0.2, 0.01]
    chosen = drawn.filter(pl.col("error") == "false link")["match_probability"].to_list()
    assert chosen[:2] == [0.9995, 0.97]
    assert len(chosen) == 4
    assert sample_errors(judged.sample(fraction=1, shuffle=True, seed=5), 4).equals(drawn)
    assert sample_errors(judged, 0).is_empty()
    assert sample_errors(judged, 9).filter(pl.col("error") == "false link").height == 9
