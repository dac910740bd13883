"""Figure data -> Vega-Lite specs: plain dicts, built and checked by Altair, holding aggregates only (never rows).

Colours are named (`palette.ink`); `pictures.svg` and `pictures.png` paint them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labelwise.auditing.result import ConfidenceFigure, ReliabilityFigure
from labelwise.comparison.result import (
    ConfidenceHistogram,
    HeadFigures,
    HeadResult,
    ReliabilityCurve,
    RuleInfo,
    ThresholdCurve,
)
from labelwise.decisions import OVERCONFIDENT
from labelwise.report.canvas import WIDE, Spec, by_head, facets, finished, in_frame, share_axis, table, tip
from labelwise.report.palette import ink

__all__ = [
    "FRAME",
    "confidence_chart",
    "learning_chart",
    "rates_chart",
    "reliability_chart",
    "rules_chart",
    "shares_chart",
    "stackable",
    "threshold_chart",
]

FRAME = {"left": 44, "top": 10, "width": 300, "height": 220, "right": 10, "bottom": 38}
"""Where the plot of a threshold chart lies in its picture, in pixels: the page draws its marker by it."""

Shares = Mapping[str, Sequence[float | None]]


def stackable(curve: ThresholdCurve) -> bool:
    """True where the shares of right, wrong, several and no label make up all rows."""
    return _make_up_all(_parts(curve))


def _parts(curve: ThresholdCurve) -> Shares:
    return {
        "right": curve.strict_accuracy,
        "wrong": curve.wrong_label_rate,
        "several": curve.several_labels_rate,
        "none": curve.no_label_rate,
    }


def _make_up_all(shares: Shares) -> bool:
    return all(abs(sum(v or 0 for v in column) - 1) < 1e-4 for column in zip(*shares.values(), strict=True))


def threshold_chart(curve: ThresholdCurve, baseline: float | None) -> Spec:
    """Shares of one head's rows against the threshold, with label-wise accuracy and what doing nothing gets."""
    return shares_chart(curve.thresholds, _parts(curve), curve.labelwise_accuracy, baseline)


def shares_chart(
    thresholds: Sequence[float | None],
    shares: Shares,
    labelwise: Sequence[float | None] | None,
    baseline: float | None,
    frame: Mapping[str, int] = FRAME,
) -> Spec:
    """Shares of rows against the threshold: stacked areas where they make up all rows, else lines.

    Args:
        thresholds: of every point.
        shares: ``right``, and any of ``wrong``, ``several``, ``none``.
        labelwise: label-wise accuracy, or None where it says the same as ``right``.
        baseline: label-wise accuracy of doing nothing, or None.
        frame: what the plot fills exactly.
    """
    import altair as alt

    stacked = len(shares) == 4 and _make_up_all(shares)
    names = list(shares) if stacked else [part for part in shares if part != "right"]  # its line is drawn below
    rows = [
        {"t": t, "part": part, "order": i, "share": shares[part][k]}
        for i, part in enumerate(names)
        for k, t in enumerate(thresholds)
    ]
    inks = [ink(part if stacked else f"{part}line") for part in names]
    color = alt.Color("part:N", scale=alt.Scale(domain=names, range=inks), legend=None)
    x = alt.X("t:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(title="threshold", tickCount=5))
    base = alt.Chart(table("rows")).encode(x=x, color=color)
    if stacked:
        areas = base.mark_area(order=False).encode(y=alt.Y(**share_axis("share", None), stack="zero"), order="order:Q")
    else:
        areas = base.mark_line(strokeWidth=1.5).encode(y=alt.Y(**share_axis("share", None)))
    lines = [
        {"t": t, "strict": s, "labelwise": labelwise[k] if labelwise else None}
        for k, (t, s) in enumerate(zip(thresholds, shares["right"], strict=True))
    ]
    line = alt.Chart(table("lines")).encode(x=x)
    layers = [areas, line.mark_line(strokeWidth=2.5, color=ink("strict")).encode(y=alt.Y(**share_axis("strict", None)))]
    if labelwise is not None:
        drawn = line.mark_line(strokeWidth=2.5, color=ink("labelwise"), strokeDash=[7, 3])
        layers.append(drawn.encode(y="labelwise:Q"))
    if baseline is not None:
        rule = alt.Chart(table("rule"))
        layers.append(rule.mark_rule(color=ink("labelwise"), strokeDash=[2, 3], strokeWidth=1.5).encode(y="y:Q"))
    return in_frame(alt.layer(*layers), frame, rows=rows, lines=lines, rule=[{"y": baseline}])


def confidence_chart(
    figures: Mapping[str, ConfidenceHistogram | ConfidenceFigure],
    *,
    several: bool = False,
    title: str = "top probability",
) -> Spec:
    """Top probability of right answers (upwards) and of wrong ones (downwards), each as shares of their own number.

    The broken line is where a mistake begins to count as overconfident.

    Args:
        figures: by head.
        several: True where a row may have several labels: then it is the probability of each label, of those that
            hold against those that do not.
        title: of the axis where it is not.
    """
    import altair as alt

    kinds = ("labels that hold", "labels that do not") if several else ("right answers", "wrong answers")
    rows = []
    for head, histogram in figures.items():
        for sign, kind, counts in ((1, kinds[0], histogram.right), (-1, kinds[1], histogram.wrong)):
            total = sum(counts) or 1
            rows += [
                {"head": head, "kind": kind, "from": low, "to": high, "share": sign * n / total, "answers": n}
                for low, high, n in zip(histogram.edges[:-1], histogram.edges[1:], counts, strict=True)
                if n
            ]
    heads = list(figures)
    bars = alt.Chart().mark_rect(stroke=ink("paper"), strokeWidth=0.7)
    bars = bars.encode(
        x=alt.X(**share_axis("from", "probability" if several else title)),
        x2="to:Q",
        y=alt.Y("share:Q", axis=alt.Axis(labelExpr="format(abs(datum.value), '.0%')", title=None, tickCount=5)),
        y2=alt.datum(0),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds), range=[ink("strict"), ink("alarm")]),
            legend=alt.Legend(title=None),
        ),
        tooltip=["head:N", "kind:N", tip("from", ".2f"), tip("to", ".2f"), tip("answers", ",d")],
    )
    zero = alt.Chart().mark_rule(color=ink("quiet")).encode(y=alt.datum(0))
    sure = alt.Chart().mark_rule(color=ink("quiet"), strokeDash=[3, 3]).encode(x=alt.datum(OVERCONFIDENT))
    return finished(facets(alt.layer(bars, zero, sure, data=table("rows")), heads), rows=rows)


def reliability_chart(figures: Mapping[str, ReliabilityCurve | ReliabilityFigure]) -> Spec:
    """Share right against mean confidence, with 95% intervals; on the diagonal a head means what it says."""
    import altair as alt

    rows = [
        {"head": head, "confidence": c, "right": a, "low": low, "high": high, "answers": n}
        for head, curve in figures.items()
        for c, a, low, high, n in zip(*_columns(curve), strict=True)
        if c is not None and a is not None
    ]
    heads = list(figures)
    base = alt.Chart().encode(
        x=alt.X(**share_axis("confidence", "mean confidence")), color=by_head(heads, "color", legend=None)
    )
    tips = ["head:N", *(tip(f, ".1%") for f in ("confidence", "right", "low", "high")), tip("answers", ",d")]
    layers = alt.layer(
        alt.Chart(table("diagonal"))
        .mark_line(color=ink("quiet"), strokeDash=[3, 3], strokeWidth=1)
        .encode(x="said:Q", y=alt.Y(**share_axis("said", None))),
        base.mark_area(opacity=0.18).encode(y="low:Q", y2="high:Q"),
        base.mark_line(strokeWidth=1.5).encode(y="right:Q"),
        base.mark_point(filled=True, opacity=1).encode(
            y="right:Q", size=alt.Size("answers:Q", scale=alt.Scale(range=[20, 160]), legend=None), tooltip=tips
        ),
        data=table("rows"),
    )
    return finished(facets(layers, heads), rows=rows, diagonal=[{"said": 0.0}, {"said": 1.0}])


def _columns(curve: Any) -> tuple[Sequence[Any], ...]:
    return curve.confidence, curve.accuracy, curve.low, curve.high, curve.count


def rates_chart(heads: Mapping[str, HeadResult]) -> Spec:
    """Validation score against the learning rate, as given and in effective units.

    Bands run from the lowest to the highest seed; a ring marks the rate that was chosen, the larger the more seeds.
    """
    import altair as alt

    rows = [
        {
            "head": head,
            "rate": point.rate,
            "effective": point.effective,
            "score": point.score,
            "low": point.low,
            "high": point.high,
            "chosen": point.chosen,
            "diverged": point.diverged,
            "edge": "edge" if point.chosen and point.rate in _ends(result) else "",
        }
        for head, result in heads.items()
        for point in result.rates
        if point.score is not None
    ]
    data, names = table("rows"), list(heads)
    panels = [
        _rates_panel(data, names, field, title, first=field == "rate")
        for field, title in (
            ("rate", "learning rate, as given"),
            ("effective", "learning rate x scale of the gradient"),
        )
    ]
    return finished(alt.hconcat(*panels).resolve_scale(y="shared"), rows=rows)


def _ends(result: HeadResult) -> tuple[float, float]:
    rates = [point.rate for point in result.rates]
    return min(rates), max(rates)


def _rates_panel(data: Any, heads: Sequence[str], field: str, title: str, *, first: bool) -> Any:
    import altair as alt

    powers = alt.Axis(title=title, values=[10.0**k for k in range(-8, 4)], format="~g")
    x = alt.X(f"{field}:Q", scale=alt.Scale(type="log", nice=False, padding=14), axis=powers)
    y = alt.Y("score:Q", scale=alt.Scale(zero=False), axis=alt.Axis(title="validation score" if first else None))
    base = alt.Chart(data).encode(x=x, color=by_head(heads, "color"))
    tips = ["head:N", tip("rate", "~g"), tip("effective", "~g"), *(tip(f, ".3f") for f in ("score", "low", "high"))]
    chosen = base.transform_filter("datum.chosen > 0")
    size = alt.Size("chosen:Q", scale=alt.Scale(range=[120, 320], zero=True), legend=None)
    return alt.layer(
        base.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q"),
        base.mark_line(strokeWidth=1.5).encode(y=y),
        base.mark_point(filled=True, opacity=1, size=36).encode(
            y=y, shape=by_head(heads, "shape"), tooltip=[*tips, "chosen:Q", "diverged:Q"]
        ),
        chosen.mark_point(filled=False, strokeWidth=2, opacity=1).encode(y=y, size=size),
        chosen.mark_text(dy=-16, fontSize=11).encode(y=y, text="edge:N"),
    ).properties(width=270, height=190)


def learning_chart(figures: Mapping[str, HeadFigures]) -> Spec:
    """Training and validation loss by epoch, at the chosen rates; each head in the unit of its own loss."""
    import altair as alt

    rows = [
        {"head": head, "epoch": epoch, "training": training, "validation": validation}
        for head, figure in figures.items()
        for epoch, training, validation in figure.learning
    ]
    data, heads = table("rows"), list(figures)
    panels = []
    for field in ("training", "validation"):
        base = alt.Chart(data).encode(
            x=alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y(f"{field}:Q", title=f"{field} loss"),
            color=by_head(heads, "color", legend="stroke"),
        )
        line = base.mark_line(strokeWidth=1.8).encode(strokeDash=by_head(heads, "strokeDash", legend="stroke"))
        dots = base.mark_point(filled=True, size=60, opacity=0).encode(
            tooltip=["head:N", "epoch:Q", tip("training", ".4f"), tip("validation", ".4f")]
        )
        panels.append(alt.layer(line, dots).properties(width=270, height=190))
    return finished(alt.hconcat(*panels), rows=rows)


def rules_chart(heads: Mapping[str, HeadResult], rules: Mapping[str, RuleInfo]) -> Spec:
    """Strict accuracy (filled, with its interval) and label-wise accuracy (hollow) of every head under every rule."""
    import altair as alt

    rows = []
    for head, result in heads.items():
        for rule, values in result.rules.items():
            strict, labelwise = values["strict_accuracy"], values.get("labelwise_accuracy")
            rows.append(
                {
                    "head": head,
                    "rule": rules[rule].title,
                    "strict": strict.value,
                    "low": strict.low,
                    "high": strict.high,
                    "labelwise": labelwise.value if labelwise else None,
                }
            )
    names = list(heads)
    y = alt.Y("rule:N", sort=[info.title for info in rules.values()], axis=alt.Axis(title=None, labelLimit=180))
    base = alt.Chart(table("rows")).encode(
        y=y, yOffset=alt.YOffset("head:N", sort=names), color=by_head(names, "color")
    )
    x = alt.X(
        "strict:Q", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=".2f", title="accuracy", tickCount=8)
    )
    tips = ["head:N", "rule:N", *(tip(f, ".3f") for f in ("strict", "low", "high", "labelwise"))]
    layers = alt.layer(
        base.mark_rule(strokeWidth=1, opacity=0.45, strokeDash=[2, 2]).encode(x=x, x2="labelwise:Q"),
        base.mark_rule(strokeWidth=2.5).encode(x="low:Q", x2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, shape=by_head(names, "shape"), tooltip=tips),
        base.mark_point(filled=False, size=60, opacity=1, shape="diamond").encode(x="labelwise:Q", tooltip=tips),
    )
    return finished(layers.properties(width=WIDE - 160, height=alt.Step(14)), rows=rows)
