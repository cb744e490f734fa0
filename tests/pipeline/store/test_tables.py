"""Tables as bytes, and as digests that know content only."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import tables


def test_the_same_rows_give_the_same_parquet_bytes_however_they_are_chunked() -> None:
    frame = pl.DataFrame({"a": ["x", None, "y"], "n": [1, 2, 3]})
    parts = pl.concat([frame[:1], frame[1:]], rechunk=False)
    assert parts.n_chunks() == 2
    assert tables.parquet_bytes(frame) == tables.parquet_bytes(parts)


def test_parquet_reads_back_as_it_was(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x", None], "d": [date(2026, 11, 1), None], "b": [True, None]})
    tables.write_parquet(frame, tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").equals(frame)


ROWS = st.lists(st.tuples(st.none() | st.text("\x1e\x1f\\Nab\n", max_size=4), st.none() | st.integers(-2, 2), st.none() | st.text("a\x1f\\", max_size=3)), max_size=6)
SCHEMA = pl.Schema({"a": pl.String(), "n": pl.Int64(), "b": pl.String()})


@given(ROWS, st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_rows(rows: list[tuple[object, ...]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tables.row_digest(pl.DataFrame(rows, SCHEMA, orient="row")) == tables.row_digest(pl.DataFrame(shuffled, SCHEMA, orient="row"))


@given(ROWS, ROWS)
def test_different_rows_have_different_digests(left: list[tuple[object, ...]], right: list[tuple[object, ...]]) -> None:
    same_rows = sorted(left, key=repr) == sorted(right, key=repr)
    same_digest = tables.row_digest(pl.DataFrame(left, SCHEMA, orient="row")) == tables.row_digest(pl.DataFrame(right, SCHEMA, orient="row"))
    assert same_digest == same_rows


def test_a_null_is_not_an_empty_text_nor_the_mark_for_it() -> None:
    digests = {tables.row_digest(pl.DataFrame({"a": [value]}, schema={"a": pl.String})) for value in (None, "", "\\N", "\\\\N")}
    assert len(digests) == 4


def test_a_digest_knows_names_and_types_of_columns() -> None:
    frames = (pl.DataFrame({"a": ["1"]}), pl.DataFrame({"b": ["1"]}), pl.DataFrame({"a": [1]}))
    assert len({tables.row_digest(frame) for frame in frames}) == 3


def test_a_digest_is_the_same_in_every_version() -> None:
    # worked out by hand: column line, then a record separator before each sorted row
    expected = hashlib.sha256(b"a String\x1fn Int64\x1e\\N\x1f2\x1ex\\uy\x1f1").hexdigest()
    assert tables.row_digest(pl.DataFrame({"a": ["x\x1fy", None], "n": [1, 2]})) == expected
