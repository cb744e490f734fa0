"""Misspellings of one name mostly share a key, and names that sound different do not."""

from __future__ import annotations

import polars as pl
import pytest

from matchers.sound import sound


def key(name: str | None) -> str | None:
    return pl.select(sound(pl.lit(name, pl.String))).item()


@pytest.mark.parametrize(
    ("one", "other"),
    [("STEPHENSON", "STEVENSON"), ("CATHERINE", "KATHRYN"), ("WRIGHT", "RIGHT"), ("KNIGHT", "NIGHT"), ("PHILIP", "FILIP"), ("LLOYD", "LOYD"),
     ("SZYMON", "SYMON"), ("MOHAMMED", "MUHAMMAD"), ("QURESHI", "KURESHI"), ("OKAFOR", "OKAFUR"), ("VAN DER BERG", "VANDERBERG"),
     ("O'NEIL", "ONEIL"), ("SMITH-JONES", "SMITHJONES"), ("DHALIWAL", "DALIWAL"), ("ZOFIA", "SOFIA")],
)  # fmt: skip
def test_spellings_of_one_sound_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("LEWIS", "NOWAK"), ("ADA", "EVA"), ("BRYN", "BRYAN KARL"), ("MARIA", "SARIA")])
def test_names_that_sound_different_do_not(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_key_by_hand() -> None:
    assert key("STEPHENSON") == "STFNS"  # S, then T, F for PH, N, S and one more that is cut
    assert key("AOIFE") == "AF"
    assert key("A") == "A"


@pytest.mark.parametrize("name", ["", "محمد", "李", "É"])
def test_a_name_without_latin_consonants_is_its_own_key(name: str) -> None:
    assert key(name) == name


def test_an_unknown_name_has_no_key() -> None:
    assert key(None) is None


def test_a_key_has_five_characters_at_most() -> None:
    assert len(key("BRZECZYSZCZYKIEWICZOWNA" * 30)) <= 5
