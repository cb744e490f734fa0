"""Taxi and private hire drivers."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
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

CONTRACT = Contract(
    id="TAX", title="Taxi and private hire driver licences", grain="one row per holder", version="1.0.0",
    description="Driver licences, live or ended in the last twelve months.",
    ordered=(("issue_date", "expiry_date"),),
    fields=(
        *ROW_BLOCK,
        Field("licence_no", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Licence number, the driver's own.", max_length=64, aliases=("licence number", "badge number", "license no"), example="HC0188"),
        Field("licence_type", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Kind of licence.", codes={"HC": "hackney carriage", "PH": "private hire"}, aliases=("type", "licence kind"), example="PH"),
        *person_block(),
        *address_block(),
        Field("issue_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of the licence.", aliases=("issued", "date issued", "start date"), example="2024-06-01"),
        Field("expiry_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "Last day of the licence.", aliases=("expires", "expiry", "end date"), example="2027-05-31"),
        Field("nr3s_hit", FieldType.FLAG, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Y where the national refusals register has an entry.", aliases=("nr3s",), example="N"),
    ),
    parties=(person("driver"),),
)
