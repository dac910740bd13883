"""Comparison -> the table that answers the question in the terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from labelwise.comparison.result import EVERY_PAIR, Comparison, HeadResult, Value
from labelwise.report.numbers import Notes, number, one_line, shortened

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

__all__ = ["as_plain_text", "comparison_renderable", "comparison_text"]

_HEADINGS = {
    # metric: heading in two lines; a column whose metric the comparison lacks is left out
    "strict_accuracy": ("", "strict"),
    "group_accuracy": ("of the", "groups"),
    "worst_group_accuracy": ("worst", "group"),
    "not_one_each_rate": ("not one", "a group"),
    "rank_mae": ("rank", "MAE"),
    "accuracy_within_one": ("within", "one"),
    "quadratic_weighted_kappa": ("", "QWK"),
    "labelwise_accuracy": ("label-wise/", "do nothing"),
    "no_label_rate": ("no", "label"),
    "several_labels_rate": ("", "several"),
    "wrong_label_rate": ("", "wrong"),
    "micro_f1": ("micro", "F1"),
    "macro_f1": ("macro", "F1"),
    "map": ("", "mAP"),
    "ranked_probability_score": ("", "RPS"),
    "nll": ("", "NLL"),
    "ece": ("", "ECE"),
}
_NO_NEWS = {
    "grouped": {"labelwise_accuracy", "wrong_label_rate"},
    "multilabel": {"several_labels_rate"},  # rows may have several
    "ordinal": {"labelwise_accuracy", "several_labels_rate", "wrong_label_rate", "macro_f1"},  # how far off says more
}
"""Kind of task -> columns that are left to the page."""
_RULE_WIDTH = 18
_ROOMY = 96


def comparison_text(comparison: Comparison, *, width: int = 100) -> str:
    """The comparison as plain text: the table, the answer in words, where the report lies.

    Args:
        comparison: the result.
        width: columns of the terminal.

    Returns:
        Lines without colour or control codes. Below 80 columns the table is not narrowed further.
    """
    return as_plain_text(comparison_renderable(comparison, width=width), width)


def as_plain_text(renderable: Group, width: int) -> str:
    """What a rich console would show, as lines without colour; never narrower than 80 columns."""
    from rich.console import Console

    page = io.StringIO()
    console = Console(file=page, width=max(width, 80), color_system=None, force_terminal=False, legacy_windows=False)
    console.print(renderable)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def comparison_renderable(comparison: Comparison, *, width: int = 100) -> Group:
    """The same for a rich console, which decides about colour (none when piped or with NO_COLOR).

    Args:
        comparison: the result.
        width: columns to lay the table out for; from 96 the intervals are shown.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    notes = Notes()
    roomy = width >= _ROOMY
    parts: list[Text | Padding] = [Text(_about(comparison, roomy)), Text(), *_table(comparison, width, notes)]
    parts += [Text(f"[{i}] {one_line(why)}", style="dim") for i, why in enumerate(notes.reasons, 1)]
    for level, style in (("answer", "bold"), ("caution", "yellow")):
        for claim in (c for c in comparison.claims if c.level == level):
            parts += [Text(), Text(one_line(claim.text), style=style)]
            if claim.doubt:
                parts.append(Padding(Text(one_line(claim.doubt), style="dim"), (0, 0, 0, 2)))
    if comparison.folder:
        parts += [Text(), Text(f"report: {one_line(comparison.folder)}/report.html", no_wrap=True, overflow="ignore")]
    return Group(*parts)


def _about(comparison: Comparison, roomy: bool) -> str:
    kind, count, seeds = comparison.task["kind"], len(comparison.task["class_names"]), len(comparison.seeds)
    answers = "labels" if kind == "multilabel" else "classes"
    how = ""
    if seeds > 1:
        how = "; mean over seeds" + (", ± half of the 95% interval" if roomy else "")
    return (
        f"{shortened(one_line(comparison.data.name), 40)}: {kind}, {count:,} {answers}, {comparison.n:,} test rows, "
        f"{seeds} seed{'' if seeds == 1 else 's'}{how}"
    )


def _table(comparison: Comparison, width: int, notes: Notes) -> list[Text]:
    """Headings, then for each head a line on how it was trained and one line per rule; of many heads their own rule."""
    from rich.cells import cell_len
    from rich.text import Text

    left_out = _NO_NEWS.get(comparison.task["kind"], set())
    metrics = [m for m in _HEADINGS if m in comparison.metrics and m not in left_out]
    many, roomy = len(comparison.heads) > EVERY_PAIR, width >= _ROOMY
    rows = {
        (head, rule): [_cell(metric, values, roomy, notes) for metric in metrics]
        for head, result in comparison.heads.items()
        for rule, values in result.rules.items()
        if not many or rule == result.rule
    }
    widths = [
        max(cell_len(text) for text in (*_HEADINGS[metric], *(cells[i] for cells in rows.values())))
        for i, metric in enumerate(metrics)
    ]
    gap = "  " if roomy else " "
    starts = [_with_rule(comparison, head, rule) for head, rule in rows] if many else []
    left = max(width - sum(widths) - len(gap) * len(widths), _RULE_WIDTH)
    room = min(max(map(cell_len, starts), default=0), left) if many else _RULE_WIDTH
    first = " " * room

    def line(start: str, cells: list[str], style: str = "") -> Text:
        padded = [" " * (width - cell_len(cell)) + cell for width, cell in zip(widths, cells, strict=True)]
        start = shortened(start, room)
        return Text(gap.join([start + first[cell_len(start) :], *padded]), style=style, no_wrap=True, overflow="ignore")

    title = "head, its own rule" if many else "decision rule"
    lines = [line("" if i == 0 else title, [_HEADINGS[m][i] for m in metrics], "dim") for i in (0, 1)]
    if many:
        lines += [line(start, cells) for start, cells in zip(starts, rows.values(), strict=True)]
        return [*lines, Text("the other decision rules are on the page and in the JSON", style="dim")]
    for head, result in comparison.heads.items():
        lines.append(Text(_trained(head, result), style="bold"))
        lines += [line(" " + comparison.rules[rule].title, rows[head, rule]) for rule in result.rules]
    return lines


def _with_rule(comparison: Comparison, head: str, rule: str) -> str:
    return f"{one_line(head)}, {comparison.rules[rule].title}"


def _trained(head: str, result: HeadResult) -> str:
    rates = sorted(set(result.chosen_rates))
    said = f"{one_line(head)}: {one_line(result.title)}"
    if rates:
        said += f", learning rate {', '.join(f'{rate:g}' for rate in rates)}"
    return said + (" (an end of the grid)" if result.at_edge else "")


def _cell(metric: str, values: dict[str, Value], roomy: bool, notes: Notes) -> str:
    value = values.get(metric)
    if value is None or value.value is None:
        mark = notes.mark(value.why if value else "not measured under this rule")
        return number(None, metric) + (f"[{mark}]" if mark else "")
    text = number(value.value, metric)
    if metric == "labelwise_accuracy" and "labelwise_baseline" in values:
        return f"{text}/{number(values['labelwise_baseline'].value, metric)}"
    if metric == "strict_accuracy" and roomy and value.low is not None and value.high is not None:
        return f"{text} ±{number((value.high - value.low) / 2, metric).rstrip('%')}"
    return text
