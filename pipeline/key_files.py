"""Key files on disk: made once, never overwritten, readable by their owner alone, and never printed.

A partner's home and the unit's home each have a folder `keys/`. What travels between parties and how a root gets from the custodian
to the partners is the story of `pipeline.custody`.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from matchers.derivation import KEY, Exercise, derive, key_check
from pipeline.home import FILES
from pipeline.store.files import PARTIAL, fsync_folder, make_folder, storage_errors, write_atomic
from schemas.errors import ConfigurationError, CounterfoilError, IntegrityError
from schemas.keys import (
    MOST_BYTES,
    Card,
    ExerciseCard,
    KeyFile,
    PartnerKeyFile,
    RootEnvelope,
    RootFile,
    UnitKeyFile,
    fingerprint,
    parse_key_file,
)

FOLDER = "keys"
PARTNER, UNIT = "partner.private.json", "unit.private.json"
UNIT_ID = "unit"
PRIVATE = (PartnerKeyFile, UnitKeyFile, RootFile)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
NEVER = "the unit never holds a root"
TAKE_AWAY = "take the file away from this machine, tell the custodian, and have the custodian run: counterfoil keys rotate AGREEMENT --new-root ..."
_ROOT_NAME = re.compile(r"\.root(\.private)?\.json")
_ROOT_KIND = re.compile(rb'"kind"\s*:\s*"(agreement root|root envelope)"')
K = TypeVar("K", bound=KeyFile)

Draw = Callable[[int], bytes]


@dataclass(frozen=True)
class PartnerKeys:
    """A partner's own keys. `crosswalk` never leaves its machine, nor do the other private halves."""

    partner: str
    signing: Ed25519PrivateKey = field(repr=False)
    receiving: X25519PrivateKey = field(repr=False)
    crosswalk: bytes = field(repr=False)


@dataclass(frozen=True)
class UnitKeys:
    """The unit's own keys: for what partners seal to it, for its receipts, and for the peppers."""

    receiving: X25519PrivateKey = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)
    pepper_root: bytes = field(repr=False)


@dataclass(frozen=True)
class Entry:
    """One key file, told without its secrets.

    Attributes:
        id: the partner, `unit`, or the agreement.
        fingerprint: of the receiving key, where the file has one.
        note: what is wrong with it; empty where nothing is.
    """

    file: str
    kind: str
    id: str = ""
    exercise: str = ""
    fingerprint: str = ""
    key_check: str = ""
    note: str = ""


def make_partner_keys(home: Path, partner: str, *, draw: Draw = secrets.token_bytes) -> Card:
    """Make a partner's keys and write them, and the card to hand over; return the card.

    A card that was lost is written again from keys that are there.

    Args:
        draw: gives so many random bytes; from the system, but for invented councils.

    Raises:
        ConfigurationError: there are keys and a card already; both were left as they are.
    """
    def fresh() -> PartnerKeyFile:
        return PartnerKeyFile(partner=partner, signing=draw(KEY).hex(), receiving=draw(KEY).hex(), crosswalk=draw(KEY).hex())

    def card() -> Card:
        keys = load_partner_keys(home)
        return Card(role="partner", id=keys.partner, signing=_public(keys.signing), receiving=_public(keys.receiving))

    return _make(home, PARTNER, partner, fresh, card)


def make_unit_keys(home: Path, *, draw: Draw = secrets.token_bytes) -> Card:
    """Make the unit's keys and write them, and the card to hand over; return the card. Refuses as `make_partner_keys`."""
    def fresh() -> UnitKeyFile:
        return UnitKeyFile(signing=draw(KEY).hex(), receiving=draw(KEY).hex(), pepper_root=draw(KEY).hex())

    def card() -> Card:
        keys = load_unit_keys(home)
        return Card(role="unit", id=UNIT_ID, signing=_public(keys.signing), receiving=_public(keys.receiving))

    return _make(home, UNIT, UNIT_ID, fresh, card)


def _make(home: Path, name: str, id_: str, fresh: Callable[[], KeyFile], card: Callable[[], Card]) -> Card:
    folder = make_key_folder(home)
    private, public = folder / name, card_path(home, id_)
    if not os.path.lexists(private) or os.path.lexists(public):
        if os.path.lexists(public) and not os.path.lexists(private):
            raise _exists(public)
        write_private(private, fresh())
    made = card()
    write_public(public, made)
    return made


def card_path(home: Path, id_: str) -> Path:
    """Return where a party's own card lies."""
    return home / FOLDER / f"{id_}.public.json"


def root_path(folder: Path, agreement: str) -> Path:
    """Return where a root lies, in a custodian's folder or in a partner's `keys/`."""
    return folder / f"{agreement}.root.private.json"


def exercise_path(home: Path, agreement: str) -> Path:
    """Return where the accepted exercise card of an agreement lies."""
    return home / FOLDER / f"{agreement}.exercise.json"


def load_partner_keys(home: Path) -> PartnerKeys:
    """Return a partner's own keys.

    Raises:
        ConfigurationError: there are none yet, or others may read them.
        IntegrityError: the file is damaged.
    """
    kept = load(home / FOLDER / PARTNER, PartnerKeyFile, mend="make them: counterfoil keys partner")
    return PartnerKeys(
        kept.partner, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept.signing)),
        X25519PrivateKey.from_private_bytes(bytes.fromhex(kept.receiving)), bytes.fromhex(kept.crosswalk),
    )  # fmt: skip


def load_unit_keys(home: Path) -> UnitKeys:
    """Return the unit's own keys; refuses as `load_partner_keys`, and wherever a root or an envelope lies among them."""
    refuse_roots(home)
    kept = load(home / FOLDER / UNIT, UnitKeyFile, mend="make them: counterfoil keys unit")
    return UnitKeys(
        X25519PrivateKey.from_private_bytes(bytes.fromhex(kept.receiving)), Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept.signing)),
        bytes.fromhex(kept.pepper_root),
    )  # fmt: skip


def load_exercise(home: Path, agreement: str) -> ExerciseCard:
    """Return the exercise card that was accepted for an agreement, in a partner's home or the unit's."""
    path = exercise_path(home, agreement)
    card = load(path, ExerciseCard, mend="make keys (counterfoil keys partner, or keys unit), hand the card to the custodian, and accept what comes back: counterfoil keys accept FILE ...")
    if card.agreement != agreement:
        raise IntegrityError("the exercise card is of another agreement", file=str(path), mend="accept the custodian's files again: counterfoil keys accept FILE ...")
    return card


def load_root(home: Path, agreement: str) -> bytes:
    """Return the root that a partner holds for an agreement: 32 bytes.

    Raises:
        ConfigurationError: there is none, others may read it, or this is the unit's home.
        IntegrityError: it is damaged, or does not give the key check of the accepted card.
    """
    refuse_unit(home)
    path = root_path(home / FOLDER, agreement)
    card = load_exercise(home, agreement)
    kept = load(path, RootFile, mend="accept the custodian's files: counterfoil keys accept CARD ENVELOPE")
    root = bytes.fromhex(kept.root)
    if kept.agreement != agreement or key_check(root, exercise_of(card)) != card.key_check:
        raise IntegrityError(
            "the root does not belong to the exercise card beside it", file=str(path),
            mend="accept the newest card and its envelope again: counterfoil keys accept CARD ENVELOPE",
        )
    return root


def exercise_of(card: ExerciseCard) -> Exercise:
    """Return the exercise that a card describes, as keys are derived from it."""
    return Exercise(card.agreement, card.exercise, card.purpose, card.profile, bytes.fromhex(card.nonce), card.spec)


def pepper(keys: UnitKeys, exercise: Exercise) -> bytes:
    """Return the unit's pepper for one exercise: 32 bytes that no partner can work out, other ones for each exercise."""
    return derive(keys.pepper_root, exercise, "pepper")


def refuse_roots(home: Path) -> None:
    """Refuse to go on where a root or an envelope lies anywhere in the unit's `keys/`, whatever it is called.

    Raises:
        ConfigurationError: with the names of the files.
    """
    found = [path for path in sorted((home / FOLDER).rglob("*")) if _is_root(path)]
    if found:
        raise ConfigurationError(NEVER, found=", ".join(ascii(str(path.relative_to(home)))[1:-1] for path in found), file=str(home / FOLDER), mend=TAKE_AWAY)


def refuse_unit(folder: Path) -> None:
    """Refuse a folder that is the unit's home or lies in it; a root must not even pass through.

    Raises:
        ConfigurationError: it is.
    """
    place = folder.resolve()
    for above in (place, *place.parents):
        if (above / FILES["unit"]).is_file() or (above / FOLDER / UNIT).is_file():
            raise ConfigurationError(NEVER, file=str(folder), found=f"{above} is a unit's home", mend="work in a folder of the custodian or of a partner, on another machine")


def _is_root(path: Path) -> bool:
    if not path.is_file():
        return False
    if _ROOT_NAME.search(path.name.lower()):
        return True
    try:
        with path.open("rb") as file:
            return _ROOT_KIND.search(file.read(MOST_BYTES)) is not None
    except OSError:
        return False  # what we cannot read, we do not hold


def inventory(folder: Path) -> list[Entry]:
    """Return what key files there are in a folder, by name, without their secrets. A spoilt one is noted, not raised."""
    return [_entry(path) for path in sorted(folder.glob("*.json*")) if path.is_file()]


def _entry(path: Path) -> Entry:
    try:
        document = read_key_file(path)
    except CounterfoilError as error:
        return Entry(path.name, "unknown", note=error.what)
    note = "others may read it: chmod 600" if isinstance(document, PRIVATE) and _open_to_others(path.stat().st_mode) else ""
    entry = Entry(path.name, str(getattr(document, "kind", "")), note=note)
    if isinstance(document, Card):
        more = {"kind": f"{document.role} card", "id": document.id, "fingerprint": fingerprint(document.receiving)}
    elif isinstance(document, ExerciseCard):
        more = {"id": document.agreement, "exercise": document.exercise, "key_check": document.key_check}
    elif isinstance(document, RootEnvelope):
        more = {"id": document.partner, "exercise": document.exercise, "fingerprint": document.recipient}
    elif isinstance(document, RootFile):
        more = {"id": document.agreement}
    elif isinstance(document, (PartnerKeyFile, UnitKeyFile)):
        receiving = X25519PrivateKey.from_private_bytes(bytes.fromhex(document.receiving))
        more = {"id": document.partner if isinstance(document, PartnerKeyFile) else UNIT_ID, "fingerprint": fingerprint(_public(receiving))}
    else:
        more = {}
    return Entry(**{**vars(entry), **more})


def read_key_file(path: Path) -> KeyFile:
    """Return a key file that somebody named, of whatever kind."""
    return parse_key_file(_content(path), file=str(path))


def load(path: Path, model: type[K], *, mend: str = "check the name and the folder") -> K:
    """Return a key file of one kind; a private one only if nobody else may read it.

    Args:
        mend: what to do where the file is missing.
    """
    document = parse_key_file(_content(path, private=issubclass(model, PRIVATE), mend=mend), file=str(path))
    if not isinstance(document, model):
        raise wrong_kind(path, document, model)
    return document


def wrong_kind(path: Path, document: KeyFile, *wanted: type[KeyFile]) -> ConfigurationError:
    """Return the error for a key file of another kind than was asked for."""
    names = " or ".join(str(model.model_fields["kind"].default) for model in wanted)
    return ConfigurationError(f"this is not the kind of file that is wanted here ({names})", file=str(path), found=f"kind {getattr(document, 'kind', '')}",
                              mend="name the file that fits; `counterfoil keys show FOLDER` tells what is what")  # fmt: skip


def _content(path: Path, *, private: bool = False, mend: str = "check the name and the folder") -> bytes:
    try:
        with path.open("rb") as file:
            if private and _open_to_others(os.fstat(file.fileno()).st_mode):
                raise ConfigurationError("others may read this private key file", file=str(path), mend=f"chmod 600 {path}; if others did read it, make new keys")
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError("the key file does not exist", file=str(path), mend=mend) from None
    except OSError as error:
        raise ConfigurationError(f"the key file cannot be read: {error.strerror}", file=str(path), mend="check the name and your rights") from None


def _open_to_others(mode: int) -> bool:
    return os.name == "posix" and bool(mode & OTHERS)


def make_key_folder(home: Path) -> Path:
    """Make the folder `keys/` of a home, closed to others, and return it."""
    folder = home / FOLDER
    make_folder(folder)
    with storage_errors(folder):
        folder.chmod(stat.S_IRWXU)  # nothing happens on Windows, where the home's own rights hold
    return folder


def write_private(path: Path, document: KeyFile) -> None:
    """Write a private key file that is not there yet, for its owner alone.

    Raises:
        ConfigurationError: it is there, and was left as it is.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with storage_errors(path):
        try:
            handle = os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR)
        except FileExistsError:
            raise _exists(path) from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_text(document))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        fsync_folder(path.parent)


def replace_private(path: Path, document: KeyFile) -> None:
    """Write a private key file in the place of an older one: the old one or the new one is there, never a part."""
    temporary = path.with_name(f"{PARTIAL}{path.name}")
    with storage_errors(path):
        temporary.unlink(missing_ok=True)
    write_private(temporary, document)
    with storage_errors(path):
        os.replace(temporary, path)
        fsync_folder(path.parent)


def write_public(path: Path, document: KeyFile) -> None:
    """Write a file to hand over, that is not there yet."""
    if os.path.lexists(path):
        raise _exists(path)
    write_atomic(path, _text(document))


def replace_public(path: Path, document: KeyFile) -> None:
    """Write a public file in the place of an older one."""
    write_atomic(path, _text(document))


def _text(document: KeyFile) -> bytes:
    return (document.model_dump_json(indent=2) + "\n").encode()


def _exists(path: Path) -> ConfigurationError:
    return ConfigurationError(
        "the key file exists and was left as it is", file=str(path),
        mend="keys are never overwritten; move the file away first, and tell everybody who holds a card or an envelope made with it",
    )


def _public(key: X25519PrivateKey | Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()
