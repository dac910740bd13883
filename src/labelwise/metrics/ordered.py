"""Metrics of ordered classes: how far off, not only whether off."""

from __future__ import annotations

import numpy as np

from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import Case
from labelwise.metrics.exclusive import NO_TRUTH
from labelwise.metrics.intervals import percentile
from labelwise.metrics.margins import quadratic_weighted_kappa as kappa
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_rows import mean, rate

__all__ = [
    "accuracy_within_one",
    "quadratic_weighted_kappa",
    "rank_mae",
    "ranked_probability_rows",
    "ranked_probability_score",
    "unimodal_rate",
]


def rank_mae(case: Case) -> Metric:
    """Mean distance in ranks between decision and truth."""
    return mean(case, np.where(case.known, np.abs(case.rows.decision - case.targets), np.nan), "")


def accuracy_within_one(case: Case) -> Metric:
    """Share of rows decided at most one rank off."""
    return rate(case, np.where(case.known, np.abs(case.rows.decision - case.targets) <= 1, np.nan))


def quadratic_weighted_kappa(case: Case) -> Metric:
    """Agreement beyond chance, squared distances."""
    if not case.n:
        return Metric.undefined(NO_TRUTH)
    value = float(kappa(case.confusion))
    if np.isnan(value):
        return Metric.undefined("truth and decisions are all of one class", case.n)
    size = case.n_classes
    place = (case.targets * size + case.rows.decision)[case.known]
    draws = case.draw_counts(place, size * size, case.resamples).reshape(-1, size, size)
    low, high = percentile(kappa(draws), case.level)
    return Metric(value, low, high, case.n)


def ranked_probability_score(case: Case) -> Metric:
    """Mean squared gap of the cumulative probabilities, summed over the K - 1 cuts."""
    return mean(case, _over_rows(case, ranked_probability_rows), "")


def unimodal_rate(case: Case) -> Metric:
    """Share of rows whose probabilities rise to one peak and then fall, as an order suggests."""
    return rate(case, _over_rows(case, lambda p, y: _unimodal(p)))


def ranked_probability_rows(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Squared gap of the cumulative probabilities of each row, summed over the K - 1 cuts.

    Args:
        p: (N, K) probabilities.
        y: (N,) ranks.

    Source: Epstein 1969.
    """
    truth = np.arange(p.shape[1]) >= y[:, None]
    return ((np.cumsum(p, 1) - truth)[:, :-1] ** 2).sum(1)


def _unimodal(p: np.ndarray) -> np.ndarray:
    steps = np.diff(p, axis=1)
    fell = np.maximum.accumulate(steps < -1e-9, axis=1)
    return np.asarray(~(fell & (steps > 1e-9)).any(1))


def _over_rows(case: Case, figure) -> np.ndarray:
    out = np.full(len(case.known), np.nan)
    columns = case.two_columns
    for rows in row_blocks(slice(0, len(out)), case.n_classes):
        z = columns[rows].astype(np.float64)
        if not case.as_probabilities:
            z = np.exp(z - z.max(1, keepdims=True))
        out[rows] = figure(z / z.sum(1, keepdims=True), case.targets[rows])
    out[~case.known] = np.nan
    return out
