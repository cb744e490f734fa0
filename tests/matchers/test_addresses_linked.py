"""Addresses of two registers, each spelt in its own way: the same one is found, and a neighbour never is."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.canonical import canonical
from matchers.compare_addresses import house, postcode, reference, street, town
from matchers.comparison import Comparison, compare
from matchers.entities import ADDRESS
from matchers.features import encode
from pipeline.link_files import LinkedFiles, link_files, link_tables, write_links
from schemas.errors import ConfigurationError, DataRejected
from tests.matchers.invented_addresses import Registers, registers


def pairs(found: LinkedFiles) -> list[tuple[str, str]]:
    return found.links.select("record_ref_l", "record_ref_r").rows()


def measured(found: LinkedFiles, known: Registers) -> tuple[float, float]:
    """Return precision and recall."""
    said = pairs(found)
    right = sum(known.truth[a] == known.truth[b] for a, b in said)
    return right / len(said), right / (len(known.truth) - len(set(known.truth.values())))


SEED = 20261101


@pytest.fixture(scope="module")
def known() -> Registers:
    return registers(1500, seed=SEED)


@pytest.fixture(scope="module")
def between(known: Registers) -> LinkedFiles:
    return link_tables(known.table)


@pytest.fixture(scope="module")
def within(known: Registers) -> LinkedFiles:
    return link_tables(known.table.drop("file"))


# ---- two registers, and both in one file


@pytest.mark.parametrize(("which", "precision"), [("between", 0.98), ("within", 0.96)])
def test_the_same_address_is_found_in_two_spellings(which: str, precision: float, known: Registers, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(which)
    assert found.entity == "address"
    said = measured(found, known)
    assert said[0] >= precision
    assert said[1] >= 0.9


@pytest.mark.parametrize(("lacking", "least"), [("uprn", 0.9), ("postcode", 0.8)])
def test_two_registers_without_one_of_the_columns_are_linked_too(lacking: str, least: float, known: Registers) -> None:
    precision, recall = measured(link_tables(known.table.drop(lacking)), known)
    assert precision >= 0.95
    assert recall >= least


@pytest.mark.parametrize("which", ["between", "within"])
def test_two_flats_and_two_houses_are_never_linked(which: str, known: Registers, request: pytest.FixtureRequest) -> None:
    """Records that name no flat may be linked wrongly; those that name two never are."""
    features = encode(canonical(known.table.drop("file")).records)
    number = dict(zip(known.table["record_ref"], features.order.argsort().tolist(), strict=True))
    doors = {ref: tuple(int(features.codes(name)[at]) if features.has(name) else -1 for name in ("flat", "house_number")) for ref, at in number.items()}
    said = pairs(request.getfixturevalue(which))
    wrong = [(a, b) for a, b in said if known.truth[a] != known.truth[b]]
    flats = [(a, b) for a, b in wrong if doors[a][0] >= 0 and doors[b][0] >= 0 and doors[a][0] != doors[b][0]]
    houses = [(a, b) for a, b in wrong if doors[a][1] >= 0 and doors[b][1] >= 0 and doors[a][1] != doors[b][1]]
    assert (flats, houses) == ([], [])
    assert sum(doors[a][0] >= 0 for a, _ in said) > 50


def test_evidence_adds_up_and_names_the_fields(between: LinkedFiles) -> None:
    assert set(between.links.columns) >= {f"level_{c.name}" for c in ADDRESS.comparisons}
    assert between.links.select(pl.sum_horizontal(pl.selectors.starts_with("contribution_"))).to_series().to_list() == between.links["match_weight"].to_list()


# ---- laws


def written_out(found: LinkedFiles, folder: Path) -> tuple[bytes, bytes]:
    write_links(found, folder / "links.parquet", folder / "clusters.parquet")
    return (folder / "links.parquet").read_bytes(), (folder / "clusters.parquet").read_bytes()


def test_the_order_of_rows_and_the_threads_change_no_byte(known: Registers, between: LinkedFiles, tmp_path: Path) -> None:
    before = written_out(between, tmp_path)
    assert written_out(link_tables(known.table.sample(fraction=1.0, shuffle=True, seed=1), threads=1), tmp_path) == before


def test_exchanged_files_give_the_same_links(known: Registers, between: LinkedFiles) -> None:
    turned = known.table.with_columns(pl.col("file").replace({"left": "right", "right": "left"}))
    again = link_tables(turned)
    assert sorted((b, a) for a, b in pairs(again)) == pairs(between)
    assert again.model == between.model


def test_a_model_is_trained_and_applied(known: Registers, within: LinkedFiles, tmp_path: Path) -> None:
    known.of("left", "right").drop("file").write_parquet(tmp_path / "one.parquet")
    (tmp_path / "model.json").write_text(within.model + "\n", encoding="utf-8")
    again = link_files(tmp_path / "one.parquet", model=tmp_path / "model.json")
    assert pairs(again) == pairs(within)
    assert "MILL LANE" not in within.model
    people = pl.DataFrame({"record_ref": ["1", "2"], "forename": ["ADAEZE"] * 2, "surname": ["OKAFOR"] * 2, "date_of_birth": ["1984-03-27"] * 2})
    people.write_parquet(tmp_path / "people.parquet")
    with pytest.raises(ConfigurationError, match="the model links addresses, and these records are of people"):
        link_files(tmp_path / "people.parquet", model=tmp_path / "model.json")


# ---- tables that are not as they should be


@pytest.mark.parametrize("what", ["one postcode", "one UPRN", "one street"])
def test_one_value_everywhere_stops_nothing(what: str, known: Registers) -> None:
    small = known.table.head(800)
    odd = {
        "one postcode": small.with_columns(postcode=pl.lit("ZZ1 1AA")),
        "one UPRN": small.with_columns(uprn=pl.lit("990000000001")),
        "one street": small.with_columns(address=pl.format("{} MILL LANE", pl.int_range(pl.len()) // 2), postcode=pl.lit("ZZ1 1AA")),
    }[what]
    found = link_tables(odd)
    assert found.clusters.height == 800
    if what == "one UPRN":
        assert measured(found, Registers(small, {ref: known.truth[ref] for ref in small["record_ref"]}, []))[0] >= 0.98


def test_one_address_everywhere_is_told_and_nothing_is_linked() -> None:
    same = pl.DataFrame({"record_ref": [str(i) for i in range(1000)]}).with_columns(address=pl.lit("14 MILL LANE"), postcode=pl.lit("ZZ1 1AA"), uprn=pl.lit("990000000001"))
    found = link_tables(same)
    assert found.links.height == 0
    assert any("shared by 1,000 records are too common" in note for note in found.notes)


@pytest.mark.parametrize("rows", [[("14 MILL LANE", None)], [("14 MILL LANE", "ZZ1 1AA"), (None, None)], [(None, "ZZ1 1AA"), ("FLAT 2", None), ("14", None), ("FLAT", "ZZ1 1AA")]], ids=["one", "two", "hardly anything"])
def test_few_records_that_hold_little_are_alone(rows: list[tuple[str | None, str | None]]) -> None:
    table = pl.DataFrame([(str(i), *row) for i, row in enumerate(rows)], schema={"record_ref": pl.String, "address": pl.String, "postcode": pl.String}, orient="row")
    assert link_tables(table).links.height == 0
    assert link_tables(table).clusters["cluster_id"].to_list() == table["record_ref"].to_list()


def test_references_alone_are_enough(known: Registers) -> None:
    """Of a list without lines, nothing but the same reference links, and a default one does not."""
    refs = pl.DataFrame({"record_ref": [str(i) for i in range(600)], "uprn": [str(990_000_000_000 + i // 2) if i < 400 else "990000009999" for i in range(600)]})
    assert {int(a) // 2 - int(b) // 2 for a, b in pairs(link_tables(refs))} == {0}


def test_a_postcode_alone_is_too_little(known: Registers) -> None:
    with pytest.raises(DataRejected, match="there is too little to link on"):
        link_tables(known.table.select("record_ref", "file", "postcode"))


# ---- one pair


def levels(left: str, right: str) -> dict[str, str]:
    """Return how alike two address lines are; a postcode may follow after a semicolon."""
    rows = [[*(part.strip() for part in text.split(";")), ""][:2] for text in (left, right)]
    table = pl.DataFrame([(str(i), line, code or None) for i, (line, code) in enumerate(rows)], schema={"record_ref": pl.String, "address": pl.String, "postcode": pl.String}, orient="row")
    features = encode(canonical(table).records)
    number = features.order.argsort().astype("int32")

    def level(comparison: Comparison) -> str:
        ((at,),) = compare(features, number[[0]], number[[1]], [comparison]).tolist()
        return "missing" if at == -1 else comparison.levels[at]

    return {c.name: level(c) for c in (house(), street(), town(), postcode()) if all(features.has(name) for name in c.needs)}


@pytest.mark.parametrize(("left", "right", "said"), [
    ("Flat 2, 14 Weaver Street", "FLT 2 14 WEAVER ST.", {"house": "exact", "street": "exact"}),
    ("14B WEAVER ST", "Flat B, 14 Weaver Street", {"house": "exact", "street": "exact"}),
    ("14B WEAVER ST", "14 WEAVER ST", {"house": "same-house"}),
    ("14B WEAVER ST", "14A WEAVER ST", {"house": "other-flat"}),
    ("7/18 WEAVER ST", "Flat 7, 18 Weaver St", {"house": "exact"}),
    ("Flat 18, 7 Weaver St", "Flat 7, 18 Weaver St", {"house": "differs"}),
    ("12-14 High Street", "14 High Street, Northmere", {"house": "part", "street": "exact"}),
    ("12-14 High Street", "16 High Street", {"house": "differs"}),
    ("12-14 High Street", "14-16 High Street", {"house": "differs"}),
    ("THE COTTAGE, MILL LANE", "The Cotage, Mill Ln, Northmere", {"house": "close", "street": "exact"}),
    ("THE COTTAGE, MILL LANE", "14 MILL LANE", {"house": "unclear", "street": "exact"}),
    ("Weaver St 14, Northmere", "14 Weaver Street, Northmere", {"house": "exact", "street": "exact", "town": "exact"}),
    ("2 Weaver House, Mill Lane", "Flat 2, Weaver House, Mill Lane, Tarnlow", {"house": "exact", "street": "exact"}),
    ("14 WEAVER ST NORTHMERE", "14 WEAVER STREET, TARNLOW", {"street": "exact", "town": "differs"}),
    ("14 WEEVER STREET; ZZ1 1AA", "14 WEAVER STREET; ZZ1 1AB", {"street": "close", "postcode": "typo"}),
    ("14 THE CLOSE; ZZ1 1AA", "14 WEAVER CLOSE; ZZ2 1AD", {"street": "differs", "postcode": "differs"}),
    ("14 WEAVER TERRRACE HOLLIN BRIDGE", "14 WEAVER TERRACE", {"street": "near"}),
])  # fmt: skip
def test_how_alike_two_addresses_are(left: str, right: str, said: dict[str, str]) -> None:
    assert {field: level for field, level in levels(left, right).items() if field in said} == said


@settings(max_examples=25)
@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from(["{} Mill Lane", "Flat 3, {} Mill Lane", "Mill Lane {}", "{}b Mill Lane, Tarnlow"]))
def test_two_numbers_are_two_houses_and_one_is_one(one: int, other: int, form: str) -> None:
    assert levels(form.format(one), form.format(other))["house"] == ("exact" if one == other else "differs")


def test_neighbours_references_a_digit_apart_are_two_addresses(known: Registers) -> None:
    """Everything else of the two agrees, and in the rest of the table a reference is never wrong."""
    sure = [{"record_ref": f"{side}{i}", "address": f"{p.name or p.number} {p.street} {p.town}" if not p.flat else f"FLAT {p.flat}, {p.name or p.number} {p.street}", "postcode": p.postcode, "uprn": str(p.uprn)} for i, p in enumerate(known.places) for side in "lr"]
    twins = [{"record_ref": f"x{n}", "address": "14 LINNET WALK", "postcode": "ZZ9 9AA", "uprn": f"99000077700{n}"} for n in (1, 2)]
    found = link_tables(pl.DataFrame([*sure, *twins]))
    cluster = dict(found.clusters.select("record_ref", "cluster_id").rows())
    assert cluster["l0"] == cluster["r0"]
    assert cluster["x1"] != cluster["x2"]


def test_a_reference_that_two_flats_bear_is_their_buildings() -> None:
    rows = [("1", "Flat 1, 14 Mill Lane", "990000000007"), ("2", "Flat 2, 14 Mill Lane", "990000000007"), ("3", "16 Mill Lane", "990000000009"), ("4", "16 Mill Ln", "990000000009")]
    features = encode(canonical(pl.DataFrame(rows, schema=["record_ref", "address", "uprn"], orient="row")).records)
    number = features.order.argsort().astype("int32")
    assert compare(features, number[[0, 2]], number[[1, 3]], [reference("uprn")]).tolist() == [[-1, 0]]
