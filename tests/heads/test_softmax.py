"""The softmax head against torch's own loss, and what it does with several labels."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from labelwise.heads import HEADS
from labelwise.task import read_labels

SOFTMAX = HEADS["softmax"]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_it_is_torchs_cross_entropy_on_class_indices(dtype):
    z = torch.randn(50, 7, dtype=dtype) * 4
    y = torch.randint(0, 7, (50,))
    torch.testing.assert_close(SOFTMAX.loss_rows(z, y), functional.cross_entropy(z, y, reduction="none"))
    torch.testing.assert_close(SOFTMAX.loss(z, y), functional.cross_entropy(z, y))


def test_it_is_torchs_cross_entropy_on_soft_targets():
    z, t = torch.randn(50, 7), torch.rand(50, 7).softmax(1)
    torch.testing.assert_close(SOFTMAX.loss(z, t), functional.cross_entropy(z, t))


def test_several_labels_share_one_unit_and_a_row_without_labels_costs_nothing():
    labels = read_labels([[1, 0, 1], [0, 0, 0], [0, np.nan, 1], [1, 1, 1]])
    encoded = SOFTMAX.encode(labels.task, labels.targets)
    np.testing.assert_allclose(encoded, [[0.5, 0, 0.5], [0, 0, 0], [0, 0, 1], [1 / 3] * 3])
    z = torch.randn(4, 3, requires_grad=True)
    rows = SOFTMAX.loss_rows(z, torch.from_numpy(encoded))
    assert rows[1] == 0
    (gradient,) = torch.autograd.grad(rows.sum(), z)
    assert not gradient[1].any()


def test_a_masked_class_has_no_loss_and_no_gradient_of_its_own():
    z = torch.tensor([[0.0, -torch.inf, 1.0]], dtype=torch.float64, requires_grad=True)
    loss = SOFTMAX.loss(z, torch.tensor([[1.0, 0.0, 0.0]]))
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.item() == pytest.approx(1.3132616875)
    np.testing.assert_allclose(gradient, [[-0.73105858, 0.0, 0.73105858]], atol=1e-8)


def test_the_first_loss_is_the_log_of_the_number_of_classes_or_the_entropy():
    labels = read_labels(np.repeat(np.arange(37), 10))
    assert SOFTMAX.initial_loss(labels.task, labels.targets) == pytest.approx(3.6109179126, abs=1e-10)
    uneven = read_labels(np.repeat([0, 1, 2], [600, 300, 100]))
    prior = SOFTMAX.with_settings(bias="prior")
    entropy = -sum(p * np.log(p) for p in (0.6, 0.3, 0.1))
    assert prior.initial_loss(uneven.task, uneven.targets) == pytest.approx(entropy, abs=1e-3)


def test_a_yes_no_task_gets_two_logits():
    """A softmax over a single one would always be 1."""
    labels = read_labels([0, 1, 1])
    assert SOFTMAX.n_outputs(labels.task) == 2
    assert labels.task.n_outputs == 1
