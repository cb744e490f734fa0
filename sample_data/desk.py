"""The offices that hold records of people: each function files one row of a dataset for a person at an address."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sample_data.addresses import Address
from sample_data.councils import BY_ID
from sample_data.messiness import USUAL, Account, Care, Clerk
from sample_data.people import Person, Population
from sample_data.rows import Registry, Row, Value

_BANDS = {"A": 138_200, "B": 161_300, "C": 184_250, "D": 207_400, "E": 253_500, "F": 299_600, "G": 345_700, "H": 414_800}  # pence a year
_DEPARTMENTS = ("Housing", "Planning", "Revenues", "Parks", "Waste", "Finance", "Customer services", "Highways", "Environmental health", "Legal")
_FULL_TIME = (3_600, 3_700, 3_700, 3_700, 4_000)  # hundredths of an hour a week


class Desk:
    """Files rows; what a caller does not say is drawn, within what the law and the contract allow."""

    def __init__(self, registry: Registry, clerk: Clerk, people: Population, rng: Random) -> None:
        self.registry, self.clerk, self.people, self.rng = registry, clerk, people, rng
        self.as_of = registry.as_of

    def account(
        self, council: str, holder: Person, home: Address, since: date, *, end: date | None = None, second: Person | None = None,
        discount: str = "NONE", disregard: str = "NONE", exemption: str = "NONE", status: str = "OCC", reduced: bool = False,
        discount_since: date | None = None, protected: bool = False, care: Care = USUAL, plain: bool = True,
    ) -> Row:
        """File a council tax account (CTX)."""  # fmt: skip
        band = self.rng.choices("ABCDEFGH", (22, 21, 20, 15, 10, 6, 4, 1))[0]
        share = {"SPD": 25, "DIS50": 50}.get(discount, 0)
        start = discount_since or max(since, since + timedelta(days=self.rng.choice((0, 0, 0, 30, 200))) if discount != "NONE" and not end else since)
        values: dict[str, Value] = {
            "account_ref": self._number(council, "CTX", "7"), "liability_start": since, "liability_end": end, "discount_code": discount,
            "discount_start": min(start, self.as_of) if discount != "NONE" else None, "discount_expiry": end if discount != "NONE" else None,
            "disregard_code": disregard, "exemption_code": exemption, "property_status": status, "premium_code": "NONE",
            "property_class": "Flat" if home.flat else "House", "benefit_recipient": reduced, "disabled_reduction": self.rng.random() < 0.02,
            "band": band, "gross_amount": _BANDS[band], "discount_amount": _BANDS[band] * share // 100, "protected_flag": protected or None,
            **self.clerk.person(holder, "CTX", care=care), **self.clerk.address(home, "CTX", care=care),
        }  # fmt: skip
        owners = {"holder": holder.id}
        if second:
            values.update(self.clerk.person(second, "CTX", "second_", care=Care(None, None, careful=care.careful)))
            owners["second"] = second.id
        return self.registry.add(council, "CTX", values, owners, plain=plain)

    def elector(self, council: str, person: Person, home: Address, *, plain: bool = True) -> Row:
        """File an entry of the electoral register (ELR)."""
        young = (self.as_of - person.born).days < 18 * 365.25
        added = min(max(date(2008, 12, 1), person.born + timedelta(days=17 * 365)), self.as_of - timedelta(days=3))
        values: dict[str, Value] = {
            "er_ref": f"{self.rng.choice('ABCDEFGH')}{self.rng.choice('ABCDEFGH')}-{self._number(council, 'ELR', '')}",
            "register_date": added + timedelta(days=self.rng.randrange(max(1, (self.as_of - added).days))), "attainer_flag": young,
            **self.clerk.person(person, "ELR"), **self.clerk.address(home, "ELR"),
        }  # fmt: skip
        return self.registry.add(council, "ELR", values, {"elector": person.id}, plain=plain)

    def claim(
        self, council: str, claimant: Person, home: Address, since: date, *, end: date | None = None, partner: Person | None = None,
        earnings: int = 0, pension: int | None = None, account: Row | None = None, passported: bool | None = None, protected: bool = False,
        care: Care = USUAL, partner_care: Care | None = None, plain: bool = True,
    ) -> Row:
        """File a claim for council tax reduction (CTR)."""  # fmt: skip
        old = (self.as_of - claimant.born).days > 66 * 365
        values: dict[str, Value] = {
            "claim_ref": self._number(council, "CTR", "4"), "account_ref": account.values["account_ref"] if account else None,
            "claim_start": since, "award_start": since, "award_end": end, "weekly_award": self.rng.randrange(400, 3_900),
            "scheme_class": "PEN" if old else "WORK", "passported": self.rng.random() < 0.3 if passported is None else passported,
            "declared_earnings": earnings, "declared_pension": pension if pension is not None else self.rng.randrange(2_000, 9_000) if old else 0,
            "capital_band": self.rng.choice(("under 6000", "under 6000", "6000 to 10000", "10000 to 16000")),
            "non_dependants": self.rng.choice((0, 0, 0, 1)), "protected_flag": protected or None,
            **self.clerk.person(claimant, "CTR", care=care), **self.clerk.address(home, "CTR", care=care),
        }  # fmt: skip
        owners = {"claimant": claimant.id}
        if partner:
            values.update(self.clerk.person(partner, "CTR", "partner_", care=partner_care or Care(None, None, careful=care.careful)))
            owners["partner"] = partner.id
        return self.registry.add(council, "CTR", values, owners, plain=plain)

    def tenancy(
        self, council: str, tenants: list[Person], home: Address, since: date, *, end: date | None = None, kind: str = "SEC",
        protected: bool = False, cares: tuple[Care, ...] = (), plain: bool = True,
    ) -> list[Row]:
        """File a social tenancy (TEN), one row for each named tenant."""  # fmt: skip
        shared: dict[str, Value] = {
            "tenancy_ref": self._number(council, "TEN", "T"), "tenant_flag": "F", "tenancy_start": since, "tenancy_end": end,
            "tenancy_type": kind, "landlord_id": f"{BY_ID[council].town.upper()} HOMES", "protected_flag": protected or None,
        }  # fmt: skip
        rows = []
        for place, tenant in enumerate(tenants):
            care = cares[place] if place < len(cares) else USUAL
            values = {**shared, **self.clerk.person(tenant, "TEN", care=care), **self.clerk.address(home, "TEN", care=care)}
            rows.append(self.registry.add(council, "TEN", values, {"tenant": tenant.id}, plain=plain))
        return rows

    def application(
        self, council: str, applicant: Person, home: Address, registered: date, *, joint: Person | None = None, declared: bool | None = False,
        reason: str = "", status: str = "LIVE", size: int = 0, protected: bool = False, care: Care = USUAL, plain: bool = True,
    ) -> Row:
        """File an application to the waiting list (WLS)."""  # fmt: skip
        renewed = registered + timedelta(days=365 * ((self.as_of - registered).days // 365))
        values: dict[str, Value] = {
            "app_ref": self._number(council, "WLS", "W"), "registered_date": registered, "last_renewed": renewed,
            "band": self.rng.choice(("Gold", "Silver", "Silver", "Bronze", "Bronze")),
            "reason": reason or self.rng.choice(("UNSUIT", "OTHER", "OTHER")),
            "household_size": size or self.rng.randint(1, 5), "declared_tenancy": declared, "status": status, "protected_flag": protected or None,
            **self.clerk.person(applicant, "WLS", care=care), **self.clerk.address(home, "WLS", care=care),
        }  # fmt: skip
        owners = {"applicant": applicant.id}
        if joint:
            values.update(self.clerk.person(joint, "WLS", "joint_", care=Care(None, None, careful=care.careful)))
            owners["joint"] = joint.id
        return self.registry.add(council, "WLS", values, owners, plain=plain)

    def employee(
        self, council: str, person: Person, home: Address, since: date, *, end: date | None = None, kind: str = "", hours: int = 0,
        post: str = "STD", account: Account | None = None, protected: bool = False, care: Care = USUAL, plain: bool = True,
    ) -> Row:
        """File an employee (PAY); kind is F, P or C, hours are hundredths of an hour a week."""  # fmt: skip
        kind = kind or self.rng.choices("FPC", (62, 30, 8))[0]
        hours = hours or {"F": self.rng.choice(_FULL_TIME), "P": self.rng.randrange(800, 2_950, 50), "C": 0}[kind]
        account = account or self.clerk.new_account()
        year_start = max(since, date(self.as_of.year, 4, 6))
        paid_days = max(1, ((end or self.as_of) - year_start).days)
        values: dict[str, Value] = {
            "employee_ref": self._number(council, "PAY", "E"), "post_no": f"P{self.rng.randrange(10, 9_999)}",
            "department": self.rng.choice(_DEPARTMENTS),
            "start_date": since, "leave_date": end, "leaver_flag": bool(end and end <= self.as_of), "ft_pt_casual": kind, "post_kind": post,
            "gross_pay_to_date": max(20_000, paid_days * (hours or 900) * 4 // 7 + self.rng.randrange(10_000)), "std_hours": hours,
            "last_paid_date": min(end, self.as_of - timedelta(days=1)) if end else self.as_of - timedelta(days=1), "teacher_flag": False,
            "protected_flag": protected or None,
            **self.clerk.person(person, "PAY", care=care), **self.clerk.address(home, "PAY", care=care), **self.clerk.bank(account),
        }  # fmt: skip
        return self.registry.add(council, "PAY", values, {"employee": person.id}, plain=plain)

    def licence(self, council: str, driver: Person, home: Address) -> Row:
        """File a driver's licence (TAX)."""
        issued = self.registry.days_ago(20, 1_000)
        values: dict[str, Value] = {
            "licence_no": self._number(council, "TAX", "D"), "licence_type": self.rng.choice(("PH", "PH", "HC")),
            "issue_date": issued, "expiry_date": issued + timedelta(days=3 * 365), "nr3s_hit": False,
            **self.clerk.person(driver, "TAX"), **self.clerk.address(home, "TAX"),
        }  # fmt: skip
        return self.registry.add(council, "TAX", values, {"driver": driver.id})

    def purchase(self, council: str, tenant: Person, home: Address, tenancy: Row) -> Row:
        """File an application to buy (RTB)."""
        applied = self.registry.days_ago(30, 400)
        values: dict[str, Value] = {
            "app_ref": self._number(council, "RTB", "B"), "tenancy_ref": tenancy.values["tenancy_ref"], "app_date": applied,
            "stage": self.rng.choice(("PROGRESS", "PROGRESS", "WITHDRAWN")), "completion_date": None,
            "discount_amount": self.rng.randrange(1_600_000, 3_800_000, 1000),
            **self.clerk.person(tenant, "RTB"), **self.clerk.address(home, "RTB"),
        }  # fmt: skip
        return self.registry.add(council, "RTB", values, {"applicant": tenant.id})

    def death(self, council: str, person: Person, home: Address, died: date, *, plain: bool = True) -> Row:
        """File a death (DEC)."""
        values: dict[str, Value] = {
            "date_of_death": died, "registration_district": BY_ID[council].town, "source": self.rng.choice(("TUO", "TUO", "LOCAL", "GRO")),
            **self.clerk.person(person, "DEC", care=Care(None, True, careful=True)), **self.clerk.address(home, "DEC"),
        }  # fmt: skip
        return self.registry.add(council, "DEC", values, {"deceased": person.id}, plain=plain)

    def _number(self, council: str, dataset: str, letter: str) -> str:
        return f"{letter}{self.registry.number(council, dataset + '#')}"
