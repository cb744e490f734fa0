"""What stands where in an encoding: the passes, what each is keyed on, and the fields that are compared inside it.

A *pass* brings records together that agree in a composite value, never in one attribute alone unless that is given out to one person.
A record's *token* of a pass says which block it is in; its *code* holds what is compared there, salted by the block, so that two codes
of different blocks have nothing to do with each other. A code is a row of bytes: filters of texts first, then tokens of four bytes,
all zero where nothing is known or the pass says it already.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

ProfileName = Literal["P1", "P2"]
FILTERS = ("forename", "surname", "address")
NAMES = (
    "forename", "forename_root", "forename_initial", "forename_letters", "surname", "surname_first", "surname_last", "surname_letters",
    "middle_names", "middle_initial",
)  # fmt: skip
PLACES = ("home", "postcode", "paon", "saon", "sector", "district", "area")
BIRTH = ("birth_century", "birth_decade", "birth_unit", "birth_month", "birth_tens", "birth_ones", "birth_as_is", "birth_exchanged")
NINO = ("nino_prefix", "nino_first", "nino_second", "nino_third", "nino_letters")
TOKENS = (*NAMES, *PLACES, *BIRTH, *NINO)
# Tokens of one family can be compared with each other: a forename that stands in the surname's place is known again.
FAMILY = {"forename": "name", "surname": "name", "middle_names": "name", "forename_initial": "name", "birth_as_is": "date", "birth_exchanged": "date"}
TOKEN_BYTES = 4
BLOCK_TOKEN = 16  # bytes of the token that names a block
LARGEST_BLOCK = 200  # records of one extract; above it the block says nothing about who somebody is, and is left out with a count


@dataclass(frozen=True)
class Pass:
    """One way for two records to meet.

    Args:
        key: components whose values together make the block; a component with `|` is a set of two, in any order.
        fields: filters and tokens that its code holds.
        implies: comparison -> level that two records of one block have without looking.
    """

    name: str
    key: tuple[str, ...]
    filters: tuple[str, ...]
    fields: tuple[str, ...]
    implies: tuple[str, ...] = ()


_WHOLE = (*NAMES, *PLACES, *BIRTH, *NINO)
_WITHOUT_BIRTH = (*NAMES, *PLACES, *NINO)
_WITHOUT_HOME = (*NAMES, *BIRTH, *NINO)
PERSON_PASSES = (
    Pass("p1", ("birth_date", "forename_sound"), FILTERS, _WITHOUT_BIRTH, ("birth",)),
    Pass("p2", ("birth_date", "surname_sound"), FILTERS, _WITHOUT_BIRTH, ("birth",)),
    Pass("p3", ("forename|surname", "birth_year"), FILTERS, _WHOLE),
    Pass("p4", ("forename_sound|surname_sound", "birthday"), FILTERS, _WHOLE),
    Pass("p5", ("home", "root_initial"), ("forename", "surname"), _WITHOUT_HOME, ("home",)),
    Pass("trade", ("trading_name",), ("surname", "address"), ("surname", "surname_first", "surname_last", *PLACES)),
    Pass("nino", ("nino",), FILTERS, (*NAMES, *PLACES, *BIRTH)),
    Pass("account", ("account",), FILTERS, _WHOLE),
)
# Who lives with whom, for rules on homes: a domain of its own, under its own keys and references, so that it joins nothing else.
HOUSEHOLD = Pass("household", ("home",), ("forename", "surname"), (*NAMES, *BIRTH), ("home",))
NUMBERS = ("nino", "account")  # passes of one attribute each, given out to one person or one household


@dataclass(frozen=True)
class Profile:
    """How much of identity travels.

    Args:
        filters: how texts become filters: `insertions` or `majority`, each a module.
        filter_bytes: of one filter.
        steps: whether it is told how rare a name is.
    """

    name: ProfileName
    passes: tuple[Pass, ...]
    filters: Literal["insertions", "majority"]
    filter_bytes: int
    steps: bool

    @property
    def tokens_at(self) -> int:
        """Where the tokens begin in a code."""
        return len(FILTERS) * self.filter_bytes

    @property
    def code_bytes(self) -> int:
        """Bytes of a code."""
        return self.tokens_at + len(TOKENS) * TOKEN_BYTES

    def filter_at(self, name: str) -> slice:
        """Return where the filter stands in a code."""
        start = FILTERS.index(name) * self.filter_bytes
        return slice(start, start + self.filter_bytes)

    def token_at(self, name: str) -> slice:
        """Return where the token stands in a code."""
        start = self.tokens_at + TOKENS.index(name) * TOKEN_BYTES
        return slice(start, start + TOKEN_BYTES)


# The strong profile leaves out what meets on a part of a date, and how rare a name is; the unit finds a little less.
_STRONG = ("p1", "p2", "p5", "trade", *NUMBERS)
PROFILES: dict[ProfileName, Profile] = {
    "P1": Profile("P1", PERSON_PASSES, "insertions", 32, steps=True),
    "P2": Profile("P2", tuple(one for one in PERSON_PASSES if one.name in _STRONG), "majority", 64, steps=False),
}
CODE_BYTES = PROFILES["P1"].code_bytes


def specification(profile: ProfileName = "P1") -> bytes:
    """Return all that two parties must have in common for their encodings to meet, as JSON."""
    said = {
        "version": 1, "profile": asdict(PROFILES[profile]), "filters": FILTERS, "tokens": TOKENS, "families": FAMILY,
        "household": asdict(HOUSEHOLD), "token_bytes": TOKEN_BYTES, "largest_block": LARGEST_BLOCK,
    }
    return json.dumps(said, sort_keys=True).encode()


def spec_digest(profile: ProfileName = "P1") -> str:
    """Return the SHA-256 of the specification, hex."""
    return hashlib.sha256(specification(profile)).hexdigest()
