"""The log of events: what happened when, and never a value of a person."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events import FOLDER, NUMBERS, TEXTS, WITHHELD, Events, peak_mb
from schemas.errors import StorageError

NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)


def log(home: Path, *, now: datetime = NOON) -> Events:
    return Events(home, lambda: now)


def lines(home: Path, day: str = "2026-11-02") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / FOLDER / f"{day}.jsonl").read_text(encoding="ascii").splitlines()]


def test_a_line_says_when_what_and_how_many(tmp_path: Path) -> None:
    log(tmp_path).write("submission accepted", partner="eastholt", dataset="TAX", submission_id="tax-2026-11-01-abc", rows_in=20, rows_out=19, rows_rejected=1)
    assert lines(tmp_path) == [{
        "ts": "2026-11-02T12:00:00.000+00:00", "event": "submission accepted", "partner": "eastholt", "dataset": "TAX", "submission_id": "tax-2026-11-01-abc",
        "rows_in": 20, "rows_out": 19, "rows_rejected": 1,
    }]  # fmt: skip


def test_the_run_is_named_as_soon_as_it_has_a_name(tmp_path: Path) -> None:
    events = log(tmp_path)
    events.write("run started")
    events.run_id = "2026-11-02-0123456789"
    events.write("run ended", exit_code=0)
    events.write("run ended", run_id="2026-11-01-0123456789", exit_code=None)
    assert [line.get("run_id") for line in lines(tmp_path)] == [None, "2026-11-02-0123456789", "2026-11-01-0123456789"]
    assert "exit_code" not in lines(tmp_path)[2]


def test_there_is_one_file_a_day_in_universal_time(tmp_path: Path) -> None:
    log(tmp_path, now=NOON).write("run started")
    log(tmp_path, now=datetime(2026, 11, 3, 0, 30, tzinfo=timezone(timedelta(hours=1)))).write("run started")
    log(tmp_path, now=NOON + timedelta(days=1)).write("run started")
    assert (len(lines(tmp_path)), len(lines(tmp_path, "2026-11-03"))) == (2, 1)


def test_only_the_owner_and_the_group_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        log(tmp_path).write("run started")
    finally:
        os.umask(before)
    assert (tmp_path / FOLDER / "2026-11-02.jsonl").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o750


def test_a_stage_writes_when_it_starts_and_when_it_ends(tmp_path: Path) -> None:
    with log(tmp_path).stage("link", rows_in=100, partner="eastholt") as out:
        out["rows"] = 40
    started, ended = lines(tmp_path)
    assert (started["event"], started["stage"], started["partner"], started["rows_in"]) == ("stage started", "link", "eastholt", 100)
    assert (ended["event"], ended["stage"], ended["rows_in"], ended["rows_out"]) == ("stage ended", "link", 100, 40)
    assert ended["ms"] >= 0
    assert ended["peak_mb"] > 10


@pytest.mark.parametrize(("error", "name", "code"), [
    (StorageError("the folder of ADAEZE OKAFOR is missing"), "StorageError", 7), (KeyError("ADAEZE OKAFOR"), "KeyError", 1), (KeyboardInterrupt(), "KeyboardInterrupt", 130),
])  # fmt: skip
def test_a_stage_that_fails_says_so_without_the_message(tmp_path: Path, error: BaseException, name: str, code: int) -> None:
    with pytest.raises(type(error)), log(tmp_path).stage("flag"):
        raise error
    ended = lines(tmp_path)[-1]
    assert (ended["event"], ended["stage"], ended["error"], ended["exit_code"]) == ("stage failed", "flag", name, code)
    assert "OKAFOR" not in (tmp_path / FOLDER / "2026-11-02.jsonl").read_text()


PEOPLE = ("ADAEZE OKAFOR", "Okafor", "O'Brien-Weaver", "Zoë", "QQ112233C", "QQ 11 22 33 C", "ZZ1 1AA", "07700 900123", "12 High Street", "a@example.org", "\u202e", "\n{}")


@pytest.mark.parametrize("field", sorted(set(TEXTS) | NUMBERS))
@pytest.mark.parametrize("value", PEOPLE)
def test_no_field_takes_a_value_of_a_person(tmp_path: Path, field: str, value: str) -> None:
    log(tmp_path).write("run ended", **{field: value})
    (line,) = lines(tmp_path)
    if (field, value) != ("error", "Okafor"):  # the name of a class; ours are given by `stage`, from classes
        assert line[field] == WITHHELD


@given(st.dictionaries(st.sampled_from(sorted(set(TEXTS) | NUMBERS)), st.text() | st.integers() | st.booleans() | st.none(), max_size=4))
def test_whatever_comes_is_one_line_of_json(tmp_path_factory: pytest.TempPathFactory, fields: dict[str, Any]) -> None:
    home = tmp_path_factory.mktemp("unit")
    log(home).write("run ended", **fields)
    (line,) = lines(home)
    assert set(line) == {"ts", "event", *(name for name, value in fields.items() if value is not None)}


@pytest.mark.parametrize(("event", "fields"), [("Run started", {}), ("", {}), ("okafor, adaeze", {}), ("run started", {"surname": "x"}), ("run started", {"Rows": 1})])
def test_a_name_that_is_not_ours_is_our_own_mistake(tmp_path: Path, event: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a name of the log"):
        log(tmp_path).write(event, **fields)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_stops_nothing_and_says_later_what_is_missing(tmp_path: Path) -> None:
    """Fault F50."""
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    events = log(tmp_path)
    with events.stage("link"):
        pass
    assert events.lost == 2
    (tmp_path / FOLDER).unlink()
    events.write("run ended")
    events.write("run ended")
    assert [line.get("lines_lost") for line in lines(tmp_path)] == [2, None]


def test_memory_is_told_in_megabytes_where_the_system_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 10 < (peak_mb() or 0) < 1_000_000
    monkeypatch.setattr(sys, "platform", "darwin")
    assert (peak_mb() or 0) < 10_000
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_mb() is None
