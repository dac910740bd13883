"""An audit as a small table for notebooks; the terminal's text and the page are in `report`."""

from __future__ import annotations

import html

from labelwise.auditing.result import Audit
from labelwise.metrics.metric import Metric
from labelwise.metrics.table import METRICS

__all__ = ["as_html", "headline"]

FIRST = (
    "accuracy",
    "exact_match",
    "labelwise_accuracy",
    "labelwise_baseline",
    "balanced_accuracy",
    "top_5_accuracy",
    "f1_macro",
    "f1_samples",
    "quadratic_weighted_kappa",
    "rank_mae",
    "log_loss",
    "brier_score",
    "ece",
    "ece_debiased",
    "roc_auc_macro",
    "average_precision_macro",
    "aurc",
    "no_label_rate",
)


def headline(audit: Audit) -> str:
    """One sentence on what was audited."""
    return f"{audit.n} rows, {audit.task}, {audit.n_classes} classes, scored as {audit.kind}"


def as_html(audit: Audit) -> str:
    """A table for notebooks; names are escaped."""
    rows = "".join(
        f"<tr><td>{html.escape(METRICS[name].title)}</td><td>{html.escape(str(metric))}</td></tr>"
        for name, metric in _shown(audit)
    )
    found = "".join(f"<li>{html.escape(f.level)}: {html.escape(f.text)}</li>" for f in audit.findings)
    return f"<div><p>{html.escape(headline(audit))}</p><table>{rows}</table><ul>{found}</ul></div>"


def _shown(audit: Audit) -> list[tuple[str, Metric]]:
    return [
        (name, audit.metrics[name]) for name in FIRST if name in audit.metrics and audit.metrics[name].value is not None
    ]
