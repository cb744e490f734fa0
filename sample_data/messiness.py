"""How a clerk keys a person, an address or a bank account: what is left out, shortened, swapped and mistyped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from sample_data.addresses import Address, lines
from sample_data.names import HERITAGES as _HERITAGES
from sample_data.names import NICKNAMES, pick_skewed
from sample_data.people import NEVER_ISSUED, Person, Population
from sample_data.rows import Value
from schemas.datasets import CONTRACTS

# Share of rows in which a dataset holds the value; what is not named here is mostly held.
_NINO_HELD = {"CTX": 0.55, "TEN": 0.55, "WLS": 0.55, "CTR": 1.0, "PAY": 0.97, "RTB": 0.9, "TAX": 0.6, "DEC": 0.8}
_BORN_HELD = {"CTX": 0.75, "TEN": 0.92, "WLS": 0.96, "CTR": 1.0, "PAY": 0.99, "RTB": 0.98, "TAX": 0.98, "DEC": 1.0}
_UPRN_HELD = {"CTX": 0.92, "NDR": 0.9, "ELR": 0.9, "CTR": 0.7, "TEN": 0.8, "RTB": 0.7, "WLS": 0.3, "PAY": 0.05, "CRS": 0.1, "DEC": 0.3, "TAX": 0.2}
_TYPO, _NICKNAME, _SWAP, _BORN_WRONG, _NINO_WRONG, _HYPHEN = 0.025, 0.05, 0.006, 0.02, 0.015, 0.02  # shares of values
_YOUNGEST_DAYS, _OLDEST_DAYS = int(16.1 * 365.25), 105 * 365
TWISTS = ("forename typo", "surname typo", "nickname", "hyphen", "name swap", "birth date swap", "birth date digit")
_TWIST_WEIGHTS = (20, 20, 26, 8, 9, 8, 9)
_TWISTED = 0.45  # share of planted cases with a mistake in them
_NEVER_ACCOUNTS = {"12345678", "01234567", "23456789", "87654321", "76543210", "98765432"}


@dataclass(frozen=True)
class Care:
    """How a person is keyed.

    Attributes:
        nino, born: held or not; None leaves it to the dataset's habit.
        careful: no accidental mistakes, only habits of writing.
        twist: one mistake made on purpose, one of `TWISTS`.
    """

    nino: bool | None = None
    born: bool | None = None
    careful: bool = False
    twist: str = ""


USUAL = Care()
WITH_NINO = Care(True, None, careful=True)
WITHOUT_NINO = Care(False, True, careful=True)
BOTH = Care(True, True, careful=True)
NAME_ONLY = Care(False, False, careful=True)


@dataclass(frozen=True)
class Account:
    """A bank account that no bank has: sort codes from 99-00-00."""

    sort_code: str
    number: str


def _can_swap(born: date) -> bool:
    return born.day <= 12 and born.day != born.month


class Clerk:
    """Keys people and addresses as the staff of a council do."""

    def __init__(self, rng: Random, people: Population) -> None:
        self._rng, self._people = rng, people
        self._as_of = people.as_of
        self._accounts: set[str] = set()
        self._fields = {name: frozenset(contract.names) for name, contract in CONTRACTS.items()}

    def person(self, person: Person, dataset: str, prefix: str = "", care: Care = USUAL) -> dict[str, Value]:
        """Return the person's columns as keyed into the dataset."""
        rng = self._rng
        twist = care.twist or ("" if care.careful else self._mistake())
        first, last = self._names(person, twist)
        title, first, middle = self._title_and_middle(person, first, plain=not twist)
        if twist == "name swap":
            first, last = last, first
        born = self._born(person, dataset, care, twist)
        keyed: dict[str, Value] = {
            "title": title, "surname": last, "forename": first, "middle_names": middle,
            "dob": born, "nino": self._nino(person, dataset, care, twist),
            "phone": person.phone if rng.random() < 0.6 else "", "email": person.email if rng.random() < 0.5 else "",
        }  # fmt: skip
        known = self._fields[dataset]
        return {prefix + name: value for name, value in keyed.items() if prefix + name in known}

    def twist(self, person: Person) -> str:
        """Return a mistake to make on purpose with this person, or none."""
        if self._rng.random() >= _TWISTED:
            return ""
        able = {"nickname": person.forename in NICKNAMES, "birth date swap": _can_swap(person.born)}
        weights = [weight if able.get(twist, True) else 0 for twist, weight in zip(TWISTS, _TWIST_WEIGHTS, strict=True)]
        return self._rng.choices(TWISTS, weights)[0]

    def _mistake(self) -> str:
        draw = self._rng.random()
        for twist, share in (
            ("forename typo", _TYPO), ("surname typo", _TYPO), ("nickname", _NICKNAME), ("name swap", _SWAP), ("hyphen", _HYPHEN),
            ("birth date swap", _BORN_WRONG / 2), ("birth date digit", _BORN_WRONG / 2), ("nino digits", _NINO_WRONG),
        ):  # fmt: skip
            if draw < share:
                return twist
            draw -= share
        return ""

    def _names(self, person: Person, twist: str) -> tuple[str, str]:
        first, last = person.forename, person.surname
        if twist == "nickname":
            first = self._rng.choice(NICKNAMES[first]) if first in NICKNAMES else self.typo(first)
        elif twist == "forename typo":
            first = self.typo(first)
        elif twist == "surname typo":
            last = self.typo(last)
        elif twist == "hyphen":
            last = self._rehyphened(person)
        return first, self._apostrophe(last)

    def _rehyphened(self, person: Person) -> str:
        if "-" in person.surname:
            parts = person.surname.split("-")
            return self._rng.choice((" ".join(parts), parts[-1], parts[0]))
        other = pick_skewed(self._rng, _HERITAGES[person.heritage].surnames)
        return f"{person.surname}-{other}" if other != person.surname else self.typo(person.surname)

    def _apostrophe(self, last: str) -> str:
        if "'" in last:
            return last.replace("'", self._rng.choice(("'", "'", "'", "\u2019", "", " ")))
        if last.startswith("Mc") and self._rng.random() < 0.12:
            return f"Mc {last[2:]}"
        return last

    def _title_and_middle(self, person: Person, first: str, *, plain: bool) -> tuple[str, str, str]:
        rng, title, middle = self._rng, person.title, person.middle
        if rng.random() < 0.15:
            title = ""
        elif rng.random() < 0.015:
            title, first = "", f"{title} {first}"
        draw = rng.random()
        if draw < 0.25:
            middle = ""
        elif draw < 0.45:
            middle = middle[:1]
        elif draw < 0.5 and middle and plain:  # one mistake at a time
            first, middle = f"{first} {middle}", ""
        return title, first, middle

    def _born(self, person: Person, dataset: str, care: Care, twist: str) -> Value:
        if dataset == "ELR":  # only those about to turn 18
            return person.born if (self._as_of - person.born).days < 18 * 365 else ""
        held = care.born if care.born is not None else self._rng.random() < _BORN_HELD.get(dataset, 1.0)
        if not held and dataset not in ("CTR", "DEC"):  # those two have to name one
            placeholder = not care.careful and self._rng.random() < 0.03
            return date(1900, 1, 1) if placeholder else ""
        if twist.startswith("birth date"):
            return self._wrong_day(person.born, swap=twist.endswith("swap"))
        if not care.careful and dataset in ("CTX", "TEN") and self._rng.random() < 0.01:
            return person.born.strftime("%Y-%m-XX")
        return person.born

    def _wrong_day(self, born: date, *, swap: bool) -> date:
        """Return the date with day and month swapped, or with one part of it wrong; as it was, where that cannot be."""
        if swap:
            changes = {"month": born.day, "day": born.month} if _can_swap(born) else {}
        else:
            year, month, day = born.year, born.month % 12 + 1, born.day + (1 if born.day < 28 else -1)
            changes = self._rng.choice(({"day": day}, {"day": day}, {"month": month}, {"year": year - 1}, {"year": year - 10}))
        try:
            wrong = born.replace(**changes)
        except ValueError:  # the 30th of February
            return born
        return wrong if _YOUNGEST_DAYS < (self._as_of - wrong).days < _OLDEST_DAYS else born

    def _nino(self, person: Person, dataset: str, care: Care, twist: str) -> str:
        rng = self._rng
        held = care.nino if care.nino is not None else rng.random() < _NINO_HELD.get(dataset, 0.5)
        if not held and dataset == "CTR":  # a claim has to name one, so the office makes up a temporary number
            return f"TN{person.born:%d%m%y}{person.sex}"
        if not held:
            return self._no_nino() if not care.careful else ""
        number = self._transposed(person.nino) if twist == "nino digits" else person.nino
        draw = rng.random()
        if draw < 0.10:
            return number[:8]
        if draw < 0.25:
            return f"{number[:2]} {number[2:4]} {number[4:6]} {number[6:8]} {number[8:]}"
        return number.lower() if draw < 0.27 else number

    def _no_nino(self) -> str:
        draw = self._rng.random()
        if draw < 0.006:
            return "QQ123456C"
        return "TN010180M" if draw < 0.012 else "NK" if draw < 0.018 else ""

    def _transposed(self, number: str) -> str:
        """Return the number with two neighbouring digits swapped; never one that somebody else has, or ever gets."""
        for at in self._rng.sample(range(2, 7), 5):
            digits = number[2:at] + number[at + 1] + number[at] + number[at + 2 : 8]
            if digits not in self._people.ninos and digits not in NEVER_ISSUED:
                self._people.ninos.add(digits)
                return f"QQ{digits}{number[8:]}"
        return number

    def typo(self, text: str) -> str:
        """Return the text with one slip of the fingers inside it."""
        if len(text) < 4:
            return text + text[-1].lower()
        at = self._rng.randint(1, len(text) - 2)
        kind = self._rng.randrange(4)
        if kind == 0 and text[at] != text[at + 1]:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if kind == 1:
            return text[:at] + text[at + 1 :]
        if kind == 2:
            return text[:at] + text[at] + text[at:]
        return text[:at] + self._rng.choice("aeiourstnl".replace(text[at], "")) + text[at + 1 :]

    def address(self, address: Address, dataset: str, prefix: str = "", care: Care = USUAL) -> dict[str, Value]:
        """Return the address's columns as keyed into the dataset."""
        rng = self._rng
        tidy = care.careful or dataset in ("CTX", "NDR")
        first, second, third, fourth = lines(address, rng, tidy=tidy)
        uprn = address.uprn if rng.random() < _UPRN_HELD.get(dataset, 0.3) else ""
        if uprn and address.parent_uprn and not care.careful and rng.random() < 0.04:
            uprn = address.parent_uprn
        code = address.postcode if care.careful or rng.random() > 0.06 else address.postcode.replace(" ", "")
        if not tidy and rng.random() < 0.02:  # in the street, never in a number
            number, _, street = first.rpartition(" ")
            first = f"{number} {self.typo(street)}".strip() if street.isalpha() else first
        keyed: dict[str, Value] = {
            "addr1": first, "addr2": second, "addr3": third, "addr4": fourth, "postcode": code, "uprn": uprn,
        }  # fmt: skip
        known = self._fields[dataset]
        return {prefix + name: value for name, value in keyed.items() if prefix + name in known}

    def new_account(self) -> Account:
        """Return an account nobody has."""
        while True:
            number = f"{self._rng.randrange(10_000, 100_000_000):08d}"
            if len(set(number)) > 3 and number not in _NEVER_ACCOUNTS and number not in self._accounts:
                self._accounts.add(number)
                return Account(f"99{self._rng.randrange(1, 9_999):04d}", number)

    def bank(self, account: Account | None) -> dict[str, Value]:
        """Return the columns of a bank account, in one of the ways it is written."""
        if account is None:
            return {"sort_code": "", "account_no": ""}
        code = account.sort_code
        dashed = f"{code[:2]}-{code[2:4]}-{code[4:]}"
        return {"sort_code": dashed if self._rng.random() < 0.5 else code, "account_no": account.number}
