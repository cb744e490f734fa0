"""Invented addresses as two registers spell them, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import polars as pl

STREETS = ["HIGH STREET", "STATION ROAD", "CHURCH LANE"]  # in every town
NAMES = ["WEAVER", "MILL", "HILL", "QUARRY", "TANNERY", "CHAPEL", "LARK", "HOLLIN", "SALTDALE", "BRAMBLE", "OSIER", "FOUNDRY", "HERON", "ABBOT", "KESTREL", "MEADOW", "ORCHARD", "VIADUCT"]
KINDS = ["STREET", "ROAD", "LANE", "CLOSE", "AVENUE", "GARDENS", "TERRACE", "CRESCENT", "ROW", "HILL"]
INWARD = "ABDEFGHJLNPQRSTUWXYZ"
TOWNS = ["NORTHMERE", "CARROWDALE", "TARNLOW", "HOLLIN BRIDGE"]
SHORT = {"STREET": "ST", "ROAD": "RD", "AVENUE": "AVE", "GARDENS": "GDNS", "TERRACE": "TERR", "CRESCENT": "CRES", "CLOSE": "CL"}
HOUSES = ["ROSE COTTAGE", "THE COTTAGE", "MILL HOUSE", "THE OLD RECTORY", "IVY LODGE", "GREEN FARM", "HILL VIEW", "FERN BANK", "THE BARN", "ELM HOUSE"]


@dataclass(frozen=True)
class Place:
    """An address as it is."""

    street: str
    town: str
    postcode: str
    uprn: int
    building: int  # UPRN
    number: str = ""
    flat: str = ""
    name: str = ""
    style: str = field(default="FLAT")  # how a flat is written: FLAT 2, or 14B


def places(many: int, random: Random) -> list[Place]:
    """Return invented addresses: streets of one to three postcodes, houses split into flats, blocks, houses with names."""
    out: list[Place] = []
    uprn, codes = 990_000_100_000, 0
    streets = [(name, town) for town in TOWNS for name in (*STREETS, *(f"{name} {random.choice(KINDS)}" for name in NAMES))]
    random.shuffle(streets)
    while len(out) < many:
        street, town = streets.pop()
        sector = f"ZZ{TOWNS.index(town) + 1} {random.randint(1, 9)}"
        number, blocks, houses = random.choice([1, 2]), random.sample(NAMES, 9), random.sample(HOUSES, 9)
        for _ in range(random.randint(1, 3)):
            codes += 1
            postcode = f"{sector}{INWARD[codes % 20]}{INWARD[codes // 20 % 20]}"
            for _ in range(random.randint(6, 18)):
                uprn += 1
                one = Place(street, town, postcode, uprn, uprn, str(number))
                number += random.choice([1, 2, 2, 2])
                kind = random.random()
                if kind < 0.08:  # a house split into flats
                    style = random.choice(["FLAT", "LETTER"])
                    flats = [Place(street, town, postcode, uprn + i, uprn, one.number, f[style == "LETTER"], "", style) for i, f in enumerate((("1", "A"), ("2", "B"), ("3", "C"), ("4", "D")), 1)]
                    uprn += 4
                    out += flats[: random.randint(2, 4)]
                elif kind < 0.10:  # a block
                    name = f"{blocks.pop()} {random.choice(['HOUSE', 'COURT'])}"
                    out += [Place(street, town, postcode, uprn + i, uprn, "", str(i), name) for i in range(1, 10)]
                    uprn += 9
                elif kind < 0.16 and houses:
                    out.append(Place(street, town, postcode, uprn, uprn, "", "", houses.pop()))
                elif kind < 0.18:
                    out.append(Place(street, town, postcode, uprn, uprn, f"{number - 1}-{number + 1}"))
                    number += 3
                else:
                    out.append(one)
    return out[:many]


def slip(text: str, random: Random) -> str:
    at = random.choice([i for i, c in enumerate(text) if c.isalpha()])
    kind = random.random()
    if kind < 0.4:
        return text[:at] + random.choice("ABCDEFGHIKLMNOPRSTUVW") + text[at + 1 :]
    return text[:at] + text[at + 1 :] if kind < 0.7 else text[:at] + text[at] + text[at:]


def written(place: Place, random: Random, *, neat: float, others: list[Place]) -> dict[str, str | None]:
    """Return the address as one clerk writes it."""
    def now(chance: float) -> bool:
        return random.random() < chance * (1 - neat)

    street, name, number, flat = place.street, place.name, place.number, place.flat
    if now(0.08):
        street = slip(street, random)
    elif now(0.5):
        words = street.split()
        street = " ".join([*words[:-1], SHORT.get(words[-1], words[-1]) + random.choice(["", "."])])
    if name and now(0.06):
        name = slip(name, random)
    if "-" in number and now(0.3):
        number = number.split("-")[0]
    if flat and now(0.02):
        flat = ""
    comma = random.choice([", ", " "]) if name == "" else ", "
    if place.style == "LETTER":
        house = f"{number}{flat}" if flat else number
        house = f"Flat {flat}, {number}" if flat and now(0.4) else house
        line = f"{house} {street}"
    elif name and flat:
        line = f"{flat} {name}, {street}" if now(0.3) else f"{random.choice(['Flat', 'FLAT', 'Apartment', 'Apt'])} {flat}{comma}{name}, {street}"
    elif flat:
        line = f"{number} {street}, Flat {flat}" if now(0.2) else f"{random.choice(['Flat', 'Flt', 'FLAT'])} {flat}{comma}{number} {street}"
    elif name:
        line = f"{name}, {street}"
    elif now(0.05):
        line = f"{street} {number}"
    else:
        line = f"{random.choice(HOUSES)}, {number} {street}" if now(0.03) else f"{number}{random.choice(['', ',']) if now(0.2) else ''} {street}"
    if now(0.6):
        line += f", {place.town}"
    code: str | None = place.postcode
    if now(0.12):
        code = None
    elif now(0.06):
        code = slip(place.postcode, random)
    elif now(0.2):
        code = place.postcode.replace(" ", "").lower()
    uprn: int | None = place.uprn
    if now(0.5):
        uprn = None
    elif now(0.01):
        uprn = random.choice(others).uprn
    elif now(0.01):
        uprn = place.uprn + random.choice([-1, 1])
    elif flat and now(0.15):
        uprn = place.building
    line = random.choice([line, line.title()]) if now(0.5) else line.upper()
    return {"address": line, "postcode": code, "uprn": None if uprn is None else str(uprn)}


@dataclass(frozen=True)
class Registers:
    """Two registers of one town's addresses, and which address each record is of."""

    table: pl.DataFrame
    truth: dict[str, int]
    places: list[Place]

    def of(self, *sides: str) -> pl.DataFrame:
        return self.table.filter(pl.col("file").is_in(sides))


def registers(many: int, *, seed: int) -> Registers:
    """Return a gazetteer that is kept well and a register that is not; most addresses are in both."""
    random = Random(seed)
    every = places(many, random)
    rows: list[dict[str, str | None]] = []
    truth = {}
    for number, place in enumerate(every):
        for side, neat in (("left", 0.6), ("right", 0.0)):
            if random.random() < 0.85:
                rows.append({"record_ref": f"{side[0]}{number}", "file": side, **written(place, random, neat=neat, others=every)})
                truth[f"{side[0]}{number}"] = number
    return Registers(pl.DataFrame(rows, infer_schema_length=None), truth, every)
