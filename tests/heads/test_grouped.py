"""Several groups at once: what one group, as the battery has it, cannot show."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from labelwise.heads import HEADS
from labelwise.heads.space import dense
from labelwise.reference.grouped import grouped_softmax
from labelwise.task import read_labels

NAN = float("nan")
ROWS = [["car", "red"], ["bus", "blue"], ["car", None], [None, "green"], ["van", "red"], ["car", "blue"]]
LABELS = read_labels(ROWS, groups=["type", "colour"])
BOTH = ["sum_groups", "mean_groups"]


def bound(reduction: str = "sum_groups"):
    return HEADS["grouped_softmax"].with_settings(reduction=reduction).bind(LABELS.task, LABELS.targets)


def logits(rows: int = 6) -> torch.Tensor:
    return torch.randn(rows, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def targets() -> torch.Tensor:
    return torch.from_numpy(bound().encode(LABELS.task, LABELS.targets))


def test_a_row_costs_what_torch_says_of_its_known_groups():
    z, y = logits(), torch.nan_to_num(torch.tensor(LABELS.targets), nan=-100).long()
    parts = [cross_entropy(z[:, :3], y[:, 0], reduction="none"), cross_entropy(z[:, 3:], y[:, 1], reduction="none")]
    torch.testing.assert_close(bound().loss_rows(z, targets()), sum(parts))
    known = torch.tensor([2, 2, 1, 1, 2, 2])
    torch.testing.assert_close(bound("mean_groups").loss_rows(z, targets()), sum(parts) / known)


@pytest.mark.parametrize("reduction", BOTH)
def test_value_and_gradient_agree_with_the_oracle(reduction):
    z = logits().requires_grad_()
    rows = bound(reduction).loss_rows(z, targets())
    value, slope = grouped_softmax(z.detach().numpy(), targets().numpy(), (3, 3), reduction)
    np.testing.assert_allclose(rows.detach(), value, rtol=1e-12)
    np.testing.assert_allclose(torch.autograd.grad(rows.sum(), z)[0], slope, rtol=1e-12, atol=1e-15)
    assert torch.autograd.gradcheck(lambda x: bound(reduction).loss_rows(x, targets()), z)


@pytest.mark.parametrize("reduction", BOTH)
def test_a_row_without_known_groups_costs_nothing_with_a_graph(reduction):
    z = logits(2).requires_grad_()
    loss = bound(reduction).loss(z, torch.full((2, 6), NAN))
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss == 0
    assert not gradient.any()


def test_an_unknown_group_has_no_say():
    z = logits().requires_grad_()
    (gradient,) = torch.autograd.grad(bound().loss(z, targets()), z)
    assert not gradient[2, 3:].any()
    assert not gradient[3, :3].any()
    assert gradient[2, :3].all()


def test_groups_are_shifted_and_normalised_on_their_own():
    z = logits().numpy()
    log_p = bound().log_probs(z, LABELS.task)
    moved = z.copy()
    moved[:, 3:] += 5
    np.testing.assert_allclose(bound().log_probs(moved, LABELS.task), log_p, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_p[:, :3]).sum(1), 1)
    np.testing.assert_allclose(np.exp(log_p[:, 3:]).sum(1), 1)


def test_the_first_loss_is_the_sum_of_the_logarithms_of_the_sizes():
    whole = read_labels([row for row in ROWS if None not in row], groups=["type", "colour"])
    assert len(whole.task.class_names) == 5
    head = HEADS["grouped_softmax"]
    assert head.initial_loss(whole.task, whole.targets) == pytest.approx(np.log(3) + np.log(2))
    half = head.with_settings(reduction="mean_groups")
    assert half.initial_loss(whole.task, whole.targets) == pytest.approx((np.log(3) + np.log(2)) / 2)
    assert half.gradient_scale(whole.task) == 0.5


@pytest.mark.parametrize("reduction", BOTH)
def test_the_prior_is_the_best_constant_with_answers_missing(reduction):
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, 3, 4000), rng.choice(3, 4000, p=[0.6, 0.3, 0.1])], 1).astype(np.float32)
    codes[rng.random(4000) < 0.4, 0] = np.nan
    codes[rng.random(4000) < 0.3, 1] = np.nan
    head = bound(reduction).with_settings(bias="prior")
    bias = head.initial_bias(LABELS.task, codes)
    rows = dense(LABELS.task, head.encode(LABELS.task, codes))
    _, gradient = grouped_softmax(np.broadcast_to(bias, (4000, 6)), rows, (3, 3), reduction)
    np.testing.assert_allclose(gradient.mean(0), 0, atol=5e-4)


def test_sigmoid_takes_groups_too_and_leaves_out_the_unknown():
    z = logits()
    rows = HEADS["sigmoid"].with_settings(reduction="sum_labels").loss_rows(z, targets())
    known = torch.nan_to_num(targets(), nan=0).double()
    cells = torch.nn.functional.binary_cross_entropy_with_logits(z, known, reduction="none")
    torch.testing.assert_close(rows, torch.where(targets().isnan(), 0, cells).sum(1))
