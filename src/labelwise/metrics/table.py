"""METRICS: every metric of an audit as a value, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labelwise.metrics import exclusive, labels, of_confidence, ordered
from labelwise.metrics.case import Case
from labelwise.metrics.metric import Metric

__all__ = ["METRICS", "MetricSpec", "metrics_of"]

ONE = ("binary", "multiclass", "ordinal")
MANY = ("multilabel",)
ALL = (*ONE, *MANY)
ORDERED = ("ordinal",)


@dataclass(frozen=True)
class MetricSpec:
    """A metric: what it is called, where it applies, how it is computed.

    Attributes:
        name: scikit-learn's where it has one.
        title: what it says, in a few words.
        tasks: kinds of task it applies to.
        needs: ``decisions`` (the answers alone) or ``scores``.
        better: ``higher``, ``lower`` or ``neither`` (a fact, or a baseline).
        fn: takes a `Case`, gives a `Metric`.
        interval: how its interval is made.
        source: paper or library whose definition it follows.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    needs: Literal["decisions", "scores"]
    better: Literal["higher", "lower", "neither"]
    fn: Callable[[Case], Metric]
    interval: str
    source: str


CELLS = "multinomial bootstrap of the confusion cells"
WILSON = "Wilson"
STUDENT = "Student's t"
DELTA = "delta method over rows"
NONE = "none, the reason is told"
LEVELS = "multinomial bootstrap of levels of confidence"


def _either(one: Callable[[Case], Metric], many: Callable[[Case], Metric]) -> Callable[[Case], Metric]:
    """One metric, computed apart for one class per row and for several labels."""
    return lambda case: (many if case.several else one)(case)


def _confusion(name: str, title: str) -> MetricSpec:
    source = f"scikit-learn {name.rpartition('_')[0] if name[-5:] in ('macro', 'micro') else name}"
    return MetricSpec(name, title, ONE, "decisions", "higher", exclusive.of_confusion(name), CELLS, source)


_ROWS = (
    MetricSpec(
        "accuracy",
        "strict accuracy",
        ONE,
        "decisions",
        "higher",
        exclusive.accuracy,
        WILSON,
        "scikit-learn accuracy_score",
    ),
    MetricSpec(
        "exact_match",
        "exact match: all labels of a row right",
        MANY,
        "decisions",
        "higher",
        labels.exact_match,
        WILSON,
        "scikit-learn accuracy_score on indicators",
    ),
    MetricSpec(
        "labelwise_accuracy",
        "label-wise accuracy",
        ALL,
        "decisions",
        "higher",
        _either(exclusive.labelwise_accuracy, labels.labelwise_accuracy),
        f"{WILSON}; {DELTA}",
        "1 - Hamming loss",
    ),
    MetricSpec(
        "labelwise_baseline",
        "label-wise accuracy of answering nothing",
        ALL,
        "decisions",
        "neither",
        _either(exclusive.labelwise_baseline, labels.labelwise_baseline),
        f"{WILSON}; {DELTA}",
        "labelwise",
    ),
    MetricSpec(
        "labelwise_baseline_prevalence",
        "label-wise accuracy of each label's commoner answer",
        MANY,
        "decisions",
        "neither",
        labels.labelwise_baseline_prevalence,
        NONE,
        "labelwise",
    ),
    _confusion("balanced_accuracy", "mean recall of the classes that occur"),
    MetricSpec(
        "top_5_accuracy",
        "true class among the five highest",
        ONE,
        "scores",
        "higher",
        exclusive.top_5_accuracy,
        WILSON,
        "scikit-learn top_k_accuracy_score; equal scores count as ahead",
    ),
    _confusion("precision_macro", "precision, mean over classes"),
    _confusion("precision_micro", "precision, pooled (equals accuracy)"),
    _confusion("precision_weighted", "precision, weighted by frequency"),
    _confusion("recall_macro", "recall, mean over classes"),
    _confusion("recall_micro", "recall, pooled (equals accuracy)"),
    _confusion("recall_weighted", "recall, weighted by frequency (equals accuracy)"),
    MetricSpec(
        "f1_macro",
        "F1, mean over classes or labels",
        ALL,
        "decisions",
        "higher",
        _either(exclusive.of_confusion("f1_macro"), labels.f1_macro),
        f"{CELLS}; {DELTA}",
        "scikit-learn f1_score, zero_division=nan",
    ),
    MetricSpec(
        "f1_micro",
        "F1, cells pooled (equals accuracy with one class per row)",
        ALL,
        "decisions",
        "higher",
        _either(exclusive.of_confusion("f1_micro"), labels.f1_micro),
        f"{CELLS}; {DELTA}",
        "scikit-learn f1_score",
    ),
    _confusion("f1_weighted", "F1, weighted by frequency"),
    MetricSpec(
        "f1_samples",
        "F1, mean over rows",
        MANY,
        "decisions",
        "higher",
        labels.f1_samples,
        STUDENT,
        "scikit-learn f1_score, zero_division=nan",
    ),
    _confusion("matthews_corrcoef", "correlation of truth and decision"),
    MetricSpec(
        "rank_mae",
        "mean distance in ranks",
        ORDERED,
        "decisions",
        "lower",
        ordered.rank_mae,
        STUDENT,
        "Gaudette and Japkowicz (2009)",
    ),
    MetricSpec(
        "accuracy_within_one",
        "at most one rank off",
        ORDERED,
        "decisions",
        "higher",
        ordered.accuracy_within_one,
        WILSON,
        "Gaudette and Japkowicz (2009)",
    ),
    MetricSpec(
        "quadratic_weighted_kappa",
        "agreement beyond chance, squared distances",
        ORDERED,
        "decisions",
        "higher",
        ordered.quadratic_weighted_kappa,
        CELLS,
        "scikit-learn cohen_kappa_score",
    ),
    MetricSpec(
        "ranked_probability_score",
        "squared gap of cumulative probabilities",
        ORDERED,
        "scores",
        "lower",
        ordered.ranked_probability_score,
        STUDENT,
        "Epstein (1969)",
    ),
    MetricSpec(
        "unimodal_rate",
        "probabilities rise to one peak and fall",
        ORDERED,
        "scores",
        "higher",
        ordered.unimodal_rate,
        WILSON,
        "Beckham and Pal (2017)",
    ),
    MetricSpec(
        "log_loss",
        "negative log-likelihood in nats per row, or per cell of several labels",
        ALL,
        "scores",
        "lower",
        _either(exclusive.log_loss, labels.log_loss),
        f"{STUDENT}; {DELTA}",
        "Good (1952); scikit-learn log_loss clips, and leaves negatives out of indicators",
    ),
    MetricSpec(
        "brier_score",
        "squared distance from the truth",
        ALL,
        "scores",
        "lower",
        _either(exclusive.brier_score, labels.brier_score),
        f"{STUDENT}; {DELTA}",
        "Brier (1950); scikit-learn brier_score_loss",
    ),
    MetricSpec(
        "brier_calibration",
        "part of it that calibration could remove",
        ONE,
        "scores",
        "lower",
        exclusive.brier_calibration,
        NONE,
        "Murphy (1973)",
    ),
    MetricSpec(
        "brier_refinement",
        "part of it that calibration cannot remove",
        ONE,
        "scores",
        "lower",
        exclusive.brier_refinement,
        DELTA,
        "Murphy (1973)",
    ),
    MetricSpec(
        "ece",
        "calibration error, 15 equal-width bins",
        ALL,
        "scores",
        "lower",
        _either(exclusive.ece, labels.ece),
        f"mirrored multinomial bootstrap of the bins; {DELTA}",
        "Guo et al. (2017)",
    ),
    MetricSpec(
        "ece_equal_mass",
        "calibration error, 15 equal-mass bins",
        ONE,
        "scores",
        "lower",
        exclusive.ece_equal_mass,
        "mirrored multinomial bootstrap of the bins",
        "Nguyen and O'Connor (2015)",
    ),
    MetricSpec(
        "ece_debiased",
        "calibration error (root mean square), debiased",
        ALL,
        "scores",
        "lower",
        _either(exclusive.ece_debiased, labels.ece_debiased),
        "delta method",
        "Kumar, Liang and Ma (2019)",
    ),
    MetricSpec(
        "ece_classwise",
        "calibration error, mean over classes or labels",
        ALL,
        "scores",
        "lower",
        _either(exclusive.ece_classwise, labels.ece_classwise),
        NONE,
        "Kull et al. (2019)",
    ),
    MetricSpec(
        "ece_at_5",
        "calibration error of the five likeliest labels",
        MANY,
        "scores",
        "lower",
        labels.ece_at_5,
        NONE,
        "arXiv 2411.04276",
    ),
    MetricSpec(
        "smooth_ece",
        "calibration error without bins",
        ONE,
        "scores",
        "lower",
        exclusive.smooth,
        "mirrored multinomial bootstrap of a grid",
        "Blasiok and Nakkiran (2023)",
    ),
    MetricSpec(
        "roc_auc_macro",
        "AUROC, mean over classes or labels",
        ALL,
        "scores",
        "higher",
        exclusive.roc_auc,
        "DeLong's placements, summed over labels",
        "scikit-learn roc_auc_score",
    ),
    MetricSpec(
        "roc_auc_micro",
        "AUROC, cells pooled",
        MANY,
        "scores",
        "higher",
        labels.roc_auc_micro,
        DELTA,
        "scikit-learn roc_auc_score",
    ),
    MetricSpec(
        "average_precision_macro",
        "average precision, mean over classes or labels",
        ALL,
        "scores",
        "higher",
        exclusive.average_precision,
        "binomial on the logit scale (Boyd, Eng and Page 2013)",
        "scikit-learn average_precision_score",
    ),
    MetricSpec(
        "no_label_rate",
        "no class or label reaches one half",
        ALL,
        "scores",
        "neither",
        _either(exclusive.no_label_rate, labels.no_label_rate),
        WILSON,
        "labelwise",
    ),
    MetricSpec(
        "seen_label_count",
        "true labels per row",
        MANY,
        "decisions",
        "neither",
        labels.seen_label_count,
        STUDENT,
        "labelwise",
    ),
    MetricSpec(
        "expected_label_count",
        "labels per row as the probabilities have it",
        MANY,
        "scores",
        "neither",
        labels.expected_label_count,
        STUDENT,
        "labelwise",
    ),
    MetricSpec(
        "auroc_confidence",
        "right answers are surer than wrong ones",
        ALL,
        "scores",
        "higher",
        of_confidence.auroc_confidence,
        "DeLong",
        "Hendrycks and Gimpel (2017)",
    ),
    MetricSpec(
        "aurc",
        "area under the risk-coverage curve",
        ALL,
        "scores",
        "lower",
        of_confidence.aurc,
        LEVELS,
        "Geifman, Uziel and El-Yaniv (2019)",
    ),
    MetricSpec(
        "e_aurc",
        "the same, beyond the best order's",
        ALL,
        "scores",
        "lower",
        of_confidence.e_aurc,
        LEVELS,
        "Geifman, Uziel and El-Yaniv (2019)",
    ),
    MetricSpec(
        "augrc",
        "chance of a silent error, mean over coverages",
        ALL,
        "scores",
        "lower",
        of_confidence.augrc,
        LEVELS,
        "Traub et al. (2024)",
    ),
    MetricSpec(
        "coverage_at_risk_5",
        "rows answerable with at most 5 % errors",
        ALL,
        "scores",
        "higher",
        of_confidence.coverage_at_risk_5,
        NONE,
        "El-Yaniv and Wiener (2010)",
    ),
)

METRICS: dict[str, MetricSpec] = {row.name: row for row in _ROWS}
"""Every metric by name, in the order of a report."""


def metrics_of(case: Case) -> dict[str, Metric]:
    """Every metric that applies to a case, in the order of the table."""
    return {name: row.fn(case) for name, row in METRICS.items() if case.scores.task.kind in row.tasks}
