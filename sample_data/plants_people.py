"""Planted contradictions about people; every second case has no NINO on at least one side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Protocol

from rapidfuzz.distance import JaroWinkler

from sample_data.councils import COUNCILS, COUNTY, DISTRICTS, LANDLORDS, Council
from sample_data.messiness import BOTH, Care
from sample_data.people import Person
from sample_data.rows import Row
from sample_data.world import World

MISKEYED = 17  # the case in which both sides hold a NINO, and one of them is mistyped


class Plant(Protocol):
    """A function that plants one case; `place` counts them and makes them differ."""

    def __call__(self, world: World, place: int) -> None: ...


@dataclass(frozen=True)
class Sides:
    """How one person is keyed on the two sides of a case, and what to say about it."""

    left: Care
    right: Care
    note: str


def sides(world: World, place: int, person: Person, *, nino: bool | None = None) -> Sides:
    """Return how to key the case: both with NINO, or not; the right side at times with a mistake.

    A case without a NINO on one side carries a birth date on both.
    """
    both = place % 2 == 0 if nino is None else nino
    twist = world.clerk.twist(person)
    if nino is None and place == MISKEYED:
        return Sides(BOTH, Care(True, True, True, "nino digits"), "NINO digits swapped")
    if both:
        born = (place % 4 != 0, True)
        return Sides(Care(True, born[0], careful=True), Care(True, born[1], True, twist), twist or "as written")
    left, right = ((False, False), (True, False), (False, True))[place // 2 % 3]
    return Sides(Care(left, True, careful=True), Care(right, True, True, twist), f"{twist or 'as written'}, no NINO")


def two(world: World, councils: tuple[Council, ...] = DISTRICTS) -> tuple[str, str]:
    """Return two different councils."""
    first, second = world.rng.sample(councils, 2)
    return first.id, second.id


def single_discounts(world: World, place: int) -> None:
    """CT03: the single person discount on two homes in two councils."""
    (a, b), person = two(world), world.people.person(age=(22, 84))
    keyed = sides(world, place, person)
    days = world.ago
    old = days(900, 4_000)
    end = days(5, 90) if place % 7 == 6 else None  # some ended lately, after a long overlap
    left = world.desk.account(a, person, world.home(a), old, discount="SPD", end=end, care=keyed.left, plain=False)
    right = world.desk.account(b, person, world.home(b), days(200, 800), discount="SPD", care=keyed.right, plain=False)
    for row in (left, right):
        row.values["discount_start"] = row.values["liability_start"]
    world.desk.elector(a, person, world.home(a), plain=False)
    world.truth.plant("CT03", left, right, keyed.note)


def discount_and_home(world: World, place: int) -> None:
    """CT04: the discount here, liable as a resident there, alone or with a partner."""
    (a, b), couple, days = two(world), world.people.couple((25, 70)), world.ago
    person = couple[place % 2]
    keyed = sides(world, place, person)
    left = world.desk.account(a, person, world.home(a), days(700, 4_000), discount="SPD", care=keyed.left, plain=False)
    left.values["discount_start"] = left.values["liability_start"]
    other, since = world.home(b), days(150, 690)
    if place % 5 == 4:
        right = world.desk.account(b, person, other, since, care=keyed.right, plain=False)
    elif place % 5 == 3:  # the person is the second one on the bill
        right = world.desk.account(b, couple[1 - place % 2], other, since, second=person, care=Care(None, True, careful=True), plain=False)
        right.values.update(world.clerk.person(person, "CTX", "second_", keyed.right))
    else:
        right = world.desk.account(b, person, other, since, second=couple[1 - place % 2], care=keyed.right, plain=False)
    world.truth.plant("CT04", left, right, keyed.note)


def two_claims(world: World, place: int) -> None:
    """CR01: council tax reduction claimed in two councils at once."""
    (a, b), person = two(world), world.people.person(age=(20, 80))
    keyed = sides(world, place, person)
    home, other = world.home(a), world.home(b)
    end = world.ago(3, 40) if place % 6 == 5 else None
    left = world.desk.claim(a, person, home, world.ago(400, 2_500), end=end, care=keyed.left, plain=False)
    right = world.desk.claim(b, person, other, world.ago(110, 380), care=keyed.right, plain=False)
    world.truth.plant("CR01", left, right, keyed.note)


def undeclared_work(world: World, place: int) -> None:
    """CR02: a claim that declares no earnings, and a job with a council; both hold the NINO (minimum tier T1)."""
    a = world.rng.choice(DISTRICTS).id
    employer = COUNTY.id if place % 3 == 0 else a if place % 3 == 1 else world.rng.choice(COUNCILS).id
    home, since = world.home(a), world.ago(300, 2_000)
    if place % 4 == 3:  # the claimant's partner works
        claimant, worker = world.people.couple((22, 60))
        left = world.desk.claim(a, claimant, home, since, partner=worker, passported=False, care=BOTH, partner_care=BOTH, plain=False)
    else:
        worker = world.people.person(age=(20, 62))
        left = world.desk.claim(a, worker, home, since, passported=False, care=BOTH, plain=False)
    keyed = sides(world, place, worker, nino=True)
    care = Care(True, True, True, keyed.right.twist)
    right = world.desk.employee(employer, worker, home, world.ago(90, 280), kind="FPP"[place % 3], care=care, plain=False)
    world.truth.plant("CR02", left, right, keyed.note)


def claim_and_tenancy(world: World, place: int) -> None:
    """CR06: a claim at one address, a social tenancy at another."""
    person = world.people.person(age=(20, 78))
    keyed = sides(world, place, person)
    b = world.rng.choice(LANDLORDS).id
    a = b if place % 5 == 4 else world.rng.choice([c.id for c in DISTRICTS if c.id != b])
    left = world.desk.claim(a, person, world.home(a), world.ago(150, 1_800), care=keyed.left, plain=False)
    world.book.move_on(b)
    right = world.desk.tenancy(b, [person], world.home(b), world.ago(150, 3_000), cares=(keyed.right,), plain=False)[0]
    world.truth.plant("CR06", left, right, keyed.note)


def two_tenancies(world: World, place: int) -> None:
    """HT01: two live social tenancies with two landlords."""
    (a, b), person = two(world, LANDLORDS), world.people.person(age=(24, 78))
    keyed = sides(world, place, person)
    end = world.ago(2, 40) if place % 8 == 7 else None
    left = world.desk.tenancy(a, [person], world.home(a), world.ago(700, 5_000), end=end, cares=(keyed.left,), plain=False)[0]
    right = world.desk.tenancy(b, [person], world.home(b), world.ago(120, 690), cares=(keyed.right,), plain=False)[0]
    world.truth.plant("HT01", left, right, keyed.note)


def undeclared_tenancy(world: World, place: int) -> None:
    """WL01: an applicant who holds a tenancy elsewhere and does not say so; mostly the address given is the true one."""
    person = world.people.person(age=(20, 75))
    keyed = sides(world, place, person)
    b = world.rng.choice(LANDLORDS).id
    a = world.rng.choice([c.id for c in DISTRICTS if c.id != b])
    rented = world.home(b)
    given = world.home(a) if place % 3 == 2 else rented
    left = world.desk.application(a, person, given, world.ago(60, 900), declared=False, reason="OTHER", care=keyed.left, plain=False)
    right = world.desk.tenancy(b, [person], rented, world.ago(1_000, 4_000), cares=(keyed.right,), plain=False)[0]
    world.truth.plant("WL01", left, right, keyed.note)


def false_address(world: World, place: int) -> None:
    """WL03: an applicant whose own council tax account or claim, in another council, gives another address."""
    (a, b), person = two(world), world.people.person(age=(20, 75))
    keyed = sides(world, place, person)
    lives, given = world.home(b), world.home(a)
    since = world.ago(900, 3_000)
    left = world.desk.application(a, person, given, world.ago(100, 800), declared=False, reason="UNSUIT", care=keyed.left, plain=False)
    if place // 2 % 2 == 0:
        world.truth.plant("WL03", left, world.desk.account(b, person, lives, since, care=keyed.right, plain=False), keyed.note)
    if place // 2 % 2 == 1 or place % 12 == 0:
        world.truth.plant("WL03", left, world.desk.claim(b, person, lives, since, care=keyed.right, plain=False), keyed.note)


def two_jobs(world: World, place: int) -> None:
    """PY01: two jobs with two councils that no week has room for; both hold the NINO (minimum tier T1)."""
    (a, b), person = two(world, COUNCILS), world.people.person(age=(24, 60))
    keyed = sides(world, place, person, nino=True)
    home = world.home(world.rng.choice(DISTRICTS).id)
    full = place % 4 != 3
    left = world.desk.employee(a, person, home, world.ago(700, 4_000), kind="F", hours=3_700, care=keyed.left, plain=False)
    right = world.desk.employee(
        b, person, home, world.ago(90, 600), kind="F" if full else "P", hours=3_700 if full else 1_800, care=keyed.right, plain=False
    )  # fmt: skip
    world.truth.plant("PY01", left, right, keyed.note)


def one_nino_two_people(world: World, place: int) -> None:
    """ID01: one NINO in the records of two people who cannot be the same."""
    a, b = two(world)
    one = world.people.person(sex="M", age=(20, 45), heritage="british")
    other = one
    while alike(one, other):
        other = world.people.person(sex="F", age=(48, 80), heritage=world.rng.choice(("british", "irish", "muslim", "polish")))
    left, right = _lone_record(world, a, one, place, one.nino), _lone_record(world, b, other, place // 2 + 1, one.nino)
    world.truth.plant("ID01", left, right, "one number, two names and birth dates")


def alike(one: Person, other: Person) -> bool:
    """Return whether some name of one looks like some name of the other, or both are born on one day of a month."""
    pairs = product((one.forename, one.surname), (other.forename, other.surname))
    close = any(JaroWinkler.similarity(a.upper(), b.upper()) > 0.7 for a, b in pairs)
    return close or one.born.month == other.born.month or one.born.day == other.born.day


def _lone_record(world: World, council: str, person: Person, kind: int, number: str) -> Row:
    """File the person once, in one of three datasets, under a given NINO."""
    desk, home, since = world.desk, world.home(council), world.ago(200, 2_000)
    care = Care(True, True, careful=True)
    own, person.nino = person.nino, number
    match kind % 3:
        case 0:
            row = desk.account(council, person, home, since, care=care, plain=False)
        case 1:
            row = desk.claim(council, person, home, since, earnings=9_000, care=care, plain=False)
        case _:
            row = desk.application(council, person, home, since, status="LIVE", care=care, plain=False)
    person.nino = own
    return row


PLANTS: dict[str, Plant] = {
    "CT03": single_discounts, "CT04": discount_and_home, "CR01": two_claims, "CR02": undeclared_work, "CR06": claim_and_tenancy,
    "HT01": two_tenancies, "WL01": undeclared_tenancy, "WL03": false_address, "PY01": two_jobs, "ID01": one_nino_two_people,
}  # fmt: skip


