"""Investigators can ask anything and harm nothing, and an exception explains itself."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree as ET

import duckdb
import polars as pl
import pytest

import cli
from pipeline.audit import entries
from pipeline.publish import publish
from pipeline.workbench import draw, explain, query, workbench_path
from schemas.errors import UsageProblem
from schemas.partnership import Agreement, PartnerEntry, Partnership
from schemas.records import OUTCOME
from schemas.rule import load_rules

NIGHT = date(2026, 11, 1)


@pytest.fixture
def home(two_tenancies, tmp_path):
    """Return a unit's home with one published exception, one that was held back, and one decision."""
    temporary = {"tenancy_start": date(2021, 1, 4), "tenancy_type": "TEMP", "tenant_flag": "F", "tenancy_ref": "T9"}
    two_tenancies.link(0, two_tenancies.row("westmere", "TEN", "W1", person="ada", **temporary))
    # 770 + 420 + 130 - 430 of the fields, and the start, make the 2000 of the link
    two_tenancies.evidence.append({**two_tenancies.evidence[0], "field": "start", "level": "start", "contribution": 1110})
    assembled, linked = two_tenancies.tables()
    found = two_tenancies.flag("HT01")
    entries = tuple(PartnerEntry(id=n, name=n.title(), gss=f"E0799990{i}", datasets=("TEN",)) for i, n in enumerate(("northmere", "southmere")))
    agreement = Agreement(id="both", partners=("northmere", "southmere"), datasets=("TEN",), legal_basis="invented")
    partnership = Partnership(name="Two", shared=str(tmp_path / "shared"), partner=entries, agreement=(agreement,), as_of={})
    decided = {"exception_id": found["exception_id"][0], "verdict": "error", "reason_code": "MOVED", "value_pence": 0, "officer": "R. Hale",
               "decided_on": NIGHT, "note": ""}  # fmt: skip
    publish(
        tmp_path / "unit", partnership, assembled, linked, found, rules=load_rules(),
        outcomes=OUTCOME.conform(OUTCOME.empty().vstack(_frame(decided))), run_id="2026-11-01-aaaa", as_of=NIGHT,
    )  # fmt: skip
    return tmp_path / "unit"


def _frame(row):
    return pl.DataFrame([row], schema=OUTCOME.schema, orient="row")


def id_of(home, status):
    return query(home, f"select exception_id from exceptions where status = '{status}'").item()


def test_a_query_sees_the_views(home):
    assert query(home, "select rule, partner_l from exceptions where status = 'new'").rows() == [("HT01", "northmere")]
    assert query(home, "select count(*) from rules").item() == 21
    assert query(home, "describe exceptions").height > 30
    assert "evidence" in query(home, "show tables").to_series().to_list()


@pytest.mark.parametrize(("sql", "complaint"), [
    ("select * from exeptions", "there is no view called 'exeptions'\n  To mend  did you mean exceptions"),
    ("select rul from exceptions", "there is no column called 'rul'\n  To mend  did you mean rule"),
    ("select e.rul from exceptions e", "did you mean rule"),
    ("select uper(rule) from exceptions", "did you mean upper"),
    ("selct 1", "the query is not valid SQL near 'selct'"),
    ("select reason + 1 from exceptions", "types or functions do not fit"),
    ("select cast(reason as integer) from exceptions", "use try_cast instead of cast"),
    ("select 1; select 2", "only one query can be asked at a time"),
    ("", "only one query can be asked at a time"),
    ("delete from data.exception", "it can only look"),
    ("create table mine (a integer)", "it can only look"),
    ("attach 'other.duckdb'", "it can only look"),
    ("copy exceptions to 'out.csv'", "it can only look"),
    ("set enable_external_access = true", "it can only look"),
    ("install httpfs", "it can only look"),
    ("select * from read_csv('secret.csv')", "a query cannot reach files"),
    ("select * from read_text('secret.txt')", "a query cannot reach files"),
    ("select * from glob('*')", "a query cannot reach files"),
    ("select * from 'secret.parquet'", "a query cannot reach files"),
])  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_plain_words(home, sql, complaint):
    with pytest.raises(UsageProblem) as raised:
        query(home, sql)
    assert complaint in str(raised.value)
    for jargon in ("Binder", "Catalog", "Exception", "LINE 1"):
        assert jargon not in str(raised.value)


def test_a_query_cannot_reach_a_python_variable(home):
    mine = pl.DataFrame({"a": [1]})
    with pytest.raises(UsageProblem, match="there is no view called 'mine'"):
        query(home, "select * from mine")
    assert mine.height == 1


def test_nothing_published_is_said_so(tmp_path):
    with pytest.raises(UsageProblem, match="nothing has been published here yet"):
        workbench_path(tmp_path)


def test_a_workbench_that_is_damaged_is_said_so(home):
    workbench_path(home).write_bytes(b"no database")
    with pytest.raises(UsageProblem, match="cannot be opened"):
        query(home, "select 1")


def test_an_exception_explains_itself(home):
    text = explain(home, id_of(home, "new"))
    for words in (
        "Two social tenancies", "Status: new, first issued on 1 November 2026", "A tenancy of NORTHMERE HOMES in northmere",
        "The rule (HT01, version 1): One person is the tenant of two social homes", "northmere, TEN, reference N1, tenant.",
        "band top, tier T1, probability 0.9990", "Same National Insurance number (+7.7)", "Different address (-4.3)", "Together +20.0",
        "TEMPORARY: One of the tenancies is temporary accommodation", "the data do not show it", "£42,000.00 (notional; an estimate, never a debt)",
        "Who acts first: northmere.", "An exception is a reason to look, and not a finding.",
    ):  # fmt: skip
        assert words in text
    assert "Decided so far:" in text


def test_one_that_was_held_back_says_what_held_it_back(home):
    text = explain(home, id_of(home, "suppressed"))
    assert "Status: held back (TEMPORARY)" in text
    assert "holds, so it was held back" in text
    assert "JOINT-TENANT" in text
    assert "not looked at" in text


def test_an_id_is_read_kindly(home):
    wanted = id_of(home, "new")
    assert explain(home, f" {wanted.lower()} ") == explain(home, wanted)
    assert explain(home, wanted.replace("0", "O").replace("1", "l").replace("HTOl", "HT01").replace("HTO1", "HT01")) == explain(home, wanted)


def test_an_unknown_id_is_answered_with_the_nearest(home):
    wanted = id_of(home, "new")
    with pytest.raises(UsageProblem) as raised:
        explain(home, wanted[:-1] + ("0" if wanted[-1] != "0" else "1"))
    assert f"did you mean {wanted}" in str(raised.value)
    with pytest.raises(UsageProblem, match="list them with"):
        explain(home, "?")


def test_an_exception_is_drawn_from_its_start_to_its_match_weight(home):
    wanted = id_of(home, "new")
    svg = draw(home, f" {wanted.lower()} ")
    assert ET.fromstring(svg).findtext("{*}desc") == (
        "Evidence in bits. Odds before anything is compared: +11.1. Same National Insurance number: +7.7. Same surname: +4.2. "
        "Forename: a short or pet form on one side: +1.3. E-mail address: not known on one side: 0.0. Different address: -4.3. "
        "Together: +20.0, probability 99.9\xa0%."
    )
    assert ET.fromstring(svg).findtext("{*}title") == f"{wanted}: how the evidence adds up"
    assert draw(home, wanted) == svg


def test_an_exception_whose_sides_were_not_compared_has_no_picture(home):
    with pytest.raises(UsageProblem, match="there is no picture of this pair, because nothing about it was weighed"):
        draw(home, id_of(home, "suppressed"))
    with pytest.raises(UsageProblem, match="there is no exception"):
        draw(home, "?")


def test_an_exception_that_rests_on_other_records_has_no_picture(home):
    wanted = id_of(home, "new")
    with duckdb.connect(str(workbench_path(home))) as con:
        con.execute("update data.exception set match_weight = 699 where exception_id = ?", [wanted])
    with pytest.raises(UsageProblem) as raised:
        draw(home, wanted)
    assert raised.value.found == "compared with each other they weigh +20.0; the cluster holds them at +7.0"


def test_the_command_explains_and_draws(home, capsys, tmp_path):
    (home / "partnership.toml").touch()
    wanted, path = id_of(home, "new"), tmp_path / "new" / "evidence.svg"
    assert cli.main(["explain", wanted, "--home", str(home), "--picture", str(path)]) == 0
    assert capsys.readouterr().out == explain(home, wanted) + f"The picture is in {path}\n"
    assert path.read_text(encoding="utf-8") == draw(home, wanted)
    assert cli.main(["explain", wanted, "--home", str(home)]) == 0
    assert capsys.readouterr().out == explain(home, wanted)
    assert cli.main(["query", "select 1 as one", "--home", str(home)]) == 0
    assert [(entry.verb, entry.action, entry.subject) for entry in entries(home)] == [
        ("consultation", "exception read", wanted), ("consultation", "exception read", wanted), ("consultation", "workbench asked", "query"),
    ]  # fmt: skip


def test_a_look_that_cannot_be_logged_is_told_and_not_refused(home, capsys):
    (home / "partnership.toml").touch()
    (home / "audit").write_text("a file where the folder should be")
    assert cli.main(["query", "select 1 as one", "--home", str(home)]) == 0
    assert "could not be written into the audit log" in capsys.readouterr().err


def test_the_command_writes_no_picture_of_nothing(home, capsys, tmp_path):
    (home / "partnership.toml").touch()
    path = tmp_path / "evidence.svg"
    assert cli.main(["explain", id_of(home, "suppressed"), "--home", str(home), "--picture", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "To mend  leave --picture out" in said.err
    assert not path.exists()
