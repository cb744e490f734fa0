"""From a partner's file to the shared area."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.mapping import mapping_path, save
from pipeline.submit import submit
from schemas.errors import DataRejected, UsageProblem
from schemas.manifest import Manifest
from schemas.mapping import Mapping
from schemas.relations import ReadOptions
from tests.conftest import NOON, Area

TAX_HEADER = "partner_record_ref,as_of_date,licence_no,licence_type,surname,forename,addr1,postcode,issue_date,expiry_date"
PSP_HEADER = "payment_date,net_amount,supplier_name"


def driver(ref: str, *, kind: str = "PH", day: str = "2026-10-28") -> str:
    return f"{ref},{day},L{ref},{kind},Okafor,Adaeze,14 Weaver Street,ZZ1 1AA,2024-06-01,2027-05-31"


@pytest.fixture
def home(area: Area, tmp_path: Path) -> Path:
    return tmp_path / "northmere"


@pytest.fixture
def put(tmp_path: Path) -> Any:
    def _put(*lines: str, name: str = "drivers.csv") -> Path:
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    return _put


def send_tax(path: Path, home: Path, **more: Any) -> Manifest:
    return submit([path], "TAX", home, as_of=date(2026, 11, 1), now=NOON, **more)


def inbox(area: Area) -> list[str]:
    return sorted(p.name for p in (area.shared / "inbox" / "northmere").iterdir())


def test_good_rows_are_sent_and_bad_ones_written_down(area: Area, home: Path, put: Any) -> None:
    lines = [driver(f"R{n}") for n in range(30)]
    manifest = send_tax(put(TAX_HEADER, *lines, driver("R99", kind="TUKTUK")), home)
    assert (manifest.rows_received, manifest.rows_accepted, manifest.rows_rejected) == (31, 30, 1)
    assert manifest.rejects_by_code == {"code-unknown": 1}
    assert inbox(area) == [manifest.submission_id]
    records = pl.read_parquet(area.reopened("northmere", manifest.submission_id, "records.parquet"))
    assert records.height == 30
    assert set(records["surname"]) == {"OKAFOR"}
    written = (home / "rejects" / "drivers.csv.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(written) == 2
    assert written[1].startswith("drivers.csv,32,licence_type,code-unknown,must fix,")
    assert "TUKTUK" not in "".join(written)


def test_the_extract_is_as_old_as_its_rows_say(home: Path, put: Any) -> None:
    manifest = send_tax(put(TAX_HEADER, driver("R1", day="2024-01-31"), driver("R2", day="2024-01-30")), home)
    assert manifest.as_of == date(2024, 1, 31)


def test_nothing_is_sent_when_too_much_is_wrong(area: Area, home: Path, put: Any) -> None:
    path = put(TAX_HEADER, *(driver(f"R{n}") for n in range(9)), driver("R9", kind="X"))
    with pytest.raises(DataRejected, match="too many rows were rejected") as caught:
        send_tax(path, home)
    assert caught.value.exit_code == 4
    assert caught.value.found == "1 of 10 rows were rejected; the list is in the folder rejects; at most 5.0% may be"
    assert inbox(area) == []
    assert (home / "rejects" / "drivers.csv.rejects.csv").exists()


def test_the_share_that_was_agreed_decides(home: Path, put: Any) -> None:
    settings = home / "partner.toml"
    settings.write_text(settings.read_text().replace("max_rejected_share = 0.05", "max_rejected_share = 0.1"))
    assert send_tax(put(TAX_HEADER, *(driver(f"R{n}") for n in range(9)), driver("R9", kind="X")), home).rows_rejected == 1


def test_a_file_of_nothing_but_bad_rows_is_never_sent(area: Area, home: Path, put: Any) -> None:
    settings = home / "partner.toml"
    settings.write_text(settings.read_text().replace("max_rejected_share = 0.05", "max_rejected_share = 1.0"))
    with pytest.raises(DataRejected, match="no row was accepted"):
        send_tax(put(TAX_HEADER, driver("R9", kind="X")), home)
    assert inbox(area) == []


def test_a_header_without_rows_is_sent_only_on_purpose(area: Area, home: Path, put: Any) -> None:
    """Fault F41."""
    path = put(TAX_HEADER)
    with pytest.raises(DataRejected, match="a header and no rows") as caught:
        send_tax(path, home)
    assert caught.value.exit_code == 4
    assert inbox(area) == []
    assert send_tax(path, home, options=ReadOptions(allow_empty=True)).rows_received == 0


def test_a_dataset_that_was_not_agreed_does_not_leave(area: Area, home: Path, put: Any) -> None:
    with pytest.raises(DataRejected, match="has not agreed to send CTX"):
        submit([put("a,b", "1,2")], "CTX", home, as_of=date(2026, 11, 1), now=NOON)
    assert inbox(area) == []


def test_an_unknown_dataset_is_answered_with_the_nearest(home: Path, put: Any) -> None:
    with pytest.raises(UsageProblem, match="did you mean TAX"):
        submit([put("a,b", "1,2")], "TAXI", home, as_of=date(2026, 11, 1), now=NOON)


def test_a_dry_run_sends_nothing_and_says_what_it_would(area: Area, home: Path, put: Any) -> None:
    path = put(TAX_HEADER, driver("R1"))
    would = send_tax(path, home, dry_run=True)
    assert inbox(area) == []
    assert send_tax(path, home).row_digest == would.row_digest


@pytest.mark.parametrize("period", ["2026", "2026-10", "2022-2026"])
def test_payments_are_sent_by_period(home: Path, put: Any, period: str) -> None:
    path = put(PSP_HEADER, "2026-09-29,1188.00,Hollin Bank Joinery Ltd", name="spending.csv")
    assert submit([path], "PSP", home, as_of=date(2026, 11, 1), now=NOON, period=period).period == period


@pytest.mark.parametrize("period", ["", "current", "2026-13", "2026-2022", "26", "October", "2026/10", "٢٠٢٦"])
def test_payments_without_a_period_that_makes_sense_are_not_sent(area: Area, home: Path, put: Any, period: str) -> None:
    path = put(PSP_HEADER, "2026-09-29,1188.00,Hollin Bank Joinery Ltd", name="spending.csv")
    with pytest.raises(UsageProblem, match="PSP is sent by period"):
        submit([path], "PSP", home, as_of=date(2026, 11, 1), now=NOON, period=period)
    assert inbox(area) == []


def test_a_snapshot_has_no_period(home: Path, put: Any) -> None:
    with pytest.raises(UsageProblem, match="snapshot"):
        send_tax(put(TAX_HEADER, driver("R1")), home, period="2026")


def test_what_a_submission_replaces_must_be_an_id(home: Path, put: Any) -> None:
    with pytest.raises(UsageProblem, match="--supersedes"):
        send_tax(put(TAX_HEADER, driver("R1")), home, supersedes="../x")


def test_a_saved_mapping_is_used_by_itself_and_named_by_its_digest(home: Path, put: Any) -> None:
    plain = send_tax(put(TAX_HEADER, driver("R1")), home, dry_run=True)
    columns = {name: name for name in TAX_HEADER.split(",")} | {"surname": "Last Name"}
    save(mapping_path(home, "TAX"), Mapping(dataset="TAX", columns=columns))
    mapped = send_tax(put(TAX_HEADER.replace("surname", "Last Name"), driver("R1")), home, dry_run=True)
    assert mapped.row_digest == plain.row_digest
    assert mapped.mapping_digest != plain.mapping_digest


def test_shuffled_rows_are_the_same_content(home: Path, put: Any) -> None:
    """Fault F12: a re-export in another order."""
    lines = [driver(f"R{n}") for n in range(5)]
    first = send_tax(put(TAX_HEADER, *lines), home, dry_run=True)
    second = send_tax(put(TAX_HEADER, *reversed(lines)), home, dry_run=True)
    assert first.row_digest == second.row_digest
