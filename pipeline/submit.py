"""A partner's delivery from file to shared area: check, normalise, encode, seal, in this order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from matchers.encoding import spec_digest
from matchers.needs import AT_HOME, household_needs, needs
from pipeline.check import check
from pipeline.crosswalk import CROSSWALK, REFERENCES, extended, fresh_tokens, load, save
from pipeline.encode import Keys, encode, references
from pipeline.home import load_partner
from pipeline.key_files import exercise_of, exercise_path, load_exercise, load_partner_keys, load_root
from pipeline.lock import one_at_a_time
from pipeline.mapping import load_all
from pipeline.normalise import normalise
from pipeline.rejects import write_rejects
from pipeline.seal import Parties, seal
from pipeline.shared import shared_area
from pipeline.trust import unit_card
from pipeline.version import tool_version
from schemas.contract import Contract
from schemas.datasets import contract as contract_of
from schemas.errors import ConfigurationError, DataRejected, UsageProblem
from schemas.manifest import SUBMISSION_ID, Manifest
from schemas.partnership import PartnerHome
from schemas.relations import AS_DECLARED, Checked, Normalised, Outgoing, ReadOptions
from schemas.rule import load_rules

SNAPSHOT = "current"
DrawTokens = Callable[[int], list[str]]
_PERIOD = re.compile(r"([0-9]{4})(-(0[1-9]|1[0-2])|-([0-9]{4}))?")


def submit(
    files: Sequence[Path],
    dataset: str,
    home: Path,
    *,
    as_of: date,
    now: datetime,
    period: str = "",
    supersedes: str = "",
    dry_run: bool = False,
    draw: DrawTokens = fresh_tokens,
    options: ReadOptions = AS_DECLARED,
) -> Manifest:
    """Send the good rows of the files to the unit, and write the bad ones down for their council.

    Args:
        files: parts of one delivery.
        home: the partner's home, with `partner.toml` and `mappings/`.
        as_of: today, or the day the extract was taken; dates in the rows are judged by it.
        now: when it is submitted; with a time zone.
        period: 2026, 2026-10 or 2022-2026 for payments; snapshots have none.
        supersedes: id of an earlier submission that this one replaces.
        dry_run: do everything but leave nothing in the shared area.
        draw: gives so many random references; from the system, but for invented councils.

    Raises:
        DataRejected: the dataset is not agreed, nothing is good, or too much is bad.
    """
    partner, contract = load_partner(home), contract_of(dataset)
    _refuse_unagreed(partner, contract)
    period = _period(contract, period)
    if supersedes and not re.fullmatch(SUBMISSION_ID, supersedes):
        raise UsageProblem("--supersedes names no submission", found=ascii(supersedes[:60]), mend="give the id of an earlier submission, as its receipt shows it")
    checked = check(files, contract, load_all(home, contract.id), as_of=as_of, options=options)
    write_rejects(checked, home)
    _refuse_too_bad(checked, partner, options)
    checked = replace(checked, as_of=_taken(checked))
    normalised = normalise(checked.rows, contract, partner=partner.id, as_of=checked.as_of)
    parties = Parties(home, unit_card(home).receiving, load_partner_keys(home).signing)
    with one_at_a_time(home, "submission", now=now), closing(shared_area(partner)) as area:
        outgoing = travelling(normalised, contract, partner, home, now=now, dry_run=dry_run, draw=draw)
        if outgoing.note is not None:
            checked = replace(checked, rejects=_without_file_names(checked.rejects))
        return seal(
            outgoing, checked, partner, area, parties, period=period, now=now, tool_version=tool_version(), supersedes=supersedes, dry_run=dry_run
        )


def travelling(normalised: Normalised, contract: Contract, partner: PartnerHome, home: Path, *, now: datetime, dry_run: bool, draw: DrawTokens = fresh_tokens) -> Outgoing:
    """Return the rows as the agreement lets them travel; the crosswalk is kept before anything leaves."""
    nothing = pl.DataFrame(schema=CROSSWALK.schema)
    rules = [rule for rule in load_rules() if rule.id not in partner.rules_disabled]
    needed, at_home = needs([rule for rule in rules if rule.entity != AT_HOME], contract), household_needs(rules, contract)
    if partner.discloses(contract.id) == "clear":
        _refuse_clear_by_mistake(partner, home)
        return encode(normalised, contract, None, needed=needed, tokens=nothing)
    keys, crosswalk = _keys(partner, home), load_partner_keys(home).crosswalk
    wanted = references(normalised, contract, needed, keys.exercise.id, at_home)
    tables = {}
    for name, kinds in ((contract.id, ("record", "household")), (REFERENCES, ("reference",))):
        tables[name] = extended(load(home, partner.id, name, crosswalk), wanted.filter(pl.col("kind").is_in(kinds)), now=now.date(), draw=draw)
    outgoing = encode(normalised, contract, keys, needed=needed, tokens=pl.concat(tables.values()), at_home=at_home)
    for name, table in tables.items():
        if not dry_run and table.height:
            save(home, partner.id, name, crosswalk, table)
    return outgoing


def _keys(partner: PartnerHome, home: Path) -> Keys:
    """Return the keys of the exercise this partner takes part in.

    Raises:
        ConfigurationError: there are none, or they were made for another version of the encoding.
    """
    card, root = load_exercise(home, partner.agreement), load_root(home, partner.agreement)
    exercise = exercise_of(card)
    if exercise.spec != spec_digest(exercise.profile):
        raise ConfigurationError(
            "the keys of this exercise were made for another version of the encoding", file=exercise_path(home, partner.agreement).name,
            mend="install the version of Counterfoil the custodian runs, or ask the custodian for a new exercise",
        )
    return Keys(exercise, card.key_check, card.canaries, root)


def _refuse_clear_by_mistake(partner: PartnerHome, home: Path) -> None:
    """Stop where everything would leave in clear and yet an exercise's card says that identity is encoded."""
    if partner.disclosure == "clear" and exercise_path(home, partner.agreement).exists():
        raise ConfigurationError(
            "partner.toml sends identity in clear, and the agreement's exercise encodes it", file="partner.toml", column="disclosure",
            mend='nothing was sent; set disclosure = "pseudonymised", and list the datasets that travel in clear under clear',
        )


def _without_file_names(rejects: pl.DataFrame) -> pl.DataFrame:
    """Number the files; a file's name may tell more than it should."""
    return rejects.with_columns(pl.format("part {}", pl.col("file").rank("dense")).alias("file"))


def _refuse_unagreed(partner: PartnerHome, contract: Contract) -> None:
    if contract.id not in partner.datasets:
        raise DataRejected(
            f"{partner.name} has not agreed to send {contract.id}, {contract.title.lower()}",
            found=f"datasets in partner.toml: {', '.join(partner.datasets)}", mend="nothing was sent; ask the unit before you add it to partner.toml",
        )


def _period(contract: Contract, period: str) -> str:
    """Return the period as the manifest says it; raises UsageProblem where one is missing or makes no sense."""
    if not contract.history:
        if period in ("", SNAPSHOT):
            return SNAPSHOT
        raise UsageProblem(f"{contract.id} is a snapshot and has no period", mend="leave --period out; a newer delivery replaces the older one")
    found = _PERIOD.fullmatch(period)
    if found and (not found[4] or found[1] < found[4]):
        return period
    raise UsageProblem(
        f"{contract.id} is sent by period, and {'none was named' if not period else f'{ascii(period[:30])} is none'}",
        mend="add --period with a year (2026), a month (2026-10) or years (2022-2026)",
    )


def _refuse_too_bad(checked: Checked, partner: PartnerHome, options: ReadOptions) -> None:
    limit = partner.submit.max_rejected_share
    found = f"{checked.rejected:,} of {checked.received:,} rows were rejected; the list is in the folder rejects"
    if checked.received and checked.rejected > limit * checked.received:
        raise DataRejected(
            "nothing was sent: too many rows were rejected", found=f"{found}; at most {limit:.1%} may be",
            mend="mend the rows and submit again, or agree on another max_rejected_share in partner.toml",
        )
    if not checked.accepted and not options.allow_empty:
        raise DataRejected("nothing was sent: no row was accepted", found=found, mend="mend the rows and submit again")


def _taken(checked: Checked) -> date:
    """Return the day the extract was taken: the newest its rows name, so that an old file does not pass for a new one."""
    newest = checked.rows["as_of_date"].max() if "as_of_date" in checked.rows.columns and checked.rows.height else None
    return newest if isinstance(newest, date) else checked.as_of
