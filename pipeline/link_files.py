"""One or two files to links and clusters: the engine alone, without partnership, contract or settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from matchers.canonical import COLUMNS, canonical
from matchers.canonical import as_text as canonical_text
from matchers.comparison import usable
from matchers.engine import Linkage
from matchers.engine import link as link_parties
from matchers.entities import ADDRESS, ORGANISATION, PERSON, Entity
from matchers.estimation import Model
from matchers.features import Codes, Features, encode
from matchers.lasting import named_as_before
from matchers.model_file import as_json, digest
from matchers.tables import cluster_table, link_table
from pipeline.canonical_file import ACROSS, REFERENCE, read_canonical
from pipeline.link_facts import asked, content_digest, facts, origin
from pipeline.models import read_model
from pipeline.store.files import write_atomic
from pipeline.stray_file import columns, membership
from schemas.errors import ConfigurationError, DataRejected, SafetyStop

FILE = "file"  # of two files: left or right
BYTES_PER_PAIR = 60  # that a candidate pair takes while it is made and weighed
FEWEST_COMPARISONS = 2  # columns to compare by, unless one of them is a number that names somebody
_ENOUGH = ("nino", "email", "company_number", "vat_number", "charity_number", "name")
_ARTICLES = {"person": "a person", "organisation": "an organisation", "address": "an address"}
_PLACED = ("address", "uprn")  # of an address; a postcode alone is none
_ORGANISATIONS = ("name", "company_number", "vat_number", "charity_number")


@dataclass(frozen=True)
class LinkedFiles:
    """What linking files gave.

    Attributes:
        links: `record_ref_l, record_ref_r, match_weight` (centibits), `match_probability, situation`, `level_<field>` and
            `contribution_<field>`; sorted by the references.
        clusters: `record_ref, cluster_id`, of two files `file`, and where clusters of before were given `cluster_before`.
        facts: what is written into the files beside the tables: counts, completeness, what was passed over, the model's digest.
        model: the model that was applied or fitted, as JSON text.
    """

    links: pl.DataFrame
    clusters: pl.DataFrame
    facts: Mapping[str, Any]
    model: str
    entity: str
    notes: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)


def link_files(
    left: Path, right: Path | None = None, *, model: Path | None = None, across: str = "", floor: float = 0.5, threads: int = 2, memory_gb: int = 4,
    before: Path | None = None, second: bool = False,
) -> LinkedFiles:
    """Link one file within itself, or two files.

    Args:
        model: model file to apply; without one, a model is fitted to these records.
        across: column; only pairs whose values of it differ are kept.
        floor: least probability of a link.
        before: clusters of an earlier time, whose names are kept.
        second: ask another program about the same pairs.

    Raises:
        DataRejected: a file cannot be used, or holds too little to link on.
        ConfigurationError: the model cannot be used.
        SafetyStop: more pairs than the memory holds.
    """
    tables, notes = _read(left, right, across)
    given = read_model(model) if model else None
    earlier = _clusters_before(before, two=right is not None) if before else None
    found = link_tables(tables, model=given, across=across, floor=floor, threads=threads, memory_gb=memory_gb, notes=notes, second=second)
    return found if earlier is None else _named_as_before(found, earlier)


def link_tables(
    table: pl.DataFrame, *, model: tuple[Entity, Model, str] | None = None, across: str = "", floor: float = 0.5, threads: int = 2, memory_gb: int = 4,
    notes: tuple[str, ...] = (), second: bool = False,
) -> LinkedFiles:
    """Link records in canonical columns.

    Args:
        table: `record_ref` and canonical columns; of two files `file` besides, left or right; with `across`, `ACROSS`.
        model: what it links, the model, and its digest.
    """
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        start = perf_counter()
        yield
        seconds[name] = seconds.get(name, 0.0) + perf_counter() - start

    with stage("normalise"):
        normal = canonical(table)
    entity = _kind(normal.records)
    if model and model[0] is not entity:
        raise ConfigurationError(f"the model links {model[0].plural}, and these records are of {entity.plural}", mend="apply a model that was trained on such records")
    with stage("encode"):
        features = encode(normal.records.select(REFERENCE, *(name for name in entity.columns if name in normal.records.columns)))
    if not usable(features, model[1].comparisons if model else entity.comparisons) or not _enough(features, entity):
        raise DataRejected(
            "there is too little to link on", found=f"of {_ARTICLES[entity.name]}, values only in: {', '.join(_known(features, entity)) or 'no column'}",
            mend="give at least two of forename, surname, date_of_birth, address or postcode, or one of nino, email, company_number, name; of addresses, address or uprn",
        )
    side = _side(normal.records, features)
    apart = [_codes(normal.records[ACROSS], features)] if across else []
    data, told = content_digest(normal.records.drop(FILE, strict=False)), normal.notes
    del normal  # a copy of the records as long as the linkage lasts
    try:
        linkage = link_parties(
            features, entity, model=model[1] if model else None, apart=apart, side=side, floor=floor, threads=threads,
            max_pairs=memory_gb * 2**30 // BYTES_PER_PAIR, stage=stage,
        )
    except SafetyStop as stop:
        raise SafetyStop(stop.what, found=stop.found, mend="look for a default value in that column, or allow more with --memory") from None
    with stage("tables"):
        links, clusters = _links(linkage, features, entity, table), _clusters(linkage, features, table)
    opinion = asked(features, linkage) if second else None
    text = as_json(linkage.model, entity=entity.name, origin=origin(features.size, data, opinion))
    told = (*notes, *told, *linkage.notes)
    named = model[2] if model else digest(text + "\n")  # as the file will be written
    return LinkedFiles(links, clusters, facts(linkage, entity, side, named, told, floor, opinion), text, entity.name, told, seconds)


def write_links(found: LinkedFiles, out: Path, clusters: Path | None) -> None:
    """Write the tables as Parquet, what is known about them in the files' key-value metadata under `counterfoil`."""
    facts = {"counterfoil": json.dumps(found.facts, sort_keys=True)}
    for table, path in ((found.links, out), (found.clusters, clusters)):
        if path is not None:
            write_atomic(path, _parquet(table, facts))


def _clusters_before(path: Path, *, two: bool) -> pl.DataFrame:
    """Return `reference, cluster_id` of an earlier time."""
    members = membership(columns(path, (REFERENCE, "cluster_id", FILE)), path, ("cluster_id",)).rename({"entity": "cluster_id"})
    if two != (FILE in members.columns):
        raise DataRejected(
            "these clusters are of another kind of linkage", file=path.name, found="clusters of " + ("one file" if two else "two files"),
            mend="name the clusters that linking these same files gave before",
        )
    named = members.select(_reference(two), "cluster_id")
    if again := named.height - named["reference"].n_unique():
        raise DataRejected("records stand in more than one row", file=path.name, found=f"{again:,} rows too many", mend="keep one row for each record")
    return named


def _reference(two: bool) -> pl.Expr:
    return (pl.concat_str(FILE, REFERENCE, separator=" ") if two else pl.col(REFERENCE)).alias("reference")


def _named_as_before(found: LinkedFiles, before: pl.DataFrame) -> LinkedFiles:
    """Give the clusters the names they had, and each record the name of the cluster it was in."""
    two = FILE in found.clusters.columns
    members = found.clusters.with_columns(_reference(two))
    named, changes = named_as_before(members.select("reference", "cluster_id"), before)
    clusters = members.drop("cluster_id").join(named, on="reference", how="left", maintain_order="left")
    note = f"of the clusters before, {changes.kept:,} go on, {changes.joined:,} went into others and {changes.parted:,} parted; {changes.new:,} are new"
    told = {**found.facts, "notes": [*found.facts["notes"], note], "clusters_since": asdict(changes)}
    return replace(found, clusters=clusters.select(REFERENCE, "cluster_id", *([FILE] if two else []), "cluster_before"), facts=told, notes=(*found.notes, note))


def _parquet(table: pl.DataFrame, facts: dict[str, str]) -> bytes:
    import io

    buffer = io.BytesIO()
    table.rechunk().write_parquet(buffer, compression="zstd", compression_level=3, row_group_size=100_000, metadata=facts)
    return buffer.getvalue()


def _read(left: Path, right: Path | None, across: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    first, notes = read_canonical(left, also=across)
    if right is None:
        return first, notes
    second, more = read_canonical(right, also=across)
    said: list[str] = []
    both = [canonical_text(frame, said) for frame in (first, second)]
    sides = [frame.with_columns(pl.lit(name).alias(FILE)) for frame, name in zip(both, ("left", "right"), strict=True)]
    return pl.concat(sides, how="diagonal"), (*notes, *more, *said)


def _kind(records: pl.DataFrame) -> Entity:
    people = sum(records[name].count() for name in ("forename", "surname") if name in records.columns)
    bodies = sum(records[name].count() for name in _ORGANISATIONS if name in records.columns)
    if not _holds(records, (name for name in COLUMNS if name not in ADDRESS.columns)) and _holds(records, _PLACED):
        return ADDRESS
    return ORGANISATION if bodies > people else PERSON


def _holds(records: pl.DataFrame, names: Iterable[str]) -> bool:
    return any(records[name].count() for name in names if name in records.columns)


def _known(features: Features, entity: Entity) -> list[str]:
    return [name for name in entity.columns if features.has(name)]


def _enough(features: Features, entity: Entity) -> bool:
    enough = _PLACED if entity is ADDRESS else _ENOUGH
    return len(usable(features, entity.comparisons)) >= FEWEST_COMPARISONS or any(features.has(name) for name in enough)


def _side(records: pl.DataFrame, features: Features) -> Codes | None:
    if FILE not in records.columns:
        return None
    return np.asarray((records[FILE] == "right").cast(pl.Int32).to_numpy()[features.order], np.int32)


def _codes(values: pl.Series, features: Features) -> Codes:
    """Return a code for each record's value; all unknown values are one."""
    text = values.cast(pl.String).fill_null("\x00")
    return np.asarray(text.rank("dense").cast(pl.Int32).to_numpy()[features.order], np.int32)


def _links(linkage: Linkage, features: Features, entity: Entity, table: pl.DataFrame) -> pl.DataFrame:
    """Name the records of each link; of two files the left file's stands first, of one the smaller reference."""
    refs = table[REFERENCE].cast(pl.String)
    one, other = features.order[linkage.left], features.order[linkage.right]
    if FILE in table.columns:
        turned = (table[FILE] == "right").to_numpy()[one]
    else:
        turned = (refs.gather(one) > refs.gather(other)).to_numpy()
    first, second = np.where(turned, other, one), np.where(turned, one, other)
    named = pl.DataFrame({"record_ref_l": refs.gather(first), "record_ref_r": refs.gather(second)})
    # put in order as numbers, because a sorted copy of the whole table costs as much memory as the table
    order = named.select(pl.arg_sort_by("record_ref_l", "record_ref_r")).to_series().to_numpy()
    found = link_table(linkage.taken(order), features.order, entity.comparisons).drop("row_l", "row_r", "rules")
    return named[order].hstack(found)


def _clusters(linkage: Linkage, features: Features, table: pl.DataFrame) -> pl.DataFrame:
    """Name the cluster of every record after its smallest reference; where two clusters of two files would share a name, by content too."""
    refs = table[REFERENCE].cast(pl.String)
    members = cluster_table(linkage, features.order, refs)
    named = members.with_columns(refs.gather(members["row"]).alias(REFERENCE))
    if FILE not in table.columns:
        return named.select(REFERENCE, "cluster_id").sort(REFERENCE)
    numbers = np.empty(features.size, np.int64)
    numbers[features.order] = linkage.clusters
    named = named.with_columns(pl.Series("number", numbers).gather(members["row"]), table[FILE].gather(members["row"]))
    shared = named.select("number", "cluster_id").unique().with_columns(pl.len().over("cluster_id").alias("clusters"))
    # which of the two comes first follows from their records' content, so exchanged files change nothing
    shared = shared.with_columns(pl.col("number").rank("dense").over("cluster_id").alias("nth"))
    mark = "~"
    while refs.str.ends_with(f"{mark}1").any() or refs.str.ends_with(f"{mark}2").any():  # a name made here is nobody's reference
        mark += "~"
    made = pl.concat_str("cluster_id", pl.lit(mark), pl.col("nth").cast(pl.String))
    ids = shared.with_columns(pl.when(pl.col("clusters") > 1).then(made).otherwise("cluster_id").alias("id"))
    return named.join(ids.select("number", "id"), on="number", how="left").select(REFERENCE, pl.col("id").alias("cluster_id"), FILE).sort(REFERENCE, FILE)
