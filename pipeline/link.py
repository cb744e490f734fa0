"""Records to links: the same person, address or organisation in several extracts, each link with its evidence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import polars as pl

from matchers import comparison, situations
from matchers.blocking import Blocked, BlockingRule, block
from matchers.clustering import Clustered, cluster
from matchers.comparison import Comparison, compare
from matchers.estimation import Model, estimate, patterns
from matchers.keys import account_links, address_clusters
from matchers.normalisers.identifiers import nino_key
from matchers.scoring import score
from matchers.situations import Situation
from matchers.tiers import level_names, organisation_tier, person_tier
from schemas.partnership import RunSettings
from schemas.records import CLUSTER_MEMBER, EVIDENCE, LINK
from schemas.relations import Linked

_NINO = "left(nino, 8)"
MOST_AT_ONE_CONTACT = 20  # records; a family in every dataset stays below, an office or a default value does not
PERSON_RULES = (
    BlockingRule("NINO", _NINO),
    BlockingRule("surname and birth date", "surname || '|' || date_of_birth"),
    BlockingRule("forename and birth date", "forename || '|' || date_of_birth"),
    BlockingRule("forename, surname and postcode", "forename || '|' || surname || '|' || postcode"),
    BlockingRule("initial, surname and birth year", "left(forename, 1) || '|' || surname || '|' || left(date_of_birth, 4)"),
    BlockingRule("names in any order and birth year", "least(forename, surname) || '|' || greatest(forename, surname) || '|' || left(date_of_birth, 4)"),
    BlockingRule("names and birthday", "forename || '|' || surname || '|' || right(date_of_birth, 5)"),
    BlockingRule("postcode and birth date", "postcode || '|' || date_of_birth"),
    BlockingRule("telephone", "phone", most=MOST_AT_ONE_CONTACT),
    BlockingRule("e-mail", "email", most=MOST_AT_ONE_CONTACT),
)
_FIRST_WORDS = "array_to_string(list_slice(string_split(name, ' '), 1, 2), ' ')"
ORGANISATION_RULES = (
    BlockingRule("company number", "company_number"),
    BlockingRule("VAT number", "vat_number"),
    BlockingRule("charity number", "charity_number"),
    BlockingRule("name", "replace(name, ' ', '')"),
    BlockingRule("first two words", _FIRST_WORDS),
    BlockingRule("first six letters and last word", "left(replace(name, ' ', ''), 6) || '|' || string_split(name, ' ')[-1]"),
    BlockingRule("first consonants", "nullif(left(regexp_replace(name, '[AEIOU ]', '', 'g'), 7), '')"),
    BlockingRule("words in any order", "array_to_string(list_sort(string_split(name, ' ')), ' ')"),
    BlockingRule("account", "account"),
    BlockingRule("first letter and postcode", "left(name, 1) || '|' || postcode"),
)


@dataclass(frozen=True)
class _Entity:
    """How one kind of party is linked."""

    name: str
    rules: tuple[BlockingRule, ...]
    comparisons: tuple[Comparison, ...]
    situations: tuple[Situation, ...]
    tier: pl.Expr
    number: pl.Expr


_PERSON = _Entity("person", PERSON_RULES, comparison.PERSON, situations.PERSON, person_tier(), nino_key(pl.col("nino")))
_ORGANISATION = _Entity(
    "organisation", ORGANISATION_RULES, comparison.ORGANISATION, situations.ORGANISATION, organisation_tier(), pl.col("company_number")
)


def link(records: pl.DataFrame, settings: RunSettings) -> Linked:
    """Find the records that are the same person, organisation or home, or that share an account or a NINO.

    Args:
        records: `RECORD` and `record`, numbered 0, 1, 2 ... in key order.

    Raises:
        SafetyStop: blocking would make more pairs than the settings allow.
    """
    references = records.select(pl.concat_str("partner", "dataset", "record_ref", "party", separator="|")).to_series()
    found = [_link_entity(records, entity, settings, references) for entity in (_PERSON, _ORGANISATION)]
    accounts, passed_over = account_links(records)
    homes = address_clusters(records)
    links = [part.links for part in found] + [_account_links(accounts), _home_links(homes)]
    evidence = [part.evidence for part in found] + [_one_reason(accounts, "account", "account"), _one_reason(_stars(homes), "address", "address", "same-house")]
    clusters = [part.clusters for part in found] + [_home_clusters(homes, references)]
    notes = [note for part in found for note in part.notes]
    if passed_over:
        notes.append(f"{passed_over:,} bank accounts are shared by too many records to mean anything and were passed over")
    return Linked(
        links=LINK.conform(pl.concat(links)), evidence=EVIDENCE.conform(pl.concat(evidence)), clusters=CLUSTER_MEMBER.conform(pl.concat(clusters)),
        model=json.dumps({e.name: json.loads(part.model) for e, part in zip((_PERSON, _ORGANISATION), found, strict=True)}, indent=1, sort_keys=True),
        notes=tuple(notes), counts={name: n for part in found for name, n in part.counts.items()},
    )


def _link_entity(records: pl.DataFrame, entity: _Entity, settings: RunSettings, references: pl.Series) -> Linked:
    some = records.filter(pl.col("kind") == entity.name)
    blocked = block(some, entity.rules, max_pairs=settings.max_pairs, threads=settings.threads, memory_gb=settings.memory_gb)
    compared = compare(records, blocked.pairs, entity.comparisons)
    model = estimate(patterns(compared, entity.comparisons), entity.comparisons, entity.situations)
    scored = score(compared, model).with_columns(entity.tier.alias("tier"))
    same = scored.filter((pl.col("match_probability") >= settings.link_threshold) & ~_registered_numbers_differ(entity))
    clustered = cluster(some["record"], same, some.select("record", entity.number.alias("number")).drop_nulls(), references)
    implied = _implied(records, entity, model, clustered.members, same)
    kept = [same.with_columns(entity=pl.lit(entity.name)), implied.select(pl.exclude("entity"), pl.lit(entity.name).alias("entity"))]
    if entity.name == "person":
        kept.append(_shared_nino(scored, clustered.members))
    together = pl.concat(kept)
    return Linked(
        links=together.select(*LINK.columns), evidence=_evidence(together, entity.comparisons),
        clusters=clustered.members.with_columns(entity=pl.lit(entity.name)).select(*CLUSTER_MEMBER.columns), model=model.to_json(),
        notes=_notes(entity, blocked, clustered, model), counts={f"{entity.name} pairs": compared.height, f"{entity.name} links": same.height},
    )


def _registered_numbers_differ(entity: _Entity) -> pl.Expr:
    """Two different NINOs, or company numbers, beyond one wrong character, are two parties, whatever else agrees."""
    return pl.col("gamma_nino" if entity.name == "person" else "gamma_company_number") == 2


def _implied(records: pl.DataFrame, entity: _Entity, model: Model, members: pl.DataFrame, same: pl.DataFrame) -> pl.DataFrame:
    """Weigh the pairs of a cluster that no blocking rule brought together, or that are linked through others only.

    They are held to be one party like the rest of the cluster; their own levels decide how strong an identity they carry.
    """
    together = members.filter(pl.len().over("cluster_id") > 1)
    pairs = together.join(together, on="cluster_id", suffix="_r").filter(pl.col("record") < pl.col("record_r"))
    pairs = pairs.select(pl.col("record").alias("record_l"), "record_r", pl.lit(0, pl.Int64).alias("rules"))
    pairs = pairs.join(same, on=["record_l", "record_r"], how="anti").sort("record_l", "record_r")
    scored = score(compare(records, pairs, entity.comparisons), model)
    return scored.with_columns(entity.tier.alias("tier"), pl.lit(entity.name).alias("entity")).select(*same.columns, "entity")


def _shared_nino(scored: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that share a NINO and are not held to be one person."""
    with_cluster = scored.filter(pl.col("gamma_nino") == 0)
    for side in ("l", "r"):
        with_cluster = with_cluster.join(members.rename({"record": f"record_{side}", "cluster_id": f"cluster_{side}"}), on=f"record_{side}", how="left")
    return with_cluster.filter(pl.col("cluster_l") != pl.col("cluster_r")).drop("cluster_l", "cluster_r").with_columns(entity=pl.lit("nino"), tier=pl.lit("T5"))


def _evidence(links: pl.DataFrame, comparisons: tuple[Comparison, ...]) -> pl.DataFrame:
    rows = [
        links.select(
            "entity", "record_l", "record_r", pl.lit(c.name).alias("field"),
            pl.col(f"gamma_{c.name}").replace_strict(level_names(c), return_dtype=pl.String).alias("level"),
            pl.col(f"contribution_{c.name}").alias("contribution"),
        )
        for c in comparisons
    ]
    start = links.select(
        "entity", "record_l", "record_r", pl.lit("start").alias("field"), pl.lit("start").alias("level"), pl.col("contribution_start").alias("contribution")
    )
    return pl.concat([*rows, start])


def _account_links(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(
        pl.lit("account").alias("entity"), "record_l", "record_r", pl.lit("T5").alias("tier"), pl.lit(0, pl.Int64).alias("rules"),
        pl.lit(0, pl.Int64).alias("match_weight"), pl.lit(1.0).alias("match_probability"),
    )


def _stars(homes: pl.DataFrame) -> pl.DataFrame:
    """Pair every record at a home with the home's first record."""
    return homes.filter(pl.col("record") != pl.col("home")).select(pl.col("home").alias("record_l"), pl.col("record").alias("record_r"))


def _home_links(homes: pl.DataFrame) -> pl.DataFrame:
    return _account_links(_stars(homes)).with_columns(entity=pl.lit("address"), tier=pl.lit("T4"))


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


def _notes(entity: _Entity, blocked: Blocked, clustered: Clustered, model: Model) -> tuple[str, ...]:
    notes = [
        f"{entity.name}: {keys:,} values of the blocking rule '{name}' are shared by {members:,} records, too many to compare, and were passed over"
        for name, (keys, members) in blocked.dropped.items()
    ]
    if clustered.conflicts:
        notes.append(f"{entity.name}: {clustered.conflicts:,} links were kept out of clusters because registered numbers differ")
    if clustered.oversized:
        notes.append(f"{entity.name}: {clustered.oversized:,} links were kept out of clusters because the cluster would be too large")
    if not model.levels_fitted:
        notes.append(f"{entity.name}: one field alone is known in most pairs, so the stated default level probabilities were used")
    if not model.fitted_on:
        notes.append(f"{entity.name}: too few candidate pairs to fit a model; the stated default parameters were used")
    return tuple(notes)
