"""What decisions are tuned for: rows of `OBJECTIVES`, each with its tuning and the figure it is judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions import tuning, values
from labelwise.decisions.certificates import Certificate, certified_floor, controlled_misses
from labelwise.decisions.class_weights import class_weights
from labelwise.decisions.known_sets import best_sets
from labelwise.decisions.row_f import BETAS
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.three_way import certified_answers, certified_band
from labelwise.decisions.tuning import Settings, Tune
from labelwise.decisions.utility import most_useful
from labelwise.decisions.values import Value
from labelwise.task import Task

__all__ = ["OBJECTIVES", "Objective", "objectives_of"]


STRUCTURE = ("at_least_one", "at_most", "groups", "sure")
"""What may be asked of rules that are thresholds."""

COUNTED = ("at_least_one", "at_most", "groups")

Certify = Callable[[np.ndarray, np.ndarray, Task, Settings], list[Certificate]]


@dataclass(frozen=True)
class Objective:
    """What decisions are tuned for.

    Attributes:
        name: key in `OBJECTIVES`.
        title: in words.
        classes: tuning where a row has exactly one of several classes, None where it is not for them.
        labels: tuning for one yes/no question or several labels, None where it is not for them.
        value: (answers, truth with nan, settings) -> figure, None where undefined; higher is better.
        needs: the settings it cannot do without.
        only: a kind of task, where it is for no other.
        certify: the promises that the rule rests on, in the order of the columns; None where it makes none.
        structure: what may be asked for besides (`STRUCTURE`, ``exactly_one``) and has an effect.
        judged_as: another objective with the same figure, where there is one.
    """

    name: str
    title: str
    classes: Tune | None
    labels: Tune | None
    value: Value
    needs: tuple[str, ...] = ()
    only: str | None = None
    certify: Certify | None = None
    structure: tuple[str, ...] = STRUCTURE
    judged_as: str | None = None

    def tune_for(self, task: Task) -> Tune | None:
        """The tuning for a task, None where the objective is not for it."""
        if self.only not in (None, task.kind):
            return None
        return self.classes if task.kind in ("multiclass", "ordinal") else self.labels


def objectives_of(task: Task) -> list[str]:
    """Names of the objectives that are for a task.

    Example:
        >>> from labelwise import infer_task
        >>> objectives_of(infer_task(["a", "b", "c"]))[:5]
        ['accuracy', 'balanced_accuracy', 'macro_f0.5', 'macro_f1', 'macro_f2']
    """
    return [name for name, o in OBJECTIVES.items() if o.tune_for(task) is not None]


def _highest(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    return TunedRule("highest")


def _rank(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    width = p.shape[1]
    return TunedRule("least_cost", costs=tuple(tuple(float(abs(y - k)) for k in range(width)) for y in range(width)))


def _top(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    return TunedRule("top_k", k=settings.k)


def _expected(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    return TunedRule("expected_count")


def _floors(promise: str) -> Certify:
    """A certificate for each label."""

    def certify(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> list[Certificate]:
        level = settings.level or 0.0
        return [
            certified_floor(p[:, j], t[:, j], promise, level, settings.delta, label=name, seed=settings.seed)
            for j, name in enumerate(task.column_names)
        ]

    return certify


def _misses(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> list[Certificate]:
    return [controlled_misses(p, t, settings.level or 0.0)]


def _certified(certify: Certify, without: float | None) -> Tune:
    """The certified thresholds; without a certificate a label is never given, or always."""

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        found = [without if c.threshold is None else c.threshold for c in certify(p, t, task, settings)]
        return TunedRule("thresholds", thresholds=tuple(found * p.shape[1] if len(found) == 1 else found))

    return tune


def _promise(
    name: str, title: str, certify: Certify, without: float | None, value: Value, only: str | None = None
) -> Objective:
    tune = _certified(certify, without)
    return Objective(name, title, None, tune, value, needs=("level",), only=only, certify=certify, structure=())


Classes = Callable[[float], Tune] | None


def _f(
    kind: str, title: str, labels: Callable[[float], Tune], value: Callable[[float], Value], classes: Classes = None
) -> list[Objective]:
    return [
        Objective(f"{kind}_f{b:g}", f"{title} F{b:g}", None if classes is None else classes(b), labels(b), value(b))
        for b in BETAS
    ]


def _row_f(beta: float) -> Objective:
    tune = lambda p, t, task, settings: TunedRule("row_f", beta=beta)  # noqa: E731 - nothing is tuned but calibration
    return Objective(
        f"row_f{beta:g}",
        f"samples F{beta:g}, the best labels of each row",
        None,
        tune,
        values.samples_f(beta),
        only="multilabel",
        structure=COUNTED,
        judged_as=f"samples_f{beta:g}",
    )


OBJECTIVES: dict[str, Objective] = {
    o.name: o
    for o in (
        Objective(
            "accuracy",
            "strict accuracy",
            _highest,
            tuning.strict,
            values.strict,
            structure=(*STRUCTURE, "exactly_one"),
        ),
        Objective(
            "exact_match",
            "strict accuracy, sets as they occur",
            None,
            best_sets,
            values.strict,
            only="multilabel",
            structure=(),
            judged_as="accuracy",
        ),
        Objective("labelwise_accuracy", "label-wise accuracy", None, tuning.each(tuning.right), values.labelwise),
        Objective("balanced_accuracy", "balanced accuracy", tuning.balanced, None, values.mean_recall),
        Objective("rank_error", "distance of the ranks", _rank, None, values.rank, only="ordinal"),
        *_f("macro", "macro", lambda b: tuning.each(tuning.f_gain(b)), values.macro_f, class_weights),
        # of classes every row gets one: as many false answers as missed ones, so that it is strict accuracy
        *_f("micro", "micro", lambda b: tuning.pooled(tuning.f_gain(b)), values.micro_f, lambda b: _highest),
        *_f("samples", "samples", tuning.samples, values.samples_f),
        *map(_row_f, BETAS),
        Objective("youden", "Youden's index", None, tuning.each(tuning.youden), values.youden),
        Objective("cost", "cost", tuning.least_cost, tuning.least_cost, values.cost, needs=("costs",)),
        Objective(
            "utility",
            "utility",
            most_useful,
            most_useful,
            values.utility,
            needs=("utilities",),
            structure=COUNTED,
        ),
        Objective(
            "top_k",
            "samples F1 of k labels",
            None,
            _top,
            values.samples_f(1.0),
            needs=("k",),
            only="multilabel",
            structure=(),
            judged_as="samples_f1",
        ),
        Objective(
            "expected_count",
            "samples F1 of the expected number of labels",
            None,
            _expected,
            values.samples_f(1.0),
            only="multilabel",
            structure=COUNTED,
            judged_as="samples_f1",
        ),
        _promise("precision_floor", "recall at a certified precision", _floors("precision"), None, values.mean_recall),
        _promise("recall_floor", "precision at a certified recall", _floors("recall"), 0.0, values.mean_precision),
        _promise(
            "few_misses", "precision at a controlled share of misses", _misses, 0.0, values.mean_precision, "multilabel"
        ),
        Objective(
            "yes_no_unsure",
            "sure answers at a certified precision of yes and of no",
            None,
            certified_answers,
            values.sure_share,
            needs=("level",),
            certify=certified_band,
            structure=(),
        ),
    )
}
"""What decisions can be tuned for, by name."""
