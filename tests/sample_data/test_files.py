"""Files are written as each council's dialect says, and the mappings beside them make them readable."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sample_data.councils import BY_ID, COUNCILS, Council
from schemas.datasets import CONTRACTS
from schemas.mapping import Mapping
from schemas.relations import Checked
from schemas.settings import parse_toml

DISTRICT_MARKS = {"northmere": b"partner_record_ref", "westerfold": b"\xef\xbb\xbf", "carrowdale": b"\xff\xfe"}
MAPPED = [council for council in COUNCILS if council.id != "northmere"]


def files(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((folder / "partnership.json").read_text(encoding="utf-8"))["files"]
    return found


def table(folder: Path, entry: dict[str, str]) -> list[list[str]]:
    dialect = BY_ID[entry["partner"]].dialect
    text = (folder / entry["file"]).read_bytes().decode(dialect.encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))


@pytest.mark.parametrize("council", MAPPED, ids=lambda c: c.id)
def test_every_mapping_parses_and_its_headers_are_in_the_file(sample: Path, council: Council) -> None:
    for entry in files(sample):
        if entry["partner"] == council.id:
            path = sample / council.id / "mappings" / f"{entry['dataset']}.toml"
            mapping = parse_toml(path.read_text(encoding="utf-8"), Mapping, file=path.name)
            header = table(sample, entry)[0]
            assert set(mapping.columns.values()) | set(mapping.ignore) == set(header)
            assert len({name.casefold() for name in header}) == len(header)


def test_one_council_has_the_contracts_headers_and_no_mapping(sample: Path) -> None:
    assert not (sample / "northmere" / "mappings").exists()
    for entry in files(sample):
        if entry["partner"] == "northmere":
            assert set(table(sample, entry)[0]) <= set(CONTRACTS[entry["dataset"]].names)


@pytest.mark.parametrize(("council", "mark"), DISTRICT_MARKS.items())
def test_files_begin_as_their_encoding_does(sample: Path, council: str, mark: bytes) -> None:
    assert all(path.read_bytes().startswith(mark) for path in (sample / council / "extracts").glob("CTX*.csv"))


@pytest.mark.parametrize("council", ["hollinbeck", "merrowshire"])
def test_cp1252_files_hold_bytes_that_are_not_utf8(full: Path, council: str) -> None:
    together = b"".join(path.read_bytes() for path in sorted((full / council / "extracts").glob("*.csv")))
    assert any(byte >= 0x80 for byte in together)
    with pytest.raises(UnicodeDecodeError):
        together.decode("utf-8")
    together.decode("cp1252")


def test_delimiters_are_as_declared(sample: Path) -> None:
    for entry in files(sample):
        assert len(table(sample, entry)[0]) >= 10, entry["file"]


@pytest.mark.parametrize("which", ["sample", "full"])
def test_check_turns_away_exactly_the_lines_broken_on_purpose(which: str, checks: Callable[[Path], list[tuple[dict[str, str], Checked]]], request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(which)
    columns = ["partner", "dataset", "file", "line", "column", "code"]
    expected = pl.read_csv(folder / "truth" / "rejects.csv", infer_schema=False).fill_null("")
    found = []
    for entry, checked in checks(folder):
        assert checked.rejected <= 0.02 * checked.received
        must = checked.rejects.filter(pl.col("severity") == "must fix")
        found.append(must.select(pl.lit(entry["partner"]).alias("partner"), pl.lit(entry["dataset"]).alias("dataset"), *columns[2:]))
    turned_away = pl.concat(found).with_columns(pl.col("line").cast(pl.String), pl.col("column").fill_null(""))
    assert sorted(turned_away.select(columns).rows()) == sorted(expected.select(columns).rows())


def test_many_kinds_of_broken_lines_are_there(full: Path) -> None:
    codes = set(pl.read_csv(full / "truth" / "rejects.csv")["code"])
    assert codes == {
        "row-too-short", "row-too-long", "date-unreadable", "code-unknown", "key-duplicate", "required-missing", "money-unreadable",
        "flag-unreadable",
    }  # fmt: skip
