"""What is held about one person by a partner's references: found, shown, erased; and nothing of it is in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import subject as module
from pipeline.audit import entries
from pipeline.crosswalk import tokens_of
from pipeline.home import load_partnership
from pipeline.intake import intake
from pipeline.key_files import load_partner_keys
from pipeline.landing import key_path, landed_folder
from pipeline.purge import purge
from pipeline.retention import plan
from pipeline.run import run
from pipeline.store.folder import Folder
from pipeline.subject import Erased, erase, find, values
from pipeline.verify import verify
from schemas.errors import UsageProblem
from schemas.manifest import Manifest
from schemas.partnership import Hold
from tests.conftest import DAY, NOON, Area, Send
from tests.pipeline import test_encoded_night as encoded
from tests.pipeline.keeping import backup, days_after, kept_for, take, where
from tests.pipeline.test_encoded_night import AS_OF, EVENING

HOUR = timedelta(hours=1)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
WHY = "request 2026-17"


@pytest.fixture
def received(area: Area, send: Send) -> Manifest:
    """Two people of one council, and one of them again in another dataset."""
    manifest = send("northmere", "TAX", ["R1", "R2"], rejected=1)
    send("northmere", "PAY", ["R1"], account="12345678")
    take(area, now=NOON + HOUR)
    return manifest


def erased(area: Area, *refs: str) -> Erased:
    return erase(area.home, area.partnership, "northmere", refs, now=LATER, reason=WHY)


def sound(area: Area) -> bool:
    assert verify(area.home, area.partnership, now=LATER).findings == ()
    return True


def test_what_is_held_is_listed_by_column_and_without_a_value(area: Area, received: Manifest) -> None:
    found = find(area.home, "northmere", ["R1"], now=LATER, reason=WHY)
    assert sorted(found.held.select("dataset", "held_in", "record_ref").rows()) == [
        ("PAY", "payload.parquet", "R1"), ("PAY", "records.parquet", "R1"), ("TAX", "payload.parquet", "R1"), ("TAX", "records.parquet", "R1"),
    ]  # fmt: skip
    (columns,) = found.held.filter(pl.col("dataset") == "PAY", pl.col("held_in") == "records.parquet")["columns"]
    assert {"surname", "account"} <= set(columns.split())
    assert "nino" not in columns.split()
    assert "OKAFOR" not in str(found)
    assert (found.runs, found.exceptions.height, found.not_searched) == ((), 0, 0)


def test_values_are_handed_out_only_when_asked_for(area: Area, received: Manifest) -> None:
    table = values(area.home, "northmere", ["R1"], now=LATER, reason=WHY)
    assert table.filter(pl.col("column") == "surname")["value"].unique().to_list() == ["OKAFOR R1"]
    assert table.filter(pl.col("column") == "account")["value"].to_list() == ["12345678"]


def test_whoever_looks_is_in_the_log_and_what_they_looked_for_is_not(area: Area, received: Manifest) -> None:
    find(area.home, "northmere", ["SECRET-7"], now=LATER, reason=WHY)
    values(area.home, "northmere", ["SECRET-7"], now=LATER, reason=WHY)
    last = list(entries(area.home))[-2:]
    assert [(entry.verb, entry.action, entry.reason, entry.detail) for entry in last] == [
        ("consultation", "references looked up", WHY, {"references": 1, "found": 0}), ("disclosure", "values handed out", WHY, {"references": 1, "found": 0}),
    ]  # fmt: skip
    assert "SECRET-7" not in (area.home / "audit" / "audit.jsonl").read_text()


def test_a_partner_that_never_sent_is_answered_with_those_that_did(area: Area, received: Manifest) -> None:
    with pytest.raises(UsageProblem, match="did you mean northmere"):
        find(area.home, "northmeer", ["R1"], now=LATER, reason=WHY)


def test_runs_exceptions_and_quarantine_are_told_of(area: Area, received: Manifest, send: Send) -> None:
    spoilt = send("northmere", "PSP", ["R5"], period="2026", now=NOON + HOUR)
    (area.inbox("northmere", spoilt.submission_id) / "manifest.json.sig").unlink()
    name = run(area.home, as_of=DAY, now=NOON + 2 * HOUR).run_id
    path = area.home / "runs" / name / "exceptions.parquet"
    frame = pl.read_parquet(path)
    line = {"exception_id": "CT03-0123456789", "rule": "CT03", "status": "new", "partner_r": "northmere", "record_ref_r": "R1"}
    pl.concat([frame, pl.DataFrame([line], schema=frame.schema)]).write_parquet(path)
    found = find(area.home, "northmere", ["R1"], now=LATER, reason=WHY)
    assert found.runs == (name,)
    assert found.exceptions.rows() == [(name, "CT03-0123456789", "CT03", "new")]
    assert found.not_searched == 1
    purge(area.home, area.partnership, plan(area.home, kept_for(area, quarantine=1, default=4000, runs=4000), days_after(DAY, 9)), now=LATER)
    assert find(area.home, "northmere", ["R1"], now=LATER, reason=WHY).not_searched == 0


def test_what_is_erased_is_gone_and_the_rest_stands(area: Area, received: Manifest, tmp_path: Path) -> None:
    kept = backup(area, tmp_path / "backup")
    assert where("OKAFOR R1", area.home, kept)
    done = erased(area, "R1")
    assert sorted(rows for _, rows in done.submissions) == [2, 2]
    assert (done.held, done.runs) == ((), ())
    assert where("OKAFOR R1", area.home, kept) == set()
    assert where("OKAFOR R2", area.home, kept) == {"records.parquet.1.age"}
    assert not key_path(area.home, "northmere", received.submission_id).exists()
    assert find(area.home, "northmere", ["R1"], now=LATER, reason=WHY).held.height == 0
    assert sound(area)
    assert erased(area, "R1") == Erased((), (), ())
    erased(area, "R2")
    assert where("OKAFOR R2", area.home, kept) == set()
    assert sound(area)


def test_the_next_run_is_without_it_also_on_the_same_night(area: Area, received: Manifest) -> None:
    first = run(area.home, as_of=DAY, now=NOON + 2 * HOUR)
    done = erased(area, "R1")
    assert done.runs == (first.run_id,)
    second = run(area.home, as_of=DAY, now=NOON + 3 * HOUR)
    assert second.run_id != first.run_id
    records = pl.read_parquet(area.home / "runs" / second.run_id / "records.parquet")
    assert records["record_ref"].to_list() == ["R2"]
    assert {row[0]: row[1:] for row in second.conservation.rows()} == {"northmere": (4, 1, 1, 2)}
    assert sound(area)
    purge(area.home, area.partnership, plan(area.home, kept_for(area, runs=1, default=4000), days_after(DAY, 9)), now=LATER)
    assert where("OKAFOR R1", area.home) == set()


def test_what_a_hold_covers_is_not_erased(area: Area, received: Manifest) -> None:
    held = area.partnership.model_copy(update={"hold": (Hold(id="case-1", dataset="TAX", reason="a case", since=DAY),)})
    done = erase(area.home, held, "northmere", ["R1"], now=LATER, reason=WHY)
    assert done.held == ((received.submission_id, "case-1"),)
    assert [rows for _, rows in done.submissions] == [2]
    assert where("OKAFOR R1", area.home)


class Died(BaseException):
    """The machine stopped."""


@pytest.mark.parametrize("after", ["nothing", "the new key and tables", "the new note"])
def test_an_erasure_that_dies_is_completed_by_the_next(area: Area, received: Manifest, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    """Fault F61."""
    real = module.keep_tables

    def dying(home: Path, folder: Path, *arguments: object, **named: object) -> None:
        note = (folder / "kept.json").read_bytes()
        if after != "nothing":
            real(home, folder, *arguments, **named)  # type: ignore[arg-type]
        if after == "the new key and tables":
            (folder / "kept.json").write_bytes(note)
        raise Died

    monkeypatch.setattr(module, "keep_tables", dying)
    with pytest.raises(Died):
        erased(area, "R1")
    monkeypatch.undo()
    run(area.home, as_of=DAY, now=NOON + 2 * HOUR)
    erased(area, "R1")
    assert find(area.home, "northmere", ["R1"], now=LATER, reason=WHY).held.height == 0
    assert sound(area)
    actions = [entry.action for entry in entries(area.home) if entry.verb == "erasure"]
    assert actions.count("rows erased") == 2


def test_a_purge_takes_every_generation_with_it(area: Area, received: Manifest) -> None:
    erased(area, "R1")
    purge(area.home, area.partnership, plan(area.home, kept_for(area, default=1), days_after(DAY, 9)), now=LATER)
    assert list((area.home / "landing-keys" / "northmere").iterdir()) == []
    assert where("OKAFOR R2", area.home) == set()
    assert sound(area)


folder = encoded.folder


def test_a_person_behind_tokens_is_found_by_them_and_erased(folder: Path) -> None:
    manifest = encoded.send(folder, "northmere")
    encoded.send(folder, "westerfold", street="3 Kiln Lane")
    home = folder / "unit"
    intake(load_partnership(home), Folder(folder / "shared"), home, now=EVENING + HOUR)
    own = folder / "northmere"
    tokens = tokens_of(own, "northmere", load_partner_keys(own).crosswalk, "A1")
    assert tokens.select("dataset", "kind").unique().sort("kind").rows() == [("CTX", "household"), ("CTX", "record")]
    assert tokens_of(own, "northmere", load_partner_keys(own).crosswalk, "A2").height == 0
    refs = tokens["token"].to_list()
    found = find(home, "northmere", refs, now=LATER, reason=WHY)
    assert set(found.held["held_in"]) == {"records.parquet", "payload.parquet", "encodings.parquet", "households.parquet", "household_rows.parquet"}
    assert "token_p1" in " ".join(found.held["columns"])
    assert values(home, "northmere", refs, now=LATER, reason=WHY).filter(pl.col("column") == "code_p1")["value"].str.len_bytes().min() > 32
    assert verify(home, load_partnership(home), now=LATER).findings == ()
    erase(home, load_partnership(home), "northmere", refs, now=LATER, reason=WHY)
    assert find(home, "northmere", refs, now=LATER, reason=WHY).held.height == 0
    assert verify(home, load_partnership(home), now=LATER).findings == ()
    summary = run(home, as_of=AS_OF, now=EVENING + 8 * HOUR)
    assert pl.read_parquet(home / "runs" / summary.run_id / "records.parquet")["partner"].unique().to_list() == ["westerfold"]
    assert landed_folder(home, "northmere", manifest.submission_id).is_dir()
