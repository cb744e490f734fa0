"""Creditor payments."""
from schemas.contract import Contract, Field, FieldType
from schemas.datasets.blocks import ATTRIBUTE, DESIRED, OPTIONAL, OWN_SIDE, REFERENCE, REQUIRED, ROW_BLOCK, SHARED

CONTRACT = Contract(
    id="CRP", title="Creditor payments", grain="one row per invoice line", version="1.0.0",
    description="Invoices of the last five years, paid or waiting. The supplier stands in the creditors' standing data.",
    history=True,
    ordered=(),
    party_from=("CRS", ("creditor_ref", "site_id")),
    fields=(
        *ROW_BLOCK,
        Field("creditor_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Creditor reference, as in the standing data.", max_length=64,
              aliases=("supplier id", "vendor number", "supplier ref"), example="S100301"),
        Field("site_id", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Site of the creditor, as in the standing data.", max_length=40, aliases=("site", "supplier site"), example="01"),
        Field("supplier_invoice_no", FieldType.TEXT, REQUIRED, REFERENCE, SHARED, "The supplier's invoice number.", max_length=64,
              aliases=("invoice number", "supplier invoice", "invoice no"), example="INV-2291"),
        Field("internal_invoice_no", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE, "Your own number for it.", max_length=64,
              aliases=("internal ref", "document number", "voucher"), example="9910021"),
        Field("invoice_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED, "Date on the invoice.", past=True, aliases=("date of invoice", "inv date"), example="2026-09-02"),
        Field("due_date", FieldType.DATE, OPTIONAL, ATTRIBUTE, OWN_SIDE, "When it is due.", aliases=("payment due",), example=""),
        Field("payment_date", FieldType.DATE, DESIRED, ATTRIBUTE, SHARED, "When it was paid; empty if it was not.", aliases=("paid date", "date paid"), example="2026-09-29"),
        Field("total_amount", FieldType.MONEY, REQUIRED, ATTRIBUTE, SHARED, "Amount with VAT, less discount.", unit="pence",
              aliases=("gross amount", "invoice total", "amount"), example="118800"),
        Field("vat_amount", FieldType.MONEY, DESIRED, ATTRIBUTE, OWN_SIDE, "VAT in it.", unit="pence", aliases=("vat",), example="19800"),
        Field("payment_method", FieldType.TEXT, OPTIONAL, ATTRIBUTE, OWN_SIDE, "How it was paid.", max_length=40, aliases=("method", "pay method"), example="BACS"),
        Field("payment_ref", FieldType.TEXT, DESIRED, REFERENCE, OWN_SIDE, "Reference of the payment.", max_length=64, aliases=("bacs ref", "cheque number"), example="B88120"),
        Field("remarks", FieldType.TEXT, OPTIONAL, ATTRIBUTE, OWN_SIDE, "Remarks; name no person here.", aliases=("description", "narrative"), example=""),
    ),
    parties=(),
)
