"""What a page draws, as plain numbers: prepare here, draw there."""

from __future__ import annotations

import numpy as np

from labelwise.auditing.result import (
    ConfidenceFigure,
    Curve,
    Figures,
    LabelFigures,
    ReliabilityFigure,
    RiskFigure,
)
from labelwise.kernels.blocks import LARGE_BLOCK, in_parts, row_blocks
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
    width = case.scores.array.shape[1]

    def job(part: slice) -> tuple[np.ndarray, int, int]:
        sums, rows_seen, cells_seen = np.zeros((4, STEPS + 1)), 0, 0
        for rows in row_blocks(part, width * 4, LARGE_BLOCK):
            known_rows = case.known[rows]
            p, y = probabilities_of(case, rows)[known_rows], columns_of_truth(case, rows)[known_rows]
            sums += _steps_of(p, y, steps)
            rows_seen, cells_seen = rows_seen + len(p), cells_seen + int((~np.isnan(y)).sum())
        return sums, rows_seen, cells_seen

    parts = in_parts(job, len(case.scores), least=max(1, 262_144 // width))
    sums, rows_total, cells_total = (sum(found) for found in zip(*parts, strict=True))
    totals = (rows_total, cells_total, rows_total, rows_total)
    shares = (np.cumsum(s)[:STEPS] / max(total, 1) for s, total in zip(np.asarray(sums), totals, strict=True))
    return Curve(tuple(steps.tolist()), *(tuple(share.tolist()) for share in shares))


def _steps_of(p: np.ndarray, y: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """(4, STEPS + 1) changes from step to step: right rows, right cells, rows with no label, rows with several."""
    width = p.shape[1]
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
    top = np.partition(place, -2, axis=1)[:, -2:] if width > 1 else np.pad(place, ((0, 0), (1, 0)))

    def at(places: np.ndarray) -> np.ndarray:
        return np.bincount(places, minlength=STEPS + 1).astype(np.float64)

    strict, none, several = at(low[fine]) - at(high[fine]), at(top[:, 1]), -at(top[:, 0])
    several[0] += len(p)
    # yes below the place, no from it on: right if true below, right if false from it on
    cells = at(place[further]) - 2 * at(place[true])
    cells[0] += (true & known).sum()
    cells[1] += known.sum() - len(further[0])
    return np.stack([strict, cells, none, several])


def _reliability(r: Reliability) -> ReliabilityFigure:
    plain = r.to_dict()
    return ReliabilityFigure(**{name: tuple(values) for name, values in plain.items()})


def _share(top: float, bottom: float) -> float | None:
    return float(top / bottom) if bottom else None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
