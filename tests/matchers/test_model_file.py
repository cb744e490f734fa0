"""A model as a file: one model has one text, the text holds no rare name, and what is no model is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.population import population
from matchers.canonical import canonical
from matchers.comparison import usable
from matchers.engine import link
from matchers.entities import PERSON
from matchers.estimation import Model
from matchers.features import Features, encode
from matchers.frequencies import chance
from matchers.model_file import FEWEST_BEARERS, as_json, digest, from_json, frozen
from schemas.errors import ConfigurationError, ExitCode

Content = dict[str, Any]
ORIGIN = {"counterfoil": "1.2.3", "records": 3000}


@pytest.fixture(scope="module")
def features() -> Features:
    return encode(canonical(population(3000, seed=1).drop("partner", "person", "home")).records)


@pytest.fixture(scope="module")
def model(features: Features) -> Model:
    return link(features, PERSON).model


@pytest.fixture(scope="module")
def text(model: Model) -> str:
    return as_json(model, entity="person", origin=ORIGIN)


def refused(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        from_json(text, file="model.json")
    return raised.value


def changed(text: str, change: Callable[[Content], None]) -> str:
    content = json.loads(text)
    change(content)
    return json.dumps(content)


# ---- one model, one text


def test_a_model_read_and_written_again_has_the_same_text(text: str) -> None:
    entity, model = from_json(text)
    assert entity is PERSON
    assert as_json(model, entity="person", origin=ORIGIN) == text


def test_a_model_comes_back_as_it_was(model: Model, text: str) -> None:
    again = from_json(text)[1]
    assert (again.situations, again.comparisons) == (tuple(s for s in PERSON.situations if s.name in {t.name for t in model.situations}), model.comparisons)
    np.testing.assert_allclose(again.rates, model.rates, atol=1e-9)
    for name, table in model.levels.items():
        np.testing.assert_allclose(again.levels[name], table, rtol=1e-8)
    assert again.together == pytest.approx(model.together)
    assert again.own == pytest.approx(model.own)
    assert again.frequencies == model.frequencies
    assert (again.fitted_on, again.rounds, again.remarks) == (model.fitted_on, model.rounds, model.remarks)
    assert (again.witness, again.calibration) == (model.witness, model.calibration)


def test_the_text_is_json_with_sorted_keys_and_says_where_the_model_came_from(text: str) -> None:
    content = json.loads(text)
    assert list(content) == sorted(content)
    assert (content["format"], content["entity"], content["origin"]) == (2, "person", ORIGIN)
    assert text == json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)


def test_a_fit_to_the_same_records_has_the_same_text(text: str) -> None:
    people = population(3000, seed=1).drop("partner", "person", "home").sample(fraction=1.0, shuffle=True, seed=9)
    again = link(encode(canonical(people).records), PERSON, threads=1).model
    assert as_json(again, entity="person", origin=ORIGIN) == text


def test_the_digest_is_the_sha256_of_the_text() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert digest("É") == hashlib.sha256(b"\xc3\x89").hexdigest()


# ---- whom it names


def test_only_names_that_ten_records_bear_have_a_frequency() -> None:
    rows = ["LEWIS"] * 10 + ["NOWAK"] * 9 + [None]
    names = pl.DataFrame({"record_ref": [f"R{i}" for i in range(20)], "surname": rows, "forename": ["BRYN"] * 20})
    features = encode(names)
    by_chance = chance(features, usable(features, PERSON.comparisons))
    found = frozen(Model((), (), np.empty(0), {}), features, by_chance)
    assert found.frequencies == {"surname": {"LEWIS": round(10 / 19, 12)}, "forename": {"BRYN": 1.0}}


def test_no_name_of_fewer_than_ten_records_is_in_the_file(text: str) -> None:
    people = canonical(population(3000, seed=1)).records
    quoted = set(re.findall(r'"([^"]*)"', text))
    for name in ("forename", "surname", "middle_names"):
        counts = dict(people[name].drop_nulls().value_counts().rows())
        rare = {value for value, often in counts.items() if often < FEWEST_BEARERS and all(often_in(people, value, n) < FEWEST_BEARERS for n in ("forename", "surname"))}
        assert len(rare) > 100
        assert not rare & quoted
    for name in ("nino", "email", "phone", "address", "postcode", "date_of_birth", "record_ref"):
        assert not set(people[name].drop_nulls()) & quoted, name


def often_in(people: pl.DataFrame, value: str, name: str) -> int:
    return int((people[name] == value).sum())


def test_frequencies_are_the_shares_of_the_records_that_have_a_name(text: str) -> None:
    surnames = canonical(population(3000, seed=1)).records["surname"].drop_nulls()
    for name, share in json.loads(text)["frequencies"]["surname"].items():
        assert share == pytest.approx((surnames == name).sum() / len(surnames), abs=1e-11)


# ---- what is refused


@pytest.mark.parametrize("garbage", ["", "hello", "null", "3", "[1]", '"model"', "{}", "\ufeff{}", "9" * 6000, '{"entity": "person"}', '{"entity": ["person"]}'])
def test_what_is_no_model_is_refused(garbage: str) -> None:
    error = refused(garbage)
    assert error.exit_code == ExitCode.CONFIGURATION == 5
    assert str(error).startswith("model.json: this is no model\n  Found ")
    assert error.mend == "make one with `counterfoil train`"


VERSIONS: dict[str, Callable[[Content], None]] = {
    "another format": lambda c: c.update(format=3),
    "a format in words": lambda c: c.update(format="1"),
    "a field nobody knows": lambda c: c["levels"].update(shoe_size=c["levels"]["nino"]),
    "a situation nobody knows": lambda c: c["situations"].append("same horse"),
    "other levels": lambda c: c["levels"]["nino"].update(names=["exact", "differs"]),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_model_of_another_version_is_refused(text: str, version: str) -> None:
    error = refused(changed(text, VERSIONS[version]))
    assert error.what == "the model was made by another version of this program"
    assert error.mend == "train a model with this version"


def broken(*path: str | int, value: Any) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        at: Any = content
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


BROKEN: dict[str, Callable[[Content], None]] = {
    "a rate that is no number": broken("rates", 0, value=float("nan")),
    "a rate below nought": broken("rates", 0, value=-0.1),
    "an endless rate": broken("rates", 0, value=float("inf")),
    "a rate in words": broken("rates", 0, value="often"),
    "a rate too few": lambda c: c["rates"].pop(),
    "a probability of nought": broken("levels", "nino", "strangers", value=[0.0, 0.5, 0.5]),
    "a probability below nought": broken("levels", "nino", "strangers", value=[-0.1, 0.5, 0.6]),
    "a probability that is no number": broken("levels", "nino", "strangers", value=[float("nan"), 0.5, 0.5]),
    "probabilities that do not add up": broken("levels", "nino", "strangers", value=[0.5, 0.5, 0.5]),
    "a level too few": broken("levels", "nino", "strangers", value=[0.5, 0.5]),
    "a situation without levels": lambda c: c["levels"]["nino"].pop("strangers"),
    "no situations": broken("situations", value=[]),
    "no match among the situations": broken("situations", value=["strangers"]),
    "a pair of three fields": broken("together", "a+b+c", value=1.0),
    "fields that are a list": broken("levels", "nino", value=[1]),
    "no entity": broken("entity", value="horse"),
    "no rounds": broken("rounds", value=None),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_broken_model_is_refused(text: str, damage: str) -> None:
    assert refused(changed(text, BROKEN[damage])).what == "this is no model"


SLIPPING: dict[str, Callable[[Content], None]] = {
    "a rate of 400 digits": broken("rates", 0, value=10**400),
    "fitted on endless pairs": broken("fitted_on", value=float("inf")),
    "frequencies that are a list": broken("frequencies", value=[]),
    "frequencies of a field that are a word": broken("frequencies", "surname", value="LEWIS"),
    "a frequency in words": broken("frequencies", "surname", "LEWIS", value="often"),
    "a frequency that is no number": broken("frequencies", "surname", "LEWIS", value=float("nan")),
    "a frequency below nought": broken("frequencies", "surname", "LEWIS", value=-5.0),
    "a frequency above one": broken("frequencies", "surname", "LEWIS", value=7.0),
    "own records that are no number": broken("own", "forename", value=float("nan")),
    "own records below nought": broken("own", "forename", value=-1e9),
    "together that is no number": broken("together", "forename+surname", value=float("nan")),
    "together of nought": broken("together", "forename+surname", value=0.0),
    "a situation twice": lambda c: c.update(situations=[c["situations"][1], *c["situations"][1:]]),
    "no fields": broken("levels", value={}),
    "remarks that are one word": broken("remarks", value="abc"),
    "a calibration that falls": broken("calibration", value=[[-300, 200], [300, 100]]),
    "a calibration of two values for one": broken("calibration", value=[[0, 0], [0, 100]]),
    "a calibration without end": broken("calibration", value=[[0, 10**30]]),
    "a calibration of three": broken("calibration", value=[[1, 2, 3]]),
    "a witness that is no field": broken("witness", value="shoe_size"),
}


@pytest.mark.parametrize("damage", SLIPPING)
def test_what_no_fit_could_have_written_is_refused_too(text: str, damage: str) -> None:
    assert refused(changed(text, SLIPPING[damage])).what == "this is no model"


def test_brackets_without_end_are_refused() -> None:
    assert refused("[" * 100_000).what == "this is no model"
