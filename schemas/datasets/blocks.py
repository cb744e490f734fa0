"""Columns that many datasets share, so that a forename is a forename everywhere."""

from __future__ import annotations

from dataclasses import replace

from schemas.contract import Field, FieldType, Mark, Party, PartyKind, Role, Visibility

REQUIRED, DESIRED, OPTIONAL = Mark.REQUIRED, Mark.DESIRED, Mark.OPTIONAL
MATCH_ONLY, OWN_SIDE, SHARED = Visibility.MATCH_ONLY, Visibility.OWN_SIDE, Visibility.SHARED
PERSON, ADDRESS, ORGANISATION = Role.PERSON, Role.ADDRESS, Role.ORGANISATION
BANK, ATTRIBUTE, REFERENCE = Role.BANK, Role.ATTRIBUTE, Role.REFERENCE

ROW_BLOCK = (
    Field("partner_record_ref", FieldType.TEXT, REQUIRED, REFERENCE, OWN_SIDE,
          "Your reference for this row, once in the file. Use one that means nothing outside your council.",
          max_length=64, aliases=("record ref", "unique ref", "row id", "reference"), example="R000123"),
    Field("as_of_date", FieldType.DATE, REQUIRED, ATTRIBUTE, SHARED,
          "The day your system looked like this.", aliases=("extract date", "as at", "snapshot date", "run date"),
          example="2026-11-01"),
    Field("protected_flag", FieldType.FLAG, OPTIONAL, ATTRIBUTE, OWN_SIDE,
          "Y where this person's whereabouts must not become known; the other side is then told nothing.",
          aliases=("sensitive", "protected", "restricted record"), example="N"),
)

_PERSON_FIELDS = (
    Field("title", FieldType.TEXT, OPTIONAL, PERSON, OWN_SIDE, "Title; taken off before matching.",
          max_length=40, aliases=("salutation", "prefix"), example="Ms"),
    Field("surname", FieldType.TEXT, REQUIRED, PERSON, OWN_SIDE, "Family name.",
          max_length=120, aliases=("last name", "family name", "lastname", "sname"), example="Okafor"),
    Field("forename", FieldType.TEXT, REQUIRED, PERSON, OWN_SIDE, "First given name, in full where you hold it.",
          max_length=120, aliases=("first name", "given name", "firstname", "fname", "forenames"), example="Adaeze"),
    Field("middle_names", FieldType.TEXT, DESIRED, PERSON, OWN_SIDE, "Other given names, with a space between.",
          max_length=120, aliases=("middle name", "other names", "second name"), example="Grace"),
    Field("dob", FieldType.PARTIAL_DATE, DESIRED, PERSON, OWN_SIDE,
          "Date of birth; an unknown part is X, as in 1960-06-XX.", past=True,
          aliases=("date of birth", "birth date", "d.o.b.", "birthdate", "born"), example="1984-03-27"),
    Field("nino", FieldType.NINO, DESIRED, PERSON, OWN_SIDE, "National Insurance number.",
          aliases=("ni number", "national insurance", "ni no", "insurance number"), example="QQ112233C"),
    Field("phone", FieldType.PHONE, OPTIONAL, PERSON, MATCH_ONLY, "Telephone number. Compared, never shown.",
          aliases=("telephone", "mobile", "tel", "contact number"), example="07700 900123"),
    Field("email", FieldType.EMAIL, OPTIONAL, PERSON, MATCH_ONLY, "Own e-mail address. Compared, never shown.",
          aliases=("e-mail", "email address", "mail"), example="a.okafor@example.org"),
    Field("passport_no", FieldType.PASSPORT, OPTIONAL, PERSON, MATCH_ONLY, "Passport number. Compared, never shown.",
          aliases=("passport", "passport number"), example=""),
)

_ADDRESS_FIELDS = (
    Field("addr1", FieldType.TEXT, REQUIRED, ADDRESS, OWN_SIDE, "First line of the address, with flat and house number.",
          aliases=("address line 1", "address 1", "address1", "property address", "house and street"), example="Flat 2, 14 Weaver Street"),
    Field("addr2", FieldType.TEXT, OPTIONAL, ADDRESS, OWN_SIDE, "Second line.",
          aliases=("address line 2", "address 2", "address2", "locality"), example=""),
    Field("addr3", FieldType.TEXT, OPTIONAL, ADDRESS, OWN_SIDE, "Third line, mostly the town.",
          aliases=("address line 3", "address 3", "address3", "town"), example="Northmere"),
    Field("addr4", FieldType.TEXT, OPTIONAL, ADDRESS, OWN_SIDE, "Fourth line.",
          aliases=("address line 4", "address 4", "address4", "county"), example=""),
    Field("postcode", FieldType.POSTCODE, REQUIRED, ADDRESS, OWN_SIDE, "Postcode.",
          aliases=("post code", "pcode", "zip"), example="ZZ1 1AA"),
    Field("uprn", FieldType.UPRN, DESIRED, ADDRESS, OWN_SIDE, "Unique property reference number.",
          aliases=("property ref", "unique property reference number", "llpg uprn"), example="990000000123"),
)

BANK_BLOCK = (
    Field("sort_code", FieldType.SORT_CODE, DESIRED, BANK, MATCH_ONLY, "Sort code. Compared, never shown.",
          aliases=("sortcode", "bank sort code"), example="99-00-01"),
    Field("account_no", FieldType.ACCOUNT_NUMBER, DESIRED, BANK, MATCH_ONLY, "Account number. Compared, never shown.",
          aliases=("account number", "bank account", "bank account number", "acc no"), example="70391824"),
    Field("roll_no", FieldType.TEXT, OPTIONAL, BANK, MATCH_ONLY, "Building society roll number. Compared, never shown.",
          max_length=24, aliases=("roll number", "building society roll"), example=""),
)


def _with_prefix(fields: tuple[Field, ...], prefix: str, mark: Mark | None, whose: str) -> tuple[Field, ...]:
    return tuple(
        replace(
            f,
            name=f"{prefix}{f.name}",
            mark=mark or f.mark,
            description=f"{whose}: {f.description[0].lower()}{f.description[1:]}" if whose else f.description,
            aliases=tuple(f"{prefix.rstrip('_')} {alias}".strip() for alias in f.aliases) if prefix else f.aliases,
        )
        for f in fields
    )


def person_block(prefix: str = "", *, mark: Mark | None = None, whose: str = "", without: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """Return the columns that name a person, for the party with this prefix."""
    return tuple(f for f in _with_prefix(_PERSON_FIELDS, prefix, mark, whose) if f.name.removeprefix(prefix) not in without)


def address_block(prefix: str = "", *, mark: Mark | None = None, whose: str = "", without: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """Return the columns of an address."""
    return tuple(f for f in _with_prefix(_ADDRESS_FIELDS, prefix, mark, whose) if f.name.removeprefix(prefix) not in without)


def person(name: str, prefix: str = "", *, address_prefix: str = "", bank: bool = False, without: tuple[str, ...] = ()) -> Party:
    """Return the party whose identity stands in the columns with this prefix.

    Args:
        address_prefix: where the party's address stands; a second person mostly shares the first one's.
        bank: whether the row's bank account is this party's.
        without: canonical columns that the dataset does not hold.
    """
    columns = {
        "title": (f"{prefix}title",), "forename": (f"{prefix}forename",), "middle_names": (f"{prefix}middle_names",),
        "surname": (f"{prefix}surname",), "date_of_birth": (f"{prefix}dob",), "nino": (f"{prefix}nino",),
        "phone": (f"{prefix}phone",), "email": (f"{prefix}email",), "passport_number": (f"{prefix}passport_no",),
        **_address_columns(address_prefix),
    }
    if bank:
        columns["account"] = ("sort_code", "account_no", "roll_no")
    return Party(name, PartyKind.PERSON, {k: v for k, v in columns.items() if k not in without})


def organisation(name: str, columns: dict[str, tuple[str, ...]], *, address_prefix: str | None = "", once_per_value: bool = False) -> Party:
    """Return an organisation party; `columns` maps canonical columns to the dataset's."""
    address = {} if address_prefix is None else _address_columns(address_prefix)
    return Party(name, PartyKind.ORGANISATION, {**columns, **address}, once_per_value=once_per_value)


def _address_columns(prefix: str) -> dict[str, tuple[str, ...]]:
    return {
        "address": tuple(f"{prefix}addr{n}" for n in (1, 2, 3, 4)),
        "postcode": (f"{prefix}postcode",),
        "uprn": (f"{prefix}uprn",),
    }
