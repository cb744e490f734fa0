"""What identity looks like when it leaves the partner's premises: as it is, or as tokens and codes that only meet within their exercise.

Where it is encoded, every identity column is empty, or holds a token; the council's own references are replaced by random ones that
its crosswalk alone can turn back; and of the rest of a row only what some rule needs is sent. A company with a registered number or a
legal form in its name is not a person: it keeps its name and numbers, and its bank account becomes a token. It is
encoded besides, because another council may have left out its number, and so have had to take it for a person who trades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import polars as pl

from matchers.attacks import self_test
from matchers.collisions import collisions
from matchers.derivation import Exercise, derive
from matchers.encoded import name_steps, sample_levels
from matchers.encoding.encoder import Encoded, Key, encode_households
from matchers.encoding.encoder import encode as encode_people
from matchers.encoding.layout import PROFILES, Pass
from matchers.entities import PERSON
from matchers.needs import Needs
from matchers.normalisers.organisations import is_registered_body
from pipeline.bytes_columns import column_of
from pipeline.minimise import ROW_REFERENCES, minimised, reference_field, renamed
from schemas.contract import Contract
from schemas.errors import IntegrityError
from schemas.manifest import EncodingNote, SaidOfChance, SelfTest
from schemas.records import ENCODING, HOUSEHOLD, IDENTITY, NUMBER_TOKENS, PASSES, RECORD, payload_shape
from schemas.relations import Normalised, Outgoing

TOKEN = "^[0-9a-f]{32}$"
FEWEST_ATTACKED = 2_000  # people; of fewer, what an attack learns is mostly luck
SEED = 20261101  # of the sample that is attacked
NEVER_SENT = ("passport_number", "phone", "email")  # no rule needs them, and they tell the unit who is whose relation
_NUMBERS_ONLY = tuple(Pass(name, (name,), (), ()) for name in NUMBER_TOKENS)


@dataclass(frozen=True)
class Keys:
    """What a partner needs to encode: the exercise, its root, and how the exercise's keys are told from others."""

    exercise: Exercise
    key_check: str
    canaries: Mapping[str, str]
    root: bytes = field(repr=False)


def encode(
    normalised: Normalised, contract: Contract, keys: Keys | None, *, needed: Needs, tokens: pl.DataFrame, at_home: Needs | None = None
) -> Outgoing:
    """Return the rows as they may travel.

    Args:
        normalised: rows in clear.
        keys: of the exercise; None where the agreement lets identity travel in clear.
        needed: what rules need of the dataset.
        at_home: what rules on homes need of it; None where there is no such rule, and then no home leaves.
        tokens: crosswalk: `kind, field, source, token`, for every reference of these rows.

    Raises:
        IntegrityError: something that may identify a person would have left, or an attack on the encodings learnt more than it may; nothing
            is handed through.
    """
    if keys is None:
        return Outgoing(normalised.records, normalised.payload)
    key = partial(derive, keys.root, keys.exercise)
    everybody = renamed(normalised.records, tokens, ("record_ref",), kind="record", field=keys.exercise.id)
    company = _companies(everybody)
    named = everybody.with_columns(  # a sole trader's name is a name
        surname=pl.coalesce("surname", "name"), trading_name=pl.when(pl.col("name").str.contains(" ")).then(pl.col("name").str.replace_all(" ", "")),
    )
    profile = keys.exercise.profile
    encoded = encode_people(named, key, profile=profile)
    records = RECORD.conform(_without_identity(everybody, company, key))
    payload = minimised(normalised.payload, contract, needed, tokens, exercise=keys.exercise.id)
    note = _note(named, encoded, contract, keys, needed, key)
    out = Outgoing(records, payload, _encodings(named, encoded, steps=PROFILES[profile].steps), note)
    refuse_identity(out)
    return out if at_home is None else _with_households(out, normalised, named, contract, keys.exercise, key, at_home, tokens)


def references(normalised: Normalised, contract: Contract, needed: Needs, exercise: str, at_home: Needs | None = None) -> pl.DataFrame:
    """Return the references that need a token before these rows may leave: `kind, field, source, shown`.

    The field names the exercise, so that another one has other tokens, and nothing of the two can be joined; a row that leaves once
    more with its home has a second token, of kind household, for the same reason.
    """
    shown = normalised.records.select(
        source=pl.col("record_ref"),
        shown=pl.coalesce(pl.concat_str("forename", "surname", separator=" ", ignore_nulls=True).replace("", None), "name_as_sent"),
    ).group_by("source").agg(pl.col("shown").drop_nulls().unique().sort().str.join(" / "))
    refs = pl.concat([normalised.payload.select(source=pl.col(name)) for name in ROW_REFERENCES] + [shown.select("source")])
    rows = refs.drop_nulls().unique().join(shown, on="source", how="left")
    found = []
    for kind, sent in (("record", needed), ("household", at_home)):
        if sent is not None:
            found.append(rows.select(kind=pl.lit(kind), field=pl.lit(exercise), source="source", shown="shown"))
            found += [_values(normalised.payload, name, reference_field(name, exercise, kind)) for name in sent.references]
    return pl.concat(found).sort("kind", "field", "source")


def _values(payload: pl.DataFrame, name: str, field: str) -> pl.DataFrame:
    """Return the values of a reference column, each once, as references that need a token."""
    return payload.select(kind=pl.lit("reference"), field=pl.lit(field), source=pl.col(name), shown=pl.lit(None, pl.String)).drop_nulls("source").unique()


def _with_households(
    out: Outgoing, normalised: Normalised, named: pl.DataFrame, contract: Contract, exercise: Exercise, key: Key, needed: Needs, tokens: pl.DataFrame
) -> Outgoing:
    """Add who lives at which home, and of their rows what rules on homes need, both under references that stand nowhere else."""
    assert out.note is not None
    encoded = encode_households(named, key, profile=exercise.profile)
    own = renamed(normalised.records, tokens, ("record_ref",), kind="household", field=exercise.id)
    (name,), size = encoded.rows, named.height
    columns = [column_of(f"{kind}_{name}", size, encoded.rows[name], table[name]) for kind, table in (("token", encoded.tokens), ("code", encoded.codes))]
    homes = HOUSEHOLD.conform(own.with_columns(*columns).filter(pl.col(f"token_{name}").is_not_null()))
    sent = minimised(normalised.payload, contract, needed, tokens, exercise=exercise.id, kind="household")
    rows = payload_shape(contract).conform(sent.join(homes.select(party_ref="record_ref"), on="party_ref", how="semi"))
    kept = tuple(f.name for f in contract.payload_fields if f.name not in needed.withheld(contract))
    oversize = {name: left_out for name, left_out in encoded.oversize.items() if left_out[0]}
    note = out.note.model_copy(update={"at_home": kept, "oversize": {**out.note.oversize, **oversize}, "self_tests": (*out.note.self_tests, *_attacked(named, encoded))})
    return replace(out, households=homes, household_rows=rows, note=note)


def refuse_identity(out: Outgoing) -> None:
    """Stop where an identity column of anybody but a company holds what is no token.

    Raises:
        IntegrityError: one does; that is never so by accident of the data.
    """
    shown = shown_identity(out.records)
    if shown:
        raise IntegrityError(
            "identity in clear would have left under an agreement that encodes it", column=", ".join(shown),
            mend="nothing was sent; report this, it is a fault of the program",
        )


def shown_identity(records: pl.DataFrame) -> list[str]:
    """Return the identity columns in which a party that is no company shows more than a token."""
    tokens = [name for name in IDENTITY if name in NUMBER_TOKENS]
    others = records.filter(~_companies(records))
    clear = [name for name in IDENTITY if name not in NUMBER_TOKENS and others[name].null_count() < others.height]
    return clear + [name for name in tokens if not records[name].drop_nulls().cast(pl.String).str.contains(TOKEN).all()]


def _companies(records: pl.DataFrame) -> pl.Series:
    organisation = pl.col("kind") == "organisation"
    registered = pl.col("company_number").is_not_null() | pl.col("charity_number").is_not_null() | is_registered_body(pl.col("name_as_sent"))
    return records.select(organisation & registered).to_series()


def _without_identity(everybody: pl.DataFrame, company: pl.Series, key: Key) -> pl.DataFrame:
    kept = [name for name in IDENTITY if name not in NUMBER_TOKENS]
    return everybody.with_columns(
        *(pl.when(company).then(pl.col(name)).alias(name) for name in kept), *_number_tokens(everybody, key)
    ).with_columns(pl.lit(None, pl.String).alias(name) for name in NEVER_SENT)


def _number_tokens(everybody: pl.DataFrame, key: Key) -> list[pl.Series]:
    found = encode_people(everybody, key, passes=_NUMBERS_ONLY)
    return [column_of(name, everybody.height, found.rows[name], found.tokens[name]).bin.encode("hex") for name in NUMBER_TOKENS]


def _encodings(people: pl.DataFrame, encoded: Encoded, *, steps: bool) -> pl.DataFrame:
    columns = {name: name_steps(people, name) for name in ("forename", "surname")}
    told = [pl.Series(f"{name}_step", step if steps else np.full(len(step), -1), pl.Int64).replace(-1, None) for name, step in columns.items()]
    tables = [column_of(f"token_{name}", people.height, encoded.rows[name], encoded.tokens[name]) if name in encoded.rows else _nothing(f"token_{name}", people.height) for name in PASSES]
    tables += [column_of(f"code_{name}", people.height, encoded.rows[name], encoded.codes[name]) if name in encoded.rows else _nothing(f"code_{name}", people.height) for name in PASSES]
    return ENCODING.conform(people.select("record_ref", "party").with_columns(*told, *tables))


def _nothing(name: str, size: int) -> pl.Series:
    return pl.Series(name, [None] * size, pl.Binary)


def _note(people: pl.DataFrame, encoded: Encoded, contract: Contract, keys: Keys, needed: Needs, key: Key) -> EncodingNote:
    persons = people.filter(pl.col("kind") == "person")
    said = collisions(persons, sample_levels(persons, key, profile=keys.exercise.profile), {c.name: len(c.levels) for c in PERSON.comparisons}) if persons.height else None
    met = np.zeros(people.height, np.bool_)
    for rows in encoded.rows.values():
        met[rows] = True
    exercise = keys.exercise
    return EncodingNote(
        agreement=exercise.agreement, exercise=exercise.id, profile=exercise.profile, spec=exercise.spec, key_check=keys.key_check,
        canaries=dict(keys.canaries), people=people.height, meeting={name: len(rows) for name, rows in encoded.rows.items()},
        oversize={name: blocks for name, blocks in encoded.oversize.items() if blocks[0]}, unmet=int((~met).sum()),
        withheld=needed.withheld(contract), coarse=needed.coarse, self_tests=_attacked(people, encoded),
        chance=None if said is None else SaidOfChance(**vars(said)),
    )  # fmt: skip


def _attacked(people: pl.DataFrame, encoded: Encoded) -> tuple[SelfTest, ...]:
    """Attack what is about to leave, as somebody could who has it and public lists, and stop where more is learnt than may be."""
    if people.height < FEWEST_ATTACKED:
        return ()
    results = self_test(encoded, people, SEED)
    if failed := [one for one in results if not one.passed]:
        found = "; ".join(f"{one.attack}: {one.metric:.3f} in {one.column}, at most {one.gate:.3f} may be" for one in failed)
        raise IntegrityError("nothing was sent: an attack on the encoded extract learnt more than it may", found=found, mend="send this message to the unit; the extract stayed here")
    return tuple(SelfTest(attack=one.attack, column=one.column, measured=round(one.metric, 6), gate=round(one.gate, 6)) for one in results)
