"""A file from anybody is read as it stands, or refused with what is wrong and how to mend it; no person's value is repeated."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.canonical_file import ACROSS, read_canonical
from schemas.errors import CounterfoilError, DataRejected, ExitCode

HEADER = "record_ref,forename,surname,date_of_birth,postcode\n"
ROWS = ["1,BRYN,FEATHERSTONE,1984-03-27,ZZ1 1AA\n", "2,ADAEZE,OKAFOR,1961-05-20,ZZ7 3BB\n"]
SECRETS = ("BRYN", "FEATHERSTONE", "ADAEZE", "OKAFOR", "1984", "1961", "ZZ1", "ZZ7")


@pytest.fixture
def table() -> pl.DataFrame:
    return pl.read_csv((HEADER + "".join(ROWS)).encode(), infer_schema=False)


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, *, also: str = "") -> CounterfoilError:
    with pytest.raises(CounterfoilError) as raised:
        read_canonical(path, also=also)
    said = str(raised.value)
    assert "\n  To mend  " in said
    assert path.name in said
    assert not [secret for secret in SECRETS if secret in said]
    return raised.value


# ---- what is read


def test_a_csv_file_is_read_as_text(tmp_path: Path, table: pl.DataFrame) -> None:
    found, notes = read_canonical(written(tmp_path, HEADER + "".join(ROWS)))
    assert found.equals(table)
    assert notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_letters_beyond_ascii_are_read_in_the_encodings_that_exports_have(tmp_path: Path, encoding: str) -> None:
    text = HEADER + "1,JOSÉ,MUÑOZ,1984-03-27,ZZ1 1AA\n2,SIÂN,OKAFOR,1961-05-20,ZZ7 3BB\n"
    found, _ = read_canonical(written(tmp_path, text.encode(encoding)))
    assert found.rows()[0][:3] == ("1", "JOSÉ", "MUÑOZ")
    assert found["forename"].to_list() == ["JOSÉ", "SIÂN"]


def test_a_field_in_quotes_may_hold_commas_and_lines(tmp_path: Path) -> None:
    found, _ = read_canonical(written(tmp_path, 'record_ref,address\n1,"1 MILL LANE,\nHOLLIN"\n2,"2 ""MILL"" LANE"\n'))
    assert found["address"].to_list() == ["1 MILL LANE,\nHOLLIN", '2 "MILL" LANE']


def test_line_ends_of_windows_are_none_of_the_value(tmp_path: Path, table: pl.DataFrame) -> None:
    assert read_canonical(written(tmp_path, (HEADER + "".join(ROWS)).replace("\n", "\r\n")))[0].equals(table)


def test_parquet_keeps_its_types_and_references_become_text(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"surname": ["LEWIS"], "date_of_birth": [date(1984, 3, 27)], "phone": [7700900123], "record_ref": [17]}).write_parquet(path)
    found, _ = read_canonical(path)
    assert found.rows() == [("17", "LEWIS", date(1984, 3, 27), 7700900123)]


@pytest.mark.parametrize("kind", [pl.Int8, pl.UInt64, pl.Int128, pl.Categorical, pl.Enum(["7", "8"]), pl.Float64, pl.String])
def test_a_reference_may_be_kept_in_any_type_of_a_value(tmp_path: Path, kind: pl.DataType) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"record_ref": pl.Series(["7", "8"]).cast(kind), "surname": ["LEWIS", "NOWAK"]}).write_parquet(path)
    assert read_canonical(path)[0]["record_ref"].str.strip_suffix(".0").to_list() == ["7", "8"]


def test_the_end_of_a_name_does_not_say_what_a_file_is(tmp_path: Path, table: pl.DataFrame) -> None:
    table.write_parquet(tmp_path / "people.csv")
    assert read_canonical(tmp_path / "people.csv")[0].equals(table)
    assert read_canonical(written(tmp_path, HEADER + "".join(ROWS), "people.parquet"))[0].equals(table)


def test_a_name_with_brackets_is_a_name_and_no_pattern(tmp_path: Path, table: pl.DataFrame) -> None:
    table.write_parquet(tmp_path / "people[1]*.parquet")
    assert read_canonical(tmp_path / "people[1]*.parquet")[0].equals(table)


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Path, table: pl.DataFrame) -> None:
    (tmp_path / "surname=LEWIS").mkdir()
    table.write_parquet(tmp_path / "surname=LEWIS" / "people.parquet")
    assert read_canonical(tmp_path / "surname=LEWIS" / "people.parquet")[0].equals(table)


def test_columns_that_are_not_canonical_are_left_out_and_counted_without_their_names(tmp_path: Path) -> None:
    found, notes = read_canonical(written(tmp_path, "record_ref,surname,council,OKAFOR\n1,LEWIS,north,x\n"), also="council")
    assert found.columns == ["record_ref", "surname", ACROSS]
    assert notes == ("people.csv: not used: 1 columns that are not among the canonical ones",)


def test_a_canonical_column_may_be_the_one_that_differs(tmp_path: Path) -> None:
    found, _ = read_canonical(written(tmp_path, HEADER + "".join(ROWS)), also="postcode")
    assert found.columns.count("postcode") == 1


# ---- what is refused


@pytest.mark.parametrize("content", ["", "\n\n", "   \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    assert refused(written(tmp_path, content)).what == "the file is empty"


def test_a_header_alone_is_refused(tmp_path: Path, table: pl.DataFrame) -> None:
    assert refused(written(tmp_path, HEADER)).what == "the file has no records"
    table.clear().write_parquet(tmp_path / "people.parquet")
    assert refused(tmp_path / "people.parquet").what == "the file has no records"


def test_records_without_a_reference_column_are_refused_and_unknown_columns_not_named(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "".join(ROWS)))
    assert (error.what, error.column) == ("the records have no reference", "record_ref")
    assert error.found == "the columns none known here, and 5 others"


def test_missing_references_are_counted(tmp_path: Path) -> None:
    error = refused(written(tmp_path, HEADER + ROWS[0] + ROWS[1].replace("2,", ",", 1)))
    assert (error.what, error.found) == ("records have no reference", "1 of 2 records")


@pytest.mark.parametrize("again", [1, 3])
def test_references_that_come_again_are_counted(tmp_path: Path, again: int) -> None:
    error = refused(written(tmp_path, HEADER + ROWS[0] + ROWS[1] * (1 + again)))
    assert (error.what, error.found) == ("records share a reference", f"{again} records too many")


def test_a_column_to_differ_in_must_be_there(tmp_path: Path) -> None:
    error = refused(written(tmp_path, HEADER + ROWS[0]), also="council")
    assert (error.what, error.column) == ("this column, named with --across, is not there", "council")


def test_a_line_with_too_many_fields_is_refused(tmp_path: Path) -> None:
    assert refused(written(tmp_path, HEADER + ROWS[0] + ROWS[1].strip() + ",OKAFOR\n")).what == "the lines are not all alike"


def test_a_reference_that_is_a_list_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"record_ref": [[1], [2]], "surname": ["LEWIS", "NOWAK"]}).write_parquet(tmp_path / "people.parquet")
    assert refused(tmp_path / "people.parquet").found == "List(Int64)"


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    assert refused(tmp_path).what == "this is a folder, not a file"
    assert refused(tmp_path / "nowhere.csv").what == "the file does not exist"


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(range(256)) * 8, b"record_ref,surname\n1,LE\0WIS\n"], ids=["workbook", "a null byte"])
def test_what_is_neither_csv_nor_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refused(written(tmp_path, content)).what == "this is neither a Parquet nor a CSV file"


@pytest.mark.parametrize("keep", [4, 12, 0.5, 0.99])
def test_a_parquet_file_cut_short_is_refused(tmp_path: Path, table: pl.DataFrame, keep: float) -> None:
    path = tmp_path / "people.parquet"
    table.write_parquet(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(keep if keep > 1 else keep * len(raw))])
    assert refused(path).what == "the Parquet file is incomplete or damaged"


def test_a_parquet_file_with_changed_bytes_is_read_or_refused_but_never_stops_us(tmp_path: Path, table: pl.DataFrame) -> None:
    path, chosen = tmp_path / "people.parquet", random.Random(20261101)
    refusals: list[DataRejected] = []
    table.write_parquet(path)
    raw = path.read_bytes()
    for _ in range(60):
        bad = bytearray(raw)
        for _ in range(chosen.choice((1, 3, 10))):
            bad[chosen.randrange(4, len(raw))] = chosen.randrange(256)
        path.write_bytes(bad)
        try:
            assert "surname" in read_canonical(path)[0].columns
        except DataRejected as error:
            refusals.append(error)
    assert len(refusals) > 0
    assert all(error.mend for error in refusals)


def test_a_file_that_is_refused_is_bad_data(tmp_path: Path) -> None:
    error = refused(written(tmp_path, HEADER))
    assert isinstance(error, DataRejected)
    assert error.exit_code == ExitCode.DATA_REJECTED == 4



def test_an_open_quote_does_not_swallow_the_records_after_it(tmp_path: Path) -> None:
    """Of 42 records, the quote before record 10's surname closes only after that of record 40."""
    rows = [f"{i},BRYN,LEWIS,1984-03-27,ZZ1 1AA\n" for i in range(42)]
    rows[10], rows[40] = '10,BRYN,"LEWIS,1984-03-27,ZZ1 1AA\n', '40,BRYN,LEWIS",1984-03-27,ZZ1 1AA\n'
    path = written(tmp_path, HEADER + "".join(rows))
    try:
        found, _ = read_canonical(path)
    except DataRejected:
        return
    assert found.height == 42


def test_bytes_that_cannot_be_decoded_are_told(tmp_path: Path) -> None:
    rows = [b"1,JOS\xc9,MU\xd1OZ,1984-03-27,ZZ1 1AA\n", "2,SIÂN,OKAFOR,1961-05-20,ZZ7 3BB\n".encode()]
    found, notes = read_canonical(written(tmp_path, HEADER.encode() + b"".join(rows)))
    assert "\ufffd" in found["forename"][0]
    assert notes


def test_a_line_with_too_few_fields_is_not_filled_up_in_silence(tmp_path: Path) -> None:
    try:
        _, notes = read_canonical(written(tmp_path, HEADER + ROWS[0] + "2,ADAEZE\n"))
    except DataRejected:
        return
    assert notes


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_reference_is_none(tmp_path: Path, blank: str) -> None:
    pl.DataFrame({"record_ref": [blank, "2"], "surname": ["LEWIS", "NOWAK"]}).write_parquet(tmp_path / "people.parquet")
    assert refused(tmp_path / "people.parquet").found == "1 of 2 records"


@pytest.mark.parametrize("values", [pl.Series([b"\xff", b"1"]), pl.Series([1, 2]).cast(pl.Duration)], ids=["bytes", "durations"])
def test_a_reference_that_cannot_be_text_is_refused(tmp_path: Path, values: pl.Series) -> None:
    pl.DataFrame({"record_ref": values, "surname": ["LEWIS", "NOWAK"]}).write_parquet(tmp_path / "people.parquet")
    assert refused(tmp_path / "people.parquet").column == "record_ref"


def test_the_reference_may_be_named_as_the_column_to_differ_in(tmp_path: Path) -> None:
    assert read_canonical(written(tmp_path, HEADER + ROWS[0]), also="record_ref")[0].height == 1


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_file_without_commas_is_told_to_have_commas(tmp_path: Path, mark: str) -> None:
    assert "comma" in str(refused(written(tmp_path, (HEADER + "".join(ROWS)).replace(",", mark))))


def test_blank_lines_are_no_records(tmp_path: Path, table: pl.DataFrame) -> None:
    assert read_canonical(written(tmp_path, HEADER + "".join(ROWS) + "\n\n"))[0].equals(table)
