"""The arguments of KL divergence, binary cross-entropy and NLL, as they are called."""

import copy
import random

import numpy as np
import pytest

from labelwise.doctor import check_model

torch = pytest.importorskip("torch")

nn, F = torch.nn, torch.nn.functional
SOFT = torch.softmax(torch.arange(24.0).reshape(8, 3) % 5, dim=1)
INDEX = torch.arange(8) % 3
BITS = (torch.arange(8.0) % 2).reshape(8, 1)


def found(model, loss, targets):
    torch.manual_seed(0)
    return check_model(model, loss, (torch.randn(8, 4), targets))


def slugs(*layers, loss, targets):
    torch.manual_seed(0)
    return {f.slug for f in found(nn.Sequential(*layers), loss, targets)}


def kl(**settings):
    return nn.KLDivLoss(reduction="batchmean", **settings)


@pytest.mark.parametrize(
    ("layers", "loss", "targets", "expected"),
    [
        ((nn.Softmax(1),), kl(), SOFT, {"kldiv-on-probs"}),
        ((), kl(), SOFT, {"kldiv-on-probs"}),
        ((nn.Sigmoid(),), kl(), SOFT, {"kldiv-on-probs"}),
        ((nn.LogSoftmax(1),), kl(), SOFT, set()),
        ((nn.LogSoftmax(1),), kl(log_target=True), SOFT.log(), set()),
        ((nn.LogSoftmax(1),), kl(), SOFT.log(), {"kldiv-on-probs"}),
        ((nn.LogSoftmax(1),), kl(log_target=True), SOFT, {"kldiv-on-probs"}),
        ((nn.Softmax(1),), nn.NLLLoss(), INDEX, {"nll-on-softmax"}),
        ((nn.Tanh(),), nn.NLLLoss(), INDEX, {"nll-on-logits"}),
        ((nn.LogSoftmax(1),), nn.NLLLoss(), INDEX, set()),
    ],
)
def test_what_the_loss_is_given_is_told(layers, loss, targets, expected):
    assert slugs(nn.Linear(4, 3), *layers, loss=loss, targets=targets) == expected


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: F.kl_div(F.softmax(z, dim=1), y, reduction="batchmean"),
        lambda z, y: F.kl_div(input=F.softmax(z / 4, dim=-1), target=y, reduction="sum"),
        lambda z, y: torch.nn.functional.kl_div(z.exp() / z.exp().sum(1, keepdim=True), y, reduction="batchmean"),
    ],
)
def test_the_functional_form_is_seen_too_and_softmax_by_hand(loss):
    assert "kldiv-on-probs" in slugs(nn.Linear(4, 3), loss=loss, targets=SOFT)


def test_the_other_loss_beside_it_is_seen_as_well():
    def distil(z, y):
        return F.kl_div(F.softmax(z, dim=1), SOFT, reduction="batchmean") + F.cross_entropy(z.softmax(1), y)

    assert slugs(nn.Linear(4, 3), loss=distil, targets=INDEX) == {"kldiv-on-probs", "double-softmax"}


def test_a_loss_that_refuses_raw_scores_is_a_finding_and_not_an_error():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 1))
    (finding,) = found(model, nn.BCELoss(), BITS)
    assert finding.slug == "bce-on-logits"
    assert "0 (Linear)" in finding.message
    assert slugs(nn.Linear(4, 1), nn.Sigmoid(), loss=nn.BCELoss(), targets=BITS) == set()


def test_the_layer_that_makes_the_probabilities_is_named():
    torch.manual_seed(0)
    (finding,) = found(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)), kl(), SOFT)
    assert "1 (Softmax)" in finding.message


class Noisy(nn.Module):
    """A loss with a state and a taste for random numbers."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, out, target):
        self.seen += 1
        noise = random.random() + np.random.random() + float(torch.rand(()))
        return F.binary_cross_entropy(out, target) + 0 * noise


@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Identity()])
def test_everything_is_left_as_it_was_also_where_the_loss_refuses(last):
    torch.manual_seed(0)
    random.seed(1)
    np.random.seed(2)
    model, loss = nn.Sequential(nn.Linear(4, 1), nn.BatchNorm1d(1), last), Noisy()
    data = torch.randn(8, 4), BITS
    before = copy.deepcopy((model.state_dict(), loss.state_dict()))
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    check_model(model, loss, data)
    for old, new in zip(before, (model.state_dict(), loss.state_dict()), strict=True):
        assert all(torch.equal(old[k], new[k]) for k in new)
    assert torch.equal(states[0], torch.get_rng_state())
    assert (states[1] == np.random.get_state()[1]).all()
    assert states[2] == random.getstate()
    assert torch.overrides._get_current_function_mode_stack() == []
