"""The whole journey in one folder: six invented councils submit, the unit's night runs, and the truth says how well it did."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from matchers.encoding import canaries, spec_digest
from pipeline.crosswalk import translation
from pipeline.custody import accept, make_agreement
from pipeline.home import init_unit
from pipeline.key_files import card_path, load_partner_keys, make_partner_keys, make_unit_keys
from pipeline.ledger import folder as run_folder
from pipeline.run import RunSummary, run
from pipeline.submit import submit
from pipeline.trust import accept_invitation, add_partner, invite
from sample_data.councils import COUNCILS
from sample_data.generate import AS_OF, SEED, generate
from sample_data.score import score
from schemas.errors import UsageProblem
from schemas.partnership import Agreement, AsOfRule, Disclosure, PartnerEntry, Partnership
from schemas.rule import load_rules

MARKER = "made-by-counterfoil-demo"
AGREEMENT = "merrow-2026"
IN_CLEAR = "in-clear"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    """What the demonstration found.

    Attributes:
        table: of `score`, with `title`, and `clear`: how many exceptions each rule issues where identity travels in clear.
        same: issued exceptions that both ways of travelling issue; `of` is how many clear ones there are.
        example: id of an exception to begin reading with.
    """

    folder: Path
    run: RunSummary
    table: pl.DataFrame
    same: int
    of: int
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
    generate(folder, residents=residents, seed=seed, as_of=as_of)
    summary = night(folder, folder, as_of=as_of, say=say)
    exceptions = issued_by(folder, folder, summary)
    say("the same once more with identity in clear, to compare")
    in_clear = issued_by(folder, folder / IN_CLEAR, night(folder, folder / IN_CLEAR, as_of=as_of, disclosure="clear"))
    table = score(exceptions, folder / "truth").join(score(in_clear, folder / "truth").select("rule", clear="issued"), on="rule", how="left", maintain_order="left")
    both = [set(_issued(one).select("rule", *_sides()).rows()) for one in (exceptions, in_clear)]
    return Demo(folder, summary, _with_titles(table.with_columns(pl.col("clear").fill_null(0))), len(both[0] & both[1]), len(both[1]), _example(exceptions))


def night(sample: Path, folder: Path, *, as_of: date, disclosure: Disclosure = "pseudonymised", say: Say = lambda _: None) -> RunSummary:
    """Set up a partnership in a folder, have every council submit the sample's files, and run the unit's night."""
    prepare(sample, folder, disclosure=disclosure)
    evening = datetime(as_of.year, as_of.month, as_of.day, 18, tzinfo=UTC)
    say(f"{deliver(sample, folder, as_of=as_of, evening=evening)} deliveries were checked, {'pseudonymised ' if disclosure != 'clear' else ''}and submitted")
    return run(folder / "unit", as_of=as_of, now=evening + timedelta(hours=8), say=say)


def issued_by(sample: Path, folder: Path, summary: RunSummary) -> pl.DataFrame:
    """Return a run's exceptions with the councils' own references; here every crosswalk is at hand, which is so nowhere else."""
    exceptions = pl.read_parquet(run_folder(folder / "unit", summary.run_id) / "exceptions.parquet")
    for council in COUNCILS:
        home = folder / council.id
        if not (home / "crosswalk").exists():
            continue
        words = translation(home, council.id, load_partner_keys(home).crosswalk).select("token", "source")
        for side in "lr":
            own = pl.col(f"partner_{side}") == council.id
            found = exceptions.select(token=f"record_ref_{side}").join(words, on="token", how="left", maintain_order="left")["source"]
            exceptions = exceptions.with_columns(pl.when(own & found.is_not_null()).then(found).otherwise(pl.col(f"record_ref_{side}")).alias(f"record_ref_{side}"))
    return exceptions


def _issued(exceptions: pl.DataFrame) -> pl.DataFrame:
    return exceptions.filter(pl.col("status") != "suppressed")


def _sides() -> list[pl.Expr]:
    """Return both references of an exception, the smaller first: which side is left depends on them."""
    sides = [pl.concat_str(*(f"{name}_{side}" for name in ("partner", "dataset", "record_ref")), separator="|") for side in "lr"]
    return [pl.min_horizontal(sides).alias("one"), pl.max_horizontal(sides).alias("other")]


def prepare(sample: Path, folder: Path, *, disclosure: Disclosure) -> None:
    """Write the unit's home and the councils' homes, and where identity is encoded, everybody's keys."""
    init_unit(folder / "unit", partnership=partnership(disclosure))
    take_part(folder)
    for council in COUNCILS:
        if folder != sample:
            for mapping in sorted((sample / council.id / "mappings").glob("*.toml")):
                shutil.copy(mapping, folder / council.id / "mappings" / mapping.name)
    if disclosure != "clear":
        hand_out_keys(folder)


def take_part(folder: Path) -> None:
    """Have every council take part: invited by the unit, set up with keys of its own, and its card taken in."""
    moment = datetime.combine(AS_OF, time(8), UTC)
    make_unit_keys(folder / "unit", draw=drawn("unit"))
    for council in COUNCILS:
        make_partner_keys(folder / council.id, council.id, draw=drawn(council.id))
        accept_invitation(folder / council.id, invite(folder / "unit", council.id, now=moment))
        add_partner(folder / "unit", card_path(folder / council.id, council.id), now=moment)


def hand_out_keys(folder: Path) -> None:
    """Play the custodian: a root for the councils alone, and the exercise's card for all."""
    cards = [card_path(folder / council.id, council.id) for council in COUNCILS]
    made = make_agreement(
        AGREEMENT, exercise="night-1", cards=cards, unit_card=card_path(folder / "unit", "unit"), out=folder / "custodian", spec=spec_digest,
        canaries=canaries, now=datetime.combine(AS_OF, time(9), UTC), draw=drawn("custodian"),
    )  # fmt: skip
    card, *envelopes = made.files
    accept(folder / "unit", [card], "unit", spec=spec_digest, canaries=canaries)
    for member, envelope in zip(made.card.partners, envelopes, strict=True):
        accept(folder / member.id, [card, envelope], "partner", spec=spec_digest, canaries=canaries)


def deliver(sample: Path, folder: Path, *, as_of: date, evening: datetime) -> int:
    """Have every council submit every file, one a minute, and return how many there were."""
    deliveries = json.loads((sample / "partnership.json").read_text(encoding="utf-8"))["files"]
    for minute, one in enumerate(sorted(deliveries, key=lambda d: (d["as_of"], d["partner"], d["file"]))):
        now = evening + timedelta(minutes=minute)
        submit(
            [sample / one["file"]], one["dataset"], folder / one["partner"], as_of=as_of, now=now, period=one["period"],
            draw=partial(_tokens, drawn(one["file"])),
        )  # fmt: skip
    return len(deliveries)


def _tokens(draw: Callable[[int], bytes], count: int) -> list[str]:
    text = draw(16 * count).hex()
    return [text[at : at + 32] for at in range(0, len(text), 32)]


def drawn(name: str) -> Callable[[int], bytes]:
    """Return what gives the same bytes at every demonstration, as nothing but a demonstration may."""
    calls = itertools.count()
    return lambda size: hashlib.shake_256(f"demonstration {name} {next(calls)}".encode()).digest(size)


def _with_titles(table: pl.DataFrame) -> pl.DataFrame:
    titles = {rule.id: rule.title for rule in reversed(load_rules())}
    return table.with_columns(title=pl.col("rule").replace_strict(titles, default=""))


def _example(exceptions: pl.DataFrame) -> str:
    """Return the id of the first exception about a person that is surest; of any, where there is none."""
    issued = exceptions.filter(pl.col("status") != "suppressed")
    order = issued.sort((pl.col("entity") == "person") & (pl.col("band") == "top"), "exception_id", descending=[True, False])
    return str(order["exception_id"][0]) if order.height else ""


def partnership(disclosure: Disclosure = "pseudonymised") -> Partnership:
    """Return the settings of the invented partnership: six councils and one agreement about everything they send.

    What a council spends it publishes, so that travels in clear either way.
    """
    partners = tuple(
        PartnerEntry(id=c.id, name=c.name, gss=c.gss, kind="county" if c.kind == "county" else "district", datasets=c.datasets) for c in COUNCILS
    )
    datasets = tuple(sorted({name for c in COUNCILS for name in c.datasets}))
    agreement = Agreement(id=AGREEMENT, disclosure=disclosure, clear=("PSP",), partners=tuple(c.id for c in COUNCILS), datasets=datasets, legal_basis="invented, for the demonstration")
    return Partnership(
        name="Merrowshire counter-fraud partnership", shared=Path("..", "shared").as_posix(), partner=partners, agreement=(agreement,),
        as_of={"default": AsOfRule(max_age_days=92)},
    )


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise UsageProblem("the folder holds something else and was left as it is", file=str(folder), mend="name a new folder with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("counterfoil demo may remove this folder and everything in it.\n", encoding="utf-8")
