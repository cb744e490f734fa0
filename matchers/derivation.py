"""Keys of one exercise, derived from a root that partners hold and the unit never does.

HKDF-SHA256 with the exercise's nonce as salt and everything that must agree in its info: agreement, exercise, purpose, profile and
the digest of the encoding's specification. Who differs in any of these gets tokens that meet nobody's, and so fails safe; the key
check says so before anything is linked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY = 32  # bytes
CHECK = 8  # bytes of the key check; enough to tell a wrong key, too few to be one
Profile = Literal["P1", "P2"]


@dataclass(frozen=True)
class Exercise:
    """One use of a root: what all partners of an agreement must share to meet. Nothing in it is secret.

    Attributes:
        purpose: what the tokens may be linked for; another purpose gives other tokens.
        nonce: 32 bytes, new for every exercise.
        spec: SHA-256 of the encoding's specification, hex.
    """

    agreement: str
    id: str
    purpose: str
    profile: Profile
    nonce: bytes
    spec: str


def derive(root: bytes, exercise: Exercise, *names: str) -> bytes:
    """Return the key of that name: 32 bytes.

    Source: RFC 5869. The info holds each part behind its length, so that no two lists of names are written alike.

    Raises:
        ValueError: the root or the nonce has another length; our own mistake.
    """
    if len(root) != KEY or len(exercise.nonce) != KEY:
        raise ValueError("a root and a nonce have 32 bytes")
    parts = ("counterfoil/1", exercise.agreement, exercise.id, exercise.purpose, exercise.profile, exercise.spec, *names)
    info = b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in parts)
    return HKDF(algorithm=SHA256(), length=KEY, salt=exercise.nonce, info=info).derive(root)


def key_check(root: bytes, exercise: Exercise) -> str:
    """Return what may be shown to tell whether two parties have the same keys: 16 hex digits."""
    return derive(root, exercise, "key check")[:CHECK].hex()
