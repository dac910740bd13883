import numpy as np
import pytest

from labelwise.calibration.forms import FORMS, log_mixture


def test_mixture_never_reaches_zero_and_is_a_distribution():
    x = log_mixture(np.array([[0.0, 1e5, -1e5]]), 1.0, 0.01)
    np.testing.assert_allclose(np.exp(x), [[0.01 / 3, 0.99 + 0.01 / 3, 0.01 / 3]])


@pytest.mark.parametrize("slope", [1.0, 2.5])
def test_beta_with_equal_slopes_is_affine(slope):
    z = np.linspace(-30, 30, 61)[:, None]
    beta = FORMS["beta"].apply(z, {"rise": slope, "fall": slope, "bias": 0.3})
    np.testing.assert_allclose(beta, FORMS["affine"].apply(z, {"scale": slope, "bias": 0.3}))


def test_quadratic_goes_straight_on_outside_its_range():
    p = {"bias": 0.0, "slope": 1.0, "bend": 0.1, "low": -1.0, "high": 1.0}
    z = FORMS["quadratic"].apply(np.array([[0.0], [1.0], [2.0], [3.0]]), p)
    np.testing.assert_allclose(z[:, 0], [0.0, 1.1, 2.3, 3.5])


def test_a_score_on_an_edge_belongs_to_the_step_above():
    p = {"edges": (np.array([0.0]),), "values": (np.array([-1.0, 1.0]),)}
    assert FORMS["steps"].apply(np.array([[-0.1], [0.0]]), p).tolist() == [[-1.0], [1.0]]
