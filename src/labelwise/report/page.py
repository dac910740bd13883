"""Comparison -> one offline HTML page, and the folder it lies in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelwise.comparison.result import Claim, Comparison
from labelwise.report import causes, charts
from labelwise.report.canvas import Spec
from labelwise.report.document import environment, on_paper, page_of, write_page
from labelwise.report.numbers import Notes, shortened
from labelwise.report.palette import head_ink
from labelwise.report.reproduce import command_line, python_lines

__all__ = ["comparison_figures", "comparison_fragment", "comparison_page", "write_report"]

_MAIN = (
    "strict_accuracy",
    "group_accuracy",
    "worst_group_accuracy",
    "rank_mae",
    "accuracy_within_one",
    "quadratic_weighted_kappa",
    "labelwise_accuracy",
    "no_label_rate",
    "several_labels_rate",
    "wrong_label_rate",
    "macro_f1",
    "ranked_probability_score",
    "nll",
    "ece",
)
"""Metrics of the first table; the others stand in the full one."""

_GAPS = {
    "quoted": "The gap people quote",
    "strict": "The same gap, judged strictly",
    "training": "What training alone makes",
}
_MOST_MISTAKES = 40
_MOST_CLASSES = 40
_MOST_LABELS = 6


def write_report(comparison: Comparison, folder: Path | str) -> Path:
    """Write ``report.json`` and ``report.html`` into a folder that exists, each atomically.

    Returns:
        The path of the page.
    """
    from labelwise.io.files import write_json

    folder = Path(folder)
    html = comparison_page(comparison)
    write_json(folder / "report.json", comparison.to_dict())
    write_page(folder / "report.html", html)
    return folder / "report.html"


def comparison_page(comparison: Comparison) -> str:
    """The whole comparison as one HTML file that asks the network for nothing.

    Args:
        comparison: the result.

    Returns:
        The document, about 1.1 MB, of which 0.9 MB are the inlined chart library.
    """
    drawn, specs = _pictures(comparison)
    answer = next((claim for claim in comparison.claims if claim.level == "answer"), None)
    return page_of(
        "page.html",
        data={"specs": specs, "sweeps": {"threshold": _sweep(comparison)}},
        c=comparison,
        answer=answer,
        headline=_headline(comparison, answer),
        claims=_claims(comparison, answer),
        lines=not all(charts.stackable(figure.threshold) for figure in comparison.figures.values()),
        main=[metric for metric in _MAIN if metric in comparison.metrics],
        metrics=[metric for metric in comparison.metrics if metric != "labelwise_baseline"],
        swept=_swept(comparison),
        baseline=_baseline(comparison),
        presets=list(_presets(comparison)),
        pictures=drawn,
        still=_still(comparison),
        mistakes=_mistakes(comparison),
        gaps=_GAPS,
        most_classes=_MOST_CLASSES,
        most_labels=_MOST_LABELS,
        inks={head: head_ink(i) for i, head in enumerate(comparison.heads)},
        command=command_line(comparison),
        python=python_lines(comparison),
    )


def comparison_fragment(comparison: Comparison) -> str:
    """A small table and a link to the page, for notebooks: no script, no request."""
    return (
        environment()
        .get_template("fragment.html")
        .render(
            c=comparison,
            answers=[claim for claim in comparison.claims if claim.level == "answer"],
            main=[metric for metric in _MAIN if metric in comparison.metrics],
            page=Path(comparison.folder, "report.html").as_posix() if comparison.folder else None,
            new_notes=Notes,
        )
    )


# ------------------------------------------------------------------ what the page draws


def _headline(comparison: Comparison, answer: Claim | None) -> tuple[str, str]:
    """The answer as a headline and what follows its colon."""
    if answer is None:
        return " against ".join(comparison.heads) + f" on {shortened(comparison.data.name, 60)}", ""
    first, colon, rest = answer.text.partition(": ")
    return (first, rest) if colon else (answer.text, "")


def _claims(comparison: Comparison, answer: Claim | None) -> list[Claim]:
    """What else was found, but for the causes, which stand in a section of their own."""
    causes = {claim["text"] for claim in comparison.why["claims"]} if comparison.why else set()
    return [claim for claim in comparison.claims if claim is not answer and claim.text not in causes]


def comparison_figures(comparison: Comparison) -> dict[str, Spec]:
    """Every figure of a comparison by the name under which it can be exported."""
    figures, why = comparison.figures, comparison.why
    specs = {
        "rules": charts.rules_chart(comparison.heads, comparison.rules),
        "confidence": charts.confidence_chart(
            {head: figure.confidence for head, figure in figures.items()},
            several=comparison.task["kind"] == "multilabel",
        ),
        "reliability": charts.reliability_chart({head: figure.reliability for head, figure in figures.items()}),
        "rates": charts.rates_chart(comparison.heads),
        "learning": charts.learning_chart(figures),
    }
    if why is not None:
        specs["waterfall"] = causes.waterfall_chart(why, (why["head_b"], why["head_a"]))
        specs |= {f"shapley-{gap}": causes.shapley_chart(why if gap == "quoted" else why[gap]) for gap in _GAPS}
    for head, figure in figures.items():
        specs[f"threshold-{head}"] = charts.threshold_chart(figure.threshold, _baseline(comparison))
    return specs


def _pictures(comparison: Comparison) -> tuple[dict[str, Any], dict[str, Spec]]:
    """Every figure as SVG with named colours, and the specs of those that the script makes interactive."""
    specs = comparison_figures(comparison)
    curves = {f"threshold{i}": specs.pop(f"threshold-{head}") for i, head in enumerate(comparison.heads)}
    return on_paper(specs | curves), specs


def _baseline(comparison: Comparison) -> float | None:
    for head in comparison.heads.values():
        for values in head.rules.values():
            if "labelwise_baseline" in values:
                return values["labelwise_baseline"].value
    return None


_CURVES = ("strict_accuracy", "labelwise_accuracy", "no_label_rate", "several_labels_rate", "wrong_label_rate")
_START = 0.5


def _swept(comparison: Comparison) -> list[str]:
    """The curves that mean something here: a yes/no task has no rows without a label."""
    judged = [values for head in comparison.heads.values() for values in head.rules.values()]
    return [name for name in _CURVES if any(v[name].value is not None for v in judged if name in v)]


def _sweep(comparison: Comparison) -> dict[str, Any]:
    """The threshold curves as the slider reads them."""
    curves = [
        {"at": curve.thresholds, **{name: [round(v, 5) for v in getattr(curve, name)] for name in _CURVES}}
        for curve in (figure.threshold for figure in comparison.figures.values())
    ]
    return {"frame": charts.FRAME, "curves": curves, "dots": ["strict_accuracy", "labelwise_accuracy"]}


def _still(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Each head's shares where the slider begins and at eleven thresholds, for readers without JavaScript."""

    def at(curve: Any, k: int) -> tuple[float, dict[str, float]]:
        return curve.thresholds[k], {name: getattr(curve, name)[k] for name in _CURVES}

    still: dict[str, dict[str, Any]] = {}
    for head, figure in comparison.figures.items():
        curve = figure.threshold
        count = len(curve.thresholds)
        first = min(range(count), key=lambda k: abs(curve.thresholds[k] - _START))
        picks = sorted({round(i * (count - 1) / 10) for i in range(11)})
        still[head] = {"start": at(curve, first)[1], "points": [at(curve, k) for k in picks]}
    return still


def _presets(comparison: Comparison) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """(rule title, [(head, threshold)]) of every rule with one threshold for all labels, mean over the seeds."""
    for rule, info in comparison.rules.items():
        found = {
            head: [set(of_seed) for of_seed in result.thresholds[rule]]
            for head, result in comparison.heads.items()
            if rule in result.thresholds
        }
        if rule == "half" or not found or any(len(values) != 1 for seeds in found.values() for values in seeds):
            continue
        yield info.title, [(head, sum(v for (v,) in seeds) / len(seeds)) for head, seeds in found.items()]


def _mistakes(comparison: Comparison) -> list[Any]:
    """The surest mistakes of all heads, those with the most confidence first."""
    rows = [row for figure in comparison.figures.values() for row in figure.surest_mistakes[:_MOST_MISTAKES]]
    return sorted(rows, key=lambda row: -1.0 if row.confidence is None else row.confidence, reverse=True)
