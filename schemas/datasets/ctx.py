"""Council tax accounts: all of them, not only the discounted ones."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
    DESIRED,
    OPTIONAL,
    OWN_SIDE,
    REFERENCE,
    REQUIRED,
    ROW_BLOCK,
    SHARED,
    address_block,
    person,
    person_block,
)

DISCOUNT_CODES = {
    "NONE": "no discount", "SPD": "single person discount (25 %)", "DIS50": "all adults disregarded (50 %)",
    "OTHER": "another discount",
}
DISREGARD_CODES = {
    "NONE": "nobody disregarded", "STU": "student or student nurse", "APP": "apprentice or youth trainee",
    "SMI": "severely mentally impaired", "CARE": "live-in carer", "HOSP": "long-stay patient or care home resident",
    "DET": "detained", "SL": "school leaver or child benefit payable", "OTHER": "another disregard",
}
EXEMPTION_CODES = {"NONE": "not exempt"} | {
    letter: f"class {letter}" for letter in "BDEFGHIJKLMNOPQRSTUVW"
}

CONTRACT = Contract(
    id="CTX", title="Council tax accounts", grain="one row per account", version="1.0.0",
    description="Every council tax account that was live in the last twelve months, discounted or not.",
    key=("partner_record_ref",),
    ordered=(("liability_start", "liability_end"), ("discount_start", "discount_expiry")),
    fields=(
        *ROW_BLOCK,
        Field("account_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Account reference.", max_length=64,
              aliases=("account number", "ctax account", "acct ref", "ct ref"), example="CT0001234"),
        *person_block(),
        *person_block("second_", mark=OPTIONAL, whose="Second liable person"),
        *address_block(),
        *address_block("billing_", mark=OPTIONAL, whose="Where bills are sent", without=("uprn",)),
        Field("liability_start", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "First day of liability.",
              aliases=("start date", "liable from", "occupied from", "account start"), example="2019-05-01"),
        Field("liability_end", FieldType.DATE, OPTIONAL, ATTRIBUTE, SHARED, "Last day of liability; empty while it goes on.",
              aliases=("end date", "liable to", "account end"), example=""),
        Field("discount_code", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Discount in force.", codes=DISCOUNT_CODES,
              aliases=("discount", "discount type", "disc code"), example="SPD"),
        Field("discount_start", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "First day of the discount.",
              aliases=("discount from", "disc start"), example="2021-04-01"),
        Field("discount_expiry", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "Last day of the discount; empty while it goes on.",
              aliases=("discount to", "disc end", "discount end"), example=""),
        Field("disregard_code", FieldType.CODE, REQUIRED, ATTRIBUTE, OWN_SIDE, "Why an adult is not counted.",
              codes=DISREGARD_CODES, aliases=("disregard", "disregard type"), example="NONE"),
        Field("exemption_code", FieldType.CODE, REQUIRED, ATTRIBUTE, OWN_SIDE, "Exemption class of the dwelling.",
              codes=EXEMPTION_CODES, aliases=("exemption", "exempt class"), example="NONE"),
        Field("property_status", FieldType.CODE, DESIRED, ATTRIBUTE, SHARED, "How the dwelling is used.",
              codes={"OCC": "main home", "SECOND": "second home", "EMPTY": "empty", "JOB": "job-related second home",
                     "LANDLORD": "landlord liable between tenancies"},
              aliases=("occupancy", "occupied status", "status"), example="OCC"),
        Field("premium_code", FieldType.CODE, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Premium charged.",
              codes={"NONE": "no premium", "P100": "100 %", "P200": "200 %", "P300": "300 %"}, aliases=("premium",), example="NONE"),
        Field("property_class", FieldType.TEXT, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Kind of dwelling, in your own words.",
              max_length=60, aliases=("property type", "dwelling type"), example="Flat"),
        Field("benefit_recipient", FieldType.FLAG, DESIRED, ATTRIBUTE, OWN_SIDE, "Y where council tax reduction is paid.",
              aliases=("ctr flag", "on benefit", "ctr recipient"), example="N"),
        Field("disabled_reduction", FieldType.FLAG, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Y where the band is reduced for a disabled resident.",
              aliases=("disabled band reduction", "dbr"), example="N"),
        Field("band", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Valuation band.",
              codes={letter: f"band {letter}" for letter in "ABCDEFGHI"}, aliases=("ct band", "valuation band", "tax band"), example="C"),
        Field("gross_amount", FieldType.MONEY, DESIRED, ATTRIBUTE, OWN_SIDE, "Charge for the year before discounts.", unit="pence",
              minimum=0, aliases=("gross charge", "annual charge", "full charge"), example="184250"),
        Field("discount_amount", FieldType.MONEY, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Discount for the year.", unit="pence",
              minimum=0, aliases=("discount value", "disc amount"), example="46062"),
    ),
    parties=(person("holder"), person("second", "second_")),
)
