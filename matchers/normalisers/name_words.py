"""The words that stand around names, and how a name field is spelt before it is taken apart.

Source: the lists are ours, from what British registers and ledgers write around names.
"""

from __future__ import annotations

import polars as pl

from matchers.normalisers.text import clean, fold_letters
from matchers.normalisers.values import patched

# Always a title, whatever it stands next to.
TITLES = (
    "MR|MRS|MS|MISS|MX|DR|DOCTOR|REV|REVD|REVEREND|SIR|DAME|PROF|PROFESSOR|CLLR|CLR|COUNCILLOR|CAPT|"
    "CPT|COL|SGT|LT|CDR|HON|"
    "MESSRS|MESSERS|MESDAMES|MSTR|MDM|MADAM|MME|SQN LDR|RT HON|RT REV|THE HON|THE REV|THE REVD|THE REVEREND|"
    "THE RT HON|THE RT REV"
)
# A title only before a name: LORD, MAJOR and the like are surnames and given names too.
SOFT_TITLES = "LADY|LORD|MAJOR|MAJ|MASTER|CAPTAIN|COLONEL|FATHER|FR|SISTER|BARONESS|BARON|SHEIKH|HAJI"
HONOURS = "ESQ|ESQUIRE|OBE|MBE|CBE|KBE|BEM|JP|PHD|BSC|MSC|FRCS|MBBS"
# Particles that open a surname and stay words of it.
# fmt: off
PARTICLES = frozenset({
    "VAN", "VON", "DE", "DER", "DEN", "DI", "DA", "DU", "DO", "DOS", "DAS", "DEL", "DELLA", "LA", "LE",
    "TER", "TEN", "AL", "EL", "UL", "UR", "BIN", "IBN", "BINT", "BINTI", "ABU", "AP", "AB", "FERCH",
    "ST", "SAINT", "ZU", "Y",
})
# fmt: on
OPENING = "|".join(sorted(PARTICLES - {"Y", "UL", "UR"}))

SUFFIXES = {
    "JR": "JR",
    "JNR": "JR",
    "JUNIOR": "JR",
    "SR": "SR",
    "SNR": "SR",
    "SENIOR": "SR",
    "II": "II",
    "III": "III",
    "IV": "IV",
}
SHORT_SUFFIXES = "JR|JNR|SR|SNR|II|III|IV"  # JUNIOR and SENIOR are names too

_OFFICES = "EXECUTORS?|EXECUTRIX|EXECUTRICES|EXORS?|EXECS|EXOR S"
DECEASED = (
    rf"\b(?:(?:THE )?(?:(?:{_OFFICES})(?: OF\b)?|(?:(?:PERSONAL|PERS) (?:REPRESENTATIVES?|REPS?))(?: OF\b)?|"
    r"(?:REPRESENTATIVES?|REPS?|PRS?|ADMINISTRATORS?|ESTATE) OF)(?: THE)?(?: ESTATE OF)?(?: THE)?(?: LATE)?|"
    r"THE LATE|DECEASED|DECD)\b|^LATE | DEC$"
)
DECEASED_TITLE = rf"\b(?:{_OFFICES}|REPS?|REPRESENTATIVES?|PRS?|LATE|DECD|DECEASED|ESTATE|ADMINISTRATORS?)\b"
NOBODY = (
    r"^(?:(?:THE|CURRENT|THE CURRENT|NEW) )?(?:OCCUPIERS?|OCCUPANTS?|OWNERS?|OWNER OCCUPIERS?|TENANTS?|"
    r"LANDLORDS?|HOUSEHOLDERS?|"
    r"RESIDENTS?|LEASEHOLDERS?|RATEPAYERS?)$|^(?:VACANT|VOID|EMPTY PROPERTY|UNOCCUPIED)$"
)

_EDGE, _END = r"(?:^|[ ,-])", r"(?:$|[ ,-])"
_AROUND = f"AND|{TITLES}|{SOFT_TITLES}|{HONOURS}|{'|'.join(SUFFIXES)}"
_OF_THE_DEAD = (
    f"{_OFFICES}|REPRESENTATIVES?|REPS?|PERS|PERSONAL|PRS?|ADMINISTRATORS?|ESTATE|LATE|DECEASED|DECD|DEC"
)
UNUSUAL_GIVEN = rf",|{_EDGE}(?:{_AROUND}|{_OF_THE_DEAD}){_END}"
UNUSUAL_SURNAME = rf",|{_EDGE}(?:{_AROUND}|{_OF_THE_DEAD}|MC|MAC|FITZ|O|D){_END}"
UNUSUAL_TITLE = rf"{_EDGE}(?:AND|MESSRS|MESSERS|{'|'.join(SUFFIXES)}|{_OF_THE_DEAD}){_END}"
_NOT_SPELT = r"[^A-Z0-9 ]|  |^ | $"


def spell(text: pl.Expr) -> pl.Expr:
    """Return a name field in capitals without accents, keeping only the comma and the hyphen.

    An ampersand or plus becomes AND; a full stop parts words (J.A. is J A), an apostrophe does not.
    """
    return patched(text, is_odd=lambda e: e.str.contains(_NOT_SPELT), mend=_spell_case)


def _spell_case(text: pl.Expr) -> pl.Expr:
    upper = text.str.to_uppercase()
    return patched(upper, is_odd=lambda e: e.str.contains(_NOT_SPELT), mend=_spell_marks)


def _spell_marks(text: pl.Expr) -> pl.Expr:
    plain = fold_letters(clean(text)).str.replace_all("['`]", "").str.replace_all("[&+]", " AND ")
    words = plain.str.replace_all(r"[^\p{L}\p{N}\p{M},-]+", " ")
    tidy = words.str.replace_all("[-, ]*,[-, ]*", ", ").str.replace_all(" *-[ -]*", "-")
    return tidy.str.replace_all("-AND-|-AND | AND-", " AND ").str.strip_chars(" ,-")


def given_names(forename: pl.Expr, middle_names: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return `forename`, the first given name, and `middle_names`, all others; null where there is none.

    A hyphen parts given names too: JEAN-PAUL is sent as JEAN PAUL elsewhere.
    """
    given = forename.str.replace_all("-", " ", literal=True)
    middle = middle_names.str.replace_all("-", " ", literal=True).fill_null("")
    rest = given.str.extract(" (.+)$").fill_null("")
    both = (
        pl.when((rest == "") | (rest == middle))
        .then(middle)
        .otherwise((rest + " " + middle).str.strip_chars(" "))
    )
    return or_null(given.str.extract("^([^ ]+)")).alias("forename"), or_null(both).alias("middle_names")


def or_null(text: pl.Expr) -> pl.Expr:
    """Return the text, or null in place of an empty one."""
    return pl.when(text != "").then(text)
