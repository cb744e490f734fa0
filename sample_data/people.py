"""Invented people in households: couples, grown children, twins, students, a father and a son of one name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sample_data import names
from sample_data.addresses import Address, AddressBook

_MAIL_WORDS = ("home", "post", "mail", "family", "box")
_TITLES = {"M": ("Mr",), "F": ("Mrs", "Ms", "Miss")}
NEVER_ISSUED = {"123456", "654321", "000000"}


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who does not exist; `id` is who they are in the truth."""

    id: str
    title: str
    forename: str
    middle: str
    surname: str
    sex: str
    born: date
    nino: str
    phone: str
    email: str
    heritage: str


@dataclass(slots=True, eq=False)
class Household:
    """People who live at one address since a day; children are counted, not named.

    Attributes:
        kind: single, couple, family, parent, grown, students, shared, twins, namesakes.
        moved_from: the home before, where they moved in the last year.
    """

    kind: str
    council: str
    home: Address
    adults: list[Person]
    children: int
    since: date
    moved_from: Address | None = None
    student: Person | None = None
    tags: set[str] = field(default_factory=set)


class Population:
    """Makes people and households; every NINO, and every name with its birth date, once."""

    def __init__(self, rng: Random, book: AddressBook, as_of: date) -> None:
        self._rng, self.book, self.as_of = rng, book, as_of
        self.ninos: set[str] = set()
        self._known: set[tuple[str, str, date]] = set()
        self._count = 0
        self.people: list[Person] = []

    def heritage(self) -> str:
        return self._rng.choices(names.HERITAGE_NAMES, names.HERITAGE_SHARES)[0]

    def born(self, youngest: int, oldest: int) -> date:
        """Return a birth date that gives an age between the two, in years."""
        days = self._rng.randint(int(youngest * 365.25) + 2, int((oldest + 1) * 365.25) - 2)
        born = self.as_of - timedelta(days=days)
        return born + timedelta(days=1) if (born.month, born.day) in ((1, 1), (11, 11)) else born

    def person(
        self, *, sex: str = "", age: tuple[int, int] = (19, 88), heritage: str = "", surname: str = "", forename: str = "",
        born: date | None = None,
    ) -> Person:
        """Return a new person; what is not given is drawn."""  # fmt: skip
        rng = self._rng
        sex = sex or rng.choice("MF")
        heritage = heritage or self.heritage()
        habits = names.HERITAGES[heritage]
        last = surname or names.surname_of(heritage, names.pick_skewed(rng, habits.surnames), sex)
        day = born or self.born(*age)
        first = forename or names.pick_skewed(rng, habits.male if sex == "M" else habits.female)
        while (first, last, day) in self._known and not (forename and born):
            first = rng.choice(habits.male if sex == "M" else habits.female) if not forename else first
            day = day if born else self.born(*age)
        self._known.add((first, last, day))
        middle = names.pick_skewed(rng, habits.male if sex == "M" else habits.female) if rng.random() < habits.middle else ""
        return self._enrol(first, middle if middle != first else "", last, sex, day, heritage)

    def _enrol(self, first: str, middle: str, last: str, sex: str, born: date, heritage: str) -> Person:
        rng = self._rng
        self._count += 1
        title = rng.choice(_TITLES[sex]) if rng.random() > 0.02 else "Dr"
        phone = f"07700 900{rng.randrange(1000):03d}" if rng.random() < 0.6 else ""
        email = f"{plain(first)[:1]}.{plain(last)}{self._count}@example.org" if rng.random() < 0.5 else ""
        made = Person(f"P{self._count:06d}", title, first, middle, last, sex, born, self.nino(), phone, email, heritage)
        self.people.append(made)
        return made

    def nino(self) -> str:
        """Return a number that nobody has: prefix QQ, which is never issued, and no number that is known as made up."""
        while True:
            digits = f"{self._rng.randrange(1, 1_000_000):06d}"
            if len(set(digits)) > 2 and digits not in NEVER_ISSUED and digits not in self.ninos:
                self.ninos.add(digits)
                return f"QQ{digits}{self._rng.choice('ABCD')}"

    def couple(self, age: tuple[int, int] = (22, 84), heritage: str = "") -> list[Person]:
        """Return two people who live together; mostly, but not always, with one surname."""
        heritage = heritage or self.heritage()
        first = self.person(sex="M", age=age, heritage=heritage)
        family = "Singh" if first.surname == "Kaur" else first.surname
        years = (self.as_of - first.born).days // 365
        close = (max(age[0], years - 6), min(age[1] + 3, years + 4))
        second = self.person(sex="F", age=close, heritage=heritage, surname=names.wife_surname(self._rng, heritage, family))
        return [first, second]

    def household(self, council: str, kind: str = "", *, home: Address | None = None) -> Household:
        """Return a new household at a new address."""
        rng = self._rng
        kind = kind or rng.choices(_KINDS, _KIND_SHARES)[0]
        made = Household(kind, council, home or self.book.take(council), [], 0, self._moved_in())
        _FILLERS[kind](self, made)
        return made

    def _moved_in(self) -> date:
        years = min(0.9 + self._rng.expovariate(1 / 9), 40)
        return self.as_of - timedelta(days=int(years * 365) + 40)

    def _grown_child(self, parents: list[Person], age: tuple[int, int]) -> Person:
        family = parents[0]
        youngest = (self.as_of - max(p.born for p in parents)).days // 365 - 20
        top = max(age[0], min(age[1], youngest))
        sex = self._rng.choice("MF")
        surname = {"Singh": "Kaur", "Kaur": "Singh"}.get(family.surname, family.surname) if sex != family.sex else family.surname
        if family.heritage == "polish" and sex == "F" and surname.endswith("ski"):
            surname = surname[:-1] + "a"
        return self.person(sex=sex, age=(age[0], top), heritage=family.heritage, surname=surname)


def _single(people: Population, home: Household) -> None:
    home.adults = [people.person(age=(19, 92))]


def _couple(people: Population, home: Household) -> None:
    home.adults = people.couple()


def _family(people: Population, home: Household) -> None:
    home.adults, home.children = people.couple((24, 52)), people._rng.randint(1, 4)


def _parent(people: Population, home: Household) -> None:
    home.adults = [people.person(sex="F" if people._rng.random() < 0.85 else "M", age=(20, 52))]
    home.children = people._rng.randint(1, 3)


def _grown(people: Population, home: Household) -> None:
    """A couple with a child of 16 or more, at times a student."""
    parents = people.couple((42, 66))
    child = people._grown_child(parents, (16, 34))
    home.adults, home.children = [*parents, child], people._rng.randint(0, 1)
    if (people.as_of - child.born).days < 23 * 365 and (people.as_of - child.born).days > 18.1 * 365:
        home.student = child


def _students(people: Population, home: Household) -> None:
    home.adults = [people.person(age=(19, 23)) for _ in range(people._rng.randint(3, 5))]


def _shared(people: Population, home: Household) -> None:
    home.adults = [people.person(age=(20, 48)) for _ in range(people._rng.randint(3, 6))]


def _twins(people: Population, home: Household) -> None:
    parents = people.couple((44, 66))
    first = people._grown_child(parents, (18, 24))
    second = people.person(sex=first.sex, heritage=first.heritage, surname=first.surname, born=first.born)
    home.adults = [*parents, first, second]


def _namesakes(people: Population, home: Household) -> None:
    """A father and a son of one name."""
    parents = people.couple((46, 78))
    father = parents[0]
    youngest = (people.as_of - parents[1].born).days // 365 - 20
    son = people.person(sex="M", age=(18, max(18, min(youngest, 45))), heritage=father.heritage, surname=father.surname, forename=father.forename)
    home.adults = [*parents, son]


_FILLERS = {
    "single": _single, "couple": _couple, "family": _family, "parent": _parent, "grown": _grown, "students": _students,
    "shared": _shared, "twins": _twins, "namesakes": _namesakes,
}  # fmt: skip
_KINDS = tuple(_FILLERS)
_KIND_SHARES = (0.31, 0.29, 0.18, 0.07, 0.09, 0.02, 0.02, 0.01, 0.01)


def plain(text: str) -> str:
    """Return the lower-case letters a to z of a name, for an e-mail address."""
    folded = text.translate(str.maketrans("łŁśńćęąźżțóáéíèêëüöôãçñïÓ", "lLsnceazztoaeieeeuooacniO"))
    return "".join(letter for letter in folded.lower() if letter.isascii() and letter.isalpha())
