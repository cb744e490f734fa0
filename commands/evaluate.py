"""`counterfoil evaluate`: how good are my links, where I know the truth?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import screen
from commands.screen import Screen
from matchers.evaluation import DECISION, PairQuality
from matchers.explanation import weight
from pipeline.evaluate import Evaluated, LinkError, evaluate


def evaluate_links(
    ctx: typer.Context,
    links: Annotated[Path, typer.Argument(metavar="LINKS", help="Parquet file of scored pairs.")],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="Parquet or CSV: true pairs (record_ref_l, record_ref_r), or record_ref and who it is (person, cluster, cluster_id or entity); of two files also file: left or right.")],
    clusters: Annotated[Path | None, typer.Option(help="record_ref and cluster_id; else what the links connect is measured.")] = None,
    records: Annotated[int | None, typer.Option(min=2, help="How many records the file has, where one was linked within itself.")] = None,
    left: Annotated[Path | None, typer.Option(help="The left of two files that were linked.")] = None,
    right: Annotated[Path | None, typer.Option(help="The right one.")] = None,
    sample: Annotated[int, typer.Option(min=0, max=10_000, help="Errors of each kind to show; the same ones every time.")] = 20,
    floor: Annotated[float | None, typer.Option(min=0, max=1, help="Probability from which on LINKS holds every pair compared; 0 where it holds all.")] = None,
) -> None:  # fmt: skip
    """Hold links against a truth: precision, recall, clusters, calibration, what blocking lost, and errors to look at.

    It shows references and levels of agreement, and no value of a person.
    """
    out = screen(ctx)
    with out.working("measuring"):
        found = evaluate(links, truth, clusters=clusters, records=records, left=left, right=right, sample=sample, floor=floor)
    out.result(_document(found))
    if out.as_json:
        return
    _show_scope(out, found)
    _show_quality(out, found)
    _show_candidates(out, found)
    _show_bands(out, found)
    _show_errors(out, found)


def _document(found: Evaluated) -> dict[str, Any]:
    best = found.best and {**_quality(found.best), "available_in_practice": False, "threshold_in": "centibits", "probability": found.best_probability}
    candidates = asdict(found.candidates)
    return {
        "command": "evaluate", "two_files": found.two_files, "truth": found.truth, "truth_rows": found.truth_rows, "truth_left_out": found.truth_left_out,
        "unlisted_pairs": found.unlisted, "links": found.links, "unjudged": found.unjudged, "pairs": _quality(found.pairs), "best_f1": best,
        "clusters": {**asdict(found.clusters), "f1": found.clusters.f1, "of": "the file" if found.clusters_given else "connected components"},
        "candidates": candidates, "calibration": found.calibration.to_dicts(), "situations": found.situations.to_dicts(),
        "errors": [_error(one) for one in found.errors],
    }  # fmt: skip


def _quality(quality: PairQuality) -> dict[str, Any]:
    return {**asdict(quality), "precision": quality.precision, "recall": quality.recall, "f1": quality.f1}


def _error(one: LinkError) -> dict[str, Any]:
    levels = [{"field": field, "level": level, "contribution": contribution} for field, level, contribution in one.levels]
    return {**asdict(one), "levels": levels}


def _show_scope(out: Screen, found: Evaluated) -> None:
    what = "true pairs" if found.truth == "pairs" else "records"
    out.say(f"{found.links:,} pairs in LINKS, {'between two files' if found.two_files else 'within one file'}; {found.truth_rows:,} {what} in TRUTH")
    notes = [
        (found.unjudged, "{:,} pairs in LINKS touch a record that TRUTH does not know; they count neither for nor against"),
        (found.truth_left_out, "{:,} rows of TRUTH name a record that is in neither file; they are left out"),
        (found.unlisted, "{:,} pairs follow from those in TRUTH and are not in it; as pairs they count as no match, in clusters as one person"),
        (found.clusters.without_truth, "{:,} records in clusters are unknown to TRUTH; they are left out of the clusters' measures"),
        (found.clusters.without_cluster, "{:,} records in TRUTH are in no cluster; they are left out of the clusters' measures; if they were never linked, the recall of pairs is too low"),
    ]
    for count, words in notes:
        if count:
            out.say(f"Note: {words.format(count)}")
    if found.truth == "pairs":
        out.say("Note: a pair that TRUTH does not list counts as no match; where TRUTH lacks some, precision is better than it looks here")


def _show_quality(out: Screen, found: Evaluated) -> None:
    q, b = found.pairs, found.clusters
    out.say(f"\nPairs at a probability of {DECISION} or more")
    out.table("", ("Measure", "Value", "From"), [
        ("precision", _share(q.precision), f"{q.correct:,} of {q.links:,} links are true"),
        ("recall", _share(q.recall), f"{q.correct:,} of {q.true_pairs:,} true pairs are linked"),
        ("F1", _share(q.f1), ""),
    ])  # fmt: skip
    if found.best:
        best = found.best
        out.say(
            f"Not available in practice: F1 would be best, {_share(best.f1)}, from {weight(int(best.threshold))} bits on (probability {found.best_probability:g}; "
            f"precision {_share(best.precision)}, recall {_share(best.recall)}); it takes the truth to find that threshold"
        )
    of = "as in --clusters" if found.clusters_given else f"what links at {DECISION} or more connect, because no --clusters was given"
    out.say(f"\nClusters, B-cubed, as the average of {b.records:,} records sees them: {of}")
    out.table("", ("Measure", "Value", "From"), [
        ("precision", _share(b.precision), "of its cluster, the part that is the same person"),
        ("recall", _share(b.recall), "of its person's records, the part in its cluster"),
        ("F1", _share(b.f1), ""),
    ])  # fmt: skip


def _show_candidates(out: Screen, found: Evaluated) -> None:
    c = found.candidates
    out.say("\nWhat was compared")
    held = f"{_share(c.completeness)}: {c.in_links:,} of {found.pairs.true_pairs:,} true pairs are in LINKS"
    if c.whole:
        out.say(f"  pairs completeness  {held}, which holds every pair that was compared")
    else:
        reach = f"from a probability of {c.floor:g} on" if c.floor is not None else f"down to a probability of {c.lowest:g}"
        out.say(f"  pairs completeness  at least {held}, which holds pairs {reach}; true pairs that were compared and fell below it are not seen here")
    if c.estimate is not None:
        out.say(f"                      estimated at {_share(c.estimate)} when LINKS was made, without this truth")
    if c.reduction_ratio is not None:
        out.say(f"  reduction ratio     {c.reduction_ratio:.6f}: {c.pairs:,} of {c.possible:,} possible pairs were compared")
    else:
        sizes = "--left and --right" if found.two_files else "--records"
        missing = ["how many pairs were compared"] if c.pairs is None else []
        missing += [f"how many records there are, which {sizes} can tell"] if c.possible is None else []
        out.say(f"  reduction ratio     not known, because LINKS does not say {' nor '.join(missing)}")


def _show_bands(out: Screen, found: Evaluated) -> None:
    out.say("\nDoes a probability mean what it says?")
    rows = [
        (f"{r['lower']:g} to {r['upper']:g}", r["pairs"], _share(r["mean_probability"]), _share(r["precision"]), _interval(r), _verdict(r))
        for r in found.calibration.iter_rows(named=True)
    ]
    out.table("", ("Stated", "Pairs", "Mean stated", "True", "95 % interval", "So it"), rows)
    out.say("\nErrors by situation; missed are true pairs in LINKS below the threshold")
    by_situation = [(r["situation"] or "not stated", r["links"], r["false_links"], r["missed"]) for r in found.situations.iter_rows(named=True)]
    out.table("", ("Situation", "Links", "False links", "Missed"), by_situation)


def _show_errors(out: Screen, found: Evaluated) -> None:
    q, c = found.pairs, found.candidates
    kinds = {"false link": q.links - q.correct, "missed": c.in_links - q.correct}
    titles = {"false link": "False links", "missed": "Missed pairs that are in LINKS"}
    for kind, count in kinds.items():
        shown = [one for one in found.errors if one.error == kind]
        out.say(f"\n{titles[kind]}: {count:,}" + (f", {len(shown):,} of them drawn from all bands of probability" if 0 < len(shown) < count else ""))
        for one in shown:
            out.say(f"  {one.record_ref_l} | {one.record_ref_r}  {weight(one.match_weight)} bits, probability {one.match_probability:g}, {one.situation or 'situation not stated'}")
            out.say(f"    {'; '.join(f'{field} {level}'.strip() + f' {weight(bits)}' for field, level, bits in one.levels) or 'LINKS holds no evidence'}")
    if lost := q.true_pairs - c.in_links:
        out.say(f"\n{lost:,} more true pairs are not in LINKS: {'never compared' if c.whole else 'never compared, or below what it holds'}")


def _interval(row: dict[str, Any]) -> str:
    return "-" if row["precision"] is None else f"{row['precision_low']:.4f} to {row['precision_high']:.4f}"


def _verdict(row: dict[str, Any]) -> str:
    if row["precision"] is None:
        return ""
    if row["mean_probability"] > row["precision_high"]:
        return "says too much"
    return "says too little" if row["mean_probability"] < row["precision_low"] else "holds"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
