"""What is said of a linkage beside its tables: counts, what was passed over, what the model was fitted with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from matchers.comparison import compare
from matchers.engine import Linkage
from matchers.entities import ENTITIES, Entity
from matchers.features import Features
from matchers.second_opinion import SecondOpinion, second_opinion
from pipeline.version import tool_version

ASKED = 50_000  # pairs


def asked(features: Features, linkage: Linkage) -> SecondOpinion | None:
    """Return what another program makes of an even sample of the candidate pairs."""
    at = slice(None, None, linkage.blocked.size // ASKED + 1)
    left, right = linkage.blocked.left[at], linkage.blocked.right[at]
    links = linkage.left.astype(np.int64) * features.size + linkage.right
    matches = np.isin(left.astype(np.int64) * features.size + right, links[linkage.weights > 0])
    return second_opinion(compare(features, left, right, linkage.model.comparisons), matches)


def content_digest(records: pl.DataFrame) -> str:
    """Return a digest of the records that their order does not change."""
    return hashlib.sha256(np.sort(records.hash_rows(seed=1).to_numpy()).tobytes()).hexdigest()


def origin(records: int, content: str, opinion: SecondOpinion | None) -> dict[str, Any]:
    """Say what a model was fitted with: versions, and digests of data and settings."""
    return {
        "counterfoil": tool_version(), "polars": version("polars"), "rapidfuzz": version("rapidfuzz"), "records": records, "data_sha256": content,
        "settings_sha256": settings_digest(), **({"second_opinion": asdict(opinion)} if opinion else {}),
    }


def settings_digest() -> str:
    """Return a digest of the blocking rules, comparisons and situations that this version links with."""
    said = {
        name: [[repr(rule) for rule in entity.rules], [(c.name, c.levels, c.strangers) for c in entity.comparisons], [repr(s) for s in entity.situations]]
        for name, entity in ENTITIES.items()
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def facts(
    linkage: Linkage, entity: Entity, side: npt.NDArray[np.int32] | None, model: str, notes: tuple[str, ...], floor: float, opinion: SecondOpinion | None
) -> dict[str, Any]:
    """Say what went in, what came out and what was passed over; `side` is 0 or 1 for each record of two files."""
    size = len(linkage.clusters)
    sizes = {"records": size} if side is None else {"records_left": int(size - side.sum()), "records_right": int(side.sum())}
    complete = linkage.completeness
    return {
        "version": tool_version(), "entity": entity.name, **sizes, "candidate_pairs": linkage.blocked.size, "floor": floor,
        "pairs_completeness": round(complete.estimate, 6) if complete else None,
        "pairs_completeness_interval": [round(complete.low, 6), round(complete.high, 6)] if complete else None,
        "model_sha256": model, "model_remarks": list(linkage.model.remarks), "notes": list(notes),
        **({"second_opinion": asdict(opinion)} if opinion else {}),
        "blocking": [
            {"rule": c.name, "pairs": c.pairs, "refined_keys": c.refined_keys, "refined_records": c.refined_records, "dropped_keys": c.dropped_keys, "dropped_records": c.dropped_records}
            for c in linkage.blocked.costs
        ],
    }
