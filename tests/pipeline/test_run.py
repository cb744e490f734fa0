"""The night as a whole: complete, repeatable, and never stopped by one partner."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline.home import init_unit
from pipeline.key_files import load_partner_keys
from pipeline.ledger import folder as run_folder
from pipeline.run import RunSummary, conservation, run
from pipeline.sealing import opened
from pipeline.structure import scan
from sample_data.demo import deliver, prepare
from sample_data.generate import generate
from schemas.errors import ConfigurationError, ExitCode, IntegrityError
from schemas.records import SUBMISSION

AS_OF = date(2026, 11, 1)
EVENING = datetime(2026, 11, 1, 18, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=12)
TABLES = ("records", "links", "evidence", "clusters", "exceptions")


def partnership(folder: Path) -> Path:
    """Six small councils that have submitted; the unit's home."""
    generate(folder, residents=300, seed=5, as_of=AS_OF)
    prepare(folder, folder, disclosure="clear")
    return folder / "unit"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    folder = tmp_path_factory.mktemp("night")
    home = partnership(folder)
    deliver(folder, folder, as_of=AS_OF, evening=EVENING)
    return home, run(home, as_of=AS_OF, now=MORNING)


def tables(home: Path, summary: RunSummary, names: tuple[str, ...] = TABLES) -> dict[str, bytes]:
    return {name: (run_folder(home, summary.run_id) / f"{name}.parquet").read_bytes() for name in names}


def delivered(home: Path, summary: RunSummary) -> dict[str, bytes]:
    """Return each partner's table, opened with its own key."""
    found = sorted((home.parent / "shared" / "outbox").glob(f"*/runs/{summary.run_id}/exceptions.parquet.age"))
    return {path.parts[-4]: opened(path.read_bytes(), load_partner_keys(home.parent / path.parts[-4]).receiving, file=path.name) for path in found}


def test_every_row_received_is_accepted_rejected_or_superseded(night):
    home, summary = night
    balance = summary.conservation
    assert balance.height == 6
    assert (balance["received"] == balance["accepted"] + balance["rejected"] + balance["superseded"]).all()
    assert summary.exit_code is ExitCode.OK
    assert (home / "published" / "CURRENT").read_text().strip() == summary.run_id


def test_every_partner_gets_its_folder_of_the_run(night):
    home, summary = night
    assert set(delivered(home, summary)) == {"northmere", "hollinbeck", "westerfold", "carrowdale", "tarnlow", "merrowshire"}
    for path in (home.parent / "shared" / "outbox").glob(f"*/runs/{summary.run_id}"):
        assert {entry.name for entry in path.iterdir()} == {"exceptions.parquet.age", "exceptions.csv.age", "summary.md.age", "manifest.json", "manifest.json.sig"}


def test_repeating_a_night_does_nothing(night):
    home, summary = night
    before = {path: path.stat().st_mtime_ns for path in run_folder(home, summary.run_id).iterdir()}
    again = run(home, as_of=AS_OF, now=MORNING + timedelta(hours=1))
    assert again.repeated
    assert again.run_id == summary.run_id
    assert again.exceptions.equals(summary.exceptions)
    assert {path: path.stat().st_mtime_ns for path in run_folder(home, summary.run_id).iterdir()} == before


def test_running_anew_gives_the_same_bytes(night, tmp_path):
    home, summary = night
    twin = tmp_path / "twin"
    shutil.copytree(home.parent, twin)
    for made in ("runs", "published"):
        shutil.rmtree(twin / "unit" / made)
    again = run(twin / "unit", as_of=AS_OF, now=MORNING + timedelta(days=3))
    assert not again.repeated
    assert again.run_id == summary.run_id
    assert tables(twin / "unit", again, (*TABLES, "rejects", "submissions")) == tables(home, summary, (*TABLES, "rejects", "submissions"))


def test_shuffled_input_rows_give_the_same_bytes(night, tmp_path):
    home, summary = night
    shuffled = partnership(tmp_path / "shuffled")
    rng = random.Random(3)
    for path in sorted((tmp_path / "shuffled").glob("*/extracts/*.csv")):
        shuffle_records(path, rng)
    deliver(tmp_path / "shuffled", tmp_path / "shuffled", as_of=AS_OF, evening=EVENING)
    again = run(shuffled, as_of=AS_OF, now=MORNING)
    assert tables(shuffled, again) == tables(home, summary)
    assert delivered(shuffled, again) == delivered(home, summary)


def shuffle_records(path: Path, rng: random.Random) -> None:
    """Put the records of a file in another order, whole, also where one spans two lines; the header stays first."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
    data = raw.decode(encoding).encode()
    delimiter = ";" if data.split(b"\n")[0].count(b";") > data.split(b"\n")[0].count(b",") else ","
    found = scan(data, delimiter)
    header, *records = (data[start:end] for start, end in zip(found.start, found.end, strict=True))
    rng.shuffle(records)
    end = b"\r\n" if b"\r\n" in data else b"\n"
    path.write_bytes((end.join((header, *records)) + end).decode().encode(encoding))


def test_exceptions_and_clusters_known_from_an_earlier_night_go_on(night, tmp_path):
    home, summary = night
    later = tmp_path / "later"
    shutil.copytree(home.parent, later)
    again = run(later / "unit", as_of=AS_OF + timedelta(days=1), now=MORNING + timedelta(days=1))
    first, second = (pl.read_parquet(run_folder(h, s.run_id) / "exceptions.parquet") for h, s in ((home, summary), (later / "unit", again)))
    issued = second.filter(pl.col("status") != "suppressed")
    assert set(first.filter(pl.col("status") != "suppressed")["status"]) == {"new"}
    known = issued.filter(pl.col("exception_id").is_in(first["exception_id"].implode()))
    assert known.height > 0
    assert set(known["status"]) == {"continuing"}
    assert set(known["first_seen"]) == {AS_OF}
    members = pl.read_parquet(run_folder(later / "unit", again.run_id) / "clusters.parquet")
    assert members.height > 0
    assert members["cluster_before"].to_list() == members["cluster_id"].to_list()


def test_one_partners_bad_file_does_not_stop_the_others(night, tmp_path):
    home, _ = night
    damaged = tmp_path / "damaged"
    shutil.copytree(home.parent, damaged, ignore=shutil.ignore_patterns("runs", "published", "landing", "receipts"))
    victim = next(path for path in sorted((damaged / "shared" / "inbox" / "tarnlow").iterdir()) if path.name.startswith("ctx-"))
    content = bytearray((victim / "payload.parquet.age").read_bytes())
    content[len(content) // 2] ^= 1
    (victim / "payload.parquet.age").write_bytes(bytes(content))
    summary = run(damaged / "unit", as_of=AS_OF, now=MORNING)
    assert summary.exit_code is ExitCode.PARTIAL
    assert [(partner, name[:3]) for partner, name, _ in summary.quarantined] == [("tarnlow", "ctx")]
    assert ("tarnlow", "CTX") in {(partner, dataset) for partner, dataset, _ in summary.absent}
    assert summary.conservation.filter(pl.col("partner") == "northmere")["accepted"].item() > 0


def test_landing_data_that_no_longer_loads_sets_its_partner_aside(night, tmp_path):
    home, _ = night
    damaged = tmp_path / "damaged"
    shutil.copytree(home.parent, damaged, ignore=shutil.ignore_patterns("runs", "published"))
    for path in (damaged / "unit" / "landing" / "tarnlow").glob("ctx-*/records.parquet.age"):
        path.chmod(0o600)
        path.write_bytes(b"PAR1 nothing of worth PAR1")
    summary = run(damaged / "unit", as_of=AS_OF, now=MORNING)
    assert summary.exit_code is ExitCode.PARTIAL
    assert {partner for partner, _, _ in summary.absent} == {"tarnlow"}
    assert any("tarnlow" in note for note in summary.notes)
    assert summary.conservation.filter(pl.col("partner") == "hollinbeck")["accepted"].item() > 0


def test_a_row_that_is_unaccounted_for_stops_the_run():
    row = {"submission_id": "a", "partner": "northmere", "rows_received": 10, "rows_accepted": 7, "rows_rejected": 2, "rows_superseded": 0}
    with pytest.raises(IntegrityError, match="unaccounted"):
        conservation(pl.DataFrame([{**dict.fromkeys(SUBMISSION.columns), **row}], schema=SUBMISSION.schema))


def test_a_settings_mistake_stops_before_any_work(tmp_path):
    init_unit(tmp_path)
    path = tmp_path / "partnership.toml"
    path.write_text(path.read_text().replace("link_threshold", "link_treshold"))
    with pytest.raises(ConfigurationError, match="link_threshold"):
        run(tmp_path, as_of=AS_OF, now=MORNING)
    assert {entry.name for entry in tmp_path.iterdir()} <= {"partnership.toml", "shared"}
