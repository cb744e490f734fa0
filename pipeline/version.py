"""Which version of this program made a file."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "counterfoil"


def tool_version() -> str:
    """Return the installed version, or `0+source` where the program runs from a source tree."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+source"
