"""Foreign tables, read in a process of their own: what brings that process down, costs one submission and not the night.

The child judges a submission's tables (`pipeline.content`) under limits of memory and file size, writes them anew, and answers with one
line. Whatever it cannot answer in time, or dies of, is the submission's fault. What this process reads afterwards, we wrote ourselves.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.errors import IntegrityError
from schemas.manifest import Manifest

MOST_SECONDS = 600.0  # for one submission; a million rows take some twenty
MEMORY_GB = 4
READ_ANEW = ".read"  # ending of a table as the child wrote it
SPLIT = "send it in parts, and tell the unit's technician: the file may have been made to do this"
LIMIT = "COUNTERFOIL_READER_GB"
CHILD = (sys.executable, "-m", "pipeline.reader_child")


class Reader:
    """The child, started when it is first needed and again when it has died.

    Args:
        memory_gb: what it may use beyond what the libraries take.
        seconds: how long one submission may take.
        command: what is started.
    """

    def __init__(self, *, memory_gb: int = MEMORY_GB, seconds: float = MOST_SECONDS, command: Sequence[str] = CHILD) -> None:
        self._memory_gb, self._seconds, self._command = memory_gb, seconds, command
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def read(self, folder: Path, manifest: Manifest) -> dict[str, bytes]:
        """Return the tables of a submission, judged and written anew by the child, as bytes of our own writer.

        Raises:
            IntegrityError: they are not what the manifest says; or reading them took too long, or ended the reader.
        """
        answer = self._ask({"folder": str(folder), "manifest": manifest.model_dump(mode="json")})
        if "what" in answer:
            raise IntegrityError(str(answer["what"]), file=answer["file"], column=answer["column"], found=answer["found"], mend=answer["mend"])
        return {f.name: (folder / f"{f.name}{READ_ANEW}").read_bytes() for f in manifest.files}

    def _ask(self, question: dict[str, object]) -> dict[str, str]:
        child = self._child or self._start()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(question).encode() + b"\n")
            child.stdin.flush()
            line = self._line(child)
        except BrokenPipeError:
            line = b""
        if line.endswith(b"\n"):
            found: dict[str, str] = json.loads(line)
            return found
        raise self._died(child)

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        """Return the child's answer, or what there is of it when its time is up or it has ended."""
        assert child.stdout is not None
        deadline, line = time.monotonic() + self._seconds, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(child.stdout.fileno(), 65_536) if ready else b""
            if not part:
                return b""
            line += part
        return line

    def _start(self) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")}
        self._child = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**kept, LIMIT: str(self._memory_gb), "POLARS_MAX_THREADS": "2"}, cwd=Path(__file__).parents[1],
        )  # fmt: skip
        return self._child

    def _died(self, child: subprocess.Popen[bytes]) -> IntegrityError:
        """Return why there was no answer, and let the next submission have a new child."""
        running = child.poll() is None and not _ended(child)
        self._end()
        if running:
            return IntegrityError("reading the submission took too long", found=f"more than {self._seconds:g} seconds", mend=SPLIT)
        code = child.returncode
        reason = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return IntegrityError("reading the submission brought the reader down", found=reason, mend=SPLIT)

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Return whether the child has ended, giving one that is just ending a moment."""
    try:
        child.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return False
    return True
