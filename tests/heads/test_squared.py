"""Squared errors: what torch's own mean squared error says, their gradients, the chance read off a line."""

import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss, one_hot

from labelwise.heads import HEADS
from labelwise.task import Task, infer_task, read_labels

BRIER, SIGMOID_MSE, SQUARED = HEADS["brier"], HEADS["sigmoid_mse"], HEADS["squared"]
FOUR = infer_task([0, 1, 2, 3])


def test_they_are_torchs_mean_squared_error():
    z, y = torch.randn(20, 4, dtype=torch.float64), torch.randint(0, 4, (20,))
    t = one_hot(y, 4).double()
    torch.testing.assert_close(BRIER.loss(z, y) / 4, mse_loss(z.softmax(1), t))
    torch.testing.assert_close(SIGMOID_MSE.loss(z, t), mse_loss(z.sigmoid(), t))
    torch.testing.assert_close(SQUARED.loss(z, y), mse_loss(z, t))
    scaled = SQUARED.with_settings(rescale=15, target=30, reduction="sum_labels").loss_rows(z, y)
    torch.testing.assert_close(scaled, (15 * t * (z - 30) ** 2 + (1 - t) * z**2).sum(1))


@pytest.mark.parametrize("head", [BRIER, SIGMOID_MSE], ids=lambda h: h.name)
def test_a_sure_mistake_is_bounded_and_has_no_gradient_as_declared(head):
    z = torch.tensor([[300.0, -300, -300, -300]], requires_grad=True)
    loss = head.loss_rows(z, torch.from_numpy(head.encode(FOUR, np.array([1]))))
    (gradient,) = torch.autograd.grad(loss.sum(), z)
    assert loss <= 2
    assert not gradient.any()
    assert head.bounded_gradient


def test_the_first_losses():
    labels = read_labels(np.arange(37))
    assert BRIER.initial_loss(labels.task, labels.targets) == pytest.approx(1 - 1 / 37)
    summed = SIGMOID_MSE.with_settings(reduction="sum_labels")
    assert summed.initial_loss(labels.task, labels.targets) == pytest.approx(37 / 4)
    assert SQUARED.initial_loss(labels.task, labels.targets) == pytest.approx(1 / 37)


@pytest.mark.parametrize(("rescale", "target"), [(1, 1), (15, 1), (5, 30)])
def test_a_line_is_read_as_the_chance_at_which_it_is_the_best_output(rescale, target):
    head = SQUARED.with_settings(rescale=rescale, target=target)
    share = np.array([0.6, 0.25, 0.1, 0.05])
    best = target * rescale * share / (rescale * share + 1 - share)
    np.testing.assert_allclose(np.exp(head.log_probs(best[None], FOUR))[0], share, rtol=1e-12)


def test_outputs_off_the_line_are_still_probabilities():
    z = np.array([[-3.0, 7, 0.5, 0], [-1, -2, -3, -4]])
    p = np.exp(SQUARED.log_probs(z, FOUR))
    np.testing.assert_allclose(p.sum(1), 1)
    assert p[0].argmax() == 1
    np.testing.assert_allclose(p[1], 0.25)


def test_a_yes_no_task_is_read_off_two_outputs():
    task = Task("binary", ("no", "yes"))
    p = np.exp(SQUARED.log_probs(np.array([[0.25, 0.75]]), task))
    np.testing.assert_allclose(p, [[0.75]])
