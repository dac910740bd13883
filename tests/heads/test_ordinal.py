"""Ordinal heads: what the battery does not say of every head. Formulas are held in tests/reference."""

import numpy as np
import pytest
import torch

from labelwise.errors import OptionError
from labelwise.heads import HEADS
from labelwise.reference import ordinal
from labelwise.task import Task

ORDINAL = [head for head in HEADS.values() if set(head.rules) == {"ordinal"}]
THRESHOLDS = [head for head in ORDINAL if head.space.constants(Task("ordinal", ("a", "b", "c")))]
CUMULATIVE = ["cumulative_logit", "cumulative_probit", "cumulative_cloglog"]


def task(ranks: int) -> Task:
    return Task("ordinal", tuple(map(str, range(ranks))))


def test_all_of_the_family_is_here():
    assert {h.name for h in ORDINAL} == {
        *CUMULATIVE,
        "all_threshold",
        "immediate_threshold",
        "coral",
        "corn",
        "squared_emd",
        "ordinal_soft",
    }
    assert {h.name for h in THRESHOLDS} == {h.name for h in ORDINAL} - {"corn", "squared_emd", "ordinal_soft"}


def test_one_class_is_no_order():
    assert not HEADS["coral"].fits(task(1))
    assert HEADS["coral"].fits(task(2))
    with pytest.raises(OptionError, match="head coral for the task"):
        HEADS["coral"].module(3, task(1))


@pytest.mark.parametrize("name", [*CUMULATIVE, "all_threshold", "immediate_threshold", "coral"])
def test_two_ranks_are_the_yes_no_loss_of_their_link(name):
    z = torch.randn(20, 2, dtype=torch.float64)
    y = torch.randint(0, 2, (20,))
    up = z[:, 0] + z[:, 1] if name == "coral" else z[:, 0] - z[:, 1]
    below = {
        "cumulative_probit": lambda x: torch.special.ndtr(x),
        "cumulative_cloglog": lambda x: 1 - torch.exp(-torch.exp(x)),
    }.get(name, torch.sigmoid)(-up)  # P(y = 0)
    expected = -torch.where(y == 0, below, 1 - below).log()
    torch.testing.assert_close(HEADS[name].loss_rows(z, y), expected, rtol=1e-5, atol=1e-6)  # 1 - below loses digits


def test_all_threshold_is_coral_with_the_signs_of_the_thresholds_turned():
    z, y = torch.randn(30, 6), torch.randint(0, 6, (30,))
    levels = z.clone().double()
    levels[:, 1:] = -torch.from_numpy(ordinal.thresholds(z.double().numpy()))
    torch.testing.assert_close(HEADS["all_threshold"].loss_rows(z, y).double(), HEADS["coral"].loss_rows(levels, y))


def test_squared_emd_is_the_ranked_probability_score():
    z, y = torch.randn(30, 5), torch.randint(0, 5, (30,))
    p = z.double().softmax(1).numpy()
    expected = ((p.cumsum(1) - (np.arange(5) >= y.numpy()[:, None])) ** 2).sum(1)
    np.testing.assert_allclose(HEADS["squared_emd"].loss_rows(z, y), expected, rtol=1e-5, atol=1e-7)


def test_cross_entropy_brings_back_the_gradient_of_a_sure_mistake():
    y = torch.tensor([3])

    def slope(head):
        z = torch.tensor([[60.0, 0, 0, 0]], requires_grad=True)
        head.loss(z, y).backward()
        return z.grad.abs().max().item()

    assert slope(HEADS["squared_emd"]) < 1e-20
    assert slope(HEADS["squared_emd"].with_settings(cross_entropy=0.1)) > 0.09


def test_soft_targets_become_hard_ones_with_a_large_alpha():
    z, y = torch.randn(9, 5), torch.arange(9) % 5
    soft = HEADS["ordinal_soft"].with_settings(alpha=200)
    torch.testing.assert_close(soft.loss(z, y), torch.nn.functional.cross_entropy(z, y))


@pytest.mark.parametrize("size", [100.0, 1e4, 6e4])
@pytest.mark.parametrize("name", CUMULATIVE)
def test_gradients_pull_back_from_far_out_and_are_known_in_half_precision(name, size):
    """Where other libraries subtract two saturated probabilities: loss 34.5 or inf, gradient 0 or nan."""
    for score, sign in ((size, 1), (-size, -1)):
        z = torch.tensor([[score, -1.0, 0.5, 0.9]], dtype=torch.float16, requires_grad=True)
        HEADS[name].loss(z, torch.tensor([1])).backward()
        assert z.grad[0, 0] * sign >= 0.99
        assert z.grad.isfinite().all()


@pytest.mark.parametrize("head", THRESHOLDS, ids=lambda h: h.name)
def test_thresholds_are_biases_alone_and_stay_in_order(head):
    torch.manual_seed(0)
    x = torch.randn(400, 3)
    score = x @ torch.tensor([1.0, -2.0, 0.5]) + torch.randn(400)
    y = torch.bucketize(score, torch.tensor([-2.0, 0.0, 1.0])).numpy()
    module = head.with_settings(bias="prior").module(3, task(4), y)
    assert module.weight.shape == (1, 3)
    optimiser = torch.optim.Adam(module.parameters(), 0.05)
    targets = module.encode(y)
    for _ in range(150):
        optimiser.zero_grad()
        module.loss(module(x), targets).backward()
        optimiser.step()
    log_p = module.log_probs(module(x))
    assert (log_p.argmax(1) == y).mean() > 0.5
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, rtol=1e-9)
    below = np.exp(log_p).cumsum(1)
    by_score = below[module(x)[:, 0].argsort().numpy()]
    assert (np.diff(by_score[:, :-1], axis=0) <= 1e-12).all(), (
        "one score: who is likelier to be low is so at every rank"
    )


def test_the_prior_gives_every_rank_its_share():
    y = np.repeat(np.arange(4), [400, 300, 200, 100])
    for head in ORDINAL:
        if not head.calibrated:
            continue
        bias = head.with_settings(bias="prior").initial_bias(task(4), y)
        said = np.exp(head.log_probs(bias[None], task(4)))[0]
        np.testing.assert_allclose(said, [0.4, 0.3, 0.2, 0.1], atol=2e-3, err_msg=head.name)
