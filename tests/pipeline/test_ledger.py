"""What makes one run the same as another, and what earlier runs issued."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import ledger
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, Partnership, RuleSettings, RunSettings
from schemas.records import EXCEPTION, OUTCOME, RECORD, REJECT, SUBMISSION
from schemas.relations import Assembled
from schemas.rule import Rule, ValueTable, load_rules, load_values
from tests.conftest import frame_of

NIGHT = date(2026, 11, 2)
SUBMITTED = {"submission_id": "s1", "partner": "northmere", "dataset": "CTX", "state": "used"}
DECIDED = {"exception_id": "e1", "decided_on": date(2026, 11, 1), "verdict": "error", "officer": "A. Officer"}


def assembled(*submissions: dict[str, Any]) -> Assembled:
    return Assembled(
        records=RECORD.empty(), payloads={}, previous_accounts=pl.DataFrame(), submissions=frame_of(SUBMISSION, submissions or [SUBMITTED]),
        rejects=REJECT.empty(), inputs=(("northmere", "CTX", "s1", "digest"),),
    )  # fmt: skip


def partnership(**more: Any) -> Partnership:
    entry = PartnerEntry(id="northmere", name="Northmere", gss="E07999900", datasets=("CTX",))
    own = Agreement(id="own", partners=("northmere",), datasets=("CTX",), legal_basis="invented")
    return Partnership(**{"name": "One", "shared": "shared", "partner": (entry,), "agreement": (own,), "as_of": {"default": AsOfRule(max_age_days=100)}, **more})


RULES, VALUES = load_rules(), load_values()


def name(*, given: Assembled | None = None, settings: Partnership | None = None, rules: Sequence[Rule] = RULES, values: ValueTable = VALUES,
         earlier: str = "2026-11-01-0123456789", outcomes: Sequence[dict[str, Any]] = (DECIDED,), as_of: date = NIGHT) -> str:  # fmt: skip
    return ledger.run_id(
        given or assembled(), settings or partnership(), rules, values, earlier, frame_of(OUTCOME, outcomes), as_of=as_of
    )


def test_a_run_is_named_after_its_night_and_ten_digits_of_what_decides_it() -> None:
    night, digits = name()[:10], name()[11:]
    assert (night, len(digits)) == ("2026-11-02", 10)
    assert int(digits, 16) >= 0


@pytest.mark.parametrize(
    "same",
    [{"settings": partnership(shared="elsewhere")}, {"settings": partnership(run=RunSettings(threads=7, memory_gb=99))},
     {"given": replace(assembled(), notes=("a remark",))}],
    ids=["folder", "engine", "notes"],
)  # fmt: skip
def test_what_changes_no_result_changes_no_name(same: dict[str, Any]) -> None:
    assert name(**same) == name()


@pytest.mark.parametrize(
    "other",
    [{"as_of": date(2026, 11, 3)}, {"given": replace(assembled(), inputs=(("northmere", "CTX", "s1", "other digest"),))},
     {"given": assembled({**SUBMITTED, "state": "too old"})}, {"settings": partnership(run=RunSettings(link_threshold=0.95))},
     {"settings": partnership(rules=RuleSettings(disabled=("HT01",)))}, {"rules": RULES[1:]}, {"earlier": ""},
     {"earlier": "2026-11-01-9876543210"}, {"outcomes": []},
     {"outcomes": [{**DECIDED, "verdict": "fraud"}]}],
    ids=["night", "rows", "state", "threshold", "switched off", "rules", "first night", "another night before", "undecided", "verdict"],
)  # fmt: skip
def test_what_may_change_the_result_changes_the_name(other: dict[str, Any]) -> None:
    assert name(**other) != name()


def test_another_version_of_a_library_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F58."""
    before = name()
    monkeypatch.setattr(ledger, "version", lambda library: "99")
    assert name() != before


def finish(home: Path, run: str, as_of: date, finished_at: str, exceptions: Sequence[str] = ()) -> None:
    frame = frame_of(EXCEPTION, [{"exception_id": e} for e in exceptions])
    ledger.folder(home, run).mkdir(parents=True)
    frame.write_parquet(ledger.folder(home, run) / "exceptions.parquet")
    ledger.close(home, run, {"run_id": run, "as_of": as_of, "finished_at": finished_at})


def issued(home: Path, *, as_of: date = NIGHT) -> list[str]:
    return ledger.history(home, ledger.newest(home, as_of=as_of))["exception_id"].to_list()


def test_a_run_without_a_closing_note_does_not_exist(tmp_path: Path) -> None:
    assert ledger.closed(tmp_path, "r1") is None
    ledger.folder(tmp_path, "r1").mkdir(parents=True)
    assert ledger.closed(tmp_path, "r1") is None
    assert issued(tmp_path) == []


def test_a_closed_run_gives_its_note_back(tmp_path: Path) -> None:
    ledger.close(tmp_path, "r1", {"run_id": "r1", "as_of": NIGHT, "counts": {"a": 1}})
    assert ledger.closed(tmp_path, "r1") == {"run_id": "r1", "as_of": "2026-11-02", "counts": {"a": 1}}
    assert json.loads((tmp_path / "runs" / "r1" / "run.json").read_bytes()) == ledger.closed(tmp_path, "r1")


def test_before_the_first_run_there_is_no_history(tmp_path: Path) -> None:
    assert ledger.newest(tmp_path, as_of=NIGHT) == ""
    assert ledger.history(tmp_path, "").equals(EXCEPTION.empty())
    assert ledger.clusters(tmp_path, "").is_empty()


def test_history_is_that_of_the_newest_earlier_night(tmp_path: Path) -> None:
    finish(tmp_path, "z", date(2026, 10, 30), "2026-11-01T09:00", ["old"])
    finish(tmp_path, "a", date(2026, 11, 1), "2026-11-01T02:00", ["newest"])
    assert issued(tmp_path) == ["newest"]
    assert issued(tmp_path, as_of=date(2026, 11, 1)) == ["old"]


def test_of_two_runs_of_one_night_the_last_to_finish_counts(tmp_path: Path) -> None:
    finish(tmp_path, "a", date(2026, 11, 1), "2026-11-01T03:00", ["second"])
    finish(tmp_path, "b", date(2026, 11, 1), "2026-11-01T02:00", ["first"])
    assert issued(tmp_path) == ["second"]


def test_this_night_s_own_run_and_later_ones_are_no_history(tmp_path: Path) -> None:
    finish(tmp_path, "tonight", NIGHT, "2026-11-02T02:00", ["e1"])
    finish(tmp_path, "later", date(2026, 11, 3), "2026-11-03T02:00", ["e2"])
    assert issued(tmp_path) == []
