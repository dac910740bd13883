"""The head contract: everything a classifier's last step consists of, as one frozen value.

A head is a space (how outputs stand for classes), a loss with a named reduction, a bias initialisation, the decision
rule that matches, and the loss to expect before the first step. Rows of `HEADS` are heads with their customary
settings; `Head.with_settings` gives another setting of the same head. torch is imported only when a loss is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labelwise.errors import OptionError, choose
from labelwise.heads.setting import Setting, number_text
from labelwise.heads.space import Space, dense
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from labelwise.heads.module import HeadModule

BIASES = ("zero", "prior")
LARGE = 1 << 20
"""From so many logits on a copy of them is worth avoiding."""


@dataclass(frozen=True)
class Head:
    """Outputs, loss, bias, decision rule and expected first loss of a classifier's last step.

    The loss is always computed from raw outputs; `loss` and `loss_rows` take tensors of any float dtype on any device,
    are finite with finite gradients also for infinite outputs (they count as ±1e25), and compute half precision in
    float32. ``head["pos_weight"]`` is the value of a setting.

    Attributes:
        name: key in `HEADS`.
        title: link + loss in words.
        space: how outputs stand for classes: encoding of targets, probabilities, number of outputs.
        loss_name: the loss's usual name.
        reductions: the settings `reduction` can take, the customary one first.
        rules: task kind -> the decision rule that matches; its keys are the tasks the head fits.
        formula: the loss of one row.
        when: when to use it.
        when_not: when not.
        source: where it comes from.
        elsewhere: library -> the name it has there.
        settings: what else can be set.
        bounded_gradient: True where a confidently wrong answer may have no gradient.
        reduction: how the loss of a row is made of its labels.
        bias: first bias of the last layer: ``zero``, or ``prior``, the constant that fits the training labels best.
        values: values of `settings`, where they are not the customary ones.
        bound: what the loss takes from the training rows (see `bind`), or None.
    """

    name: str
    title: str
    space: Space
    loss_name: str
    reductions: tuple[str, ...]
    rules: Mapping[str, str]
    formula: str
    when: str
    when_not: str
    source: str
    elsewhere: Mapping[str, str]
    _rows: Callable[[Head, Tensor, Tensor], Tensor]
    _oracle: Callable[[Head, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    _prior: Callable[[Head, Task, np.ndarray], np.ndarray] | None = None
    _bind: Callable[[Head, Task, np.ndarray], Mapping[str, Any]] = lambda head, task, targets: {}
    _proper: Callable[[Head], bool] = lambda head: True
    settings: tuple[Setting, ...] = ()
    bounded_gradient: bool = False
    reduction: str = ""
    bias: str = "zero"
    values: Mapping[str, float | str] = field(default_factory=dict)
    bound: Mapping[str, Any] | None = field(default=None, compare=False)

    def __post_init__(self):
        if not self.reduction:
            object.__setattr__(self, "reduction", self.reductions[0])

    # ---- settings

    def __getitem__(self, setting: str) -> Any:
        """Value of one of `settings`."""
        known = {s.name: s.default for s in self.settings}
        choose(setting, known, what=f"setting of head {self.name}")
        return self.values.get(setting, known[setting])

    def has(self, setting: str) -> bool:
        """True where `settings` has one of this name."""
        return any(s.name == setting for s in self.settings)

    def with_settings(self, **settings: str | float) -> Head:
        """The same head with another `reduction`, `bias` or one of its own `settings`.

        Raises:
            OptionError: for a setting this head does not have, or a value out of range.

        Example:
            >>> from labelwise import HEADS
            >>> HEADS["sigmoid"].with_settings(reduction="sum_labels", bias="prior").spec
            'sigmoid(reduction=sum_labels,bias=prior)'
        """
        words = {"reduction": self.reductions, "bias": BIASES}
        own = {s.name: s for s in self.settings}
        found: dict[str, str] = {}
        values = dict(self.values)
        for key, value in settings.items():
            choose(key, {**words, **own}, what=f"setting of head {self.name}")
            if key in words:
                found[key] = choose(str(value), words[key], what=f"{key} of head {self.name}")
                continue
            values[key] = own[key].read(value)
            if values[key] == own[key].default:
                del values[key]
        return replace(self, values=values, **found)

    @property
    def spec(self) -> str:
        """Name with the settings that differ from the customary ones; `head_from` reads it back."""
        usual = {"reduction": self.reductions[0], "bias": BIASES[0]}
        told = [f"{key}={getattr(self, key)}" for key, value in usual.items() if getattr(self, key) != value]
        for setting in self.settings:
            if setting.name in self.values:
                value = self.values[setting.name]
                told.append(f"{setting.name}={value if isinstance(value, str) else number_text(value)}")
        return self.name + (f"({','.join(told)})" if told else "")

    @property
    def loss_spec(self) -> str:
        """`spec` without the bias: heads with one `loss_spec` compute the same loss."""
        return replace(self, bias=BIASES[0]).spec

    # ---- properties

    @property
    def link(self) -> str:
        """How probabilities come from outputs."""
        return self.space.link

    @property
    def exclusive(self) -> bool:
        """True where the probabilities of a row sum to 1."""
        return self.space.exclusive

    @property
    def calibrated(self) -> bool:
        """True where the loss is a proper score of `log_probs`, so that these can be right."""
        return self._proper(self)

    def properties(self, task: Task) -> dict[str, bool | float | int | str]:
        """What a program may want to know of the head for a task.

        Example:
            >>> from labelwise import HEADS, infer_task
            >>> told = HEADS["softmax"].properties(infer_task([0, 1, 2]))
            >>> told["calibrated"], told["exclusive"], told["outputs"], told["missing_targets"]
            (True, True, 3, 'none')
        """
        return {
            "link": self.link,
            "loss": self.loss_name,
            "rule": self.rule(task),
            "outputs": self.n_outputs(task),
            "constants": self.space.constants(task),
            "calibrated": self.calibrated,
            "bounded_gradient": self.bounded_gradient,
            "gradient_scale": self.gradient_scale(task),
            "exclusive": self.exclusive,
            "shift_invariant": self.space.shift_invariant,
            "missing_targets": self.space.missing,
        }

    # ---- task

    def fits(self, task: Task) -> bool:
        """True where the head can be trained for the task."""
        return task.kind in self.rules and len(task.class_names) >= self.space.least_classes

    def rule(self, task: Task) -> str:
        """The decision rule that matches this head for the task."""
        return self.rules[task.kind]

    def n_outputs(self, task: Task) -> int:
        """Number of outputs per row."""
        return self.space.outputs(task)

    def encode(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """Targets as this loss wants them: (N,) int64 class indices or (N, width) float32."""
        return self.space.encode(task, targets)

    def log_probs(self, outputs: np.ndarray, task: Task) -> np.ndarray:
        """Log-probabilities of the classes or labels.

        Args:
            outputs: (N, n_outputs) of a trained last layer.
            task: the task.

        Returns:
            (N, task.n_outputs) float64; a yes/no task keeps the yes alone.
        """
        return self.space.log_probs(self, np.asarray(outputs, np.float64), task)

    def gradient_scale(self, task: Task) -> float:
        """Factor on the gradient that the reduction brings: 1, or 1/L for a mean over L labels or known groups."""
        over = {"mean_labels": self.n_outputs(task), "mean_groups": len(task.groups)}
        return 1.0 / over.get(self.reduction, 1)

    # ---- training rows

    def bind(self, task: Task, targets: np.ndarray) -> Head:
        """The head with what its loss takes from the training rows: class shares, groups. Most losses take nothing.

        Args:
            task: the task.
            targets: of the training rows, as `task.Labels` has them.
        """
        return replace(self, bound=self._bind(self, task, targets))

    def taken(self, name: str) -> Any:
        """What `bind` took from the training rows.

        Raises:
            OptionError: where the head has not been bound.
        """
        if self.bound is None:
            raise OptionError(
                f"the loss of {self.name}",
                "a head that has not seen the training labels, which its loss depends on",
                "head.bind(task, targets).loss(logits, targets)",
            )
        return self.bound[name]

    # ---- start

    def initial_bias(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """First bias of the last layer, (n_outputs,) float64.

        Args:
            task: the task.
            targets: targets of the training rows (for ``prior``).
        """
        if self.bias == "zero":
            return np.zeros(self.n_outputs(task))
        encoded = self.encode(task, targets)
        if self._prior is not None:
            return self._prior(self, task, dense(task, encoded))
        from labelwise.heads.constant import best_constant

        return best_constant(self.bind(task, targets), task, encoded)

    def initial_loss(self, task: Task, targets: np.ndarray) -> float:
        """Mean loss over the rows where every output equals its first bias: what training must start from.

        Example:
            >>> from labelwise import HEADS
            >>> from labelwise.task import read_labels
            >>> labels = read_labels([0, 1, 2, 3])
            >>> round(HEADS["softmax"].initial_loss(labels.task, labels.targets), 4)  # ln 4
            1.3863
        """
        return float(self._start(task, targets)[0].mean())

    def initial_gradient_norm(self, task: Task, targets: np.ndarray, batch_size: int) -> float:
        """Norm of d loss / d outputs over a first batch, expected for rows like these.

        √(mean over rows of |d loss_row / d outputs|²) / √batch_size, at outputs equal to the first bias.

        Example:
            >>> from labelwise import HEADS
            >>> from labelwise.task import read_labels
            >>> labels = read_labels(list(range(37)))
            >>> round(HEADS["softmax"].initial_gradient_norm(labels.task, labels.targets, 64), 4)
            0.1233
        """
        squares = (self._start(task, targets)[1] ** 2).sum(-1)
        return float(np.sqrt(squares.mean() / batch_size))

    def _start(self, task: Task, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = dense(task, self.encode(task, targets))
        bias = np.broadcast_to(self.initial_bias(task, targets), (len(rows), self.n_outputs(task)))
        bound = self if self.bound is not None else self.bind(task, targets)
        return bound._oracle(bound, bias, rows)

    # ---- loss

    def loss_rows(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Loss of each row, reduced over its labels only.

        Args:
            logits: (N, n_outputs) raw outputs, any float dtype.
            targets: as `encode` gives them, as a tensor.

        Returns:
            (N,) in float32, or float64 for float64 outputs. A nan output gives nan in its own row alone.
        """
        return self._rows(self, finite_logits(logits), targets)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Mean of `loss_rows` over the rows: a scalar to call backward on; 0 for no rows."""
        rows = self.loss_rows(logits, targets)
        return rows.sum() / max(rows.numel(), 1)

    def module(self, in_features: int, task: Task, targets: np.ndarray | None = None) -> HeadModule:
        """A torch module with this head's last layer, loss and probabilities, for a training loop of one's own.

        Args:
            in_features: width of what it is given.
            task: the task.
            targets: of the training rows, as `task.Labels` has them; wanted by ``bias=prior`` and by losses that
                depend on the class shares.

        Raises:
            OptionError: where the head does not fit the task, or needs targets and has none.

        Example:
            >>> import torch
            >>> from labelwise import HEADS, infer_task
            >>> head = HEADS["sigmoid"].module(8, infer_task([0, 1, 2]))
            >>> round(head.loss(head(torch.randn(4, 8)), head.encode([0, 2, 1, 1])).item(), 4)  # ln 2
            0.6931
        """
        from labelwise.heads.module import HeadModule

        return HeadModule(self, in_features, task, targets)

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


def finite_logits(logits: Tensor) -> Tensor:
    """Half precision as float32, and infinite logits as ±1e25, so that no difference of two of them is nan."""
    import torch

    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    if logits.device.type == "cpu" and logits.numel() > LARGE:  # looking is cheaper than a copy, and its gradient
        low, high = logits.detach().aminmax()
        if low >= -1e25 and high <= 1e25:
            return logits
    return logits.clamp(-1e25, 1e25)
