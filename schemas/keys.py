"""What key files are: what parties show each other, and what each keeps to itself.

Every file is JSON with its kind and format first and one key a line. Bytes are written in hexadecimal digits. What is secret is
left out of every `repr`, and no error repeats what a file holds.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from schemas.errors import IntegrityError, nearest
from schemas.partnership import PartnerHome, PartnerId
from schemas.settings import Settings, known_keys

MOST_BYTES = 1_000_000  # of a key file; a card of a thousand partners has a quarter of it
Bytes32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Secret32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
Sealed32 = Annotated[str, Field(pattern=r"^[0-9a-f]{160}$")]  # 32 bytes of the sender's key, 32 of ours, 16 of the tag
KeyCheck = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
ExerciseId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Purpose = Annotated[str, Field(pattern=r"^[!-~]([ -~]{0,98}[!-~])?$")]  # plain letters, so that no two spellings look alike


class KeyFile(Settings):
    """Base of every key file."""

    model_config = ConfigDict(hide_input_in_errors=True)


class Card(KeyFile):
    """Who somebody is, to hand over: the public halves of the keys of a partner or of the unit.

    Attributes:
        id: the partner's id; `unit` for the unit.
        signing: Ed25519; partners sign submissions with it, the unit signs receipts.
        receiving: X25519; what is sealed to it opens nowhere else.
    """

    kind: Literal["card"] = "card"
    format: Literal[1] = 1
    role: Literal["partner", "unit"]
    id: PartnerId
    signing: Bytes32
    receiving: Bytes32


class Trusted(KeyFile):
    """What the unit knows of one partner's keys, since when, and which came before.

    Attributes:
        card: in force; None once the partner was removed.
        before: cards that were replaced or taken away, and when.
    """

    kind: Literal["trusted partner"] = "trusted partner"
    format: Literal[1] = 1
    partner: PartnerId
    card: Card | None
    since: AwareDatetime
    before: tuple[tuple[Card, AwareDatetime], ...] = ()


class Invitation(KeyFile):
    """What a partner needs to set itself up: its settings as the unit has them, and whom it will deal with.

    Attributes:
        shared: the shared area as the unit sees it; a partner's computer may see it elsewhere.
        unit: the unit's card, to seal to and to check answers with.
    """

    kind: Literal["invitation"] = "invitation"
    format: Literal[1] = 1
    partnership: str
    partner: PartnerHome
    unit: Card
    issued_at: AwareDatetime


class Member(Settings):
    """A partner of an exercise, with the fingerprints of its public keys."""

    id: PartnerId
    receiving: Bytes32
    signing: Bytes32


class ExerciseCard(KeyFile):
    """One exercise of an agreement, as all parties may know it.

    Attributes:
        nonce: 32 bytes, new for every exercise.
        spec: SHA-256 of the encoding's specification it was made for.
        key_check: what the root and this exercise must give; tells a wrong root before anything is encoded.
        canaries: what invented people must be encoded to, by name.
        unit: fingerprint of the unit's receiving key.
        made_at: tells the newer of two cards.
    """

    kind: Literal["exercise card"] = "exercise card"
    format: Literal[1] = 1
    agreement: PartnerId
    exercise: ExerciseId
    purpose: Purpose
    profile: Literal["P1", "P2"]
    nonce: Bytes32
    spec: Bytes32
    key_check: KeyCheck
    canaries: dict[str, str]
    partners: Annotated[tuple[Member, ...], Field(min_length=1)]
    unit: Bytes32
    made_at: AwareDatetime


class RootEnvelope(KeyFile):
    """The agreement root, sealed for one partner and one exercise.

    Attributes:
        recipient: fingerprint of the receiving key that opens it.
        sealed: HPKE (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM.
    """

    kind: Literal["root envelope"] = "root envelope"
    format: Literal[1] = 1
    agreement: PartnerId
    exercise: ExerciseId
    partner: PartnerId
    recipient: Bytes32
    sealed: Sealed32


class RootFile(KeyFile):
    """The agreement root. The custodian and the partners hold it, the unit never."""

    kind: Literal["agreement root"] = "agreement root"
    format: Literal[1] = 1
    agreement: PartnerId
    root: Secret32


class PartnerKeyFile(KeyFile):
    """What a partner keeps to itself.

    Attributes:
        crosswalk: opens the list that leads from random references back to the partner's own records.
    """

    kind: Literal["partner keys"] = "partner keys"
    format: Literal[1] = 1
    partner: PartnerId
    signing: Secret32
    receiving: Secret32
    crosswalk: Secret32


class UnitKeyFile(KeyFile):
    """What the unit keeps to itself.

    Attributes:
        pepper_root: what each exercise's pepper is derived from.
    """

    kind: Literal["unit keys"] = "unit keys"
    format: Literal[1] = 1
    signing: Secret32
    receiving: Secret32
    pepper_root: Secret32


KINDS: dict[str, type[KeyFile]] = {
    "card": Card, "trusted partner": Trusted, "invitation": Invitation, "exercise card": ExerciseCard, "root envelope": RootEnvelope, "agreement root": RootFile, "partner keys": PartnerKeyFile,
    "unit keys": UnitKeyFile,
}  # fmt: skip
AGAIN = "fetch the file again from whoever made it, and do not edit it"


def fingerprint(public: str) -> str:
    """Return what tells one public key from another: the SHA-256 of its bytes, in hexadecimal digits."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def parse_key_file(content: bytes, *, file: str) -> KeyFile:
    """Return the key file in some bytes, whatever its kind; `file` is the name that errors give.

    Raises:
        IntegrityError: it is damaged, of no known kind, or a key in it is missing, unknown or malformed.
    """
    if len(content) > MOST_BYTES:
        raise IntegrityError("this is too large for a key file", file=file, mend="name the file that the custodian or `counterfoil keys` made")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):  # quotes nothing: what cannot be read may still be secret
        raise IntegrityError("the key file is damaged: it is not JSON to its end", file=file, mend=AGAIN) from None
    kind = document.get("kind") if isinstance(document, dict) else None
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise IntegrityError(
            "this is no key file of Counterfoil", file=file, found="no kind that is known here",
            mend="name a file that `counterfoil keys` made; if it is newer than this program, update Counterfoil",
        )
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = [_in_words(item["type"], item["loc"], model) for item in error.errors(include_url=False, include_input=False, include_context=False)]
        raise IntegrityError(f"the {kind} does not fit", file=file, found="; ".join(problems), mend=AGAIN) from None


def _in_words(problem: str, loc: tuple[int | str, ...], model: type[KeyFile]) -> str:
    name = ascii(".".join(str(part) for part in loc)[:60])
    if problem == "extra_forbidden":
        close = nearest(str(loc[-1]), known_keys(model, loc[:-1]))
        return f"{name} is not a key that is known here" + (f" (near: {' or '.join(close)})" if close else "")
    return f"{name} is missing" if problem == "missing" else f"{name} is not in the right form"
