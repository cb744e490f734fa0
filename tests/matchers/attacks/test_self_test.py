"""A partner's own machine lets a salted submission through and stops one that can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.attacks_data import people, plain, submission
from matchers.attacks import self_test
from matchers.encoding.encoder import Encoded


@pytest.mark.parametrize("profile", ["P1", "P2"])
def test_a_submission_withstands(profile):
    records = people(3_000, 5)
    results = self_test(submission(records, profile), records, 1)
    assert [result.attack[:2] for result in results] == ["A1", "A1", "A5", "A5", "A7"]
    naming, _, composite, numbers, weight = results
    assert naming.passed
    assert naming.gate < 0.06
    assert weight.passed
    assert numbers.passed
    assert composite.metric < 0.05


def test_filters_without_salt_are_stopped():
    records = people(3_000, 5)
    naming, _, _, _, weight = self_test(plain(records), records, 1)
    assert not naming.passed
    assert naming.metric > 0.85
    assert naming.column.endswith("filter")
    assert not weight.passed


def test_a_submission_with_one_salt_for_all_blocks_is_stopped():
    records = people(3_000, 5)
    good, open_one = submission(records, "P1"), plain(records)
    codes = good.codes["p1"].copy()
    at = {row: i for i, row in enumerate(open_one.rows["plain"].tolist())}
    codes[:, :32] = open_one.codes["plain"][[at[row] for row in good.rows["p1"].tolist()], :32]
    naming = self_test(replace(good, codes={**good.codes, "p1": codes}), records, 1)[0]
    assert (naming.column, naming.passed) == ("p1 forename filter", False)


def test_the_same_seed_gives_the_same_result():
    records = people(500, 5)
    encoded = submission(records, "P1")
    assert self_test(encoded, records, 3) == self_test(encoded, records, 3)


def test_nothing_encoded_is_nothing_to_attack():
    assert self_test(Encoded(0), people(500, 5).head(0), 1) == ()
    assert np.size(Encoded(0).rows) == 1
