"""The electoral register, full version."""
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
    id="ELR", title="Electoral register", grain="one row per elector", version="1.0.0",
    description="The full register after the canvass. A birth date is held only for those about to turn 18. "
    "Never send franchise or nationality markers, and leave anonymous entries out.",
    fields=(
        *ROW_BLOCK,
        Field("er_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Elector number.", max_length=64,
              aliases=("elector number", "roll number", "electoral number", "elector no"), example="AB-1234"),
        *person_block(mark=None, without=("nino", "phone", "email", "passport_no")),
        *address_block(),
        Field("register_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "When the elector was added.",
              aliases=("date added", "registered on"), example="2024-12-01"),
        Field("attainer_flag", FieldType.FLAG, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Y for an elector who will turn 18.",
              aliases=("attainer", "rising 18"), example="N"),
    ),
    parties=(person("elector", without=("nino", "phone", "email", "passport_number")),),
)
