"""What an attacker sees of an encoding."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from matchers.attacks.columns import (
    FIELDS,
    FILTER_FIELDS,
    TOKEN,
    columns,
    ids_of,
    open_codes,
    place,
    profile_of,
    unrelated,
    worst,
)
from matchers.encoding.canary import PEOPLE
from matchers.encoding.encoder import encode
from matchers.encoding.layout import FILTERS, PROFILES, TOKENS


@pytest.mark.parametrize("profile", ["P1", "P2"])
def test_places_are_those_of_the_layout(profile):
    layout = PROFILES[profile]
    assert [place(name, layout.code_bytes) for name in FILTER_FIELDS] == [layout.filter_at(name) for name in FILTERS]
    assert all(place(name, layout.code_bytes) == layout.token_at(name) for name in TOKENS)
    assert profile_of(encode(PEOPLE, lambda *names: bytes(32), profile=profile)) == profile


def test_equal_bytes_have_equal_numbers_and_zeros_none():
    rows = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]], np.uint8)
    for content in (rows, np.repeat(rows, 8, axis=1)):
        ids = ids_of(content)
        assert ids[0] == ids[1] != ids[3]
        assert ids[2] == 0
        assert unrelated(ids)[2] == 0
        assert unrelated(ids)[0] == unrelated(ids)[1] != unrelated(ids)[3]


def test_columns_that_hold_nothing_are_left_out():
    found = {column.name for column in columns(encode(PEOPLE, lambda *names: bytes(32)))}
    assert {"p1 block", "p1 forename", "p1 forename filter", "p3 birth_month"} <= found
    assert "p1 birth_month" not in found
    assert len(FIELDS) == len(set(FIELDS)) == 1 + len(FILTERS) + len(TOKENS)


def test_an_attackers_own_codes_are_equal_where_values_are():
    codes = open_codes(pl.concat([PEOPLE, PEOPLE]))
    assert (codes[:5] == codes[5:]).all()


def test_the_worst_column_is_the_one_furthest_above_its_gate():
    result = worst("A1", "nothing", {"a": (0.5, 0.8), "b": (0.03, 0.02)})
    assert (result.column, result.passed) == ("b", False)
    assert worst("A1", "nothing", {}).passed
    assert TOKEN == "block"
