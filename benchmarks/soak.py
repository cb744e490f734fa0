"""Many nights in a row with everything that goes wrong, by a seed: is the house in order every morning?

    python -m benchmarks.soak [--nights 30] [--seed 1]

Between nights two councils send, send again, replace, send far too little, and are late; somebody flips bits and cuts files in the inbox;
keys are changed; outcomes are recorded. A night is killed at a random step on the disk, or cut off from power, every third time, and run
again. Each morning must hold: every received row is accounted for; every answered submission is in the run's account; CURRENT names a whole
run, and the run before is as it was; running again changes nothing; the audit log is whole and the receipts vouch for it.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl

from benchmarks import crashes
from benchmarks.crashes import NIGHT, NOON, disk, prepared
from pipeline.audit import FOLDER as AUDIT
from pipeline.audit import verify, witnessed_heads
from pipeline.drift import confirm
from pipeline.key_files import card_path
from pipeline.outcomes import record_outcome
from pipeline.receipts import load_receipts
from pipeline.run import RunSummary, run
from pipeline.specification import template
from pipeline.submit import submit
from pipeline.trust import accept_invitation, rotate_key
from schemas.datasets import CONTRACTS
from schemas.errors import StorageError

PARTNERS = ("eastholt", "northmere")


class Soak:
    """Two councils and a unit, night after night."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.home, self.random = folder, prepared(folder), Random(seed)
        self.night, self.minute, self.did = 0, 0, Counter[str]()
        self.published: dict[str, dict[str, str]] = {}

    @property
    def now(self) -> datetime:
        self.minute += 1
        return NOON + timedelta(days=self.night, minutes=self.minute)

    @property
    def as_of(self) -> date:
        return NIGHT + timedelta(days=self.night)

    def evening(self) -> None:
        """Let a few things happen before the night."""
        things: list[Callable[[], None]] = [self.sends, self.sends, self.sends_again, self.replaces, self.sends_little, self.spoils, self.rotates, self.decides, self.confirms]
        for _ in range(self.random.randint(1, 4)):
            does = self.random.choice(things)
            does()
            self.did[does.__name__] += 1

    def sends(self, rows: int = 0, **more: str) -> None:
        """A council sends an extract of another size."""
        partner = self.random.choice(PARTNERS)
        header, line = template(CONTRACTS["CTX"]).split("\r\n")[:2]
        key = line.split(",")[0]
        lines = [line.replace(key, f"R{number:04}", 1).replace("Weaver", self.random.choice(("Mill", "Weaver"))) for number in range(rows or self.random.randint(120, 140))]
        path = self.folder / "now.csv"
        path.write_text("\r\n".join([header, *lines, ""]), encoding="utf-8", newline="")
        submit([path], "CTX", self.folder / partner, as_of=self.as_of, now=self.now, **more)  # type: ignore[arg-type]

    def sends_little(self) -> None:
        """A tenth of the rows."""
        self.sends(rows=10)

    def sends_again(self) -> None:
        """The same file once more."""
        path = self.folder / "now.csv"
        if path.exists():
            submit([path], "CTX", self.folder / self.random.choice(PARTNERS), as_of=self.as_of, now=self.now)

    def replaces(self) -> None:
        """An extract that names the one it replaces."""
        known = [r.submission_id for r in load_receipts(self.home)]
        self.sends(supersedes=self.random.choice(known) if known else "")

    def spoils(self) -> None:
        """Somebody flips a bit or cuts a file of what waits."""
        files = [path for path in sorted((self.folder / "shared" / "inbox").rglob("*")) if path.is_file()]
        if files:
            path = self.random.choice(files)
            content = bytearray(path.read_bytes())
            place = self.random.randrange(len(content)) if content else 0
            path.write_bytes(bytes(content[:place]) + (b"" if self.random.random() < 0.5 else b"x" + bytes(content[place + 1 :])))

    def rotates(self) -> None:
        """A council makes new keys and hands the card over."""
        partner = self.random.choice(PARTNERS)
        for path in (self.folder / partner / "keys" / "partner.private.json", card_path(self.folder / partner, partner)):
            path.unlink()
        accept_invitation(self.folder / partner, self.home / "invitations" / f"{partner}.invitation.json", shared=Path("..", "shared").as_posix(), force=True)
        rotate_key(self.home, card_path(self.folder / partner, partner), now=self.now)

    def decides(self) -> None:
        """Somebody decides about an exception."""
        for name in self.published:
            ids = pl.read_parquet(self.home / "runs" / name / "exceptions.parquet")["exception_id"].to_list()
            if ids:
                record_outcome(self.home, exception_id=self.random.choice(ids), verdict="no issue", reason_code="MOVED", officer="A. Officer", decided_on=self.as_of, value_pence=0, note="")
                return

    def confirms(self) -> None:
        """Somebody lets in what was held."""
        known = [r.submission_id for r in load_receipts(self.home) if r.state == "accepted"]
        if known:
            confirm(self.home, self.random.choice(known), reason="it is right", now=self.now)

    def nights(self) -> RunSummary:
        """Run the night, at times killed before."""
        later = NOON + timedelta(days=self.night, hours=12)
        if self.night % 3 == 2:
            at, way = self.random.randint(1, 250), self.random.choice(crashes.WAYS)
            before = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in self.folder.rglob("*") if path.is_file()}
            with disk(at, way) as made:
                try:
                    run(self.home, as_of=self.as_of, now=later)
                except (crashes.Dead, StorageError):
                    self.did[way] += 1
            gc.collect()
            if made.dead and way == "power cut":
                made.lose_unsynced(self.folder, before)
        return run(self.home, as_of=self.as_of, now=later)

    def morning(self, summary: RunSummary) -> None:
        """Hold the house against its promises."""
        balance = summary.conservation
        assert (balance["received"] == balance["accepted"] + balance["rejected"] + balance["superseded"]).all()
        account = set(pl.read_parquet(self.home / "runs" / summary.run_id / "submissions.parquet").select("partner", "submission_id").rows())
        assert {(r.partner, r.submission_id) for r in load_receipts(self.home)} <= account, "a submission that was answered is in no account"
        again = run(self.home, as_of=self.as_of, now=NOON + timedelta(days=self.night, hours=13))
        assert again.repeated or self.night == 0 or again.run_id != summary.run_id
        assert again.run_id == summary.run_id, "running again made another run"
        found = crashes.outcome(self.folder, summary.run_id)
        assert found["current"] == summary.run_id
        for name, before in self.published.items():
            now = crashes.outcome(self.folder, name)
            assert {key: now[key] for key in before if key.endswith(".parquet")} == {key: value for key, value in before.items() if key.endswith(".parquet")}, f"{name} changed"
        self.published[summary.run_id] = found
        heads = [head for folder in (self.home / "receipts").iterdir() for head in witnessed_heads(folder)]
        assert (self.home / AUDIT).is_dir()
        assert verify(self.home, heads).witnesses == len(set(heads))

    def go(self, nights: int) -> Counter[str]:
        """Live through so many nights; return what happened how often."""
        for self.night in range(nights):
            self.evening()
            self.morning(self.nights())
        return self.did


def main() -> None:
    """Print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        did = Soak(Path(folder), wanted.seed).go(wanted.nights)
    print(f"{wanted.nights} nights, seed {wanted.seed}: every morning in order. {', '.join(f'{name} {count}' for name, count in sorted(did.items()))}")


if __name__ == "__main__":
    main()
