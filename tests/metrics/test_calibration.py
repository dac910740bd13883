import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelwise.errors import InputError, OptionError
from labelwise.metrics import classwise_ece, ece, ece_debiased, ece_equal_mass, reliability, smooth_ece

unit = st.floats(0, 1, width=32)
samples = st.integers(1, 60).flatmap(lambda n: st.tuples(arrays(np.float64, n, elements=unit), arrays(bool, n)))


def naive_ece(confidence, correct, bins):
    total = 0.0
    for low, high in zip(np.linspace(0, 1, bins + 1)[:-1], np.linspace(0, 1, bins + 1)[1:], strict=True):
        inside = (confidence > low) & (confidence <= high) if low > 0 else confidence <= high
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


@given(samples, st.integers(1, 20))
def test_ece_is_the_sum_over_bins(sample, bins):
    confidence, correct = sample
    assert ece(confidence, correct, bins) == pytest.approx(naive_ece(confidence, correct, bins), abs=1e-12)


def test_ece_of_real_models_as_published(shared_data):
    """decisions.md, C1: last 5000 rows, 15 bins, before any calibration."""
    published = {
        "densenet-bc-100-cifar-100": 14.473,
        "wideresnet-16-4-cifar-100": 5.832,
        "lenet-5-cifar-100": 1.806,
        "wideresnet-16-4-cifar-10": 5.517,
        "lenet-5-cifar-10": 11.926,
    }
    for name, percent in published.items():
        with np.load(shared_data / "cifar_predictions" / f"{name}.npz") as file:
            p, y = file["predictions"][5000:].astype(float), file["ground_truth"][5000:].ravel()
        assert 100 * ece(p.max(1), p.argmax(1) == y) == pytest.approx(percent, abs=6e-4)


@given(samples)
def test_one_bin_is_the_gap_of_the_means(sample):
    confidence, correct = sample
    gap = abs(confidence.mean() - correct.mean())
    assert ece(confidence, correct, 1) == pytest.approx(gap)
    assert ece_equal_mass(confidence, correct, 1) == pytest.approx(gap)


def test_equal_mass_bins_hold_equally_many_and_keep_ties_together():
    rng = np.random.default_rng(0)
    c = rng.random(1000)
    y = rng.random(1000) < c**2
    order = np.argsort(c)
    parts = np.array_split(order, 10)
    expected = sum(len(p) / 1000 * abs(c[p].mean() - y[p].mean()) for p in parts)
    assert ece_equal_mass(c, y, 10) == pytest.approx(expected)
    assert ece_equal_mass([0.5] * 8, [1, 0] * 4, 4) == 0


def test_debiasing_removes_the_bias_of_a_calibrated_model():
    rng = np.random.default_rng(1)
    plain, debiased = [], []
    for _ in range(200):
        c = rng.random(300)
        y = rng.random(300) < c
        plain.append(ece(c, y))
        debiased.append(ece_debiased(c, y))
    assert np.mean(debiased) < 0.5 * np.mean(plain)
    assert np.mean(np.array(debiased) == 0) > 0.3
    gap = 0.8 - (rng.random(100_000) < 0.7)
    assert ece_debiased(np.full(100_000, 0.8), 0.8 - gap) == pytest.approx(0.1, abs=0.01)


def test_smooth_ece_of_a_constant_gap_and_of_calibrated_scores():
    rng = np.random.default_rng(2)
    c = rng.random(20_000)
    assert smooth_ece(c, rng.random(20_000) < c) < 0.02
    assert smooth_ece(np.full(1000, 0.5), np.ones(1000)) == pytest.approx(0.5, abs=1e-3)


def naive_smooth_ece(confidence, correct):
    """Definition 3, by a sum over images of the Gaussian kernel on a fine grid."""
    t = (np.arange(2000) + 0.5) / 2000
    low, high = 1e-3, 1.0
    for _ in range(25):
        s = (low + high) / 2
        kernel = sum(
            np.exp(-0.5 * ((t[:, None] - image) / s) ** 2)
            for k in range(-4, 5)
            for image in (confidence + 2 * k, -confidence + 2 * k)
        ) / (s * np.sqrt(2 * np.pi))
        error = np.abs(kernel @ (correct - confidence) / len(confidence)).mean()
        low, high = (s, high) if error > s else (low, s)
    return low


def test_smooth_ece_follows_its_definition():
    rng = np.random.default_rng(3)
    c = rng.beta(3, 1, 80)
    y = (rng.random(80) < c**3).astype(float)
    assert smooth_ece(c, y) == pytest.approx(naive_smooth_ece(c, y), abs=5e-4)


def test_classwise_is_the_mean_over_classes():
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.ones(4), 200)
    y = rng.integers(4, size=200)
    expected = np.mean([naive_ece(p[:, k], y == k, 15) for k in range(4)])
    assert classwise_ece(p, y) == pytest.approx(expected)
    assert classwise_ece(p, np.eye(4)[y]) == pytest.approx(expected)


def test_unknown_outcomes_are_left_out_and_nothing_gives_nothing():
    assert ece([0.5, 0.9], [1, np.nan]) == 0.5
    assert ece([], []) is None
    assert ece_equal_mass([], []) is None
    assert ece_debiased([0.5], [1]) is None
    assert smooth_ece([], []) is None
    assert classwise_ece(np.ones((1, 2)) / 2, [-1]) is None


def test_reliability_draws_what_ece_counts():
    rng = np.random.default_rng(5)
    c = rng.random(500)
    y = rng.random(500) < c
    r = reliability(c, y, 10)
    assert r.count.sum() == 500
    assert np.nansum(r.count / 500 * np.abs(r.accuracy - r.confidence)) == pytest.approx(ece(c, y, 10))
    assert ((r.low <= r.accuracy) & (r.accuracy <= r.high)).all()
    assert reliability([0.9], [1], 2).to_dict()["accuracy"] == [None, 1.0]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="nan at row 1"):
        ece([0.5, np.nan], [1, 0])
    with pytest.raises(InputError, match="one length"):
        ece([0.5], [1, 0])
    with pytest.raises(OptionError, match="bins=0"):
        ece([0.5], [1], 0)
