"""Encoded submissions at the unit's door: do they belong to this exercise, do they hold no identity, and then a key of the unit's own.

What arrived is re-keyed with the unit's pepper before it is put away, so that neither a partner's keys nor the files that lay in the
shared area say anything of what the unit holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from matchers.encoding import spec_digest
from matchers.encoding.layout import BLOCK_TOKEN, PROFILES, ProfileName
from matchers.encoding.layout import HOUSEHOLD as HOUSEHOLD_PASS
from matchers.encoding.rekey import rekeyed, rekeyed_number
from pipeline.bytes_columns import column_of, table_of
from pipeline.encode import TOKEN, shown_identity
from pipeline.key_files import exercise_of, load_exercise, load_unit_keys, pepper
from schemas.errors import IntegrityError
from schemas.keys import ExerciseCard
from schemas.manifest import ENCODINGS, HOUSEHOLD_ROWS, HOUSEHOLDS, EncodingNote, Manifest
from schemas.partnership import Partnership
from schemas.records import ENCODING, HOUSEHOLD, NUMBER_TOKENS, PASSES, RECORD

IDENTIFYING = ("records.parquet", ENCODINGS, HOUSEHOLDS)  # tables that hold tokens or codes
AGAIN = "check with the custodian which exercise is in force, accept its card and root, and submit again"


def judge_disclosure(manifest: Manifest, partnership: Partnership, home: Path, *, on: date) -> None:
    """Refuse identity that travels in another way than the agreement says, or under other keys than the exercise's.

    Raises:
        IntegrityError: it does; each reason by its name.
        ConfigurationError: the unit has no card of the exercise; that is ours to mend, and nothing is quarantined for it.
    """
    agreement = partnership.agreement_for(manifest.partner, manifest.dataset, on=on)
    agreed = agreement.discloses(manifest.dataset) if agreement else "clear"
    if manifest.disclosure != agreed:
        found = f"identity travels {'in clear' if manifest.disclosure == 'clear' else 'as tokens'}, agreed is {agreed}"
        raise IntegrityError("identity does not travel as the agreement says", found=found, mend="set disclosure and clear in partner.toml as the agreement has them, and submit again")
    if (manifest.encoding is None) != (agreed == "clear"):
        raise IntegrityError("the manifest does not say how identity was encoded", mend="submit again")
    if manifest.encoding is not None and agreement is not None:
        _judge_note(manifest.encoding, load_exercise(home, agreement.id))


def _judge_note(note: EncodingNote, card: ExerciseCard) -> None:
    if note.spec != spec_digest(note.profile):
        raise IntegrityError("identity was encoded by another version of the encoding", mend="install the version of Counterfoil the unit runs, and submit again")
    if (note.agreement, note.exercise) != (card.agreement, card.exercise):
        raise IntegrityError("identity was encoded for another exercise", found=f"{note.agreement} {note.exercise}, in force is {card.agreement} {card.exercise}", mend=AGAIN)
    if note.key_check != card.key_check:
        raise IntegrityError("identity was encoded with another root", found="the key check is not the exercise's", mend=AGAIN)
    if missing := sorted(set(card.canaries) - set(note.canaries)):
        raise IntegrityError("the encoded test people are missing", found=f"of pass {', '.join(missing)}", mend=AGAIN)
    if note.canaries != card.canaries:
        raise IntegrityError("five invented people were encoded otherwise than by the custodian", mend="report this with both versions of Counterfoil")


def judge_encodings(records: pl.DataFrame, encodings: pl.DataFrame, profile: ProfileName) -> None:
    """Refuse identity in clear, and encodings that are none.

    Raises:
        IntegrityError: an identity column shows more than tokens, or bytes have another length than they must.
    """
    if shown := shown_identity(records):
        raise IntegrityError("identity in clear under an agreement that encodes it", file="records.parquet", column=", ".join(shown), mend="update Counterfoil, and submit again")
    for name in PASSES:
        _judge_bytes(encodings, name, profile, ENCODINGS)
    strangers = encodings.join(records, on=["record_ref", "party"], how="anti").height
    if strangers:
        raise IntegrityError("encodings stand for nobody in the records", file=ENCODINGS, found=f"{strangers:,} of them", mend="submit again")


def judge_households(tables: Mapping[str, pl.DataFrame], profile: ProfileName) -> None:
    """Refuse homes that can be joined to the people of the submission, that are none, or whose rows do not fit them.

    Raises:
        IntegrityError: it is so.
    """
    homes, rows = tables[HOUSEHOLDS], tables[HOUSEHOLD_ROWS]
    _judge_bytes(homes, HOUSEHOLD_PASS.name, profile, HOUSEHOLDS)
    refs = pl.concat([homes["record_ref"], rows["record_ref"], rows["party_ref"].drop_nulls()]).unique()
    elsewhere = {*tables["records.parquet"]["record_ref"], *tables["payload.parquet"]["record_ref"]}
    if homes[f"token_{HOUSEHOLD_PASS.name}"].null_count():
        raise IntegrityError("a household has no home", file=HOUSEHOLDS, mend="submit again")
    if not refs.str.contains(TOKEN).all() or elsewhere.intersection(refs):
        raise IntegrityError("households stand under references that are not theirs alone", file=HOUSEHOLDS, mend="report this with the version of Counterfoil; it is a fault of the program")
    if not rows["party_ref"].is_in(homes["record_ref"].implode()).all():
        raise IntegrityError("rows of households stand for nobody's home", file=HOUSEHOLD_ROWS, mend="submit again")


def _judge_bytes(table: pl.DataFrame, name: str, profile: ProfileName, file: str) -> None:
    token, code = (table[f"{kind}_{name}"] for kind in ("token", "code"))
    sizes = {(BLOCK_TOKEN, PROFILES[profile].code_bytes)} if token.null_count() < len(token) else set()
    found = set(pl.DataFrame({"t": token.bin.size(), "c": code.bin.size()}).drop_nulls().unique().rows())
    if (token.is_null() != code.is_null()).any() or not found <= sizes:
        raise IntegrityError("an encoding has not the bytes it must have", file=file, column=name, mend="submit again")


def rekeyed_tables(tables: Mapping[str, pl.DataFrame], card: ExerciseCard, home: Path) -> dict[str, pl.DataFrame]:
    """Return the tables that hold tokens or codes, keyed once more with the unit's pepper.

    Args:
        tables: file of the submission -> what it holds.
    """
    key = pepper(load_unit_keys(home), exercise_of(card))
    records, encodings = tables["records.parquet"], tables[ENCODINGS]
    numbers = [rekeyed_number(records[name], key, name).alias(name) for name in NUMBER_TOKENS]
    out = {"records.parquet": RECORD.conform(records.with_columns(numbers)), ENCODINGS: ENCODING.conform(encodings.with_columns(_rekeyed(encodings, PASSES, key)))}
    if HOUSEHOLDS in tables:
        out[HOUSEHOLDS] = HOUSEHOLD.conform(tables[HOUSEHOLDS].with_columns(_rekeyed(tables[HOUSEHOLDS], (HOUSEHOLD_PASS.name,), key)))
    return out


def _rekeyed(encodings: pl.DataFrame, passes: Sequence[str], key: bytes) -> list[pl.Series]:
    out = []
    for name in passes:
        rows, tokens = table_of(encodings[f"token_{name}"])
        if len(rows):
            tokens, codes = rekeyed(tokens, table_of(encodings[f"code_{name}"])[1], key, name)
            out += [column_of(f"token_{name}", encodings.height, rows, tokens), column_of(f"code_{name}", encodings.height, rows, codes)]
    return out


