"""Whose signature counts, from the invitation to the removal."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.audit import entries
from pipeline.collect import collect
from pipeline.intake import intake
from pipeline.key_files import card_path, load_partner_keys
from pipeline.run import run
from pipeline.trust import accept_invitation, add_partner, invite, remove_partner, rotate_key, trusted, unit_card
from schemas.errors import ConfigurationError, UsageProblem
from schemas.manifest import Receipt
from tests.conftest import DAY, NOON, Area, Send

HOUR = timedelta(hours=1)


def take(area: Area, *, now: timedelta = 12 * HOUR) -> list[Receipt]:
    return intake(area.partnership, area.store, area.home, now=NOON + now)


def new_keys(area: Area, partner: str = "northmere") -> Path:
    """Make new keys of a partner in the place of the old ones; return the new card."""
    home = area.home.parent / partner
    for path in (home / "keys" / "partner.private.json", card_path(home, partner)):
        path.unlink()
    _, card = accept_invitation(home, area.home / "invitations" / f"{partner}.invitation.json", force=True)
    return card_path(home, card.id)


def test_an_invitation_sets_a_partner_up_with_the_units_card_and_keys_of_its_own(area: Area, tmp_path: Path) -> None:
    invitation, card = accept_invitation(tmp_path / "new", invite(area.home, "northmere", now=NOON), shared="/mnt/area")
    assert (invitation.partner.id, card.id, card.role) == ("northmere", "northmere", "partner")
    assert 'shared = "/mnt/area"' in (tmp_path / "new" / "partner.toml").read_text()
    assert unit_card(tmp_path / "new") == invitation.unit
    assert load_partner_keys(tmp_path / "new").partner == "northmere"


def test_an_invitation_taken_twice_keeps_the_keys(area: Area) -> None:
    home = area.home.parent / "northmere"
    before = card_path(home, "northmere").read_bytes()
    with pytest.raises(ConfigurationError, match="was left as it is"):
        accept_invitation(home, area.home / "invitations" / "northmere.invitation.json")
    accept_invitation(home, area.home / "invitations" / "northmere.invitation.json", force=True)
    assert card_path(home, "northmere").read_bytes() == before


def test_an_unknown_partner_is_invited_by_nobody(area: Area) -> None:
    with pytest.raises(UsageProblem, match="did you mean northmere"):
        invite(area.home, "northmeer", now=NOON)


def test_what_a_stranger_signs_is_quarantined(area: Area, send: Send) -> None:
    """Fault F08."""
    new_keys(area)
    send("northmere", "TAX", ["R1"])
    (receipt,) = take(area)
    assert (receipt.state, receipt.manifest) == ("quarantined", None)
    assert receipt.reason == "the submission was signed with another key (a key that the unit does not know)"


def test_after_a_rotation_the_new_key_counts_and_the_old_one_is_named_as_such(area: Area, send: Send) -> None:
    """Fault F08: a revoked key."""
    home = area.home.parent / "northmere"
    shutil.copytree(home, home.with_name("old"))
    rotate_key(area.home, new_keys(area), now=NOON)
    send("northmere", "TAX", ["R1"])
    assert [r.state for r in take(area)] == ["accepted"]
    shutil.rmtree(home)
    home.with_name("old").rename(home)
    send("northmere", "TAX", ["R2"], now=NOON + HOUR)
    (receipt,) = take(area)
    assert receipt.reason == "the submission was signed with another key (a key that was replaced on 2026-11-02)"


def test_a_partner_that_was_removed_is_in_no_run_and_its_inbox_is_left_alone(area: Area, send: Send) -> None:
    """Fault F65."""
    send("northmere", "TAX", ["R1"])
    send("eastholt", "TAX", ["R9"])
    first = run(area.home, as_of=DAY, now=NOON + HOUR)
    assert dict(first.conservation.select("partner", "accepted").rows()) == {"eastholt": 1, "northmere": 1}
    assert remove_partner(area.home, "northmere", now=NOON + HOUR)
    waiting = send("northmere", "TAX", ["R2"], now=NOON + 2 * HOUR)
    second = run(area.home, as_of=DAY + timedelta(days=1), now=NOON + 24 * HOUR)
    assert dict(second.conservation.select("partner", "accepted").rows())["eastholt"] == 1
    assert dict(second.conservation.select("partner", "accepted").rows())["northmere"] == 0
    assert not (area.home / "receipts" / "northmere" / f"{waiting.submission_id}.json").exists()
    assert not (area.shared / "outbox" / "northmere" / "runs" / second.run_id).exists()
    known = trusted(area.home, "northmere")
    assert known is not None
    assert (known.card, len(known.before)) == (None, 1)
    assert not remove_partner(area.home, "northmere", now=NOON)


def test_a_card_is_taken_in_once_and_replaced_by_name(area: Area) -> None:
    card = card_path(area.home.parent / "northmere", "northmere")
    assert add_partner(area.home, card, now=NOON) == add_partner(area.home, card, now=NOON)
    with pytest.raises(ConfigurationError, match="counterfoil partner rotate-key"):
        add_partner(area.home, new_keys(area), now=NOON)
    with pytest.raises(ConfigurationError, match="this is not a partner's card"):
        add_partner(area.home, card_path(area.home, "unit"), now=NOON)
    remove_partner(area.home, "eastholt", now=NOON)
    with pytest.raises(ConfigurationError, match="no card that could be replaced"):
        rotate_key(area.home, card_path(area.home.parent / "eastholt", "eastholt"), now=NOON)


def test_what_was_sealed_for_another_unit_is_refused_with_both_keys_named(area: Area, send: Send) -> None:
    """Fault F09."""
    home = area.home.parent / "northmere"
    path = home / "keys" / "unit.public.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"receiving": "09" + "00" * 31}))
    send("northmere", "TAX", ["R1"])
    (receipt,) = take(area)
    assert receipt.reason.startswith("manifest.json: the submission was sealed for another reader (for the key ")
    assert "counterfoil init partner FOLDER --from INVITATION" in receipt.mend


def test_an_old_submission_under_its_own_number_is_refused_and_the_remedy_works(area: Area, send: Send) -> None:
    home = area.home.parent / "northmere"
    send("northmere", "TAX", ["R1"])
    take(area)
    (home / "sent.json").unlink()
    send("northmere", "TAX", ["R2"], now=NOON + HOUR)
    (receipt,) = take(area)
    assert receipt.reason == "manifest.json: the submission repeats a number that was used before (number 1, the last was 1)"
    assert "counterfoil collect" in receipt.mend
    collect(home, now=NOON + HOUR)
    send("northmere", "TAX", ["R3"], now=NOON + 2 * HOUR)
    assert [r.state for r in take(area)] == ["accepted"]


def test_one_that_never_arrived_is_noticed_by_the_next(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    take(area)
    lost = send("northmere", "PAY", ["R1"], now=NOON + HOUR)
    shutil.rmtree(area.inbox("northmere", lost.submission_id))
    send("northmere", "TAX", ["R2"], now=NOON + 2 * HOUR)
    (receipt,) = take(area)
    assert (receipt.state, receipt.notes) == ("accepted", ("1 submission before this one never arrived",))


def test_one_that_lay_too_long_is_refused(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    (receipt,) = take(area, now=timedelta(days=31))
    assert receipt.reason == "manifest.json: the submission expired before the unit took it (valid until 2026-12-02 12:00)"


def test_a_clock_ahead_is_noted_and_changes_no_order(area: Area, send: Send) -> None:
    """Fault F19."""
    send("northmere", "TAX", ["R1"], now=NOON + timedelta(days=3))
    send("northmere", "TAX", ["R2"], now=NOON)
    first, second = take(area)
    assert (first.state, first.notes) == ("accepted", ("its computer's clock is more than a day ahead of the unit's",))
    assert (second.state, second.sequence, second.notes) == ("accepted", 2, ())


def test_every_change_of_keys_and_every_decision_is_in_the_audit_log(area: Area, send: Send) -> None:
    send("northmere", "TAX", ["R1"])
    (receipt,) = take(area)
    rotate_key(area.home, new_keys(area), now=NOON)
    remove_partner(area.home, "eastholt", now=NOON)
    logged = list(entries(area.home))
    assert [(entry.action, entry.subject.split("/")[0]) for entry in logged] == [
        ("partner added", "northmere"), ("partner added", "eastholt"), ("submission accepted", "northmere"), ("partner keys replaced", "northmere"),
        ("partner removed", "eastholt"),
    ]  # fmt: skip
    assert receipt.audit_head is not None
    assert receipt.audit_head.sequence == 3
