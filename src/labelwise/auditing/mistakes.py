"""Which mistakes there are, and where to look: kinds, the surest ones, confusions, labels that go wrong together."""

from __future__ import annotations

from typing import Literal

import numpy as np

from labelwise.auditing.result import Confused, MistakeRow, Mistakes, Together
from labelwise.decisions.mistakes import OVERCONFIDENT
from labelwise.metrics.case import Case
from labelwise.metrics.probs import probabilities_of

__all__ = ["mistake_counts", "mistake_details"]

MOST_ROWS = 50
MOST_PAIRS = 30
MOST_CLASSES = 40


def mistake_counts(case: Case) -> dict[str, int]:
    """Rows per kind of answer, kinds named as in `compare`; the decision is the likeliest class, or labels at one half.

    With one class per row the likeliest is answered however unsure, so a row is right or wrong; how many have no class
    above one half is the metric `no_label_rate`.
    """
    if not case.several:
        right = int(case.right.sum())
        return {"right": right, "wrong_label": case.n - right}
    c, known = case.cells, case.known
    missed, added = (c.due - c.hits > 0)[known], (c.given - c.hits > 0)[known]
    none = (c.given == 0)[known]
    return {
        "right": int((~missed & ~added).sum()),
        "no_label": int((missed & none).sum()),
        "missed_label": int((missed & ~added & ~none).sum()),
        "extra_label": int((~missed & added).sum()),
        "wrong_label": int((missed & added).sum()),
    }


def mistake_details(case: Case) -> Mistakes:
    """The surest mistakes with their ids, and what is taken for what."""
    rows = np.flatnonzero(case.known)
    wrong = case.right == 0
    sure = case.answer_prob
    order = np.flatnonzero(wrong)[np.argsort(-case.confidence[wrong], kind="stable")][:MOST_ROWS]
    ids = case.scores.ids
    listed = tuple(_row(case, int(rows[i]), float(sure[i]), ids) for i in order)
    over = int((wrong & (sure > OVERCONFIDENT)).sum())
    if case.several:
        return Mistakes(over, listed, (), _together(case), (), ())
    return Mistakes(over, listed, _confused(case), (), *_matrix(case))


def _row(case: Case, row: int, confidence: float, ids: np.ndarray | None) -> MistakeRow:
    names = case.scores.task.class_names
    name = str(ids[row]) if ids is not None else str(row)
    if not case.several:
        answer, truth = int(case.rows.decision[row]), int(case.targets[row])
        return MistakeRow(name, (names[truth],), (names[answer],), confidence, "wrong_label")
    given = probabilities_of(case, slice(row, row + 1))[0] >= 0.5
    target = np.asarray(case.targets[row], np.float64)
    due, given = target == 1, given & ~np.isnan(target)
    missed, added = bool((due & ~given).any()), bool((given & ~due).any())
    kind = (
        "wrong_label" if missed and added else "extra_label" if added else "missed_label" if given.any() else "no_label"
    )
    true, answer = (tuple(names[i] for i in np.flatnonzero(which)) for which in (due, given))
    return MistakeRow(name, true, answer, confidence, kind)


def _confused(case: Case) -> tuple[Confused, ...]:
    off = case.confusion.copy()
    np.fill_diagonal(off, 0)
    flat = np.argsort(-off, axis=None, kind="stable")[:MOST_PAIRS]
    names, total = case.scores.task.class_names, case.margins.truth
    pairs = [divmod(int(i), len(off)) for i in flat if off.flat[i] > 0]
    return tuple(Confused(names[a], names[b], int(off[a, b]), float(off[a, b] / total[a])) for a, b in pairs)


def _matrix(case: Case) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    off = case.confusion.copy()
    np.fill_diagonal(off, 0)
    involved = off.sum(0) + off.sum(1)
    seen = np.flatnonzero(case.margins.truth + case.margins.given > 0)
    chosen = seen[np.argsort(-involved[seen], kind="stable")][:MOST_CLASSES]
    if len(seen) <= MOST_CLASSES:
        chosen = np.sort(chosen)
    names = case.scores.task.class_names
    return tuple(names[i] for i in chosen), tuple(tuple(r) for r in case.confusion[np.ix_(chosen, chosen)].tolist())


def _together(case: Case) -> tuple[Together, ...]:
    c, names = case.cells, case.scores.task.class_names
    return (*_pairs("missed", c.missed_together, names), *_pairs("added", c.added_together, names))


def _pairs(kind: Literal["missed", "added"], counts: np.ndarray, names: tuple[str, ...]) -> list[Together]:
    upper = np.triu(counts, 1)
    largest = [divmod(int(i), len(upper)) for i in np.argsort(-upper, axis=None, kind="stable")[:MOST_PAIRS]]
    return [Together(kind, names[a], names[b], int(upper[a, b])) for a, b in largest if upper[a, b] > 0]
