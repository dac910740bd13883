"""Why one head is better, drawn: the gap step by step, and each cause's share of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelwise.report.canvas import WIDE, Spec, finished, table, tip
from labelwise.report.palette import ink

__all__ = ["shapley_chart", "waterfall_chart"]


def waterfall_chart(why: Mapping[str, Any], ends: tuple[str, str]) -> Spec:
    """From the figure of b to the figure of a, a bar for each switch in the customary order.

    Args:
        why: one attribution as `Why.to_dict` has it.
        ends: names of b and of a.
    """
    import altair as alt

    steps = [(step["title"], step["from"], step["to"], "step") for step in why["waterfall"]]
    rows = [
        {"name": name, "from": low, "to": high, "change": high - low, "kind": kind, "top": max(low, high)}
        for name, low, high, kind in ((ends[0], 0.0, why["b"], "end"), *steps, (ends[1], 0.0, why["a"], "end"))
    ]
    base = alt.Chart(table("rows")).encode(x=alt.X("name:N", sort=None, axis=alt.Axis(title=None, labelAngle=0)))
    drawn = base.mark_bar(size=34).encode(
        y=alt.Y("from:Q", axis=alt.Axis(title=None, format=".2~f")),
        y2="to:Q",
        color=alt.when("datum.kind == 'end'")
        .then(alt.value(ink("head5")))
        .when("datum.change >= 0")
        .then(alt.value(ink("strict")))
        .otherwise(alt.value(ink("alarm"))),
        tooltip=["name:N", *(tip(f, ".3f") for f in ("from", "to", "change"))],
    )
    texts = base.mark_text(dy=-7, color=ink("ink"), fontSize=11).encode(y="top:Q")
    totals = texts.transform_filter("datum.kind == 'end'").encode(text=alt.Text("to:Q", format=".3f"))
    changes = texts.transform_filter("datum.kind == 'step'").encode(text=alt.Text("change:Q", format="+.3f"))
    return finished(alt.layer(drawn, totals, changes).properties(width=WIDE - 60, height=230), rows=rows)


def shapley_chart(why: Mapping[str, Any]) -> Spec:
    """Each switch's share of a gap: bar, 95% interval (thick), lowest and highest gain over all situations (thin)."""
    import altair as alt

    fields = ("shapley", "low", "high", "order_min", "order_max")
    rows = [{"name": s["title"], **{field: s[field] for field in fields}} for s in why["switches"].values()]
    y = alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=180))
    axis = alt.Axis(format="+.2f", title="share of the gap", tickCount=8)
    base = alt.Chart(table("rows")).encode(y=y)
    return finished(
        alt.layer(
            base.mark_bar(size=14, color=ink("head5"), opacity=0.45).encode(
                x=alt.X("shapley:Q", axis=axis), tooltip=["name:N", *(tip(f, "+.3f") for f in fields)]
            ),
            base.mark_rule(strokeWidth=1, color=ink("quiet")).encode(x="order_min:Q", x2="order_max:Q"),
            base.mark_rule(strokeWidth=3.5, color=ink("ink")).encode(x="low:Q", x2="high:Q"),
        ).properties(width=WIDE - 160, height=alt.Step(26)),
        rows=rows,
    )
