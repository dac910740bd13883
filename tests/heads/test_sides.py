"""The two halves of yes/no losses: value and slope of a cell against the formula in float64."""

import numpy as np
import pytest
import torch

from labelwise.heads.sides import Side, power_

SIDES = [
    Side(),
    Side(weight=3),
    *(Side(0.75, gamma) for gamma in (0.5, 1, 2, 4, 5)),
    *(Side(gamma=gamma, margin=0.05) for gamma in (0, 0.5, 1, 2, 4, 2.5)),
    Side(2, gamma=3, margin=0.3),
]
U = torch.linspace(-40, 40, 4001, dtype=torch.float64)


def formula(side, u):
    """w · p_m^γ · -ln(1 - p_m) (losses.md B2, B4, B5), with the tail of small p by its series."""
    u = u.numpy().astype(np.longdouble)
    p = 1 / (1 + np.exp(-u))
    over = np.maximum(p - side.margin, 0)
    loss = -np.log1p(-over) if side.margin else np.logaddexp(0, u)
    return (side.weight * over**side.gamma * loss).astype(float)


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_the_value_is_the_formula(side):
    np.testing.assert_allclose(side.value(U), formula(side, U), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(side.plain(U), formula(side, U), rtol=1e-9, atol=1e-15)
    single = side.value(U.float()).double()
    assert (single - torch.from_numpy(formula(side, U.float().double()))).abs().max() < 2e-6 * single.max()


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_the_slope_is_that_of_the_plain_value(side):
    u = U.clone().requires_grad_()
    (expected,) = torch.autograd.grad(side.plain(u).sum(), u)
    np.testing.assert_allclose(side.slope(U), expected, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("side", SIDES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_logit_breaks_it(side, dtype):
    u = torch.tensor([0, 1, 10, 20, 88.8, 104, 1e4, 6e4, 1e25], dtype=dtype)
    u = torch.cat([u, -u]).requires_grad_()
    fast = torch.cat([u.detach(), torch.tensor([torch.inf, -torch.inf], dtype=dtype)])
    assert side.value(fast).isfinite().all()
    assert side.slope(fast).isfinite().all()
    (first,) = torch.autograd.grad(side.plain(u).sum(), u, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), u)
    assert first.isfinite().all()
    assert second.isfinite().all()


def test_a_logit_that_is_not_a_number_stays_one():
    u = torch.tensor([torch.nan, 0.0])
    for side in SIDES:
        assert side.value(u).isnan().tolist() == [True, False]
        assert side.slope(u).isnan().tolist() == [True, False]


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 2, 2.5, 3, 4, 7])
def test_powers(exponent):
    x = torch.tensor([0.0, 1e-30, 0.1, 0.5, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(power_(x.clone(), exponent), x.numpy() ** exponent, rtol=1e-13)
