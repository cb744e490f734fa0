"""A2: bits that often occur together are a pair of letters; which pair, say public names; which name, the pairs found in it.

Three steps. Sets of bits that are set together are mined from the filters. They are aligned with pairs of letters by how often they occur and
which occur together. Names found with those few pairs teach which bits the other pairs set, and so in turn more names, until the bits of
nearly all pairs are known and a filter is read letter by letter. A claim is one to one: the filter's likeliest name, whose likeliest filter
it is.

Source: Christen, Vidanage, Ranbaduge and Schnell (2018), Pattern-mining based cryptanalysis of Bloom filters, PAKDD, for patterns and what
counts as named; there each pattern is aligned by frequency alone, and names are looked up by their patterns only. The last step is
expectation and maximisation with a noisy or: Pearl (1988), Probabilistic reasoning in intelligent systems, section 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.attacks_data import pairs
from matchers.attacks.alignment import Values, assignment
from matchers.attacks.columns import Column

LEAST_BITS = 0.6  # of those that a pair of letters sets are in a pattern
LEAST_SHARE = 0.01  # of the records that hold a pattern
LEAST_FILTERS = 10  # that hold a pattern; what fewer have in common may be one name
BY_CHANCE = 10.0  # times as often as its bits would meet, were they unrelated, a pattern is held
LEAST_PATTERNS = 5  # without so many there is nothing to align
PARTNERS = 8  # of each bit that it is tried together with as the beginning of a pattern
ADDED = 3  # bits one by one, before all that belong to the pattern are added at once
NEARLY, WHOLE = 0.8, 0.97  # of those that hold a pattern also hold a bit: at first, and when the pattern is known better
INSIDE = 0.95  # of those that hold a pattern also hold another: its bits belong to the other
ALIGNED, WEIGHTS = (40, 60, 80, 100), (0.3, 1.0, 3.0)  # commonest patterns, and weights of their frequency; the one of them that names best is kept
LISTED = 5000  # commonest names of the public list
ROUNDS, REPEATED = (250, 500, 1000, 2000, 4000), 3  # commonest filters that are named and teach what they were named by, each so many times
PASSES = 20  # in which the bits of names are shared out among their pairs
SURE = 0.9  # chance that a pair sets a bit of the pattern that it was aligned with
STRAY = 0.02  # chance that a bit is set by nothing that is known
UNSURE = 0.005  # no bit is surer than this, when a filter is compared with a name
POPULATIONS = 0.05  # variance of the logarithm of a name's frequency between the public list and the file, besides chance
COMMONEST = 100  # names of the public list
_AT_ONCE = 1024


@dataclass(frozen=True)
class Mined:
    """What was named one to one, as shares of records.

    Attributes:
        every: rightly, of all records that have a filter.
        claimed: rightly, of those that were named at all, the precision; None where none was.
        commonest: rightly, of those that bear one of the `COMMONEST` names of the public list.
    """

    every: float
    claimed: float | None
    commonest: float

    @property
    def said(self) -> str:
        if self.claimed is None:
            return "of all records; nothing is claimed"
        return f"of all records; {self.claimed:.1%} of the claims are right, and of those with one of the {COMMONEST} commonest names {self.commonest:.1%} are named"


@dataclass(frozen=True)
class Names:
    """A public list.

    Attributes:
        texts: the names, the commonest first.
        share: of the people who bear each.
        letters: names x pairs of letters, 1 where the name has the pair.
        counts: how many bear each.
    """

    texts: Sequence[str]
    share: np.ndarray
    letters: np.ndarray
    counts: np.ndarray

    @staticmethod
    def of(texts: Sequence[str], counts: np.ndarray) -> Names:
        held = [pairs(text) for text in texts]
        place = {pair: at for at, pair in enumerate(sorted({pair for one in held for pair in one}))}
        letters = np.zeros((len(texts), len(place)), np.float32)
        for row, one in enumerate(held):
            letters[row, [place[pair] for pair in one]] = 1
        return Names(texts, (counts / counts.sum()).astype(np.float32), letters, counts)


def mined(column: Column, records: pl.DataFrame, other: pl.DataFrame) -> Mined:
    """Attack a column of filters, knowing how many bear each name in another population, and compare with the truth."""
    counted = other[column.text].drop_nulls().value_counts(sort=True).sort(["count", column.text], descending=[True, False]).head(LISTED)
    observed = Values.of(column.ids, column.filters)
    found = one_to_one(observed, counted[column.text].to_list(), counted["count"].to_numpy())
    named = pl.DataFrame({"id": observed.ids, "name": pl.Series(found, dtype=pl.String)})
    shown = pl.DataFrame({"id": column.ids, "truth": records[column.text].gather(column.rows)}).filter(pl.col("id") != 0)
    joined = shown.join(named, on="id", how="left")
    right, common = pl.col("name").eq_missing(pl.col("truth")), pl.col("truth").is_in(counted[column.text].head(COMMONEST).implode())
    claims = joined.filter(pl.col("name").is_not_null())
    every, claimed, commonest = (table.filter(right).height / max(table.height, 1) for table in (joined, claims, joined.filter(common)))
    return Mined(every, claimed if claims.height else None, commonest)


def one_to_one(observed: Values, public_names: Sequence[str], public_counts: np.ndarray) -> list[str | None]:
    """Return for each observed filter the name that it is claimed to be; None where none is claimed."""
    assert observed.filters is not None
    if len(observed.ids) < LEAST_FILTERS:
        return [None] * len(observed.ids)
    bits = np.unpackbits(observed.filters, axis=1).astype(np.float32)
    names = Names.of(public_names, public_counts)
    width = bits.shape[1]
    each = float(-width * np.log1p(-bits.mean(axis=1)).mean() / (names.share @ names.letters).sum())
    found = patterns(bits, observed.counts, each)
    if len(found) < LEAST_PATTERNS:
        return [None] * len(bits)
    tried = []
    for aligned in _aligned(found, bits, observed.counts, names):
        sets = np.full((names.letters.shape[1], width), each / width, np.float32)
        sets[aligned] = np.where(found[: len(aligned)], SURE, sets[aligned])
        sets = _taught(sets, bits, observed.counts, names, ROUNDS[:1], each / width)
        tried.append((float(_named(bits[: ROUNDS[0]], observed.counts, names, sets)[2].sum()), sets))
    sets = _taught(max(tried, key=lambda one: one[0])[1], bits, observed.counts, names, ROUNDS[1:], each / width)
    name, mutual, _ = _named(bits, observed.counts, names, sets)
    return [names.texts[one] if sure else None for one, sure in zip(name.tolist(), mutual, strict=True)]


def _taught(sets: np.ndarray, bits: np.ndarray, counts: np.ndarray, names: Names, rounds: tuple[int, ...], prior: float) -> np.ndarray:
    """Return what the pairs of letters set, learnt from names that were found by what they were thought to set before."""
    for many in np.repeat(rounds, REPEATED).tolist():
        name, mutual, _ = _named(bits[:many], counts, names, sets)
        at = np.flatnonzero(mutual)
        sets = _learnt(bits[at], names.letters[name[at]], prior)
    return sets


def patterns(bits: np.ndarray, counts: np.ndarray, each: float) -> np.ndarray:
    """Return sets of bits that are set together, patterns x bits, the commonest first.

    Args:
        bits: distinct filters x bits.
        counts: how often each filter occurs.
        each: bits that a pair of letters sets, about.
    """
    weight = (counts / counts.sum()).astype(np.float32)
    least = max(LEAST_BITS * each, 3)
    grown = _pairs_of_bits(bits, weight)
    for whole in (*[None] * ADDED, NEARLY, WHOLE, WHOLE, WHOLE):
        parts = [_grown(part, bits, weight, whole) for part in np.array_split(grown, len(grown) // _AT_ONCE + 1)]
        grown = np.unique(np.concatenate(parts), axis=0)
        if whole is not None:
            grown = grown[grown.sum(axis=1) >= least]
    return _own(grown > 0, bits, weight, least)


def _pairs_of_bits(bits: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return where patterns begin: each bit with those that go together with it most."""
    going = _correlated((bits * weight[:, None]).T @ bits)
    np.fill_diagonal(going, -1)
    partners = np.argsort(-going, axis=1, kind="stable")[:, :PARTNERS]
    one, other = np.repeat(np.arange(len(going)), partners.shape[1]), partners.ravel()
    out = np.zeros((len(one), len(going)), np.float32)
    out[np.arange(len(out)), one] = out[np.arange(len(out)), other] = 1
    return np.unique(out, axis=0)


def _grown(found: np.ndarray, bits: np.ndarray, weight: np.ndarray, whole: float | None) -> np.ndarray:
    """Return patterns with the bit besides that goes with them most, or of all bits that nearly all filters set which hold them.

    What is held too seldom to be a pair of letters is left out.
    """
    held = _held(found, bits)
    often = held @ weight
    kept = (often >= LEAST_SHARE) & (held.sum(axis=1) >= LEAST_FILTERS)
    found, held, often = found[kept], held[kept], often[kept]
    share = (held @ (bits * weight[:, None])) / np.maximum(often, 1e-12)[:, None]
    if whole is not None:
        return np.asarray(share >= whole, np.float32)
    usual = weight @ bits
    more = np.where(found > 0, -1, (share - usual) / np.maximum(1 - usual, 1e-6))
    out = found.copy()
    out[np.arange(len(out)), more.argmax(axis=1)] = 1
    return out


def _own(found: np.ndarray, bits: np.ndarray, weight: np.ndarray, least: float) -> np.ndarray:
    """Return patterns without the bits of commoner ones that occur wherever they do, if enough bits are left."""
    held = _held(found.astype(np.float32), bits)
    often = held @ weight
    unrelated = np.exp(found @ np.log(np.maximum(weight @ bits, 1e-12)))
    kept: list[int] = []
    out: list[np.ndarray] = []
    for at in (one for one in np.argsort(-often, kind="stable").tolist() if often[one] >= BY_CHANCE * unrelated[one]):
        inside = (held[kept] @ (held[at] * weight)) >= INSIDE * often[at]
        mine = found[at] & ~np.array(out).reshape(-1, bits.shape[1])[inside].any(axis=0)
        if mine.sum() >= least:
            kept.append(at)
            out.append(mine)
    own = np.array(out, np.bool_).reshape(-1, bits.shape[1])
    return own[np.argsort(-(_held(own.astype(np.float32), bits) @ weight), kind="stable")]


def _held(found: np.ndarray, bits: np.ndarray) -> np.ndarray:
    return np.asarray(found @ bits.T > found.sum(axis=1)[:, None] - 0.5, np.float32)


def _aligned(found: np.ndarray, bits: np.ndarray, counts: np.ndarray, names: Names) -> list[np.ndarray]:
    """Return, in several ways, the pairs of letters that the commonest patterns are."""
    held, weight = _held(found.astype(np.float32), bits), (counts / counts.sum()).astype(np.float32)
    common = np.argsort(-(names.share @ names.letters), kind="stable")
    tried = []
    for many in ALIGNED:
        n = min(many, len(found), len(common))
        mine, theirs = held[:n], names.letters[:, common[:n]].T
        a, b = (mine * weight) @ mine.T, (theirs * names.share) @ theirs.T
        unlike = np.square(np.log(np.diag(a) + 1e-6)[:, None] - np.log(np.diag(b) + 1e-6)[None, :])
        tried += [common[assignment(_alike(a), _alike(b), (rate * unlike).astype(np.float32))] for rate in WEIGHTS]
    return tried


def _named(bits: np.ndarray, counts: np.ndarray, names: Names, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the likeliest name of each filter, whether the filter is the name's likeliest too, and how likely the name is."""
    shown = np.clip(_shown(names.letters, sets), UNSURE, 1 - UNSURE)
    on, off = np.log(shown).T, np.log1p(-shown).T
    often, public = np.log(counts / counts.sum()), np.log(names.share)
    best, sure = np.zeros(len(bits), np.int64), np.zeros(len(bits))
    taker, most = np.zeros(len(public), np.int64), np.full(len(public), -np.inf)
    for start in range(0, len(bits), _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, len(bits)))
        spread = 1 / counts[part][:, None] + 1 / names.counts[None, :] + POPULATIONS
        likely = bits[part] @ on + (1 - bits[part]) @ off - np.square(often[part][:, None] - public[None, :]) / (2 * spread)
        best[part], sure[part] = likely.argmax(axis=1), likely.max(axis=1)
        better = likely.max(axis=0) > most
        taker[better], most[better] = start + likely.argmax(axis=0)[better], likely.max(axis=0)[better]
    return best, taker[best] == np.arange(len(bits)), sure


def _shown(letters: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return how likely each name sets each bit, from how likely each pair of letters does."""
    return np.asarray(-np.expm1(letters @ np.log1p(-np.minimum(sets, 1 - 1e-6))))


def _learnt(bits: np.ndarray, letters: np.ndarray, prior: float) -> np.ndarray:
    """Return how likely each pair of letters sets each bit, from filters and the letters of the names that they were given.

    Each bit that is set is shared out among the pairs of the name, as likely as each would set it, and each pair's shares are averaged.
    """
    sets = np.full((letters.shape[1], bits.shape[1]), prior, np.float32)
    held = letters.sum(axis=0)[:, None]
    for _ in range(PASSES):
        shown = 1 - (1 - STRAY) * np.exp(letters @ np.log1p(-np.minimum(sets, 1 - 1e-4)))
        sets = np.minimum((sets * (letters.T @ (bits / shown)) + prior) / (held + 1), 1 - 1e-4).astype(np.float32)
    return sets


def _alike(both: np.ndarray) -> np.ndarray:
    out = _correlated(both)
    np.fill_diagonal(out, 0)
    return out


def _correlated(both: np.ndarray) -> np.ndarray:
    alone = np.diag(both)
    spread = np.sqrt(np.maximum(alone * (1 - alone), 1e-9))
    return np.asarray((both - np.outer(alone, alone)) / np.outer(spread, spread), np.float32)
