"""The pepper of the unit keeps what is compared inside a block, and nothing else."""

import numpy as np
import polars as pl
import pytest

from matchers.encoding.layout import CODE_BYTES, FAMILY, FILTERS, PROFILES, TOKEN_BYTES, TOKENS
from matchers.encoding.rekey import _distances, _exchange, rekeyed, rekeyed_number

PEPPER, OTHER = b"p" * 32, b"q" * 32
FILTER_BYTES, CUT = PROFILES["P1"].filter_bytes, PROFILES["P1"].tokens_at
STRONG = PROFILES["P2"].code_bytes


def arrivals(blocks, each, width=CODE_BYTES, seed=1):
    """So many blocks of so many records; a third of the pieces is equal within a block, a tenth unknown."""
    rng = np.random.default_rng(seed)
    tokens = np.repeat(rng.integers(0, 256, (blocks, 16), np.uint8), each, axis=0)
    codes = rng.integers(0, 256, (blocks * each, width), np.uint8)
    cut = width - len(TOKENS) * TOKEN_BYTES
    codes[:, :cut] &= rng.integers(0, 256, (blocks * each, cut), np.uint8)
    pieces = [codes[:, i : i + cut // 3] for i in range(0, cut, cut // 3)] + [codes[:, i : i + 4] for i in range(cut, width, 4)]
    for piece in pieces:
        same = rng.random(len(piece)) < 0.33
        first = np.arange(len(piece)) // each * each
        piece[same] = piece[first[same]]
        piece[rng.random(len(piece)) < 0.1] = 0
    return tokens, codes


def differing(codes, rows, other):
    cut = codes.shape[1] - len(TOKENS) * TOKEN_BYTES
    filters = codes[:, :cut].reshape(len(codes), len(FILTERS), -1)
    return np.bitwise_count(filters[rows] ^ filters[other]).sum(axis=2)


def pieces(codes):
    return np.ascontiguousarray(codes[:, codes.shape[1] - len(TOKENS) * TOKEN_BYTES :]).view(np.uint32)


@pytest.mark.parametrize("width", [CODE_BYTES, STRONG])
def test_two_codes_of_one_block_differ_in_as_many_bits_as_before_and_in_the_same_tokens(width):
    tokens, codes = arrivals(700, 3, width)
    _, after = rekeyed(tokens, codes, PEPPER, "p1")
    cut = width - len(TOKENS) * TOKEN_BYTES
    known = (codes[:, :cut].reshape(len(codes), 3, -1) != 0).any(axis=2)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        x, y = np.arange(a, len(codes), 3), np.arange(b, len(codes), 3)
        both = known[x] & known[y]
        assert (differing(codes, x, y) == differing(after, x, y))[both].all()
        assert ((pieces(codes)[x] == pieces(codes)[y]) == (pieces(after)[x] == pieces(after)[y])).all()


@pytest.mark.parametrize("width", [CODE_BYTES, STRONG])
def test_what_is_unknown_stays_unknown_and_nothing_else_becomes_so(width):
    tokens, codes = arrivals(500, 2, width)
    _, after = rekeyed(tokens, codes, PEPPER, "p1")
    cut = width - len(TOKENS) * TOKEN_BYTES
    known = [(c[:, :cut].reshape(len(c), 3, -1) != 0).any(axis=2) for c in (codes, after)]
    assert (known[0] == known[1]).all()
    assert not known[0].all()
    assert ((pieces(codes) == 0) == (pieces(after) == 0)).all()


def test_tokens_of_one_family_stay_comparable_with_each_other_and_those_of_two_families_never_were():
    tokens, codes = np.ones((1, 16), np.uint8), np.full((1, CODE_BYTES), 7, np.uint8)
    _, after = rekeyed(tokens, codes, PEPPER, "p1")
    shown = {name: after[0, PROFILES["P1"].token_at(name)].tobytes() for name in TOKENS}
    for one in TOKENS:
        for other in TOKENS:
            assert (shown[one] == shown[other]) == (FAMILY.get(one, one) == FAMILY.get(other, other))


def test_a_record_has_nothing_in_common_with_itself_in_another_block_another_pass_or_under_another_pepper():
    tokens, codes = arrivals(400, 1)
    codes |= 1
    elsewhere = tokens.copy()
    elsewhere[:, 5] ^= 1
    one, *others = (rekeyed(t, codes, p, n) for t, p, n in ((tokens, PEPPER, "p1"), (elsewhere, PEPPER, "p1"), (tokens, OTHER, "p1"), (tokens, PEPPER, "p2")))
    for other in (*others, (tokens, codes)):
        assert not (one[0] == other[0]).all(axis=1).any()
        assert not (pieces(one[1]) == pieces(other[1])).any()
        bits = np.bitwise_count(one[1][:, :CUT] ^ other[1][:, :CUT]).sum(axis=1)
        assert abs(bits.mean() - CUT * 4) < 4  # half of all bits, as by chance
        assert bits.min() > CUT * 3


def test_the_weight_of_a_filter_does_not_outlive_the_pepper():
    tokens, codes = arrivals(4000, 1)
    codes[:, :FILTER_BYTES] = 255
    codes[::2, :FILTER_BYTES] = 1  # eight bits a word against sixty-four
    _, after = rekeyed(tokens, codes, PEPPER, "p1")
    weights = np.bitwise_count(after[:, :FILTER_BYTES]).sum(axis=1)
    assert abs(weights[::2].mean() - weights[1::2].mean()) < 1
    assert abs(weights.mean() - 128) < 1


def test_where_two_filters_of_a_block_differ_does_not_outlive_the_pepper():
    tokens = np.repeat(np.random.default_rng(3).integers(0, 256, (6000, 16), np.uint8), 2, axis=0)
    codes = np.zeros((12000, CODE_BYTES), np.uint8)
    codes[:, :FILTER_BYTES] = 15
    codes[1::2, 0] = 14  # the first bit only
    _, after = rekeyed(tokens, codes, PEPPER, "p1")
    change = np.unpackbits(after[::2, :FILTER_BYTES] ^ after[1::2, :FILTER_BYTES], axis=1)
    assert (change.sum(axis=1) == 1).all()
    assert change.sum(axis=0).max() < 55  # 23 expected, standard deviation 5
    assert change.sum(axis=0).min() > 3


def test_rows_in_any_order_give_the_same_bytes():
    tokens, codes = arrivals(1500, 2)
    order = np.random.default_rng(2).permutation(len(tokens))
    straight, shuffled = rekeyed(tokens, codes, PEPPER, "p1"), rekeyed(tokens[order], codes[order], PEPPER, "p1")
    for one, other in zip(straight, shuffled, strict=True):
        assert (one[order] == other).all()


def test_what_arrived_is_not_changed():
    tokens, codes = arrivals(1, 1)
    kept = tokens.copy(), codes.copy()
    rekeyed(tokens, codes, PEPPER, "p1")
    assert (tokens == kept[0]).all()
    assert (codes == kept[1]).all()


def test_no_rows_give_no_rows():
    tokens, codes = rekeyed(np.zeros((0, 16), np.uint8), np.zeros((0, CODE_BYTES), np.uint8), PEPPER, "p1")
    assert (tokens.shape, codes.shape) == ((0, 16), (0, CODE_BYTES))


def test_a_network_that_always_exchanges_at_one_distance_moves_each_bit_there():
    words = np.array([[1, 0, 0, 0]], np.uint64)
    for distance in (1, 2, 4, 8, 16, 32, 64, 128):
        _exchange(words, distance, np.full((1, 2), 2**64 - 1, np.uint64))
    assert words.tolist() == [[0, 0, 0, 2**63]]


def test_stages_go_up_to_half_the_bits_and_back():
    assert list(_distances(4)) == [1, 2, 4, 8, 16, 32, 64, 128, 64, 32, 16, 8, 4, 2, 1]
    assert len(list(_distances(8))) == 17


def test_a_pepper_of_another_length_is_our_mistake():
    with pytest.raises(ValueError, match="32 bytes"):
        rekeyed(*arrivals(1, 1), b"short", "p1")


def test_numbers_keep_who_shares_one_and_who_has_none():
    texts = pl.Series("nino", ["0" * 31 + "1", None, "f" * 32, "0" * 31 + "1", "0" * 32])
    after = rekeyed_number(texts, PEPPER, "nino")
    assert after.name == "nino"
    assert after.is_null().to_list() == [False, True, False, False, False]
    assert after[0] == after[3]
    assert after.n_unique() == 4
    assert set(after.drop_nulls().str.len_chars()) == {32}
    for pepper, name in ((OTHER, "nino"), (PEPPER, "account")):
        assert not set(after.drop_nulls()) & set(rekeyed_number(texts, pepper, name).drop_nulls())
    assert not set(after.drop_nulls()) & set(texts.drop_nulls())


def test_a_part_of_a_column_of_numbers_gives_that_part():
    texts = pl.Series([f"{i:032x}" for i in range(50)])
    assert rekeyed_number(texts.slice(20, 10), PEPPER, "nino").to_list() == rekeyed_number(texts, PEPPER, "nino")[20:30].to_list()
    assert rekeyed_number(texts.slice(0, 0), PEPPER, "nino").to_list() == []
    assert rekeyed_number(pl.Series([None], dtype=pl.String), PEPPER, "nino").to_list() == [None]
