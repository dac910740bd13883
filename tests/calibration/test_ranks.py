"""Calibration on the link between ranks."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from labelwise import Logits, Task
from labelwise.calibration import calibrators_of, fit_calibration, select_calibration
from labelwise.calibration.forms import FORMS, cut_logits
from labelwise.calibration.ranks import fit_link
from labelwise.calibration.select import log_loss_rows

CUTS = np.array([-2.0, -0.5, 0.5, 2.0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def ranked(n: int, scale: float, shift: float, seed: int = 0):
    """Log-probabilities of ranks whose log-odds above each cut are `scale` times the true ones, and `shift` more."""
    rng = np.random.default_rng(seed)
    position = rng.normal(size=n) * 2
    odds = position[:, None] - CUTS
    y = (rng.random((n, 1)) < sigmoid(odds)).sum(1)  # one draw a row: the ranks below it
    said = sigmoid(scale * odds + shift)
    ends = np.ones((n, 1))
    p = np.concatenate([ends, said], axis=1) - np.concatenate([said, 0 * ends], axis=1)
    return np.log(np.maximum(p, 1e-15)), y


def test_cuts_of_probabilities():
    z = np.random.default_rng(0).normal(size=(50, 5)) * 3
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    above = p[:, ::-1].cumsum(1)[:, ::-1][:, 1:]
    np.testing.assert_allclose(cut_logits(z), np.log(above / (1 - above)), atol=1e-9)


@pytest.mark.parametrize("scale,shift", [(3.0, 0.0), (0.5, 0.0), (2.0, 1.5)])
def test_a_distorted_link_is_set_right(scale, shift):
    z, y = ranked(20000, scale, shift)
    found, why = fit_link(z, y, shift=shift != 0)
    assert why is None
    assert found["scale"] == pytest.approx(1 / scale, rel=0.05)
    assert found["bias"] == pytest.approx(-shift / scale, abs=0.05)


def test_it_is_the_least_log_loss_of_the_form():
    z, y = ranked(300, 2.0, 1.0)
    found, _ = fit_link(z, y, shift=True)

    def loss(w: np.ndarray) -> float:
        p = {"scale": np.exp(w[0]), "bias": w[1], "share": found["share"]}
        return float(log_loss_rows(FORMS["cumulative"].apply(z, p), y).mean())

    best = np.array([np.log(found["scale"]), found["bias"]])
    assert np.abs(approx_fprime(best, loss, 1e-6)).max() < 1e-4
    assert loss(best) <= minimize(loss, np.zeros(2), method="Nelder-Mead").fun + 1e-7


def test_scale_one_without_shift_changes_nothing_but_the_share():
    z, _ = ranked(200, 1.0, 0.0)
    out = FORMS["cumulative"].apply(z, {"scale": 1.0, "bias": 0.0, "share": 1e-12})
    np.testing.assert_allclose(np.exp(out), np.exp(z) / np.exp(z).sum(1, keepdims=True), atol=1e-9)


def test_extreme_logits_stay_probabilities():
    z = np.array([[1e4, 0.0, -1e4], [0.0, 1e4, -1e4], [-1e30, 0.0, 1e30], [0.0, 0.0, 0.0]])
    out = FORMS["cumulative"].apply(z, {"scale": 2.0, "bias": 0.3, "share": 1e-3})
    assert np.isfinite(out).all()
    np.testing.assert_allclose(np.exp(out).sum(1), 1)
    assert out[:3].argmax(1).tolist() == [0, 1, 2]


def test_what_errs_nowhere_is_left_and_said():
    z, y = np.eye(4)[np.arange(40) % 4] * 3, np.arange(40) % 4
    found, why = fit_link(z, y, shift=False)
    assert (found["scale"], why) == (
        1,
        "the scores err nowhere on these rows: no temperature is the best, none is used",
    )
    found, _ = fit_link(-z, y, shift=True)
    assert 0 < found["scale"] < 1  # what orders the wrong way round is trusted little


def test_only_for_ranks_and_chosen_where_it_is_due():
    task = Task("ordinal", tuple("abcde"))
    names = [c.name for c in calibrators_of(task)]
    assert names.index("link_temperature") < names.index("link_shift") < names.index("vector")
    assert "link_shift" not in [c.name for c in calibrators_of(Task("multiclass", tuple("abcde")))]
    z, y = ranked(4000, 2.5, 1.0)
    assert select_calibration(Logits(z, task), y).calibration.name == "link_shift"
    z, y = ranked(4000, 1.0, 0.0)
    assert select_calibration(Logits(z, task), y).calibration.name == "identity"


def test_better_than_a_temperature_on_other_rows():
    task = Task("ordinal", tuple("abcde"))
    (z, y), (other, truth) = ranked(2000, 3.0, 0.0), ranked(5000, 3.0, 0.0, 1)
    losses = {
        name: log_loss_rows(fit_calibration(Logits(z, task), y, name).logits(other), truth).mean()
        for name in ("temperature", "link_temperature")
    }
    assert losses["link_temperature"] < losses["temperature"] - 0.005
