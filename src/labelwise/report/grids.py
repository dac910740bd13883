"""Pictures with very many parts, drawn here as SVG: a reliability diagram per class, and the confusion matrix.

A chart library spends kilobytes on every small picture; two hundred of them must fit on a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from labelwise.auditing.result import Mistakes, ReliabilityFigure
from labelwise.report.canvas import FONT
from labelwise.report.numbers import one_line, shortened
from labelwise.report.palette import ink

__all__ = ["confusion_picture", "reliability_picture", "reliability_sheet"]

SIDE = 96
_EDGE = 3
_COLUMNS, _CAPTION = 6, 30
_MOST_NUMBERS = 12


def reliability_picture(figure: ReliabilityFigure) -> str:
    """One small reliability diagram: share true against probability with its band, on the dotted line as it should be.

    Args:
        figure: bins; empty ones are left out.
    """
    return _svg(SIDE, SIDE, _cell(figure))


def reliability_sheet(figures: Mapping[str, ReliabilityFigure]) -> str:
    """All of them on one sheet, each with its name."""
    wide, high = SIDE + 16, SIDE + _CAPTION
    cells = (
        f'<g transform="translate({i % _COLUMNS * wide + 8},{i // _COLUMNS * high + 18})">'
        f'<text y="-5" font-size="10" fill="{ink("ink")}">{_text(name, 17)}</text>{_cell(figure)}</g>'
        for i, (name, figure) in enumerate(figures.items())
    )
    lines = -(-len(figures) // _COLUMNS)
    return _svg(wide * min(len(figures), _COLUMNS), high * lines + 8, "".join(cells))


def _cell(figure: ReliabilityFigure) -> str:
    bins = [
        (_x(said), _y(seen), _y(low), _y(high), count)
        for said, seen, low, high, count in zip(
            figure.confidence, figure.accuracy, figure.low, figure.high, figure.count, strict=True
        )
        if said is not None and seen is not None and low is not None and high is not None
    ]
    frame = (
        f'<path d="M{_EDGE} {_EDGE}V{SIDE - _EDGE}H{SIDE - _EDGE}" fill="none" stroke="{ink("line")}"/>'
        f'<path d="M{_EDGE} {SIDE - _EDGE}L{SIDE - _EDGE} {_EDGE}" stroke="{ink("quiet")}" stroke-dasharray="2 2"/>'
    )
    if not bins:
        return frame
    total = sum(count for *_, count in bins)
    band = _line((x, high) for x, _, _, high, _ in bins) + "L" + _line((x, low) for x, _, low, _, _ in bins[::-1])[1:]
    dots = "".join(
        f'<circle cx="{x:g}" cy="{y:g}" r="{1.2 + 2.4 * (count / total) ** 0.5:.1f}"/>' for x, y, _, _, count in bins
    )
    return (
        f'{frame}<path d="{band}Z" fill="{ink("head0")}" stroke="{ink("head0")}" opacity=".22"/>'
        f'<path d="{_line((x, y) for x, y, *_ in bins)}" fill="none" stroke="{ink("head0")}"/>'
        f'<g fill="{ink("head0")}">{dots}</g>'
    )


def _x(share: float) -> float:
    return round(_EDGE + (SIDE - 2 * _EDGE) * share, 1)


def _y(share: float) -> float:
    return _x(1 - share)


def _line(points: Iterator[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def confusion_picture(mistakes: Mistakes, rows_of: Sequence[int]) -> str:
    """Truth (lines) against answer (columns): shares of the line's rows; the last column is all other answers.

    Args:
        mistakes: with its matrix, of the classes most involved where there are many.
        rows_of: rows of each of these classes in all.
    """
    names, counts = mistakes.class_names, mistakes.confusion
    size = max(14, min(46, 560 // (len(names) + 1)))
    others = [max(total - sum(line), 0) for total, line in zip(rows_of, counts, strict=True)]
    lines = [(*line, other) for line, other in zip(counts, others, strict=True)] if any(others) else list(counts)
    columns = (*names, "all others") if any(others) else names
    left, top = 112, 96
    parts = [
        f'<text x="{left - 6}" y="{top + i * size + size / 2 + 3.5:g}" text-anchor="end">{_text(name, 18)}</text>'
        for i, name in enumerate(names)
    ]
    parts += [
        f'<text transform="translate({left + j * size + size / 2 + 3.5:g},{top - 6})rotate(-90)">'
        f"{_text(name, 15)}</text>"
        for j, name in enumerate(columns)
    ]
    for i, (line, total) in enumerate(zip(lines, rows_of, strict=True)):
        for j, count in enumerate(line):
            if count:
                parts.append(_square(left + j * size, top + i * size, size, count / max(total, 1), hit=i == j))
                if len(columns) <= _MOST_NUMBERS:
                    parts.append(
                        f'<text x="{left + j * size + size / 2:g}" y="{top + i * size + size / 2 + 3.5:g}" '
                        f'text-anchor="middle">{count:,}</text>'
                    )
    wide, high = left + size * len(columns) + 4, top + size * len(names) + 4
    frame = (
        f'<path d="M{left} {top}H{wide - 4}V{high - 4}H{left}Z" fill="none" stroke="{ink("line")}"/>'
        f'<text x="{left - 6}" y="{top - 8}" text-anchor="end" fill="{ink("quiet")}">truth ↓ answer →</text>'
    )
    return _svg(wide, high, f'<g font-size="10" fill="{ink("ink")}">{frame}{"".join(parts)}</g>')


def _square(x: int, y: int, size: int, share: float, *, hit: bool) -> str:
    strength = 0.12 + 0.78 * min(share, 1.0) ** 0.5
    colour = ink("right" if hit else "alarm")
    return (
        f'<rect x="{x}" y="{y}" width="{size - 1}" height="{size - 1}" fill="{colour}" fill-opacity="{strength:.2f}"/>'
    )


def _text(name: str, most: int) -> str:
    return escape(shortened(one_line(name), most))


def _svg(width: float, height: float, inside: str) -> str:
    return (
        f'<svg class="marks" xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">{inside}</svg>'
    )
