"""An audit as text: for the terminal of a notebook or `print`."""

from __future__ import annotations

import html

from labelwise.auditing.result import Audit
from labelwise.metrics.metric import Metric
from labelwise.metrics.table import METRICS

__all__ = ["as_html", "as_text", "headline"]

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


def as_text(audit: Audit) -> str:
    """The figures that matter first, one a line, then findings, calibration and mistakes."""
    lines = [headline(audit), ""]
    for name, metric in _shown(audit):
        lines.append(f"{METRICS[name].title:<58} {metric}")
    lines += ["", *(f"{f.level}: {f.text}" for f in audit.findings)] if audit.findings else []
    lines += ["", *(f"calibration, {name}: {_gain(g)}" for name, g in audit.calibration.items())]
    lines.append("answers: " + ", ".join(f"{count} {kind}" for kind, count in audit.mistakes.items() if count))
    if audit.mistake_details and audit.mistake_details.overconfident:
        lines.append(f"mistakes made with more than 70% confidence: {audit.mistake_details.overconfident}")
    if audit.approximate:
        lines += ["", audit.approximate]
    return "\n".join(lines)


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


def _gain(gain) -> str:
    t = f"T = {gain.T:.4f}, " if gain.T is not None else ""
    if gain.nll_before is None:
        return f"{t}{gain.verdict}"
    ece = f", ECE {gain.ece_before:.4f} to {gain.ece_after:.4f}" if gain.ece_before is not None else ""
    return f"{t}held-out NLL {gain.nll_before:.4f} to {gain.nll_after:.4f}{ece} ({gain.verdict})"
