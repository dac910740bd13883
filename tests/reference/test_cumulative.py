"""Links against scipy, where floats reach, and against what must hold where they do not."""

import numpy as np
import pytest
from scipy import integrate, stats

from labelwise.reference.cumulative import CUMULATIVE, HAZARD_EDGE, NORMAL_EDGE
from labelwise.reference.pieces import softplus

X = np.linspace(-6, 6, 49)


@pytest.mark.parametrize(
    ("name", "cdf"),
    [("logit", stats.logistic.cdf), ("probit", stats.norm.cdf), ("cloglog", lambda x: 1 - np.exp(-np.exp(x)))],
)
def test_chances_are_those_of_the_distribution(name, cdf):
    link, x = CUMULATIVE[name], X[np.abs(X) < 2.5]
    np.testing.assert_allclose(np.exp(-link.below(x)[0]), cdf(x), rtol=1e-9)
    np.testing.assert_allclose(np.exp(-link.above(x)[0]), 1 - cdf(x), rtol=1e-7)
    for gap in (-10.0, -1.0, 0.0, 3.0):
        high = x + softplus(gap)
        found = np.exp(-link.between(x, high, np.full_like(x, gap))[0])
        np.testing.assert_allclose(found, cdf(high) - cdf(x), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("low", "width"), [(3.0, 1e-5), (-30.0, 0.5), (5.0, 0.01), (-1.0, 4.0), (20.0, 2.0)])
def test_normal_chances_of_intervals_in_the_tails(low, width):
    """Scaled by the density at the end nearer to 0, they are ordinary integrals."""
    gap = np.log(np.expm1(width))
    near = low if low > 0 else low + width
    scaled = integrate.quad(lambda x: np.exp((near**2 - x**2) / 2), low, low + width, epsabs=0)[0]
    expected = np.log(scaled) - near**2 / 2 - np.log(2 * np.pi) / 2
    found = CUMULATIVE["probit"].between(*(np.array([v]) for v in (low, low + width, gap)))[0]
    np.testing.assert_allclose(-found, expected, rtol=1e-9)


@pytest.mark.parametrize("name", CUMULATIVE)
@pytest.mark.parametrize("gap", [-1e4, -40.0, -1.0, 2.0, 50.0, 1e4])
def test_everything_is_finite_far_out(name, gap):
    link = CUMULATIVE[name]
    low = np.array([-1e25, -1e4, -100.0, -38.5, 0.0, 6.9, 37.0, 100.0, 1e4, 1e25])
    for value, slope in (link.below(low), link.above(low)):
        assert np.isfinite(value).all()
        assert np.isfinite(slope).all()
    value, slopes = link.between(low, low + softplus(gap), np.full_like(low, gap))
    assert np.isfinite(value).all()
    assert all(np.isfinite(s).all() for s in slopes)


@pytest.mark.parametrize(("name", "edge"), [("probit", -NORMAL_EDGE), ("cloglog", HAZARD_EDGE)])
def test_the_tangent_goes_on_where_the_chance_is_no_float_any_more(name, edge):
    link = CUMULATIVE[name]
    side = link.below if name == "probit" else link.above
    (before, at, after), slope = side(np.array([edge - 1e-6, edge, edge + 1e-6]))
    assert np.exp(-at) == pytest.approx(0, abs=1e-300)
    assert (after - before) / 2e-6 == pytest.approx(slope[1], rel=1e-4)
    beyond = side(np.array([edge * 100]))
    assert beyond[1][0] == pytest.approx(slope[1], rel=1e-12)
