"""One stored submission, checked again: its manifest, its signature, its key, and every table under it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from pipeline.content import shapes_of
from pipeline.encoded_intake import judge_encodings, judge_households
from pipeline.landing import landed_folder, note_of, sealed_name, table_bytes
from pipeline.seal import manifest_bytes
from pipeline.sealing import SIGNATURE, refuse_unsigned
from pipeline.store.files import MANIFEST
from pipeline.store.tables import submission_digest
from pipeline.trust import trusted
from pipeline.verify_runs import Finding
from schemas.datasets import CONTRACTS
from schemas.errors import CounterfoilError, IntegrityError
from schemas.keys import fingerprint
from schemas.manifest import ENCODINGS, FILE_NAMES, HOUSEHOLD_ROWS, HOUSEHOLDS, MANIFEST_KEPT, Kept, Manifest, Receipt

AGAIN = "ask the partner to submit again; until then its data may be in no run"


def submission_findings(home: Path, receipt: Receipt) -> Iterator[Finding]:
    """Yield all that is wrong with a submission that was taken in and not destroyed."""
    folder = landed_folder(home, receipt.partner, receipt.submission_id)
    place, manifest = folder.relative_to(home).as_posix(), receipt.manifest
    if not folder.is_dir() or manifest is None:
        yield Finding("a submission is gone, and nothing says that it was destroyed", place, f"restore it from the backup, or {AGAIN}")
        return
    try:
        _judge_manifest(home, folder, receipt.partner, manifest)
    except (OSError, CounterfoilError) as error:
        yield Finding(_words(error, "its manifest or the signature of it is missing"), f"{place}/{MANIFEST}", "restore it from the backup")
    try:
        known = note_of(home, receipt.partner, receipt.submission_id)
    except (OSError, ValidationError):
        yield Finding("the note of what was kept is missing or damaged", f"{place}/{MANIFEST_KEPT}", f"restore it from the backup, or {AGAIN}")
        return
    listed = {sealed_name(file.name, known.generation) for file in manifest.files}
    if listed != set(known.files):
        yield Finding("the note of what was kept lists other tables than the manifest", f"{place}/{MANIFEST_KEPT}", f"restore it from the backup, or {AGAIN}")
        return
    for stranger in sorted({path.name for path in folder.iterdir()} - listed - {MANIFEST, f"{MANIFEST}{SIGNATURE}", MANIFEST_KEPT}):
        yield Finding("a file belongs to nothing here", f"{place}/{stranger}", "remove it; it was left behind by an erasure, or put there by hand")
    yield from _content_findings(home, receipt, manifest, known, place)


def _judge_manifest(home: Path, folder: Path, partner: str, manifest: Manifest) -> None:
    """Refuse a manifest that is not the receipt's, or that no card of its partner signed; a card that was replaced since counts too."""
    content = (folder / MANIFEST).read_bytes()
    if content != manifest_bytes(manifest):
        raise IntegrityError("its manifest is not the one that the receipt names")
    known = trusted(home, partner)
    cards = [card for card in ([known.card] if known and known.card else []) + [card for card, _ in (known.before if known else ())] if fingerprint(card.signing) == manifest.signer]
    if not cards:
        raise IntegrityError("its manifest was signed with a key that the unit does not know")
    refuse_unsigned(content, (folder / f"{MANIFEST}{SIGNATURE}").read_bytes(), cards[0].signing, file="")


def _content_findings(home: Path, receipt: Receipt, manifest: Manifest, known: Kept, place: str) -> Iterator[Finding]:
    shapes, tables = shapes_of(CONTRACTS[receipt.dataset]), dict[str, pl.DataFrame]()
    for listed in manifest.files:
        where = f"{place}/{sealed_name(listed.name, known.generation)}"
        try:
            frame = pl.read_parquet(io.BytesIO(table_bytes(home, receipt.partner, receipt.submission_id, listed.name, known)))
        except (OSError, ValueError, CounterfoilError, pl.exceptions.PolarsError) as error:
            yield Finding(_words(error, "the table, or the key that opens it, is missing or damaged"), where, AGAIN)
            continue
        if frame.schema != shapes[listed.name].schema or frame.height != known.rows.get(listed.name, listed.rows):
            yield Finding("a table has other columns or another number of rows than were taken in", where, AGAIN)
            continue
        tables[listed.name] = frame
    if len(tables) == len(manifest.files):
        try:
            _judge_content(tables, manifest, known)
        except CounterfoilError as error:
            yield Finding(error.what, place, AGAIN)


def _judge_content(tables: Mapping[str, pl.DataFrame], manifest: Manifest, known: Kept) -> None:
    """Hold the rows against their digest. What was encoded has the unit's key on it by now: there, the shapes of its bytes are judged."""
    records, payload, _ = (tables[name] for name in FILE_NAMES)
    if (manifest.encoding is None or known.row_digest) and submission_digest(
        records, payload, *(tables.get(name) for name in (ENCODINGS, HOUSEHOLDS, HOUSEHOLD_ROWS))
    ) != (known.row_digest or manifest.row_digest):
        raise IntegrityError("the rows are not those that were taken in")
    if manifest.encoding is not None:
        judge_encodings(records, tables[ENCODINGS], manifest.encoding.profile)
        if HOUSEHOLDS in tables:
            judge_households(tables, manifest.encoding.profile)


def _words(error: Exception, otherwise: str) -> str:
    return error.what if isinstance(error, CounterfoilError) else otherwise
