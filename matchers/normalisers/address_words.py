"""The words of addresses: abbreviations in full, kinds of street, house and flat.

Source: the lists are ours, from what council extracts hold.
"""

from __future__ import annotations

# Anywhere in an address: abbreviation -> word.
_ANYWHERE = {
    "RD": "ROAD",
    "AVE": "AVENUE",
    "AV": "AVENUE",
    "AVN": "AVENUE",
    "CRES": "CRESCENT",
    "CRESC": "CRESCENT",
    "CRST": "CRESCENT",
    "GDNS": "GARDENS",
    "GDN": "GARDEN",
    "GRDNS": "GARDENS",
    "TERR": "TERRACE",
    "TCE": "TERRACE",
    "LN": "LANE",
    "BLVD": "BOULEVARD",
    "GRV": "GROVE",
    "PDE": "PARADE",
    "BLDGS": "BUILDINGS",
    "BLDG": "BUILDING",
    "HSE": "HOUSE",
    "COTT": "COTTAGE",
    "COTTS": "COTTAGES",
    "CLS": "CLOSE",
    "STR": "STREET",
    "STN": "STATION",
    "EST": "ESTATE",
    "IND": "INDUSTRIAL",
    "CTR": "CENTRE",
    "NTH": "NORTH",
    "STH": "SOUTH",
    "UPR": "UPPER",
    "LWR": "LOWER",
    "GRD": "GROUND",
    "GRND": "GROUND",
    "FLR": "FLOOR",
    "BSMT": "BASEMENT",
    "SAINT": "ST",
    "APT": "FLAT",
    "APPT": "FLAT",
    "APMT": "FLAT",
    "APART": "FLAT",
    "APARTMENT": "FLAT",
    "FLT": "FLAT",
    "MAISONETTE": "FLAT",
    "1ST": "FIRST",
    "2ND": "SECOND",
    "3RD": "THIRD",
    "4TH": "FOURTH",
    "5TH": "FIFTH",
    "GFF": "GROUND FLAT",
    "FFF": "FIRST FLAT",
    "SFF": "SECOND FLAT",
    "TFF": "TOP FLAT",
    "GLOS": "GLOUCESTERSHIRE",
    "OXON": "OXFORDSHIRE",
    "WILTS": "WILTSHIRE",
    "WORCS": "WORCESTERSHIRE",
    "HANTS": "HAMPSHIRE",
    "BERKS": "BERKSHIRE",
    "BUCKS": "BUCKINGHAMSHIRE",
    "BEDS": "BEDFORDSHIRE",
    "CAMBS": "CAMBRIDGESHIRE",
    "HERTS": "HERTFORDSHIRE",
    "LANCS": "LANCASHIRE",
    "LEICS": "LEICESTERSHIRE",
    "LINCS": "LINCOLNSHIRE",
    "NORTHANTS": "NORTHAMPTONSHIRE",
    "NOTTS": "NOTTINGHAMSHIRE",
    "STAFFS": "STAFFORDSHIRE",
    "WARKS": "WARWICKSHIRE",
    "YORKS": "YORKSHIRE",
    "MIDDX": "MIDDLESEX",
}
# Only where a part ends, or a flat follows: elsewhere ST is a saint, DR a doctor, CT or PL something else.
_AT_END = {
    "ST": "STREET",
    "CL": "CLOSE",
    "DR": "DRIVE",
    "CT": "COURT",
    "PL": "PLACE",
    "SQ": "SQUARE",
    "PK": "PARK",
    "WY": "WAY",
    "GR": "GROVE",
}
_ENDS = ("|", "FLAT", "APT", "APARTMENT", "FLT", "UNIT")

# Words stand between doubled spaces, one on each side their own (see `addresses._write_out`).
ABBREVIATIONS = {f" {short} ": f" {full} " for short, full in _ANYWHERE.items()} | {
    f" {short}  {end}": f" {full}  {_ANYWHERE.get(end, end)}"
    for short, full in _AT_END.items()
    for end in _ENDS
}

UNITS = "FLAT|UNIT|ROOM|STUDIO|BEDSIT|SUITE|CARAVAN|CHALET|PLOT|PITCH|BERTH|MOORING|OFFICE"
FLOORS = "GROUND|FIRST|SECOND|THIRD|FOURTH|FIFTH|TOP|UPPER|LOWER|BASEMENT|GARDEN|ATTIC|REAR|FRONT"
STREETS = (
    "ROAD|STREET|AVENUE|CLOSE|CRESCENT|LANE|DRIVE|GARDENS|TERRACE|PLACE|SQUARE|WAY|PARADE|WALK|GROVE|MEWS|"
    "BOULEVARD|HIGHWAY"
)
HOUSES = (
    "COTTAGE|HOUSE|FARM|FARMHOUSE|LODGE|BARN|HALL|MANOR|VILLA|BUNGALOW|RECTORY|VICARAGE|MILL|COURT|"
    "INN|GRANGE|STABLES|TOWERS?|"
    "MANSIONS|BUILDINGS?|ARMS|HOTEL|SCHOOL|HOSPITAL|CENTRE"
)
NO_ABODE = r"\| (?:(?:OF )?NO FIXED (?:ABODE|ADDRESS)|NFA) \|"
NOT_AN_ADDRESS = (
    r"\| (?:(?:CARE OF|ADDRESS (?:UNKNOWN|NOT KNOWN|WITHHELD))(?: [^|]*)?|"
    r"UK|GB|UNITED KINGDOM|GREAT BRITAIN|ENGLAND|SCOTLAND|WALES) \|"
)
