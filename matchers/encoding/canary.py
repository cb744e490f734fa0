"""Five people who do not exist, encoded by every partner, so that two who think that they have one key and one program can tell."""

from __future__ import annotations

import hashlib
from functools import partial

import polars as pl

from matchers.derivation import Exercise, derive
from matchers.encoding.encoder import Encoded, encode, encode_households

PEOPLE = pl.DataFrame(
    [
        ("ADAEZE", "GRACE", "OKAFOR", "1984-03-27", "FLAT 2 14 WEAVER STREET", "FLAT 2", "14", "ZZ1 1AA", "QQ112233C", "+447700900123", "a.okafor@example.org", "990001-70391824", None),
        ("BILL", None, "SMITH-JONES", "1951-12-02", "THE MILL HOUSE HIGH LANE", None, "THE MILL HOUSE", "ZZ2 9XY", None, None, None, None, "THE MILL HOUSE CAFE"),
        ("J", "ROSE", "NG", "1999-XX-XX", "7 ELM CLOSE", None, "7", None, "QQ445566A", None, "j.ng@example.org", None, None),
        ("SIOBHAN", "MARY ANNE", "O'NEILL", "2004-11-11", None, None, None, None, None, "+447700900456", None, None, None),
        ("MOHAMMED", None, "DE LA CRUZ", None, "22 STATION ROAD", None, "22", "ZZ14 4QQ", None, None, None, "990002-12345678/AB1", None),
    ],
    schema=["forename", "middle_names", "surname", "date_of_birth", "address", "saon", "paon", "postcode", "nino", "phone", "email", "account", "trading_name"],
    orient="row",
)  # fmt: skip


def canaries(root: bytes, exercise: Exercise) -> dict[str, str]:
    """Return for each pass the digest of the five people's tokens and codes, hex; nothing of a key can be learnt from it."""
    found = encode(PEOPLE, partial(derive, root, exercise), profile=exercise.profile, threads=1)
    homes = encode_households(PEOPLE, partial(derive, root, exercise), profile=exercise.profile, threads=1)
    return {name: _digest(table, name) for table in (found, homes) for name in table.rows}


def _digest(found: Encoded, name: str) -> str:
    content = b"".join(table[name].tobytes() for table in (found.rows, found.tokens, found.codes))
    return hashlib.sha256(content).hexdigest()[:32]
