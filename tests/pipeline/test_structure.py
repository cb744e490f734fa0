"""Records, their physical lines and their number of fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import structure
from pipeline.structure import scan


def records(data: bytes, delimiter: str = ",") -> list[tuple[int, int, bytes]]:
    found = scan(data, delimiter)
    return [(int(line), int(n), data[a:b]) for line, n, a, b in zip(found.line, found.fields, found.start, found.end, strict=True)]


def test_embedded_line_end_keeps_the_lines_after_it_right():
    assert records(b'a,b\r\n1,"x\r\ny"\r\n3,4\r\n') == [(1, 2, b"a,b"), (2, 2, b'1,"x\r\ny"'), (4, 2, b"3,4")]


def test_blank_lines_are_no_records_but_count_as_lines():
    assert records(b"a,b\n\n\r\n1,2") == [(1, 2, b"a,b"), (4, 2, b"1,2")]


def test_ragged_rows_show_their_own_number_of_fields():
    assert [n for _, n, _ in records(b"a,b,c\n1,2\n1,2,3,4\n1,2,3\n")] == [3, 2, 4, 3]


def test_delimiter_inside_quotes_is_no_delimiter():
    assert records(b'a,b\n"1,5",2\n')[1] == (2, 2, b'"1,5",2')


def test_open_quote_costs_its_own_line_only():
    assert records(b'a,b,c\n1,"x,2\n3,"def",4\n5,6,7\n') == [
        (1, 3, b"a,b,c"), (2, 0, b'1,"x,2'), (3, 3, b'3,"def",4'), (4, 3, b"5,6,7"),
    ]


def test_open_quote_that_a_later_quote_closes_by_chance_swallows_no_record():
    found = records(b'a,b,c,d\n1,"x,2,3\n3,4,5,6\n7,",8,9\n')
    assert (3, 4, b"3,4,5,6") in found
    assert found[1] == (2, 0, b'1,"x,2,3')


def test_open_quote_at_the_end_of_the_file_is_named_at_its_line():
    assert records(b'a,b\n1,2\n3,"4') == [(1, 2, b"a,b"), (2, 2, b"1,2"), (3, 0, b'3,"4')]


def test_inch_mark_in_an_unquoted_value_is_an_ordinary_character():
    assert records(b'a,b\n12" pipe,2\n"q",3\n') == [(1, 2, b"a,b"), (2, 2, b'12" pipe,2'), (3, 2, b'"q",3')]


def test_empty_file_has_no_records():
    assert records(b"") == []


def test_a_record_may_span_two_blocks(monkeypatch):
    monkeypatch.setattr(structure, "BLOCK", 5)
    assert records(b'a,b\n"x,y\nz",2\n3,4\n') == [(1, 2, b"a,b"), (2, 2, b'"x,y\nz",2'), (4, 2, b"3,4")]


fields = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(st.lists(st.lists(fields, min_size=3, max_size=3), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_well_formed_csv_comes_back_record_by_record(rows, line_end):
    """Whatever a standard writer writes: each record once, three fields, and its own bytes."""
    quoted = [",".join('"' + f.replace('"', '""') + '"' for f in row) for row in rows]
    found = records((line_end.join(quoted) + line_end).encode())
    whole = [r for r in found if r[1] == 3]
    if len(whole) == len(rows):
        assert [b for _, _, b in found] == [q.encode() for q in quoted]
    else:  # a value may look like a record itself; then it is named, never swallowed
        assert any(n != 3 for _, n, _ in found)


@given(st.binary(max_size=200), st.integers(2, 9))
def test_any_bytes_scan_alike_whatever_the_block_size(data, size):
    whole = records(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structure, "BLOCK", size)
        assert records(data) == whole


@given(st.binary(max_size=200))
def test_no_byte_is_in_two_records_and_none_that_is_no_line_end_is_in_none(data):
    found = scan(data, ",")
    covered = sum(int(b - a) for a, b in zip(found.start, found.end, strict=True))
    assert (found.start[1:] >= found.end[:-1]).all()
    outside = len(data) - covered
    assert outside <= data.count(b"\n") + data.count(b"\r")
