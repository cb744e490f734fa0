"""The crosswalk keeps its tokens from night to night, and opens with its own key, partner and dataset alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import crosswalk
from pipeline.crosswalk import (
    CROSSWALK,
    FORMAT,
    NONCE,
    REFERENCES,
    extended,
    fresh_tokens,
    load,
    save,
    translation,
    write_private,
)
from schemas.errors import IntegrityError, UsageProblem

KEY, OTHER = b"k" * 32, b"o" * 32
MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
A, B, C = "a" * 32, "b" * 32, "c" * 32
ONE_PERSON = ("record", "", "R1", "Adaeze Okafor")
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has the rights of the folder")


def wanted(*rows: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(("kind", "field", "source", "shown"), pl.String), orient="row")


def drawing(*tokens: str) -> Callable[[int], list[str]]:
    """Return a source of tokens that hands out these in order."""
    left = list(tokens)
    return lambda count: [left.pop(0) for _ in range(count)]


def first_night(*rows: tuple[str, str, str | None, str | None], tokens: tuple[str, ...]) -> pl.DataFrame:
    return extended(CROSSWALK.empty(), wanted(*rows), now=MONDAY, draw=drawing(*tokens))


@pytest.fixture
def table() -> pl.DataFrame:
    return first_night(ONE_PERSON, ("record", "", "R2", "Ben Okafor"), tokens=(A, B))


def path(home: Path, name: str = "CTX") -> Path:
    return home / "crosswalk" / f"{name}.crosswalk"


def test_what_is_saved_is_loaded(tmp_path: Path, table: pl.DataFrame) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    assert load(tmp_path, "northmere", "CTX", KEY).rows() == [
        ("record", "R1", "", A, "Adaeze Okafor", MONDAY),
        ("record", "R2", "", B, "Ben Okafor", MONDAY),
    ]


def test_where_there_is_none_yet_it_is_empty_and_nothing_is_written(tmp_path: Path) -> None:
    found = load(tmp_path, "northmere", "CTX", KEY)
    assert (found.height, found.schema) == (0, CROSSWALK.schema)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_person_can_be_read_in_the_file_and_no_two_writes_are_alike(tmp_path: Path, table: pl.DataFrame) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    first = path(tmp_path).read_bytes()
    save(tmp_path, "northmere", "CTX", KEY, table)
    second = path(tmp_path).read_bytes()
    nonces = {body[len(FORMAT) :][:NONCE] for body in (first, second)}
    assert len(nonces) == 2
    for body in (first, second):
        assert not any(word in body for word in (b"Okafor", A.encode(), b"PAR1"))


@posix
def test_only_its_owner_may_read_it_whatever_the_mask_and_whatever_a_broken_write_left(tmp_path: Path, table: pl.DataFrame) -> None:
    left = path(tmp_path).with_name(".partial-CTX.crosswalk")
    left.parent.mkdir()
    left.write_bytes(b"half")
    left.chmod(0o666)
    before = os.umask(0)
    try:
        save(tmp_path, "northmere", "CTX", KEY, table)
    finally:
        os.umask(before)
    assert path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path(tmp_path).parent.iterdir()] == ["CTX.crosswalk"]


@posix
def test_its_folder_is_closed_to_others(tmp_path: Path, table: pl.DataFrame) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    assert (tmp_path / "crosswalk").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("partner", "dataset", "key"), [("northmere", "CTX", OTHER), ("eastholt", "CTX", KEY), ("northmere", "TEN", KEY)])
def test_a_file_of_another_key_partner_or_dataset_is_refused_and_left_as_it_is(
    tmp_path: Path, table: pl.DataFrame, partner: str, dataset: str, key: bytes
) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    body = path(tmp_path).read_bytes()
    path(tmp_path).rename(path(tmp_path, dataset))
    for act in (lambda: load(tmp_path, partner, dataset, key), lambda: save(tmp_path, partner, dataset, key, table)):
        with pytest.raises(IntegrityError, match="a crosswalk that does not fit") as refused:
            act()
        assert "nothing was overwritten" in refused.value.mend
        assert refused.value.__suppress_context__
    assert path(tmp_path, dataset).read_bytes() == body


def damaged(body: bytes) -> dict[str, bytes]:
    middle = len(body) // 2
    return {
        "empty": b"", "cut in the first line": body[:5], "cut in the nonce": body[: len(FORMAT) + 4], "cut before the table": body[: len(FORMAT) + NONCE],
        "cut at the end": body[:-1], "longer": body + b"\n", "a bit of the table": body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :],
        "a bit of the nonce": body[: len(FORMAT)] + bytes([body[len(FORMAT)] ^ 1]) + body[len(FORMAT) + 1 :],
        "another version": body.replace(b"/1\n", b"/2\n", 1),
    }  # fmt: skip


def test_a_damaged_file_is_refused_wherever_it_is_damaged(tmp_path: Path, table: pl.DataFrame) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    for how, body in damaged(path(tmp_path).read_bytes()).items():
        path(tmp_path).write_bytes(body)
        with pytest.raises(IntegrityError, match="does not fit"):
            load(tmp_path, "northmere", "CTX", KEY)
        with pytest.raises(IntegrityError, match="does not fit"):
            save(tmp_path, "northmere", "CTX", KEY, table)
        assert path(tmp_path).read_bytes() == body, how


@pytest.mark.parametrize("content", [b"no table", None])
def test_what_opens_and_is_no_crosswalk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    other = crosswalk.parquet_bytes(pl.DataFrame({"kind": ["record"]})) if content is None else content
    with monkeypatch.context() as patch:
        patch.setattr(crosswalk, "parquet_bytes", lambda _: other)
        save(tmp_path, "northmere", "CTX", KEY, CROSSWALK.empty())
    with pytest.raises(IntegrityError, match="it opens, and holds"):
        load(tmp_path, "northmere", "CTX", KEY)


def test_a_write_that_breaks_off_leaves_the_file_before(tmp_path: Path, table: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            write_private(path(tmp_path), b"new")
    assert load(tmp_path, "northmere", "CTX", KEY).height == 2
    assert len(list(path(tmp_path).parent.iterdir())) == 1


def test_a_key_of_another_length_is_our_own_mistake(tmp_path: Path, table: pl.DataFrame) -> None:
    for key in (b"", b"k" * 16):
        with pytest.raises(ValueError, match="32 bytes"):
            save(tmp_path, "northmere", "CTX", key, table)


def test_a_dataset_that_nobody_knows_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="there is no dataset"):
        load(tmp_path, "northmere", "../CTX", KEY)


def test_a_token_stays_from_night_to_night_and_what_is_shown_follows(table: pl.DataFrame) -> None:
    second = extended(table, wanted(("record", "", "R2", "Ben Weaver"), ("record", "", "R3", "Chidi Weaver")), now=TUESDAY, draw=drawing(C))
    assert second.rows() == [
        ("record", "R1", "", A, "Adaeze Okafor", MONDAY),  # not sent today, and still ours
        ("record", "R2", "", B, "Ben Weaver", TUESDAY),
        ("record", "R3", "", C, "Chidi Weaver", TUESDAY),
    ]


def test_where_no_name_is_known_today_the_one_before_stands(table: pl.DataFrame) -> None:
    second = extended(table, wanted(("record", "", "R1", None)), now=TUESDAY, draw=drawing())
    assert second.row(0) == ("record", "R1", "", A, "Adaeze Okafor", TUESDAY)


def test_what_is_wanted_twice_gets_one_token_and_nothing_gets_none() -> None:
    rows = (("record", "", "R1", None), ("record", "", "R1", "Adaeze Okafor"), ("record", "", None, "Nobody"))
    assert first_night(*rows, tokens=(A,)).rows() == [("record", "R1", "", A, "Adaeze Okafor", MONDAY)]


def test_the_same_text_as_another_kind_or_of_another_field_is_something_else() -> None:
    rows = (("record", "", "7", ""), ("household", "", "7", ""), ("reference", "account_ref", "7", ""))
    found = first_night(*rows, tokens=(A, B, C))
    assert found.select("kind", "field", "token").rows() == [("household", "", A), ("record", "", B), ("reference", "account_ref", C)]


def test_a_missing_field_is_an_empty_one(table: pl.DataFrame) -> None:
    row = wanted(("record", "", "R1", "Adaeze Okafor")).with_columns(field=pl.lit(None, pl.String))
    assert extended(table, row, now=TUESDAY, draw=drawing()).height == 2


def test_a_token_that_is_taken_is_drawn_again(table: pl.DataFrame) -> None:
    new = wanted(("record", "", "R3", ""), ("record", "", "R4", ""))
    found = extended(table, new, now=TUESDAY, draw=drawing(A, C, C, "d" * 32))
    assert found.get_column("token").to_list() == [A, B, C, "d" * 32]


@pytest.mark.parametrize(("draw", "said"), [(lambda n: [A] * n, "repeats itself"), (lambda n: ["x"] * n, "32 hexadecimal"), (lambda n: [C.upper()] * n, "32 hexadecimal")])
def test_a_source_of_tokens_that_is_none_is_our_own_mistake(table: pl.DataFrame, draw: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        extended(table, wanted(("record", "", "R3", "")), now=TUESDAY, draw=draw)


def test_two_rows_of_one_token_are_not_saved(tmp_path: Path, table: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal"):
        save(tmp_path, "northmere", "CTX", KEY, table.with_columns(token=pl.lit(A)))
    assert not (tmp_path / "crosswalk").exists()


def test_fresh_tokens_are_random_and_each_another() -> None:
    tokens = fresh_tokens(1000)
    assert len(set(tokens) | set(fresh_tokens(1000))) == 2000
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)
    assert fresh_tokens(0) == []


def test_a_million_rows_are_one_draw_and_tokens_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = secrets.token_bytes
    monkeypatch.setattr(secrets, "token_bytes", lambda n: asked.append(n) or real(n))
    million = pl.select(source=pl.format("R{}", pl.int_range(1_000_000))).with_columns(kind=pl.lit("record"), field=pl.lit(""), shown=pl.lit("Adaeze Okafor"))
    first = extended(CROSSWALK.empty(), million, now=MONDAY)
    second = extended(first, million.reverse(), now=TUESDAY)
    assert asked == [16_000_000]
    assert first.get_column("token").n_unique() == 1_000_000
    assert second.drop("last_sent").equals(first.drop("last_sent"))


def test_a_reference_has_one_token_in_all_datasets_of_a_partner(tmp_path: Path) -> None:
    for day, tokens in ((MONDAY, (A,)), (TUESDAY, ())):  # creditors first, then their payments
        known = load(tmp_path, "northmere", REFERENCES, KEY)
        save(tmp_path, "northmere", REFERENCES, KEY, extended(known, wanted(("reference", "supplier_id", "S77", None)), now=day, draw=drawing(*tokens)))
    assert load(tmp_path, "northmere", REFERENCES, KEY).rows() == [("reference", "S77", "supplier_id", A, None, TUESDAY)]
    assert path(tmp_path, "references").exists()


def test_a_translation_is_made_of_all_crosswalks_or_refused(tmp_path: Path, table: pl.DataFrame) -> None:
    save(tmp_path, "northmere", "CTX", KEY, table)
    save(tmp_path, "northmere", REFERENCES, KEY, first_night(("reference", "tenancy_ref", "T9", None), tokens=(C,)))
    (tmp_path / "crosswalk" / "notes.txt").write_text("not ours")
    assert sorted(translation(tmp_path, "northmere", KEY).rows()) == [(A, "R1", "Adaeze Okafor"), (B, "R2", "Ben Okafor"), (C, "T9", None)]
    path(tmp_path, REFERENCES).write_bytes(b"")
    with pytest.raises(IntegrityError, match="does not fit"):
        translation(tmp_path, "northmere", KEY)


def test_a_partner_without_a_crosswalk_has_no_translation(tmp_path: Path) -> None:
    assert translation(tmp_path, "northmere", KEY).rows() == []
