"""The model: which situations two records can be in, and what each makes likely before any data is seen.

Two classes, match and non-match, settle on the household in council data, because people of one home share address and
surname. So each way in which two records come to agree is named: the same person at one home, the same person who moved, another
member of the household, twins, a father and a son of one name, and chance. A pair is a match in the first two.

What chance brings about is worked out, not fitted: how many pairs of strangers agree in a name and a birth date follows from how often
the values occur. The other situations are what the data hold beyond that. How a party's name or number is misspelt does not
depend on where it lives, so the match situations share all their levels but the address. The starting probabilities below are
rough beliefs; they count as `STRENGTH` pairs in each situation, so that a small or one-sided file gets a sane answer and a large
one follows its own data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

STRENGTH = 25.0  # pseudo-pairs in each situation
NEARLY_NEVER = 1e-4


@dataclass(frozen=True)
class Situation:
    """One way in which two records can come to agree.

    Args:
        match: both records are the same party.
        rate: pairs in it for each record, before data; of chance, nought: its pairs are all pairs.
        levels: field -> probability of each level, best first; a field that is not named has its levels by chance.
        never: field -> levels that contradict the situation's name; they keep a probability of `NEARLY_NEVER`, whatever the data say.
        agrees: fields that agree here because of what the situation is; in the others agreement is chance, and at most a few times
            as frequent as among any two records.
        by_chance: fields whose shared value speaks the less for a match, the more frequent it is.
        needs: comparisons the data must allow for the situation to be told.
        lacks: comparisons that must be impossible with the data.
        most: pairs for each record that there can be, from what is known of people.
    """

    name: str
    match: bool
    rate: float
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    never: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    agrees: tuple[str, ...] = ()
    by_chance: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    most: float = float("inf")

    @property
    def chance(self) -> bool:
        return self.rate == 0

    @property
    def at_home(self) -> bool:
        """Both records are of one home, whatever their addresses look like."""
        return bool(self.never.get("address")) and 0 not in self.never["address"]


# exact, nickname, initial, close, near, alike, swapped, middle, differs
_FORENAME = (0.86, 0.035, 0.025, 0.04, 0.01, 0.005, 0.012, 0.004, 0.009)
# exact, close, near, alike, part, swapped, differs
_SURNAME = (0.90, 0.04, 0.01, 0.004, 0.016, 0.01, 0.02)
# exact, day-month-swap, typo, part, near, same-year, differs
_BIRTH = (0.93, 0.006, 0.03, 0.012, 0.012, 0.002, 0.008)
_SAME_PERSON = {
    "forename": _FORENAME,
    "middle_names": (0.80, 0.15, 0.05),
    "surname": _SURNAME,
    "date_of_birth": _BIRTH,
    "nino": (0.97, 0.025, 0.005),
    "phone": (0.6, 0.4),
    "email": (0.6, 0.4),
    "account": (0.6, 0.4),
}
_ELSEWHERE = {"address": (3, 4, 5, 6)}
_AT_HOME = {"address": (0, 1, 2)}  # the same postcode, even if the house is written in another way
_HOME = (0.90, 0.07, 0.03, 0, 0, 0, 0)
_BY_CHANCE = ("forename", "surname", "middle_names", "date_of_birth", "nino", "address", "phone", "email", "account")
_CONTACTS = {"phone": (0.25, 0.75), "email": (0.02, 0.98), "account": (0.1, 0.9)}
PERSON = (
    Situation("same person", True, 0.3, _SAME_PERSON, lacks=("address",)),
    Situation("same person, same home", True, 0.3, {**_SAME_PERSON, "address": _HOME}, {"address": (3, 4, 5, 6)}, needs=("address",)),
    Situation("same person, moved", True, 0.1, {**_SAME_PERSON, "address": (0, 0, 0, 0.05, 0.08, 0.15, 0.72)}, _AT_HOME, needs=("address",)),
    Situation(
        "same household", False, 0.5,
        {**_CONTACTS, "surname": (0.72, 0.03, 0.005, 0.002, 0.003, 0.0, 0.24), "address": _HOME},
        {"address": (3, 4, 5, 6), "date_of_birth": (0,), "forename": (0,)}, ("surname", "address", "phone", "email", "account"), ("address",), needs=("address",),
    ),
    Situation(
        "twins", False, 0.005,
        {**_CONTACTS, "surname": (0.93, 0.03, 0.01, 0.01, 0.01, 0, 0.01), "date_of_birth": (0.95, 0.005, 0.03, 0.01, 0.003, 0.001, 0.001),
         "address": (0.7, 0.05, 0.05, 0.02, 0.03, 0.03, 0.12)},
        {"forename": (0, 1, 2, 6), "date_of_birth": (4, 5, 6), "surname": (5, 6)}, ("surname", "date_of_birth", "address", "phone", "email", "account"), ("address",),
        needs=("address", "date_of_birth"), most=0.03,
    ),
    Situation(
        "namesake at home", False, 0.005,
        {**_CONTACTS, "forename": _FORENAME, "surname": (0.93, 0.03, 0.01, 0.01, 0.01, 0, 0.01), "address": _HOME},
        {"address": (3, 4, 5, 6), "date_of_birth": (0, 1, 2, 3), "surname": (5, 6), "forename": (6, 7, 8)}, ("forename", "surname", "address", "phone", "email", "account"), ("address",), needs=("address", "date_of_birth"), most=0.05,
    ),
    Situation("strangers", False, 0, by_chance=_BY_CHANCE),
)

# exact, typo, close, part, differs
_SAME_ORGANISATION = {
    "name": (0.80, 0.05, 0.03, 0.06, 0.06), "company_number": (0.97, 0.02, 0.01), "vat_number": (0.97, 0.02, 0.01),
    "charity_number": (0.97, 0.02, 0.01), "account": (0.85, 0.15), "phone": (0.6, 0.4), "email": (0.5, 0.5),
}
ORGANISATION = (
    Situation("same organisation", True, 0.3, _SAME_ORGANISATION, lacks=("address",)),
    Situation("same organisation, same address", True, 0.3, {**_SAME_ORGANISATION, "address": (0.85, 0.09, 0.06, 0, 0, 0, 0)}, {"address": (3, 4, 5, 6)}, needs=("address",)),
    Situation("same organisation, other address", True, 0.1, {**_SAME_ORGANISATION, "address": (0, 0, 0.03, 0.02, 0.02, 0.08, 0.85)}, _AT_HOME, needs=("address",)),
    Situation("same building", False, 0.2, {"address": (0.70, 0.15, 0.15, 0, 0, 0, 0)}, {"address": (3, 4, 5, 6)}, ("address", "phone", "account"), ("address", "name"), needs=("address",)),
    Situation("strangers", False, 0, by_chance=("name", "company_number", "vat_number", "charity_number", "address", "phone", "email", "account")),
)

# Neighbours and flats of one house agree in all but the house, which is why it decides: another house or flat is nearly never a slip.
# exact, close, part, same-house, unclear, other-flat, differs; the street: exact, close, part, near, differs; the postcode: exact, typo,
# same-sector, same-district, differs
_HERE = {"street": (0.86, 0.06, 0.03, 0.04, 0.01), "town": (0.90, 0.07, 0.03)}
_ANOTHER_DOOR = ("uprn", "street", "town", "postcode")
ADDRESS = (
    Situation(
        "same address", True, 0.3,
        {**_HERE, "uprn": (0.98, 0.02), "house": (0.92, 0.02, 0.01, 0.03, 0.01, 0.005, 0.005), "postcode": (0.93, 0.04, 0.01, 0.01, 0.01)}, {"house": (4, 5, 6)},
    ),
    Situation(
        "same building", False, 0.5,
        {**_HERE, "uprn": (0.05, 0.95), "house": (0, 0, 0, 0.2, 0, 0.8, 0), "postcode": (0.93, 0.04, 0.01, 0.01, 0.01)},
        {"house": (0, 1, 2, 4, 6), "postcode": (3, 4)}, ("house", *_ANOTHER_DOOR), ("uprn",), needs=("house",),
    ),
    Situation(
        "neighbours", False, 3.0, {**_HERE, "uprn": (0.002, 0.998), "house": (0, 0.003, 0.003, 0.004, 0.1, 0.03, 0.86), "postcode": (0.65, 0.15, 0.20, 0, 0)},
        {"house": (0,), "postcode": (3, 4)}, _ANOTHER_DOOR, ("uprn",), needs=("house", "postcode"),
    ),
    # without postcodes, neighbours and streets of one name in two towns look alike: the house agrees by chance
    Situation(
        "same street", False, 3.0, {"street": _HERE["street"], "town": (0.6, 0.05, 0.35), "uprn": (0.002, 0.998)},
        agrees=("uprn", "street", "town"), by_chance=("uprn", "house"), needs=("house",), lacks=("postcode",),
    ),
    Situation("strangers", False, 0, by_chance=("uprn", "house", "street", "town", "postcode")),
)


def tellable(situations: tuple[Situation, ...], fields: frozenset[str]) -> tuple[Situation, ...]:
    """Return the situations that data with these comparisons can tell."""
    return tuple(replace(s) for s in situations if set(s.needs) <= fields and not set(s.lacks) & fields)
