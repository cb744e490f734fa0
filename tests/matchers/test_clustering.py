"""Links to clusters: everybody who belongs together, and never two registered numbers in one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.clustering import CONTRADICTION, LARGEST_CLUSTER, MOST_SAY, Clustered, cluster, joined

Link = tuple[int, int, int]
UNLINKED = -500  # centibits; what two records weigh that no link joins, unless said otherwise


def clustered(size: int, links: list[Link], *, numbers: Mapping[int, str] | None = None, between: Mapping[tuple[int, int], int] | None = None) -> Clustered:
    """Cluster records 0, 1, 2 ...; `between` says what pairs weigh that are no link."""
    texts = sorted(set((numbers or {}).values()))
    codes = np.array([texts.index(numbers[i]) if numbers and i in numbers else -1 for i in range(size)], np.int32)
    asked = []

    def weigh(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        asked.extend(zip(left.tolist(), right.tolist(), strict=True))
        return np.array([(between or {}).get(pair, UNLINKED) for pair in zip(left.tolist(), right.tolist(), strict=True)], np.int32)

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.array([OSA.distance(texts[x], texts[y]) > 1 for x, y in zip(a, b, strict=True)], np.bool_)

    table = np.array(links, np.int32).reshape(-1, 3)
    found = cluster(size, table[:, 0], table[:, 1], table[:, 2], weigh=weigh, numbers=codes if numbers is not None else None, two_parties=apart)
    assert not {(a, b) for a, b, _ in links} & set(asked)  # a link is not weighed again
    return found


def groups(found: Clustered) -> list[list[int]]:
    """Records by cluster, each sorted."""
    return sorted(np.flatnonzero(found.clusters == number).tolist() for number in np.unique(found.clusters))


def test_linked_records_are_one_cluster_and_the_others_stand_alone() -> None:
    assert groups(clustered(5, [(0, 1, 900), (1, 3, 800)])) == [[0, 1, 3], [2], [4]]


def test_every_record_has_one_cluster_without_any_link() -> None:
    found = clustered(3, [])
    assert groups(found) == [[0], [1], [2]]
    assert (found.split, found.oversized) == (0, 0)


def test_nobody_at_all_makes_no_cluster() -> None:
    found = clustered(0, [])
    assert (found.clusters.shape, found.left.shape) == ((0,), (0,))


def test_clusters_are_numbered_in_the_order_of_their_first_record() -> None:
    assert clustered(5, [(1, 4, 900), (0, 3, 900)]).clusters.tolist() == [0, 1, 2, 0, 1]


def test_a_chain_whose_ends_contradict_each_other_parts_at_its_weaker_link() -> None:
    found = clustered(3, [(0, 1, 900), (1, 2, 300)], between={(0, 2): CONTRADICTION - 1})
    assert groups(found) == [[0, 1], [2]]  # the two pairs of 2 say 300 and -800 at most
    assert found.split == 1


def test_a_chain_whose_ends_merely_disagree_stays() -> None:
    found = clustered(3, [(0, 1, 900), (1, 2, 300)], between={(0, 2): CONTRADICTION})
    assert groups(found) == [[0, 1, 2]]
    assert found.split == 0


def test_many_pairs_that_agree_outweigh_one_that_contradicts() -> None:
    links = [(a, b, 900) for a, b in combinations(range(4), 2) if (a, b) != (0, 3)]
    found = clustered(4, links, between={(0, 3): -2900})
    assert groups(found) == [[0, 1, 2, 3]]  # 3 joins with two pairs for it, each worth as much as the one against it
    assert found.split == 1


def test_two_different_numbers_keep_the_weaker_link_out() -> None:
    found = clustered(3, [(0, 1, 700), (1, 2, 600)], numbers={0: "QQ112233", 2: "QQ998877"})
    assert groups(found) == [[0, 1], [2]]
    assert found.split == 1


def test_the_stronger_link_decides_whose_the_record_in_the_middle_is() -> None:
    assert groups(clustered(3, [(0, 1, 600), (1, 2, 700)], numbers={0: "QQ112233", 2: "QQ998877"})) == [[0], [1, 2]]


def test_no_number_of_links_outweighs_two_different_numbers() -> None:
    links = [(a, b, 2000) for a, b in combinations(range(8), 2)]
    found = groups(clustered(8, links, numbers={0: "QQ112233", 7: "QQ998877"}))
    assert not any({0, 7} <= set(group) for group in found)


def test_a_record_that_fits_two_different_numbers_alike_is_left_with_neither() -> None:
    assert groups(clustered(3, [(0, 1, 700), (1, 2, 700)], numbers={0: "QQ112233", 2: "QQ998877"})) == [[0], [1], [2]]


@pytest.mark.parametrize("other", ["QQ112234", "QQ121233"])
def test_one_wrong_character_is_the_same_number(other: str) -> None:
    assert groups(clustered(3, [(0, 1, 900), (1, 2, 900)], numbers={0: "QQ112233", 2: other})) == [[0, 1, 2]]


def test_a_chain_of_slips_does_not_lead_from_one_number_to_another() -> None:
    numbers = {0: "QQ112233", 1: "QQ112234", 2: "QQ112244"}  # each one slip from the next, the ends two apart
    for weights in ((700, 600), (600, 700)):
        found = clustered(3, [(0, 1, weights[0]), (1, 2, weights[1])], numbers=numbers)
        assert len(groups(found)) == 2
        assert found.split == 1


def test_a_group_beyond_what_a_person_can_have_comes_apart_at_its_weakest_link() -> None:
    chain = [(i, i + 1, 100 if i == 20 else 900) for i in range(LARGEST_CLUSTER)]
    found = clustered(LARGEST_CLUSTER + 1, chain)
    assert [len(g) for g in groups(found)] == [21, LARGEST_CLUSTER - 20]
    assert found.oversized == 1


def test_a_group_that_a_person_can_just_have_stays() -> None:
    found = clustered(LARGEST_CLUSTER, [(i, i + 1, 100) for i in range(LARGEST_CLUSTER - 1)])
    assert groups(found) == [list(range(LARGEST_CLUSTER))]
    assert found.oversized == 0


def test_a_group_that_no_weak_link_parts_comes_apart_altogether() -> None:
    found = clustered(LARGEST_CLUSTER + 2, [(0, i, 3000) for i in range(1, LARGEST_CLUSTER + 2)])
    assert len(groups(found)) == LARGEST_CLUSTER + 2
    assert found.oversized == 1


def test_only_groups_that_are_too_large_lose_their_weak_links() -> None:
    size = LARGEST_CLUSTER + 1
    found = clustered(size + 2, [(i, i + 1, 100) for i in range(size - 1)] + [(size, size + 1, 50)])
    assert groups(found)[-1] == [size, size + 1]


# ---- pairs that only their cluster joins


def pair_odds(*weights: int) -> float:
    """The weight of a chain by hand: the product of its links' probabilities, as centibits."""
    right = np.prod([1 / (1 + 2 ** (-w / 100)) for w in weights])
    return 100 * np.log2(right / (1 - right))


def test_two_ends_of_a_chain_weigh_what_both_links_weigh_together() -> None:
    found = clustered(3, [(0, 1, 400), (1, 2, 300)])
    assert (found.left.tolist(), found.right.tolist(), found.weights.tolist()) == ([0], [2], [UNLINKED])
    assert found.through.tolist() == [round(pair_odds(400, 300))]


def test_of_two_chains_the_better_one_counts() -> None:
    found = clustered(4, [(0, 1, 400), (1, 3, 300), (0, 2, 500), (2, 3, 600)], between={(0, 3): -100, (1, 2): -400})
    through = dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.through.tolist(), strict=True))
    assert through == {(0, 3): round(pair_odds(500, 600)), (1, 2): round(pair_odds(400, 500))}


def test_a_chain_over_two_others_is_the_product_of_three() -> None:
    found = clustered(4, [(0, 1, 500), (1, 2, 600), (2, 3, 700)])
    through = dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.through.tolist(), strict=True))
    assert through == {(0, 2): round(pair_odds(500, 600)), (0, 3): round(pair_odds(500, 600, 700)), (1, 3): round(pair_odds(600, 700))}


def test_a_pair_that_speaks_for_a_match_and_was_no_link_comes_out_too() -> None:
    found = clustered(3, [(0, 1, 400), (1, 2, 300)], between={(0, 2): 500})
    assert (found.left.tolist(), found.right.tolist(), found.weights.tolist()) == ([0], [2], [500])


def test_pairs_of_two_clusters_are_not_joined() -> None:
    found = clustered(3, [(0, 1, 900), (1, 2, 300)], between={(0, 2): -2900})
    assert found.left.tolist() == []


# ---- joining parts


def test_parts_join_while_the_average_between_them_is_above_nought() -> None:
    # 0 and 1 first, at 700; with 2 they say (100 - 200) / 2, with 3 (500 - 100) / 2; then 2 with all three says less than nought
    weights = {(0, 1): 700, (0, 2): 100, (1, 2): -200, (0, 3): 500, (1, 3): -100, (2, 3): -50}
    left, right = np.array(list(weights)).T
    assert joined(left, right, np.array(list(weights.values()))) == [[0, 1, 3], [2]]


def test_an_average_of_nought_does_not_join() -> None:
    assert joined(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([700, 300, -300])) == [[0, 1], [2]]


def naive_joined(members: list[int], weight: Mapping[tuple[int, int], int]) -> list[list[int]]:
    """Average linkage in loops; of equal averages the larger part comes first, and then the one with the first members."""
    parts = [[record] for record in members]
    while len(parts) > 1:
        means = {
            (i, j): np.mean([weight[min(a, b), max(a, b)] for a in parts[i] for b in parts[j]]) for i, j in combinations(range(len(parts)), 2)
        }
        i, j = max(means, key=lambda pair: (round(means[pair], 6), len(parts[pair[0]]) + len(parts[pair[1]])))
        if means[i, j] <= 0:
            break
        parts[i] += parts.pop(j)
    return sorted(sorted(part) for part in parts)


@settings(max_examples=60)
@given(data=st.data(), size=st.integers(3, 7))
def test_joining_is_average_linkage_worked_out_naively(data: st.DataObject, size: int) -> None:
    pairs = list(combinations(range(size), 2))
    # powers of two and one more, so that no two averages are equal and the order of ties is no question
    weights = data.draw(st.permutations([(-1) ** k * (2**k + 1) for k in range(len(pairs))]))
    left, right = np.array(pairs).T
    assert joined(left, right, np.array(weights)) == naive_joined(list(range(size)), dict(zip(pairs, weights, strict=True)))


# ---- whatever the links

SIZE = 9
ids = st.integers(0, SIZE - 1)
some_links = st.lists(st.tuples(ids, ids, st.integers(1, 9).map(lambda w: w * 97)), max_size=14).map(
    lambda rows: list({(min(a, b), max(a, b)): (min(a, b), max(a, b), w) for a, b, w in rows if a != b}.values())
)
some_numbers = st.dictionaries(ids, st.sampled_from(["QQ112233", "QQ112234", "QQ112244"]), max_size=6)


@settings(max_examples=60)
@given(links=some_links, numbers=some_numbers, data=st.data())
def test_the_order_of_the_links_changes_nothing(links: list[Link], numbers: dict[int, str], data: st.DataObject) -> None:
    one, other = clustered(SIZE, links, numbers=numbers), clustered(SIZE, data.draw(st.permutations(links)), numbers=numbers)
    for name in ("clusters", "left", "right", "weights", "through"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    assert (one.split, one.oversized) == (other.split, other.oversized)


@settings(max_examples=120)
@given(links=some_links, numbers=some_numbers)
def test_two_different_numbers_are_never_in_one_cluster_of_three_or_more(links: list[Link], numbers: dict[int, str]) -> None:
    for group in groups(clustered(SIZE, links, numbers=numbers)):
        held = [numbers[record] for record in group if record in numbers]
        if len(group) > 2:
            assert all(OSA.distance(a, b) <= 1 for a, b in combinations(held, 2)), group


def reached(links: list[Link]) -> list[list[int]]:
    reach = {i: {i} for i in range(SIZE)}
    for a, b, _ in links:
        together = reach[a] | reach[b]
        for record in together:
            reach[record] = together
    return sorted({tuple(sorted(group)): sorted(group) for group in reach.values()}.values())


@settings(max_examples=60)
@given(links=some_links)
def test_without_contradictions_clusters_are_what_links_reach(links: list[Link]) -> None:
    assert groups(clustered(SIZE, links)) == reached(links)


@settings(max_examples=80)
@given(links=some_links, data=st.data())
def test_with_contradictions_clusters_are_average_linkage_within_what_links_reach(links: list[Link], data: st.DataObject) -> None:
    weight = {(a, b): w for a, b, w in links}
    between = {}
    for k, pair in enumerate(combinations(range(SIZE), 2)):
        if pair not in weight:  # all different, and so are their averages almost always
            between[pair] = data.draw(st.sampled_from([-2900, -1700, -700, -90])) - k
    expected = []
    for group in reached(links):
        inside = {pair: (weight | between)[pair] for pair in combinations(group, 2)}
        if len(group) > 2 and min(inside.values()) < CONTRADICTION:
            expected += naive_joined(group, {pair: max(-MOST_SAY, min(MOST_SAY, w)) for pair, w in inside.items()})
        else:
            expected.append(group)
    found = groups(clustered(SIZE, links, between=between))
    assert sorted(map(len, found)) == sorted(map(len, expected))
    assert found == sorted(expected)
