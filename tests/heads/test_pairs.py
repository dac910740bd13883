"""ZLPR and two-way: their best constants, what a single label makes of them, rows without a pair."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from labelwise.heads import HEADS
from labelwise.task import Task

ZLPR, TWO_WAY = HEADS["zlpr"], HEADS["two_way"]


@pytest.mark.parametrize(("k", "classes"), [(1, 37), (3, 80)])
def test_the_best_constant_of_zlpr_is_half_the_log_odds(k, classes):
    """With the same constant for every label: ½ ln(k / (C - k)), and 2 ln(1 + √(k (C - k))) for the loss."""
    y = (torch.arange(classes) < k).double()[None]
    best = 0.5 * np.log(k / (classes - k))
    z = torch.full((1, classes), best, dtype=torch.float64, requires_grad=True)
    loss = ZLPR.loss(z, y)
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.item() == pytest.approx(2 * np.log(1 + np.sqrt(k * (classes - k))), abs=1e-12)
    assert gradient.sum().item() == pytest.approx(0, abs=1e-12)


def test_the_prior_bias_finds_it_where_rows_are_alike():
    task = Task("multilabel", tuple("abcdefgh"))
    y = np.stack([np.roll(np.eye(8, dtype=np.float32)[0] + np.eye(8, dtype=np.float32)[1], i) for i in range(8)] * 100)
    bias = ZLPR.with_settings(bias="prior").initial_bias(task, y)
    np.testing.assert_allclose(bias, 0.5 * np.log(2 / 6), atol=0.01)


def test_of_one_label_zlpr_is_binary_cross_entropy():
    z, y = torch.randn(30, 1, dtype=torch.float64), torch.rand(30, 1, dtype=torch.float64)
    hard = (y > 0.5).double()
    torch.testing.assert_close(ZLPR.loss(z, hard), binary_cross_entropy_with_logits(z, hard))


def test_zlpr_of_a_row_without_labels_pushes_all_down_and_no_more():
    z = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    loss = ZLPR.loss(z, torch.zeros(1, 3))
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.item() == pytest.approx(np.log(4))
    np.testing.assert_allclose(gradient, [[0.25, 0.25, 0.25]])


def test_two_way_compares_only_within_a_row():
    y = torch.tensor([[1.0, 0, 1, 0]])
    z = torch.randn(1, 4, dtype=torch.float64)
    torch.testing.assert_close(TWO_WAY.loss(z, y), TWO_WAY.loss(z + 5, y))
    z.requires_grad_()
    for row in (torch.zeros(1, 4), torch.ones(1, 4), torch.full((1, 4), torch.nan)):
        loss = TWO_WAY.loss(z, row)
        assert loss == 0
        assert not torch.autograd.grad(loss, z)[0].any()


def test_two_way_is_small_where_every_label_that_holds_is_far_above_the_others():
    y = torch.tensor([[1.0, 0, 1, 0]])
    assert TWO_WAY.loss(torch.tensor([[50.0, -50, 50, -50]]), y) < 1e-20
    assert TWO_WAY.loss(torch.tensor([[50.0, -50, -50, -50]]), y) > 1
