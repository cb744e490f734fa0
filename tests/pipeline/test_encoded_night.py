"""Encoded deliveries at the unit's door and through a night: what is refused by name, and what a rotation parts."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from matchers.encoding import canaries, spec_digest
from pipeline.crosswalk import translation
from pipeline.custody import accept, rotate
from pipeline.home import init_unit, load_partnership
from pipeline.intake import intake
from pipeline.key_files import card_path, load_partner_keys
from pipeline.run import run
from pipeline.specification import template
from pipeline.store.folder import Folder
from pipeline.submit import submit
from sample_data.councils import COUNCILS
from sample_data.demo import AGREEMENT, hand_out_keys, partnership, take_part
from schemas.datasets import CONTRACTS
from schemas.errors import ConfigurationError, IntegrityError
from schemas.manifest import Manifest, Receipt
from schemas.partnership import Partnership
from schemas.records import PASSES
from tests.pipeline.hostile import kept_table, resigned, said, sent_table

AS_OF = date(2026, 11, 1)
EVENING = datetime(2026, 11, 1, 18, tzinfo=UTC)
HEADER = template(CONTRACTS["CTX"]).split("\r\n")[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The homes of a unit and six councils, with keys."""
    init_unit(tmp_path / "unit", partnership=partnership())
    take_part(tmp_path)
    hand_out_keys(tmp_path)
    return tmp_path


def accounts(folder: Path, partner: str, *, street: str, surname: str = "Okafor") -> Path:
    row = {
        "partner_record_ref": "A1", "as_of_date": "2026-10-31", "account_ref": "CT1", "surname": surname, "forename": "Adaeze", "dob": "1984-03-27",
        "nino": "QQ112233C", "addr1": street, "postcode": "ZZ1 1AA", "liability_start": "2019-05-01", "discount_code": "SPD",
        "discount_start": "2021-04-01", "disregard_code": "NONE", "exemption_code": "NONE", "property_status": "OCC", "band": "C",
    }  # fmt: skip
    path = folder / f"{partner}.csv"
    path.write_text(f"{HEADER}\r\n{','.join(row.get(name, '') for name in HEADER.split(','))}\r\n", encoding="utf-8", newline="")
    return path


def send(folder: Path, partner: str, *, minute: int = 0, street: str = "14 Weaver Street", **more: Any) -> Manifest:
    return submit([accounts(folder, partner, street=street, **more)], "CTX", folder / partner, as_of=AS_OF, now=EVENING + timedelta(minutes=minute))


def settings_of(folder: Path) -> Partnership:
    return load_partnership(folder / "unit")


def received(folder: Path) -> list[Receipt]:
    return intake(settings_of(folder), Folder(folder / "shared"), folder / "unit", now=EVENING + timedelta(hours=1))


def changed(folder: Path, manifest: Manifest, **changes: Any) -> None:
    """Change what a submission's manifest says; what says nothing of files stays true to them."""
    document = said(folder, manifest)
    for name, value in changes.items():
        (document["encoding"] if name in document["encoding"] else document)[name] = value
    resigned(folder, manifest, document)


def test_one_person_in_two_councils_is_found_without_a_name(folder: Path) -> None:
    send(folder, "northmere")
    send(folder, "westerfold", street="3 Kiln Lane")
    summary = run(folder / "unit", as_of=AS_OF, now=EVENING + timedelta(hours=8))
    assert dict(summary.exceptions.select("rule", "top").rows())["CT03"] == 1
    records = pl.read_parquet(folder / "unit" / "runs" / summary.run_id / "records.parquet")
    assert records["surname"].null_count() == records.height
    people = records.filter(pl.col("kind") == "person")
    assert people.height == 2
    assert people["nino"].n_unique() == 1
    evidence = pl.read_parquet(folder / "unit" / "runs" / summary.run_id / "evidence.parquet")
    assert evidence.filter(pl.col("field") == "met")["level"].to_list() == ["p1 p2 p3 p4 nino"]


def test_what_the_unit_keeps_is_not_what_arrived(folder: Path) -> None:
    manifest = send(folder, "northmere")
    (receipt,) = received(folder)
    assert receipt.state == "accepted"
    sent, kept = (table(folder, manifest, "encodings.parquet") for table in (sent_table, kept_table))
    for name in ("token_p1", "code_p1", "token_nino"):
        assert sent[name].null_count() == kept[name].null_count() == 0
        assert (sent[name] != kept[name]).all()
    before, after = (table(folder, manifest, "records.parquet")["nino"].to_list() for table in (sent_table, kept_table))
    assert before != after


@pytest.mark.parametrize(("change", "reason"), [
    ({"key_check": "0" * 16}, "identity was encoded with another root"),
    ({"exercise": "night-0"}, "identity was encoded for another exercise"),
    ({"spec": "0" * 64}, "identity was encoded by another version of the encoding"),
    ({"canaries": {}}, "the encoded test people are missing"),
    ({"canaries": dict.fromkeys((*PASSES, "household"), "0" * 32)}, "five invented people were encoded otherwise"),
    ({"disclosure": "clear"}, "identity does not travel as the agreement says"),
    ({"encoding": None}, "the manifest does not say how identity was encoded"),
])  # fmt: skip
def test_what_cannot_meet_anybody_is_quarantined_by_its_name(folder: Path, change: dict[str, Any], reason: str) -> None:
    changed(folder, send(folder, "northmere"), **change)
    (receipt,) = received(folder)
    assert receipt.state == "quarantined"
    assert receipt.reason.startswith(reason)
    assert receipt.mend


def test_identity_in_clear_is_stopped_at_the_door_too(folder: Path) -> None:
    home = folder / "northmere" / "partner.toml"
    text = home.read_text()
    home.write_text(text.replace('disclosure = "pseudonymised"', 'disclosure = "clear"'))
    with pytest.raises(ConfigurationError, match="sends identity in clear, and the agreement's exercise encodes it"):
        send(folder, "northmere")
    home.write_text(text.replace('clear = ["PSP"]', 'clear = ["PSP", "CTX"]'))
    send(folder, "northmere")
    (receipt,) = received(folder)
    assert receipt.state == "quarantined"
    assert "identity travels in clear, agreed is pseudonymised" in receipt.reason


def test_without_keys_nothing_leaves_and_the_remedy_is_named(folder: Path) -> None:
    (folder / "northmere" / "keys" / "partner.private.json").unlink()
    with pytest.raises(ConfigurationError, match="counterfoil keys partner"):
        send(folder, "northmere")
    assert not list((folder / "shared" / "inbox" / "northmere").iterdir())


def test_a_crosswalk_that_does_not_fit_stops_the_submission(folder: Path) -> None:
    send(folder, "northmere")
    path = folder / "northmere" / "crosswalk" / "CTX.crosswalk"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match="crosswalk"):
        send(folder, "northmere", minute=1, street="15 Weaver Street")


def test_a_root_in_the_units_folder_stops_the_night(folder: Path) -> None:
    shutil.copy(folder / "northmere" / "keys" / f"{AGREEMENT}.root.private.json", folder / "unit" / "keys" / "borrowed.json")
    with pytest.raises(ConfigurationError, match="the unit never holds a root"):
        run(folder / "unit", as_of=AS_OF, now=EVENING)


def test_after_a_rotation_nothing_of_the_two_exercises_can_be_joined(folder: Path) -> None:
    before = send(folder, "northmere")
    assert run(folder / "unit", as_of=AS_OF, now=EVENING + timedelta(hours=1)).absent
    cards = [card_path(folder / council.id, council.id) for council in COUNCILS]
    made = rotate(
        AGREEMENT, exercise="night-2", cards=cards, unit_card=card_path(folder / "unit", "unit"), out=folder / "custodian", spec=spec_digest,
        canaries=canaries, now=EVENING,
    )  # fmt: skip
    card, *envelopes = made.files
    accept(folder / "unit", [card], "unit", spec=spec_digest, canaries=canaries)
    accept(folder / "northmere", [card, envelopes[[m.id for m in made.card.partners].index("northmere")]], "partner", spec=spec_digest, canaries=canaries)
    after = send(folder, "northmere", minute=120)
    summary = run(folder / "unit", as_of=AS_OF + timedelta(days=1), now=EVENING + timedelta(days=1))
    states = pl.read_parquet(folder / "unit" / "runs" / summary.run_id / "submissions.parquet").select("submission_id", "state").rows()
    assert dict(states) == {before.submission_id: "other exercise", after.submission_id: "used"}
    tables = [sent_table(folder, one, "encodings.parquet").drop("forename_step", "surname_step", "party") for one in (before, after)]
    values = [{value for column in table.iter_columns() for value in column.drop_nulls().to_list()} for table in tables]
    assert not values[0] & values[1]
    words = translation(folder / "northmere", "northmere", load_partner_keys(folder / "northmere").crosswalk)
    assert words.filter(pl.col("source") == "A1").height == 4  # of the person and of the home, in each of the two exercises
    homes = [sent_table(folder, one, "households.parquet") for one in (before, after)]
    assert not {value for column in ("record_ref", "token_household", "code_household") for value in homes[0][column]} & {value for column in ("record_ref", "token_household", "code_household") for value in homes[1][column]}
