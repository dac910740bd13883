import numpy as np
import pytest
from scipy.stats import beta

from labelwise.decisions.certificates import (
    certified_floor,
    controlled_misses,
    lower_bound,
    selective_risk,
    upper_bound,
)


def test_bounds_are_clopper_and_pearsons():
    for k, n in ((0, 5), (3, 10), (10, 10), (57, 60)):
        low = beta.ppf(0.1, k, n - k + 1) if k else 0.0
        high = beta.ppf(0.9, k + 1, n - k) if k < n else 1.0
        assert float(lower_bound(k, n, 0.1)) == pytest.approx(low)
        assert float(upper_bound(k, n, 0.1)) == pytest.approx(high)


def test_a_few_positives_certify_nothing_and_it_is_said():
    p = np.linspace(0, 1, 200)
    t = (p > 0.93).astype(float)
    certificate = certified_floor(p, t, "precision", 0.95, 0.05, label="rare")
    assert certificate.threshold is None
    assert certificate.why == "14 positives: no threshold certifies a precision of 0.95"


@pytest.mark.parametrize("promise", ["precision", "recall"])
def test_the_bound_is_that_of_the_testing_half(promise):
    rng = np.random.default_rng(0)
    p = rng.random(4000)
    c = certified_floor(p, (rng.random(4000) < p).astype(float), promise, 0.8, 0.1)
    assert c.bound == pytest.approx(float(lower_bound(c.hits, c.n, 0.1 / 3)))
    assert c.bound >= 0.8
    # the best that is possible in the limit: mean of p above 0.6 is 0.8; recall at sqrt(0.2) is 0.8
    assert c.threshold == pytest.approx(0.6 if promise == "precision" else np.sqrt(0.2), abs=0.08)


def test_controlled_misses_are_the_highest_threshold_that_may_be():
    rng = np.random.default_rng(0)
    p = rng.random((150, 6))
    t = (rng.random(p.shape) < p * 0.7).astype(float)
    t[:10] = 0
    t[20] = np.nan
    c = controlled_misses(p, t, 0.1)
    yes = t == 1
    n = (~np.isnan(t)).any(1).sum()

    def inflated(cut):
        return ((yes & (p < cut)).sum(1) / np.maximum(yes.sum(1), 1)).sum() / (n + 1) + 1 / (n + 1)

    assert inflated(c.threshold) <= 0.1 + 1e-9
    assert inflated(np.nextafter(c.threshold, 2)) > 0.1 - 1e-9
    assert c.bound == pytest.approx(inflated(c.threshold))
    assert "cannot promise" in controlled_misses(p[:5], t[:5], 0.1).why


def test_selective_risk_is_kept_in_simulation():
    broken, kept = 0, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sure = rng.random(300)
        level, _ = selective_risk(sure, rng.random(300) < sure, 0.15, 0.1)
        if level is not None:
            broken += (1 - level) / 2 > 0.15  # errors among the sure: mean of 1 - u above the level
            kept.append(1 - level)
    assert broken <= 20
    assert np.mean(kept) > 0.1


def test_a_risk_that_cannot_be_had():
    level, certificate = selective_risk(np.arange(50.0), np.zeros(50, bool), 0.1, 0.1)
    assert level is None
    assert "no level of confidence" in certificate.why
