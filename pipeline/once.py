"""What a run works out once: linking and flagging, which a run that was broken off finds done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from matchers.estimation import Model
from matchers.homes import Compared
from matchers.needs import AT_HOME
from pipeline.flag import flag
from pipeline.gateway import within_agreements
from pipeline.link import link
from pipeline.stages import finish, finished, table
from pipeline.store.files import write_atomic
from schemas.partnership import Partnership
from schemas.relations import Assembled, Linked
from schemas.rule import Rule, load_values


def linked_once(folder: Path, assembled: Assembled, partnership: Partnership, rules: list[Rule], models: Mapping[str, Model], before: pl.DataFrame) -> Linked:
    """Link tonight's records, unless a run of this name did so before it was broken off."""
    said = finished(folder, "link")
    if said is not None:
        links, evidence, clusters = (table(folder, name) for name in ("links", "evidence", "clusters"))
        return Linked(links, evidence, clusters, said["model"], tuple(said["notes"]), said["counts"])
    made = link(
        assembled.records, partnership.run, models, before, encodings=assembled.encodings, said=assembled.said, profile=assembled.profile,
        households=assembled.households, at_home=_at_home(rules),
    )
    tables = {"links": made.links, "evidence": made.evidence, "clusters": made.clusters}
    finish(folder, "link", tables, {"model": made.model, "notes": made.notes, "counts": dict(made.counts)})
    return made


def flagged_once(
    folder: Path, assembled: Assembled, linked: Linked, partnership: Partnership, rules: list[Rule], history: pl.DataFrame, as_of: date
) -> tuple[pl.DataFrame, int]:
    """Return the exceptions that agreements cover, and how many none covers, unless a run of this name found them before it was broken off."""
    said = finished(folder, "flag")
    if said is not None:
        return table(folder, "exceptions"), int(said["refused"])
    settings = partnership.run
    found = flag(assembled, linked, rules, load_values(), as_of=as_of, history=history, threads=settings.threads, memory_gb=settings.memory_gb)
    exceptions, refused = within_agreements(found, partnership, on=as_of)
    finish(folder, "flag", {"exceptions": exceptions}, {"refused": refused})
    return exceptions, refused


def keep_models(folder: Path, linked: Linked) -> None:
    """Write each model that was fitted as a file of its own, so that a night's model can be signed off and applied from then on."""
    for entity, model in json.loads(linked.model).items():
        if model["levels"]:
            write_atomic(folder / f"model-{entity}.json", (json.dumps(model, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def _at_home(rules: list[Rule]) -> list[Compared]:
    """Return which datasets' records rules on homes compare with each other."""
    return sorted({(rule.left, rule.right, rule.scope) for rule in rules if rule.entity == AT_HOME})
