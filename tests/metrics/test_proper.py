import numpy as np
import pytest
from sklearn import metrics as oracle

from labelwise.errors import InputError
from labelwise.metrics import binary_log_loss, brier, brier_rows, log_loss, nll_rows

rng = np.random.default_rng(0)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_log_loss_and_brier_are_those_of_scikit_learn(n_classes):
    p = softmax(rng.normal(size=(200, n_classes)))
    y = rng.integers(n_classes, size=200)
    labels = range(n_classes)
    assert log_loss(p, y) == pytest.approx(oracle.log_loss(y, p, labels=labels), rel=1e-12)
    assert nll_rows(np.log(p), y).mean() == pytest.approx(log_loss(p, y), rel=1e-12)
    assert brier(p, y) == pytest.approx(oracle.brier_score_loss(y, p, labels=labels), rel=1e-12)
    assert brier_rows(p, y).mean() == pytest.approx(brier(p, y), rel=1e-12)


def test_binary_figures_are_those_of_scikit_learn():
    p, y = rng.random(300), rng.integers(2, size=300)
    assert binary_log_loss(p, y) == pytest.approx(oracle.log_loss(y, p), rel=1e-12)
    assert brier(p[:, None], y[:, None]) == pytest.approx(oracle.brier_score_loss(y, p), rel=1e-12)
    assert brier(p, y) == pytest.approx(oracle.brier_score_loss(y, p), rel=1e-12)


def test_negatives_count_in_the_binary_log_loss():
    """scikit-learn's log_loss on indicators does not see them."""
    y = np.array([[1, 0, 0], [1, 0, 0]])
    good, bad = np.array([[0.9, 0.1, 0.1]] * 2), np.array([[0.9, 0.9, 0.9]] * 2)
    assert binary_log_loss(good, y) < binary_log_loss(bad, y)


def test_float32_is_not_clipped():
    """scikit-learn clips at float32's eps: 1e-12 becomes 1.2e-7."""
    p = np.array([[1e-12, 1.0]], np.float32)
    assert log_loss(p, [0]) == pytest.approx(-np.log(1e-12), rel=1e-6)


def test_a_probability_of_zero_costs_infinity():
    assert log_loss([[0.0, 1.0]], [0]) == np.inf
    assert binary_log_loss([0.0], [1]) == np.inf


def test_unknown_rows_and_cells_are_left_out():
    assert log_loss([[0.5, 0.5], [0.1, 0.9]], [0, -1]) == pytest.approx(np.log(2))
    assert np.isnan(nll_rows(np.log([[0.5, 0.5]]), [-1])[0])
    assert binary_log_loss([[0.5, 0.9]], [[1, np.nan]]) == pytest.approx(np.log(2))
    assert brier([[0.5, 0.9]], [[1, np.nan]]) == 0.25
    assert brier_rows([[0.5, 0.9]], [[1, np.nan]]).tolist() == [0.25]
    assert log_loss([[0.5, 0.5]], [-1]) is None
    assert binary_log_loss([0.5], [np.nan]) is None
    assert brier([0.5], [np.nan]) is None


def test_shapes_and_ranges_are_checked():
    with pytest.raises(InputError, match="2 at row 0"):
        log_loss([[0.5, 0.5]], [2])
    with pytest.raises(InputError, match="dtype float64"):
        log_loss([[0.5, 0.5]], [1.0])
    with pytest.raises(InputError, match="one shape"):
        binary_log_loss([[0.5, 0.5]], [[1]])
