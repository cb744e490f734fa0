"""Right to buy."""
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

CONTRACT = Contract(
    id="RTB", title="Right to buy", grain="one row per applicant", version="1.0.0",
    description="Applications to buy, in progress, and purchases completed in the last ten years.",
    ordered=(("app_date", "completion_date"),),
    fields=(
        *ROW_BLOCK,
        Field("app_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Application reference.", max_length=64,
              aliases=("rtb ref", "application number"), example="B2211"),
        Field("tenancy_ref", FieldType.TEXT, DESIRED, REFERENCE, OWN_SIDE, "Tenancy being bought.", max_length=64, aliases=("tenancy number",), example="T100200"),
        *person_block(),
        *address_block(),
        Field("app_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "When the application was made.", aliases=("application date", "date applied"), example="2025-01-20"),
        Field("stage", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "How far it is.",
              codes={"PROGRESS": "in progress", "COMPLETED": "completed", "WITHDRAWN": "withdrawn"}, aliases=("status", "rtb stage"), example="PROGRESS"),
        Field("completion_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "Day of sale.", aliases=("completed", "sale date"), example=""),
        Field("discount_amount", FieldType.MONEY, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Discount given.", unit="pence", minimum=0, aliases=("discount", "rtb discount"), example="2400000"),
    ),
    parties=(person("applicant"),),
)
