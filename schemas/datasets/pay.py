"""Payroll."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import (
    ATTRIBUTE, BANK_BLOCK, DESIRED, OPTIONAL, OWN_SIDE, PERSON, REFERENCE, REQUIRED, ROW_BLOCK, SHARED, address_block, person, person_block,
)

CONTRACT = Contract(
    id="PAY", title="Payroll", grain="one row per employee, posts merged", version="1.0.0",
    description="Current employees with gross pay above zero, and those who left in the last twelve months.",
    ordered=(("start_date", "leave_date"),),
    fields=(
        *ROW_BLOCK,
        Field("employee_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Payroll number.", max_length=64,
              aliases=("employee number", "payroll no", "staff number", "employee no"), example="E4410"),
        Field("post_no", FieldType.TEXT, DESIRED, REFERENCE, OWN_SIDE, "Main post.", max_length=64, aliases=("post number", "position"), example="P77"),
        Field("department", FieldType.TEXT, DESIRED, ATTRIBUTE, SHARED, "Department or service.", max_length=120, aliases=("service", "dept", "directorate"), example="Housing"),
        *person_block(),
        Field("sex", FieldType.TEXT, OPTIONAL, PERSON, OWN_SIDE, "As held; never used as evidence.", max_length=20, aliases=("gender",), example=""),
        *address_block(),
        *BANK_BLOCK,
        Field("start_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "First day of employment.", aliases=("date started", "employment start", "joined"), example="2018-04-16"),
        Field("leave_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "Last day; empty while employed.", aliases=("leaving date", "employment end", "date left"), example=""),
        Field("leaver_flag", FieldType.FLAG, DESIRED, ATTRIBUTE, SHARED, "Y for someone who has left.", aliases=("leaver",), example="N"),
        Field("ft_pt_casual", FieldType.CODE, REQUIRED, ATTRIBUTE, SHARED, "Full time (over 30 hours), part time or casual.",
              codes={"F": "full time", "P": "part time", "C": "casual"}, aliases=("ft/pt", "contract type", "full or part time"), example="F"),
        Field("post_kind", FieldType.CODE, OPTIONAL, ATTRIBUTE, SHARED, "Posts that are often held beside another.",
              codes={"STD": "ordinary post", "BANK": "bank or relief", "ELECTION": "election duties", "FIRE": "retained firefighter", "SHARED": "shared between councils by agreement"},
              aliases=("post type", "role type"), example="STD"),
        Field("gross_pay_to_date", FieldType.MONEY, REQUIRED, ATTRIBUTE, OWN_SIDE, "Gross pay in the tax year so far.", unit="pence", minimum=0,
              aliases=("gross pay", "ytd gross", "gross to date"), example="2140000"),
        Field("std_hours", FieldType.INTEGER, REQUIRED, ATTRIBUTE, SHARED, "Contracted hours a week.", unit="hundredths of an hour", minimum=0, maximum=8000,
              aliases=("contracted hours", "weekly hours", "hours"), example="3700"),
        Field("last_paid_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "Last pay day.", aliases=("last paid", "last payment"), example="2026-10-31"),
        Field("teacher_flag", FieldType.FLAG, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Y for teachers.", aliases=("teacher",), example="N"),
    ),
    parties=(person("employee", bank=True),),
)
