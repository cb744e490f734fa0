"""Planted contradictions about suppliers, payments, published spending and business rates.

Where a rule is about organisations, the company number takes the NINO's part: every second case has none on one side.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations

from sample_data.councils import COUNCILS, DISTRICTS
from sample_data.money import Creditor, Ledger, respell
from sample_data.organisations import Organisation, legal_form, spell
from sample_data.plants_people import two
from sample_data.rows import Row
from sample_data.world import World

MoneyPlant = Callable[[World, Ledger, int], None]


def shared_account(world: World, ledger: Ledger, place: int) -> None:
    """TC02: two suppliers with nothing in common but the bank account, or one supplier under two references of one council."""
    a, b = two(world, COUNCILS)
    if place % 5 == 4:
        trader = ledger.register.trader(a)
        left, right = ledger.creditor(trader, a, plain=False), ledger.creditor(trader, a, plain=False)
        ledger.trade(left, about=6)
        world.truth.plant("TC02", left.row, right.row, "one supplier under two references")
        return
    one, other = unlike(ledger, a, b)
    left = ledger.creditor(one, a, plain=False)
    right = ledger.creditor(other, a if place % 5 == 3 else b, account=one.account, plain=False)
    for creditor in (left, right):
        ledger.trade(creditor, about=6)
    world.truth.plant("TC02", left.row, right.row, "two suppliers, one account")


def unlike(ledger: Ledger, a: str, b: str) -> tuple[Organisation, Organisation]:
    """Return two traders whose names share no word."""
    one = ledger.register.trader(a, kind="COMPANY")
    while True:
        other = ledger.register.trader(b, kind="COMPANY")
        if not set(one.name.split()[:-1]) & set(other.name.split()[:-1]) and one.name[:2] != other.name[:2]:
            return one, other


def billed_twice(world: World, ledger: Ledger, place: int) -> None:
    """TC07: one invoice number and amount, billed to two councils."""
    a, b = two(world, COUNCILS)
    numbered = place % 2 == 0
    supplier = ledger.register.trader(a, kind="COMPANY" if numbered or place % 4 == 1 else "SOLE")
    if numbered and place % 4 == 2:
        supplier.spellings[b] = spell(supplier.name, place // 4 + 1, world.clerk)
    elif not numbered:
        supplier.vat_no, supplier.spellings[b] = "", legal_form(supplier.name)
    left, right = (ledger.creditor(supplier, council, company=numbered or council == a) for council in (a, b))
    for creditor in (left, right):
        ledger.trade(creditor, about=5)
    day, pence, number = world.ago(60, 1_500), world.rng.randrange(18_000, 900_000), supplier.next_invoice()
    other = number.replace("-", " ") if place % 3 == 1 else number
    first = ledger.invoice(left, day, pence, number=number, plain=False)
    second = ledger.invoice(right, day + timedelta(days=world.rng.randint(0, 25)), pence, number=other, plain=False)
    note = "spelt alike" if supplier.spelt(b) == supplier.name else "spelt in two ways"
    world.truth.plant("TC07", first, second, note, numbered=numbered)


def diverted_account(world: World, ledger: Ledger, place: int) -> None:
    """TC08: the bank details changed since last month, to the account of another supplier or of an employee."""
    a, b = two(world, COUNCILS)
    joiner, other = unlike(ledger, a, b)
    before = world.clerk.new_account()
    if place % 2 == 0:
        left = ledger.creditor(joiner, a, account=other.account, before=before, plain=False)
        moved = place % 6 == 4  # at times both moved to the account in one month
        right = ledger.creditor(other, b, before=world.clerk.new_account() if moved else None, plain=False)
        world.truth.plant("TC08", left.row, right.row, "two suppliers moved to one account" if moved else "another supplier's account")
    else:
        person = world.people.person(age=(22, 60))
        account = world.clerk.new_account()
        left = ledger.creditor(joiner, a, account=account, before=before, plain=False)
        home = world.home(world.rng.choice(DISTRICTS).id)
        pay = world.desk.employee(b, person, home, world.ago(300, 2_000), account=account, plain=False)
        world.truth.plant("TC08", left.row, pay, "an employee's account")
    ledger.trade(left, about=6)


def two_reliefs(world: World, ledger: Ledger, place: int) -> None:
    """BR01: small business rate relief in two councils."""
    (a, b), numbered = two(world), place % 2 == 0
    payer = ledger.register.shop(a, kind="COMPANY" if numbered or place % 4 == 1 else "SOLE")
    if numbered and place % 4 == 2:
        payer.spellings[b] = spell(payer.name, place // 4 + 1, world.clerk)
    elif not numbered:
        payer.spellings[b] = legal_form(payer.name)
    since = world.ago(800, 4_000)
    first, second = (world.rng.randrange(3_000, 8_000, 50) for _ in range(2))
    left = ledger.rates(a, payer, payer.office, first, since, relief="SBRR", company=numbered or place % 4 == 1, plain=False)
    right = ledger.rates(b, payer, world.home(b, "house"), second, world.ago(500, 790), relief="SBRR", company=numbered, plain=False)
    world.truth.plant("BR01", left, right, "with company number" if numbered else "by name", numbered=numbered)


def relief_and_more(world: World, ledger: Ledger, place: int) -> None:
    """BR02: small business rate relief here, and another occupied property there for more than a year."""
    (a, b), numbered = two(world), place % 2 == 0
    payer = ledger.register.shop(a, kind="COMPANY" if numbered or place % 4 == 1 else "SOLE")
    if numbered and place % 4 == 2:
        payer.spellings[b] = spell(payer.name, place // 4 + 2, world.clerk)
    elif not numbered:
        payer.spellings[b] = legal_form(payer.name)
    small = world.rng.randrange(4_000, 11_900, 50)
    left = ledger.rates(a, payer, payer.office, small, world.ago(900, 4_000), relief="SBRR", company=numbered, plain=False)
    value = world.rng.randrange(3_200, 12_000, 50) if place % 3 else world.rng.randrange(13_000, 40_000, 250)
    right = ledger.rates(b, payer, world.home(b, "house"), value, world.ago(500, 890), company=numbered or place % 4 == 1, plain=False)
    world.truth.plant("BR02", left, right, "with company number" if numbered else "by name", numbered=numbered)


def published_twice(world: World, ledger: Ledger, place: int) -> None:
    """PS01: one invoice published on two days, or a line that stands there twice."""
    council = COUNCILS[place % 6]
    creditor = ledger.creditor(ledger.register.trader(council.id), council.id, plain=False)
    ledger.trade(creditor, about=8)
    day = world.as_of - timedelta(days=world.rng.randint(70, 240))
    payment = ledger.invoice(creditor, day, world.rng.randrange(90_000, 1_500_000), plain=False)
    left = ledger.publish(creditor, payment)
    again, paid = dict(left.values), left.values["payment_date"]
    if "PSP.invoice_no" not in council.dialect.leaves_out and place % 4 < 3 and isinstance(paid, date):
        again["payment_date"] = min(paid + timedelta(days=7 * world.rng.randint(1, 4)), world.as_of - timedelta(days=2))
        again["transaction_no"] = str(world.registry.number(council.id, "CRP#"))
    right = world.registry.add(council.id, "PSP", again, dict(left.owners), period=left.period, plain=False)
    note = "the whole line twice" if again["transaction_no"] == left.values["transaction_no"] else "one invoice on two days"
    world.truth.plant("PS01", left, right, note)


def many_spellings(world: World, ledger: Ledger, place: int) -> None:
    """PS02: one supplier that several councils pay under several spellings."""
    supplier = ledger.register.national() if place % 2 else ledger.register.trader(world.rng.choice(DISTRICTS).id, kind="COMPANY")
    councils = [council.id for council in world.rng.sample(COUNCILS, 2 + place % 3)]
    respell(supplier, world.clerk, councils, place)
    for council in councils:
        _some_published(world, ledger, ledger.creditor(supplier, council, plain=False))


def note_spellings(world: World) -> None:
    """Note every pair of councils that publish one supplier under two spellings, whatever it was made for."""
    first: dict[str, dict[str, Row]] = {}
    for council in COUNCILS:
        for row in world.registry.rows.get((council.id, "PSP"), []):
            first.setdefault(row.owners["supplier"], {}).setdefault(council.id, row)
    for lines in first.values():
        for left, right in combinations(lines.values(), 2):
            if bare(str(left.values["supplier_name"])) != bare(str(right.values["supplier_name"])):
                world.truth.plant("PS02", left, right, "one supplier, two spellings")


def bare(name: str) -> str:
    """Return letters and digits only; capitals, spaces and punctuation make no other spelling."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _some_published(world: World, ledger: Ledger, creditor: Creditor) -> None:
    """File a few invoices of this year and their published lines."""
    for _ in range(world.rng.randint(2, 5)):
        day, pence = world.as_of - timedelta(days=world.rng.randint(60, 250)), world.rng.randrange(70_000, 2_500_000)
        ledger.publish(creditor, ledger.invoice(creditor, day, pence, plain=False))


MONEY_PLANTS: dict[str, MoneyPlant] = {
    "TC02": shared_account, "TC07": billed_twice, "TC08": diverted_account, "BR01": two_reliefs, "BR02": relief_and_more,
    "PS01": published_twice, "PS02": many_spellings,
}  # fmt: skip
