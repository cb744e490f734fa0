"""`counterfoil link` and `counterfoil train`: the engine on files of your own, without a partnership."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import screen
from commands.screen import Screen
from schemas.errors import StorageError, UsageProblem

if TYPE_CHECKING:
    from pipeline.link_files import LinkedFiles

Left = Annotated[Path, typer.Argument(metavar="LEFT", help="Parquet or CSV with record_ref and any canonical columns: forename, middle_names, surname, date_of_birth, address, postcode, uprn, nino, phone, email, account; or name, company_number, vat_number, charity_number ... of an organisation; or only address, postcode, uprn of an address.")]
Right = Annotated[Path | None, typer.Argument(metavar="[RIGHT]", help="A second file: link the two. Without it, duplicates within LEFT are found.")]
Across = Annotated[str, typer.Option(metavar="COLUMN", help="Keep only pairs whose values of this column differ.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="Processors to use; the result does not depend on it.")]
Memory = Annotated[int, typer.Option(metavar="GB", min=1, max=4096, help="Stop rather than make more pairs than this holds.")]


def link_records(
    ctx: typer.Context,
    left: Left,
    right: Right = None,
    out: Annotated[Path, typer.Option(help="Parquet file for the links.")] = ...,  # type: ignore[assignment]
    clusters: Annotated[Path | None, typer.Option(help="Parquet file for the clusters: record_ref, cluster_id.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model that `counterfoil train` wrote; without it one is fitted to these records.")] = None,
    before: Annotated[Path | None, typer.Option(metavar="CLUSTERS", help="Clusters of an earlier time: their names are kept, and cluster_before says which one each record was in.")] = None,
    across: Across = "",
    floor: Annotated[float, typer.Option(min=0.0, max=1.0, help="Least probability of a link that is written.")] = 0.5,
    threads: Threads = 2,
    memory: Memory = 4,
) -> None:
    """Find the same person, organisation or address in one file or in two, without labels and without settings."""
    from pipeline.link_files import link_files, write_links

    screened = screen(ctx)
    if before is not None and clusters is None:
        raise UsageProblem("--before names clusters, and none are written", mend="name a file for tonight's with --clusters")
    _refuse_overwriting((out, clusters), (left, right, model, before))
    with screened.working("linking"):
        found = link_files(left, right, model=model, across=across, floor=floor, threads=threads, memory_gb=memory, before=before)
        write_links(found, out, clusters)
    _show(screened, found, "link", {"links": out, "clusters": clusters})


def train_model(
    ctx: typer.Context,
    left: Left,
    right: Right = None,
    out: Annotated[Path, typer.Option(help="JSON file for the model.")] = ...,  # type: ignore[assignment]
    across: Across = "",
    threads: Threads = 2,
    memory: Memory = 4,
) -> None:
    """Fit a model to records and write it, so that `run` and `link` weigh every night alike. Rare names are not written."""
    from pipeline.link_files import link_files
    from pipeline.store.files import write_atomic

    screened = screen(ctx)
    _refuse_overwriting((out,), (left, right))
    with screened.working("fitting"):
        found = link_files(left, right, across=across, threads=threads, memory_gb=memory, second=True)
        write_atomic(out, (found.model + "\n").encode())
    _show(screened, found, "train", {"model": out})


def _refuse_overwriting(written: tuple[Path | None, ...], read: tuple[Path | None, ...]) -> None:
    taken = {path.resolve() for path in read if path is not None}
    for path in written:
        if path is None:
            continue
        if path.resolve() in taken:
            raise UsageProblem("a result would overwrite what is read or another result", found=path.name, mend="give each file a name of its own")
        if not path.resolve().parent.is_dir():
            raise StorageError("the folder is missing", file=str(path), mend="make it, or name another")
        taken.add(path.resolve())


def _show(out: Screen, found: LinkedFiles, command: str, written: dict[str, Path | None]) -> None:
    files = {what: str(path) for what, path in written.items() if path is not None}
    out.result({"command": command, **found.facts, "links": found.links.height, "clusters": found.clusters["cluster_id"].n_unique(), "seconds": {k: round(v, 3) for k, v in found.seconds.items()}, "written": files})
    if out.as_json:
        return
    from matchers.entities import ENTITIES

    for note in found.notes:
        out.say(f"Note: {note}")
    complete = found.facts["pairs_completeness"]
    out.say(
        f"{found.clusters.height:,} records of {ENTITIES[found.entity].plural}, {found.facts['candidate_pairs']:,} pairs compared, "
        f"{found.links.height:,} links, {found.clusters['cluster_id'].n_unique():,} clusters"
    )
    if complete is not None:
        low, high = found.facts["pairs_completeness_interval"]
        out.say(f"Of the true pairs, blocking brought about {complete:.1%} together (an estimate without labels; {low:.1%} to {high:.1%})")
    if opinion := found.facts.get("second_opinion"):
        agreed = (opinion["both"] + opinion["neither"]) / opinion["pairs"]
        out.say(
            f"recordlinkage's two-class model, on a sample of {opinion['pairs']:,} pairs, agrees on {agreed:.1%}; {opinion['ours']:,} are matches "
            f"to this model only, {opinion['theirs']:,} to that one only. It knows no households and no rare names: look when the share falls"
        )
    counted = found.links.group_by("situation").len().sort("len", "situation", descending=[True, False])
    if counted.height:
        out.table("", ("Situation", "Links"), counted.rows())
    for what, path in files.items():
        out.say(f"{what}: {path}")
