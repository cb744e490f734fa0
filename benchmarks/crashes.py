"""A night that is killed at every step it takes on the disk, and run again: is anything lost, and does it come out the same?

    python -m benchmarks.crashes [--every 1] [--start 0]

Steps are what makes bytes and names durable: fsync, replace, rename, link, unlink, rmdir, mkdir. At the chosen step the process is as dead:
nothing that it would still do reaches the disk. Three ways: killed; killed with the power, so that what was not synced is lost; and a step
that fails, as on a full disk. Then the night runs once more, undisturbed, and is held against a night that nothing disturbed.
"""

from __future__ import annotations

import argparse
import builtins
import errno
import gc
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pipeline.home import init_unit
from pipeline.key_files import card_path, make_unit_keys
from pipeline.receipts import load_receipts
from pipeline.run import run
from pipeline.specification import template
from pipeline.submit import submit
from pipeline.trust import accept_invitation, add_partner, invite
from schemas.datasets import CONTRACTS
from schemas.errors import StorageError
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, Partnership

NIGHT, NOON = date(2026, 11, 30), datetime(2026, 11, 30, 12, tzinfo=UTC)
STEPS = ("fsync", "replace", "rename", "link", "unlink", "rmdir", "mkdir")
Way = Literal["killed", "power cut", "fails"]
WAYS: tuple[Way, ...] = ("killed", "power cut", "fails")


class Dead(BaseException):
    """The process is no more; nobody may catch it."""


class Disk:
    """Counts the steps, and stops at one.

    Args:
        at: number of the step; 0 stops at none.
    """

    def __init__(self, at: int, way: Way) -> None:
        self.at, self.way, self.steps, self.dead = at, way, 0, False
        self.synced: dict[int, tuple[int, int]] = {}  # inode -> size and time of change when it was last synced

    def step(self, real: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self.dead:
            raise Dead
        self.steps += 1
        if self.steps == self.at:
            if self.way == "fails":
                raise OSError(errno.ENOSPC, "No space left on device")
            self.dead = True
            raise Dead
        if real.__name__ == "fsync":
            status = os.fstat(args[0])
            self.synced[status.st_ino] = (status.st_size, status.st_mtime_ns)
        return real(*args, **more)

    def lose_unsynced(self, folder: Path, before: dict[Path, tuple[int, int]]) -> None:
        """Take from every file that changed since it was last synced what a cut of the power could take: its second half."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                now = (status.st_size, status.st_mtime_ns)
                if before.get(path) != now and self.synced.get(status.st_ino) != now:
                    path.write_bytes(path.read_bytes()[: status.st_size // 2])


@contextmanager
def disk(at: int, way: Way) -> Iterator[Disk]:
    """Put the counting disk in the place of the real one."""
    made, kept = Disk(at, way), {name: getattr(os, name) for name in STEPS}
    opened, plain = io.open, os.open

    def opens(file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
        if made.dead and set(mode) & set("wax+"):
            raise Dead
        return opened(file, mode, *args, **more)

    def opens_plain(path: Any, flags: int, *args: Any, **more: Any) -> int:
        if made.dead and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise Dead
        return plain(path, flags, *args, **more)

    try:
        for name, real in kept.items():
            setattr(os, name, lambda *args, _real=real, **more: made.step(_real, *args, **more))
        io.open, builtins.open, os.open = opens, opens, opens_plain  # type: ignore[assignment]
        yield made
    finally:
        for name, real in kept.items():
            setattr(os, name, real)
        io.open, builtins.open, os.open = opened, opened, plain  # type: ignore[misc]


def prepared(folder: Path) -> Path:
    """Return the unit's home of two councils with a submission each, and one that was replaced."""
    names = ("eastholt", "northmere")
    entries = tuple(PartnerEntry(id=name, name=name.title(), gss=f"E0799990{n}", datasets=("CTX",)) for n, name in enumerate(names))
    agreement = Agreement(id="both", partners=names, datasets=("CTX",), legal_basis="invented", disclosure="clear")
    partnership = Partnership(name="Two", shared=Path("..", "shared").as_posix(), partner=entries, agreement=(agreement,), as_of={"default": AsOfRule(max_age_days=100)})
    init_unit(folder / "unit", partnership=partnership)
    make_unit_keys(folder / "unit")
    text = template(CONTRACTS["CTX"])
    for number, name in enumerate((*names, "northmere")):
        if not (folder / name).exists():
            _, card = accept_invitation(folder / name, invite(folder / "unit", name, now=NOON), shared=Path("..", "shared").as_posix())
            add_partner(folder / "unit", card_path(folder / name, card.id), now=NOON)
        path = folder / f"{number}.csv"
        path.write_text(text.replace("Weaver", "Mill") if number == 2 else text, encoding="utf-8", newline="")
        submit([path], "CTX", folder / name, as_of=NIGHT, now=NOON + timedelta(minutes=number))
    return folder / "unit"


def night(home: Path) -> str:
    """Run the night; return its name."""
    return run(home, as_of=NIGHT, now=NOON + timedelta(hours=12)).run_id


def outcome(folder: Path, name: str) -> dict[str, str]:
    """Return what must be the same whatever happened: the run's tables, who was answered how, what is published and delivered."""
    home = folder / "unit"
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((home / "runs" / name).glob("*.parquet"))}
    found["receipts"] = json.dumps(sorted((r.partner, r.submission_id, r.state) for r in load_receipts(home)))
    found["current"] = (home / "published" / "CURRENT").read_text(encoding="ascii").strip()
    found["delivered"] = json.dumps(sorted(str(path.relative_to(folder)) for path in (folder / "shared" / "outbox").rglob("*") if not path.name.startswith(".partial")))
    found["readable"] = str((home / "published" / name / "workbench.duckdb").stat().st_size > 0)
    return found


def attempt(prepared_folder: Path, at: int, way: Way) -> tuple[bool, dict[str, str]]:
    """Disturb one night at one step, and run it again; return whether the step was reached, and what came of it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "all"
        shutil.copytree(prepared_folder, folder, symlinks=True)
        before = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
        reached = True
        with disk(at, way) as made:
            try:
                night(folder / "unit")
                reached = made.steps >= at
            except Dead:
                pass
            except StorageError:
                assert way == "fails"
            except OSError as error:
                return True, {"no words of ours": repr(error)}
        gc.collect()  # lets go of the lock, as the system does of a dead process's
        if made.dead and way == "power cut":
            made.lose_unsynced(folder, before)
        _judge_pointer(folder / "unit")
        return reached, outcome(folder, night(folder / "unit"))


def _judge_pointer(home: Path) -> None:
    """A reader that looks now sees nothing, or one whole run."""
    pointer = home / "published" / "CURRENT"
    if pointer.exists():
        name = pointer.read_text(encoding="ascii").strip()
        assert (home / "published" / name / "manifest.json").is_file(), "CURRENT names a run that is not whole"


def steps_of(prepared_folder: Path) -> tuple[int, dict[str, str]]:
    """Return how many steps an undisturbed night takes, and what comes of it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "all"
        shutil.copytree(prepared_folder, folder, symlinks=True)
        with disk(0, "killed") as made:
            name = night(folder / "unit")
        return made.steps, outcome(folder, name)


def main() -> None:
    """Disturb the night at every step in every way, and print what came out otherwise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--start", type=int, default=0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepared(folder)
        steps, expected = steps_of(folder)
        print(f"an undisturbed night takes {steps} steps")
        bad = tried = 0
        for at in range(wanted.start + 1, steps + 1, wanted.every):
            for way in WAYS:
                tried += 1
                _, found = attempt(folder, at, way)
                if found != expected:
                    bad += 1
                    print(f"step {at}, {way}: other {sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))}")
        print(f"{tried} disturbed nights, {bad} of them came out otherwise")


if __name__ == "__main__":
    main()
