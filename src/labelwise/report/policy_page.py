"""Policy -> one offline HTML page: what was tuned, what it costs elsewhere, and what is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from labelwise.calibration.table import CALIBRATORS
from labelwise.decisions.caution import CAVEATS
from labelwise.decisions.objectives import OBJECTIVES
from labelwise.errors import InputError
from labelwise.policies.policy import Policy
from labelwise.report.audit_answers import Answer
from labelwise.report.document import on_paper, page_of, write_page
from labelwise.report.numbers import capital, number
from labelwise.report.policy_charts import CURVES, charts_of, threshold_picture
from labelwise.report.policy_figures import LabelCurve, PolicyFigures, policy_figures
from labelwise.scores import Scores

__all__ = ["policy_page", "write_policy_page"]

FIRST_PICTURES, MOST_PICTURES = 12, 200
MOST_LINES = 200
FEW_POSITIVES = 20
WORTH = 0.005
"""A difference that is worth a word."""


def write_policy_page(policy: Policy, scores: Scores, y: Any, path: Path | str, *, name: str | None = None) -> Path:
    """Write the page of a fitted policy, atomically.

    Args:
        policy: the policy.
        scores: the scores that it was fitted on.
        y: their labels.
        path: the .html file to write.
        name: of those rows, e.g. their file.
    """
    path = Path(path)
    if path.suffix not in (".html", ".htm"):
        raise InputError("a page", f"{path}: a file of kind {path.suffix!r}", "a name that ends in .html")
    write_page(path, policy_page(policy, policy_figures(policy, scores, y), name=name))
    return path


def policy_page(policy: Policy, figures: PolicyFigures, *, name: str | None = None) -> str:
    """A policy as one HTML file that asks the network for nothing.

    Args:
        policy: the policy.
        figures: of the rows that it was fitted on.
        name: of those rows.
    """
    drawn = charts_of(figures)
    report, several = policy.report, policy.task.kind == "multilabel"
    order = _worst_first(figures.labels)
    tuned = OBJECTIVES.get(policy.objective)
    by_weight = tuned is not None and tuned.certify is None and policy.rule.thresholds is not None
    explained = {line["label"]: line["weight_of_truth"] for line in report.get("thresholds", ()) if by_weight}
    return page_of(
        "policy.html",
        data={"specs": drawn, "sweeps": {}},
        p=policy,
        f=figures,
        name=name,
        promises=report.get("certificates", ()),
        bands=report.get("unsure", ()),
        sets=report.get("sets"),
        rates=report.get("caveat_rates", {}),
        several=several,
        one="label" if several or policy.task.kind == "binary" else "class",
        objective=_title(policy),
        headline=_headline(policy),
        answers=tuple(_answers(policy, figures)),
        cross=_cross(policy),
        pictures=on_paper(drawn),
        small={label: Markup(threshold_picture(figures.labels[label])) for label in order[:MOST_PICTURES]},
        curves=CURVES,
        first_pictures=FIRST_PICTURES,
        few=FEW_POSITIVES,
        order=order[:MOST_LINES],
        explained=explained,
        candidates=_candidates(policy),
        caveats=CAVEATS,
        most=MOST_LINES,
        facts=_facts(policy),
    )


def _title(policy: Policy) -> str:
    found = OBJECTIVES.get(policy.objective)
    return policy.objective if found is None else found.title


def _headline(policy: Policy) -> Answer:
    report, title = policy.report, capital(_title(policy))
    held, own = report.get("value_out_of_fold"), report.get("value_in_sample")
    if held is None:
        return Answer(f"{title}: {number(own, 'f1')} on the rows it was tuned on", "There were too few rows for more.")
    usual = report.get("value_usual_rule")
    doubt = f"On the rows it was tuned on it looks like {number(own, 'f1')}."
    if usual is not None:
        doubt += f" The usual rule ({_usual(policy)}) gets {number(usual, 'f1')}."
    return Answer(f"{title}: {number(held, 'f1')} on rows that took no part", doubt)


def _usual(policy: Policy) -> str:
    return "argmax" if policy.task.kind in ("multiclass", "ordinal") else "one half"


def _answers(policy: Policy, figures: PolicyFigures) -> Iterator[Answer]:
    report = policy.report
    yield Answer(f"Calibration: {CALIBRATORS[policy.calibration.name].title}.", str(_why(policy)))
    held, own = report.get("value_out_of_fold"), report.get("value_in_sample")
    if held is not None and own is not None and own - held > 0.02:
        yield Answer(
            f"Tuning and judging on the same rows flatters by {own - held:.3f}: expect the lower figure.",
            level="caution",
        )
    usual = report.get("value_usual_rule")
    promises = report.get("certificates", ())
    if held is not None and usual is not None and usual > held + WORTH and not promises:
        yield Answer(
            f"The usual rule ({_usual(policy)}) does better on rows that took no part: "
            f"{number(usual, 'f1')} against {number(held, 'f1')}.",
            level="caution",
        )
    dear = [line for line in _cross(policy) if line["cost"] is not None and line["cost"] < -WORTH]
    if dear:
        worst = min(dear, key=lambda line: line["cost"])
        yield Answer(
            f"It costs elsewhere: {worst['title']} is {number(worst['out_of_fold'], 'f1')} "
            f"where {_usual(policy)} has {number(worst['usual_rule'], 'f1')}."
        )
    kept = [c for c in promises if c["threshold"] is not None]
    if promises:
        yield Answer(
            f"{len(kept)} of {len(promises)} promises are certified.",
            "Where nothing certifies, the label is never given, or every row has the caveat."
            * (len(kept) < len(promises)),
            "answer" if len(kept) == len(promises) else "caution",
        )
    if figures.chosen is not None and figures.chosen.risk is not None:
        yield Answer(
            f"{figures.chosen.coverage:.0%} of the rows are answered without the caveat of low confidence; "
            f"{figures.chosen.risk:.1%} of these answers are wrong."
        )


def _why(policy: Policy) -> str:
    return capital(str(policy.report.get("calibration", {}).get("why", policy.calibration.why or ""))) + "."


def _cross(policy: Policy) -> list[dict[str, Any]]:
    """Every objective's figures, with what this policy gains or loses there against the usual rule."""
    lines = []
    for name, found in policy.report.get("cross_metrics", {}).items():
        held, usual = found["out_of_fold"], found["usual_rule"]
        cost = None if held is None or usual is None else held - usual
        lines.append({"name": name, **found, "cost": cost, "own": name == policy.objective})
    return lines


def _candidates(policy: Policy) -> list[dict[str, Any]]:
    found = policy.report.get("calibration", {}).get("candidates", ())
    return [{**c, "title": CALIBRATORS[c["name"]].title, "own": c["name"] == policy.calibration.name} for c in found]


def _worst_first(labels: Mapping[str, LabelCurve]) -> list[str]:
    """Labels with the lowest F1 at their thresholds first, then those that are never given, rare ones last."""

    def place(name: str) -> tuple[bool, bool, float]:
        curve = labels[name]
        return curve.positives < FEW_POSITIVES, curve.chosen is None, curve.at[2] or 0.0

    return sorted(labels, key=place)


def _facts(policy: Policy) -> dict[str, Any]:
    document = policy.to_dict()
    return {
        "policy sha256": document["sha256"],
        "labelwise": document["labelwise"],
        "task": str(policy.task),
        "scores": policy.score_kind,
        "tuned for": document["tuned_for"],
        "calibration": {"name": policy.calibration.name, "form": policy.calibration.form},
        "rule": {"form": policy.rule.form, "at_least_one": policy.rule.at_least_one, "at_most": policy.rule.at_most},
        "caution": document["caution"],
    }
