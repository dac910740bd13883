"""Focal heads: what they are at gamma 0, where others lose the gradient, and the true chance read off an output."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from labelwise.heads import HEADS
from labelwise.task import Labels, Task

FOCAL, SOFTMAX_FOCAL = HEADS["focal"], HEADS["softmax_focal"]
TAGS, CLASSES = Task("multilabel", ("a", "b", "c", "d")), Task("multiclass", ("a", "b", "c", "d"))


def test_without_gamma_it_is_weighted_binary_cross_entropy():
    z, y = torch.randn(20, 4, dtype=torch.float64), torch.randint(0, 2, (20, 4)).double()
    cells = binary_cross_entropy_with_logits(z, y, reduction="none") * torch.where(y == 1, 0.25, 0.75)
    torch.testing.assert_close(FOCAL.with_settings(gamma=0).loss_rows(z, y), cells.sum(1))


def test_without_gamma_the_softmax_one_is_cross_entropy():
    z, y = torch.randn(20, 4, dtype=torch.float64), torch.randint(0, 4, (20,))
    plain = SOFTMAX_FOCAL.with_settings(gamma=0)
    torch.testing.assert_close(plain.loss_rows(z, y), cross_entropy(z, y, reduction="none"))
    shares = torch.rand(20, 4, dtype=torch.float64).softmax(1)
    torch.testing.assert_close(plain.loss_rows(z, shares), cross_entropy(z, shares, reduction="none"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_gamma_below_one_keeps_its_gradient_where_the_answer_is_sure_and_right(dtype):
    """(1 - p)^γ itself has an infinite slope there, and 0 times that is nan."""
    head, y = FOCAL.with_settings(gamma=0.5), torch.tensor([[1.0, 0, 1, 0]])
    z = torch.tensor([[20.0, -20, 1e4, -1e4]]).to(dtype).requires_grad_()
    (gradient,) = torch.autograd.grad(head.loss(z, y), z)
    assert gradient.isfinite().all()
    sure = torch.tensor([[1e4, 0.0, 0]]).to(dtype).requires_grad_()
    (gradient,) = torch.autograd.grad(SOFTMAX_FOCAL.with_settings(gamma=0.5).loss(sure, torch.tensor([0])), sure)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.9])
def test_corrected_the_best_output_says_the_true_chance(gamma, alpha):
    head = FOCAL.with_settings(gamma=gamma, alpha=alpha, corrected="yes", bias="prior")
    y = (np.random.default_rng(0).random((20_000, 4)) < [0.02, 0.3, 0.5, 0.9]).astype(np.float32)
    bias = head.initial_bias(TAGS, y)
    np.testing.assert_allclose(np.exp(head.log_probs(bias[None], TAGS))[0], y.mean(0), atol=1e-3)
    plain = np.exp(head.with_settings(corrected="no").log_probs(bias[None], TAGS))[0]
    if gamma and alpha == 0.5:
        assert (np.abs(plain - 0.5) <= np.abs(y.mean(0) - 0.5) + 1e-3).all(), "drawn to the middle"


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_corrected_the_softmax_one_says_the_true_shares(gamma):
    head = SOFTMAX_FOCAL.with_settings(gamma=gamma, corrected="yes", bias="prior")
    labels = Labels(CLASSES, np.repeat(np.arange(4), [700, 200, 80, 20]))
    bias = head.initial_bias(CLASSES, labels.targets)
    np.testing.assert_allclose(np.exp(head.log_probs(bias[None], CLASSES))[0], [0.7, 0.2, 0.08, 0.02], atol=2e-3)


def test_corrected_far_outputs_keep_their_order_and_their_logarithm():
    head = FOCAL.with_settings(corrected="yes")
    log_p = head.log_probs(np.array([[-1e4, -800, -50, 0], [50, 800, 1e4, 1e25]]), TAGS)
    assert np.isfinite(log_p).all()
    assert (np.diff(log_p[0]) > 0).all()
    assert log_p[0, 0] == pytest.approx(3 * -1e4, rel=1e-3), "(γ + 1) z"
