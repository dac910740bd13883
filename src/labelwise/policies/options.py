"""What is asked of a policy, checked: a setting that makes no sense, or would have no effect, is an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labelwise.decisions.objectives import OBJECTIVES, Objective, objectives_of
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.three_way import widened
from labelwise.decisions.tuning import Settings
from labelwise.errors import OptionError, choose
from labelwise.task import Task

__all__ = ["Structure", "level_of", "objective_of", "structure_of"]


@dataclass(frozen=True)
class Structure:
    """What is known of the number of labels of a row, and how sure a label must be.

    Attributes:
        exactly_one: the most probable label, always and alone.
        at_least_one: the most probable label where none reaches its threshold.
        at_most: no more labels than that.
        groups: columns of which at most one is given.
        sure: least share of right answers among the yes of a label, and among its no; between them it is unsure.
        sure_error: instead, largest share of wrong ones among both.
    """

    exactly_one: bool = False
    at_least_one: bool = False
    at_most: int | None = None
    groups: tuple[tuple[int, ...], ...] = ()
    sure: float | None = None
    sure_error: float | None = None

    def on(self, rule: TunedRule, p: np.ndarray, t: np.ndarray) -> TunedRule:
        """The rule under the structure.

        Args:
            rule: as tuned.
            p: (n, C) calibrated probabilities it was tuned on.
            t: (n, C) their truth, nan where not known.
        """
        if self.exactly_one:
            return TunedRule("highest")
        if self.sure is not None or self.sure_error is not None:
            rule = widened(rule, p, t, sure=self.sure, sure_error=self.sure_error)
        return replace(rule, at_least_one=self.at_least_one, at_most=self.at_most, groups=self.groups)


def objective_of(
    name: str, task: Task, *, costs: Any, utilities: Any, k: int | None, level: float | None, delta: float, seed: int
) -> tuple[Objective, Settings]:
    """The objective with its settings."""
    objective = OBJECTIVES[choose(name, OBJECTIVES, what="objective")]
    if objective.tune_for(task) is None:
        raise OptionError(
            f"objective {name!r}", f"the task {task}", f"one that is for it: {', '.join(objectives_of(task))}"
        )
    for setting, value in (("costs", costs), ("utilities", utilities), ("k", k), ("level", level)):
        if (value is not None) != (setting in objective.needs):
            raise OptionError(
                f"objective {name!r}",
                f"{setting}={value!r}",
                f"{setting} with it" if value is None else f"no {setting}: it would have no effect",
            )
    exclusive = task.kind in ("multiclass", "ordinal")
    if k is not None and not 1 <= k < task.n_outputs:
        raise OptionError(f"k labels of {task.n_outputs}", f"k={k}", f"1..{task.n_outputs - 1}")
    if level is not None:
        level_of(level, "level")
    if not 0 < delta < 1:
        raise OptionError("delta, the probability of a broken promise", f"delta={delta!r}", "a number between 0 and 1")
    costs = None if costs is None else _costs(costs, task, exclusive)
    utilities = None if utilities is None else _utilities(utilities, task, exclusive)
    return objective, Settings(costs, utilities, k, level, delta, seed, exclusive)


def structure_of(
    task: Task,
    objective: Objective,
    *,
    exactly_one: bool,
    at_least_one: bool,
    at_most: int | None,
    groups: Sequence[Sequence[str]],
    sure: float | None,
    sure_error: float | None,
) -> Structure:
    """The structure asked for, checked against the task, the objective and itself."""
    given = {
        "exactly_one": exactly_one,
        "at_least_one": at_least_one,
        "at_most": at_most is not None,
        "groups": bool(groups),
        "sure": sure is not None or sure_error is not None,
    }
    asked = [name for name, value in given.items() if value]
    able = {"multilabel": list(given), "binary": ["sure"]}.get(task.kind, [])
    if set(asked) - set(able):
        raise OptionError(
            " and ".join(a for a in asked if a not in able),
            f"the task {task}, which gives one answer anyway",
            "no such setting",
        )
    if asked and objective.certify is not None:
        raise OptionError(
            " and ".join(asked),
            f"objective {objective.name!r}, whose certificates hold for its thresholds alone",
            "one of the two",
        )
    if exactly_one and (len(asked) > 1 or "exactly_one" not in objective.structure):
        raise OptionError(
            "exactly one label",
            f"objective {objective.name!r}" + "".join(f", {name}" for name in asked[1:]),
            'exactly_one alone, with objective="accuracy": nothing else has an effect on the most probable label',
        )
    if set(asked) - set(objective.structure):
        raise OptionError(
            " and ".join(a for a in asked if a not in objective.structure),
            f"objective {objective.name!r}, whose rule leaves no room for it",
            f"one of the two; beside it goes {', '.join(objective.structure) or 'nothing of the kind'}",
        )
    if sure is not None and sure_error is not None:
        raise OptionError("sure answers", "both sure and sure_error", "one of the two")
    if given["sure"] and at_least_one:
        raise OptionError(
            "sure labels", "at_least_one, which gives a label that is not sure for want of another", "one of the two"
        )
    if sure is not None and not 0.5 < sure <= 1:
        raise OptionError("a share of right answers on both sides", f"sure={sure!r}", "a number above 0.5, up to 1")
    if sure_error is not None and not 0 <= sure_error < 0.5:
        raise OptionError("a share of wrong answers", f"sure_error={sure_error!r}", "a number from 0, below 0.5")
    if at_most is not None and not 1 <= at_most < task.n_outputs:
        raise OptionError(
            f"at most so many of {task.n_outputs} labels", f"at_most={at_most}", f"1..{task.n_outputs - 1}"
        )
    names = list(task.class_names)
    columns = tuple(tuple(names.index(choose(n, names, what="label")) for n in group) for group in groups)
    flat = [c for group in columns for c in group]
    if len(set(flat)) < len(flat) or any(len(group) < 2 for group in columns):
        raise OptionError(
            "groups of labels that exclude each other", f"{groups!r}", "two or more labels each, none twice"
        )
    return Structure(exactly_one, at_least_one, at_most, columns, sure, sure_error)


def level_of(value: float, name: str) -> float:
    """A share or probability strictly between 0 and 1 (1 included for probabilities that round to it)."""
    if not 0 < value <= 1:
        raise OptionError(name, f"{name}={value!r}", "a number between 0 and 1")
    return float(value)


def _costs(costs: Any, task: Task, exclusive: bool) -> tuple[tuple[float, ...], ...]:
    array, width = np.asarray(costs, np.float64), task.n_outputs
    if exclusive:
        shape, instead = (width, width), f"a ({width}, {width}) matrix: costs[y][k] of answering k where y is right"
    else:
        array = np.broadcast_to(array, (width, 2)) if array.shape == (2,) else array
        shape, instead = (width, 2), "(cost of a false yes, cost of a missed one), for all labels or a pair for each"
    if array.shape != shape or not np.isfinite(array).all():
        raise OptionError("costs", f"shape {array.shape}", instead)
    if not exclusive and ((array < 0).any() or (array.sum(1) == 0).any()):
        raise OptionError("costs of labels", "a negative cost, or two that are 0", "positive numbers")
    return tuple(tuple(row) for row in array.tolist())


def _utilities(utilities: Any, task: Task, exclusive: bool) -> tuple[tuple[float, ...], ...]:
    array, width = np.asarray(utilities, np.float64), task.n_outputs
    if exclusive:
        able, instead = (
            array.shape in ((width, width), (width, width + 1)),
            f"a ({width}, {width}) matrix: utilities[y][k] of answering k where y is right; a column more: no answer",
        )
    else:
        array = np.broadcast_to(array, (width, *array.shape)) if array.ndim == 1 else array
        able, instead = (
            array.shape in ((width, 4), (width, 5)),
            "(true yes, false yes, missed one, true no), a fifth for being unsure, for all labels or a row for each",
        )
    if not able or not np.isfinite(array).all():
        raise OptionError("utilities", f"shape {array.shape}", instead)
    if not exclusive:
        yes, false, missed, no = array.T[:4]
        odd = (yes <= missed) | (no <= false) | (yes <= false) | (no <= missed)
        if odd.any():
            raise OptionError(
                "utilities of labels",
                f"{array[odd][0].tolist()} for {task.column_names[int(odd.argmax())]!r}",
                "right answers worth more than wrong ones",
            )
    return tuple(tuple(row) for row in array.tolist())
