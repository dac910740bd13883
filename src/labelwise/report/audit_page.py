"""Audit -> one offline HTML page, and the folder it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from labelwise.auditing.result import Audit, Difference, LabelFigures, Threshold, Together
from labelwise.explain import definition
from labelwise.metrics.table import METRICS
from labelwise.report import audit_charts, grids
from labelwise.report.audit_answers import answers_of, headline_of
from labelwise.report.document import on_paper, page_of, write_page
from labelwise.report.numbers import capital

__all__ = ["audit_json", "audit_page", "write_audit"]

MAIN = (
    "accuracy",
    "exact_match",
    "balanced_accuracy",
    "accuracy_within_one",
    "quadratic_weighted_kappa",
    "top_5_accuracy",
    "labelwise_accuracy",
    "labelwise_baseline",
    "labelwise_baseline_prevalence",
    "f1_macro",
    "f1_samples",
    "matthews_corrcoef",
    "roc_auc_macro",
    "average_precision_macro",
    "log_loss",
    "brier_score",
    "ece",
    "ece_debiased",
    "aurc",
    "no_label_rate",
)
"""Metrics of the first table, as far as they apply; all stand in the full one."""

_OBJECTIVES = {
    "f1": "best F1",
    "accuracy": "most cells right",
    "precision_90": "precision 90%",
    "recall_90": "recall 90%",
}
_CONFIDENCES = {
    "top_probability": "top probability",
    "answer_probability": "probability of the answer",
    "margin": "margin to the second",
    "max_logit": "highest logit",
    "max_logit_p_norm": "highest logit over its p-norm",
}
_MOST_PICTURES, _FIRST_PICTURES = 200, 12
_MOST_LABELS = 200
_FEW_ROWS = 20
_MOST_PAIRS = 15
_MOST_NAMES = 6


def write_audit(audit: Audit, folder: Path | str, *, about: Mapping[str, Any] | None = None) -> Path:
    """Write ``audit.json`` and ``report.html`` into a folder that exists, each atomically.

    Returns:
        The path of the page.
    """
    import msgspec

    from labelwise.io.files import write_atomically

    folder = Path(folder)
    html = audit_page(audit, about=about)
    document = msgspec.json.format(audit_json(audit), indent=1) + b"\n"
    write_atomically(folder / "audit.json", lambda part: part.write_bytes(document) and None)
    write_page(folder / "report.html", html)
    return folder / "report.html"


def audit_json(audit: Audit) -> bytes:
    """The audit as one JSON document; what would be infinite is None with its reason."""
    import msgspec

    return msgspec.json.encode(audit, enc_hook=lambda value: value.item())  # numpy's own numbers


def audit_page(audit: Audit, *, about: Mapping[str, Any] | None = None) -> str:
    """The whole audit as one HTML file that asks the network for nothing.

    Args:
        audit: the result.
        about: what was audited and how: ``name``, ``command``, ``python`` and ``facts``; without it the page
            does not say.

    Returns:
        The document, about 1.1 MB, of which 0.9 MB are the inlined chart library.
    """
    figures = audit_charts.audit_figures(audit)
    figures.pop("reliability-by-label", None)  # the page lays its small pictures out itself
    drawn = on_paper(figures)
    alive = {name: spec for name, spec in figures.items() if name in ("reliability", "confidence")}
    sweeps = _sweeps(audit)
    labels = _worst_first(audit.labels)
    return page_of(
        "audit.html",
        data={"specs": alive, "sweeps": sweeps},
        a=audit,
        about={"name": None, "command": None, "python": None, "facts": None, **(about or {})},
        headline=headline_of(audit),
        answers=answers_of(audit),
        main=[name for name in MAIN if name in audit.metrics],
        weighted=[name for name in METRICS if name in (audit.weighted or {})],
        metrics=METRICS,
        words={name: _word(name) for name in audit.metrics if name in METRICS},
        pictures=drawn,
        sweeps=sweeps,
        still={name: _still(sweep["curves"][0]) for name, sweep in sweeps.items()},
        small=_small(audit),
        first_pictures=_FIRST_PICTURES,
        few_rows=_FEW_ROWS,
        one=_CALLED.get(audit.task, "class"),
        labels=dict(list(labels.items())[:_MOST_LABELS]),
        labels_seen=sum(label.positives > 0 for label in audit.labels.values()),
        thresholds=_thresholds(audit.thresholds, labels),
        paired_labels=_largest(audit),
        together=_together(audit),
        objectives=_OBJECTIVES,
        confidences=_CONFIDENCES,
        most_pairs=_MOST_PAIRS,
        most_names=_MOST_NAMES,
    )


_CALLED = {"multilabel": "label"}


def _word(name: str) -> str:
    spec = METRICS[name]
    return definition(name) or f"{capital(spec.title)}. After {spec.source}."


def _worst_first(labels: Mapping[str, LabelFigures]) -> dict[str, LabelFigures]:
    """Labels that occur, those with the most mistakes first; then those that never occur."""

    def mistakes(label: LabelFigures) -> float:
        missed = label.positives * (1 - (label.recall or 0.0))
        given = label.positives * (label.recall or 0.0) / label.precision if label.precision else 0.0
        return missed + (given - label.positives * (label.recall or 0.0))

    return dict(sorted(labels.items(), key=lambda item: (item[1].positives == 0, -mistakes(item[1]))))


def _thresholds(
    thresholds: Mapping[str, Mapping[str, Threshold]], labels: Mapping[str, Any]
) -> dict[str, Mapping[str, Threshold]]:
    known = [name for name in labels if name in thresholds and thresholds[name]["f1"].value is not None]
    return {name: thresholds[name] for name in known[:_MOST_LABELS]}


def _largest(audit: Audit) -> dict[str, Difference]:
    """Differences of single labels from the other file, the largest first."""
    if audit.against is None:
        return {}
    found = sorted(audit.against.labels.items(), key=lambda item: -abs(item[1].value or 0.0))
    return dict(found[:_MOST_LABELS])


def _together(audit: Audit) -> list[Together]:
    """Pairs of labels, those in most rows first, missed and wrongly given ones alike."""
    pairs = audit.mistake_details.together if audit.mistake_details is not None else ()
    return sorted(pairs, key=lambda pair: -pair.count)[: 2 * _MOST_PAIRS]


def _small(audit: Audit) -> dict[str, tuple[Markup, int, float | None]]:
    """Small reliability pictures with positives and calibration error, the worst first, rare ones last."""
    if audit.figures is None:
        return {}
    found = audit.figures.by_label
    several = {name: label for name, label in audit.labels.items() if name in found and label.positives}
    order = sorted(several, key=lambda name: (several[name].positives < _FEW_ROWS, -(several[name].ece or 0.0)))
    return {
        name: (Markup(grids.reliability_picture(found[name])), several[name].positives, several[name].ece)
        for name in order[:_MOST_PICTURES]
    }


# ------------------------------------------------------------------ sliders


def _sweeps(audit: Audit) -> dict[str, Any]:
    """The curves as the sliders read them."""
    if audit.figures is None:
        return {}
    risk, curve = audit.figures.risk_coverage, audit.figures.thresholds
    points = [
        (cover, wrong, sure)
        for cover, wrong, sure in zip(risk.coverage, risk.risk, risk.confidence, strict=True)
        if cover is not None and wrong is not None
    ]
    found: dict[str, Any] = {}
    if points:
        covers, wrongs, sures = zip(*points, strict=True)
        found["coverage"] = {
            "frame": audit_charts.COVERAGE,
            "top": audit_charts.highest_risk(risk),
            "percent": True,
            "dots": ["wrong_answer_rate"],
            "curves": [
                {
                    "at": _rounded(covers),
                    "answered_rate": _rounded(covers),
                    "wrong_answer_rate": _rounded(wrongs),
                    "confidence": _rounded(sures),
                }
            ],
        }
    shares = audit_charts.threshold_shares(audit, curve)
    names = {"right": "strict_accuracy", "wrong": "wrong_label_rate", "none": "no_label_rate"}
    names["several"] = "several_labels_rate"
    curves = {names[part]: _rounded(values) for part, values in shares.items()}
    dots = ["strict_accuracy"]
    if audit.task != "binary":
        curves["labelwise_accuracy"] = _rounded(curve.labelwise_accuracy)
        dots.append("labelwise_accuracy")
    found["threshold"] = {
        "frame": audit_charts.THRESHOLD,
        "dots": dots,
        "curves": [{"at": _rounded(curve.threshold), **curves}],
    }
    return found


def _rounded(values: Any) -> list[float | None]:
    return [None if value is None else round(value, 5) for value in values]


def _still(curve: Mapping[str, list[float | None]]) -> list[dict[str, float | None]]:
    """A curve at eleven places, for readers without JavaScript."""
    at = curve["at"]
    picks = [min(range(len(at)), key=lambda k: abs((at[k] or 0.0) - i / 10)) for i in range(11)]
    return [{name: values[k] for name, values in curve.items()} for k in dict.fromkeys(picks)]
