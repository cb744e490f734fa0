"""The text file for Prometheus: what a run amounted to, whole or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.metrics import oldest_extract_days, write_failure, write_metrics
from pipeline.run import RunSummary
from schemas.errors import ExitCode, StorageError, UsageProblem
from schemas.records import SUBMISSION
from tests.conftest import frame_of

NIGHT = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
Sample = tuple[str, tuple[tuple[str, str], ...]]


def summary(**changed: Any) -> RunSummary:
    plain: dict[str, Any] = {
        "run_id": "2026-11-02-0123456789", "as_of": NIGHT, "repeated": False, "stages": (("intake", 0, 20, 0.25), ("link", 20, 4, 1.5)),
        "conservation": pl.DataFrame({"partner": ["eastholt", "northmere"], "received": [20, 9], "accepted": [17, 9], "rejected": [1, 0], "superseded": [2, 0]}),
        "exceptions": pl.DataFrame({"rule": ["CT03"], "title": ["A title"], "top": [2], "middle": [1], "low": [0], "suppressed": [4]}),
        "absent": (("northmere", "PAY", "never sent"), ("northmere", "PSP", "too old")), "quarantined": (("westfordshire", "pay-1", "torn"),), "notes": (),
        "published": Path("published"),
    }  # fmt: skip
    return RunSummary(**plain | changed)


def samples(path: Path) -> dict[Sample, float]:
    """Every sample of a file, by its name and labels, read as Prometheus reads it."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_a_run_is_told_in_full(tmp_path: Path) -> None:
    path = tmp_path / "counterfoil.prom"
    write_metrics(path, summary(), now=NOON, oldest_extract_days=45)
    rows = {("eastholt", "received"): 20, ("eastholt", "accepted"): 17, ("eastholt", "rejected"): 1, ("eastholt", "superseded"): 2,
            ("northmere", "received"): 9, ("northmere", "accepted"): 9, ("northmere", "rejected"): 0, ("northmere", "superseded"): 0}  # fmt: skip
    absent, quarantined = "counterfoil_absent_datasets", "counterfoil_quarantined_submissions"
    assert samples(path) == {
        ("counterfoil_last_run_timestamp_seconds", ()): NOON.timestamp(),
        ("counterfoil_last_success_timestamp_seconds", ()): NOON.timestamp(),
        ("counterfoil_last_run_exit_code", ()): 3,
        ("counterfoil_stage_duration_seconds", (("stage", "intake"),)): 0.25,
        ("counterfoil_stage_duration_seconds", (("stage", "link"),)): 1.5,
        **{("counterfoil_rows", (("fate", fate), ("partner", partner))): count for (partner, fate), count in rows.items()},
        **{("counterfoil_exceptions", (("band", band), ("rule", "CT03"))): n for band, n in {"top": 2, "middle": 1, "low": 0, "suppressed": 4}.items()},
        **{(absent, (("partner", partner),)): n for partner, n in {"eastholt": 0, "northmere": 2, "westfordshire": 0}.items()},
        **{(quarantined, (("partner", partner),)): n for partner, n in {"eastholt": 0, "northmere": 0, "westfordshire": 1}.items()},
        ("counterfoil_oldest_extract_age_days", ()): 45,
    }


def test_a_night_on_which_nothing_was_missing_ends_with_0(tmp_path: Path) -> None:
    path = tmp_path / "counterfoil.prom"
    write_metrics(path, summary(absent=(), quarantined=()), now=NOON)
    told = samples(path)
    assert told["counterfoil_last_run_exit_code", ()] == 0
    assert ("counterfoil_oldest_extract_age_days", ()) not in told
    assert sum(value for (name, _), value in told.items() if name in ("counterfoil_absent_datasets", "counterfoil_quarantined_submissions")) == 0


def test_every_figure_says_what_it_is_and_nothing_of_the_process_is_told(tmp_path: Path) -> None:
    path = tmp_path / "counterfoil.prom"
    write_metrics(path, summary(), now=NOON)
    text = path.read_text()
    assert text.count("# HELP counterfoil_") == text.count("# TYPE counterfoil_") == text.count("# HELP") == 8
    assert "A title" not in text


def test_a_run_that_failed_keeps_when_one_last_succeeded_and_no_figures_of_it(tmp_path: Path) -> None:
    path = tmp_path / "counterfoil.prom"
    write_metrics(path, summary(), now=NOON)
    for day, code in enumerate((ExitCode.STORAGE, ExitCode.SAFETY_STOP), start=1):
        write_failure(path, code, now=NOON + timedelta(days=day))
        assert samples(path) == {
            ("counterfoil_last_run_timestamp_seconds", ()): (NOON + timedelta(days=day)).timestamp(),
            ("counterfoil_last_run_exit_code", ()): int(code),
            ("counterfoil_last_success_timestamp_seconds", ()): NOON.timestamp(),
        }


@pytest.mark.parametrize("before", [None, b"", b"counterfoil_last_success_timestamp_seconds {\n", b"\xff\xfe", b"other 3\n"])
def test_a_first_run_that_failed_has_no_success_to_tell_of(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "counterfoil.prom"
    if before is not None:
        path.write_bytes(before)
    write_failure(path, ExitCode.INTERNAL, now=NOON)
    assert {name for name, _ in samples(path)} == {"counterfoil_last_run_timestamp_seconds", "counterfoil_last_run_exit_code"}


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "counterfoil.prom"
    write_metrics(path, summary(), now=NOON)
    before = path.read_bytes()

    def _full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr("os.rename", _full)
    with pytest.raises(StorageError, match="no room"):
        write_metrics(path, summary(), now=NOON + timedelta(days=1))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["counterfoil.prom"]


def test_a_folder_that_is_missing_and_a_name_the_collector_would_not_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing"):
        write_metrics(tmp_path / "gone" / "counterfoil.prom", summary(), now=NOON)
    with pytest.raises(UsageProblem, match=r"ends in \.prom"):
        write_failure(tmp_path / "counterfoil.txt", ExitCode.OK, now=NOON)


def test_the_oldest_extract_is_the_oldest_snapshot_in_use() -> None:
    rows = [
        {"submission_id": "a", "partner": "eastholt", "dataset": "TAX", "state": "used", "as_of": NIGHT - timedelta(days=10)},
        {"submission_id": "b", "partner": "eastholt", "dataset": "CTX", "state": "used", "as_of": NIGHT - timedelta(days=45)},
        {"submission_id": "c", "partner": "eastholt", "dataset": "CTX", "state": "superseded", "as_of": NIGHT - timedelta(days=99)},
        {"submission_id": "d", "partner": "eastholt", "dataset": "PSP", "state": "used", "as_of": NIGHT - timedelta(days=999)},
    ]  # fmt: skip
    assert oldest_extract_days(frame_of(SUBMISSION, rows), as_of=NIGHT) == 45
    assert oldest_extract_days(frame_of(SUBMISSION, rows[2:]), as_of=NIGHT) is None
