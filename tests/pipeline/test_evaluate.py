"""Links and a truth as files: what is measured, what is said to be left out, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import cli
from pipeline.evaluate import Evaluated, evaluate
from schemas.errors import CounterfoilError, DataRejected, StorageError, UsageProblem

Row = tuple[str, str, int, float, str]
# 1-2-3 are ada, 4-5 ben, 6 cy; 9 is unknown.
WHO = {"01": "ada", "02": "ada", "03": "ada", "04": "ben", "05": "ben", "06": "cy"}
ROWS: list[Row] = [
    ("01", "02", 663, 0.99, "same person, same home"), ("01", "03", -58, 0.4, "same household"), ("04", "06", 200, 0.8, "same person, moved"),
    ("05", "09", 317, 0.9, "same person, same home"), ("04", "05", 0, 0.5, "same person, moved"),
]  # fmt: skip


class Files:
    """Writes the files of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def links(self, rows: list[Row] = ROWS, *, told: Any = None, change: dict[str, pl.Expr] | None = None) -> Path:
        schema = {"record_ref_l": pl.String, "record_ref_r": pl.String, "match_weight": pl.Int64, "match_probability": pl.Float64, "situation": pl.String}
        evidence = {"level_surname": pl.lit("exact"), "contribution_surname": pl.lit(420), "level_nino": pl.lit("missing"), "contribution_nino": pl.lit(0),
                    "contribution_start": pl.col("match_weight") - 420}  # fmt: skip
        frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(**evidence).with_columns(**(change or {}))
        path = self.folder / "links.parquet"
        frame.write_parquet(path, metadata={} if told is None else {"counterfoil": told if isinstance(told, str) else json.dumps(told)})
        return path

    def table(self, name: str, **columns: list[Any]) -> Path:
        path = self.folder / name
        pl.DataFrame(columns).write_csv(path) if name.endswith(".csv") else pl.DataFrame(columns).write_parquet(path)
        return path

    def text(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def truth(self, name: str = "truth.csv", who: dict[str, str] = WHO, column: str = "person") -> Path:
        return self.table(name, record_ref=list(who), **{column: list(who.values())})


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def shares(found: Evaluated) -> tuple[float | None, float | None]:
    return found.pairs.precision, found.pairs.recall


@pytest.mark.parametrize("column", ["person", "cluster", "cluster_id", "entity"])
@pytest.mark.parametrize("name", ["truth.csv", "truth.parquet"])
def test_membership_is_read_from_either_kind_of_file(files: Files, name: str, column: str) -> None:
    found = evaluate(files.links(), files.truth(name, column=column))
    assert shares(found) == (2 / 3, 2 / 4)
    assert (found.unjudged, found.pairs.unjudged, found.two_files) == (1, 1, False)


def test_within_one_file_the_order_of_a_true_pair_does_not_matter(files: Files) -> None:
    truth = files.table("truth.csv", record_ref_l=["02", "01", "05"], record_ref_r=["01", "03", "04"])
    found = evaluate(files.links(), truth)
    assert shares(found) == (2 / 4, 2 / 3)
    assert (found.unjudged, found.unlisted) == (0, 1)  # 02 and 03 are one person too


def test_references_may_be_numbers_in_one_file_and_texts_in_the_other(files: Files) -> None:
    links = files.links([("11", "12", 663, 0.99, "home")])
    assert shares(evaluate(links, files.table("truth.parquet", record_ref=[11, 12], person=[1, 1]))) == (1, 1)


def test_clusters_are_those_of_the_file_or_what_links_connect(files: Files) -> None:
    own = evaluate(files.links(), files.truth())
    # 4, 5, 6 and the unknown 9 hang together
    assert own.clusters.precision == pytest.approx((1 + 1 + 1 + 2 / 3 + 2 / 3 + 1 / 3) / 6)
    assert (own.clusters_given, own.clusters.records, own.clusters.without_truth) == (False, 6, 1)
    given = evaluate(files.links(), files.truth(), clusters=files.table("clusters.csv", record_ref=["01", "02", "03", "04"], cluster_id=["a", "a", "a", "b"]))
    assert (given.clusters_given, given.clusters.precision, given.clusters.recall) == (True, 1, 1)
    assert given.clusters.without_cluster == 2


def test_two_files_may_use_the_same_references(files: Files) -> None:
    links = files.links([("1", "1", 663, 0.99, "home"), ("1", "2", 200, 0.8, "home"), ("2", "1", -58, 0.4, "home")])
    truth = files.table("truth.csv", record_ref=["1", "2", "1", "2"], file=["left", "left", "right", "right"], person=["ada", "ben", "ada", "ben"])
    found = evaluate(links, truth)
    assert found.two_files
    assert (found.pairs.true_pairs, shares(found)) == (2, (1 / 2, 1 / 2))
    clusters = files.table("clusters.parquet", record_ref=["1", "2", "1", "2"], file=["left", "left", "right", "right"], cluster_id=["a", "b", "a", "c"])
    assert evaluate(links, truth, clusters=clusters).clusters.recall == pytest.approx((1 + 1 / 2 + 1 + 1 / 2) / 4)


def test_two_files_with_true_pairs_left_to_right(files: Files) -> None:
    links = files.links([("1", "1", 663, 0.99, "home"), ("1", "2", 200, 0.8, "home")], told={"records_left": 3, "records_right": 2, "candidate_pairs": 3})
    found = evaluate(links, files.table("truth.csv", record_ref_l=["1", "2"], record_ref_r=["2", "2"]))
    assert (found.two_files, shares(found)) == (True, (1 / 2, 1 / 2))
    assert (found.candidates.possible, found.candidates.reduction_ratio) == (6, 1 / 2)


def test_the_two_files_say_which_side_a_reference_is_on_and_what_is_beside_the_question(files: Files) -> None:
    links = files.links([("1", "2", 663, 0.99, "home")])
    left, right = files.table("left.csv", record_ref=["1", "3"], surname=["OKAFOR", "LEWIS"]), files.table("right.parquet", record_ref=[2, 4])
    truth = files.truth(who={"1": "ada", "2": "ada", "3": "ada", "4": "ben", "5": "ada"})
    found = evaluate(links, truth, left=left, right=right)
    assert (found.pairs.true_pairs, found.truth_left_out, found.candidates.possible) == (2, 1, 4)
    pairs = files.table("pairs.csv", record_ref_l=["1", "1"], record_ref_r=["2", "7"])
    assert evaluate(links, pairs, left=left, right=right).truth_left_out == 1


def test_what_links_says_about_itself_is_used_and_kept_apart_from_what_was_measured(files: Files) -> None:
    told = {"candidate_pairs": 9, "records": 7, "records_left": None, "pairs_completeness": 0.96, "anything": "else"}
    c = evaluate(files.links(told=told), files.truth()).candidates
    assert (c.pairs, c.possible, c.estimate) == (9, 21, 0.96)
    assert c.reduction_ratio == pytest.approx(1 - 9 / 21)
    assert (c.in_links, c.completeness, c.whole, c.lowest) == (3, 3 / 4, False, 0.4)
    assert evaluate(files.links(told=told), files.truth(), records=10).candidates.possible == 45


def test_the_completeness_is_more_than_a_lower_bound_where_links_holds_every_candidate(files: Files) -> None:
    assert evaluate(files.links(told={"candidate_pairs": 5}), files.truth()).candidates.whole
    assert evaluate(files.links(), files.truth(), floor=0).candidates.whole
    assert not evaluate(files.links(), files.truth(), floor=0.3).candidates.whole


def test_an_error_shows_its_evidence(files: Files) -> None:
    false, missed = evaluate(files.links(), files.truth()).errors
    assert (false.error, false.record_ref_l, false.record_ref_r, false.match_weight, false.situation) == ("false link", "04", "06", 200, "same person, moved")
    assert false.levels == (("surname", "exact", 420), ("nino", "missing", 0), ("start", "", -220))
    assert (missed.error, missed.record_ref_l, missed.record_ref_r) == ("missed", "01", "03")


def refusal(error: type[CounterfoilError], *arguments: Any, **options: Any) -> str:
    with pytest.raises(error) as caught:
        evaluate(*arguments, **options)
    assert caught.value.mend
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"match_weight": pl.col("match_weight") / 100}, "centibits"),
        ({"match_probability": pl.lit("high")}, "numbers"),
        ({"match_probability": pl.col("match_probability") * 2}, "3 pairs"),
        ({"match_probability": pl.lit(None, pl.Float64)}, "5 pairs"),
        ({"match_probability": pl.lit(float("nan"))}, "5 pairs"),
        ({"record_ref_l": pl.when(pl.col("record_ref_l") == "05").then(None).otherwise("record_ref_l")}, "1 pairs"),
        ({"record_ref_r": pl.col("record_ref_l")}, "themselves"),
    ],
)
def test_links_with_scores_or_references_that_cannot_be_are_refused(files: Files, change: dict[str, pl.Expr], said: str) -> None:
    assert said in refusal(DataRejected, files.links(change=change), files.truth())


def test_links_must_hold_pairs_each_once(files: Files) -> None:
    assert "no pair" in refusal(DataRejected, files.links([]), files.truth())
    again = [*ROWS, ("02", "01", 1, 0.5, "home")]
    assert "1 rows too many" in refusal(DataRejected, files.links(again), files.truth())


def test_files_that_are_something_else_are_refused(files: Files) -> None:
    links, truth = files.links(), files.truth()
    assert "no Parquet file" in refusal(DataRejected, truth, truth)
    assert "does not exist" in refusal(DataRejected, files.folder / "none", truth)
    assert "folder" in refusal(DataRejected, links, files.folder)
    assert "neither" in refusal(DataRejected, links, files.text("a.xlsx", b"PK\x03\x04\x00\x00"))
    assert "neither" in refusal(DataRejected, links, files.text("empty.csv", ""))
    assert "damaged" in refusal(DataRejected, links, files.text("ragged.csv", "record_ref,person\n1,2,3\n"))
    assert "incomplete" in refusal(DataRejected, files.text("cut.parquet", links.read_bytes()[:200]), truth)
    assert "damaged" in refusal(DataRejected, links, files.text("cut.parquet", b"PAR1" + b"\0" * 50))


def test_a_file_that_may_not_be_read_is_a_matter_of_storage(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    links, truth = files.links(), files.truth()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in refusal(StorageError, links, truth)


def test_a_missing_column_is_named_and_what_stands_in_its_place_is_not(files: Files) -> None:
    links = files.links()
    said = refusal(DataRejected, links, files.text("truth.csv", "OKAFOR,ADAEZE\nLEWIS,BRYN\n"))
    assert "record_ref, person or cluster or cluster_id or entity" in said
    assert "OKAFOR" not in said
    assert "lacks the column record_ref" in refusal(DataRejected, links, files.truth(), clusters=files.text("c.csv", "cluster_id\na\n"))
    assert "cluster_id" in refusal(DataRejected, links, files.truth(), clusters=files.truth("c.csv"))
    assert "match_weight" in refusal(DataRejected, files.table("bare.parquet", record_ref_l=["1"], record_ref_r=["2"]), files.truth())
    assert "record_ref" in refusal(DataRejected, links, files.truth(), left=files.text("l.csv", "name\na\n"), right=files.truth("r.csv"))


def test_a_truth_that_says_nothing_or_two_things_is_refused(files: Files) -> None:
    links = files.links()
    assert "no rows" in refusal(DataRejected, links, files.text("t.csv", "record_ref,person\n"))
    assert "1 rows without entity" in refusal(DataRejected, links, files.text("t.csv", "record_ref,person\n01,\n02,a\n"))
    assert "person, entity" in refusal(DataRejected, links, files.text("t.csv", "record_ref,person,entity\n01,a,b\n"))
    assert "1 rows too many" in refusal(DataRejected, links, files.text("t.csv", "record_ref,person\n01,a\n01,b\n"))
    assert "1 rows too many" in refusal(DataRejected, links, files.text("t.csv", "record_ref_l,record_ref_r\n01,02\n02,01\n"))
    assert "themselves" in refusal(DataRejected, links, files.text("t.csv", "record_ref_l,record_ref_r\n01,01\n"))
    assert "leading zeros" in refusal(DataRejected, links, files.text("t.csv", "record_ref,person\n1,a\n2,a\n"))


def test_of_two_files_the_truth_must_say_which(files: Files) -> None:
    links = files.links([("1", "2", 663, 0.99, "home")], told={"records_left": 2, "records_right": 2})
    truth = files.truth(who={"1": "ada", "2": "ada"})
    assert "nothing says which" in refusal(DataRejected, links, truth)
    overlapping = files.table("a.csv", record_ref=["1", "2"])
    assert "same references" in refusal(DataRejected, links, truth, left=overlapping, right=overlapping)
    assert "left nor right" in refusal(DataRejected, links, files.table("t.csv", record_ref=["1"], file=["A"], person=["ada"]))
    twice = files.table("twice.csv", record_ref=["1", "1"])
    assert "1 rows too many" in refusal(DataRejected, links, truth, left=twice, right=overlapping)


@pytest.mark.parametrize("told", ["{", "[1]", {"candidate_pairs": "9"}, {"records": -1}, {"records": True}, {"pairs_completeness": 1.2}])
def test_what_links_says_about_itself_must_make_sense(files: Files, told: Any) -> None:
    assert "candidate_pairs" in refusal(DataRejected, files.links(told=told), files.truth())


def test_counts_that_contradict_each_other_are_refused(files: Files) -> None:
    assert "pairs in LINKS 5; candidate pairs 4" in refusal(DataRejected, files.links(told={"candidate_pairs": 4}), files.truth())
    assert "possible pairs 3" in refusal(DataRejected, files.links(), files.truth(), records=3)


def test_options_that_do_not_go_together_are_wrong_usage(files: Files) -> None:
    links, truth, some = files.links(), files.truth(), files.table("a.csv", record_ref=["01", "02"])
    assert "one of two files" in refusal(UsageProblem, links, truth, left=some)
    assert "below --floor" in refusal(UsageProblem, links, truth, floor=0.45)
    assert "not in --left and --right" in refusal(UsageProblem, links, files.table("t.csv", record_ref_l=["01"], record_ref_r=["02"]), left=some, right=some)
    two = files.links([("01", "02", 663, 0.99, "home")])
    assert "--records" in refusal(UsageProblem, two, files.table("t.csv", record_ref_l=["01"], record_ref_r=["02"]), left=some, right=some, records=9)


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(["evaluate", *(str(a) for a in arguments)]) == 0
    return capsys.readouterr().out


def test_the_command_says_what_was_measured_and_what_was_not(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, files.links(), files.truth())
    for words in (
        "5 pairs in LINKS, within one file; 6 records in TRUTH", "1 pairs in LINKS touch a record that TRUTH does not know", "2 of 3 links are true",
        "2 of 4 true pairs are linked", "Not available in practice: F1 would be best", "because no --clusters was given", "at least 0.7500",
        "down to a probability of 0.4", "LINKS does not say how many pairs were compared nor how many records there are", "04 | 06  +2.0 bits, probability 0.8, same person, moved",
        "surname exact +4.2; nino missing 0.0; start -2.2", "1 more true pairs are not in LINKS: never compared, or below what it holds",
    ):  # fmt: skip
        assert words in shown
    whole = said(capsys, files.links(told={"candidate_pairs": 5, "records": 7, "pairs_completeness": 0.7}), files.truth(), "--sample", 0)
    assert "0.7500: 3 of 4 true pairs are in LINKS, which holds every pair that was compared" in whole
    assert "estimated at 0.7000" in whole
    assert "0.761905: 5 of 21 possible pairs" in whole
    assert "04 | 06" not in whole


def test_the_command_says_how_it_took_a_list_of_pairs(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    truth = files.table("truth.csv", record_ref_l=["02", "01"], record_ref_r=["01", "03"])
    shown = said(capsys, files.links(), truth, "--floor", 0.3)
    assert "a pair that TRUTH does not list counts as no match" in shown
    assert "1 pairs follow from those in TRUTH" in shown
    assert "from a probability of 0.3 on" in shown


def test_machines_get_one_document(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(said(capsys, files.links(), files.truth(), "--json"))
    assert (document["pairs"]["precision"], document["pairs"]["recall"]) == (2 / 3, 2 / 4)
    assert document["best_f1"]["available_in_practice"] is False
    assert document["clusters"]["of"] == "connected components"
    assert len(document["calibration"]) == 8
    assert document["errors"][0]["levels"][0] == {"field": "surname", "level": "exact", "contribution": 420}


def test_the_command_fails_in_our_words(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(files.links()), str(files.links([]))]) == 4
    assert "To mend" in capsys.readouterr().err
    assert cli.main(["evaluate", str(files.links()), str(files.truth()), "--left", str(files.truth())]) == 2
