"""The figures of an audit, each by the name under which it can be exported."""

from __future__ import annotations

from labelwise.auditing.result import Audit, Curve, RiskFigure
from labelwise.report import charts, grids
from labelwise.report.canvas import Figure, Spec, in_frame, share_axis, table, tip
from labelwise.report.palette import ink

__all__ = ["COVERAGE", "THRESHOLD", "audit_figures", "highest_risk", "risk_chart", "threshold_shares"]

COVERAGE = {"left": 48, "top": 10, "width": 580, "height": 230, "right": 12, "bottom": 38}
THRESHOLD = COVERAGE
"""Where the plots with a slider lie in their pictures."""


FEWEST = 0.02
"""Of fewer rows than this share the risk is mostly chance."""


def audit_figures(audit: Audit) -> dict[str, Figure]:
    """Every figure of an audit; those that say nothing here are left out."""
    found: dict[str, Figure] = {}
    if audit.figures is not None:
        figures = audit.figures
        several = audit.task == "multilabel"
        found["reliability"] = charts.reliability_chart(
            {"all cells" if several else "all answers": figures.reliability}
        )
        found["confidence"] = charts.confidence_chart(
            {"all answers": figures.confidence},
            title="probability that all labels of the row are right" if several else "probability of the answer",
        )
        found["coverage"] = risk_chart(figures.risk_coverage)
        found["threshold"] = _threshold_chart(audit, figures.thresholds)
        if figures.by_label:
            found["reliability-by-label"] = grids.reliability_sheet(figures.by_label)
    details = audit.mistake_details
    if details is not None and details.class_names:
        rows_of = [_rows_of(audit, name) for name in details.class_names]
        found["confusion"] = grids.confusion_picture(details, rows_of)
    return found


def _rows_of(audit: Audit, name: str) -> int:
    if name in audit.labels:
        return audit.labels[name].positives
    return audit.n - sum(label.positives for label in audit.labels.values())  # the "no" of a yes/no task


def highest_risk(curve: RiskFigure) -> float:
    """The upper end of the axis of a risk-coverage curve: a few sure mistakes at its start may run out of it."""
    pairs = zip(curve.coverage, curve.risk, strict=True)
    told = [risk for cover, risk in pairs if cover is not None and risk is not None and cover >= FEWEST]
    return min(1.0, 1.15 * max(told, default=1.0) or 1.0)


def risk_chart(curve: RiskFigure) -> Spec:
    """Share of wrong answers among the surest rows, against how many rows are answered."""
    import altair as alt

    rows = [
        {"coverage": cover, "risk": risk, "confidence": sure}
        for cover, risk, sure in zip(curve.coverage, curve.risk, curve.confidence, strict=True)
    ]
    scale = alt.Scale(domain=[0, highest_risk(curve)], nice=False)
    base = alt.Chart(table("rows")).encode(
        x=alt.X(**share_axis("coverage", "rows answered, the surest first")),
        y=alt.Y("risk:Q", scale=scale, axis=alt.Axis(format=".1%", title=None, tickCount=5)),
    )
    tips = [tip("coverage", ".1%"), tip("risk", ".2%"), tip("confidence", ".3f")]
    layers = alt.layer(
        base.mark_area(color=ink("wrong"), opacity=0.6, clip=True),
        base.mark_line(color=ink("alarm"), strokeWidth=2, clip=True),
        base.mark_point(size=40, opacity=0, clip=True).encode(tooltip=tips),
    )
    return in_frame(layers, COVERAGE, rows=rows)


def threshold_shares(audit: Audit, curve: Curve) -> charts.Shares:
    """Shares of rows by what they are given at a common threshold; one class per row leaves the wrong ones over."""
    if audit.task == "binary":
        return {"right": curve.strict_accuracy, "none": curve.no_label}
    shares = {"right": curve.strict_accuracy, "several": curve.several_labels, "none": curve.no_label}
    if audit.task == "multilabel":
        return shares
    wrong = [max(0.0, 1 - sum(v or 0.0 for v in column)) for column in zip(*shares.values(), strict=True)]
    return {"right": shares["right"], "wrong": wrong, "several": shares["several"], "none": shares["none"]}


def _threshold_chart(audit: Audit, curve: Curve) -> Spec:
    binary = audit.task == "binary"
    nothing = audit.metrics.get("labelwise_baseline")
    return charts.shares_chart(
        curve.threshold,
        threshold_shares(audit, curve),
        None if binary else curve.labelwise_accuracy,
        None if binary or nothing is None else nothing.value,
        THRESHOLD,
    )
