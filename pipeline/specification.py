"""What a partner is to send, from the contract alone: a page to read, a template to fill, and two forms for machines.

Sources: Frictionless Data, Table Schema 2; W3C, Metadata Vocabulary for Tabular Data (CSV on the Web).
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from pipeline.field_words import between_fields, how_written, limits, needed
from pipeline.specification_page import index_page, page
from schemas.contract import Contract, Field, FieldType, Mark
from schemas.datasets import CONTRACTS

__all__ = ["all_forms", "csvw", "fields_in_words", "page", "table_schema", "template"]

_PATTERNS = {
    FieldType.PARTIAL_DATE: "^([0-9]{4}|[0-9]{3}X|[0-9]{2}XX|XXXX)-([0-9]{2}|XX)-([0-9]{2}|XX)$",
    FieldType.UPRN: "^[0-9]{1,12}$",
    FieldType.SORT_CODE: "^[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}$",
    FieldType.ACCOUNT_NUMBER: "^[0-9]{6,8}$",
}


def fields_in_words(contract: Contract) -> list[dict[str, str]]:
    """Return one row a field, everything the contract says about it in words."""
    return [
        {
            "field": f.name, "description": f.description, "written": how_written(f), "limits": limits(f), "mark": str(f.mark),
            "needed": needed(f), "role": str(f.role), "visibility": str(f.visibility), "unit": f.unit,
            "codes": "; ".join(f"{code} {meaning}" for code, meaning in f.codes.items()), "example": f.example,
        }
        for f in contract.fields
    ]  # fmt: skip


def template(contract: Contract) -> str:
    """Return a CSV with the header and one invented row, which itself passes the check."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(contract.names)
    writer.writerow([f.example for f in contract.fields])
    return buffer.getvalue()


def table_schema(contract: Contract) -> dict[str, Any]:
    """Return the contract as a Frictionless Table Schema; `unit`, `mark`, `role` and `visibility` are our own keys."""
    schema: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": contract.id.lower(),
        "title": contract.title,
        "description": f"{contract.description} {contract.grain[0].upper()}{contract.grain[1:]}.",
        "version": contract.version,
        "fields": [_schema_field(f) for f in contract.fields],
        "missingValues": [""],
    }
    if contract.key:
        schema["primaryKey"] = list(contract.key)
    if contract.party_from:
        dataset, fields = contract.party_from
        schema["foreignKeys"] = [{"fields": list(fields), "reference": {"resource": dataset.lower(), "fields": list(fields)}}]
    return schema


def csvw(contract: Contract) -> dict[str, Any]:
    """Return the contract as CSV on the Web metadata for a file `<id>.csv` beside it."""
    rules = " ".join(between_fields(contract))
    schema: dict[str, Any] = {"columns": [_csvw_column(f) for f in contract.fields]}
    if contract.key:
        schema["primaryKey"] = list(contract.key)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en-GB"}],
        "url": f"{contract.id.lower()}.csv",
        "dc:title": contract.title,
        "dc:description": f"{contract.description} {rules}",
        "schema:version": contract.version,
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True, "doubleQuote": True},
        "tableSchema": schema,
    }


def all_forms() -> dict[str, str]:
    """Return file name -> text for every dataset in every form, and an index page."""
    forms = {"index.html": index_page(list(CONTRACTS.values()))}
    for contract in CONTRACTS.values():
        name = contract.id.lower()
        forms[f"{name}.html"] = page(contract)
        forms[f"{name}.csv"] = template(contract)
        forms[f"{name}.schema.json"] = as_json(table_schema(contract))
        forms[f"{name}.csv-metadata.json"] = as_json(csvw(contract))
    return forms


def as_json(document: dict[str, Any]) -> str:
    """Return a document as JSON for people and machines."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _schema_field(f: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if f.mark is Mark.REQUIRED else {}
    if f.codes:
        constraints["enum"] = list(f.codes)
    if f.type is FieldType.TEXT:
        constraints["maxLength"] = f.max_length
    if f.type in _PATTERNS:
        constraints["pattern"] = _PATTERNS[f.type]
    constraints |= {k: v for k, v in (("minimum", f.minimum), ("maximum", f.maximum)) if v is not None}
    described: dict[str, Any] = {"name": f.name, "type": _schema_type(f), "description": f"{f.description} Written as: {how_written(f)}."}
    if f.type is FieldType.DATE:
        described["format"] = "%Y-%m-%d"
    if f.type is FieldType.FLAG:
        described |= {"trueValues": ["Y"], "falseValues": ["N"]}
    if f.codes:
        described["categories"] = [{"value": code, "label": meaning} for code, meaning in f.codes.items()]
    if f.unit:
        described["unit"] = f.unit
    if f.example:
        described["example"] = f.example
    return described | {"constraints": constraints, "mark": str(f.mark), "role": str(f.role), "visibility": str(f.visibility)}


def _schema_type(f: Field) -> str:
    if f.type is FieldType.MONEY:
        return "number" if f.unit == "pounds" else "integer"
    return {FieldType.DATE: "date", FieldType.FLAG: "boolean", FieldType.INTEGER: "integer"}.get(f.type, "string")


def _csvw_column(f: Field) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": f.name,
        "titles": f.name,
        "dc:description": f"{f.description} Written as: {how_written(f)}.",
        "required": f.mark is Mark.REQUIRED,
        "datatype": _csvw_type(f),
        "null": "",
        "dc:type": f"{f.role}; {f.mark}; {f.visibility}",
    }
    if f.unit:
        column["schema:unitText"] = f.unit
    return column


def _csvw_type(f: Field) -> dict[str, Any]:
    bounds: dict[str, Any] = {k: v for k, v in (("minimum", f.minimum), ("maximum", f.maximum)) if v is not None}
    match f.type:
        case FieldType.DATE:
            return {"base": "date", "format": "yyyy-MM-dd"}
        case FieldType.FLAG:
            return {"base": "boolean", "format": "Y|N"}
        case FieldType.MONEY:
            return {"base": "decimal" if f.unit == "pounds" else "integer", **bounds}
        case FieldType.INTEGER:
            return {"base": "integer", **bounds}
        case FieldType.CODE:
            return {"base": "string", "format": f"^({'|'.join(f.codes)})$"}
        case FieldType.TEXT:
            return {"base": "string", "maxLength": f.max_length}
        case _ if f.type in _PATTERNS:
            return {"base": "string", "format": _PATTERNS[f.type]}
        case _:
            return {"base": "string"}
