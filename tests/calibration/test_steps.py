import numpy as np
import pytest

from labelwise.calibration.steps import histogram_steps, isotonic_steps


def sample():
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=400), 1)
    return x, (rng.random(400) < 1 / (1 + np.exp(-2 * x))).astype(float)


def test_isotonic_is_scikit_learns_but_for_the_ends():
    from sklearn.isotonic import IsotonicRegression

    x, t = sample()
    edges, values = isotonic_steps(x, t, 2)
    ours = values[np.searchsorted(edges, x, side="right")]
    oracle = IsotonicRegression().fit_transform(x, t)
    np.testing.assert_allclose(ours, np.clip(oracle, 1 / 402, 401 / 402))


def test_histogram_steps_are_smoothed_shares_of_their_rows():
    x, t = sample()
    edges, values = histogram_steps(x, t, 2)
    place = np.searchsorted(edges, x, side="right")
    for bin_, value in enumerate(values):
        inside = t[place == bin_]
        assert value == pytest.approx((inside.sum() + 1) / (len(inside) + 2))
    assert 8 <= len(values) <= 15


@pytest.mark.parametrize("steps", [isotonic_steps, histogram_steps])
def test_one_score_is_one_step(steps):
    edges, values = steps(np.zeros(8), np.ones(8), 2)
    assert len(edges) == 0
    assert values.tolist() == [0.9]
