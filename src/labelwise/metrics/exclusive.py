"""Metrics of tasks with one class per row: of the decision, of the probabilities, of the ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from labelwise.kernels.blocks import in_parts
from labelwise.kernels.columns import auroc_influence
from labelwise.metrics.calibration import (
    bin_counts,
    debiased_square,
    ece_of_bins,
    mass_edges,
    smooth_ece,
    smooth_ece_influence,
)
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.intervals import percentile, wilson, z_of
from labelwise.metrics.margins import FIGURES
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_bins import BY_ROW, MANY_CELLS
from labelwise.metrics.of_rows import from_influence, mean, rate
from labelwise.metrics.ranking import average_precision_influence

NO_TRUTH = "no row has a known class"
BIASED = "biased upwards on few rows, by the bins' noise"
ZERO_PROB = "gave the true class a probability of exactly 0"


def of_confusion(name: str) -> Callable[[Case], Metric]:
    """A figure of the confusion matrix, with the bootstrap of its cells."""
    figure = FIGURES[name]

    def metric(case: Case) -> Metric:
        if not case.n:
            return Metric.undefined(NO_TRUTH)
        value = float(figure(case.margins))
        if np.isnan(value):
            return Metric.undefined("truth or decisions are all of one class", case.n)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = percentile(figure(case.drawn_margins), case.level)
        return Metric(value, low, high, case.n)

    return metric


def accuracy(case: Case) -> Metric:
    """Share of rows whose decision is right."""
    return rate(case, _spread(case, case.right))


def top_5_accuracy(case: Case) -> Metric:
    """Share of rows whose true class is among the five highest."""
    if case.n_classes <= 5:
        return Metric.undefined(f"with {case.n_classes} classes the true one is always among five", case.n)
    return rate(case, np.where(case.rows.rank >= 0, case.rows.rank < 5, np.nan))


def log_loss(case: Case) -> Metric:
    """Mean negative log-likelihood in nats."""
    return mean(case, case.rows.nll, ZERO_PROB)


def brier_score(case: Case) -> Metric:
    """Mean squared distance of the probabilities from the truth; halved for two classes."""
    return mean(case, case.rows.brier * _half(case), "")


def ece(case: Case) -> Metric:
    """Calibration error of the decision's confidence, 15 bins of equal width."""
    return _binned(case, np.linspace(0, 1, BINS + 1))


def ece_equal_mass(case: Case) -> Metric:
    """Calibration error of the decision's confidence, 15 bins of equally many rows."""
    return _binned(case, mass_edges(case.answer_prob, BINS)) if case.n else Metric.undefined(NO_TRUTH)


def ece_debiased(case: Case) -> Metric:
    """Root of the debiased squared calibration error, 15 bins of equal width."""
    square, variance = debiased_square(bin_counts(case.answer_prob, case.right, np.linspace(0, 1, BINS + 1)))
    if square is None:
        return Metric.undefined("no bin holds two rows", case.n)
    if case.groups is not None:
        return Metric(max(square, 0.0) ** 0.5, n=case.n, why=BY_ROW)
    half = z_of(case.level) * variance**0.5
    low, value, high = (max(v, 0.0) ** 0.5 for v in (square - half, square, square + half))
    return Metric(value, low, high, case.n)


def smooth(case: Case) -> Metric:
    """Calibration error without bins."""
    value = smooth_ece(case.answer_prob, case.right)
    if value is None:
        return Metric.undefined(NO_TRUTH)
    m = _of_rows(case, value, smooth_ece_influence(case.answer_prob, case.right, value), (0, 1))
    return Metric(m.value, m.low, m.high, case.n, m.why or BIASED)


def roc_auc(case: Case) -> Metric:
    """AUROC of each class against the rest, averaged over the classes that have both."""
    known = ~np.isnan(case.columns.auroc)
    count = int(known.sum())
    if not count:
        return Metric.undefined("no class has both positives and negatives", case.n)
    value = float(case.columns.auroc[known].mean())
    left_out = _left_out(case, ~known)
    influence = auroc_influence(case.scores.array, case.column_truth, offset=case.ranking_offset)
    metric = from_influence(case, value, influence, case.n, bounds=(0, 1))
    return Metric(metric.value, metric.low, metric.high, case.n, left_out)


def average_precision(case: Case) -> Metric:
    """Average precision of each class against the rest, averaged over the classes that occur."""
    c = case.columns
    known = c.positives > 0
    if not known.any():
        return Metric.undefined("no class occurs", case.n)
    ap, positives = c.average_precision[known], c.positives[known]
    value = float(ap.mean())
    if case.scores.array.size > MANY_CELLS:
        return Metric(value, n=int(positives.sum()), why="no interval beyond 20 million cells")
    columns = np.flatnonzero(known)

    def job(part: slice) -> np.ndarray:
        total = np.zeros(len(case.scores))
        for column in columns[part]:
            total += average_precision_influence(*column_of(case, int(column)))
        return total / len(ap)

    influence = sum(in_parts(job, len(columns), least=max(1, 200_000 // len(case.scores))))
    m = from_influence(case, value, np.asarray(influence), int(positives.sum()))
    low, high = None, None
    if m.low is not None and m.high is not None:
        low, high = _on_logit_scale(value, (m.high - m.low) / 2)
    return Metric(value, low, high, int(positives.sum()), _left_out(case, ~known))


def labelwise_accuracy(case: Case) -> Metric:
    """Share of row-class cells that are right when the decision alone is answered yes."""
    one = accuracy(case)
    if case.scores.task.kind == "binary" or one.value is None:
        return one
    share = 2 / case.n_classes  # a wrong row has two wrong cells

    def cells(v: float | None) -> float | None:
        return None if v is None else 1 - (1 - v) * share

    return Metric(cells(one.value), cells(one.low), cells(one.high), one.n * case.n_classes)


def labelwise_baseline(case: Case) -> Metric:
    """Label-wise accuracy of answering nothing at all."""
    if not case.n:
        return Metric.undefined(NO_TRUTH)
    if case.scores.task.kind == "binary":
        return rate(case, np.where(case.known, case.targets == 0, np.nan))
    value = 1 - 1 / case.n_classes
    return Metric(value, value, value, case.n * case.n_classes)


def no_label_rate(case: Case) -> Metric:
    """Share of rows in which no class is more likely than not, so that a threshold of one half gives no label."""
    if case.scores.task.kind == "binary":
        return Metric.undefined("a yes/no question always has an answer", case.n)
    low, high = wilson(k := int((case.rows.confidence < 0.5).sum()), n := len(case.rows.confidence), case.level)
    return Metric(k / n, float(low), float(high), n) if n else Metric.undefined("no rows")


def column_of(case: Case, column: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) scores that rank one column, and its truth as 0, 1 or nan."""
    scores, truth = case.scores.array[:, column], case.column_truth
    if case.ranking_offset is not None:
        scores = scores - case.ranking_offset
    if truth.ndim == 2:
        return scores, truth[:, column].astype(np.float64)
    return scores, np.where(truth < 0, np.nan, truth == column)


def _binned(case: Case, edges: np.ndarray) -> Metric:
    if not case.n:
        return Metric.undefined(NO_TRUTH)
    bins = bin_counts(case.answer_prob, case.right, edges)
    value = ece_of_bins(bins)
    assert value is not None
    sign = np.sign(bins.correct - bins.confidence)[np.searchsorted(edges[1:-1], case.answer_prob, "left")]
    m = _of_rows(case, value, sign * (case.right - case.answer_prob) - value, (0, 1))
    return Metric(m.value, m.low, m.high, case.n, m.why or f"{BIASED}: see ece_debiased")


def _of_rows(case: Case, value: float, each: np.ndarray, bounds: tuple[float, float]) -> Metric:
    """The delta method: `each` of the n known rows takes part in the figure's error by its n-th part."""
    influence = np.zeros(len(case.known))
    influence[case.known] = each / case.n
    return from_influence(case, value, influence, case.n, bounds=bounds)


def _half(case: Case) -> float:
    return 0.5 if case.n_classes == 2 else 1.0


def _spread(case: Case, values: np.ndarray) -> np.ndarray:
    """Values of the known rows put back among all rows, nan elsewhere."""
    out = np.full(len(case.known), np.nan)
    out[case.known] = values
    return out


def _left_out(case: Case, missing: np.ndarray) -> str | None:
    count = int(missing.sum())
    return f"{count} of {len(missing)} classes never occur and are left out" if count else None


def _on_logit_scale(value: float, half: float) -> tuple[float | None, float | None]:
    """Interval of a share, from its half-width, kept within 0 and 1."""
    if not 0 < value < 1:
        return None, None
    middle, half = np.log(value / (1 - value)), half / (value * (1 - value))
    return tuple(float(1 / (1 + np.exp(-v))) for v in (middle - half, middle + half))  # type: ignore[return-value]
