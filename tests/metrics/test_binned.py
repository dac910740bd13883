"""Contributions of rows are what a figure changes by, to first order, when a row counts a little more."""

import numpy as np
import pytest

from labelwise import Logits
from labelwise.metrics import Case
from labelwise.metrics.binned import class_gaps, pooled_gaps, squared_gaps
from labelwise.task import Task

N = 400
BINS = 15


def sample(kind):
    rng = np.random.default_rng(1)
    z = rng.normal(size=(N, 1 if kind == "binary" else 4)) * 2
    if kind == "multilabel":
        y = (z + rng.logistic(size=z.shape) > 0).astype(float)
        y[rng.random(y.shape) < 0.2] = np.nan
        y[:3] = np.nan
        return Case(Logits(1.5 * z, Task(kind, tuple("abcd"))), y)
    if kind == "binary":
        y = (z[:, 0] + rng.logistic(size=N) > 0).astype(int)
    else:
        y = (z + rng.gumbel(size=z.shape)).argmax(1)
    y[::7] = -1
    return Case(Logits(1.5 * z, Task(kind, tuple("abcd")[: max(z.shape[1], 2)])), y)


def cells(case):
    """Probability and truth of every cell, a column for no beside a single yes."""
    z = case.scores.array
    if case.scores.task.kind == "multiclass":
        e = np.exp(z - z.max(1, keepdims=True))
        p, y = e / e.sum(1, keepdims=True), case.targets[:, None] == np.arange(4)
        return p, np.where(case.targets[:, None] < 0, np.nan, y)
    p = 1 / (1 + np.exp(-z))
    if case.several:
        return p, case.targets
    y = np.where(case.targets < 0, np.nan, case.targets)[:, None]
    return np.concatenate([1 - p, p], 1), np.concatenate([1 - y, y], 1)


def sums(p, y, weight):
    known = ~np.isnan(y)
    place = np.clip(np.ceil(p * BINS).astype(int) - 1, 0, BINS - 1)
    w = weight[:, None] * known
    return np.stack(
        [
            [np.bincount(place[:, j], (w * v)[:, j], BINS) for j in range(p.shape[1])]
            for v in (np.ones(p.shape), p, np.nan_to_num(y))
        ]
    )


def pooled(count, confidence, correct):
    return np.abs(confidence.sum(0) - correct.sum(0)).sum() / count.sum()


def by_class(count, confidence, correct):
    return (np.abs(confidence - correct).sum(1) / count.sum(1)).mean()


def squared(count, confidence, correct):
    used = np.maximum(count, 1e-12)
    return ((confidence - correct) ** 2 / used / count.sum(1, keepdims=True)).sum()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize(
    "figure, contributions", [(pooled, pooled_gaps), (by_class, class_gaps), (squared, squared_gaps)]
)
def test_contributions_are_derivatives(kind, figure, contributions):
    case = sample(kind)
    p, y = cells(case)
    found, whole, h = contributions(case), figure(*sums(p, y, np.ones(N))), 1e-6
    assert found.sum() == pytest.approx(whole)  # of shares of rows
    share = (~np.isnan(y)) / np.maximum((~np.isnan(y)).sum(0), 1)
    for row in (0, 5, 50, 123, 398):
        weight = np.ones(N)
        weight[row] += h
        slope = (figure(*sums(p, y, weight)) - whole) / h
        # a row adds to the cells' number too, which takes its share off the figure
        if figure is pooled:
            less = whole * (~np.isnan(y))[row].sum() / (~np.isnan(y)).sum()
        else:
            c = sums(p, y, np.ones(N))
            each = [figure(*c[:, [j]]) for j in range(p.shape[1])]
            less = (share[row] * each).sum() / (p.shape[1] if figure is by_class else 1)
        assert found[row] - less == pytest.approx(slope, abs=1e-6)
