"""Contracts that hold together, and settings and errors that say what is wrong, where, and how to mend it."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.contract import Contract, Field, FieldType, Mark, Role, Visibility
from schemas.datasets import CONTRACTS, contract
from schemas.errors import (
    ConfigurationError,
    CounterfoilError,
    DataRejected,
    ExitCode,
    IntegrityError,
    LockHeld,
    SafetyStop,
    StorageError,
    UsageProblem,
    nearest,
    unknown_name,
)
from schemas.partnership import Partnership
from schemas.records import RECORD, RECORD_REFERENCE, Shape, payload_shape, typed
from schemas.settings import Settings, line_of, parse_toml

EVERY = pytest.mark.parametrize("each", CONTRACTS.values(), ids=CONTRACTS)


@EVERY
def test_a_contract_s_key_parties_and_orders_name_its_own_fields(each: Contract) -> None:
    assert len(set(each.names)) == len(each.names)
    assert set(each.key) <= set(each.names)
    for party in each.parties:
        assert {name for names in party.columns.values() for name in names} <= set(each.names)
    for pair in each.ordered:
        assert [each.field(name).type for name in pair] == [FieldType.DATE, FieldType.DATE]


@EVERY
def test_a_party_s_columns_are_those_that_linkage_reads(each: Contract) -> None:
    linked = {*RECORD.columns, "title"}
    assert {name for party in each.parties for name in party.columns} <= linked


@EVERY
def test_the_payload_holds_no_identity(each: Contract) -> None:
    named = {name for party in each.parties for names in party.columns.values() for name in names}
    assert not named & {f.name for f in each.payload_fields}
    assert {f.role for f in each.payload_fields} <= {Role.ATTRIBUTE, Role.REFERENCE}


@EVERY
def test_codes_stand_where_the_type_says_so_and_the_example_is_one_of_them(each: Contract) -> None:
    for f in each.fields:
        assert bool(f.codes) == (f.type is FieldType.CODE), f.name
        assert not f.codes or f.example in {"", *f.codes}, f.name


@EVERY
def test_every_amount_has_a_unit(each: Contract) -> None:
    assert {f.unit for f in each.fields if f.type is FieldType.MONEY} <= {"pence", "pounds"}


@EVERY
def test_bank_details_passports_and_ways_to_reach_somebody_are_compared_and_never_shown(each: Contract) -> None:
    silent = (FieldType.SORT_CODE, FieldType.ACCOUNT_NUMBER, FieldType.PASSPORT, FieldType.PHONE, FieldType.EMAIL)
    assert {f.visibility for f in each.fields if f.type in silent} <= {Visibility.MATCH_ONLY}


@EVERY
def test_a_party_that_stands_elsewhere_is_found_by_fields_that_both_have(each: Contract) -> None:
    if each.party_from:
        dataset, names = each.party_from
        assert set(names) <= set(each.names) & set(CONTRACTS[dataset].names)
        assert CONTRACTS[dataset].parties
        assert not each.parties


def test_a_dataset_is_found_in_either_case_and_a_slip_is_answered_with_the_nearest() -> None:
    assert contract("ctx") is CONTRACTS["CTX"]
    with pytest.raises(UsageProblem, match="did you mean .*CTX") as asked:
        contract("CTZ")
    assert asked.value.exit_code is ExitCode.USAGE


def test_a_field_that_the_contract_does_not_have_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="colour"):
        CONTRACTS["CTX"].field("colour")


def made(*fields: Field) -> Contract:
    return Contract(id="TST", title="", grain="one row per test", version="1.0.0", description="", fields=fields, parties=())


def plain(name: str, kind: FieldType, role: Role) -> Field:
    return Field(name, kind, Mark.OPTIONAL, role, Visibility.SHARED, "")


def test_a_payload_is_the_row_s_key_its_party_s_reference_and_the_rest_typed() -> None:
    shape = payload_shape(made(
        plain("surname", FieldType.TEXT, Role.PERSON), plain("paid", FieldType.MONEY, Role.ATTRIBUTE), plain("start", FieldType.DATE, Role.ATTRIBUTE),
        plain("sort_code", FieldType.SORT_CODE, Role.BANK), plain("flag", FieldType.FLAG, Role.ATTRIBUTE), plain("ref", FieldType.TEXT, Role.REFERENCE),
    ))  # fmt: skip
    assert shape.name == "payload_tst"
    text = pl.String()
    assert dict(shape.schema) == {
        "partner": text, "dataset": text, "record_ref": text, "party_ref": text, "paid": pl.Int64(), "start": pl.Date(), "flag": pl.Boolean(), "ref": text,
    }  # fmt: skip


@pytest.mark.parametrize("kind", FieldType)
def test_only_numbers_days_and_flags_are_not_text(kind: FieldType) -> None:
    others = {FieldType.DATE: pl.Date(), FieldType.FLAG: pl.Boolean(), **dict.fromkeys((FieldType.MONEY, FieldType.INTEGER, FieldType.UPRN), pl.Int64())}
    assert typed(kind) == others.get(kind, pl.String())


PLACE = Shape("place", "a place", {"name": (pl.String(), ""), "n": (pl.Int64(), "")}, ("name",))


def test_a_shape_orders_columns_and_rows_and_drops_the_rest() -> None:
    frame = pl.DataFrame({"n": [1, 2, 3], "more": [0, 0, 0], "name": ["B", None, "A"]})
    assert PLACE.conform(frame).rows() == [(None, 2), ("A", 3), ("B", 1)]


@pytest.mark.parametrize(
    ("frame", "said"),
    [(pl.DataFrame({"name": ["A"]}), "lacks the columns \\['n'\\]"), (pl.DataFrame({"name": ["A", "A"], "n": [1, 2]}), "share a key")],
)
def test_a_table_of_another_shape_is_our_own_mistake(frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PLACE.conform(frame)


def test_a_record_is_named_by_partner_dataset_reference_and_party() -> None:
    assert RECORD.key == RECORD_REFERENCE == ("partner", "dataset", "record_ref", "party")
    assert RECORD.empty().height == 0


# settings


class Inner(Settings):
    max_age_days: int


class Outer(Settings):
    name: str
    limits: dict[str, Inner] = {}
    partner: tuple[Inner, ...] = ()


def refusal(text: str, model: type[Settings] = Outer) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as refused:
        parse_toml(text, model, file="a.toml")
    return refused.value


def test_settings_that_fit_are_read() -> None:
    read = parse_toml('name = "x"\n[limits.default]\nmax_age_days = 3\n', Outer, file="a.toml")
    assert read == Outer(name="x", limits={"default": Inner(max_age_days=3)})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('name = "x"\nnmae = "y"\n', 2, "nmae is not a key that is known here; did you mean name?"),
        ('name = "x"\n\n[limits.default]\n# a remark\nmax_age_day = 3\nmax_age_days = 3\n', 5, "did you mean max_age_days?"),
        ('name = "x"\n[[partner]]\nmax_age_days = 1\n[[partner]]\nmax_age_days = 2\nmax_days = 2\n', 6, "did you mean max_age_days?"),
        ('name = "x"\n[[partner]]\nmax_age_days = 1\n[[partner]]\nmax_age_days = "many"\n', 5, "partner.1.max_age_days: input should be a valid integer"),
        ('name = "x"\n[limits.default]\n', 2, "limits.default.max_age_days is missing"),
        ('name = "x"\nqqqqqqqq = 1\n', 2, "qqqqqqqq is not a key that is known here"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_nearest_key(text: str, line: int, said: str) -> None:
    error = refusal(text)
    assert (error.file, error.row) == ("a.toml", line)
    assert said in error.what


def test_a_key_with_nothing_near_it_gets_no_guess() -> None:
    assert "did you mean" not in str(refusal('name = "x"\nqqqqqqqq = 1\n'))


def test_all_mistakes_are_told_at_once() -> None:
    error = refusal("nmae = 1\n[limits.default]\nmax_age_days = 'x'\n")
    assert error.found.count("\n") == 2  # name is missing, nmae is unknown, max_age_days is no number
    assert "line 1: nmae" in error.found
    assert "line 3: limits.default.max_age_days" in error.found


def test_text_that_is_no_toml_is_told_with_its_line() -> None:
    error = refusal('name = "x"\nlimits = [1,\n[x\n')
    assert (error.what.startswith("the file is not valid TOML"), error.exit_code) == (True, ExitCode.CONFIGURATION)
    assert error.row == 3


def test_a_mistake_of_the_file_as_a_whole_is_a_sentence_of_its_own() -> None:
    entry = '[[partner]]\nid = "northmere"\nname = "N"\ngss = "E07999901"\ndatasets = ["CTX"]\n'
    error = refusal(f'name = "x"\nshared = "s"\nagreement = []\n{entry}{entry}[as_of.default]\nmax_age_days = 3\n', Partnership)
    assert str(error).startswith("a.toml: partner 'northmere' is named twice\n")


def test_settings_cannot_be_changed_after_reading() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Inner(max_age_days=1).max_age_days = 2  # type: ignore[misc]


TOML = 'name = "x"\n"quoted" = 1\n[run]\nthreads = 1\n[[partner]]\nid = "a"\n[[partner]]\nid = "b"\n[partner.more]\nname = "y"\n'


@pytest.mark.parametrize(
    ("path", "line"),
    [(("name",), 1), (("quoted",), 2), (("run",), 3), (("run", "threads"), 4), (("run", "missing"), 3), (("partner", 0, "id"), 6),
     (("partner", 1, "id"), 8), (("partner", 1, "more", "name"), 10), (("partner", 0, "name"), 5), (("absent",), None)],
)  # fmt: skip
def test_a_key_s_line_is_its_own_or_that_of_the_table_above(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TOML, path) == line


# errors


def test_an_error_names_the_place_what_was_found_and_the_remedy() -> None:
    error = DataRejected("dates are not in the form YYYY-MM-DD", file="a.csv", row=1042, column="dob", found="DD/MM/YYYY", mend="export again")
    assert str(error) == "a.csv, line 1,042, column dob: dates are not in the form YYYY-MM-DD\n  Found    DD/MM/YYYY\n  To mend  export again"
    assert str(CounterfoilError("it is broken")) == "it is broken"


def test_every_error_has_an_exit_code_of_its_own() -> None:
    kinds = (UsageProblem, DataRejected, ConfigurationError, IntegrityError, StorageError, LockHeld, SafetyStop)
    assert [int(kind.exit_code) for kind in kinds] == [2, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [("nothmere", ["northmere", "eastholt"], "did you mean northmere?"), ("zzz", ["northmere", "eastholt"], "known are: eastholt, northmere"),
     ("zzz", [], "no partner is configured yet")],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_nearest_or_all(name: str, known: list[str], said: str) -> None:
    error = unknown_name("partner", name, known)
    assert (error.what, error.mend) == (f"there is no partner called {name!r}", said)


def test_nearest_names_come_best_first_without_regard_to_case() -> None:
    assert nearest("NORTHMER", ["eastholt", "northmere", "northmoor"]) == ["northmere", "northmoor"]


def test_partnership_answers_what_is_agreed_until_its_last_day() -> None:
    text = """name = "x"
shared = "s"
[[partner]]
id = "northmere"
name = "N"
gss = "E07999901"
datasets = ["CTX", "PAY"]
[[agreement]]
id = "both"
partners = ["northmere"]
datasets = ["ctx"]
legal_basis = "invented"
expires = 2026-11-01
[as_of.default]
max_age_days = 100
[as_of.PAY]
max_age_days = 40
"""
    read = parse_toml(text, Partnership, file="partnership.toml")
    assert [read.agreed("northmere", "CTX", on=date(2026, 11, day)) for day in (1, 2)] == [True, False]
    assert not read.agreed("northmere", "PAY", on=date(2026, 11, 1))
    assert [read.max_age_days(dataset) for dataset in ("PAY", "CTX")] == [40, 100]
    assert read.shared == "s"
