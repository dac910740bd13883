"""Shares at every threshold against judging the rows one threshold at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.decisions.curves import threshold_shares
from labelwise.decisions.mistakes import KINDS, mistake_kinds
from labelwise.metrics import labelwise_accuracy, strict_accuracy
from labelwise.task import Task

NAMES = ("a", "b", "c")
THRESHOLDS = np.linspace(0, 1, 21)


@st.composite
def judged(draw, kind):
    rows = draw(st.integers(1, 8))
    columns = 1 if kind == "binary" else 3
    grid = st.integers(0, 20).map(lambda k: k / 20)  # on the thresholds themselves
    cells = draw(st.lists(st.one_of(grid, st.floats(0, 1)), min_size=rows * columns, max_size=rows * columns))
    task = Task(kind, NAMES[:2] if kind == "binary" else NAMES)
    if task.exclusive:
        targets = np.array(draw(st.lists(st.integers(0, max(columns - 1, 1)), min_size=rows, max_size=rows)))
    else:
        options = st.sampled_from([0.0, 1.0, np.nan])
        targets = np.array(draw(st.lists(options, min_size=rows * 3, max_size=rows * 3))).reshape(rows, 3)
    return task, np.array(cells).reshape(rows, columns), task.truth(targets)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_shares_are_those_of_a_loop_over_thresholds(kind, data):
    task, probs, truth = data.draw(judged(kind))
    shares = threshold_shares(probs, truth, THRESHOLDS, task)
    for i, t in enumerate(THRESHOLDS):
        answers = probs >= t
        kinds = mistake_kinds(answers, truth, task)
        given = answers.sum(1)
        wrong = kinds == KINDS.index("wrong_label")
        if kind == "multilabel":
            wrong = ((truth == 0) & answers).any(1)
        expected = {
            "strict_accuracy": strict_accuracy(answers, truth) or 0.0,
            "labelwise_accuracy": labelwise_accuracy(answers, truth) or 0.0,
            "no_label_rate": 0.0 if kind == "binary" else (given == 0).mean(),
            "several_labels_rate": 0.0 if kind == "binary" else (given > 1).mean(),
            "wrong_label_rate": wrong.mean(),
        }
        assert {name: getattr(shares, name)[i] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_the_ends_of_the_slider():
    task, probs = Task("multiclass", NAMES), np.array([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
    low, high = threshold_shares(probs, np.eye(3)[[1, 0]], np.array([0.0, 1.0]), task).several_labels_rate
    assert (low, high) == (1, 0)
    shares = threshold_shares(probs, np.eye(3)[[1, 0]], np.array([1.0]), task)
    assert shares.no_label_rate == [1]
    assert shares.labelwise_accuracy == [pytest.approx(2 / 3)], "predicting nothing at all scores 1 - 1/C"
