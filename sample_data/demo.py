"""The whole journey in one folder: six invented councils submit, the unit's night runs, and the truth says how well it did."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from pipeline.home import init_partner, init_unit, load_partnership
from pipeline.ledger import folder as run_folder
from pipeline.run import RunSummary, run
from pipeline.submit import submit
from sample_data.councils import COUNCILS
from sample_data.generate import AS_OF, SEED, generate
from sample_data.score import score
from schemas.errors import UsageProblem
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, Partnership
from schemas.rule import load_rules

MARKER = "made-by-counterfoil-demo"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    """What the demonstration found.

    Attributes:
        table: of `score`.
        example: id of an exception to begin reading with.
    """

    folder: Path
    run: RunSummary
    table: pl.DataFrame
    example: str


def demo(folder: Path, *, residents: int = 20_000, seed: int = SEED, as_of: date = AS_OF, say: Say = lambda _: None) -> Demo:
    """Make the sample, have every council submit, run the night, and hold the exceptions against the truth.

    Args:
        folder: new or empty, or one that an earlier demonstration made; that one is made anew.

    Raises:
        UsageProblem: the folder holds something else.
    """
    _clear(folder)
    say(f"making six councils with {residents:,} residents")
    prepare(folder, residents=residents, seed=seed, as_of=as_of)
    evening = datetime(as_of.year, as_of.month, as_of.day, 18, tzinfo=UTC)
    say(f"{deliver(folder, as_of=as_of, evening=evening)} deliveries were checked and submitted")
    summary = run(folder / "unit", as_of=as_of, now=evening + timedelta(hours=8), say=say)
    exceptions = pl.read_parquet(run_folder(folder / "unit", summary.run_id) / "exceptions.parquet")
    return Demo(folder, summary, _with_titles(score(exceptions, folder / "truth")), _example(exceptions))


def prepare(folder: Path, *, residents: int, seed: int, as_of: date) -> None:
    """Write the sample, the unit's home and the councils' homes."""
    generate(folder, residents=residents, seed=seed, as_of=as_of)
    init_unit(folder / "unit", partnership=partnership())
    settings = load_partnership(folder / "unit")
    for council in COUNCILS:
        init_partner(folder / council.id, settings, council.id)


def deliver(folder: Path, *, as_of: date, evening: datetime) -> int:
    """Have every council submit every file, one a minute, and return how many there were."""
    deliveries = json.loads((folder / "partnership.json").read_text(encoding="utf-8"))["files"]
    for minute, one in enumerate(sorted(deliveries, key=lambda d: (d["as_of"], d["partner"], d["file"]))):
        now = evening + timedelta(minutes=minute)
        submit([folder / one["file"]], one["dataset"], folder / one["partner"], as_of=as_of, now=now, period=one["period"])
    return len(deliveries)


def _with_titles(table: pl.DataFrame) -> pl.DataFrame:
    titles = {rule.id: rule.title for rule in reversed(load_rules())}
    return table.with_columns(title=pl.col("rule").replace_strict(titles, default=""))


def _example(exceptions: pl.DataFrame) -> str:
    """Return the id of the first exception about a person that is surest; of any, where there is none."""
    issued = exceptions.filter(pl.col("status") != "suppressed")
    order = issued.sort((pl.col("entity") == "person") & (pl.col("band") == "top"), "exception_id", descending=[True, False])
    return str(order["exception_id"][0]) if order.height else ""


def partnership() -> Partnership:
    """Return the settings of the invented partnership: six councils and one agreement about everything they send."""
    partners = tuple(
        PartnerEntry(id=c.id, name=c.name, gss=c.gss, kind="county" if c.kind == "county" else "district", datasets=c.datasets) for c in COUNCILS
    )
    datasets = tuple(sorted({name for c in COUNCILS for name in c.datasets}))
    agreement = Agreement(id="merrow-2026", partners=tuple(c.id for c in COUNCILS), datasets=datasets, legal_basis="invented, for the demonstration")
    return Partnership(
        name="Merrowshire counter-fraud partnership", shared=Path("..", "shared"), partner=partners, agreement=(agreement,),
        as_of={"default": AsOfRule(max_age_days=92)},
    )


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise UsageProblem("the folder holds something else and was left as it is", file=str(folder), mend="name a new folder with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("counterfoil demo may remove this folder and everything in it.\n", encoding="utf-8")
