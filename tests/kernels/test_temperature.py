import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from labelwise.kernels import fit_temperature
from labelwise.kernels.temperature import _moments


def nll(z, y, temperature):
    return -log_softmax(z / temperature, axis=1)[np.arange(len(y)), y].mean()


@given(st.integers(0, 2**31), st.integers(2, 9), st.floats(0.2, 20))
def test_it_finds_what_scipy_finds(seed, width, scale):
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(300, width)) * 2
    y = (true + rng.gumbel(size=true.shape)).argmax(1)
    z = true * scale
    fit = fit_temperature(z, y)
    best = minimize_scalar(lambda b: nll(z, y, np.exp(-b)), bounds=(-7, 7), method="bounded", options={"xatol": 1e-10})
    assert fit.nll == pytest.approx(best.fun, abs=1e-7)
    assert nll(z, y, fit.temperature) <= best.fun + 1e-7


def test_real_models_as_published(shared_data):
    """decisions.md, C1: first 5000 rows, float64, probabilities clipped at 1e-12."""
    published = {
        "densenet-bc-100-cifar-100": 2.119785,
        "wideresnet-16-4-cifar-100": 1.109903,
        "lenet-5-cifar-100": 1.107069,
        "wideresnet-16-4-cifar-10": 2.057553,
        "lenet-5-cifar-10": 1.373584,
    }
    for name, temperature in published.items():
        with np.load(shared_data / "cifar_predictions" / f"{name}.npz") as file:
            p, y = file["predictions"][:5000].astype(float), file["ground_truth"][:5000].ravel()
        fit = fit_temperature(np.log(np.clip(p, 1e-12, 1)), y)
        assert fit.temperature == pytest.approx(temperature, abs=2e-6), name


def test_float32_with_a_staged_start_reaches_the_optimum():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(20_000, 20)).astype(np.float32) * 2
    y = (true + rng.gumbel(size=true.shape)).argmax(1)
    fit = fit_temperature(3 * true, y)
    assert fit.temperature == pytest.approx(3, rel=0.05)
    best = minimize_scalar(lambda b: nll(3.0 * true.astype(float), y, np.exp(-b)), bounds=(-3, 3), method="bounded")
    assert nll(3.0 * true.astype(float), y, fit.temperature) <= best.fun + 1e-7


def test_scores_without_errors_are_sharpened_and_scores_without_sense_stop_at_the_end_of_the_range():
    sure = fit_temperature(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    assert sure.temperature < 0.1
    assert sure.nll < 1e-6
    wrong = fit_temperature(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 0]))
    assert wrong.bounded
    assert wrong.temperature == pytest.approx(1e3)


def test_minus_infinity_is_allowed_where_it_is_not_true():
    z = np.array([[2.0, 0.0, -np.inf], [0.5, 1.0, 0.0], [0.0, 2.0, 1.0]])
    y = np.array([1, 1, 0])
    fit = fit_temperature(z, y)
    assert np.isfinite(fit.nll)
    assert fit_temperature(np.where(np.isinf(z), -1e6, z), y).temperature == pytest.approx(fit.temperature)


@pytest.mark.parametrize("value", [0.0, 3.5, 200.0])
def test_scores_that_are_all_the_same_have_any_temperature(value):
    z = np.full((40, 4), value)
    fit = fit_temperature(z, np.arange(40) % 4)
    assert fit.nll == pytest.approx(np.log(4))
    assert fit.temperature == 1
    assert not fit.bounded


@given(st.integers(0, 2**31), st.floats(0.3, 3), st.sampled_from([0, 70, -1000]))
def test_moments_are_the_derivatives_of_the_loss(seed, b, offset):
    rng = np.random.default_rng(seed)
    z, y, h = rng.normal(size=(50, 6)) * 2 + offset, rng.integers(6, size=50), 1e-4
    value, *slopes = _moments(z, y, b)
    assert value == pytest.approx(nll(z, y, 1 / b), abs=1e-9)
    above, below = _moments(z, y, b + h), _moments(z, y, b - h)
    assert slopes == pytest.approx([(u - v) / (2 * h) for u, v in zip(above[:3], below[:3], strict=True)], abs=1e-5)


def test_float16_is_worked_on_as_float32():
    rng = np.random.default_rng(5)
    true = rng.normal(size=(3000, 8)) * 2
    y = (true + rng.gumbel(size=true.shape)).argmax(1)
    z = (3 * true).astype(np.float16)
    wide, narrow = fit_temperature(z.astype(np.float64), y), fit_temperature(z, y)
    assert narrow.temperature == pytest.approx(wide.temperature, rel=1e-6)
    assert narrow.nll == pytest.approx(wide.nll, abs=1e-6)


@pytest.mark.parametrize("offset", [0, 100])
def test_float32_keeps_the_little_that_sure_rows_lack(offset):
    """Nearly perfect scores: every row's slope is a small difference of large numbers."""
    rng = np.random.default_rng(4)
    y = rng.integers(5, size=400)
    z = np.round(rng.normal(size=(400, 5)) * 8) / 8 + 24.0 * (np.arange(5) == y[:, None]) + offset
    wide, narrow = _moments(z, y, 0.75), _moments(z.astype(np.float32), y, 0.75)
    assert narrow == pytest.approx(wide, rel=1e-4)
