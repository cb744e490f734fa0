"""Planted contradictions about who lives with whom, and the innocent homes that look like them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sample_data.councils import DISTRICTS
from sample_data.difficulty_people import Tempt
from sample_data.messiness import WITHOUT_NINO
from sample_data.people import Person
from sample_data.rows import Row
from sample_data.world import World

HomePlant = Callable[[World, int], None]


def second_adult(world: World, place: int) -> None:
    """CT01: the single person discount on a home where the register lists another adult."""
    council, couple = world.rng.choice(DISTRICTS).id, world.people.couple((22, 80))
    account, elector = _home(world, council, couple, registered=world.ago(90, 600))
    world.truth.plant("CT01", account, elector, "the other adult is liable on no account")


def _home(
    world: World, council: str, couple: list[Person], *, registered: date, disregard: str = "NONE", since: date | None = None
) -> tuple[Row, Row]:
    """File a home with the discount, and both adults on the register."""
    home, since = world.home(council), since or world.ago(700, 4_000)
    account = world.desk.account(
        council, couple[0], home, since, discount="SPD", discount_since=since, disregard=disregard, care=WITHOUT_NINO, plain=False
    )  # fmt: skip
    world.desk.elector(council, couple[0], home, plain=False)
    elector = world.desk.elector(council, couple[1], home, plain=False)
    elector.values.update(register_date=registered, attainer_flag=False)
    return account, elector


def lawful_home(world: World, place: int) -> None:
    """The other one on the register is a student, is about to turn 18, moved out when the holder moved in, or came a few weeks ago."""
    council, way, rng = world.rng.choice(DISTRICTS).id, place % 4, world.rng
    couple = world.people.couple((40, 60))
    if way == 0:
        account, elector = _home(world, council, couple, registered=world.ago(90, 600), disregard="STU")
        why = "the other adult is disregarded"
    elif way == 1:
        child = world.people.person(age=(16, 16), heritage=couple[0].heritage, surname=couple[0].surname)
        account, elector = _home(world, council, [couple[0], child], registered=world.ago(90, 300))
        elector.values["attainer_flag"] = True
        why = "the other one is not 18 yet"
    elif way == 2:
        since = world.ago(60, 300)
        account, elector = _home(world, council, couple, registered=since - timedelta(days=rng.randint(200, 2_000)), since=since)
        why = "the register still lists who lived there before"
    else:
        account, elector = _home(world, council, couple, registered=world.ago(1, 20))
        why = "the other adult came a few weeks ago"
    world.truth.tempt("lawful home", "CT01", account, elector, why)


HOME_PLANTS: dict[str, HomePlant] = {"CT01": second_adult}
HOME_TEMPTATIONS: tuple[Tempt, ...] = (lawful_home,)
