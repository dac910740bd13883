"""What calibrating would gain, on rows it was not fitted on; "nothing" is an answer."""

from __future__ import annotations

import numpy as np

from labelwise.auditing.paired import row_values
from labelwise.auditing.result import CalibrationGain
from labelwise.calibration import CALIBRATORS, Calibrator, calibrators_of
from labelwise.calibration.inputs import calibration_logits
from labelwise.calibration.select import FOLDS, fold_of_rows
from labelwise.kernels import fit_temperature
from labelwise.metrics.calibration import Bins, ece, ece_of_bins
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.of_rows import mean
from labelwise.scores import Logits

__all__ = ["FOLDS", "TRIED", "calibration_gains", "folds", "held_out", "logits_of"]

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
    return fold_of_rows(len(rows), None if case.groups is None else case.groups[rows], case.seed)


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
    raw, calibrated, judged = [], [], []
    for fit_rows, test_rows in pairs:
        if not len(fit_rows) or not len(test_rows):
            continue
        fitted = calibrator.fit(logits_of(case, fit_rows), _targets(case, fit_rows))
        z = logits_of(case, test_rows)
        raw.append(z)
        calibrated.append(fitted.logits(z))
        judged.append(test_rows)
    rows = np.concatenate(judged)
    groups = None if case.groups is None else case.groups[rows]
    old, new = (
        Case(
            Logits(np.concatenate(z), case.scores.task, groups=groups),
            case.targets[rows],
            resamples=case.resamples,
            seed=case.seed,
            level=case.level,
        )
        for z in (raw, calibrated)
    )
    losses = row_values(old, new)
    gain = mean(old, np.subtract(*losses["log_loss"]), "")
    verdict = "no clear gain"
    if gain.low is not None and gain.high is not None:
        verdict = "helps" if gain.low > 0 else "hurts" if gain.high < 0 else "no clear gain"
    (nll_before, nll_after), (brier_before, brier_after) = (
        [float(values.mean()) for values in losses[name]] for name in ("log_loss", "brier_score")
    )
    return CalibrationGain(
        title=calibrator.text,
        T=_fitted_temperature(case) if calibrator.name == "temperature" else None,
        nll_before=nll_before,
        nll_after=nll_after,
        brier_before=brier_before,
        brier_after=brier_after,
        ece_before=_ece(old),
        ece_after=_ece(new),
        gain=gain,
        verdict=verdict,
        n=len(rows),
    )


def _ece(case: Case) -> float | None:
    """Calibration error of the answers, or of all known cells of several labels."""
    if not case.several:
        return ece(case.answer_prob, case.right)
    b = case.cells.bins
    return ece_of_bins(Bins(b.count.sum(0), b.confidence.sum(0), b.correct.sum(0), np.zeros(BINS)))


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
