"""The model: which situations two records can be in, and what each makes likely before any data is seen.

Two classes, match and non-match, settle on the household in council data, because people of one home share address and
surname. So the home is named: *same person at one home*, *same person who moved*, *another member of the household*, and
*chance*. A pair is a match in the first two.

How a party's name or number is misspelt does not depend on where it lives, so the match situations share all their levels but
the address. The starting probabilities below are rough beliefs, not measurements. They count as `STRENGTH` pairs in each situation, so
that a small or one-sided file gets a sane answer and a large one follows its own data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STRENGTH = 25.0  # pseudo-pairs in each situation
NEARLY_NEVER = 1e-4
_ELSEWHERE = {"address": (3, 4)}  # same sector, or farther
_AT_HOME = {"address": (0, 1)}  # the same house


@dataclass(frozen=True)
class Situation:
    """One way in which two records can come to be compared.

    Args:
        match: both records are the same party.
        share: part of candidate pairs that are expected in it, before data.
        levels: field -> probability of each level, best first; a field that is not named is spread evenly.
        never: field -> levels that contradict the situation's name; they keep a probability of `NEARLY_NEVER`, whatever the
            data say, so that a situation means what it is called.
    """

    name: str
    match: bool
    share: float
    levels: Mapping[str, tuple[float, ...]]
    never: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


_SAME_PERSON = {
    "forename": (0.86, 0.04, 0.03, 0.04, 0.02, 0.01),
    "middle_names": (0.80, 0.15, 0.05),
    "surname": (0.90, 0.04, 0.03, 0.02, 0.01),
    "date_of_birth": (0.93, 0.02, 0.03, 0.01, 0.01),
    "nino": (0.975, 0.02, 0.005),
    "phone": (0.6, 0.4),
    "email": (0.6, 0.4),
}
_OTHER_PERSON = {
    "forename": (0.03, 0.005, 0.03, 0.04, 0.002, 0.893),
    "middle_names": (0.05, 0.10, 0.85),
    "date_of_birth": (0.004, 0.001, 0.01, 0.005, 0.98),
    "nino": (0.0005, 0.0005, 0.999),
    "phone": (0.01, 0.99),
    "email": (0.005, 0.995),
}
PERSON = (
    Situation("same person, same home", True, 0.20, {**_SAME_PERSON, "address": (0.90, 0.06, 0.04, 0, 0)}, _ELSEWHERE),
    Situation("same person, moved", True, 0.05, {**_SAME_PERSON, "address": (0, 0, 0.04, 0.06, 0.90)}, _AT_HOME),
    Situation(
        "same household", False, 0.25,
        {**_OTHER_PERSON, "surname": (0.75, 0.04, 0.03, 0.001, 0.179), "address": (0.90, 0.06, 0.04, 0, 0), "phone": (0.2, 0.8)},
        _ELSEWHERE,
    ),
    Situation(
        "chance agreement", False, 0.50,
        {**_OTHER_PERSON, "forename": (0.2, 0.006, 0.04, 0.012, 0.002, 0.74), "surname": (0.30, 0.006, 0.004, 0.002, 0.688),
         "date_of_birth": (0.15, 0.002, 0.006, 0.007, 0.835), "address": (0.002, 0.002, 0.30, 0.05, 0.646)},
    ),
)

_SAME_ORGANISATION = {
    "name": (0.80, 0.08, 0.06, 0.06), "company_number": (0.97, 0.02, 0.01), "vat_number": (0.97, 0.02, 0.01),
    "charity_number": (0.97, 0.02, 0.01), "account": (0.85, 0.15),
}
# Among 35,000 pairs of suppliers that share a blocking key in five councils' published spending, 48 had close names; by eye, 3 of
# them were two organisations.
_OTHER_ORGANISATION = {
    "name": (0.0002, 0.0001, 0.005, 0.9947), "company_number": (0.001, 0.002, 0.997), "vat_number": (0.005, 0.002, 0.993),
    "charity_number": (0.001, 0.001, 0.998), "account": (0.01, 0.99),
}
ORGANISATION = (
    Situation("same organisation, same address", True, 0.15, {**_SAME_ORGANISATION, "address": (0.85, 0.09, 0.06, 0, 0)}, _ELSEWHERE),
    Situation("same organisation, other address", True, 0.10, {**_SAME_ORGANISATION, "address": (0, 0, 0.03, 0.02, 0.95)}, _AT_HOME),
    Situation("same building", False, 0.15, {**_OTHER_ORGANISATION, "address": (0.70, 0.15, 0.15, 0, 0)}, _ELSEWHERE),
    Situation("chance agreement", False, 0.60, {**_OTHER_ORGANISATION, "address": (0.002, 0.003, 0.05, 0.05, 0.895)}),
)
