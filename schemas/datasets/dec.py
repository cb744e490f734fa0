"""Deaths."""
from dataclasses import replace

from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE,
    DESIRED,
    OPTIONAL,
    OWN_SIDE,
    REQUIRED,
    ROW_BLOCK,
    SHARED,
    address_block,
    person,
    person_block,
)

_PERSON = tuple(
    replace(f, mark=REQUIRED) if f.name == "dob" else f for f in person_block(without=("phone", "email", "passport_no"))
)

CONTRACT = Contract(
    id="DEC", title="Deaths", grain="one row per death", version="1.0.0",
    description="Deaths that the registration service or another source told you of.",
    fields=(
        *ROW_BLOCK,
        *_PERSON,
        *address_block(mark=DESIRED, whose="Last home"),
        Field("date_of_death", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "Day of death.", past=True, aliases=("death date", "died", "dod"), example="2026-08-30"),
        Field("registration_district", FieldType.TEXT, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Where the death was registered.", max_length=120, aliases=("district",), example=""),
        Field("source", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Who told you.",
              codes={"GRO": "General Register Office", "DWP": "Department for Work and Pensions", "TUO": "Tell Us Once", "LOCAL": "own registration service"}, aliases=("notified by",), example="TUO"),
    ),
    parties=(person("deceased", without=("phone", "email", "passport_number")),),
)
