"""A5 counts strangers whose value is known from somebody else, and takes nobody for his own stranger."""

from __future__ import annotations

import numpy as np
import pytest

from matchers.attacks.coverage import coverage, coverage_attack, halves, together
from matchers.encoding.encoder import Encoded
from matchers.encoding.layout import CODE_BYTES


def _ids(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def _encoded(size: int, **tokens: list[int]) -> Encoded:
    """Encode nothing but tokens; 0 stands for a record without one."""
    out = Encoded(size)
    for name, values in tokens.items():
        rows = np.flatnonzero(np.array(values))
        out.rows[name] = rows
        out.tokens[name] = np.zeros((len(rows), 16), np.uint8)
        out.tokens[name].view(np.uint64)[:, 0] = np.array(values, np.uint64)[rows]
        out.codes[name] = np.zeros((len(rows), CODE_BYTES), np.uint8)
    return out


def test_the_share_is_of_strangers_who_have_a_value():
    assert coverage(_ids(1, 2, 0), _ids(2, 2, 3, 4, 0)) == 0.5
    assert coverage(_ids(), _ids(1)) == 0
    assert coverage(_ids(1), _ids(0)) == 0


@pytest.mark.parametrize(("profile", "passed"), [("P1", True), ("P2", False)])
def test_composite_values_and_numbers_have_gates_of_their_own(profile, passed):
    composite, numbers = coverage_attack({"p1 block": 0.04, "p2 block": 0.01, "nino block": 0.002}, profile)
    assert (composite.column, composite.metric, composite.passed) == ("p1 block", 0.04, passed)
    assert (numbers.column, numbers.gate, numbers.passed) == ("nino block", 0.001, False)


def test_records_are_joined_through_others():
    # 0 and 1 share a home, 1 and 3 a number; 2 and 4 share nothing, for 0 is no value
    assert together([_ids(5, 5, 0, 6, 0), _ids(0, 8, 0, 8, 9)], 5).tolist() == [0, 0, 2, 0, 4]


def test_no_person_and_no_home_is_in_both_halves():
    many = 200
    same_person = _encoded(2 * many, p1=[*range(1, many + 1)] * 2, p2=[*range(1, many + 1)] * 2)
    homes = np.arange(1, 2 * many + 1).astype(np.uint64) // np.uint64(2)
    one, other = halves(same_person, homes, np.zeros(2 * many, np.uint64), seed=1)
    assert (one ^ other).all()
    assert (one[:many] == one[many:]).all()
    assert all(one[at] == one[at + 1] for at in range(1, 2 * many - 1, 2))


def test_a_birth_date_and_a_forename_that_strangers_share_do_not_join_them():
    strangers = _encoded(100, p1=[1] * 100, p2=list(range(1, 101)))
    one, other = halves(strangers, np.zeros(100, np.uint64), np.zeros(100, np.uint64), seed=1)
    assert one.any()
    assert other.any()
