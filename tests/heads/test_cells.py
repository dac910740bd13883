"""Losses of rows in blocks: equal to the formula, once and twice differentiable, frugal."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from labelwise.errors import InputError
from labelwise.heads import cells

LOSSES = {
    "bce": cells.bce,
    "bce_weighted": lambda z, y: cells.bce(z, y, pos_weight=3.0),
    "focal": cells.focal,
    "focal_half": lambda z, y: cells.focal(z, y, gamma=0.5),
    "asl": cells.asl,
    "asl_other": lambda z, y: cells.asl(z, y, gamma_pos=0, gamma_neg=0.5, margin=0.2),
    "asl_without_margin": lambda z, y: cells.asl(z, y, gamma_pos=0, gamma_neg=2, margin=0),
}
BOTH = LOSSES | {"cross_entropy": cells.cross_entropy}
EXTREMES = torch.tensor([0, 1, 10, 20, 88.8, 104, 1e4, 6e4, torch.inf])
GOLDEN = {  # losses.md B at z = (1.5, -.5, .25, -2), labels 0 and 2
    "bce": (1.3783576931, [-0.18242552, 0.37754067, -0.4378235, 0.11920292]),
    "bce_weighted": (2.9330630888, [-0.54727657, 0.37754067, -1.3134705, 0.11920292]),
    "focal": (0.0813088746, [-0.00425778, 0.10345275, -0.05201409, 0.00365321]),
    "asl": (0.2934715532, [-0.06331915, 0.01712967, -0.33344774, 0.00001257]),
}


def hard(n, c, share):
    torch.manual_seed(n + c)
    return torch.randn(n, c, dtype=torch.float64) * 3, (torch.rand(n, c) < share).double()


@pytest.fixture(params=[1 << 17, 8, 3], ids=lambda cells: f"{cells} cells")
def block(request, monkeypatch):
    """Blocks of everything, of whole rows, and of parts of a row."""
    monkeypatch.setattr(cells, "BLOCK", request.param)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values(name):
    loss, gradient = GOLDEN[name]
    z = torch.tensor([[1.5, -0.5, 0.25, -2.0]], dtype=torch.float64, requires_grad=True)
    row = LOSSES[name](z, torch.tensor([[1, 0, 1, 0]]))
    row.sum().backward()
    assert row.item() == pytest.approx(loss, abs=6e-11)
    np.testing.assert_allclose(z.grad[0], gradient, atol=6e-9)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 1.0])
@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_binary_cross_entropy_is_torchs(share, weight):
    z, y = hard(5, 7, share)
    z.requires_grad_()
    upstream = torch.linspace(-1, 2, 5, dtype=torch.float64)
    expected = functional.binary_cross_entropy_with_logits(z, y, reduction="none", pos_weight=torch.tensor(weight)).sum(
        1
    )
    ours = cells.bce(z, y, weight)
    torch.testing.assert_close(ours, expected)
    gradients = (torch.autograd.grad((rows * upstream).sum(), z)[0] for rows in (ours, expected))
    torch.testing.assert_close(*gradients)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("kind", ["indices", "shares"])
def test_cross_entropy_is_torchs(kind):
    z, y = hard(5, 7, 0.5)
    targets = y / y.sum(1, keepdim=True).clamp(min=1) if kind == "shares" else torch.tensor([0, 6, 3, 3, 1])
    z.requires_grad_()
    upstream = torch.linspace(-1, 2, 5, dtype=torch.float64)
    ours, expected = cells.cross_entropy(z, targets), functional.cross_entropy(z, targets, reduction="none")
    torch.testing.assert_close(ours, expected)
    gradients = (torch.autograd.grad((rows * upstream).sum(), z)[0] for rows in (ours, expected))
    torch.testing.assert_close(*gradients)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_soft_and_unknown_targets(name, share):
    z, y = hard(5, 7, share)
    y[0, 1], y[2, 2], y[4, 6] = 0.3, torch.nan, torch.nan
    y[3] = torch.nan
    z.requires_grad_()
    yes, no = (LOSSES[name](z.reshape(-1, 1), torch.full((35, 1), t)).reshape(5, 7) for t in (1.0, 0.0))
    expected = torch.where(y.isnan(), 0, y.nan_to_num() * yes + (1 - y.nan_to_num()) * no).sum(1)
    ours = LOSSES[name](z, y)
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(*(torch.autograd.grad(rows.sum(), z)[0] for rows in (ours, expected)))
    assert ours[3] == 0


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", BOTH)
def test_first_and_second_gradients_agree_with_differences(name):
    z, y = hard(3, 5, 0.4)
    z.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: BOTH[name](z, y), z)
    assert torch.autograd.gradgradcheck(lambda z: BOTH[name](z, y), z)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("target", [0.0, 1.0, 0.4])
def test_extreme_logits_stay_finite_to_the_second_gradient(name, dtype, target):
    z = torch.stack([EXTREMES, -EXTREMES]).to(dtype).requires_grad_()
    rows = BOTH[name](z, torch.full(z.shape, target))
    (first,) = torch.autograd.grad(rows.sum(), z)
    assert rows.isfinite().all()
    assert first.isfinite().all()
    assert first.dtype == dtype
    (once,) = torch.autograd.grad(BOTH[name](z, torch.full(z.shape, target)).sum(), z, create_graph=True)
    (second,) = torch.autograd.grad(once.sum(), z)
    assert second.isfinite().all()


@pytest.mark.parametrize("name", ["bce", "focal", "focal_half", "asl"])
def test_a_confident_mistake_has_a_gradient(name):
    z = torch.tensor([[-1e4, -20.0, -torch.inf]], requires_grad=True)
    LOSSES[name](z, torch.ones(1, 3)).sum().backward()
    assert (z.grad < -0.2).all()


def test_half_precision_is_computed_in_float32():
    z, y = hard(4, 50_000, 0.001)
    for name, loss in BOTH.items():
        rounded = z.bfloat16()
        torch.testing.assert_close(loss(rounded, y), loss(rounded.double(), y).float(), rtol=1e-6, atol=0, msg=name)


def test_a_logit_that_is_not_a_number_spoils_its_own_row_alone():
    z = torch.tensor([[0.0, torch.nan], [1.0, 2.0]], requires_grad=True)
    for loss in BOTH.values():
        rows = loss(z, torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
        assert rows.isnan().tolist() == [True, False]


@pytest.mark.parametrize("name", BOTH)
def test_no_rows(name):
    z = torch.zeros(0, 4, requires_grad=True)
    rows = BOTH[name](z, torch.zeros(0, 4))
    rows.sum().backward()
    assert rows.shape == (0,)
    assert z.grad.shape == (0, 4)


def test_targets_may_want_a_gradient():
    z, y = hard(3, 4, 0.5)
    y.requires_grad_()
    cells.bce(z, y).sum().backward()
    torch.testing.assert_close(y.grad, -z)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(InputError, match=r"logits \(3, 1\), targets \(3,\)"):
        cells.bce(torch.zeros(3, 1), torch.zeros(3))
    with pytest.raises(InputError, match="class indices"):
        cells.cross_entropy(torch.zeros(3, 2), torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize("name", BOTH)
def test_the_graph_keeps_nothing_but_what_was_given(name):
    """The published formulas keep up to 17 arrays of the size of the logits."""
    z, y = hard(64, 100, 0.1)
    z.requires_grad_()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        BOTH[name](z, y)
    given = {z.data_ptr(), y.data_ptr()}
    assert sum(t.numel() for t in kept if t.data_ptr() not in given) <= 4 * len(z)
