"""Bytes to UTF-8, said out loud."""

import pytest

from pipeline.decode import decode
from schemas.errors import DataRejected

NAMES = "name,town\nJosé,Høje\nSmith’s,Ålesund\n"


def test_utf8_passes_unchanged_and_unmentioned():
    found = decode(NAMES.encode(), "", file="f.csv")
    assert (found.data, found.encoding, found.notes) == (NAMES.encode(), "utf-8", ())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_forms_are_recognised_with_or_without_a_mark(encoding):
    found = decode(NAMES.encode(encoding), "", file="f.csv")
    assert found.data == NAMES.encode()
    assert (found.notes != ()) == (encoding != "utf-8-sig")


def test_cp1252_smart_quotes_are_transcoded_and_counted():
    found = decode(NAMES.encode("cp1252"), "", file="f.csv")
    assert found.data == NAMES.encode()
    assert found.notes == ("transcoded from cp1252 to UTF-8 (detected: 2 lines are not UTF-8)",)


def test_two_encodings_in_one_file_name_the_lines_that_do_not_fit():
    spliced = "a,b\nJosé,1\n".encode() + "Ålesund,2\n".encode("cp1252") + b"x,3\n"
    assert decode(spliced, "", file="f.csv").bad_lines == frozenset({3})


def test_declared_cp1252_that_is_utf8_is_refused_instead_of_garbled():
    with pytest.raises(DataRejected, match="it is UTF-8"):
        decode(NAMES.encode(), "cp1252", file="f.csv")


def test_unknown_encoding_is_answered_with_the_nearest():
    with pytest.raises(DataRejected, match="cp1252"):
        decode(b"a", "cp1522", file="f.csv")


def test_utf16_cut_in_the_middle_of_a_character_is_refused():
    with pytest.raises(DataRejected, match="damaged or cut off"):
        decode(NAMES.encode("utf-16")[:-1], "", file="f.csv")


def test_undefined_cp1252_bytes_name_their_line():
    assert decode(b"a,b\n\x81,1\n\xe9,2\n", "", file="f.csv").bad_lines == frozenset({2})
