"""One small sample for all tests of this folder, made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pipeline.check import check
from pipeline.mapping import load_all
from sample_data.generate import AS_OF, generate
from schemas.datasets import CONTRACTS
from schemas.relations import Checked

SMALL = 600
Checks = list[tuple[dict[str, str], Checked]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sample, as it is kept with the code."""
    folder = tmp_path_factory.mktemp("sample")
    generate(folder, residents=SMALL)
    return folder


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of the demonstration: 20,000 residents."""
    folder = tmp_path_factory.mktemp("full")
    generate(folder)
    return folder


@pytest.fixture(scope="session")
def checks() -> Callable[[Path], Checks]:
    """Every file of a sample as `check` sees it, beside its entry of partnership.json; each sample is checked once."""
    return _checks


@cache
def _checks(folder: Path) -> Checks:
    found: Checks = []
    for entry in json.loads((folder / "partnership.json").read_text(encoding="utf-8"))["files"]:
        mappings = load_all(folder / entry["partner"], entry["dataset"])
        found.append((entry, check([folder / entry["file"]], CONTRACTS[entry["dataset"]], mappings, as_of=AS_OF)))
    return found
