"""The seam between normalising and sealing."""

from __future__ import annotations

import pytest

from pipeline.encode import encode
from schemas.errors import ConfigurationError
from schemas.records import RECORD, REJECT
from schemas.relations import Normalised

ROWS = Normalised(RECORD.empty(), REJECT.empty())


def test_clear_rows_travel_as_they_are() -> None:
    assert encode(ROWS, disclosure="clear") is ROWS


def test_a_disclosure_that_we_cannot_make_hands_nothing_through() -> None:
    with pytest.raises(ConfigurationError, match="'tokens'"):
        encode(ROWS, disclosure="tokens")
