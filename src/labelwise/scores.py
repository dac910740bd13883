"""Scores with a kind: logits, log-probabilities, probabilities. The only place where kinds convert.

A link is the named function between logits and probabilities (`LINKS`). A conversion always names its link; the kind
is the caller's statement and is never guessed from the range of the values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from labelwise.errors import InputError, choose
from labelwise.task import Task

__all__ = ["LINKS", "Link", "LogProbs", "Logits", "Probs", "Scores"]


@dataclass(frozen=True)
class Link:
    """A named function from logits to log-probabilities, and back.

    Attributes:
        name: ``softmax`` or ``sigmoid``.
        exclusive: True where the probabilities of a row sum to 1.
        log_probs: (N, C) logits -> (N, C) log-probabilities.
        logits: (N, C) log-probabilities -> (N, C) logits (for softmax up to a constant per row).
        text: what it says of the classes, in a sentence.
    """

    name: str
    exclusive: bool
    log_probs: Callable[[np.ndarray], np.ndarray]
    logits: Callable[[np.ndarray], np.ndarray]
    text: str


def _log_softmax(z: np.ndarray) -> np.ndarray:
    top = z.max(axis=1, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        # infinite logits of a row share its unit equally, the limit of large ones that grow together
        shifted = np.where(np.isfinite(top) | np.isnan(z), z - top, np.where(z == top, 0, -np.inf))
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _log_sigmoid(z: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0, -z)


def _logit_of_log(log_p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return log_p - np.log(-np.expm1(log_p))


LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link("softmax", True, _log_softmax, lambda log_p: log_p, "the classes exclude each other and share one unit"),
        Link("sigmoid", False, _log_sigmoid, _logit_of_log, "each label is judged on its own, any number may hold"),
    )
}


@dataclass(frozen=True)
class Scores:
    """Scores of N rows for a task; made as `Logits`, `LogProbs` or `Probs`.

    Args:
        array: (N, C) or, for a binary task, (N,); kept as it is given (no copy), read as float.
        task: what the columns stand for.
        ids: (N,) names of the rows, or None for row numbers.
        groups: (N,) rows of one group belong together, or None.
        weights: (N,) non-negative weights, or None.

    Raises:
        InputError: where the shape does not fit the task, or a value is nan, or out of the kind's range.
    """

    array: np.ndarray
    task: Task
    ids: np.ndarray | None = None
    groups: np.ndarray | None = None
    weights: np.ndarray | None = None

    kind: ClassVar[str] = "scores"

    def __post_init__(self):
        array = np.asarray(self.array)
        if array.dtype.kind not in "fiu":
            raise InputError(f"{self.kind} as numbers", f"dtype {array.dtype}", "a float array")
        if array.dtype.kind != "f":
            array = array.astype(np.float64)
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2 or array.shape[1] != self.task.n_outputs:
            raise InputError(
                f"{self.kind} of shape (N, {self.task.n_outputs}) for the task {self.task}",
                f"shape {np.asarray(self.array).shape}",
                "one column per class or label; (N,) or (N, 1) for a yes/no task",
            )
        object.__setattr__(self, "array", array)
        for name in ("ids", "groups", "weights"):
            value = getattr(self, name)
            if value is not None and len(value) != len(array):
                raise InputError(f"{len(array)} {name}, one per row", f"{len(value)} {name}", "arrays of one length")
        if self.weights is not None:
            bad = ~(np.isfinite(self.weights) & (np.asarray(self.weights) >= 0))
            if bad.any():
                row = int(np.argmax(bad))
                raise InputError("weights from 0 up", f"{self.weights[row]} at row {row}", "non-negative numbers")
        self._check()

    def _check(self) -> None:
        _refuse(self, np.isnan(self.array), "nan")

    def __len__(self) -> int:
        return len(self.array)

    def _as(self, kind: type[Any], array: np.ndarray) -> Any:
        return kind(array, self.task, self.ids, self.groups, self.weights)


class Logits(Scores):
    """Raw scores, before any link: any real number.

    Example:
        >>> from labelwise import Logits, infer_task
        >>> task = infer_task([0, 1, 2])
        >>> Logits(np.array([[1.0, 1.0, 1.0]]), task).to_probs("softmax").array.round(3).tolist()
        [[0.333, 0.333, 0.333]]
    """

    kind = "logits"

    def to_log_probs(self, link: str) -> LogProbs:
        """Log-probabilities by the named link; a yes/no task's single column always means sigmoid."""
        return self._as(LogProbs, _link(link, self.task).log_probs(_at_least_single(self.array)))

    def to_probs(self, link: str) -> Probs:
        """Probabilities by the named link."""
        return self.to_log_probs(link).to_probs()


class LogProbs(Scores):
    """Logarithms of probabilities: not above 0."""

    kind = "log-probabilities"

    def _check(self) -> None:
        super()._check()
        _refuse(self, self.array > 1e-6, "a log-probability above 0")

    def to_probs(self) -> Probs:
        """Probabilities: the exponential."""
        return self._as(Probs, np.minimum(np.exp(self.array), 1))

    def to_logits(self, link: str) -> Logits:
        """Logits by the named link's inverse."""
        return self._as(Logits, _link(link, self.task).logits(np.minimum(_at_least_single(self.array), 0)))


class Probs(Scores):
    """Probabilities: from 0 to 1; rows need not sum to 1 (independent labels do not)."""

    kind = "probabilities"

    def _check(self) -> None:
        super()._check()
        _refuse(self, (self.array < 0) | (self.array > 1 + 1e-6), "a value outside 0..1")

    def to_log_probs(self) -> LogProbs:
        """Log-probabilities: the logarithm, -inf where a probability is 0."""
        with np.errstate(divide="ignore"):
            return self._as(LogProbs, np.minimum(np.log(self.array), 0))

    def to_logits(self, link: str) -> Logits:
        """Logits by the named link's inverse."""
        return self.to_log_probs().to_logits(link)

    def normalised(self) -> Probs:
        """Each row divided by its sum; rows of zeros become uniform. A yes/no column stays as it is."""
        if self.task.kind == "binary":
            return self
        total = self.array.sum(1, keepdims=True)
        uniform = 1.0 / self.array.shape[1]
        shares = np.divide(self.array, total, out=np.full_like(self.array, uniform), where=total > 0)
        return self._as(Probs, shares)


def _link(name: str, task: Task) -> Link:
    choose(name, LINKS, what="link")
    if task.kind == "binary" and name == "softmax":
        raise InputError(
            "softmax over one column",
            "a yes/no task with a single score, whose softmax is always 1",
            'link "sigmoid", or two columns and task="multiclass"',
        )
    return LINKS[name]


def _at_least_single(array: np.ndarray) -> np.ndarray:
    """Half precision as float32: a sum over 100 000 classes would overflow it."""
    return array.astype(np.promote_types(array.dtype, np.float32), copy=False)


def _refuse(scores: Scores, bad: np.ndarray, what: str) -> None:
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InputError(
            f"{scores.kind} that are numbers in range",
            f"{what} in {int(bad.any(1).sum())} rows, first at row {row}, column {column} "
            f"({scores.task.column_names[column]}): {scores.array[row, column]}",
            f"the {scores.kind} as the model gave them; other kinds have types of their own (Logits, LogProbs, Probs)",
        )
