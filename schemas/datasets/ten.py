"""Social tenancies."""
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
    id="TEN", title="Social tenancies", grain="one row per named tenant", version="1.0.0",
    description="Residential tenancies only, named tenants only, no dependants.",
    ordered=(("tenancy_start", "tenancy_end"),),
    fields=(
        *ROW_BLOCK,
        Field("tenancy_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Tenancy reference; joint tenants share it.", max_length=64,
              aliases=("tenancy number", "tenancy no", "tenancy id"), example="T100200"),
        Field("tenant_flag", FieldType.CODE, REQUIRED, ATTRIBUTE, OWN_SIDE, "First or joint tenant, or another named tenant.",
              codes={"F": "first or joint tenant", "O": "other named tenant"}, aliases=("tenant type", "tenant indicator"), example="F"),
        *person_block(),
        *address_block(),
        Field("tenancy_start", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of the tenancy.",
              aliases=("start date", "tenancy from", "commencement"), example="2016-09-12"),
        Field("tenancy_end", FieldType.DATE, OPTIONAL, ATTRIBUTE, SHARED, "Last day; empty while it goes on.",
              aliases=("end date", "tenancy to", "termination"), example=""),
        Field("tenancy_type", FieldType.CODE, DESIRED, ATTRIBUTE, SHARED, "Kind of tenancy.",
              codes={"SEC": "secure or assured", "INT": "introductory or starter", "FIX": "fixed term", "TEMP": "temporary or decant", "SUPP": "supported", "GAR": "garage"},
              aliases=("tenancy kind", "tenure"), example="SEC"),
        Field("landlord_id", FieldType.TEXT, DESIRED, ATTRIBUTE, SHARED, "Which landlord.", max_length=40, aliases=("landlord",), example="NORTHMERE HOMES"),
        Field("rent_ref", FieldType.TEXT, OPTIONAL, REFERENCE, OWN_SIDE, "Rent account.", max_length=64, aliases=("rent account",), example=""),
    ),
    parties=(person("tenant"),),
)
