"""A model as a file: JSON with everything that weighs a pair, and where it came from.

A model is fitted rarely and applied nightly, so that an agreement weighs alike from night to night. Its frequencies are those of
names that many people bear; a rarer name, a date or a number weighs by how often tonight's data hold it, and the starting odds follow
how many records there are. No name of fewer than `FEWEST_BEARERS`
records is written, because a rare name names a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from matchers.entities import ENTITIES, Entity
from matchers.estimation import Model
from matchers.features import Features
from matchers.frequencies import FROZEN, Chance
from matchers.households import MOST as MOST_COMPANY
from schemas.errors import ConfigurationError

FORMAT = 2
FEWEST_BEARERS = 10  # records
MOST_PAIRS_OF_A_RECORD = 1000.0  # in one situation; more is no rate of pairs
MOST_CENTIBITS = 10_000
DIGITS = 9  # after the point


def frozen(model: Model, features: Features, by_chance: Chance) -> Model:
    """Return the model with the frequencies of the names that many records bear."""
    frequencies = {}
    for name in FROZEN:
        if name in by_chance.fields and features.has(name):
            held, texts = by_chance.fields[name], features.columns[name].texts
            often = np.flatnonzero(held.counts >= FEWEST_BEARERS)
            frequencies[name] = {str(texts[code]): round(float(held.counts[code]) / held.known, 12) for code in often}
    return replace(model, frequencies=frequencies)


def as_json(model: Model, *, entity: str = "", origin: Mapping[str, Any] | None = None) -> str:
    """Return the model as JSON text: keys sorted, numbers rounded, so that one model has one text.

    Args:
        origin: versions and digests of the data and settings it was fitted with.
    """
    content = {
        "format": FORMAT,
        "entity": entity,
        "origin": dict(origin or {}),
        "situations": [s.name for s in model.situations],
        "rates": [round(float(x), DIGITS) for x in model.rates],
        "levels": {
            c.name: {"names": list(c.levels), **{s.name: [_rounded(p) for p in model.levels[c.name][i]] for i, s in enumerate(model.situations)}}
            for c in model.comparisons
        },
        "together": {f"{a}+{b}": round(times, DIGITS) for (a, b), times in model.together.items()},
        "missing": {name: [_rounded(p) for p in shares] for name, shares in model.missing.items()},
        "own": {name: round(records, DIGITS) for name, records in model.own.items()},
        "frequencies": {name: dict(values) for name, values in model.frequencies.items()},
        "witness": model.witness,
        "calibration": [list(knot) for knot in model.calibration],
        "company": model.company,
        "fitted_on": model.fitted_on,
        "rounds": model.rounds,
        "remarks": list(model.remarks),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)


def _rounded(p: float) -> float:
    """Keep the digits that matter of a probability that may be one in a thousand million."""
    return float(f"{float(p):.{DIGITS}g}")


def from_json(text: str, *, file: str = "") -> tuple[Entity, Model]:
    """Return the entity and the model that a file holds.

    Raises:
        ConfigurationError: it is no model, or one of another version of this program.
    """
    try:
        content = json.loads(text)
        entity = ENTITIES[content["entity"]]
        by_name = {c.name: c for c in entity.comparisons}
        situations = {s.name: s for s in entity.situations}
        comparisons = tuple(c for name in by_name for c in (by_name[name],) if name in content["levels"])
        unknown = sorted({*content["levels"]} - {*by_name} | {*content["situations"]} - {*situations})
        differing = sorted(c.name for c in comparisons if content["levels"][c.name]["names"] != list(c.levels))
        if content["format"] != FORMAT or unknown or differing:
            raise ConfigurationError(
                "the model was made by another version of this program", file=file,
                found=f"format {content['format']}; not known here: {', '.join(unknown + differing) or 'nothing'}", mend="train a model with this version",
            )
        told = tuple(situations[name] for name in content["situations"])
        levels = {c.name: np.array([content["levels"][c.name][s.name] for s in told], np.float64) for c in comparisons}
        model = Model(
            told, comparisons, np.array(content["rates"], np.float64), levels,
            {(a, b): float(times) for (a, b), times in ((tuple(pair.split("+")), times) for pair, times in content["together"].items())},
            {name: float(records) for name, records in content["own"].items()}, {name: np.array(shares, np.float64) for name, shares in content["missing"].items()},
            {name: dict(shares) for name, shares in content["frequencies"].items()}, str(content["witness"]), tuple((int(a), int(b)) for a, b in content["calibration"]), _company(content["company"]), int(content["fitted_on"]), int(content["rounds"]),
            tuple(_listed(content["remarks"])),
        )
        _refuse_broken(model)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ConfigurationError("this is no model", file=file, found=f"it cannot be read as one ({type(error).__name__})", mend="make one with `counterfoil train`") from error
    return entity, model


def _company(value: Any) -> int | None:
    if value is not None and not 0 <= int(value) <= MOST_COMPANY:
        raise ValueError
    return None if value is None else int(value)


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _refuse_broken(model: Model) -> None:
    for c in model.comparisons:
        table = model.levels[c.name]
        if table.shape != (len(model.situations), len(c.levels)) or not np.isfinite(table).all() or (table <= 0).any() or (np.abs(table.sum(axis=1) - 1) > 0.01).any():
            raise ValueError(c.name)
    if any(len(shares) != len(model.situations) or not ((shares > 0) & (shares < 1)).all() for shares in model.missing.values()):
        raise ValueError("missing")
    if not model.comparisons or len({s.name for s in model.situations}) != len(model.situations) or (model.rates > MOST_PAIRS_OF_A_RECORD).any():
        raise ValueError("situations")
    for numbers in (model.own, model.together):
        if not all(np.isfinite(number) and number >= 0 for number in numbers.values()):
            raise ValueError("numbers")
    if any(times <= 0 for times in model.together.values()) or not all(isinstance(text, str) for text in model.remarks):
        raise ValueError("together")
    stated, observed = ([knot[side] for knot in model.calibration] for side in (0, 1))
    if any(abs(weight) > MOST_CENTIBITS for weight in (*stated, *observed)) or stated != sorted(set(stated)) or observed != sorted(observed) or model.witness not in ("", *(c.name for e in ENTITIES.values() for c in e.comparisons)):
        raise ValueError("calibration")
    for shares in model.frequencies.values():
        if not all(isinstance(text, str) and 0 <= share <= 1 for text, share in shares.items()):
            raise ValueError("frequencies")
    if len(model.rates) != len(model.situations) or not np.isfinite(model.rates).all() or (model.rates < 0).any() or not model.is_match.any() or model.is_chance.sum() != 1:
        raise ValueError("rates")


def digest(text: str) -> str:
    """Return the name of a model: the SHA-256 of its text."""
    return hashlib.sha256(text.encode()).hexdigest()
