"""Files in, links and clusters out: what the tables say, and that nothing but the records' content changes a byte of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
import recordlinkage

from benchmarks.population import population
from matchers.entities import ORGANISATION, PERSON
from pipeline import link_files as module
from pipeline.link_files import LinkedFiles, link_files, write_links
from schemas.errors import ConfigurationError, DataRejected, SafetyStop

SIZE = 3000


@pytest.fixture(scope="module")
def town() -> pl.DataFrame:
    return population(SIZE, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, town: pl.DataFrame) -> Path:
    """The town in one file, `town.parquet`; and in two of unlike size, the references of each counted from 0."""
    path = tmp_path_factory.mktemp("town")
    town.drop("person", "home").write_parquet(path / "town.parquet")
    for name, rows in parted(town).items():
        rows.write_parquet(path / f"{name}.parquet")
    return path


def parted(town: pl.DataFrame) -> dict[str, pl.DataFrame]:
    first = pl.col("partner").is_in(["carrowdale", "tarnlow"])
    return {name: town.filter(which).with_columns(pl.int_range(pl.len()).cast(pl.String).alias("record_ref")) for name, which in (("one", first), ("two", ~first))}


@pytest.fixture(scope="module")
def within(folder: Path) -> LinkedFiles:
    return link_files(folder / "town.parquet")


@pytest.fixture(scope="module")
def between(folder: Path) -> LinkedFiles:
    return link_files(folder / "one.parquet", folder / "two.parquet")


def pairs(found: LinkedFiles) -> list[tuple[str, str]]:
    return found.links.select("record_ref_l", "record_ref_r").rows()


def kept(folder: Path, frame: pl.DataFrame, name: str = "town.parquet") -> Path:
    frame.write_parquet(folder / name)
    return folder / name


def files(found: LinkedFiles, folder: Path) -> tuple[bytes, bytes]:
    write_links(found, folder / "links.parquet", folder / "clusters.parquet")
    return (folder / "links.parquet").read_bytes(), (folder / "clusters.parquet").read_bytes()


# ---- what the tables hold


def test_links_have_the_columns_of_the_interface(within: LinkedFiles) -> None:
    fields = [c.name for c in PERSON.comparisons]
    told = [column for name in fields for column in (f"level_{name}", f"contribution_{name}")]
    assert within.links.columns == [
        "record_ref_l", "record_ref_r", "match_weight", "match_probability", "situation", *told, "review", "contribution_start", "level_others", "contribution_others",
    ]  # fmt: skip
    texts = ("record_ref", "situation", "level_", "review")
    kinds = {name: pl.String if name.startswith(texts) else pl.Float64 if name == "match_probability" else pl.Int64 for name in within.links.columns}
    assert within.links.schema == kinds
    assert sum(within.links.null_count().row(0)) == 0


@pytest.mark.parametrize("which", ["within", "between"])
def test_contributions_add_up_to_the_weight_and_the_weight_is_the_probability(which: str, request: pytest.FixtureRequest) -> None:
    links = request.getfixturevalue(which).links
    added = links.select(pl.sum_horizontal(pl.selectors.starts_with("contribution_"))).to_series()
    assert added.to_list() == links["match_weight"].to_list()
    assert links["match_probability"].to_list() == pytest.approx([1 / (1 + 2 ** (-w / 100)) for w in links["match_weight"]], abs=1e-6)


@pytest.mark.parametrize("which", ["within", "between"])
def test_links_are_sorted_and_each_is_there_once(which: str, request: pytest.FixtureRequest) -> None:
    found = pairs(request.getfixturevalue(which))
    assert found == sorted(set(found))
    assert len(found) > 150


def test_of_one_file_the_smaller_reference_stands_first(within: LinkedFiles, town: pl.DataFrame) -> None:
    assert all(left < right for left, right in pairs(within))
    assert {ref for pair in pairs(within) for ref in pair} <= set(town["record_ref"])


def test_of_two_files_the_left_one_s_reference_stands_first(town: pl.DataFrame, tmp_path: Path) -> None:
    named = {name: rows.with_columns(pl.format(f"{mark}{{}}", "record_ref").alias("record_ref")) for mark, (name, rows) in zip("ZA", parted(town).items(), strict=True)}
    one, two = (kept(tmp_path, rows, f"{name}.parquet") for name, rows in named.items())
    found = link_files(one, two)
    assert found.links["record_ref_l"].str.starts_with("Z").all()
    assert found.links["record_ref_r"].str.starts_with("A").all()


def test_who_is_who_is_found_as_recordlinkage_measures_it(within: LinkedFiles, town: pl.DataFrame) -> None:
    same = town.join(town, on="person").filter(pl.col("record_ref") < pl.col("record_ref_right")).select("record_ref", "record_ref_right").rows()
    true, said = pd.MultiIndex.from_tuples(same), pd.MultiIndex.from_tuples(pairs(within))
    assert recordlinkage.precision(true, said) > 0.98
    assert recordlinkage.recall(true, said) > 0.98


def test_every_record_has_one_cluster_named_after_its_smallest_reference(within: LinkedFiles, town: pl.DataFrame) -> None:
    assert within.clusters.columns == ["record_ref", "cluster_id"]
    assert within.clusters["record_ref"].to_list() == sorted(town["record_ref"])
    assert within.clusters.filter(pl.col("cluster_id") != pl.col("record_ref").min().over("cluster_id")).height == 0


def test_every_record_of_two_files_has_one_cluster_and_says_its_file(between: LinkedFiles, town: pl.DataFrame) -> None:
    assert between.clusters.columns == ["record_ref", "cluster_id", "file"]
    sizes = {name: rows.height for name, rows in parted(town).items()}
    assert sorted(between.clusters.select("file", "record_ref").rows()) == sorted(
        [*(("left", str(i)) for i in range(sizes["one"])), *(("right", str(i)) for i in range(sizes["two"]))]
    )
    assert between.clusters.rows() == between.clusters.sort("record_ref", "file").rows()


def test_records_of_one_cluster_are_linked_to_one_of_it(within: LinkedFiles) -> None:
    of = dict(within.clusters.rows())
    linked = {ref for pair in pairs(within) if of[pair[0]] == of[pair[1]] for ref in pair}
    several = within.clusters.filter(pl.len().over("cluster_id") > 1)["record_ref"]
    assert set(several) == linked


def test_two_clusters_of_two_files_never_share_a_name(between: LinkedFiles) -> None:
    """Both files count from 0, and records 0 of the two are two people."""
    of = {(file, ref): cluster for ref, cluster, file in between.clusters.rows()}
    together = {("left", left): ("right", right) for left, right in pairs(between)}
    apart = [ref for ref in (str(i) for i in range(50)) if ("left", ref) not in together and ("right", ref) not in together.values()]
    assert len(apart) > 5
    assert all(of["left", ref] != of["right", ref] for ref in apart)


# ---- floor and across


@pytest.mark.parametrize("floor", [0.0, 0.01, 0.9, 0.999, 1.0])
def test_links_are_those_at_or_above_the_floor_and_clusters_do_not_depend_on_it(within: LinkedFiles, folder: Path, floor: float) -> None:
    found = link_files(folder / "town.parquet", floor=floor)
    assert (found.links["match_probability"] >= floor).all()
    assert found.clusters.equals(within.clusters)
    higher, lower = (within, found) if floor < 0.5 else (found, within)
    assert set(pairs(higher)) < set(pairs(lower))
    assert found.facts["floor"] == floor


def test_across_a_column_only_pairs_that_differ_in_it_are_linked(town: pl.DataFrame, folder: Path) -> None:
    council = dict(town.select("record_ref", "partner").rows())
    found = link_files(folder / "town.parquet", across="partner")
    assert len(pairs(found)) > 200
    assert all(council[left] != council[right] for left, right in pairs(found))


def test_across_a_column_as_many_of_the_pairs_are_found_as_without_it(town: pl.DataFrame, folder: Path, within: LinkedFiles) -> None:
    council = dict(town.select("record_ref", "partner").rows())
    wanted = {pair for pair in pairs(within) if council[pair[0]] != council[pair[1]]}
    found = set(pairs(link_files(folder / "town.parquet", across="partner")))
    assert len(wanted & found) > 0.98 * len(wanted)


def test_across_a_column_of_one_value_nobody_is_linked(town: pl.DataFrame, tmp_path: Path) -> None:
    found = link_files(kept(tmp_path, town.with_columns(partner=pl.lit("northmere"))), across="partner")
    assert found.links.height == 0
    assert found.clusters["cluster_id"].n_unique() == SIZE


# ---- the same bytes


def test_the_number_of_threads_changes_no_byte(within: LinkedFiles, between: LinkedFiles, folder: Path, tmp_path: Path) -> None:
    for threads in (1, 4):  # the others were made with 2
        assert files(link_files(folder / "town.parquet", threads=threads), tmp_path) == files(within, tmp_path)
        assert files(link_files(folder / "one.parquet", folder / "two.parquet", threads=threads), tmp_path) == files(between, tmp_path)


def test_the_order_of_rows_and_columns_changes_no_byte(within: LinkedFiles, between: LinkedFiles, town: pl.DataFrame, tmp_path: Path) -> None:
    shuffled = town.drop("person", "home").sample(fraction=1.0, shuffle=True, seed=4)
    found = link_files(kept(tmp_path, shuffled.select(shuffled.columns[::-1])))
    assert files(found, tmp_path) == files(within, tmp_path)
    assert found.model == within.model
    one, two = (kept(tmp_path, rows.sample(fraction=1.0, shuffle=True, seed=5), f"{name}.parquet") for name, rows in parted(town).items())
    assert files(link_files(one, two), tmp_path) == files(between, tmp_path)


def mirrored(found: LinkedFiles) -> tuple[pl.DataFrame, pl.DataFrame]:
    sides = {"record_ref_l": "record_ref_r", "record_ref_r": "record_ref_l"}
    links = found.links.rename(sides).select(found.links.columns).sort("record_ref_l", "record_ref_r")
    return links, found.clusters.with_columns(pl.col("file").replace({"left": "right", "right": "left"})).sort("record_ref", "file")


def test_exchanged_files_give_the_mirror_image(between: LinkedFiles, folder: Path) -> None:
    links, clusters = mirrored(link_files(folder / "two.parquet", folder / "one.parquet"))
    assert links.equals(between.links)
    assert clusters.equals(between.clusters)


def test_a_file_linked_with_itself_gives_its_own_mirror_image(folder: Path) -> None:
    found = link_files(folder / "one.parquet", folder / "one.parquet")
    links, clusters = mirrored(found)
    assert links.equals(found.links)
    assert clusters.equals(found.clusters)
    refs = found.clusters["record_ref"].unique()
    assert {(ref, ref) for ref in refs} & set(pairs(found)) == {(left, right) for left, right in pairs(found) if left == right}
    assert sum(left == right for left, right in pairs(found)) > 0.95 * len(refs)


def test_however_values_are_kept_the_links_are_the_same(town: pl.DataFrame, tmp_path: Path) -> None:
    whole = town.drop("person", "home").with_columns(pl.when(pl.col("date_of_birth").str.contains("^[0-9-]{10}$")).then("date_of_birth").alias("date_of_birth"))
    said = link_files(kept(tmp_path, whole))
    typed = whole.with_columns(
        pl.col("date_of_birth").str.to_date(strict=False), pl.col("phone").str.replace_all(" ", "").cast(pl.Int64),
        pl.col("surname").cast(pl.Categorical), pl.col("forename").str.to_lowercase(), pl.format("{} ", "postcode").alias("postcode"),
    )  # fmt: skip
    whole.write_csv(tmp_path / "town.csv")
    for found in (
        link_files(kept(tmp_path, typed)), link_files(kept(tmp_path, typed.with_columns(pl.col("date_of_birth").cast(pl.Datetime)))), link_files(tmp_path / "town.csv"),
    ):  # fmt: skip
        assert found.links.equals(said.links)
        assert found.clusters.equals(said.clusters)


def test_a_file_of_numbers_and_dates_is_linked_with_one_of_text(between: LinkedFiles, town: pl.DataFrame, folder: Path, tmp_path: Path) -> None:
    one = parted(town)["one"]
    typed = one.with_columns(pl.col("record_ref").cast(pl.Int64), pl.col("phone").str.replace_all(" ", "").cast(pl.Int64), pl.col("surname").cast(pl.Categorical))
    found = link_files(kept(tmp_path, typed, "one.parquet"), folder / "two.parquet")
    assert found.links.equals(between.links)
    assert found.clusters.equals(between.clusters)


# ---- what is written beside the tables


def facts_in(path: Path) -> dict[str, Any]:
    return dict(json.loads(pl.read_parquet_metadata(path)["counterfoil"]))


def test_both_files_say_how_they_came_about(within: LinkedFiles, tmp_path: Path) -> None:
    files(within, tmp_path)
    facts = facts_in(tmp_path / "links.parquet")
    assert facts == facts_in(tmp_path / "clusters.parquet") == json.loads(json.dumps(within.facts))
    assert (facts["entity"], facts["records"], facts["floor"]) == ("person", SIZE, 0.5)
    low, high = facts["pairs_completeness_interval"]
    assert 0.98 < low <= facts["pairs_completeness"] <= high <= 1
    assert facts["notes"] == list(within.notes)
    assert facts["notes"][0] == "town.parquet: not used: 1 columns that are not among the canonical ones"
    assert {rule["rule"] for rule in facts["blocking"]} <= {rule.name for rule in PERSON.rules}
    assert all({"pairs", "refined_keys", "refined_records", "dropped_keys", "dropped_records"} < set(rule) for rule in facts["blocking"])
    assert facts["candidate_pairs"] > within.links.height
    assert pl.read_parquet(tmp_path / "links.parquet").equals(within.links)
    assert pl.read_parquet(tmp_path / "clusters.parquet").equals(within.clusters)


def test_of_two_files_both_are_counted(between: LinkedFiles, town: pl.DataFrame) -> None:
    sizes = {name: rows.height for name, rows in parted(town).items()}
    assert (between.facts["records_left"], between.facts["records_right"]) == (sizes["one"], sizes["two"])


def test_without_a_file_for_clusters_none_is_written(within: LinkedFiles, tmp_path: Path) -> None:
    write_links(within, tmp_path / "links.parquet", None)
    assert [path.name for path in tmp_path.iterdir()] == ["links.parquet"]


# ---- models


def test_a_model_applied_to_the_records_it_was_fitted_to_gives_the_same_links(within: LinkedFiles, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(within.model + "\n", encoding="utf-8")
    found = link_files(folder / "town.parquet", model=tmp_path / "model.json")
    assert found.links.equals(within.links)
    assert found.clusters.equals(within.clusters)


def test_a_model_is_applied_to_other_records_and_to_fewer_columns(within: LinkedFiles, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(within.model, encoding="utf-8")
    other = population(1000, seed=2).drop("nino", "email")
    found = link_files(kept(tmp_path, other), model=tmp_path / "model.json")
    assert found.links.height > 100
    assert set(found.links["level_nino"]) == {"missing"}


def test_a_model_that_cannot_be_read_is_a_setting_that_is_wrong(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(b"\xff\x00")
    for path in (tmp_path / "model.json", tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(ConfigurationError, match="the model file cannot be read"):
            link_files(folder / "town.parquet", model=path)


# ---- records as they come


def counted(found: LinkedFiles, records: int) -> LinkedFiles:
    assert found.clusters.height == records
    assert found.clusters.select(pl.exclude("cluster_id")).n_unique() == records
    return found


@pytest.mark.parametrize("column", ["surname", "forename", "date_of_birth", "postcode", "phone"])
def test_one_column_that_names_nobody_is_too_little(town: pl.DataFrame, tmp_path: Path, column: str) -> None:
    with pytest.raises(DataRejected, match="there is too little to link on") as raised:
        link_files(kept(tmp_path, town.select("record_ref", column)))
    assert raised.value.found == f"of a person, values only in: {column}"


def test_nothing_known_of_anybody_is_too_little(town: pl.DataFrame, tmp_path: Path) -> None:
    for nothing in (pl.lit(None), pl.lit(None, pl.String), pl.lit(" ")):
        empty = town.with_columns(nothing.alias(name) for name in town.columns if name != "record_ref")
        with pytest.raises(DataRejected, match="there is too little to link on"):
            link_files(kept(tmp_path, empty))


def test_a_thousand_records_of_one_value_are_told_and_nobody_is_linked(tmp_path: Path) -> None:
    one = {"forename": "BRYN", "surname": "LEWIS", "date_of_birth": "1984-03-27", "postcode": "ZZ1 1AA", "address": "1 MILL LANE", "phone": "07700900123", "nino": "QQ112233A"}
    same = pl.DataFrame({"record_ref": range(1000)}).with_columns(pl.lit(value).alias(name) for name, value in one.items())
    found = counted(link_files(kept(tmp_path, same)), 1000)
    assert found.links.height == 0
    assert any("shared by 1,000 records are too common to compare" in note for note in found.notes)


def test_forty_per_cent_of_one_surname_hide_few(tmp_path: Path) -> None:
    crowd = population(SIZE, seed=1, one_surname=0.4)
    persons = dict(crowd.select("record_ref", "person").rows())
    found = counted(link_files(kept(tmp_path, crowd)), SIZE)
    right = sum(persons[left] == persons[other] for left, other in pairs(found))
    assert right > 0.97 * max(len(pairs(found)), true_pairs(crowd))


def test_default_dates_are_told_and_link_nobody(tmp_path: Path) -> None:
    crowd = population(SIZE, seed=1, default_dates=0.02)
    persons = dict(crowd.select("record_ref", "person").rows())
    found = counted(link_files(kept(tmp_path, crowd)), SIZE)
    default = (crowd["date_of_birth"] == "1900-01-01").sum()
    assert any(note.startswith(f"date_of_birth: {default} values are no dates, or what systems write for none") for note in found.notes)
    right = sum(persons[left] == persons[other] for left, other in pairs(found))
    assert right > 0.97 * max(len(pairs(found)), true_pairs(crowd))


def true_pairs(town: pl.DataFrame) -> int:
    sizes = town.group_by("person").len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def test_a_value_of_ten_million_letters_is_read_from_its_beginning_and_told(town: pl.DataFrame, tmp_path: Path) -> None:
    long = town.with_columns(pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("A" * 10_000_000)).otherwise("surname").alias("surname"))
    long.write_csv(tmp_path / "town.csv")
    for path in (kept(tmp_path, long), tmp_path / "town.csv"):
        found = counted(link_files(path), SIZE)
        assert "surname: 1 values are longer than 500 characters; only their beginning was read" in found.notes


def test_letters_of_every_script_are_read_alike_however_they_are_written(tmp_path: Path) -> None:
    names = [("Éva", "Nowak"), ("E\u0301va", "NOWAK"), ("\u202eأحمد", "محمد"), ("أحمد", "محمد"), ("ﬁona", "O’Shea"), ("Fiona", "O'SHEA"), ("😀", "💩"), ("A\0B", "\ud7ff")]
    rows = [{"record_ref": f"R{i}", "forename": f, "surname": s, "date_of_birth": f"{1 + i // 2 + i // 7:02}/11/1961"} for i, (f, s) in enumerate(names)]
    found = counted(link_files(kept(tmp_path, pl.DataFrame(rows))), len(rows))
    assert pairs(found) == [("R0", "R1"), ("R2", "R3"), ("R4", "R5")]


def test_values_of_mixed_kinds_are_told_and_not_used(town: pl.DataFrame, tmp_path: Path) -> None:
    mixed = town.drop("home").with_columns(account=pl.lit([1, 2]), uprn=pl.lit(float("nan")), company_number=pl.lit(b"\xff"), email=pl.lit(value=True))
    found = counted(link_files(kept(tmp_path, mixed)), SIZE)
    assert "account: holds List(Int64), not text, and was not used" in found.notes
    assert "company_number: holds Binary, not text, and was not used" in found.notes


@pytest.mark.parametrize("records", [1, 2])
def test_one_or_two_records_are_a_file_too(records: int, tmp_path: Path) -> None:
    rows = pl.DataFrame({"record_ref": ["R2", "R1"], "forename": ["ADAEZE"] * 2, "surname": ["OKAFOR"] * 2, "date_of_birth": ["1984-03-27"] * 2})
    found = counted(link_files(kept(tmp_path, rows.head(records))), records)
    assert pairs(found) == [("R1", "R2")][: records - 1]


def test_organisations_are_told_by_their_columns(tmp_path: Path) -> None:
    names = [f"{a} {b} {c} LTD" for a in ("HOLLIN", "RIVER", "TUDOR", "CHAPEL") for b in ("BANK", "GATE", "FIELD") for c in ("JOINERY", "GARAGE", "CARE", "FOODS")]
    rows = [
        {"record_ref": f"{i:02}{side}", "name": name, "company_number": f"{10_000_000 + 137 * i}" if i % 3 else None, "postcode": f"ZZ{1 + i % 9} {1 + i % 7}AA"}
        for i, name in enumerate(names) for side in "ab"
    ]  # fmt: skip
    found = counted(link_files(kept(tmp_path, pl.DataFrame(rows))), len(rows))
    assert found.entity == "organisation"
    assert set(found.links.columns) > {f"level_{c.name}" for c in ORGANISATION.comparisons}
    assert set(pairs(found)) >= {(f"{i:02}a", f"{i:02}b") for i in range(len(names))}
    assert found.links.height < 1.05 * len(names)


def test_more_pairs_than_the_memory_holds_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES_PER_PAIR", 2**30)
    with pytest.raises(SafetyStop, match="more than the 4 allowed"):
        link_files(folder / "town.parquet", memory_gb=4)



def test_the_stop_for_memory_names_the_option_that_raises_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES_PER_PAIR", 2**30)
    with pytest.raises(SafetyStop, match="--memory"):
        link_files(folder / "town.parquet")


def test_what_was_not_used_of_two_files_is_told_too(town: pl.DataFrame, folder: Path, tmp_path: Path) -> None:
    long = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("A" * 1000)).otherwise("surname")
    found = link_files(kept(tmp_path, parted(town)["one"].with_columns(long.alias("surname"), account=pl.lit([1, 2])), "one.parquet"), folder / "two.parquet")
    assert any("longer than 500 characters" in note for note in found.notes)
    assert any("holds List(Int64), not text" in note for note in found.notes)


def test_the_name_made_for_a_second_cluster_is_nobody_s_reference(tmp_path: Path) -> None:
    columns = ("record_ref", "forename", "surname", "date_of_birth")
    one = pl.DataFrame([("A", "ADAEZE", "OKAFOR", "1984-03-27"), ("A~1", "BRYN", "LEWIS", "1961-05-20"), ("A~2", "ZOFIA", "NOWAK", "1947-07-17")], schema=columns, orient="row")
    two = pl.DataFrame([("A", "CERYS", "QUILL", "1990-12-02")], schema=columns, orient="row")
    found = link_files(kept(tmp_path, one, "one.parquet"), kept(tmp_path, two, "two.parquet"))
    assert found.links.height == 0
    assert found.clusters["cluster_id"].n_unique() == 4


def test_the_column_across_may_be_kept_in_two_types(town: pl.DataFrame, tmp_path: Path) -> None:
    one, two = (rows.with_columns(district=pl.int_range(pl.len()) % 4) for rows in parted(town).values())
    paths = kept(tmp_path, one, "one.parquet"), kept(tmp_path, two.with_columns(pl.col("district").cast(pl.String)), "two.parquet")
    assert link_files(*paths, across="district").links.height > 0


@pytest.mark.parametrize("value", [pl.lit([1]), pl.lit(b"\xff"), pl.lit(1).cast(pl.Duration)], ids=["lists", "bytes", "durations"])
def test_a_column_across_that_is_no_text_is_refused_in_our_form(town: pl.DataFrame, tmp_path: Path, value: pl.Expr) -> None:
    with pytest.raises(DataRejected):
        link_files(kept(tmp_path, town.with_columns(district=value)), across="district")


def test_a_column_across_may_be_named_file(town: pl.DataFrame, folder: Path, tmp_path: Path) -> None:
    found = link_files(kept(tmp_path, town.rename({"partner": "file"})), across="file")
    assert pairs(found) == pairs(link_files(folder / "town.parquet", across="partner"))


def test_the_model_that_was_applied_is_named_by_the_digest_of_its_file(within: LinkedFiles, tmp_path: Path) -> None:
    content = (within.model + "\n").encode()  # as `train` writes it
    (tmp_path / "model.json").write_bytes(content)
    found = link_files(kept(tmp_path, population(1000, seed=2)), model=tmp_path / "model.json")
    assert found.facts["model_sha256"] == hashlib.sha256(content).hexdigest()


def test_exchanged_files_fit_the_same_model(between: LinkedFiles, folder: Path) -> None:
    assert link_files(folder / "two.parquet", folder / "one.parquet").model == between.model


def test_a_model_of_organisations_is_not_applied_to_people(folder: Path, tmp_path: Path) -> None:
    names = [f"{a} {b} {c} LTD" for a in ("HOLLIN", "RIVER", "TUDOR") for b in ("BANK", "GATE", "FIELD") for c in ("JOINERY", "GARAGE", "CARE")]
    rows = pl.DataFrame({"record_ref": range(54), "name": names * 2, "postcode": [f"ZZ{1 + i % 9} 1AA" for i in range(27)] * 2, "address": [f"{i} MILL LANE" for i in range(27)] * 2})
    (tmp_path / "model.json").write_text(link_files(kept(tmp_path, rows)).model, encoding="utf-8")
    with pytest.raises((ConfigurationError, DataRejected)):
        link_files(folder / "town.parquet", model=tmp_path / "model.json")


# ---- clusters that outlast a night


def test_clusters_keep_their_names_when_records_go_and_come(within: LinkedFiles, town: pl.DataFrame, tmp_path: Path) -> None:
    within.clusters.write_parquet(tmp_path / "before.parquet")
    first = within.clusters.sort("cluster_id", "record_ref").unique("cluster_id", keep="first", maintain_order=True)["record_ref"]
    fewer = town.drop("person", "home").filter(~pl.col("record_ref").is_in(first[:300].implode()))  # those the clusters were named after
    found = link_files(kept(tmp_path, fewer), before=tmp_path / "before.parquet")
    assert found.clusters.columns == ["record_ref", "cluster_id", "cluster_before"]
    assert found.clusters["cluster_before"].null_count() == 0
    same = found.clusters.filter(pl.col("cluster_id") == pl.col("cluster_before")).height
    assert same > 0.99 * found.clusters.height
    assert found.facts["clusters_since"]["kept"] > 0.99 * found.clusters["cluster_id"].n_unique()


def test_clusters_of_two_files_keep_their_names(between: LinkedFiles, folder: Path, tmp_path: Path) -> None:
    between.clusters.write_parquet(tmp_path / "before.parquet")
    found = link_files(folder / "one.parquet", folder / "two.parquet", before=tmp_path / "before.parquet")
    assert found.clusters.drop("cluster_before").equals(between.clusters)
    assert found.clusters["cluster_before"].to_list() == found.clusters["cluster_id"].to_list()


@pytest.mark.parametrize(("said", "table"), [
    ("of another kind of linkage", {"record_ref": ["1"], "cluster_id": ["1"], "file": ["left"]}),
    ("stand in more than one row", {"record_ref": ["1", "1"], "cluster_id": ["1", "2"]}),
    ("lacks the column cluster_id", {"record_ref": ["1"]}),
    ("values are missing", {"record_ref": ["1"], "cluster_id": [None]}),
])  # fmt: skip
def test_clusters_of_before_that_mislead_are_refused(said: str, table: dict[str, list[str | None]], folder: Path, tmp_path: Path) -> None:
    pl.DataFrame(table, schema=dict.fromkeys(table, pl.String)).write_parquet(tmp_path / "before.parquet")
    with pytest.raises(DataRejected, match=said):
        link_files(folder / "town.parquet", before=tmp_path / "before.parquet")
