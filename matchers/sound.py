"""How a name sounds, roughly: a key that misspellings of one name mostly share. For blocking only, never for evidence."""

from __future__ import annotations

import polars as pl

# Spellings of one sound, in the order they are written out; English, Welsh, Polish and South Asian names in mind.
_SAME_SOUND = (
    ("PH", "F"), ("GH", "G"), ("KN", "N"), ("WR", "R"), ("SCH", "S"), ("TCH", "C"), ("SZCZ", "S"), ("CZ", "C"), ("SZ", "S"), ("SH", "S"),
    ("CH", "C"), ("TH", "T"), ("DH", "D"), ("BH", "B"), ("CK", "K"), ("QU", "K"), ("LL", "L"), ("DD", "D"), ("FF", "F"), ("X", "KS"),
)
_FIRST = (("C", "K"), ("Q", "K"), ("Z", "S"))
_LATER = (("Q", "K"), ("Z", "S"), ("V", "F"), ("J", "G"), ("C", "K"), *((silent, "") for silent in "AEIOUWHY"))
_DOUBLES = tuple((letter * 2, letter) for letter in "BDFGKLMNPRST")
_BETWEEN = ((" ", ""), ("-", ""), ("'", ""))


def sound(name: pl.Expr) -> pl.Expr:
    """Return the first letter's sound and the consonants that follow, at most five; vowels and doubles are left out.

    >>> pl.select(sound(pl.lit("STEPHENSON")) == sound(pl.lit("STEVENSON"))).item()
    True
    """
    text = _replaced(name, (*_BETWEEN, *_SAME_SOUND))
    rest = _replaced(_replaced(text.str.slice(1, 12), _LATER), _DOUBLES)
    key = _replaced(text.str.slice(0, 1), _FIRST) + rest
    return pl.when(key != "").then(key.str.slice(0, 5)).otherwise(name)


def _replaced(text: pl.Expr, pairs: tuple[tuple[str, str], ...]) -> pl.Expr:
    return text.str.replace_many([old for old, _ in pairs], [new for _, new in pairs])
