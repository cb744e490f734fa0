"""Proposals for a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sample import sample
from pipeline.suggestion import mask, suggest
from schemas.contract import Contract
from schemas.datasets import CONTRACTS
from schemas.errors import DataRejected

TAX, PSP, CTX = CONTRACTS["TAX"], CONTRACTS["PSP"], CONTRACTS["CTX"]


def pairs(header: list[str], contract: Contract, rows: list[list[str]] | None = None) -> dict[str, str]:
    return {m.field: m.header for m in suggest(header, contract, rows or []).matches}


def test_our_own_names_and_known_aliases_are_found_with_hardly_a_doubt() -> None:
    found = suggest(["Last Name", "forename", "Badge Number", "D.O.B."], TAX)
    assert [(m.field, m.header, m.score) for m in found.matches] == [
        ("licence_no", "Badge Number", 99), ("surname", "Last Name", 99), ("forename", "forename", 100), ("dob", "D.O.B.", 99),
    ]  # fmt: skip


def test_camel_case_and_short_words_are_read_as_words() -> None:
    assert pairs(["AccountNo", "Addr1"], CTX) == {"account_ref": "AccountNo", "addr1": "Addr1"}


def test_each_header_and_each_field_is_used_once_and_our_own_name_comes_first() -> None:
    found = pairs(["Supplier", "Supplier Name", "Date", "Payment Date", "Paid Date"], PSP)
    assert len(set(found.values())) == len(found)
    assert (found["supplier_name"], found["payment_date"]) == ("Supplier Name", "Payment Date")


def test_a_header_that_nothing_resembles_is_listed_with_the_three_closest() -> None:
    found = suggest(["zzqx"], TAX)
    assert found.matches == ()
    assert list(found.unmatched) == ["zzqx"]
    assert len(found.unmatched["zzqx"]) == 3


def test_required_fields_without_a_header_are_listed_with_the_closest() -> None:
    found = suggest(["payment_date", "net_amount", "paid whom"], PSP)
    assert list(found.missing) == ["supplier_name"]
    assert set(found.missing["supplier_name"]) == {"payment_date", "net_amount", "paid whom"}


def test_values_of_another_kind_speak_against_a_pair() -> None:
    # a real system calls the supplier's name 'Supplier ID'
    rows = [["GOSS INTERACTIVE LIMITED", "1.00"], ["A N OTHER", "2.00"]]
    assert pairs(["Supplier ID(T)", "Amount"], PSP, rows) == {"supplier_name": "Supplier ID(T)", "net_amount": "Amount"}
    assert pairs(["Supplier ID(T)", "Amount"], PSP, [["S1001", "1.00"]]) == {"supplier_ref": "Supplier ID(T)", "net_amount": "Amount"}


def test_unnamed_and_repeated_headers_are_left_alone() -> None:
    assert pairs(["", "Amount", "Date", "Amount"], PSP) == {"payment_date": "Date"}


def test_the_date_form_is_read_from_the_values_and_exceptions_are_named() -> None:
    rows = [["27/03/1984", "01/06/2024", "31/05/2027", "2026-11-01"], ["13/12/1990", "14/06/2024", "30/05/2027", "2026-11-01"]]
    found = suggest(["dob", "issue_date", "expiry_date", "as_of_date"], TAX, rows)
    assert (found.date_form, dict(found.date_forms)) == ("DD/MM/YYYY", {"as_of_date": "YYYY-MM-DD"})


def test_dates_with_the_month_first_are_not_guessed() -> None:
    found = suggest(["issue_date"], TAX, [["06/13/2024"], ["06/14/2024"]])
    assert found.date_form == "YYYY-MM-DD"
    assert found.notes == ("the dates in issue_date look like MM/DD/YYYY, which cannot be read safely; export them as YYYY-MM-DD",)


def test_decimals_in_a_pence_field_mean_pounds() -> None:
    found = suggest(["gross_amount", "discount_amount"], CTX, [["1842.50", "46062"], ["1000", "0"]])
    assert found.money == {"gross_amount": "pounds"}


def test_unknown_codes_are_counted_and_kept_for_the_mapping() -> None:
    found = suggest(["licence_type"], TAX, [["HACK"]] * 4 + [["ph"]] * 3 + [["PRIV"]] * 2)
    assert found.unknown_codes == {"licence_type": (("HACK", 4), ("PRIV", 2))}
    assert found.to_do == {"licence_type": ("HACK", "PRIV")}


def test_a_column_of_names_taken_for_codes_is_not_shown() -> None:
    found = suggest(["licence_type"], TAX, [["Okafor"], ["Smith"], ["Jones"], ["Smith"]])
    assert found.unknown_codes == {"licence_type": (("AAAAA", 3), ("AAAAAA", 1))}
    assert found.to_do == {}


def test_samples_are_masked() -> None:
    found = suggest(["surname", "postcode"], TAX, [["O'Brien-Éa", "ZZ1 1AA"]])
    assert [m.samples for m in found.matches] == [("A'AAAAA-AA",), ("AA9 9AA",)]


@given(st.text(max_size=60))
def test_no_letter_or_digit_of_a_value_is_ever_shown(value: str) -> None:
    assert {c for c in mask(value) if c.isalnum()} <= {"A", "9"}


def test_a_proposal_becomes_a_mapping_with_the_rest_ignored() -> None:
    mapping = suggest(["Date", "Amount", "Payee", "zzqx"], PSP, [["31/12/2025", "1.00", "X Ltd", ""]]).mapping(layout="main")
    assert (mapping.layout, mapping.date_form, mapping.ignore) == ("main", "DD/MM/YYYY", ("zzqx",))
    assert mapping.columns == {"payment_date": "Date", "net_amount": "Amount", "supplier_name": "Payee"}


def test_the_same_file_gives_the_same_proposal_whatever_the_order_of_its_columns() -> None:
    header = ["Start Date", "End Date", "Surname", "Forename", "Date"]
    assert pairs(header, TAX) == pairs(header[::-1], TAX)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_sample_is_the_header_and_the_rows_of_its_width(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('Näme,Amount\n"Café, Ltd",1\nshort\nB,2\n'.encode(encoding))
    assert sample(path, encoding="" if encoding != "cp1252" else encoding) == (["Näme", "Amount"], [["Café, Ltd", "1"], ["B", "2"]])


def test_a_long_file_is_sampled_at_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import sample as sampling

    path = tmp_path / "a.csv"
    path.write_bytes(("a;b\n" + "".join(f"{n};x\n" for n in range(1000))).encode("utf-16-le"))
    monkeypatch.setattr(sampling, "MOST_BYTES", 101)  # in the middle of a character
    header, rows = sample(path, delimiter="semicolon")
    assert header == ["a", "b"]
    assert rows == [[str(n), "x"] for n in range(len(rows))]
    assert 5 < len(rows) < 20


def test_a_parquet_file_can_be_sampled(tmp_path: Path) -> None:
    import polars as pl

    pl.DataFrame({"Amount": [1.5, None], "Payee": ["X", "Y"]}).write_parquet(tmp_path / "a.parquet")
    assert sample(tmp_path / "a.parquet") == (["Amount", "Payee"], [["1.5", "X"], ["", "Y"]])


def test_an_empty_file_has_no_sample(tmp_path: Path) -> None:
    """Fault F41."""
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(DataRejected, match="empty"):
        sample(tmp_path / "a.csv")
