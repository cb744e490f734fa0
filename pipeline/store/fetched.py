"""Small documents from the shared area, read by way of a copy of our own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.store.area import Area


def read(area: Area, name: str, *, cap: int) -> bytes:
    """Return what a file of the area holds; IntegrityError where it is missing, no plain file, or above `cap` bytes."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-") as folder:
        copy = Path(folder) / "copy"
        area.fetch(name, copy, cap=cap)
        return copy.read_bytes()
