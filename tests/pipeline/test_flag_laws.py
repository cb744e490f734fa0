"""True of any night: the order of rows, of links and of partners decides nothing, and nobody is told too much."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from itertools import combinations
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.flag import flag
from pipeline.report import report
from schemas.records import EXCEPTION
from schemas.rule import load_rules, load_values

NIGHT = date(2026, 11, 1)
PARTNERS = ("aldmere", "brookmere", "coldmere")
RULES = [rule for rule in load_rules() if rule.id in ("HT01", "CR06", "TC02", "TC08", "WL01", "CR01")]
SOME_NIGHTS = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

days = st.dates(date(2019, 1, 1), date(2026, 10, 30))
rows = st.fixed_dictionaries({
    "partner": st.sampled_from(PARTNERS), "dataset": st.sampled_from(["TEN", "TEN", "CTR", "WLS", "CRS", "CRS"]), "since": days,
    "protected": st.sampled_from([False, False, False, True]), "moved": st.booleans(), "kind": st.sampled_from(["SEC", "SEC", "TEMP", "SUPP"]),
    "award": st.sampled_from([0, 1500, 1500]), "person": st.integers(0, 2),
})  # fmt: skip
tiers = st.lists(st.sampled_from(["T1", "T2", "T2", "T3", "", None]), min_size=21, max_size=21)  # one for each pair of seven; None is no link
nights = st.tuples(st.lists(rows, min_size=4, max_size=7, unique_by=lambda row: row["since"]), tiers)


def built(new_scene: Any, night: tuple[list[dict[str, Any]], list[str | None]]) -> Any:
    """Return the scene; every value says in its text who may see it."""
    scene, (drawn, tiers) = new_scene(), night
    for number, row in enumerate(drawn):
        who = f"{row['partner']}-{number}"
        values = {
            "phone": f"HIDDEN-PHONE-{who}", "email": f"HIDDEN-EMAIL-{who}", "account": f"HIDDEN-ACCOUNT-{row['person']}",
            "passport_number": f"HIDDEN-PASSPORT-{who}", "surname": f"OWN-SURNAME-{who}", "nino": f"OWN-NINO-{who}",
            "tenancy_ref": f"OWN-TENANCY-{who}", "rent_ref": f"OWN-RENT-{who}", "claim_ref": f"OWN-CLAIM-{who}", "app_ref": f"OWN-APP-{who}",
            "creditor_ref": f"OWN-CREDITOR-{who}", "landlord_id": f"SHARED-LANDLORD-{who}", "name_as_sent": f"SHARED-NAME-{who}",
            "name": f"{'XYZ'[number % 3]}{number} LTD", "postcode": f"ZZ{number + 1} 1AA", "paon": str(number + 1),
            "tenancy_start": row["since"], "tenancy_type": row["kind"], "tenant_flag": "F", "award_start": row["since"], "weekly_award": row["award"],
            "registered_date": row["since"], "status": "LIVE", "creditor_type": "TRADE", "protected": row["protected"], "band": f"SHARED-BAND-{who}",
            "created_date": row["since"],
        }  # fmt: skip
        if row["moved"] and row["dataset"] == "CRS":
            values["previous_account"] = f"HIDDEN-PREVIOUS-{who}"
        scene.row(row["partner"], row["dataset"], f"REF-{who}", person=f"p{number}", **values)
    kinds = [record["kind"] for record in scene.records]
    for (one, other), tier in zip(combinations(range(7), 2), tiers, strict=True):
        if other < len(kinds) and kinds[one] == kinds[other] and tier is not None:
            account = kinds[one] == "organisation"
            scene.link(one, other, entity="account" if account else "person", tier="T5" if account else tier, said={"phone": ("exact", 500)})
    return scene


def flagged(scene: Any, **changed: pl.DataFrame) -> pl.DataFrame:
    assembled, linked = scene.tables()
    if changed:
        assembled = type(assembled)(**{**vars(assembled), "records": changed["records"], "payloads": changed["payloads"]})
        linked = type(linked)(**{**vars(linked), "links": changed["links"], "clusters": changed["clusters"]})
    return flag(assembled, linked, RULES, load_values(), as_of=NIGHT, history=EXCEPTION.empty())


def test_the_nights_drawn_here_have_exceptions_of_every_kind(new_scene):
    rng = Random(4)
    drawn = [
        ([{"partner": rng.choice(PARTNERS), "dataset": rng.choice(["TEN", "CTR", "WLS", "CRS"]), "since": date(2020 + n // 2, 1 + n, 1),
           "protected": rng.random() < 0.2, "moved": rng.random() < 0.3, "kind": rng.choice(["SEC", "SEC", "TEMP"]), "award": 1500,
           "person": 0} for n in range(7)],
         [rng.choice(["T1", "T2"]) for _ in range(21)])
        for _ in range(12)
    ]  # fmt: skip
    found = pl.concat([flagged(built(new_scene, night)) for night in drawn])
    assert set(found["rule"]) == {rule.id for rule in RULES}
    assert found["protected_l"].any()
    assert found["protected_r"].any()
    assert set(found["status"]) == {"new", "suppressed"}


@SOME_NIGHTS
@given(nights, st.integers(0, 99))
def test_shuffled_rows_give_the_same_exceptions(new_scene, night, seed):
    """Fault F59."""
    scene = built(new_scene, night)
    assembled, linked = scene.tables()
    shuffled = flagged(
        scene, records=mixed(assembled.records, seed), links=mixed(linked.links, seed), clusters=mixed(linked.clusters, seed),
        payloads={name: mixed(frame, seed) for name, frame in assembled.payloads.items()},
    )  # fmt: skip
    assert shuffled.equals(flagged(scene))


def mixed(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    return frame.sample(fraction=1.0, shuffle=True, seed=seed)


@SOME_NIGHTS
@given(nights)
def test_which_partner_comes_first_in_the_alphabet_decides_nothing(new_scene, night):
    renamed = dict(zip(PARTNERS, ("zeta", "yarrow", "xeno"), strict=True))
    turned = ([{**row, "partner": renamed[row["partner"]]} for row in night[0]], night[1])
    there, here = flagged(built(new_scene, turned)), flagged(built(new_scene, night))
    assert sorted(cases(here, renamed)) == sorted(cases(there, {}))


def cases(found: pl.DataFrame, renamed: dict[str, str]) -> list[tuple[Any, ...]]:
    """Each exception without its orientation: both sides in order, what was decided, who acts."""
    listed = []
    for row in found.iter_rows(named=True):
        sides = [tuple(renamed.get(str(row[f"{n}_{s}"]), str(row[f"{n}_{s}"])) for n in ("partner", "dataset")) for s in "lr"]
        number = [str(row[f"record_ref_{s}"]).rsplit("-", 1)[-1] for s in "lr"]
        both = sorted((*side, n) for side, n in zip(sides, number, strict=True))
        # Where two suppliers moved to one account at once, neither comes first, and the name has to decide.
        owner = "" if row["rule"] == "TC08" else renamed.get(row["owner"], row["owner"])
        listed.append((row["rule"], *both, row["status"], str(row["suppressor"]), owner, row["value_pence"] or 0))
    return listed


@SOME_NIGHTS
@given(nights)
def test_no_report_holds_what_its_partner_may_not_see(new_scene, night):
    scene = built(new_scene, night)
    found = flagged(scene)
    evidence = scene.tables()[1].evidence
    submissions = scene.tables()[0].submissions
    for partner in PARTNERS:
        given_out = report(found, partner, evidence=evidence, submissions=submissions, rules=RULES, run_id="r", as_of=NIGHT)
        parquet = BytesIO()
        given_out.table.write_parquet(parquet, compression="uncompressed")
        everything = given_out.csv.decode("utf-8-sig") + given_out.summary + parquet.getvalue().decode("latin-1")
        assert "HIDDEN" not in everything
        for number, row in enumerate(night[0]):
            if row["partner"] != partner:
                who = f"{row['partner']}-{number}"
                for own in ("SURNAME", "NINO", "TENANCY", "RENT", "CLAIM", "APP", "CREDITOR"):
                    assert f"OWN-{own}-{who}" not in everything
                assert f"REF-{who}" not in everything
                if row["protected"]:
                    assert f"-{who}" not in everything
        assert given_out.table.filter(pl.col("other_partner") == partner).height <= found.filter(pl.col("partner_l") == pl.col("partner_r")).height


@SOME_NIGHTS
@given(nights)
def test_a_partner_is_told_of_an_exception_exactly_when_the_other_side_is_not_protected(new_scene, night):
    scene = built(new_scene, night)
    found = flagged(scene)
    for partner in PARTNERS:
        given_out = report(found, partner, evidence=scene.tables()[1].evidence, submissions=scene.tables()[0].submissions, rules=RULES,
                           run_id="r", as_of=NIGHT)  # fmt: skip
        told = set(given_out.table["exception_id"])
        for row in found.filter(pl.col("status") != "suppressed").iter_rows(named=True):
            inside = row["partner_l"] == row["partner_r"] == partner
            left = row["partner_l"] == partner and not row["protected_r"]
            right = row["partner_r"] == partner and not row["protected_l"]
            assert (row["exception_id"] in told) == (inside or left or right)
