import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn import metrics as oracle

from labelwise.errors import InputError, OptionError
from labelwise.metrics import (
    confusion,
    f1,
    f_rows,
    label_counts,
    labelwise_accuracy,
    labelwise_baseline,
    strict_accuracy,
    strict_rows,
)

matrices = array_shapes(min_dims=2, max_dims=2, max_side=12).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


@given(matrices)
def test_accuracies_are_those_of_scikit_learn(pair):
    answers, truth = pair
    assert strict_accuracy(answers, truth) == pytest.approx(oracle.accuracy_score(truth, answers))
    assert labelwise_accuracy(answers, truth) == pytest.approx(np.mean(answers == truth))
    assert labelwise_baseline(truth) == pytest.approx(1 - truth.mean())


@given(matrices)
def test_f1_is_that_of_scikit_learn_with_undefined_left_out(pair):
    answers, truth = (m if m.shape[1] > 1 else np.hstack([m, m]) for m in pair)
    for average in ("macro", "micro", "samples"):
        expected = oracle.f1_score(truth, answers, average=average, zero_division=np.nan)
        ours = f1(answers, truth, average)
        assert (ours is None) if np.isnan(expected) else ours == pytest.approx(expected)


@given(matrices, st.integers(0, 2**32 - 1))
def test_unknown_cells_change_nothing(pair, seed):
    answers, truth = pair
    masked = truth.astype(float)
    masked[np.random.default_rng(seed).random(truth.shape) < 0.4] = np.nan
    turned = np.where(np.isnan(masked), ~answers, answers)
    for figure in (strict_accuracy, labelwise_accuracy):
        assert figure(answers, masked) == figure(turned, masked)
    assert np.array_equal(strict_rows(answers, masked), strict_rows(turned, masked), equal_nan=True)
    for average in ("macro", "micro", "samples"):
        assert f1(answers, masked, average) == f1(turned, masked, average)


def test_the_seed_case_of_three_quarters():
    truth = np.array([[1, 0, 0, 0]])
    sigmoid = np.array([[0.7, 0.8, 0.3, 0.2]]) > 0.5
    assert strict_accuracy(sigmoid, truth) == 0
    assert labelwise_accuracy(sigmoid, truth) == 0.75 == labelwise_baseline(truth)


def test_one_column_is_a_yes_no_task():
    assert strict_rows([1, 0, 1], [1, 1, float("nan")]).tolist()[:2] == [1, 0]
    assert label_counts([1, 0], [1, 1]).recall.tolist() == [0.5]


def test_rows_without_a_known_label_have_no_figure():
    truth = np.full((2, 3), np.nan)
    answers = np.ones((2, 3), bool)
    assert strict_accuracy(answers, truth) is None
    assert labelwise_accuracy(answers, truth) is None
    assert labelwise_baseline(truth) is None
    assert f1(answers, truth, "micro") is None
    assert np.isnan(f_rows(answers, truth)).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_confusion_is_that_of_scikit_learn(pairs):
    t, d = np.array(pairs).T
    assert np.array_equal(confusion(t, d, 5), oracle.confusion_matrix(t, d, labels=range(5)))


def test_confusion_leaves_out_the_unknown_and_refuses_strangers():
    assert confusion(np.array([0, -1, 1]), np.array([0, 1, -1]), 2).tolist() == [[1, 0], [0, 0]]
    with pytest.raises(InputError, match="3 at row 1"):
        confusion([0, 3], [0, 0], 3)
    with pytest.raises(InputError, match="one length"):
        confusion([0, 1], [0], 3)


def test_shapes_and_names_are_checked():
    with pytest.raises(InputError, match=r"shapes \(2,\) and \(3,\)"):
        strict_accuracy([1, 0], [1, 0, 1])
    with pytest.raises(OptionError, match="macro"):
        f1([1], [1], "makro")
