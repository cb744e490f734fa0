"""The tables of `benchmarks.linkage`, in Markdown: quality, cost, and our cost as a share of Splink's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

OURS, PEER = "counterfoil", "splink"
QUALITY = (
    ("precision", "precision"), ("recall", "recall"), ("F1", "f1"), ("best F1", "best_f1"), ("at", "best_threshold"), ("cluster F1", "cluster_f1"),
    ("B-cubed", "b_cubed"), ("best cluster F1", "best_cluster_f1"), ("best B-cubed", "best_b_cubed"),
)


def markdown(written: dict[str, Any]) -> str:
    """Return the whole report of what `benchmarks.linkage` wrote as JSON."""
    results, settings = written["results"], written["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in written["versions"].items())
    parts = [
        "# Linkage, beside its peers",
        f"{written['machine']}; {versions}. {settings['threads']} threads, {settings['memory_gb']:g} GB, medians of {settings['runs']} runs, "
        f"pairs handed over from match probability {settings['floor']:g}. Best is hindsight: the threshold at or above that "
        "which the labels turned out to favour.",
        "## Quality", _quality(results),
        "## Cost", _cost(results),
    ]
    if shares := _shares(results):
        parts += ["## Share of Splink's cost", "Below 1 the engine needs less than Splink, above 1 more.", shares]
    if growth := _growth(results):
        parts += ["## Growth and stress", growth]
    return "\n\n".join(parts) + "\n"


def _quality(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for one in results:
        quality = one["quality"]
        figures = [f"{quality[key]:.3f}" for _, key in QUALITY] if quality else [one["failed"], *[""] * (len(QUALITY) - 1)]
        rows.append([one["data"], one["engine"], f"{one['records']:,}", *figures, _verdict(one, results)])
    return _table(["data", "engine", "records", *[title for title, _ in QUALITY], "cluster F1 against Splink"], rows)


def _verdict(one: dict[str, Any], results: Sequence[dict[str, Any]]) -> str:
    """Say by how much our clusters are better or worse than Splink's."""
    peer = _find(results, one["data"], PEER)
    if one["engine"] != OURS or not (one["quality"] and peer and peer["quality"]):
        return ""
    ahead = one["quality"]["cluster_f1"] - peer["quality"]["cluster_f1"]
    return "equal" if abs(ahead) < 0.0005 else f"{'ahead' if ahead > 0 else 'behind'} by {abs(ahead):.3f}"


def _cost(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for one in results:
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in one["stages"].items())
        rows.append([one["data"], one["engine"], *[_number(one[key]) for key in ("seconds", "trained", "wall")], _number(one["peak_mb"], 0), stages or one["failed"]])
    return _table(["data", "engine", "seconds", "with a trained model", "wall", "peak MB", "seconds by stage"], rows)


def _shares(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for one in results:
        peer = _find(results, one["data"], PEER)
        if one["engine"] == PEER or not peer:
            continue
        rows.append([one["data"], one["engine"], *[_ratio(one[key], peer[key]) for key in ("seconds", "trained", "wall", "peak_mb")]])
    return _table(["data", "engine", "time, from training to clusters", "time with a trained model, of predict and cluster", "wall", "memory"], rows)


def _growth(results: Sequence[dict[str, Any]]) -> str:
    """Say how cost grows with five times the records, and with default dates and one common surname."""
    steps = [("population-1m", "population-5m"), ("population-5m", "population-10m")]
    steps += [(name, f"{name}+stress") for name in sorted({one["data"].removesuffix("+stress") for one in results})]
    rows = []
    for engine in dict.fromkeys(one["engine"] for one in results):
        for before, after in steps:
            small, large = _find(results, before, engine), _find(results, after, engine)
            if small and large:
                rows.append([engine, before, after, _ratio(large["seconds"], small["seconds"]), _ratio(large["peak_mb"], small["peak_mb"])])
    return _table(["engine", "from", "to", "time, times", "memory, times"], rows)


def _find(results: Iterable[dict[str, Any]], data: str, engine: str) -> dict[str, Any] | None:
    return next((one for one in results if one["data"] == data and one["engine"] == engine), None)


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _ratio(value: float | None, base: float | None) -> str:
    return "-" if value is None or not base else f"{value / base:.2f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in (titles, *rows)]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
