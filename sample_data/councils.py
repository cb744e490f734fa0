"""The six invented councils: what each one sends, and how its system writes a file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Dialect:
    """How one council's system writes an extract.

    Attributes:
        encoding, delimiter, line_end: of every file of the council.
        date_form, birth_form: as in a mapping; a birth date may differ from the other dates.
        money: unit of every amount.
        headers: the contract's own, or one of the styles of `headers.header`.
        capitals: names and addresses stand in capitals.
        codes: contract field -> the contract's code -> the council's code; `DATASET.field` where two differ.
        extra: columns that the system adds and nobody asked for.
        leaves_out: contract fields that the system does not hold.
    """

    encoding: str
    delimiter: str
    line_end: str
    date_form: str
    birth_form: str
    money: str
    headers: str
    capitals: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    leaves_out: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Council:
    """One partner of the sample; `number` stands in its UPRNs, sort codes and postcodes."""

    id: str
    name: str
    gss: str
    kind: str
    number: int
    town: str
    datasets: tuple[str, ...]
    dialect: Dialect


_DISTRICT = ("CTX", "ELR", "CTR", "WLS", "PAY", "CRS", "CRP", "NDR", "TAX", "DEC", "PSP")
_WITH_HOMES = (*_DISTRICT, "TEN", "RTB")
_SELDOM_HELD = frozenset({"passport_no", "second_passport_no", "partner_passport_no", "joint_passport_no", "sex", "roll_no"})

_NORTHMERE = Dialect("utf-8", ",", "\n", "YYYY-MM-DD", "YYYY-MM-DD", "contract", "contract")
_HOLLINBECK = Dialect(
    "cp1252", ",", "\r\n", "DD/MM/YYYY", "DD/MM/YYYY", "pounds", "capitals", capitals=True,
    codes={
        "discount_code": {"NONE": "0", "SPD": "25S", "DIS50": "50D", "OTHER": "OTH"},
        "disregard_code": {"NONE": "-", "STU": "STUD", "CARE": "CARER"},
        "exemption_code": {"NONE": "-"},
        "property_status": {"OCC": "O", "SECOND": "2H", "EMPTY": "V", "JOB": "J", "LANDLORD": "LL"},
        "tenant_flag": {"F": "1", "O": "2"},
        "tenancy_type": {"SEC": "SECURE", "INT": "INTRO", "FIX": "FIXED", "TEMP": "TA", "SUPP": "SUPPORTED", "GAR": "GARAGE"},
        "relief_code": {"NONE": "00", "SBRR": "SB", "CHAR": "CH", "EMPTY": "EM"},
        "creditor_type": {"TRADE": "T", "SOLE": "S", "FACTOR": "F", "PUBLIC": "P", "GRANT": "G", "FOSTER": "FC", "STAFF": "E", "REFUND": "R"},
        "WLS.status": {"LIVE": "A", "SUSP": "S", "OFFER": "O", "HOUSED": "H", "CLOSED": "C"},
        "CRS.status": {"LIVE": "A", "STOP": "X", "DORM": "D"},
    },
    extra=("LAST_UPDATED_BY", "BATCH"), leaves_out=_SELDOM_HELD | {"premium_code", "rent_ref", "due_date", "PSP.invoice_no"},
)  # fmt: skip
_WESTERFOLD = Dialect(
    "utf-8-sig", ";", "\r\n", "DD-MON-YYYY", "DD-MON-YYYY", "pence", "words",
    codes={
        "discount_code": {"NONE": "None", "SPD": "Single Occ", "DIS50": "All Disregarded", "OTHER": "Other"},
        "property_status": {"OCC": "Occupied", "SECOND": "Second Home", "EMPTY": "Vacant", "JOB": "Job Related", "LANDLORD": "Landlord"},
        "tenant_flag": {"F": "Main", "O": "Other"},
        "scheme_class": {"PEN": "Pension Age", "WORK": "Working Age"},
        "ft_pt_casual": {"F": "Full Time", "P": "Part Time", "C": "Casual"},
    },
    extra=("Notes",), leaves_out=_SELDOM_HELD | {"landlord_id", "addr4", "middle_names", "gross_amount", "PSP.invoice_no", "PSP.company_no"},
)  # fmt: skip
_CARROWDALE = Dialect(
    "utf-16", ",", "\r\n", "DDMMYYYY", "DDMMYYYY", "pounds", "camel", capitals=True,
    codes={
        "discount_code": {"NONE": "N", "SPD": "S", "DIS50": "D", "OTHER": "X"},
        "ft_pt_casual": {"F": "FT", "P": "PT", "C": "CAS"},
        "licence_type": {"HC": "HCD", "PH": "PHD"},
        "ratepayer_type": {"COMPANY": "LTD", "SOLE": "IND", "CHARITY": "CHA", "PUBLIC": "PUB", "OTHER": "OTH"},
    },
    extra=("sysRowId",), leaves_out=_SELDOM_HELD | {"landlord_id", "disabled_reduction", "capital_band", "PSP.invoice_no", "PSP.company_no"},
)  # fmt: skip
_TARNLOW = Dialect(
    "utf-8", ",", "\n", "YYYY-MM-DDTHH:MM:SS", "DD.MM.YYYY", "pounds", "terse",
    codes={
        "property_status": {"OCC": "MAIN", "SECOND": "2ND", "EMPTY": "EMPTY", "JOB": "JOBREL", "LANDLORD": "LLORD"},
        "relief_code": {"NONE": "NIL", "SBRR": "SBR100", "CHAR": "CHAR80", "EMPTY": "EMPTY"},
        "WLS.status": {"LIVE": "Active", "SUSP": "Suspended", "OFFER": "Offered", "HOUSED": "Rehoused", "CLOSED": "Cancelled"},
    },
    extra=("comment",), leaves_out=_SELDOM_HELD | {"vat_amount", "title", "PSP.company_no"},
)  # fmt: skip
_MERROWSHIRE = Dialect(
    "cp1252", ",", "\r\n", "DD/MM/YYYY", "DD-MM-YYYY", "pounds", "words",
    codes={"creditor_type": {"TRADE": "Trade", "SOLE": "Sole trader", "FACTOR": "Factor", "PUBLIC": "Public body", "GRANT": "Grant"}},
    extra=("Directorate Notes",), leaves_out=_SELDOM_HELD | {"addr4", "PSP.company_no"},
)  # fmt: skip

COUNCILS: tuple[Council, ...] = (
    Council("northmere", "Northmere District Council", "E07990001", "district", 1, "Northmere", _WITH_HOMES, _NORTHMERE),
    Council("hollinbeck", "Hollinbeck Borough Council", "E07990002", "district", 2, "Hollinbeck", _WITH_HOMES, _HOLLINBECK),
    Council("westerfold", "Westerfold District Council", "E07990003", "district", 3, "Westerfold", _WITH_HOMES, _WESTERFOLD),
    Council("carrowdale", "Carrowdale District Council", "E07990004", "district", 4, "Carrowdale", _DISTRICT, _CARROWDALE),
    Council("tarnlow", "Tarnlow Borough Council", "E07990005", "district", 5, "Tarnlow", _DISTRICT, _TARNLOW),
    Council("merrowshire", "Merrowshire County Council", "E10990001", "county", 6, "Merrowton", ("PAY", "CRS", "CRP", "DEC", "PSP"), _MERROWSHIRE),
)  # fmt: skip

DISTRICTS: tuple[Council, ...] = tuple(council for council in COUNCILS if council.kind == "district")
LANDLORDS: tuple[Council, ...] = tuple(council for council in COUNCILS if "TEN" in council.datasets)
COUNTY: Council = COUNCILS[5]
BY_ID: dict[str, Council] = {council.id: council for council in COUNCILS}
