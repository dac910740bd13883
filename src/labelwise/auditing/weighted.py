"""Figures in which rows count by their weights: what a survey's or a sample's weights make of the same answers.

A weighted mean is a ratio of two sums, and its doubt that of a ratio: rows (or groups) are drawn with their weights.
So unequal weights widen intervals as they should. Everything else of an audit counts each row once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from labelwise.errors import InputError
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import Case
from labelwise.metrics.exclusive import ZERO_PROB
from labelwise.metrics.intervals import wilson, z_of
from labelwise.metrics.labels import SURE_AND_WRONG
from labelwise.metrics.margins import FIGURES, Margins, margins_of
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_rows import from_influence, ratio
from labelwise.metrics.probs import columns_of_truth, probabilities_of

__all__ = ["effective_rows", "weighted_metrics"]

STEP = 1e-4  # of the figures' slopes, as a share of all weight; the figures are smooth
MOST_SLOPES = 4_000_000


def weighted_metrics(case: Case) -> dict[str, Metric]:
    """Figures by name, each the one of `METRICS` with rows counted by weight; n is the effective number of rows.

    Raises:
        InputError: where no row with a known truth has any weight.

    Example:
        >>> import labelwise as lw
        >>> y = np.array([0, 1, 1, 2])
        >>> scores = lw.Logits(np.eye(3)[[0, 1, 2, 2]] * 3, lw.infer_task(y), weights=[1, 1, 2, 1])
        >>> weighted_metrics(Case(scores, y))["accuracy"].value
        0.6

    Source: Hájek (1971) for the ratio; Kish (1965) for the effective number of rows; scikit-learn `sample_weight`.
    """
    w = np.where(case.known, np.asarray(case.scores.weights, np.float64), 0.0)
    if not w.any():
        raise InputError("weights of the rows with labels", "all of them are 0", "at least one above 0, or no weights")
    n = effective_rows(w)
    found = (_of_labels if case.several else _of_classes)(case, w)
    return {name: replace(metric, n=n) for name, metric in found.items()}


def effective_rows(weights: np.ndarray) -> int:
    """As many equally weighted rows would say as much: (sum w)^2 / sum w^2.

    Source: Kish (1965), Survey Sampling, section 11.7.
    """
    return round(float(weights.sum() ** 2 / (weights**2).sum()))


def _of_classes(case: Case, w: np.ndarray) -> dict[str, Metric]:
    rows, width = case.rows, case.n_classes
    off = np.abs(rows.decision - case.targets)
    half = 0.5 if width == 2 else 1.0
    out = {"accuracy": _rate(case, w, off == 0)}
    if case.scores.task.kind == "binary":
        out["labelwise_accuracy"] = out["accuracy"]
        out["labelwise_baseline"] = _rate(case, w, case.targets == 0)
    else:
        out["labelwise_accuracy"] = _scaled(out["accuracy"], 2 / width)
        nothing = 1 - 1 / width
        out["labelwise_baseline"] = Metric(nothing, nothing, nothing)
    if width > 5:
        out["top_5_accuracy"] = _rate(case, w, (rows.rank >= 0) & (rows.rank < 5))
    out |= _of_confusion(case, w)
    if case.scores.task.kind == "ordinal":
        out["rank_mae"] = _mean(case, w, off)
        out["accuracy_within_one"] = _rate(case, w, off <= 1)
    return out | {
        "log_loss": _mean(case, w, rows.nll, ZERO_PROB),
        "brier_score": _mean(case, w, rows.brier * half),
    }


def _of_labels(case: Case, w: np.ndarray) -> dict[str, Metric]:
    c = case.cells
    total = c.due + c.given
    some = total > 0
    of_row = np.divide(2 * c.hits, total, out=np.zeros(len(total)), where=some)
    return {
        "exact_match": _rate(case, w, c.wrong == 0),
        "labelwise_accuracy": _ratio(case, w, c.known - c.wrong, c.known),
        "labelwise_baseline": _ratio(case, w, c.known - c.due, c.known),
        "f1_macro": _f1_of_labels(case, w),
        "f1_micro": _ratio(case, w, 2 * c.hits, total),
        "f1_samples": _ratio(case, w, of_row, some),
        "log_loss": _ratio(case, w, c.nll, c.known, SURE_AND_WRONG),
        "brier_score": _ratio(case, w, c.brier, c.known),
        "no_label_rate": _rate(case, w, c.given == 0),
    }


def _ratio(case: Case, w: np.ndarray, top: np.ndarray, bottom: np.ndarray, what: str = "") -> Metric:
    return ratio(case, w * np.where(w > 0, top, 0), w * bottom, what)


def _mean(case: Case, w: np.ndarray, values: np.ndarray, what: str = "") -> Metric:
    return _ratio(case, w, values, np.ones(len(w)), what)


def _rate(case: Case, w: np.ndarray, hits: np.ndarray) -> Metric:
    """Wilson's interval with as many rows as would give the same variance; of groups the delta method's."""
    m = _mean(case, w, hits)
    if m.value is None or m.low is None or m.high is None:
        return m
    if case.groups is not None:
        return replace(m, low=max(m.low, 0.0), high=min(m.high, 1.0))
    n = float(w.sum() ** 2 / (w**2).sum())
    spread = (m.high - m.low) / 2 / z_of(case.level)
    if 0 < m.value < 1 and spread > 0:
        n = m.value * (1 - m.value) / spread**2
    low, high = wilson(m.value * n, n, case.level)
    return replace(m, low=float(low), high=float(high))


def _scaled(one: Metric, share: float) -> Metric:
    """Share of cells right where a wrong row has `share` of its cells wrong."""
    cells = {k: 1 - (1 - v) * share for k in ("value", "low", "high") if (v := getattr(one, k)) is not None}
    return replace(one, **cells)


# ------------------------------------------------------------------ figures of the confusion matrix


def _of_confusion(case: Case, w: np.ndarray) -> dict[str, Metric]:
    """The delta method: what a row adds to the margins, times the figure's slopes there."""
    width, known = case.n_classes, case.known
    truth, given = case.targets[known], case.rows.decision[known]
    cells = np.bincount(truth * width + given, w[known], width * width).reshape(width, width)
    margins = margins_of(cells)
    out = {}
    for name, figure in FIGURES.items():
        if name in ("accuracy", "precision_micro", "recall_micro", "f1_micro", "recall_weighted"):
            continue  # equal to accuracy, row by row
        value = float(figure(margins))
        if np.isnan(value):
            out[name] = Metric.undefined("truth or decisions are all of one class")
            continue
        of_truth, of_given, of_hits = _slopes(figure, margins)
        each = of_truth[truth] + of_given[given] + np.where(truth == given, of_hits[truth], 0)
        influence = np.zeros(len(w))
        # a figure does not change when all weights grow alike, so a row's own part has mean 0 already
        influence[known] = w[known] * each
        out[name] = from_influence(case, value, influence, 0, bounds=(-1 if name == "matthews_corrcoef" else 0, 1))
    return out


def _slopes(figure: Callable[[Margins], np.ndarray], margins: Margins) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(C,) slopes of a figure in truth, given and hits of each class, by differences; 0 where the class is absent."""
    parts = [np.asarray(v, np.float64) for v in (margins.hits, margins.truth, margins.given)]
    width = len(parts[0])
    step = STEP * min(1.0, *(float(p[p > 0].min()) for p in parts if (p > 0).any()))
    found = [np.zeros(width) for _ in parts]
    rows = max(1, MOST_SLOPES // width)
    for which in range(3):
        present = np.flatnonzero(parts[1] + parts[2] > 0)
        for start in range(0, len(present), rows):
            some = present[start : start + rows]
            up, down = ([np.tile(p, (len(some), 1)) for p in parts] for _ in range(2))
            up[which][np.arange(len(some)), some] += step
            down[which][np.arange(len(some)), some] -= step
            found[which][some] = (figure(Margins(*up)) - figure(Margins(*down))) / (2 * step)
    of_hits, of_truth, of_given = found
    return of_truth, of_given, of_hits


def _f1_of_labels(case: Case, w: np.ndarray) -> Metric:
    """Mean F1 of the labels that have one."""
    hits, total = np.zeros(case.n_classes), np.zeros(case.n_classes)
    for rows in row_blocks(slice(0, len(w)), case.n_classes * 4):
        true, given = _answers(case, rows)
        hits += w[rows] @ (true & given)
        total += w[rows] @ (true.astype(np.float64) + given)
    known = total > 0
    if not known.any():
        return Metric.undefined("no label is due or given anywhere")
    each = 2 * hits[known] / total[known]
    scale = 1 / (total[known] * known.sum())
    influence = np.empty(len(w))
    for rows in row_blocks(slice(0, len(w)), case.n_classes * 4):
        true, given = (part[:, known] for part in _answers(case, rows))
        influence[rows] = w[rows] * ((2.0 * (true & given) - each * (true.astype(np.float64) + given)) @ scale)
    return from_influence(case, float(each.mean()), influence, 0, bounds=(0, 1))


def _answers(case: Case, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """True and given cells of some rows, both False where not known."""
    truth = columns_of_truth(case, rows)
    return truth > 0.5, (probabilities_of(case, rows) >= 0.5) & ~np.isnan(truth)
