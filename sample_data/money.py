"""What councils hold about suppliers and ratepayers: standing data, five years of payments, published spending, rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sample_data.addresses import Address
from sample_data.councils import COUNCILS, DISTRICTS
from sample_data.messiness import Account, Care, Clerk
from sample_data.organisations import Organisation, Register, spell
from sample_data.rows import Registry, Row, Value

PUBLISHED_FROM = 50_000  # pence; councils publish what is above 500 pounds
YEARS = 5
_TIDY = Care(careful=True)
_DEPARTMENTS = ("Housing", "Environment", "Corporate services", "Leisure", "Planning", "Adult care", "Highways", "Democratic services")
_CATEGORIES = ("Repairs and maintenance", "Professional fees", "Agency staff", "Equipment", "Transport", "Utilities", "Software", "Grants")


@dataclass
class Creditor:
    """An organisation on one council's ledger."""

    organisation: Organisation
    council: str
    row: Row
    payments: list[Row] = field(default_factory=list)

    @property
    def ref(self) -> Value:
        return self.row.values["creditor_ref"]


class Ledger:
    """Files creditors, invoices, published lines and business rates."""

    def __init__(self, registry: Registry, clerk: Clerk, register: Register, rng: Random) -> None:
        self.registry, self.clerk, self.register, self.rng = registry, clerk, register, rng
        self.as_of = registry.as_of
        self.last_month = previous_month(self.as_of)
        self.creditors: list[Creditor] = []

    def creditor(
        self, organisation: Organisation, council: str, *, account: Account | None = None, before: Account | None = None, new: bool = False,
        company: bool | None = None, plain: bool = True,
    ) -> Creditor:
        """File a creditor in this month's standing data (CRS), and in last month's unless it is new.

        Args:
            before: the account that stood there last month, where it was another one.
            company: whether the company number is held; drawn if not said.
        """  # fmt: skip
        account = account or organisation.account
        held = company if company is not None else self.rng.random() < 0.7
        created = self.registry.days_ago(5, 25) if new else self.registry.days_ago(200, 3_500)
        values: dict[str, Value] = {
            "creditor_ref": f"S{self.registry.number(council, 'CRS#')}", "site_id": "01", "name": organisation.spelt(council), "status": "LIVE",
            "creditor_type": organisation.creditor_type, "vat_no": self._vat(organisation), "company_no": organisation.company_no if held else "",
            "charity_no": organisation.charity_no, "created_date": created, "last_paid": None, "phone": organisation.phone,
            **self.clerk.address(organisation.office, "CRS", care=_TIDY), **self.clerk.bank(account),
        }  # fmt: skip
        owners = {"creditor": organisation.id}
        row = self.registry.add(council, "CRS", values, owners, period=month(self.as_of), plain=plain)
        if not new:
            old = {**values, "partner_record_ref": row.ref, "as_of_date": self.last_month}
            if before:
                old.update(self.clerk.bank(before))
            earlier = Row(council, "CRS", row.ref, old, owners, month(self.last_month), plain=plain)
            self.registry.rows[council, "CRS"].append(earlier)
        made = Creditor(organisation, council, row)
        self.creditors.append(made)
        return made

    def _vat(self, organisation: Organisation) -> str:
        draw = self.rng.random()
        if not organisation.vat_no or draw < 0.35:
            return ""
        return f"GB{organisation.vat_no}" if draw < 0.6 else organisation.vat_no

    def invoice(
        self, creditor: Creditor, on: date, pence: int, *, number: str = "", remarks: str = "", plain: bool = True
    ) -> Row:  # fmt: skip
        """File one invoice (CRP), paid unless it is too new."""
        paid = on + timedelta(days=self.rng.randint(9, 40))
        vat = round(pence / 6) if creditor.organisation.vat_no else 0
        internal = str(self.registry.number(creditor.council, "CRP#"))
        values: dict[str, Value] = {
            "creditor_ref": creditor.ref, "site_id": "01", "supplier_invoice_no": number or creditor.organisation.next_invoice(),
            "internal_invoice_no": internal, "invoice_date": on, "due_date": on + timedelta(days=30),
            "payment_date": paid if paid < self.as_of else None,
            "total_amount": pence, "vat_amount": vat, "payment_method": "BACS", "payment_ref": f"B{internal[-5:]}", "remarks": remarks,
        }  # fmt: skip
        row = self.registry.add(creditor.council, "CRP", values, {}, period=str(on.year), plain=plain)
        creditor.payments.append(row)
        last = creditor.row.values["last_paid"]
        if paid < self.as_of and (not isinstance(last, date) or last < paid):
            creditor.row.values["last_paid"] = paid
        return row

    def publish(self, creditor: Creditor, payment: Row, **changes: Value) -> Row:
        """File the published line (PSP) of a payment."""
        values, paid = payment.values, payment.values["payment_date"]
        line: dict[str, Value] = {
            "payment_date": paid, "net_amount": int(str(values["total_amount"])) - int(str(values["vat_amount"])),
            "supplier_name": creditor.organisation.spelt(creditor.council), "transaction_no": values["internal_invoice_no"],
            "invoice_no": values["supplier_invoice_no"], "supplier_ref": values["creditor_ref"],
            "company_no": creditor.row.values["company_no"], "charity_no": creditor.organisation.charity_no, "vat_no": "",
            "department": self.rng.choice(_DEPARTMENTS), "category": self.rng.choice(_CATEGORIES), **changes,
        }  # fmt: skip
        owners, period = {"supplier": creditor.organisation.id}, str(self.as_of.year)
        return self.registry.add(creditor.council, "PSP", line, owners, period=period, plain=payment.plain)

    def rates(
        self, council: str, payer: Organisation, place: Address, value: int, since: date, *, relief: str = "NONE", empty: bool = False,
        company: bool | None = None, plain: bool = True,
    ) -> Row:
        """File a business rates account (NDR); relief SBRR needs a rateable value below 12,000."""  # fmt: skip
        held = company if company is not None else self.rng.random() < 0.7
        relieved = relief != "NONE"
        values: dict[str, Value] = {
            "account_ref": f"NR{self.registry.number(council, 'NDR#')}", "property_ref": f"99{self.registry.number(council, 'NDR##')}",
            "ratepayer_name": payer.spelt(council), "ratepayer_type": payer.ratepayer_type, "company_no": payer.company_no if held else "",
            "charity_no": payer.charity_no, "rateable_value": value, "description_code": self.rng.choice(("CS", "CO", "IF", "CW", "LC")),
            "relief_code": relief, "relief_start": max(since, date(2022, 4, 1)) if relieved else None,
            "relief_amount": value * 499 // 10 if relieved else None, "occupied_from": since, "occupied_to": None, "empty_flag": empty,
            **self.clerk.address(place, "NDR", care=_TIDY), **self.clerk.address(payer.office, "NDR", "contact_", care=_TIDY),
        }  # fmt: skip
        return self.registry.add(council, "NDR", values, {"ratepayer": payer.id}, plain=plain)

    def trade(self, creditor: Creditor, *, about: int) -> None:
        """File some years of ordinary invoices: each number once, amounts that hardly repeat."""
        rng = self.rng
        size = int(10 ** rng.uniform(3.8, 6.2))
        for _ in range(max(1, int(rng.expovariate(1 / about)))):
            self.invoice(creditor, self.registry.days_ago(3, YEARS * 352), max(1_200, int(size * rng.uniform(0.3, 2.4))))

    def standing_fee(self, creditor: Creditor, pence: int, months: int) -> list[Row]:
        """File the same fee every month, each under a number of its own."""
        return [self.invoice(creditor, self.as_of - timedelta(days=30 * n + 12), pence, remarks="Monthly fee") for n in range(months, 0, -1)]

    def publish_all(self) -> None:
        """File the published line of every large payment of this year that has none yet."""
        for creditor in self.creditors:
            for payment in creditor.payments:
                paid, large = payment.values["payment_date"], int(str(payment.values["total_amount"])) >= PUBLISHED_FROM
                if payment.plain and large and isinstance(paid, date) and paid.year == self.as_of.year:
                    self.publish(creditor, payment)


def background(ledger: Ledger, residents: int) -> None:
    """File suppliers and ratepayers that contradict nothing."""
    rng, register = ledger.rng, ledger.register
    per_district = max(8, residents * 90 // 20_000)
    for district in DISTRICTS:
        for _ in range(per_district):
            trader = register.trader(district.id)
            councils = {district.id} | ({rng.choice(COUNCILS).id} if rng.random() < 0.3 else set())
            for council in sorted(councils):
                ledger.trade(ledger.creditor(trader, council), about=14)
            if rng.random() < 0.4:
                _premises(ledger, trader, district.id)
        for _ in range(per_district):
            _premises(ledger, register.shop(district.id), district.id)
        for _ in range(per_district // 8 + 1):
            charity = register.charity(district.id)
            ledger.trade(ledger.creditor(charity, district.id), about=4)
            hall, since = ledger.register.book.take(district.id, "house"), ledger.registry.days_ago(400, 5_000)
            ledger.rates(district.id, charity, hall, rng.randrange(4_000, 30_000, 50), since, relief="CHAR")
    for _ in range(max(6, residents * 30 // 20_000)):
        _national(ledger)


def _premises(ledger: Ledger, payer: Organisation, council: str) -> None:
    rng = ledger.rng
    small = rng.random() < 0.65
    value = rng.randrange(2_950, 11_950, 50) if small else rng.randrange(12_500, 70_000, 250)
    relief = "SBRR" if small and rng.random() < 0.85 else "NONE"
    empty = relief == "NONE" and rng.random() < 0.06
    since = ledger.registry.days_ago(100, 5_500)
    ledger.rates(council, payer, payer.office, value, since, relief="EMPTY" if empty else relief, empty=empty)


def _national(ledger: Ledger) -> None:
    """File a supplier that all councils pay under one spelling; at times it has premises, never with small relief."""
    supplier = ledger.register.national()
    for council in COUNCILS:
        ledger.trade(ledger.creditor(supplier, council.id), about=18)
    for district in ledger.rng.sample(DISTRICTS, ledger.rng.choice((0, 0, 1, 3))):
        place = ledger.register.book.take(district.id, "house")
        ledger.rates(district.id, supplier, place, ledger.rng.randrange(15_000, 220_000, 500), ledger.registry.days_ago(400, 6_000))


def respell(organisation: Organisation, clerk: Clerk, councils: list[str], start: int) -> None:
    """Give the organisation another spelling in each council but the first, which writes it as registered."""
    for place, council in enumerate(councils[1:]):
        organisation.spellings[council] = spell(organisation.name, (start + place) % 5 + 1, clerk)


def previous_month(day: date) -> date:
    """Return the same day a month before, or the last day of that month."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def month(day: date) -> str:
    return f"{day:%Y-%m}"
