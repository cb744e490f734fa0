"""Whether our probabilities mean what they say, and whether people of one home are taken for each other.

    python -m benchmarks.linkage_trust [--records 1000000] [--seed 1]

An invented population is linked without labels; then its truth says of each band of stated probability how much of it is true, and
how many links join two people of one home.
"""

from __future__ import annotations

import argparse

import polars as pl

from benchmarks.machine import machine
from benchmarks.population import population
from matchers import evaluation
from pipeline.link_files import link_tables


def main() -> None:
    options = arguments()
    people = population(options.records, seed=options.seed)
    found = link_tables(people.drop("person", "home")).links
    links = found.select(
        pl.col("record_ref_l").alias("record_l"), pl.col("record_ref_r").alias("record_r"), "match_weight", "match_probability", "situation"
    )
    truth = people.select(pl.col("record_ref").alias("record"), pl.col("person").cast(pl.String).alias("entity"))
    judged = evaluation.judge(links, truth)
    quality = evaluation.pair_quality(judged, truth)
    print(f"{machine()}; {options.records:,} records, seed {options.seed}")
    print(f"precision {quality.precision:.4f}, recall {quality.recall:.4f}, F1 {quality.f1:.4f} of {quality.links:,} links\n")
    print("| stated | pairs | mean stated | true | off by points |\n| --- | --- | --- | --- | --- |")
    for row in evaluation.calibration(judged).filter(pl.col("pairs") > 0).iter_rows(named=True):
        off = 100 * (row["mean_probability"] - row["precision"])
        print(f"| {row['lower']:g} to {row['upper']:g} | {row['pairs']:,} | {row['mean_probability']:.4f} | {row['precision']:.4f} | {off:+.1f} |")
    wrong = false_at_home(judged, people)
    print(f"\nlinks between two people of one home: {wrong:,} of {links.height:,}, {wrong / links.height:.3%}")


def false_at_home(judged: pl.DataFrame, people: pl.DataFrame) -> int:
    """Return how many links join records of two people that give one home."""
    home = dict(zip(("l", "r"), (people.select(pl.col("record_ref").alias(f"record_{side}"), pl.col("home").alias(f"home_{side}")) for side in "lr"), strict=True))
    false = judged.filter(~pl.col("is_match"))
    return false.join(home["l"], on="record_l").join(home["r"], on="record_r").filter(pl.col("home_l") == pl.col("home_r")).height


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
