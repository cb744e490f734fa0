"""One small sample for all tests of this folder, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sample_data.generate import generate

SMALL = 600


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
