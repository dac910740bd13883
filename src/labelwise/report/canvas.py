"""What every chart is built on: its tables, the look of the house, heads that keep their colour."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labelwise.report.palette import DASHES, SHAPES, head_ink, head_mark, ink

__all__ = [
    "FONT",
    "LOOK",
    "WIDE",
    "Figure",
    "Spec",
    "by_head",
    "facets",
    "finished",
    "in_frame",
    "share_axis",
    "table",
    "tip",
]

Spec = dict[str, Any]
Figure = Spec | str
"""A Vega-Lite spec, or a picture drawn here as SVG with named colours."""

FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
"""Common enough that the room a label was given is the room it takes."""

WIDE = 660

_QUIET = {"labelColor": ink("quiet"), "titleColor": ink("ink"), "labelFontSize": 11, "titleFontSize": 11}
_LINES = {"domainColor": ink("line"), "gridColor": ink("line"), "gridOpacity": 0.6, "tickColor": ink("line")}
LOOK = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "padding": 6,
    "view": {"stroke": None},
    "axis": {**_QUIET, **_LINES, "titleFontWeight": "normal"},
    "header": {**_QUIET, "labelColor": ink("ink"), "labelFontSize": 12, "labelFontWeight": "bold"},
    "legend": {**_QUIET, "orient": "top", "symbolOpacity": 1, "symbolSize": 70},
}


def finished(chart: Any, **tables: Iterable[Mapping[str, Any]]) -> Spec:
    """The chart's spec with its tables and the house's look.

    Marks are not read aloud one by one: the figure has a caption, and its numbers stand in tables.
    """
    return chart.to_dict() | {
        "config": LOOK,
        "datasets": {name: [_rounded(row) for row in rows] for name, rows in tables.items()},
    }


def in_frame(chart: Any, frame: Mapping[str, int], **tables: Iterable[Mapping[str, Any]]) -> Spec:
    """The same, with the plot at a known place of its picture, so that a script can draw on it."""
    import altair as alt

    placed = chart.properties(
        width=frame["width"],
        height=frame["height"],
        autosize=alt.AutoSizeParams(type="none"),
        padding={side: frame[side] for side in ("left", "top", "right", "bottom")},
    )
    return finished(placed, **tables) | {"config": {k: v for k, v in LOOK.items() if k != "padding"}}


def table(name: str) -> Any:
    """A table by name; its rows are put into the finished spec, past Altair, which is slow with them."""
    import altair as alt

    return alt.NamedData(name)


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    """Five digits are enough to draw; what is not finite is not drawn."""
    return {k: _drawn(v) if isinstance(v, float) else v for k, v in row.items()}


def _drawn(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def by_head(heads: Sequence[str], channel: str, *, legend: str | None = "symbol") -> Any:
    """Colour, dash or shape by head, the same in every chart; legends of one chart fall into one.

    `legend` is how its keys are drawn: ``symbol``, ``stroke``, or None for no legend.
    """
    import altair as alt

    ranges = {
        "color": [head_ink(i) for i in range(len(heads))],
        "strokeDash": [head_mark(i, DASHES) for i in range(len(heads))],
        "shape": [head_mark(i, SHAPES) for i in range(len(heads))],
    }
    keys = {"symbolType": "stroke", "symbolSize": 400} if legend == "stroke" else {}
    kind = {"color": alt.Color, "strokeDash": alt.StrokeDash, "shape": alt.Shape}[channel]
    return kind(
        "head:N",
        scale=alt.Scale(domain=list(heads), range=ranges[channel]),
        legend=alt.Legend(title=None, labelLimit=200, **keys) if legend and len(heads) > 1 else None,
    )


def facets(layers: Any, heads: Sequence[str]) -> Any:
    """One small picture per head, in the order of the heads, three to a line."""
    import altair as alt

    columns = min(len(heads), 3)
    width = {1: 420, 2: 280, 3: 175}[columns]
    facet = alt.Facet("head:N", title=None, sort=list(heads), header=alt.Header(labelLimit=width))
    return layers.properties(width=width, height=170).facet(facet=facet, columns=columns)


def share_axis(field: str, title: str | None) -> dict[str, Any]:
    """An axis of shares from 0 to 1, in percent."""
    import altair as alt

    scale = alt.Scale(domain=[0, 1], nice=False)
    return {
        "shorthand": f"{field}:Q",
        "scale": scale,
        "axis": alt.Axis(format="%", title=title, tickCount=5),
    }


def tip(field: str, form: str) -> Any:
    """A number in a tooltip, in a d3 format."""
    import altair as alt

    return alt.Tooltip(f"{field}:Q", format=form)
