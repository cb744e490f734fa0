"""Housing waiting list."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ADDRESS, ATTRIBUTE, DESIRED, OPTIONAL, OWN_SIDE, REFERENCE, REQUIRED, ROW_BLOCK, SHARED, address_block, person, person_block,
)

CONTRACT = Contract(
    id="WLS", title="Housing waiting list", grain="one row per application", version="1.0.0",
    description="Applications for social housing, live or closed in the last twelve months.",
    ordered=(("registered_date", "last_renewed"),),
    fields=(
        *ROW_BLOCK,
        Field("app_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Application reference.", max_length=64,
              aliases=("application number", "application ref", "app no"), example="W55012"),
        *person_block(),
        *person_block("joint_", mark=OPTIONAL, whose="Joint applicant"),
        *address_block(),
        Field("previous_address", FieldType.TEXT, OPTIONAL, ADDRESS, OWN_SIDE, "Address before this one, on one line.",
              aliases=("former address", "prior address"), example=""),
        Field("registered_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "When the application was registered.",
              aliases=("date registered", "registration date", "application date"), example="2022-03-14"),
        Field("last_renewed", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "When it was last confirmed.",
              aliases=("renewal date", "renewed"), example="2026-03-14"),
        Field("band", FieldType.TEXT, DESIRED, ATTRIBUTE, SHARED, "Band or priority in your scheme.", max_length=40,
              aliases=("priority", "priority band"), example="Silver"),
        Field("reason", FieldType.CODE, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Why the applicant asks.",
              codes={"TRANSFER": "already a social tenant, asks for a transfer", "HOMELESS": "homeless or in temporary accommodation",
                     "UNSUIT": "home unsuitable", "OTHER": "another reason"}, aliases=("reason for applying", "application reason"), example="OTHER"),
        Field("household_size", FieldType.INTEGER, DESIRED, ATTRIBUTE, OWN_SIDE, "People to be housed.", minimum=1, maximum=30,
              aliases=("people in household", "family size"), example="3"),
        Field("declared_tenancy", FieldType.FLAG, OPTIONAL, ATTRIBUTE, SHARED, "Y where the applicant says that a social tenancy is held.",
              aliases=("current social tenant", "existing tenant"), example="N"),
        Field("status", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Where the application stands.",
              codes={"LIVE": "live", "SUSP": "suspended", "OFFER": "offer made", "HOUSED": "housed", "CLOSED": "closed or withdrawn"},
              aliases=("application status", "state"), example="LIVE"),
    ),
    parties=(person("applicant"), person("joint", "joint_")),
)
