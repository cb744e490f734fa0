"""Files that really are broken: each fault is named with its line, and nothing is lost without a count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.check import check
from schemas.datasets import CONTRACTS
from schemas.errors import DataRejected, UsageProblem
from schemas.mapping import Mapping
from schemas.relations import Checked, ReadOptions

TODAY = date(2026, 11, 1)
HEADER = "partner_record_ref,as_of_date,licence_no,licence_type,surname,forename,dob,nino,addr1,postcode,issue_date,expiry_date"
ROWS = (
    "R1,2026-11-01,HC1,HC,Okafor,Adaeze,1984-03-27,QQ112233C,14 Weaver Street,ZZ1 1AA,2024-06-01,2027-05-31",
    "R2,2026-11-01,HC2,PH,Lewis,Bryn,1990-12-02,QQ445566A,2 Mill Lane,ZZ1 2AB,2023-01-09,2026-12-31",
    "R3,2026-11-01,HC3,PH,Nowak,Zofia,1979-07-15,,The Old Forge,ZZ2 3DE,2025-02-01,2028-01-31",
)


def text(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *(rows or ROWS))) + "\n"


def checked(folder: Path, content: str | bytes, *, mapping: Mapping | None = None, name: str = "taxi.csv", **options: object) -> Checked:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return check([path], CONTRACTS["TAX"], [mapping] if mapping else [], as_of=TODAY, options=ReadOptions(**options))  # type: ignore[arg-type]


def problems(result: Checked) -> list[tuple[int, str, str]]:
    return result.rejects.select("line", "column", "code").rows()


def changed(row: int, column: str, value: str) -> str:
    """The three rows, one value replaced."""
    rows = [r.split(",") for r in ROWS]
    rows[row][HEADER.split(",").index(column)] = value
    return text(*(",".join(r) for r in rows))


def counts(result: Checked) -> tuple[int, int, int]:
    return result.received, result.accepted, result.rejected


def test_sound_file_is_accepted_whole(tmp_path):
    result = checked(tmp_path, text())
    assert counts(result) == (3, 3, 0)
    assert problems(result) == []
    assert result.rows["issue_date"].to_list() == [date(2024, 6, 1), date(2023, 1, 9), date(2025, 2, 1)]


def test_file_cut_off_in_the_middle_of_a_row_names_the_line(tmp_path):
    result = checked(tmp_path, text()[:-37])  # F01
    assert problems(result) == [(4, "", "row-too-short")]
    assert counts(result) == (3, 2, 1)
    assert any("no line end" in note for note in result.notes)


def test_parquet_without_its_footer_is_called_incomplete(tmp_path):
    whole = tmp_path / "whole.parquet"
    pl.read_csv(text().encode(), infer_schema=False).write_parquet(whole)
    with pytest.raises(DataRejected, match="incomplete"):  # F02
        checked(tmp_path, whole.read_bytes()[:-20], name="taxi.parquet")
    assert counts(checked(tmp_path, whole.read_bytes(), name="taxi.parquet")) == (3, 3, 0)


def test_parquet_with_a_flipped_bit_is_refused(tmp_path):
    whole = tmp_path / "whole.parquet"
    pq.write_table(pl.read_csv(text().encode(), infer_schema=False).to_arrow(), whole, write_page_checksum=True, compression="none")
    damaged = bytearray(whole.read_bytes())
    damaged[damaged.index(b"Okafor")] ^= 0x10
    with pytest.raises(DataRejected, match="damaged|incomplete"):  # F03
        checked(tmp_path, bytes(damaged), name="taxi.parquet")


def test_added_column_is_listed_and_ignored(tmp_path):
    result = checked(tmp_path, text(*(r + ",x" for r in ROWS), header=HEADER + ",shoe size"))  # F21
    assert counts(result) == (3, 3, 0)
    assert any("shoe size" in note for note in result.notes)


def test_missing_required_column_gets_a_mapping_hint_and_no_guess(tmp_path):
    with pytest.raises(DataRejected) as caught:  # F22
        checked(tmp_path, text(header=HEADER.replace("surname", "family nm")))
    assert "surname" in str(caught.value)
    assert "map suggest" in str(caught.value)
    assert "Okafor" not in str(caught.value)


def test_columns_in_another_order_are_found_by_name(tmp_path):
    order = list(reversed(range(len(HEADER.split(",")))))  # F23
    turned = ["".join(",".join(line.split(",")[i] for i in order)) for line in (HEADER, *ROWS)]
    result = checked(tmp_path, "\n".join(turned) + "\n")
    assert result.rows["surname"].to_list() == ["Okafor", "Lewis", "Nowak"]


def test_header_case_no_break_spaces_and_mark_are_taken_in_stride(tmp_path):
    header = "\ufeff" + HEADER.replace("surname", "\u00a0SURNAME ").replace("forename", "ForeName")  # F24
    assert counts(checked(tmp_path, text(header=header))) == (3, 3, 0)


def test_two_columns_of_one_name_are_refused_with_the_header_escaped(tmp_path):
    with pytest.raises(DataRejected, match="same header") as caught:  # F24
        checked(tmp_path, text(*(r + ",x" for r in ROWS), header=HEADER + ",Surname"))
    assert "columns 5 and 13" in str(caught.value)


def test_column_without_a_header_is_said_not_to_be_read(tmp_path):
    result = checked(tmp_path, text(*(r + "," for r in ROWS), header=HEADER + ","))  # F24
    assert counts(result) == (3, 3, 0)
    assert any("without a header" in note and "13" in note for note in result.notes)


def test_forename_and_surname_swapped_is_warned_of(tmp_path):
    known = ["JOHN", "MARY", "DAVID", "SARAH", "MICHAEL"]
    rows = [f"R{i},2026-11-01,HC{i},HC,{known[i % 5]},Ogdenfield{i},1984-03-27,,1 Low Road,ZZ1 1AA,2024-06-01,2027-05-31" for i in range(40)]
    assert any("changed places" in note for note in checked(tmp_path, text(*rows)).notes)  # F25
    right = [f"R{i},2026-11-01,HC{i},HC,Ogdenfield{i},{known[i % 5]},1984-03-27,,1 Low Road,ZZ1 1AA,2024-06-01,2027-05-31" for i in range(40)]
    assert not any("changed places" in note for note in checked(tmp_path, text(*right)).notes)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be", "utf-16"])
def test_other_encodings_are_transcoded_and_said(tmp_path, encoding):
    content = changed(0, "surname", "O’Brien").encode(encoding)  # F26, F27
    result = checked(tmp_path, content)
    assert counts(result) == (3, 3, 0)
    assert result.rows["surname"][0] == "O’Brien"
    assert any("transcoded" in note for note in result.notes)


def test_mixed_encodings_reject_the_lines_that_do_not_decode(tmp_path):
    first, second, third = ROWS  # F28
    mixed = f"{HEADER}\n{first.replace('Okafor', 'José')}\n".encode() + f"{second.replace('Bryn', 'Ålf')}\n{third}\n".encode("cp1252")
    result = checked(tmp_path, mixed)
    assert problems(result) == [(3, "", "bytes-undecodable")]
    assert counts(result) == (3, 2, 1)


def test_nul_byte_rejects_its_line(tmp_path):
    assert problems(checked(tmp_path, changed(1, "forename", "Br\0yn"))) == [(3, "", "nul-byte")]  # F29


def test_unseen_characters_are_taken_out_and_counted(tmp_path):
    result = checked(tmp_path, changed(1, "forename", "Br\u200byn\u202e"))  # F29
    assert problems(result) == [(3, "forename", "control-characters")]
    assert result.rows["forename"][1] == "Bryn"
    assert counts(result) == (3, 3, 0)


def test_line_numbers_stay_right_after_embedded_line_ends(tmp_path):
    content = changed(0, "addr1", '"Flat 2\r\n14 Weaver ""Old"" Street"').replace("2027-05-31", "2027-13-31", 1)  # F30
    content = content.replace("2026-12-31", "soon")
    result = checked(tmp_path, content)
    assert problems(result) == [(2, "expiry_date", "date-unreadable"), (4, "expiry_date", "date-unreadable")]
    assert result.rows["partner_record_ref"].to_list() == ["R3"]


def test_open_quote_costs_one_line(tmp_path):
    result = checked(tmp_path, changed(0, "addr1", '"14 Weaver Street'))  # F31
    assert problems(result) == [(2, "", "quote-not-closed")]
    assert counts(result) == (3, 2, 1)


def test_ragged_rows_are_listed_and_never_filled_up(tmp_path):
    result = checked(tmp_path, text(ROWS[0] + ",extra", ROWS[1].rsplit(",", 1)[0], ROWS[2]))  # F32
    assert problems(result) == [(2, "", "row-too-long"), (3, "", "row-too-short")]
    assert result.rows["partner_record_ref"].to_list() == ["R3"]


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_other_delimiter_is_named_with_the_flag_that_reads_it(tmp_path, mark, word):
    content = text().replace(",", mark)  # F33
    with pytest.raises(DataRejected, match=f"looks {word} separated") as caught:
        checked(tmp_path, content)
    assert f"--delimiter {word}" in str(caught.value)
    assert counts(checked(tmp_path, content, delimiter=word)) == (3, 3, 0)


@pytest.mark.parametrize(
    ("value", "code"),
    [("01/02/2003", "date-ambiguous"), ("27/03/1990", "date-unreadable"), ("3/27/90", "date-two-digit-year"), ("33689", "date-spreadsheet-serial"),
     ("Mar-90", "date-without-day"), ("01/02/03", "date-two-digit-year"), ("the 90s", "date-unreadable"), ("1990-02-30", "date-unreadable")],
)
def test_spreadsheet_dates_are_named_for_what_they_are(tmp_path, value, code):
    for column in ("issue_date", "dob"):  # F34
        assert problems(checked(tmp_path, changed(0, column, value))) == [(2, column, code)]


def test_declared_date_form_reads_what_iso_cannot(tmp_path):
    mapping = Mapping(dataset="TAX", date_form="DD/MM/YYYY", columns={name: name for name in HEADER.split(",")})
    assert checked(tmp_path, changed(0, "issue_date", "27/03/2024"), mapping=mapping).rows["issue_date"][0] == date(2024, 3, 27)


@pytest.mark.parametrize(("column", "value"), [("nino", "1.23E+11"), ("dob", "4.5E+4")])
def test_scientific_notation_is_never_parsed(tmp_path, column, value):
    found = problems(checked(tmp_path, changed(0, column, value)))  # F35
    assert [(line, where) for line, where, _ in found] == [(2, column)]
    assert found[0][2] in ("number-mangled", "date-unreadable")


def test_rounded_long_numbers_are_warned_of(tmp_path):
    rows = [f"R{i},2026-11-01,{910000000000000000 + i * 1000},HC,Lewis,Bryn,,,1 Low Road,ZZ1 1AA,2024-06-01,2027-05-31" for i in range(30)]
    assert any("end in 000" in note for note in checked(tmp_path, text(*rows)).notes)  # F36


def test_file_that_ends_at_a_spreadsheets_last_row_must_be_acknowledged(tmp_path):
    rows = [f"R{i},2026-11-01,HC{i},HC,Lewis,Bryn,,,1 Low Road,ZZ1 1AA,2024-06-01,2027-05-31" for i in range(65_535)]
    with pytest.raises(DataRejected, match="last row"):  # F37
        checked(tmp_path, text(*rows))
    assert counts(checked(tmp_path, text(*rows), allow_ceiling=True)) == (65_535, 65_535, 0)


def test_texts_cut_at_255_characters_are_warned_of(tmp_path):
    long = "x" * 255
    rows = [r.replace("14 Weaver Street", long).replace("2 Mill Lane", long) for r in ROWS]
    assert any("255 characters" in note for note in checked(tmp_path, text(*rows)).notes)  # F37


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("dob", "01/01/1900", "date-placeholder"), ("dob", "1900-01-01", "date-placeholder"), ("forename", "UNKNOWN", "text-placeholder"),
     ("surname", "N/A", "text-placeholder"), ("postcode", "ZZ99 9ZZ", "text-placeholder"), ("nino", "AB123456C", "nino-placeholder")],
)
def test_placeholder_is_emptied_and_counted_and_the_row_stays(tmp_path, column, value, code):
    result = checked(tmp_path, changed(0, column, value))  # F38
    assert problems(result) == [(2, column, code)]
    assert counts(result) == (3, 3, 0)
    assert result.rows[column][0] is None


def test_dates_out_of_range_and_in_the_future_are_rejected(tmp_path):
    assert problems(checked(tmp_path, changed(0, "issue_date", "1066-10-14"))) == [(2, "issue_date", "date-out-of-range")]  # F39
    assert problems(checked(tmp_path, changed(0, "dob", "2027-01-01"))) == [(2, "dob", "date-in-future")]
    assert problems(checked(tmp_path, changed(0, "dob", "2015-01-01"))) == [(2, "dob", "person-under-16")]


def test_negative_and_huge_amounts_are_rejected(tmp_path):
    header = "partner_record_ref,as_of_date,app_ref,surname,forename,addr1,postcode,app_date,stage,discount_amount"
    path = tmp_path / "rtb.csv"
    path.write_text(text(*(f"R{i},2026-11-01,B{i},Lewis,Bryn,1 Low Road,ZZ1 1AA,2026-01-01,PROGRESS,{v}" for i, v in enumerate(["-1", "999999999999", "100"])), header=header))
    result = check([path], CONTRACTS["RTB"], [], as_of=TODAY)  # F39
    assert problems(result) == [(2, "discount_amount", "money-negative"), (3, "discount_amount", "money-too-large")]


def test_reference_sent_twice_lists_both_lines(tmp_path):
    result = checked(tmp_path, changed(1, "partner_record_ref", "R1"))  # F40
    assert problems(result) == [(2, "partner_record_ref", "key-duplicate"), (3, "partner_record_ref", "key-duplicate")]
    assert counts(result) == (3, 1, 2)


def test_reference_sent_twice_in_two_files_lists_both(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(text(ROWS[0]))
    result = check([tmp_path / "a.csv", tmp_path / "b.csv"], CONTRACTS["TAX"], [], as_of=TODAY)
    assert result.rejects.select("file", "line").rows() == [("a.csv", 2), ("b.csv", 2)]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", HEADER + "\n"])
def test_empty_file_never_means_delete_all(tmp_path, content):
    with pytest.raises(DataRejected, match="empty|no rows"):  # F41
        checked(tmp_path, content)


def test_empty_extract_may_be_meant(tmp_path):
    assert counts(checked(tmp_path, HEADER + "\n", allow_empty=True)) == (0, 0, 0)


def test_parquet_of_no_rows_is_empty(tmp_path):
    path = tmp_path / "none.parquet"
    pl.DataFrame(schema={name: pl.String() for name in HEADER.split(",")}).write_parquet(path)
    with pytest.raises(DataRejected, match="no rows"):  # F41
        check([path], CONTRACTS["TAX"], [], as_of=TODAY)


def test_formula_is_kept_as_it_is(tmp_path):
    assert checked(tmp_path, changed(0, "addr1", "=HYPERLINK(1)")).rows["addr1"][0] == "=HYPERLINK(1)"  # F48


def test_unknown_code_missing_value_and_dates_in_the_wrong_order_have_their_own_codes(tmp_path):
    assert problems(checked(tmp_path, changed(0, "licence_type", "XX"))) == [(2, "licence_type", "code-unknown")]
    assert problems(checked(tmp_path, changed(0, "issue_date", ""))) == [(2, "issue_date", "required-missing")]
    assert problems(checked(tmp_path, changed(0, "issue_date", "2028-01-01"))) == [(2, "issue_date", "start-after-end")]


def test_codes_of_the_council_are_put_into_ours(tmp_path):
    mapping = Mapping(dataset="TAX", columns={name: name for name in HEADER.split(",")}, codes={"licence_type": {"Hackney": "HC"}})
    assert checked(tmp_path, changed(0, "licence_type", " hackney "), mapping=mapping).rows["licence_type"][0] == "HC"


def test_same_file_named_twice_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text())
    with pytest.raises(UsageProblem, match="twice"):
        check([path, path], CONTRACTS["TAX"], [], as_of=TODAY)


def test_missing_file_is_answered_with_the_nearest_name(tmp_path):
    (tmp_path / "taxi_nov.csv").write_text(text())
    with pytest.raises(DataRejected, match="taxi_nov.csv"):
        check([tmp_path / "taxi_now.csv"], CONTRACTS["TAX"], [], as_of=TODAY)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_endless_device_is_refused_before_it_is_read():
    with pytest.raises(DataRejected, match="device"):
        check([Path("/dev/zero")], CONTRACTS["TAX"], [], as_of=TODAY)


def test_workbook_is_told_from_a_csv(tmp_path):
    with pytest.raises(DataRejected, match="workbook"):
        checked(tmp_path, b"PK\x03\x04rest")


def test_order_of_rows_changes_nothing_but_the_lines(tmp_path):
    one = checked(tmp_path, text(*ROWS)).rows.drop("line").sort("partner_record_ref")
    two = checked(tmp_path, text(*reversed(ROWS))).rows.drop("line").sort("partner_record_ref")
    assert one.equals(two)
