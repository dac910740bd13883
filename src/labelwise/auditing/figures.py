"""What a page draws, as plain numbers: prepare here, draw there."""

from __future__ import annotations

import numpy as np

from labelwise.auditing.result import (
    ConfidenceFigure,
    Curve,
    Figures,
    LabelFigures,
    Numbers,
    ReliabilityFigure,
    RiskFigure,
)
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.calibration import Bins, Reliability, bin_counts, reliability_of_bins
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.probs import columns_of_truth, probabilities_of
from labelwise.metrics.selective import risk_coverage

__all__ = ["figures_of", "label_figures"]

CONFIDENCE_BINS = 20
STEPS = 101
MOST_LABELS = 200
EDGES = np.linspace(0, 1, BINS + 1)


def figures_of(case: Case) -> Figures:
    """All figures of a case."""
    if case.several:
        b = case.cells.bins
        bins = Bins(b.count.sum(0), b.confidence.sum(0), b.correct.sum(0), np.zeros(BINS))
    else:
        bins = bin_counts(case.answer_prob, case.right, EDGES)
    curve = risk_coverage(case.answer_prob, case.right).thinned()
    edges = np.linspace(0, 1, CONFIDENCE_BINS + 1)
    by_outcome = [np.histogram(case.answer_prob[case.right == k], edges)[0] for k in (1, 0)]
    return Figures(
        _reliability(reliability_of_bins(bins, EDGES)),
        _by_label(case),
        RiskFigure(*(tuple(getattr(curve, name).tolist()) for name in ("confidence", "coverage", "risk"))),
        ConfidenceFigure(tuple(edges.tolist()), *(tuple(int(v) for v in h) for h in by_outcome)),
        _common_threshold(case),
    )


def label_figures(case: Case) -> dict[str, LabelFigures]:
    """Figures of each class or label."""
    if case.several:
        tp, fp, fn = case.cells.tp, case.cells.fp, case.cells.fn
        bins = case.cells.bins.ece
    else:
        m = case.margins
        tp, fp, fn = m.hits, m.given - m.hits, m.truth - m.hits
        bins = case.class_bins.ece
    columns = case.columns
    out = {}
    for i, name in enumerate(case.scores.task.column_names):
        k = i + 1 if case.scores.task.kind == "binary" else i
        out[name] = LabelFigures(
            int(tp[k] + fn[k]),
            _share(tp[k], tp[k] + fp[k]),
            _share(tp[k], tp[k] + fn[k]),
            _share(2 * tp[k], 2 * tp[k] + fp[k] + fn[k]),
            _known(columns.auroc[i]),
            _known(columns.average_precision[i]),
            _known(bins[k]),
        )
    return out


def _by_label(case: Case) -> dict[str, ReliabilityFigure]:
    bins = case.cells.bins if case.several else case.class_bins
    names = case.scores.task.class_names
    positives = bins.correct.sum(1)
    chosen = np.sort(np.argsort(-positives, kind="stable")[:MOST_LABELS])
    out = {}
    for i in chosen:
        sums = Bins(bins.count[i], bins.confidence[i], bins.correct[i], np.zeros(BINS))
        out[names[i]] = _reliability(reliability_of_bins(sums, EDGES))
    return out


def _common_threshold(case: Case) -> Curve:
    """Strict and label-wise accuracy, rows without and with several labels, at every threshold of a slider."""
    steps = np.linspace(0, 1, STEPS)
    strict, cells, none, several = (np.zeros(STEPS + 1) for _ in range(4))
    rows_total, cells_total = 0, 0
    width = case.scores.array.shape[1]
    for rows in row_blocks(slice(0, len(case.scores)), width * 4):
        known_rows = case.known[rows]
        p = probabilities_of(case, rows)[known_rows]
        y = columns_of_truth(case, rows)[known_rows]
        known = ~np.isnan(y)
        true = y == 1
        # a cell is answered yes at every step up to this one; of many classes nearly all stop at the first
        place = known.astype(np.int16)
        further = np.nonzero(known & (p >= steps[1]))
        place[further] = np.searchsorted(steps, p[further], "right")
        # the row is right from after its highest false cell up to its lowest true cell
        low = np.where(~true & known, place, 0).max(1, initial=0)
        high = np.where(true, place, STEPS).min(1, initial=STEPS)
        fine = low < high
        strict += np.bincount(low[fine], minlength=STEPS + 1) - np.bincount(high[fine], minlength=STEPS + 1)
        top = np.partition(place, -2, axis=1)[:, -2:] if width > 1 else np.pad(place, ((0, 0), (1, 0)))
        none += np.bincount(top[:, 1], minlength=STEPS + 1)
        several -= np.bincount(top[:, 0], minlength=STEPS + 1)
        several[0] += len(p)
        # yes below the place, no from it on: right if true below, right if false from it on
        cells[0] += (true & known).sum()
        cells -= np.bincount(place[true], minlength=STEPS + 1)
        cells += np.bincount(place[further], minlength=STEPS + 1)
        cells[1] += known.sum() - len(further[0])
        cells -= np.bincount(place[true], minlength=STEPS + 1)
        rows_total += len(p)
        cells_total += int(known.sum())

    def shares(steps_of: np.ndarray, total: int) -> Numbers:
        return tuple((np.cumsum(steps_of)[:STEPS] / max(total, 1)).tolist())

    return Curve(
        tuple(steps.tolist()),
        shares(strict, rows_total),
        shares(cells, cells_total),
        shares(none, rows_total),
        shares(several, rows_total),
    )


def _reliability(r: Reliability) -> ReliabilityFigure:
    plain = r.to_dict()
    return ReliabilityFigure(**{name: tuple(values) for name, values in plain.items()})


def _share(top: float, bottom: float) -> float | None:
    return float(top / bottom) if bottom else None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
