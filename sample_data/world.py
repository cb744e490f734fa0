"""The background: households that contradict nothing, and what their councils hold about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sample_data.addresses import Address, AddressBook
from sample_data.councils import COUNCILS, COUNTY, DISTRICTS, LANDLORDS
from sample_data.desk import Desk
from sample_data.messiness import Clerk
from sample_data.people import Household, Person, Population
from sample_data.rows import Registry, Row
from sample_data.truth import Truth

_LANDLORD_IDS = frozenset(council.id for council in LANDLORDS)
_MOVERS, _CLAIMS, _TENANCIES, _WAITING, _SECOND_HOMES, _DEATHS = 0.07, 0.09, 0.18, 0.045, 0.024, 0.012  # shares of households
_REGISTERED, _EMPLOYED, _DRIVERS = 0.92, 0.055, 0.009  # shares of adults
_PURCHASES, _ONE_FIELD, _PROTECTED = 0.04, 0.01, 0.003  # shares of tenancies, of joint accounts, of accounts and jobs


@dataclass
class World:
    """Everything the generator holds while it works."""

    as_of: date
    rng: Random
    book: AddressBook
    people: Population
    registry: Registry
    clerk: Clerk
    desk: Desk
    truth: Truth
    households: list[Household] = field(default_factory=list)
    residents: int = 0

    def home(self, council: str, kind: str = "any") -> Address:
        """Return an address in the district where nobody lives yet."""
        return self.book.take(council, kind)

    def ago(self, least: int, most: int) -> date:
        """Return a day between so many days before the extracts."""
        return self.registry.days_ago(least, most)


def new_world(seed: int, as_of: date) -> World:
    """Return an empty world; every part draws from a stream of its own, so that one can change without the others."""
    streams = {name: Random(f"{seed} {name}") for name in ("rng", "book", "people", "registry", "clerk", "desk")}
    book = AddressBook(streams["book"])
    people = Population(streams["people"], book, as_of)
    registry = Registry(as_of, streams["registry"])
    clerk = Clerk(streams["clerk"], people)
    return World(as_of, streams["rng"], book, people, registry, clerk, Desk(registry, clerk, people, streams["desk"]), Truth())


def populate(world: World, residents: int) -> None:
    """Fill the five districts with households until so many people live there."""
    shares = (0.26, 0.22, 0.2, 0.17, 0.15)
    while world.residents < residents:
        council = world.rng.choices(DISTRICTS, shares)[0].id
        home = world.people.household(council)
        world.residents += len(home.adults) + home.children
        world.households.append(home)
        _file_household(world, home)


def _file_household(world: World, home: Household) -> None:
    """File what the councils hold about one household: who is liable, claims, rents, works and votes."""
    rng, desk = world.rng, world.desk
    claims = home.kind not in ("students", "shared") and rng.random() < _CLAIMS
    rents = home.council in _LANDLORD_IDS and home.kind not in ("students", "shared") and rng.random() < (_TENANCIES * (2.2 if claims else 1))
    before = _move(world, home, rents=rents)
    account = _account(world, home, reduced=claims)
    couple = home.adults[1] if len(home.adults) > 1 and home.kind in ("couple", "family", "grown", "twins", "namesakes") else None
    if claims:
        _claim(world, home, couple, account)
    if rents:
        tenants = [home.adults[0], couple] if couple and rng.random() < 0.7 else [home.adults[0]]
        kind = rng.choice(("SEC", "SEC", "SEC", "INT", "FIX"))
        tenancies = desk.tenancy(home.council, [tenant for tenant in tenants if tenant], home.home, home.since, kind=kind)
        if _seldom(world, home.council, "RTB", _PURCHASES):
            desk.purchase(home.council, home.adults[0], home.home, tenancies[0])
    _waiting_list(world, home, couple, rents=rents)
    for person in home.adults:
        if rng.random() < _REGISTERED:
            desk.elector(home.council, person, home.home)
        _work(world, home, person, claims=claims)
    if before is None and not claims and not rents and couple and home.kind != "grown" and rng.random() < _SECOND_HOMES:
        _second_home(world, home)
    if _seldom(world, home.council, "DEC", _DEATHS):
        _died(world, home)


def _seldom(world: World, council: str, dataset: str, share: float) -> bool:
    """Return true for such a share of households, and for the first one, so that no council's file is empty."""
    return world.rng.random() < share or (council, dataset) not in world.registry.rows


def _move(world: World, home: Household, *, rents: bool) -> Address | None:
    """Give some households a home before this one, in the same or another district, and close what they held there."""
    rng = world.rng
    if home.kind == "students" or rng.random() >= _MOVERS:
        return None
    home.since = world.ago(10, 340)
    old_council = home.council if rng.random() < 0.5 else rng.choice(DISTRICTS).id
    old, left = world.home(old_council), home.since - timedelta(days=1)
    came = left - timedelta(days=rng.randint(200, 3_000))
    home.moved_from = old
    discount = "SPD" if home.kind in ("single", "parent") and rng.random() < 0.8 else "NONE"
    world.desk.account(old_council, home.adults[0], old, came, end=left, discount=discount)
    if rents and old_council in _LANDLORD_IDS and rng.random() < 0.5:
        world.desk.tenancy(old_council, [home.adults[0]], old, came, end=left)
    return old


def _account(world: World, home: Household, *, reduced: bool) -> Row:
    rng = world.rng
    holder, second = home.adults[0], None
    discount, disregard, exemption = "NONE", "NONE", "NONE"
    if home.kind in ("single", "parent"):
        discount = "SPD" if rng.random() < 0.9 else "NONE"
    elif home.kind == "students":
        exemption, disregard = "N", "STU"
    elif home.kind != "shared":
        second = home.adults[1] if rng.random() < 0.75 else None
        if home.student and len(home.adults) == 2:
            discount, disregard = "SPD", "STU"
    row = world.desk.account(
        home.council, holder, home.home, home.since, second=second, discount=discount, disregard=disregard, exemption=exemption,
        reduced=reduced, protected=rng.random() < _PROTECTED,
    )  # fmt: skip
    if second and rng.random() < _ONE_FIELD:
        _in_one_field(row, holder, second)
    return row


def _in_one_field(row: Row, holder: Person, second: Person) -> None:
    """Write both names into the fields of the first, as older systems do: MR J & MRS A SMITH."""
    both = f"{holder.title} {holder.forename[0]} & {second.title} {second.forename[0]}"
    row.values.update({"title": "", "forename": both, "surname": holder.surname, "middle_names": ""})
    row.values.update({name: "" for name in row.values if name.startswith("second_")})
    row.owners = {"holder": holder.id, "holder 2": second.id}


def _claim(world: World, home: Household, couple: Person | None, account: Row) -> None:
    since = home.since + timedelta(days=world.rng.choice((0, 0, 14, 60, 400)))
    if since >= world.as_of - timedelta(days=7):
        since = home.since
    earnings = world.rng.randrange(4_000, 19_000, 50) if world.rng.random() < 0.15 else 0
    world.desk.claim(home.council, home.adults[0], home.home, since, partner=couple, earnings=earnings, account=account)


def _waiting_list(world: World, home: Household, couple: Person | None, *, rents: bool) -> None:
    """File an application with the true address; a tenant asks the own landlord, and says so."""
    rng = world.rng
    if home.kind in ("students", "twins") or rng.random() >= _WAITING * (1.5 if rents else 1):
        return
    council = home.council if rents or rng.random() < 0.75 else rng.choice(DISTRICTS).id
    registered = max(home.since + timedelta(days=1), world.ago(20, 1_500))
    status = rng.choices(("LIVE", "SUSP", "CLOSED", "OFFER"), (80, 5, 12, 3))[0]
    world.desk.application(
        council, home.adults[0], home.home, min(registered, world.as_of), joint=couple if rng.random() < 0.6 else None, declared=rents,
        reason="TRANSFER" if rents else "", status=status, size=len(home.adults) + home.children,
    )  # fmt: skip


def _work(world: World, home: Household, person: Person, *, claims: bool) -> None:
    """Give a few people one job with a council; people on a claim have none unless it was declared."""
    rng, age = world.rng, (world.as_of - person.born).days // 365
    if not 19 <= age <= 66 or claims:
        return
    if rng.random() < _EMPLOYED:
        employer = COUNTY.id if rng.random() < 0.3 else home.council if rng.random() < 0.55 else rng.choice(COUNCILS).id
        since = world.ago(30, min(9_000, (age - 17) * 365))
        gone = rng.random() < 0.1
        end = max(since + timedelta(days=10), world.ago(5, 330)) if gone else None
        old = home.moved_from if home.moved_from and rng.random() < 0.4 else home.home  # nobody told the payroll yet
        world.desk.employee(employer, person, old, since, end=end, protected=rng.random() < _PROTECTED)
    elif _seldom(world, home.council, "TAX", _DRIVERS):
        world.desk.licence(home.council if rng.random() < 0.6 else rng.choice(DISTRICTS).id, person, home.home)


def _second_home(world: World, home: Household) -> None:
    council = world.rng.choice(DISTRICTS).id
    status = world.rng.choice(("SECOND", "SECOND", "EMPTY", "LANDLORD", "JOB"))
    row = world.desk.account(council, home.adults[0], world.home(council), world.ago(100, 3_000), status=status)
    row.values.update(world.clerk.address(home.home, "CTX", "billing_"))


def _died(world: World, home: Household) -> None:
    """File a death in the last year of somebody who lived with the household, and at times alone, in a home since empty."""
    rng = world.rng
    dead = world.people.person(age=(68, 98), heritage=home.adults[0].heritage)
    died = world.ago(5, 350)
    alone = rng.random() < 0.5
    last_home = world.home(home.council) if alone else home.home
    world.desk.death(home.council if rng.random() < 0.7 else COUNTY.id, dead, last_home, died)
    if alone:
        row = world.desk.account(home.council, dead, last_home, world.ago(3_000, 9_000), end=died, discount="SPD")
        if rng.random() < 0.4:
            row.values.update({"title": "", "forename": f"Executors of {dead.forename}"})
