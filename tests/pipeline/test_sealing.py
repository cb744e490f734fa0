"""Sealed for one reader, signed by one writer, in formats that other programs read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sealing import canonical, identity, opened, recipient, refuse_unsigned, sealed, signature
from schemas.errors import IntegrityError

READER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
WRITER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
PUBLIC = READER.public_key().public_bytes_raw().hex()
SIGNER = WRITER.public_key().public_bytes_raw().hex()


@given(st.binary(min_size=32, max_size=32))
def test_keys_are_written_as_age_writes_them(secret: bytes) -> None:
    key = X25519PrivateKey.from_private_bytes(secret)
    theirs = pyrage.x25519.Identity.from_str(identity(key))
    assert str(theirs) == identity(key)
    assert str(theirs.to_public()) == recipient(key.public_key().public_bytes_raw().hex())


@given(st.binary(max_size=200_000))
def test_what_is_sealed_is_opened_by_its_reader(content: bytes) -> None:
    hidden = sealed(content, PUBLIC)
    assert opened(hidden, READER, file="x") == content
    assert len(content) < 16 or content not in hidden


def test_another_reader_is_told_that_it_is_not_for_it() -> None:
    with pytest.raises(IntegrityError, match="sealed for another key"):
        opened(sealed(b"words", PUBLIC), X25519PrivateKey.generate(), file="x")


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7), st.booleans())
def test_no_change_of_a_sealed_file_is_opened(where: float, bit: int, flip: bool) -> None:
    hidden = bytearray(sealed(b"words that matter" * 9, PUBLIC))  # of another length each time
    place = int(where * len(hidden))
    if flip:
        hidden[place] ^= 1 << bit
    else:
        del hidden[place:]
    with pytest.raises(IntegrityError):
        opened(bytes(hidden), READER, file="x")


@given(st.data())
def test_a_signature_has_one_form_and_fits_one_document(data: st.DataObject) -> None:
    content = b'{"a":1}\n'
    found = bytearray(signature(content, WRITER))
    refuse_unsigned(content, bytes(found), SIGNER, file="x")
    found[data.draw(st.integers(0, len(found) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for document, beside in ((content, bytes(found)), (content + b" ", signature(content, WRITER)), (content, b""), (content, signature(content, WRITER) * 2)):
        with pytest.raises(IntegrityError, match="the signature does not fit"):
            refuse_unsigned(document, beside, SIGNER, file="x")


def test_a_document_is_written_in_one_way() -> None:
    assert canonical({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}\n'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(float("nan"))


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
def test_openssl_checks_a_signature(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"{}\n")
    (tmp_path / "sig").write_bytes(bytes.fromhex(signature(b"{}\n", WRITER).decode()))
    (tmp_path / "key.pem").write_bytes(WRITER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-sigfile", "sig", "-in", "manifest.json"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
