"""One run at a time, whoever starts it and however the last one ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.lock import one_at_a_time
from schemas.errors import ExitCode, LockHeld

NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.lock import one_at_a_time
with one_at_a_time(Path(sys.argv[1]), "run", now=datetime(2026, 11, 2, 11, 0, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that holds the lock until a line is written to it, or until it is killed."""
    started = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == "held\n"
        yield started
    finally:
        started.kill()
        started.communicate()


def test_a_second_process_is_refused_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Fault F54."""
    with other_process(tmp_path) as holder:
        with pytest.raises(LockHeld) as refused, one_at_a_time(tmp_path, "run", now=NOON):
            pytest.fail("two runs at once")
        assert refused.value.exit_code is ExitCode.LOCK_HELD
        assert f"process {holder.pid} on " in refused.value.found
        assert "since 2026-11-02T11:00:00+00:00" in refused.value.found
        assert refused.value.file == str(tmp_path)
        assert (tmp_path / "run.lock.json").exists()  # the refused one did not take the holder's note away


def test_a_run_that_died_leaves_a_note_and_no_hindrance(tmp_path: Path) -> None:
    with other_process(tmp_path) as holder:
        holder.kill()
        holder.wait()
        assert json.loads((tmp_path / "run.lock.json").read_text(encoding="utf-8"))["pid"] == holder.pid
        with one_at_a_time(tmp_path, "run", now=NOON):
            assert json.loads((tmp_path / "run.lock.json").read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_the_lock_is_free_again_when_the_other_process_ends(tmp_path: Path) -> None:
    with other_process(tmp_path) as holder:
        holder.communicate("end\n")
        assert holder.returncode == 0
    with one_at_a_time(tmp_path, "run", now=NOON):
        pass


def test_the_note_names_this_process_and_goes_with_the_lock(tmp_path: Path) -> None:
    note = tmp_path / "run.lock.json"
    with one_at_a_time(tmp_path, "run", now=NOON):
        content = json.loads(note.read_text(encoding="utf-8"))
        assert (content["pid"], content["since"]) == (os.getpid(), "2026-11-02T12:00:00+00:00")
    assert not note.exists()


def test_a_run_that_fails_lets_go_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broke"), one_at_a_time(tmp_path, "run", now=NOON):
        raise RuntimeError("broke")
    with one_at_a_time(tmp_path, "run", now=NOON):
        pass
    assert not (tmp_path / "run.lock.json").exists()


@pytest.mark.parametrize("note", ["", "{", "{}", None])
def test_a_holder_without_a_readable_note_still_holds(tmp_path: Path, note: str | None) -> None:
    with one_at_a_time(tmp_path, "run", now=NOON):
        path = tmp_path / "run.lock.json"
        path.unlink() if note is None else path.write_text(note, encoding="utf-8")
        with pytest.raises(LockHeld, match="a process that left no note"), one_at_a_time(tmp_path, "run", now=NOON):
            pytest.fail("two runs at once")


def test_two_homes_have_two_locks(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with one_at_a_time(tmp_path / "a", "run", now=NOON), one_at_a_time(tmp_path / "b", "run", now=NOON):
        assert all((tmp_path / name / "run.lock.json").is_file() for name in ("a", "b"))
