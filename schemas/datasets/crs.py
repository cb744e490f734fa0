"""Creditors standing data."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
    BANK_BLOCK,
    DESIRED,
    MATCH_ONLY,
    OPTIONAL,
    ORGANISATION,
    OWN_SIDE,
    REFERENCE,
    REQUIRED,
    ROW_BLOCK,
    SHARED,
    address_block,
    organisation,
)

CREDITOR_TYPES = {
    "TRADE": "trade supplier", "SOLE": "sole trader", "STAFF": "employee expenses", "FOSTER": "foster carer", "REFUND": "refund to an individual",
    "GRANT": "grant recipient", "FACTOR": "factoring house", "PUBLIC": "another public body", "OTHER": "another kind",
}

CONTRACT = Contract(
    id="CRS", title="Creditors: standing data", grain="one row per creditor site", version="1.0.0",
    description="Suppliers that can be paid today; leave out dormant and suspended ones.",
    fields=(
        *ROW_BLOCK,
        Field("creditor_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Creditor reference.", max_length=64,
              aliases=("supplier id", "vendor number", "supplier ref", "creditor number"), example="S100301"),
        Field("site_id", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Site of the creditor.", max_length=40, aliases=("site", "supplier site"), example="01"),
        Field("name", FieldType.TEXT, REQUIRED, ORGANISATION, SHARED, "Name paid.", aliases=("supplier name", "creditor name", "vendor name"), example="Hollin Bank Joinery Ltd"),
        Field("status", FieldType.CODE, REQUIRED, ATTRIBUTE, OWN_SIDE, "Whether it can be paid.", codes={"LIVE": "live", "STOP": "on stop", "DORM": "dormant"},
              aliases=("supplier status",), example="LIVE"),
        Field("creditor_type", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Kind of creditor.", codes=CREDITOR_TYPES, aliases=("supplier type", "vendor type", "type"), example="TRADE"),
        *address_block(),
        Field("vat_no", FieldType.VAT_NUMBER, DESIRED, ORGANISATION, SHARED, "VAT registration number.", aliases=("vat number", "vat reg", "vat registration number"), example=""),
        Field("company_no", FieldType.COMPANY_NUMBER, DESIRED, ORGANISATION, SHARED, "Company number.", aliases=("company number", "companies house number", "registered number"), example="00000019"),
        Field("charity_no", FieldType.CHARITY_NUMBER, OPTIONAL, ORGANISATION, SHARED, "Charity number.", aliases=("charity number",), example=""),
        *BANK_BLOCK,
        Field("created_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "When the creditor was set up.", aliases=("date created", "set up date"), example="2020-02-03"),
        Field("last_paid", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "Last payment.", aliases=("last payment date", "date last paid"), example="2026-10-15"),
        Field("phone", FieldType.PHONE, OPTIONAL, ORGANISATION, MATCH_ONLY, "Telephone number. Compared, never shown.", aliases=("telephone", "tel"), example=""),
        Field("email", FieldType.EMAIL, OPTIONAL, ORGANISATION, MATCH_ONLY, "E-mail address. Compared, never shown.", aliases=("e-mail", "remittance email"), example=""),
    ),
    parties=(
        organisation("creditor", {"name": ("name",), "company_number": ("company_no",), "vat_number": ("vat_no",), "charity_number": ("charity_no",),
                                  "account": ("sort_code", "account_no", "roll_no"), "phone": ("phone",), "email": ("email",)}),
    ),
)
