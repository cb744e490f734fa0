"""Records to links: the same person, address or organisation in several extracts, each link with its evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.collisions import STEPPED, Collisions, assumed, merged
from matchers.comparison import usable
from matchers.encoded import ENCODED_PERSON, ENCODED_TRADER, encoded_features
from matchers.encoding.layout import ProfileName
from matchers.engine import Linkage
from matchers.engine import link as link_parties
from matchers.entities import ORGANISATION, PERSON, Entity
from matchers.estimation import Model
from matchers.features import Codes, Features, encode
from matchers.homes import NAMES, Compared, encoded_homes, home_pairs, names_at_home
from matchers.keys import account_links, address_clusters, shared
from matchers.lasting import named_as_before
from matchers.model_file import as_json
from matchers.normalisers.identifiers import nino_key
from matchers.tables import OTHERS, cluster_table, level_table, link_table
from matchers.tiers import organisation_tier, person_tier
from pipeline.bytes_columns import encoded_of
from schemas.manifest import SaidOfChance
from schemas.partnership import RunSettings
from schemas.records import CLUSTER_MEMBER, EVIDENCE, LINK, NUMBER_TOKENS, RECORD_REFERENCE, reference
from schemas.relations import Linked


@dataclass(frozen=True)
class _Kind:
    """One kind of party, and how strong the identity behind its links is."""

    entity: Entity
    tier: pl.Expr


NINO_LETTERS = 9  # a longer one is a token
# levels of each field of two people who clearly are two
TWO_PEOPLE = {"forename": ("alike", "differs"), "surname": ("alike", "differs"), "date_of_birth": ("same-year", "differs")}
_KINDS = (_Kind(PERSON, person_tier()), _Kind(ORGANISATION, organisation_tier()))
_ENCODED = (_Kind(ENCODED_PERSON, person_tier()), _Kind(ENCODED_TRADER, organisation_tier()))


def link(
    records: pl.DataFrame, settings: RunSettings, models: Mapping[str, Model] | None = None, before: pl.DataFrame | None = None, *,
    encodings: pl.DataFrame | None = None, said: Sequence[tuple[str, SaidOfChance]] = (), profile: ProfileName = "P1",
    households: pl.DataFrame | None = None, at_home: Sequence[Compared] = (),
) -> Linked:
    """Find the records that are the same person, organisation or home, or that share an account or a NINO.

    Args:
        records: `RECORD` and `record`, numbered 0, 1, 2 ... in key order.
        models: entity -> model to apply; an entity without one has its model fitted to these records.
        before: `entity, cluster_id, reference` of the night before, whose names clusters keep.
        encodings: `record` and the columns of `ENCODING`, of the people whose identity travelled as tokens; they are linked among
            themselves.
        said: (partner, what its extract says of chance), of every extract.
        profile: how much of identity was encoded.
        households: `record` and the columns of `HOUSEHOLD`, of the people whose homes travelled as tokens.
        at_home: datasets whose records rules on homes compare; of the others no pair at a home is a link.

    Raises:
        SafetyStop: blocking would make more pairs than the settings allow.
    """
    references = records.select(reference()).to_series()
    encoded = pl.Series(dtype=pl.Int64) if encodings is None else encodings["record"]
    clear = records.filter(~pl.col("record").is_in(encoded.implode()) | pl.col("name").is_not_null())
    found = [_link_kind(clear, kind, settings, references, (models or {}).get(kind.entity.name)) for kind in _KINDS]
    if encodings is not None:
        chance = merged([(partner, Collisions(**vars(one))) for partner, one in said]) if said else assumed()
        found += [_link_encoded(records, encodings, kind, chance, profile, settings, references) for kind in _ENCODED]
    accounts, passed_over = account_links(records)
    homes, by_home, names, crowded = _homes(records, households, at_home, profile)
    ninos = _shared_ninos(records, pl.concat([part.clusters for part in found]).filter(pl.col("entity") == PERSON.name))
    by_number = pl.concat([_key_links(ninos, "nino", "T5"), _key_links(accounts, "account", "T5")])
    if encodings is not None:
        by_number = _compared(by_number, records, encodings, profile)
    links = [part.links for part in found] + [by_number, by_home]
    evidence = [part.evidence for part in found] + [
        _one_reason(ninos, "nino", "nino"), _one_reason(accounts, "account", "account"), names,
    ]
    clusters, notes = [], [note for part in found for note in part.notes]
    for made in [*_by_entity(_one_cluster_each([part.clusters for part in found])), _home_clusters(homes, references)]:
        named, note = _named_as_before(made, before, references)
        clusters.append(named)
        notes += note
    if passed_over:
        notes.append(f"{passed_over:,} bank accounts are shared by too many records to mean anything and were passed over")
    if crowded:
        notes.append(f"{crowded:,} homes hold too many records to be one household and were passed over by rules on homes")
    return Linked(
        links=LINK.conform(pl.concat(links)), evidence=EVIDENCE.conform(pl.concat(evidence)), clusters=CLUSTER_MEMBER.conform(pl.concat(clusters)),
        model=json.dumps({name: json.loads(part.model) for name, part in zip(("person", "organisation", "encoded-person", "encoded-trader"), found, strict=False)}, indent=1, sort_keys=True),
        notes=tuple(notes), counts={name: n for part in found for name, n in part.counts.items()},
    )


def _link_kind(records: pl.DataFrame, kind: _Kind, settings: RunSettings, references: pl.Series, model: Model | None) -> Linked:
    entity = kind.entity
    some = records.filter(pl.col("kind") == entity.name)
    features = encode(some.select(*RECORD_REFERENCE, *(name for name in entity.columns if name in some.columns)), reference=RECORD_REFERENCE)
    linkage = link_parties(
        features, entity, model=model, apart=[_extract_rows(some, features)], floor=settings.link_threshold, threshold=settings.link_threshold,
        threads=settings.threads, max_pairs=settings.max_pairs,
    )
    return _found(linkage, features, kind, some["record"].to_numpy(), references)


def _link_encoded(
    records: pl.DataFrame, encodings: pl.DataFrame, kind: _Kind, said: Collisions, profile: ProfileName, settings: RunSettings, references: pl.Series
) -> Linked:
    """Link the people, or the people who trade, whose identity travelled as tokens: the same model over what their codes say."""
    held = encodings.join(records.filter(pl.col("kind") == kind.entity.name).select("record", "partner", "dataset", "record_ref", "name", *NUMBER_TOKENS), on="record").sort("record")
    features = _encoded_features(held, said, profile, tuple(rule.name for rule in kind.entity.rules))
    named = held.select((pl.col("name").is_null()).cum_sum() * pl.col("name").is_null()).to_series().cast(pl.Int32).to_numpy()
    linkage = link_parties(  # companies have names, and are linked by them among themselves
        features, kind.entity, apart=[_extract_rows(held, features), *([named] if (named == 0).any() else [])], floor=settings.link_threshold, threshold=settings.link_threshold,
        threads=settings.threads, max_pairs=settings.max_pairs,
    )
    found = _found(linkage, features, kind, held["record"].to_numpy(), references)
    return replace(found, notes=tuple(f"encoded {note}" for note in found.notes), counts={f"encoded {name}": n for name, n in found.counts.items()})


def _encoded_features(held: pl.DataFrame, said: Collisions, profile: ProfileName, passes: Sequence[str]) -> Features:
    steps = {name: held[f"{name}_step"].fill_null(-1).cast(pl.Int8).to_numpy() for name in STEPPED}
    return encoded_features(held.height, encoded_of(held), held.select(NUMBER_TOKENS), steps, said, profile=profile, passes=passes)


def _found(linkage: Linkage, features: Features, kind: _Kind, numbers: npt.NDArray[np.int64], references: pl.Series) -> Linked:
    """Return a linkage in the tables of the interface.

    Args:
        numbers: row of the features' table -> record number.
    """
    entity = kind.entity
    table = _within_clusters(link_table(linkage, numbers[features.order], entity.comparisons), linkage)
    home = pl.col("level_address")
    same_address = pl.when(home == "same-house").then(True).when(home.is_in(["same-sector", "same-district", "same-area", "differs"])).then(False)
    table = table.with_columns(
        (same_address if features.together else pl.lit(None, pl.Boolean)).alias("same_address"), pl.lit(None, pl.Boolean).alias("two_people"),
        pl.min_horizontal("row_l", "row_r").alias("record_l"), pl.max_horizontal("row_l", "row_r").alias("record_r"), kind.tier.alias("tier"),
        pl.lit(entity.name).alias("entity"),
    )
    members = cluster_table(linkage, features.order, references.gather(numbers))
    digests = pl.Series("cluster_id", ["c" + hashlib.sha256(name.encode()).hexdigest()[:15] for name in members["cluster_id"]], pl.String)
    clusters = members.select(pl.lit(entity.name).alias("entity"), digests, pl.Series("record", numbers).gather(members["row"]).alias("record"))
    return Linked(
        links=table.select(*LINK.columns), evidence=pl.concat([_evidence(table, entity), *([_met(table, linkage)] if features.together else [])]),
        clusters=clusters,
        model=as_json(linkage.model, entity=entity.name), notes=tuple(f"{entity.name}: {note}" for note in linkage.notes),
        counts={f"{entity.name} pairs": linkage.blocked.size, f"{entity.name} links": table.height},
    )


def _named_as_before(clusters: pl.DataFrame, before: pl.DataFrame | None, references: pl.Series) -> tuple[pl.DataFrame, list[str]]:
    """Give clusters the names of the night before, and say how many joined and parted since."""
    if before is None or before.is_empty() or clusters.is_empty():
        return clusters.with_columns(pl.lit(None, pl.String).alias("cluster_before")).select(*CLUSTER_MEMBER.columns), []
    entity = str(clusters["entity"][0])
    numbered = clusters.with_columns(references.gather(clusters["record"]).alias("reference"))
    named, changes = named_as_before(numbered.select("reference", "cluster_id"), before.filter(pl.col("entity") == entity).select("reference", "cluster_id"))
    joined = numbered.drop("cluster_id").join(named, on="reference", how="left").select(*CLUSTER_MEMBER.columns)
    if not changes.joined + changes.parted:
        return joined, []
    return joined, [f"{entity}: since the night before, {changes.joined:,} clusters went into others, and {changes.parted:,} parted from theirs"]


def _extract_rows(some: pl.DataFrame, features: Features) -> Codes:
    """Return a number for each record that says which extract row it came from: two parties of one row are never paired."""
    rows = some.select(pl.struct("partner", "dataset", "record_ref").hash(seed=3)).to_series().to_numpy()
    return np.asarray(np.unique(rows[features.order], return_inverse=True)[1], np.int32)


def _within_clusters(table: pl.DataFrame, linkage: Linkage) -> pl.DataFrame:
    """Leave out the links that clustering refused: they contradict stronger ones."""
    return table.filter(pl.Series(linkage.clusters[linkage.left] == linkage.clusters[linkage.right], dtype=pl.Boolean))


def _shared_ninos(records: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that share a NINO and are not held to be one person."""
    token = pl.col("nino").str.len_chars() > NINO_LETTERS
    numbered = records.filter(pl.col("kind") == PERSON.name).with_columns(pl.when(token).then(pl.col("nino")).otherwise(nino_key(pl.col("nino"))).alias("nino"))
    pairs, _ = shared(numbered, "nino")
    person = clusters.select("record", "cluster_id")
    for side in ("l", "r"):
        pairs = pairs.join(person.rename({"record": f"record_{side}", "cluster_id": f"cluster_{side}"}), on=f"record_{side}", how="left")
    return pairs.filter(pl.col("cluster_l") != pl.col("cluster_r")).select("record_l", "record_r").sort("record_l", "record_r")


def _compared(links: pl.DataFrame, records: pl.DataFrame, encodings: pl.DataFrame, profile: ProfileName) -> pl.DataFrame:
    """Say of encoded parties who share a number whether their names and birth dates clearly differ, and whether they share a home."""
    held = encodings.join(records.select("record", *NUMBER_TOKENS), on="record").sort("record")
    features = _encoded_features(held, assumed(), profile, NUMBER_TOKENS)
    place = dict(zip(held["record"].to_list(), range(held.height), strict=True))
    both = links.with_row_index("row").filter(pl.col("record_l").is_in(held["record"].implode()) & pl.col("record_r").is_in(held["record"].implode()))
    left, right = (np.array([place[number] for number in both[name].to_list()], np.int32) for name in ("record_l", "record_r"))
    fields = (*ENCODED_PERSON.comparisons, next(c for c in ENCODED_TRADER.comparisons if c.name == "name"))
    levels = level_table(features, left, right, usable(features, fields), fields)
    unlike = {name: pl.col(f"level_{name}").is_in(levels_of_two) for name, levels_of_two in TWO_PEOPLE.items()}
    people = pl.lit(both["entity"] == "nino")
    home = pl.col("level_address")
    said = levels.select(
        row=both["row"], two=pl.when(people).then(pl.all_horizontal(unlike.values())).otherwise(pl.col("level_name") == "differs"),
        home=pl.when(home == "same-house").then(True).when(home.is_in(["same-sector", "same-district", "same-area", "differs"])).then(False),
    )
    joined = links.with_row_index("row").join(said, on="row", how="left").sort("row")
    return joined.with_columns(two_people=pl.col("two"), same_address=pl.col("home")).select(links.columns)


def _one_cluster_each(several: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Part what was clustered twice: a company that is also encoded stays where its name put it.

    Traders who stand beside companies of one cluster, and of no other, join that cluster.
    """
    clear, encoded = pl.concat(several[: len(_KINDS)]), several[len(_KINDS) :]
    if not encoded:
        return several
    together = pl.concat(encoded)
    known = together.join(clear.select("record", pl.col("cluster_id").alias("named")), on="record", how="left")
    one = known.group_by("cluster_id").agg(pl.col("named").drop_nulls().n_unique().alias("clusters"), pl.col("named").drop_nulls().first().alias("to"))
    moved = known.join(one, on="cluster_id").filter(pl.col("named").is_null())
    return [clear, moved.with_columns(pl.when(pl.col("clusters") == 1).then(pl.col("to")).otherwise(pl.col("cluster_id")).alias("cluster_id")).select(clear.columns)]


def _by_entity(several: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Return clusters of one entity in one table, so that all of them keep the names of the night before."""
    together = pl.concat(several)
    return [together.filter(pl.col("entity") == entity) for entity in together["entity"].unique().sort()]


def _evidence(links: pl.DataFrame, entity: Entity) -> pl.DataFrame:
    key = [pl.col("entity"), pl.col("record_l"), pl.col("record_r")]
    rows = [
        links.select(*key, pl.lit(name).alias("field"), pl.col(f"level_{name}").alias("level"), pl.col(f"contribution_{name}").alias("contribution"))
        for name in (*(c.name for c in entity.comparisons), OTHERS)
    ]
    start = links.select(*key, pl.lit("start").alias("field"), pl.lit("start").alias("level"), pl.col("contribution_start").alias("contribution"))
    return pl.concat([*rows, start]).filter((pl.col("field") != OTHERS) | (pl.col("contribution") != 0))


def _met(links: pl.DataFrame, linkage: Linkage) -> pl.DataFrame:
    """Return one line of evidence for each link of encoded records: the passes that brought it together. It weighs nothing."""
    names = [rule.name for rule in linkage.blocked.used]
    said = [" ".join(name for bit, name in enumerate(names) if mask >> bit & 1) for mask in links["rules"].to_list()]
    return links.with_columns(pl.Series("level", said, pl.String)).filter(pl.col("rules") > 0).select(
        "entity", "record_l", "record_r", pl.lit("met").alias("field"),
        "level", pl.lit(0, pl.Int64).alias("contribution"),
    )


def _key_links(pairs: pl.DataFrame, entity: str, tier: str) -> pl.DataFrame:
    """Return links that rest on one equal key; they carry no weight."""
    return pairs.select(
        pl.lit(entity).alias("entity"), "record_l", "record_r", pl.lit(tier).alias("tier"), pl.lit(0, pl.Int64).alias("rules"),
        pl.lit(0, pl.Int64).alias("match_weight"), pl.lit(1.0).alias("match_probability"),
        pl.lit(None, pl.Boolean).alias("same_address"), pl.lit(None, pl.Boolean).alias("two_people"),
    )


def _homes(
    records: pl.DataFrame, households: pl.DataFrame | None, at_home: Sequence[Compared], profile: ProfileName
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]:
    """Return who lives where (`record, home`), links and evidence of the pairs at one home that rules compare, and how many homes are crowded."""
    encoded = None if households is None else encoded_of(households)
    homes = address_clusters(records)
    if households is not None and encoded is not None:
        homes = pl.concat([homes, encoded_homes(households, encoded).select(homes.columns)])
    pairs, crowded = home_pairs(homes, records, at_home)
    named = names_at_home(pairs, records, households, encoded, profile=profile)
    links = _key_links(named, "address", "T4").with_columns(two_people=named["two_people"], same_address=pl.lit(True))
    said = [_one_reason(pairs, "address", "address", "same-house")]
    said += [_one_reason(named.filter(pl.col(name) != "missing"), "address", name).with_columns(level=named.filter(pl.col(name) != "missing")[name]) for name in NAMES]
    return homes, links, pl.concat(said), crowded


def _one_reason(pairs: pl.DataFrame, entity: str, field: str, level: str = "exact") -> pl.DataFrame:
    return pairs.select(
        pl.lit(entity).alias("entity"), "record_l", "record_r", pl.lit(field).alias("field"), pl.lit(level).alias("level"),
        pl.lit(0, pl.Int64).alias("contribution"),
    )


def _home_clusters(homes: pl.DataFrame, references: pl.Series) -> pl.DataFrame:
    named = homes.with_columns(reference=references.gather(homes["record"])).with_columns(first=pl.col("reference").min().over("home"))
    distinct = named.select("first").unique().sort("first")
    ids = pl.Series("cluster_id", ["a" + hashlib.sha256(text.encode()).hexdigest()[:15] for text in distinct["first"]], pl.String)
    return named.join(distinct.with_columns(ids), on="first", how="left").select(pl.lit("address").alias("entity"), "cluster_id", "record")
