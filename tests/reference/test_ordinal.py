"""Ordinal losses against golden values (float64, ten decimals), and the identities between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelwise.heads.ordinal_spaces import gaps_of
from labelwise.reference import ordinal
from labelwise.reference.pieces import sigmoid

THETA = np.array([-1.0, 0.3, 2.0])
IN_ORDER = np.array([[0.4, *gaps_of(THETA)]])
FREE = np.array([[0.4, *THETA]])
STEPS = np.array([[0.8, -0.3, 1.2]])
Z = np.array([[1.5, -0.5, 0.25, -2.0]])

# name: (loss, outputs, rank, value, gradient by f and θ, or by the outputs)
GOLDEN = {
    "cumulative logit 0": ("logit", IN_ORDER, 0, 1.6204174099, [0.80218389, -0.80218389, 0.0, 0.0]),
    "cumulative logit 1": ("logit", IN_ORDER, 1, 1.2829990526, [0.32716308, 0.57244663, -0.89960971, 0.0]),
    "cumulative logit 2": ("logit", IN_ORDER, 2, 1.0300262966, [-0.3070392, 0.0, 0.69853708, -0.39149788]),
    "cumulative logit 3": ("logit", IN_ORDER, 3, 1.7839007409, [-0.83201839, 0.0, 0.0, 0.83201839]),
    "all thresholds": ("all", IN_ORDER, 2, 1.0487148109, [-0.50485531, 0.19781611, 0.47502081, -0.16798161]),
    "immediate thresholds": ("immediate", FREE, 2, 0.8282974010, [-0.3070392, 0.0, 0.47502081, -0.16798161]),
    "coral": ("coral", FREE * [1, -1, -1, -1], 2, 1.0487148109, [-0.50485531, -0.19781611, -0.47502081, 0.16798161]),
    "corn 0": ("corn", STEPS, 0, 1.1711006659, [0.68997448, 0.0, 0.0]),
    "corn 1": ("corn", STEPS, 1, 0.9254559104, [-0.31002552, 0.42555748, 0.0]),
    "corn 2": ("corn", STEPS, 2, 2.6887383778, [-0.31002552, -0.57444252, 0.76852478]),
    "corn 3": ("corn", STEPS, 3, 1.4887383778, [-0.31002552, -0.57444252, -0.23147522]),
    "squared emd": ("emd", Z, 1, 0.5222943796, [0.22918566, -0.09735955, -0.12003908, -0.01178703]),
    "squared emd, surely wrong": ("emd", np.array([[40.0, 0, 0, 0]]), 3, 3.0, [0.0] * 4),
}
LOSSES = {
    "logit": lambda z, y: ordinal.cumulative_link(z, y, "logit"),
    "probit": lambda z, y: ordinal.cumulative_link(z, y, "probit"),
    "cloglog": lambda z, y: ordinal.cumulative_link(z, y, "cloglog"),
    "all": ordinal.all_threshold,
    "immediate": ordinal.immediate_threshold,
    "coral": ordinal.coral,
    "corn": ordinal.corn,
    "emd": ordinal.squared_emd,
    "emd and cross-entropy": lambda z, y: ordinal.squared_emd(z, y, 0.5),
    "soft": lambda z, y: ordinal.ordinal_soft(z, y, 1.5),
}
IN_ORDER_BY_CONSTRUCTION = ("logit", "all")


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN)
def test_golden_values(case):
    name, z, rank, value, slope = case
    loss, gradient = LOSSES[name](z, np.array([rank]))
    np.testing.assert_allclose(loss[0], value, rtol=0, atol=6e-11)
    if name in IN_ORDER_BY_CONSTRUCTION:  # by f and the thresholds: a gap moves all thresholds above it
        by_theta = np.array(slope[1:])
        steps = np.array([1.0, *sigmoid(z[0, 2:])])
        slope = [slope[0], *(by_theta[::-1].cumsum()[::-1] * steps)]
    np.testing.assert_allclose(gradient[0], slope, rtol=0, atol=6e-9)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("ranks", [2, 3, 6])
@pytest.mark.parametrize("scale", [0.5, 3.0, 8.0])
def test_gradients_are_those_of_central_differences(name, ranks, scale):
    rng = np.random.default_rng(ranks)
    z, y, step = rng.normal(0, scale, (40, ranks - (name == "corn"))), rng.integers(0, ranks, 40), 1e-6
    _, gradient = LOSSES[name](z, y)
    for j in range(z.shape[1]):
        moved = np.eye(z.shape[1])[j] * step
        expected = (LOSSES[name](z + moved, y)[0] - LOSSES[name](z - moved, y)[0]) / (2 * step)
        np.testing.assert_allclose(gradient[:, j], expected, rtol=1e-4, atol=1e-5)


OUTPUTS = arrays(np.float64, (3, 5), elements=st.floats(-50, 50))


@given(OUTPUTS)
def test_chances_of_all_ranks_sum_to_one(z):
    for link in ("logit", "probit", "cloglog"):
        np.testing.assert_allclose(np.exp(ordinal.cumulative_log_probs(z, link)).sum(1), 1, rtol=1e-9)
    for log_probs in (ordinal.corn_log_probs, ordinal.coral_log_probs, ordinal.adjacent_log_probs):
        np.testing.assert_allclose(np.exp(log_probs(z)).sum(1), 1, rtol=1e-9)


@given(OUTPUTS)
def test_likelihood_heads_are_minus_their_log_probabilities(z):
    for rank in range(5):
        y = np.full(3, rank)
        for link in ("logit", "probit", "cloglog"):
            own = ordinal.cumulative_link(z, y, link)[0]
            np.testing.assert_allclose(own, -ordinal.cumulative_log_probs(z, link)[:, rank], rtol=1e-12)
    for rank in range(6):
        own = ordinal.corn(z, np.full(3, rank))[0]
        np.testing.assert_allclose(own, -ordinal.corn_log_probs(z)[:, rank], rtol=1e-12, atol=1e-12)


@given(OUTPUTS, st.integers(0, 4))
def test_all_threshold_is_coral_with_the_signs_of_the_thresholds_turned(z, rank):
    levels = np.concatenate([z[:, :1], -ordinal.thresholds(z)], axis=1)
    y = np.full(3, rank)
    np.testing.assert_allclose(ordinal.all_threshold(z, y)[0], ordinal.coral(levels, y)[0], rtol=1e-12)


@given(OUTPUTS)
def test_their_chances_agree_too(z):
    levels = np.concatenate([z[:, :1], -ordinal.thresholds(z)], axis=1)
    one, other = np.exp(ordinal.cumulative_log_probs(z, "logit")), np.exp(ordinal.coral_log_probs(levels))
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_levels_out_of_order_still_have_chances():
    p = np.exp(ordinal.coral_log_probs(np.array([[0.4, -2.0, 1.0, -0.3]])))
    assert (p > 0).all()
    np.testing.assert_allclose(p, np.exp(ordinal.coral_log_probs(np.array([[0.4, 1.0, -0.3, -2.0]]))))


def test_immediate_thresholds_compare_neighbours():
    z = np.array([[0.4, -1.0, 2.0, 0.3]])
    p = np.exp(ordinal.adjacent_log_probs(z))[0]
    np.testing.assert_allclose(p[:-1] / p[1:], np.exp(z[0, 1:] - 0.4))


def test_first_losses_are_those_of_the_formulas():
    ranks = 4
    zero, y = np.zeros((ranks, ranks)), np.arange(ranks)
    np.testing.assert_allclose(ordinal.coral(zero, y)[0], (ranks - 1) * np.log(2))
    np.testing.assert_allclose(ordinal.immediate_threshold(zero, y)[0], np.log(2) * np.array([1, 2, 2, 1]))
    assert ordinal.squared_emd(zero, y)[0].mean() == pytest.approx((ranks**2 - 1) / (6 * ranks))


def test_thresholds_at_the_shares_make_the_loss_the_entropy():
    p = np.array([0.1, 0.4, 0.3, 0.2])
    below = p.cumsum()[:-1]
    z = np.tile([0.0, *gaps_of(np.log(below / (1 - below)))], (4, 1))
    loss = ordinal.cumulative_link(z, np.arange(4), "logit")[0]
    assert (p * loss).sum() == pytest.approx(-(p * np.log(p)).sum())
