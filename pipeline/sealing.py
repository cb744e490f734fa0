"""Sealed for one reader and signed by one writer: what passes between a partner and the unit, so that nobody between can read or change it.

Both are public formats. A sealed file opens with `age`, a signature is checked with `openssl pkeyutl -verify -rawin`; a party that has lost
this program has not lost its data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from schemas.errors import IntegrityError

SEALED = ".age"  # ending of a sealed file
SIGNATURE = ".sig"  # ending of the signature beside a document
MOST_SIGNATURE_BYTES = 256
_SIGNATURE = re.compile(rb"[0-9a-f]{128}\n")
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def sealed(content: bytes, reader: str) -> bytes:
    """Return the content as only the reader can open it; the same content gives other bytes each time.

    Args:
        reader: public receiving key, X25519, hex.
    """
    return bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient(reader))]))


def opened(content: bytes, key: X25519PrivateKey, *, file: str) -> bytes:
    """Return what was sealed for this key.

    Raises:
        IntegrityError: it was sealed for another key, or changed or cut off since.
    """
    try:
        return bytes(pyrage.decrypt(content, [pyrage.x25519.Identity.from_str(identity(key))]))
    except pyrage.DecryptError as error:
        foreign = "matching keys" in str(error).lower()
        what = "the file was sealed for another key" if foreign else "the sealed file is damaged or cut off"
        raise IntegrityError(what, file=file, mend="send it again, sealed for the key in force" if foreign else "send it again") from None


def signature(content: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signature of a document, as the file beside it holds it: 128 hex digits and a line's end."""
    return key.sign(content).hex().encode() + b"\n"


def refuse_unsigned(content: bytes, found: bytes, writer: str, *, file: str) -> None:
    """Refuse a document that this writer did not sign.

    Args:
        found: what stands in the signature's file.
        writer: public signing key, Ed25519, hex.

    Raises:
        IntegrityError: the signature is none, or of another key or another document.
    """
    try:
        if not _SIGNATURE.fullmatch(found):  # one way to write it, so that one signature is one file
            raise ValueError
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(writer)).verify(bytes.fromhex(found.decode("ascii")), content)
    except (InvalidSignature, ValueError):
        raise IntegrityError(
            "the signature does not fit", file=file, found="another key signed it, or it was changed since",
            mend="if keys were changed, hand the new card over (counterfoil partner rotate-key); then send it again",
        ) from None


def canonical(document: Any) -> bytes:
    """Return a document as JSON in one way only: keys sorted, nothing between them, a line's end."""
    return (json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n").encode()


def recipient(public: str) -> str:
    """Return a public receiving key as `age` writes it."""
    return _bech32("age", bytes.fromhex(public))


def identity(key: X25519PrivateKey) -> str:
    """Return a private receiving key as `age` reads it."""
    return _bech32("age-secret-key-", key.private_bytes_raw()).upper()


def _bech32(prefix: str, content: bytes) -> str:
    """Return bytes in Bech32, which `age` writes keys in.

    Source: BIP 173, Base32 address format for native v0-16 witness outputs.
    """
    data = [*_fives(content)]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*spread, *data, *[0] * 6]) ^ 1
    return f"{prefix}1" + "".join(_LETTERS[part] for part in (*data, *((check >> 5 * (5 - i)) & 31 for i in range(6))))


def _fives(content: bytes) -> Iterator[int]:
    """Yield the bits five at a time, the last five filled up with zeros."""
    bits = "".join(f"{byte:08b}" for byte in content)
    yield from (int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5))


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> i & 1 else 0
    return check
