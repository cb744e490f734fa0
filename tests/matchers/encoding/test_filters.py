"""Filters of both profiles: how far apart alike texts are, and what a block does to them."""

import random

import numpy as np
import polars as pl
import pytest

from matchers.encoded import DIFFER
from matchers.encoding import insertions, majority
from matchers.encoding.pairs import LONGEST, pairs_of
from matchers.encoding.prf import Prf, laid_out, text_mac

KEY = b"k" * 32
MODULES = {"P1": insertions, "P2": majority}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def made(module, texts, blocks, key=KEY):
    return module.filters(Prf(key), blocks, pairs_of(pl.Series(texts, dtype=pl.String)), np.arange(len(texts), dtype=np.int32))


def blocks_of(many, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (many, 16), np.uint8)


def differing(one, other):
    return np.bitwise_count(one ^ other).sum(axis=1)


def misspelt_pairs(many=6000):
    """Names of five to ten letters, each with one to three slips of the pen."""
    draw, out = random.Random(3), []
    for _ in range(many):
        name = other = "".join(draw.choices(LETTERS, k=draw.randint(5, 10)))
        for _ in range(draw.randint(1, 3)):
            other = misspelt(draw, other)
        out.append((name, other))
    return out


def misspelt(draw, name):
    """A letter put in, left out, or put in another's place."""
    at, letter = draw.randrange(len(name)), draw.choice(LETTERS)
    return draw.choice((name[:at] + letter + name[at:], name[:at] + name[at + 1 :], name[:at] + letter + name[at + 1 :]))


def test_pairs_of_letters_are_padded_and_short_texts_filled_up():
    pairs = pairs_of(pl.Series(["ANN", "J", "", None]))
    shown = [[int(word).to_bytes(2, "little").decode() for word in pairs.letters[: pairs.many[i], i]] for i in range(4)]
    assert shown == [["_A", "AN", "NN", "N_"], ["_J", "J_", "__"], [], []]


def test_a_text_is_cut_at_its_longest():
    pairs = pairs_of(pl.Series(["X" * 500, "X" * LONGEST]))
    assert pairs.many.tolist() == [LONGEST + 1] * 2
    assert (pairs.letters[:, 0] == pairs.letters[:, 1]).all()


def test_texts_are_laid_out_from_any_part_of_a_column():
    texts = pl.Series(["ANN", None, "ZOË", "", "LONGER"])
    table, lengths = laid_out(texts, 4)
    assert [row.tobytes() for row in table] == [b"ANN\0", bytes(4), "ZOË".encode(), bytes(4), b"LONG"]
    assert lengths.tolist() == [3, 0, 4, 0, 6]
    assert (laid_out(texts.slice(2, 2), 4)[0] == table[2:4]).all()
    assert laid_out(texts.slice(0, 0), 4)[0].shape == (0, 4)


def test_no_two_texts_have_one_mac():
    texts = ["", "A", "A\0", "\0A", "A" * 62, "A" * 63, "A" * 64, "A" * 65, "Ä" * 32, "\0" * 63]
    assert len({row.tobytes() for row in text_mac(Prf(KEY), pl.Series(texts))}) == len(texts)


@pytest.mark.parametrize("profile", MODULES)
def test_one_text_has_one_filter_in_a_block_and_unrelated_ones_in_two(profile):
    texts, module = ["OKAFOR"] * 500, MODULES[profile]
    same = np.tile(blocks_of(1), (500, 1))
    assert len(np.unique(made(module, texts, same), axis=0)) == 1
    apart = made(module, texts, blocks_of(500))
    bits = apart.shape[1] * 8
    share = np.bitwise_count(apart).sum() / apart.size / 8
    expected = 2 * share * (1 - share) * bits  # two filters with nothing in common
    assert abs(differing(apart[:250], apart[250:]).mean() - expected) < 0.03 * bits
    assert np.unpackbits(apart, axis=1).mean(axis=0).max() < share + 0.12  # no bit stands out


@pytest.mark.parametrize("profile", MODULES)
def test_under_another_key_a_filter_is_another(profile):
    one, other = (made(MODULES[profile], ["OKAFOR"], blocks_of(1), key) for key in (KEY, b"q" * 32))
    assert differing(one, other)[0] > 60


@pytest.mark.parametrize("profile", MODULES)
def test_the_last_four_bytes_of_a_blocks_name_do_not_count(profile):
    blocks = np.tile(blocks_of(1), (2, 1))
    blocks[1, 12:] ^= 255
    one, other = made(MODULES[profile], ["OKAFOR"] * 2, blocks)
    assert (one == other).all()


@pytest.mark.parametrize("profile", MODULES)
def test_no_text_has_a_filter_of_zeros_and_each_row_has_its_own_text(profile):
    module, blocks = MODULES[profile], np.tile(blocks_of(1), (4, 1))
    codes = np.array([1, -1, 0, 1], np.int32)
    shown = module.filters(Prf(KEY), blocks, pairs_of(pl.Series(["ANN", "OKAFOR"])), codes)
    assert not shown[1].any()
    assert (shown[0] == shown[3]).all()
    assert (shown[0] != shown[2]).any()


@pytest.mark.parametrize("profile", MODULES)
def test_close_is_one_slip_near_is_two_and_unrelated_names_are_hardly_ever_either(profile):
    names = [name for name, _ in misspelt_pairs()]
    draw, blocks, (close, near) = random.Random(5), blocks_of(len(names)), DIFFER[profile]
    once = [misspelt(draw, name) for name in names]
    twice = [misspelt(draw, name) for name in once]
    plain, one, two = (made(MODULES[profile], texts, blocks) for texts in (names, once, twice))
    assert 0.80 < (differing(plain, one) <= close).mean() < 0.995
    assert 0.70 < (differing(plain, two) <= near).mean() < 0.97
    assert (differing(plain, np.roll(two, 1, axis=0)) <= near).mean() < 0.02
