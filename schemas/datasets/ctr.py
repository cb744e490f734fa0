"""Council tax reduction claims."""
from dataclasses import replace

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

_CLAIMANT = tuple(replace(f, mark=REQUIRED) if f.name in ("nino", "dob") else f for f in person_block())

CONTRACT = Contract(
    id="CTR", title="Council tax reduction claims", grain="one row per claim", version="1.0.0",
    description="Claims for council tax reduction (support), live or ended in the last twelve months.",
    ordered=(("claim_start", "award_end"), ("award_start", "award_end")),
    fields=(
        *ROW_BLOCK,
        Field("claim_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Claim reference.", max_length=64,
              aliases=("claim number", "benefit ref", "claim no"), example="CR004711"),
        Field("account_ref", FieldType.TEXT, DESIRED, REFERENCE, OWN_SIDE, "Council tax account the claim is set against.",
              max_length=64, aliases=("ct account", "council tax account"), example="CT0001234"),
        *_CLAIMANT,
        *person_block("partner_", mark=OPTIONAL, whose="Claimant's partner"),
        *address_block(),
        Field("claim_start", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of the claim.",
              aliases=("claim date", "date of claim", "claim from"), example="2023-02-06"),
        Field("award_start", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of the award.",
              aliases=("award from", "entitlement start"), example="2023-02-06"),
        Field("award_end", FieldType.DATE, OPTIONAL, ATTRIBUTE, SHARED, "Last day of the award; empty while it goes on.",
              aliases=("award to", "entitlement end"), example=""),
        Field("weekly_award", FieldType.MONEY, REQUIRED, ATTRIBUTE, SHARED, "Award a week.", unit="pence", minimum=0,
              aliases=("weekly amount", "award per week", "weekly ctr"), example="1832"),
        Field("scheme_class", FieldType.CODE, DESIRED, ATTRIBUTE, OWN_SIDE, "Scheme the claim falls under.",
              codes={"PEN": "pension age", "WORK": "working age"}, aliases=("scheme", "class"), example="WORK"),
        Field("passported", FieldType.FLAG, DESIRED, ATTRIBUTE, OWN_SIDE, "Y where another benefit decides the income.",
              aliases=("passported claim",), example="N"),
        Field("declared_earnings", FieldType.MONEY, DESIRED, ATTRIBUTE, SHARED, "Earnings a week that the claim declares; 0 for none.",
              unit="pence", minimum=0, aliases=("earnings", "weekly earnings", "earned income"), example="0"),
        Field("declared_pension", FieldType.MONEY, DESIRED, ATTRIBUTE, OWN_SIDE, "Occupational pension a week that the claim declares; 0 for none.",
              unit="pence", minimum=0, aliases=("pension income", "weekly pension"), example="0"),
        Field("capital_band", FieldType.TEXT, DESIRED, ATTRIBUTE, OWN_SIDE, "Band of declared capital, in your scheme's words.",
              max_length=40, aliases=("capital", "savings band"), example="under 6000"),
        Field("non_dependants", FieldType.INTEGER, DESIRED, ATTRIBUTE, OWN_SIDE, "Other adults in the home.", minimum=0, maximum=20,
              aliases=("non deps", "number of non dependants"), example="0"),
    ),
    parties=(person("claimant"), person("partner", "partner_")),
)
