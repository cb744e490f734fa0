"""Links to clusters: everybody who belongs together, and never two registered numbers in one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matchers.clustering import CONTRADICTION, LARGEST_CLUSTER, MOST_SAY, REGISTERED_APART, Clustered, cluster, joined

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


# ---- what the others of a group say of a pair


def chain(*weights: int) -> float:
    """The weight of a chain by hand: the product of its links' probabilities, as centibits, no more than one pair may say."""
    right = np.prod([1 / (1 + 2 ** (-w / 100)) for w in weights])
    return min(MOST_SAY, round(100 * np.log2(right / (1 - right))))


def said_of(found: Clustered) -> dict[tuple[int, int], int]:
    return dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.weights.tolist(), strict=True))


def test_the_ends_of_a_chain_and_the_chain_count_alike() -> None:
    found = clustered(3, [(0, 1, 400), (1, 2, 300)])
    assert said_of(found) == {(0, 2): (UNLINKED + chain(400, 300)) // 2}


def test_of_two_chains_the_better_one_counts() -> None:
    found = clustered(4, [(0, 1, 400), (1, 3, 300), (0, 2, 500), (2, 3, 600)], between={(0, 3): -100, (1, 2): -400})
    assert said_of(found) == {
        (0, 3): (-100 + chain(500, 600)) // 2, (1, 2): (-400 + chain(400, 500)) // 2,
        (1, 3): (300 + chain(400, 500, 600)) // 2,  # a link too, that the way round speaks for better than it does
    }  # fmt: skip


def test_a_chain_over_two_others_is_the_product_of_three() -> None:
    found = clustered(4, [(0, 1, 500), (1, 2, 600), (2, 3, 700)])
    assert said_of(found) == {
        (0, 2): (UNLINKED + chain(500, 600)) // 2, (0, 3): (UNLINKED + chain(500, 600, 700)) // 2, (1, 3): (UNLINKED + chain(600, 700)) // 2,
    }  # fmt: skip


def test_no_chain_says_more_than_one_pair_may() -> None:
    assert said_of(clustered(3, [(0, 1, 2900), (1, 2, 2900)])) == {(0, 2): (UNLINKED + MOST_SAY) // 2}


def test_what_no_chain_speaks_for_better_keeps_its_weight() -> None:
    found = clustered(3, [(0, 1, 400), (1, 2, 300)], between={(0, 2): 500})
    assert said_of(found) == {(0, 2): 500, (1, 2): (300 + chain(400, 500)) // 2}


def test_a_link_between_two_clusters_counts_like_all_pairs_between_them() -> None:
    found = clustered(3, [(0, 1, 900), (1, 2, 300)], between={(0, 2): -2900})
    assert groups(found) == [[0, 1], [2]]
    assert said_of(found) == {(1, 2): (300 + (300 - MOST_SAY) // 2) // 2}


def test_a_link_that_is_left_out_because_of_a_tie_is_named_and_keeps_its_weight() -> None:
    found = clustered(3, [(0, 1, 500), (1, 2, 500)], between={(0, 2): -2000})
    assert (found.tied_left.tolist(), found.tied_right.tolist()) == ([0, 1], [1, 2])
    assert said_of(found) == {}


# ---- joining parts


def together(weights: Mapping[tuple[int, int], int]) -> tuple[list[list[int]], set[tuple[int, int]]]:
    """Join, and name the tied pairs."""
    left, right = np.array(list(weights)).T
    parts, tied = joined(left, right, np.array(list(weights.values())))
    return parts, {pair for pair, is_tied in zip(weights, tied, strict=True) if is_tied}


def test_parts_join_while_the_average_between_them_is_above_nought() -> None:
    # 0 and 1 first, at 700; with 2 they say (100 - 200) / 2, with 3 (500 - 100) / 2; then 2 with all three says less than nought
    weights = {(0, 1): 700, (0, 2): 100, (1, 2): -200, (0, 3): 500, (1, 3): -100, (2, 3): -50}
    assert together(weights) == ([[0, 1, 3], [2]], set())


def test_an_average_of_nought_does_not_join() -> None:
    assert together({(0, 1): 700, (0, 2): 300, (1, 2): -300}) == ([[0, 1], [2]], set())


def test_of_equals_the_larger_weight_joins_first() -> None:
    # both links say more than one pair may, and 1 cannot be with 0 and 2
    assert together({(0, 1): 900, (1, 2): 1200, (0, 2): -2000}) == ([[0], [1, 2]], set())


def test_a_record_that_fits_two_parties_alike_is_left_with_neither() -> None:
    assert together({(0, 1): 500, (1, 2): 500, (0, 2): -2000}) == ([[0], [1], [2]], {(0, 1), (1, 2)})


def test_two_records_that_fit_two_parties_alike_stay_with_each_other() -> None:
    weights = {(0, 1): 500, (0, 2): 500, (1, 2): 500, (1, 3): 500, (2, 3): 500, (0, 3): REGISTERED_APART}
    assert together(weights) == ([[0], [1, 2], [3]], {(0, 1), (0, 2), (1, 3), (2, 3)})


def naive_joined(members: list[int], weight: Mapping[tuple[int, int], float]) -> list[list[int]]:
    """Average linkage in loops; of equal averages the larger part comes first, then the one whose weights are larger before they are cut."""
    parts = {frozenset([record]) for record in members}

    def mean(x: frozenset[int], y: frozenset[int], most: int) -> float:
        return round(float(np.mean([max(-most, min(most, weight[min(a, b), max(a, b)])) for a in x for b in y])), 6)

    while len(parts) > 1:
        order = {pair: (mean(*pair, MOST_SAY), len(pair[0] | pair[1]), mean(*pair, 3000)) for pair in combinations(parts, 2)}
        x, y = max(order, key=order.__getitem__)
        if order[x, y][0] <= 0:
            break
        parts = parts - {x, y} | {x | y}
    return sorted(sorted(part) for part in parts)


# roots of primes: no two averages of some of them are equal, so the order of ties is no question
APART = [(-1) ** k * (root * 211 % 799) for k, root in enumerate(p**0.5 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73))]


@settings(max_examples=60)
@given(data=st.data(), size=st.integers(3, 7))
def test_joining_is_average_linkage_worked_out_naively(data: st.DataObject, size: int) -> None:
    pairs = list(combinations(range(size), 2))
    drawn = data.draw(st.permutations(APART))[: len(pairs)]
    assert together(dict(zip(pairs, drawn, strict=True))) == (naive_joined(list(range(size)), dict(zip(pairs, drawn, strict=True))), set())


@settings(max_examples=60)
@given(data=st.data(), size=st.integers(3, 7))
def test_how_records_are_numbered_decides_nothing(data: st.DataObject, size: int) -> None:
    """Many weights are cut to `MOST_SAY`, and are told apart by what they were."""
    pairs = list(combinations(range(size), 2))
    drawn = data.draw(st.permutations([3 * w for w in APART]))[: len(pairs)]
    number = data.draw(st.permutations(range(size)))
    parts, _ = together(dict(zip(pairs, drawn, strict=True)))
    renamed = {(min(number[a], number[b]), max(number[a], number[b])): w for (a, b), w in zip(pairs, drawn, strict=True)}
    assert together(renamed)[0] == sorted(sorted(number[r] for r in part) for part in parts)


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
    for name in ("clusters", "left", "right", "weights", "tied_left", "tied_right"):
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
    links = [(a, b, w + 3 * k * k) for k, (a, b, w) in enumerate(links)]
    weight = {(a, b): w for a, b, w in links}
    between = {}
    for k, pair in enumerate(combinations(range(SIZE), 2)):
        if pair not in weight:  # all different, and so are their averages almost always
            between[pair] = data.draw(st.sampled_from([-2900, -1700, -700, -90])) - k
    expected = []
    for group in reached(links):
        inside = {pair: (weight | between)[pair] for pair in combinations(group, 2)}
        if len(group) > 2 and min(inside.values()) < CONTRADICTION:
            expected += naive_joined(group, inside)
        else:
            expected.append(group)
    found = groups(clustered(SIZE, links, between=between))
    assert sorted(map(len, found)) == sorted(map(len, expected))
    assert found == sorted(expected)
