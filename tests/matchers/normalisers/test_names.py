"""People in rows: one row's fields in, the people it names out."""

from __future__ import annotations

import string
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matchers.normalisers import names
from matchers.normalisers.names import PERSON, nickname_root, nickname_roots, normalise_people, surname_tokens

FIELDS = ("title", "forename", "middle_names", "surname")
SCHEMA = {"row": pl.UInt32, **dict.fromkeys(FIELDS, pl.String)}
# Words that are no title, suffix, particle or word about death, whichever way they fall.
GIVEN = st.sampled_from(["Ada", "Bo", "Chidi", "Dilys", "Eryk", "Zoë", "J", "Kamala", "Siân"])
FAMILY = st.sampled_from(
    ["Okafor", "Hughes", "Nowak", "Khan", "Quist", "Ångström", "Price-Jones", "O'Neill", "van der Berg"]
)


def rows(*people):
    return pl.DataFrame(
        [(number, *fields) for number, fields in enumerate(people)], schema=SCHEMA, orient="row"
    )


def found(title=None, forename=None, middle_names=None, surname=None):
    """Return the people of one row, each as forename, middle names, surname."""
    people = normalise_people(rows((title, forename, middle_names, surname)))
    assert people.get_column("person").to_list() == list(range(1, people.height + 1))
    return people.select("forename", "middle_names", "surname").rows()


@pytest.mark.parametrize(
    ("fields", "person"),
    [
        ({"forename": "Ada", "surname": "Okafor"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Ada Bo", "surname": "Okafor"}, ("ADA", "BO", "OKAFOR")),
        ({"forename": "Ada", "middle_names": "Bo Chidi", "surname": "Okafor"}, ("ADA", "BO CHIDI", "OKAFOR")),
        ({"forename": "Ada Bo", "middle_names": "Bo", "surname": "Okafor"}, ("ADA", "BO", "OKAFOR")),
        ({"forename": "Jean-Paul", "surname": "Okafor"}, ("JEAN", "PAUL", "OKAFOR")),
        ({"forename": "J.A.", "surname": "Okafor"}, ("J", "A", "OKAFOR")),
        ({"forename": "Zoë", "surname": "Ångström-O\u2019Neill"}, ("ZOE", None, "ANGSTROM ONEILL")),
        ({"forename": "Иван", "surname": "Петров"}, ("ИВАН", None, "ПЕТРОВ")),
        ({"forename": " ADA ", "surname": "Price  Jones"}, ("ADA", None, "PRICE JONES")),
        ({"surname": "Okafor"}, (None, None, "OKAFOR")),
        ({"forename": "Ada"}, ("ADA", None, None)),
        ({"middle_names": "Bo", "surname": "Okafor"}, (None, "BO", "OKAFOR")),
        ({"forename": "UNKNOWN", "surname": "Okafor"}, (None, None, "OKAFOR")),
        ({"forename": "N/A", "middle_names": "-", "surname": "Okafor"}, (None, None, "OKAFOR")),
    ],
)
def test_one_person_in_a_row(fields, person):
    assert found(**fields) == [person]


@pytest.mark.parametrize(
    ("fields", "person"),
    [
        ({"title": "Mrs", "forename": "Ada", "surname": "Okafor"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Mrs Ada", "surname": "Okafor"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Ada", "surname": "Mrs Okafor"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Ada", "surname": "Okafor Mrs"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Ada", "surname": "Okafor OBE JP"}, ("ADA", None, "OKAFOR")),
        ({"forename": "The Rev. Dr. Ada", "surname": "Okafor"}, ("ADA", None, "OKAFOR")),
        ({"forename": "Mr", "surname": "Okafor"}, (None, None, "OKAFOR")),
        ({"surname": "Cllr Ada Okafor"}, ("ADA", None, "OKAFOR")),
        ({"surname": "Lady Ada Okafor"}, ("ADA", None, "OKAFOR")),
        # words that are titles, but here are all the name there is
        ({"forename": "Ada", "surname": "Major"}, ("ADA", None, "MAJOR")),
        ({"forename": "Major", "surname": "Lord"}, ("MAJOR", None, "LORD")),
        ({"forename": "Ada", "surname": "Masters"}, ("ADA", None, "MASTERS")),
        ({"forename": "Ada", "surname": "Late"}, ("ADA", None, "LATE")),
        ({"forename": "Ada", "surname": "Mr"}, ("ADA", None, None)),
    ],
)
def test_titles_are_stripped_from_any_field(fields, person):
    assert found(**fields) == [person]


@pytest.mark.parametrize(
    ("fields", "people"),
    [
        ({"surname": "MR J & MRS A OKAFOR"}, [("J", None, "OKAFOR"), ("A", None, "OKAFOR")]),
        ({"forename": "MR J & MRS A OKAFOR"}, [("J", None, "OKAFOR"), ("A", None, "OKAFOR")]),
        ({"forename": "J & A", "surname": "OKAFOR"}, [("J", None, "OKAFOR"), ("A", None, "OKAFOR")]),
        (
            {"forename": "JOHN AND MARY", "surname": "OKAFOR"},
            [("JOHN", None, "OKAFOR"), ("MARY", None, "OKAFOR")],
        ),
        (
            {"forename": "JOHN+MARY", "surname": "OKAFOR"},
            [("JOHN", None, "OKAFOR"), ("MARY", None, "OKAFOR")],
        ),
        ({"surname": "MR & MRS J OKAFOR"}, [("J", None, "OKAFOR"), (None, None, "OKAFOR")]),
        (
            {"title": "MR & MRS", "forename": "J", "surname": "OKAFOR"},
            [("J", None, "OKAFOR"), (None, None, "OKAFOR")],
        ),
        ({"title": "MR & MRS", "surname": "OKAFOR"}, [(None, None, "OKAFOR"), (None, None, "OKAFOR")]),
        ({"forename": "MR & MRS J", "surname": "OKAFOR"}, [("J", None, "OKAFOR"), (None, None, "OKAFOR")]),
        ({"forename": "J", "surname": "MR & MRS OKAFOR"}, [("J", None, "OKAFOR"), (None, None, "OKAFOR")]),
        ({"surname": "J OKAFOR & MRS"}, [("J", None, "OKAFOR"), (None, None, "OKAFOR")]),
        (
            {"title": "MESSRS", "forename": "J & B", "surname": "OKAFOR"},
            [("J", None, "OKAFOR"), ("B", None, "OKAFOR")],
        ),
        ({"surname": "MR J A & MRS B OKAFOR"}, [("J", "A", "OKAFOR"), ("B", None, "OKAFOR")]),
        ({"surname": "JOHN OKAFOR & MARY QUIST"}, [("JOHN", None, "OKAFOR"), ("MARY", None, "QUIST")]),
        ({"surname": "JOHN OKAFOR & MARY"}, [("JOHN", None, "OKAFOR"), ("MARY", None, "OKAFOR")]),
        ({"surname": "MR OKAFOR & MRS QUIST"}, [(None, None, "OKAFOR"), (None, None, "QUIST")]),
        ({"surname": "OKAFOR & QUIST"}, [(None, None, "OKAFOR"), (None, None, "QUIST")]),
        ({"forename": "JOHN & MARY"}, [("JOHN", None, None), ("MARY", None, None)]),
        ({"forename": "J & A", "surname": "OKAFOR & QUIST"}, [("J", None, "OKAFOR"), ("A", None, "QUIST")]),
        ({"forename": "J", "surname": "OKAFOR & MRS A QUIST"}, [("J", None, "OKAFOR"), ("A", None, "QUIST")]),
        (
            {"forename": "J & A", "middle_names": "B & C", "surname": "OKAFOR"},
            [("J", "B", "OKAFOR"), ("A", "C", "OKAFOR")],
        ),
        ({"surname": "OKAFOR, J & A"}, [("J", None, "OKAFOR"), ("A", None, "OKAFOR")]),
        ({"surname": "OKAFOR, JOHN & QUIST, MARY"}, [("JOHN", None, "OKAFOR"), ("MARY", None, "QUIST")]),
        ({"surname": "A & B & C OKAFOR"}, [("A", None, "OKAFOR"), ("B", None, "OKAFOR")]),
    ],
)
def test_two_people_in_one_row(fields, people):
    assert found(**fields) == people


@pytest.mark.parametrize(
    ("fields", "person"),
    [
        ({"surname": "OKAFOR, ADA"}, ("ADA", None, "OKAFOR")),
        ({"surname": "Okafor,Ada Bo"}, ("ADA", "BO", "OKAFOR")),
        ({"surname": "OKAFOR, MRS A"}, ("A", None, "OKAFOR")),
        ({"surname": "VAN DER BERG, ADA"}, ("ADA", None, "VAN DER BERG")),
        ({"forename": "OKAFOR, ADA"}, ("ADA", None, "OKAFOR")),
        ({"surname": "ADA BO OKAFOR"}, ("ADA", "BO", "OKAFOR")),
        ({"forename": "ADA OKAFOR"}, ("ADA", None, "OKAFOR")),
        ({"surname": "ADA PRICE-JONES"}, ("ADA", None, "PRICE JONES")),
        ({"surname": "PRICE-JONES"}, (None, None, "PRICE JONES")),
        ({"surname": "ADA VAN DER BERG"}, ("ADA", None, "VAN DER BERG")),
        ({"surname": "VAN DER BERG"}, (None, None, "VAN DER BERG")),
        ({"surname": "ADA O BRIEN"}, ("ADA", None, "OBRIEN")),
        ({"surname": "ADA O QUIST"}, ("ADA", "O", "QUIST")),
        ({"surname": "ADA MC DONALD"}, ("ADA", None, "MCDONALD")),
        ({"surname": "MAC DONALD"}, (None, None, "MACDONALD")),
    ],
)
def test_a_whole_name_in_one_field(fields, person):
    assert found(**fields) == [person]


@pytest.mark.parametrize(
    ("surname", "kept"),
    [
        ("MC DONALD", "MCDONALD"),
        ("Mc-Donald", "MCDONALD"),
        ("MAC DONALD", "MACDONALD"),
        ("MacDonald", "MACDONALD"),
        ("FITZ GERALD", "FITZGERALD"),
        ("O'BRIEN", "OBRIEN"),
        ("O BRIEN", "OBRIEN"),
        ("O' BRIEN", "OBRIEN"),
        ("D'SOUZA", "DSOUZA"),
        ("D SOUZA", "DSOUZA"),
        ("PRICE MC DONALD", "PRICE MCDONALD"),
        ("VAN DER BERG", "VAN DER BERG"),
        ("VON TRAPP", "VON TRAPP"),
        ("AL-HASSAN", "AL HASSAN"),
        ("BIN OMAR", "BIN OMAR"),
        ("ST. JOHN", "ST JOHN"),
        ("PRICE-JONES", "PRICE JONES"),
    ],
)
def test_particles_of_a_surname(surname, kept):
    assert found(forename="ADA", surname=surname) == [("ADA", None, kept)]


@pytest.mark.parametrize(
    ("fields", "suffix"),
    [
        ({"forename": "ADA", "surname": "OKAFOR JR"}, "JR"),
        ({"forename": "ADA", "surname": "OKAFOR Jnr."}, "JR"),
        ({"forename": "ADA", "surname": "OKAFOR, SNR"}, "SR"),
        ({"forename": "ADA", "surname": "OKAFOR SENIOR"}, "SR"),
        ({"forename": "ADA JNR", "surname": "OKAFOR"}, "JR"),
        ({"forename": "ADA", "surname": "OKAFOR III"}, "III"),
        ({"surname": "ADA OKAFOR II"}, "II"),
        ({"forename": "ADA", "surname": "OKAFOR"}, None),
    ],
)
def test_suffixes_stand_apart(fields, suffix):
    people = normalise_people(rows(tuple(fields.get(name) for name in FIELDS)))
    assert people.select("forename", "surname", "suffix").rows() == [("ADA", "OKAFOR", suffix)]


def test_senior_alone_is_a_surname():
    assert found(forename="ADA", surname="SENIOR") == [("ADA", None, "SENIOR")]
    assert found(surname="ADA SENIOR") == [("ADA", None, "SENIOR")]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "EXORS OF", "forename": "ADA", "surname": "OKAFOR"},
        {"title": "The late", "forename": "ADA", "surname": "OKAFOR"},
        {"surname": "EXECUTORS OF ADA OKAFOR"},
        {"surname": "EXECUTORS OF THE LATE MRS ADA OKAFOR"},
        {"surname": "EXORS OF ADA OKAFOR"},
        {"surname": "THE EXECUTORS OF THE ESTATE OF ADA OKAFOR"},
        {"surname": "REPS OF ADA OKAFOR"},
        {"surname": "PERS REPS ADA OKAFOR"},
        {"surname": "PERSONAL REPRESENTATIVES OF MRS ADA OKAFOR"},
        {"surname": "ESTATE OF ADA OKAFOR"},
        {"surname": "ADA OKAFOR DECEASED"},
        {"forename": "ADA", "surname": "OKAFOR (DECD)"},
        {"forename": "ADA", "surname": "OKAFOR DEC'D"},
        {"forename": "ADA", "surname": "OKAFOR (Dec)"},
        {"forename": "ADA", "surname": "OKAFOR (EXORS)"},
        {"forename": "THE LATE ADA", "surname": "OKAFOR"},
        {"forename": "LATE ADA", "surname": "OKAFOR"},
    ],
)
def test_words_about_death_become_a_hint(fields):
    people = normalise_people(rows(tuple(fields.get(name) for name in FIELDS)))
    assert people.drop("row", "person").rows() == [("ADA", None, "OKAFOR", None, True)]


def test_the_hint_is_of_the_person_it_stands_beside():
    people = normalise_people(
        rows((None, None, None, "J OKAFOR DECD & MRS A OKAFOR"), (None, "J & A", None, "OKAFOR (DECD)"))
    )
    assert people.select("row", "forename", "deceased_hint").rows() == [
        (0, "J", True),
        (0, "A", False),
        (1, "J", True),
        (1, "A", True),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "Mr"},
        {"forename": "", "surname": "  "},
        {"forename": "UNKNOWN", "surname": "N/A"},
        {"surname": "THE OCCUPIER"},
        {"surname": "Owner/Occupier"},
        {"surname": "VACANT"},
        {"surname": "&"},
        {"surname": ","},
        {"surname": "Mr & Mrs"},
        {"surname": "\u200b"},
    ],
)
def test_a_row_that_names_nobody_gives_nobody(fields):
    assert found(**fields) == []


@given(people=st.lists(st.tuples(GIVEN, FAMILY), min_size=0, max_size=2), layout=st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_as_many_people_come_out_as_were_written_in(people, layout):
    assume(len(people) < 2 or people[0][1] == people[1][1] or layout)
    if layout == 0:  # forenames in their own field, one surname for all
        fields = {
            "forename": " & ".join(first for first, _ in people),
            "surname": people[0][1] if people else None,
        }
    elif layout == 1:  # whole names in the surname's field
        fields = {"surname": " and ".join(f"{first} {last}" for first, last in people)}
    else:  # surname first
        fields = {"surname": " & ".join(f"{last}, {first}" for first, last in people)}
    assert len(found(**fields)) == len(people)


@given(people=st.lists(st.tuples(GIVEN, GIVEN, FAMILY), max_size=20))
@settings(max_examples=25, deadline=None)
def test_plain_and_unusual_rows_are_read_alike(people):
    # A title in the forename sends the row to the slower reading, and changes nothing else.
    plain = normalise_people(rows(*((None, first, second, last) for first, second, last in people)))
    unusual = normalise_people(rows(*((None, f"Mx {first}", second, last) for first, second, last in people)))
    assert plain.equals(unusual)


@given(people=st.lists(st.tuples(GIVEN, GIVEN | st.none(), FAMILY), max_size=20))
@settings(max_examples=25, deadline=None)
def test_normalised_names_stay_as_they_are(people):
    once = normalise_people(rows(*((None, *fields) for fields in people)))
    again = normalise_people(once.with_columns(title=pl.lit(None, pl.String)).select(*SCHEMA))
    assert once.equals(again)


@given(fields=st.lists(st.tuples(*[st.none() | st.text(max_size=20)] * 4), max_size=20))
@settings(max_examples=30, deadline=None)
def test_any_text_gives_at_most_two_people_a_row(fields):
    people = normalise_people(rows(*fields))
    assert people.schema == PERSON
    assert people.equals(people.sort("row", "person"))
    assert people.group_by("row").len().filter(pl.col("len") > 2).is_empty()
    parts = people.select("forename", "middle_names", "surname")
    assert parts.filter(pl.all_horizontal(pl.all().is_null())).is_empty()
    assert parts.filter(pl.any_horizontal(pl.all().str.contains("^ | $|  |^$|[-,\u2020]"))).is_empty()


@given(
    words=st.lists(
        st.sampled_from(
            [
                "MR",
                "MRS",
                "&",
                "AND",
                "J",
                "ADA",
                "OKAFOR",
                ",",
                "-",
                "JR",
                "EXORS",
                "OF",
                "LATE",
                "DECD",
                "MC",
                "O",
                "VAN",
                "THE",
            ]
        ),
        max_size=9,
    )
)
@settings(max_examples=30, deadline=None)
def test_any_order_of_the_words_we_know_is_read(words):
    for name in FIELDS:
        people = normalise_people(rows(tuple(" ".join(words) if name == field else None for field in FIELDS)))
        assert people.height <= 2


def test_no_rows_give_no_people():
    assert normalise_people(rows()).schema == PERSON


def test_people_come_out_by_row_and_person():
    frame = rows((None, "A & B", None, "OKAFOR"), (None, "C", None, "QUIST")).sort("row", descending=True)
    assert normalise_people(frame).select("row", "person", "forename").rows() == [
        (0, 1, "A"),
        (0, 2, "B"),
        (1, 1, "C"),
    ]


@pytest.mark.parametrize(
    ("surname", "tokens"),
    [
        ("OKAFOR", ["OKAFOR"]),
        ("PRICE-JONES", ["PRICE", "JONES", "PRICEJONES"]),
        ("VAN DER BERG", ["BERG", "VANDERBERG"]),
        ("O'NEILL", ["ONEILL"]),
        ("DE", ["DE"]),
        ("AL BIN", ["AL", "BIN", "ALBIN"]),
        ("JONES JONES", ["JONES", "JONESJONES"]),
        ("", []),
        (None, None),
    ],
)
def test_the_words_two_surnames_may_agree_in(surname, tokens):
    frame = pl.DataFrame({"surname": [surname]}, schema={"surname": pl.String})
    assert frame.select(surname_tokens(pl.col("surname"))).to_series().to_list() == [tokens]


def test_short_forms_have_a_root_and_other_names_are_their_own():
    frame = pl.DataFrame(
        {"forename": ["BILL", "DAI", "KASIA", "PADDY", "MUHAMMAD", "WILLIAM", "CHIDI", None]}
    )
    roots = frame.select(nickname_root(pl.col("forename"))).to_series().to_list()
    assert roots == ["WILLIAM", "DAVID", "KATHERINE", "PATRICK", "MOHAMMED", "WILLIAM", "CHIDI", None]


def test_the_nickname_table_is_well_formed():
    table = Path(names.__file__).with_name("nicknames.csv").read_text(encoding="utf-8").splitlines()
    pairs = [tuple(line.split(",")) for line in table if line and not line.startswith("#")][1:]
    assert len({variant for variant, _ in pairs}) == len(pairs) == len(nickname_roots())
    assert all(set(variant + root) <= set(string.ascii_uppercase) for variant, root in pairs)
    assert not {variant for variant, _ in pairs} & {root for _, root in pairs}  # a root has no root
