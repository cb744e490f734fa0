"""Records as whole numbers: the same value has the same code, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.features import FEWEST_STAND_INS, LONGEST_NUMBER, UNKNOWN, Column, encode

SCHEMA = {
    **dict.fromkeys(("record_ref", "forename", "middle_names", "surname", "date_of_birth", "postcode", "address", "saon", "paon", "nino", "phone", "name"), pl.String),
    "uprn": pl.Int64,
}  # fmt: skip
TEXTS = ("forename", "middle_names", "surname", "date_of_birth", "postcode", "address", "saon", "paon", "phone", "name")


def codes(encoded, name: str, *rows: dict[str, object]) -> list[int]:
    """The codes of a column, in the order of the rows."""
    features, number = encoded(rows)
    return features.codes(name)[number].tolist()


def test_equal_values_have_one_code_and_unknown_ones_none(encoded) -> None:
    a, b, c, d = codes(encoded, "surname", {"surname": "LEWIS"}, {"surname": "NOWAK"}, {"surname": "LEWIS"}, {"surname": None})
    assert a == c != b
    assert d == UNKNOWN


def test_columns_that_hold_nothing_are_left_out(encoded) -> None:
    features, _ = encoded([{"surname": "LEWIS", "forename": None, "postcode": None, "uprn": None}])
    assert features.has("surname")
    assert not any(features.has(name) for name in ("forename", "names", "postcode", "sector", "uprn", "home", "date_of_birth", "birth_date"))


def test_a_name_has_one_code_in_every_column(encoded) -> None:
    features, at = encoded([{"forename": "LEWIS", "surname": "BRYN", "middle_names": "LEWIS"}])
    assert features.codes("forename")[at] == features.codes("middle_names")[at] != features.codes("surname")[at]


def test_a_full_name_is_the_same_with_its_parts_exchanged(encoded) -> None:
    one, other, third, lone = codes(
        encoded, "names", {"forename": "BRYN", "surname": "LEWIS"}, {"forename": "LEWIS", "surname": "BRYN"}, {"forename": "BRYN", "surname": "NOWAK"},
        {"forename": None, "surname": "LEWIS"},
    )  # fmt: skip
    assert one == other != third
    assert lone == UNKNOWN


def test_initials_and_sounds_are_those_of_the_name(encoded) -> None:
    rows = [{"surname": s} for s in ("STEPHENSON", "STEVENSON", "SMITH", None)]
    initials, sounds = codes(encoded, "surname_initial", *rows), codes(encoded, "surname_sound", *rows)
    assert initials[0] == initials[1] == initials[2] != UNKNOWN
    assert sounds[0] == sounds[1] != sounds[2]
    assert initials[3] == sounds[3] == UNKNOWN


def test_the_last_letter_of_a_nino_does_not_count(encoded) -> None:
    a, b, c = codes(encoded, "nino", {"nino": "QQ112233A"}, {"nino": "QQ112233"}, {"nino": "QQ112234A"})
    assert a == b != c


def test_a_date_with_an_unknown_part_has_a_year_if_that_is_known_and_no_day_to_block_on(encoded) -> None:
    rows = [{"date_of_birth": d} for d in ("1984-03-27", "1984-03-XX", "XXXX-03-27", "198X-03-27", "1984-XX-XX", None)]
    year, day, date = (codes(encoded, name, *rows) for name in ("birth_year", "birthday", "birth_date"))
    assert [year[i] for i in (0, 1, 4)] == [1984] * 3
    assert [i for i, code in enumerate(year) if code == UNKNOWN] == [2, 3, 5]
    assert day[0] == day[2] == day[3] == 3 * 32 + 27
    assert [i for i, code in enumerate(day) if code == UNKNOWN] == [1, 4, 5]
    assert [i for i, code in enumerate(date) if code != UNKNOWN] == [0]


@pytest.mark.parametrize(("holders", "forgotten"), [(FEWEST_STAND_INS, False), (FEWEST_STAND_INS + 1, True)])
def test_a_day_of_the_year_that_far_too_many_share_is_no_day(encoded, holders: int, forgotten: bool) -> None:
    rows = [{"date_of_birth": f"{1950 + i}-01-01"} for i in range(holders)] + [{"date_of_birth": "1984-03-27"}]
    days = codes(encoded, "birth_date", *rows)
    assert ([day == UNKNOWN for day in days[:-1]], days[-1] == UNKNOWN) == ([forgotten] * holders, False)
    assert codes(encoded, "birth_year", *rows)[:3] == [1950, 1951, 1952]


def test_of_many_records_ten_times_a_day_s_share_is_far_too_many(encoded) -> None:
    spread = [{"date_of_birth": f"19{50 + i % 40}-{1 + i % 12:02}-{1 + i % 28:02}"} for i in range(960)]
    # ten 365ths of 990 records are 27.1
    for holders, forgotten in ((26, False), (30, True)):
        rows = spread + [{"date_of_birth": f"{1950 + i}-01-30"} for i in range(holders)]
        assert (codes(encoded, "birth_date", *rows)[-1] == UNKNOWN) == forgotten


def test_a_sector_is_a_postcode_without_its_last_two_letters(encoded) -> None:
    a, b, c, d = codes(encoded, "sector", *({"postcode": p} for p in ("ZZ1 1AA", "ZZ1 1BB", "ZZ1 2AA", None)))
    assert a == b != c
    assert d == UNKNOWN


HOUSE = {"postcode": "ZZ1 1AA", "paon": "14", "address": "14 WEAVER STREET"}


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"address": "14 WEAVER ST"}, True), ({"postcode": "ZZ1 1AB"}, False), ({"paon": "16", "address": "16 WEAVER STREET"}, False),
     ({"saon": "FLAT 2"}, False), ({"postcode": None}, False)],
)  # fmt: skip
def test_a_home_is_a_postcode_with_house_and_flat(encoded, change: dict[str, object], same: bool) -> None:
    one, other = codes(encoded, "home", HOUSE, {**HOUSE, **change})
    assert (one == other) == same


def test_flat_and_house_in_either_order_are_one_home_and_a_line_alone_is_one_too(encoded) -> None:
    a, b = codes(encoded, "home", {**HOUSE, "saon": "FLAT 7", "paon": "18"}, {**HOUSE, "saon": "18", "paon": "7"})
    assert a == b
    a, b, c, d = codes(encoded, "home", *({"address": line} for line in ("ROSE COTTAGE", "ROSE COTTAGE", "MILL COTTAGE", None)))
    assert a == b != c
    assert d == UNKNOWN


def test_no_house_is_taken_for_a_line(encoded) -> None:
    houses = [{"postcode": f"ZZ1 {n}AA", "paon": str(n), "address": f"{n} MILL LANE"} for n in range(1, 9)]
    lines = [{"address": f"COTTAGE {n}"} for n in range(8)]
    assert len(set(codes(encoded, "home", *houses, *lines))) == 16


def test_uprns_beyond_four_bytes_keep_their_identity(encoded) -> None:
    a, b, c, d = codes(encoded, "uprn", *({"uprn": n} for n in (990000000123, 990000000123, 990000000124, None)))
    assert a == b != c
    assert d == UNKNOWN


def test_organisations_share_what_spacing_and_order_leave(encoded) -> None:
    rows = [{"name": n} for n in ("HOLLIN BANK JOINERY", "HOLLINBANK JOINERY", "JOINERY HOLLIN BANK", None)]
    squeezed, words = codes(encoded, "name_squeezed", *rows), codes(encoded, "name_words", *rows)
    assert squeezed[0] == squeezed[1] != squeezed[2]
    assert words[0] == words[2] != words[1]
    assert squeezed[3] == words[3] == UNKNOWN


def test_counts_are_of_records_that_hold_a_value() -> None:
    column = Column(np.array([0, 2, 2, -1, 2], np.int32), pl.Series(["A", "B", "C"]))
    assert column.counts.tolist() == [1, 0, 3]
    assert Column(np.empty(0, np.int32), pl.Series(dtype=pl.String)).counts.tolist() == []


def test_plain_short_values_are_also_bytes_and_others_are_not() -> None:
    def column(*texts: str) -> Column:
        return Column(np.zeros(1, np.int32), pl.Series(texts, dtype=pl.String))

    assert column("AB", "C").bytes.tolist() == [[65, 66], [67, 0]]
    assert column("AB", "C").lengths.tolist() == [2, 1]
    assert column("AB", "É").bytes is None
    assert column("A" * LONGEST_NUMBER).bytes.shape == (1, LONGEST_NUMBER)
    assert column("A" * (LONGEST_NUMBER + 1)).bytes is None
    assert column().bytes is None


text = st.none() | st.sampled_from(["LEWIS", "BRYN", "A", "ZZ1 1AA", "1984-03-27", "14"]) | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9)
rows = st.lists(st.fixed_dictionaries({**dict.fromkeys(TEXTS, text), "uprn": st.none() | st.integers(0, 2**40)}), max_size=8)


def table_of(some: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(SCHEMA), "record_ref": f"R{i}", **row} for i, row in enumerate(some)], schema=SCHEMA)


@settings(max_examples=50)
@given(some=rows)
def test_codes_lead_back_to_the_values_whatever_these_are(some: list[dict[str, object]]) -> None:
    features = encode(table_of(some))
    assert sorted(features.order.tolist()) == list(range(len(some)))
    for name in TEXTS:
        if features.has(name):
            column = features.columns[name]
            back = [column.texts[code] if code != UNKNOWN else None for code in column.codes]
            assert back == [some[row][name] for row in features.order], name
        else:
            assert all(row[name] is None for row in some), name
    for name, column in features.columns.items():
        assert len(column.codes) == len(some), name
        assert column.codes.min(initial=0) >= UNKNOWN, name


@settings(max_examples=40)
@given(some=rows, data=st.data())
def test_the_order_of_rows_changes_no_code(some: list[dict[str, object]], data: st.DataObject) -> None:
    table = table_of(some)
    moved = data.draw(st.permutations(range(len(some))))
    one, other = encode(table), encode(table[moved])
    assert table[one.order]["record_ref"].to_list() == table[moved][other.order]["record_ref"].to_list()
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns:
        assert one.codes(name).tolist() == other.codes(name).tolist(), name


def test_the_order_of_columns_changes_no_code() -> None:
    table = table_of([{"surname": "LEWIS", "forename": "BRYN", "postcode": "ZZ1 1AA"}, {"surname": "NOWAK"}, {"surname": "OKAFOR"}])
    one, other = encode(table), encode(table.select(sorted(table.columns, reverse=True)))
    assert one.order.tolist() == other.order.tolist()


@pytest.mark.parametrize("height", [0, 1, 2])
def test_next_to_no_records_of_which_nothing_is_known_have_no_columns(height: int) -> None:
    features = encode(table_of([{}] * height))
    assert (features.size, dict(features.columns)) == (height, {})


def test_one_value_everywhere_and_very_long_values_are_values(encoded) -> None:
    assert set(codes(encoded, "surname", *[{"surname": "LEWIS"}] * 50)) == {0}
    a, b = codes(encoded, "address", {"address": "A" * 1_000_000}, {"address": "A" * 999_999})
    assert a != b
