"""What `evaluate` reads: links, a truth, clusters, and the files that were linked, as tables of records with one name each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from matchers.evaluation import PAIR, count_true_pairs
from pipeline.stray_file import columns, complete, lacking, membership, scan_links, selected
from schemas.errors import DataRejected, UsageProblem

METADATA = "counterfoil"  # the key under which a Parquet file of ours says how it was made
_COUNTS = ("candidate_pairs", "records", "records_left", "records_right")
REFS = ("record_ref_l", "record_ref_r")
_SIDES = ("left", "right")
_WHO = ("person", "cluster", "cluster_id", "entity")  # one of them says in TRUTH who a record is
_MEMBER = ("record_ref", "file", "cluster_id")
_SCORES = {"match_weight": pl.Int64(), "match_probability": pl.Float64(), "situation": pl.String()}


@dataclass(frozen=True)
class Inputs:
    """The files as tables of records.

    Attributes:
        links: `record_ref_l, record_ref_r, record_l, record_r` and the scores, in the order of LINKS.
        truth, clusters: as `matchers.evaluation` takes them.
        records: `record` of everything named anywhere; of two files also `file`.
    """

    links: pl.DataFrame
    truth: pl.DataFrame
    truth_left_out: int
    clusters: pl.DataFrame | None
    records: pl.DataFrame
    two_files: bool


def read_inputs(links: Path, truth: Path, clusters: Path | None, listed: pl.DataFrame | None, told: Mapping[str, float]) -> Inputs:
    """Return the tables; DataRejected where they cannot be used together."""
    scored, rows = _links(links), _truth(truth)
    members = membership(columns(clusters, _MEMBER), clusters, ("cluster_id",)) if clusters else None
    has_file = any(table is not None and "file" in table.columns for table in (rows, members))
    two = listed is not None or {"records_left", "records_right"} <= told.keys() or (has_file and "records" not in told)
    names = _Names(two, listed)
    named = names.of_pairs(scored, links)
    known = names.of_pairs(rows, truth) if set(REFS) <= set(rows.columns) else names.of_members(rows, truth)
    grouped = None if members is None or clusters is None else names.of_members(members, clusters).rename({"entity": "cluster_id"})
    if names.listed_only(named).height < named.height:
        raise UsageProblem("LINKS names records that are not in --left and --right", mend="name the two files that were linked, the left one as --left")
    used = names.listed_only(known)
    records = pl.concat([names.named_in(table) for table in (named, used, grouped, names.all_listed()) if table is not None]).unique()
    if names.named_in(used).join(names.named_in(named), on="record", how="semi").is_empty():
        raise DataRejected("the truth and LINKS have no record in common", file=truth.name, mend="write references as they stand in LINKS, with their leading zeros")
    return Inputs(named, used, rows.height - used.height, grouped, records, two)


@dataclass(frozen=True)
class _Names:
    """One name for each record: its reference, and of two files its side besides, because both may use a reference."""

    two: bool
    listed: pl.DataFrame | None

    def _name(self, ref: str, file: pl.Expr) -> pl.Expr:
        return pl.concat_str(file, pl.lit(" "), pl.col(ref)) if self.two else pl.col(ref)

    def of_pairs(self, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
        """Add `record_l, record_r`; refuse a record paired with itself, and a pair that stands twice."""
        pairs = frame.with_columns(record_l=self._name(REFS[0], pl.lit("left")), record_r=self._name(REFS[1], pl.lit("right")))
        if selves := pairs.filter(pl.col("record_l") == pl.col("record_r")).height:
            raise DataRejected("records are paired with themselves", file=path.name, found=f"{selves:,} pairs", mend="leave these pairs out")
        if again := pairs.height - count_true_pairs(pairs):
            raise DataRejected("pairs stand in more than one row", file=path.name, found=f"{again:,} rows too many", mend="keep each pair once, in one order")
        return pairs

    def of_members(self, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
        """Return `record, entity` and of two files `file`; refuse a record that stands twice."""
        if not self.two:
            frame = frame.select("record_ref", "entity")
        elif "file" not in frame.columns:
            frame = self._sided(frame, path)
        elif not frame["file"].is_in(_SIDES).all():
            raise DataRejected("a file is neither left nor right", file=path.name, column="file", mend="write left or right in every row")
        members = frame.select(self._name("record_ref", pl.col("file") if self.two else pl.lit("")).alias("record"), pl.exclude("record_ref"))
        if again := members.height - members["record"].n_unique():
            mend = "keep one row for each record" + ("" if self.two else "; of two files, add a column file that says left or right")
            raise DataRejected("records stand in more than one row", file=path.name, found=f"{again:,} rows too many", mend=mend)
        return members

    def _sided(self, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
        if self.listed is None or self.listed["record_ref"].is_duplicated().any():
            mend = "add a column file that says left or right" + ("; both files use the same references" if self.listed is not None else ", or name them with --left and --right")
            raise DataRejected("two files were linked, and nothing says which of them a reference is from", file=path.name, mend=mend)
        return frame.join(self.listed, on="record_ref", how="left").with_columns(pl.col("file").fill_null("left"))

    def all_listed(self) -> pl.DataFrame | None:
        """Return `record, file` of the two files, where they were named."""
        return None if self.listed is None else self.listed.select(self._name("record_ref", pl.col("file")).alias("record"), "file")

    def listed_only(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows about records of the two files; all, where the files were not named."""
        listed = self.all_listed()
        if listed is None:
            return frame
        for column in [name for name in ("record", *PAIR) if name in frame.columns]:
            frame = frame.join(listed.select(pl.col("record").alias(column)), on=column, how="semi", maintain_order="left")
        return frame

    def named_in(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `record` of every record the table names, and of two files `file`."""
        if "record" in frame.columns:
            return frame.select("record", *(["file"] if self.two else []))
        sides = [frame.select(pl.col(column).alias("record"), pl.lit(side).alias("file")) for column, side in zip(PAIR, _SIDES, strict=True)]
        return pl.concat(sides).select("record", *(["file"] if self.two else []))


def _links(path: Path) -> pl.DataFrame:
    """Return LINKS without its evidence."""
    frame = selected(scan_links(path), (*REFS, *_SCORES), path)
    if missing := [name for name in (*REFS, *_SCORES) if name not in frame.columns]:
        raise lacking(path, missing, frame)
    weight, probability = frame["match_weight"], frame["match_probability"]
    if not weight.dtype.is_integer() or not probability.dtype.is_numeric():
        raise DataRejected("scores are no numbers of the right kind", file=path.name, mend="write match_weight as whole centibits, match_probability as 0 to 1")
    if frame.is_empty():
        raise DataRejected("the file holds no pair", file=path.name, mend="make the links again with a lower floor; there is nothing to measure")
    whole = frame.select(~pl.any_horizontal(pl.col(*REFS, "match_weight").is_null()) & pl.col("match_probability").is_between(0, 1).fill_null(False))
    if bad := frame.height - int(whole.to_series().sum()):
        raise DataRejected("pairs lack a reference or a weight, or have no probability from 0 to 1", file=path.name, found=f"{bad:,} pairs", mend="make the links again")
    return frame.select(pl.col(REFS).cast(pl.String), *(pl.col(name).cast(dtype) for name, dtype in _SCORES.items()))


def _truth(path: Path) -> pl.DataFrame:
    frame = columns(path, (*_MEMBER, *REFS, *_WHO))
    if set(REFS) <= set(frame.columns):
        return complete(frame.select(pl.col(REFS).cast(pl.String)), path)
    return membership(frame, path, _WHO)


def listed_records(left: Path | None, right: Path | None) -> pl.DataFrame | None:
    """Return `record_ref, file` of the two files that were linked."""
    if left is None and right is None:
        return None
    if left is None or right is None:
        raise UsageProblem("one of two files was named", mend="name both, --left and --right; the size of a file linked within itself is --records")
    return pl.concat([_refs(path).with_columns(file=pl.lit(side)) for path, side in zip((left, right), _SIDES, strict=True)])


def _refs(path: Path) -> pl.DataFrame:
    frame = columns(path, ("record_ref",))
    if frame.columns != ["record_ref"]:
        raise lacking(path, ["record_ref"], frame)
    refs = complete(frame.cast(pl.String), path)
    if again := refs.height - refs["record_ref"].n_unique():
        raise DataRejected("references stand in more than one row", file=path.name, column="record_ref", found=f"{again:,} rows too many", mend="give each record one of its own")
    return refs


def told_by(links: Path, records: int | None, listed: pl.DataFrame | None) -> dict[str, float]:
    """Return what LINKS says about how it was made; what the options say goes before it."""
    scan_links(links)
    wrong = DataRejected(
        f"what the file says about itself under {METADATA!r} cannot be used", file=links.name,
        mend=f"write a JSON object with whole numbers for {', '.join(_COUNTS)} and 0 to 1 for pairs_completeness, or nothing",
    )  # fmt: skip
    try:
        said = json.loads(pl.read_parquet_metadata(links).get(METADATA, "{}"))
    except pl.exceptions.PolarsError:
        raise DataRejected("the Parquet file is incomplete", file=links.name, mend="copy or make it again") from None
    except ValueError:
        raise wrong from None
    if not isinstance(said, dict):
        raise wrong
    told = {name: said[name] for name in (*_COUNTS, "pairs_completeness") if said.get(name) is not None}
    for name, value in told.items():
        right_kind = type(value) is int if name in _COUNTS else type(value) in (int, float) and value <= 1
        if not right_kind or value < 0:
            raise wrong
    if records is not None:
        told["records"] = records
    if listed is not None:
        told |= {f"records_{side}": listed.filter(pl.col("file") == side).height for side in _SIDES}
    return told
