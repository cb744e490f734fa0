"""The encoder against a slow witness, and what holds of any records."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.derivation import Exercise
from matchers.encoding import canaries, spec_digest
from matchers.encoding.canary import PEOPLE
from matchers.encoding.encoder import encode, encode_households
from matchers.encoding.layout import FILTERS, HOUSEHOLD, NUMBERS, PERSON_PASSES, PROFILES, TOKENS, Pass
from matchers.encoding.prf import Prf
from tests.matchers.encoding import reference
from tests.matchers.encoding.invented import COLUMNS, NONCE, ROOT, key_of, people

VECTORS = Path(__file__).parents[2] / "golden" / "encoding_vectors.json"
EVERYONE = Pass("everyone", (), FILTERS, TOKENS)
P1 = PROFILES["P1"]


def tables(found):
    return {name: (found.rows[name].tolist(), found.tokens[name].tobytes(), found.codes[name].tobytes()) for name in found.rows}


def only(**columns):
    """People of whom no more is known than these columns."""
    many = len(next(iter(columns.values())))
    return pl.DataFrame({name: columns.get(name, [None] * many) for name in COLUMNS}, schema=dict.fromkeys(COLUMNS, pl.String))


def code_of(records, key=None, one=EVERYONE, profile="P1"):
    return encode(records, key or key_of(profile), profile=profile, passes=(one,), largest=10**6).codes[one.name]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_witness_that_goes_one_block_at_a_time_gives_the_same_bytes(profile):
    records, key, layout = people(40 if profile == "P1" else 12), key_of(profile), PROFILES[profile]
    found = encode(records, key, profile=profile, largest=3)
    assert tuple(found.rows) == tuple(one.name for one in layout.passes)
    rows = records.to_dicts()
    for one in layout.passes:
        expected, oversize = reference.encode(rows, key, one, layout, largest=3)
        assert found.rows[one.name].tolist() == list(expected)
        assert [token.tobytes() for token in found.tokens[one.name]] == [token for token, _ in expected.values()]
        assert [code.tobytes() for code in found.codes[one.name]] == [code for _, code in expected.values()]
        assert found.oversize[one.name] == oversize
    assert all(len(rows) for rows in found.rows.values())
    assert profile == "P2" or any(blocks for blocks, _ in found.oversize.values())


@pytest.mark.parametrize("profile", PROFILES)
def test_the_canaries_are_encoded_as_they_were_when_the_vectors_were_reviewed(profile):
    found = encode(PEOPLE, key_of(profile), profile=profile)
    seen = {
        name: {str(row): [token.tobytes().hex(), code.tobytes().hex()] for row, token, code in zip(found.rows[name], found.tokens[name], found.codes[name], strict=True)}
        for name in found.rows
    }
    assert seen == json.loads(VECTORS.read_text())[profile]


def test_canaries_and_specifications_of_two_profiles_differ():
    shown = {profile: canaries(ROOT, Exercise("northmere", "2026-1", "counter-fraud", profile, NONCE, spec_digest(profile))) for profile in PROFILES}
    assert spec_digest() == spec_digest("P1") != spec_digest("P2")
    assert list(shown["P1"]) == [*(one.name for one in PERSON_PASSES), "household"]
    assert set(shown["P2"]) == {"p1", "p2", "p5", "trade", "household", *NUMBERS}
    assert not set(shown["P1"].values()) & set(shown["P2"].values())


@pytest.mark.parametrize("profile", PROFILES)
def test_two_records_of_one_person_have_one_token_and_one_code(profile):
    found = encode(pl.concat([people(10), people(10)]), key_of(profile), profile=profile)
    half = 15
    for name, rows in found.rows.items():
        first, second = rows < half, rows >= half
        assert (rows[first] + half == rows[second]).all()
        assert (found.tokens[name][first] == found.tokens[name][second]).all()
        assert (found.codes[name][first] == found.codes[name][second]).all()


@pytest.mark.parametrize("other", [{"purpose": "research"}, {"exercise": "2026-2"}, {"spec": "1" * 64}, {"nonce": bytes(32)}, {"profile": "P2"}])
def test_under_another_exercise_purpose_specification_or_profile_no_token_is_the_same(other):
    one, two = encode(people(30), key_of()), encode(people(30), key_of(**other))
    tokens = [{token.tobytes() for table in found.tokens.values() for token in table} for found in (one, two)]
    assert not tokens[0] & tokens[1]
    for name in one.rows:
        pieces = [set(found.codes[name][:, P1.tokens_at :].reshape(-1, 4).copy().view(np.uint32).ravel().tolist()) - {0} for found in (one, two)]
        assert not pieces[0] & pieces[1]


def test_no_token_of_one_pass_stands_in_another():
    found = encode(people(40), key_of())
    shown = [{token.tobytes() for token in table} for table in found.tokens.values()]
    assert len(set().union(*shown)) == sum(len(tokens) for tokens in shown)


def test_a_name_in_another_block_has_another_code():
    records = only(forename=["ANN"] * 2, surname=["OKAFOR"] * 2, nino=["QQ112233A", "QQ445566A"], account=["a@example.org"] * 2)
    found = encode(records, key_of())
    apart, together = found.codes["nino"], found.codes["account"]
    for name in ("forename", "surname"):
        assert (apart[0, P1.token_at(name)] != apart[1, P1.token_at(name)]).any()
        assert (together[0, P1.token_at(name)] == together[1, P1.token_at(name)]).all()
        assert np.bitwise_count(apart[0, P1.filter_at(name)] ^ apart[1, P1.filter_at(name)]).sum() > 70


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_unknown_is_zero_and_what_is_known_is_not(profile):
    layout = PROFILES[profile]
    (code,) = code_of(only(forename=["ADAEZE"]), profile=profile)
    assert code[layout.filter_at("forename")].any()
    known = {"forename", "forename_root", "forename_initial", "forename_letters"}
    assert {name for name in TOKENS if code[layout.token_at(name)].any()} == known
    assert not code[layout.filter_at("surname")].any()
    assert not code[layout.filter_at("address")].any()


def test_a_pass_does_not_hold_what_it_implies():
    found = encode(people(40), key_of())
    assert not found.codes["p1"][:, P1.token_at("birth_as_is")].any()
    assert not found.codes["p5"][:, P1.filter_at("address")].any()
    assert found.codes["p3"][:, P1.token_at("birth_as_is")].any()


def test_tokens_of_one_family_are_comparable_so_that_exchanged_names_are_known_again():
    one, other = code_of(only(forename=["OKAFOR", "ADAEZE"], surname=["ADAEZE", "OKAFOR"]))
    assert (one[P1.token_at("forename")] == other[P1.token_at("surname")]).all()
    assert (one[P1.token_at("forename")] != one[P1.token_at("forename_root")]).any()


def test_exchanged_names_meet_in_the_pass_on_both_names():
    found = encode(only(forename=["OKAFOR", "ADAEZE"], surname=["ADAEZE", "OKAFOR"], date_of_birth=["1984-03-27"] * 2), key_of())
    assert (found.tokens["p3"][0] == found.tokens["p3"][1]).all()


def test_neither_order_nor_threads_change_anything():
    records = people(60)
    order = np.random.default_rng(1).permutation(records.height)
    straight, shuffled, alone = encode(records, key_of()), encode(records[order], key_of()), encode(records, key_of(), threads=1)
    assert tables(straight) == tables(alone)
    for name, rows in straight.rows.items():
        back = np.argsort(order[shuffled.rows[name]])
        assert (order[shuffled.rows[name]][back] == rows).all()
        assert (shuffled.tokens[name][back] == straight.tokens[name]).all()
        assert (shuffled.codes[name][back] == straight.codes[name]).all()


def test_more_records_than_are_worked_on_at_once_are_encoded_as_few_are(monkeypatch):
    whole = encode(people(60), key_of())
    for module in ("encoder", "prf", "majority"):
        monkeypatch.setattr(f"matchers.encoding.{module}.AT_ONCE", 7)
    assert tables(encode(people(60), key_of())) == tables(whole)


def test_a_block_that_is_too_large_is_left_out_with_its_count():
    records = only(account=["shared@example.org"] * 4 + ["own@example.org"] * 3 + [None], forename=["ANN"] * 8)
    found = encode(records, key_of(), largest=3)
    assert found.rows["account"].tolist() == [4, 5, 6]
    assert found.oversize["account"] == (1, 4)
    assert encode(records, key_of(), largest=4).oversize["account"] == (0, 0)


def test_absent_columns_are_unknown_ones():
    assert tables(encode(PEOPLE.select("forename", "account"), key_of())) == tables(encode(only(forename=PEOPLE["forename"], account=PEOPLE["account"]), key_of()))


def test_nobody_is_encoded_to_nothing():
    found = encode(PEOPLE.clear(), key_of())
    assert all(len(rows) == 0 and found.codes[name].shape == (0, P1.code_bytes) for name, rows in found.rows.items())


ANY_TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, ANY_TEXT)), min_size=1, max_size=6), st.sampled_from(sorted(PROFILES)))
def test_any_text_is_encoded_or_left_out_and_never_an_error(rows, profile):
    records = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String))
    found = encode(records, key_of(profile), profile=profile, threads=1)
    assert all(len(found.rows[name]) == len(found.tokens[name]) == len(found.codes[name]) for name in found.rows)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ' -", min_size=1, max_size=30), min_size=1, max_size=20, unique=True))
def test_equal_names_and_only_these_have_equal_tokens(names):
    codes = code_of(only(surname=[*names, *names]))[:, P1.token_at("surname")]
    assert (codes[: len(names)] == codes[len(names) :]).all()
    assert len({code.tobytes() for code in codes}) == len(names)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=0, max_size=400).map(lambda raw: [raw[i : i + 16].ljust(16, b"\0") for i in range(0, len(raw), 16)]))
def test_the_column_cipher_is_the_cipher_of_each_block(blocks):
    table = np.frombuffer(b"".join(blocks), np.uint8).reshape(-1, 16)
    assert [row.tobytes() for row in Prf(ROOT)(table)] == [reference.aes(ROOT, block) for block in blocks]


def test_the_weight_of_a_filter_tells_neither_short_names_from_long_ones_nor_common_ones_from_rare():
    short, long = ["NG", "LI", "ORR", "KAY"], ["FEATHERSTONEHAUGH", "OYELARAN-ADEBAYO", "WOJCIECHOWSKA"]
    key = key_of()
    weights = {}
    for name in (*short, *long):
        records = only(surname=[name] * 400, account=[f"{i}@example.org" for i in range(400)])
        weights[name] = np.bitwise_count(encode(records, key).codes["account"][:, P1.filter_at("surname")]).sum(axis=1)
    assert {name for name, weight in weights.items() if not 80 < weight.mean() < 83} == set()
    assert max(weight.std() for weight in weights.values()) < 4


@pytest.mark.parametrize("profile", PROFILES)
def test_a_household_is_a_domain_of_its_own(profile):
    records, key, layout = people(40 if profile == "P1" else 12), key_of(profile), PROFILES[profile]
    found = encode_households(records, key, profile=profile)
    expected, _ = reference.encode(records.to_dicts(), partial(key, "household"), HOUSEHOLD, layout, largest=200)
    assert found.rows["household"].tolist() == list(expected)
    assert [token.tobytes() for token in found.tokens["household"]] == [token for token, _ in expected.values()]
    assert [code.tobytes() for code in found.codes["household"]] == [code for _, code in expected.values()]
    seen = encode(records, key, profile=profile)
    others = {token.tobytes() for table in seen.tokens.values() for token in table}
    assert not others & {token.tobytes() for token in found.tokens["household"]}
    assert json.loads(VECTORS.read_text())["households"][profile] == {
        str(row): [token.tobytes().hex(), code.tobytes().hex()]
        for one in (encode_households(PEOPLE, key, profile=profile),)
        for row, token, code in zip(one.rows["household"], one.tokens["household"], one.codes["household"], strict=True)
    }


def test_members_of_one_home_share_its_token_and_say_nothing_of_where_it_is():
    home = {"postcode": ["ZZ1 1AA"] * 2 + ["ZZ1 1AB"], "paon": ["14"] * 3, "address": ["14 WEAVER STREET"] * 3}
    found = encode_households(only(forename=["ADAEZE", "BEN", "ADAEZE"], surname=["OKAFOR"] * 3, **home), key_of())
    tokens, codes = found.tokens["household"], found.codes["household"]
    assert (tokens[0] == tokens[1]).all()
    assert (tokens[0] != tokens[2]).any()
    at = P1.token_at("surname")
    assert (codes[0, at] == codes[1, at]).all()
    assert (codes[0, at] != codes[2, at]).any()
    assert not codes[:, P1.token_at("postcode")].any()
