"""Two score files of the same rows: what differs, and what only seems to."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from labelwise.auditing.result import Difference, Paired
from labelwise.errors import InputError
from labelwise.kernels.columns import auroc_influence
from labelwise.metrics.case import Case
from labelwise.metrics.exclusive import column_of
from labelwise.metrics.intervals import bootstrap_groups, holm, mcnemar, percentile, z_of
from labelwise.metrics.labels import f1_influence
from labelwise.metrics.margins import FIGURES, Margins

__all__ = ["compare_cases", "row_values"]

MOST_CELLS = 20_000_000


def compare_cases(a: Case, b: Case) -> Paired:
    """Paired differences a - b on the rows whose truth is known.

    Args:
        a: the first file's case.
        b: the second's: the same rows in the same order, the same truth.

    Returns:
        McNemar's mid-p for strict accuracy, the paired bootstrap for means and F1, DeLong for AUROC with Holm over
        labels.

    Raises:
        InputError: where the two are not of the same rows.
    """
    _refuse_strangers(a, b)
    right_a, right_b = a.right, b.right
    only_a, only_b = int((right_a > right_b).sum()), int((right_a < right_b).sum())
    name = "exact_match" if a.several else "accuracy"
    metrics = {name: _mean(a, right_a, right_b, p=mcnemar(only_a, only_b), test="McNemar mid-p; paired bootstrap")}
    metrics |= {name: _mean(a, *pair) for name, pair in row_values(a, b).items()}
    metrics |= _f1(a, b)
    labels = {}
    if a.scores.array.size <= MOST_CELLS:
        labels, whole = _aurocs(a, b)
        if whole is not None:
            metrics["roc_auc_macro"] = whole
    return Paired(a.n, only_a, only_b, metrics, labels)


def _refuse_strangers(a: Case, b: Case) -> None:
    same_truth = a.targets.shape == b.targets.shape and np.array_equal(
        np.asarray(a.targets, np.float64), np.asarray(b.targets, np.float64), equal_nan=True
    )
    ids_a, ids_b = a.scores.ids, b.scores.ids
    same_ids = ids_a is None or ids_b is None or np.array_equal(np.asarray(ids_a, str), np.asarray(ids_b, str))
    if a.scores.task.class_names != b.scores.task.class_names or a.scores.task.kind != b.scores.task.kind:
        raise InputError("two files of one task", f"{a.scores.task} and {b.scores.task}", "the same classes, in order")
    if not same_truth or not same_ids:
        what = "labels differ" if not same_truth else "ids differ"
        raise InputError(
            "two files of the same rows, in the same order",
            f"{len(a.scores)} and {len(b.scores)} rows whose {what}",
            "both files sorted alike, with the same labels",
        )


def row_values(a: Case, b: Case) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Figures that are means over rows, by name: (n,) values of each known row of the one and of the other."""
    known = a.known
    if a.several:
        values = {
            "labelwise_accuracy": [1 - c.cells.wrong[known] / c.cells.known[known] for c in (a, b)],
            "log_loss": [c.cells.nll[known] / c.cells.known[known] for c in (a, b)],
            "brier_score": [c.cells.brier[known] / c.cells.known[known] for c in (a, b)],
        }
    else:
        half = 0.5 if a.n_classes == 2 else 1.0
        values = {
            "log_loss": [c.rows.nll[known] for c in (a, b)],
            "brier_score": [c.rows.brier[known] * half for c in (a, b)],
        }
    return {name: (first, second) for name, (first, second) in values.items()}


def _mean(
    case: Case, a: np.ndarray, b: np.ndarray, p: float | None = None, test: str = "paired bootstrap"
) -> Difference:
    if np.isinf(a).any() or np.isinf(b).any():
        return Difference(None, None, None, why="infinite on some row of one of the files")
    gap = a - b
    totals = np.stack([gap, np.ones_like(gap)], 1)
    groups = case.groups[case.known] if case.groups is not None else None
    if groups is not None:
        totals = np.stack([np.bincount(groups, column) for column in totals.T], 1)
        totals = totals[totals[:, 1] > 0]
    if groups is None and len(gap) > 5000:  # the mean of that many rows is normal to all purposes
        half = z_of(case.level) * float(gap.std(ddof=1)) / math.sqrt(len(gap))
        low, high = float(gap.mean()) - half, float(gap.mean()) + half
        test = test.replace("paired bootstrap", "normal interval of paired rows")
    else:
        low, high = percentile(
            bootstrap_groups(totals, lambda t: t[:, 0] / t[:, 1], case.resamples, case.seed), case.level
        )
    return Difference(float(a.mean()), float(b.mean()), float(gap.mean()), low, high, p, test=test)


def _f1(a: Case, b: Case) -> dict[str, Difference]:
    """Macro F1 by a bootstrap of the cells (truth, answer of a, answer of b), or of whole groups."""
    if a.several:
        (each_a, part_a), (each_b, part_b) = f1_influence(a), f1_influence(b)
        if not len(each_a) or not len(each_b):
            return {"f1_macro": Difference(None, None, None, why="undefined for one of the files")}
        found = _of_influence(a, float(each_a.mean()), float(each_b.mean()), part_a - part_b)
        return {"f1_macro": msgspec.structs.replace(found, test="delta method over rows")}
    known, width = a.known, a.n_classes
    truth, first, second = a.targets[known], a.rows.decision[known], b.rows.decision[known]
    cells, place = np.unique((truth * width + first) * width + second, return_inverse=True)
    t, d, e = cells // width**2, cells // width % width, cells % width
    draws = a.draw_counts(place, len(cells), min(a.resamples, 500))

    def figure(given: np.ndarray) -> np.ndarray:
        values = np.empty(len(draws))
        for i, counts in enumerate(draws):
            m = Margins(
                *(np.bincount(k, w, width) for k, w in ((t, counts * (t == given)), (t, counts), (given, counts)))
            )
            values[i] = FIGURES["f1_macro"](m)
        return values

    low, high = percentile(figure(d) - figure(e), a.level)
    one, two = (float(FIGURES["f1_macro"](c.margins)) for c in (a, b))
    return {"f1_macro": Difference(one, two, one - two, low, high, test="paired bootstrap")}


def _aurocs(a: Case, b: Case) -> tuple[dict[str, Difference], Difference | None]:
    """Differences of AUROC by label, DeLong's variance, and of their mean."""
    names = a.scores.task.column_names
    known = np.flatnonzero(~np.isnan(a.columns.auroc) & ~np.isnan(b.columns.auroc))
    if not len(known):
        return {}, None
    total, found, ps = np.zeros(len(a.scores)), {}, []
    for column in known:
        one, two = float(a.columns.auroc[column]), float(b.columns.auroc[column])
        influence = np.subtract(*(_auroc_influence(case, int(column)) for case in (a, b)))
        total += influence / len(known)
        found[names[column]] = _of_influence(a, one, two, influence)
        ps.append(np.nan if found[names[column]].p is None else found[names[column]].p)
    adjusted = holm(np.array(ps))
    labels = {
        name: Difference(d.a, d.b, d.value, d.low, d.high, d.p, None if np.isnan(q) else float(q), d.test, d.why)
        for (name, d), q in zip(found.items(), adjusted, strict=True)
    }
    whole = _of_influence(a, float(a.columns.auroc[known].mean()), float(b.columns.auroc[known].mean()), total)
    return labels, whole


def _auroc_influence(case: Case, column: int) -> np.ndarray:
    """(N,) what each row contributes to the error of one column's AUROC."""
    scores, truth = column_of(case, column)
    return auroc_influence(scores[:, None], truth[:, None])


def _of_influence(case: Case, one: float, two: float, influence: np.ndarray) -> Difference:
    from statistics import NormalDist

    if case.groups is not None:
        influence = np.bincount(case.groups, influence)

    error = float(np.sqrt((influence**2).sum() * len(influence) / max(len(influence) - 1, 1)))
    value = one - two
    if error == 0:
        return Difference(one, two, value, value, value, 1.0, test="DeLong")
    half = z_of(case.level) * error
    return Difference(
        one, two, value, value - half, value + half, 2 * NormalDist().cdf(-abs(value) / error), test="DeLong"
    )
