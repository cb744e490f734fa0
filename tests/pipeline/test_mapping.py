"""Which saved mapping fits a file, and how mappings are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping import choose, load_all, mapping_path, mapping_text, save
from schemas.datasets import CONTRACTS
from schemas.errors import ConfigurationError, DataRejected, UsageProblem
from schemas.mapping import Mapping
from schemas.settings import parse_toml

PSP = CONTRACTS["PSP"]
INVOICES = Mapping(dataset="PSP", columns={"payment_date": "Date", "net_amount": "Amount", "supplier_name": "Payee"})
FULLER = Mapping(dataset="PSP", layout="full", columns={**INVOICES.columns, "invoice_no": "Invoice"})
CARDS = Mapping(dataset="PSP", layout="card", columns={"payment_date": "Bought on", "net_amount": "Amount", "supplier_name": "Merchant"})


def test_the_mapping_whose_headers_are_all_there_is_chosen() -> None:
    assert choose([INVOICES, CARDS], ["Bought on", "Merchant", "Amount", "Team"], PSP) is CARDS


def test_of_two_that_fit_the_one_with_more_columns_is_chosen() -> None:
    assert choose([INVOICES, FULLER], ["Date", "Amount", "Payee", "Invoice"], PSP) is FULLER
    assert choose([FULLER, INVOICES], ["Date", "Amount", "Payee"], PSP) is INVOICES


def test_headers_are_compared_without_case_order_and_unseen_marks() -> None:
    assert choose([INVOICES], ["\ufeffPAYEE", " amount ", "Date\u200b"], PSP) is INVOICES


def test_a_file_with_our_own_headers_needs_no_mapping() -> None:
    chosen = choose([], ["supplier_name", "payment_date", "net_amount", "Team"], PSP)
    assert chosen.columns == {"payment_date": "payment_date", "net_amount": "net_amount", "supplier_name": "supplier_name"}


def test_a_renamed_column_is_an_error_that_names_it_and_is_never_guessed_by_its_place() -> None:
    """Fault F22."""
    with pytest.raises(DataRejected) as caught:
        choose([INVOICES], ["Date", "Amount", "Payee name"], PSP, file="october.csv")
    assert caught.value.exit_code == 4
    assert str(caught.value) == (
        "october.csv, line 1: the file fits no saved mapping; the nearest is PSP\n"
        "  Found    no column for supplier_name (header Payee, nearest header Payee name)\n"
        "  To mend  counterfoil map suggest PSP october.csv proposes a mapping; map save keeps it"
    )


def test_without_a_mapping_the_missing_required_columns_are_named() -> None:
    """Fault F22."""
    with pytest.raises(DataRejected, match="a required column is missing") as caught:
        choose([], ["payment_date", "net_amount", "suplier_name"], PSP)
    assert caught.value.found == "no column for supplier_name, nearest header suplier_name"
    with pytest.raises(DataRejected, match="3 required columns are missing"):
        choose([], ["a", "b"], PSP)


def test_mappings_of_other_datasets_do_not_fit() -> None:
    with pytest.raises(DataRejected):
        choose([INVOICES], ["Date", "Amount", "Payee"], CONTRACTS["TAX"])


def test_a_saved_mapping_reads_back_as_it_was(tmp_path: Path) -> None:
    path = save(mapping_path(tmp_path, "PSP", "card"), CARDS)
    assert path.name == "PSP-card.toml"
    assert load_all(tmp_path, "PSP") == [CARDS]


def test_the_layout_is_the_file_s_name_and_the_plain_one_comes_first(tmp_path: Path) -> None:
    for mapping in (CARDS, INVOICES):
        save(mapping_path(tmp_path, "PSP", mapping.layout), mapping)
    (tmp_path / "mappings" / "TAX.toml").write_text('dataset = "TAX"\n')
    assert load_all(tmp_path, "PSP") == [INVOICES, CARDS]
    assert load_all(tmp_path, "CRP") == []


def test_a_mapping_under_another_dataset_s_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "TAX.toml").write_text('dataset = "PSP"\n')
    with pytest.raises(ConfigurationError, match="name says TAX, its text says PSP"):
        load_all(tmp_path, "TAX")


def test_a_misspelt_field_in_a_mapping_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """Fault F57."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "PSP.toml").write_text('dataset = "PSP"\n[columns]\nsuplier_name = "Payee"\n')
    with pytest.raises(ConfigurationError, match="did you mean supplier_name") as caught:
        load_all(tmp_path, "PSP")
    assert caught.value.exit_code == 5


def test_a_mapping_is_not_overwritten_unless_told_to(tmp_path: Path) -> None:
    path = mapping_path(tmp_path, "PSP")
    save(path, INVOICES)
    with pytest.raises(ConfigurationError, match="was left as it is"):
        save(path, CARDS)
    save(path, CARDS, force=True)
    assert load_all(tmp_path, "PSP")[0].columns == CARDS.columns


@pytest.mark.parametrize("layout", ["../evil", "a/b", "Card", "con", "x" * 41])
def test_a_layout_s_name_cannot_leave_the_folder(tmp_path: Path, layout: str) -> None:
    with pytest.raises(UsageProblem):
        mapping_path(tmp_path, "PSP", layout)


def test_codes_that_nobody_has_mapped_stand_in_the_file_as_comments() -> None:
    text = mapping_text(Mapping(dataset="TAX", columns={"licence_type": "Kind"}), to_do={"licence_type": ["HACKNEY"]})
    assert "[codes.licence_type] # your code = ours; ours are HC, PH\n# \"HACKNEY\" = \"\"\n" in text


HEADER = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
MAPPINGS = st.fixed_dictionaries({
    "columns": st.dictionaries(st.sampled_from(CONTRACTS["TAX"].names), HEADER, max_size=4),
    "codes": st.dictionaries(st.just("licence_type"), st.dictionaries(HEADER, st.sampled_from(["HC", "PH"]), min_size=1, max_size=3), max_size=1),
    "ignore": st.lists(HEADER, max_size=3).map(tuple),
    "constants": st.dictionaries(st.just("as_of_date"), st.dates() | st.just("2026-11-01"), max_size=1),
    "money": st.just({}),
    "delimiter": st.sampled_from(["", ";", "\t", "tab"]),
})  # fmt: skip


@given(MAPPINGS)
def test_any_mapping_reads_back_as_it_was(content: dict[str, Any]) -> None:
    mapping = Mapping(dataset="TAX", **content)
    assert parse_toml(mapping_text(mapping), Mapping, file="TAX.toml") == mapping
