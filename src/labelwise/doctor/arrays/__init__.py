"""check_scores: fingerprints of mistakes in saved scores (F1 to F12, F14 to F25; F13 is in `labelwise.doctor.logs`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labelwise.doctor.arrays import ranges, squashed, verdicts
from labelwise.doctor.arrays.facts import Arrays, Hit, read_arrays
from labelwise.doctor.finding import Finding, Findings
from labelwise.doctor.rules import RULES

__all__ = ["FINGERPRINTS", "check_scores"]

FINGERPRINTS: dict[str, tuple[Callable[[Arrays], Hit | None], ...]] = {
    "F1": (squashed.double_softmax,),
    "F2": (squashed.softmax_of_scores,),
    "F3": (squashed.double_sigmoid,),
    "F4": (squashed.sigmoid_of_softmax,),
    "F5": (ranges.not_probabilities,),
    "F6": (ranges.percentages,),
    "F7": (ranges.softmax_for_multilabel,),
    "F8": (ranges.sigmoid_for_single_label,),
    "F9": (ranges.softmax_over_rows,),
    "F10": (ranges.constant_output,),
    "F11": (ranges.one_column_argmax,),
    "F12": (ranges.relu_before_output,),
    "F14": (verdicts.labelwise_accuracy,),
    "F15": (verdicts.no_label,),
    "F16": (verdicts.threshold_on_logits,),
    "F17": (verdicts.rounded_logits,),
    "F18": (verdicts.shifted_labels,),
    "F19": (verdicts.swapped_column,),
    "F20": (verdicts.temperature,),
    "F21": (verdicts.prior_offset,),
    "F22": (ranges.saturated,),
    "F23": (verdicts.duplicates,),
    "F24": (verdicts.threshold_on_test,),
    "F25": (verdicts.broadcast_accuracy,),
}

# Where a cause is known, the symptoms that follow from it are not told as well.
_EXPLAINS = {
    "F1": {"F20", "F21", "F15"},
    "F2": {"F20"},
    "F3": {"F8", "F15", "F20", "F21"},
    "F4": {"F8", "F15", "F21"},
    "F5": {"F8", "F15", "F17", "F20", "F21", "F22"},
    "F6": {"F8", "F20"},
    "F7": {"F15", "F21"},
    "F9": {"F8", "F15", "F18", "F20", "F21"},
    "F10": {"F12", "F18", "F19", "F20", "F21", "F22", "F23"},
    "F12": {"F8", "F20", "F21", "F15"},
    "F18": {"F20"},
    "F19": {"F21", "F20"},
}


def check_scores(
    scores: Any,
    y: Any = None,
    *,
    kind: str | None = None,
    ids: Any = None,
    decisions: Any = None,
    logits: Any = None,
    reported_accuracy: float | None = None,
    threshold: float = 0.5,
    chosen_threshold: float | None = None,
    validation: tuple[Any, Any] | None = None,
    name: str = "scores",
) -> Findings:
    """Look for the signs that mistakes leave in saved scores.

    Formula: the exact double-softmax test, for q = softmax(p) with p a row of probabilities:
    p_j = log q_j - mean(log q) + 1/C, so max over rows of (mean(log q) - min(log q)) <= 1/C.

    Args:
        scores: (N, C) or (N,) probabilities; or `Probs`, `Logits`, `LogProbs`. Never changed.
        y: (N,) class indices, (N,) 0/1 for one column, (N, C) 0/1 with nan for not known; or None.
        kind: ``probs``, ``logits`` or ``log_probs``, where plain arrays are not what they are taken for.
        ids: (N,) names of the rows.
        decisions: (N,) or (N, C) labels that were saved beside the scores.
        logits: raw scores of the same rows.
        reported_accuracy: the accuracy that was reported for these scores, 0..1.
        threshold: the threshold that decisions use, a probability.
        chosen_threshold: a threshold that was tuned somewhere, with `validation`.
        validation: (scores, labels) of validation rows.
        name: what to call the scores in the findings.

    Returns:
        The findings; `repaired` holds corrected scores where a mistake can be undone; `skipped` names the tests that
        could not run.

    Raises:
        InputError: where the arrays are no scores and labels of the same rows.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(300, 10)) * 3
        >>> p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        >>> q = np.exp(p) / np.exp(p).sum(1, keepdims=True)
        >>> findings = check_scores(q, z.argmax(1))
        >>> findings[0].slug, bool(np.allclose(findings.repaired, p))
        ('double-softmax', True)

    Source: labelwise; F1 to F25 are derived and measured in ``benchmarks/doctor_fingerprints.py``.
    """
    arrays = read_arrays(
        scores,
        y,
        kind,
        ids=ids,
        decisions=decisions,
        logits=logits,
        reported=reported_accuracy,
        threshold=threshold,
        validation=validation,
        chosen=chosen_threshold,
    )
    hits = {f: hit for f, tests in FINGERPRINTS.items() for test in tests if (hit := test(arrays)) is not None}
    explained = set().union(*(_EXPLAINS.get(f, set()) for f in hits)) if hits else set()
    kept = [hit for f, hit in hits.items() if f not in explained]
    repaired = next((h.repaired for h in kept if h.repaired is not None), None)
    if repaired is not None and getattr(scores, "ndim", 2) == 1:
        repaired = repaired[:, 0]
    return Findings(tuple(_finding(h, name) for h in kept), 1, tuple(_skipped(arrays)), repaired)


def _finding(hit: Hit, name: str) -> Finding:
    rule = RULES[hit.code]
    return Finding(rule.code, rule.slug, rule.severity, "high", name, hit.message, fingerprint=hit.fingerprint)


def _skipped(a: Arrays) -> list[str]:
    """Tests that had nothing to run on, with what they need."""
    needs = [
        (a.labels is None, "what needs the labels (F7, F8, F15, F18 to F21), since there are none"),
        (a.decisions is None, "saved decisions (F11, F16, F17), since there are none beside the scores"),
        (a.reported is None, "a reported accuracy (F14, F25), since none was given"),
        (a.ids is None, "duplicate rows (F23), since there are no ids"),
        (
            a.validation is None or a.chosen is None,
            "a threshold chosen on the test rows (F24), since no validation scores and no threshold were given",
        ),
    ]
    return [text for missing, text in needs if missing]
