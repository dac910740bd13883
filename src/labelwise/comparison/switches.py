"""What differs between a head as commonly practised and done right: a switch each, as rows of `SWITCHES`.

An `Arm` is a complete way of training and judging a head. A switch turns one thing of an arm right and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from labelwise.comparison.figures import FIGURES
from labelwise.decisions import DECISION_RULES
from labelwise.heads import Head
from labelwise.task import Task

__all__ = ["SWITCHES", "Arm", "Switch", "active_switches", "apply_switches", "practised", "right"]

OWN_RATE = "own"
OTHER_RATE = "other"
REDUCTIONS = {"mean_labels": "mean over labels", "sum_labels": "sum over labels"}


@dataclass(frozen=True)
class Arm:
    """A head, how its rate is found, and how it is judged.

    Attributes:
        head: with its settings.
        rate: ``own`` (tuned on validation), ``other`` (the other head's tuned rate), or a fixed number.
        rule: decision rule.
        metric: figure.
    """

    head: Head
    rate: str | float
    rule: str
    metric: str

    def __str__(self) -> str:
        rate = {OWN_RATE: "its own tuned learning rate", OTHER_RATE: "the other head's learning rate"}.get(
            str(self.rate), f"learning rate {self.rate}"
        )
        head = self.head
        told = [head.title, *([REDUCTIONS[head.reduction]] if head.reduction in REDUCTIONS else [])]
        told.append("first bias zero" if head.bias == "zero" else "first bias from the label counts")
        told += [f"{name} {value}" for name, value in head.values.items()]
        told += [rate, f"decision {DECISION_RULES[self.rule].title}", f"judged by {FIGURES[self.metric].info.title}"]
        return ", ".join(told)


@dataclass(frozen=True)
class Switch:
    """One difference between an arm as practised and done right.

    Attributes:
        name: key in JSON.
        title: for charts.
        off: what is practised, in words.
        on: what is right, in words.
        turn: arm, task -> the same arm with this one thing right.
        idle: arm, task, grid of rates -> why the switch cannot act, or None.
    """

    name: str
    title: str
    off: str
    on: str
    turn: Callable[[Arm, Task], Arm]
    idle: Callable[[Arm, Task, Sequence[float]], str | None] = lambda arm, task, rates: None


def practised(head: Head, task: Task) -> Arm:
    """The head as people commonly train and quote it, at the other head's rate."""
    if head.exclusive or task.kind == "binary":
        return Arm(head, OTHER_RATE, _right_rule(task), "strict_accuracy")
    return Arm(head, OTHER_RATE, "half" if task.kind == "multilabel" else "labelwise_tuned", "labelwise_accuracy")


def right(head: Head, task: Task) -> Arm:
    """The head as it is given, at its own rate, judged strictly under the rule that fits that."""
    return Arm(head, OWN_RATE, _right_rule(task), "strict_accuracy")


def _right_rule(task: Task) -> str:
    return "strict_tuned" if task.kind == "multilabel" else "argmax"


def _one_cell(arm: Arm, task: Task, rates: Sequence[float]) -> str | None:
    return "a yes/no task has one cell a row: both are the same" if task.kind == "binary" else None


def _no_sum(arm: Arm, task: Task, rates: Sequence[float]) -> str | None:
    if "sum_labels" not in arm.head.reductions:
        return f"{arm.head.name} has no reduction over labels"
    return "one output: mean and sum over labels are the same" if arm.head.n_outputs(task) == 1 else None


SWITCHES: dict[str, Switch] = {
    s.name: s
    for s in (
        Switch(
            "metric",
            "metric",
            "label-wise accuracy",
            "strict accuracy",
            lambda arm, task: replace(arm, metric="strict_accuracy"),
            _one_cell,
        ),
        Switch(
            "decision",
            "decision",
            "a threshold",
            "the rule that fits strict accuracy (argmax; for several labels a threshold tuned for it)",
            lambda arm, task: replace(arm, rule=_right_rule(task)),
        ),
        Switch(
            "reduction",
            "reduction",
            "mean over labels",
            "sum over labels",
            lambda arm, task: replace(arm, head=arm.head.with_settings(reduction="sum_labels")),
            _no_sum,
        ),
        Switch(
            "bias",
            "first bias",
            "zero",
            "from the label counts",
            lambda arm, task: replace(arm, head=arm.head.with_settings(bias="prior")),
        ),
        Switch(
            "learning_rate",
            "learning rate",
            "the other head's",
            "tuned with the same budget",
            lambda arm, task: replace(arm, rate=OWN_RATE),
            lambda arm, task, rates: "one learning rate in the grid: nothing to tune" if len(rates) == 1 else None,
        ),
        Switch(
            "weighting",
            "class weighting",
            "pos_weight",
            "none",
            lambda arm, task: replace(arm, head=arm.head.with_settings(pos_weight=1.0)),
            lambda arm, task, rates: None if arm.head.has("pos_weight") else f"{arm.head.name} has no pos_weight",
        ),
    )
}


def active_switches(arm: Arm, task: Task, rates: Sequence[float]) -> tuple[list[Switch], dict[str, str]]:
    """The switches that change this arm, in the customary order, and why the others are left out."""
    active, left_out = [], {}
    for switch in SWITCHES.values():
        why = switch.idle(arm, task, rates)
        if why is None and _same(switch.turn(arm, task), arm):
            why = f"already right in both: {switch.on}" if switch.name != "weighting" else "no pos_weight is used"
        if why is None:
            active.append(switch)
        else:
            left_out[switch.name] = why
    return active, left_out


def apply_switches(arm: Arm, switches: list[Switch], task: Task) -> list[Arm]:
    """The arm with every set of switches turned right; entry m has those whose bit is set in m."""
    arms = []
    for bits in product((False, True), repeat=len(switches)):
        turned = arm
        for switch, on in zip(switches, reversed(bits), strict=True):
            turned = switch.turn(turned, task) if on else turned
        arms.append(turned)
    return arms


def _same(a: Arm, b: Arm) -> bool:
    return (a.head.spec, a.rate, a.rule, a.metric) == (b.head.spec, b.rate, b.rule, b.metric)
