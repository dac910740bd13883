"""The head contract: everything a classifier's last step consists of, as one frozen value.

A head is a link, a loss with a named reduction, a target encoding, a bias initialisation, the decision rule that
matches, and the loss to expect before the first step. Rows of `HEADS` are heads with their customary settings;
`Head.with_settings` gives another setting of the same head. torch is imported only when a loss is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labelwise.errors import OptionError, choose
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

BIASES = ("zero", "prior")


@dataclass(frozen=True)
class Head:
    """Link, loss, target encoding, bias, decision rule and expected first loss of a classifier's last step.

    The loss is always computed from logits; `loss` and `loss_rows` take tensors of any float dtype on any device, are
    finite with finite gradients also for infinite logits (they count as ±1e25), and compute half precision in float32.

    Attributes:
        name: key in `HEADS`.
        title: link + loss in words.
        link: key in `scores.LINKS`, from logits to probabilities.
        loss_name: the loss's usual name.
        reduction: how the loss of a row is made of its labels.
        reductions: the settings `reduction` can take.
        bias: first bias of the last layer: ``zero``, or ``prior`` from the label counts.
        pos_weight: factor on the loss of the labels that hold, where the head is `weighted`; other than 1 it shifts
            the probabilities.
        rules: task kind -> the decision rule that matches; its keys are the tasks the head fits.
        formula: the loss of one row.
        when: when to use it.
        when_not: when not.
        source: where it comes from.
        elsewhere: library -> the name it has there.
        calibrated: True where the loss is a proper score, so that its probabilities can be right.
        bounded_gradient: True where a confidently wrong answer may have no gradient.
        weighted: True where the head has a `pos_weight`.
    """

    name: str
    title: str
    link: str
    loss_name: str
    reduction: str
    reductions: tuple[str, ...]
    rules: Mapping[str, str]
    formula: str
    when: str
    when_not: str
    source: str
    elsewhere: Mapping[str, str]
    _rows: Callable[[Head, Tensor, Tensor], Tensor]
    _encode: Callable[[Task, np.ndarray], np.ndarray]
    _prior: Callable[[Head, np.ndarray], np.ndarray]
    _oracle: Callable[[Head, np.ndarray, np.ndarray], np.ndarray]
    _oracle_gradient: Callable[[Head, np.ndarray, np.ndarray], np.ndarray]
    _outputs: Callable[[Task], int]
    bias: str = "zero"
    pos_weight: float = 1.0
    weighted: bool = False
    calibrated: bool = True
    bounded_gradient: bool = False

    # ---- settings

    def with_settings(self, **settings: str | float) -> Head:
        """The same head with another `reduction`, `bias` or `pos_weight`.

        Raises:
            OptionError: for a setting this head does not have, or a value out of range.

        Example:
            >>> from labelwise import HEADS
            >>> HEADS["sigmoid"].with_settings(reduction="sum_labels", bias="prior").spec
            'sigmoid(reduction=sum_labels,bias=prior)'
        """
        allowed = {"reduction": self.reductions, "bias": BIASES, **({"pos_weight": ()} if self.weighted else {})}
        found: dict[str, Any] = {}
        for key, value in settings.items():
            choose(key, allowed, what=f"setting of head {self.name}")
            if key == "pos_weight":
                found[key] = _weight(value)
            else:
                found[key] = choose(str(value), allowed[key], what=f"{key} of head {self.name}")
        return replace(self, **found)

    @property
    def spec(self) -> str:
        """Name with the settings that differ from the customary ones; `head_from` reads it back."""
        from labelwise.heads import HEADS

        usual = HEADS.get(self.name, self)
        settings = {"reduction": self.reduction, "bias": self.bias, "pos_weight": number_text(self.pos_weight)}
        told = [f"{k}={v}" for k, v in settings.items() if getattr(self, k) != getattr(usual, k)]
        return self.name + (f"({','.join(told)})" if told else "")

    # ---- task

    def fits(self, task: Task) -> bool:
        """True where the head can be trained for the task."""
        return task.kind in self.rules

    def rule(self, task: Task) -> str:
        """The decision rule that matches this head for the task."""
        return self.rules[task.kind]

    def n_outputs(self, task: Task) -> int:
        """Number of logits per row."""
        return self._outputs(task)

    def encode(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """Targets as this loss wants them: (N,) int64 class indices or (N, n_outputs) float32."""
        return self._encode(task, targets)

    def gradient_scale(self, task: Task) -> float:
        """Factor on the gradient that the reduction brings: 1, or 1/L for a mean over L labels."""
        return 1.0 / self.n_outputs(task) if self.reduction == "mean_labels" else 1.0

    # ---- start

    def initial_bias(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """First bias of the last layer, (n_outputs,) float64.

        Args:
            task: the task.
            targets: targets of the training rows (for ``prior``).
        """
        if self.bias == "zero":
            return np.zeros(self.n_outputs(task))
        return self._prior(self, self._shares(task, targets))

    def initial_loss(self, task: Task, targets: np.ndarray) -> float:
        """Mean loss over the rows where every logit equals its first bias: what training must start from.

        Example:
            >>> from labelwise import HEADS
            >>> from labelwise.task import read_labels
            >>> labels = read_labels([0, 1, 2, 3])
            >>> round(HEADS["softmax"].initial_loss(labels.task, labels.targets), 4)  # ln 4
            1.3863
        """
        bias, encoded = self._start(task, targets)
        return float(self._oracle(self, bias, encoded).mean())

    def initial_gradient_norm(self, task: Task, targets: np.ndarray, batch_size: int) -> float:
        """Norm of d loss / d logits over a first batch, expected for rows like these.

        √(mean over rows of |d loss_row / d logits|²) / √batch_size, at logits equal to the first bias.

        Example:
            >>> from labelwise import HEADS
            >>> from labelwise.task import read_labels
            >>> labels = read_labels(list(range(37)))
            >>> round(HEADS["softmax"].initial_gradient_norm(labels.task, labels.targets, 64), 4)
            0.1233
        """
        bias, encoded = self._start(task, targets)
        squares = (self._oracle_gradient(self, bias, encoded) ** 2).sum(-1)
        return float(np.sqrt(squares.mean() / batch_size))

    def _start(self, task: Task, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        encoded = self._dense(self.encode(task, targets), self.n_outputs(task))
        return np.broadcast_to(self.initial_bias(task, targets), encoded.shape), encoded

    def _shares(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """Share of rows (or of the unit of mass) per output, kept off 0 and 1 by half a row."""
        dense = self._dense(self.encode(task, targets), self.n_outputs(task)).astype(np.float64)
        count, total = np.nansum(dense, 0), (~np.isnan(dense)).sum(0)
        return (count + 0.5) / (total + 1.0)

    @staticmethod
    def _dense(encoded: np.ndarray, width: int) -> np.ndarray:
        if encoded.ndim > 1:
            return encoded
        dense = np.zeros((len(encoded), width))
        dense[np.arange(len(encoded)), encoded] = 1
        return dense

    # ---- loss

    def loss_rows(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Loss of each row, reduced over its labels only.

        Args:
            logits: (N, n_outputs), any float dtype.
            targets: as `encode` gives them, as a tensor.

        Returns:
            (N,) in float32, or float64 for float64 logits. A nan logit gives nan in its own row alone.
        """
        return self._rows(self, finite_logits(logits), targets)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Mean of `loss_rows` over the rows: a scalar to call backward on; 0 for no rows."""
        rows = self.loss_rows(logits, targets)
        return rows.sum() / max(rows.numel(), 1)

    def __repr__(self) -> str:
        return f"Head({self.spec}: {self.title}, reduction {self.reduction}, bias {self.bias})"


def head_from(spec: str | Head, heads: Mapping[str, Head]) -> Head:
    """Read a head given by name, by name with settings, or as a value.

    Raises:
        OptionError: for an unknown head or setting, with the closest name.
    """
    if isinstance(spec, Head):
        return spec
    match = re.fullmatch(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*", str(spec))
    if match is None:
        raise OptionError("a head", repr(spec), "a name such as softmax, or sigmoid(reduction=sum_labels,bias=prior)")
    head = heads[choose(match[1], heads, what="head")]
    settings: dict[str, Any] = {}
    for part in filter(None, (match[2] or "").split(",")):
        key, _, value = part.partition("=")
        settings[key.strip()] = value.strip()
    return head.with_settings(**settings)


def number_text(value: float) -> str:
    """A number as short as it can be without becoming another one."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(float(value))


def _weight(value: str | float) -> float:
    try:
        weight = float(value)
    except ValueError:
        weight = float("nan")
    if not 0 < weight < float("inf"):
        raise OptionError("a pos_weight", repr(value), "a positive number; 1 weighs yes and no alike")
    return weight


def finite_logits(logits: Tensor) -> Tensor:
    """Half precision as float32, and infinite logits as ±1e25, so that no difference of two of them is nan."""
    import torch

    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    return logits.clamp(-1e25, 1e25)
