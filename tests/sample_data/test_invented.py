"""Everything that could belong to somebody is made up in a range that belongs to nobody."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.check import check
from pipeline.mapping import load_all
from sample_data.organisations import vat_number
from schemas.contract import FieldType
from schemas.datasets import CONTRACTS

SHAPES = {
    FieldType.NINO: r"QQ\d{6}[A-D]?",
    FieldType.POSTCODE: r"ZZ\d{1,2}[A-Z]? \d[ABD-HJLNP-UW-Z]{2}",
    FieldType.PHONE: r"\+447700900\d{3}",
    FieldType.UPRN: r"99\d{10}",
    FieldType.EMAIL: r"[a-z.0-9]+@example\.org",
    FieldType.SORT_CODE: r"99\d{4}",
    FieldType.COMPANY_NUMBER: r"99\d{6}",
    FieldType.CHARITY_NUMBER: r"99\d{5}",
    FieldType.VAT_NUMBER: r"99\d{7}",
}


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: str(kind))
def test_every_value_that_check_accepts_is_invented(sample: Path, kind: FieldType) -> None:
    seen = 0
    for entry in json.loads((sample / "partnership.json").read_text(encoding="utf-8"))["files"]:
        contract = CONTRACTS[entry["dataset"]]
        fields = [f.name for f in contract.fields if f.type is kind]
        if not fields:
            continue
        rows = check([sample / entry["file"]], contract, load_all(sample / entry["partner"], contract.id), as_of=date(2026, 11, 1)).rows
        for name in fields:
            values = [str(value) for value in rows[name].drop_nulls()]
            seen += len(values)
            assert [value for value in values if not re.fullmatch(SHAPES[kind], value)] == []
    assert seen > 20


def test_vat_check_digits_make_a_multiple_of_97() -> None:
    # 1234567: 8*1+7*2+6*3+5*4+4*5+3*6+2*7 = 112; 112 + 82 = 194 = 2 * 97
    assert vat_number(1_234_567) == "123456782"
