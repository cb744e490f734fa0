"""Links in a file held against a truth in a file: what is measured, what was left out of it, and errors to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from matchers import evaluation as measure
from matchers.evaluation import DECISION, BCubed, PairQuality, count_true_pairs, is_pairs
from pipeline.evaluation_inputs import REFS, listed_records, read_inputs, told_by
from pipeline.stray_file import scan_links
from schemas.errors import DataRejected, UsageProblem


@dataclass(frozen=True)
class Candidates:
    """What is known of the pairs that were compared; LINKS holds only the likelier ones.

    Attributes:
        pairs: how many were compared; None where LINKS does not say.
        possible: how many there could have been; None where the number of records is unknown.
        reduction_ratio: None where one of them is unknown.
        estimate: pairs completeness as whoever made LINKS estimated it, without a truth.
        in_links: true pairs in LINKS, at whatever probability.
        completeness: `in_links` of all true pairs; a lower bound unless LINKS is `whole`.
        whole: LINKS holds every candidate pair.
        floor: the probability from which on LINKS holds them, where it was stated; `lowest` is the lowest seen.
    """

    pairs: int | None
    possible: int | None
    reduction_ratio: float | None
    estimate: float | None
    in_links: int
    completeness: float | None
    whole: bool
    floor: float | None
    lowest: float


@dataclass(frozen=True)
class LinkError:
    """One wrong decision and its evidence: `levels` are (field, level, centibits)."""

    error: str
    record_ref_l: str
    record_ref_r: str
    match_weight: int
    match_probability: float
    situation: str
    levels: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Evaluated:
    """Everything that was measured.

    Attributes:
        two_files: LINKS joins the records of one file to those of another.
        truth: pairs or membership.
        truth_rows: rows of TRUTH that were used.
        truth_left_out: rows of TRUTH that name a record which is in neither file.
        unlisted: pairs that follow from those TRUTH lists, and that it does not list.
        links: pairs in LINKS; `unjudged` of them touch a record without truth.
        best: where F1 is best, threshold in centibits; `best_probability` is the lowest probability there.
        clusters_given: a file said who is together; otherwise the links at or above `DECISION` do.
        calibration, situations: tables as `matchers.evaluation` returns them.
    """

    two_files: bool
    truth: str
    truth_rows: int
    truth_left_out: int
    unlisted: int
    links: int
    unjudged: int
    pairs: PairQuality
    best: PairQuality | None
    best_probability: float | None
    clusters: BCubed
    clusters_given: bool
    calibration: pl.DataFrame
    situations: pl.DataFrame
    candidates: Candidates
    errors: tuple[LinkError, ...]


def evaluate(
    links: Path, truth: Path, *, clusters: Path | None = None, records: int | None = None, left: Path | None = None, right: Path | None = None,
    sample: int = 20, floor: float | None = None,
) -> Evaluated:  # fmt: skip
    """Measure links against a truth.

    Args:
        links: Parquet; `record_ref_l, record_ref_r, match_weight, match_probability, situation`, each pair once, and
            `level_<field>, contribution_<field>` of each comparison.
        truth: Parquet or CSV; pairs (`record_ref_l, record_ref_r`), or membership (`record_ref` and who it is).
        clusters: Parquet or CSV; `record_ref, cluster_id`, and of two files `file`.
        records: how many records the file has that was linked within itself.
        left, right: the two files that were linked with each other; of them only `record_ref` is read.
        sample: most errors to return of each kind.
        floor: probability from which on LINKS holds every candidate pair.

    Raises:
        UsageProblem: options that contradict each other or LINKS.
        DataRejected: a file that cannot be used as it is.
    """
    listed = listed_records(left, right)
    told = told_by(links, records, listed)
    read = read_inputs(links, truth, clusters, listed, told)
    if read.two_files and records is not None:
        raise UsageProblem("LINKS joins two files, and --records is the size of one", mend="name the two with --left and --right")
    judged = measure.judge(read.links, read.truth)
    by_pairs = is_pairs(read.truth)
    entities = measure.entities_of(read.truth, read.records["record"]).join(read.records, on="record") if by_pairs else read.truth
    groups = measure.components(judged.filter(pl.col("match_probability") >= DECISION), read.records["record"]) if read.clusters is None else read.clusters
    best = measure.best_threshold(judged, read.truth, by="match_weight")
    reached = judged.filter(pl.col("match_weight") >= best.threshold) if best else judged.clear()
    return Evaluated(
        two_files=read.two_files, truth="pairs" if by_pairs else "membership", truth_rows=read.truth.height, truth_left_out=read.truth_left_out,
        unlisted=count_true_pairs(entities) - count_true_pairs(read.truth) if by_pairs else 0,
        links=judged.height, unjudged=judged["is_match"].null_count(), pairs=measure.pair_quality(judged, read.truth),
        best=best, best_probability=reached.select(pl.col("match_probability").min()).item(),
        clusters=measure.b_cubed(groups, entities), clusters_given=clusters is not None, calibration=measure.calibration(judged), situations=measure.by_situation(judged),
        candidates=_candidates(judged, read.truth, told, read.two_files, floor),
        errors=_errors(links, measure.sample_errors(judged, sample, key=REFS)),
    )  # fmt: skip


def _candidates(judged: pl.DataFrame, truth: pl.DataFrame, told: Mapping[str, float], two: bool, floor: float | None) -> Candidates:
    lowest = judged.select(pl.col("match_probability").min()).item()
    if floor is not None and lowest < floor:
        raise UsageProblem("LINKS holds pairs below --floor", found=f"a probability of {lowest}", mend="give the floor with which LINKS was made, or leave it out")
    sizes = [int(told[name]) for name in (("records_left", "records_right") if two else ("records",)) if name in told]
    possible = measure.possible_pairs(*sizes) if len(sizes) == 1 + two else None
    pairs = int(told["candidate_pairs"]) if "candidate_pairs" in told else None
    counts = [n for n in (judged.height, pairs, possible) if n is not None]
    if counts != sorted(counts):
        found = "; ".join(f"{name} {n:,}" for name, n in (("pairs in LINKS", judged.height), ("candidate pairs", pairs), ("possible pairs", possible)) if n is not None)
        raise DataRejected("the counts do not go together", file="", found=found, mend="correct --records, --left or --right; where they are right, make LINKS again")
    in_links, true_pairs = int(judged["is_match"].sum()), count_true_pairs(truth)
    return Candidates(
        pairs=pairs, possible=possible, reduction_ratio=None if pairs is None or possible is None else measure.reduction_ratio(pairs, possible),
        estimate=told.get("pairs_completeness"), in_links=in_links, completeness=in_links / true_pairs if true_pairs else None,
        whole=pairs == judged.height or floor == 0, floor=floor, lowest=lowest,
    )  # fmt: skip


def _errors(links: Path, drawn: pl.DataFrame) -> tuple[LinkError, ...]:
    """Return the drawn pairs with what each comparison said; only their rows of LINKS are read again."""
    there = scan_links(links)
    names = there.collect_schema().names()
    fields = [name.removeprefix("level_") for name in names if name.startswith("level_") and f"contribution_{name.removeprefix('level_')}" in names]
    start = ["contribution_start"] if "contribution_start" in names else []
    wanted = [*(f"level_{field}" for field in fields), *(f"contribution_{field}" for field in fields), *start]
    rows = there.select(*REFS, *wanted).with_columns(pl.col(REFS).cast(pl.String)).join(drawn.lazy(), on=REFS, how="semi").collect()
    found = drawn.join(rows, on=REFS, how="left", maintain_order="left")
    return tuple(
        LinkError(
            row["error"], row[REFS[0]], row[REFS[1]], row["match_weight"], row["match_probability"], row["situation"] or "",
            tuple((field, row.get(f"level_{field}") or "", row[f"contribution_{field}"] or 0) for field in [*fields, *(["start"] if start else [])]),
        )
        for row in found.iter_rows(named=True)  # a few dozen
    )  # fmt: skip
