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


def test_two_logits_are_one_sigmoid_of_their_difference():
    """Loss, gradient through the difference, prior and probabilities."""
    sigmoid = HEADS["sigmoid"]
    labels = read_labels(np.repeat([0, 1], [70, 30]))
    z = torch.randn(100, 2, dtype=torch.float64, requires_grad=True)
    two = SOFTMAX.loss_rows(z, torch.from_numpy(SOFTMAX.encode(labels.task, labels.targets)))
    one = sigmoid.loss_rows(z[:, 1:] - z[:, :1], torch.from_numpy(sigmoid.encode(labels.task, labels.targets)))
    torch.testing.assert_close(two, one)
    (of_two,), (of_one,) = (torch.autograd.grad(loss.sum(), z) for loss in (two, one))
    torch.testing.assert_close(of_two, of_one)
    torch.testing.assert_close(of_two[:, 0], -of_two[:, 1])
    first = [h.with_settings(bias="prior").initial_bias(labels.task, labels.targets) for h in (SOFTMAX, sigmoid)]
    assert first[0][1] - first[0][0] == pytest.approx(first[1][0])
    said = z.detach().numpy()
    np.testing.assert_allclose(
        SOFTMAX.log_probs(said, labels.task), sigmoid.log_probs(said[:, 1:] - said[:, :1], labels.task), rtol=1e-12
    )


def test_label_smoothing_is_torchs():
    head = SOFTMAX.with_settings(label_smoothing=0.1)
    z, y = torch.randn(50, 7), torch.randint(0, 7, (50,))
    expected = functional.cross_entropy(z, y, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(head.loss_rows(z, y), expected)
    hard = torch.nn.functional.one_hot(y, 7).float()
    torch.testing.assert_close(head.loss_rows(z, hard), expected)
    assert not head.calibrated


def test_class_weights_are_torchs_and_can_be_taken_back():
    labels = read_labels(np.repeat([0, 1, 2], [80, 15, 5]))
    head = SOFTMAX.with_settings(class_weight="balanced", label_smoothing=0.1).bind(labels.task, labels.targets)
    counts = np.array([80.5, 15.5, 5.5])
    weights = torch.from_numpy(counts.sum() / (3 * counts))
    z, y = torch.randn(50, 3, dtype=torch.float64), torch.randint(0, 3, (50,))
    expected = functional.cross_entropy(z, y, weight=weights, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(head.loss_rows(z, y), expected)
    corrected = SOFTMAX.with_settings(class_weight="balanced", corrected="yes").bind(labels.task, labels.targets)
    # the best constant of the weighted loss says that all are alike; taken back, the shares
    np.testing.assert_allclose(np.exp(corrected.log_probs(np.zeros((1, 3)), labels.task))[0], counts / counts.sum())
