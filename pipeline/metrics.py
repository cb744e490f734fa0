"""What a run amounted to, as a text file for Prometheus. Nothing listens on a port, and no label names a person."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.store.files import storage_errors
from schemas.datasets import CONTRACTS
from schemas.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from pipeline.run import RunSummary

SUFFIX = ".prom"  # the collector of text files reads no other
LAST_SUCCESS = "counterfoil_last_success_timestamp_seconds"
FATES = ("received", "accepted", "rejected", "superseded")
BANDS = ("top", "middle", "low", "suppressed")


def write_metrics(path: Path, summary: RunSummary, *, now: datetime, oldest_extract_days: int | None = None) -> None:
    """Write what a finished run amounted to; a reader sees the old file or the new one.

    Args:
        path: must end in `.prom`.
        now: when the run ended.
        oldest_extract_days: as `oldest_extract_days` gives it; left out of the file where there is none.

    Raises:
        UsageProblem: the path has another ending.
        StorageError: the folder is missing, full or not writable.
    """
    registry = _registry(now, summary.exit_code, now.timestamp())
    _set(registry, "counterfoil_stage_duration_seconds", "How long a stage took.", ("stage",), {(name,): seconds for name, _, _, seconds in summary.stages})
    _set(registry, "counterfoil_rows", "Rows of a partner; received is the sum of the others.", ("partner", "fate"), {
        (str(row["partner"]), fate): float(row[fate]) for row in summary.conservation.to_dicts() for fate in FATES
    })  # fmt: skip
    _set(registry, "counterfoil_exceptions", "Reasons to look, not findings; suppressed ones were not issued.", ("rule", "band"), {
        (str(row["rule"]), band): float(row[band]) for row in summary.exceptions.to_dicts() for band in BANDS
    })  # fmt: skip
    absent = Counter(partner for partner, _, _ in summary.absent)
    quarantined = Counter(partner for partner, _, _ in summary.quarantined)
    partners = sorted({*summary.conservation["partner"], *absent, *quarantined})
    _set(registry, "counterfoil_absent_datasets", "Datasets that a partner agreed to send and the run did not have.", ("partner",), {(p,): absent[p] for p in partners})
    _set(registry, "counterfoil_quarantined_submissions", "Submissions that this run put in quarantine.", ("partner",), {(p,): quarantined[p] for p in partners})
    if oldest_extract_days is not None:
        _set(registry, "counterfoil_oldest_extract_age_days", "Age of the oldest extract in the run.", (), {(): oldest_extract_days})
    _write(path, registry)


def write_failure(path: Path, exit_code: ExitCode, *, now: datetime) -> None:
    """Write that a run did not finish. Its figures are gone with it; when a run last succeeded is kept."""
    _write(path, _registry(now, exit_code, _last_success(path)))


def oldest_extract_days(submissions: pl.DataFrame, *, as_of: date) -> int | None:
    """Return how old the oldest snapshot in use is, in days; None where no snapshot is.

    Args:
        submissions: shape `SUBMISSION`. Periods of a history never age, and do not count.
    """
    used = submissions.filter((pl.col("state") == "used") & ~pl.col("dataset").is_in([name for name, contract in CONTRACTS.items() if contract.history]))
    oldest = used["as_of"].min()
    return (as_of - oldest).days if isinstance(oldest, date) else None


def _registry(now: datetime, exit_code: ExitCode, last_success: float | None) -> CollectorRegistry:
    from prometheus_client import CollectorRegistry  # the unit's side only

    registry = CollectorRegistry()
    _set(registry, "counterfoil_last_run_timestamp_seconds", "When a run last ended, however it ended.", (), {(): now.timestamp()})
    _set(registry, "counterfoil_last_run_exit_code", "How it ended: 0 done, 3 done without a partner, anything else is a failure.", (), {(): int(exit_code)})
    if last_success is not None:
        _set(registry, LAST_SUCCESS, "When a run last ended with 0 or 3.", (), {(): last_success})
    return registry


def _set(registry: CollectorRegistry, name: str, about: str, labels: tuple[str, ...], values: dict[tuple[str, ...], float]) -> None:
    from prometheus_client import Gauge

    gauge = Gauge(name, about, labels, registry=registry)
    for key, value in values.items():
        (gauge.labels(*key) if labels else gauge).set(value)


def _last_success(path: Path) -> float | None:
    """Return when a run last succeeded, as the file that stands there says; None where it does not."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        families = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return next((sample.value for family in families for sample in family.samples if sample.name == LAST_SUCCESS), None)


def _write(path: Path, registry: CollectorRegistry) -> None:
    from prometheus_client import write_to_textfile

    if path.suffix != SUFFIX:
        raise UsageProblem(f"a file of metrics ends in {SUFFIX}", found=ascii(path.suffix), mend="the collector of text files reads no other; name it counterfoil.prom")
    with storage_errors(path):
        write_to_textfile(str(path), registry)
