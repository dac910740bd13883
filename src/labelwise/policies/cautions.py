"""The caveats that are asked for, with their levels set on the fitting rows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from labelwise.decisions.caution import CAVEATS, FAMILIARITY, Caution, as_chance, confidence
from labelwise.errors import OptionError
from labelwise.policies.options import level_of
from labelwise.task import Task

__all__ = ["caveat_rates", "set_caution"]


def set_caution(
    task: Task,
    kind: str,
    z: np.ndarray,
    logits: np.ndarray,
    answers: np.ndarray,
    *,
    low_confidence: float | Literal["auto"] | None,
    coverage: float | None,
    close_call: float | None,
    out_of_domain: float | None,
    one_expected: bool,
) -> Caution:
    """The caveats, as `fit_policy` is asked for them.

    Args:
        task: the task.
        kind: of the scores.
        z: (n, C) logits before calibration.
        logits: (n, C) calibrated logits.
        answers: (n, C) bool.
        low_confidence, coverage, close_call, out_of_domain, one_expected: as in `fit_policy`.

    Raises:
        OptionError: where a caveat makes no sense for the task or the scores.
    """
    several_classes = task.kind in ("multiclass", "ordinal")
    level = (0.5 if several_classes else None) if low_confidence == "auto" else low_confidence
    whole_row = coverage is not None and task.kind == "multilabel"
    if coverage is not None:
        if low_confidence != "auto":
            raise OptionError("a caveat for low confidence", "both low_confidence and coverage", "one of the two")
        level_of(coverage, "coverage")
        sure = confidence(logits, answers, task, whole_row)
        cut = np.quantile(sure, 1 - coverage, method="lower")
        level = max(float(as_chance(cut, task, whole_row)), np.finfo(float).tiny)
    level = None if level is None else level_of(level, "low_confidence")
    if close_call is not None and not several_classes:
        raise OptionError("a caveat for close calls", f"the task {task}", "a task with one of several classes per row")
    if one_expected and task.kind != "multilabel":
        raise OptionError("one label expected", f"the task {task}, which gives one anyway", "no such setting")
    familiarity = below = None
    if out_of_domain is not None:
        if task.kind == "binary" or kind != "logits":
            raise OptionError(
                "a caveat for inputs out of domain",
                f"{kind} of the task {task}",
                "logits of several classes or labels: one column, or probabilities, have lost the scale that tells",
            )
        familiarity = "energy" if several_classes else "joint_energy"
        below = float(np.quantile(FAMILIARITY[familiarity](z), level_of(out_of_domain, "out_of_domain")))
    close_call = None if close_call is None else level_of(close_call, "close_call")
    return Caution(level, close_call, familiarity, below, one_expected, whole_row)


def caveat_rates(flags: np.ndarray) -> dict[str, float]:
    """Share of rows with each caveat.

    Args:
        flags: (n, number of `CAVEATS`) bool.
    """
    return {name: float(rate) for name, rate in zip(CAVEATS, flags.mean(0), strict=True)}
