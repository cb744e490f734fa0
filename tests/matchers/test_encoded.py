"""Levels of agreement from codes: each by the smallest pair of people that shows it."""

import numpy as np
import polars as pl
import pytest

from matchers.collisions import FIELDS, assumed
from matchers.encoded import DIFFER, ENCODED_PERSON, encoded_features, name_steps, sample_levels
from matchers.encoding.encoder import Encoded, encode
from matchers.encoding.layout import PROFILES
from matchers.encoding.rekey import rekeyed, rekeyed_number
from tests.matchers.encoding.invented import COLUMNS, key_of, people

COMPARED = tuple(c for c in ENCODED_PERSON.comparisons if c.name in FIELDS)
MEET = {"account": "990001-70391824"}  # one block that says nothing else of two people
HOME = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}
PEPPER = b"p" * 32


def table(*rows):
    return pl.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], schema=dict.fromkeys(COLUMNS, pl.String))


def numbers_of(records):
    return records.select(*(pl.col(name).map_elements(lambda text: text.encode().hex().ljust(32, "0")[:32], pl.String) for name in ("nino", "account")))


def features_of(records, profile="P1", *, pepper=None):
    found, numbers = encode(records, key_of(profile), profile=profile, threads=1), numbers_of(records)
    if pepper:
        again = {name: rekeyed(found.tokens[name], found.codes[name], pepper, name) for name in found.rows}
        found = Encoded(found.size, found.rows, {name: pair[0] for name, pair in again.items()}, {name: pair[1] for name, pair in again.items()})
        numbers = numbers.select(rekeyed_number(numbers[name], pepper, name) for name in numbers.columns)
    steps = {name: name_steps(records, name) for name in ("forename", "surname")}
    return encoded_features(records.height, found, numbers, steps, assumed(), profile=profile)


def levels_of(left, right, profile="P1"):
    features = features_of(table(left, right), profile)
    one, other = np.array([0], np.int32), np.array([1], np.int32)
    found = features.together(one, other, COMPARED)[:, 0]
    return {c.name: "missing" if level == -1 else c.levels[level] for c, level in zip(COMPARED, found, strict=True)}


def level(field, left, right, profile="P1"):
    return levels_of({**left, **MEET}, {**right, **MEET}, profile)[field]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("ADAEZE", "ADAEZE", "exact"),
        ("BILL", "WILLIAM", "nickname"),
        ("A", "ADAEZE", "initial"),
        ("ADAEZE", "A", "initial"),
        ("A", "A", "initial"),  # two initials are no name
        ("ADAEZE", "ADAEZEE", "close"),
        ("ADAEZE", "ADEAZE", "close"),  # two letters changed places
        ("TEMITOPE", "TEMTOPA", "near"),
        ("ADAEZE", "SIOBHAN", "differs"),
        ("ADAEZE", None, "missing"),
    ],
)
def test_forenames(profile, left, right, expected):
    assert level("forename", {"forename": left}, {"forename": right}, profile) == expected


def test_two_names_of_the_public_table_are_two_names_however_alike():
    assert level("forename", {"forename": "MARTIN"}, {"forename": "MARTINA"}) == "alike"
    assert level("surname", {"surname": "PETERSON"}, {"surname": "PETERSEN"}) == "alike"


def test_the_strong_profile_is_not_told_which_names_are_in_the_table():
    assert level("surname", {"surname": "PETERSON"}, {"surname": "PETERSEN"}, "P2") in ("close", "near")


def test_a_forename_that_is_the_others_middle_name():
    assert level("forename", {"forename": "ADAEZE", "middle_names": "GRACE"}, {"forename": "GRACE"}) == "middle"


@pytest.mark.parametrize("field", ["forename", "surname"])
def test_names_that_changed_places(field):
    assert level(field, {"forename": "ADAEZE", "surname": "OKAFOR"}, {"forename": "OKAFOR", "surname": "ADAEZE"}) == "swapped"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("OKAFOR", "OKAFOR", "exact"),
        ("OYELARANOLA", "OYELARANOLLA", "close"),
        ("WAKSH", "WASKH", "close"),  # two letters changed places
        ("TEMITOPE", "TEMTOPA", "near"),
        ("SMITH JONES", "SMITH", "part"),
        ("SMITH JONES", "JONES", "part"),
        ("OKAFOR", "SMITH", "differs"),
        (None, "SMITH", "missing"),
    ],
)
def test_surnames(profile, left, right, expected):
    assert level("surname", {"surname": left}, {"surname": right}, profile) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"), [("GRACE", "GRACE", "exact"), ("GRACE", "G", "part"), ("GRACE", "ROSE", "differs"), ("GRACE", None, "missing")]
)
def test_middle_names(left, right, expected):
    assert level("middle_names", {"middle_names": left}, {"middle_names": right}) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1984-03-27", "1984-03-27", "exact"),
        ("1984-03-12", "1984-12-03", "day-month-swap"),
        ("1984-03-27", "1984-03-28", "typo"),
        ("1984-03-27", "1934-03-27", "typo"),
        ("1984-03-27", "1984-03-XX", "part"),
        ("1984-03-27", "1984-XX-XX", "part"),
        ("1984-03-27", "1984-03-15", "near"),
        ("1984-03-27", "1984-11-15", "same-year"),
        ("1984-04-04", "1984-11-15", "same-year"),
        ("1984-03-27", "1951-12-02", "differs"),
        ("1984-03-27", None, "missing"),
    ],
)
def test_birth_dates(left, right, expected):
    assert level("date_of_birth", {"date_of_birth": left}, {"date_of_birth": right}) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("QQ112233C", "QQ112233C", "exact"), ("QQ112233C", "QQ112234C", "typo"), ("QQ112233C", "QQ445566A", "differs"), ("QQ112233C", None, "missing")],
)
def test_ninos(left, right, expected):
    assert level("nino", {"nino": left}, {"nino": right}) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "same-house"),
        ({"saon": "FLAT 2", "address": "FLAT 2 14 WEAVER STREET"}, "part"),
        ({"postcode": "ZZ1 1AB"}, "part"),  # one line, one sector
        ({"paon": "16", "address": "16 WEAVER STREET"}, "same-postcode"),
        ({"paon": "9", "address": "9 ELM CLOSE", "postcode": "ZZ1 1AB"}, "same-sector"),
        ({"paon": "9", "address": "9 ELM CLOSE", "postcode": "ZZ1 2AB"}, "same-district"),
        ({"paon": "9", "address": "9 ELM CLOSE", "postcode": "ZZ14 2AB"}, "same-area"),
        ({"paon": "9", "address": "9 ELM CLOSE", "postcode": "QZ1 2AB"}, "differs"),
        ({"paon": None, "address": None, "postcode": None}, "missing"),
    ],
)
def test_addresses(change, expected):
    assert level("address", HOME, {**HOME, **change}) == expected


def test_what_a_pass_implies_is_known_without_its_tokens():
    same = {"forename": "ADAEZE", "date_of_birth": "1984-03-27"}
    assert levels_of(same, {**same, **HOME})["date_of_birth"] == "exact"
    at_home = levels_of({"forename": "ADAEZE", **HOME}, {"forename": "ADA", **HOME})
    assert (at_home["address"], at_home["date_of_birth"]) == ("same-house", "missing")


@pytest.mark.parametrize("profile", PROFILES)
def test_two_people_who_share_no_block_are_not_known_to_agree_or_to_differ(profile):
    left = {"forename": "ADAEZE", "surname": "OKAFOR", "date_of_birth": "1984-03-27", **HOME}
    right = {"forename": "SIOBHAN", "surname": "O'NEILL", "date_of_birth": "2004-11-11", "postcode": "ZZ2 9XY", "address": "7 ELM CLOSE"}
    assert set(levels_of(left, right, profile).values()) == {"missing"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_units_pepper_changes_no_level_of_any_pair(profile):
    records = people(60)
    left, right = (side.astype(np.int32) for side in np.triu_indices(records.height, 1))
    plain, peppered = (features_of(records, profile, pepper=pepper).together(left, right, COMPARED) for pepper in (None, PEPPER))
    assert (plain == peppered).all()
    assert (plain >= 0).any(axis=1).all()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_partners_own_sample_has_the_levels_that_the_unit_would_see(profile):
    records = people(60).drop("trading_name").with_columns(pl.lit("shared@example.org").alias("account"))
    left, right = (side.astype(np.int32) for side in np.triu_indices(records.height, 1))
    sample = sample_levels(records, key_of(profile), profile=profile)(left, right)
    seen = features_of(records, profile).together(left, right, COMPARED)
    for row, comparison in enumerate(COMPARED):
        if comparison.name in ("middle_names", "date_of_birth"):  # from tokens alone, and so the same in every block
            assert (sample[comparison.name] == seen[row]).all()
        elif comparison.name in ("forename", "surname"):
            assert (sample[comparison.name] == seen[row]).mean() > 0.97


def test_closer_texts_differ_in_fewer_bits():
    assert all(close < near for close, near in DIFFER.values())


def test_an_absent_column_of_names_has_no_steps():
    assert name_steps(pl.DataFrame({"surname": ["OKAFOR"]}), "forename").tolist() == [-1]
