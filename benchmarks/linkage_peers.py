"""One run of one engine on one input file, in a process of its own.

    python -m benchmarks.linkage_peers ENGINE INPUT OUT --data NAME [--threads 2] [--memory-gb 8] [--floor 0.5]

The input holds no truth. Writes `pairs.parquet` and `clusters.parquet` to OUT and says on stdout, as JSON, the seconds of each
stage and the most memory this process ever held. Engines are imported only by their own run, so that none pays for another.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.linkage_splink import run_splink

ECM_MOST = 100_000  # records; recordlinkage keeps every candidate pair in pandas


@dataclass(frozen=True)
class Job:
    """What to link, and with how much of the machine."""

    source: Path
    out: Path
    data: str
    threads: int
    memory_gb: float
    floor: float


BEFORE_AND_AFTER = ("normalise", "tables")  # what peers leave to others: spelling values alike, and naming levels in the links' table


def counterfoil(job: Job) -> dict[str, Any]:
    """Link with our engine; then once more with the model of the first call, as the nightly run does.

    Normalising comes before what peers do and the table of links after it; both are in the stages, and not in the total.
    """
    import polars as pl

    from matchers.model_file import from_json
    from pipeline.link_files import link_tables

    records = pl.read_parquet(job.source)
    limits = {"floor": job.floor, "threads": job.threads, "memory_gb": round(job.memory_gb)}
    linked = link_tables(records, **limits)
    peak = peak_mb()
    linked.links.select("record_ref_l", "record_ref_r", "match_probability").write_parquet(job.out / "pairs.parquet")
    linked.clusters.select("record_ref", "cluster_id").write_parquet(job.out / "clusters.parquet")
    model, seconds = (*from_json(linked.model), "of this run"), dict(linked.seconds)
    del linked
    again = link_tables(records, model=model, **limits).seconds
    total, trained = (sum(spent for stage, spent in run.items() if stage not in BEFORE_AND_AFTER) for run in (seconds, again))
    return {"seconds": seconds, "total": total, "trained": trained, "peak_mb": peak}


def splink(job: Job, variant: str = "") -> dict[str, Any]:
    """Link with Splink. Trained: what it took from prediction on, which leaves it the term frequencies counted in training."""
    seconds = run_splink(
        job.source, job.out, data=job.data, threads=job.threads, memory_gb=job.memory_gb, floor=job.floor, variant=variant
    )
    return {"seconds": seconds, "total": sum(seconds.values()), "trained": seconds["predict"] + seconds["cluster"]}


# Broad, because its classifier learns what no match looks like from the candidates; narrow blocks hold nothing but matches.
BLOCKS = (["nino"], ["postcode"], ["date_of_birth"], ["forename", "surname"])
BROAD_BLOCKS = (["forename"], ["surname"])
BROAD_MOST = 10_000  # records; one forename of a hundred thousand people makes millions of pairs
# Blocks and columns with which the population and RLdata10000 come out far better (F1 0.89 instead of 0.80, 0.35 instead of 0.00).
PARTED_BLOCKS = (["nino"], ["postcode", "surname"], ["postcode", "forename"], ["date_of_birth"], ["forename", "surname"], ["surname", "year"], ["forename", "year"])
SIMILAR = {"forename": 0.88, "surname": 0.88}  # Jaro-Winkler from which two names agree
EQUAL, DATE_PARTS = ("postcode", "nino", "phone", "email"), ("year", "month", "day")


def recordlinkage(job: Job) -> dict[str, Any]:
    """Link with recordlinkage: equal keys, Jaro-Winkler of names and equality of the rest, its unsupervised ECM classifier."""
    import pandas as pd

    warnings.filterwarnings("ignore")  # its own, about pandas; nothing the reader could mend
    records = pd.read_parquet(job.source).set_index("record_ref")
    parts = records["date_of_birth"].str.extract("^(?P<year>[0-9X]{4})-(?P<month>[0-9X]{2})-(?P<day>[0-9X]{2})$")
    records = records.join(parts.mask(parts.isin(["XXXX", "XX"]))).dropna(axis="columns", how="all")
    seconds, started = {}, time.perf_counter()
    files = [part for _, part in records.groupby("file")] if "file" in records else [records]
    features = _features(files, set(records.columns), parted=job.data.startswith(("population", "RLdata")))
    seconds["compare"], started = time.perf_counter() - started, time.perf_counter()
    probability = _ecm(features)
    found = pd.DataFrame({"match_probability": probability.to_numpy()}, index=features.index.set_names(["record_ref_l", "record_ref_r"])).reset_index()
    found = found[found["match_probability"] >= job.floor].astype({"record_ref_l": "string", "record_ref_r": "string"})
    seconds["classify"], started = time.perf_counter() - started, time.perf_counter()
    clusters = _components(records.index, found[found["match_probability"] >= 0.5])
    seconds["cluster"] = time.perf_counter() - started
    found.to_parquet(job.out / "pairs.parquet", index=False)
    clusters.to_parquet(job.out / "clusters.parquet", index=False)
    return {"seconds": seconds, "total": sum(seconds.values()), "trained": None}


def _features(files: list[Any], there: set[str], *, parted: bool) -> Any:
    import recordlinkage as rl

    index, compare = rl.Index(), rl.Compare()
    broad = BROAD_BLOCKS if sum(map(len, files)) <= BROAD_MOST else ()
    for block in PARTED_BLOCKS if parted else BLOCKS + broad:
        if set(block) <= there:
            index.block(block)
    dates = DATE_PARTS if parted else ("date_of_birth",)
    for column in (c for c in (*SIMILAR, *EQUAL, *dates) if c in there):
        if column in SIMILAR:
            compare.string(column, column, method="jarowinkler", threshold=SIMILAR[column], label=column)
        else:
            compare.exact(column, column, label=column)
    return compare.compute(index.index(*files), *files)


def _ecm(features: Any) -> Any:
    """Return P(match) of each pair; a column that never or always agrees would make the classifier fail."""
    import recordlinkage as rl

    told = features.loc[:, features.nunique() > 1].astype(int)
    classifier = rl.ECMClassifier(max_iter=200)
    classifier.fit(told)
    return classifier.prob(told)


def _components(references: Any, links: Any) -> Any:
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    l, r = references.get_indexer(links["record_ref_l"]), references.get_indexer(links["record_ref_r"])  # noqa: E741 - left and right
    _, component = connected_components(coo_matrix(([1] * len(l), (l, r)), shape=(len(references),) * 2), directed=False)
    return pd.DataFrame({"record_ref": references, "cluster_id": component})


ENGINES: dict[str, Callable[[Job], dict[str, Any]]] = {
    "counterfoil": counterfoil,
    "splink": splink,
    "splink-quick": partial(splink, variant="quick"),
    "splink-our-rules": partial(splink, variant="our rules"),
    "recordlinkage": recordlinkage,
}


def peak_mb() -> float:
    """Return the most memory this process has held, in MB.

    Linux's own high-water mark where there is one: `ru_maxrss` of a child starts at what its parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024 / 1e6
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=list(ENGINES))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-gb", type=float, default=8)
    parser.add_argument("--floor", type=float, default=0.5)
    options = vars(parser.parse_args())
    engine = ENGINES[options.pop("engine")]
    if hasattr(os, "sched_setaffinity"):  # no engine gets more processors than it was told
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options["threads"]])
    logging.disable(logging.WARNING)
    measured = engine(Job(**options))
    print(json.dumps({"peak_mb": peak_mb(), **measured}))


if __name__ == "__main__":
    main()
