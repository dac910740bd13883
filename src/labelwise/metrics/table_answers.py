"""Metrics of the answers: how many are right, and how far off the others are."""

from __future__ import annotations

from labelwise.metrics import exclusive, labels, ordered
from labelwise.metrics.spec import ALL, CELLS, DELTA, MANY, NONE, ONE, ORDERED, STUDENT, WILSON, MetricSpec, either

__all__ = ["ANSWERS", "RANKS"]


def _confusion(name: str, title: str) -> MetricSpec:
    source = f"scikit-learn {name.rpartition('_')[0] if name[-5:] in ('macro', 'micro') else name}"
    return MetricSpec(name, title, ONE, "decisions", "higher", exclusive.of_confusion(name), CELLS, source)


ANSWERS = (
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
        either(exclusive.labelwise_accuracy, labels.labelwise_accuracy),
        f"{WILSON}; {DELTA}",
        "1 - Hamming loss",
    ),
    MetricSpec(
        "labelwise_baseline",
        "label-wise accuracy of answering nothing",
        ALL,
        "decisions",
        "neither",
        either(exclusive.labelwise_baseline, labels.labelwise_baseline),
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
        either(exclusive.of_confusion("f1_macro"), labels.f1_macro),
        f"{CELLS}; {DELTA}",
        "scikit-learn f1_score, zero_division=nan",
    ),
    MetricSpec(
        "f1_micro",
        "F1, cells pooled (equals accuracy with one class per row)",
        ALL,
        "decisions",
        "higher",
        either(exclusive.of_confusion("f1_micro"), labels.f1_micro),
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
)
"""Of the labels given."""

RANKS = (
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
)
"""Of classes in order."""
