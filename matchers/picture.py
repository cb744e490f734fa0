"""The evidence of one pair as a picture: each bar begins where the one before it ends, and the last is their sum.

A static SVG with no script and no font of its own. It is read in grey as in colour: what speaks against is hatched, every bar
bears its number, and the description says all of it in words.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import log2
from xml.etree import ElementTree as ET

from matchers.explanation import weight, words
from schemas.errors import UsageProblem

# Pixels.
WIDTH, MARGIN = 960, 24
AXIS_FROM, AXIS_TO = 412, 888  # beside it stand sentences on the left, and the number of the last bar on the right
ROW, BAR = 38, 20
TEXT, SMALL, LARGE = 14, 13, 18
NAME = 42  # between two probabilities, so that their names do not touch
LETTER = 0.56  # of the font size; a generous mean of the letters of a sentence
MOST_GRIDLINES = 10
INK, GRID, FOR, HATCH = "#1a1a1a", "#d4d4d4", "#4f7096", "waterfall-against"
# The first to find room are shown.
PROBABILITIES = (0.5, 0.99, 0.01, 0.9, 0.1, 0.999, 0.001)
_LEFT_OUT = "\N{HORIZONTAL ELLIPSIS}"


def picture(title: str, evidence: Iterable[tuple[str, str, int]], *, match_weight: int, match_probability: float) -> str:
    """Return the evidence of one pair as an SVG: the starting odds first, then the fields, weightiest first.

    Args:
        evidence: field, level and contribution in centibits, in any order; the field `start` holds the starting odds.
        match_weight: their sum, in centibits.

    Raises:
        UsageProblem: nothing weighs anything, as where two records merely share an account.
    """
    lines = sorted(evidence, key=lambda line: (line[0] != "start", -line[2], line[0]))
    if not any(contribution for _, _, contribution in lines):
        raise UsageProblem(
            "there is no picture of this pair, because nothing about it was weighed",
            found="; ".join(words(field, level) for field, level, _ in lines) or "the two were not compared with each other",
            mend="leave --picture out and read the sentences",
        )
    rows = [(words(field, level), contribution) for field, level, contribution in lines]
    return waterfall(title, rows, total=match_weight, probability=match_probability)


def waterfall(title: str, rows: Sequence[tuple[str, int]], *, total: int, probability: float) -> str:
    """Return an SVG that shows how contributions add up.

    Args:
        title: one line, for example both references; it must hold no value of a person.
        rows: sentence and contribution in centibits, in the order to draw; a contribution of 0 becomes a tick.
        total: sum of the contributions, in centibits, drawn last.
        probability: the same as a probability, from 0 to 1.

    Raises:
        ValueError: the contributions do not add up to the total, or the probability is none.
    """
    ends = list(accumulate((contribution for _, contribution in rows), initial=0))
    if ends[-1] != total:
        raise ValueError(f"contributions add up to {ends[-1]} centibits, and not to {total}")
    if not 0 <= probability <= 1:
        raise ValueError(f"{probability} is no probability")
    axis = _Axis(ends)
    heading = textwrap.wrap(_allowed(title), int((WIDTH - 2 * MARGIN) / (LETTER * LARGE)), max_lines=2, placeholder=_LEFT_OUT)
    top = MARGIN + 24 * len(heading) + 58
    bottom = top + ROW * (len(rows) + 1)
    svg = _canvas(title, _description(rows, total, probability), bottom + 92)
    for number, line in enumerate(heading):
        _write(svg, MARGIN, MARGIN + LARGE + 24 * number, line, size=LARGE, bold=True)
    _draw_scales(svg, axis, top, bottom)
    for number, (sentence, contribution) in enumerate(rows):
        kind = "for" if contribution > 0 else "against"
        _draw_row(svg, axis, top + ROW * number, sentence, (ends[number], ends[number + 1]), kind)
    _line(svg, MARGIN, bottom - ROW, AXIS_TO, bottom - ROW, "rule")
    _draw_row(svg, axis, bottom - ROW, f"Together: probability {_percent(probability)}", (0, total), "together")
    _draw_key(svg, bottom + 46, exact=sum(map(_tenths, (c for _, c in rows))) == _tenths(total))
    ET.indent(svg, " ")
    return ET.tostring(svg, encoding="unicode") + "\n"


class _Axis:
    """Centibits to pixels, over all that is drawn, zero and whole gridlines."""

    def __init__(self, ends: Sequence[int]) -> None:
        low, high = min(ends), max(ends)
        sizes = (size * int(10**power) for power in range(99) for size in (100, 200, 500))
        self.step = next(s for s in sizes if high // s - low // s < MOST_GRIDLINES)
        self.low, self.high = low // self.step * self.step, -(-high // self.step) * self.step
        if self.low == self.high:
            self.low, self.high = -self.step, self.step

    def at(self, centibits: float) -> float:
        """Return the place, to a tenth of a pixel, so that what touches in the arithmetic touches on paper."""
        return round(AXIS_FROM + (AXIS_TO - AXIS_FROM) * (centibits - self.low) / (self.high - self.low), 1)

    def probabilities(self) -> list[tuple[float, str]]:
        """Return place and name of each probability that lies on the axis and has room for its name."""
        found: list[tuple[float, str]] = []
        for p in PROBABILITIES:
            centibits, name = 100 * log2(p / (1 - p)), _percent(p)
            place = self.at(centibits)
            if self.low <= centibits <= self.high and all(abs(place - other) > NAME for other, _ in found):
                found.append((place, name))
        return sorted(found)


def _canvas(title: str, description: str, height: int) -> ET.Element:
    svg = ET.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": str(WIDTH), "height": str(height), "viewBox": f"0 0 {WIDTH} {height}", "role": "img",
        "aria-labelledby": "waterfall-title waterfall-desc", "font-family": "Arial, Helvetica, 'Liberation Sans', sans-serif", "fill": INK,
    })  # fmt: skip
    ET.SubElement(svg, "title", id="waterfall-title").text = _allowed(title)
    ET.SubElement(svg, "desc", id="waterfall-desc").text = _allowed(description)
    pattern = ET.SubElement(ET.SubElement(svg, "defs"), "pattern", {
        "id": HATCH, "width": "6", "height": "6", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)",
    })  # fmt: skip
    ET.SubElement(pattern, "rect", width="6", height="6", fill="#ffffff")
    ET.SubElement(pattern, "rect", width="2", height="6", fill=INK)
    ET.SubElement(svg, "rect", {"class": "paper", "width": str(WIDTH), "height": str(height), "fill": "#ffffff"})
    return svg


def _description(rows: Sequence[tuple[str, int]], total: int, probability: float) -> str:
    said = [f"{sentence}: {weight(contribution)}." for sentence, contribution in rows]
    return " ".join(["Evidence in bits.", *said, f"Together: {weight(total)}, probability {_percent(probability)}."])


def _draw_scales(svg: ET.Element, axis: _Axis, top: int, bottom: int) -> None:
    """Draw the gridlines, bits below them, and probability above."""
    _write(svg, MARGIN, top - 20, "Probability of a match", size=SMALL)
    for place, name in axis.probabilities():
        _write(svg, place, top - 20, name, size=SMALL, anchor="middle", kind="probability")
        _line(svg, place, top - 14, place, top - 6, "scale")
    _line(svg, AXIS_FROM, top - 6, AXIS_TO, top - 6, "scale")
    _write(svg, MARGIN, bottom + 18, "Evidence in bits; each bit doubles or halves the odds", size=SMALL)
    for centibits in range(axis.low, axis.high + 1, axis.step):
        place = axis.at(centibits)
        _line(svg, place, top - 6, place, bottom + 4, "zero" if centibits == 0 else "grid")
        _write(svg, place, bottom + 18, f"{centibits // 100:+d}" if centibits else "0", size=SMALL, anchor="middle", kind="bits")


def _draw_row(svg: ET.Element, axis: _Axis, y: int, sentence: str, ends: tuple[int, int], kind: str) -> None:
    """Draw one sentence, its bar or tick, the number, and the way down to the next bar."""
    row = ET.SubElement(svg, "g", {"class": f"row {kind}"})
    begin, end, middle, last = axis.at(ends[0]), axis.at(ends[1]), y + ROW / 2, kind == "together"
    number = weight(ends[1] - ends[0])
    ET.SubElement(row, "title").text = _allowed(f"{sentence}: {number}")
    wide = int((AXIS_FROM - MARGIN - 64) / (LETTER * TEXT))
    lines = textwrap.wrap(_allowed(sentence), wide, max_lines=2, placeholder=_LEFT_OUT)
    for at, line in enumerate(lines):
        _write(row, MARGIN, middle + 5 - 8 * (len(lines) - 1) + 16 * at, line, bold=last, kind="sentence")
    _draw_number(row, end, middle, number, left=ends[1] < ends[0], bold=last)
    if ends[0] == ends[1]:
        _line(row, end, middle - BAR / 2, end, middle + BAR / 2, "tick")
    else:
        _rectangle(row, min(begin, end), middle - BAR / 2, abs(end - begin), BAR, kind)
    if not last:
        _line(row, end, middle + BAR / 2, end, middle + ROW - BAR / 2, "chain")


def _draw_number(row: ET.Element, end: float, middle: float, number: str, *, left: bool, bold: bool) -> None:
    """Write the number beyond the end of the bar, on white, so that no line runs through it."""
    wide = len(number) * 0.6 * TEXT + 4
    x = end - 4 - wide if left else end + 4
    ET.SubElement(row, "rect", {"class": "paper", "x": _n(x), "y": _n(middle - 8), "width": _n(wide), "height": "16", "fill": "#ffffff"})
    _write(row, end - 7 if left else end + 7, middle + 5, number, anchor="end" if left else "start", bold=bold, kind="number")


def _draw_key(svg: ET.Element, y: int, *, exact: bool) -> None:
    key = ET.SubElement(svg, "g", {"class": "key"})
    for x, kind, name in ((MARGIN, "for", "speaks for a match"), (212, "against", "speaks against it"), (388, "together", "together")):
        _rectangle(key, x, y, 16, 14, kind, example=True)
        _write(key, x + 24, y + 12, name, size=SMALL)
    if not exact:
        _write(key, MARGIN, y + 34, "Numbers are rounded one by one; the bars and their sum are exact.", size=SMALL)


def _rectangle(parent: ET.Element, x: float, y: float, width: float, height: float, kind: str, *, example: bool = False) -> None:
    fill = {"for": FOR, "against": f"url(#{HATCH})", "together": INK}[kind]
    ET.SubElement(parent, "rect", {
        "class": "example" if example else "bar", "x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "fill": fill, "stroke": INK,
    })  # fmt: skip


_STROKES = {
    "grid": (GRID, "1"), "zero": (INK, "2"), "scale": (INK, "1"), "rule": (INK, "1"), "tick": (INK, "3"), "chain": (INK, "1"),
}  # fmt: skip


def _line(parent: ET.Element, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
    stroke, width = _STROKES[kind]
    ET.SubElement(parent, "line", {
        "class": kind, "x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "stroke": stroke, "stroke-width": width,
    })  # fmt: skip


def _write(parent: ET.Element, x: float, y: float, text: str, *, size: int = TEXT, anchor: str = "start", bold: bool = False, kind: str = "note") -> None:
    look = {"class": kind, "x": _n(x), "y": _n(y), "font-size": str(size), "text-anchor": anchor}
    ET.SubElement(parent, "text", look | ({"font-weight": "bold"} if bold else {})).text = text


def _allowed(text: str) -> str:
    """Return the text with a mark for what no XML file may hold, such as control characters."""
    return "".join(c if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "\ufffd" for c in text)


def _percent(probability: float) -> str:
    """Return a probability for people, never as a certainty.

    >>> _percent(0.5), _percent(0.999), _percent(1.0)
    ('50\\xa0%', '99.9\\xa0%', 'over 99.9999\\xa0%')
    """
    if not 0.0000005 < probability < 0.9999995:
        return "over 99.9999\xa0%" if probability > 0.5 else "under 0.0001\xa0%"
    places = 1 if 0.01 <= probability <= 0.99 else 4
    return f"{100 * probability:.{places}f}".rstrip("0").rstrip(".") + "\xa0%"


def _tenths(contribution: int) -> int:
    return round(10 * float(weight(contribution)))


def _n(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")
