"""Everything that could belong to somebody is made up in a range that belongs to nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sample_data.organisations import vat_number
from schemas.contract import FieldType
from schemas.relations import Checked

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


def test_every_value_that_check_accepts_is_invented(sample: Path, checks: Callable[[Path], list[tuple[dict[str, str], Checked]]]) -> None:
    seen: Counter[FieldType] = Counter()
    for _, checked in checks(sample):
        for field in checked.contract.fields:
            if field.type in SHAPES:
                values = [str(value) for value in checked.rows[field.name].drop_nulls()]
                seen[field.type] += len(values)
                assert [value for value in values if not re.fullmatch(SHAPES[field.type], value)] == [], field.name
    assert min(seen[kind] for kind in SHAPES) > 20


def test_vat_check_digits_make_a_multiple_of_97() -> None:
    # 1234567: 8*1+7*2+6*3+5*4+4*5+3*6+2*7 = 112; 112 + 82 = 194 = 2 * 97
    assert vat_number(1_234_567) == "123456782"
