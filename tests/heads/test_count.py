"""Count heads: the Poisson identity, what each part learns, readings, rows without labels, unknown cells."""

import numpy as np
import pytest
import torch
from torch.nn.functional import kl_div, poisson_nll_loss, softplus

from labelwise.heads import HEADS
from labelwise.task import Task

POISSON, KL, PRODUCT = HEADS["count_poisson"], HEADS["count_kl_mse"], HEADS["count_product"]
TAGS = Task("multilabel", tuple("abcd"))


def outputs(rows=20):
    return torch.randn(rows, 5, dtype=torch.float64)


def labels(rows=20):
    return (torch.rand(rows, 4) < 0.4).double()


def test_it_is_a_poisson_count_per_label():
    v, y = outputs(), labels()
    log_rates = v[:, :-1].log_softmax(1) + v[:, -1:]
    apart = poisson_nll_loss(log_rates, y, log_input=True, reduction="none").sum(1)
    torch.testing.assert_close(POISSON.loss_rows(v, y), apart)


def test_it_is_a_poisson_total_and_a_cross_entropy_weighed_by_it():
    v, y = outputs(), labels()
    k = y.sum(1)
    total = poisson_nll_loss(v[:, -1], k, log_input=True, reduction="none")
    shares = HEADS["softmax"].loss_rows(v[:, :-1], y / k.clamp(min=1)[:, None])
    torch.testing.assert_close(POISSON.loss_rows(v, y), total + k * shares)


def test_distribution_and_count_apart():
    v, y = outputs(), labels()
    y[:, 0] = 1
    k = y.sum(1)
    divergence = kl_div(v[:, :-1].log_softmax(1), y / k[:, None], reduction="none").sum(1)
    squares = (softplus(v[:, -1]) - k) ** 2
    for weight in (1, 0.1):
        torch.testing.assert_close(KL.with_settings(count_weight=weight).loss_rows(v, y), divergence + weight * squares)


def test_the_product():
    v, y = outputs(), labels()
    rates = softplus(v[:, -1:]) * v[:, :-1].softmax(1)
    torch.testing.assert_close(PRODUCT.loss_rows(v, y), ((rates - y) ** 2).sum(1))


@pytest.mark.parametrize("head", [POISSON, KL, PRODUCT], ids=lambda h: h.name)
def test_a_row_without_labels_asks_for_a_count_of_zero_and_nothing_else(head):
    v = torch.tensor([[0.3, 0.3, 0.3, 0.3, 1.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(head.loss(v, torch.zeros(1, 4)), v)
    np.testing.assert_allclose(gradient[0, :4], 0, atol=1e-7)
    assert gradient[0, 4] > 0


@pytest.mark.parametrize("head", [POISSON, KL, PRODUCT], ids=lambda h: h.name)
def test_an_unknown_cell_is_left_out_of_the_distribution_and_of_the_count(head):
    v, y = outputs(1), torch.tensor([[1.0, torch.nan, 1, 0]])
    rates = (softplus(v[0, -1]) if head is not POISSON else v[0, -1].exp()) * v[0, :-1].softmax(0)
    known = rates[[0, 2, 3]]
    total = known.sum()
    raw = total.log() if head is POISSON else total.expm1().log()
    alone = torch.cat([known.log(), raw[None]])[None]
    torch.testing.assert_close(head.loss(v, y), head.loss(alone, torch.tensor([[1.0, 1, 0]])))


def test_a_rate_is_read_as_the_chance_of_one_or_more_or_as_the_mean():
    v = np.array([[0.0, 0, 0, 0, np.log(4 * np.log(2))]])  # λ = ln 2 each
    np.testing.assert_allclose(np.exp(POISSON.log_probs(v, TAGS)), 0.5)
    np.testing.assert_allclose(np.exp(POISSON.with_settings(reading="mean").log_probs(v, TAGS)), np.log(2))
    far = POISSON.log_probs(np.array([[0.0, -800, -1e4, -1e5, 3]]), TAGS)
    np.testing.assert_allclose(far[0, 1:], [-797, -9997, -99997], rtol=1e-12)


def test_the_first_bias_says_the_shares_and_the_mean_number():
    y = (np.random.default_rng(0).random((4000, 4)) < [0.1, 0.5, 0.3, 0.9]).astype(np.float32)
    for head in (POISSON.with_settings(reading="mean"), PRODUCT):
        bias = head.with_settings(bias="prior").initial_bias(TAGS, y)
        np.testing.assert_allclose(np.exp(head.log_probs(bias[None], TAGS))[0], y.mean(0), atol=1e-3)
    bias = KL.with_settings(bias="prior").initial_bias(TAGS, y)
    assert np.logaddexp(0, bias[-1]) == pytest.approx(y.sum(1).mean(), abs=2e-3)


def test_a_count_beyond_reason_goes_on_straight():
    v = torch.tensor([[0.0, 0, 0, 0, 10], [0, 0, 0, 0, 11], [0, 0, 0, 0, 12]], dtype=torch.float64)
    loss = POISSON.loss_rows(v, torch.zeros(3, 4))
    torch.testing.assert_close(loss / np.exp(10), torch.tensor([1.0, 2, 3], dtype=torch.float64))
