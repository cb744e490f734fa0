"""Links between people of one home are counted, and no others."""

from __future__ import annotations

import polars as pl

from benchmarks.linkage_trust import false_at_home


def test_only_false_links_of_one_home_count():
    people = pl.DataFrame({"record_ref": ["a", "b", "c", "d"], "home": [1, 1, 2, 1]})
    judged = pl.DataFrame({"record_l": ["a", "a", "a"], "record_r": ["b", "c", "d"], "is_match": [False, False, True]})
    assert false_at_home(judged, people) == 1
