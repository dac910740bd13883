"""Figures of the bins of every class or label, with intervals that do not take the bins' noise for error.

In a bin the gap between outcomes and probabilities is seen with a noise of some spread s. Its absolute value is on
average too high by s (2 phi(t) - 2 t Phi(-t)), t the true gap over s: s sqrt(2 / pi) where there is none, next to
nothing where it is large; its square is too high by s^2. An interval takes off what the noise may have added, and keeps
the figure itself inside.
"""

from __future__ import annotations

import numpy as np

from labelwise.metrics.binned import bins_of, class_gaps, squared_gaps
from labelwise.metrics.case import Case
from labelwise.metrics.intervals import z_of
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_rows import mean

__all__ = ["brier_calibration", "brier_refinement", "ece_classwise"]

MANY_CELLS = 20_000_000
DOUBT = 1.5
BY_ROW = "no interval: its formula takes rows as independent, and these are grouped"
UPWARDS = "biased upwards by the bins' noise, which the interval takes off"
DOWNWARDS = "biased downwards by the bins' noise, which the interval puts back"


def ece_classwise(case: Case) -> Metric:
    """Calibration error of each class's or label's probability, averaged."""
    each = bins_of(case).ece
    known = ~np.isnan(each)
    if not case.n or not known.any():
        return Metric.undefined("no cell has a known truth")
    value = float(each[known].mean())
    if (why := _no_interval(case)) is not None:
        return Metric(value, n=case.n, why=why)
    most = float((_folded(case).sum(1)[known] / bins_of(case).count.sum(1)[known]).mean())
    half = z_of(case.level) * _spread(class_gaps(case)[case.known])
    return Metric(value, max(value - most - half, 0.0), min(value + half, 1.0), case.n, UPWARDS)


def brier_calibration(case: Case) -> Metric:
    """Part of the Brier score that calibration could remove, by classwise bins."""
    if not case.n:
        return Metric.undefined("no row has a known class")
    value = _calibration_part(case)
    if (why := _no_interval(case)) is not None:
        return Metric(value, n=case.n, why=why)
    bias, variance = _of_squares(case)
    half = z_of(case.level) * (_spread(squared_gaps(case)[case.known] * _share(case)) ** 2 + variance) ** 0.5
    return Metric(value, max(value - bias - half, 0.0), max(value - bias + half, value), case.n, UPWARDS)


def brier_refinement(case: Case) -> Metric:
    """Part of the Brier score that no calibration can remove."""
    rows = case.rows.brier * _share(case)
    whole = mean(case, rows, "")
    if whole.value is None:
        return whole
    value = whole.value - _calibration_part(case)
    if (why := _no_interval(case)) is not None:
        return Metric(value, n=case.n, why=why)
    bias, variance = _of_squares(case)
    by_row = (rows / case.n - squared_gaps(case) * _share(case))[case.known]
    half = z_of(case.level) * (_spread(by_row) ** 2 + variance) ** 0.5
    return Metric(value, max(min(value + bias - half, value), 0.0), value + bias + half, case.n, DOWNWARDS)


def _no_interval(case: Case) -> str | None:
    if case.groups is not None:
        return BY_ROW
    if case.n < 2:
        return "one row has no spread"
    if case.scores.array.size > MANY_CELLS:
        return "no interval beyond 20 million cells"
    return None


def _calibration_part(case: Case) -> float:
    bins = case.class_bins
    gaps = (bins.confidence - bins.correct) ** 2
    return float(
        np.divide(gaps, bins.count, out=np.zeros(gaps.shape), where=bins.count > 0).sum() / case.n * _share(case)
    )


def _share(case: Case) -> float:
    """The Brier score of two classes counts one of them."""
    return 0.5 if case.n_classes == 2 else 1.0


def _folded(case: Case) -> np.ndarray:
    """What noise may have added to the absolute value of each bin's gap.

    The spread is at least what the bin's probabilities have it; the true gap is taken to be `DOUBT` spreads smaller
    than seen, so that on average nearly all that noise adds is taken off where there is no gap, and more elsewhere.
    """
    from scipy.special import ndtr

    bins = bins_of(case)
    count = np.maximum(bins.count, 1)
    seen, given = bins.correct / count, np.clip(bins.confidence / count, 0, 1)
    spread = np.sqrt(bins.count * np.maximum(seen * (1 - seen), given * (1 - given)))
    gap = np.abs(bins.correct - bins.confidence)
    t = np.maximum(np.divide(gap, spread, out=np.zeros(gap.shape), where=spread > 0) - DOUBT, 0)
    return spread * (np.sqrt(2 / np.pi) * np.exp(-t * t / 2) - 2 * t * ndtr(-t))


def _of_squares(case: Case) -> tuple[float, float]:
    """What noise adds to the calibration part of the Brier score on average, and the variance of that."""
    bins = bins_of(case)
    seen = np.divide(bins.correct, bins.count, out=np.zeros(bins.count.shape), where=bins.count > 0)
    given = np.divide(bins.confidence, bins.count, out=np.zeros(bins.count.shape), where=bins.count > 0)
    few = bins.count < 2
    square = np.where(few, given * (1 - given), seen * (1 - seen) * bins.count / np.where(few, 1, bins.count - 1))
    share = _share(case) / case.n
    return float(square.sum() * share), float((2 * square**2).sum() * share**2)


def _spread(influence: np.ndarray) -> float:
    """Standard error of a figure from what each row contributes to it."""
    size = len(influence)
    return float(np.sqrt(((influence - influence.mean()) ** 2).sum() * size / (size - 1)))
