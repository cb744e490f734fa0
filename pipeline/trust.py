"""Whose keys count: the unit's list of its partners' cards, and a partner's card of the unit.

A card is public. That it is the right one is for people: they compare fingerprints by telephone, once, when it is taken in.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from pipeline.audit import append
from pipeline.home import init_partner, load_partnership, partner_settings
from pipeline.key_files import FOLDER, card_path, load, make_key_folder, make_partner_keys, replace_public
from pipeline.store.files import make_folder
from schemas.audit import Verb
from schemas.errors import ConfigurationError, IntegrityError
from schemas.keys import Card, Invitation, Trusted, fingerprint

PARTNERS, INVITATIONS = "partners", "invitations"
UNIT_CARD = "unit.public.json"


def invite(home: Path, partner: str, *, now: datetime) -> Path:
    """Write the invitation of one partner, to be handed to it, and return its path."""
    partnership = load_partnership(home)
    unit = load(card_path(home, "unit"), Card, mend="make the unit's keys: counterfoil keys unit")
    settings = partner_settings(partnership, partner)
    folder = home / INVITATIONS
    make_folder(folder)
    path = folder / f"{partner}.invitation.json"
    replace_public(path, Invitation(partnership=partnership.name, partner=settings, unit=unit, issued_at=now))
    return path


def accept_invitation(folder: Path, path: Path, *, shared: str = "", force: bool = False) -> tuple[Invitation, Card]:
    """Set a partner up from its invitation: settings, the unit's card, and keys of its own where it has none yet.

    Args:
        shared: where this computer sees the shared area; as the unit sees it where nothing is said.

    Returns:
        The invitation, and the partner's own card to hand to the unit.

    Raises:
        ConfigurationError: there are settings already, or the keys there are another partner's.
    """
    invitation = load(path, Invitation)
    settings = invitation.partner.model_copy(update={"shared": shared} if shared else {})
    init_partner(folder, settings, force=force)
    make_key_folder(folder)
    replace_public(folder / FOLDER / UNIT_CARD, invitation.unit)
    own = card_path(folder, settings.id)
    card = load(own, Card) if os.path.lexists(own) else make_partner_keys(folder, settings.id)
    if card.id != settings.id:
        raise ConfigurationError("the keys in this folder are another partner's", file=str(own), found=card.id, mend="set each partner up in a folder of its own")
    return invitation, card


def unit_card(home: Path) -> Card:
    """Return the unit's card that a partner holds."""
    card = load(home / FOLDER / UNIT_CARD, Card, mend="ask the unit for an invitation, and run: counterfoil init partner FOLDER --from INVITATION --force")
    if card.role != "unit":
        raise ConfigurationError("this is not the unit's card", file=str(home / FOLDER / UNIT_CARD), found=f"the card of {card.id}", mend="ask the unit for an invitation")
    return card


def add_partner(home: Path, path: Path, *, now: datetime) -> Card:
    """Take a partner's card in: from now on what it signs is believed.

    Raises:
        ConfigurationError: nobody of this name takes part, or there is a card already.
    """
    card = _partners_card(home, path)
    before = _kept(home, card.id)
    if before and before.card == card:
        return card
    if before and before.card:
        raise ConfigurationError("this partner has a card already", file=str(path), found=card.id, mend=f"if its keys changed: counterfoil partner rotate-key {path}")
    _keep(home, Trusted(partner=card.id, card=card, since=now, before=before.before if before else ()))
    _log(home, card.id, "partner added", fingerprint(card.signing), now)
    return card


def rotate_key(home: Path, path: Path, *, now: datetime) -> Card:
    """Take a partner's new card in the place of its old one; what the old one signs is refused from now on."""
    card = _partners_card(home, path)
    before = _kept(home, card.id)
    if before is None or before.card is None:
        raise ConfigurationError("this partner has no card that could be replaced", file=str(path), found=card.id, mend=f"take it in first: counterfoil partner add {path}")
    if before.card != card:
        _keep(home, Trusted(partner=card.id, card=card, since=now, before=(*before.before, (before.card, now))))
        _log(home, card.id, "partner keys replaced", fingerprint(card.signing), now)
    return card


def remove_partner(home: Path, partner: str, *, now: datetime) -> bool:
    """Believe nothing of this partner any more; return whether it was believed before."""
    load_partnership(home).find(partner)
    before = _kept(home, partner)
    if before is None or before.card is None:
        return False
    _keep(home, Trusted(partner=partner, card=None, since=now, before=(*before.before, (before.card, now))))
    _log(home, partner, "partner removed", fingerprint(before.card.signing), now)
    return True


def trusted(home: Path, partner: str) -> Trusted | None:
    """Return what the unit knows of a partner's keys; None where it never took a card in."""
    return _kept(home, partner)


def signing_key(known: Trusted | None, signer: str) -> str:
    """Return the public key that a partner's documents must be signed with.

    Args:
        signer: fingerprint that the document names.

    Raises:
        IntegrityError: there is none, or the document names another one; the message says which.
    """
    if known is None or known.card is None:
        state = "was removed" if known else "handed no card in"
        raise IntegrityError(f"nothing of this partner can be believed, because it {state}", mend="hand the card to the unit: counterfoil partner add CARD")
    if signer != fingerprint(known.card.signing):
        old = next((until for card, until in known.before if fingerprint(card.signing) == signer), None)
        found = f"a key that was replaced on {old:%Y-%m-%d}" if old else "a key that the unit does not know"
        raise IntegrityError("the submission was signed with another key", found=found, mend="sign with the keys whose card the unit holds, or hand the new card over: counterfoil partner rotate-key")
    return known.card.signing


def _log(home: Path, partner: str, action: str, signing: str, now: datetime) -> None:
    append(home, verb=Verb.ALTERATION, action=action, subject=partner, reason="by command", now=now, detail={"signing_key": signing[:32]})


def _partners_card(home: Path, path: Path) -> Card:
    card = load(path, Card)
    if card.role != "partner":
        raise ConfigurationError("this is not a partner's card", file=str(path), found=f"the card of {card.id}", mend="name the file keys/ID.public.json of the partner")
    load_partnership(home).find(card.id)
    return card


def _path(home: Path, partner: str) -> Path:
    return home / PARTNERS / f"{partner}.json"


def _kept(home: Path, partner: str) -> Trusted | None:
    path = _path(home, partner)
    return load(path, Trusted) if os.path.lexists(path) else None


def _keep(home: Path, known: Trusted) -> None:
    make_folder(home / PARTNERS)
    replace_public(_path(home, known.partner), known)
