"""Links to clusters: strongest first, and never two registered numbers in one."""

from __future__ import annotations

from itertools import combinations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.clustering import LARGEST_CLUSTER, Clustered, cluster

Link = tuple[int, int, int]
LINKS = {"record_l": pl.Int64(), "record_r": pl.Int64(), "match_weight": pl.Int64()}
NUMBERS = {"record": pl.Int64(), "number": pl.String()}


def clustered(size: int, links: list[Link], numbers: dict[int, str] | None = None, references: list[str] | None = None) -> Clustered:
    return cluster(
        pl.Series(range(size), dtype=pl.Int64), pl.DataFrame(links, schema=LINKS, orient="row"),
        pl.DataFrame(list((numbers or {}).items()), schema=NUMBERS, orient="row"), pl.Series(references or [f"ref {i:03}" for i in range(size)]),
    )  # fmt: skip


def groups(found: Clustered) -> list[list[int]]:
    """Records by cluster, each sorted."""
    return sorted(found.members.group_by("cluster_id").agg(pl.col("record").sort())["record"].to_list())


def test_linked_records_are_one_cluster_and_the_others_stand_alone() -> None:
    assert groups(clustered(5, [(0, 1, 900), (1, 3, 800)])) == [[0, 1, 3], [2], [4]]


def test_every_record_has_one_cluster_without_any_link() -> None:
    found = clustered(3, [])
    assert groups(found) == [[0], [1], [2]]
    assert (found.conflicts, found.oversized) == (0, 0)


def test_nobody_at_all_makes_no_cluster() -> None:
    assert clustered(0, [], references=["none"]).members.schema == pl.Schema({"record": pl.Int64(), "cluster_id": pl.String()})


def test_two_different_numbers_keep_the_weaker_link_out() -> None:
    found = clustered(3, [(0, 1, 900), (1, 2, 800)], {0: "QQ112233", 2: "QQ998877"})
    assert groups(found) == [[0, 1], [2]]
    assert found.conflicts == 1


def test_the_stronger_link_decides_whose_the_record_in_the_middle_is() -> None:
    assert groups(clustered(3, [(0, 1, 800), (1, 2, 900)], {0: "QQ112233", 2: "QQ998877"})) == [[0], [1, 2]]


def test_one_wrong_character_is_the_same_number() -> None:
    assert groups(clustered(2, [(0, 1, 900)], {0: "QQ112233", 1: "QQ112234"})) == [[0, 1]]
    assert groups(clustered(2, [(0, 1, 900)], {0: "QQ112233", 1: "QQ121233"})) == [[0, 1]]


def test_a_chain_of_slips_does_not_lead_from_one_number_to_another() -> None:
    numbers = {0: "QQ112233", 1: "QQ112234", 2: "QQ112244"}  # each one slip from the next, the ends two apart
    for weights in ((900, 800), (800, 900)):
        found = clustered(3, [(0, 1, weights[0]), (1, 2, weights[1])], numbers)
        assert len(groups(found)) == 2
        assert found.conflicts == 1


def test_a_cluster_does_not_grow_beyond_what_a_person_can_have() -> None:
    chain = [(i, i + 1, 1000 - i) for i in range(LARGEST_CLUSTER)]
    found = clustered(LARGEST_CLUSTER + 1, chain)
    assert [len(g) for g in groups(found)] == [LARGEST_CLUSTER, 1]
    assert found.oversized == 1


def test_a_cluster_s_id_comes_from_its_first_reference_alone() -> None:
    refs = ["northmere|CTX|A|holder", "northmere|CTX|B|holder", "northmere|CTX|C|holder"]
    one = clustered(3, [(1, 2, 900)], references=refs).members["cluster_id"].to_list()
    alone = clustered(3, [], references=refs).members["cluster_id"].to_list()
    assert one == [alone[0], alone[1], alone[1]]
    assert all(len(name) == 16 and name.startswith("c") for name in one)


SIZE = 9
ids = st.integers(0, SIZE - 1)
some_links = st.lists(st.tuples(ids, ids, st.integers(1, 4).map(lambda w: w * 100)), max_size=14).map(
    lambda rows: list({(min(a, b), max(a, b)): (min(a, b), max(a, b), w) for a, b, w in rows if a != b}.values())
)
some_numbers = st.dictionaries(ids, st.sampled_from(["QQ112233", "QQ112234", "QQ112244"]), max_size=6)


@settings(max_examples=60)
@given(links=some_links, numbers=some_numbers, data=st.data())
def test_the_order_of_the_links_changes_nothing(links: list[Link], numbers: dict[int, str], data: st.DataObject) -> None:
    one, other = clustered(SIZE, links, numbers), clustered(SIZE, data.draw(st.permutations(links)), numbers)
    assert one.members.equals(other.members)
    assert (one.conflicts, one.oversized) == (other.conflicts, other.oversized)


@settings(max_examples=150)
@given(links=some_links, numbers=some_numbers)
def test_two_different_numbers_are_never_in_one_cluster(links: list[Link], numbers: dict[int, str]) -> None:
    for group in groups(clustered(SIZE, links, numbers)):
        held = [numbers[record] for record in group if record in numbers]
        assert all(OSA.distance(a, b) <= 1 for a, b in combinations(held, 2)), group


@settings(max_examples=60)
@given(links=some_links)
def test_without_numbers_clusters_are_what_links_reach(links: list[Link]) -> None:
    reach = {i: {i} for i in range(SIZE)}
    for a, b, _ in links:
        together = reach[a] | reach[b]
        for record in together:
            reach[record] = together
    assert groups(clustered(SIZE, links)) == sorted({tuple(sorted(group)): sorted(group) for group in reach.values()}.values())


@settings(max_examples=60)
@given(links=some_links, numbers=some_numbers, at=st.integers(0, SIZE))
def test_an_unrelated_record_changes_no_cluster_s_id(links: list[Link], numbers: dict[int, str], at: int) -> None:
    refs = [f"ref {i:03}" for i in range(SIZE)]
    before = clustered(SIZE, links, numbers, refs).members["cluster_id"].to_list()

    def moved(record: int) -> int:
        return record + (record >= at)

    after = clustered(
        SIZE + 1, [(moved(a), moved(b), w) for a, b, w in links], {moved(r): n for r, n in numbers.items()}, [*refs[:at], f"ref {at - 1:03}x", *refs[at:]]
    ).members["cluster_id"].to_list()  # fmt: skip
    assert after[:at] + after[at + 1 :] == before
    assert after[at] not in before
