"""What is linked: people, organisations and addresses, each with its blocking rules, comparisons and situations."""

from __future__ import annotations

from dataclasses import dataclass

from matchers import situations
from matchers.blocking import BlockingRule
from matchers.canonical import ORGANISATION_COLUMNS, PERSON_COLUMNS
from matchers.compare_addresses import house, postcode, reference, street, town
from matchers.compare_dates import date_of_birth
from matchers.compare_names import forename, middle_names, surname
from matchers.compare_numbers import contact, number
from matchers.compare_organisations import organisation_name
from matchers.compare_places import address
from matchers.comparison import Comparison
from matchers.feature_addresses import ADDRESS_COLUMNS
from matchers.situations import Situation

MOST_AT_ONE_CONTACT = 20  # records; a family in every dataset stays below, an office or a default value does not


@dataclass(frozen=True)
class Entity:
    """A kind of party.

    Args:
        plural: the word for several of them.
        columns: what its records may hold.
        number: registered number; two records with different ones are two parties, whatever else agrees.
        misspelt: two numbers one slip apart are one; not so of numbers that neighbours get in a row.
    """

    name: str
    plural: str
    columns: tuple[str, ...]
    rules: tuple[BlockingRule, ...]
    comparisons: tuple[Comparison, ...]
    situations: tuple[Situation, ...]
    number: str
    misspelt: bool = True


BROAD_UP_TO = 200_000  # records


def _broad(name: str, key: tuple[str, ...], refine: tuple[str, ...]) -> BlockingRule:
    return BlockingRule(name, key, refine=refine, pairs_per_record=0, least_pairs=1_500_000, up_to=BROAD_UP_TO)


PERSON = Entity(
    "person",
    "people",
    (*PERSON_COLUMNS, "saon", "paon"),
    (
        BlockingRule("NINO", ("nino",), most=60),
        BlockingRule("surname and birth date", ("surname", "birth_date"), refine=("forename_initial",)),
        BlockingRule("forename and birth date", ("forename", "birth_date"), refine=("surname_initial",)),
        BlockingRule("names and birthday", ("names", "birthday"), refine=("sector",)),
        BlockingRule("postcode and birth date", ("postcode", "birth_date")),
        BlockingRule("home", ("home",), most=60, refine=("forename_initial",), pairs_per_record=4),
        BlockingRule("rare names", ("names",), most=30),
        BlockingRule("initials and birth date", ("birth_date", "forename_initial", "surname_initial"), most=100),
        BlockingRule("sounds and birth year", ("surname_sound", "forename_sound", "birth_year"), most=60, refine=("names",)),
        BlockingRule("sounds and postcode", ("surname_sound", "forename_initial", "postcode"), most=60, refine=("names",)),
        BlockingRule("telephone", ("phone",), most=MOST_AT_ONE_CONTACT),
        BlockingRule("e-mail", ("email",), most=MOST_AT_ONE_CONTACT),
        BlockingRule("account", ("account",), most=MOST_AT_ONE_CONTACT),
        _broad("surname and initial", ("surname", "forename_initial"), ("birth_year",)),
        _broad("sounds", ("surname_sound", "forename_sound"), ("birth_year",)),
        _broad("surname and birth year", ("surname", "birth_year"), ("forename_initial",)),
        _broad("forename and birth year", ("forename", "birth_year"), ("surname_initial",)),
        _broad("birth date", ("birth_date",), ("surname_initial",)),
        _broad("postcode", ("postcode",), ("surname_initial",)),
        _broad("surname and sector", ("surname", "sector"), ("forename_initial",)),
        _broad("forename and sector", ("forename", "sector"), ("surname_initial",)),
        _broad("address and initial", ("address", "forename_initial"), ("surname_initial",)),
        _broad("address and surname", ("address", "surname"), ("forename_initial",)),
    ),
    (forename(), middle_names(), surname(), date_of_birth(), number("nino"), address(), contact("phone"), contact("email"), contact("account")),
    situations.PERSON,
    "nino",
)
ORGANISATION = Entity(
    "organisation",
    "organisations",
    (*ORGANISATION_COLUMNS, "saon", "paon"),
    (
        BlockingRule("company number", ("company_number",)),
        BlockingRule("VAT number", ("vat_number",)),
        BlockingRule("charity number", ("charity_number",)),
        BlockingRule("name", ("name_squeezed",)),
        BlockingRule("first two words", ("name_start",), refine=("sector",)),
        BlockingRule("first six letters and last word", ("name_ends",)),
        BlockingRule("first consonants", ("name_consonants",)),
        BlockingRule("words in any order", ("name_words",)),
        BlockingRule("account", ("account",), most=MOST_AT_ONE_CONTACT),
        BlockingRule("first letter and postcode", ("name_letter", "postcode")),
        BlockingRule("telephone", ("phone",), most=MOST_AT_ONE_CONTACT),
    ),
    (organisation_name(), number("company_number"), number("vat_number"), number("charity_number"), contact("account"), address(), contact("phone")),
    situations.ORGANISATION,
    "company_number",
)
ADDRESS = Entity(
    "address",
    "addresses",
    ADDRESS_COLUMNS,
    (
        BlockingRule("UPRN", ("uprn",), most=MOST_AT_ONE_CONTACT),
        BlockingRule("words in any order", ("line",), most=60, refine=("postcode",)),
        BlockingRule("house and postcode", ("house", "postcode")),
        BlockingRule("house number and postcode", ("house_number", "postcode"), most=60, refine=("street_start",)),
        BlockingRule("house and street", ("house", "street"), most=60, refine=("sector",)),
        BlockingRule("house number, street and sector", ("house_number", "street", "sector"), most=60, refine=("postcode",)),
        BlockingRule("house and beginning of street", ("house", "street_start"), most=60, refine=("sector",)),
        BlockingRule("house and end of street", ("house", "street_end"), most=60, refine=("sector",)),
        BlockingRule("house and sector", ("house", "sector"), most=60, refine=("street_start",)),
        BlockingRule("house's name", ("house_name",), most=60, refine=("sector",)),
        BlockingRule("postcode", ("postcode",), most=100, refine=("house",), pairs_per_record=10),
        _broad("street", ("street",), ("sector",)),
        _broad("house and district", ("house", "district"), ("street_end",)),
    ),
    (reference("uprn"), house(), street(), town(), postcode()),
    situations.ADDRESS,
    "uprn",
    misspelt=False,
)
ENTITIES = {entity.name: entity for entity in (PERSON, ORGANISATION, ADDRESS)}
