"""A submission may bring its reader down, and nothing else."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import content, gate
from pipeline.content import judged_tables
from pipeline.intake import intake
from pipeline.reader import Reader
from pipeline.store.tables import parquet_bytes
from schemas.errors import IntegrityError
from schemas.manifest import Manifest
from tests.conftest import NOON, Area, Send


@pytest.fixture
def submission(area: Area, send: Send, tmp_path: Path) -> tuple[Path, Manifest]:
    """A good submission, opened in a folder."""
    manifest = send("northmere", "TAX", ["R1", "R2"])
    folder = tmp_path / "opened"
    folder.mkdir()
    for listed in manifest.files:
        (folder / listed.name).write_bytes(area.reopened("northmere", manifest.submission_id, listed.name))
    return folder, manifest


def read(reader: Reader, folder: Path, manifest: Manifest) -> dict[str, pl.DataFrame]:
    """What the reader hands back, as tables."""
    return {name: pl.read_parquet(content) for name, content in reader.read(folder, manifest).items()}


def child(does: str) -> tuple[str, ...]:
    """A child that does something other than to answer, once it is asked."""
    return sys.executable, "-c", f"import os, signal, sys, time\nfor line in sys.stdin:\n    {does}"


def test_tables_come_back_as_they_were_sent(submission: tuple[Path, Manifest]) -> None:
    folder, manifest = submission
    with Reader() as reader:
        first, again = read(reader, folder, manifest), read(reader, folder, manifest)
    for name, table in judged_tables(folder, manifest).items():
        assert table.equals(first[name])
        assert table.equals(again[name])


def test_a_refusal_is_told_in_the_same_words_as_here(submission: tuple[Path, Manifest]) -> None:
    folder, manifest = submission
    (folder / "records.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(IntegrityError) as here:
        judged_tables(folder, manifest)
    with Reader() as reader, pytest.raises(IntegrityError) as there:
        read(reader, folder, manifest)
    assert vars(there.value) == vars(here.value)


@pytest.mark.parametrize(("does", "said"), [
    ("os.kill(os.getpid(), signal.SIGSEGV)", "reading the submission brought the reader down"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ("sys.exit(7)", "exit code 7"),
    ("print('half an answer', end='', flush=True); sys.exit(1)", "exit code 1"),
    ("time.sleep(60)", "reading the submission took too long"),
])  # fmt: skip
def test_a_reader_that_dies_or_stalls_is_named_and_the_next_one_is_new(submission: tuple[Path, Manifest], does: str, said: str) -> None:
    """Faults F45, F46 and F51."""
    with Reader(command=child(does), seconds=3) as reader:
        for _ in range(2):
            with pytest.raises(IntegrityError) as caught:
                read(reader, *submission)
            assert said in str(caught.value)
            assert "send it in parts" in caught.value.mend


def test_a_reader_that_was_killed_between_two_submissions_is_started_again(submission: tuple[Path, Manifest]) -> None:
    with Reader() as reader:
        read(reader, *submission)
        assert reader._child is not None
        reader._child.kill()
        reader._child.wait()
        with pytest.raises(IntegrityError, match="brought the reader down"):
            read(reader, *submission)
        assert read(reader, *submission)["records.parquet"].height == 2


def test_memory_is_limited(submission: tuple[Path, Manifest]) -> None:
    """Fault F51."""
    with Reader(memory_gb=0) as reader, pytest.raises(IntegrityError, match="brought the reader down"):
        read(reader, *submission)


def test_one_that_kills_its_reader_goes_to_quarantine_and_the_others_go_on(area: Area, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F46."""
    send("eastholt", "TAX", ["R1"])
    send("northmere", "TAX", ["R1"])
    real = Reader._start

    def first_dies(reader: Reader) -> object:
        monkeypatch.setattr(Reader, "_start", real)
        reader._command, kept = child("os.kill(os.getpid(), signal.SIGSEGV)"), reader._command
        started = real(reader)
        reader._command = kept
        return started

    monkeypatch.setattr(Reader, "_start", first_dies)
    receipts = intake(area.partnership, area.store, area.home, now=NOON + timedelta(hours=1))
    assert [(r.partner, r.state) for r in receipts] == [("eastholt", "quarantined"), ("northmere", "accepted")]
    assert "SIGSEGV" in receipts[0].reason
    assert not [path for path in area.home.rglob("*.parquet*") if not path.name.endswith(".age")]


def test_a_small_file_that_unpacks_to_many_rows_is_not_unpacked(submission: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F45."""
    folder, manifest = submission
    records = pl.read_parquet(folder / "records.parquet")
    (folder / "records.parquet").write_bytes(parquet_bytes(records.clear(600_000)))
    monkeypatch.setattr(gate.pl, "read_parquet", lambda *_, **__: pytest.fail("a page was read"))
    with pytest.raises(IntegrityError, match="too large once unpacked"):
        judged_tables(folder, manifest)


def test_a_long_text_named_by_many_rows_is_not_written_out(submission: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F45."""
    folder, manifest = submission
    records = pl.read_parquet(folder / "records.parquet")
    bomb = pl.concat([records] * 1000).with_columns(surname=pl.lit("A" * 50_000), record_ref=pl.int_range(2000).cast(pl.String))
    (folder / "records.parquet").write_bytes(parquet_bytes(bomb))
    monkeypatch.setattr(gate, "MOST_UNCOMPRESSED", 10_000_000)
    monkeypatch.setattr(content, "submission_digest", lambda *_: pytest.fail("the text was written out"))
    with pytest.raises(IntegrityError, match="too large once unpacked"):
        judged_tables(folder, manifest)
