"""A second witness: the encoding as its docstrings say it, one record and one AES block at a time, in plain Python."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping

import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from matchers.encoding.layout import FAMILY, FILTERS, TOKENS, Pass, Profile
from matchers.normalisers.names import nickname_root
from matchers.sound import sound

Key = Callable[..., bytes]
Person = Mapping[str, str | None]
Coded = dict[int, tuple[bytes, bytes]]  # record -> token, code


def aes(key: bytes, block: bytes) -> bytes:
    assert len(block) == 16
    return Cipher(AES(key), ECB()).encryptor().update(block)


def mac(key: bytes, blocks: list[bytes]) -> bytes:
    state = bytes(16)
    for block in blocks:
        state = aes(key, bytes(a ^ b for a, b in zip(state, block, strict=True)))
    return state


def text_mac(key: bytes, text: str) -> bytes:
    raw, last = text.encode(), len(text.encode())
    if last >= 64:
        raw, last = hashlib.sha256(raw).digest(), 255
    message = raw.ljust(63, b"\0") + bytes([last])
    return mac(key, [message[i : i + 16] for i in range(0, 64, 16)])


def of(expression: Callable[[pl.Expr], pl.Expr], text: str) -> str:
    return pl.select(expression(pl.lit(text))).item()


def pieces(person: Person) -> dict[str, str | None]:
    """Each text that is keyed, by name; absent or None where it is unknown."""
    out: dict[str, str | None] = {}
    forename, surname, middle = person["forename"], person["surname"], person["middle_names"]
    if forename is not None:
        root = of(nickname_root, forename)
        out |= {"forename": forename, "forename_root": root, "forename_initial": forename[:1], "root_initial": root[:1]}
        if len(forename) >= 4:
            out["forename_letters"] = "".join(sorted(forename))
        if len(forename) > 1:
            out["forename_sound"] = of(sound, root)
    if surname is not None:
        words = [re.match("[^ ]+", surname), re.search("[^ ]+$", surname)]
        out |= {"surname": surname, "surname_first": words[0] and words[0].group(), "surname_last": words[1] and words[1].group()}
        if len(surname) >= 4:
            out["surname_letters"] = "".join(sorted(surname))
        if len(surname) > 1:
            out["surname_sound"] = of(sound, surname)
    if middle is not None:
        out |= {"middle_names": middle, "middle_initial": middle[:1]}
    date = person["date_of_birth"]
    if date is not None:
        year, month, day = date[:4], date[5:7], date[8:10]
        named = {"birth_year": year, "birth_century": year[:2], "birth_decade": year[2:3], "birth_unit": year[3:4], "birth_month": month}
        named |= {"birth_tens": date[8:9], "birth_ones": date[9:10]}
        out |= {name: text for name, text in named.items() if re.fullmatch("[0-9]+", text)}
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", date):
            out |= {"birth_date": date, "birthday": date[5:], "birth_as_is": date, "birth_exchanged": f"\0{date}" if month == day else f"{year}-{day}-{month}"}
    postcode, address, saon, paon = (person[name] for name in ("postcode", "address", "saon", "paon"))
    out |= {"line": address, "address": address, "saon": saon, "paon": paon}
    if postcode is not None:
        area = re.match("([A-Z]{1,2})[0-9]", postcode)
        district = re.match("([^ ]+) ", postcode)
        out |= {"postcode": postcode, "sector": postcode[:-2], "area": area and area[1], "district": district and district[1]}
        words_of_home = sorted(word for word in re.findall("[A-Z0-9]+", f"{saon or ''} {paon or ''}") if word not in ("FLAT", "UNIT", "APARTMENT"))
        home = " ".join(words_of_home) or address
        out["home"] = None if home is None else f"{postcode}|{home}"
    if (nino := person["nino"]) is not None:
        out |= {"nino": nino[:8], "nino_prefix": nino[:2], "nino_first": nino[2:4], "nino_second": nino[4:6], "nino_third": nino[6:8], "nino_letters": "".join(sorted(nino[:8]))}
    return out | {name: person[name] for name in ("account", "trading_name")}


def letter_pairs(text: str) -> list[bytes]:
    raw = text.encode()[:48]
    if not raw:
        return []
    padded = b"_" + raw + b"_" * (2 if len(raw) == 1 else 1)
    return [padded[i : i + 2] for i in range(len(padded) - 1)]


def by_insertions(key: bytes, block: bytes, text: str) -> bytes:
    """256 bits: sixteen words of sixteen; 96 insertions shared out among the pairs."""
    pairs, words = letter_pairs(text), [0] * 16
    for number, pair in enumerate(pairs):
        drawn = aes(key, block[:12] + pair + b"\0\0")
        share = max(1, 96 // len(pairs) + (number < 96 % len(pairs)))
        for turn in range(share):
            word = ((drawn[15] >> 4) + turn) % 16
            words[word] |= 1 << (drawn[word] & 15 if turn < 16 else drawn[word] >> 4)
    return b"".join(word.to_bytes(2, "little") for word in words)


def by_majority(key: bytes, block: bytes, text: str) -> bytes:
    """512 bits: 1,024 votes by each pair, one more by the block where they are even; halves XORed."""
    pairs = letter_pairs(text)
    if not pairs:
        return bytes(64)
    messages = [(pair, 0) for pair in pairs] + ([(b"\0\0", 1)] if len(pairs) % 2 == 0 else [])
    votes = [int.from_bytes(b"".join(aes(key, block[:12] + pair + bytes([i, mark])) for i in range(8)), "little") for pair, mark in messages]
    wanted = sum((sum(vote >> bit & 1 for vote in votes) * 2 > len(votes)) << bit for bit in range(1024))
    return ((wanted ^ (wanted >> 512)) % 2**512).to_bytes(64, "little")


def encode(people: list[Person], key: Key, one: Pass, profile: Profile, largest: int) -> tuple[Coded, tuple[int, int]]:
    """Token and code of each record that has a block, and how many blocks and records were left out."""
    known = [{name: text for name, text in pieces(person).items() if text is not None} for person in people]
    digests = [{name: text_mac(key("component"), text) for name, text in texts.items()} for texts in known]
    values: dict[int, bytes] = {}
    for record, digest in enumerate(digests):
        if all(name in digest for part in one.key for name in part.split("|")):
            parts = [sorted((digest[name] for name in part.split("|")), key=lambda d: int.from_bytes(d[:8], "little")) for part in one.key]
            values[record] = mac(key("value", one.name), [d for some in parts for d in some])
    held = Counter(values.values())
    out = {}
    for record, value in values.items():
        if held[value] > largest:
            continue
        block, code = aes(key("block", one.name), value), b""
        make = by_insertions if profile.filters == "insertions" else by_majority
        for name in FILTERS:
            shown = name in one.filters and name in known[record]
            code += make(key("filter", one.name, name), block, known[record][name]) if shown else bytes(profile.filter_bytes)
        for name in TOKENS:
            shown = name in one.fields and name in digests[record]
            code += aes(key("field", one.name, FAMILY.get(name, name)), block[:12] + digests[record][name][:4])[:4] if shown else bytes(4)
        out[record] = aes(key("token", one.name), value), code
    large = [many for many in held.values() if many > largest]
    return out, (len(large), sum(large))
