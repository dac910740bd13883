"""The figures every head is judged by: a row each in `FIGURES`, computed on one seed's test rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from labelwise.comparison.result import MetricInfo
from labelwise.decisions import KINDS, OVERCONFIDENT, mistake_kinds, top_confidence
from labelwise.explain import explain_term
from labelwise.metrics import (
    binary_log_loss_of_logs,
    brier,
    ece,
    f1,
    labelwise_accuracy,
    labelwise_baseline,
    mean_average_precision,
    nll_rows,
    strict_accuracy,
)
from labelwise.metrics.margins import quadratic_weighted_kappa
from labelwise.metrics.ordered import ranked_probability_rows
from labelwise.scores import LINKS
from labelwise.task import Task

__all__ = ["FIGURES", "Figure", "Judged", "figures_for"]


@dataclass(frozen=True)
class Judged:
    """One head's answers on one seed's test rows, ready to be judged.

    Attributes:
        task: the task.
        targets: (N,) or (N, L), as `task.Labels` has them.
        log_probs: (N, n_outputs) float64 logarithms of the probabilities as the head gives them.
        answers: (N, n_outputs) bool, by the rule under judgement.
    """

    task: Task
    targets: np.ndarray
    log_probs: np.ndarray
    answers: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        """Targets as a matrix like `answers`."""
        return self.task.truth(self.targets)

    @cached_property
    def probs(self) -> np.ndarray:
        """Probabilities as the head gives them."""
        return np.exp(self.log_probs)

    @cached_property
    def log_shares(self) -> np.ndarray:
        """Logarithms of the probabilities of a row normalised to sum 1 (of several groups: each group's)."""
        if self.task.kind == "grouped":
            parts = [LINKS["softmax"].log_probs(self.log_probs[:, part]) for part in self.task.group_slices]
            return np.concatenate(parts, axis=1)
        return LINKS["softmax"].log_probs(self.log_probs)

    @cached_property
    def shares(self) -> np.ndarray:
        """Probabilities of a row normalised to sum 1."""
        return np.exp(self.log_shares)

    @cached_property
    def one_of_many(self) -> bool:
        """True where each row has one of several columns."""
        return self.task.exclusive and self.task.kind != "binary"

    @cached_property
    def groups(self) -> list[Judged]:
        """Of several groups, each as a case of its own with the rows where it is known."""
        found = []
        for part, group, column in zip(self.task.group_slices, self.task.groups, self.targets.T, strict=True):
            known = ~np.isnan(column)
            task = Task("multiclass", group.class_names)
            codes = column[known].astype(np.int64)
            found.append(Judged(task, codes, self.log_probs[known, part], self.answers[known, part]))
        return found

    @cached_property
    def kinds(self) -> np.ndarray:
        """Kind of mistake of each row."""
        return mistake_kinds(self.answers, self.truth, self.task)

    @cached_property
    def given(self) -> np.ndarray:
        """Labels given to each row."""
        return self.answers.sum(1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """Confidence of each row's answer, nan where none was given."""
        return top_confidence(self.probs, self.answers, self.task)


@dataclass(frozen=True)
class Figure:
    """A row of the table: what it is called, how to read it, how to compute it.

    Attributes:
        name: key in JSON.
        info: title, direction and one sentence.
        of: from a `Judged` to a number, or None where undefined.
        undefined: the reason for None.
        ruled: False where the figure does not depend on the decision rule.
        kinds: task kinds it is for; empty for all.
        bounds: what it can be; an interval is cut there.
    """

    name: str
    info: MetricInfo
    of: Callable[[Judged], float | None]
    undefined: str = "no rows"
    ruled: bool = True
    kinds: tuple[str, ...] = ()
    bounds: tuple[float, float] = (0.0, 1.0)


def _rate(rows: np.ndarray) -> float | None:
    return float(rows.mean()) if rows.size else None


def _over_groups(figure: Callable[[Judged], float | None]) -> Callable[[Judged], float | None]:
    """The figure, of several groups as the mean over those that are known in some row."""

    def of(judged: Judged) -> float | None:
        if judged.task.kind != "grouped":
            return figure(judged)
        known = [value for value in map(figure, judged.groups) if value is not None]
        return float(np.mean(known)) if known else None

    return of


def _right(judged: Judged) -> float | None:
    return strict_accuracy(judged.answers, judged.truth)


def _worst_group(judged: Judged) -> float | None:
    return min((value for value in map(_right, judged.groups) if value is not None), default=None)


def _not_one_each(judged: Judged) -> float | None:
    given = np.stack([judged.answers[:, part].sum(1) for part in judged.task.group_slices], axis=1)
    return _rate((given != 1).any(1))


def _no_label(judged: Judged) -> float | None:
    return None if judged.task.kind == "binary" else _rate(judged.given == 0)


def _several(judged: Judged) -> float | None:
    return None if judged.task.kind == "binary" else _rate(judged.given > 1)


def _wrong(judged: Judged) -> float | None:
    if judged.task.exclusive:
        return _rate(judged.kinds == KINDS.index("wrong_label"))
    return _rate(((judged.truth == 0) & judged.answers).any(1))


def _nll(judged: Judged) -> float | None:
    if judged.one_of_many:
        return _rate(nll_rows(judged.log_shares, judged.targets))
    return binary_log_loss_of_logs(judged.log_probs, judged.truth)


def _brier(judged: Judged) -> float | None:
    if judged.one_of_many:
        return brier(judged.shares, judged.targets)
    return brier(judged.probs, judged.truth)


def _ece(judged: Judged) -> float | None:
    if judged.one_of_many:
        top = judged.shares.argmax(1)
        return ece(judged.shares.max(1), top == judged.targets)
    each = [ece(p, y) for p, y in zip(judged.probs.T, judged.truth.T, strict=True)]
    known = [e for e in each if e is not None]
    return float(np.mean(known)) if known else None


def _overconfident(judged: Judged) -> float | None:
    wrong = judged.kinds != KINDS.index("right")
    return _rate(judged.confidence[wrong] > OVERCONFIDENT)


def _unsure(judged: Judged) -> float | None:
    if judged.task.kind == "grouped":
        surest = np.stack([judged.probs[:, part].max(1) for part in judged.task.group_slices]).min(0)
        return _rate(surest < 0.5)
    top = np.maximum(judged.probs, 1 - judged.probs) if judged.task.kind == "binary" else judged.probs
    return _rate(top.max(1) < 0.5)


def _off(judged: Judged) -> np.ndarray | None:
    """Distance of each row's answer in ranks; None where a row has no answer or several."""
    if not len(judged.given) or (judged.given != 1).any():
        return None
    return np.abs(judged.answers.argmax(1) - judged.targets)


def _rank_mae(judged: Judged) -> float | None:
    off = _off(judged)
    return None if off is None else float(off.mean())


def _within_one(judged: Judged) -> float | None:
    off = _off(judged)
    return None if off is None else float((off <= 1).mean())


def _kappa(judged: Judged) -> float | None:
    if _off(judged) is None:
        return None
    size = judged.answers.shape[1]
    cells = np.bincount(judged.targets * size + judged.answers.argmax(1), minlength=size * size)
    value = float(quadratic_weighted_kappa(cells.reshape(size, size)))
    return None if np.isnan(value) else value


def _ranked_probability(judged: Judged) -> float | None:
    return _rate(ranked_probability_rows(judged.shares, judged.targets))


def _figure(name: str, title: str, better: Literal["higher", "lower", "neither"], of, **more) -> Figure:
    """A row of the table; its sentence is the glossary's."""
    return Figure(name, MetricInfo(title, better, explain_term(name).text), of, **more)


_YES_NO = "a yes/no task always has an answer"
_SEVERAL_ONLY = ("multilabel",)
_ORDERED_ONLY = ("ordinal",)
_GROUPED_ONLY = ("grouped",)
_NOT_GROUPED = ("binary", "multiclass", "multilabel", "ordinal")
_NO_RANK = "the rule gives some rows no class or several: they have no rank"

FIGURES: dict[str, Figure] = {
    f.name: f
    for f in (
        _figure(
            "strict_accuracy",
            "strict accuracy",
            "higher",
            lambda j: strict_accuracy(j.answers, j.truth),
        ),
        _figure(
            "group_accuracy",
            "accuracy of the groups",
            "higher",
            _over_groups(_right),
            undefined="no group is known",
            kinds=_GROUPED_ONLY,
        ),
        _figure(
            "worst_group_accuracy",
            "accuracy of the worst group",
            "higher",
            _worst_group,
            undefined="no group is known",
            kinds=_GROUPED_ONLY,
        ),
        _figure("not_one_each_rate", "not one a group", "lower", _not_one_each, kinds=_GROUPED_ONLY),
        _figure(
            "labelwise_accuracy",
            "label-wise accuracy",
            "higher",
            lambda j: labelwise_accuracy(j.answers, j.truth),
        ),
        _figure(
            "labelwise_baseline",
            "label-wise accuracy of doing nothing",
            "neither",
            lambda j: labelwise_baseline(j.truth),
            ruled=False,
        ),
        _figure(
            "rank_mae",
            "rank MAE",
            "lower",
            _rank_mae,
            undefined=_NO_RANK,
            kinds=_ORDERED_ONLY,
            bounds=(0.0, np.inf),
        ),
        _figure(
            "accuracy_within_one",
            "within one",
            "higher",
            _within_one,
            undefined=_NO_RANK,
            kinds=_ORDERED_ONLY,
        ),
        _figure(
            "quadratic_weighted_kappa",
            "quadratic weighted kappa",
            "higher",
            _kappa,
            undefined=f"{_NO_RANK}, or all truths and answers are of one class",
            kinds=_ORDERED_ONLY,
            bounds=(-1.0, 1.0),
        ),
        _figure("no_label_rate", "no label", "lower", _no_label, undefined=_YES_NO, kinds=_NOT_GROUPED),
        _figure(
            "several_labels_rate",
            "several labels",
            "neither",
            _several,
            undefined=_YES_NO,
            kinds=_NOT_GROUPED,
        ),
        _figure(
            "wrong_label_rate",
            "wrong label",
            "lower",
            _wrong,
        ),
        _figure(
            "macro_f1",
            "macro F1",
            "higher",
            lambda j: f1(j.answers, j.truth, "macro"),
            undefined="no label occurs",
        ),
        _figure(
            "micro_f1",
            "micro F1",
            "higher",
            lambda j: f1(j.answers, j.truth, "micro"),
            undefined="no label occurs",
            kinds=_SEVERAL_ONLY,
        ),
        _figure(
            "samples_f1",
            "samples F1",
            "higher",
            lambda j: f1(j.answers, j.truth, "samples"),
            undefined="no label occurs",
            kinds=_SEVERAL_ONLY,
        ),
        _figure(
            "map",
            "mean average precision",
            "higher",
            lambda j: mean_average_precision(j.probs, j.truth),
            undefined="no label occurs",
            ruled=False,
            kinds=_SEVERAL_ONLY,
        ),
        _figure(
            "nll",
            "NLL",
            "lower",
            _over_groups(_nll),
            ruled=False,
            bounds=(0.0, np.inf),
        ),
        _figure(
            "ranked_probability_score",
            "ranked probability score",
            "lower",
            _ranked_probability,
            ruled=False,
            kinds=_ORDERED_ONLY,
            bounds=(0.0, np.inf),
        ),
        _figure(
            "brier",
            "Brier",
            "lower",
            _over_groups(_brier),
            ruled=False,
            bounds=(0.0, np.inf),
        ),
        _figure(
            "ece",
            "ECE",
            "lower",
            _over_groups(_ece),
            ruled=False,
        ),
        _figure(
            "overconfident_mistakes",
            "mistakes above 70%",
            "lower",
            _overconfident,
            undefined="no mistakes",
        ),
        _figure(
            "low_confidence_rate",
            "rows below 50%",
            "neither",
            _unsure,
            ruled=False,
        ),
    )
}


def figures_for(task: Task) -> dict[str, Figure]:
    """The figures that make sense for a task."""
    return {name: f for name, f in FIGURES.items() if not f.kinds or task.kind in f.kinds}
