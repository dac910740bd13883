"""What calibrating would gain, on rows it was not fitted on; "nothing" is an answer."""

from __future__ import annotations

import numpy as np

from labelwise.auditing.result import CalibrationGain
from labelwise.calibration import CALIBRATORS, Calibrator, calibrators_of
from labelwise.calibration.inputs import calibration_logits
from labelwise.calibration.select import fold_of_rows
from labelwise.kernels import fit_temperature
from labelwise.metrics.calibration import ece
from labelwise.metrics.case import Case
from labelwise.metrics.intervals import t_interval
from labelwise.metrics.metric import Metric

__all__ = ["FOLDS", "TRIED", "calibration_gains", "folds", "held_out", "logits_of"]

FOLDS = 5
MOST_CELLS = 2_000_000
MOST_CELLS_BY_CLASS = 300_000
LEAST_ROWS_BY_CLASS = 5
TRIED = ("temperature", "affine", "shrunk", "vector")
"""Calibrators that an audit tries: one number, two, and some for each label or class."""


def calibration_gains(case: Case) -> dict[str, CalibrationGain]:
    """What each way of calibrating would gain on held-out folds.

    The temperature is fitted on all rows; the figures before and after are those of rows the map was not fitted on. Of
    very large arrays a seeded sample of the rows is held out, and a fit by class is left out where that sample holds
    too few rows of each class.
    """
    rows = np.flatnonzero(case.known)
    if len(rows) < 2 * FOLDS:
        return {}
    out = {}
    for calibrator in calibrators_of(case.scores.task):
        if calibrator.name not in TRIED:
            continue
        by_class = calibrator.name == "vector"
        most = (MOST_CELLS_BY_CLASS if by_class else MOST_CELLS) // case.scores.array.shape[1]
        if by_class and min(most, len(rows)) < LEAST_ROWS_BY_CLASS * case.n_classes:
            continue
        rng = np.random.default_rng(case.seed)
        some = np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows
        fold = folds(case, some)
        pairs = [(some[fold != k], some[fold == k]) for k in range(FOLDS)]
        out[calibrator.name] = held_out(case, calibrator, pairs)
    return out


def folds(case: Case, rows: np.ndarray) -> np.ndarray:
    """A fold for each row; rows of one group share theirs."""
    return fold_of_rows(len(rows), None if case.groups is None else case.groups[rows], case.seed, FOLDS)


def logits_of(case: Case, rows: np.ndarray | slice) -> np.ndarray:
    """(n, C) logits of some rows, as calibrators take them."""
    return calibration_logits(type(case.scores)(case.scores.array[rows], case.scores.task))


def held_out(case: Case, calibrator: Calibrator, pairs: list[tuple[np.ndarray, np.ndarray]]) -> CalibrationGain:
    """Figures before and after a calibrator, on rows it was not fitted on.

    Args:
        case: scores and truth.
        calibrator: one of `CALIBRATORS`.
        pairs: rows to fit on and rows to judge on, several times.
    """
    before, after = [], []
    for fit_rows, test_rows in pairs:
        if not len(fit_rows) or not len(test_rows):
            continue
        fitted = calibrator.fit(logits_of(case, fit_rows), _targets(case, fit_rows))
        z, y = logits_of(case, test_rows), _targets(case, test_rows)
        before.append(_judge(case, z, y))
        after.append(_judge(case, fitted.logits(z), y))
    old, new = ([np.concatenate(parts) for parts in zip(*figures, strict=True)] for figures in (before, after))
    gain = old[0] - new[0]
    value = float(gain.mean())
    low, high = t_interval(gain, case.level)
    if low is None or high is None:
        verdict = "no clear gain"
    else:
        verdict = "helps" if low > 0 else "hurts" if high < 0 else "no clear gain"
    return CalibrationGain(
        title=calibrator.text,
        T=_fitted_temperature(case) if calibrator.name == "temperature" else None,
        nll_before=float(old[0].mean()),
        nll_after=float(new[0].mean()),
        brier_before=float(old[1].mean()),
        brier_after=float(new[1].mean()),
        ece_before=ece(old[2], old[3]),
        ece_after=ece(new[2], new[3]),
        gain=Metric(value, low, high, len(gain)),
        verdict=verdict,
        n=len(gain),
    )


def _fitted_temperature(case: Case) -> float:
    """The temperature of all known rows; of very large arrays without a copy in float64."""
    rows, array = np.flatnonzero(case.known), case.scores.array
    one_class = case.scores.task.kind in ("multiclass", "ordinal")
    if one_class and array.size > MOST_CELLS and case.scores.kind == "logits":
        return fit_temperature(array if len(rows) == len(array) else array[rows], case.targets[rows]).temperature
    fitted = CALIBRATORS["temperature"].fit(logits_of(case, rows), _targets(case, rows))
    return float(1 / fitted.parameters["scale"])


def _targets(case: Case, rows: np.ndarray) -> np.ndarray:
    y = case.targets[rows]
    return y[:, None].astype(np.float64) if case.scores.task.kind == "binary" else y


def _judge(case: Case, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per row: negative log-likelihood and Brier score; confidence and outcome of what calibration is judged on."""
    if case.several or case.scores.task.kind == "binary":
        known = ~np.isnan(y)
        true = np.where(known, y, 0)
        p = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
        loss = np.where(known, np.logaddexp(0, np.where(true > 0, -z, z)), 0).sum(1) / known.sum(1)
        brier = np.where(known, (p - true) ** 2, 0).sum(1) / known.sum(1)
        if case.several:
            return loss, brier, p[known], true[known]
        sure = np.maximum(p, 1 - p)[:, 0]
        return loss, brier, sure, ((p >= 0.5) == (y == 1))[:, 0].astype(float)
    rows = np.arange(len(z))
    z = z - z.max(1, keepdims=True)
    p = np.exp(z)
    total = p.sum(1)
    p /= total[:, None]
    loss = np.log(total) - z[rows, y]
    half = 0.5 if z.shape[1] == 2 else 1.0
    brier = ((p * p).sum(1) - 2 * p[rows, y] + 1) * half
    return loss, brier, p.max(1), (p.argmax(1) == y).astype(float)
