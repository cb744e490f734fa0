"""Links that rest on one equal key: accounts and homes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.keys import MOST_HOLDERS, account_links, address_clusters, home_key

SCHEMA = {**dict.fromkeys(("partner", "dataset", "record_ref", "account", "saon", "paon", "address", "postcode"), pl.String()), "uprn": pl.Int64()}


def records(*rows: dict[str, object]) -> pl.DataFrame:
    """Records 0, 1, 2 ..., each in a row of its own unless it says otherwise; the rest is null."""
    full = [{**dict.fromkeys(SCHEMA), "partner": "northmere", "dataset": "CTX", "record_ref": f"R{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema=SCHEMA).with_columns(record=pl.int_range(pl.len(), dtype=pl.Int64))


def homes(*rows: dict[str, object]) -> list[tuple[int, int]]:
    return address_clusters(records(*rows)).rows()


ACCOUNT = {"account": "990001-70391824"}


def test_every_two_holders_of_an_account_are_paired_once() -> None:
    pairs, passed_over = account_links(records(ACCOUNT, {"account": None}, ACCOUNT, ACCOUNT, {"account": "990001-00000001"}))
    assert pairs.rows() == [(0, 2), (0, 3), (2, 3)]
    assert passed_over == 0


def test_a_missing_account_is_shared_by_nobody() -> None:
    assert account_links(records({}, {}))[0].rows() == []


def test_the_roll_number_is_part_of_whose_account_it_is() -> None:
    assert account_links(records({"account": "990001-70391824/1"}, {"account": "990001-70391824/2"}))[0].rows() == []


def test_two_holders_in_one_row_are_no_news() -> None:
    pairs, _ = account_links(records({**ACCOUNT, "record_ref": "A"}, {**ACCOUNT, "record_ref": "A"}, {**ACCOUNT, "record_ref": "B"}))
    assert pairs.rows() == [(0, 2), (1, 2)]


def test_an_account_of_too_many_is_passed_over_and_counted() -> None:
    pairs, passed_over = account_links(records(*[ACCOUNT] * MOST_HOLDERS))
    assert (pairs.height, passed_over) == (MOST_HOLDERS * (MOST_HOLDERS - 1) // 2, 0)
    pairs, passed_over = account_links(records(*[ACCOUNT] * (MOST_HOLDERS + 1)))
    assert (pairs.height, passed_over) == (0, 1)


@pytest.mark.parametrize(
    ("saon", "paon", "address", "expected"),
    [("FLAT 7", "18", "x", "18 7"), ("18", "7", "x", "18 7"), (None, "7/18", "x", "18 7"), (None, "14", "x", "14"), (None, "14A", "x", "14A"),
     (None, "ROSE COTTAGE", "x", "COTTAGE ROSE"), (None, None, "WEAVER STREET", "WEAVER STREET"), (None, None, None, None),
     (None, "FLAT", "FLAT WEAVER STREET", "FLAT WEAVER STREET"), (None, "FLAT ABOVE SHOP", "x", "ABOVE SHOP")],
)  # fmt: skip
def test_a_home_s_key_is_its_numbers_and_names_in_any_order(saon: str | None, paon: str | None, address: str | None, expected: str | None) -> None:
    frame = pl.DataFrame([(saon, paon, address)], schema=dict.fromkeys(("saon", "paon", "address"), pl.String()), orient="row")
    assert frame.select(home_key()).item() == expected


HOUSE = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}


def test_same_postcode_and_house_is_one_home_named_by_its_first_record() -> None:
    assert homes({**HOUSE, "paon": "16"}, HOUSE, {**HOUSE, "address": "14 WEAVER ST"}) == [(0, 0), (1, 1), (2, 1)]


def test_same_house_in_another_postcode_is_another_home() -> None:
    assert homes(HOUSE, {**HOUSE, "postcode": "ZZ7 3BB"}) == [(0, 0), (1, 1)]


def test_a_record_without_postcode_and_uprn_has_no_home() -> None:
    assert homes({"paon": "14", "address": "14 WEAVER STREET"}, HOUSE) == [(1, 1)]


def test_a_postcode_alone_is_nobody_s_home_with_anybody() -> None:
    assert homes({"postcode": "ZZ1 1AA"}, {"postcode": "ZZ1 1AA"}) == [(0, 0), (1, 1)]


def test_a_flat_and_a_unit_without_numbers_are_two_homes() -> None:
    flat, unit = ({"postcode": "ZZ1 1AA", "paon": kind, "address": f"{kind} WEAVER STREET"} for kind in ("FLAT", "UNIT"))
    assert homes(flat, unit) == [(0, 0), (1, 1)]


def test_one_uprn_joins_what_postcodes_part() -> None:
    assert homes({**HOUSE, "uprn": 99}, {"uprn": 99}, {**HOUSE, "postcode": "ZZ7 3BB", "uprn": 99}) == [(0, 0), (1, 0), (2, 0)]


def test_a_home_spreads_along_chains_of_keys() -> None:
    # 0 and 1 share the UPRN, 1 and 2 the house, 2 and 3 another UPRN
    chain = [{"uprn": 1}, {**HOUSE, "uprn": 1}, {**HOUSE, "uprn": 2}, {"uprn": 2}]
    assert homes(*chain) == [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_flats_under_the_building_s_uprn_are_homes_of_their_own() -> None:
    flats = [{**HOUSE, "saon": saon, "uprn": 99} for saon in ("FLAT 1", "FLAT 2", "FLAT 1", None)]
    assert homes(*flats) == [(0, 0), (1, 1), (2, 0), (3, 3)]


few = st.fixed_dictionaries({
    "postcode": st.sampled_from([None, "ZZ1 1AA", "ZZ7 3BB"]), "uprn": st.sampled_from([None, 1, 2]), "paon": st.sampled_from([None, "14", "16"]),
    "saon": st.sampled_from([None, "FLAT 1", "FLAT 2"]), "address": st.sampled_from([None, "WEAVER STREET"]),
})  # fmt: skip


@settings(max_examples=50)
@given(rows=st.lists(few, max_size=8))
def test_homes_are_what_equal_keys_reach(rows: list[dict[str, object]]) -> None:
    def keys(r: dict[str, object]) -> set[tuple[object, ...]]:
        named = r["paon"] or r["saon"]
        place = tuple(sorted(w for w in f"{r['saon'] or ''} {r['paon'] or ''}".split() if w != "FLAT")) if named else r["address"]
        return {("text", r["postcode"], place)} if r["postcode"] and place else set()

    known = [i for i, r in enumerate(rows) if r["postcode"] or r["uprn"]]
    held = {i: keys(rows[i]) | ({("uprn", rows[i]["uprn"], rows[i]["saon"])} if rows[i]["uprn"] else set()) for i in known}
    home = {i: i for i in known}
    for _ in known:
        home = {i: min(home[j] for j in known if i == j or held[i] & held[j]) for i in known}
    assert homes(*rows) == sorted(home.items())
