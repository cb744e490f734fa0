"""The way back: reports and receipts from the shared area to the partner's home, with its own references and names.

What is in the shared area holds tokens. It is copied, held against its manifest and translated here, at the partner's, and
nothing of that goes back. A report that is not whole is named and left for next time; the others go on.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from pipeline.crosswalk import TOKEN, private_folder, translation, write_private
from pipeline.deliver import LIST, PAGE, TABLE
from pipeline.gate import open_table
from pipeline.home import load_partner
from pipeline.key_files import PartnerKeys, load_partner_keys
from pipeline.report import BANDS, REPORT
from pipeline.seal import manifest_bytes
from pipeline.sealing import MOST_SIGNATURE_BYTES, SEALED, SIGNATURE, opened, refuse_unsigned
from pipeline.sent import Sent, keep_sent, load_sent
from pipeline.shared import shared_area
from pipeline.spreadsheet import csv_bytes
from pipeline.store.area import Area, Entry
from pipeline.store.fetched import read
from pipeline.store.files import MANIFEST, PARTIAL, is_safe_name, make_folder, safe_name
from pipeline.store.tables import parquet_bytes
from pipeline.trust import unit_card
from schemas.errors import ExitCode, IntegrityError, StorageError
from schemas.keys import Card
from schemas.manifest import Receipt, ReportFile, ReportManifest

FOLDER, RECEIPTS = "reports", "receipts"
UNKNOWN = "not in the crosswalk"
MOST_MANIFEST_BYTES = 1024 * 1024
MOST_FILE_BYTES = 8 * 1024**3
LONGEST_REASON = 300  # characters of a receipt's reason that go on a screen


@dataclass(frozen=True)
class CollectedRun:
    """One report, as it was written down here.

    Attributes:
        as_of: the night.
        exceptions: reasons to look.
        bands: band -> how many of them.
        not_translated: how many of them name a record by a token that no crosswalk knows.
        file: the list, with the council's own references.
    """

    run_id: str
    as_of: date
    exceptions: int
    bands: Mapping[str, int]
    not_translated: int
    file: Path


@dataclass(frozen=True)
class Answer:
    """The unit's answer to one submission, safe to show on a screen."""

    submission_id: str
    dataset: str
    state: str
    reason: str
    mend: str


@dataclass(frozen=True)
class Skipped:
    """A report or receipt that could not be used, and why; it is tried again next time."""

    name: str
    reason: str


@dataclass(frozen=True)
class Collected:
    """What came back.

    Attributes:
        runs: reports that had not been collected, by night.
        earlier: how many had been.
        receipts: answers that had not been collected.
    """

    collected_at: datetime
    runs: tuple[CollectedRun, ...]
    earlier: int
    receipts: tuple[Answer, ...]
    skipped: tuple[Skipped, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return 3 where something was skipped, else 0."""
        return ExitCode.PARTIAL if self.skipped else ExitCode.OK


def collect(home: Path, *, now: datetime, again: bool = False) -> Collected:
    """Bring the partner's reports and receipts home, and turn tokens into the council's own references and names.

    Safe to repeat and to interrupt: a report is collected when its list stands in `reports/<run_id>/`.

    Args:
        home: the partner's home, with `partner.toml` and, where tokens were sent, `crosswalk/`.
        now: when it is done; with a time zone.
        again: also collect what was collected before; lists that are there are written anew.

    Raises:
        ConfigurationError: there are no keys, or the unit's card is missing.
        IntegrityError: a crosswalk does not fit.
        StorageError: the shared area is not there, or our own folders are full or not writable.
    """
    partner, keys, unit = load_partner(home), load_partner_keys(home), unit_card(home)
    words = translation(home, partner.id, keys.crosswalk)
    runs, earlier, skipped = [], 0, []
    with closing(shared_area(partner)) as area:
        if not area.entries(""):
            raise StorageError("the shared area is empty, or not there", file=area.where, mend="connect the shared drive, or correct shared in partner.toml")
        mail = _Mail(area, home, partner.id, unit, keys)
        for entry in area.entries(f"{mail.outbox}/runs"):
            if not again and is_safe_name(entry.name) and (home / FOLDER / entry.name / LIST).exists():
                earlier += 1
            elif mail.is_report(entry):
                try:
                    runs.append(_collect_run(entry.name, mail, words))
                except IntegrityError as error:
                    skipped.append(Skipped(_shown_name(entry), _one_line(error)))
        answers, damaged = _collect_receipts(mail, again=again)
    return Collected(now, tuple(runs), earlier, tuple(answers), (*skipped, *damaged))


@dataclass(frozen=True)
class _Mail:
    """What the unit laid out for this partner, and whose signature counts."""

    area: Area
    home: Path
    partner: str
    unit: Card
    keys: PartnerKeys

    @property
    def outbox(self) -> str:
        return f"outbox/{safe_name(self.partner, what='partner')}"

    def is_report(self, entry: Entry) -> bool:
        """Return whether something is a report that is there in full, or is worth telling of."""
        if entry.kind != "folder" or not is_safe_name(entry.name):
            return entry.kind != "file" and not entry.name.startswith(PARTIAL)
        return self.area.exists(f"{self.outbox}/runs/{entry.name}/{MANIFEST}")  # without it, it is on its way

    def signed(self, name: str) -> bytes:
        """Return a document that the unit signed; IntegrityError where it did not."""
        content = read(self.area, name, cap=MOST_MANIFEST_BYTES)
        refuse_unsigned(content, read(self.area, f"{name}{SIGNATURE}", cap=MOST_SIGNATURE_BYTES), self.unit.signing, file=name.rpartition("/")[2])
        return content

    def opened(self, name: str, listed: ReportFile, copy: Path) -> bytes:
        """Return what is in a sealed file of a report, held against its manifest first."""
        found = self.area.fetch(name, copy, cap=min(listed.bytes, MOST_FILE_BYTES) + 1)
        if found != (listed.bytes, listed.sha256):
            raise IntegrityError("the bytes are not those the manifest lists", file=listed.name)
        return opened(copy.read_bytes(), self.keys.receiving, file=listed.name)


def translated(table: pl.DataFrame, words: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return a report in the council's own words, and how many of its rows name a record that no crosswalk knows.

    Args:
        table: shape `REPORT`; `your_ref` may be a token or, where records travel in clear, a reference.
        words: `token, source, shown`, each token once.

    Returns:
        The table with `your_name` beside `your_ref`. Tokens inside other texts are replaced where they are known; one
        that is not, may be the other partner's, and stays.
    """
    known = words.rename({"token": "your_ref", "source": "own_ref", "shown": "your_name"})
    with_names = table.join(known, on="your_ref", how="left", maintain_order="left")
    lost = pl.col("own_ref").is_null() & pl.col("your_ref").str.contains(f"^{TOKEN}$").fill_null(False)
    number = with_names.select(lost.sum()).item()
    own = with_names.with_columns(
        pl.coalesce("own_ref", "your_ref").alias("your_ref"), pl.when(lost).then(pl.lit(UNKNOWN)).otherwise("your_name").alias("your_name")
    )
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String and name not in ("exception_id", "your_ref")]
    at = table.columns.index("your_ref") + 1
    return _with_own_references(own, texts, words).select(*table.columns[:at], "your_name", *table.columns[at:]), number


def _with_own_references(table: pl.DataFrame, texts: list[str], words: pl.DataFrame) -> pl.DataFrame:
    """Return the table with every known token inside these texts replaced by what it stands for."""
    inside = pl.concat([table.select(pl.col(name).str.extract_all(rf"\b{TOKEN}\b").alias("token")) for name in texts])
    found = inside.explode("token").drop_nulls().unique()
    known = words.join(found, on="token", how="semi")
    if not known.height:
        return table
    tokens, sources = known.get_column("token").to_list(), known.get_column("source").to_list()
    return table.with_columns(pl.col(texts).str.replace_many(tokens, sources))


def _collect_run(run: str, mail: _Mail, words: pl.DataFrame) -> CollectedRun:
    """Fetch one report, judge the copy, and write it down in the council's own words, the list last."""
    folder = f"{mail.outbox}/runs/{safe_name(run, what='run')}"
    manifest = _manifest(mail.signed(f"{folder}/{MANIFEST}"), run, mail)
    make_folder(mail.home / FOLDER)
    with _copied(mail.home / FOLDER / f"{PARTIAL}{run}") as copy:
        contents = {listed.name: mail.opened(f"{folder}/{listed.name}{SEALED}", listed, copy / listed.name) for listed in manifest.files}
        (copy / TABLE).write_bytes(contents[TABLE])
        table = open_table(copy / TABLE, REPORT)
    if table.height != manifest.exceptions:
        raise IntegrityError("the report does not hold as many exceptions as its manifest says", file=TABLE)
    own, lost = translated(table, words)
    target = mail.home / FOLDER / run
    private_folder(target)
    for name, content in ((PAGE, contents[PAGE]), (TABLE, parquet_bytes(own)), (LIST, csv_bytes(own))):
        write_private(target / name, content)
    counted = dict(own.group_by("band").len().iter_rows())
    return CollectedRun(run, manifest.as_of, own.height, {band: counted.get(band, 0) for band in BANDS}, lost, target / LIST)


def _manifest(content: bytes, run: str, mail: _Mail) -> ReportManifest:
    """Return a report's manifest, if it is this partner's and of this run."""
    try:
        manifest = ReportManifest.model_validate_json(content)
    except ValidationError:
        raise IntegrityError("the manifest is damaged, or of another version", file=MANIFEST) from None
    if (manifest.run_id, manifest.partner) != (run, mail.partner):
        raise IntegrityError("the manifest belongs to another folder", file=MANIFEST)
    if sorted(listed.name for listed in manifest.files) != sorted((TABLE, LIST, PAGE)):
        raise IntegrityError("the manifest does not list the three files of a report", file=MANIFEST)
    return manifest


@contextmanager
def _copied(copy: Path) -> Iterator[Path]:
    """Give a folder of ours for copies, and take it away afterwards."""
    shutil.rmtree(copy, ignore_errors=True)  # what an interrupted call left
    private_folder(copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _collect_receipts(mail: _Mail, *, again: bool) -> tuple[list[Answer], list[Skipped]]:
    """Fetch the receipts that are not here yet, and return what they say in order of arrival, and which are damaged."""
    found, skipped = [], []
    for entry in mail.area.entries(f"{mail.outbox}/{RECEIPTS}"):
        if not entry.name.endswith(".json") or entry.name.startswith(PARTIAL) or (not again and (mail.home / RECEIPTS / entry.name).exists()):
            continue
        try:
            found.append(_collect_receipt(entry.name.removesuffix(".json"), mail))
        except IntegrityError as error:
            skipped.append(Skipped(_shown_name(entry), _one_line(error)))
    _continue_from(mail.home, found)
    return [_answer(receipt) for receipt in sorted(found, key=lambda receipt: receipt.sequence)], skipped


def _collect_receipt(name: str, mail: _Mail) -> Receipt:
    target = mail.home / RECEIPTS / f"{safe_name(name, what='receipt')}.json"
    content = mail.signed(f"{mail.outbox}/{RECEIPTS}/{name}.json")
    try:
        receipt = Receipt.model_validate_json(content)
    except ValidationError:
        raise IntegrityError("the receipt is damaged, or of another version") from None
    if (receipt.submission_id, receipt.partner) != (name, mail.partner):
        raise IntegrityError("the receipt belongs to another submission")
    private_folder(target.parent)
    write_private(target, content)
    return receipt


def _continue_from(home: Path, receipts: list[Receipt]) -> None:
    """Go on counting from what the unit has seen, where this home knows less: it came back from a backup, or lost its note."""
    last = max((receipt.manifest for receipt in receipts if receipt.manifest), key=lambda one: one.sequence, default=None)
    if last is not None and last.sequence > load_sent(home).sequence:
        keep_sent(home, Sent(sequence=last.sequence, manifest=hashlib.sha256(manifest_bytes(last)).hexdigest()))


def _answer(receipt: Receipt) -> Answer:
    return Answer(receipt.submission_id, _printable(receipt.dataset), receipt.state, _printable(receipt.reason), _printable(receipt.mend))


def _printable(text: str) -> str:
    """Return a text from outside as a line that no screen obeys."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_REASON])


def _shown_name(entry: Entry) -> str:
    return ascii(entry.name[:60])[1:-1]


def _one_line(error: IntegrityError) -> str:
    found = f" ({error.found})" if error.found else ""
    return f"{error.file + ': ' if error.file else ''}{error.what}{found}"
