"""Keys on disk, and the way of a root from the custodian to the partners and to nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from matchers.derivation import Exercise, derive, key_check
from pipeline.custody import SUITE, Made, _info, accept, make_agreement, rotate
from pipeline.key_files import (
    OTHERS,
    exercise_of,
    inventory,
    load_exercise,
    load_partner_keys,
    load_root,
    load_unit_keys,
    make_partner_keys,
    make_unit_keys,
    pepper,
)
from schemas.errors import ConfigurationError, CounterfoilError, IntegrityError
from schemas.keys import ExerciseCard, fingerprint, parse_key_file

SPEC, OTHER_SPEC = "5a" * 32, "5b" * 32
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
COUNCILS = ("northmere", "eastholt")
posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")


def canaries(root: bytes, exercise: Exercise) -> dict[str, str]:
    """What an encoder would make of one invented person."""
    return {"ada": derive(root, exercise, "canary").hex()[:32]}


@dataclass(frozen=True)
class World:
    """A custodian's folder, two partners' homes and the unit's home, each with its keys."""

    base: Path

    @property
    def out(self) -> Path:
        return self.base / "custodian"

    @property
    def unit(self) -> Path:
        return self.base / "unit"

    @property
    def unit_card(self) -> Path:
        return self.unit / "keys" / "unit.public.json"

    def home(self, partner: str) -> Path:
        return self.base / partner

    def card(self, partner: str) -> Path:
        return self.home(partner) / "keys" / f"{partner}.public.json"

    def cards(self, *partners: str) -> list[Path]:
        return [self.card(partner) for partner in partners or COUNCILS]

    def make(self, *, agreement: str = "both", exercise: str = "2026-q4", cards: list[Path] | None = None, unit: Path | None = None,
             out: Path | None = None, purpose: str = "counter-fraud", spec: str = SPEC) -> Made:  # fmt: skip
        return make_agreement(
            agreement, exercise=exercise, cards=self.cards() if cards is None else cards, unit_card=unit or self.unit_card, out=out or self.out, spec=lambda _: spec,
            canaries=canaries, now=NOON, purpose=purpose,
        )  # fmt: skip

    def rotate(self, exercise: str, *, days: int = 1, new_root: bool = False, cards: list[Path] | None = None, out: Path | None = None) -> Made:
        return rotate(
            "both", exercise=exercise, cards=cards or self.cards(), unit_card=self.unit_card, out=out or self.out, spec=lambda _: SPEC, canaries=canaries,
            now=NOON + timedelta(days=days), new_root=new_root,
        )  # fmt: skip

    def envelope(self, partner: str, exercise: str = "2026-q4") -> Path:
        return self.out / f"both.{exercise}.{partner}.root.json"

    def exercise(self, exercise: str = "2026-q4") -> Path:
        return self.out / f"both.{exercise}.exercise.json"

    def accept(self, partner: str, *paths: Path, spec: str = SPEC) -> ExerciseCard:
        return accept(self.home(partner), paths or (self.exercise(), self.envelope(partner)), "partner", spec=lambda _: spec, canaries=canaries)

    def unit_accepts(self, *paths: Path, spec: str = SPEC) -> ExerciseCard:
        return accept(self.unit, paths, "unit", spec=lambda _: spec, canaries=canaries)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for partner in COUNCILS:
        make_partner_keys(world.home(partner), partner)
    make_unit_keys(world.unit)
    return world


def first_line(function: Callable[[], object], error: type[CounterfoilError] = ConfigurationError) -> str:
    """Return the first line of what a refusal says, without the file's name; and see that it says how to mend it."""
    with pytest.raises(error) as raised:
        function()
    assert raised.value.mend
    return raised.value.what


def edit(path: Path, target: Path | None = None, **changes: object) -> Path:
    """Write a key file with other values; a value of None takes the key away."""
    document = {**json.loads(path.read_text()), **changes}
    target = target or path
    target.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
    return target


def secrets_in(path: Path) -> list[bytes]:
    names = ("signing", "receiving", "crosswalk", "pepper_root", "root")
    return [bytes.fromhex(value) for name, value in json.loads(path.read_text()).items() if name in names]


def spellings(secret: bytes) -> list[bytes]:
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"="), base64.urlsafe_b64encode(secret).rstrip(b"=")]


# --- own keys ---


@posix
def test_private_keys_are_for_their_owner_alone(world: World) -> None:
    world.make()
    world.accept("northmere")
    private = sorted(path for path in world.base.rglob("*.private.json"))
    assert [path.name for path in private] == ["both.root.private.json", "partner.private.json", "both.root.private.json", "partner.private.json", "unit.private.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {stat.S_IMODE((home / "keys").stat().st_mode) for home in (world.unit, *map(world.home, COUNCILS))} == {0o700}


def test_one_key_stands_on_a_line(world: World) -> None:
    lines = (world.home("northmere") / "keys" / "partner.private.json").read_text().splitlines()
    assert [line.split('"')[1] for line in lines[1:-1]] == ["kind", "format", "partner", "signing", "receiving", "crosswalk"]


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_private_key_that_others_may_read_is_not_read(world: World, mode: int) -> None:
    path = world.home("northmere") / "keys" / "partner.private.json"
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_partner_keys(world.home("northmere"))
    assert mode & OTHERS


@posix
def test_a_root_that_others_may_read_is_not_read(world: World) -> None:
    world.make()
    world.accept("northmere")
    (world.home("northmere") / "keys" / "both.root.private.json").chmod(0o644)
    assert first_line(lambda: load_root(world.home("northmere"), "both")) == "others may read this private key file"
    (world.out / "both.root.private.json").chmod(0o644)
    assert first_line(lambda: world.rotate("2027-q1")) == "others may read this private key file"


def test_keys_are_never_overwritten(world: World) -> None:
    before = {path: path.read_bytes() for path in world.base.rglob("*.json")}
    assert first_line(lambda: make_partner_keys(world.home("northmere"), "northmere")) == "the key file exists and was left as it is"
    assert first_line(lambda: make_unit_keys(world.unit)) == "the key file exists and was left as it is"
    (world.home("northmere") / "keys" / "partner.private.json").unlink()
    assert first_line(lambda: make_partner_keys(world.home("northmere"), "northmere")) == "the key file exists and was left as it is"
    assert all(path.read_bytes() == content for path, content in before.items() if path.exists())
    assert not (world.home("northmere") / "keys" / "partner.private.json").exists()


def test_a_lost_card_is_written_again_from_the_same_keys(world: World) -> None:
    before = world.card("northmere").read_bytes()
    world.card("northmere").unlink()
    make_partner_keys(world.home("northmere"), "northmere")
    assert world.card("northmere").read_bytes() == before


def test_a_card_shows_the_public_halves(world: World) -> None:
    keys, card = load_partner_keys(world.home("northmere")), json.loads(world.card("northmere").read_text())
    assert (card["role"], card["id"], keys.partner) == ("partner", "northmere", "northmere")
    assert card["receiving"] == keys.receiving.public_key().public_bytes_raw().hex()
    assert card["signing"] == keys.signing.public_key().public_bytes_raw().hex()
    assert fingerprint(card["receiving"]) == hashlib.sha256(keys.receiving.public_key().public_bytes_raw()).hexdigest()
    assert json.loads(world.unit_card.read_text())["role"] == "unit"


def test_no_repr_and_no_public_file_shows_a_secret(world: World) -> None:
    world.make()
    for partner in COUNCILS:
        world.accept(partner)
    world.unit_accepts(world.exercise())
    world.rotate("2027-q1", new_root=True)
    private = [path for path in world.base.rglob("*.json*") if ".private.json" in path.name]
    public = [path.read_bytes() for path in world.base.rglob("*.json*") if path not in private]
    shown = [repr(load_partner_keys(world.home("northmere"))), repr(load_unit_keys(world.unit)), *(repr(parse_key_file(p.read_bytes(), file="")) for p in private)]
    assert len(private) == 7
    for secret in {secret for path in private for secret in secrets_in(path)}:
        for spelling in (*spellings(secret), repr(secret).encode()):
            assert not any(spelling in text for text in (*public, *(one.encode() for one in shown)))


@pytest.mark.parametrize(("load", "command"), [
    (load_partner_keys, "counterfoil keys partner"), (load_unit_keys, "counterfoil keys unit"),
    (lambda home: load_exercise(home, "both"), "counterfoil keys accept"), (lambda home: load_root(home, "both"), "counterfoil keys accept"),
])  # fmt: skip
def test_a_missing_file_names_the_command_that_makes_it(tmp_path: Path, load: Callable[[Path], object], command: str) -> None:
    with pytest.raises(ConfigurationError, match="the key file does not exist") as raised:
        load(tmp_path)
    assert command in raised.value.mend


# --- the custodian ---


def test_both_partners_unwrap_the_same_root(world: World) -> None:
    made = world.make()
    roots = []
    for partner in COUNCILS:
        assert world.accept(partner) == made.card
        roots.append(load_root(world.home(partner), "both"))
        assert load_exercise(world.home(partner), "both") == made.card
    assert roots[0] == roots[1]
    assert len(roots[0]) == 32
    assert key_check(roots[0], exercise_of(made.card)) == made.card.key_check
    assert [path.name for path in made.files] == ["both.2026-q4.exercise.json", "both.2026-q4.eastholt.root.json", "both.2026-q4.northmere.root.json"]


def test_the_exercise_card_says_what_all_may_know(world: World) -> None:
    card = world.make(purpose="council tax reviews").card
    keys = load_partner_keys(world.home("eastholt"))
    assert (card.agreement, card.exercise, card.purpose, card.profile, card.spec) == ("both", "2026-q4", "council tax reviews", "P1", SPEC)
    assert [one.id for one in card.partners] == ["eastholt", "northmere"]
    assert card.partners[0].receiving == fingerprint(keys.receiving.public_key().public_bytes_raw().hex())
    assert card.partners[0].signing == fingerprint(keys.signing.public_key().public_bytes_raw().hex())
    assert card.unit == fingerprint(json.loads(world.unit_card.read_text())["receiving"])
    assert exercise_of(card) == Exercise("both", "2026-q4", "council tax reviews", "P1", bytes.fromhex(card.nonce), SPEC)


def test_nothing_is_sealed_to_the_unit(world: World, tmp_path: Path) -> None:
    assert first_line(lambda: world.make(cards=[world.unit_card])) == "this is the unit's card: the unit never holds a root"
    posing = edit(world.unit_card, tmp_path / "posing.json", role="partner", id="southwick")
    assert first_line(lambda: world.make(cards=[*world.cards(), posing])) == "the card of 'southwick' has the unit's receiving key: the unit never holds a root"
    receiving = json.loads(world.unit_card.read_text())["receiving"]
    high = bytes.fromhex(receiving)[:-1] + bytes([bytes.fromhex(receiving)[-1] | 0x80])  # X25519 passes over the highest bit
    edit(posing, receiving=high.hex())
    assert high.hex() != receiving
    assert first_line(lambda: world.make(cards=[posing])) == "the card of 'southwick' has the unit's receiving key: the unit never holds a root"
    assert not world.out.exists()


def test_each_partner_has_one_card_and_a_key_of_its_own(world: World, tmp_path: Path) -> None:
    card = world.card("northmere")
    assert first_line(lambda: world.make(cards=[card, card])) == "there are two cards of the partner 'northmere'"
    twin = edit(card, tmp_path / "twin.json", id="southwick")
    assert first_line(lambda: world.make(cards=[card, twin])) == "the partners 'northmere' and 'southwick' have the same receiving key"
    edit(twin, receiving="00" * 32)
    assert first_line(lambda: world.make(cards=[twin]), IntegrityError) == "the receiving key of 'southwick' is no key"
    assert first_line(lambda: world.make(cards=[])) == "no partner's card was named"
    assert first_line(lambda: world.make(unit=card)) == "this is not the unit's card"
    reserved = edit(card, tmp_path / "reserved.json", id="con")
    assert first_line(lambda: world.make(cards=[reserved])) == "the partner has an id that cannot be used"
    world.make(agreement="other")
    assert first_line(lambda: world.make(cards=[world.out / "other.2026-q4.exercise.json"])) == "this is not the kind of file that is wanted here (card)"


def test_the_custodian_does_not_work_in_the_units_home(world: World) -> None:
    assert first_line(lambda: world.make(out=world.unit / "custody")) == "the unit never holds a root"
    assert first_line(lambda: world.make(out=world.unit)) == "the unit never holds a root"
    assert not (world.unit / "custody").exists()


def test_an_agreement_is_made_once(world: World) -> None:
    world.make()
    before = {path: path.read_bytes() for path in world.out.iterdir()}
    assert first_line(lambda: world.make()) == "files of this name exist and were left as they are"
    assert first_line(lambda: world.make(exercise="2027-q1")) == "files of this name exist and were left as they are"
    assert first_line(lambda: world.rotate("2026-q4")) == "files of this name exist and were left as they are"
    assert {path: path.read_bytes() for path in world.out.iterdir()} == before


@pytest.mark.parametrize(("named", "what"), [
    ({"agreement": "../both"}, "the agreement has an id that cannot be used"), ({"exercise": "a.b"}, "the exercise has an id that cannot be used"),
    ({"exercise": "nul"}, "the exercise has an id that cannot be used"), ({"agreement": "2026"}, "the exercise cannot be described like this"),
    ({"purpose": "two\nlines"}, "the exercise cannot be described like this"), ({"purpose": ""}, "the exercise cannot be described like this"),
])  # fmt: skip
def test_names_that_cannot_be_used_are_refused_before_anything_is_written(world: World, named: dict[str, str], what: str) -> None:
    assert first_line(lambda: world.make(**named)) == what
    assert not world.out.exists()


def test_a_new_exercise_has_another_nonce_and_key_check_and_the_same_root(world: World) -> None:
    old = world.make(purpose="council tax reviews").card
    world.accept("northmere")
    root = load_root(world.home("northmere"), "both")
    new = world.rotate("2027-q1").card
    world.accept("northmere", world.exercise("2027-q1"), world.envelope("northmere", "2027-q1"))
    assert load_root(world.home("northmere"), "both") == root
    assert (new.nonce != old.nonce, new.key_check != old.key_check, new.purpose) == (True, True, "council tax reviews")
    assert derive(root, exercise_of(old), "token") != derive(root, exercise_of(new), "token")


def test_a_new_root_replaces_the_old_one_which_is_kept_aside(world: World) -> None:
    world.make()
    first = (world.out / "both.root.private.json").read_bytes()
    world.rotate("2027-q1", new_root=True)
    world.rotate("2027-q2", new_root=True, days=2)
    assert (world.out / "both.root.private.json.replaced-1").read_bytes() == first
    assert (world.out / "both.root.private.json.replaced-2").exists()
    world.accept("northmere", world.exercise("2027-q2"), world.envelope("northmere", "2027-q2"))
    assert [load_root(world.home("northmere"), "both")] == secrets_in(world.out / "both.root.private.json")
    assert load_root(world.home("northmere"), "both").hex() not in first.decode()


def test_a_partner_that_left_must_not_hold_the_next_root(world: World) -> None:
    world.make()
    assert first_line(lambda: world.rotate("2027-q1", cards=world.cards("eastholt"))) == "a partner that has left still holds the root"
    assert [one.id for one in world.rotate("2027-q1", cards=world.cards("eastholt"), new_root=True).card.partners] == ["eastholt"]


def test_what_is_not_there_cannot_be_rotated(world: World) -> None:
    assert first_line(lambda: world.rotate("2027-q1")) == "the key file does not exist"
    world.make()
    world.exercise().unlink()
    assert first_line(lambda: world.rotate("2027-q1")) == "no exercise card of the agreement lies beside its root"


# --- accepting ---


def test_an_envelope_opens_for_its_partner_alone(world: World) -> None:
    world.make()
    assert first_line(lambda: world.accept("eastholt", world.exercise(), world.envelope("northmere"))) == "the envelope is for another partner"
    forged = edit(world.envelope("northmere"), partner="eastholt")
    assert first_line(lambda: world.accept("eastholt", world.exercise(), forged)) == "the envelope was sealed to another key of yours"
    edit(forged, recipient=json.loads(world.envelope("eastholt").read_text())["recipient"])
    assert first_line(lambda: world.accept("eastholt", world.exercise(), forged), IntegrityError) == "the envelope does not open with this card and your key"
    assert sorted(path.name for path in (world.home("eastholt") / "keys").iterdir()) == ["eastholt.public.json", "partner.private.json"]


def test_a_card_and_an_envelope_must_be_of_one_exercise(world: World, tmp_path: Path) -> None:
    world.make()
    world.rotate("2027-q1")
    assert first_line(lambda: world.accept("northmere", world.exercise(), world.envelope("northmere", "2027-q1"))) == "the envelope is for another exercise than the card"
    relabelled = edit(world.envelope("northmere", "2027-q1"), tmp_path / "relabelled.json", exercise="2026-q4")
    assert first_line(lambda: world.accept("northmere", world.exercise(), relabelled), IntegrityError) == "the envelope does not open with this card and your key"


@pytest.mark.parametrize("changes", [
    {"purpose": "debt collection"}, {"nonce": "00" * 32}, {"key_check": "00" * 8}, {"canaries": {}}, {"made_at": "2029-01-01T00:00:00Z"}, {"unit": "00" * 32}
])  # fmt: skip
def test_no_line_of_a_card_can_be_changed_on_its_way(world: World, changes: dict[str, object]) -> None:
    world.make()
    edit(world.exercise(), **changes)
    assert first_line(lambda: world.accept("northmere"), IntegrityError) == "the envelope does not open with this card and your key"


def test_a_root_that_does_not_give_the_key_check_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.custody.key_check", lambda *_: "00" * 8)
    world.make()
    monkeypatch.undo()
    assert first_line(lambda: world.accept("northmere"), IntegrityError) == "the root in the envelope does not give the card's key check"


def test_invented_people_must_be_encoded_alike(world: World) -> None:
    world.make()
    files = (world.exercise(), world.envelope("northmere"))
    refused = first_line(lambda: accept(world.home("northmere"), files, "partner", spec=lambda _: SPEC, canaries=lambda *_: {"ada": "00"}), IntegrityError)
    assert refused == "invented people are encoded otherwise here than at the custodian's"


def test_a_card_for_another_version_of_the_encoding_is_refused_by_name(world: World) -> None:
    world.make()
    for refused in (lambda: world.accept("northmere", spec=OTHER_SPEC), lambda: world.unit_accepts(world.exercise(), spec=OTHER_SPEC)):
        with pytest.raises(ConfigurationError, match="the exercise card was made for another version of the encoding") as raised:
            refused()
        assert "update Counterfoil" in raised.value.mend
        assert "ask the custodian for a card made for this one" in raised.value.mend


def test_an_older_card_does_not_replace_a_newer_one(world: World) -> None:
    world.make()
    world.rotate("2027-q1")
    world.accept("northmere", world.exercise("2027-q1"), world.envelope("northmere", "2027-q1"))
    assert first_line(lambda: world.accept("northmere")) == "a newer exercise card of this agreement has been accepted already"
    world.accept("northmere", world.exercise("2027-q1"), world.envelope("northmere", "2027-q1"))  # the same again does no harm
    assert load_exercise(world.home("northmere"), "both").exercise == "2027-q1"


def test_wrong_kinds_and_numbers_of_files_are_refused(world: World) -> None:
    world.make()
    card, envelope = world.exercise(), world.envelope("northmere")
    wrong = "this is not the kind of file that is wanted here (exercise card or root envelope)"
    assert first_line(lambda: world.accept("northmere", card, world.card("northmere"))) == wrong
    assert first_line(lambda: world.accept("northmere", card, world.out / "both.root.private.json")) == wrong
    assert first_line(lambda: world.accept("northmere", card)) == "no root envelope was named"
    assert first_line(lambda: world.accept("northmere", envelope)) == "no exercise card was named"
    assert first_line(lambda: world.accept("northmere", card, card, envelope)) == "more than one exercise card was named"
    assert first_line(lambda: world.accept("northmere", card, world.out / "gone.json")) == "the key file does not exist"
    assert first_line(lambda: world.accept("northmere", card, world.out)).startswith("the key file cannot be read")


def test_a_card_that_names_another_key_is_not_for_us(world: World) -> None:
    world.make()
    (world.home("northmere") / "keys" / "partner.private.json").unlink()
    world.card("northmere").unlink()
    make_partner_keys(world.home("northmere"), "northmere")
    assert first_line(lambda: world.accept("northmere")) == "the envelope was sealed to another key of yours"
    world.rotate("2027-q1")
    later = edit(world.exercise("2027-q1"), partners=json.loads(world.exercise().read_text())["partners"])
    refused = first_line(lambda: world.accept("northmere", later, world.envelope("northmere", "2027-q1")))
    assert refused == "the exercise card does not name you with your key"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"kind": 3}', b'{"kind": "passport"}', b" " * 1_000_001])
def test_what_is_no_key_file_is_refused_whatever_it_is(world: World, tmp_path: Path, content: bytes) -> None:
    world.make()
    path = tmp_path / "strange.json"
    path.write_bytes(content)
    known = {"the key file is damaged: it is not JSON to its end", "this is no key file of Counterfoil", "this is too large for a key file"}
    assert first_line(lambda: world.accept("northmere", world.exercise(), path), IntegrityError) in known


@pytest.mark.parametrize(("changes", "found"), [
    ({"recipiant": "00"}, "'recipiant' is not a key that is known here (near: recipient"), ({"sealed": None}, "'sealed' is missing"),
    ({"sealed": "00"}, "'sealed' is not in the right form"), ({"format": 2}, "'format' is not in the right form"), ({"partner": "../x"}, "'partner' is not in the right form"),
])  # fmt: skip
def test_a_key_that_is_unknown_missing_or_malformed_is_named(world: World, changes: dict[str, object], found: str) -> None:
    world.make()
    edit(world.envelope("northmere"), **changes)
    with pytest.raises(IntegrityError, match="the root envelope does not fit") as raised:
        world.accept("northmere")
    assert raised.value.found.startswith(found)


def test_every_truncation_of_a_private_file_is_refused_without_a_word_of_it(world: World) -> None:
    path = world.home("northmere") / "keys" / "partner.private.json"
    whole, secrets = path.read_bytes(), secrets_in(path)
    for length in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(IntegrityError) as raised:
            load_partner_keys(world.home("northmere"))
        assert not any(secret.hex()[:8] in str(raised.value) for secret in secrets)
    edit_text = whole.decode().replace(secrets[0].hex(), secrets[0].hex()[:-1])
    path.write_text(edit_text)
    with pytest.raises(IntegrityError, match="'signing' is not in the right form") as raised:
        load_partner_keys(world.home("northmere"))
    assert secrets[0].hex()[:8] not in str(raised.value)


def test_a_root_that_does_not_fit_the_card_beside_it_is_not_used(world: World) -> None:
    world.make()
    world.accept("northmere")
    edit(world.home("northmere") / "keys" / "both.root.private.json", root="00" * 32)
    assert first_line(lambda: load_root(world.home("northmere"), "both"), IntegrityError) == "the root does not belong to the exercise card beside it"
    edit(world.home("northmere") / "keys" / "both.exercise.json", agreement="other")
    assert first_line(lambda: load_root(world.home("northmere"), "both"), IntegrityError) == "the exercise card is of another agreement"


# --- the unit ---


def test_the_unit_accepts_the_card_alone(world: World) -> None:
    made = world.make()
    assert world.unit_accepts(world.exercise()) == made.card
    assert load_exercise(world.unit, "both") == made.card
    assert sorted(path.name for path in (world.unit / "keys").iterdir()) == ["both.exercise.json", "unit.private.json", "unit.public.json"]


def test_the_unit_refuses_every_root_and_envelope(world: World) -> None:
    world.make()
    before = sorted((world.unit / "keys").iterdir())
    for path in (world.envelope("northmere"), world.out / "both.root.private.json"):
        assert first_line(lambda path=path: world.unit_accepts(world.exercise(), path)) == "the unit never holds a root"
    assert first_line(lambda: world.unit_accepts(world.card("northmere"))) == "this is not the kind of file that is wanted here (exercise card)"
    assert sorted((world.unit / "keys").iterdir()) == before


def test_the_unit_refuses_a_card_for_another_unit(world: World, tmp_path: Path) -> None:
    make_unit_keys(tmp_path / "other")
    world.make(unit=tmp_path / "other" / "keys" / "unit.public.json")
    assert first_line(lambda: world.unit_accepts(world.exercise())) == "the exercise card is for another unit's key"


@pytest.mark.parametrize("name", ["both.root.private.json", "both.root.private.json.replaced-1", "harmless.txt", "deep/er/notes.json"])
@pytest.mark.parametrize("cut", [0, 60])
def test_the_unit_does_nothing_where_a_root_lies_about(world: World, name: str, cut: int) -> None:
    """Whatever it is called, and even where its end is missing."""
    world.make()
    for source in (world.out / "both.root.private.json", world.envelope("northmere")):
        path = world.unit / "keys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        path.write_bytes(content[: len(content) - cut])
        with pytest.raises(ConfigurationError, match="the unit never holds a root") as raised:
            load_unit_keys(world.unit)
        assert "rotate" in raised.value.mend
        assert name.rsplit("/", 1)[-1] in raised.value.found
        assert first_line(lambda: world.unit_accepts(world.exercise())) == "the unit never holds a root"
        path.unlink()
    load_unit_keys(world.unit)


def test_no_root_is_read_in_the_units_home(world: World) -> None:
    world.make()
    assert first_line(lambda: load_root(world.unit, "both")) == "the unit never holds a root"
    make_partner_keys(world.unit, "northmere")
    assert first_line(lambda: accept(world.unit, (world.exercise(), world.envelope("northmere")), "partner", spec=lambda _: SPEC, canaries=canaries)) == "the unit never holds a root"


def test_the_pepper_is_another_for_each_exercise_agreement_and_unit(world: World, tmp_path: Path) -> None:
    make_unit_keys(tmp_path / "other")
    keys, one = load_unit_keys(world.unit), exercise_of(world.make().card)
    peppers = {
        pepper(keys, one), pepper(keys, exercise_of(world.rotate("2027-q1").card)), pepper(load_unit_keys(tmp_path / "other"), one),
        pepper(keys, exercise_of(world.make(agreement="other").card)), keys.pepper_root,
    }  # fmt: skip
    assert {len(value) for value in peppers} == {32}
    assert len(peppers) == 5
    assert pepper(keys, one) == pepper(load_unit_keys(world.unit), one)


# --- showing ---


def test_an_inventory_tells_everything_but_secrets(world: World) -> None:
    made = world.make()
    world.accept("northmere")
    (world.home("northmere") / "keys" / "torn.json").write_text("{")
    mine = fingerprint(load_partner_keys(world.home("northmere")).receiving.public_key().public_bytes_raw().hex())
    rows = {one.file: (one.kind, one.id, one.exercise, one.fingerprint, one.key_check, one.note) for one in inventory(world.home("northmere") / "keys")}
    assert rows == {
        "both.exercise.json": ("exercise card", "both", "2026-q4", "", made.card.key_check, ""),
        "both.root.private.json": ("agreement root", "both", "", "", "", ""),
        "northmere.public.json": ("partner card", "northmere", "", mine, "", ""),
        "partner.private.json": ("partner keys", "northmere", "", mine, "", ""),
        "torn.json": ("unknown", "", "", "", "", "the key file is damaged: it is not JSON to its end"),
    }
    assert {one.kind for one in inventory(world.out)} == {"exercise card", "root envelope", "agreement root"}
    assert [one.id for one in inventory(world.unit / "keys")] == ["unit", "unit"]
    assert inventory(world.base / "nowhere") == []


def test_an_envelope_is_not_readable_without_the_key(world: World) -> None:
    """A second witness: the sealed bytes open with `cryptography` alone, by the key and the info, and in no other way."""
    made = world.make()
    document = json.loads(made.files[1].read_text())
    assert len(bytes.fromhex(document["sealed"])) == 80
    info = _info(made.card, "eastholt", made.card.partners[0].receiving)
    assert [SUITE.decrypt(bytes.fromhex(document["sealed"]), load_partner_keys(world.home("eastholt")).receiving, info)] == secrets_in(world.out / "both.root.private.json")
    with pytest.raises(Exception, match="^$"):
        SUITE.decrypt(bytes.fromhex(document["sealed"]), X25519PrivateKey.generate(), info)
