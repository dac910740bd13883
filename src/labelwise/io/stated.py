"""What the user states of a scores file that the file cannot tell, or tells wrongly: the kind of task, the link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError, choose
from labelwise.io.targets import encode_targets
from labelwise.scores import LINKS, Logits, Scores
from labelwise.task import Task

__all__ = ["linked", "read_as", "targets_read_as"]

KINDS = ("binary", "multiclass", "multilabel")


def read_as(kind: str, told: Task, ordered: bool, where: str) -> Task:
    """The task that is stated, in place of the one that the file tells.

    Args:
        kind: ``binary``, ``multiclass`` or ``multilabel``.
        told: the task as the file tells it.
        ordered: whether an order of the classes was stated too.
        where: the file, for messages.

    Raises:
        OptionError: where the columns are not those of such a task, or the file tells as much.
    """
    if kind == "ordinal":
        raise OptionError("an ordinal task", "the task 'ordinal'", "that the classes are ordered: --ordered")
    choose(kind, KINDS, what="kind of task")
    if ordered:
        raise OptionError(f"the task {kind!r}", f"{where}: an order of its classes too", "one of the two")
    if kind == told.kind:
        raise OptionError(f"the task {kind!r}", f"{where}: read as {kind} anyway", "nothing, it has no effect")
    one = "scores of one column, e.g. logits[:, 1] - logits[:, 0] or probs[:, 1]"
    if kind == "binary" or told.kind == "binary":
        wanted = one if kind == "binary" else "a column of scores for each class or label"
        columns = f"{told.n_outputs} column{'s' * (told.n_outputs > 1)} of scores"
        raise OptionError(f"the task {kind!r}", f"{where}: {columns}", wanted)
    return replace(told, kind=kind, evidence=(f"read as {kind}, as stated",))


def targets_read_as(y: Any, task: Task, where: str, *, indices: bool) -> np.ndarray:
    """Labels as targets of a task that was stated: a matrix with one 1 per row as indices, or indices as a matrix.

    Raises:
        InputError: where a row has no class or several.
    """
    y = np.asarray(y)
    if task.kind == "multilabel":
        exclusive = replace(task, kind="multiclass")
        return exclusive.truth(encode_targets(y, exclusive, where, indices=indices))
    marks = encode_targets(y, replace(task, kind="multilabel"), where)
    missing = np.isnan(marks).all(1)
    bad = ~missing & (np.nansum(marks, axis=1) != 1)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            "one class per row",
            f"{where}: {np.nansum(marks[row]):g} labels at row {row}, {int(bad.sum())} such rows",
            "rows with one 1 among 0s, or no kind stated: the rows may then have any labels",
        )
    return np.where(missing, -1, np.nan_to_num(marks).argmax(1))


def linked(scores: Scores, told: str | None, stated: str | None, where: str) -> tuple[Scores, tuple[str, ...]]:
    """Logits of another link than the task's own, as the probabilities of that link.

    Args:
        scores: as read.
        told: the link that the file names, or None.
        stated: the link that the user names, or None.
        where: the file, for messages.

    Returns:
        The scores, and notes on what was done.

    Raises:
        OptionError: where the stated link contradicts the file, or changes nothing.
    """
    natural = "softmax" if scores.task.exclusive and scores.task.kind != "binary" else "sigmoid"
    for link in (told, stated):
        if link is not None:
            choose(link, LINKS, what="link")
    if stated is not None:
        if not isinstance(scores, Logits):
            raise OptionError(f"the link {stated!r}", f"{where}: {scores.kind}, past any link", "logits, or no link")
        if told is not None:
            agrees = "so it has no effect" if told == stated else "which contradicts it"
            raise OptionError(f"the link {stated!r}", f"{where}: its own link {told!r}, {agrees}", "no link")
        if stated == natural:
            raise OptionError(
                f"the link {stated!r}", f"{where}: that of the task {scores.task.kind} anyway", "no link, or the other"
            )
    link = told or stated
    if link is None or link == natural or not isinstance(scores, Logits):
        return scores, ()
    probs = scores.to_probs(link)
    if scores.task.exclusive:
        return probs.normalised(), (f"logits of a {link} head: each row's probabilities divided by their sum",)
    return probs, (f"logits of a {link} head: read as its probabilities",)
