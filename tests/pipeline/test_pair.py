"""A pair of a file of links says what was compared; a pair that is not there says so."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import polars as pl
import pytest

import cli
from pipeline.pair import find_pair
from pipeline.store.tables import write_parquet
from schemas.errors import DataRejected, UsageProblem

SCHEMA = {
    "record_ref_l": pl.String(), "record_ref_r": pl.String(), "match_weight": pl.Int64(), "match_probability": pl.Float64(), "situation": pl.String(),
    "level_surname": pl.String(), "contribution_surname": pl.Int64(), "level_email": pl.String(), "contribution_email": pl.Int64(),
    "level_account": pl.String(), "contribution_account": pl.Int64(), "contribution_start": pl.Int64(),
}  # fmt: skip
ROWS = [
    ("A17", "B52", 400, 0.941176, "same person, moved", "exact", 900, "differs", -100, None, None, -400),
    ("A17", "B60", -1000, 0.000976, "chance agreement", "differs", -600, "missing", 0, None, None, -400),
    ("7", "9", 100, 0.666667, "same person, same home", "exact", 500, "missing", 0, None, None, -400),
    ("9", "7", 300, 0.888889, "same person, same home", "close", 700, "missing", 0, None, None, -400),
    ("C1", "C2", 0, 1.0, None, None, None, None, None, "exact", 0, 0),
    ("D1", "D2", 500, 0.969697, "same person, moved", "exact", 900, "missing", 0, None, None, -401),
]


@pytest.fixture
def links(tmp_path):
    path = tmp_path / "links.parquet"
    write_parquet(pl.DataFrame(ROWS, schema=SCHEMA, orient="row"), path)
    return path


def test_a_pair_explains_itself(links):
    assert find_pair(links, "A17", "B52").text.splitlines() == [
        "A17 and B52",
        "The likeliest situation: same person, moved.",
        "",
        "How sure we are that both belong together: probability 0.9412.",
        "  Same surname (+9.0)",
        "  Different e-mail address (-1.0)",
        "  Odds before anything is compared (-4.0)",
        "  Together +4.0; each point doubles or halves the odds.",
        "",
        "A link is what the arithmetic makes of two records, and not a finding. A person decides, after looking.",
    ]


def test_what_was_not_known_is_told_and_what_was_not_compared_is_not(links):
    text = find_pair(links, "A17", "B60").text
    assert "E-mail address: not known on one side\n" in text
    assert "account" not in text


def test_a_pair_is_found_in_either_order(links):
    assert find_pair(links, "B52", "A17") == find_pair(links, "A17", "B52")


def test_two_files_may_number_their_records_alike_so_the_order_given_comes_first(links):
    assert find_pair(links, "7", "9").match_weight == 100
    assert find_pair(links, "9", "7").match_weight == 300


def test_a_pair_that_is_not_there_says_what_is(links):
    with pytest.raises(UsageProblem) as raised:
        find_pair(links, "A17", "X1")
    assert str(raised.value).splitlines() == [
        "links.parquet: there is no pair of 'A17' and 'X1'",
        "  Found    'A17' is in a pair with B52, B60; 'X1' is in no pair",
        "  To mend  check both references; two records that nothing brought together are not in the file",
    ]


def test_of_many_partners_the_first_are_named(tmp_path):
    path = tmp_path / "links.parquet"
    write_parquet(pl.DataFrame([("A", f"B{n}", *ROWS[0][2:]) for n in range(9)], schema=SCHEMA, orient="row"), path)
    with pytest.raises(UsageProblem, match="'A' is in a pair with B0, B1, B2 and 6 more$"):
        raise_found(path, "A", "A")


def raise_found(path, left, right):
    try:
        find_pair(path, left, right)
    except UsageProblem as problem:
        raise UsageProblem(problem.found) from None


def test_a_shared_account_is_told_and_not_drawn(links):
    pair = find_pair(links, "C1", "C2")
    assert "  Paid into the same bank account\n" in pair.text
    assert "Together" not in pair.text
    with pytest.raises(UsageProblem) as raised:
        pair.picture()
    assert raised.value.found == "Paid into the same bank account"


def test_a_pair_is_drawn(links):
    svg = ET.fromstring(find_pair(links, "A17", "B52").picture())
    assert svg.findtext("{*}title") == "A17 and B52: how the evidence adds up"
    assert svg.findtext("{*}desc") == (
        "Evidence in bits. Odds before anything is compared: -4.0. Same surname: +9.0. Different e-mail address: -1.0. Together: +4.0, probability 94.1\xa0%."
    )


def test_a_pair_that_does_not_add_up_is_refused(links):
    with pytest.raises(DataRejected, match="does not add up to its match weight"):
        find_pair(links, "D1", "D2")


@pytest.mark.parametrize(("content", "error", "complaint"), [
    (None, DataRejected, "does not exist"), (b"a,b\n", DataRejected, "no Parquet file"), (b"PAR1 and then nothing", DataRejected, "damaged"),
])  # fmt: skip
def test_a_file_that_is_none_of_links_is_said_so(tmp_path, content, error, complaint):
    path = tmp_path / "links.parquet"
    if content:
        path.write_bytes(content)
    with pytest.raises(error, match=complaint):
        find_pair(path, "A17", "B52")


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "links.parquet"
    write_parquet(pl.DataFrame({"record_ref_l": ["A17"], "match_weight": [1]}), path)
    with pytest.raises(DataRejected) as raised:
        find_pair(path, "A17", "B52")
    assert raised.value.found == "no column record_ref_r, match_probability, situation, contribution_start"


def test_the_command_explains_and_draws_a_pair(links, capsys, tmp_path):
    path = tmp_path / "pair.svg"
    assert cli.main(["explain", "--links", str(links), "A17", "B52", "--picture", str(path)]) == 0
    assert capsys.readouterr().out == find_pair(links, "A17", "B52").text + f"The picture is in {path}\n"
    assert path.read_text(encoding="utf-8") == find_pair(links, "A17", "B52").picture()


@pytest.mark.parametrize(("arguments", "complaint"), [
    (("A17", "B52"), "a pair is two references and the file of links"), (("A17", "--links", "links.parquet"), "a pair is two references and the file of links"),
    (("A17", "--picture", "evidence.png"), "a picture is an SVG"), (("A17", "B52", "--links", "links.parquet", "--picture", "none/"), "a picture is an SVG"),
])  # fmt: skip
def test_the_command_asked_for_half_a_thing_is_wrong_usage(arguments, complaint, capsys):
    assert cli.main(["explain", *arguments]) == 2
    assert complaint in capsys.readouterr().err
