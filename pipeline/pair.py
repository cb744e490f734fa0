"""One pair of a file of links in sentences: what each comparison said, what it weighs, and which situation is the likeliest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from matchers.explanation import sentence, weight
from matchers.picture import picture
from pipeline.stray_file import scan_links
from schemas.errors import CounterfoilError, DataRejected, UsageProblem

_NEEDED = ("record_ref_l", "record_ref_r", "match_weight", "match_probability", "situation", "contribution_start")
_CONTRIBUTION = "contribution_"
_MOST_NAMED = 3  # references in an error
CLOSING = "A link is what the arithmetic makes of two records, and not a finding. A person decides, after looking."


@dataclass(frozen=True)
class Pair:
    """A pair of a file of links.

    Attributes:
        evidence: field, level and contribution in centibits, weightiest first; `start` holds the starting odds.
        match_weight: their sum.
    """

    record_ref_l: str
    record_ref_r: str
    situation: str
    evidence: tuple[tuple[str, str, int], ...]
    match_weight: int
    match_probability: float

    @property
    def text(self) -> str:
        """The pair in sentences."""
        lines = [f"{self.record_ref_l} and {self.record_ref_r}"]
        lines += [f"The likeliest situation: {self.situation}.", ""] if self.situation else [""]
        lines.append(f"How sure we are that both belong together: probability {self.match_probability:.4f}.")
        lines += [f"  {sentence(*line)}" for line in self.evidence]
        if self.match_weight:
            lines.append(f"  Together {weight(self.match_weight)}; each point doubles or halves the odds.")
        return "\n".join([*lines, "", CLOSING]) + "\n"

    def picture(self) -> str:
        """Return the pair as an SVG; UsageProblem where nothing was weighed."""
        title = f"{self.record_ref_l} and {self.record_ref_r}: how the evidence adds up"
        return picture(title, self.evidence, match_weight=self.match_weight, match_probability=self.match_probability)


def find_pair(links: Path, left: str, right: str) -> Pair:
    """Return one pair of a file of links.

    Args:
        links: Parquet; `record_ref_l, record_ref_r, match_weight, match_probability, situation, contribution_start`, and
            `level_<field>, contribution_<field>` of each comparison.
        left, right: the two references; where the pair is not there in this order, the other one is tried.

    Raises:
        UsageProblem: the pair is not in the file; the message says with what each of the two is linked.
        DataRejected: this is no file of links.
    """
    table = scan_links(links)
    try:
        names = table.collect_schema().names()
        if missing := [name for name in _NEEDED if name not in names]:
            raise DataRejected("this is no file of links", file=links.name, found=f"no column {', '.join(missing)}", mend="name the Parquet file with the links")
        table = table.with_columns(pl.col("record_ref_l", "record_ref_r").cast(pl.String))
        wanted = (left, right), (right, left)
        either = pl.any_horizontal((pl.col("record_ref_l") == one) & (pl.col("record_ref_r") == other) for one, other in wanted)
        found = {(row["record_ref_l"], row["record_ref_r"]): row for row in table.filter(either).collect().iter_rows(named=True)}
        row = next((found[pair] for pair in wanted if pair in found), None)
        if row is None:
            raise _not_there(table, links, left, right)
    except pl.exceptions.PolarsError:
        raise DataRejected("the file of links is damaged", file=links.name, mend="make it again") from None
    return _pair(row, links)


def _pair(row: dict[str, Any], links: Path) -> Pair:
    """Return a row of the file as a pair; a field without a level was not compared."""
    fields = [name.removeprefix(_CONTRIBUTION) for name in row if name.startswith(_CONTRIBUTION)]
    said = [(f, "start" if f == "start" else row.get(f"level_{f}") or "", row[f"{_CONTRIBUTION}{f}"] or 0) for f in fields]
    evidence = tuple(sorted((one for one in said if one[1] not in ("", "start") or one[2]), key=lambda one: (-one[2], one[0])))
    if row["match_weight"] is None or sum(contribution for _, _, contribution in evidence) != row["match_weight"]:
        raise DataRejected("what the fields of this pair weigh does not add up to its match weight", file=links.name, mend="make the links again")
    situation, probability = row["situation"] or "", row["match_probability"]
    return Pair(row["record_ref_l"], row["record_ref_r"], situation, evidence, row["match_weight"], probability)


def _not_there(table: pl.LazyFrame, links: Path, left: str, right: str) -> CounterfoilError:
    """Return the error for a pair that is not in the file, with what each of the two is linked to."""
    known = []
    for ref in dict.fromkeys((left, right)):
        ends = (("record_ref_l", "record_ref_r"), ("record_ref_r", "record_ref_l"))
        others = pl.concat([table.filter(pl.col(one) == ref).select(pl.col(other).alias("other")) for one, other in ends])
        names = others.unique().sort("other").collect().get_column("other").to_list()
        if names:
            more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
            known.append(f"{ref!r} is in a pair with {', '.join(names[:_MOST_NAMED])}{more}")
        else:
            known.append(f"{ref!r} is in no pair")
    return UsageProblem(
        f"there is no pair of {left!r} and {right!r}", file=links.name, found="; ".join(known),
        mend="check both references; two records that nothing brought together are not in the file",
    )
