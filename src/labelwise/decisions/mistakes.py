"""Kinds of mistakes: what is wrong with a row's answer, in one word."""

from __future__ import annotations

import numpy as np

from labelwise.task import Task

__all__ = ["KINDS", "OVERCONFIDENT", "mistake_kinds", "top_confidence"]

OVERCONFIDENT = 0.7
"""A mistake made with more than this confidence is called overconfident."""

KINDS = ("right", "no_label", "several_labels", "wrong_label", "missed_label", "extra_label")


def mistake_kinds(answers: np.ndarray, truth: np.ndarray, task: Task) -> np.ndarray:
    """The kind of each row's answer, as an index into `KINDS`.

    Where classes exclude each other: ``no_label``, ``several_labels`` (even if one of them is right), ``wrong_label``.
    For several labels: ``no_label`` (nothing given though something was due), ``missed_label`` (given ones are right,
    some are missing), ``extra_label`` (all due ones given, and more), ``wrong_label`` (both missing and extra).

    Args:
        answers: (N, C) bool.
        truth: (N, C) 0/1, nan where not known (such cells are never a mistake).
        task: the task.

    Example:
        >>> from labelwise import infer_task
        >>> answers = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]], bool)
        >>> [KINDS[k] for k in mistake_kinds(answers, np.eye(4)[[0, 1, 2]], infer_task([0, 1, 2, 3]))]
        ['several_labels', 'no_label', 'wrong_label']
    """
    missed = ((truth == 1) & ~answers).any(1)
    extra = ((truth == 0) & answers).any(1)
    given = answers.sum(1)
    kind = np.zeros(len(answers), np.int8)
    if task.kind == "binary":
        kind[missed | extra] = KINDS.index("wrong_label")
    elif task.exclusive:
        kind[missed | extra] = KINDS.index("wrong_label")
        kind[given == 0] = KINDS.index("no_label")
        kind[given > 1] = KINDS.index("several_labels")
    else:
        kind[missed] = KINDS.index("missed_label")
        kind[extra] = KINDS.index("extra_label")
        kind[missed & extra] = KINDS.index("wrong_label")
        kind[missed & (given == 0)] = KINDS.index("no_label")
    return kind


def top_confidence(probs: np.ndarray, answers: np.ndarray, task: Task) -> np.ndarray:
    """Confidence of each row's answer: the lowest probability among the labels given; nan where none is given.

    For a yes/no task the probability of the answer that was given.
    """
    if task.kind == "binary":
        return np.where(answers, probs, 1 - probs)[:, 0]
    lowest = np.where(answers, probs, np.inf).min(1, initial=np.inf)
    return np.where(answers.any(1), lowest, np.nan)
