"""Our errors: what is wrong, where, and how to mend it.

A bad row is data and goes to the rejects. A bad file or setting raises once, with all that is wrong
with it. Messages name the place and the shape, never the value of a person.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command's exit status means; any other number is a failure too."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    PARTIAL = 3  # finished, but a partner is late or quarantined
    DATA_REJECTED = 4
    CONFIGURATION = 5
    INTEGRITY = 6
    STORAGE = 7
    LOCK_HELD = 8
    SAFETY_STOP = 9
    INTERRUPTED = 130


class CounterfoilError(Exception):
    """Base of every error that a user can mend.

    Args:
        what: one sentence, what is wrong.
        found: what was seen, as shapes and counts.
        mend: what the user does next.
        file, row, column: the place, where there is one; rows count from 1 and the header is row 1.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(
        self,
        what: str,
        *,
        found: str = "",
        mend: str = "",
        file: str = "",
        row: int | None = None,
        column: str = "",
    ) -> None:
        self.what, self.found, self.mend = what, found, mend
        self.file, self.row, self.column = file, row, column
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [
            self.file,
            f"line {self.row:,}" if self.row is not None else "",
            f"column {self.column}" if self.column else "",
        ]
        place = ", ".join(part for part in parts if part)
        lines = [f"{place}: {self.what}" if place else self.what]
        if self.found:
            lines.append(f"  Found    {self.found}")
        if self.mend:
            lines.append(f"  To mend  {self.mend}")
        return "\n".join(lines)


class UsageProblem(CounterfoilError):
    """The command was asked for something that does not exist."""

    exit_code = ExitCode.USAGE


class DataRejected(CounterfoilError):
    """The file cannot be used as it is."""

    exit_code = ExitCode.DATA_REJECTED


class ConfigurationError(CounterfoilError):
    """A settings file, rule or contract is wrong; nothing was done."""

    exit_code = ExitCode.CONFIGURATION


class IntegrityError(CounterfoilError):
    """Bytes are not what their manifest says."""

    exit_code = ExitCode.INTEGRITY


class StorageError(CounterfoilError):
    """A folder is missing, full or not writable."""

    exit_code = ExitCode.STORAGE


class LockHeld(CounterfoilError):
    """Another run holds the lock."""

    exit_code = ExitCode.LOCK_HELD


class SafetyStop(CounterfoilError):
    """The run stopped itself before doing something it could not afford."""

    exit_code = ExitCode.SAFETY_STOP


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names closest to a mistyped one, best first, compared without case."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    folds = difflib.get_close_matches(name.casefold(), by_fold, n=most, cutoff=0.4)
    return [by_fold[fold] for fold in folds]


def unknown_name(
    kind: str,
    name: str,
    known: Iterable[str],
    *,
    error: type[CounterfoilError] = UsageProblem,
    file: str = "",
    row: int | None = None,
) -> CounterfoilError:
    """Return the error for a name nobody knows, with the nearest known names."""
    known = sorted(known)
    close = nearest(name, known)
    if close:
        mend = f"did you mean {' or '.join(close)}?"
    elif known:
        mend = f"known are: {', '.join(known)}"
    else:
        mend = f"no {kind} is configured yet"
    return error(f"there is no {kind} called {name!r}", mend=mend, file=file, row=row)
