"""The truth names records that are there, people who are the same, and enough of both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from schemas.relations import Checked

ABOUT_PEOPLE = {"CT03", "CT04", "CR01", "CR02", "CR06", "HT01", "WL01", "WL03", "PY01"}
ABOUT_MONEY = {"TC02", "TC07", "TC08", "BR01", "BR02", "PS01", "PS02"}
NUMBER_NEEDED = {"CR02", "PY01", "ID01"}
KINDS = {
    "twins", "father and son", "same name and birth date", "namesakes, name only", "move overlap", "lawful discount, student", "second home",
    "transfer applicant", "left joint tenancy", "housed or homeless", "recent move", "parent UPRN", "house name", "two posts", "changed jobs",
    "lawful home", "declared work", "deceased namesake", "protected person", "placeholder NINO", "placeholder birth date", "changed name", "factoring house",
    "zero-filled account", "group companies", "joint bank account", "one supplier, two spellings", "new bank", "employee's expenses",
    "credit and re-issue", "shared service", "standing monthly fee", "equal published lines", "same-name traders", "small business, second property",
}  # fmt: skip
TWO_PEOPLE = {
    "twins", "father and son", "same name and birth date", "namesakes, name only", "deceased namesake", "placeholder NINO", "placeholder birth date",
}  # fmt: skip
TWISTS = (
    "forename typo", "surname typo", "nickname", "hyphen", "name swap", "birth date swap", "birth date digit", "NINO digits swapped", "as written",
)  # fmt: skip

Reference = tuple[str, str, str]
Rows = dict[Reference, dict[str, object]]
Accepted = Callable[[Path], Rows]


def truth(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / "truth" / name, infer_schema=False).fill_null("")


def references(row: dict[str, str]) -> tuple[Reference, Reference]:
    left, right = ((row[f"partner_{s}"], row[f"dataset_{s}"], row[f"record_ref_{s}"]) for s in "lr")
    return left, right


@pytest.fixture(scope="session")
def accepted(checks: Callable[[Path], list[tuple[dict[str, str], Checked]]]) -> Accepted:
    """Every row that the check accepts, by its reference; published lines by their line. The newest delivery counts."""

    @cache
    def rows(folder: Path) -> Rows:
        found: Rows = {}
        for entry, checked in checks(folder):
            for row in checked.rows.iter_rows(named=True):
                found[entry["partner"], entry["dataset"], row["partner_record_ref"] or f"line:{row['line']}"] = row
        return found

    return rows


@pytest.mark.parametrize("which", ["sample", "full"])
def test_every_reference_is_an_accepted_row_of_its_file(which: str, accepted: Accepted, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(which)
    rows = accepted(folder)
    for name in ("planted.csv", "difficulty.csv"):
        missing = [ref for row in truth(folder, name).iter_rows(named=True) for ref in references(row) if ref not in rows]
        assert missing == []
    known = {(row[0], row[1], row[2]) for row in truth(folder, "identity.csv").rows()}
    assert {ref for ref in rows if ref[1] != "CRP"} == known


def test_published_lines_can_be_found_by_supplier_amount_and_day(sample: Path, accepted: Accepted) -> None:
    rows = accepted(sample)
    lines = [
        (rows[ref], row[f"found_by_{side}"])
        for row in truth(sample, "planted.csv").iter_rows(named=True)
        for side, ref in zip("lr", references(row), strict=True) if ref[1] == "PSP"
    ]  # fmt: skip
    assert lines
    for line, found_by in lines:
        name, pence, day = found_by.rsplit("|", 2)
        assert (str(line["supplier_name"]).lower(), str(line["net_amount"]), str(line["payment_date"])) == (name.lower(), pence, day)


def test_both_nino_says_what_the_files_hold(sample: Path, accepted: Accepted) -> None:
    rows = accepted(sample)
    for row in truth(sample, "planted.csv").filter(pl.col("rule").is_in(ABOUT_PEOPLE | {"ID01"})).iter_rows(named=True):
        held = [{str(value)[:8] for name, value in rows[ref].items() if name.endswith("nino") and value} for ref in references(row)]
        assert bool(held[0] & held[1]) == (row["both_nino"] == "Y"), row["case"]


def test_cases_are_unique(full: Path) -> None:
    planted = truth(full, "planted.csv")
    assert planted["case"].is_unique().all()
    pairs = Counter((row["rule"], frozenset(references(row))) for row in planted.iter_rows(named=True))
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_every_rule_is_planted_often_enough(full: Path, sample: Path) -> None:
    for folder, fewest in ((full, 25), (sample, 4)):
        counts = dict(truth(folder, "planted.csv").group_by("rule").len().rows())
        assert set(counts) == ABOUT_PEOPLE | ABOUT_MONEY | {"ID01", "CT01"}
        assert min(counts.values()) >= fewest


def test_about_half_of_the_cases_lack_a_nino_and_hold_birth_dates(full: Path, accepted: Accepted) -> None:
    rows, planted = accepted(full), truth(full, "planted.csv").filter(pl.col("rule").is_in(ABOUT_PEOPLE - NUMBER_NEEDED))
    without = planted.filter(pl.col("both_nino") == "N")
    for rule, share in planted.group_by("rule").agg((pl.col("both_nino") == "N").mean()).rows():
        assert 0.4 <= share <= 0.6, rule
    for row in without.iter_rows(named=True):
        for ref in references(row):
            assert any(name.endswith("dob") and value for name, value in rows[ref].items()), row["case"]


def test_rules_that_need_the_nino_have_it_on_both_sides(full: Path) -> None:
    needed = truth(full, "planted.csv").filter(pl.col("rule").is_in(NUMBER_NEEDED))
    assert set(needed["both_nino"]) == {"Y"}


def test_planted_sides_are_one_person_or_not_as_the_rule_says(full: Path) -> None:
    who = people(full)
    for row in truth(full, "planted.csv").iter_rows(named=True):
        left, right = references(row)
        if row["rule"] in ABOUT_PEOPLE | {"BR01", "BR02", "PS01", "PS02"}:
            assert who[left] & who[right], row["case"]
        elif row["rule"] in ("ID01", "TC08") or row["note"] == "two suppliers, one account":
            assert not who[left] & who[right], row["case"]


def test_every_kind_of_difficulty_is_there(sample: Path, full: Path) -> None:
    for folder, fewest in ((sample, 2), (full, 6)):
        counts = dict(truth(folder, "difficulty.csv").group_by("kind").len().rows())
        assert set(counts) == KINDS
        assert min(counts.values()) >= fewest


def test_look_alikes_are_other_people(full: Path) -> None:
    who = people(full)
    pairs = [references(row) for row in truth(full, "difficulty.csv").filter(pl.col("kind").is_in(TWO_PEOPLE)).iter_rows(named=True)]
    assert pairs
    assert [pair for pair in pairs if who[pair[0]] & who[pair[1]]] == []


def test_nothing_is_both_planted_and_innocent(full: Path) -> None:
    names = ("planted.csv", "difficulty.csv")
    planted, innocent = ({(row["rule"], frozenset(references(row))) for row in truth(full, name).iter_rows(named=True)} for name in names)
    assert planted & innocent == set()


def test_mistakes_of_every_kind_are_planted(full: Path) -> None:
    notes = " ".join(truth(full, "planted.csv")["note"])
    assert [twist for twist in TWISTS if twist not in notes] == []


def test_nino_is_missing_as_often_as_in_real_registers(full: Path, accepted: Accepted) -> None:
    held: dict[str, list[bool]] = defaultdict(list)
    for (_, dataset, _), row in accepted(full).items():
        if dataset in ("CTX", "TEN", "WLS", "CTR", "PAY"):
            held[dataset].append(bool(row["nino"]))
    shares = {dataset: sum(there) / len(there) for dataset, there in held.items()}
    assert all(0.45 <= shares[dataset] <= 0.65 for dataset in ("CTX", "TEN", "WLS"))
    assert shares["CTR"] > 0.9
    assert shares["PAY"] > 0.9


def people(folder: Path) -> dict[Reference, set[str]]:
    who: dict[Reference, set[str]] = defaultdict(set)
    for partner, dataset, ref, _, person in truth(folder, "identity.csv").rows():
        who[partner, dataset, ref].add(person)
    return who
