"""The other end of `pipeline.reader`: one question a line on stdin, one answer a line on stdout, until there are no more."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from pipeline.content import judged_tables
from pipeline.reader import LIMIT, READ_ANEW
from pipeline.store.tables import parquet_bytes
from schemas.errors import IntegrityError
from schemas.manifest import Manifest

GB = 1024**3
MOST_FILE = 16 * GB  # bytes of one file that it may write


def main() -> None:
    """Answer until nothing more is asked."""
    own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()  # what libraries set aside
    resource.setrlimit(resource.RLIMIT_AS, (own + int(os.environ[LIMIT]) * GB,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE, MOST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the rows
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(question: dict[str, object]) -> dict[str, str]:
    """Judge one submission; return nothing where it is good, else what the parent shall say of it."""
    folder, manifest = Path(str(question["folder"])), Manifest.model_validate_json(json.dumps(question["manifest"]))
    try:
        for name, table in judged_tables(folder, manifest).items():
            (folder / f"{name}{READ_ANEW}").write_bytes(parquet_bytes(table))
    except IntegrityError as error:
        return {"what": error.what, "file": error.file, "column": error.column, "found": error.found, "mend": error.mend}
    return {}


if __name__ == "__main__":
    main()
