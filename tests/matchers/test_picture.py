"""The picture is the arithmetic: bars chain, their sum is the total, and nothing in it can break the file."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.picture import picture, waterfall
from schemas.errors import UsageProblem

ROWS = [
    ("Odds before anything is compared", -463), ("Same e-mail address", 764), ("Same date of birth", 762), ("E-mail address: not known on one side", 0),
    ("Different address", -213),
]  # fmt: skip
TOTAL = 850
rows_of_any_kind = st.lists(st.tuples(st.text(max_size=200), st.integers(-4000, 4000)), max_size=12)


def drawn(rows, *, title="A and B", probability=0.997):
    return ET.fromstring(waterfall(title, rows, total=sum(c for _, c in rows), probability=probability))


def elements(parent, *names):
    return [one for one in parent.iter() if one.tag.rpartition("}")[2] in names]


def of_kind(parent, kind):
    return [one for one in parent.iter() if one.get("class") == kind]


def ends_of(row):
    """Return where a row's bar begins and ends, in pixels; a tick does both at one place."""
    if ticks := of_kind(row, "tick"):
        return float(ticks[0].get("x1")), float(ticks[0].get("x1"))
    (bar,) = of_kind(row, "bar")
    left, right = float(bar.get("x")), float(bar.get("x")) + float(bar.get("width"))
    return (right, left) if "against" in row.get("class") else (left, right)


def rows_of(svg):
    return [group for group in elements(svg, "g") if group.get("class").startswith("row ")]


def scale_of(svg):
    """Return the function from centibits to pixels, read from the marks on the axis."""
    marks = {int(mark.text): float(mark.get("x")) for mark in of_kind(svg, "bits")}
    low, high = min(marks), max(marks)
    return lambda centibits: marks[low] + (centibits / 100 - low) * (marks[high] - marks[low]) / (high - low)


def test_every_bar_stands_where_the_sum_so_far_is():
    svg = drawn(ROWS)
    at = scale_of(svg)
    sums = list(accumulate((c for _, c in ROWS), initial=0))
    wanted = [*pairwise(sums), (0, TOTAL)]
    assert len(rows_of(svg)) == len(wanted)
    for row, (begin, end) in zip(rows_of(svg), wanted, strict=True):
        assert ends_of(row) == pytest.approx((at(begin), at(end)), abs=0.11)


@given(rows_of_any_kind)
def test_each_bar_begins_where_the_one_before_ends_and_the_last_is_their_sum(rows):
    svg = drawn(rows)
    *parts, together = [ends_of(row) for row in rows_of(svg)]
    (zero,) = {float(line.get("x1")) for line in of_kind(svg, "zero")}
    edges = [zero, *(x for ends in parts for x in ends)]
    for before, after in zip(edges[::2], edges[1::2], strict=False):
        assert after == pytest.approx(before, abs=0.05)
    assert sorted(together) == pytest.approx(sorted((zero, edges[-1])), abs=0.05)


@given(rows_of_any_kind)
def test_nothing_is_drawn_off_the_paper(rows):
    svg = drawn(rows)
    width, height = float(svg.get("width")), float(svg.get("height"))
    for one in elements(svg, "text", "rect", "line"):
        assert 0 <= float(one.get("x") or one.get("x1") or 0) <= width
        assert 0 <= float(one.get("y") or one.get("y1") or 0) <= height


def test_the_numbers_are_those_of_the_sentences():
    numbers = [number.text for number in of_kind(drawn(ROWS), "number")]
    assert numbers == ["-4.6", "+7.6", "+7.6", "0.0", "-2.1", "+8.5"]


@pytest.mark.parametrize("total", [TOTAL - 1, TOTAL + 1, 0])
def test_what_does_not_add_up_is_our_mistake(total):
    with pytest.raises(ValueError, match="add up to 850 centibits, and not to"):
        waterfall("A and B", ROWS, total=total, probability=0.5)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_probability_that_is_none_is_our_mistake(probability):
    with pytest.raises(ValueError, match="is no probability"):
        waterfall("A and B", ROWS, total=TOTAL, probability=probability)


def test_the_probability_scale_stands_at_its_odds():
    svg = drawn([("Odds before anything is compared", -1000), ("Same surname", 2000)])
    at = scale_of(svg)
    places = {mark.text.replace("\xa0", " "): float(mark.get("x")) for mark in of_kind(svg, "probability")}
    bits = {"1 %": -6.6294, "10 %": -3.1699, "50 %": 0, "90 %": 3.1699, "99 %": 6.6294, "99.9 %": 9.9643, "0.1 %": -9.9643}  # log2(p / (1 - p))
    assert places == {name: pytest.approx(at(100 * weight), abs=0.11) for name, weight in bits.items()}


def test_probabilities_that_would_run_into_each_other_are_left_out():
    svg = drawn([("Odds before anything is compared", -3000), ("Same surname", 6000)])
    assert [mark.text for mark in of_kind(svg, "probability")] == ["1\xa0%", "50\xa0%", "99\xa0%"]


@pytest.mark.parametrize(("probability", "said"), [
    (0.5, "50\xa0%"), (0.941176, "94.1\xa0%"), (0.999, "99.9\xa0%"), (0.999999, "99.9999\xa0%"), (1.0, "over 99.9999\xa0%"), (0.0, "under 0.0001\xa0%"),
])  # fmt: skip
def test_no_link_is_called_certain(probability, said):
    svg = drawn(ROWS, probability=probability)
    assert of_kind(rows_of(svg)[-1], "sentence")[0].text == f"Together: probability {said}"


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_the_words_the_file_can_be_read_and_holds_them(title, sentence):
    svg = drawn([(sentence, 120)], title=title)
    # XML 1.0, section 2.2, has no other characters; section 2.11 makes one line end of all
    wanted, found = (re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text) for text in (title, svg.findtext("{*}title")))
    assert found == wanted.replace("\r\n", "\n").replace("\r", "\n")


def test_marks_of_the_language_are_words_like_any_other():
    text = waterfall("</title><script>1</script>", [("\"Quoted\" & <b>bold</b>\x00 ]]>", 5)], total=5, probability=0.5)
    svg = ET.fromstring(text)
    assert {one.tag.rpartition("}")[2] for one in svg.iter()} <= {"svg", "title", "desc", "defs", "pattern", "rect", "line", "text", "g"}
    assert svg.findtext("{*}title") == "</title><script>1</script>"
    assert of_kind(svg, "sentence")[0].text == "\"Quoted\" & <b>bold</b>\ufffd ]]>"


def test_a_long_sentence_takes_two_lines_and_is_whole_where_it_is_pointed_at():
    long = "Address: same postcode sector, another street, and much else that no line can hold, nor two of them"
    row = rows_of(drawn([(long, 5)]))[0]
    first, second = (line.text for line in of_kind(row, "sentence"))
    assert long.startswith(first)
    assert second.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert row.findtext("{*}title") == f"{long}: +0.1"


def test_the_picture_is_told_in_words():
    svg = drawn(ROWS)
    assert svg.get("role") == "img"
    ids = {one.get("id"): one.text for one in svg if one.get("id")}
    title, description = (ids[name] for name in svg.get("aria-labelledby").split())
    assert title == "A and B"
    assert description == (
        "Evidence in bits. Odds before anything is compared: -4.6. Same e-mail address: +7.6. Same date of birth: +7.6. "
        "E-mail address: not known on one side: 0.0. Different address: -2.1. Together: +8.5, probability 99.7\xa0%."
    )


def test_the_picture_is_read_without_colour_and_without_a_glass():
    svg = drawn(ROWS)
    assert min(int(text.get("font-size")) for text in elements(svg, "text")) >= 12
    assert svg.get("fill") == "#1a1a1a"
    assert not [text for text in elements(svg, "text") if text.get("fill")]
    fills = [of_kind(row, "bar")[0].get("fill") for row in rows_of(svg) if of_kind(row, "bar")]
    assert [fill.startswith("url(") for fill in fills] == [True, False, False, True, False]


def test_rounding_is_owned_up_to_where_it_shows():
    notes = [[note.text for note in elements(drawn(rows), "text")] for rows in ([("a", 4), ("b", 4)], [("a", 10), ("b", 20)])]
    assert ["Numbers are rounded one by one; the bars and their sum are exact." in some for some in notes] == [True, False]


def test_the_same_evidence_gives_the_same_bytes():
    evidence = [("surname", "exact", 494), ("start", "start", -463), ("nino", "missing", 0), ("address", "differs", -213), ("email", "exact", 764)]
    svgs = {picture("A and B", order, match_weight=582, match_probability=0.9826) for order in (evidence, evidence[::-1], iter(evidence))}
    assert len(svgs) == 1
    sentences = [of_kind(row, "sentence")[0].text for row in rows_of(ET.fromstring(svgs.pop()))]
    assert sentences[:3] == ["Odds before anything is compared", "Same e-mail address", "Same surname"]
    assert sentences[-2] == "Different address"


@pytest.mark.parametrize(("evidence", "found"), [
    ([("account", "exact", 0)], "Paid into the same bank account"), ([], "the two were not compared with each other"),
])  # fmt: skip
def test_where_nothing_was_weighed_there_is_nothing_to_draw(evidence, found):
    with pytest.raises(UsageProblem) as raised:
        picture("A and B", evidence, match_weight=0, match_probability=1.0)
    assert raised.value.found == found
