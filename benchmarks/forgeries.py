"""Submissions that no partner made, or not like this: forged, replayed, signed by others, re-addressed, cut off, flipped. None may be taken.

    python -m benchmarks.forgeries [--count 10000] [--seed 1]

A unit and two invented councils are set up; one good submission is spoilt in a new way each time and put to the unit's own intake, which
reads it as it reads every other. What was accepted is printed, and how each kind was refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.home import init_unit
from pipeline.intake import intake
from pipeline.key_files import card_path, load_partner_keys, make_unit_keys
from pipeline.sealing import canonical, sealed, signature
from pipeline.specification import template
from pipeline.store.folder import Folder
from pipeline.submit import submit
from pipeline.trust import accept_invitation, add_partner, invite
from schemas.datasets import CONTRACTS
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, Partnership

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SENDER, OTHER = "northmere", "eastholt"


@dataclass
class Scene:
    """A unit, two partners, and two good submissions of the first: one that was accepted before, and one that waits.

    Attributes:
        old, new: folders of the two, kept aside as they were sent.
    """

    folder: Path
    partnership: Partnership
    old: Path
    new: Path

    def inbox(self, partner: str, name: str) -> Path:
        """Where a submission lies for the unit."""
        return self.folder / "shared" / "inbox" / partner / name


Spoil = Callable[[Scene, Random, Path], str | None]


def scene(folder: Path) -> Scene:
    """Set everything up in an empty folder."""
    entries = tuple(PartnerEntry(id=name, name=name.title(), gss=f"E0799990{n}", datasets=("CTX",)) for n, name in enumerate((SENDER, OTHER)))
    agreement = Agreement(id="both", partners=(SENDER, OTHER), datasets=("CTX",), legal_basis="invented", disclosure="clear")
    partnership = Partnership(name="Two", shared=Path("..", "shared").as_posix(), partner=entries, agreement=(agreement,), as_of={"default": AsOfRule(max_age_days=100)})
    init_unit(folder / "unit", partnership=partnership)
    make_unit_keys(folder / "unit")
    for name in (SENDER, OTHER):
        _, card = accept_invitation(folder / name, invite(folder / "unit", name, now=NOON))
        add_partner(folder / "unit", card_path(folder / name, card.id), now=NOON)
    (folder / "CTX.csv").write_text(template(CONTRACTS["CTX"]), encoding="utf-8", newline="")
    kept = []
    made = Scene(folder, partnership, folder / "old", folder / "new")
    for hour, aside in ((0, made.old), (1, made.new)):
        manifest = submit([folder / "CTX.csv"], "CTX", folder / SENDER, as_of=date(2026, 11, 30), now=NOON + timedelta(hours=hour))
        shutil.copytree(made.inbox(SENDER, manifest.submission_id), aside / manifest.submission_id)
        kept.append(manifest.submission_id)
        if hour == 0:
            assert [r.state for r in take(made)] == ["accepted"]
    shutil.rmtree(made.inbox(SENDER, kept[1]))
    return Scene(folder, partnership, made.old / kept[0], made.new / kept[1])


def take(made: Scene) -> list[object]:
    """Run the unit's intake, and return its receipts."""
    return list(intake(made.partnership, Folder(made.folder / "shared"), made.folder / "unit", now=NOON + timedelta(hours=2)))


def files(folder: Path) -> list[Path]:
    """Return the files of a submission, by name."""
    return sorted(folder.iterdir())


def flipped(_: Scene, random: Random, folder: Path) -> str | None:
    """Flip one bit of one file."""
    path = random.choice(files(folder))
    content = bytearray(path.read_bytes())
    place = random.randrange(len(content))
    content[place] ^= 1 << random.randrange(8)
    path.write_bytes(bytes(content))
    return None


def cut_off(_: Scene, random: Random, folder: Path) -> str | None:
    """Cut one file off, or take it away."""
    path = random.choice(files(folder))
    content = path.read_bytes()
    size = random.randrange(len(content))
    path.write_bytes(content[:size]) if size else path.unlink()
    return None


def edited(_: Scene, random: Random, folder: Path) -> str | None:
    """Change what the manifest says, and leave the signature."""
    _write(folder, _changed(folder, random), None)
    return None


def signed_by_others(made: Scene, random: Random, folder: Path) -> str | None:
    """Change the manifest or not, and sign it with another partner's key or one that nobody has."""
    other = random.choice((load_partner_keys(made.folder / OTHER).signing, Ed25519PrivateKey.generate()))
    _write(folder, _changed(folder, random) if random.random() < 0.7 else json.loads((folder / "manifest.json").read_bytes()), other)
    return None


def readdressed(_: Scene, random: Random, folder: Path) -> str | None:
    """Lay the submission into another partner's inbox, or under another name."""
    return f"{OTHER}/{folder.name}" if random.random() < 0.5 else f"{SENDER}/ctx-{random.randrange(10**9)}"


def replayed(made: Scene, random: Random, folder: Path) -> str | None:
    """Put what was accepted before under the new name, whole or in part, or under a name of its own."""
    names = [path.name for path in files(made.old)]
    chosen = names if random.random() < 0.5 else random.sample(names, random.randint(1, len(names)))
    for name in chosen:
        shutil.copy(made.old / name, folder / name)
    return f"{SENDER}/ctx-{random.randrange(10**9)}" if random.random() < 0.3 else None


def forged(made: Scene, random: Random, folder: Path) -> str | None:
    """Make a submission of rows of one's own, sealed rightly to the unit, signed by a key of one's own."""
    document = json.loads((folder / "manifest.json").read_bytes())
    own = sealed(random.randbytes(200), json.loads((made.folder / "unit" / "keys" / "unit.public.json").read_bytes())["receiving"])
    (folder / "records.parquet.age").write_bytes(own)
    document["files"][0] |= {"bytes": len(own), "sha256": hashlib.sha256(own).hexdigest()}
    _write(folder, document, Ed25519PrivateKey.generate())
    return None


def _changed(folder: Path, random: Random) -> dict[str, object]:
    document = dict(json.loads((folder / "manifest.json").read_bytes()))
    document |= random.choice((
        {"rows_received": random.randrange(10**6)}, {"sequence": random.randint(1, 10**6)}, {"expires_at": "2036-01-01T00:00:00Z"}, {"partner": OTHER},
        {"dataset": "PSP"}, {"period": "2026"}, {"row_digest": random.randbytes(32).hex()}, {"previous": random.randbytes(32).hex()},
        {"recipient": random.randbytes(32).hex()}, {"signer": random.randbytes(32).hex()}, {"supersedes": "ctx-1"}, {"as_of": "2026-11-02"},
    ))  # fmt: skip
    return document


def _write(folder: Path, document: dict[str, object], key: Ed25519PrivateKey | None) -> None:
    content = canonical(document)
    (folder / "manifest.json").write_bytes(content)
    if key:
        (folder / "manifest.json.sig").write_bytes(signature(content, key))


KINDS: dict[str, Spoil] = {
    "bit flipped": flipped, "cut off": cut_off, "edited": edited, "signed by others": signed_by_others, "re-addressed": readdressed, "replayed": replayed,
    "forged": forged,
}  # fmt: skip


def attempt(made: Scene, kind: str, random: Random) -> tuple[str, str]:
    """Put one spoilt submission to the unit; return what became of it, and why."""
    folder = made.inbox(SENDER, made.new.name)
    shutil.copytree(made.new, folder)
    where = KINDS[kind](made, random, folder)
    unchanged = {path.name: path.read_bytes() for path in files(folder)} == {path.name: path.read_bytes() for path in files(made.new)}
    if where:
        folder.rename(made.inbox(*where.split("/")))
        folder = made.inbox(*where.split("/"))
    elif unchanged:
        shutil.rmtree(folder)
        return "nothing changed", ""
    receipts = take(made)
    shutil.rmtree(folder)
    for receipt in receipts:  # it is decided anew each time
        for path in (made.folder / "unit").glob(f"*/*/{receipt.submission_id}*"):  # type: ignore[attr-defined]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (made.folder / "shared" / "outbox").glob(f"*/receipts/{receipt.submission_id}*"):  # type: ignore[attr-defined]
            path.unlink()
    if not receipts:
        return "not taken", ""
    return receipts[0].state, receipts[0].reason.split(" (")[0]  # type: ignore[attr-defined]


def measure(folder: Path, *, count: int, seed: int) -> dict[str, Counter[tuple[str, str]]]:
    """Return for each kind how often what became of it."""
    made, random = scene(folder), Random(seed)
    found: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        found[kind][attempt(made, kind, random)] += 1
    return found


def main() -> None:
    """Print how many were accepted, and how the others were refused."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), count=wanted.count, seed=wanted.seed)
    tried = sum(number for kind in found.values() for (state, _), number in kind.items() if state != "nothing changed")
    accepted = sum(number for kind in found.values() for (state, _), number in kind.items() if state in ("accepted", "duplicate"))
    print(f"{accepted} accepted of {tried:,}, seed {wanted.seed}")
    for kind, counted in found.items():
        print(f"{kind}:")
        for (state, reason), number in counted.most_common():
            print(f"  {number:6,}  {state}{': ' + reason if reason else ''}")


if __name__ == "__main__":
    main()
