"""Choosing a calibrator by its log-loss on rows it was not fitted on; leaving the scores alone is a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.inputs import calibration_logits
from labelwise.calibration.table import CALIBRATORS, Calibrator, calibrators_of
from labelwise.errors import InputError, OptionError, choose
from labelwise.metrics.intervals import t_interval
from labelwise.scores import Scores

__all__ = ["Candidate", "Selection", "fit_calibration", "fold_of_rows", "log_loss_rows", "select_calibration"]

FOLDS = 5
LEAST_ROWS = 20
"""With fewer rows nothing is fitted: the folds would say nothing."""


@dataclass(frozen=True)
class Candidate:
    """How a calibrator did on held-out rows.

    Attributes:
        name: key of `CALIBRATORS`.
        log_loss: mean held-out log-loss of a row (of its known labels, on average), in nats.
        gain: mean fall against leaving the scores alone, in nats; negative where it hurts.
        low, high: 95 % interval of the gain, paired by row; None where undefined.
    """

    name: str
    log_loss: float
    gain: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Selection:
    """The chosen calibration, fitted on all rows, with what was tried.

    Attributes:
        calibration: the choice.
        candidates: each calibrator that was tried, in the order of `CALIBRATORS`; empty where too few rows.
        why: the reason for the choice, in a sentence.
    """

    calibration: Calibration
    candidates: tuple[Candidate, ...]
    why: str


def fit_calibration(scores: Scores, targets: np.ndarray, calibrator: str = "temperature") -> Calibration:
    """Fit one calibrator.

    Args:
        scores: scores of N rows; never changed.
        targets: (N,) class indices, -1 where not known, or (N, L) 0/1 with nan.
        calibrator: a key of `CALIBRATORS` that is for the task.

    Raises:
        OptionError: for an unknown calibrator, or one of another task.
        InputError: where no row's truth is known.

    Example:
        >>> import labelwise as lw
        >>> y = np.array([0, 0, 0, 1])
        >>> c = fit_calibration(lw.Logits(np.tile([4.0, 0.0], (4, 1)), lw.infer_task(y, kind="multiclass")), y)
        >>> round(1 / float(c.parameters["scale"]), 4)  # T = 4 / ln 3
        3.641

    Source: that of the calibrator.
    """
    row = CALIBRATORS[choose(calibrator, CALIBRATORS, what="calibrator")]
    names = [c.name for c in calibrators_of(scores.task)]
    if row.name not in names:
        raise OptionError(
            f"calibrator {row.name!r}", f"the task {scores.task}", f"one that is for it: {', '.join(names)}"
        )
    z, y, _ = known_rows(scores, targets)
    return row.fit(z, y)


def select_calibration(
    scores: Scores,
    targets: np.ndarray,
    *,
    calibrators: Sequence[str] | None = None,
    seed: int = 0,
    trained_with: str | None = None,
) -> Selection:
    """Choose a calibrator by cross-validated log-loss, and fit it on all rows.

    Of all candidates the one with the least mean held-out log-loss is found; the simplest whose loss is within one
    standard error of it (of the paired difference) is taken, and it must beat the scores as they are by more than one
    standard error as well. Rows of one group share a fold.

    Args:
        scores: scores of N rows, with their task; never changed.
        targets: (N,) class indices, -1 where not known, or (N, L) 0/1 with nan.
        calibrators: names to try, default all that are for the task; the scores as they are always take part.
        seed: of the folds.
        trained_with: as in `calibration_logits`.

    Returns:
        The calibration with all candidates' figures.

    Raises:
        OptionError: for an unknown calibrator, or one of another task.
        InputError: where no row's truth is known.

    Example:
        >>> import labelwise as lw
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(2000, 3))
        >>> p = lw.Logits(z, lw.infer_task([0, 1, 2])).to_probs("softmax").array
        >>> y = (p.cumsum(1) < rng.random((2000, 1))).sum(1)
        >>> chosen = select_calibration(lw.Logits(z * 3, lw.infer_task([0, 1, 2])), y)
        >>> chosen.calibration.name, round(1 / float(chosen.calibration.parameters["scale"]), 1)
        ('temperature', 3.0)

    Source: Breiman et al. (1984), section 3.4.3, for the rule of one standard error.
    """
    able = {c.name: c for c in calibrators_of(scores.task)}
    for name in calibrators or ():
        choose(name, able, what=f"calibrator for the task {scores.task.kind}")
    wanted = [c for c in able.values() if calibrators is None or c.name in calibrators or c.name == "identity"]
    z, y, rows = known_rows(scores, targets, trained_with)
    if len(z) < LEAST_ROWS:
        why = f"{len(z)} rows are too few to fit a calibration ({LEAST_ROWS} at least): the scores are left alone"
        return Selection(Calibration("identity", why=why), (), why)
    groups = None if scores.groups is None else np.asarray(scores.groups)[rows]
    fold = fold_of_rows(len(z), groups, seed)
    held = {c.name: _held_out(c, z, y, fold) for c in wanted}
    chosen, why = _one_standard_error(held)
    return Selection(able[chosen].fit(z, y), tuple(_candidate(n, x, held["identity"]) for n, x in held.items()), why)


def known_rows(
    scores: Scores, targets: np.ndarray, trained_with: str | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits and truth of the rows whose truth is known, in the form calibrators take, and which rows they are."""
    if len(targets) != len(scores):
        raise InputError(f"{len(scores)} labels, one per row of scores", f"{len(targets)} labels", "labels of the rows")
    y = np.asarray(targets)
    if scores.task.kind == "binary" or scores.task.kind == "multilabel":
        y = scores.task.truth(y).astype(np.float64)
        known = ~np.isnan(y).all(1)
    else:
        known = y >= 0
    if not known.any():
        raise InputError("labels", "every label is missing", "the labels of the rows, class names or indices")
    z = calibration_logits(scores, trained_with=trained_with)
    return z[known], y[known], np.flatnonzero(known)


def fold_of_rows(n: int, groups: np.ndarray | None, seed: int, folds: int = FOLDS) -> np.ndarray:
    """(n,) a fold for each row, drawn evenly; rows of one group share theirs."""
    rng = np.random.default_rng(seed)
    if groups is None:
        return rng.permutation(n) % folds
    distinct, place = np.unique(groups, return_inverse=True)
    return (rng.permutation(len(distinct)) % folds)[place]


def log_loss_rows(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Log-loss of each row of calibrated logits: -ln p of its class, or the mean over its known labels.

    Args:
        z: (n, C) logits.
        y: (n,) class indices (softmax), or (n, L) 0/1 with nan (sigmoid).
    """
    if y.ndim == 1:
        z = z - z.max(1, keepdims=True)
        return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), y]
    known = ~np.isnan(y)
    loss = np.logaddexp(0, np.where(y == 1, -z, z))
    return np.where(known, loss, 0).sum(1) / known.sum(1)


def _held_out(calibrator: Calibrator, z: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
    loss = np.empty(len(z))
    for k in np.unique(fold):
        test = fold == k
        fitted = calibrator.fit(z[~test], y[~test]) if not test.all() else Calibration("identity")
        loss[test] = log_loss_rows(fitted.logits(z[test]), y[test])
    return loss


def _one_standard_error(held: dict[str, np.ndarray]) -> tuple[str, str]:
    """Name of the choice, and why."""
    best = min(held, key=lambda name: held[name].mean())
    if best == "identity":
        return best, "no calibrator has a lower held-out log-loss than the scores as they are"
    gaps = {name: loss - held[best] for name, loss in held.items()}
    name = next(n for n, gap in gaps.items() if gap.mean() <= _standard_error(gap))
    if name == "identity":
        return name, f"{best} is best on held-out rows, but by less than one standard error: left alone"
    if name == best:
        return name, f"{name} has the least held-out log-loss, by more than one standard error against simpler ones"
    return name, f"{best} is best on held-out rows, {name} is simpler and within one standard error of it"


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _candidate(name: str, loss: np.ndarray, identity: np.ndarray) -> Candidate:
    gain = identity - loss
    low, high = (None, None) if name == "identity" else t_interval(gain)
    return Candidate(name, float(loss.mean()), float(gain.mean()), low, high)
