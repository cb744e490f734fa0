"""The same seed gives the same bytes, and what is kept with the code is what the generator writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from sample_data.councils import COUNCILS
from sample_data.generate import difficult_per_kind, generate, planted_per_rule

ROOT = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_seed_gives_same_bytes_in_another_process(sample: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sample_data", "--out", str(tmp_path), "--residents", "600"]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "1"}, capture_output=True)
    assert contents(tmp_path) == contents(sample)


def test_kept_sample_is_what_the_generator_writes(sample: Path) -> None:
    assert contents(ROOT / "sample_data" / "extracts") == contents(sample)


def test_kept_sample_is_small(sample: Path) -> None:
    assert sum(len(data) for data in contents(sample).values()) < 1_500_000


def test_another_seed_gives_other_people(sample: Path, tmp_path: Path) -> None:
    generate(tmp_path, residents=600, seed=7)
    assert contents(tmp_path)["northmere/extracts/CTX.csv"] != contents(sample)["northmere/extracts/CTX.csv"]


def test_another_day_moves_the_extracts(tmp_path: Path) -> None:
    generate(tmp_path, residents=100, as_of=date(2025, 5, 31))
    told = json.loads((tmp_path / "partnership.json").read_text(encoding="utf-8"))
    standing = {entry["as_of"] for entry in told["files"] if entry["dataset"] == "CRS"}
    assert standing == {"2025-04-30", "2025-05-31"}


def test_every_council_sends_what_it_says(sample: Path) -> None:
    told = json.loads((sample / "partnership.json").read_text(encoding="utf-8"))
    for council in COUNCILS:
        sent = {entry["dataset"] for entry in told["files"] if entry["partner"] == council.id}
        assert sent == set(council.datasets)
    assert all((sample / entry["file"]).is_file() for entry in told["files"])


def test_history_covers_five_years_by_year(sample: Path) -> None:
    told = json.loads((sample / "partnership.json").read_text(encoding="utf-8"))
    for council in COUNCILS:
        periods = [entry["period"] for entry in told["files"] if entry["partner"] == council.id and entry["dataset"] == "CRP"]
        assert periods == ["2022", "2023", "2024", "2025", "2026"]


def test_cases_grow_with_the_population_within_bounds() -> None:
    assert [planted_per_rule(n) for n in (100, 10_000, 20_000, 1_000_000)] == [4, 16, 32, 32]
    assert [difficult_per_kind(n) for n in (100, 10_000, 20_000)] == [4, 6, 12]
