import numpy as np
import pytest

from labelwise.auditing.figures import figures_of, label_figures

KINDS = ("binary", "multiclass", "ordinal", "multilabel")


@pytest.mark.parametrize("kind", KINDS)
def test_the_slider_shows_what_each_threshold_does(made, kind):
    case = made(kind)
    z = case.scores.array.astype(float)
    if kind in ("binary", "multilabel"):
        p = 1 / (1 + np.exp(-z))
    else:
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
    y = case.targets.astype(float)
    if kind == "multilabel":
        y[::7, 2] = np.nan
        case.targets[::7, 2] = np.nan
    elif kind == "binary":
        y = y[:, None]
    else:
        y = np.eye(case.n_classes)[case.targets]
    known = ~np.isnan(y)
    curve = figures_of(case).thresholds
    for i in (0, 1, 13, 50, 77, 99, 100):
        given = (p >= curve.threshold[i]) & known
        right = (given == (y == 1)) | ~known
        assert curve.strict_accuracy[i] == pytest.approx(right.all(1).mean())
        assert curve.labelwise_accuracy[i] == pytest.approx((right & known).sum() / known.sum())
        assert curve.no_label[i] == pytest.approx((given.sum(1) == 0).mean())
        assert curve.several_labels[i] == pytest.approx((given.sum(1) > 1).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_figures_hold_every_row(made, kind):
    case = made(kind)
    found = figures_of(case)
    cells = case.scores.array.size if kind == "multilabel" else 600
    assert sum(found.reliability.count) == cells
    assert sum(found.confidence.right) + sum(found.confidence.wrong) == 600
    assert found.risk_coverage.coverage[-1] == 1
    assert list(found.by_label) == list(case.scores.task.class_names)
    labels = label_figures(case)
    assert list(labels) == list(case.scores.task.column_names)
    for figures in labels.values():
        assert figures.positives > 0
        assert 0 <= figures.ece <= 1
