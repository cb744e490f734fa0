"""The rules once more, in plain loops over people known by their true identity: a second witness for what was planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations, product

import pytest

from sample_data.generate import AS_OF, SEED, make
from sample_data.rows import Row
from sample_data.world import World, new_world
from schemas.datasets import CONTRACTS

Case = tuple[str, Row, Row]
ABOUT_PEOPLE = {"CT03", "CT04", "CR01", "CR02", "CR06", "HT01", "WL01", "WL03", "PY01"}
LIABLE, DISCOUNT, AWARD, TENANCY, WORK = (
    ("liability_start", "liability_end"), ("discount_start", "discount_expiry"), ("award_start", "award_end"),
    ("tenancy_start", "tenancy_end"), ("start_date", "leave_date"),
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    made = new_world(SEED, AS_OF)
    make(made, 20_000, SEED)
    return made


def test_every_contradiction_about_a_person_is_planted_and_every_planted_one_is_there(world: World) -> None:
    planted = {named(p.rule, p.left, p.right) for p in world.truth.planted if p.rule in ABOUT_PEOPLE}
    protected = {named(d.rule, d.left, d.right) for d in world.truth.difficulty if d.kind == "protected person"}
    assert {named(*case) for case in contradictions(world)} == planted | protected


def test_innocent_pairs_contradict_nothing(world: World) -> None:
    found = {named(*case) for case in contradictions(world)}
    innocent = {named(d.rule, d.left, d.right) for d in world.truth.difficulty if d.kind != "protected person"}
    assert found & innocent == set()


def test_no_bank_account_is_shared_unless_on_purpose(world: World) -> None:
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (_, dataset), rows in world.registry.rows.items():
        for row in rows:
            if dataset in ("PAY", "CRS") and row.plain:
                holders[str(row.values["sort_code"]).replace("-", ""), str(row.values["account_no"])] |= set(row.owners.values())
    assert {account: who for account, who in holders.items() if len(who) > 1} == {}


def test_no_supplier_uses_an_invoice_number_twice_unless_on_purpose(world: World) -> None:
    owner = {(row.partner, row.values["creditor_ref"]): row.owners["creditor"] for row in rows_of(world, "CRS")}
    ordinary = [row for row in rows_of(world, "CRP") if row.plain]
    numbers = Counter((owner[row.partner, row.values["creditor_ref"]], row.values["supplier_invoice_no"]) for row in ordinary)
    assert [key for key, times in numbers.items() if times > 1] == []


def test_small_relief_is_held_once_unless_on_purpose(world: World) -> None:
    payers: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(world, "NDR"):
        payers[row.owners["ratepayer"]].append(row)
    several = [rows for rows in payers.values() if len(rows) > 1 and any(row.values["relief_code"] == "SBRR" for row in rows)]
    assert [rows for rows in several if any(row.plain for row in rows)] == []


def test_no_nino_stands_on_two_people_unless_on_purpose(world: World) -> None:
    holders: dict[str, set[str]] = defaultdict(set)
    for (_, dataset), rows in world.registry.rows.items():
        for party in (party for party in CONTRACTS[dataset].parties if "nino" in party.columns):
            for row in (row for row in rows if row.plain and party.name in row.owners):
                number = str(row.values.get(party.columns["nino"][0]) or "").upper().replace(" ", "")[:8]
                if number.startswith("QQ") and number != "QQ123456":
                    holders[number].add(row.owners[party.name])
    assert len(holders) > 5_000
    assert {number: who for number, who in holders.items() if len(who) > 1} == {}


def test_people_and_numbers_are_unique(world: World) -> None:
    people = world.people.people
    assert len({person.nino for person in people}) == len(people)
    on_purpose = sum(d.kind == "same name and birth date" for d in world.truth.difficulty)
    assert len(people) - len({(person.forename, person.surname, person.born) for person in people}) == on_purpose


def contradictions(world: World) -> Iterator[Case]:
    """Return every contradiction about one person that nine rules ought to see, innocent causes left out."""
    named_tenants = Counter((row.partner, row.values["tenancy_ref"]) for row in rows_of(world, "TEN"))
    held: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for (_, dataset), rows in world.registry.rows.items():
        for row in rows:
            for who in row.owners.values():
                held[who][dataset].append(row)
    for sets in held.values():
        alone = [row for row in sets["TEN"] if named_tenants[row.partner, row.values["tenancy_ref"]] == 1 and row.values["tenancy_type"] != "TEMP"]
        yield from _of_one_kind(sets, alone)
        yield from _of_two_kinds(sets, alone)


def _of_one_kind(sets: dict[str, list[Row]], alone: list[Row]) -> Iterator[Case]:
    for one, other in apart(sets["CTX"]):
        single = [row.values["discount_code"] == "SPD" for row in (one, other)]
        spans = [DISCOUNT if flag else LIABLE for flag in single]
        if any(single) and resident(one) and resident(other) and overlap(one, spans[0], other, spans[1]) > 28:
            yield ("CT03" if all(single) else "CT04"), one, other
    for one, other in apart(sets["CTR"]):
        if overlap(one, AWARD, other, AWARD) > 14:
            yield "CR01", one, other
    for one, other in apart(alone):
        if overlap(one, TENANCY, other, TENANCY) > 28:
            yield "HT01", one, other
    for one, other in apart([row for row in sets["PAY"] if row.values["post_kind"] == "STD" and row.values["ft_pt_casual"] != "C"]):
        both_full = one.values["ft_pt_casual"] == other.values["ft_pt_casual"] == "F"
        hours = sum(int(str(row.values["std_hours"])) for row in (one, other))
        if (both_full or hours > 4_800) and overlap(one, WORK, other, WORK) > 28:
            yield "PY01", one, other


def _of_two_kinds(sets: dict[str, list[Row]], alone: list[Row]) -> Iterator[Case]:
    for claim, job in product(sets["CTR"], sets["PAY"]):
        undeclared = not claim.values["declared_earnings"] and not claim.values["passported"] and job.values["ft_pt_casual"] != "C"
        if undeclared and overlap(claim, AWARD, job, WORK) > 28:
            yield "CR02", claim, job
    for claim, rented in product(sets["CTR"], alone):
        if home(claim) != home(rented) and overlap(claim, AWARD, rented, TENANCY) > 28:
            yield "CR06", claim, rented
    waiting = [row for row in sets["WLS"] if row.values["status"] in ("LIVE", "SUSP", "OFFER") and row.values["reason"] != "HOMELESS"]
    for asked, rented in product(waiting, sets["TEN"]):
        silent = not asked.values["declared_tenancy"] and asked.values["reason"] != "TRANSFER"
        if asked.partner != rented.partner and silent and not rented.values["tenancy_end"] and beside(asked, rented, TENANCY) > 28:
            yield "WL01", asked, rented
    for asked, lives in product(waiting, [*(row for row in sets["CTX"] if resident(row)), *sets["CTR"]]):
        span = LIABLE if lives.dataset == "CTX" else AWARD
        if asked.partner != lives.partner and home(asked) != home(lives) and not lives.values[span[1]] and beside(asked, lives, span) > 60:
            yield "WL03", asked, lives


def apart(rows: list[Row]) -> list[tuple[Row, Row]]:
    return [(one, other) for one, other in combinations(rows, 2) if one.partner != other.partner]


def resident(row: Row) -> bool:
    return row.values["disregard_code"] == row.values["exemption_code"] == "NONE" and row.values["property_status"] == "OCC"


def overlap(one: Row, span: tuple[str, str], other: Row, other_span: tuple[str, str]) -> int:
    """Return the days on which both periods ran, first and last day included."""
    (start, end), (begin, finish) = period(one, span), period(other, other_span)
    return (min(end, finish) - max(start, begin)).days + 1


def beside(asked: Row, other: Row, span: tuple[str, str]) -> int:
    """Return the days of the other row's period since the application was registered."""
    return overlap(asked, ("registered_date", ""), other, span)


def period(row: Row, span: tuple[str, str]) -> tuple[date, date]:
    first, last = row.values[span[0]], row.values.get(span[1])
    assert isinstance(first, date)
    return first, last if isinstance(last, date) else AS_OF


def home(row: Row) -> tuple[str, list[str]]:
    """Return postcode and digits of the address, which tell the homes of one person apart."""
    digits = [sign for sign in f"{row.values['addr1']} {row.values['addr2']}" if sign.isdigit()]
    return str(row.values["postcode"]).replace(" ", ""), sorted(digits)


def rows_of(world: World, dataset: str) -> list[Row]:
    return [row for (_, name), rows in world.registry.rows.items() if name == dataset for row in rows]


def named(rule: str, one: Row, other: Row) -> tuple[str, frozenset[tuple[str, str, str]]]:
    return rule, frozenset((row.partner, row.dataset, row.ref) for row in (one, other))
