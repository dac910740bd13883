"""The sigmoid head against torch's own loss; its named reductions and its prior bias."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from labelwise.heads import HEADS
from labelwise.task import read_labels

MEAN = HEADS["sigmoid"]
SUM = MEAN.with_settings(reduction="sum_labels")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_it_is_torchs_binary_cross_entropy(dtype, weight):
    z, y = torch.randn(40, 6, dtype=dtype) * 4, torch.rand(40, 6, dtype=dtype)
    head = MEAN.with_settings(pos_weight=weight)
    expected = functional.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(weight))
    torch.testing.assert_close(head.loss(z, y), expected)


def test_the_reductions_differ_by_the_number_of_labels():
    z, y = torch.randn(40, 6, dtype=torch.float64), (torch.rand(40, 6) < 0.3).double()
    torch.testing.assert_close(SUM.loss(z, y), 6 * MEAN.loss(z, y))
    summed = functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / 40
    torch.testing.assert_close(SUM.loss(z, y), summed)


def test_labels_that_are_not_known_have_no_part_in_it():
    labels = read_labels([[1, 0, np.nan], [0, 1, 1], [np.nan, np.nan, np.nan]])
    y = torch.from_numpy(SUM.encode(labels.task, labels.targets))
    z = torch.randn(3, 3, requires_grad=True)
    rows = SUM.loss_rows(z, y)
    (gradient,) = torch.autograd.grad(rows.sum(), z)
    assert rows[2] == 0
    assert not gradient[torch.isnan(y)].any()
    known = functional.binary_cross_entropy_with_logits(z[0, :2], y[0, :2], reduction="sum")
    torch.testing.assert_close(rows[0], known)


def test_small_losses_keep_their_digits():
    """torch's softplus switches to the identity at 20 and loses 1e-9; a difference of large numbers loses all."""
    z = torch.tensor([[20.5], [30.0], [-30.0], [80.0]], dtype=torch.float64)
    y = torch.tensor([[1.0], [1.0], [0.0], [1.0]], dtype=torch.float64)
    np.testing.assert_allclose(SUM.loss_rows(z, y), np.log1p(np.exp(-np.abs(z[:, 0].numpy()))), rtol=1e-12)


def test_first_losses_by_formula():
    labels = read_labels(np.repeat(np.arange(37), 1000))
    found = {
        (reduction, bias): MEAN.with_settings(reduction=reduction, bias=bias).initial_loss(labels.task, labels.targets)
        for reduction in MEAN.reductions
        for bias in ("zero", "prior")
    }
    assert found["mean_labels", "zero"] == pytest.approx(np.log(2), abs=1e-12)  # says nothing about the classes
    assert found["sum_labels", "zero"] == pytest.approx(25.6464456807, abs=1e-9)
    assert found["sum_labels", "prior"] == pytest.approx(4.5972809834, abs=1e-3)  # about ln C + 1
    assert found["mean_labels", "prior"] == pytest.approx(0.1242508374, abs=1e-4)


def test_the_prior_bias_is_the_log_odds_of_the_known_cells():
    labels = read_labels([[1, 0], [1, 0], [np.nan, 1], [0, 0]] * 1000)
    bias = MEAN.with_settings(bias="prior").initial_bias(labels.task, labels.targets)
    np.testing.assert_allclose(bias, [np.log(2), -np.log(3)], atol=1e-3)


def test_a_weight_shifts_the_best_constant_by_its_logarithm():
    labels = read_labels([0, 0, 0, 1] * 1000)
    usual, weighted = (
        MEAN.with_settings(bias="prior", pos_weight=w).initial_bias(labels.task, labels.targets) for w in (1, 3)
    )
    np.testing.assert_allclose(weighted - usual, np.log(3))
