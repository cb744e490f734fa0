"""What is tried again when a line to a server breaks: a few times, with longer waits, and then no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


class Lost(Exception):
    """The line broke, or was never there; whether the last request was carried out is unknown.

    Args:
        stalled: the server was silent for as long as we wait, so that trying again would only wait as long once more.
    """

    def __init__(self, why: str, *, stalled: bool = False) -> None:
        super().__init__(why)
        self.why, self.stalled = why, stalled


@dataclass(frozen=True)
class Retries:
    """How often, and how long after a failure, a request is made again.

    Attributes:
        waits: seconds before the second, third ... try; ten in all at most.
        sleep: what waits; tests wait faster.
    """

    waits: tuple[float, ...] = (0.5, 2.0, 5.0)
    sleep: Callable[[float], None] = time.sleep

    def run(self, call: Callable[[], Result]) -> Result:
        """Return what the call returns; a Lost of the last try is raised, and one of a silent server at once."""
        for wait in self.waits:
            try:
                return call()
            except Lost as lost:
                if lost.stalled:
                    raise
            self.sleep(wait)
        return call()
