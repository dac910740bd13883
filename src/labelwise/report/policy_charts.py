"""The pictures of a policy's page."""

from __future__ import annotations

from collections.abc import Sequence

from labelwise.auditing.result import RiskFigure
from labelwise.report import charts
from labelwise.report.audit_charts import COVERAGE, highest_risk
from labelwise.report.canvas import FONT, Figure, Spec, in_frame, share_axis, table, tip
from labelwise.report.palette import ink
from labelwise.report.policy_figures import LabelCurve, Point, PolicyFigures

__all__ = ["CURVES", "charts_of", "threshold_picture"]

CURVES = {"precision": "head0", "recall": "head1", "F1": "head2"}
"""Curves of a threshold picture, with their colours."""

WIDE, HIGH, FOOT = 132, 96, 11
_EDGE = 3


def charts_of(figures: PolicyFigures) -> dict[str, Figure]:
    """The large figures, by name."""
    curves = {"as they are": figures.before}
    if figures.after != figures.before:
        curves["calibrated"] = figures.after
    return {
        "reliability": charts.reliability_chart(curves),
        "coverage": _risk_chart(figures.risk, figures.chosen),
    }


def _risk_chart(curve: RiskFigure, chosen: Point | None) -> Spec:
    """Share of wrong answers among the surest rows, with the point that the policy chose."""
    import altair as alt

    rows = [
        {"coverage": cover, "risk": risk, "confidence": sure}
        for cover, risk, sure in zip(curve.coverage, curve.risk, curve.confidence, strict=True)
    ]
    y = alt.Y(
        "risk:Q",
        scale=alt.Scale(domain=[0, highest_risk(curve)], nice=False),
        axis=alt.Axis(format=".1%", title=None, tickCount=5),
    )
    base = alt.Chart(table("rows")).encode(x=alt.X(**share_axis("coverage", "rows, the surest first")), y=y)
    tips = [tip("coverage", ".1%"), tip("risk", ".2%"), tip("confidence", ".3f")]
    layers = [
        base.mark_area(color=ink("wrong"), opacity=0.6, clip=True),
        base.mark_line(color=ink("alarm"), strokeWidth=2, clip=True),
        base.mark_point(size=40, opacity=0, clip=True).encode(tooltip=tips),
    ]
    point = []
    if chosen is not None and chosen.risk is not None:
        point = [{"coverage": chosen.coverage, "risk": chosen.risk, "confidence": chosen.confidence}]
        mark = alt.Chart(table("chosen")).encode(x="coverage:Q")
        layers += [
            mark.mark_rule(color=ink("ink"), strokeDash=[3, 3]),
            mark.mark_point(filled=True, size=90, opacity=1, color=ink("ink")).encode(y="risk:Q", tooltip=tips),
        ]
    return in_frame(alt.layer(*layers), COVERAGE, rows=rows, chosen=point)


def threshold_picture(curve: LabelCurve) -> str:
    """Precision, recall and F1 of a label against its threshold, which is the upright line; drawn here as SVG.

    Args:
        curve: figures of the label; where there are none the line breaks.
    """
    lines = "".join(
        f'<path d="{_path(curve.threshold, values, curve.end)}" fill="none" stroke="{ink(CURVES[name])}"/>'
        for name, values in zip(CURVES, (curve.precision, curve.recall, curve.f1), strict=True)
    )
    marker = ""
    if curve.chosen is not None:
        x = _x(min(curve.chosen / curve.end, 1))
        marker = f'<path d="M{x:g} {_EDGE}V{HIGH - _EDGE}" stroke="{ink("ink")}" stroke-dasharray="3 2"/>'
    return (
        f'<svg class="marks" xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH + FOOT}" '
        f'viewBox="0 0 {WIDE} {HIGH + FOOT}" font-family="{FONT}">'
        f'<path d="M{_EDGE} {_EDGE}V{HIGH - _EDGE}H{WIDE - _EDGE}" fill="none" stroke="{ink("line")}"/>'
        f"{lines}{marker}"
        f'<g font-size="9" fill="{ink("quiet")}"><text x="{_EDGE}" y="{HIGH + FOOT - 3}">0</text>'
        f'<text x="{WIDE - _EDGE}" y="{HIGH + FOOT - 3}" text-anchor="end">{curve.end:g}</text></g></svg>'
    )


def _x(share: float) -> float:
    return round(_EDGE + (WIDE - 2 * _EDGE) * share, 1)


def _path(at: Sequence[float], values: Sequence[float | None], end: float) -> str:
    """A line through what is known; it starts anew after a gap."""
    points, pen = [], "M"
    for t, value in zip(at, values, strict=True):
        if value is None:
            pen = "M"
            continue
        points.append(f"{pen}{_x(t / end):g} {round(_EDGE + (HIGH - 2 * _EDGE) * (1 - value), 1):g}")
        pen = "L"
    return "".join(points)
