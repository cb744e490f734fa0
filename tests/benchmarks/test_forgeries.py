"""The forger's benchmark, small: it refuses everything, and would notice if something were accepted."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks import forgeries


def test_nothing_spoilt_is_accepted(tmp_path: Path) -> None:
    found = forgeries.measure(tmp_path, count=210, seed=7)
    states = {state for counted in found.values() for state, _ in counted}
    assert states <= {"quarantined", "not taken", "nothing changed"}
    assert all(sum(counted.values()) == 30 for counted in found.values())


def test_what_is_not_spoilt_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = forgeries.scene(tmp_path)
    monkeypatch.setitem(forgeries.KINDS, "edited", lambda _scene, _random, folder: (folder / "note.txt").write_text("beside") and None)
    assert forgeries.attempt(made, "edited", Random(1))[0] == "duplicate"
