"""Innocent pairs of suppliers, payments and ratepayers that look like contradictions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sample_data.councils import COUNCILS, DISTRICTS
from sample_data.messiness import Account
from sample_data.money import Ledger
from sample_data.organisations import Organisation, legal_form
from sample_data.plants_money import unlike
from sample_data.plants_people import two
from sample_data.world import World

MoneyTempt = Callable[[World, Ledger, int], None]
_NOBODY = Account("000000", "00000000")


def factoring(world: World, ledger: Ledger, place: int) -> None:
    """Two suppliers sold their invoices to one factoring house."""
    a, b = two(world, COUNCILS)
    one, other = unlike(ledger, a, b)
    one.creditor_type = other.creditor_type = "FACTOR"
    left, right = ledger.creditor(one, a, plain=False), ledger.creditor(other, b, account=one.account, plain=False)
    world.truth.tempt("factoring house", "TC02", left.row, right.row, "a factoring house collects for both")


def zero_account(world: World, ledger: Ledger, place: int) -> None:
    """Two suppliers whose bank details are noughts."""
    a, b = two(world, COUNCILS)
    one, other = unlike(ledger, a, b)
    left, right = (ledger.creditor(org, council, account=_NOBODY, plain=False) for org, council in ((one, a), (other, b)))
    world.truth.tempt("zero-filled account", "TC02", left.row, right.row, "the account is noughts, so it says nothing")


def group_companies(world: World, ledger: Ledger, place: int) -> None:
    """Two companies of one group: names alike, company numbers of their own, one treasury account."""
    a, b = two(world, COUNCILS)
    one = ledger.register.trader(a, kind="COMPANY")
    first = one.name.split()[0]
    other = ledger.register.trader(b, kind="COMPANY", name=f"{first} {('Holdings', 'Property Services', 'Southern')[place % 3]} Ltd")
    left = ledger.creditor(one, a, company=True, plain=False)
    right = ledger.creditor(other, b, account=one.account, company=True, plain=False)
    world.truth.tempt("group companies", "TC02", left.row, right.row, "two companies of one group share a treasury account")


def joint_account(world: World, ledger: Ledger, place: int) -> None:
    """A foster carer and a spouse with travel expenses: one home, one joint account."""
    council = COUNCILS[place % 6].id
    home = world.home(DISTRICTS[place % 5].id, "house")
    account, rows = world.clerk.new_account(), []
    for person, kind in zip(world.people.couple((30, 60)), ("FOSTER", "STAFF"), strict=True):
        name = f"{person.title} {person.forename} {person.surname}"
        payee = Organisation(person.id, name, "", "", "", council, home, account, kind, "SOLE")
        rows.append(ledger.creditor(payee, council, plain=False).row)
    world.truth.tempt("joint bank account", "TC02", rows[0], rows[1], "a couple with a joint account")


def one_supplier(world: World, ledger: Ledger, place: int) -> None:
    """Two councils pay one supplier, one account, under two spellings."""
    a, b = two(world, COUNCILS)
    supplier = ledger.register.trader(a, kind="COMPANY")
    supplier.spellings[b] = legal_form(supplier.name)
    left, right = ledger.creditor(supplier, a, company=True, plain=False), ledger.creditor(supplier, b, company=place % 2 == 0, plain=False)
    world.truth.tempt("one supplier, two spellings", "TC02", left.row, right.row, "one supplier, paid by two councils")


def new_bank(world: World, ledger: Ledger, place: int) -> None:
    """A supplier told two councils about its new bank."""
    a, b = two(world, COUNCILS)
    supplier = ledger.register.trader(a, kind="COMPANY")
    before = world.clerk.new_account()
    left, right = (ledger.creditor(supplier, council, before=before, company=True, plain=False) for council in (a, b))
    world.truth.tempt("new bank", "TC08", left.row, right.row, "one supplier told both councils")


def own_account(world: World, ledger: Ledger, place: int) -> None:
    """An employee's expenses, paid from this month into the account of the salary."""
    council, person = COUNCILS[place % 6].id, world.people.person(age=(25, 60))
    home, account = world.home(DISTRICTS[place % 5].id, "house"), world.clerk.new_account()
    pay = world.desk.employee(council, person, home, world.ago(300, 2_000), account=account, plain=False)
    payee = Organisation(person.id, f"{person.forename} {person.surname}", "", "", "", council, home, account, "STAFF", "SOLE")
    left = ledger.creditor(payee, council, before=world.clerk.new_account(), plain=False)
    world.truth.tempt("employee's expenses", "TC08", left.row, pay, "the creditor is the employee, for expenses")


def reissued(world: World, ledger: Ledger, place: int) -> None:
    """An invoice sent to the wrong council, credited there and issued again to the right one."""
    a, b = two(world, COUNCILS)
    supplier = ledger.register.trader(a, kind="COMPANY")
    left, right = (ledger.creditor(supplier, council, company=True, plain=False) for council in (a, b))
    day, pence, number = world.ago(100, 900), world.rng.randrange(30_000, 400_000), supplier.next_invoice()
    first = ledger.invoice(left, day, pence, number=number, plain=False)
    ledger.invoice(left, day + timedelta(days=9), -pence, number=number, remarks="Credit note", plain=False)
    second = ledger.invoice(right, day + timedelta(days=12), pence, number=number, plain=False)
    world.truth.tempt("credit and re-issue", "TC07", first, second, "the first council has its credit note")


def shared_service(world: World, ledger: Ledger, place: int) -> None:
    """A cost that two councils share, half each on one invoice number."""
    a, b = two(world, COUNCILS)
    supplier = ledger.register.trader(a, kind="COMPANY")
    day, pence, number = world.ago(100, 900), world.rng.randrange(30_000, 400_000), supplier.next_invoice()
    both = (ledger.creditor(supplier, council, company=True, plain=False) for council in (a, b))
    remarks = "Shared service, 50 % each"
    first, second = (ledger.invoice(creditor, day, pence, number=number, remarks=remarks, plain=False) for creditor in both)
    world.truth.tempt("shared service", "TC07", first, second, "the remarks say that the cost is shared")


def monthly_fee(world: World, ledger: Ledger, place: int) -> None:
    """A standing fee: one amount every month in two councils, each under a number of its own."""
    a, b = two(world, COUNCILS)
    supplier, pence = ledger.register.trader(a, kind="COMPANY"), world.rng.randrange(40_000, 90_000, 1_000)
    one, other = (ledger.standing_fee(ledger.creditor(supplier, council, company=True, plain=False), pence, 8) for council in (a, b))
    world.truth.tempt("standing monthly fee", "TC07", one[0], other[0], "the amounts recur, the invoice numbers differ")


def published_again(world: World, ledger: Ledger, place: int) -> None:
    """Equal published lines with an innocent cause: taken back, three alike, below 500 pounds, or two budgets."""
    way, council = place % 4, COUNCILS[place % 6].id
    creditor = ledger.creditor(ledger.register.trader(council), council, plain=False)
    day = world.as_of - timedelta(days=world.rng.randint(70, 240))
    pence = world.rng.randrange(6_000, 40_000) if way == 2 else world.rng.randrange(90_000, 900_000)
    left = ledger.publish(creditor, ledger.invoice(creditor, day, pence, plain=False))
    changed = {"department": "Leisure" if left.values["department"] != "Leisure" else "Housing"} if way == 3 else {}
    right = world.registry.add(council, "PSP", {**left.values, **changed}, dict(left.owners), period=left.period, plain=False)
    if way == 0:
        paid = left.values["payment_date"]
        later = min(paid + timedelta(days=6), world.as_of - timedelta(days=1)) if isinstance(paid, date) else paid
        back = {**left.values, "net_amount": -int(str(left.values["net_amount"])), "payment_date": later}
        world.registry.add(council, "PSP", back, dict(left.owners), period=left.period, plain=False)
    if way == 1:
        world.registry.add(council, "PSP", dict(left.values), dict(left.owners), period=left.period, plain=False)
    why = ("one of the payments came back", "three equal lines: one bill for three", "below 500 pounds", "one payment, two budgets")[way]
    world.truth.tempt("equal published lines", "PS01", left, right, why)


def group_published(world: World, ledger: Ledger, place: int) -> None:
    """Two companies of one group, each paid by another council; both publish company numbers or neither does."""
    a, b = two(world, COUNCILS)
    one = ledger.register.trader(a, kind="COMPANY")
    other = ledger.register.trader(b, kind="COMPANY", name=f"{' '.join(one.name.split()[:-1])} {('Holdings', 'Fleet', 'Finance')[place % 3]} Ltd")
    rows = []
    for supplier, council in ((one, a), (other, b)):
        creditor = ledger.creditor(supplier, council, company=True, plain=False)
        rows.append(ledger.publish(creditor, ledger.invoice(creditor, world.ago(70, 240), world.rng.randrange(90_000, 900_000), plain=False)))
    world.truth.tempt("group companies", "PS02", rows[0], rows[1], "two companies of one group, not one supplier")


def namesake_shops(world: World, ledger: Ledger, place: int) -> None:
    """Two shops of one name and two owners: companies with numbers of their own, or sole traders, who have none."""
    (a, b), kind = two(world), ("COMPANY", "SOLE")[place // 2 % 2]
    name = f"{('The Corner', 'Spice Garden', 'Golden Fry', 'Top Cut', 'Village')[place % 5]} {('Café', 'Takeaway', 'Barbers')[place % 3]}"
    one, other = (ledger.register.shop(council, name=f"{name} Ltd" if kind == "COMPANY" else name, kind=kind) for council in (a, b))
    since = world.ago(800, 3_000)
    left = ledger.rates(a, one, one.office, 5_200, since, relief="SBRR", company=True, plain=False)
    right = ledger.rates(b, other, other.office, 6_100, since, relief="SBRR", company=True, plain=False)
    why = "two companies of one name: the company numbers differ" if kind == "COMPANY" else "two sole traders; only the trading name agrees"
    world.truth.tempt("same-name traders", "BR01", left, right, why)


def small_second(world: World, ledger: Ledger, place: int) -> None:
    """Relief and a second property that takes nothing away: small, empty, taken lately, or another company of the group."""
    (a, b), way = two(world), place % 4
    payer = ledger.register.shop(a, kind="COMPANY")
    other = payer
    if way == 3:
        other = ledger.register.shop(b, kind="COMPANY", name=f"{' '.join(payer.name.split()[:-1])} (Retail) Ltd")
    left = ledger.rates(a, payer, payer.office, 6_400, world.ago(1_000, 3_000), relief="SBRR", company=True, plain=False)
    since, value, relief = world.ago(60, 340) if way == 2 else world.ago(500, 900), 2_300 if way == 0 else 9_500, "EMPTY" if way == 1 else "NONE"
    right = ledger.rates(b, other, world.home(b, "house"), value, since, relief=relief, empty=way == 1, company=True, plain=False)
    why = (
        "rateable value up to 2,899 and 20,000 in all", "the second property is empty", "taken within the last year", "another company of the group",
    )[way]  # fmt: skip
    world.truth.tempt("small business, second property", "BR02", left, right, why)


MONEY_TEMPTATIONS: tuple[MoneyTempt, ...] = (
    factoring, zero_account, group_companies, joint_account, one_supplier, new_bank, own_account, reissued, shared_service, monthly_fee,
    published_again, group_published, namesake_shops, small_second,
)  # fmt: skip
