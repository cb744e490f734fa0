"""The benchmark of killed nights, at a few steps: faults F50, F52, F53 and F55. All steps are the benchmark's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import crashes
from pipeline import once


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, str]]:
    folder = tmp_path_factory.mktemp("prepared")
    crashes.prepared(folder)
    return folder, *crashes.steps_of(folder)


@pytest.mark.parametrize(("where", "way"), [(0.1, "power cut"), (0.35, "killed"), (0.6, "fails"), (0.8, "power cut"), (0.97, "killed")])
def test_a_night_that_was_disturbed_comes_out_as_one_that_was_not(night: tuple[Path, int, dict[str, str]], where: float, way: crashes.Way) -> None:
    folder, steps, expected = night
    reached, found = crashes.attempt(folder, max(1, int(where * steps)), way)
    assert reached
    assert found == expected


def test_a_dead_process_writes_nothing_more(tmp_path: Path) -> None:
    with crashes.disk(1, "killed") as made:
        for does in (lambda: (tmp_path / "a").mkdir(), lambda: (tmp_path / "b").write_bytes(b"x"), lambda: (tmp_path / "c").unlink()):
            with pytest.raises(crashes.Dead):
                does()
    assert made.dead
    assert list(tmp_path.iterdir()) == []


def test_a_cut_of_the_power_takes_what_was_not_synced_and_leaves_what_was(tmp_path: Path) -> None:
    with crashes.disk(0, "power cut") as made:
        for name in ("synced", "not"):
            with (tmp_path / name).open("wb") as file:
                file.write(b"0123456789")
                file.flush()
                if name == "synced":
                    os.fsync(file.fileno())
    made.lose_unsynced(tmp_path, {})
    assert ((tmp_path / "synced").read_bytes(), (tmp_path / "not").read_bytes()) == (b"0123456789", b"01234")


def test_a_finished_stage_is_not_done_again(night: tuple[Path, int, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F52: the night goes on where it was."""
    folder = night[0].parent / "resumed"
    shutil.copytree(night[0], folder)
    calls = []
    real = once.link
    monkeypatch.setattr(once, "link", lambda *args, **more: (calls.append(1), real(*args, **more))[1])
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(once, "flag", stopped)
        with pytest.raises(KeyboardInterrupt):
            crashes.night(folder / "unit")
    name = crashes.night(folder / "unit")
    assert len(calls) == 1
    assert crashes.outcome(folder, name) == night[2]
