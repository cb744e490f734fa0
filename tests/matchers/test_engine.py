"""Records in, links and clusters out: the parts together find who is who, and nothing that a table holds stops them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import recordlinkage

from matchers.blocking import block
from matchers.canonical import canonical
from matchers.comparison import compare, usable
from matchers.engine import Linkage, link, trusted
from matchers.entities import ORGANISATION, PERSON
from matchers.estimation import Model
from matchers.features import Features, encode
from matchers.frequencies import chance
from matchers.scoring import scale, surpluses, weigh
from matchers.weighing import fit, weigh_pairs
from schemas.errors import SafetyStop

Row = dict[str, object]
FORENAMES = ["ADAEZE", "BRYN", "CERYS", "DILYS", "EMYR", "FFION", "GARETH", "HAZEL", "IDRIS", "JOYCE", "KEIR", "LOWRI", "MAIR", "NESTA", "OWAIN", "PRIYA"]
SURNAMES = ["LEWIS", "NOWAK", "OKAFOR", "PATEL", "QUILL", "RAHMAN", "SINGH", "TUDOR", "VAUGHAN", "WATKIN", "YEO", "ZIELINSKA", "BEVAN", "COOPER", "DRAPER"]
STREETS = ["WEAVER STREET", "MILL LANE", "QUARRY ROAD", "CHAPEL HILL", "TANNERY ROW"]


@dataclass(frozen=True)
class Town:
    """Invented people, most of them in two registers, and who is who."""

    rows: list[Row]
    person: list[int]


def town(people: int, *, seed: int = 20261101) -> Town:
    """Return couples and single people; the second record of most has a slip, another address or an unknown value now and then."""
    random = np.random.default_rng(seed)

    def one_of(values: list[str]) -> str:
        return values[int(random.integers(len(values)))]

    rows: list[Row] = []
    person: list[int] = []
    home: Row = {}
    surname = ""
    for number in range(people):
        if number % 2 == 0:  # the next two live together
            house = int(random.integers(1, 99))
            home = {"postcode": f"ZZ{int(random.integers(1, 9))} {int(random.integers(1, 9))}AA", "paon": str(house), "address": f"{house} {one_of(STREETS)}"}
            surname = one_of(SURNAMES)
        born = f"{int(random.integers(1940, 2005))}-{int(random.integers(1, 13)):02}-{int(random.integers(2, 29)):02}"
        first = {"forename": one_of(FORENAMES), "surname": surname, "date_of_birth": born, "nino": f"QQ{int(random.integers(100_000, 999_999))}A", **home}
        rows.append(first)
        person.append(number)
        if number % 5:
            second = dict(first)
            slip = random.random()
            if slip < 0.15:
                second["surname"] = surname[:2] + surname[3:]
            elif slip < 0.25:
                second["date_of_birth"] = born[:-2] + f"{int(born[-2:]) % 28 + 1:02}"
            elif slip < 0.4:
                second |= {"postcode": f"ZZ{int(random.integers(1, 9))} {int(random.integers(1, 9))}BB", "paon": "7", "address": f"7 {one_of(STREETS)}"}
            if random.random() < 0.6:
                second["nino"] = None
            rows.append(second)
            person.append(number)
    return Town(rows, person)


@pytest.fixture(scope="module")
def place() -> Town:
    return town(600)


@pytest.fixture(scope="module")
def linked(place: Town, encoded) -> tuple[Features, np.ndarray, Linkage]:
    features, number = encoded(place.rows)
    return features, number, link(features, PERSON)


def row_pairs(features: Features, found: Linkage) -> set[tuple[int, int]]:
    left, right = features.order[found.left], features.order[found.right]
    return set(zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), strict=True))


def index(pairs: set[tuple[int, int]]) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(sorted(pairs))


def true_pairs(place: Town) -> set[tuple[int, int]]:
    return {(i, j) for i, j in combinations(range(len(place.rows)), 2) if place.person[i] == place.person[j]}


# ---- a town


def test_who_is_who_is_found_as_recordlinkage_measures_it(place: Town, linked) -> None:
    features, _, found = linked
    true, said = index(true_pairs(place)), index(row_pairs(features, found))
    assert recordlinkage.precision(true, said) > 0.98
    assert recordlinkage.recall(true, said) > 0.98


@pytest.mark.parametrize("people", [120, 300])
def test_who_is_who_is_found_in_a_small_file_too(people: int, encoded) -> None:
    small = town(people)
    features, _ = encoded(small.rows)
    assert recordlinkage.recall(index(true_pairs(small)), index(row_pairs(features, link(features, PERSON)))) > 0.98


def test_couples_of_one_home_are_two_clusters(place: Town, linked) -> None:
    features, number, found = linked
    together = sum(
        bool(found.clusters[number[place.person.index(a)]] == found.clusters[number[place.person.index(a + 1)]]) for a in range(0, 600, 2)
    )
    assert together == 0


def test_links_are_sorted_each_once_and_their_evidence_adds_up(linked) -> None:
    _, _, found = linked
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert (found.left < found.right).all()
    assert (found.evidence.start + found.evidence.contributions.sum(axis=0)).tolist() == found.evidence.weights.tolist()
    assert (found.evidence.weights + found.others).tolist() == found.weights.tolist()
    assert (found.weights >= 0).all()
    assert found.levels.shape == found.evidence.contributions.shape == (len(found.model.comparisons), len(pairs))


def test_the_fit_is_kept_and_says_how_it_came_about(linked) -> None:
    _, _, found = linked
    assert found.model.fitted_on == found.blocked.size > 1000
    assert not any("refused" in note for note in found.notes)


def test_completeness_is_estimated_near_what_is_true(place: Town, linked) -> None:
    features, _, found = linked
    blocked = set(zip(*(np.sort(np.stack([features.order[found.blocked.left], features.order[found.blocked.right]]), axis=0).tolist()), strict=True))
    truth = len(true_pairs(place) & blocked) / len(true_pairs(place))
    assert found.completeness.estimate == pytest.approx(truth, abs=0.03)


def test_the_short_way_round_the_texts_changes_no_weight_and_loses_no_pair(linked) -> None:
    """Every candidate pair compared in full, as the second witness."""
    features, _, found = linked
    comparisons = usable(features, PERSON.comparisons)
    by_chance = chance(features, comparisons)
    scaled = scale(found.model, features, by_chance)
    blocked = found.blocked
    levels = compare(features, blocked.left, blocked.right, comparisons)
    weights = weigh(levels, surpluses(levels, features, blocked.left, scaled), scaled)
    for floor in (-1500, 0, 500):
        short = weigh_pairs(features, blocked, scaled, floor=floor)
        at = np.flatnonzero(weights >= floor)
        assert len(at) > 100
        assert short.left.tolist() == blocked.left[at].tolist()
        assert short.right.tolist() == blocked.right[at].tolist()
        assert short.weights.tolist() == weights[at].tolist()
        assert (short.levels == levels[:, at]).all()
        assert (short.rules == blocked.rules[at]).all()


def test_the_floor_says_which_links_are_returned(place: Town, linked) -> None:
    features, _, found = linked
    pairs = row_pairs(features, found)
    higher, lower = (link(features, PERSON, floor=floor) for floor in (0.99, 0.01))
    assert row_pairs(features, higher) < pairs < row_pairs(features, lower)
    assert higher.weights.min() >= 100 * np.log2(99) - 1
    assert lower.weights.min() >= -100 * np.log2(99) - 1


def test_a_model_fitted_here_gives_the_same_links_when_it_is_applied(linked) -> None:
    features, _, found = linked
    again = link(features, PERSON, model=found.model)
    assert again.left.tolist() == found.left.tolist()
    assert again.right.tolist() == found.right.tolist()
    assert np.abs(again.weights - found.weights).max() <= 30  # frequencies of the model stand for those counted; rounded


@pytest.mark.parametrize("lacking", [("nino",), ("date_of_birth",), ("address", "paon", "postcode")])
def test_a_model_is_applied_to_data_that_lack_a_column_of_it(place: Town, linked, encoded, lacking: tuple[str, ...]) -> None:
    model = linked[2].model
    features, _ = encoded([{name: value for name, value in row.items() if name not in lacking} for row in place.rows])
    found = link(features, PERSON, model=model)
    assert len(found.left) > 100
    assert not {c.name for c in found.model.comparisons} & set(lacking)


def test_too_many_pairs_stop_before_anything_is_compared(linked) -> None:
    features = linked[0]
    with pytest.raises(SafetyStop, match="more than the 10 allowed"):
        link(features, PERSON, max_pairs=10)


# ---- two files, and rows that are never paired


def test_records_of_one_file_are_never_paired(place: Town, encoded) -> None:
    features, number = encoded(place.rows)
    side = np.zeros(len(place.rows), np.int32)
    side[number] = [i % 3 == 0 for i in range(len(place.rows))]  # so that some people are in one file twice
    found = link(features, PERSON, side=side)
    assert len(found.left) > 50
    assert (side[found.left] != side[found.right]).all()


def chained(encoded, *, times: int = 1) -> tuple[Features, np.ndarray]:
    """Three records of one person beside a town: the first knows all, the others so little that they link only to it."""
    rare = {"forename": "ULRIKA", "surname": "FEATHERSTONE"}
    here, there = ({"postcode": f"ZZ{n} {n}AA", "paon": "9", "address": f"9 {street}"} for n, street in ((1, "MILL LANE"), (7, "CHAPEL HILL")))
    number = {"nino": "QQ778899A", "date_of_birth": "1984-03-27"}
    return encoded([{**rare, **number, **here}, {**rare, **here}, {**rare, **number, **there}, *town(600).rows * times])


def test_two_records_that_link_only_to_a_third_are_joined_through_it(encoded) -> None:
    features, number = chained(encoded)
    found = link(features, PERSON)
    pairs = list(zip(features.order[found.left].tolist(), features.order[found.right].tolist(), strict=True))
    at = next(i for i, pair in enumerate(pairs) if set(pair) == {1, 2})
    assert found.evidence.weights[at] < 0 < found.weights[at]
    assert found.others[at] == found.weights[at] - found.evidence.weights[at]
    assert found.rules[at] > 0  # it was compared, and by itself weighed too little


def test_a_lower_floor_changes_no_weight(encoded) -> None:
    features, number = chained(encoded)
    ends = sorted(number[[1, 2]].tolist())
    weights = []
    for floor in (0.5, 0.1):
        found = link(features, PERSON, floor=floor)
        (at,) = np.flatnonzero((found.left == ends[0]) & (found.right == ends[1]))
        weights.append(int(found.weights[at]))
    assert weights[0] == weights[1]


def test_records_of_one_file_are_not_paired_through_the_other_either(encoded) -> None:
    model = link(chained(encoded)[0], PERSON).model
    features, number = chained(encoded, times=2)  # each file holds most people twice
    side = np.zeros(features.size, np.int32)
    side[number] = [0, 1, 1, *(2 * i < features.size - 3 for i in range(features.size - 3))]
    found = link(features, PERSON, side=side, model=model)
    assert found.once == (False, False)
    pairs = row_pairs(features, found)
    assert {(0, 1), (0, 2)} <= pairs
    assert (1, 2) not in pairs


def test_two_parties_of_one_row_are_not_paired_through_a_third_either(encoded) -> None:
    features, number = chained(encoded)
    apart = np.arange(features.size, dtype=np.int32)
    apart[number[2]] = apart[number[1]]
    pairs = row_pairs(features, link(features, PERSON, apart=[apart]))
    assert {(0, 1), (0, 2)} <= pairs
    assert (1, 2) not in pairs


def test_two_parties_of_one_row_are_never_one_person(encoded) -> None:
    crowd = town(60, seed=7)
    twin = {"forename": "ADAEZE", "surname": "OKAFOR", "date_of_birth": "1984-03-27", "postcode": "ZZ1 1AA", "paon": "9", "address": "9 MILL LANE"}
    rows = [twin, twin, *crowd.rows]
    features, number = encoded(rows)
    apart = np.arange(len(rows), dtype=np.int32)
    apart[number[1]] = apart[number[0]]
    assert (0, 1) in row_pairs(features, link(features, PERSON))
    assert (0, 1) not in row_pairs(features, link(features, PERSON, apart=[apart]))


def test_in_registers_that_hold_everybody_once_the_second_best_partner_loses(encoded) -> None:
    """Both files hold five hundred people once, and LEFT one more record that is like one of theirs but for a slip."""
    people = [row for row, who in {who: (row, who) for row, who in zip(town(520).rows, town(520).person, strict=True)}.values()]
    like = {**people[0], "forename": people[0]["forename"][:-1] + "X", "nino": None, "date_of_birth": None}
    rows = [*people, *people, like]
    features, number = encoded(rows)
    side = np.zeros(len(rows), np.int32)
    side[number] = [0] * 520 + [1] * 520 + [0]
    found = link(features, PERSON, side=side, floor=1e-9)
    assert found.once == (True, True)
    others = dict(zip(zip(features.order[found.left].tolist(), features.order[found.right].tolist(), strict=True), found.others.tolist(), strict=True))
    lost = {tuple(sorted(pair)): loss for pair, loss in others.items()}
    assert lost[520, 1040] < -500
    assert lost[0, 520] > -400
    assert any("LEFT and RIGHT: holds hardly anybody twice" in note for note in found.notes)


# ---- registered numbers


def numbers_model(differs: float) -> Model:
    nino = next(c for c in PERSON.comparisons if c.name == "nino")
    told = tuple(s for s in PERSON.situations if s.name in ("same person", "strangers"))
    return Model(told, (nino,), np.array([0.3, 0]), {"nino": np.array([[0.99 - differs, 0.01, differs], [0.001, 0.001, 0.998]])})


def test_numbers_prove_nothing_where_a_party_s_own_numbers_often_differ() -> None:
    assert trusted(numbers_model(0.009), PERSON)
    assert not trusted(numbers_model(0.01), PERSON)
    assert not trusted(numbers_model(0.009), ORGANISATION)


def test_two_different_ninos_are_two_people_whatever_else_agrees(linked, encoded) -> None:
    same = {"forename": "ADAEZE", "surname": "OKAFOR", "date_of_birth": "1984-03-27", "postcode": "ZZ1 1AA", "paon": "9", "address": "9 MILL LANE",
            "phone": "07700900123", "email": "a@b.example"}  # fmt: skip
    features, number = encoded([{**same, "nino": "QQ112233A"}, {**same, "nino": "QQ998877A"}, *town(600).rows])
    found = link(features, PERSON)
    assert trusted(found.model, PERSON)
    assert found.clusters[number[0]] != found.clusters[number[1]]


# ---- what a table may hold


def nothing_found(features: Features, **more: object) -> bool:
    found = link(features, PERSON, **more)
    assert len(found.clusters) == features.size
    assert len(set(found.clusters.tolist())) == features.size
    return len(found.left) == 0


@pytest.mark.parametrize("rows", [[], [{"surname": "LEWIS"}], [{}] * 5, [{"surname": "LEWIS"}, {"forename": "BRYN"}]], ids=["none", "one", "all null", "nothing in common"])
def test_records_that_cannot_be_compared_are_alone(encoded, rows: Sequence[Row]) -> None:
    features, _ = encoded(rows)
    assert nothing_found(features)
    assert nothing_found(features, side=np.arange(features.size, dtype=np.int32) % 2)
    assert link(features, ORGANISATION).clusters.tolist() == list(range(features.size))


def test_one_value_everywhere_links_nobody_and_says_why(encoded) -> None:
    features, _ = encoded([{"forename": "BRYN", "surname": "LEWIS"}] * 400)
    assert nothing_found(features)
    assert any("1 values shared by 400 records are too common to compare all of these, and were passed over" in note for note in link(features, PERSON).notes)


def test_forty_per_cent_of_one_surname_do_not_hide_who_is_who(place: Town, encoded) -> None:
    rows = [{**row, "surname": "KHAN"} if who % 5 < 2 else row for row, who in zip(place.rows, place.person, strict=True)]
    features, _ = encoded(rows)
    true, said = index(true_pairs(place)), index(row_pairs(features, link(features, PERSON)))
    assert recordlinkage.precision(true, said) > 0.97
    assert recordlinkage.recall(true, said) > 0.97


def test_a_default_value_shared_by_half_joins_nobody(place: Town, encoded) -> None:
    rows = [{**row, "phone": "07700900999" if i % 2 else None} for i, row in enumerate(place.rows)]
    features, _ = encoded(rows)
    said = row_pairs(features, link(features, PERSON))
    assert recordlinkage.precision(index(true_pairs(place)), index(said)) > 0.97


def test_people_of_whom_none_is_there_twice_are_hardly_ever_linked(place: Town, encoded) -> None:
    first = {who: row for row, who in zip(place.rows, place.person, strict=True)}
    features, _ = encoded(list(first.values()))
    found = link(features, PERSON)
    assert found.blocked.size > 100
    assert len(found.left) <= 2


def test_a_fit_to_data_without_matches_is_refused_and_says_so(place: Town, encoded) -> None:
    first = {who: {**row, "nino": None} for row, who in zip(place.rows, place.person, strict=True)}
    features, _ = encoded(list(first.values()))
    assert any("the fit was refused" in note for note in link(features, PERSON).notes)


def test_tables_as_people_keep_them_are_linked_from_end_to_end() -> None:
    long = "A" * 10_000_000
    table = pl.DataFrame({
        "record_ref": [str(i) for i in range(8)],
        "forename": ["Éva", "E\u0301va", "\u202eأحمد", "أحمد", None, long, long, " "], "surname": ["Nowak", "NOWAK ", "محمد", "محمد", None, long, long, "\t"],
        "date_of_birth": ["27/03/1984", "27/03/1984", "05/11/1961", "05/11/1961", None, "nonsense", long, ""], "phone": [7700900123, 7700900123, None, None, 0, -1, 1, 2],
        "uprn": [990000000123.0, 990000000123.0, None, None, float("nan"), 1e300, -5.0, None],
    })  # fmt: skip
    features = encode(canonical(table).records)
    found = link(features, PERSON)
    number = np.argsort(features.order)
    assert found.clusters[number[0]] == found.clusters[number[1]]
    assert found.clusters[number[2]] == found.clusters[number[3]]
    assert len({found.clusters[number[i]] for i in (0, 2, 4, 7)}) == 4


# ---- organisations


def test_organisations_are_linked_by_name_number_and_place(encoded) -> None:
    names = [f"{a} {b} {c}" for a in ("HOLLIN", "RIVER", "TUDOR", "CHAPEL") for b in ("BANK", "GATE", "FIELD") for c in ("JOINERY", "GARAGE", "CARE", "FOODS")]
    rows: list[Row] = []
    for i, name in enumerate(names):
        rows.append({"name": name, "company_number": f"{10_000_000 + 137 * i}", "postcode": f"ZZ{i % 9} {i % 7}AA"})
        rows.append({"name": name[:-1] if i % 4 == 0 else name, "company_number": None if i % 3 else f"{10_000_000 + 137 * i}", "postcode": f"ZZ{i % 9} {i % 7}AA"})
    features, _ = encoded(rows)
    true = {(2 * i, 2 * i + 1) for i in range(len(names))}
    said = row_pairs(features, link(features, ORGANISATION))
    assert recordlinkage.precision(index(true), index(said)) > 0.95
    assert recordlinkage.recall(index(true), index(said)) > 0.95


def test_a_fit_looks_at_an_even_sample_of_the_pairs(linked, monkeypatch: pytest.MonkeyPatch) -> None:
    features, _, found = linked
    comparisons = usable(features, PERSON.comparisons)
    by_chance = chance(features, comparisons)
    blocked = block(features, PERSON.rules)
    every = fit(features, blocked, PERSON, by_chance)
    monkeypatch.setattr("matchers.weighing.FIT_ON", blocked.size // 3)
    some = fit(features, blocked, PERSON, by_chance)
    assert (every.fitted_on, some.fitted_on) == (blocked.size, -(-blocked.size // 3))
    match = every.is_match
    assert (some.rates[match] * 1000).sum() == pytest.approx((every.rates[match] * 1000).sum(), rel=0.2)


def test_pairs_in_many_chunks_are_weighed_like_pairs_in_one(linked, monkeypatch: pytest.MonkeyPatch) -> None:
    features, _, found = linked
    monkeypatch.setattr("matchers.weighing.CHUNK", 97)
    again = link(features, PERSON)
    for name in ("left", "right", "weights", "clusters"):
        assert getattr(again, name).tolist() == getattr(found, name).tolist(), name


def test_a_higher_threshold_joins_fewer_records(linked) -> None:
    features, _, found = linked
    strict = link(features, PERSON, threshold=0.999999)
    assert len(set(strict.clusters.tolist())) > len(set(found.clusters.tolist()))
