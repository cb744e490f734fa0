"""Plain text: invisible characters taken out, placeholders emptied, and a folded form to compare by.

Sources: character classes by Unicode general category; compatibility decomposition (NFKD) by Unicode
Standard Annex 15. The list of placeholders is ours, from what case systems and spreadsheets write.
"""

from __future__ import annotations

import re

import polars as pl

from matchers.normalisers.values import first_problem, patched, staged

# Invisible characters: category Cc (control) without those that end a line or part words, category Cf
# (zero-width, bidirectional marks, soft hyphen, byte order mark), and marks that only choose a glyph.
_ENDS_OR_PARTS = r"\t\n\x0B\x0C\r\x85"
_GLYPH_CHOICE = r"\x{34F}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}"
INVISIBLE = rf"[[\p{{Cc}}\p{{Cf}}{_GLYPH_CHOICE}]&&[^{_ENDS_OR_PARTS}]]"
# The same, and those line and page breaks that no keyboard types.
NOT_TYPED = r"[[\p{Cc}\p{Cf}" + _GLYPH_CHOICE + r"]&&[^\t\n\r]]"
SPACE = r"[\s\x{2800}\x{3164}\x{FFA0}]+"

SCIENTIFIC = r"^[-+]?[0-9]+(?:\.[0-9]+)?E[-+][0-9]+$"  # as spreadsheets write it; the sign is always there

# fmt: off
_WORDS_FOR_NOTHING = [
    "UNKNOWN", "UNKOWN", "UNKNOW", "UNK", "UKNOWN", "NOT KNOWN", "NOTKNOWN", "NK", "N/K", "N.K",
    "DON'T KNOW", "DONT KNOW", "D/K", "N/A", "NA", "N.A", "N\\A", "N-A", "NONE", "NIL", "NULL", "NAN",
    "TBC", "TBA", "TBD", "T.B.C", "T.B.A", "TO BE CONFIRMED", "TO BE ADVISED", "TO FOLLOW",
    "NOT APPLICABLE", "NOT AVAILABLE", "NOT PROVIDED", "NOT SUPPLIED", "NOT STATED", "NOT GIVEN",
    "NOT HELD", "NOT RECORDED", "NOT ENTERED", "NOT DISCLOSED", "NOT SET", "NONE GIVEN",
    "NONE PROVIDED", "NONE SUPPLIED", "NONE HELD", "NO DATA", "NO DETAILS", "NO INFORMATION", "BLANK",
    "EMPTY", "MISSING", "DUMMY", "UNSPECIFIED", "UNDISCLOSED", "UNAVAILABLE", "WITHHELD", "REDACTED",
    "REDACTED PERSONAL DATA", "PERSONAL DATA", "NAME WITHHELD", "REFUSED", "PLEASE SELECT", "SELECT",
    "UNDEFINED", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!",
]
# fmt: on
_FILLERS = [letter * times for letter in "XZ" for times in range(2, 13)]
PLACEHOLDERS = frozenset([*_WORDS_FOR_NOTHING, *_FILLERS])
_AROUND = " ()[]{}<>#*\"'`.,;:!?-_=~+/\\|\u2010\u2011\u2012\u2013\u2014\u2026"

# True of every text that `clean` or the placeholder test could change; one pass over the bytes.
_MAY_CHANGE = (
    r"(?i)[^ -~]|  |^[^A-Z0-9]|[^A-Z0-9)]$|^(?:"
    + "|".join(re.escape(word) for word in sorted(PLACEHOLDERS))
    + r")\)*$"
)

_APOSTROPHES = "['\u2018\u2019\u201a\u201b\u2032\u00b4`\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\uff07.]"
_MARKS = r"[\x{300}-\x{36F}\x{1AB0}-\x{1AFF}\x{1DC0}-\x{1DFF}\x{20D0}-\x{20FF}\x{FE20}-\x{FE2F}]"
# Letters that are letters of their own, not a base letter with a mark, so NFKD leaves them.
_OWN_LETTERS = {
    "Æ": "AE",
    "Œ": "OE",
    "Ø": "O",
    "Ð": "D",
    "Đ": "D",
    "Þ": "TH",
    "Ł": "L",
    "Ħ": "H",
    "ẞ": "SS",
    "Ŋ": "NG",
    "Ŧ": "T",
    "Ɓ": "B",
    "Ɗ": "D",
    "Ƙ": "K",
    "Ə": "A",
    "Ɨ": "I",
    "Ƶ": "Z",
    "Ɖ": "D",
    "Ƴ": "Y",
    "ĸ": "K",
    "Ɛ": "E",
    "Ɔ": "O",
}
_NOT_FOLDED = r"[^A-Z0-9 ]|  |^ | $"


def clean(raw: pl.Expr) -> pl.Expr:
    """Return the text without invisible characters, its spaces squeezed to single ones.

    Every white space (no-break, tab, line end) becomes one space; zero-width, bidirectional and control
    characters go. A blank text becomes an empty one; null stays null.
    """
    return patched(raw, is_odd=lambda e: e.str.contains(r"[^ -~]|  |^ | $"), mend=_clean_odd)


def _clean_odd(raw: pl.Expr) -> pl.Expr:
    return raw.str.replace_all(INVISIBLE, "").str.replace_all(SPACE, " ").str.strip_chars(" ")


def had_control_characters(raw: pl.Expr) -> pl.Expr:
    """Return whether the text holds characters nobody types: zero-width, bidirectional, control.

    An ordinary tab or line end in a value does not count. Null gives null.
    """
    return raw.str.contains(NOT_TYPED)


def is_placeholder(text: pl.Expr) -> pl.Expr:
    """Return whether a cleaned text stands for 'not known': N/A, UNKNOWN, TBC, XXX, a lone dash.

    Case and surrounding punctuation do not matter. An empty text is no placeholder.
    """
    upper = text.str.to_uppercase()
    core = upper.str.strip_chars(_AROUND)
    words = pl.Series(sorted(PLACEHOLDERS)).implode()
    return ((core == "") & (text != "")) | core.is_in(words) | upper.is_in(words)


def cleaned_capitals(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `cleaned`: the raw text as `clean` gives it, in capitals; most thorough readings start so."""
    return frame.with_columns(cleaned=clean(pl.col("raw")).str.to_uppercase())


def judge(frame: pl.DataFrame, *cases: tuple[pl.Expr, str], unreadable: str) -> pl.DataFrame:
    """End a thorough reading: add `problem`, and keep `value` where there is none.

    Nothing to read is no problem. What could not be read is a placeholder, or a number that a spreadsheet
    wrote in scientific notation, or else has the first of the kind's own cases that holds, or is
    `unreadable`. A value that was read can still meet a case.

    Args:
        frame: with `cleaned`, as `cleaned_capitals` adds it, and `value`, null where unread.
        cases: test and code, in order; a null test does not hold.
    """
    unread = pl.when(pl.col("value").is_null()).then("cleaned")
    problem = first_problem(
        (is_placeholder(unread), "text-placeholder"),
        (unread.str.contains(SCIENTIFIC), "number-mangled"),
        *cases,
        (unread.is_not_null(), unreadable),
    )
    judged = frame.with_columns(problem=pl.when(pl.col("cleaned") != "").then(problem))
    fine = pl.col("problem").is_null() & (pl.col("cleaned") != "")
    return judged.with_columns(value=pl.when(fine).then("value"))


def normalise_text(raw: pl.Expr) -> pl.Expr:
    """Return the cleaned text, or the problem `text-placeholder`.

    Case and punctuation stay as they were sent; `fold` is for comparing.

    Args:
        raw: text, may be null.

    Returns:
        Struct `{value: String, problem: String}`.
    """

    def usual(text: pl.Expr) -> pl.Expr:
        trimmed = text.str.strip_chars(" ")  # columns of fixed width come padded
        return pl.when(~trimmed.str.contains(_MAY_CHANGE) & (trimmed != "")).then(trimmed)

    def thorough(frame: pl.DataFrame) -> pl.DataFrame:
        frame = frame.with_columns(value=_clean_odd(pl.col("raw")))
        frame = frame.with_columns(
            problem=first_problem((is_placeholder(pl.col("value")), "text-placeholder"))
        )
        return frame.with_columns(
            value=pl.when(pl.col("problem").is_null() & (pl.col("value") != "")).then("value")
        )

    return staged(raw, usual=usual, thorough=thorough, value_type=pl.String)


def fold(expr: pl.Expr) -> pl.Expr:
    """Return the text as we compare it: upper case, no accents, no punctuation, single spaces.

    Apostrophe and full stop are dropped (O'NEILL, ST. JOHN); a hyphen and all other punctuation become a
    space. Letters that no accent explains are written with plain ones (Ø as O, ß as SS); letters
    of other scripts stay. A text without letter or digit becomes empty; null stays null.
    """
    return patched(expr, is_odd=_is_not_folded, mend=_fold_case)


def _is_not_folded(text: pl.Expr) -> pl.Expr:
    return text.str.contains(_NOT_FOLDED)


def _fold_case(text: pl.Expr) -> pl.Expr:
    return patched(text.str.to_uppercase(), is_odd=_is_not_folded, mend=_fold_punctuation)


def _fold_punctuation(text: pl.Expr) -> pl.Expr:
    plain = fold_letters(clean(text)).str.replace_all(r"[.'`]", "")
    return plain.str.replace_all(r"[^\p{L}\p{N}\p{M}]+", " ").str.strip_chars(" ")


def fold_letters(text: pl.Expr) -> pl.Expr:
    """Return the text with its accented letters as plain capitals; ASCII text stays as it is.

    Typographic apostrophes are dropped here, before decomposition turns some of them into spaces.
    """
    return patched(text, is_odd=lambda e: e.str.contains(r"[^\x00-\x7F]"), mend=_fold_letters_odd)


def _fold_letters_odd(text: pl.Expr) -> pl.Expr:
    parted = text.str.replace_all(_APOSTROPHES, "").str.normalize("NFKD").str.replace_all(_MARKS, "")
    upper = parted.str.to_uppercase().str.normalize("NFKD").str.replace_all(_MARKS, "")
    own = upper.str.replace_many(list(_OWN_LETTERS), list(_OWN_LETTERS.values()))
    return own.str.replace_all(_APOSTROPHES, "").str.normalize("NFC")
