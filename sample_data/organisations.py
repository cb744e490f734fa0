"""Invented suppliers and ratepayers, and the ways in which councils spell one name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from sample_data.addresses import Address, AddressBook
from sample_data.councils import COUNCILS
from sample_data.messiness import Account, Clerk
from sample_data.names import listed

_FIRST = listed(
    "Hollin Bank|Thornby|Harrop|Sallow Vale|Oxley|Crowmarsh|Saltby|Kestrel|Lapwing|Foundry Lane|Redbarn|Stonegate|Brackenfield|Millrace|"
    "Quarry Hill|Greyfriars|Whinmoor|Larkfield|Pennant|Otterburn Cross|Fallowdene|Tanner's Row|Copperbeech|Wharfside|Highcliffe|Marlpit|"
    "Dovecote|Ashby Wick|Beckside|Ravenscar Park|Longshaw|Elmtree|Shuttleworth|Threlfall|Birtwistle|Okafor|Dhaliwal|Kowalski|Postlethwaite|"
    "Ramsbottom|Entwistle|Nuttall|Metcalfe|Heppenstall|Crabtree|Verity|Inskip|Merryweather|Openshaw|Rowbotham|Tattersall|Uttley",
    by="|",
)
_TRADES = listed(
    "Joinery|Roofing|Plumbing & Heating|Electrical|Landscapes|Scaffolding|Catering|Coaches|Cleaning Services|Printers|Fencing|Drainage|Glazing|"
    "Training|Consulting|Home Care|Nursery|Motors|Skip Hire|Locksmiths|Translation Services|Tree Surgery|Pest Control|Surveyors|Architects|"
    "Flooring|Signs|Removals|Plant Hire|Security",
    by="|",
)
_NATIONAL = listed(
    "Brightwater Utilities|Corvane Software|Meridale Care|Altrincote Energy|Fernhollow Telecom|Quillmark Stationery|Vantor Facilities|"
    "Osprey Lane Insurance|Tidewell Water|Northgale Fleet|Palisade Payroll|Ironbridge Interim Staff|Sundew Recruitment|Cobalt Reach Cloud|"
    "Larchmont Legal|Wyvern Highways|Teasel Foods|Halcyon Street Lighting|Burdock Waste Recovery|Marrowby Vehicle Leasing|Kittiwake Postal|"
    "Sorrel Elections Print|Juniper Parking Systems|Bluestone Aggregates|Cinder Path Leisure|Hobson Vale Housing|Plover Point Surveys|"
    "Gannet Fire Safety|Rookery Playgrounds|Saltmarsh Drainage Board|Tolliver Archives|Umber Design Group|Wisteria Supported Living",
    by="|",
)
_SHOPS = ("Café", "Bakery", "Barbers", "Florist", "Fish Bar", "Newsagents", "Salon", "Deli", "Hardware", "Bookshop", "Dental Care", "Pharmacy")
_CHARITIES = ("Trust", "Community Association", "Hospice", "Youth Project", "Advice Centre")
FIRST_COMPANY_NUMBER = 99_000_000  # far above any number that has been issued


@dataclass(eq=False)
class Organisation:
    """A business, charity or public body that does not exist.

    Attributes:
        name: as registered; `spellings` holds how single councils write it.
        creditor_type, ratepayer_type: codes of the contracts.
    """

    id: str
    name: str
    company_no: str
    vat_no: str
    charity_no: str
    council: str
    office: Address
    account: Account
    creditor_type: str = "TRADE"
    ratepayer_type: str = "COMPANY"
    phone: str = ""
    spellings: dict[str, str] = field(default_factory=dict)
    invoices: int = 0
    prefix: str = ""

    def spelt(self, council: str) -> str:
        return self.spellings.get(council, self.name)

    def next_invoice(self) -> str:
        """Return the supplier's next invoice number; a supplier never uses one twice."""
        self.invoices += 1
        return f"{self.prefix}{self.invoices:05d}"


class Register:
    """Makes organisations; no two bear one name."""

    def __init__(self, rng: Random, book: AddressBook, clerk: Clerk) -> None:
        self._rng, self.book, self._clerk = rng, book, clerk
        self._names: set[str] = set()
        self._count = 0
        self._national = list(_NATIONAL)
        self.all: list[Organisation] = []

    def trader(self, council: str, *, name: str = "", kind: str = "") -> Organisation:
        """Return a local business: a company, or a sole trader without a company number."""
        rng = self._rng
        kind = kind or ("SOLE" if rng.random() < 0.22 else "COMPANY")
        base = name or self._free(lambda: f"{rng.choice(_FIRST)} {rng.choice(_TRADES)}")
        full = base if kind == "SOLE" or name else f"{base} {rng.choice(('Ltd', 'Ltd', 'Ltd', 'Limited', 'LLP'))}"
        return self._enrol(full, council, kind)

    def shop(self, council: str, *, name: str = "", kind: str = "") -> Organisation:
        """Return a small shop, the usual holder of small business rate relief."""
        rng = self._rng
        kind = kind or ("SOLE" if rng.random() < 0.4 else "COMPANY")
        base = name or self._free(lambda: f"{rng.choice(_FIRST)} {rng.choice(_SHOPS)}")
        return self._enrol(base if kind == "SOLE" or name else f"{base} Ltd", council, kind)

    def national(self) -> Organisation:
        """Return a supplier that every council pays."""
        rng = self._rng
        base = self._national.pop(0) if self._national else self._free(lambda: f"{rng.choice(_FIRST)} {rng.choice(_TRADES)} Group")
        self._names.add(base)
        return self._enrol(f"{base} {rng.choice(('plc', 'Ltd', 'Limited', 'Ltd'))}", rng.choice(COUNCILS[:5]).id, "COMPANY")

    def charity(self, council: str) -> Organisation:
        base = self._free(lambda: f"{self._rng.choice(_FIRST)} {self._rng.choice(_CHARITIES)}")
        return self._enrol(base, council, "CHARITY")

    def _free(self, draw: Callable[[], str]) -> str:
        for _ in range(3_000):
            name = draw()
            if name not in self._names:
                break
        else:
            name = f"{draw()} {len(self._names)}"
        self._names.add(name)
        return name

    def _enrol(self, name: str, council: str, kind: str) -> Organisation:
        rng = self._rng
        self._count += 1
        company = f"{FIRST_COMPANY_NUMBER + self._count * 37 % 999_983:08d}" if kind == "COMPANY" else ""
        charity = f"99{self._count:05d}" if kind == "CHARITY" else ""
        vat = vat_number(9_900_000 + self._count) if kind == "COMPANY" and rng.random() < 0.8 else ""
        made = Organisation(
            f"O{self._count:05d}", name, company, vat, charity, council, self.book.take(council, "house"), self._clerk.new_account(),
            {"COMPANY": "TRADE", "SOLE": "SOLE", "CHARITY": "GRANT"}[kind], kind, f"07700 900{rng.randrange(1000):03d}" if rng.random() < 0.3 else "",
            prefix=rng.choice(("INV-", "", "SI", "A", f"{name[:2].upper()}/", "INV")), invoices=rng.randrange(0, 60_000),
        )  # fmt: skip
        self.all.append(made)
        return made


def vat_number(first_seven: int) -> str:
    """Return nine digits with right check digits: weights 8 to 2, and the last two make the sum a multiple of 97."""
    digits = f"{first_seven:07d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(8, 1, -1), strict=True))
    return f"{digits}{-total % 97:02d}"


def legal_form(name: str) -> str:
    """Return the name with its legal form, capitals or ampersand written the other way."""
    base, _, form = name.rpartition(" ")
    other = {"Ltd": "Limited", "Limited": "Ltd", "plc": "PLC", "LLP": "L.L.P."}.get(form)
    if other:
        return f"{base} {other}"
    return name.replace(" & ", " and ") if " & " in name else name.upper()


def spell(name: str, way: int, clerk: Clerk) -> str:
    """Return the name in another spelling; every way differs by more than case and legal form."""
    base, _, form = name.rpartition(" ")
    words = base.split() if form in ("Ltd", "Limited", "plc", "LLP") else name.split()
    tail = f" {form}" if form in ("Ltd", "Limited", "plc", "LLP") else ""
    match way % 6:
        case 0:
            return name
        case 1:  # a slip of the fingers
            return " ".join([clerk.typo(words[0]), *words[1:]]) + tail
        case 2:  # with the country
            return f"{' '.join(words)} (UK){' Ltd' if tail else ''}".upper()
        case 3:  # one for many, or a slip in the last word
            return " ".join([*words[:-1], words[-1][:-1] if words[-1].endswith("s") else clerk.typo(words[-1])]) + tail
        case 4:  # written together
            return " ".join(["".join(words[:2]), *words[2:]]) + tail
        case _:  # trading as
            return f"{' '.join(words)}{tail} t/a {words[0]} {words[-1]}"
