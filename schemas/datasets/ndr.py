"""Business rates."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
    DESIRED,
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

RELIEF_CODES = {
    "NONE": "no relief", "SBRR": "small business rate relief", "CHAR": "charity relief", "EMPTY": "empty property relief",
    "RURAL": "rural rate relief", "OTHER": "another relief",
}

CONTRACT = Contract(
    id="NDR", title="Business rates", grain="one row per account and property", version="1.0.0",
    description="Live business rates accounts, each with its property.",
    ordered=(("occupied_from", "occupied_to"),),
    fields=(
        *ROW_BLOCK,
        Field("account_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Account reference.", max_length=64, aliases=("account number", "rates account"), example="NR20011"),
        Field("property_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Billing authority's reference of the property.", max_length=64,
              aliases=("ba ref", "ba reference", "hereditament ref"), example="99004410"),
        Field("ratepayer_name", FieldType.TEXT, REQUIRED, ORGANISATION, SHARED, "Who pays.", aliases=("ratepayer", "liable party", "account holder"), example="Hollin Bank Joinery Ltd"),
        Field("ratepayer_type", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Kind of ratepayer.",
              codes={"COMPANY": "company or partnership", "SOLE": "sole trader", "CHARITY": "charity", "PUBLIC": "public body", "OTHER": "another kind"},
              aliases=("liable type", "customer type"), example="COMPANY"),
        Field("company_no", FieldType.COMPANY_NUMBER, DESIRED, ORGANISATION, SHARED, "Company number.", aliases=("company number", "companies house number"), example="00000019"),
        Field("charity_no", FieldType.CHARITY_NUMBER, DESIRED, ORGANISATION, SHARED, "Charity number.", aliases=("charity number",), example=""),
        *address_block(whose="Property"),
        *address_block("contact_", mark=DESIRED, whose="Where bills are sent", without=("uprn",)),
        Field("rateable_value", FieldType.INTEGER, REQUIRED, ATTRIBUTE, SHARED, "Rateable value.", unit="pounds", minimum=0, maximum=500_000_000, aliases=("rv", "rateable val"), example="9800"),
        Field("description_code", FieldType.TEXT, DESIRED, ATTRIBUTE, SHARED, "Description code of the property.", max_length=20, aliases=("scat", "property description code", "desc code"), example="CS"),
        Field("relief_code", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Relief in force.", codes=RELIEF_CODES, aliases=("relief", "relief type"), example="SBRR"),
        Field("relief_start", FieldType.DATE, OPTIONAL, ATTRIBUTE, SHARED, "First day of the relief; needed where there is one.", aliases=("relief from",), example="2022-04-01"),
        Field("relief_amount", FieldType.MONEY, OPTIONAL, ATTRIBUTE, SHARED, "Relief for the year; needed where there is one.", unit="pence", minimum=0, aliases=("relief value",), example="489020"),
        Field("occupied_from", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of occupation or liability.", aliases=("liable from", "start date", "occupation date"), example="2022-04-01"),
        Field("occupied_to", FieldType.DATE, OPTIONAL, ATTRIBUTE, SHARED, "Last day; empty while it goes on.", aliases=("liable to", "end date"), example=""),
        Field("empty_flag", FieldType.FLAG, REQUIRED, ATTRIBUTE, SHARED, "Y while the property stands empty.", aliases=("empty", "vacant"), example="N"),
    ),
    parties=(organisation("ratepayer", {"name": ("ratepayer_name",), "company_number": ("company_no",), "charity_number": ("charity_no",)}),),
)
