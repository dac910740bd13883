"""Scores -> the logits that calibrators work on: float64, finite, one form per link."""

from __future__ import annotations

import numpy as np

from labelwise.errors import InputError
from labelwise.scores import LINKS, Scores
from labelwise.task import Task

__all__ = ["FLOOR", "calibration_logits", "link_of"]

FLOOR = 1e-12
"""A probability below it counts as it: the logarithm of what a model rounded to 0 says nothing."""

LARGEST = 1e100
"""A logit beyond it is refused: sums and products of such numbers overflow."""


def link_of(task: Task) -> str:
    """The link whose probabilities a task's calibrated logits have: ``softmax`` or ``sigmoid``.

    Raises:
        InputError: for a grouped task, whose questions are calibrated one by one.
    """
    if task.kind == "grouped":
        raise InputError("one question", f"the task {task}", "the columns of each question on their own")
    return "softmax" if task.kind in ("multiclass", "ordinal") else "sigmoid"


def calibration_logits(scores: Scores, *, trained_with: str | None = None) -> np.ndarray:
    """Scores as float64 logits of their task's link.

    Probabilities p become ln p (softmax, after clipping to [`FLOOR`, 1] and dividing by the row's sum) or
    ln p / (1 - p) (sigmoid, clipped to [`FLOOR`, 1 - `FLOOR`]); logits stay as they are.

    Args:
        scores: `Logits`, `LogProbs` or `Probs`; never changed.
        trained_with: ``"softmax"`` where scores of several labels come from a softmax head: each row is then read as
            the logarithms of its shares of one unit. None for the link of the task.

    Returns:
        (N, C) float64, finite.

    Raises:
        InputError: for infinite logits, or a grouped task.

    Example:
        >>> from labelwise import Probs, infer_task
        >>> calibration_logits(Probs(np.array([0.5, 0.0]), infer_task([0, 1]))).round(3).ravel().tolist()
        [0.0, -27.631]
    """
    link = link_of(scores.task)
    array = scores.array.astype(np.float64)
    if scores.kind == "logits":
        _refuse_infinite(scores, array)
        return LINKS["softmax"].log_probs(array) if link == "sigmoid" and trained_with == "softmax" else array
    log_p = array if scores.kind == "log-probabilities" else np.log(np.maximum(array, FLOOR))
    log_p = np.clip(log_p, np.log(FLOOR), 0)
    if link == "softmax":
        return log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
    if trained_with == "softmax":
        return log_p
    rest = np.maximum(1 - array, FLOOR) if scores.kind == "probabilities" else np.maximum(-np.expm1(log_p), FLOOR)
    return log_p - np.log(rest)


def _refuse_infinite(scores: Scores, array: np.ndarray) -> None:
    if not np.abs(array).max(initial=0) <= LARGEST:  # nan is not, either
        row, column = np.argwhere(~(np.abs(array) <= LARGEST))[0]
        raise InputError(
            f"logits that are finite numbers, none beyond {LARGEST:g}",
            f"{array[row, column]} at row {row}, column {column} ({scores.task.column_names[column]})",
            "logits before any masking, or a large finite number such as -1e4 for what cannot be",
        )
