"""Innocent pairs of people that look like contradictions; each says why it must not be issued."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sample_data.councils import DISTRICTS, LANDLORDS
from sample_data.messiness import BOTH, NAME_ONLY, WITHOUT_NINO, Care
from sample_data.people import Person
from sample_data.plants_people import two
from sample_data.rows import Row
from sample_data.world import World

Tempt = Callable[[World, int], None]


def _spd(
    world: World, council: str, person: Person, care: Care, *, since: date | None = None, end: date | None = None, disregard: str = "NONE",
    protected: bool = False,
) -> Row:
    """File an account with the single person discount, in force since the first day."""
    since = since or world.ago(400, 3_000)
    return world.desk.account(
        council, person, world.home(council), since, end=end, discount="SPD", discount_since=since, disregard=disregard,
        protected=protected, care=care, plain=False,
    )  # fmt: skip


def _held(place: int) -> Care:
    """Return a birth date always, and a NINO on every second case."""
    return BOTH if place % 2 else WITHOUT_NINO


def twins(world: World, place: int) -> None:
    """Twins with a home each: one surname, one birth date, one initial."""
    (a, b), sex = two(world), "MF"[place % 2]
    pairs = {"M": (("James", "Jack"), ("Harry", "Barry"), ("Daniel", "David")), "F": (("Emma", "Emily"), ("Jean", "Joan"), ("Laura", "Lucy"))}
    first, second = pairs[sex][place // 2 % 3]
    one = world.people.person(sex=sex, age=(22, 60), heritage="british", forename=first)
    other = world.people.person(sex=sex, heritage="british", surname=one.surname, forename=second, born=one.born)
    left, right = _spd(world, a, one, _held(place)), _spd(world, b, other, _held(place))
    world.truth.tempt("twins", "CT03", left, right, "two people: twins with a home each")


def father_and_son(world: World, place: int) -> None:
    """A father and a son of one name, each with a tenancy."""
    a, b = two(world, LANDLORDS)
    father = world.people.person(sex="M", age=(50, 80), heritage="british")
    years = world.rng.randint(22, 30)
    son = world.people.person(sex="M", heritage="british", surname=father.surname, forename=father.forename, born=_later(father.born, years, place))
    care = _held(place)
    left = world.desk.tenancy(a, [father], world.home(a), world.ago(900, 5_000), cares=(care,), plain=False)[0]
    right = world.desk.tenancy(b, [son], world.home(b), world.ago(100, 900), cares=(care,), plain=False)[0]
    world.truth.tempt("father and son", "HT01", left, right, "two people of one name, born a generation apart")


def _later(born: date, years: int, place: int) -> date:
    """Return a birth date so many years later; every third case on the same day of the year."""
    if place % 3 == 0:
        return born.replace(year=born.year + years, day=min(born.day, 28))
    return born + timedelta(days=years * 365 + 37)


def same_name_and_birth(world: World, place: int) -> None:
    """Two people of one name and birth date; their NINOs tell them apart."""
    a, b = two(world)
    one = world.people.person(age=(25, 75), heritage="british")
    other = world.people.person(sex=one.sex, heritage="british", surname=one.surname, forename=one.forename, born=one.born)
    if place % 2:
        left, right, rule = _spd(world, a, one, BOTH), _spd(world, b, other, BOTH), "CT03"
    else:
        days = world.ago
        left = world.desk.claim(a, one, world.home(a), days(200, 900), care=BOTH, plain=False)
        right, rule = world.desk.claim(b, other, world.home(b), days(200, 900), care=BOTH, plain=False), "CR01"
    world.truth.tempt("same name and birth date", rule, left, right, "two people: the NINOs differ")


def name_only(world: World, place: int) -> None:
    """Two people of one name, with neither birth date nor NINO in the files."""
    a, b = two(world)
    one = world.people.person(age=(25, 75), heritage="british")
    other = world.people.person(sex=one.sex, age=(25, 75), heritage="british", surname=one.surname, forename=one.forename)
    left, right = _spd(world, a, one, NAME_ONLY), _spd(world, b, other, NAME_ONLY)
    world.truth.tempt("namesakes, name only", "CT03", left, right, "two people; only the names agree, and names alone issue nothing")


def move_discount(world: World, place: int) -> None:
    """A move: two discounts overlap by no more than four weeks."""
    (a, b), person, moved = two(world), world.people.person(age=(22, 80)), world.ago(60, 300)
    left = _spd(world, a, person, _held(place), end=moved + timedelta(days=world.rng.randint(0, 26)))
    right = _spd(world, b, person, _held(place), since=moved)
    world.truth.tempt("move overlap", "CT03", left, right, "a move; the overlap is within 28 days")


def move_claim(world: World, place: int) -> None:
    """A move: two awards overlap by no more than two weeks."""
    (a, b), person, moved = two(world), world.people.person(age=(22, 80)), world.ago(60, 300)
    end = moved + timedelta(days=world.rng.randint(0, 12))
    left = world.desk.claim(a, person, world.home(a), world.ago(500, 2_000), end=end, care=_held(place), plain=False)
    right = world.desk.claim(b, person, world.home(b), moved, care=_held(place), plain=False)
    world.truth.tempt("move overlap", "CR01", left, right, "a move; the overlap is within 14 days")


def move_tenancy(world: World, place: int) -> None:
    """A transfer: two tenancies overlap by no more than four weeks."""
    (a, b), person, moved = two(world, LANDLORDS), world.people.person(age=(22, 80)), world.ago(60, 300)
    end = moved + timedelta(days=world.rng.randint(0, 26))
    left = world.desk.tenancy(a, [person], world.home(a), world.ago(500, 4_000), end=end, cares=(_held(place),), plain=False)[0]
    right = world.desk.tenancy(b, [person], world.home(b), moved, cares=(_held(place),), plain=False)[0]
    world.truth.tempt("move overlap", "HT01", left, right, "a transfer; the overlap is within 28 days")


def lawful_student(world: World, place: int) -> None:
    """A lawful discount: the other adult is a student; the person is named on a second account for the student's lodging."""
    (a, b), couple = two(world), world.people.couple((40, 60))
    left = _spd(world, a, couple[0], _held(place), disregard="STU")
    right = world.desk.account(
        b, couple[0], world.home(b), world.ago(100, 380), exemption="N", disregard="STU", care=_held(place), plain=False
    )  # fmt: skip
    world.truth.tempt("lawful discount, student", "CT04", left, right, "every adult but one is a disregarded student")


def second_home(world: World, place: int) -> None:
    """A discount at the main home and a second home, billed as one; or a home that goes with a job; or a flat to let."""
    (a, b), person = two(world), world.people.person(age=(35, 80))
    status = ("SECOND", "JOB", "LANDLORD", "EMPTY")[place % 4]
    left = _spd(world, a, person, _held(place))
    right = world.desk.account(b, person, world.home(b), world.ago(200, 900), status=status, care=_held(place), plain=False)
    world.truth.tempt("second home", "CT04", left, right, f"the other dwelling is no main home, and is billed so ({status})")


def transfer(world: World, place: int) -> None:
    """A tenant on another council's list who says so."""
    b = world.rng.choice(LANDLORDS).id
    a = world.rng.choice([c.id for c in DISTRICTS if c.id != b])
    person, home, care = world.people.person(age=(22, 70)), world.home(b), _held(place)
    left = world.desk.application(a, person, home, world.ago(60, 700), declared=True, reason="TRANSFER", care=care, plain=False)
    right = world.desk.tenancy(b, [person], home, world.ago(900, 3_000), cares=(care,), plain=False)[0]
    world.truth.tempt("transfer applicant", "WL01", left, right, "the applicant declared the tenancy")


def left_joint_tenancy(world: World, place: int) -> None:
    """A joint tenant who moved out: the old tenancy goes on with the other tenant, or was closed."""
    (a, b), couple, care = two(world, LANDLORDS), world.people.couple((24, 60)), _held(place)
    moved = world.ago(100, 300)
    end = moved if place % 2 else None
    left = world.desk.tenancy(a, couple, world.home(a), world.ago(900, 4_000), end=end, cares=(care,), plain=False)[0]
    right = world.desk.tenancy(b, couple[:1], world.home(b), moved, cares=(care,), plain=False)[0]
    world.truth.tempt("left joint tenancy", "HT01", left, right, "a couple parted; the old tenancy was closed or belongs to the other tenant")


def housed_elsewhere(world: World, place: int) -> None:
    """An application closed when the applicant was housed, or a homeless applicant in temporary accommodation."""
    b = world.rng.choice(LANDLORDS).id
    a = world.rng.choice([c.id for c in DISTRICTS if c.id != b])
    person, care, status = world.people.person(age=(20, 70)), _held(place), ("CLOSED", "LIVE")[place % 2]
    left = world.desk.application(
        a, person, world.home(a), world.ago(200, 700), status=status, reason="OTHER" if status == "CLOSED" else "HOMELESS",
        care=care, plain=False,
    )  # fmt: skip
    kind = "SEC" if status == "CLOSED" else "TEMP"
    right = world.desk.tenancy(b, [person], world.home(b), world.ago(60, 190), kind=kind, cares=(care,), plain=False)[0]
    world.truth.tempt("housed or homeless", "WL01", left, right, "the application is closed, or the tenancy is temporary accommodation")


def recent_move(world: World, place: int) -> None:
    """An applicant who moved a few weeks ago and has not told the list yet."""
    (a, b), person, care = two(world), world.people.person(age=(20, 70)), _held(place)
    left = world.desk.application(a, person, world.home(a), world.ago(300, 900), declared=False, reason="OTHER", care=care, plain=False)
    right = world.desk.account(b, person, world.home(b), world.ago(5, 55), care=care, plain=False)
    world.truth.tempt("recent move", "WL03", left, right, "the applicant moved less than 60 days ago")


def true_address(world: World, place: int) -> None:
    """An applicant who gives the true address, written in another way: a flat, a house with a name, no UPRN or the building's."""
    (a, b), person, care = two(world), world.people.person(age=(20, 70)), _held(place)
    kind = ("flat", "named")[place % 2]
    home = world.home(b, kind)
    left = world.desk.application(a, person, home, world.ago(200, 900), declared=False, reason="OTHER", care=care, plain=False)
    right = world.desk.account(b, person, home, world.ago(1_000, 3_000), care=care, plain=False)
    if kind == "flat":
        right.values["uprn"] = home.parent_uprn
    first, second = (f"{home.flat}, {home.house} {home.street}", "") if kind == "flat" else (home.house, home.street)
    left.values.update({"addr1": first, "addr2": second, "uprn": ""})
    word = "parent UPRN" if kind == "flat" else "house name"
    world.truth.tempt(word, "WL03", left, right, "the same home, written in two ways")


def neighbours(world: World, place: int) -> None:
    """Two tenants of one building, whose landlord knows the building's UPRN only."""
    b = world.rng.choice(LANDLORDS).id
    flat, other = world.book.block_of_two(b)
    one = world.people.person(age=(20, 70), heritage="british")
    namesake = world.people.person(sex=one.sex, age=(20, 70), heritage="british", surname=one.surname)
    left = world.desk.claim(b, one, flat, world.ago(200, 900), care=BOTH, plain=False)
    right = world.desk.tenancy(b, [namesake], other, world.ago(200, 900), cares=(WITHOUT_NINO,), plain=False)[0]
    left.values["uprn"] = right.values["uprn"] = flat.parent_uprn
    world.truth.tempt("parent UPRN", "CR06", left, right, "two people in two flats of one building")


def side_posts(world: World, place: int) -> None:
    """Two payrolls for a good reason: shared, bank, election, retained fire or casual posts, or hours that fit a week."""
    (a, b), person = two(world), world.people.person(age=(24, 60))
    home = world.home(a)
    post, kind, hours = (
        ("SHARED", "F", 3_700), ("BANK", "P", 1_500), ("ELECTION", "P", 1_200), ("FIRE", "P", 2_000), ("STD", "C", 1_300), ("STD", "P", 1_000),
    )[place % 6]  # fmt: skip
    main = "SHARED" if post == "SHARED" else "STD"
    left = world.desk.employee(a, person, home, world.ago(700, 3_000), kind="F", hours=3_700, post=main, care=BOTH, plain=False)
    right = world.desk.employee(b, person, home, world.ago(90, 600), kind=kind, hours=hours, post=post, care=BOTH, plain=False)
    why = "hours that fit a week of 48" if (post, kind) == ("STD", "P") else f"the second post is {post if post != 'STD' else 'casual'}"
    world.truth.tempt("two posts", "PY01", left, right, why)


def changed_jobs(world: World, place: int) -> None:
    """A change of job: the last weeks of the old one overlap the new one."""
    (a, b), person, since = two(world), world.people.person(age=(22, 60)), world.ago(60, 300)
    home = world.home(a)
    end = since + timedelta(days=world.rng.randint(0, 26))
    left = world.desk.employee(a, person, home, world.ago(700, 3_000), end=end, kind="F", care=BOTH, plain=False)
    right = world.desk.employee(b, person, home, since, kind="F", care=BOTH, plain=False)
    world.truth.tempt("changed jobs", "PY01", left, right, "the old job ended within 28 days of the new one's start")


def declared_work(world: World, place: int) -> None:
    """A claim that declares the earnings, a casual post, or a job that ended before the award."""
    (a, b), person = two(world), world.people.person(age=(22, 60))
    home, since = world.home(a), world.ago(200, 280)
    way = place % 3
    left = world.desk.claim(a, person, home, since, earnings=14_500 if way == 0 else 0, passported=False, care=BOTH, plain=False)
    end, kind = since - timedelta(days=4) if way == 2 else None, "C" if way == 1 else "P"
    right = world.desk.employee(b, person, home, world.ago(500, 2_000), end=end, kind=kind, care=BOTH, plain=False)
    why = ("the earnings are declared", "a casual post", "the job ended before the award began")[way]
    world.truth.tempt("declared work", "CR02", left, right, why)


def dead_namesake(world: World, place: int) -> None:
    """An account still in the name of somebody who died, and a living namesake."""
    a, b = two(world)
    dead = world.people.person(age=(70, 95), heritage="british")
    living = world.people.person(sex=dead.sex, age=(25, 60), heritage="british", surname=dead.surname, forename=dead.forename)
    left, right = _spd(world, a, dead, _held(place)), _spd(world, b, living, _held(place))
    left.values.update({"title": "", "forename": f"Late {dead.forename}"} if place % 2 else {})
    world.desk.death(a, dead, world.home(a), world.ago(20, 300), plain=False)
    world.truth.tempt("deceased namesake", "CT03", left, right, "two people; one of them has died")


def protected(world: World, place: int) -> None:
    """A true contradiction of a protected person: the other council must be told nothing."""
    (a, b), person = two(world), world.people.person(age=(22, 70))
    left, right = _spd(world, a, person, BOTH), _spd(world, b, person, BOTH, protected=True)
    left.values["liability_start"] = left.values["discount_start"]
    world.truth.tempt("protected person", "CT03", left, right, "the right side is protected; only its own council may hear of it")


def placeholder_identity(world: World, place: int) -> None:
    """Two people who share a made-up NINO, or a birth date that stands for 'not known'."""
    a, b = two(world)
    if place % 2:
        one, other = world.people.person(sex="M", age=(25, 70)), world.people.person(sex="F", age=(25, 70))
        left, right = _spd(world, a, one, BOTH), _spd(world, b, other, BOTH)
        left.values["nino"] = right.values["nino"] = ("QQ123456C", "AB123456C", "QQ000000A")[place // 2 % 3]
        world.truth.tempt("placeholder NINO", "ID01", left, right, "the NINO is made up, so it says nothing")
        return
    one = world.people.person(sex="F", age=(25, 70), heritage="muslim")
    other = world.people.person(sex="F", age=(25, 70), heritage="muslim", surname=one.surname, forename=one.forename)
    left, right = _spd(world, a, one, WITHOUT_NINO), _spd(world, b, other, WITHOUT_NINO)
    left.values["dob"] = right.values["dob"] = date(1900, 1, 1)
    world.truth.tempt("placeholder birth date", "CT03", left, right, "the birth date stands for 'not known', so only the names agree")


def married(world: World, place: int) -> None:
    """One person under the maiden and the married name: one NINO, and one person all the same."""
    (a, b), person = two(world), world.people.person(sex="F", age=(25, 60), heritage="british")
    home = world.home(a)
    left = world.desk.account(a, person, home, world.ago(300, 2_000), care=BOTH, plain=False)
    right = world.desk.employee(b, person, home, world.ago(300, 2_000), kind="P", care=BOTH, plain=False)
    right.values["surname"] = world.people.person(sex="F", age=(25, 60), heritage="british").surname
    world.truth.tempt("changed name", "ID01", left, right, "one person: the surname changed, birth date and forename agree")


TEMPTATIONS: tuple[Tempt, ...] = (
    twins, father_and_son, same_name_and_birth, name_only, move_discount, move_claim, move_tenancy, lawful_student, second_home, transfer,
    left_joint_tenancy, housed_elsewhere, recent_move, true_address, neighbours, side_posts, changed_jobs, declared_work, dead_namesake,
    protected, placeholder_identity, married,
)  # fmt: skip
