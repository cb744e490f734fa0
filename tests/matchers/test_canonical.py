"""Tables as somebody else keeps them, brought to the common form or left as written, and never a crash."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.canonical import COLUMNS, LONGEST, canonical
from matchers.features import encode


def read(name: str, *values: object, dtype: pl.DataType | None = None) -> tuple[list[object], tuple[str, ...]]:
    """One column's canonical values, and what was noted."""
    found = canonical(pl.DataFrame({name: pl.Series(values, dtype=dtype, strict=False)}))
    return found.records[name].to_list(), found.notes


def test_each_column_is_brought_to_its_form() -> None:
    table = pl.DataFrame({
        "forename": ["Adaeze"], "surname": ["o'Kafor"], "date_of_birth": ["1984-03-27"], "postcode": ["zz11aa"], "address": ["Flat 2, 14 Weaver St"],
        "nino": ["qq 11 22 33 c"], "phone": ["07700 900123"], "email": ["A.Okafor@Example.org"], "account": ["12-34 56"], "uprn": [" 990000000123 "],
        "name": ["Hollin Bank Ltd."], "company_number": ["19"],
    })  # fmt: skip
    found = canonical(table)
    assert found.notes == ()
    assert found.records.to_dicts() == [{
        "forename": "ADAEZE", "middle_names": None, "surname": "OKAFOR", "date_of_birth": "1984-03-27", "postcode": "ZZ1 1AA",
        "address": "FLAT 2 14 WEAVER STREET", "saon": "FLAT 2", "paon": "14", "nino": "QQ112233C", "phone": "+447700900123",
        "email": "a.okafor@example.org", "account": "123456", "uprn": 990000000123, "name": "HOLLIN BANK", "company_number": "00000019",
    }]  # fmt: skip


def test_rows_keep_their_order_and_other_columns_their_values() -> None:
    table = pl.DataFrame({"record_ref": ["B", "A", "C"], "surname": ["Lewis", None, "Nowak"], "arrears": [3.5, None, 1.0]})
    found = canonical(table).records
    assert found.select("record_ref", "arrears").equals(table.select("record_ref", "arrears"))
    assert found["surname"].to_list() == ["LEWIS", None, "NOWAK"]


def test_a_row_of_two_people_gives_the_first_and_is_counted() -> None:
    table = pl.DataFrame({"forename": ["Bryn and Ada", "Eva"], "surname": ["Lewis", "Nowak"]})
    found = canonical(table)
    assert found.records.select("forename", "surname").rows() == [("BRYN", "LEWIS"), ("EVA", "NOWAK")]
    assert found.notes == ("names: 1 rows name two people; only the first of them was used",)


def test_a_whole_name_in_one_column_is_taken_apart() -> None:
    assert canonical(pl.DataFrame({"surname": ["Mr Bryn Lewis"]})).records.select("forename", "surname").rows() == [("BRYN", "LEWIS")]


# ---- dates


@pytest.mark.parametrize(
    ("values", "expected", "form"),
    [(("27/03/1984", "05/11/1961"), ["1984-03-27", "1961-11-05"], "DD/MM/YYYY"), ((19840327, 19611105), ["1984-03-27", "1961-11-05"], "YYYYMMDD"),
     (("27-MAR-1984", "5 Nov 1961"), ["1984-03-27", "1961-11-05"], "DD-MON-YYYY"), (("1984-3-27", "1961-11-5"), ["1984-03-27", "1961-11-05"], "YYYY-MM-DD")],
)  # fmt: skip
def test_dates_are_read_in_the_form_that_most_fit_and_the_form_is_noted(values, expected: list[str], form: str) -> None:
    assert read("date_of_birth", *values) == (expected, (f"date_of_birth: read as {form}",))


def test_month_first_is_not_guessed() -> None:
    values, notes = read("date_of_birth", "03/27/1984", "11/25/1961")
    assert values == [None, None]
    assert notes == ("date_of_birth: 2 values are no dates, or what systems write for none, and were not used",)


def test_unknown_parts_stay_and_what_systems_write_for_none_goes() -> None:
    values, notes = read("date_of_birth", "1984-03-XX", "1984-xx-xx", "198X-03-27", "1900-01-01", "XXXX-XX-XX", "1984-13-01", "tomorrow", None)
    assert values == ["1984-03-XX", "1984-XX-XX", "198X-03-27", None, None, None, None, None]
    assert notes == ("date_of_birth: 4 values are no dates, or what systems write for none, and were not used",)


def test_a_day_that_its_month_does_not_have_is_no_date() -> None:
    assert read("date_of_birth", "1984-02-31", "1984-03-27")[0] == [None, "1984-03-27"]


@pytest.mark.parametrize(
    ("values", "dtype"), [((date(1984, 3, 27),), pl.Date()), ((datetime(1984, 3, 27, 5, 30),), pl.Datetime()), ((datetime(1984, 3, 27),), pl.Datetime(time_zone="UTC"))]
)
def test_dates_that_are_dates_already_need_no_reading(values, dtype: pl.DataType) -> None:
    assert read("date_of_birth", *values, dtype=dtype) == (["1984-03-27"], ())


# ---- values that are not what their column means


def test_a_few_values_that_do_not_read_are_left_out_and_counted() -> None:
    values, notes = read("postcode", "ZZ11AA", "nowhere", "ZZ1 1AB", None)
    assert values == ["ZZ1 1AA", None, "ZZ1 1AB", None]
    assert notes == ("postcode: 1 of 3 values do not read as one and were not used",)


def test_a_column_of_another_country_is_used_as_written_and_said_to_be() -> None:
    values, notes = read("postcode", "75 001", "10115-x", "ZZ1 1AA", "n/a")
    assert values == ["75 001", "10115 X", "ZZ1 1AA", None]
    assert notes == ("postcode: most values are of another kind than expected here; they are compared as written",)


def test_half_that_read_are_enough_to_expect_the_rest_to() -> None:
    assert read("postcode", "ZZ1 1AA", "75001")[0] == ["ZZ1 1AA", None]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("phone", 7700900123, "+447700900123"), ("uprn", 990000000123.0, 990000000123), ("account", 12345678.0, "12345678"), ("account", float("nan"), None),
     ("account", float("inf"), None), ("uprn", "1e3", None), ("uprn", "", None), ("account", "  ", None), ("surname", True, "TRUE")],
)  # fmt: skip
def test_numbers_kept_as_other_types_are_read(name: str, value: object, expected: object) -> None:
    assert read(name, value, None)[0] == [expected, None]


@pytest.mark.parametrize("nothing", ["0", "999999999999"])
def test_what_systems_write_for_no_uprn_is_none(nothing: str) -> None:
    assert read("uprn", nothing, "990000000123")[0] == [None, 990000000123]


@pytest.mark.parametrize("nothing", ["N/A", "UNKNOWN", "none"])
def test_what_people_write_for_no_account_is_none(nothing: str) -> None:
    assert read("account", nothing, "12345678")[0] == [None, "12345678"]


@pytest.mark.parametrize(
    "values",
    [pl.Series([["a"], ["b"]]), pl.Series([b"a", b"b"]), pl.Series([object(), object()], dtype=pl.Object), pl.Series([{"a": 1}, {"a": 2}])],
    ids=["lists", "bytes", "objects", "structs"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["surname", "date_of_birth", "postcode", "address", "uprn"])
def test_a_column_of_no_text_is_not_used_and_noted(name: str, values: pl.Series) -> None:
    found = canonical(pl.DataFrame({name: values}))
    assert found.records[name].null_count() == 2
    assert found.notes[0].startswith(f"{name}: holds ")
    assert found.notes[0].endswith(", not text, and was not used")


@pytest.mark.parametrize("values", [pl.Series([time(1, 2)]), pl.Series(["Lewis"], dtype=pl.Categorical()), pl.Series([None]), pl.Series([1]).cast(pl.Decimal(9, 2))],
                         ids=["times", "categories", "nulls", "decimals"])  # fmt: skip
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_any_type_is_read_or_left_out(name: str, values: pl.Series) -> None:
    found = canonical(pl.DataFrame({name: values})).records
    assert found.height == 1
    assert found[name].dtype == (pl.Int64 if name == "uprn" else pl.String)


def test_a_column_of_lengths_of_time_is_not_used() -> None:
    assert read("surname", timedelta(days=1), dtype=pl.Duration())[0] == [None]


def test_a_value_of_ten_million_characters_is_cut_and_noted() -> None:
    long = "A" * 10_000_000
    table = pl.DataFrame({"surname": [long, "Lewis"], "address": ["1 " + long, None], "account": [long, None], "date_of_birth": [long, "1984-03-27"]})
    found = canonical(table)
    assert {name: found.records[name].str.len_chars().max() for name in ("surname", "address", "account")} == dict.fromkeys(("surname", "address", "account"), LONGEST)
    assert found.records["surname"][1] == "LEWIS"
    assert f"surname: 1 values are longer than {LONGEST} characters; only their beginning was read" in found.notes


def test_accents_are_the_same_composed_and_combining_and_direction_marks_do_not_count() -> None:
    table = pl.DataFrame({"surname": ["ÉVA", "E\u0301VA", "\u202eEVA\u202c", "eva"], "forename": ["X"] * 4})
    assert canonical(table).records["surname"].to_list() == ["EVA"] * 4


def test_names_in_other_scripts_stay() -> None:
    table = pl.DataFrame({"forename": ["أحمد", "李"], "surname": ["محمد", "王"], "address": ["شارع 1", None]})
    assert canonical(table).records.select("forename", "surname").rows() == [("أحمد", "محمد"), ("李", "王")]


@pytest.mark.parametrize("table", [pl.DataFrame(), pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)), pl.DataFrame({"arrears": [1]})], ids=["nothing", "no rows", "others"])
def test_a_table_without_canonical_values_stays_as_it_is(table: pl.DataFrame) -> None:
    found = canonical(table)
    assert found.records.height == table.height
    assert found.notes == ()


def test_all_columns_null_are_null() -> None:
    found = canonical(pl.DataFrame({name: [None, None] for name in COLUMNS}))
    assert all(found.records[name].null_count() == 2 for name in COLUMNS)
    assert found.notes == ()


anything = st.none() | st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["27/03/1984", "1984-03-27", "ZZ1 1AA", "Mr & Mrs Lewis", "0", "-1"])


@settings(max_examples=25)
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, anything)), min_size=1, max_size=4))
def test_whatever_is_written_is_read_or_left_out_and_can_be_encoded(rows: list[dict[str, object]]) -> None:
    found = canonical(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String))).records
    assert found.height == len(rows)
    assert encode(found.with_row_index("record_ref")).size == len(rows)
