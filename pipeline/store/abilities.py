"""What the exchange relies on, tried out at a shared area: the fine print of servers is not believed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.store.area import Area, Entry, Frank
from pipeline.store.fetched import read
from schemas.errors import IntegrityError

CLOCK_SECONDS = 120  # clocks further apart make "an hour old" and "not yet begun" a matter of whom one asks
_CAP = 1024


@dataclass(frozen=True)
class Ability:
    """One thing that a place should be able to do, and whether it is.

    Attributes:
        sentence: for people, also where all is well.
    """

    name: str
    ok: bool
    sentence: str


def _now() -> datetime:
    return datetime.now(UTC)


def abilities(area: Area, folder: str, *, now: Callable[[], datetime] = _now) -> list[Ability]:
    """Try under a name of our own what the exchange relies on, and leave nothing behind.

    Args:
        folder: where we may write, such as `inbox/northmere`.
        now: our own clock.

    Raises:
        StorageError: the area cannot be reached, or we may not write there at all.
    """
    scratch = f"{folder}/check-{secrets.token_hex(6)}"
    name = f"{scratch}/tried.txt"
    try:
        once = _created_once(area, name)
        before = now()
        area.put(name, b"third")
        after = now()
        entry = next((entry for entry in area.entries(scratch) if entry.name == "tried.txt"), None)
        found = [once, _replaced(area, name), _listed(entry), *_clock(entry, before, after)]
    finally:
        area.remove(name)
    found.append(_removed(area, name))
    return [*found, *(Ability(lack, False, sentence) for lack, sentence in (area.lacks() if isinstance(area, Frank) else {}).items())]


def _created_once(area: Area, name: str) -> Ability:
    ok = area.create(name, b"first") and not area.create(name, b"second") and _holds(area, name, b"first")
    yes, no = "A name that is taken is not taken again.", "A file that is there is overwritten by one that should find its name taken: two submissions at once could mix."
    return Ability("created once", ok, yes if ok else no)


def _replaced(area: Area, name: str) -> Ability:
    ok = _holds(area, name, b"third")
    return Ability("replaced", ok, "A file is replaced by a newer one." if ok else "A file that was replaced still shows its old content.")


def _listed(entry: Entry | None) -> Ability:
    ok = entry is not None and entry.kind == "file" and entry.size == len(b"third")
    return Ability("listed", ok, "What was written is listed, with its size." if ok else "What was written is not listed, or with another size: arrivals would be missed.")


def _clock(entry: Entry | None, before: datetime, after: datetime) -> list[Ability]:
    """Compare the area's clock with ours; nothing where the area does not say when a file was written."""
    if entry is None or entry.changed is None:
        return []
    apart = max(0, int((entry.changed - after).total_seconds()), int((before - entry.changed).total_seconds()))
    ok, ahead = apart <= CLOCK_SECONDS, entry.changed > after
    agree = "Its clock and ours agree." if not apart else f"Its clock and ours agree to {apart:,} seconds."
    return [Ability("clock", ok, agree if ok else f"Its clock is {apart:,} seconds {'ahead of' if ahead else 'behind'} ours; set whichever is wrong.")]


def _removed(area: Area, name: str) -> Ability:
    ok = not area.exists(name)
    return Ability("removed", ok, "What is removed is gone." if ok else "A file that was removed is still there: what was withdrawn could be read.")


def _holds(area: Area, name: str, content: bytes) -> bool:
    try:
        return read(area, name, cap=_CAP) == content
    except IntegrityError:
        return False
