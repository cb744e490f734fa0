"""Model files: read, and what the night applies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matchers.entities import Entity
from matchers.estimation import Model
from matchers.model_file import digest, from_json
from schemas.errors import ConfigurationError


def read_model(path: Path) -> tuple[Entity, Model, str]:
    """Return what a model links, the model, and its digest.

    Raises:
        ConfigurationError: it cannot be read, is no model, or one of another version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError("the model file cannot be read", file=str(path), mend="name a file that `counterfoil train` wrote") from None
    entity, model = from_json(text, file=path.name)
    return entity, model, digest(text)


def load_models(home: Path, names: Sequence[str]) -> tuple[dict[str, Model], tuple[str, ...]]:
    """Return the models of the settings, by what they link, and their digests, sorted.

    Args:
        names: files, as seen from the unit's folder.

    Raises:
        ConfigurationError: one cannot be used, or two link the same.
    """
    models: dict[str, Model] = {}
    digests = []
    for name in names:
        entity, model, named = read_model(home / name)
        if entity.name in models:
            raise ConfigurationError(f"two models link a {entity.name}", file="partnership.toml", mend="name one under models in [run]")
        models[entity.name] = model
        digests.append(f"{entity.name} {named}")
    return models, tuple(sorted(digests))
