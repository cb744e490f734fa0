"""The way of a root: made by the custodian, sealed for each partner, accepted by it, and never by the unit.

HPKE says to whom a root was sealed, not by whom. So a partner compares the key check with the custodian by telephone, and the
custodian the fingerprints with the partners; the commands say so.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import ValidationError

from matchers.derivation import KEY, Exercise, Profile, key_check
from pipeline.home import Kind
from pipeline.key_files import (
    FOLDER,
    NEVER,
    TAKE_AWAY,
    Draw,
    PartnerKeys,
    exercise_of,
    exercise_path,
    load,
    load_partner_keys,
    load_unit_keys,
    make_key_folder,
    read_key_file,
    refuse_unit,
    replace_private,
    replace_public,
    root_path,
    write_private,
    write_public,
    wrong_kind,
)
from pipeline.store.files import fsync_folder, is_safe_name, make_folder, storage_errors
from schemas.errors import ConfigurationError, IntegrityError
from schemas.keys import Card, ExerciseCard, KeyFile, Member, RootEnvelope, RootFile, fingerprint

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ASK = "ask the custodian for"
Canaries = Callable[[bytes, Exercise], Mapping[str, str]]
Spec = Callable[[Profile], str]
K = TypeVar("K", bound=KeyFile)


@dataclass(frozen=True)
class Made:
    """What the custodian made.

    Attributes:
        files: the exercise card first, then one envelope for each partner in the card's order.
    """

    card: ExerciseCard
    files: tuple[Path, ...]


def make_agreement(
    agreement: str, *, exercise: str, cards: Sequence[Path], unit_card: Path, out: Path, spec: Spec, canaries: Canaries, now: datetime,
    purpose: str = "counter-fraud", profile: Profile = "P1", draw: Draw = secrets.token_bytes,
) -> Made:  # fmt: skip
    """Make the root of a new agreement, the card of its first exercise, and one envelope for each partner.

    Args:
        cards: the public cards of the partners.
        unit_card: the unit's public card; nothing is ever sealed to its key.
        out: the custodian's folder; not in the unit's home.
        spec: profile -> digest of the encoding's specification, hex.
        canaries: what invented people are encoded to with a root, for an exercise.
        draw: gives so many random bytes; from the system, but for invented councils.

    Raises:
        ConfigurationError: a card is not what it should be, a name cannot be used, or a file exists.
    """
    _safe(agreement, exercise)
    refuse_unit(out)
    root = draw(KEY)
    members, unit = _read_cards(cards), load(unit_card, Card)
    _deny(members, unit, unit_card)
    card = _card(root, _exercise(agreement, exercise, purpose, profile, spec, draw), members, unit, canaries, now)
    _free(out, card, "another exercise of this agreement is made with: counterfoil keys rotate", root_path(out, agreement))
    make_folder(out)
    write_private(root_path(out, agreement), RootFile(agreement=agreement, root=root.hex()))
    return _hand_out(root, card, members, out)


def rotate(
    agreement: str, *, exercise: str, cards: Sequence[Path], unit_card: Path, out: Path, spec: Spec, canaries: Canaries, now: datetime,
    new_root: bool = False, purpose: str = "", profile: Profile | None = None,
) -> Made:  # fmt: skip
    """Make another exercise of an agreement: a new nonce, a new card and new envelopes. Old and new cannot be joined.

    Args:
        new_root: make a new root besides; the old file is kept as `.replaced-<n>`.
        purpose, profile: as in the newest exercise before, where they are not named.

    Raises:
        ConfigurationError: as `make_agreement`; and a partner has left that would still hold the root.
    """
    _safe(agreement, exercise)
    refuse_unit(out)
    kept = load(root_path(out, agreement), RootFile, mend="name the folder where the root lies; the first exercise is made with: counterfoil keys agreement")
    members, unit, before = _read_cards(cards), load(unit_card, Card), _newest(out, agreement)
    _deny(members, unit, unit_card)
    left = sorted({one.id for one in before.partners} - {one.id for one in members})
    if left and not new_root:
        raise ConfigurationError("a partner that has left still holds the root", found=", ".join(left), mend="add --new-root, or the card of the partner")
    root = secrets.token_bytes(KEY) if new_root else bytes.fromhex(kept.root)
    described = _exercise(agreement, exercise, purpose or before.purpose, profile or before.profile, spec, secrets.token_bytes)
    card = _card(root, described, members, unit, canaries, now)
    _free(out, card, "each exercise needs an id of its own")
    if new_root:
        _set_aside(root_path(out, agreement))
        write_private(root_path(out, agreement), RootFile(agreement=agreement, root=root.hex()))
    return _hand_out(root, card, members, out)


def accept(home: Path, paths: Sequence[Path], kind: Kind, *, spec: Spec, canaries: Canaries) -> ExerciseCard:
    """Take what the custodian sent into a home: a card and an envelope into a partner's, a card alone into the unit's.

    A newer card takes the place of an older one. Nothing is written before everything has been checked.

    Args:
        spec: profile -> digest of our encoding's specification; a card for another one is refused.

    Raises:
        ConfigurationError: files of a wrong kind, or for somebody else; a root or an envelope in the unit's home; a card of another
            version, or older than ours.
        IntegrityError: a file is damaged, or the root does not give what the card says.
    """
    found = [(path, read_key_file(path)) for path in paths]
    if kind == "unit":
        for path, document in found:
            if isinstance(document, (RootEnvelope, RootFile)):
                raise ConfigurationError(NEVER, file=str(path), found=f"kind {document.kind}", mend=TAKE_AWAY)
        path, card = _only(found, ExerciseCard, ExerciseCard)
        _for_unit(card, path, fingerprint(load_unit_keys(home).receiving.public_key().public_bytes_raw().hex()))
        _for_us(card, path, home, spec)
    else:
        refuse_unit(home)
        path, card = _only(found, ExerciseCard, ExerciseCard, RootEnvelope)
        place, envelope = _only(found, RootEnvelope, ExerciseCard, RootEnvelope)
        root = _opened(envelope, place, card, path, load_partner_keys(home))
        _for_us(card, path, home, spec)
        _proved(root, card, path, canaries)
        replace_private(root_path(make_key_folder(home), card.agreement), RootFile(agreement=card.agreement, root=root.hex()))
    make_key_folder(home)
    replace_public(exercise_path(home, card.agreement), card)
    return card


# --- the custodian's cards ---


def _safe(agreement: str, exercise: str) -> None:
    for what, name in (("agreement", agreement), ("exercise", exercise)):
        if not is_safe_name(name):
            raise ConfigurationError(f"the {what} has an id that cannot be used", found=ascii(name[:60]), mend="use a to z, 0 to 9 and the hyphen, at most 30 characters")


def _exercise(agreement: str, exercise: str, purpose: str, profile: Profile, spec: Spec, draw: Draw) -> Exercise:
    return Exercise(agreement, exercise, purpose, profile, draw(KEY), spec(profile))


def _card(root: bytes, exercise: Exercise, members: Sequence[Card], unit: Card, canaries: Canaries, now: datetime) -> ExerciseCard:
    partners = tuple(Member(id=one.id, receiving=fingerprint(one.receiving), signing=fingerprint(one.signing)) for one in members)
    try:
        return ExerciseCard(
            agreement=exercise.agreement, exercise=exercise.id, purpose=exercise.purpose, profile=exercise.profile, nonce=exercise.nonce.hex(),
            spec=exercise.spec, key_check=key_check(root, exercise), canaries=dict(canaries(root, exercise)), partners=partners,
            unit=fingerprint(unit.receiving), made_at=now.astimezone(UTC),
        )  # fmt: skip
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_url=False, include_input=False, include_context=False))
        raise ConfigurationError(
            "the exercise cannot be described like this", found=wrong,
            mend="an agreement's id begins with a letter and has 2 to 31 of a to z, 0 to 9 and the hyphen; a purpose is a line of at most 100 plain characters",
        ) from None


def _read_cards(paths: Sequence[Path]) -> list[Card]:
    """Return the partners' cards in the order of their ids."""
    if not paths:
        raise ConfigurationError("no partner's card was named", mend="name one card for each partner: --for CARD --for CARD")
    cards: dict[str, Card] = {}
    for path in paths:
        card = load(path, Card)
        if card.role != "partner":
            raise ConfigurationError("this is the unit's card: " + NEVER, file=str(path), mend="name partners' cards with --for, and the unit's with --unit")
        if card.id in cards:
            raise ConfigurationError(f"there are two cards of the partner {card.id!r}", file=str(path), mend="name the one that the partner confirms by telephone")
        if not is_safe_name(card.id):
            raise ConfigurationError("the partner has an id that cannot be used", file=str(path), found=ascii(card.id), mend="agree on another id with the partner")
        cards[card.id] = card
    return [cards[id_] for id_ in sorted(cards)]


def _deny(members: Sequence[Card], unit: Card, unit_path: Path) -> None:
    """Refuse keys that would open an envelope for somebody else than the partner named on it, the unit first of all.

    Keys are compared by what they do with a key thrown away afterwards: X25519 has several spellings of the same lock.
    """
    if unit.role != "unit":
        raise ConfigurationError("this is not the unit's card", file=str(unit_path), found=f"the card of the partner {unit.id!r}", mend="name the unit's card with --unit")
    probe = X25519PrivateKey.from_private_bytes(secrets.token_bytes(KEY))
    owners: dict[bytes, Card] = {}
    for card in (unit, *members):
        try:
            lock = probe.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(card.receiving)))
        except ValueError:  # a point that gives everybody the same secret
            raise IntegrityError(f"the receiving key of {card.id!r} is no key", mend="ask for the card again") from None
        other = owners.setdefault(lock, card)
        if other is unit and card is not unit:
            raise ConfigurationError(f"the card of {card.id!r} has the unit's receiving key: {NEVER}", mend="ask the partner for its own card, and compare the fingerprint by telephone")
        if other is not card:
            raise ConfigurationError(f"the partners {other.id!r} and {card.id!r} have the same receiving key", mend="each makes its own: counterfoil keys partner")


def _newest(out: Path, agreement: str) -> ExerciseCard:
    cards = [load(path, ExerciseCard) for path in sorted(out.glob(f"{agreement}.*.exercise.json"))]
    if not cards:
        raise ConfigurationError("no exercise card of the agreement lies beside its root", file=str(out), mend="put the newest one back, to tell who holds the root")
    return max(cards, key=lambda card: card.made_at)


# --- the custodian's files ---


def _files(out: Path, card: ExerciseCard) -> tuple[Path, ...]:
    stem = f"{card.agreement}.{card.exercise}"
    return (out / f"{stem}.exercise.json", *(out / f"{stem}.{one.id}.root.json" for one in card.partners))


def _free(out: Path, card: ExerciseCard, mend: str, *more: Path) -> None:
    there = [path.name for path in (*more, *_files(out, card)) if os.path.lexists(path)]
    if there:
        raise ConfigurationError("files of this name exist and were left as they are", file=str(out), found=", ".join(there), mend=mend)


def _hand_out(root: bytes, card: ExerciseCard, members: Sequence[Card], out: Path) -> Made:
    """Write the envelopes, and the card last: without it there is no exercise."""
    files = _files(out, card)
    for path, member in zip(files[1:], members, strict=True):
        write_public(path, _sealed(root, card, member))
    write_public(files[0], card)
    return Made(card, files)


def _set_aside(path: Path) -> None:
    n = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.replaced-{n}")):
        n += 1
    with storage_errors(path):
        path.rename(aside)
        fsync_folder(path.parent)


# --- envelopes ---


def _sealed(root: bytes, card: ExerciseCard, member: Card) -> RootEnvelope:
    recipient = fingerprint(member.receiving)
    public = X25519PublicKey.from_public_bytes(bytes.fromhex(member.receiving))
    sealed = SUITE.encrypt(root, public, info=_info(card, member.id, recipient))
    return RootEnvelope(agreement=card.agreement, exercise=card.exercise, partner=member.id, recipient=recipient, sealed=sealed.hex())


def _opened(envelope: RootEnvelope, path: Path, card: ExerciseCard, card_path: Path, keys: PartnerKeys) -> bytes:
    own = fingerprint(keys.receiving.public_key().public_bytes_raw().hex())
    if (envelope.agreement, envelope.exercise) != (card.agreement, card.exercise):
        raise ConfigurationError(
            "the envelope is for another exercise than the card", file=str(path), found=f"{envelope.agreement} {envelope.exercise}, and {card.agreement} {card.exercise} on the card",
            mend="name the card and the envelope of one exercise",
        )
    if envelope.partner != keys.partner:
        raise ConfigurationError(
            "the envelope is for another partner", file=str(path), found=f"for {envelope.partner!r}, and this is {keys.partner!r}", mend=f"{ASK} the one made for you"
        )
    if envelope.recipient != own:
        raise ConfigurationError("the envelope was sealed to another key of yours", file=str(path), mend=f"send the custodian your card of today, and {ASK} a new envelope")
    if (keys.partner, own) not in {(one.id, one.receiving) for one in card.partners}:
        raise ConfigurationError("the exercise card does not name you with your key", file=str(card_path), mend=f"{ASK} the card that belongs to the envelope")
    try:
        root = SUITE.decrypt(bytes.fromhex(envelope.sealed), keys.receiving, info=_info(card, keys.partner, own))
    except (InvalidTag, ValueError):
        raise IntegrityError("the envelope does not open with this card and your key", file=str(path), found="one of the two was changed on its way", mend=f"{ASK} both again") from None
    if len(root) != KEY:
        raise IntegrityError("what the envelope holds is no root", file=str(path), mend=f"{ASK} a new one")
    return root


def _info(card: ExerciseCard, partner: str, recipient: str) -> bytes:
    """Return what an envelope is bound to; each part stands behind its length. The card's digest ends it, so that no line of it can change."""
    digest = hashlib.sha256(card.model_dump_json().encode()).hexdigest()
    parts = [part.encode() for part in ("counterfoil/1 root envelope", card.agreement, card.exercise, partner, recipient, digest)]
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


# --- what is accepted ---


def _only(found: Sequence[tuple[Path, KeyFile]], model: type[K], *wanted: type[KeyFile]) -> tuple[Path, K]:
    for path, document in found:
        if not isinstance(document, wanted):
            raise wrong_kind(path, document, *wanted)
    fitting = [(path, document) for path, document in found if isinstance(document, model)]
    if len(fitting) != 1:
        name = str(model.model_fields["kind"].default)
        raise ConfigurationError(f"{'no' if not fitting else 'more than one'} {name} was named", mend=f"name one: {' and one '.join(str(one.model_fields['kind'].default) for one in wanted)}")
    return fitting[0]


def _for_unit(card: ExerciseCard, path: Path, own: str) -> None:
    if card.unit != own:
        raise ConfigurationError("the exercise card is for another unit's key", file=str(path), mend=f"send the custodian your card of today, and {ASK} a new exercise card")


def _for_us(card: ExerciseCard, path: Path, home: Path, spec: Spec) -> None:
    """Refuse a card whose name, encoding or age does not fit this home."""
    _safe(card.agreement, card.exercise)
    if card.spec != spec(card.profile):
        raise ConfigurationError(
            "the exercise card was made for another version of the encoding", file=str(path), found=f"{card.spec[:16]} on the card, {spec(card.profile)[:16]} here",
            mend=f"update Counterfoil to the custodian's version, or {ASK} a card made for this one",
        )
    if exercise_path(home, card.agreement).exists():
        ours = load(exercise_path(home, card.agreement), ExerciseCard)
        if card != ours and card.made_at <= ours.made_at:
            raise ConfigurationError(
                "a newer exercise card of this agreement has been accepted already", file=str(path), found=f"exercise {ours.exercise} of {ours.made_at:%Y-%m-%d}",
                mend=f"{ASK} the newest card; to go back to an old one, move {FOLDER}/{card.agreement}.exercise.json away",
            )


def _proved(root: bytes, card: ExerciseCard, path: Path, canaries: Canaries) -> None:
    exercise = exercise_of(card)
    if key_check(root, exercise) != card.key_check:
        raise IntegrityError("the root in the envelope does not give the card's key check", file=str(path), mend=f"{ASK} a card and an envelope of one exercise")
    if dict(canaries(root, exercise)) != card.canaries:
        raise IntegrityError("invented people are encoded otherwise here than at the custodian's", file=str(path), mend=f"tell the custodian; both need the same version of Counterfoil, and you {ASK} a new card")
