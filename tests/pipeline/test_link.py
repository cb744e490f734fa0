"""People and organisations told apart and brought together."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipeline.link import link
from schemas.errors import SafetyStop
from schemas.partnership import RunSettings
from schemas.records import RECORD, RECORD_REFERENCE, reference

HOME = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}
AWAY = {"postcode": "ZZ7 3BB", "paon": "2", "address": "2 MILL LANE"}


def records(*rows: dict[str, object]) -> pl.DataFrame:
    """Records from what each row says; the rest is null."""
    base = {"dataset": "CTX", "party": "holder", "kind": "person", "deceased_hint": False, "protected": False, "as_of": date(2026, 11, 1)}
    full = [{**dict.fromkeys(RECORD.columns), **base, "record_ref": f"R{i}", "partner": f"p{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema=RECORD.schema).sort(RECORD_REFERENCE).with_row_index("record").with_columns(pl.col("record").cast(pl.Int64))


def person(forename: str, surname: str, born: str | None = None, nino: str | None = None, **more: object) -> dict[str, object]:
    return {"forename": forename, "surname": surname, "date_of_birth": born, "nino": nino, **more}


def company(name: str, number: str | None = None, **more: object) -> dict[str, object]:
    return {"kind": "organisation", "name": name, "name_as_sent": name, "company_number": number, "dataset": "CRS", "party": "creditor", **more}


def links(frame: pl.DataFrame, entity: str = "person") -> list[tuple[str, str, str]]:
    """(left reference, right reference, tier) of the links of one kind."""
    found = link(frame, RunSettings()).links.filter(pl.col("entity") == entity)
    refs = frame["record_ref"]
    return [(refs[a], refs[b], tier) for a, b, tier in found.select("record_l", "record_r", "tier").iter_rows()]


def test_same_nino_and_surname_is_the_same_person_wherever_they_live():
    frame = records(person("ADAEZE", "OKAFOR", None, "QQ112233C", **HOME), person("ADA", "OKAFOR", None, "QQ112233", **AWAY))
    assert links(frame) == [("R0", "R1", "T1")]


@pytest.mark.parametrize(
    ("forename", "surname", "born"),
    [("BRYN", "LEWIS", "1990-12-02"), ("BRYN", "LEWIS", "1990-02-12"), ("BRYN", "LEWYS", "1990-12-02"), ("LEWIS", "BRYN", "1990-12-02"),
     ("BRYN", "LEWIS", "1990-12-03"), ("BRYN", "LEWIS JONES", "1990-12-02")],
)
def test_full_name_and_birth_date_survive_one_error(forename, surname, born):
    frame = records(person("BRYN", "LEWIS", "1990-12-02", **HOME), person(forename, surname, born, **AWAY))
    assert links(frame) == [("R0", "R1", "T2")]


@pytest.mark.parametrize(
    "other",
    [person("OWEN", "LEWIS", "1990-12-02", **HOME),  # twin
     person("BRYN", "LEWIS", "1961-05-20", **HOME),  # father
     person("BRYN", "LEWIS", **AWAY),  # namesake: nothing but the name
     person("BRYN", "LEWIS", "1990-12-02", "QQ998877A", **AWAY),  # other NINO
     person("B", "LEWIS", "1990-12-02", **AWAY)],  # initial only
)
def test_lookalikes_get_no_identity_that_may_issue(other):
    frame = records(person("BRYN", "LEWIS", "1990-12-02", "QQ445566A", **HOME), other)
    assert [tier for _, _, tier in links(frame) if tier in ("T1", "T2", "T3")] == []


def test_two_parties_of_one_row_are_never_paired():
    one = person("BRYN", "LEWIS", "1990-12-02", "QQ445566A", partner="p0", record_ref="R0")
    assert links(records(one, {**one, "party": "second"})) == []


def test_one_nino_behind_two_people_is_a_link_of_its_own_kind():
    frame = records(person("BRYN", "LEWIS", "1990-12-02", "QQ445566A"), person("ZOFIA", "NOWAK", "1979-07-15", "QQ445566A"))
    assert links(frame) == []
    assert links(frame, "nino") == [("R0", "R1", "T5")]


def test_null_meets_nothing():
    assert links(records(person("BRYN", "LEWIS"), {"forename": None, "surname": None}, {"forename": None, "surname": None})) == []


@pytest.mark.parametrize(
    ("left", "right", "tier"),
    [(company("HOLLIN BANK JOINERY", "00000019"), company("HOLLINBANK JOINERS", "00000019"), "T1"),
     (company("HOLLIN BANK JOINERY"), company("HOLLIN BANK JOINERY"), "T2"),
     (company("HOLLIN BANK JOINERY"), company("HOLLINBANK JOINERY"), "T2"),
     (company("HOLLIN BANK JOINERY"), company("JOINERY HOLLIN BANK"), "T2"),
     (company("HOLLIN BANK JOINERY", **HOME), company("HOLLIN BANK JOINERYS", **HOME), "T3")],
)
def test_organisations_link_on_number_or_name(left, right, tier):
    assert links(records(left, right), "organisation") == [("R0", "R1", tier)]


def test_group_companies_with_numbers_of_their_own_stay_apart():
    frame = records(company("HOLLIN BANK JOINERY", "00000019"), company("HOLLIN BANK JOINERY", "00000027"))
    assert links(frame, "organisation") == []


def test_numbered_branches_stay_apart():
    assert links(records(company("ACADEMY TRUST SCHOOL 12"), company("ACADEMY TRUST SCHOOL 13")), "organisation") == []


def test_shared_account_is_a_link_and_a_collection_account_is_none():
    two = records(company("A ONE", account="990001-01234567"), company("B TWO", account="990001-01234567"))
    assert links(two, "account") == [("R0", "R1", "T5")]
    many = records(*(company(f"N{i} {i}", account="990001-01234567") for i in range(12)))
    assert links(many, "account") == []
    assert any("bank accounts" in note for note in link(many, RunSettings()).notes)


def test_homes_are_parted_by_the_flat_even_under_one_uprn():
    frame = records(*(person("A", "B", uprn=99, saon=flat, paon="1", postcode="ZZ1 1AA", address=f"{flat} 1 HIGH STREET") for flat in ("FLAT 1", "FLAT 2", "FLAT 1")))
    homes = link(frame, RunSettings()).clusters.filter(pl.col("entity") == "address")
    ids = homes.sort("record")["cluster_id"].to_list()
    assert ids[0] == ids[2] != ids[1]


def test_contributions_add_up_to_the_match_weight():
    frame = records(person("BRYN", "LEWIS", "1990-12-02", **HOME), person("BRYN", "LEWYS", "1990-12-02", **AWAY))
    found = link(frame, RunSettings())
    assert found.evidence["contribution"].sum() == found.links.filter(pl.col("entity") == "person")["match_weight"].item()


def test_too_many_pairs_stop_before_anything_is_compared():
    crowd = records(*(person(f"N{i}", "SMITH", "1980-01-01") for i in range(60)))
    with pytest.raises(SafetyStop, match="from the rule surname"):
        link(crowd, RunSettings(max_pairs=1000))


def test_hot_key_is_passed_over_and_named():
    crowd = records(*(person(f"N{i}", f"S{i}", "1980-01-01", email="office@example.org") for i in range(301)))
    assert any("e-mail" in note and "301" in note for note in link(crowd, RunSettings()).notes)


def test_shuffled_records_give_the_same_links():
    rows = [person("BRYN", "LEWIS", "1990-12-02", **HOME), person("ZOFIA", "NOWAK", "1979-07-15", **AWAY), person("BRYN", "LEWIS", "1990-12-02", **AWAY)]
    one, two = records(*rows), records(*({**row, "partner": f"p{i}", "record_ref": f"R{i}"} for i, row in reversed(list(enumerate(rows)))))
    a, b = link(one, RunSettings()), link(two, RunSettings())
    assert a.links.equals(b.links)
    assert a.evidence.equals(b.evidence)
    assert a.clusters.equals(b.clusters)


def named(frame: pl.DataFrame, before: pl.DataFrame | None = None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return `entity, reference, cluster_id, cluster_before`, and what the run says."""
    found = link(frame, RunSettings(), before=before)
    return found.clusters.join(frame.select("record", reference()), on="record").select("entity", "reference", "cluster_id", "cluster_before"), found.notes


def test_a_person_keeps_the_cluster_s_name_when_the_record_it_is_named_after_goes():
    three = [person("ADAEZE", "OKAFOR", "1990-02-12", "QQ112233A", partner=p, record_ref="R1") for p in ("alton", "berry", "carden")]
    first, _ = named(records(*three))
    (kept,) = set(first.filter(pl.col("entity") == "person")["cluster_id"])
    second, said = named(records(*three[1:]), first.drop("cluster_before"))
    people = second.filter(pl.col("entity") == "person")
    assert set(people["cluster_id"]) == set(people["cluster_before"]) == {kept}
    assert not [note for note in said if "since the night before" in note]


def test_a_person_who_parts_from_a_cluster_is_told_apart_and_counted():
    together = records(*[person("ADAEZE", "OKAFOR", "1990-02-12", "QQ112233A", partner=p, record_ref="R1") for p in ("alton", "berry", "carden")])
    first, _ = named(together)
    now = records(*[person("ADAEZE", "OKAFOR", "1990-02-12", "QQ112233A", partner=p, record_ref="R1") for p in ("alton", "berry")], person("BRYN", "NOWAK", "1971-05-06", "QQ445566B", partner="carden", record_ref="R1"))
    second, said = named(now, first.drop("cluster_before"))
    people = second.filter(pl.col("entity") == "person").sort("reference")
    assert people["cluster_id"].n_unique() == 2
    assert people["cluster_before"].n_unique() == 1
    assert people["cluster_id"].to_list()[:2] == people["cluster_before"].to_list()[:2]
    assert "person: since the night before, 0 clusters went into others, and 1 parted from theirs" in said
