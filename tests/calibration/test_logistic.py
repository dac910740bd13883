import numpy as np
import pytest

from labelwise.calibration.labels import per_label_map, shared_affine, shrunk_map
from labelwise.calibration.logistic import fit_logistic, platt_targets


def labels(n, width, seed, spread):
    """Scores whose labels have slopes and biases of their own, with that spread."""
    rng = np.random.default_rng(seed)
    slopes, biases = 0.5 + spread * 0.2 * rng.normal(size=width), -0.5 + spread * rng.normal(size=width)
    z = rng.normal(size=(n, width)) * 3 - 1
    p = 1 / (1 + np.exp(-(slopes * z + biases)))
    return z, (rng.random(z.shape) < p).astype(float), p


def test_it_is_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    z, y, _ = labels(300, 4, 0, 0.5)
    fit = fit_logistic(np.stack([z, np.ones_like(z)]), y, np.zeros((4, 2)))
    for column in range(4):
        oracle = LogisticRegression(C=1e8, tol=1e-10).fit(z[:, [column]], y[:, column])
        assert fit.weights[column] == pytest.approx([oracle.coef_[0, 0], oracle.intercept_[0]], abs=1e-3)


def test_columns_are_fitted_apart():
    z, y, _ = labels(100, 3, 0, 0.5)
    features = np.stack([z, np.ones_like(z)])
    together = fit_logistic(features, y, np.zeros((3, 2))).weights
    alone = fit_logistic(features[:, :, [1]], y[:, [1]], np.zeros((1, 2))).weights
    np.testing.assert_allclose(together[1], alone[0], atol=1e-6)


def test_platt_targets_are_drawn_in_by_one_row_of_each_kind():
    np.testing.assert_allclose(platt_targets(np.array([[1.0], [0.0], [np.nan]])), [[2 / 3], [1 / 3], [np.nan]])


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("n", [100, 200, 2000])
def test_shrunk_is_as_good_as_the_better_of_shared_and_per_label(n, spread):
    z, y, _ = labels(n, 40, 1, spread)
    test, _, p = labels(4000, 40, 1, spread)

    def risk(scale, bias):
        logit = test * scale + bias
        return (np.logaddexp(0, logit) - p * logit).mean()

    alone, shrunk = per_label_map(z, y), shrunk_map(z, y)
    shared = shared_affine(z, y)
    best = min(risk(*shared), risk(alone["scale"], alone["bias"]))
    assert risk(shrunk["scale"], shrunk["bias"]) <= best + 5e-4
