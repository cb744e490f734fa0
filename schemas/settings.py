"""Reading settings files strictly: every mistake at once, with its line and the nearest known key."""

from __future__ import annotations

import re
import tomllib
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import ConfigurationError, nearest


class Settings(BaseModel):
    """Base of every settings model: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


S = TypeVar("S", bound=Settings)


def parse_toml(text: str, model: type[S], *, file: str) -> S:
    """Return the settings in a TOML text; `file` is the name that errors give."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        raise ConfigurationError(
            f"the file is not valid TOML: {str(error).split(' (at')[0]}", file=file, row=int(where[1]) if where else None,
            mend="texts stand in quotes, lists in square brackets, and a table's name in [brackets]",
        ) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [_in_words(item, text, model) for item in error.errors(include_url=False, include_input=False)]
        first_line = next((line for line, _ in problems if line), None)
        listed = "\n           ".join(f"line {line}: {words}" if line else words for line, words in problems)
        raise ConfigurationError(
            "the settings do not fit" if len(problems) > 1 else problems[0][1],
            file=file, row=first_line, found=listed if len(problems) > 1 else "",
            mend="correct the line" if len(problems) == 1 else "correct these lines",
        ) from None


def _in_words(item: Any, text: str, model: type[BaseModel]) -> tuple[int | None, str]:
    path = tuple(part for part in item["loc"])
    name = ".".join(str(part) for part in path)
    line = line_of(text, path)
    if item["type"] == "extra_forbidden":
        close = nearest(str(path[-1]), known_keys(model, path[:-1]))
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        return line, f"{name} is not a key that is known here{hint}"
    if item["type"] == "missing":
        return line, f"{name} is missing"
    message = str(item["msg"]).removeprefix("Value error, ")
    words = f"{message[0].lower()}{message[1:]}"
    return line, f"{name}: {words}" if name else words  # what holds for the file as a whole has no name


def known_keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Return the keys that the model knows at a path of keys and list positions."""
    current: Any = model
    own_key = False  # the next part is a key of the writer's own, as in [as_of.default]
    for part in path:
        if isinstance(part, int) or own_key:
            own_key = False
            continue
        field = current.model_fields.get(part) if _is_model(current) else None
        current = _inner_model(field.annotation) if field else (current if not _is_model(current) else None)
        if current is None:
            return []
        own_key = field is not None and get_origin(field.annotation) is dict
    return sorted(current.model_fields) if _is_model(current) else []


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _inner_model(annotation: Any) -> Any:
    if _is_model(annotation):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def line_of(text: str, path: tuple[Any, ...]) -> int | None:
    """Return the line (from 1) where a key stands in a TOML text, or that of the nearest table above it.

    Reads table headers and `key =` lines; that is enough to point a person at the place.
    """
    table: tuple[Any, ...] = ()
    counts: dict[tuple[Any, ...], int] = {}
    best, best_depth = None, -1
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)([^\[\]]+)\]\]?", line)
        if header:
            table = _table_path(header[2], repeated=header[1] == "[[", counts=counts)
            here = table
        else:
            key = re.match(r"""\s*["']?([A-Za-z0-9_\-]+)["']?\s*=""", line)
            if not key:
                continue
            here = (*table, key[1])
        depth = len(here)
        if here == path[:depth] and depth > best_depth:
            best, best_depth = number, depth
    return best


def _table_path(header: str, *, repeated: bool, counts: dict[tuple[Any, ...], int]) -> tuple[Any, ...]:
    path: tuple[Any, ...] = ()
    parts = [part.strip().strip("\"'") for part in header.split(".")]
    for position, part in enumerate(parts):
        path = (*path, part)
        if repeated and position == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
