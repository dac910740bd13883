"""Absolute KL and binary Jeffreys: one is Jeffreys under another name, the other keeps its gradient."""

import numpy as np
import pytest
import torch

from labelwise.heads import HEADS

ABS_KL, JEFFREYS = HEADS["abs_kl"], HEADS["binary_jeffreys"]


def test_absolute_kl_is_jeffreys_divergence():
    z, p = torch.randn(30, 5, dtype=torch.float64) * 3, torch.rand(30, 5, dtype=torch.float64).clamp(0.01, 0.99)
    q = z.sigmoid()
    as_asked = ((p - q).abs() * (p / q).log().abs()).sum(1)
    torch.testing.assert_close(ABS_KL.loss_rows(z, p), as_asked, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(as_asked, ((p - q) * (p.log() - q.log())).sum(1), rtol=1e-10, atol=1e-12)


def test_binary_jeffreys_is_the_divergence_of_both_answers_both_ways():
    z, p = torch.randn(30, 5, dtype=torch.float64) * 3, torch.rand(30, 5, dtype=torch.float64).clamp(0.01, 0.99)
    q = z.sigmoid()

    def kl(a, b):
        return a * (a / b).log() + (1 - a) * ((1 - a) / (1 - b)).log()

    torch.testing.assert_close(JEFFREYS.loss_rows(z, p), (kl(p, q) + kl(q, p)).sum(1), rtol=1e-9, atol=1e-12)


def test_a_sure_wrong_yes_has_a_gradient_in_one_of_them_alone():
    z, y = torch.tensor([[30.0]], requires_grad=True), torch.tensor([[0.05]])
    (dead,) = torch.autograd.grad(ABS_KL.loss(z, y), z)
    (alive,) = torch.autograd.grad(JEFFREYS.loss(z, y), z)
    assert abs(dead.item()) < 1e-9
    assert alive.item() == pytest.approx(0.95, rel=1e-6)


@pytest.mark.parametrize("head", [ABS_KL, JEFFREYS], ids=lambda h: h.name)
def test_targets_are_clipped_and_the_loss_is_least_there(head):
    eps = 0.01
    head = head.with_settings(eps=eps)
    y = torch.tensor([[0.0, 1.0, 0.3]], dtype=torch.float64)
    best = torch.tensor([[eps, 1 - eps, 0.3]], dtype=torch.float64).logit().requires_grad_()
    loss = head.loss(best, y)
    (gradient,) = torch.autograd.grad(loss, best)
    assert loss.item() == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)
