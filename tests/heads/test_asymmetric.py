"""The asymmetric head against its published formula, and where that loses digits."""

import numpy as np
import pytest
import torch

from labelwise.heads import HEADS
from labelwise.task import Task

ASL = HEADS["asl"]


def published(z, y, gamma_pos, gamma_neg, margin):
    """As the paper writes it; good for moderate logits in float64."""
    p = torch.sigmoid(z)
    q = (p - margin).clamp(min=0)
    return (-y * (1 - p) ** gamma_pos * p.log() - (1 - y) * q**gamma_neg * (1 - q).log()).sum(1)


@pytest.mark.parametrize("settings", [(1, 4, 0.05), (0, 2, 0.2), (2, 2, 0)])
@pytest.mark.parametrize("wide", [4, 40_000])
def test_it_is_the_published_formula(settings, wide):
    z, y = torch.randn(5, wide, dtype=torch.float64) * 3, torch.randint(0, 2, (5, wide)).double()
    head = ASL.with_settings(**dict(zip(("gamma_pos", "gamma_neg", "margin"), settings, strict=True)))
    torch.testing.assert_close(head.loss_rows(z, y), published(z, y, *settings), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(head.with_settings(reduction="mean_labels").loss_rows(z, y) * wide, head.loss_rows(z, y))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_label_that_holds_and_is_denied_keeps_its_gradient(dtype):
    """An epsilon inside the logarithm makes it 0 from z = -20 on, and nan in half precision."""
    z = torch.tensor([[-20.0, -1e4]]).to(dtype).requires_grad_()
    loss = ASL.loss_rows(z, torch.ones(1, 2))
    (gradient,) = torch.autograd.grad(loss.sum(), z)
    assert loss.item() == pytest.approx(10_020, rel=2e-3)
    np.testing.assert_allclose(gradient.float(), [[-1, -1]], rtol=1e-3)


def test_a_label_below_the_margin_costs_nothing_and_one_surely_wrong_no_more_than_its_bound():
    z = torch.tensor([[-3.0, 1e4]], dtype=torch.float64)
    near, far = ASL.loss_rows(z[:, :1], torch.zeros(1, 1)), ASL.loss_rows(z[:, 1:], torch.zeros(1, 1))
    assert near == 0
    assert far.item() == pytest.approx(0.95**4 * -np.log(0.05), rel=1e-9)


def test_its_best_constant_is_above_the_share_of_the_label():
    task, y = Task("multilabel", ("a",)), (np.arange(1000) < 50).astype(np.float32)[:, None]
    bias = ASL.with_settings(bias="prior").initial_bias(task, y)
    assert 1 / (1 + np.exp(-bias[0])) > 0.1
