"""Metrics of tasks in which a row may have several labels; unknown cells take part in nothing."""

from __future__ import annotations

import numpy as np

from labelwise.kernels.blocks import row_blocks
from labelwise.kernels.cells import probabilities
from labelwise.kernels.columns import auroc_influence
from labelwise.metrics.binned import pooled_gaps, squared_gaps
from labelwise.metrics.calibration import Bins, bin_counts, chance_variance, debiased_square, ece_of_bins
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.exclusive import BIASED
from labelwise.metrics.intervals import z_of
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_bins import BY_ROW, MANY_CELLS
from labelwise.metrics.of_rows import from_influence, mean, rate, ratio
from labelwise.metrics.ranking import auroc

K = 5
SURE_AND_WRONG = "are certain of something that is not so"


def exact_match(case: Case) -> Metric:
    """Share of rows with all known labels right."""
    return rate(case, np.where(case.known, case.cells.wrong == 0, np.nan))


def labelwise_accuracy(case: Case) -> Metric:
    """Share of known cells that are right."""
    c = case.cells
    return ratio(case, c.known - c.wrong, c.known)


def labelwise_baseline(case: Case) -> Metric:
    """Share of known cells that are right when nothing at all is answered."""
    c = case.cells
    return ratio(case, c.known - c.due, c.known)


def labelwise_baseline_prevalence(case: Case) -> Metric:
    """Share of known cells that are right when each label is always given its commoner answer."""
    c = case.cells
    cells = c.cells.sum()
    if not cells:
        return Metric.undefined("no cell has a known truth")
    due = c.tp + c.fn
    return Metric(
        float(np.maximum(due, c.cells - due).sum() / cells), n=int(cells), why="no interval: tuned on these rows"
    )


def f1_macro(case: Case) -> Metric:
    """F1 of each label, averaged over the labels that have one."""
    each, influence = f1_influence(case)
    if not len(each):
        return Metric.undefined("no label is due or given anywhere", case.n)
    m = from_influence(case, float(each.mean()), influence, case.n, bounds=(0, 1))
    left = case.n_classes - len(each)
    why = f"{left} labels are never due nor given and are left out" if left else m.why
    return Metric(m.value, m.low, m.high, m.n, why)


def f1_influence(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """F1 of the labels that have one, and (N,) what each row contributes to the error of their mean."""
    c = case.cells
    weight = 2 * c.tp + c.fp + c.fn
    known = weight > 0
    each = 2 * c.tp[known] / weight[known]
    scale = 1 / (weight[known] * max(known.sum(), 1))
    influence = np.empty(len(case.scores))
    for rows in row_blocks(slice(0, len(case.scores)), case.n_classes):
        true, given = _answers(case, rows)
        true, given = true[:, known], given[:, known]
        influence[rows] = (2 * (true & given) * scale).sum(1) - ((true.astype(np.int8) + given) * (each * scale)).sum(1)
    return each, influence


def f1_micro(case: Case) -> Metric:
    """F1 of all cells pooled."""
    c = case.cells
    if not (c.due + c.given).sum():
        return Metric.undefined("no label is due or given anywhere", case.n)
    return ratio(case, 2 * c.hits, c.due + c.given)


def f1_samples(case: Case) -> Metric:
    """F1 of each row, averaged over the rows that have one."""
    c = case.cells
    total = c.due + c.given
    values = np.divide(2 * c.hits, total, out=np.full(len(total), np.nan), where=total > 0)
    empty = int(((total == 0) & case.known).sum())
    m = mean(case, values, "")
    return Metric(
        m.value, m.low, m.high, m.n, f"{empty} rows have no label due and none given: left out" if empty else m.why
    )


def roc_auc_micro(case: Case) -> Metric:
    """AUROC of all cells pooled; rows are drawn whole."""
    scores, truth = case.scores.array.ravel(), np.asarray(case.targets, np.float64).ravel()
    value, cells = auroc(scores, truth), int(case.cells.cells.sum())
    if value is None:
        return Metric.undefined("no positives, or no negatives", case.n)
    if len(scores) > MANY_CELLS:
        return Metric(value, n=cells, why="no interval beyond 20 million cells")
    influence = auroc_influence(scores[:, None], truth[:, None])
    return from_influence(case, value, influence.reshape(case.targets.shape).sum(1), cells, bounds=(0, 1))


def log_loss(case: Case) -> Metric:
    """Mean binary cross-entropy over the known cells, negatives included."""
    return ratio(case, case.cells.nll, case.cells.known, SURE_AND_WRONG)


def brier_score(case: Case) -> Metric:
    """Mean squared gap of the known cells."""
    return ratio(case, case.cells.brier, case.cells.known)


def ece(case: Case) -> Metric:
    """Calibration error of all known cells pooled, 15 bins of equal width."""
    b = case.cells.bins
    value = ece_of_bins(Bins(b.count.sum(0), b.confidence.sum(0), b.correct.sum(0), np.zeros(BINS)))
    if value is None:
        return Metric.undefined("no cell has a known truth")
    m = from_influence(case, value, pooled_gaps(case), int(b.count.sum()), bounds=(0, 1))
    return Metric(m.value, m.low, m.high, m.n, BIASED)


def ece_at_5(case: Case) -> Metric:
    """Calibration error of the five most likely labels of each row: what is shown is what is judged."""
    row, confidence, correct = top_cells(case, min(K, case.n_classes))
    edges = np.linspace(0, 1, BINS + 1)
    bins = bin_counts(confidence, correct, edges)
    value = ece_of_bins(bins)
    if value is None:
        return Metric.undefined("no cell has a known truth")
    sign = np.sign(bins.confidence - bins.correct)[np.searchsorted(edges[1:-1], confidence, "left")]
    influence = np.bincount(row, sign * (confidence - correct), len(case.scores)) / len(confidence)
    m = from_influence(case, value, influence, len(confidence), bounds=(0, 1))
    return Metric(m.value, m.low, m.high, m.n, BIASED)


def ece_debiased(case: Case) -> Metric:
    """Debiased squared calibration error of each label, averaged, and its root."""
    squares, noise = [], 0.0
    array, truth = case.scores.array, np.asarray(case.targets, np.float64)
    for column in range(case.n_classes):
        p = probabilities(array[:, column], case.scores.kind)
        bins = bin_counts(p, truth[:, column], np.linspace(0, 1, BINS + 1))
        square = debiased_square(bins)[0]
        if square is not None:
            squares.append(square)
            noise += chance_variance(bins)
    if not squares:
        return Metric.undefined("no bin holds two cells", case.n)
    square = float(np.mean(squares))
    if case.groups is not None:
        return Metric(max(square, 0.0) ** 0.5, n=case.n, why=BY_ROW)
    by_row = squared_gaps(case)[case.known] / len(squares)
    chance = noise / len(squares) ** 2
    # the gaps that were seen hold their own noise: to first order it counts for twice what it is, in place of once
    variance = max(float(((by_row - by_row.mean()) ** 2).sum()) - chance, chance)
    half = z_of(case.level) * variance**0.5
    low, value, high = (max(v, 0.0) ** 0.5 for v in (square - half, square, square + half))
    return Metric(value, low, high, case.n)


def no_label_rate(case: Case) -> Metric:
    """Share of rows for which no label reaches one half."""
    return rate(case, np.where(case.known, case.cells.given == 0, np.nan))


def seen_label_count(case: Case) -> Metric:
    """Mean number of true labels in a row, over its known cells."""
    return mean(case, np.where(case.known, case.cells.due, np.nan), "")


def expected_label_count(case: Case) -> Metric:
    """Mean number of labels in a row as the probabilities have it, over its known cells."""
    return mean(case, np.where(case.known, case.cells.expected, np.nan), "")


def top_cells(case: Case, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, probability and truth of the k most likely known labels of every row."""
    found = []
    for rows in row_blocks(slice(0, len(case.scores)), case.n_classes):
        truth = np.asarray(case.targets[rows], np.float64)
        p = np.where(np.isnan(truth), -1.0, probabilities(case.scores.array[rows], case.scores.kind))
        top = np.argpartition(-p, k - 1, axis=1)[:, :k]
        p, truth = np.take_along_axis(p, top, 1), np.take_along_axis(truth, top, 1)
        found.append((rows.start + np.nonzero(p >= 0)[0], p[p >= 0], truth[p >= 0]))
    row, confidence, correct = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, confidence, correct


def _answers(case: Case, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """True and given cells of some rows, both False where not known."""
    truth = np.asarray(case.targets[rows], np.float64)
    given = (probabilities(case.scores.array[rows], case.scores.kind) >= 0.5) & ~np.isnan(truth)
    return truth > 0.5, given
