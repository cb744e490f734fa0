"""Invented streets, blocks of flats and named houses, and the ways a council writes an address."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sample_data.councils import BY_ID
from sample_data.names import listed

_STEMS = listed(
    "Weaver Mill Church Station Victoria Albert Orchard Meadow Quarry Tanyard Chapel Beck Foundry Larch Rowan Hawthorn Bramble Kiln Abbey "
    "Canal Bobbin Shuttle Lantern Harrow Saddler Cooper Thatcher Fuller Dyer Spinner Glazier Chandler Market Priory Heron Plover Curlew "
    "Lapwing Nettle Sorrel Teasel Burdock Clover Sedge Juniper Hazel Alder Willow Gorse Heather Fern Cobbler Wharf Ropewalk Drover"
)
_KINDS = ("Street", "Road", "Lane", "Avenue", "Close", "Drive", "Terrace", "Crescent", "Grove", "Way", "Place", "Gardens")
_SHORT = {"Street": "St", "Road": "Rd", "Avenue": "Ave", "Drive": "Dr", "Crescent": "Cres", "Terrace": "Terr", "Gardens": "Gdns", "Lane": "Ln"}
_HOUSE_NAMES = (
    "Rose Cottage", "The Old Rectory", "Hill View", "Oak House", "The Gables", "Brook Farm", "Ivy Cottage", "The Laurels", "Manor Farm",
    "Fairview", "Orchard End", "The Old Forge", "Beech House", "Spring Cottage", "The Croft", "Mill House", "Greystones", "High Barn",
)  # fmt: skip
_VILLAGES = ("Upper Sallow", "Nether Sallow", "Thornby Magna", "Little Harrop", "Wick Ashby", "Oxley Green", "Crowmarsh", "Saltby")
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_NAMED_SHARE, _FLAT_SHARE = 0.06, 0.2  # of homes
HOMES_PER_POSTCODE = 14


@dataclass(frozen=True, slots=True)
class Address:
    """One home, office or shop.

    Attributes:
        flat: `Flat 3`, or empty.
        house: number, or the name of the house.
        parent_uprn: the building's, for a flat.
    """

    flat: str
    house: str
    street: str
    village: str
    town: str
    postcode: str
    uprn: str
    parent_uprn: str
    council: str

    @property
    def named(self) -> bool:
        return not self.house[0].isdigit()


class AddressBook:
    """Hands out addresses of each district, every one once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._homes: dict[str, int] = dict.fromkeys(BY_ID, 0)
        self._street: dict[str, str] = {}
        self._number: dict[str, int] = dict.fromkeys(BY_ID, 0)
        self._used_streets: dict[str, set[str]] = {council: set() for council in BY_ID}
        self._block: dict[str, list[Address]] = {council: [] for council in BY_ID}

    def take(self, council: str, kind: str = "any") -> Address:
        """Return a new address in the district; kind is any, house, flat or named."""
        if kind == "any":
            draw = self._rng.random()
            kind = "named" if draw < _NAMED_SHARE else "flat" if draw < _NAMED_SHARE + _FLAT_SHARE else "house"
        if kind == "flat":
            return self._flat(council)
        house = self._house(council)
        if kind == "named":
            village = self._rng.choice(_VILLAGES)
            name = self._rng.choice(_HOUSE_NAMES)
            return Address("", name, house.street, village, house.town, house.postcode, house.uprn, "", council)
        return house

    def move_on(self, council: str) -> None:
        """Leave the street, so that the next address lies in another one."""
        self._homes[council] += -self._homes[council] % HOMES_PER_POSTCODE
        self._block[council] = []

    def block_of_two(self, council: str) -> tuple[Address, Address]:
        """Return two flats of one building."""
        while len(self._block[council]) < 2:
            self._new_block(council)
        return self._block[council].pop(0), self._block[council].pop(0)

    def _house(self, council: str) -> Address:
        home = self._homes[council]
        self._homes[council] += 1
        if home % HOMES_PER_POSTCODE == 0:
            self._new_street(council)
        self._number[council] += self._rng.choice((1, 1, 2, 2, 3))
        entry = BY_ID[council]
        uprn = f"99{entry.number}0{home:08d}"
        number, code = str(self._number[council]), postcode(council, home // HOMES_PER_POSTCODE)
        return Address("", number, self._street[council], "", entry.town, code, uprn, "", council)

    def _new_street(self, council: str) -> None:
        used = self._used_streets[council]
        for _ in range(50):
            street = f"{self._rng.choice(_STEMS)} {self._rng.choice(_KINDS)}"
            if street not in used:
                break
        used.add(street)
        self._street[council], self._number[council] = street, 0

    def _flat(self, council: str) -> Address:
        if not self._block[council]:
            self._new_block(council)
        return self._block[council].pop(0)

    def _new_block(self, council: str) -> None:
        shell = self._house(council)
        size = self._rng.randint(4, 9)
        for number in range(1, size + 1):
            flat = f"Flat {number}"
            uprn = f"{shell.uprn[:3]}{number}{shell.uprn[4:]}"
            self._block[council].append(
                Address(flat, shell.house, shell.street, "", shell.town, shell.postcode, uprn, shell.uprn, council)
            )


def postcode(council: str, block: int) -> str:
    """Return the district's postcode number `block`: ZZ1 1AA, ZZ1 1AB ... then ZZ11 1AA."""
    per_sector = len(_INWARD) ** 2
    sector, unit = divmod(block, per_sector)
    outward = f"ZZ{BY_ID[council].number}" + (str(sector // 9) if sector >= 9 else "")
    return f"{outward} {sector % 9 + 1}{_INWARD[unit // len(_INWARD)]}{_INWARD[unit % len(_INWARD)]}"


def lines(address: Address, rng: Random, *, tidy: bool) -> tuple[str, str, str, str]:
    """Return the four lines as somebody keyed them; a tidy one has no abbreviations."""
    street, short = address.street, address.street.rsplit(" ", 1)
    if not tidy and rng.random() < 0.25 and short[1] in _SHORT:
        street = f"{short[0]} {_SHORT[short[1]]}"
    house = f"{address.house}, {street}" if address.named else f"{address.house} {street}"
    if not address.flat:
        return house, address.village, address.town, ""
    if tidy or rng.random() < 0.5:
        return f"{address.flat}, {house}", address.village, address.town, ""
    draw = rng.random()
    if draw < 0.5:
        return address.flat, house, address.town, ""
    if draw < 0.75:
        return f"{address.flat.removeprefix('Flat ')}/{house}", "", address.town, ""
    return f"{house} {address.flat}", "", address.town, ""
