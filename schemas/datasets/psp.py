"""Spending as councils publish it."""
from dataclasses import replace

from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
    OPTIONAL,
    ORGANISATION,
    OWN_SIDE,
    REFERENCE,
    REQUIRED,
    ROW_BLOCK,
    SHARED,
    organisation,
)

_ROW = tuple(replace(f, mark=OPTIONAL) if f.name in ("partner_record_ref", "as_of_date") else f for f in ROW_BLOCK if f.name != "protected_flag")

CONTRACT = Contract(
    id="PSP", title="Published spending", grain="one row per published line", version="1.0.0",
    description="Spending over the publication threshold, as a council puts it on its website. A line has no reference of "
    "its own, so it is named by its content; two equal lines are told apart by counting them.",
    key=(), history=True,
    fields=(
        *_ROW,
        Field("payment_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "When it was paid.", aliases=("date", "paid date", "invoice payment date", "transaction date", "payment date", "updated"), example="2026-09-29"),
        Field("net_amount", FieldType.MONEY, REQUIRED, ATTRIBUTE, SHARED, "Amount without recoverable VAT; a refund is negative.", unit="pounds",
              aliases=("amount", "net", "value", "total (excludes vat)", "invoice line value"), example="1188.00"),
        Field("supplier_name", FieldType.TEXT, REQUIRED, ORGANISATION, SHARED, "Who was paid.", aliases=("supplier", "beneficiary", "supplier(beneficiary) name", "payee", "merchant name", "vendor"), example="Hollin Bank Joinery Ltd"),
        Field("transaction_no", FieldType.TEXT, OPTIONAL, REFERENCE, SHARED, "Number of the transaction; may stand on several lines.", max_length=64,
              aliases=("transaction number", "internal ref", "internal ref number", "transno", "trans no"), example="5101010974"),
        Field("invoice_no", FieldType.TEXT, OPTIONAL, REFERENCE, SHARED, "The supplier's invoice number.", max_length=64, aliases=("invoice number", "supplier invoice"), example=""),
        Field("supplier_ref", FieldType.TEXT, OPTIONAL, REFERENCE, OWN_SIDE, "Your own number for the supplier.", max_length=64, aliases=("supplier id", "vendor id"), example=""),
        Field("company_no", FieldType.COMPANY_NUMBER, OPTIONAL, ORGANISATION, SHARED, "Company number.", aliases=("supplier registered company number", "company number"), example=""),
        Field("charity_no", FieldType.CHARITY_NUMBER, OPTIONAL, ORGANISATION, SHARED, "Charity number.", aliases=("supplier registered charity number", "charity number"), example=""),
        Field("vat_no", FieldType.VAT_NUMBER, OPTIONAL, ORGANISATION, SHARED, "VAT registration number.", aliases=("vat registration number", "vat number"), example=""),
        Field("department", FieldType.TEXT, OPTIONAL, ATTRIBUTE, SHARED, "Department or service.", aliases=("directorate", "service", "service area", "expense area"), example=""),
        Field("category", FieldType.TEXT, OPTIONAL, ATTRIBUTE, SHARED, "What it was spent on.", aliases=("expenses type", "expense type", "category", "account", "merchant category", "cost centre name"), example=""),
    ),
    parties=(
        organisation("supplier", {"name": ("supplier_name",), "company_number": ("company_no",), "charity_number": ("charity_no",), "vat_number": ("vat_no",)},
                     address_prefix=None, once_per_value=True),
    ),
)
