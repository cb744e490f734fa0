"""`counterfoil link` and `counterfoil train` as people and machines meet them: files in, files and words out, never a traceback or a name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import cli
from benchmarks.population import population
from tests.conftest import Command, Said

ROOT = Path(__file__).parent.parent
PERSONAL = ("record_ref", "forename", "middle_names", "surname", "date_of_birth", "address", "postcode", "nino", "phone", "email")


@pytest.fixture(scope="module")
def town() -> pl.DataFrame:
    return population(1500, seed=1).drop("person", "home")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, town: pl.DataFrame) -> Command:
    """Return a function that runs one command in a folder with `town.parquet`, `town.csv`, `one.csv` and `two.csv`; what it says is checked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COUNTERFOIL_HOME", raising=False)
    town.write_parquet("town.parquet")
    town.write_csv("town.csv")
    for name, half in (("one", town[:700]), ("two", town[700:])):
        half.write_csv(f"{name}.csv")
    values = {value for name in PERSONAL for value in town[name].drop_nulls() if len(value) > 3}
    words = {value for value in values if re.fullmatch(r"\w+", value)}
    texts = re.compile("|".join(map(re.escape, values - words)))

    def _run(*arguments: object) -> Said:
        code = cli.main([str(a) for a in arguments])
        said = Said(code, *capsys.readouterr())
        everything = said.out + said.err
        assert "Traceback" not in everything
        assert not words & set(re.findall(r"\w+", everything))
        assert not texts.search(everything)
        return said

    return _run


def in_our_form(said: Said, code: int, what: str) -> None:
    """An error says what is wrong and how to mend it, on stderr, and nothing else is said or written."""
    assert (said.code, said.out) == (code, "")
    assert what in said.err.splitlines()[0]
    assert "\n  To mend  " in said.err
    assert not list(Path().glob("*links*"))
    assert not list(Path().glob(".partial*"))


# ---- link


def test_links_and_clusters_are_written_and_told(command: Command) -> None:
    said = command("link", "town.parquet", "--out", "links.parquet", "--clusters", "clusters.parquet")
    links, clusters = pl.read_parquet("links.parquet"), pl.read_parquet("clusters.parquet")
    assert (said.code, said.err) == (0, "")
    assert f"1,500 records of people, {json.loads(pl.read_parquet_metadata('links.parquet')['counterfoil'])['candidate_pairs']:,} pairs compared" in said.out
    assert f"{links.height:,} links, {clusters['cluster_id'].n_unique():,} clusters" in said.out
    assert "Of the true pairs, blocking brought about " in said.out
    assert "Note: town.parquet: not used: 1 columns that are not among the canonical ones" in said.out
    assert said.out.endswith("links: links.parquet\nclusters: clusters.parquet\n")
    assert clusters.height == 1500


def test_the_table_of_situations_adds_up_to_the_links(command: Command) -> None:
    said = command("link", "town.parquet", "--out", "links.parquet")
    counts = pl.read_parquet("links.parquet")["situation"].value_counts().rows()
    table = said.out.split("Situation")[1].split("links:")[0]
    for situation, links in counts:
        assert re.search(rf"^{re.escape(situation)} +{links:,} *$", table, re.MULTILINE)


def test_machines_get_one_object_and_no_words(command: Command) -> None:
    said = command("link", "town.parquet", "--out", "links.parquet", "--json")
    found = said.json
    assert said.err == ""
    assert (found["command"], found["records"], found["entity"], found["written"]) == ("link", 1500, "person", {"links": "links.parquet"})
    assert found["links"] == pl.read_parquet("links.parquet").height
    assert set(found["seconds"]) >= {"normalise", "encode", "block", "train"}
    assert set(json.loads(pl.read_parquet_metadata("links.parquet")["counterfoil"])) < set(found)


def test_two_files_are_linked_with_each_other(command: Command, town: pl.DataFrame) -> None:
    said = command("link", "one.csv", "two.csv", "--out", "links.parquet", "--clusters", "clusters.parquet", "--json")
    links = pl.read_parquet("links.parquet")
    assert (said.json["records_left"], said.json["records_right"]) == (700, 800)
    assert links.height > 50
    assert set(links["record_ref_l"]) <= set(town["record_ref"][:700])
    assert set(links["record_ref_r"]) <= set(town["record_ref"][700:])
    assert pl.read_parquet("clusters.parquet")["file"].value_counts(sort=True).rows() == [("right", 800), ("left", 700)]


def test_across_and_floor_are_heard(command: Command, town: pl.DataFrame) -> None:
    council = dict(town.select("record_ref", "partner").rows())
    assert command("link", "town.parquet", "--out", "links.parquet", "--across", "partner", "--floor", "0.99").code == 0
    links = pl.read_parquet("links.parquet")
    assert links.height > 50
    assert links["match_probability"].min() >= 0.99
    assert all(council[left] != council[right] for left, right in links.select("record_ref_l", "record_ref_r").rows())


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_changes_no_byte(command: Command, threads: int) -> None:
    written = []
    for number in (2, threads):
        assert command("link", "town.parquet", "--out", "links.parquet", "--clusters", "clusters.parquet", "--threads", number).code == 0
        written.append([Path(name).read_bytes() for name in ("links.parquet", "clusters.parquet")])
    assert written[0] == written[1]


# ---- train


def test_a_model_is_written_and_applied(command: Command) -> None:
    said = command("train", "town.parquet", "--out", "model.json")
    assert said.code == 0
    assert said.out.endswith("model: model.json\n")
    assert json.loads(Path("model.json").read_text(encoding="utf-8"))["entity"] == "person"
    for name, more in (("fitted", ()), ("applied", ("--model", "model.json"))):
        assert command("link", "town.parquet", "--out", f"{name}.parquet", "--clusters", f"{name}-clusters.parquet", *more).code == 0
    assert pl.read_parquet("fitted.parquet").equals(pl.read_parquet("applied.parquet"))
    assert pl.read_parquet("fitted-clusters.parquet").equals(pl.read_parquet("applied-clusters.parquet"))


def test_a_model_of_two_files_is_fitted_to_both(command: Command) -> None:
    said = command("train", "one.csv", "two.csv", "--out", "model.json", "--json")
    assert said.json["written"] == {"model": "model.json"}
    assert json.loads(Path("model.json").read_text(encoding="utf-8"))["origin"]["records"] == 1500


def test_a_model_has_the_same_bytes_in_every_process(command: Command, tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, ROOT / "cli.py", "train", "town.parquet", "--out", "model.json", "--threads", seed],
            cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        written.append((tmp_path / "model.json").read_bytes())
    assert written[0] == written[1]


# ---- what cannot be used


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "blank": (b"\n \n", "the file is empty"),
    "a header alone": (b"record_ref,forename,surname\n", "the file has no records"),
    "one column": (b"record_ref\n1\n2\n", "there is too little to link on"),
    "a surname alone": (b"record_ref,surname\n1,FEATHERSTONE\n2,FEATHERSTONE\n", "there is too little to link on"),
    "all unknown": (b"record_ref,forename,surname\n1,,\n2,,\n", "there is too little to link on"),
    "no reference": (b"forename,surname\nBRYN,FEATHERSTONE\n", "the records have no reference"),
    "a missing reference": (b"record_ref,surname\n,FEATHERSTONE\n2,FEATHERSTONE\n", "records have no reference"),
    "a reference twice": (b"record_ref,surname\n1,FEATHERSTONE\n1,FEATHERSTONE\n", "records share a reference"),
    "no header": (b"1,BRYN,FEATHERSTONE\n2,BRYN,FEATHERSTONE\n", "the records have no reference"),
    "semicolons": (b"record_ref;forename;surname\n1;BRYN;FEATHERSTONE\n", "the columns are not parted by commas"),
    "a line too long": (b"record_ref,surname\n1,BRYN,FEATHERSTONE\n", "the lines are not all alike"),
    "an open quote": (b'record_ref,surname\n1,"FEATHERSTONE\n2,FEATHERSTONE\n', "the lines are not all alike"),
    "lines of an old Macintosh": (b"record_ref,surname\r1,FEATHERSTONE\r2,FEATHERSTONE\r", "the file has no records"),
    "a workbook": (b"PK\x03\x04" + bytes(range(256)), "neither a Parquet nor a CSV file"),
    "the start of a Parquet file": (b"PAR1", "incomplete or damaged"),
    "half a Parquet file": (b"PAR1" + bytes(range(256)) * 4, "incomplete or damaged"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("verb", ["link", "train"])
def test_a_file_that_cannot_be_used_is_refused_in_our_form(command: Command, verb: str, name: str) -> None:
    content, what = BAD_FILES[name]
    Path("bad.csv").write_bytes(content)
    for files in (("bad.csv",), ("town.csv", "bad.csv"))[: 1 if what.startswith("there is too little") else 2]:
        said = command(verb, *files, "--out", "links.out")
        in_our_form(said, 4, what)
        assert "FEATHERSTONE" not in said.err
        assert "BRYN" not in said.err


def test_machines_get_an_error_as_one_object_on_stderr(command: Command) -> None:
    said = command("link", "nowhere.csv", "--out", "links.parquet", "--json")
    assert (said.code, said.out) == (4, "")
    assert json.loads(said.err) == {
        "error": "DataRejected", "exit_code": 4, "what": "the file does not exist", "found": "", "mend": "check the name and the folder",
        "file": "nowhere.csv", "row": None, "column": "",
    }  # fmt: skip


def test_a_folder_and_a_missing_file_are_refused(command: Command) -> None:
    Path("folder").mkdir()
    in_our_form(command("link", "folder", "--out", "links.parquet"), 4, "this is a folder, not a file")
    in_our_form(command("link", "town.csv", "nowhere.csv", "--out", "links.parquet"), 4, "the file does not exist")


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the system's administrator may read every file")
def test_a_file_that_may_not_be_read_is_a_matter_of_storage(command: Command) -> None:
    Path("town.csv").chmod(0)
    in_our_form(command("link", "town.csv", "--out", "links.parquet"), 7, "the file may not be read")


@pytest.mark.parametrize("content", [b"hello", b"{}", b"\xff\xfe", b"", b'{"format": 2}'])
def test_a_model_that_is_none_is_refused_in_our_form(command: Command, content: bytes) -> None:
    Path("model.json").write_bytes(content)
    in_our_form(command("link", "town.parquet", "--out", "links.parquet", "--model", "model.json"), 5, "model")


def test_a_model_of_another_version_is_refused_in_our_form(command: Command) -> None:
    assert command("train", "town.parquet", "--out", "model.json").code == 0
    model = json.loads(Path("model.json").read_text(encoding="utf-8"))
    Path("model.json").write_text(json.dumps({**model, "format": 99}), encoding="utf-8")
    in_our_form(command("link", "town.parquet", "--out", "links.parquet", "--model", "model.json"), 5, "another version of this program")


def test_a_missing_column_across_is_refused_in_our_form(command: Command) -> None:
    in_our_form(command("link", "town.parquet", "--out", "links.parquet", "--across", "council"), 4, "this column, named with --across, is not there")


@pytest.mark.parametrize("arguments", [("link", "town.csv"), ("train", "town.csv"), ("link", "--out", "links.parquet"),
                                       ("link", "town.csv", "--out", "links.parquet", "--floor", "1.5"), ("link", "town.csv", "--out", "links.parquet", "--floor", "nan"),
                                       ("link", "town.csv", "--out", "links.parquet", "--threads", "0"), ("link", "town.csv", "--out", "links.parquet", "--memory", "0")])  # fmt: skip
def test_wrong_options_are_wrong_usage(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).code == 2
    assert not Path("links.parquet").exists()


# ---- what is never overwritten


@pytest.mark.parametrize("same", ["town.csv", "./town.csv", "folder/../town.csv", "link-to-town.csv"])
@pytest.mark.parametrize("option", ["--out", "--clusters", "train"])
def test_what_is_read_is_never_overwritten(command: Command, tmp_path: Path, same: str, option: str) -> None:
    Path("folder").mkdir()
    try:
        Path("link-to-town.csv").symlink_to(tmp_path / "town.csv")
    except OSError:
        pytest.skip("this system makes no links")
    before = Path("town.csv").read_bytes()
    arguments = {"--out": ("link", "--out", same), "--clusters": ("link", "--out", "links.parquet", "--clusters", same), "train": ("train", "--out", same)}[option]
    for files in (("town.csv",), ("one.csv", "town.csv")):
        said = command(*arguments[:1], *files, *arguments[1:])
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("a result would overwrite what is read or another result\n  Found    ")
        assert Path("town.csv").read_bytes() == before
        assert not Path("links.parquet").exists()


def test_a_place_that_cannot_be_written_to_is_a_matter_of_storage(command: Command) -> None:
    Path("folder").mkdir()
    in_our_form(command("link", "town.csv", "--out", "nowhere/links.parquet"), 7, "the folder is missing")
    in_our_form(command("link", "town.csv", "--out", "folder"), 7, "the storage failed")



def test_links_and_clusters_are_not_written_to_one_file(command: Command) -> None:
    assert command("link", "town.csv", "--out", "both.parquet", "--clusters", "both.parquet").code == 2


def test_the_model_that_is_read_is_never_overwritten(command: Command) -> None:
    assert command("train", "town.csv", "--out", "model.json").code == 0
    before = Path("model.json").read_bytes()
    said = command("link", "town.csv", "--model", "model.json", "--out", "model.json")
    assert Path("model.json").read_bytes() == before
    assert said.code == 2


def test_a_missing_folder_is_named_with_the_file_that_was_asked_for(command: Command) -> None:
    assert ".partial-" not in command("link", "town.csv", "--out", "nowhere/links.parquet").err


def test_where_one_of_two_files_cannot_be_written_neither_is(command: Command) -> None:
    assert command("link", "town.csv", "--out", "links.parquet", "--clusters", "nowhere/clusters.parquet").code == 7
    assert not Path("links.parquet").exists()


def test_clusters_go_by_the_names_of_before(command: Command) -> None:
    assert command("link", "town.csv", "--out", "a.parquet", "--clusters", "before.parquet").code == 0
    said = command("link", "town.csv", "--out", "b.parquet", "--clusters", "after.parquet", "--before", "before.parquet", "--json")
    assert (said.code, said.json["clusters_since"]["joined"], said.json["clusters_since"]["parted"]) == (0, 0, 0)
    after = pl.read_parquet("after.parquet")
    assert after["cluster_id"].to_list() == after["cluster_before"].to_list()


def test_clusters_of_before_without_clusters_to_write_are_a_mistake(command: Command) -> None:
    said = command("link", "town.csv", "--out", "a.parquet", "--before", "town.csv")
    assert said.code == 2
    assert "--clusters" in said.err
