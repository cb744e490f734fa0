"""What a place can do, tried out at places that can and at places that cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.store.abilities import abilities
from pipeline.store.area import Area, Entry
from pipeline.store.folder import Folder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*", "ignore::DeprecationWarning:botocore.*")


@pytest.mark.parametrize("place", ["folder", "sftp", "bucket"], indirect=True)
def test_a_place_that_can_do_everything_says_so_and_keeps_nothing(area: Area):
    found = abilities(area, "inbox/northmere")
    assert [ability.name for ability in found] == ["created once", "replaced", "listed", "clock", "removed"]
    assert all(ability.ok for ability in found), found
    assert area.entries("inbox/northmere") == []


class Careless(Folder):
    """A place that lets everybody overwrite, lists nothing and removes nothing."""

    def create(self, name: str, content: bytes) -> bool:
        self.put(name, content)
        return True

    def entries(self, folder: str) -> list[Entry]:
        return []

    def remove(self, name: str) -> None:
        pass


def test_a_place_that_can_do_little_says_what_follows(tmp_path: Path):
    found = {ability.name: ability for ability in abilities(Careless(tmp_path), "inbox/northmere")}
    assert {name: ability.ok for name, ability in found.items()} == {"created once": False, "replaced": True, "listed": False, "removed": False}
    assert "two submissions at once could mix" in found["created once"].sentence


@pytest.mark.parametrize(("ours", "said"), [(timedelta(hours=-1), "ahead of ours"), (timedelta(hours=1), "behind ours")])
def test_clocks_that_disagree_are_said_so_with_the_difference(tmp_path: Path, ours: timedelta, said: str):
    clock = next(one for one in abilities(Folder(tmp_path), "inbox/northmere", now=lambda: datetime.now(UTC) + ours) if one.name == "clock")
    assert not clock.ok
    assert said in clock.sentence
    assert any(f"{seconds:,} seconds" in clock.sentence for seconds in (3598, 3599, 3600, 3601))
