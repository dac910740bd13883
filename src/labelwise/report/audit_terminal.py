"""Audit -> lines for the terminal: the answer first, then the figures, then what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labelwise.auditing.result import Audit
from labelwise.metrics.table import METRICS
from labelwise.report.audit_answers import answers_of, headline_of
from labelwise.report.numbers import Notes, capital, interval, number, one_line, shortened
from labelwise.report.terminal import as_plain_text

if TYPE_CHECKING:
    from rich.console import Group

__all__ = ["audit_renderable", "audit_text"]

_FIGURES = (
    "accuracy",
    "exact_match",
    "balanced_accuracy",
    "accuracy_within_one",
    "quadratic_weighted_kappa",
    "labelwise_accuracy",
    "labelwise_baseline",
    "labelwise_baseline_prevalence",
    "top_5_accuracy",
    "f1_macro",
    "roc_auc_macro",
    "average_precision_macro",
    "log_loss",
    "brier_score",
    "ece",
    "aurc",
    "no_label_rate",
)
_STYLES = {"answer": "bold", "caution": "yellow", "note": ""}


def audit_text(
    audit: Audit, *, name: str = "", page: Path | None = None, notes: Sequence[str] = (), width: int = 100
) -> str:
    """The audit as plain text, without colour or control codes.

    Args:
        audit: the result.
        name: of what was audited.
        page: where the page lies.
        notes: what reading had to say.
        width: columns of the terminal.
    """
    return as_plain_text(audit_renderable(audit, name=name, page=page, notes=notes, width=width), width)


def audit_renderable(
    audit: Audit, *, name: str = "", page: Path | None = None, notes: Sequence[str] = (), width: int = 100
) -> Group:
    """The same for a rich console, which decides about colour."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    headline, reasons = headline_of(audit), Notes()
    what = "labels" if audit.task == "multilabel" else "classes"
    about = f"{audit.task}, {audit.n_classes:,} {what}, {audit.n:,} rows, scored as {audit.kind}"
    parts = [
        Text(f"{shortened(one_line(name), 40)}: {about}" if name else about),
        Text(),
        Text(capital(one_line(headline.text)) + ".", style="bold"),
    ]
    if headline.doubt:
        parts.append(Text(one_line(headline.doubt)))
    parts += [Text(), *(Text(line, no_wrap=True, overflow="ellipsis") for line in _table(audit, reasons, width))]
    parts += [Text(f"[{i}] {one_line(why)}", style="dim") for i, why in enumerate(reasons.reasons, 1)]
    out: list[Text | Padding] = list(parts)
    for answer in answers_of(audit):
        out += [Text(), Text(one_line(answer.text), style=_STYLES[answer.level])]
        if answer.doubt:
            out.append(Padding(Text(one_line(answer.doubt), style="dim"), (0, 0, 0, 2)))
    kinds = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in audit.mistakes.items() if count)
    out += [Text(), Text(f"answers: {kinds}")]
    out += [Text(one_line(note), style="dim") for note in notes]
    if page is not None:
        out += [Text(), Text(f"report: {one_line(page.as_posix())}", no_wrap=True, overflow="ignore")]
    return Group(*out)


def _table(audit: Audit, reasons: Notes, width: int) -> list[str]:
    """One figure a line: what it is, its value, its interval."""
    room = min(60, width - 30)
    lines = []
    for name in _FIGURES:
        metric = audit.metrics.get(name)
        if metric is None:
            continue
        title = shortened(capital(METRICS[name].title), room)
        mark = f" [{reasons.mark(metric.why)}]" if metric.value is None and metric.why else ""
        spread = interval(metric, name)
        lines.append(f"  {title:<{room}}  {number(metric.value, name):>7}{mark}  {spread}".rstrip())
    return lines
