"""What a partner's machine lets out: marked people are planted, and no byte outside the partner's home may hold anything of them.

Looked for are the values as they are and as they are normalised, in the usual ways to write a text as bytes, and their hashes without
a key. Looked through are the shared area, the unit's home with everything it makes of a delivery, and all that is said on the way.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

import cli
from pipeline.home import init_unit
from pipeline.run import run
from pipeline.specification import template
from sample_data.demo import hand_out_keys, partnership, take_part
from schemas.datasets import CONTRACTS

AS_OF = date(2026, 11, 1)
EVENING = datetime(2026, 11, 1, 18, tzinfo=UTC)
LETTERS = "BCDFGHJKLMNPRSTVWZ"
SENDERS = {"northmere": ("CTX", "ELR", "CTR", "TEN"), "westerfold": ("CTX", "TEN"), "merrowshire": ("PAY", "CRS")}


def marked(random: Random) -> dict[str, str]:
    """Return a person nobody can be mistaken for."""
    word = "".join(random.choice(LETTERS) for _ in range(9)).title()
    day = f"19{random.randint(31, 79)}-{random.randint(1, 12):02}-{random.randint(13, 28):02}"
    return {
        "surname": f"Q{word.lower()}", "forename": f"Zy{word.lower()[:6]}", "middle_names": f"Xy{word.lower()[3:]}", "dob": day,
        "nino": f"QQ{random.randint(100000, 999999)}C", "phone": f"07700 900{random.randint(100, 999)}", "email": f"{word.lower()}@example.org",
        "addr1": f"{random.randint(200, 999)} {word} Terrace", "postcode": f"ZZ{random.randint(10, 99)} {random.randint(1, 9)}XQ",
        "uprn": f"99{random.randint(10**9, 10**10 - 1)}", "sort_code": "99-00-01", "account_no": f"{random.randint(10**7, 10**8 - 1)}",
        "partner_record_ref": f"REF{word}{random.randint(1000, 9999)}",
    }


def rows_of(dataset: str, people: list[dict[str, str]], random: Random) -> str:
    """Return the dataset's file with these people in it; whatever else identifies or refers is theirs too."""
    names, values = list(csv.reader(template(CONTRACTS[dataset]).splitlines()))[:2]
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(names)
    for number, person in enumerate(people):
        row = dict(zip(names, values, strict=True))
        for name in names:
            base = name.removeprefix("second_").removeprefix("billing_").removeprefix("partner_") if name not in person else name
            if base in person:
                row[name] = person[base]
            elif name.endswith("_ref") and name != "tenancy_ref":
                row[name] = f"{person['partner_record_ref']}-{name[:2]}"
            elif name in ("name", "supplier_name", "creditor_name"):
                row[name] = f"{person['forename']} {person['surname']}"
        row |= {name: "" for name in ("company_no", "charity_no") if name in row}  # a company would travel in clear
        row["partner_record_ref"] = f"{person['partner_record_ref']}{number}"
        lines.writerow(row.values())
    return out.getvalue()


def bytes_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file as it lies there, and tables with all their values laid open."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield str(path.relative_to(folder)), path.name.encode() + path.read_bytes()
        if path.suffix == ".parquet":
            table = pl.read_parquet(path).with_columns(pl.col(pl.Binary).bin.encode("hex"))
            yield f"{path.relative_to(folder)} opened", table.write_json().encode()
            raw = [value for column in pl.read_parquet(path).select(pl.col(pl.Binary)).iter_columns() for value in column.drop_nulls().to_list()]
            yield f"{path.relative_to(folder)} bytes", b"\n".join(raw)
        if path.suffix == ".duckdb":
            import duckdb

            with duckdb.connect(str(path), read_only=True) as con:
                for schema, name in con.sql("select table_schema, table_name from information_schema.tables where table_catalog = current_database()").fetchall():
                    yield f"{path.name} {name}", repr(con.sql(f'select * from "{schema}"."{name}"').fetchall()).encode()


def found_in(everything: bytes, wanted: dict[str, bytes]) -> list[str]:
    """Return what is wanted and there; six bytes of each are looked up first, because looking for each in turn takes minutes."""
    raw = np.frombuffer(everything, np.uint8).astype(np.uint64)
    windows = sum((raw[i : len(raw) - 5 + i] << np.uint64(8 * i) for i in range(6)), np.uint64(0))
    starts = {name: int.from_bytes(text[:6], "little") for name, text in wanted.items()}
    there = set(np.intersect1d(windows, np.array(sorted(set(starts.values())), np.uint64)).tolist())
    return [name for name, text in wanted.items() if starts[name] in there and text in everything]


def test_the_search_finds_what_is_there() -> None:
    wanted = forms("Qgdlfvtvrj")
    for name, raw in wanted.items():
        assert name in found_in(b"before " + raw + b" behind", wanted)
    assert not found_in(b"before and behind", wanted)


def forms(value: str) -> dict[str, bytes]:
    """Return the ways in which a value could stand somewhere."""
    spelt = {value, value.upper(), value.lower(), value.title(), value.replace(" ", ""), value.replace(" ", "").upper(), value.replace("-", ""), value.replace("-", "").replace(" ", "")}
    if value.startswith("07700"):
        spelt |= {"+44" + value.replace(" ", "")[1:], value.replace(" ", "")[1:]}
    found = {}
    for text in spelt:
        for encoding in ("utf-8", "utf-16-le"):
            raw = text.encode(encoding)
            found[f"{text} as {encoding}"] = raw
            found[f"{text} as base64 of {encoding}"] = base64.b64encode(raw).rstrip(b"=")[:-1]
            found[f"{text} as hex of {encoding}"] = raw.hex().encode()
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s", "sha3_256"):
            digest = hashlib.new(name, text.encode()).digest()
            found[f"{name} of {text}"], found[f"{name} of {text}, hex"] = digest[:8], digest.hex()[:16].encode()
    return {name: raw for name, raw in found.items() if len(raw) >= 6}


@pytest.mark.parametrize("seed", [1])
def test_no_byte_outside_a_partners_home_holds_anything_of_a_person(tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    random = Random(seed)
    shared_people = [marked(random) for _ in range(6)]
    init_unit(tmp_path / "unit", partnership=partnership())
    take_part(tmp_path)
    hand_out_keys(tmp_path)
    people = list(shared_people)
    for partner, datasets in SENDERS.items():
        for dataset in datasets:
            own = shared_people + [marked(random) for _ in range(60)]
            people += own[6:]
            path = tmp_path / partner / f"{own[0]['surname']}.csv"
            path.write_text(rows_of(dataset, own, random), encoding="utf-8", newline="")
            code = cli.main(["submit", dataset, str(path), "--home", str(tmp_path / partner), "--as-of", "2026-11-01"])
            assert code == 0, capfd.readouterr().err
    summary = run(tmp_path / "unit", as_of=AS_OF, now=datetime.now(UTC), say=logging.getLogger("run").info)
    assert summary.exceptions.height or summary.notes is not None
    cli.main(["status", "--home", str(tmp_path / "unit")])
    cli.main(["collect", "--home", str(tmp_path / "northmere")])
    out, err = capfd.readouterr()
    looked = [*((f"shared/{n}", raw) for n, raw in bytes_of(tmp_path / "shared")), *((f"unit/{n}", raw) for n, raw in bytes_of(tmp_path / "unit")),
              *((f"custodian/{n}", raw) for n, raw in bytes_of(tmp_path / "custodian")), ("screen", out.encode()), ("errors", err.encode()), ("log", caplog.text.encode())]  # fmt: skip
    assert sum(len(raw) for _, raw in looked) > 500_000
    wanted = {f"{field}: {name}": raw for person in (*people[:12], *people[70:80]) for field, value in person.items() if field != "sort_code" for name, raw in forms(value).items()}
    seen = found_in(b"\x00".join(raw for _, raw in looked), wanted)
    assert not seen, (seen[:5], [place for place, raw in looked if wanted[seen[0]] in raw])
