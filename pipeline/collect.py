"""The way back: reports and receipts from the shared area to the partner's home, with its own references and names.

What is in the shared area holds tokens. It is copied, held against its manifest and translated here, at the partner's, and
nothing of that goes back. A report that is not whole is named and left for next time; the others go on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline import crosswalk
from pipeline.crosswalk import TOKEN, private_folder, translation, write_private
from pipeline.gate import open_table
from pipeline.home import load_partner
from pipeline.report import BANDS, REPORT
from pipeline.spreadsheet import csv_bytes
from pipeline.store.files import MANIFEST, PARTIAL, copy_hashed, is_link, is_plain_folder, is_safe_name, make_folder, safe_name
from pipeline.store.tables import parquet_bytes
from schemas.errors import ConfigurationError, ExitCode, IntegrityError, StorageError
from schemas.manifest import Receipt, Sha256
from schemas.partnership import PartnerHome

FOLDER, RECEIPTS = "reports", "receipts"
TABLE, LIST, PAGE = "exceptions.parquet", "exceptions.csv", "summary.md"
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


class _ListedFile(BaseModel):
    """One file of a report."""

    name: str
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class _ReportManifest(BaseModel):
    """What `publish` says of a report. A unit that is newer than we are may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1]
    run_id: str
    partner: str
    as_of: date
    exceptions: Annotated[int, Field(ge=0)]
    files: tuple[_ListedFile, ...]


def collect(home: Path, *, now: datetime, key: bytes | None = None, again: bool = False) -> Collected:
    """Bring the partner's reports and receipts home, and turn tokens into the council's own references and names.

    Safe to repeat and to interrupt: a report is collected when its list stands in `reports/<run_id>/`.

    Args:
        home: the partner's home, with `partner.toml` and, where tokens were sent, `crosswalk/`.
        now: when it is done; with a time zone.
        key: the crosswalk's, 32 bytes; none where records travel in clear.
        again: also collect what was collected before; lists that are there are written anew.

    Raises:
        ConfigurationError: there is a crosswalk, and no key.
        IntegrityError: a crosswalk does not fit.
        StorageError: the shared area is not there, or our own folders are full or not writable.
    """
    partner = load_partner(home)
    outbox = _outbox(partner)
    words = _words(home, partner.id, key)
    runs, earlier, skipped = [], 0, []
    for folder in _entries(outbox / "runs"):
        if folder.name.startswith(PARTIAL) or not (is_link(folder) or is_plain_folder(folder)):
            continue  # on its way, or no report
        if not again and is_safe_name(folder.name) and (home / FOLDER / folder.name / LIST).exists():
            earlier += 1
            continue
        try:
            runs.append(_collect_run(folder, home, partner.id, words))
        except IntegrityError as error:
            skipped.append(Skipped(_shown_name(folder), _one_line(error)))
    answers, damaged = _collect_receipts(outbox / RECEIPTS, home, partner.id, again=again)
    return Collected(now, tuple(runs), earlier, tuple(answers), (*skipped, *damaged))


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


def _outbox(partner: PartnerHome) -> Path:
    if not partner.shared.is_dir():
        raise StorageError("the shared folder is not there", file=str(partner.shared), mend="connect the shared drive, or correct shared in partner.toml")
    return partner.shared / "outbox" / safe_name(partner.id, what="partner")


def _words(home: Path, partner: str, key: bytes | None) -> pl.DataFrame:
    """Return `token, source, shown`; without rows where the partner has no crosswalk."""
    if key is not None:
        return translation(home, partner, key)
    if (home / crosswalk.FOLDER).exists():
        raise ConfigurationError(
            "there is a crosswalk, and no key to open it", file=str(home / crosswalk.FOLDER), mend="put the partner's key file back, and collect again"
        )
    return crosswalk.CROSSWALK.empty().select("token", "source", "shown")


def _collect_run(folder: Path, home: Path, partner: str, words: pl.DataFrame) -> CollectedRun:
    """Copy one report, judge the copy, and write it down in the council's own words, the list last."""
    run = safe_name(folder.name, what="run")
    if is_link(folder):
        raise IntegrityError("the folder is a link, and is not followed")
    make_folder(home / FOLDER)
    with _copied(folder, home / FOLDER / f"{PARTIAL}{run}") as copy:
        manifest = _copy_report(folder, copy, partner)
        table, page = open_table(copy / TABLE, REPORT), (copy / PAGE).read_bytes()
    if table.height != manifest.exceptions:
        raise IntegrityError("the report does not hold as many exceptions as its manifest says", file=TABLE)
    own, lost = translated(table, words)
    target = home / FOLDER / run
    private_folder(target)
    for name, content in ((PAGE, page), (TABLE, parquet_bytes(own)), (LIST, csv_bytes(own))):
        write_private(target / name, content)
    counted = dict(own.group_by("band").len().iter_rows())
    return CollectedRun(run, manifest.as_of, own.height, {band: counted.get(band, 0) for band in BANDS}, lost, target / LIST)


@contextmanager
def _copied(folder: Path, copy: Path) -> Iterator[Path]:
    """Give a folder of ours for copies, and take it away afterwards."""
    shutil.rmtree(copy, ignore_errors=True)  # what an interrupted call left
    private_folder(copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _copy_report(folder: Path, copy: Path, partner: str) -> _ReportManifest:
    """Copy a report and return its manifest, if it is this partner's, of this run, and its bytes are those it lists."""
    copy_hashed(folder / MANIFEST, copy / MANIFEST, cap=MOST_MANIFEST_BYTES)
    try:
        manifest = _ReportManifest.model_validate_json((copy / MANIFEST).read_bytes())
    except ValidationError:
        raise IntegrityError("the manifest is damaged, or of another version", file=MANIFEST) from None
    if (manifest.run_id, manifest.partner) != (folder.name, partner):
        raise IntegrityError("the manifest belongs to another folder", file=MANIFEST)
    if sorted(listed.name for listed in manifest.files) != sorted((TABLE, LIST, PAGE)):
        raise IntegrityError("the manifest does not list the three files of a report", file=MANIFEST)
    for listed in manifest.files:
        found = copy_hashed(folder / listed.name, copy / listed.name, cap=min(listed.bytes, MOST_FILE_BYTES) + 1)
        if found != (listed.bytes, listed.sha256):
            raise IntegrityError("the bytes are not those the manifest lists", file=listed.name)
    return manifest


def _collect_receipts(folder: Path, home: Path, partner: str, *, again: bool) -> tuple[list[Answer], list[Skipped]]:
    """Copy the receipts that are not here yet, and return what they say in order of arrival, and which are damaged."""
    found, skipped = [], []
    for path in _entries(folder):
        if path.suffix != ".json" or path.name.startswith(PARTIAL) or (not again and (home / RECEIPTS / path.name).exists()):
            continue
        try:
            found.append(_collect_receipt(path, home, partner))
        except IntegrityError as error:
            skipped.append(Skipped(_shown_name(path), _one_line(error)))
    return [_answer(receipt) for receipt in sorted(found, key=lambda receipt: receipt.sequence)], skipped


def _collect_receipt(path: Path, home: Path, partner: str) -> Receipt:
    target = home / RECEIPTS / f"{safe_name(path.stem, what='receipt')}.json"
    private_folder(target.parent)
    copy = target.with_name(f"{PARTIAL}copy.json")
    try:
        copy_hashed(path, copy, cap=MOST_MANIFEST_BYTES)
        content = copy.read_bytes()
    finally:
        copy.unlink(missing_ok=True)
    try:
        receipt = Receipt.model_validate_json(content)
    except ValidationError:
        raise IntegrityError("the receipt is damaged, or of another version") from None
    if (receipt.submission_id, receipt.partner) != (path.stem, partner):
        raise IntegrityError("the receipt belongs to another submission")
    write_private(target, content)
    return receipt


def _answer(receipt: Receipt) -> Answer:
    return Answer(receipt.submission_id, _printable(receipt.dataset), receipt.state, _printable(receipt.reason), _printable(receipt.mend))


def _printable(text: str) -> str:
    """Return a text from outside as a line that no screen obeys."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_REASON])


def _shown_name(path: Path) -> str:
    return ascii(path.name[:60])[1:-1]


def _one_line(error: IntegrityError) -> str:
    found = f" ({error.found})" if error.found else ""
    return f"{error.file + ': ' if error.file else ''}{error.what}{found}"


def _entries(folder: Path) -> list[Path]:
    """Return what stands in a folder, by name; nothing where the unit has not made it yet."""
    if is_link(folder):
        raise IntegrityError("the folder is a link, and is not followed", file=str(folder), mend="ask the unit to put the folder itself there")
    try:
        return sorted(folder.iterdir(), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(f"the folder cannot be read: {reason}", file=str(folder), mend="ask for the right to read it") from None
